"""What the benchmark rows say about a value: which row speaks, in words no stronger than its evidence.

A row speaks only about what it measures. Rows of the metric judge the metric; a row of a related measure judges
nothing, unless the reader computed that very measure by the variant that the row names.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from . import bands, evidence, words
from .models import Benchmark, Segment, Source
from .placement import Band, Lever, Place, Step, next_step, place

PLACES: dict[Place, str] = {
    "weak": "weak",
    "below": "below typical",
    "typical": "typical",
    "between": "better than typical, short of strong",
    "strong": "strong",
    "inside": "inside the usual range",
    "under": "below the usual range",
    "over": "above the usual range",
}
TARGETS = {"typical": "the typical band", "strong": "the strong band", "inside": "the usual range"}
GROUNDS = {
    # (basis, confidence): by what a verdict stands; a measured figure needs no word before it
    ("published", "low"): "by an unverified claim",
    ("derived", "high"): "worked out from published figures",
    ("derived", "medium"): "worked out from published figures",
    ("derived", "low"): "by a rough estimate",
    ("practitioner", "high"): "by a rule of thumb",
    ("practitioner", "medium"): "by a rule of thumb",
    ("practitioner", "low"): "by a rule of thumb",
}
OWN_LINE = "by a line this directory drew itself"
EVERYBODY = "companies of all segments"
TRUST = {"high": 0, "medium": 1, "low": 2}
KNOWN = {"published": 0, "derived": 1, "practitioner": 2}

Levers = Callable[[Step], list[str]]


@dataclass(frozen=True)
class Chart:
    """The band of a row with the reader's value on it; positions in percent."""

    steps: list[bands.Step]
    labels: list[tuple[float, str]]
    middle: float | None
    ticks: list[tuple[bands.Tick, str]]
    you: float
    anchor: str
    you_label: str
    sentence: str
    is_outlined: bool


@dataclass(frozen=True)
class Judgment:
    """What one row says about the value."""

    row: evidence.Row
    place: Place
    grounds: str
    is_verdict: bool
    whom: str
    headline: str
    details: list[str]
    chart: Chart | None

    @property
    def publishers(self) -> str:
        return ", ".join(dict.fromkeys(source.publisher for source in self.row.sources)) or "no source"


@dataclass(frozen=True)
class Verdict:
    """All that is said about a value: by the row for the customers, by others, and how far to go by it."""

    judgments: list[Judgment]
    others: list[Judgment]
    cautions: list[str]
    none: str = ""

    @property
    def sentence(self) -> str:
        return self.none or " ".join(each.headline for each in self.judgments)


@dataclass(frozen=True)
class Subject:
    """What is judged: a value in its unit, of a metric or of one of its variants."""

    value: Decimal
    shown: str
    unit: str
    name: str
    variant: str = ""
    bounds: tuple[Decimal | None, Decimal | None] = (None, None)
    margin: tuple[Decimal, Decimal] | None = None


def about(rows: Iterable[Benchmark], unit: str, variant: str) -> list[Benchmark]:
    """The rows that measure exactly this: the metric itself, or the variant, and nothing related."""
    return [
        row
        for row in rows
        if row.unit == unit and (bool(row.measures) and row.variant == variant if variant else not row.measures)
    ]


def in_order_of_evidence(rows: Iterable[Benchmark]) -> list[Benchmark]:
    """The rows that carry most first; orientation last, whatever its confidence."""
    return sorted(
        rows,
        key=lambda row: (
            row.treat_as == "orientation",
            TRUST[row.confidence],
            row.treat_as == "house-rule",
            KNOWN[row.basis],
            row.position,
        ),
    )


def overall(rows: Iterable[Benchmark]) -> list[Benchmark]:
    """The rows over all segments and all ranges of revenue; those of a special kind only if there is no other."""
    found = [row for row in rows if not row.segment_id and row.arr_min is None and row.arr_max is None]
    return in_order_of_evidence([row for row in found if not row.qualifier] or found)


def judge(
    subject: Subject,
    rows: Sequence[Benchmark],
    sources: Mapping[int, list[Source]],
    segments: Sequence[Segment],
    *,
    chosen: str | None,
    levers: Levers,
    today: datetime.date,
) -> Verdict:
    """The verdict on a value: for the chosen segment, or for each where none is chosen."""
    fitting = about(rows, subject.unit, subject.variant)
    if not fitting:
        return Verdict([], [], [], _why_none(subject, rows))
    general = overall(fitting)
    by_segment = {
        each.slug: in_order_of_evidence(row for row in fitting if row.segment_id == each.slug) for each in segments
    }
    asked = [each.slug for each in segments if by_segment[each.slug] and chosen in (None, each.slug)]
    speaking = [by_segment[slug][0] for slug in asked] or general[:1]
    whom = next((each.short for each in segments if each.slug == chosen), "your customers")
    if not speaking:
        return Verdict(
            [], [], [], _why_not_for(subject, whom, [each for each in segments if by_segment[each.slug]])
        )
    rest = [row for slug in asked for row in by_segment[slug][1:]] if chosen else []
    rest += [row for row in general if row not in speaking]
    axis = _axis(subject, [*speaking, *rest])
    lever = levers if len(speaking) == 1 else None
    judgments = [_judgment(subject, row, axis, sources, lever, today) for row in speaking]
    others = [_judgment(subject, row, axis, sources, None, today) for row in rest]
    cautions = _cautions(subject, judgments, [*judgments, *others])
    if chosen and not asked:
        cautions.insert(0, f"There is no row for {whom}, so this one is over all segments.")
    return Verdict(judgments, others, cautions)


def _why_none(subject: Subject, rows: Sequence[Benchmark]) -> str:
    if subject.variant:
        return f"No verdict: no benchmark row here measures this definition, {subject.name}."
    if rows:
        return f"No verdict: the rows here measure something related, and none measures {subject.name} itself."
    return f"No verdict: there is no benchmark row for {subject.name}."


def _why_not_for(subject: Subject, whom: str, others: Iterable[Segment]) -> str:
    said = f"No verdict: no benchmark row of {subject.name} is about {whom}."
    there = " and ".join(each.short for each in others)
    return f"{said} There are rows for {there}." if there else said


# -- One row --


def band_of(row: Benchmark) -> Band:
    return Band(row.direction, row.weak, row.low, row.high, row.strong)


def _judgment(
    subject: Subject,
    row: Benchmark,
    axis: bands.Axis | None,
    sources: Mapping[int, list[Source]],
    levers: Levers | None,
    today: datetime.date,
) -> Judgment:
    made = evidence.row_of(row, axis, sources.get(row.pk, []), None, None, today)
    band = band_of(row)
    where = place(subject.value, band)
    grounds = OWN_LINE if row.treat_as == "house-rule" else GROUNDS.get((row.basis, row.confidence), "")
    whom = row.segment.short if row.segment else EVERYBODY
    if row.qualifier:
        whom = f"{whom}, {row.qualifier}"
    is_verdict = where != "unknown" and row.treat_as != "orientation"
    if is_verdict:
        headline = _headline(where, row, whom, grounds)
        details = _details(subject, made, next_step(subject.value, band), levers)
    elif where == "unknown":
        headline = f"No verdict for {whom}: this row gives no band."
        details = _beside_single(subject, row, made)
    else:
        headline = f"No verdict for {whom}: the row is for orientation only."
        details = [_beside_range(subject, row, made)]
    chart = _chart(subject, made, axis) if axis else None
    return Judgment(made, where, grounds, is_verdict, whom, headline, details, chart)


def _headline(where: Place, row: Benchmark, whom: str, grounds: str) -> str:
    """`Typical for SMB customers.`, `By a rule of thumb, weak for SMB customers.`"""
    said = "between weak and strong" if where == "between" and row.low is None else PLACES[where]
    said = f"{said} for {whom}"
    if where in ("below", "between") and row.direction == "lower-is-better":
        said += "; lower is better"
    said = f"{grounds}, {said}" if grounds else said
    return f"{said[0].upper()}{said[1:]}."


def _details(subject: Subject, made: evidence.Row, step: Step | None, levers: Levers | None) -> list[str]:
    row = made.benchmark
    said = []
    if made.typical:
        name = "usual range" if row.direction == "target-range" else "typical band"
        said.append(f"The {name} is {made.typical}.")
    if step is None:
        return [*said, f"Strong is {made.strong}."] if made.strong else said
    gap = _gap(step.gap, subject.unit)
    way = "up" if step.rising else "down"
    edge = words.figure(step.bound, subject.unit)
    if step.to == "strong":
        said.append(f"Strong starts at {edge}, {gap} {way}.")
    else:
        said.append(f"{'Typical' if step.to == 'typical' else 'It'} starts at {edge}, {gap} {way}.")
    found = levers(step) if levers else []
    if found:
        listed = found[0] if len(found) == 1 else f"{', or '.join(found)},"
        said.append(f"About {listed} would reach {TARGETS[step.to]}.")
    return said


def _gap(gap: Decimal, unit: str) -> str:
    """The distance to a bound, rounded up so that going so far is enough."""
    places = 0 if unit in ("currency", "count") else 1 if gap >= Decimal("0.1") else 2
    value = gap.quantize(Decimal(1).scaleb(-places), ROUND_CEILING)
    if unit in ("percent", "score"):
        return f"{words.number(value)} point{'' if value == 1 else 's'}"
    return words.figure(value, unit)


def _beside_range(subject: Subject, row: Benchmark, made: evidence.Row) -> str:
    """Where a value lies beside figures that may not judge it: higher or lower, never better or worse."""
    if row.low is None or row.high is None:
        return f"It says: {words.lower_first(made.sentence)}"
    where = "below" if subject.value < row.low else "above" if subject.value > row.high else "inside"
    return f"Your {subject.shown} lies {where} the {made.typical} that it gives."


def _beside_single(subject: Subject, row: Benchmark, made: evidence.Row) -> list[str]:
    center = row.median if row.median is not None else row.point
    if center is None:
        return [f"It says: {words.lower_first(made.sentence)}"]
    where = "above" if subject.value > center else "below" if subject.value < center else "at"
    name = "median" if row.median is not None else "single figure"
    return [f"Your {subject.shown} lies {where} its {name} of {made.middle}."]


# -- How far to trust it --


def _is_unsettled(subject: Subject, judgment: Judgment) -> bool:
    band = band_of(judgment.row.benchmark)
    return subject.margin is not None and len({place(each, band) for each in subject.margin}) > 1


def _disagreement(judgments: Iterable[Judgment]) -> str:
    """Medians over all segments that differ, each with who gives it."""
    rows = [each for each in judgments if not each.row.benchmark.segment_id]
    with_median = [each for each in rows if each.row.benchmark.median is not None]
    if len({each.row.benchmark.median for each in with_median}) < 2:
        return ""
    named = [f"{each.row.middle} ({each.publishers}, {each.row.year})" for each in with_median]
    return f"Sources disagree on the middle: {'; '.join(named)}."


def _cautions(subject: Subject, judgments: list[Judgment], everything: list[Judgment]) -> list[str]:
    said = []
    if subject.variant and judgments:
        said.append(f"The row measures {words.lower_first(judgments[0].row.benchmark.measures)}.")
    verdicts = [each for each in judgments if each.is_verdict]
    if any(each.row.benchmark.confidence == "low" for each in verdicts):
        said.append("The evidence is thin: take it as orientation, never as a standard.")
    if len(judgments) == 1 and verdicts and _is_unsettled(subject, judgments[0]):
        said.append("The margin of error crosses the edge of a band, so this sample cannot settle it.")
    if disagreement := _disagreement(everything):
        said.append(disagreement)
    if subject.unit == "currency" and judgments:
        said.append("The benchmark is in US dollars.")
    if any(each.row.is_old for each in judgments):
        said.append("The figures may be older than two years.")
    return said


# -- Drawing --


def _axis(subject: Subject, rows: Iterable[Benchmark]) -> bands.Axis | None:
    """An axis for the rows, stretched to the value unless that lies far away."""
    figures = [
        float(each)
        for row in rows
        for each in (row.median, row.point, row.weak, row.low, row.high, row.strong)
        if each is not None
    ]
    span = max(figures) - min(figures) or abs(figures[0]) or 1.0
    value = float(subject.value)
    if min(figures) - span <= value <= max(figures) + span and not (subject.unit == "currency" and value <= 0):
        figures.append(value)
    low, high = (None if each is None else float(each) for each in subject.bounds)
    return bands.axis_for(figures, unit=subject.unit, low=low, high=high)


def _chart(subject: Subject, made: evidence.Row, axis: bands.Axis) -> Chart:
    """A row for orientation is drawn as the range it gives: steps of weak and strong would judge by picture."""
    you = axis.x(float(subject.value))
    is_off = not axis.low <= float(subject.value) <= axis.high
    label = f"you, {subject.shown}{', off the scale' if is_off else ''}"
    ticks = [(tick, evidence.tick_label(tick, subject.unit, last=tick.anchor == "end")) for tick in axis.ticks]
    is_orientation = made.benchmark.treat_as == "orientation"
    steps = [each for each in made.steps if each.kind == "typical" or not is_orientation]
    words_of = {"typical": "range given"} if is_orientation else {}
    labels = [(each.x + each.width / 2, words_of.get(each.kind, each.kind)) for each in steps if each.width >= 14]
    given = f"Range given {made.typical}." if is_orientation else made.sentence
    return Chart(
        steps=steps,
        labels=labels,
        middle=made.mark.x if made.mark else None,
        ticks=ticks,
        you=you,
        anchor="end" if you > 55 else "start",
        you_label=label,
        sentence=f"{given} Your value, {subject.shown}.",
        is_outlined=made.is_outlined,
    )


def levers_in_words(found: Iterable[Lever], inputs: Mapping[str, tuple[str, str]], sign: str) -> list[str]:
    """`24,000 less churned ARR`: each lever with the term and the unit of its input."""
    said = []
    for lever in found:
        term, unit = inputs[lever.name]
        amount, more = abs(lever.change), lever.change > 0
        if unit in ("percent", "score", "ratio"):
            points = f"{words.number(amount)} point{'' if amount == 1 else 's'}"
            said.append(f"{points} {'more' if more else 'less'} on {term}")
        elif unit == "currency":
            said.append(f"{sign}{words.number(amount)} {'more' if more else 'less'} {term}")
        elif unit == "count" and amount == 1:
            said.append(f"one {'more' if more else 'less'} under {term}")
        elif unit == "count":
            said.append(f"{words.number(amount)} {'more' if more else 'fewer'} {term}")
        else:
            said.append(f"{words.figure(amount, unit)} {'more' if more else 'less'} in “{term}”")
    return said
