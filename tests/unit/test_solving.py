"""One input that gives a wanted result: exact where there is one answer, refused where there is not."""

from decimal import Decimal
from fractions import Fraction

import pytest

from directory.formula import parse
from directory.solving import Unsolvable, Uses, solve, uses

VALUES = {name: Decimal(value) for name, value in {"a": 12, "b": 5, "c": 3}.items()}


def answer(expression, name, result, values=VALUES):
    return solve(parse(expression, values), name, values, Decimal(result))


@pytest.mark.parametrize(
    ("expression", "name", "result", "expected"),
    [
        ("a + b", "a", "20", 15),
        ("a - b", "b", "20", -8),
        ("a * b", "a", "20", 4),
        ("a / b", "a", "20", 100),
        ("a / b", "b", "24", Fraction(1, 2)),
        ("(a - b) / a", "a", "0.5", 10),
        ("(a - b - c) / a", "b", "0.75", 0),
        ("(a - b) / (a + b + c) * 100", "a", "50", 18),
        ("a * b / c", "c", "20", 3),
        ("-a", "a", "5", -5),
        ("a + b / c", "c", "17", 1),
        ("2 * a + a", "a", "9", 3),
        ("a / 3", "a", "0.1", Fraction(3, 10)),
        ("a * a / a", "b", "1", None),
        ("a * a", "a", "144", None),
        ("b", "a", "5", None),
        ("b", "a", "6", None),
        ("min(a, b)", "a", "2", None),
        ("abs(a)", "a", "2", None),
        ("a / (b - b)", "a", "1", None),
        ("a / a", "a", "1", None),
        ("a / (a - a)", "b", "1", None),
        ("(a - b) / (a - b)", "a", "2", None),
        ("b / a", "a", "0", None),
    ],
)
def test_the_input_that_gives_a_result(expression, name, result, expected):
    if expected is None:
        with pytest.raises(Unsolvable):
            answer(expression, name, result)
    else:
        assert answer(expression, name, result) == expected


def test_a_very_long_product_is_refused_and_not_worked_on():
    with pytest.raises(Unsolvable):
        answer(" * ".join(["a"] * 40), "a", "2")


@pytest.mark.parametrize(
    ("expression", "above", "below"),
    [
        ("(a - b) / a", "ab", "a"),
        ("a / (b * c)", "a", "bc"),
        ("a / (b / c)", "ac", "b"),
        ("min(a, b) / c", "ab", "c"),
        ("-a + 5", "a", ""),
    ],
)
def test_what_stands_above_and_below_the_bar(expression, above, below):
    assert uses(parse(expression, VALUES)) == Uses(frozenset(above), frozenset(below))
