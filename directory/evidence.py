"""Benchmark rows as a reader meets them: figures in words, a band to draw, and how far each row may be trusted."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from . import bands, words
from .models import Benchmark, Metric, Source

BASES = {
    "published": "Published",
    "derived": "Derived",
    "practitioner": "Practitioner",
}
STRENGTHS = {
    # (basis, confidence): how far the row carries, in words
    ("published", "high"): "measured",
    ("published", "medium"): "measured, medium confidence",
    ("published", "low"): "unverified claim, no more than a rule of thumb",
    ("derived", "high"): "worked out from measurements",
    ("derived", "medium"): "worked out, medium confidence",
    ("derived", "low"): "rough estimate, no more than a rule of thumb",
    ("practitioner", "high"): "rule of thumb, high confidence",
    ("practitioner", "medium"): "rule of thumb, medium confidence",
    ("practitioner", "low"): "rule of thumb, low confidence",
}
TREATED = {
    "orientation": "orientation only",
    "house-rule": "this directory’s own line",
}


@dataclass(frozen=True)
class Own:
    """The reader's own value, in the unit of its rows, and the keys of the rows that measure exactly it."""

    value: Decimal
    shown: str
    rows: frozenset[int]


@dataclass(frozen=True)
class OwnMark:
    """The reader's value on the band of a row. A value beyond the axis stands on its edge and says so."""

    x: float  # percent of the width
    anchor: str  # start or end, so that the label stays inside
    label: str
    sentence: str


@dataclass(frozen=True)
class Row:
    """One benchmark row, ready to be printed."""

    benchmark: Benchmark
    heading: str
    detail: str
    weak: str
    typical: str
    strong: str
    middle: str
    middle_word: str
    steps: list[bands.Step]
    mark: bands.Tick | None
    sentence: str
    basis: str
    strength: str
    year: str
    is_old: bool
    sources: list[Source]
    provenance: str
    is_outlined: bool
    is_mine: bool
    own: OwnMark | None = None

    @property
    def anchor(self) -> str:
        return f"benchmark-{self.benchmark.position + 1}"


@dataclass(frozen=True)
class Group:
    """Rows that share a measure, an axis and a table."""

    caption: str
    lead: str
    unit: str
    axis: bands.Axis | None
    ticks: list[tuple[bands.Tick, str]]
    rows: list[Row]
    is_related: bool
    first_column: str

    @property
    def has_middle(self) -> bool:
        return any(row.middle for row in self.rows)


def is_old(year: int | None, today: datetime.date) -> bool:
    """Whether a figure may be older than 24 months, when only its year is known."""
    return year is not None and year <= today.year - 2


def groups(
    metric: Metric,
    rows: Sequence[Benchmark],
    sources: dict[int, list[Source]],
    *,
    segment: str | None,
    company: tuple[int, int | None] | None = None,
    own: Own | None = None,
    today: datetime.date,
) -> list[Group]:
    """The benchmark tables of a metric: by segment, over all segments, then each related measure.

    Rows of the reader's segment come first and are marked; so are rows for companies of the reader's own size.
    The reader's own value is marked on every row that measures it.
    """
    direct = [row for row in rows if not row.measures]
    by_segment = _mine_first((row for row in direct if row.segment_id), segment)
    overall = [row for row in direct if not row.segment_id]
    made = []
    if by_segment:
        lead = "Rising steps: weak, typical, strong. Outlined steps rest on little evidence."
        made.append(
            _group(metric, "By customer segment", lead, by_segment, direct, sources, segment, company, own, today)
        )
    if overall:
        lead = "Figures that sources give for companies of every kind, or for one kind of company."
        made.append(
            _group(metric, "All segments together", lead, overall, direct, sources, segment, company, own, today)
        )
    measures = dict.fromkeys((row.measures, row.unit, row.direction) for row in rows if row.measures)
    for measure, unit, direction in measures:
        of_it = (row for row in rows if (row.measures, row.unit, row.direction) == (measure, unit, direction))
        related = _mine_first(of_it, segment)
        lead = "A related measure. It is no yardstick for the metric itself."
        made.append(_group(metric, measure, lead, related, related, sources, segment, company, own, today))
    return made


def _mine_first(rows: Iterable[Benchmark], segment: str | None) -> list[Benchmark]:
    return sorted(rows, key=lambda row: segment is None or row.segment_id != segment)


def _group(
    metric: Metric,
    caption: str,
    lead: str,
    rows: Sequence[Benchmark],
    scale_rows: Iterable[Benchmark],
    sources: dict[int, list[Source]],
    segment: str | None,
    company: tuple[int, int | None] | None,
    own: Own | None,
    today: datetime.date,
) -> Group:
    unit, is_related = rows[0].unit, bool(rows[0].measures)
    bounds = {} if is_related else metric.data["range"]
    figures = [float(value) for row in scale_rows for value in _figures(row)]
    axis = bands.axis_for(figures, unit=unit, low=bounds.get("min"), high=bounds.get("max"))
    ticks = [(tick, tick_label(tick, unit, last=tick.anchor == "end")) for tick in axis.ticks] if axis else []
    made = [row_of(row, axis, sources.get(row.pk, []), segment, company, today, own=own) for row in rows]
    with_segment = sum(row.segment is not None for row in rows)
    first_column = (
        "Segment" if with_segment == len(rows) else "Publisher" if not with_segment else "Segment or publisher"
    )
    return Group(caption, lead, unit, axis, ticks, made, is_related, first_column)


def is_for_companies_like(row: Benchmark, company: tuple[int, int | None] | None) -> bool:
    """Whether the row's range of recurring revenue holds the whole range that the company gave."""
    if company is None or (row.arr_min is None and row.arr_max is None):
        return False
    low, high = company
    starts = row.arr_min is None or low >= row.arr_min
    return starts and (row.arr_max is None or (high is not None and high <= row.arr_max))


def _is_mine(row: Benchmark, segment: str | None, company: tuple[int, int | None] | None) -> bool:
    if row.segment_id:
        return row.segment_id == segment
    return is_for_companies_like(row, company)


def _figures(row: Benchmark) -> list[Decimal]:
    values = (row.median, row.point, row.weak, row.low, row.high, row.strong)
    return [value for value in values if value is not None]


def tick_label(tick: bands.Tick, unit: str, *, last: bool) -> str:
    if unit == "currency":
        return words.money_short(tick.value) if tick.value else "$0"
    return words.figure(tick.value, unit) if last and unit in ("percent", "ratio") else words.number(tick.value)


def row_of(
    row: Benchmark,
    axis: bands.Axis | None,
    sources: list[Source],
    segment: str | None,
    company: tuple[int, int | None] | None,
    today: datetime.date,
    *,
    own: Own | None = None,
) -> Row:
    lower = row.direction == "lower-is-better"
    weak = _edge(row.weak, row.unit, below=not lower, inclusive=False)
    strong = _edge(row.strong, row.unit, below=lower, inclusive=True)
    typical = "" if row.low is None or row.high is None else words.figure_range(row.low, row.high, row.unit)
    center = row.median if row.median is not None else row.point
    middle = "" if center is None else words.figure(center, row.unit)
    middle_word = "median" if row.median is not None else "single figure" if row.point is not None else ""
    drawn = (
        bands.steps(
            axis,
            weak=_float(row.weak),
            low=_float(row.low),
            high=_float(row.high),
            strong=_float(row.strong),
            lower_is_better=lower,
        )
        if axis
        else []
    )
    mark = bands.Tick(axis.x(float(center)), float(center), "middle") if axis and center is not None else None
    heading, detail = _heading(row, sources)
    ordinary = "usual range" if row.direction == "target-range" else "typical"
    parts = [("Weak", weak), (ordinary, typical), ("strong", strong), (middle_word, middle)]
    return Row(
        benchmark=row,
        heading=heading,
        detail=detail,
        weak=weak,
        typical=typical,
        strong=strong,
        middle=middle,
        middle_word=middle_word,
        steps=drawn,
        mark=mark,
        sentence=_sentence(", ".join(f"{word} {value}" for word, value in parts if value)),
        basis=BASES[row.basis],
        strength=TREATED.get(row.treat_as) or STRENGTHS[row.basis, row.confidence],
        year=str(row.year) if row.year else "undated",
        is_old=is_old(row.year, today),
        sources=sources,
        provenance=_provenance(sources),
        is_outlined=row.confidence == "low" or row.treat_as == "orientation",
        is_mine=_is_mine(row, segment, company),
        own=_own_mark(row, axis, own),
    )


def _own_mark(row: Benchmark, axis: bands.Axis | None, own: Own | None) -> OwnMark | None:
    if own is None or axis is None or row.pk not in own.rows:
        return None
    x, value = axis.x(float(own.value)), float(own.value)
    off = "" if axis.low <= value <= axis.high else ", off the scale"
    return OwnMark(x, "end" if x > 55 else "start", f"you{off}", f"Your value, {own.shown}{off}.")


def _provenance(sources: list[Source]) -> str:
    """Who says so: publisher and sample, for many sources the publishers alone."""
    if not sources:
        return ""
    if len(sources) > 2:
        return f"From {', '.join(dict.fromkeys(source.publisher for source in sources))}."
    named = [f"{source.publisher} ({words.lower_first(source.sample)})" for source in sources]
    return f"From {'; '.join(named)}."


def _heading(row: Benchmark, sources: list[Source]) -> tuple[str, str]:
    """What stands first in the row (the segment, or who gives the figure), and what follows in small type."""
    publishers = list(dict.fromkeys(source.publisher for source in sources))
    named = publishers[0] if len(publishers) == 1 else "Several sources" if publishers else "No source"
    band = words.arr_band(row.arr_min, row.arr_max)
    if row.segment:
        heading, details = row.segment.name, [band, row.qualifier]
    elif band:
        heading, details = band, [row.qualifier, named]
    else:
        heading, details = named, [row.qualifier]
    return heading, "; ".join(detail for detail in details if detail)


def _edge(value: Decimal | None, unit: str, *, below: bool, inclusive: bool) -> str:
    """`under 80 %`, `over 18 months`, `90 % or more`, `6 months or less`."""
    if value is None:
        return ""
    shown = words.figure(value, unit)
    if inclusive:
        return f"{shown} or {'less' if below else 'more'}"
    return f"{'under' if below else 'over'} {shown}"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
