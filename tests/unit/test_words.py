"""Figures and closed words as a reader sees them."""

from decimal import Decimal
from typing import get_args

import pytest

from directory import words
from directory.loader import schema
from directory.words import SPACE, THIN


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0"),
        (-0.0, "0"),
        (89, "89"),
        (1234567, "1,234,567"),
        (Decimal("88.0000"), "88"),
        (Decimal("100"), "100"),
        (Decimal("12000.00"), "12,000"),
        (Decimal("1.50"), "1.5"),
        (1e6, "1,000,000"),
        (0.1, "0.1"),
        (-3, "−3"),
        (Decimal("-1234.5"), "−1,234.5"),
    ],
)
def test_number_is_grouped_with_the_decimals_it_has(value, shown):
    assert words.number(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(89, "89.0"), (89.25, "89.3"), (89.34, "89.3"), (-1.04, "−1.0"), (-0.04, "0.0")]
)
def test_number_with_places_is_rounded_to_them(value, shown):
    assert words.number(value, 1) == shown


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (89, "percent", f"89{THIN}%"),
        (-2.5, "percent", f"−2.5{THIN}%"),
        (12000, "currency", "$12,000"),
        (-300, "currency", "−$300"),
        (15, "days", f"15{SPACE}days"),
        (1, "days", f"1{SPACE}day"),
        (-1, "months", f"−1{SPACE}month"),
        (0, "months", f"0{SPACE}months"),
        (1.5, "months", f"1.5{SPACE}months"),
        (3, "ratio", "3×"),
        (42, "score", "42"),
        (1200, "count", "1,200"),
    ],
)
def test_figure_has_its_unit(value, unit, shown):
    assert words.figure(value, unit) == shown


@pytest.mark.parametrize(
    ("low", "high", "unit", "shown"),
    [
        (80, 88, "percent", f"80–88{THIN}%"),
        (6, 18, "months", f"6–18{SPACE}months"),
        (300, 1200, "currency", "$300–$1,200"),
        (-5, 5, "score", "−5 to 5"),
    ],
)
def test_range_names_the_unit_once_and_money_twice(low, high, unit, shown):
    assert words.figure_range(low, high, unit) == shown


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (103, "percent", f"103.0{THIN}%"),
        (29.6, "score", "29.6"),
        (Decimal("1234.56"), "currency", "1,235"),
        (14, "days", f"14{SPACE}days"),
        (Decimal("14.25"), "days", f"14.3{SPACE}days"),
        (Decimal("3.04"), "ratio", "3×"),
        (20, "count", "20"),
        (1.96, "months", f"2{SPACE}months"),
    ],
)
def test_result_has_no_more_decimals_than_it_needs(value, unit, shown):
    assert words.result(value, unit) == shown


def test_typed_money_has_no_sign_because_it_may_be_any_currency():
    assert words.input_value(12000, "currency") == "12,000"
    assert words.input_value(80, "percent") == f"80{THIN}%"
    assert words.input_value(3, "months") == f"3{SPACE}months"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "$0"),
        (999, "$999"),
        (1000, "$1K"),
        (300_000, "$300K"),
        (1_000_000, "$1M"),
        (1_500_000, "$1.5M"),
        (20_000_000, "$20M"),
        (3_000_000_000, "$3B"),
    ],
)
def test_large_money_is_short(value, shown):
    assert words.money_short(value) == shown


@pytest.mark.parametrize(
    ("low", "high", "shown"),
    [
        (None, None, ""),
        (Decimal(1_000_000), Decimal(5_000_000), "ARR $1M–$5M"),
        (None, Decimal(5_000_000), "ARR under $5M"),
        (Decimal(20_000_000), None, "ARR of $20M or more"),
        (Decimal(0), Decimal(1_000_000), "ARR $0–$1M"),
    ],
)
def test_band_of_recurring_revenue_is_said_in_words(low, high, shown):
    assert words.arr_band(low, high) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Private companies", "private companies"),
        ("SaaS companies", "SaaS companies"),
        ("ARR above $5M", "ARR above $5M"),
        ("B2B companies", "B2B companies"),
        ("McKinsey", "McKinsey"),
        ("1,000 companies", "1,000 companies"),
        ("", ""),
    ],
)
def test_first_letter_gets_small_unless_it_is_part_of_a_name(text, shown):
    assert words.lower_first(text) == shown


@pytest.mark.parametrize(("count", "shown"), [(0, "0 metrics"), (1, "1 metric"), (24, "24 metrics")])
def test_count_has_its_noun(count, shown):
    assert words.count_words(count, "metric") == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "Zero"),
        (12, "Twelve"),
        (19, "Nineteen"),
        (20, "Twenty"),
        (24, "Twenty-four"),
        (99, "Ninety-nine"),
        (100, "100"),
        (1200, "1,200"),
    ],
)
def test_numbers_below_a_hundred_are_spelled(value, shown):
    assert words.spelled_number(value) == shown


def test_every_word_the_content_may_use_can_be_said():
    """A value that the schema allows and no table has would be a failure on the page."""
    assert set(get_args(schema.Direction)) == set(words.DIRECTIONS)
    assert set(get_args(schema.Unit)) == set(words.UNITS)
    assert set(get_args(schema.RelationKind)) == set(words.RELATIONS)
    assert set(get_args(schema.Metric.model_fields["indicator"].annotation)) == set(words.INDICATORS)
    assert set(get_args(schema.Cadence.model_fields["every"].annotation)) == set(words.CADENCES)


def test_every_relation_has_a_mirror_that_leads_back():
    assert set(words.MIRRORED) == set(words.RELATIONS)
    assert all(words.MIRRORED[words.MIRRORED[kind]] == kind for kind in words.RELATIONS)
