"""Small parts of a page that several templates print. Each takes all it needs on the line that uses it."""

from __future__ import annotations

from collections.abc import Hashable
from functools import lru_cache
from typing import Any

from django import template
from django.conf import settings
from django.template.loader import get_template
from django.utils.safestring import SafeString, mark_safe

from directory import words
from directory.models import Metric, Priority, Stage

register = template.Library()


NAMES = {"crawl": "Crawl", "walk": "Walk", "run": "Run"}


@register.simple_tag
def priority_profile(metric: Metric, mine: Stage | None = None) -> SafeString:
    """The three steps of a metric, with the sentence that says the same; the reader's stage is set apart."""
    steps = tuple(
        (12 * place, each.level, mine is not None and each.stage_id == mine.slug)
        for place, each in enumerate(metric.profile)
    )
    parts = [f"{each.level} at {NAMES[each.stage_id]}" for each in metric.profile]
    return _part("priority_profile", steps=steps, sentence=f"Priority: {', '.join(parts)}")


@register.simple_tag
def level(level: str, mine: bool = False) -> SafeString:
    """One step and its word."""
    return _part("level", level=level, mine=mine)


@register.simple_tag
def stage_badge(stage: Stage, mine: bool = False) -> SafeString:
    """Numeral and name of a stage."""
    return _part("stage_badge", numeral=stage.numeral, name=stage.name, mine=mine)


@register.simple_tag
def icon(name: str) -> SafeString:
    return _part("icon", name=name)


def _part(component: str, **values: Hashable) -> SafeString:
    """A component that shows these values and nothing else. A page has a hundred of them, the site a few."""
    make = _made.__wrapped__ if settings.DEBUG else _made  # whoever edits a template wants to see it
    return make(f"components/{component}.html", tuple(values.items()))


@lru_cache(maxsize=500)
def _made(template_name: str, values: tuple[tuple[str, Hashable], ...]) -> SafeString:
    return mark_safe(get_template(template_name).render(dict(values)))  # noqa: S308  (a template escapes)


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
