"""Which row speaks about a value, and in which words: never stronger than its evidence."""

import datetime
from decimal import Decimal

import pytest

from directory.models import Benchmark, Segment, Source
from directory.verdict import Subject, about, judge

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


def verdict(value, *rows, segment="smb", unit="percent", levers=lambda _: [], sources=None, **more):
    subject = Subject(Decimal(value), f"{value} %", unit, "GRR", **more)
    return judge(subject, rows, sources or {}, SEGMENTS, chosen=segment, levers=levers, today=TODAY)


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
    said = verdict(value, row(treat_as="orientation", confidence="low")).judgments[0]
    assert not said.is_verdict
    assert said.headline == "No verdict for SMB customers: the row is for orientation only."
    assert said.details == [f"Your {value} % lies {where} the 80–88\u202f% that it gives."]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("79.9", "Weak for SMB customers."),
        ("80", "Typical for SMB customers."),
        ("89", "Better than typical, short of strong for SMB customers."),
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
    assert headline(85, row(qualifier="self-serve only")) == "Typical for SMB customers, self-serve only."


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


def test_rows_of_a_range_of_revenue_do_not_speak_for_everybody():
    assert verdict(85, row(None, arr_max=Decimal(1_000_000)), segment=None).judgments == []


def test_a_related_measure_never_speaks_for_the_metric():
    related = row(measures="Something like it")
    said = verdict(85, related)
    assert said.none == "No verdict: the rows here measure something related, and none measures GRR itself."


def test_a_related_measure_speaks_for_the_variant_that_computes_it_and_no_other():
    related = row(measures="The variant", variant="mine")
    assert verdict(85, related, variant="mine").judgments[0].headline == "Typical for SMB customers."
    assert "The row measures the variant." in verdict(85, related, variant="mine").cautions
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


@pytest.mark.parametrize(("margin", "is_open"), [((84, 86), False), ((79, 91), True), (None, False)])
def test_a_margin_across_an_edge_leaves_it_open(margin, is_open):
    bounds = tuple(map(Decimal, margin)) if margin else None
    said = " ".join(verdict(85, row(), margin=bounds).cautions)
    assert ("this sample cannot settle it" in said) == is_open


def test_levers_are_said_for_one_verdict_and_not_for_three():
    one = verdict(85, row(), levers=lambda _: ["24,000 less churn"])
    assert one.judgments[0].details[-1] == "About 24,000 less churn would reach the strong band."
    three = verdict(85, row(), row("enterprise", position=1), segment=None, levers=lambda _: ["24,000 less churn"])
    assert not any("would reach" in " ".join(each.details) for each in three.judgments)


@pytest.mark.parametrize(
    ("value", "gap"), [("85", "5 points"), ("88.93", "1.1 points"), ("89.968", "0.04 points")]
)
def test_a_gap_is_rounded_up(value, gap):
    assert verdict(value, row()).judgments[0].details[1] == f"Strong starts at 90\u202f%, {gap} up."
