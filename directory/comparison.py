"""Two to four metrics side by side: what the address asks for, and what each cell says."""

from __future__ import annotations

import datetime
import difflib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from . import evidence, formula, verdict, words
from .entry import range_words
from .forms import PageQuery
from .models import Benchmark, Metric, Priority, Relation, Segment, Source

FEWEST, MOST = 2, 4
MOST_READ = 40  # names in an address that are looked at
LONGEST_SHOWN = 40


@dataclass(frozen=True)
class CompareQuery:
    """The state of the comparison: `?metrics=a,b,c` or `metrics=a&metrics=b`, with `stage=` and `segment=`."""

    metrics: tuple[str, ...]
    page: PageQuery
    notices: tuple[str, ...] = ()

    @classmethod
    def read(cls, query: QueryDict, page: PageQuery, names: Mapping[str, str]) -> CompareQuery:
        """`names` are those of all metrics by slug. What is unknown or too much is left out and said."""
        asked = [part.strip() for value in query.getlist("metrics") for part in value.split(",")]
        asked = list(dict.fromkeys(part.lower() for part in asked if part))[:MOST_READ]
        found = [slug for slug in asked if slug in names]
        notices = [_unknown(slug, names) for slug in asked if slug not in names][:MOST]
        if len(found) > MOST:
            left = ", ".join(names[slug] for slug in found[MOST:])
            notices.append(f"Four metrics fit side by side. Left out: {left}.")
        return cls(tuple(found[:MOST]), page, (*page.notices, *notices))

    @property
    def is_enough(self) -> bool:
        return len(self.metrics) >= FEWEST

    @property
    def address(self) -> str:
        pairs = [("metrics", ",".join(self.metrics))] if self.metrics else []
        pairs += self.page.pairs
        return reverse("directory:compare") + (f"?{urlencode(pairs, safe=',')}" if pairs else "")

    def without(self, slug: str) -> CompareQuery:
        return replace(self, metrics=tuple(each for each in self.metrics if each != slug))

    def with_segment(self, segment: str | None) -> CompareQuery:
        return replace(self, page=self.page.with_segment(segment))


def address_of(slugs: Iterable[str], page: PageQuery) -> str:
    """The comparison of these metrics."""
    return CompareQuery(tuple(slugs)[:MOST], page).address


def _unknown(slug: str, names: Mapping[str, str]) -> str:
    shown = "".join(character for character in slug if character.isprintable())[:LONGEST_SHOWN]
    near = difflib.get_close_matches(shown, names, n=1, cutoff=0.6)
    hint = f" Did you mean {names[near[0]]} ({near[0]})?" if near else ""
    return f"There is no metric “{shown}”, so it was left out.{hint}"


# -- Cells --


@dataclass(frozen=True)
class Figures:
    """The benchmark of a metric for a segment, in words."""

    whom: str
    row: evidence.Row


@dataclass(frozen=True)
class Column:
    """One metric of the comparison."""

    metric: Metric
    mathml: SafeString
    unit: str
    range: str
    direction: str
    indicator: tuple[str, str]
    cadence: str
    priorities: list[Priority]
    figures: list[Figures]
    no_figures: str
    prefer: list[str]
    relations: list[tuple[str, str]]
    limits: SafeString
    without: str

    @property
    def page(self) -> Any:
        return self.metric.page


def columns(
    query: CompareQuery,
    metrics: Collection[Metric],
    segments: Sequence[Segment],
    relations: Iterable[Relation],
    today: datetime.date,
) -> list[Column]:
    """The chosen metrics in the order of the address."""
    by_slug = {each.slug: each for each in metrics}
    chosen = [by_slug[slug] for slug in query.metrics]
    listed = list(relations)
    return [_column(metric, chosen, query, segments, listed, today) for metric in chosen]


def _column(
    metric: Metric,
    chosen: list[Metric],
    query: CompareQuery,
    segments: Sequence[Segment],
    relations: list[Relation],
    today: datetime.date,
) -> Column:
    page = metric.page
    terms = {each["name"]: each["term"] for each in page["formula"]["inputs"]}
    tree = formula.parse(page["formula"]["expression"], terms)
    figures = _figures(metric, segments, query.page.segment, today)
    direction = words.DIRECTIONS[metric.direction]
    first = page["limits"].partition("</p>")
    return Column(
        metric=metric,
        mathml=mark_safe(formula.mathml(tree, terms, metric.short_name)),  # noqa: S308  (escaped there)
        unit=words.UNITS[metric.unit],
        range=range_words(page["range"], metric.unit),
        direction=f"{direction[0]}: {direction[1]}" if direction[1] else direction[0],
        indicator=words.INDICATORS[metric.indicator],
        cadence=words.CADENCES[metric.cadence],
        priorities=metric.profile,
        figures=figures,
        no_figures="" if figures else _no_figures(metric),
        prefer=_prefer(metric, chosen),
        relations=_relations(metric, chosen, relations),
        limits=mark_safe(_without_notes(first[0] + first[1])),  # noqa: S308  (HTML made by the loader)
        without=query.without(metric.slug).address,
    )


def _figures(
    metric: Metric, segments: Sequence[Segment], segment: str | None, today: datetime.date
) -> list[Figures]:
    """The row that carries most for the segment, or for each; where none is about segments, the one over all."""
    own = verdict.about(metric.benchmarks.all(), metric.unit, "")
    found = []
    for each in segments:
        rows = verdict.in_order_of_evidence(row for row in own if row.segment_id == each.slug)
        if rows and segment in (None, each.slug):
            found.append(_named(each.name, rows[0], today))
    general = verdict.overall(own)
    return found or [_named("All segments", row, today) for row in general[:1]]


def _named(whom: str, row: Benchmark, today: datetime.date) -> Figures:
    return Figures(
        f"{whom}, {row.qualifier}" if row.qualifier else whom,
        evidence.row_of(row, None, _sources(row), None, None, today),
    )


def _sources(row: Benchmark) -> list[Source]:
    return sorted(row.sources.all(), key=lambda each: each.number)


def _no_figures(metric: Metric) -> str:
    if any(metric.benchmarks.all()):
        return "No row measures this metric itself; its page shows figures of related measures."
    return "No benchmark was found."


def _prefer(metric: Metric, chosen: Sequence[Metric]) -> list[str]:
    """Where this one comes first among the chosen, by the ranks of the stages."""
    first = [
        each.stage.name
        for each in metric.profile
        if all(each.rank <= other.priority_at(each.stage_id).rank for other in chosen)
    ]
    said = [f"First of these at {_listed(first)}."] if first else []
    focus = [f"{each.stage.name} (focus {each.rank})" for each in metric.profile if each.is_focus]
    return said + ([f"Among the four to watch at {_listed(focus)}."] if focus else [])


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _relations(metric: Metric, chosen: Sequence[Metric], relations: Iterable[Relation]) -> list[tuple[str, str]]:
    """What the others are to this one: their names with the reason, each once."""
    names = {each.slug: each.name for each in chosen}
    found: dict[str, str] = {}
    for row in relations:
        if row.metric_id == metric.slug and row.other_id in names:
            found[row.other_id] = row.why
    for row in relations:
        if row.other_id == metric.slug and row.metric_id in names:
            found.setdefault(row.metric_id, row.why)
    return [(names[slug], why) for slug, why in found.items()]


def _without_notes(made: str) -> str:
    """Marks of sources lead nowhere on this page."""
    parts = made.split('<sup class="note-ref">')
    return parts[0] + "".join(part.partition("</sup>")[2] for part in parts[1:])


def title(chosen: Sequence[Metric]) -> str:
    return f"{_listed([each.short_name for each in chosen])}, side by side" if chosen else "Compare metrics"
