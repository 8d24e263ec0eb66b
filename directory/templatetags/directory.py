"""Small parts of a page that several templates print. Each takes all it needs on the line that uses it."""

from __future__ import annotations

from typing import Any

from django import template

from directory import words
from directory.models import Metric, Priority, Stage

register = template.Library()


@register.inclusion_tag("components/priority_profile.html")
def priority_profile(metric: Metric, mine: Stage | None = None) -> dict[str, Any]:
    """The three steps of a metric, with the sentence that says the same; the reader's stage is set apart."""
    return profile_of(metric.profile, mine)


def profile_of(priorities: list[Priority], mine: Stage | None) -> dict[str, Any]:
    parts = [f"{each.level} at {NAMES[each.stage_id]}" for each in priorities]
    steps = [
        (12 * place, each.level, mine is not None and each.stage_id == mine.slug)
        for place, each in enumerate(priorities)
    ]
    return {"steps": steps, "sentence": f"Priority: {', '.join(parts)}"}


NAMES = {"crawl": "Crawl", "walk": "Walk", "run": "Run"}


@register.inclusion_tag("components/level.html")
def level(level: str, mine: bool = False) -> dict[str, Any]:
    """One step and its word."""
    return {"level": level, "mine": mine}


@register.inclusion_tag("components/stage_badge.html")
def stage_badge(stage: Stage, mine: bool = False) -> dict[str, Any]:
    """Numeral and name of a stage."""
    return {"stage": stage, "mine": mine}


@register.inclusion_tag("components/icon.html")
def icon(name: str) -> dict[str, Any]:
    return {"name": name}


@register.simple_tag
def priority_at(metric: Metric, stage: Stage) -> Priority:
    return metric.priority_at(stage.slug)


@register.filter
def figure(value: Any, unit: str) -> str:
    """A figure with its unit."""
    return words.figure(value, unit)


@register.filter
def indicator(metric: Metric) -> str:
    """`Leading, weekly`"""
    return f"{words.INDICATORS[metric.indicator][0]}, {metric.cadence}"


@register.filter
def lower_first(text: str) -> str:
    """A title inside a sentence."""
    return words.lower_first(text)
