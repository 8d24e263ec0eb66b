"""How far a benchmark row may be trusted, in words and marks, and how rows are set in tables."""

import datetime
from decimal import Decimal
from itertools import product
from typing import get_args

import pytest

from directory import evidence
from directory.loader import schema
from directory.models import Benchmark, Metric, Segment, Source
from directory.words import SPACE, THIN

TODAY = datetime.date(2026, 11, 23)
METRIC = Metric(slug="any", data={"range": {"min": 0, "max": None}})


def row(**given):
    """A row of the kind that most tests are about: published, of medium confidence, with all figures."""
    fields = {
        "position": 0,
        "unit": "percent",
        "direction": "higher-is-better",
        "weak": Decimal(60),
        "low": Decimal(70),
        "high": Decimal(80),
        "strong": Decimal(90),
        "basis": "published",
        "year": 2026,
        "confidence": "medium",
    }
    return Benchmark(**{**fields, **given})


def source(**given):
    return Source(**{"number": 1, "publisher": "Ann Lee", "sample": "Private companies", **given})


def groups(*rows, sources=(), segment=None):
    for key, each in enumerate(rows, start=1):
        each.pk, each.position = key, key - 1
    return evidence.groups(METRIC, rows, {each.pk: list(sources) for each in rows}, segment=segment, today=TODAY)


def shown(**given):
    """A row as it is printed."""
    sources, segment = given.pop("sources", ()), given.pop("chosen", None)
    ((made,),) = [group.rows for group in groups(row(**given), sources=sources, segment=segment)]
    return made


# -- Age --


@pytest.mark.parametrize(
    ("today", "year", "is_old"),
    [
        (datetime.date(2026, 1, 1), 2024, True),
        (datetime.date(2026, 12, 31), 2024, True),
        (datetime.date(2026, 1, 1), 2025, False),
        (datetime.date(2026, 12, 31), 2025, False),
        (datetime.date(2027, 1, 1), 2025, True),
        (datetime.date(2026, 6, 1), 2026, False),
        (datetime.date(2026, 6, 1), 2027, False),
        (datetime.date(2026, 6, 1), 1999, True),
        (datetime.date(2026, 6, 1), None, False),
    ],
)
def test_figure_is_old_when_it_may_be_older_than_24_months(today, year, is_old):
    assert evidence.is_old(year, today) is is_old


@pytest.mark.parametrize("day", [datetime.date(2026, month, 1) for month in range(1, 13)])
def test_no_figure_older_than_24_months_goes_unmarked(day):
    """From the first day of its year, a year not marked is at most 24 months back."""
    for year in range(day.year - 3, day.year + 1):
        months = (day.year - year) * 12 + day.month - 1
        assert evidence.is_old(year, day) or months < 24


def test_year_is_shown_and_missing_one_is_said():
    assert shown(year=2023).year == "2023"
    assert shown(year=2023).is_old
    assert shown(year=None).year == "undated"
    assert not shown(year=None).is_old


# -- Trust --


def test_every_label_the_content_may_use_can_be_said():
    assert set(evidence.BASES) == set(get_args(schema.Basis))
    assert set(evidence.STRENGTHS) == set(product(get_args(schema.Basis), get_args(schema.Confidence)))
    treat_as = get_args(get_args(schema.Benchmark.model_fields["treat_as"].annotation)[0])
    assert set(evidence.TREATED) == set(treat_as)


@pytest.mark.parametrize(
    ("basis", "confidence"), list(product(get_args(schema.Basis), get_args(schema.Confidence)))
)
def test_low_confidence_is_outlined_and_said(basis, confidence):
    made = shown(basis=basis, confidence=confidence)
    assert made.is_outlined == (confidence == "low")
    assert made.basis.lower() == basis
    others = [shown(basis=basis, confidence=each).strength for each in get_args(schema.Confidence)]
    assert others.count(made.strength) == 1


def test_row_for_orientation_is_outlined_whatever_its_confidence():
    assert shown(confidence="high", treat_as="orientation").is_outlined
    assert not shown(confidence="medium", treat_as="house-rule").is_outlined


@pytest.mark.parametrize(("basis", "kind"), [("published", "unverified claim"), ("derived", "rough estimate")])
def test_row_of_low_confidence_is_no_more_than_a_rule_of_thumb(basis, kind):
    assert shown(basis=basis, confidence="low").strength == f"{kind}, no more than a rule of thumb"


def test_treatment_is_said_in_place_of_the_strength():
    plain = shown(basis="practitioner").strength
    said = {shown(basis="practitioner", treat_as=each).strength for each in evidence.TREATED}
    assert len(said) == 2
    assert plain not in said


# -- Figures --


def test_higher_is_better_reads_from_under_to_or_more():
    made = shown()
    assert made.weak == f"under 60{THIN}%"
    assert made.typical == f"70–80{THIN}%"
    assert made.strong == f"90{THIN}% or more"
    assert [each.kind for each in made.steps] == ["weak", "typical", "strong"]


def test_lower_is_better_reads_from_over_to_or_less():
    made = shown(
        direction="lower-is-better",
        unit="months",
        weak=Decimal(24),
        low=Decimal(12),
        high=Decimal(18),
        strong=Decimal(6),
    )
    assert made.weak == f"over 24{SPACE}months"
    assert made.typical == f"12–18{SPACE}months"
    assert made.strong == f"6{SPACE}months or less"
    assert [each.kind for each in made.steps] == ["strong", "typical", "weak"]


def test_what_is_not_known_is_left_empty():
    made = shown(weak=None, low=None, high=None, strong=None, median=Decimal(75))
    assert (made.weak, made.typical, made.strong) == ("", "", "")
    assert (made.middle, made.middle_word) == (f"75{THIN}%", "median")
    assert made.steps == []
    assert made.mark is not None


@pytest.mark.parametrize(
    ("given", "middle", "word"),
    [
        ({}, "", ""),
        ({"point": Decimal(74)}, f"74{THIN}%", "single figure"),
        ({"median": Decimal(0), "point": Decimal(74)}, f"0{THIN}%", "median"),
    ],
)
def test_middle_is_the_median_or_else_the_single_figure(given, middle, word):
    made = shown(**given)
    assert (made.middle, made.middle_word) == (middle, word)
    assert (made.mark is not None) == bool(middle)


def test_sentence_for_those_who_do_not_see_the_chart_has_every_figure():
    made = shown(median=Decimal(75))
    assert (
        made.sentence == f"Weak under 60{THIN}%, typical 70–80{THIN}%, strong 90{THIN}% or more, median 75{THIN}%."
    )


# -- Sources --


def test_row_is_named_by_its_segment_or_else_by_its_publisher():
    assert shown(segment=Segment(slug="smb", name="SMB"), sources=[source()]).heading == "SMB"
    assert shown(sources=[source()]).heading == "Ann Lee"
    assert shown(sources=[source(), source(number=2)]).heading == "Ann Lee"
    several = shown(sources=[source(), source(number=2, publisher="Bo Ray")]).heading
    assert several not in ("Ann Lee", "Bo Ray", shown().heading)


def test_row_gives_its_revenue_band_and_qualifier_once():
    for sources, segment in (((), None), ([source()], None), ([source()], Segment(slug="smb", name="SMB"))):
        made = shown(
            arr_min=Decimal(1_000_000),
            arr_max=Decimal(5_000_000),
            qualifier="bootstrapped",
            sources=sources,
            segment=segment,
        )
        said = f"{made.heading}; {made.detail}"
        assert said.count("ARR $1M–$5M") == 1
        assert said.count("bootstrapped") == 1
    assert shown(sources=[source()]).detail == ""


def test_provenance_names_publisher_and_sample_and_many_publishers_alone():
    assert shown().provenance == ""
    assert shown(sources=[source()]).provenance == "From Ann Lee (private companies)."
    three = [source(number=number, publisher=name) for number, name in enumerate(["Ann", "Bo", "Ann"], start=1)]
    assert shown(sources=three).provenance == "From Ann, Bo."


# -- Tables --


def test_rows_of_segments_of_all_and_of_other_measures_stand_apart():
    smb = Segment(slug="smb", name="SMB")
    made = groups(
        row(measures="Quick ratio", unit="ratio"),
        row(),
        row(segment=smb),
        row(measures="Quick ratio", unit="ratio", segment=smb),
        row(measures="Monthly churn", direction="lower-is-better"),
    )
    positions = [[each.benchmark.position for each in group.rows] for group in made]
    assert positions == [[2], [1], [0, 3], [4]]
    assert [group.is_related for group in made] == [False, False, True, True]
    assert [group.caption for group in made][2:] == ["Quick ratio", "Monthly churn"]


def test_own_tables_share_one_axis_and_related_measures_have_their_own():
    wide = row(weak=Decimal(10), strong=Decimal(95))
    made = groups(row(segment=Segment(slug="smb", name="SMB")), wide, row(measures="Quick ratio", unit="ratio"))
    assert made[0].axis == made[1].axis
    assert made[2].axis != made[0].axis


def test_same_measure_in_another_unit_is_another_table():
    assert len(groups(row(measures="Growth"), row(measures="Growth", unit="currency"))) == 2


@pytest.mark.parametrize("measures", ["", "Quick ratio"])
def test_rows_of_the_chosen_segment_come_first_in_every_table(measures):
    segments = [Segment(slug=slug, name=slug) for slug in ("smb", "mid-market", "enterprise")]
    rows = [row(segment=each, measures=measures) for each in segments]
    for chosen in ("smb", "mid-market", "enterprise", None):
        (group,) = groups(*rows, segment=chosen)
        order = [each.heading for each in group.rows]
        assert order == sorted(
            (each.slug for each in segments), key=lambda slug: (slug != chosen) if chosen else 0
        )


def test_rows_of_no_segment_keep_their_place_without_a_chosen_one():
    smb = Segment(slug="smb", name="SMB")
    (group,) = groups(row(measures="Growth", segment=smb), row(measures="Growth"))
    assert [each.benchmark.segment for each in group.rows] == [smb, None]


def test_rows_of_the_chosen_segment_are_marked():
    smb = Segment(slug="smb", name="SMB")
    assert shown(segment=smb, chosen="smb").is_mine
    assert not shown(segment=smb, chosen="enterprise").is_mine
    assert not shown(segment=smb).is_mine
    assert not shown(chosen="smb").is_mine


def test_table_says_whether_it_has_a_middle():
    assert not groups(row())[0].has_middle
    assert groups(row(), row(median=Decimal(70)))[0].has_middle


def test_metric_without_rows_has_no_table():
    assert groups() == []


# -- The reader's own value --


def own(value, *keys):
    return evidence.Own(Decimal(value), f"{value}{THIN}%", frozenset(keys))


def test_a_value_is_marked_on_the_rows_that_measure_it():
    first, second = row(), row(measures="Logo churn")
    first.pk, second.pk = 1, 2
    made = evidence.groups(METRIC, [first, second], {}, segment=None, own=own(75, 1), today=TODAY)
    (marked,), (other,) = (group.rows for group in made)
    assert marked.own.x == made[0].axis.x(75)
    assert (marked.own.label, marked.own.sentence) == ("you", f"Your value, 75{THIN}%.")
    assert other.own is None


@pytest.mark.parametrize(("value", "x", "anchor"), [(7, 0, "start"), (400, 100, "end")])
def test_a_value_beyond_the_axis_stands_on_its_edge_and_says_so(value, x, anchor):
    each = row()
    each.pk = 1
    ((made,),) = [
        group.rows for group in evidence.groups(METRIC, [each], {}, segment=None, own=own(value, 1), today=TODAY)
    ]
    assert (made.own.x, made.own.anchor, made.own.label) == (x, anchor, "you, off the scale")
    assert made.own.sentence.endswith("off the scale.")
