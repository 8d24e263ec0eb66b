"""The directory as a reader meets it: groups, links that change one thing, and the sentence that counts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.urls import reverse

from . import words
from .forms import SORTS, DirectoryQuery
from .models import Category, Metric, Priority, Stage


@dataclass(frozen=True)
class Link:
    """A link to another state of the directory."""

    item: Category | Stage | str | None
    path: str
    is_current: bool = False
    count: int | None = None


@dataclass(frozen=True)
class Group:
    """A titled part of the list."""

    slug: str
    title: str
    lead: str
    metrics: list[Metric]


@dataclass(frozen=True)
class Empty:
    """Why the list is empty, and the ways back."""

    title: str
    text: str
    links: list[Link]


def path_of(query: DirectoryQuery) -> str:
    return reverse("directory:metric-list") + query.query_string


def stage_links(query: DirectoryQuery, stages: list[Stage]) -> list[Link]:
    links = [Link(None, path_of(query.with_stage(None)), query.stage is None)]
    return links + [Link(each, path_of(query.with_stage(each.slug)), each.slug == query.stage) for each in stages]


def category_links(query: DirectoryQuery, categories: list[Category], metrics: list[Metric]) -> list[Link]:
    """A link for each family that has metrics: it adds the family to those chosen, or takes it away."""
    counts = Counter(slug for each in metrics for slug in (each.category_id, each.also_in_id) if slug)
    return [
        Link(each, path_of(query.toggled(each.slug)), each.slug in query.categories, counts[each.slug])
        for each in categories
        if counts[each.slug]
    ]


def sort_links(query: DirectoryQuery, stage: Stage | None) -> list[Link]:
    sorts = [sort for sort in SORTS if sort != "priority" or stage]
    return [Link(_sort_name(sort, stage), path_of(query.with_sort(sort)), sort == query.sort) for sort in sorts]


def sort_label(query: DirectoryQuery, stage: Stage | None) -> str:
    name = _sort_name(query.sort, stage)
    return f"{name[0].lower()}{name[1:]}"


def _sort_name(sort: str, stage: Stage | None) -> str:
    return f"Priority at {stage.name}" if sort == "priority" and stage else SORTS[sort]


def in_categories(metrics: list[Metric], categories: tuple[str, ...]) -> list[Metric]:
    """Metrics of any of the categories, counting a metric's second one; all of them for none."""
    chosen = set(categories)
    return [each for each in metrics if not chosen or chosen & {each.category_id, each.also_in_id}]


def groups(metrics: list[Metric], query: DirectoryQuery, stage: Stage | None) -> list[Group]:
    """Focus, high, medium and later for a stage; one list in any other order."""
    if stage is None or query.sort != "priority":
        return [Group("all", "All metrics", "", metrics)] if metrics else []
    focus = [each for each in metrics if each.priority_at(stage.slug).is_focus]
    rest = {
        level: [
            each
            for each in metrics
            if each.priority_at(stage.slug).level == level and not each.priority_at(stage.slug).is_focus
        ]
        for level in ("high", "medium", "low")
    }
    parts = [
        Group("focus", "Focus now", "" if query.categories else stage.page["focus_lead"], focus),
        Group("high", "High", "Keep them measured and owned.", rest["high"]),
        Group("medium", "Medium", "Start a baseline where the data is at hand.", rest["medium"]),
        Group("later", "Later", f"Low at {stage.name}. The line says why.", rest["low"]),
    ]
    return [part for part in parts if part.metrics]


ORDERS = {
    "directory": "in directory order",
    "name": "sorted by name, A to Z",
    "category": "sorted by category",
    "signal": "leading signals first",
}


def count_in_words(metrics: list[Metric], chosen: tuple[str, ...], categories: list[Category]) -> str:
    """`24 metrics`, `3 metrics in Retention`"""
    total = words.count_words(len(metrics), "metric")
    names = [each.name for each in categories if each.slug in chosen]
    return f"{total} in {words.joined(names)}" if names else total


def count_sentence(
    metrics: list[Metric], query: DirectoryQuery, stage: Stage | None, categories: list[Category]
) -> str:
    """What the list holds, as it is shown and announced."""
    if not metrics:
        return "No metrics."
    total = count_in_words(metrics, query.categories, categories)
    if stage is None:
        return f"{total}, {ORDERS[query.sort]}."
    counts = Counter(each.priority_at(stage.slug).level for each in metrics)
    focus = sum(each.priority_at(stage.slug).is_focus for each in metrics)
    parts = [
        (focus, "in focus"),
        (counts["high"] - focus, "more high" if focus else "high"),
        (counts["medium"], "medium"),
        (counts["low"], "later"),
    ]
    listed = ", ".join(f"{count} {word}" for count, word in parts if count)
    order = ORDERS.get(query.sort, "")
    ordered = f" {order[0].upper()}{order[1:]}." if order else ""
    return f"{total} at {stage.name}: {listed}.{ordered}"


def focus_table(stages: list[Stage], metrics: list[Metric]) -> list[tuple[Stage, list[Metric]]]:
    """The focus metrics of each stage, in order."""
    rows = []
    for stage in stages:
        ranked = sorted(metrics, key=lambda each: each.priority_at(stage.slug).rank)
        rows.append((stage, ranked[: Priority.FOCUS]))
    return rows


def empty(query: DirectoryQuery, everything: list[Metric]) -> Empty:
    """An empty list can only come from filters, or from a directory without content."""
    if not everything:
        return Empty("There is no content yet", "Load it with: python3 manage.py load_content", [])
    back = query.without_categories()
    link = Link(f"Show all {len(everything)} metrics", path_of(back))
    return Empty("No metric is in the chosen families", "Drop the filter to see the rest.", [link])


def page_title(stage: Stage | None) -> str:
    return f"Directory, sorted for {stage.name} · CS Metrics" if stage else "CS Metrics: customer success metrics"
