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
MOST_NAMED = 4  # unknown names in an address that are answered one by one
LONGEST_SHOWN = 40
LEVELS = ("high", "medium", "low")
WIDEST_LINES = {2: 44, 3: 34, 4: 34}  # characters of a line of a formula, by the number of columns


@dataclass(frozen=True)
class CompareQuery:
    """The state of the comparison: `?metrics=a,b,c` or `metrics=a&metrics=b`, with `stage=` and `segment=`.

    `meant` are the metrics that unknown names come close to; they are offered, never shown unasked.
    """

    metrics: tuple[str, ...]
    page: PageQuery
    notices: tuple[str, ...] = ()
    meant: tuple[str, ...] = ()

    @classmethod
    def read(cls, query: QueryDict, page: PageQuery, known: Mapping[str, Metric]) -> CompareQuery:
        """`known` are all metrics by slug. What is unknown or too much is left out and said."""
        parts = [part.strip() for value in query.getlist("metrics") for part in value.split(",")]
        asked = {part.lower(): part for part in reversed(parts) if part}
        order = list(dict.fromkeys(part.lower() for part in parts if part))
        found = [slug for slug in order if slug in known]
        unknown = [asked[part] for part in order if part not in known]
        near = {part: _nearest(part, known) for part in unknown[:MOST_NAMED]}
        notices = [_unknown(part, meant) for part, meant in near.items()]
        if more := len(unknown) - len(near):
            notices.append(
                f"{words.count_words(more, 'more name')} left out: no metric has {'it' if more == 1 else 'them'}."
            )
        if len(found) > MOST:
            left = ", ".join(known[slug].name for slug in found[MOST:])
            notices.append(f"Four metrics fit side by side. Left out: {left}.")
        meant = dict.fromkeys(each.slug for each in near.values() if each and each.slug not in found)
        return cls(tuple(found[:MOST]), page, (*page.notices, *notices), tuple(meant))

    @property
    def offered(self) -> tuple[str, ...]:
        """What stands ticked in the list to choose from."""
        return (*self.metrics, *self.meant)[:MOST]

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


def _nearest(asked: str, known: Mapping[str, Metric]) -> Metric | None:
    """The metric that has this abbreviation, or a slug much like it."""
    by_abbreviation = {each.abbreviation.lower(): each for each in known.values() if each.abbreviation}
    if found := by_abbreviation.get(asked.lower()):
        return found
    near = difflib.get_close_matches(asked.lower()[:LONGEST_SHOWN], known, n=1, cutoff=0.6)
    return known[near[0]] if near else None


def _unknown(asked: str, meant: Metric | None) -> str:
    shown = "".join(character for character in asked if character.isprintable())[:LONGEST_SHOWN]
    hint = f" Did you mean {meant.name} ({meant.slug})?" if meant else ""
    return f"There is no metric “{shown}”, so it was left out.{hint}"


# -- Cells --


@dataclass(frozen=True)
class Figures:
    """The benchmark of a metric for a segment, in words."""

    whom: str
    row: evidence.Row

    @property
    def sentence(self) -> str:
        """The bands of the row; of a row for orientation only the range it gives, since it judges nothing."""
        if self.row.benchmark.treat_as != "orientation":
            return self.row.sentence
        return f"For orientation, not to judge by: {self.row.typical or self.row.middle}."


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
    reason: tuple[str, str]
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
    widest = WIDEST_LINES[len(chosen)]
    figures = _figures(metric, segments, query.page.segment, today)
    direction = words.DIRECTIONS[metric.direction]
    first = page["limits"].partition("</p>")
    return Column(
        metric=metric,
        mathml=mark_safe(formula.mathml(tree, terms, metric.short_name, widest)),  # noqa: S308  (escaped there)
        unit=words.UNITS[metric.unit],
        range=range_words(page["range"], metric.unit),
        direction=f"{direction[0]}: {direction[1]}" if direction[1] else direction[0],
        indicator=words.INDICATORS[metric.indicator],
        cadence=words.CADENCES[metric.cadence],
        priorities=metric.profile,
        figures=figures,
        no_figures="" if figures else _no_figures(metric, segments, query.page.segment),
        prefer=_prefer(metric, chosen),
        reason=_reason(metric, query.page.stage),
        relations=_relations(metric, chosen, relations),
        limits=mark_safe(_without_notes(first[0] + first[1])),  # noqa: S308  (HTML made by the loader)
        without=query.without(metric.slug).address,
    )


def _figures(
    metric: Metric, segments: Sequence[Segment], segment: str | None, today: datetime.date
) -> list[Figures]:
    """The rows of the segment, or of each; where none is about segments, the one over all."""
    own = verdict.about(metric.benchmarks.all(), metric.unit, "")
    found = []
    for each in segments:
        if segment in (None, each.slug):
            rows = verdict.in_order_of_evidence(row for row in own if row.segment_id == each.slug)
            found += [_named(each.name, row, today) for row in _one_of_a_kind(rows)]
    general = verdict.overall(own)
    return found or [_named("All segments", row, today) for row in general[:1]]


def _one_of_a_kind(rows: Iterable[Benchmark]) -> list[Benchmark]:
    """The first row for each kind of company or customer that the rows set apart."""
    found: dict[str, Benchmark] = {}
    for row in rows:
        found.setdefault(row.qualifier, row)
    return list(found.values())


def _named(whom: str, row: Benchmark, today: datetime.date) -> Figures:
    return Figures(
        f"{whom}, {row.qualifier}" if row.qualifier else whom,
        evidence.row_of(row, None, _sources(row), None, None, today),
    )


def _sources(row: Benchmark) -> list[Source]:
    return sorted(row.sources.all(), key=lambda each: each.number)


def _no_figures(metric: Metric, segments: Sequence[Segment], segment: str | None) -> str:
    """Why there is no row to show."""
    if not any(metric.benchmarks.all()):
        return "No benchmark was found."
    own = verdict.about(metric.benchmarks.all(), metric.unit, "")
    if not own:
        return "No row measures this metric itself; its page shows figures of related measures."
    whom = next((each.short for each in segments if each.slug == segment), "companies of every size")
    there = [each.short for each in segments if any(row.segment_id == each.slug for row in own)]
    return f"No row for {whom}. " + (
        f"There are rows for {_listed(there)}." if there else "Its page has rows by the size of the company."
    )


def _prefer(metric: Metric, chosen: Sequence[Metric]) -> list[str]:
    """Where this one comes before the others, by the ranks of the stages."""
    others = [each for each in chosen if each.slug != metric.slug]
    first = set.intersection(*(_stages_above(metric, each) for each in others))
    if first:
        said = [f"Highest priority of these at {_stages_listed(metric, first)}."]
    else:
        said = [f"Ranks above {_listed(names)} at {stages}." for stages, names in _ahead(metric, others).items()]
        said = said or [f"Ranks below the other{'s' if len(chosen) > FEWEST else ''} at every stage."]
    focus = [f"{each.stage.name} (focus {each.rank})" for each in metric.profile if each.is_focus]
    return said + ([f"Among the four to watch at {_listed(focus)}."] if focus else [])


def _stages_above(metric: Metric, other: Metric) -> set[str]:
    """The stages at which the metric ranks before the other."""
    return {each.stage_id for each in metric.profile if each.rank < other.priority_at(each.stage_id).rank}


def _ahead(metric: Metric, others: Iterable[Metric]) -> dict[str, list[str]]:
    """The stages at which the metric ranks before others, in words, each with their names."""
    found: dict[str, list[str]] = {}
    for each in others:
        if stages := _stages_above(metric, each):
            found.setdefault(_stages_listed(metric, stages), []).append(each.short_name)
    return found


def _stages_listed(metric: Metric, stages: Collection[str]) -> str:
    profile = metric.profile
    if len(stages) == len(profile):
        return "every stage"
    return _listed([each.stage.name for each in profile if each.stage_id in stages])


def _reason(metric: Metric, stage: str | None) -> tuple[str, str]:
    """What the content says for the metric at the chosen stage, or else at the one where it weighs most."""
    weightiest = min(metric.profile, key=lambda each: (LEVELS.index(each.level), each.rank))
    at = next((each for each in metric.profile if each.stage_id == stage), weightiest)
    return at.stage.name, at.reason


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
