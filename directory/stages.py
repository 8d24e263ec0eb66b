"""The maturity stages with their metrics: what is in focus, and what gains or loses weight on the way."""

from __future__ import annotations

from dataclasses import dataclass

from .models import Metric, Priority, Stage


@dataclass(frozen=True)
class StageSummary:
    """A stage with its metrics by level, in rank order."""

    stage: Stage
    focus: list[Metric]
    high: list[Metric]
    medium: list[Metric]
    low: list[Metric]

    @property
    def levels(self) -> list[str]:
        """The level of every metric in rank order, for the unit chart."""
        return ["high"] * len(self.high) + ["medium"] * len(self.medium) + ["low"] * len(self.low)

    @property
    def units(self) -> list[tuple[int, int, str]]:
        """Where each metric's step stands in the unit chart: x, y, level; twelve in a row."""
        return [(12 * (place % 12), 24 * (place // 12), level) for place, level in enumerate(self.levels)]

    @property
    def chart_height(self) -> int:
        return 24 * -(-len(self.levels) // 12) - 4

    @property
    def counts(self) -> str:
        return f"{len(self.high)} high, {len(self.medium)} medium, {len(self.low)} low"


def with_metrics() -> list[tuple[Stage, list[Metric]]]:
    stages = list(Stage.objects.all())
    metrics = list(Metric.objects.for_lists())
    return [(stage, sorted(metrics, key=lambda each: each.priority_at(stage.slug).rank)) for stage in stages]


def summary(stage: Stage, metrics: list[Metric]) -> StageSummary:
    by_level = {
        level: [each for each in metrics if each.priority_at(stage.slug).level == level]
        for level in ("high", "medium", "low")
    }
    return StageSummary(stage, metrics[: Priority.FOCUS], by_level["high"], by_level["medium"], by_level["low"])


def shifts(
    metrics: list[Metric], stage: Stage, after: Stage, *, up: bool
) -> list[tuple[Metric, Priority, Priority]]:
    """Metrics whose level rises (or falls) from this stage to the next, in the order of the next."""
    order = ["low", "medium", "high"]
    moved = []
    for metric in sorted(metrics, key=lambda each: each.priority_at(after.slug).rank):
        here, there = metric.priority_at(stage.slug), metric.priority_at(after.slug)
        difference = order.index(there.level) - order.index(here.level)
        if difference > 0 if up else difference < 0:
            moved.append((metric, here, there))
    return moved
