"""What one input would have to be for a formula to give a wanted result.

Seen from one input, with the others fixed, a formula of `+ - * /` is a fraction of two polynomials. Where the
wanted result makes that an equation of the first degree, it has one answer, and that answer is exact.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from . import formula

Polynomial = tuple[Fraction, ...]  # coefficients, the constant first

ZERO: Polynomial = ()
ONE: Polynomial = (Fraction(1),)
HIGHEST_DEGREE = 12


class Unsolvable(ValueError):
    """No single answer, or none that this arithmetic can find."""


def solve(node: formula.Node, name: str, values: Mapping[str, Decimal], result: Decimal) -> Fraction:
    """The value of the input `name` that makes the tree give `result`. Raises Unsolvable."""
    over, under = _fraction(node, name, values)
    equation = _sum(over, _product((-Fraction(result),), under))
    if len(equation) != 2:
        raise Unsolvable(name)
    answer = -equation[0] / equation[1]
    if _at(under, answer) == 0:
        raise Unsolvable(name)
    return answer


@dataclass(frozen=True)
class Uses:
    """The inputs above and below the fraction bars of a formula."""

    above: frozenset[str]
    below: frozenset[str]


def uses(node: formula.Node) -> Uses:
    """Which inputs are counted, and which are counted against."""
    match node:
        case formula.Name(name):
            return Uses(frozenset({name}), frozenset())
        case formula.Operation("/", left, right):
            one, other = uses(left), uses(right)
            return Uses(one.above | other.below, one.below | other.above)
        case formula.Operation(_, left, right):
            one, other = uses(left), uses(right)
            return Uses(one.above | other.above, one.below | other.below)
        case formula.Negative(of):
            return uses(of)
        case formula.Call(_, arguments):
            parts = [uses(argument) for argument in arguments]
            empty: frozenset[str] = frozenset()
            return Uses(empty.union(*(part.above for part in parts)), empty.union(*(part.below for part in parts)))
    return Uses(frozenset(), frozenset())


def _fraction(node: formula.Node, name: str, values: Mapping[str, Decimal]) -> tuple[Polynomial, Polynomial]:
    match node:
        case formula.Number(value):
            return _trimmed((Fraction(value),)), ONE
        case formula.Name(other):
            return ((Fraction(0), Fraction(1)) if other == name else _trimmed((Fraction(values[other]),))), ONE
        case formula.Negative(of):
            over, under = _fraction(of, name, values)
            return _product((Fraction(-1),), over), under
        case formula.Operation(sign, left, right):
            return _joined(sign, _fraction(left, name, values), _fraction(right, name, values))
    raise Unsolvable(name)  # min, max and abs bend


def _joined(
    sign: str, one: tuple[Polynomial, Polynomial], other: tuple[Polynomial, Polynomial]
) -> tuple[Polynomial, Polynomial]:
    if sign == "*":
        return _product(one[0], other[0]), _product(one[1], other[1])
    if sign == "/":
        if not other[0]:
            raise Unsolvable("division by zero")
        return _product(one[0], other[1]), _product(one[1], other[0])
    minus = (Fraction(-1),) if sign == "-" else ONE
    if one[1] == other[1]:
        return _sum(one[0], _product(minus, other[0])), one[1]
    added = _product(minus, _product(other[0], one[1]))
    return _sum(_product(one[0], other[1]), added), _product(one[1], other[1])


def _sum(one: Polynomial, other: Polynomial) -> Polynomial:
    length = max(len(one), len(other))
    padded = [each + (Fraction(0),) * (length - len(each)) for each in (one, other)]
    return _trimmed(tuple(a + b for a, b in zip(*padded, strict=True)))


def _product(one: Polynomial, other: Polynomial) -> Polynomial:
    if not one or not other:
        return ZERO
    if len(one) + len(other) > HIGHEST_DEGREE:
        raise Unsolvable("degree")
    made = [Fraction(0)] * (len(one) + len(other) - 1)
    for i, a in enumerate(one):
        for j, b in enumerate(other):
            made[i + j] += a * b
    return _trimmed(tuple(made))


def _trimmed(polynomial: Polynomial) -> Polynomial:
    while polynomial and polynomial[-1] == 0:
        polynomial = polynomial[:-1]
    return polynomial


def _at(polynomial: Polynomial, x: Fraction) -> Fraction:
    return sum((each * x**power for power, each in enumerate(polynomial)), Fraction(0))
