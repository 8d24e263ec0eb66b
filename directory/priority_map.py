"""The priority map: every metric against every stage, with what changed since the stage before."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from .forms import SHOWS, MapQuery
from .listing import Empty, Link, count_in_words, in_categories
from .models import Category, Metric, Priority, Stage

ORDER = ("low", "medium", "high")


@dataclass(frozen=True)
class Cell:
    """A metric at a stage: its priority, and where it came from."""

    priority: Priority
    stage: Stage
    is_mine: bool
    before: str  # the level at the stage before, where that was another one
    went: str  # up or down
    guidance: str  # HTML; its source marks lead to the metric's page, where the sources stand


@dataclass(frozen=True)
class Row:
    metric: Metric
    cells: list[Cell]


@dataclass(frozen=True)
class RowGroup:
    """Rows below one heading; without a stage there is one group and no heading."""

    title: str
    lead: str
    rows: list[Row]


@dataclass(frozen=True)
class Column:
    """The head of a stage's column, with how many metrics have each level there."""

    stage: Stage
    is_mine: bool
    counts: str


def path_of(query: MapQuery) -> str:
    return reverse("directory:priority-map") + query.query_string


def columns(stages: list[Stage], metrics: list[Metric], mine: Stage | None) -> list[Column]:
    made = []
    for stage in stages:
        levels = [metric.priority_at(stage.slug).level for metric in metrics]
        counts = ", ".join(f"{levels.count(level)} {level}" for level in reversed(ORDER))
        made.append(Column(stage, stage == mine, counts))
    return made


def after(stage: Stage, stages: list[Stage]) -> Stage | None:
    return next((each for each in stages if each.position == stage.position + 1), None)


def shown(metrics: list[Metric], query: MapQuery, stages: list[Stage]) -> list[Metric]:
    """The metrics that the filters leave, in the order they came in."""
    left = in_categories(metrics, query.categories)
    if not query.show or not query.stage:
        return left
    stage = next(each for each in stages if each.slug == query.stage)
    following = after(stage, stages)
    if following is None:
        return []
    return [metric for metric in left if _direction(metric, stage, following) == query.show]


def _direction(metric: Metric, stage: Stage, following: Stage) -> str:
    """`rising`, `falling` or nothing, from a stage to the next."""
    here, there = metric.priority_at(stage.slug).level, metric.priority_at(following.slug).level
    difference = ORDER.index(there) - ORDER.index(here)
    return "rising" if difference > 0 else "falling" if difference < 0 else ""


def groups(metrics: list[Metric], stages: list[Stage], mine: Stage | None) -> list[RowGroup]:
    """The rows: in parts by priority at the reader's stage, or in one."""
    if mine is None:
        return [RowGroup("", "", [_row(metric, stages, mine) for metric in metrics])]
    parts = []
    titles = {
        "focus": ("Focus now", "High, and first in line"),
        "high": ("High", "Keep measured and owned"),
        "medium": ("Medium", "Start a baseline"),
        "low": ("Later", f"Low at {mine.name}"),
    }
    for key, (title, lead) in titles.items():
        rows = [_row(metric, stages, mine) for metric in metrics if _part(metric.priority_at(mine.slug)) == key]
        if rows:
            parts.append(RowGroup(title, lead, rows))
    return parts


def _part(priority: Priority) -> str:
    return "focus" if priority.is_focus else priority.level


def _row(metric: Metric, stages: list[Stage], mine: Stage | None) -> Row:
    cells = []
    sources = f'href="{metric.get_absolute_url()}#source-'
    level_before = ""
    for stage in stages:
        priority = metric.priority_at(stage.slug)
        changed = level_before if level_before and level_before != priority.level else ""
        went = ""
        if changed:
            went = "up" if ORDER.index(priority.level) > ORDER.index(changed) else "down"
        guidance = priority.detail["guidance"].replace('href="#source-', sources)
        cells.append(Cell(priority, stage, stage == mine, changed, went, guidance))
        level_before = priority.level
    return Row(metric, cells)


def stage_links(query: MapQuery, stages: list[Stage]) -> list[Link]:
    links = [Link(None, path_of(query.with_stage(None)), query.stage is None)]
    return links + [Link(each, path_of(query.with_stage(each.slug)), each.slug == query.stage) for each in stages]


def show_links(query: MapQuery, metrics: list[Metric], stages: list[Stage]) -> list[Link]:
    """Every metric, what rises next, what falls next; only where there is something to show."""
    if not query.stage:
        return []
    links = []
    for show, title in ((None, "Every metric"), *SHOWS.items()):
        other = query.with_show(show)
        count = len(shown(metrics, other, stages))
        if count or show == query.show:
            links.append(Link(title, path_of(other), show == query.show, count))
    return links


def category_links(
    query: MapQuery, categories: list[Category], metrics: list[Metric], stages: list[Stage]
) -> list[Link]:
    """A link for each family that has rows under the other filters, or is chosen."""
    links = []
    for category in categories:
        only = MapQuery(query.stage, (category.slug,), query.show)
        count = len(shown(metrics, only, stages))
        if count or category.slug in query.categories:
            is_chosen = category.slug in query.categories
            links.append(Link(category, path_of(query.toggled(category.slug)), is_chosen, count))
    return links


def count_sentence(
    metrics: list[Metric], query: MapQuery, mine: Stage | None, stages: list[Stage], categories: list[Category]
) -> str:
    total = count_in_words(metrics, query.categories, categories)
    if mine is None:
        return f"{total}, in directory order."
    following = after(mine, stages)
    if query.show and following:
        verb = {
            "rising": "gain" if len(metrics) != 1 else "gains",
            "falling": "lose" if len(metrics) != 1 else "loses",
        }
        return f"{total} {verb[query.show]} weight from {mine.name} to {following.name}."
    return f"{total}, in order for {mine.name}."


def empty(query: MapQuery, metrics: list[Metric], mine: Stage | None, stages: list[Stage]) -> Empty:
    """Why no row is left, and which filter to drop."""
    links = []
    if query.show:
        other = query.with_show(None)
        title = "every metric" if not query.categories else "every metric of these families"
        links.append(Link(f"Show {title}, {len(shown(metrics, other, stages))}", path_of(other)))
    if query.categories:
        other = query.without_categories()
        if count := len(shown(metrics, other, stages)):
            links.append(Link(f"Show all families, {count}", path_of(other)))
    if mine and after(mine, stages) is None and query.show:
        return Empty(f"There is no stage after {mine.name}", "Nothing rises or falls from here.", links)
    following = after(mine, stages) if mine else None
    verb = {"rising": "gains", "falling": "loses"}.get(query.show or "", "has")
    title = (
        f"No metric here {verb} weight at {following.name}" if following else "No metric is in the chosen families"
    )
    return Empty(title, "Drop a filter to see the rest.", links)


def link_to_all(query: MapQuery, metrics: list[Metric], stages: list[Stage], *, is_current: bool) -> Link:
    return Link(None, path_of(query), is_current, len(shown(metrics, query, stages)))


def page_title(stage: Stage | None) -> str:
    return f"Priority map, sorted for {stage.name} · CS Metrics" if stage else "Priority map · CS Metrics"
