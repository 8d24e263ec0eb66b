"""What the benchmark rows say about a value: which row speaks, in words no stronger than its evidence.

A row speaks only about what it measures. Rows of the metric judge the metric; a row of a related measure judges
nothing, unless the reader computed that very measure by the variant that the row names.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from . import bands, evidence, words
from .models import Benchmark, Segment, Source
from .placement import Band, Lever, Place, Step, next_step, place

PLACES: dict[Place, str] = {
    "weak": "weak",
    "below": "below typical",
    "typical": "typical",
    "between": "between typical and strong",
    "strong": "strong",
    "inside": "inside the usual range",
    "under": "below the usual range",
    "over": "above the usual range",
}
NEIGHBORS: list[set[Place]] = [{"weak", "below"}, {"between", "typical"}, {"between", "strong"}]
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
ALL = "all segments"
EVERYBODY = f"companies of {ALL}"
TRUST = {"high": 0, "medium": 1, "low": 2}
KNOWN = {"published": 0, "derived": 1, "practitioner": 2}

Levers = Callable[[Step], str]


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
    def who_says_so(self) -> str:
        """`Aleph x Benchmarkit, 2026`, as it stands in brackets."""
        return f"{self.publishers}, {self.row.year}"

    @property
    def line(self) -> str:
        """What the row says in one line among others, where another row speaks first."""
        row, figures = self.row.benchmark, self.row.sentence.removesuffix(".")
        if self.is_verdict:
            return f"{self.headline} {figures} ({self.who_says_so})."
        if row.treat_as == "orientation":
            return f"For orientation only, {self.whom}: {self.row.typical or figures} ({self.who_says_so})."
        if self.row.middle and not band_of(row).bounds:
            of = ALL if self.whom == EVERYBODY else self.whom
            joint = "of" if row.median is not None else "for"
            return f"{self.row.middle_word.capitalize()} {joint} {of}: {self.row.middle} ({self.who_says_so})."
        return f"No verdict for {self.whom}. {figures} ({self.who_says_so})."

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
    missing: tuple[str, ...] = ()  # `No row for enterprise customers.`

    @property
    def sentence(self) -> str:
        return self.none or " ".join([*(each.headline for each in self.judgments), *self.missing])


@dataclass(frozen=True)
class Subject:
    """What is judged: a value in its unit, of a metric or of one of its variants."""

    value: Decimal
    shown: str
    places: int  # decimals of `shown`
    unit: str
    name: str
    variant: str = ""
    bounds: tuple[Decimal | None, Decimal | None] = (None, None)
    margin: tuple[Decimal, Decimal] | None = None
    is_small: bool = False  # from few answers


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
    company: tuple[int, int | None] | None = None,
) -> Verdict:
    """The verdict on a value: for the chosen segment, or for each where none is chosen.

    Rows for companies with the reader's own recurring revenue are listed beside it, where that is known.
    """
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
    rest = [row for slug in asked for row in by_segment[slug][1:]]
    rest += in_order_of_evidence(row for row in fitting if evidence.is_for_companies_like(row, company))
    rest += [row for row in general if row not in speaking]
    axis = _axis(subject, [*speaking, *rest])
    lever = levers if len(speaking) == 1 else None
    judgments = [_judgment(subject, row, axis, sources, lever, today) for row in speaking]
    others = [_judgment(subject, row, axis, sources, None, today) for row in rest]
    cautions = _cautions(subject, judgments, others)
    if chosen and not asked:
        cautions.insert(0, f"There is no row for {whom}, so this one is over all segments.")
    missing = [each.short for each in segments if asked and not chosen and each.slug not in asked]
    return Verdict(judgments, others, cautions, missing=tuple(f"No row for {each}." for each in missing))


def promise(fitting: Sequence[Benchmark], name: str) -> str:
    """What a verdict will be like by these rows, said before there is a value."""
    if any(row.treat_as != "orientation" and band_of(row).bounds for row in fitting):
        return "The answer says where you stand among customers like yours, and who says so."
    if fitting:
        return "The answer comes with what sources say, for orientation only: no row here can give a verdict."
    return (
        f"The answer comes with its arithmetic. No benchmark row measures {name} itself, so there is no verdict."
    )


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
    whom = _whom(row)
    is_verdict = where != "unknown" and row.treat_as != "orientation"
    if is_verdict:
        headline = _headline(where, row, whom, grounds)
        details = _details(subject, made, next_step(subject.value, band), levers)
    elif where == "unknown":
        headline = f"No verdict for {whom}: this row gives no band."
        details = _beside_single(subject, row, made)
    else:
        why = f", because {row.because}" if row.because else ""
        headline = f"No verdict for {whom}: the row is for orientation only{why}."
        details = [_beside_range(subject, row, made)]
    chart = _chart(subject, made, axis) if axis else None
    return Judgment(made, where, grounds, is_verdict, whom, headline, details, chart)


def _whom(row: Benchmark) -> str:
    """Whom a row is about, as it reads after `for`."""
    if row.whom:
        return row.whom
    band = words.arr_band(row.arr_min, row.arr_max)
    whom = row.segment.short if row.segment else f"companies with {band}" if band else EVERYBODY
    return f"{whom} ({row.qualifier})" if row.qualifier else whom


def _headline(where: Place, row: Benchmark, whom: str, grounds: str) -> str:
    """`Typical for SMB customers.`, `By a rule of thumb, weak for SMB customers.`"""
    said = "between weak and strong" if where == "between" and row.low is None else PLACES[where]
    said = f"{said} for {whom}"
    if where == "below" and row.direction == "lower-is-better":
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
    gap = _gap(subject, step)
    way = "up" if step.rising else "down"
    edge = words.figure(step.bound, subject.unit)
    if step.to == "inside":  # neither end is better, so there is nothing to be done
        return [*said, f"It {'starts' if step.rising else 'ends'} at {edge}, {gap} {way}."]
    said.append(f"{step.to.capitalize()} starts at {edge}, {gap} {way}.")
    if levers and (found := levers(step)):
        found = f"O{found[1:]}" if found.startswith("one ") else f"About {found}"
        said.append(f"{found} would reach {TARGETS[step.to]}.")
    return said


def _gap(subject: Subject, step: Step) -> str:
    """The distance from the value as it is printed to a bound, so that a reader who subtracts gets the same."""
    step_of_print = Decimal(1).scaleb(-subject.places)
    gap = abs(step.bound - subject.value.quantize(step_of_print, ROUND_HALF_UP))
    less = "" if gap else "less than "
    value = gap or step_of_print
    if subject.unit in ("percent", "score"):
        return f"{less}{words.number(value)} point{'' if value == 1 else 's'}"
    return f"{less}{words.figure(value, subject.unit)}"


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


def _other_places(judgments: list[Judgment], others: list[Judgment]) -> str:
    """Rows of the same measure that put the value elsewhere than every row that speaks.

    Without a chosen segment the three differ by nature, so only a place that none of them gives is told.
    """
    speaking = [each for each in judgments if each.is_verdict]
    found = [
        each
        for each in others
        if each.is_verdict and not any(_is_much_the_same(each.place, every.place) for every in speaking)
    ]
    if not speaking or not found:
        return ""
    best = min(TRUST[each.row.benchmark.confidence] for each in speaking)
    firmer = all(TRUST[each.row.benchmark.confidence] < best for each in found)
    rows = "another row places it" if len(found) == 1 else "other rows place it"
    rows = f"on better evidence, {rows}" if firmer else rows
    by_words: dict[str, list[str]] = {}
    for each in found:
        by_words.setdefault(_headline_start(each), []).append(each.who_says_so)
    named = [f"{said} ({'; '.join(who)})" for said, who in by_words.items()]
    return f"{rows[0].upper()}{rows[1:]} differently: {'; '.join(named)}."


def _is_much_the_same(one: Place, other: Place) -> bool:
    """Whether two places are the same or next to each other without a word of praise or blame between them."""
    return one == other or {one, other} in NEIGHBORS


def _headline_start(judgment: Judgment) -> str:
    """The headline as it goes on after a colon."""
    said = judgment.headline.removesuffix(".")
    return f"{said[0].lower()}{said[1:]}"


def _cautions(subject: Subject, judgments: list[Judgment], others: list[Judgment]) -> list[str]:
    said = []
    if subject.variant and judgments:
        rows = "The rows measure" if len(judgments) > 1 else "The row measures"
        said.append(f"{rows} {judgments[0].row.benchmark.phrase}.")
    verdicts = [each for each in judgments if each.is_verdict]
    if any(each.row.benchmark.confidence == "low" for each in verdicts):
        said.append("The evidence is thin: take it as orientation, never as a standard.")
    if len(judgments) == 1 and verdicts and _is_unsettled(subject, judgments[0]):
        said.append("The margin of error crosses the edge of a band, so this sample cannot settle it.")
    elif verdicts and subject.is_small:
        said.append("So few answers cannot settle it.")
    if elsewhere := _other_places(judgments, others):
        said.append(elsewhere)
    if disagreement := _disagreement([*judgments, *others]):
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
    if made.benchmark.direction == "target-range" and not is_orientation:
        words_of = {"typical": "usual range"}
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


# -- What would bridge the gap --


@dataclass(frozen=True)
class LeverWords:
    """What a change of an input is called after a number: `customer lost`, `customers lost`."""

    unit: str
    one: str
    many: str


def levers_in_words(found: Iterable[Lever], inputs: Mapping[str, LeverWords], sign: str, rest: str = "") -> str:
    """`24,000 less contraction or churned ARR`: each change with the inputs that it may be made to.

    `rest` says what stays as it is. Before it, and after more than one change, the phrase is closed by a comma.
    """
    changes: dict[tuple[Decimal, str], list[LeverWords]] = {}
    for lever in found:
        changes.setdefault((lever.change, inputs[lever.name].unit), []).append(inputs[lever.name])
    said = [_change(change, unit, of, sign) for (change, unit), of in changes.items()]
    if not said:
        return ""
    text = ", or ".join(said) + (f", {rest}" if rest else "")
    return f"{text}," if rest or len(said) > 1 else text


def _change(change: Decimal, unit: str, of: Sequence[LeverWords], sign: str) -> str:
    amount, more = abs(change), "more" if change > 0 else "less"
    if unit in ("count", "days"):
        number, fewer = "one" if amount == 1 else words.number(amount), "more" if change > 0 else "fewer"
        return f"{number} {fewer} {_either([each.one if amount == 1 else each.many for each in of])}"
    named = _either([each.many for each in of])
    if unit == "currency":
        return f"{sign}{words.number(amount)} {more} {named}"
    if unit == "months":
        return f"{words.figure(amount, unit)} {more} of {named}"
    return f"{words.number(amount)} point{'' if amount == 1 else 's'} {more} on {named}"


def _either(names: Sequence[str]) -> str:
    """`answers of 4 or 5`: what the names begin with is said once."""
    parts = [name.split(" ") for name in names]
    shared = 0
    while len({tuple(each[: shared + 1]) for each in parts}) == 1 and all(
        len(each) > shared + 1 for each in parts
    ):
        shared += 1
    first, *others = [" ".join(each[shared:]) for each in parts]
    listed = [" ".join([*parts[0][:shared], first]), *others]
    return listed[0] if not others else f"{', '.join(listed[:-1])} or {listed[-1]}"
