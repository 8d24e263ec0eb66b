"""Geometry of the benchmark charts: where on an axis the steps, strokes and labels stand, in percent.

Pure arithmetic; templates print the numbers as SVG attributes, so a chart follows the width of the page
and needs no style attribute.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MOST_TICKS = 5
LOG_FROM = 25  # money that spans more than this factor is drawn on a logarithmic axis


@dataclass(frozen=True)
class Tick:
    x: float  # percent of the width
    value: float
    anchor: str  # start, middle or end, so that the label stays inside


@dataclass(frozen=True)
class Axis:
    """A stretch of numbers drawn over the whole width."""

    low: float
    high: float
    logarithmic: bool = False
    step: float = 0.0

    def x(self, value: float) -> float:
        """Where a value stands, in percent of the width; outside values stand on the edge."""
        low, high, at = self.low, self.high, min(max(value, self.low), self.high)
        if self.logarithmic:
            low, high, at = math.log10(low), math.log10(high), math.log10(at)
        return round((at - low) / (high - low) * 100, 2)

    @property
    def ticks(self) -> list[Tick]:
        if self.logarithmic:
            values = [
                10.0**power for power in range(round(math.log10(self.low)), round(math.log10(self.high)) + 1)
            ]
        else:
            count = round((self.high - self.low) / self.step)
            values = [round(self.low + index * self.step, 6) for index in range(count + 1)]
        return [Tick(self.x(value), value, _anchor(self.x(value))) for value in values]


@dataclass(frozen=True)
class Step:
    """One part of a band: rising height says weak, typical, strong."""

    kind: str
    x: float
    width: float


def axis_for(
    figures: Iterable[float], *, unit: str, low: float | None = None, high: float | None = None
) -> Axis | None:
    """A round axis that holds all figures with room on both sides, inside the bounds of the metric.

    A figure beyond a bound moves the bound: a doubtful figure may not break the page.
    """
    values = sorted(figures)
    if not values:
        return None
    least, most = values[0], values[-1]
    if unit == "currency" and least > 0 and most / least >= LOG_FROM:
        return Axis(10.0 ** math.floor(math.log10(least)), 10.0 ** math.ceil(math.log10(most * 1.01)), True)
    room = (most - least) * 0.2 or abs(most) * 0.2 or 1.0
    start, end = least - room, most + room
    if least >= 0 and (low is None or low >= 0):
        start = max(start, 0.0)
    if low is not None:
        start = max(start, min(low, least))
    if high is not None:
        end = min(end, max(high, most))
    step = _round_step((end - start) / (MOST_TICKS - 2))
    return Axis(math.floor(round(start / step, 6)) * step, math.ceil(round(end / step, 6)) * step, False, step)


def _round_step(rough: float) -> float:
    """The next of 1, 2, 2.5, 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough * 0.999)


def _anchor(x: float) -> str:
    return "start" if x < 4 else "end" if x > 96 else "middle"


def steps(
    axis: Axis,
    *,
    weak: float | None,
    low: float | None,
    high: float | None,
    strong: float | None,
    lower_is_better: bool = False,
) -> list[Step]:
    """The steps of a band from left to right; an unknown part is left out, a gap stays empty."""
    edges: Sequence[tuple[str, float | None, float | None]]
    if lower_is_better:
        edges = (("strong", axis.low, strong), ("typical", low, high), ("weak", weak, axis.high))
    else:
        edges = (("weak", axis.low, weak), ("typical", low, high), ("strong", strong, axis.high))
    made = []
    for kind, start, end in edges:
        if start is not None and end is not None:
            x = axis.x(start)
            made.append(Step(kind, x, round(axis.x(end) - x, 2)))
    return made
