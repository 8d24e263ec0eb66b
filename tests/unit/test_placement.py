"""Where a value stands, how far the next band is, and what one input would bridge it."""

from decimal import Decimal

import pytest

from directory.formula import parse, parse_comparison
from directory.placement import Band, Lever, Limits, Step, levers, next_step, place, places_that_keep


def band(direction, weak, low, high, strong):
    return Band(direction, *(None if each is None else Decimal(each) for each in (weak, low, high, strong)))


HIGHER = band("higher-is-better", "85", "88", "92", "94")
TOUCHING = band("higher-is-better", "50", "50", "70", "70")
LOWER = band("lower-is-better", "18", "8", "12", "6")
LOWER_TOUCHING = band("lower-is-better", "45", "21", "45", "21")
TARGET = band("target-range", None, "20", "40", None)


@pytest.mark.parametrize(
    ("of", "value", "where"),
    [
        (HIGHER, "84.999", "weak"),
        (HIGHER, "85", "below"),
        (HIGHER, "87.999", "below"),
        (HIGHER, "88", "typical"),
        (HIGHER, "92", "typical"),
        (HIGHER, "92.001", "between"),
        (HIGHER, "93.999", "between"),
        (HIGHER, "94", "strong"),
        (HIGHER, "100", "strong"),
        (TOUCHING, "49.999", "weak"),
        (TOUCHING, "50", "typical"),
        (TOUCHING, "69.999", "typical"),
        (TOUCHING, "70", "strong"),
        (LOWER, "18.001", "weak"),
        (LOWER, "18", "below"),
        (LOWER, "12.001", "below"),
        (LOWER, "12", "typical"),
        (LOWER, "8", "typical"),
        (LOWER, "7.999", "between"),
        (LOWER, "6.001", "between"),
        (LOWER, "6", "strong"),
        (LOWER, "0", "strong"),
        (LOWER_TOUCHING, "45.001", "weak"),
        (LOWER_TOUCHING, "45", "typical"),
        (LOWER_TOUCHING, "21.001", "typical"),
        (LOWER_TOUCHING, "21", "strong"),
        (TARGET, "19.999", "under"),
        (TARGET, "20", "inside"),
        (TARGET, "40", "inside"),
        (TARGET, "40.001", "over"),
        (band("higher-is-better", None, "80", "88", "90"), "1", "below"),
        (band("higher-is-better", "80", "80", "88", None), "99", "between"),
        (band("higher-is-better", "25", None, None, "62"), "24.9", "weak"),
        (band("higher-is-better", "25", None, None, "62"), "25", "between"),
        (band("higher-is-better", "25", None, None, "62"), "62", "strong"),
        (band("higher-is-better", None, None, None, "62"), "61", "unknown"),
        (band("higher-is-better", None, None, None, "62"), "62", "strong"),
        (band("higher-is-better", None, None, None, None), "50", "unknown"),
        (band("lower-is-better", None, None, None, None), "50", "unknown"),
        (band("target-range", None, None, None, None), "50", "unknown"),
        (band("higher-is-better", "-10", "0", "10", "20"), "-10.5", "weak"),
    ],
)
def test_each_side_of_each_bound(of, value, where):
    assert place(Decimal(value), of) == where


@pytest.mark.parametrize(
    ("of", "value", "step"),
    [
        (HIGHER, "80", ("typical", "88", "8", True)),
        (HIGHER, "86", ("typical", "88", "2", True)),
        (HIGHER, "89", ("strong", "94", "5", True)),
        (HIGHER, "93", ("strong", "94", "1", True)),
        (HIGHER, "94", None),
        (LOWER, "20", ("typical", "12", "8", False)),
        (LOWER, "10", ("strong", "6", "4", False)),
        (LOWER, "5", None),
        (TARGET, "15", ("inside", "20", "5", True)),
        (TARGET, "45", ("inside", "40", "5", False)),
        (TARGET, "30", None),
        (band("higher-is-better", "25", None, None, "62"), "20", ("strong", "62", "42", True)),
        (band("higher-is-better", "80", "80", "88", None), "85", None),
        (band("higher-is-better", None, None, None, "62"), "50", None),
    ],
)
def test_the_next_band_is_the_better_one(of, value, step):
    expected = step and Step(step[0], Decimal(step[1]), Decimal(step[2]), step[3])
    assert next_step(Decimal(value), of) == expected


# -- Levers --

GRR = "(starting - contraction - churned) / starting"
NAMES = [
    Limits("starting", "currency", Decimal(0), moves=False),
    Limits("contraction", "currency", Decimal(0)),
    Limits("churned", "currency", Decimal(0)),
]
YEAR = {"starting": Decimal(2_400_000), "contraction": Decimal(84_000), "churned": Decimal(180_000)}


def found(expression, inputs, typed, bound, *, rising=True, of_percent=False, rules=()):
    names = [each.name for each in inputs]
    return levers(
        parse(expression, names),
        inputs,
        typed,
        bound=Decimal(bound),
        rising=rising,
        of_percent=of_percent,
        constraints=[parse_comparison(each, names) for each in rules],
    )


def test_less_churn_reaches_the_strong_band_of_retention():
    assert found(GRR, NAMES, YEAR, 90, of_percent=True) == [
        Lever("contraction", Decimal(-24_000), Decimal(60_000)),
        Lever("churned", Decimal(-24_000), Decimal(156_000)),
    ]


def test_an_input_cannot_go_below_its_least():
    """120,000 less contraction is more than there is."""
    assert [each.name for each in found(GRR, NAMES, YEAR, 94, of_percent=True)] == ["churned"]
    assert found(GRR, NAMES, YEAR, 100, of_percent=True) == []


def test_the_base_of_a_rate_is_no_lever():
    assert "starting" not in {each.name for each in found(GRR, NAMES, YEAR, 89.5, of_percent=True)}


def test_a_lever_keeps_the_rules_of_the_formula():
    inputs = [Limits("done", "count", Decimal(0)), Limits("due", "count", Decimal(1), moves=False)]
    typed = {"done": Decimal(38), "due": Decimal(50)}
    assert found("done / due", inputs, typed, 87, of_percent=True, rules=["done <= due"]) == [
        Lever("done", Decimal(6), Decimal(44))
    ]
    assert found("done / due", inputs, typed, 101, of_percent=True, rules=["done <= due"]) == []


def test_counts_are_whole_and_go_far_enough():
    inputs = [
        Limits(name, "count", Decimal(0), moves=name != "passives")
        for name in ("promoters", "passives", "detractors")
    ]
    typed = {"promoters": Decimal(62), "passives": Decimal(38), "detractors": Decimal(25)}
    formula = "(promoters - detractors) / (promoters + passives + detractors) * 100"
    assert found(formula, inputs, typed, 30) == [
        Lever("promoters", Decimal(1), Decimal(63)),
        Lever("detractors", Decimal(-1), Decimal(24)),
    ]


def test_what_stands_below_the_bar_moves_too_unless_the_content_forbids_it():
    """Less churn and cheaper customers raise LTV:CAC as much as more revenue does."""
    inputs = [Limits(name, "currency", Decimal(0)) for name in ("won", "lost")]
    typed = {"won": Decimal(300), "lost": Decimal(150)}
    assert found("won / lost", inputs, typed, 3) == [
        Lever("lost", Decimal(-50), Decimal(100)),
        Lever("won", Decimal(150), Decimal(450)),
    ]


def test_inputs_that_need_the_same_change_count_as_one():
    inputs = [Limits(name, "count", Decimal(0)) for name in "abcde"]
    typed = dict.fromkeys("abcde", Decimal(10))
    levers = found("a + b + c + d + 2 * e", inputs, typed, 70)
    assert [(each.name, each.change) for each in levers] == [("e", 5), ("a", 10), ("b", 10), ("c", 10), ("d", 10)]


def test_a_percent_lever_is_in_points():
    inputs = [Limits("arpa", "currency", Decimal(0)), Limits("margin", "percent", Decimal(0), Decimal(100))]
    typed = {"arpa": Decimal(1000), "margin": Decimal(60)}
    assert found("arpa * margin", inputs, typed, 750) == [
        Lever("margin", Decimal(15), Decimal(75)),
        Lever("arpa", Decimal(250), Decimal(1250)),
    ]


def test_money_is_rounded_to_three_figures_and_still_reaches():
    typed = {"starting": Decimal(1_000_003), "contraction": Decimal(0), "churned": Decimal(400_000)}
    (lever,) = found(GRR, NAMES, typed, "66.6", of_percent=True)
    assert lever.change == Decimal(-66_000)


# -- Rounding --


@pytest.mark.parametrize(
    ("value", "bounds", "places"),
    [("89.96", ["90"], 2), ("89.9", ["90"], 1), ("90", ["90"], 1), ("89.99", [], 1), ("90.04", ["90"], 2)],
)
def test_a_printed_value_does_not_look_beyond_a_bound(value, bounds, places):
    assert places_that_keep(Decimal(value), map(Decimal, bounds), 1) == places
