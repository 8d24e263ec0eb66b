"""Which row speaks about a value, and in which words: never stronger than its evidence."""

import datetime
from decimal import Decimal

import pytest

from directory.models import Benchmark, Segment, Source
from directory.placement import Lever
from directory.verdict import LeverWords, Subject, about, judge, levers_in_words, promise

SEGMENTS = [
    Segment(slug=slug, name=name, short=f"{name} customers", position=position, customers="")
    for position, (slug, name) in enumerate(
        (("smb", "SMB"), ("mid-market", "mid-market"), ("enterprise", "enterprise"))
    )
]
TODAY = datetime.date(2026, 11, 23)


def row(segment="smb", *, basis="published", confidence="high", weak=80, typical=(80, 88), strong=90, **more):
    low, high = typical or (None, None)
    bounds = {"weak": weak, "low": low, "high": high, "strong": strong}
    made = {
        "position": 0,
        "unit": "percent",
        "direction": "higher-is-better",
        "year": 2026,
        "note": "",
        **{key: None if value is None else Decimal(value) for key, value in bounds.items()},
        **more,
    }
    found = next((each for each in SEGMENTS if each.slug == segment), None)
    return Benchmark(pk=made["position"] + 1, segment=found, basis=basis, confidence=confidence, **made)


def verdict(
    value, *rows, segment="smb", unit="percent", levers=lambda _: "", sources=None, company=None, places=1, **more
):
    subject = Subject(Decimal(value), f"{value} %", places, unit, "GRR", **more)
    return judge(
        subject, rows, sources or {}, SEGMENTS, chosen=segment, company=company, levers=levers, today=TODAY
    )


def headline(value, *rows, **more):
    (judgment,) = verdict(value, *rows, **more).judgments
    return judgment.headline


# -- Words and evidence --


@pytest.mark.parametrize(
    ("basis", "confidence", "words"),
    [
        ("published", "high", "Typical for SMB customers."),
        ("published", "medium", "Typical for SMB customers."),
        ("published", "low", "By an unverified claim, typical for SMB customers."),
        ("derived", "high", "Worked out from published figures, typical for SMB customers."),
        ("derived", "medium", "Worked out from published figures, typical for SMB customers."),
        ("derived", "low", "By a rough estimate, typical for SMB customers."),
        ("practitioner", "high", "By a rule of thumb, typical for SMB customers."),
        ("practitioner", "medium", "By a rule of thumb, typical for SMB customers."),
        ("practitioner", "low", "By a rule of thumb, typical for SMB customers."),
    ],
)
def test_words_scale_with_the_evidence(basis, confidence, words):
    said = verdict(85, row(basis=basis, confidence=confidence))
    assert said.judgments[0].headline == words
    assert ("The evidence is thin" in " ".join(said.cautions)) == (confidence == "low")


def test_a_house_rule_is_called_the_directorys_own():
    rule = row(basis="practitioner", treat_as="house-rule")
    assert headline(70, rule) == "By a line this directory drew itself, weak for SMB customers."


@pytest.mark.parametrize(("value", "where"), [(70, "below"), (80, "inside"), (88, "inside"), (95, "above")])
def test_a_row_for_orientation_gives_a_place_and_no_verdict(value, where):
    vague = row(treat_as="orientation", because="its source states no period", confidence="low")
    said = verdict(value, vague).judgments[0]
    assert not said.is_verdict
    assert said.headline == (
        "No verdict for SMB customers: the row is for orientation only, because its source states no period."
    )
    assert said.details == [f"Your {value} % lies {where} the 80–88\u202f% that it gives."]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("79.9", "Weak for SMB customers."),
        ("80", "Typical for SMB customers."),
        ("89", "Between typical and strong for SMB customers."),
        ("90", "Strong for SMB customers."),
    ],
)
def test_the_band_is_said_in_words(value, words):
    assert headline(value, row()) == words


def test_weak_is_said_only_where_the_row_knows_it():
    assert headline(10, row(weak=None)) == "Below typical for SMB customers."


def test_lower_is_better_is_said_where_below_typical_would_mislead():
    slow = row(weak=45, typical=(21, 40), strong=20, direction="lower-is-better")
    assert headline(42, slow) == "Below typical for SMB customers; lower is better."
    assert headline(50, slow) == "Weak for SMB customers."


def test_a_target_range_has_no_good_end():
    target = row(weak=None, typical=(20, 40), strong=None, direction="target-range")
    assert headline(30, target) == "Inside the usual range for SMB customers."
    assert headline(10, target) == "Below the usual range for SMB customers."
    assert headline(50, target) == "Above the usual range for SMB customers."


def test_a_single_figure_is_no_band():
    said = verdict(50, row(weak=None, typical=None, strong=None, median=Decimal(60))).judgments[0]
    assert not said.is_verdict
    assert said.headline == "No verdict for SMB customers: this row gives no band."
    assert said.details == ["Your 50 % lies below its median of 60\u202f%."]


def test_a_qualifier_is_part_of_whom_it_is_about():
    assert headline(85, row(qualifier="self-serve only")) == "Typical for SMB customers (self-serve only)."
    named = row(qualifier="limited headroom (one product)", whom="SMB customers with limited headroom")
    assert headline(85, named) == "Typical for SMB customers with limited headroom."
    for_a_size = verdict(85, row(), row(None, position=1, arr_max=Decimal(10**6)), company=(0, 10**6))
    assert [each.whom for each in for_a_size.others] == ["companies with ARR under $1M"]


# -- Which row --


def test_the_row_of_the_segment_speaks_and_the_one_over_all_is_listed():
    said = verdict(85, row(confidence="medium", basis="practitioner"), row(None, position=1, strong=91))
    assert [each.whom for each in said.judgments] == ["SMB customers"]
    assert [each.whom for each in said.others] == ["companies of all segments"]


def test_of_two_rows_the_better_known_speaks():
    low, high = row(confidence="low", position=0), row(confidence="medium", position=1, strong=95)
    said = verdict(92, low, high)
    assert said.judgments[0].row.benchmark == high
    assert [each.row.benchmark for each in said.others] == [low]


def test_orientation_speaks_only_where_nothing_else_does():
    vague, rule = row(treat_as="orientation", position=0), row(confidence="low", basis="practitioner", position=1)
    assert verdict(85, vague, rule).judgments[0].row.benchmark == rule


def test_without_a_row_for_the_segment_the_one_over_all_speaks_and_says_so():
    said = verdict(85, row(None), segment="enterprise")
    assert said.judgments[0].headline == "Typical for companies of all segments."
    assert said.cautions[0] == "There is no row for enterprise customers, so this one is over all segments."


def test_without_any_row_for_it_there_is_no_verdict_and_a_reason():
    said = verdict(85, row("smb"), segment="enterprise")
    assert said.judgments == []
    assert said.none == (
        "No verdict: no benchmark row of GRR is about enterprise customers. There are rows for SMB customers."
    )


def test_without_a_segment_each_gets_its_own():
    said = verdict(
        85, row("smb"), row("enterprise", position=1, weak=90, typical=(92, 97), strong=97), segment=None
    )
    assert [each.headline for each in said.judgments] == [
        "Typical for SMB customers.",
        "Weak for enterprise customers.",
    ]


def test_a_segment_without_a_row_is_named_where_none_is_chosen():
    said = verdict(85, row("smb"), row("mid-market", position=1), segment=None)
    assert said.missing == ("No row for enterprise customers.",)
    assert said.sentence.endswith("No row for enterprise customers.")
    assert verdict(85, row("smb"), segment="smb").missing == ()
    assert verdict(85, row(None), segment=None).missing == ()


def test_every_row_of_a_segment_is_there_whether_or_not_it_is_chosen():
    narrow, wide = row("enterprise", position=0), row("enterprise", position=1, confidence="low", weak=86)
    for segment in ("enterprise", None):
        said = verdict(85, narrow, wide, segment=segment)
        assert [each.row.benchmark for each in (*said.judgments, *said.others)] == [narrow, wide]


def test_rows_for_companies_of_the_readers_size_are_listed_and_no_others():
    small = row(None, position=1, arr_min=Decimal(10**6), arr_max=Decimal(5 * 10**6))
    large = row(None, position=2, arr_min=Decimal(5 * 10**6))
    assert verdict(85, row(), small, large).others == []
    said = verdict(85, row(), small, large, company=(10**6, 3 * 10**6))
    assert [each.row.benchmark for each in said.others] == [small]
    assert said.others[0].line.startswith("Typical for companies with ARR $1M–$5M. Weak under 80")


def test_rows_of_a_range_of_revenue_do_not_speak_for_everybody():
    assert verdict(85, row(None, arr_max=Decimal(1_000_000)), segment=None).judgments == []


def test_a_related_measure_never_speaks_for_the_metric():
    related = row(measures="Something like it")
    said = verdict(85, related)
    assert said.none == "No verdict: the rows here measure something related, and none measures GRR itself."


def test_a_related_measure_speaks_for_the_variant_that_computes_it_and_no_other():
    related = row(measures="The variant: as a share", phrase="the share of it", variant="mine")
    assert verdict(85, related, variant="mine").judgments[0].headline == "Typical for SMB customers."
    assert "The row measures the share of it." in verdict(85, related, variant="mine").cautions
    another = row("enterprise", position=1, measures="The same", phrase="the share of it", variant="mine")
    both = verdict(85, related, another, variant="mine", segment=None)
    assert "The rows measure the share of it." in both.cautions
    assert verdict(85, related, variant="other").judgments == []
    assert about([row()], "percent", "mine") == []


def test_a_row_in_another_unit_never_speaks():
    assert about([row(unit="score")], "percent", "") == []


def test_without_rows_it_says_that_there_are_none():
    assert verdict(85).none == "No verdict: there is no benchmark row for GRR."


# -- Cautions and levers --


def test_medians_that_differ_are_named():
    rows = [row(None, position=0, median=Decimal(84)), row(None, position=1, median=Decimal(91))]
    sources = {1: [Source(publisher="A", number=1, sample="n")], 2: [Source(publisher="B", number=2, sample="n")]}
    said = verdict(85, *rows, segment=None, sources=sources)
    assert "Sources disagree on the middle: 84\u202f% (A, 2026); 91\u202f% (B, 2026)." in said.cautions


def test_equal_medians_do_not_disagree():
    rows = [row(None, position=0, median=Decimal(84)), row(None, position=1, median=Decimal(84))]
    assert not any("disagree" in each for each in verdict(85, *rows, segment=None).cautions)


def test_another_row_that_places_it_elsewhere_is_a_caution():
    """Doubt 7: 31 % is strong by an old band and typical by the newest average."""
    old, new = row(), row(None, position=1, weak=None, typical=(80, 95), strong=None, confidence="low")
    source = {2: [Source(publisher="B", number=1, sample="n")]}
    said = " ".join(verdict(92, old, new, sources=source).cautions)
    where = "by an unverified claim, typical for companies of all segments (B, 2026)"
    assert f"Another row places it differently: {where}." in said
    assert not any("differently" in each for each in verdict(85, old, new, sources=source).cautions)


def test_better_evidence_that_says_otherwise_is_called_better():
    weak = row(basis="derived", confidence="low", weak=86, typical=(86, 88))
    said = " ".join(verdict(85, weak, row(None, position=1)).cautions)
    assert "On better evidence, another row places it differently: typical for companies of all segments" in said


def test_without_a_segment_only_a_place_that_no_segment_has_is_a_caution():
    low, high = row("smb", weak=70, typical=(70, 80), strong=85), row("enterprise", position=1, weak=90)
    for strong, is_told in ((85, False), (90, True)):
        said = verdict(85, low, high, row(None, position=2, strong=strong), segment=None).cautions
        assert any("differently" in each for each in said) == is_told


@pytest.mark.parametrize(
    ("value", "bounds", "is_told"),
    [
        (89, (80, (80, 89), 95), False),  # between typical and strong, typical
        (89, (70, (70, 75), 80), False),  # between typical and strong, strong
        (79, (70, (80, 88), 95), False),  # weak, below typical
        (79, (70, (75, 88), 95), True),  # weak, typical
        (90, (70, (75, 90), 95), True),  # strong, typical
    ],
)
def test_what_lies_next_to_it_is_no_other_place(value, bounds, is_told):
    weak, typical, strong = bounds
    said = verdict(value, row(), row(None, position=1, weak=weak, typical=typical, strong=strong)).cautions
    assert any("differently" in each for each in said) == is_told


def test_rows_that_say_the_same_otherwise_are_named_together():
    rows = [row(None, position=each, weak=70, typical=(70, 90), strong=95) for each in (1, 2)]
    sources = {2: [Source(publisher="A", number=1, sample="n")], 3: [Source(publisher="B", number=2, sample="n")]}
    said = " ".join(verdict(75, row(), *rows, sources=sources).cautions)
    where = "typical for companies of all segments (A, 2026; B, 2026)"
    assert f"Other rows place it differently: {where}." in said


def test_orientation_never_contradicts_a_verdict():
    vague = row(None, position=1, treat_as="orientation", because="x", weak=90, typical=(90, 95))
    assert not any("differently" in each for each in verdict(85, row(), vague).cautions)


def test_few_answers_settle_nothing_even_without_a_margin():
    assert "So few answers cannot settle it." in verdict(95, row(), is_small=True).cautions
    crossing = verdict(85, row(), is_small=True, margin=(Decimal(70), Decimal(95))).cautions
    assert "So few answers cannot settle it." not in crossing


@pytest.mark.parametrize(("margin", "is_open"), [((84, 86), False), ((79, 91), True), (None, False)])
def test_a_margin_across_an_edge_leaves_it_open(margin, is_open):
    bounds = tuple(map(Decimal, margin)) if margin else None
    said = " ".join(verdict(85, row(), margin=bounds).cautions)
    assert ("this sample cannot settle it" in said) == is_open


def test_levers_are_said_for_one_verdict_and_not_for_three():
    one = verdict(85, row(), levers=lambda _: "24,000 less churn")
    assert one.judgments[0].details[-1] == "About 24,000 less churn would reach the strong band."
    single = verdict(85, row(), levers=lambda _: "one fewer customer lost")
    assert single.judgments[0].details[-1] == "One fewer customer lost would reach the strong band."
    three = verdict(85, row(), row("enterprise", position=1), segment=None, levers=lambda _: "24,000 less churn")
    assert not any("would reach" in " ".join(each.details) for each in three.judgments)


@pytest.mark.parametrize(
    ("value", "places", "gap"),
    [
        ("85", 1, "5 points"),
        ("88.95", 1, "1 point"),
        ("88.93", 1, "1.1 points"),
        ("88.93", 2, "1.07 points"),
        ("89.968", 2, "0.03 points"),
        ("89.9999999", 6, "less than 0.000001 points"),
    ],
)
def test_the_value_as_printed_and_the_gap_add_up_to_the_bound(value, places, gap):
    assert verdict(value, row(), places=places).judgments[0].details[1] == f"Strong starts at 90\u202f%, {gap} up."


# -- A target range --


TARGET = {"weak": None, "typical": (20, 40), "strong": None, "direction": "target-range"}


@pytest.mark.parametrize(
    ("value", "way"),
    [(15, "It starts at 20\u202f%, 5 points up."), (45, "It ends at 40\u202f%, 5 points down.")],
)
def test_a_target_range_is_no_advice(value, way):
    said = verdict(value, row(**TARGET), levers=lambda _: "5 less").judgments[0]
    assert said.details == ["The usual range is 20–40\u202f%.", way]


def test_a_target_range_has_one_name_in_words_and_picture():
    chart = verdict(30, row(**TARGET)).judgments[0].chart
    assert [word for _, word in chart.labels] == ["usual range"]
    assert chart.sentence.startswith("Usual range 20–40\u202f%.")


# -- One line among others --


@pytest.mark.parametrize(
    ("more", "line"),
    [
        (
            {},
            "Weak for companies of all segments. "
            "Weak under 80\u202f%, typical 80–88\u202f%, strong 90\u202f% or more",
        ),
        (
            {"weak": None, "typical": None, "strong": None, "median": Decimal(101)},
            "Median of all segments: 101\u202f%",
        ),
        (
            {"weak": None, "typical": None, "strong": None, "point": Decimal(55)},
            "Single figure for all segments: 55\u202f%",
        ),
        (
            {"treat_as": "orientation", "because": "it has no sample", "strong": None},
            "For orientation only, companies of all segments: 80–88\u202f%",
        ),
    ],
)
def test_a_row_beside_the_one_that_speaks_has_one_line(more, line):
    (other,) = verdict(70, row(), row(None, position=1, **more)).others
    assert other.line == f"{line} (no source, 2026)."


# -- What would bridge the gap --


MONEY = {name: LeverWords("currency", "", name) for name in ("contraction", "churned ARR")}
PEOPLE = {
    "lost": LeverWords("count", "customer lost", "customers lost"),
    "four": LeverWords("count", "answer of 4", "answers of 4"),
    "five": LeverWords("count", "answer of 5", "answers of 5"),
    "days": LeverWords("days", "day to the milestone", "days to the milestone"),
    "margin": LeverWords("percent", "", "gross margin"),
}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"contraction": -24_000, "churned ARR": -24_000}, "$24,000 less contraction or churned ARR"),
        ({"contraction": -24_000, "churned ARR": 1}, "$24,000 less contraction, or $1 more churned ARR,"),
        ({"lost": -1}, "one fewer customer lost"),
        ({"lost": -3}, "3 fewer customers lost"),
        ({"four": 13_682, "five": 13_682}, "13,682 more answers of 4 or 5"),
        ({"four": 1, "five": 1}, "one more answer of 4 or 5"),
        ({"days": -7000}, "7,000 fewer days to the milestone"),
        ({"margin": 15}, "15 points more on gross margin"),
        ({}, ""),
    ],
)
def test_changes_are_said_in_the_words_of_the_content(changes, words):
    found = [Lever(name, Decimal(change), Decimal(0)) for name, change in changes.items()]
    assert levers_in_words(found, {**MONEY, **PEOPLE}, "$") == words


def test_what_stays_is_said_behind_the_changes():
    found = [Lever("lost", Decimal(-3), Decimal(0))]
    assert levers_in_words(found, PEOPLE, "", "with the rest unchanged") == (
        "3 fewer customers lost, with the rest unchanged,"
    )


# -- Before there is a value --


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([row()], "where you stand"),
        ([row(treat_as="orientation", because="x")], "for orientation only"),
        ([row(weak=None, typical=None, strong=None, median=Decimal(50))], "for orientation only"),
        ([], "No benchmark row measures ARR itself"),
    ],
)
def test_no_more_is_promised_than_the_rows_can_keep(rows, words):
    assert words in promise(rows, "ARR")
