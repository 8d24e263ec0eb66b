"""Where a value stands in a benchmark band, how far the next band is, and which single input would bridge the gap.

Pure arithmetic on Decimals. The words for it, which scale with the evidence, are in `verdict.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from typing import Literal

from . import formula, solving

Place = Literal["weak", "below", "typical", "between", "strong", "inside", "under", "over", "unknown"]

MOST_LEVERS = 3
LARGEST = 10**15  # no input that is larger would be typed


@dataclass(frozen=True)
class Band:
    """The bounds of a benchmark row. Weak lies before `weak`, strong at or beyond `strong`; any may be unknown."""

    direction: str
    weak: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    strong: Decimal | None = None

    @property
    def bounds(self) -> list[Decimal]:
        return [each for each in (self.weak, self.low, self.high, self.strong) if each is not None]


@dataclass(frozen=True)
class Step:
    """The bound to reach for the next better band."""

    to: Literal["typical", "strong", "inside"]
    bound: Decimal
    gap: Decimal  # always above zero
    rising: bool  # whether the value has to go up


def place(value: Decimal, band: Band) -> Place:
    """The part of the band a value lies in.

    `below` falls short of typical without being weak, `between` is past typical and short of strong. A target
    range has no good end: `inside`, or `under` or `over` it. `unknown` where the row has no band.
    """
    if band.direction == "target-range":
        if band.low is None or band.high is None:
            return "unknown"
        return "under" if value < band.low else "over" if value > band.high else "inside"
    sign = -1 if band.direction == "lower-is-better" else 1
    value, weak, strong = sign * value, _times(sign, band.weak), _times(sign, band.strong)
    edges = sorted(sign * each for each in (band.low, band.high) if each is not None)
    if strong is not None and value >= strong:
        return "strong"
    if weak is not None and value < weak:
        return "weak"
    if len(edges) == 2:
        return "typical" if edges[0] <= value <= edges[1] else "below" if value < edges[0] else "between"
    return "between" if weak is not None and strong is not None else "unknown"


def next_step(value: Decimal, band: Band) -> Step | None:
    """The way to the next better band; none from strong, from inside a target range, or without a band ahead."""
    where = place(value, band)
    low, high, strong = band.low, band.high, band.strong
    lower = band.direction == "lower-is-better"
    if where in ("under", "over") and low is not None and high is not None:
        bound = low if where == "under" else high
        return Step("inside", bound, abs(bound - value), rising=where == "under")
    if where in ("weak", "below") and low is not None and high is not None:
        bound = high if lower else low
        return Step("typical", bound, abs(bound - value), rising=not lower)
    if where in ("weak", "typical", "between") and strong is not None:
        return Step("strong", strong, abs(strong - value), rising=not lower)
    return None


def reaches(value: Decimal, bound: Decimal, *, rising: bool) -> bool:
    return value >= bound if rising else value <= bound


def _times(sign: int, value: Decimal | None) -> Decimal | None:
    return None if value is None else sign * value


# -- One input --


@dataclass(frozen=True)
class Limits:
    """What one input may be, as it is typed."""

    name: str
    unit: str
    low: Decimal | None = None
    high: Decimal | None = None
    moves: bool = True  # whether it can be changed by itself; the base of a rate cannot


@dataclass(frozen=True)
class Lever:
    """One input that would reach a bound by itself: from its value by `change`, both as typed."""

    name: str
    change: Decimal
    value: Decimal


def levers(
    tree: formula.Node,
    inputs: Sequence[Limits],
    typed: Mapping[str, Decimal],
    *,
    bound: Decimal,
    rising: bool,
    of_percent: bool,
    constraints: Iterable[formula.Comparison] = (),
) -> list[Lever]:
    """The inputs that would reach the bound alone, the smallest change first; three different changes at most.

    An input that cannot move by itself (the base of a rate) is no lever: a larger base of the same losses is
    arithmetic and no improvement. Changes are rounded away from the present value so that the bound is reached.
    """
    rules = list(constraints)
    found = []
    for each in [each for each in inputs if each.moves]:
        values = {name: fraction_of(typed[name], _unit(inputs, name)) for name in typed}
        try:
            exact = solving.solve(tree, each.name, values, bound / 100 if of_percent else bound)
        except solving.Unsolvable:
            continue
        if each.unit == "percent":
            exact *= 100
        for value in _rounded(exact, typed[each.name], each.unit):
            changed = {**typed, each.name: value}
            if value != typed[each.name] and _allowed(value, each, changed, inputs, rules):
                made = result_of(tree, changed, inputs, of_percent=of_percent)
                if made is not None and reaches(made, bound, rising=rising):
                    found.append(Lever(each.name, value - typed[each.name], value))
                    break
    found.sort(key=lambda lever: abs(lever.change))
    changes = list(dict.fromkeys(lever.change for lever in found))[:MOST_LEVERS]
    return [lever for lever in found if lever.change in changes]


def _rounded(exact: Fraction, present: Decimal, unit: str) -> list[Decimal]:
    """Values at or just beyond the exact one, seen from the present value: the roundest first."""
    if abs(exact) > LARGEST:
        return []
    with localcontext(prec=formula.PRECISION):
        value = Decimal(exact.numerator) / Decimal(exact.denominator)
        mode = ROUND_CEILING if value > present else ROUND_FLOOR
        gap = abs(value - present)
        if unit == "count":
            return [value.quantize(Decimal(1), mode)]
        found = []
        if gap >= 1000:  # three digits are plenty for "about"
            step = Decimal(1).scaleb(gap.adjusted() - 2)
            change = (gap / step).to_integral_value(ROUND_CEILING) * step
            found.append(present + change if value > present else present - change)
        places = 0 if gap >= 100 else 1 if gap >= 10 else 2
        return found + [value.quantize(Decimal(1).scaleb(-each), mode) + 0 for each in range(places, places + 6)]


def _allowed(
    value: Decimal,
    of: Limits,
    changed: Mapping[str, Decimal],
    inputs: Sequence[Limits],
    rules: Iterable[formula.Comparison],
) -> bool:
    if (of.low is not None and value < of.low) or (of.high is not None and value > of.high):
        return False
    values = {name: fraction_of(each, _unit(inputs, name)) for name, each in changed.items()}
    return all(keeps(rule, values) for rule in rules)


def keeps(rule: formula.Comparison, values: Mapping[str, Decimal]) -> bool:
    """Whether the values keep a rule; one that is not defined for them is not broken."""
    try:
        return formula.holds(rule, values)
    except formula.UndefinedResult:
        return True


def result_of(
    tree: formula.Node, typed: Mapping[str, Decimal], inputs: Sequence[Limits], *, of_percent: bool
) -> Decimal | None:
    """The result in its unit for inputs as people type them; none where it is not defined."""
    try:
        made = formula.evaluate(
            tree, {name: fraction_of(value, _unit(inputs, name)) for name, value in typed.items()}
        )
    except formula.UndefinedResult:
        return None
    return times_100(made) if of_percent else made


def fraction_of(value: Decimal, unit: str) -> Decimal:
    """A typed percent enters the arithmetic as a fraction."""
    return value.scaleb(-2) if unit == "percent" else value


def times_100(value: Decimal) -> Decimal:
    return value.scaleb(2)


def _unit(inputs: Sequence[Limits], name: str) -> str:
    return next(each.unit for each in inputs if each.name == name)


# -- Rounding --


def places_that_keep(value: Decimal, bounds: Iterable[Decimal], fewest: int, most: int = 6) -> int:
    """The decimals that a printed value needs so as not to look as if it lay on the other side of a bound."""
    edges = list(bounds)
    for places in range(fewest, most):
        shown = value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
        if all((shown < edge) == (value < edge) and (shown > edge) == (value > edge) for edge in edges):
            return places
    return most
