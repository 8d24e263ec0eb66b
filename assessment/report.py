"""A result as a reader meets it: every number with its words, in the order of the page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from directory import evidence, words
from directory.models import Benchmark, Metric, Priority, Stage

from .content import Area, Edition, Question
from .scoring import HIGHEST, NOT_SURE, STAGES, CheckResult, DimensionScore, Move, MoveSet, Result

BLOCK, GAP = 14, 3  # of the plot: a point's width and the space after it
NUMERALS = {"crawl": "I", "walk": "II", "run": "III"}


@dataclass(frozen=True)
class GivenAnswer:
    """A question with the answer that was given."""

    question: Question
    area: Area
    label: str


@dataclass(frozen=True)
class AreaRow:
    area: Area
    group: str
    score: DimensionScore
    stage: Stage | None  # of its level
    is_here: bool  # its level is the stage of the team, or above
    to_next: str
    sentence: str
    blocks: list[tuple[float, bool]]  # where each stands, and whether the point is there
    ticks: list[tuple[float, str, bool]]  # where a level begins, its numeral, and whether it is the next one


@dataclass(frozen=True)
class CheckRow:
    name: str
    needed: str
    reached: str
    passed: bool
    note: str
    deciding: list[GivenAnswer]


@dataclass(frozen=True)
class MoveRow:
    do: str
    first: str  # the first sentence, set larger
    rest: str
    now: str  # the answer it starts from
    area: Area
    question: Question
    weeks: str


@dataclass(frozen=True)
class FocusRow:
    metric: Metric
    reason: str
    start_here: str  # why, or nothing
    band: str
    basis: str
    strength: str


@dataclass(frozen=True)
class Shift:
    """A metric that stands higher for the stage than in the plain directory. Places count from 1."""

    metric: Metric
    before: int
    now: int


def given(edition: Edition, responses: Mapping[str, str], ids: Iterable[str]) -> list[GivenAnswer]:
    """These questions with what was answered."""
    return [
        GivenAnswer(edition.question(id), edition.area_of(id), answer_label(edition, id, responses)) for id in ids
    ]


def answer_label(edition: Edition, id: str, responses: Mapping[str, str]) -> str:
    value = responses.get(id)
    if value is None:
        return "No answer yet."
    if value == NOT_SURE:
        return f"{edition.texts['not_sure']}: {edition.question(id).axis}."
    return edition.question(id).answers[int(value)].label


# -- Headline --


def steps_sentence(result: Result, stages: Mapping[str, Stage]) -> str:
    if result.next_stage is None:
        return "There is no stage above this one. Your job is to keep it."
    count, name = result.steps_to_next or 0, stages[result.next_stage].name
    if count == 1:
        return f"One answer, one place higher, would take you to {name}."
    return f"{words.spelled_number(count)} answers, each one place higher, would take you to {name}."


# -- Areas --


def area_rows(edition: Edition, result: Result, stages: Mapping[str, Stage]) -> list[AreaRow]:
    return [_area_row(edition, result, score, stages) for score in result.dimensions]


def _area_row(edition: Edition, result: Result, score: DimensionScore, stages: Mapping[str, Stage]) -> AreaRow:
    area = next(each for each in edition.areas if each.slug == score.slug)
    cutoffs = edition.questionnaire.cutoffs_of(score.slug)
    following = next((stage for stage in STAGES if cutoffs[stage] == score.next_cutoff), None)
    lines = ", ".join(f"{stages[stage].name} from {cutoffs[stage]}" for stage in STAGES)
    return AreaRow(
        area=area,
        group=edition.group_name(area.group) if area.group == "foundations" else "",
        score=score,
        stage=stages.get(score.level),
        is_here=result.stage is not None and score.level in STAGES[STAGES.index(result.stage) :],
        to_next=_to_next(score, stages[following].name if following else ""),
        sentence=f"{score.points} of {score.most} points. {lines}.",
        blocks=[(0.5 + place * (BLOCK + GAP), place < score.points) for place in range(score.most)],
        ticks=[
            (cutoffs[stage] * (BLOCK + GAP) - GAP / 2, NUMERALS[stage], stage == following) for stage in STAGES
        ],
    )


def _to_next(score: DimensionScore, name: str) -> str:
    if score.next_cutoff is None:
        return "The highest level"
    return f"{words.count_words(score.next_cutoff - score.points, 'point')} to {name}"


# -- Checks --


def check_rows(
    edition: Edition, result: Result, responses: Mapping[str, str], stages: Mapping[str, Stage]
) -> list[CheckRow]:
    """The checks of the stage held and of the next one."""
    shown = [check for check in result.checks if check.stage in (result.stage, result.next_stage)]
    return [
        CheckRow(
            name=f"{stages[check.stage].name}: {words.lower_first(edition.group_name(check.group))}",
            needed=_needed(check),
            reached=_reached(check),
            passed=check.passed,
            note=_check_note(check),
            deciding=given(
                edition, responses, result.deciding.get(check.group, ()) if check in result.failed else ()
            ),
        )
        for check in shown
    ]


def _needed(check: CheckResult) -> str:
    cutoffs = list(dict.fromkeys(each.needed for each in check.dimensions.values()))
    each = f"{words.count_words(cutoffs[0], 'point')} in each area" if len(cutoffs) == 1 else _listed(cutoffs)
    return f"{each}, {check.total.needed} together" if check.total else each


def _reached(check: CheckResult) -> str:
    points = [each.reached for each in check.dimensions.values()]
    said = _listed(points) if len(points) <= 2 else f"{min(points)} at least"
    return f"{said}, {check.total.reached} together" if check.total else said


def _check_note(check: CheckResult) -> str:
    if not check.passed:
        return "Not yet"
    return "Passed, with nothing to spare" if check.slack == 0 else "Passed"


def _listed(parts: Sequence[object]) -> str:
    texts = [str(part) for part in parts]
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"


# -- What held it back --


def held_back(edition: Edition, result: Result, stages: Mapping[str, Stage]) -> str:
    """What the first check that failed asks for and does not get; at Run, the area closest to slipping."""
    if result.next_stage is None:
        name = _area_name(edition, result.closest_to_slipping)
        return f"Nothing is holding you back. The area closest to slipping is {name}."
    check, target = result.failed[0], stages[result.next_stage].name
    parts = [
        f"{_area_name(edition, slug)} has {each.reached} of the {words.count_words(each.needed, 'point')} "
        f"that {target} needs"
        for slug, each in check.dimensions.items()
        if not each.passed
    ]
    if check.total and not check.total.passed:
        together = f"the areas together have {check.total.reached} of the {check.total.needed} points"
        parts.append(together if parts else f"{together} that {target} needs")
    text = f"{edition.group_name(check.group)}: {'; '.join(parts)}."
    return f"{text} Nothing else makes up for these." if check.group == "foundations" else text


def gate_sentence(edition: Edition, result: Result, stages: Mapping[str, Stage]) -> str:
    """Said where the stage would be higher without the foundations."""
    if result.stage_without_gate == result.stage or not result.failed:
        return ""
    check = result.failed[0]
    missing = _listed(
        [
            f"{_area_name(edition, slug)} has {each.reached} of the {each.needed} points it needs"
            for slug, each in check.dimensions.items()
            if not each.passed
        ]
    )
    return (
        f"On everything else you look like {stages[result.stage_without_gate or ''].name}. "
        f"The foundations hold you at {stages[result.stage or ''].name}, because {missing}."
    )


def _area_name(edition: Edition, slug: str | None) -> str:
    return words.lower_first(next(area.name for area in edition.areas if area.slug == slug))


# -- Confidence --


def confidence_sentences(result: Result, stages: Mapping[str, Stage]) -> list[str]:
    """The label that applies first, then the others that apply."""
    stage, best = stages[result.stage or ""], stages[result.best_case or ""]
    above = stages.get(result.next_stage or "")
    below = stages.get(STAGES[STAGES.index(result.stage) - 1]) if result.stage else None
    count = len(result.not_sure)
    up_to = f", up to {best.name}" if best != stage else ", within this stage"
    times = "once" if count == 1 else "twice" if count == 2 else f"{count} times"
    said = {
        "provisional": f"This is a first reading: {words.count_words(len(result.unanswered), 'question')} still "
        "open, counted as not in place. "
        f"Answering the rest could change it{up_to}.",
        "open": f"You chose “Not sure” {times}. With {'that' if count == 1 else 'those'} answered, you could be "
        f"as high as {best.name}. Finding out is your cheapest move.",
        "just-below": f"You are one answer short of {above.name if above else ''}. If you read one question too "
        "strictly, you are already there. Look at both lists.",
        "just-above": f"You hold {stage.name} by a single answer. Read one question more strictly and it would be "
        f"{below.name if below else ''}, so look again at the answers below.",
        "firm": "Changing any one answer by one place would not change your stage.",
    }
    return [said[label] for label in result.confidence]


CONFIDENCE = {
    "provisional": "Provisional",
    "open": "Open",
    "just-below": "Just below the next stage",
    "just-above": "Just above the line",
    "firm": "Firm",
}


def best_case_sentence(result: Result, stages: Mapping[str, Stage]) -> str:
    """Said where it differs: the stage is the worst case, so the truth lies between the two."""
    if result.best_case == result.stage:
        return ""
    return (
        f"With every open question and every “Not sure” at its last answer it would be "
        f"{stages[result.best_case or ''].name}. {stages[result.stage or ''].name} is the worst case, so the "
        "truth lies between the two."
    )


def double_check(edition: Edition, result: Result, responses: Mapping[str, str]) -> list[GivenAnswer]:
    """The answers that one place more or less would turn: those that decide, and those the stage leans on."""
    ids: list[str] = []
    if "just-below" in result.confidence:
        ids += [id for group in result.deciding.values() for id in group]
    if "just-above" in result.confidence and result.leans_on:
        ids += _leaning(edition, result.leans_on, responses)
    return given(edition, responses, dict.fromkeys(ids))


def _leaning(edition: Edition, check: CheckResult, responses: Mapping[str, str]) -> list[str]:
    """Answers that carry points where least is to spare: in the areas nearest their cut-off, or in the group."""
    if check.total and check.total.spare == 0:
        slugs = set(check.dimensions)
    else:
        slugs = {slug for slug, each in check.dimensions.items() if each.spare == check.slack}
    questions = [question for area in edition.areas if area.slug in slugs for question in area.questions]
    carrying = [each for each in questions if responses.get(each.id, NOT_SURE) not in ("0", NOT_SURE)]
    return [each.id for each in carrying[:6]]


def leans_sentence(edition: Edition, result: Result) -> str:
    check = result.leans_on
    if check is None:
        return ""
    tight = [slug for slug, each in check.dimensions.items() if each.spare == check.slack]
    group = words.lower_first(edition.group_name(check.group))
    if not tight:
        return f"You lean most on {group}: together exactly {check.total.spare if check.total else 0} to spare."
    names = _listed([_area_name(edition, slug) for slug in tight])
    spare = "nothing" if check.slack == 0 else words.count_words(check.slack, "point")
    return f"You lean most on {group}: {names} {'has' if len(tight) == 1 else 'have'} {spare} to spare."


# -- Moves --


def move_rows(edition: Edition, responses: Mapping[str, str], moves: Iterable[Move]) -> list[MoveRow]:
    return [_move_row(edition, responses, move) for move in moves]


def _move_row(edition: Edition, responses: Mapping[str, str], move: Move) -> MoveRow:
    question = edition.question(move.question)
    do = question.answers[move.start].do
    first, stop, rest = do.partition(". ")
    weeks = "up to a week" if move.weeks == 1 else f"about {move.weeks} weeks"
    now = answer_label(edition, move.question, responses)
    return MoveRow(do, first + stop.strip(), rest, now, edition.area_of(move.question), question, weeks)


def afterwards_sentence(left: MoveSet | None, stages: Mapping[str, Stage], next_stage: str | None) -> str:
    if left is None or next_stage is None:
        return ""
    name = stages[next_stage].name
    if not left.count:
        return f"That is all that is left on the shortest way to {name}."
    moves, weeks = words.count_words(left.count, "move"), words.count_words(left.weeks, "week")
    return (
        f"After these, {moves} of about {weeks} of work in all {'remains' if left.count == 1 else 'remain'} "
        f"on the shortest way to {name}."
    )


# -- Metrics --


def focus_rows(
    edition: Edition,
    result: Result,
    metrics: Sequence[Metric],
    benchmarks: Iterable[Benchmark],
    context: Mapping[str, Any],
) -> list[FocusRow]:
    """The focus metrics of the stage, at most four. `benchmarks` are theirs, for every segment."""
    short = {slug for check in result.failed for slug, each in check.dimensions.items() if not each.passed}
    names = {slug: area for area in edition.areas for slug in area.metrics}
    segment, company = segment_of(context), company_of(context)
    rows = list(benchmarks)
    made = []
    for metric in metrics[: Priority.FOCUS]:
        area = names.get(metric.slug)
        found = _benchmark_for([row for row in rows if row.metric_id == metric.slug], segment, company)
        why = f"{words.lower_first(area.name)} fell short of the line." if area and area.slug in short else ""
        made.append(
            FocusRow(
                metric=metric,
                reason=metric.priority_at(result.stage or "").reason,
                start_here=why,
                band=_band(found) if found else "",
                basis=evidence.BASES[found.basis] if found else "",
                strength=(
                    evidence.TREATED.get(found.treat_as) or evidence.STRENGTHS[found.basis, found.confidence]
                )
                if found
                else "",
            )
        )
    return made


def segment_of(context: Mapping[str, Mapping[str, Any]]) -> str | None:
    """The segment that the chosen options name."""
    found: str | None = context.get("main-segment", {}).get("segment")
    return found


def company_of(context: Mapping[str, Mapping[str, Any]]) -> tuple[int, int | None] | None:
    """The recurring revenue of the company that the chosen options name: from, and below."""
    band = context.get("arr-band", {})
    return (band["min"], band["max"]) if band.get("min") is not None else None


def _benchmark_for(
    rows: Sequence[Benchmark], segment: str | None, company: tuple[int, int | None] | None
) -> Benchmark | None:
    """The row of a metric itself for a segment, in the company's size where rows are split by it."""
    fitting = [row for row in rows if row.segment_id == segment and not row.measures and _has_band(row)]
    sized = [row for row in fitting if row.arr_min is not None or row.arr_max is not None]
    mine = [row for row in sized if evidence.is_for_companies_like(row, company)]
    unsized = [row for row in fitting if row not in sized]
    return next(iter([*mine, *unsized]), None) if segment else None


def _has_band(row: Benchmark) -> bool:
    return (row.low is not None or row.strong is not None) and row.treat_as != "orientation"


def _band(row: Benchmark) -> str:
    parts = []
    if row.low is not None and row.high is not None:
        parts.append(f"typical {words.figure_range(row.low, row.high, row.unit)}")
    if row.strong is not None:
        side = "or less" if row.direction == "lower-is-better" else "or more"
        parts.append(f"strong {words.figure(row.strong, row.unit)} {side}")
    return ", ".join(parts)


def weakest_area_metric(edition: Edition, result: Result, ranked: Sequence[Metric]) -> tuple[Area, Metric] | None:
    """Where the weakest area has no metric in focus: its metric that ranks highest for the stage."""
    scores = {score.slug: Fraction(score.points, score.most) for score in result.dimensions}
    weakest = min(edition.areas, key=lambda area: scores[area.slug])
    focus = {metric.slug for metric in ranked[: Priority.FOCUS]}
    if scores[weakest.slug] == 1 or focus & set(weakest.metrics):
        return None
    metric = next((each for each in ranked if each.slug in weakest.metrics), None)
    return (weakest, metric) if metric else None


def shifts(ranked: Sequence[Metric]) -> list[Shift]:
    """The metrics that rose, the longest way first, from metrics in the order of the stage."""
    plain = {metric.slug: place for place, metric in enumerate(sorted(ranked, key=lambda each: each.position), 1)}
    moved = [Shift(metric, plain[metric.slug], place) for place, metric in enumerate(ranked, 1)]
    return sorted(
        (each for each in moved if each.now < each.before), key=lambda each: (each.now - each.before, each.now)
    )


def by_place(edition: Edition, responses: Mapping[str, str]) -> str:
    """For paper: the place of each answer in its list, from 1; `?` for not sure, `–` for none."""
    places = {None: "–", NOT_SURE: "?"} | {str(value): str(value + 1) for value in range(HIGHEST + 1)}
    return " ".join(places[responses.get(question.id)] for question in edition.questions)
