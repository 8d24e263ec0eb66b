"""A result as a reader meets it: every number with its words, in the order of the page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from directory import evidence, words
from directory.models import Benchmark, Metric, Priority, Segment, Stage

from .content import Area, Edition, Question
from .scoring import (
    HIGHEST,
    NOT_SURE,
    STAGES,
    CheckResult,
    DimensionScore,
    Move,
    Result,
    stage_if,
    turning,
)

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
class Band:
    text: str
    qualifier: str  # which companies it is for, where a segment has more than one
    basis: str
    strength: str


@dataclass(frozen=True)
class FocusRow:
    """A focus metric in words alone, so that a result can keep it as it was shown."""

    slug: str
    name: str
    reason: str
    start_here: str  # why, or nothing
    segment: str  # whose bands these are, in words; nothing where the reader named none
    bands: list[Band]


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
    if result.next_stage is None or result.cheapest is None:
        return "There is no stage above this one. Your job is to keep it."
    count, name = result.steps_to_next or 0, stages[result.next_stage].name
    if count == 1:
        return f"One answer, one place higher, would take you to {name}."
    if len({move.question for move in result.cheapest.moves}) < count:
        return f"{words.spelled_number(count)} steps, some of them on the same answer, would take you to {name}."
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
    parts = _short_areas(edition, check, f"that {target} needs")
    if check.total and not check.total.passed:
        together = f"the areas together have {check.total.reached} of the {check.total.needed} points"
        parts.append(together if parts else f"{together} that {target} needs")
    text = f"{edition.group_name(check.group)}: {'; '.join(parts)}."
    return f"{text} Nothing else makes up for these." if check.group == "foundations" else text


def gate_sentence(edition: Edition, result: Result, stages: Mapping[str, Stage]) -> str:
    """Said where the stage would be higher without the foundations."""
    if result.stage_without_gate == result.stage or not result.failed:
        return ""
    missing = ", and ".join(_short_areas(edition, result.failed[0], "it needs"))
    return (
        f"On everything else you look like {stages[result.stage_without_gate or ''].name}. "
        f"The foundations hold you at {stages[result.stage or ''].name}, because {missing}."
    )


def _short_areas(edition: Edition, check: CheckResult, who_needs: str) -> list[str]:
    """`onboarding has 4 of the 5 points it needs`; the second and later ones, where as much is needed, shorter."""
    short = [(slug, each) for slug, each in check.dimensions.items() if not each.passed]
    return [
        f"{_area_name(edition, slug)} has {each.reached}"
        + (
            ""
            if place and each.needed == short[0][1].needed
            else f" of the {words.count_words(each.needed, 'point')} {who_needs}"
        )
        for place, (slug, each) in enumerate(short)
    ]


def _area_name(edition: Edition, slug: str | None) -> str:
    return words.lower_first(next(area.name for area in edition.areas if area.slug == slug))


# -- Confidence --


def confidence_sentences(
    edition: Edition, result: Result, responses: Mapping[str, str], stages: Mapping[str, Stage]
) -> list[str]:
    """The label that applies first, then the others that apply."""
    said = {
        "provisional": _provisional,
        "open": _open,
        "just-below": _just_below,
        "just-above": _just_above,
        "firm": lambda *_: "Changing any one answer by one place would not change your stage.",
    }
    return [said[label](edition, result, responses, stages) for label in result.confidence]


def _provisional(
    edition: Edition, result: Result, responses: Mapping[str, str], stages: Mapping[str, Stage]
) -> str:
    count = len(result.unanswered)
    is_open = "question is still open and counts" if count == 1 else "questions are still open and count"
    text = f"This is a first reading: {count} {is_open} as not in place."
    if result.best_case == result.stage:
        return f"{text} Answering the rest would not change the stage."
    if stage_if(edition.questionnaire, responses, unanswered=HIGHEST) == result.stage:
        return f"{text} Answering the rest would not change the stage by itself."
    return f"{text} Answering the rest could change it, up to {stages[result.best_case or ''].name}."


def _open(edition: Edition, result: Result, responses: Mapping[str, str], stages: Mapping[str, Stage]) -> str:
    count = len(result.not_sure)
    times = "once" if count == 1 else "twice" if count == 2 else f"{count} times"
    if_sure = stages[stage_if(edition.questionnaire, responses, not_sure=HIGHEST)].name
    return (
        f"You chose “Not sure” {times}. With {'that' if count == 1 else 'those'} answered, you could be as high "
        f"as {if_sure}. Finding out is your cheapest move."
    )


def _just_below(
    edition: Edition, result: Result, responses: Mapping[str, str], stages: Mapping[str, Stage]
) -> str:
    text = f"You are one answer short of {stages[result.next_stage or ''].name}."
    close = double_check(edition, result, responses)
    if not close:  # all that would turn it is unanswered
        return text
    return f"{text} If you read {_one_of(close)} too strictly, you are already there. {_look_again(close)}"


def _just_above(
    edition: Edition, result: Result, responses: Mapping[str, str], stages: Mapping[str, Stage]
) -> str:
    below = stages[STAGES[STAGES.index(result.stage or "walk") - 1]].name
    close = double_check(edition, result, responses)
    return (
        f"You hold {stages[result.stage or ''].name} by a single answer. Read {_one_of(close)} more strictly, and "
        f"it would be {below}. {_look_again(close)}"
    )


def _one_of(answers: Sequence[GivenAnswer]) -> str:
    return f"{'one of ' if len(answers) > 1 else ''}{questions_named(answers)}"


def _look_again(answers: Sequence[GivenAnswer]) -> str:
    return f"Look at {'this answer' if len(answers) == 1 else 'these answers'} again."


def find_out_named(edition: Edition, result: Result, responses: Mapping[str, str]) -> str:
    """What "not sure" was chosen for, by number, for paper."""
    unsure = given(edition, responses, result.not_sure)
    return f"{questions_named(unsure).capitalize()}." if unsure else ""


def questions_named(answers: Sequence[GivenAnswer]) -> str:
    """`question 5`, `questions 4–6, 9 and 10`: in their order, three or more in a row as from and to."""
    rows: list[list[int]] = []
    for number in sorted(each.question.number for each in answers):
        if rows and rows[-1][-1] == number - 1:
            rows[-1].append(number)
        else:
            rows.append([number])
    parts = [part for row in rows for part in ([f"{row[0]}–{row[-1]}"] if len(row) > 2 else map(str, row))]
    return f"question{'' if len(answers) == 1 else 's'} {_listed(parts)}"


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
    unknown = (["every open question"] if result.unanswered else []) + (
        ["every “Not sure”"] if result.not_sure else []
    )
    return (
        f"At best, with {_listed(unknown)} at its last answer, you would be at "
        f"{stages[result.best_case or ''].name}. {stages[result.stage or ''].name} is the worst case, so the "
        "truth lies between the two."
    )


def double_check(edition: Edition, result: Result, responses: Mapping[str, str]) -> list[GivenAnswer]:
    """Near a line, all answers of which any one, read a place higher or lower, gives the stage beyond it."""
    ids: tuple[str, ...] = ()
    if "just-below" in result.confidence:
        ids += turning(edition.questionnaire, responses, by=1)
    if "just-above" in result.confidence:
        ids += turning(edition.questionnaire, responses, by=-1)
    return given(edition, responses, ids)


def leans_sentence(edition: Edition, result: Result) -> str:
    check = result.leans_on
    if check is None:
        return ""
    tight = [slug for slug, each in check.dimensions.items() if each.spare == check.slack]
    group = words.lower_first(edition.group_name(check.group))
    names = [_area_name(edition, slug) for slug in tight]
    if len(names) > 1:  # a name may hold an "and" of its own
        names = [f"“{name[:1].upper()}{name[1:]}”" for name in names]
    if check.total and check.total.spare == check.slack:
        names.append("the total" if names else "its total")
    spare = "nothing" if check.slack == 0 else words.count_words(check.slack, "point")
    return f"You lean most on {group}: {_listed(names)} {'has' if len(names) == 1 else 'have'} {spare} to spare."


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


def moves_heading(result: Result) -> str:
    """Counts the moves that can start today; there may be more on the way."""
    if result.cheapest is None:
        return "Keep it, and widen it"
    if result.cheapest.count == 1:
        return "The one move"
    count = len(result.recommendations)
    return "The next move" if count == 1 else f"{words.spelled_number(count)} next moves"


def afterwards_sentence(result: Result, stages: Mapping[str, Stage]) -> str:
    left = result.afterwards
    if left is None or result.next_stage is None:
        return ""
    name, these = stages[result.next_stage].name, "this" if len(result.recommendations) == 1 else "these"
    if not left.count:
        return f"With {these} done, you reach {name}."
    moves, weeks = words.count_words(left.count, "move"), words.count_words(left.weeks, "week")
    remain = "remains" if left.count == 1 else "remain"
    return f"After {these}, {moves} {remain} on the shortest way to {name}: about {weeks} of work."


# -- Metrics --


def focus_rows(
    edition: Edition,
    result: Result,
    focus: Sequence[tuple[Metric, str]],
    context: Mapping[str, Any],
    stages: Mapping[str, Stage],
) -> list[FocusRow]:
    """The focus metrics of the stage, each with its reason there, in words. Looks up their benchmarks."""
    why = _start_here(edition, result, stages)
    area_of = {metric: area.slug for area in edition.areas for metric in area.metrics}
    segment = Segment.objects.filter(slug=segment_of(context)).first() if segment_of(context) else None
    slugs = [metric.slug for metric, _ in focus]
    benchmarks = Benchmark.objects.filter(metric__in=slugs, segment=segment, measures="").order_by("position")
    rows = list(benchmarks) if segment else []
    return [
        FocusRow(
            slug=metric.slug,
            name=metric.name,
            reason=reason,
            start_here=why.get(area_of.get(metric.slug, ""), ""),
            segment=segment.short if segment else "",
            bands=_bands([row for row in rows if row.metric_id == metric.slug], company_of(context)),
        )
        for metric, reason in focus
    ]


def _start_here(edition: Edition, result: Result, stages: Mapping[str, Stage]) -> dict[str, str]:
    """By area, what fell short of the next stage: the area itself.

    Where no area did, only totals of groups: then it is each area with an answer that decided, for its group.
    """
    target = stages[result.next_stage].name if result.next_stage else ""
    short = {slug for check in result.failed for slug, each in check.dimensions.items() if not each.passed}
    if short:
        return {slug: f"{_area_name(edition, slug)} fell short of {target}." for slug in short}
    return {
        edition.area_of(
            id
        ).slug: f"{words.lower_first(edition.group_name(group))} fell short of {target} as a whole."
        for group, ids in result.deciding.items()
        for id in ids
    }


def segment_of(context: Mapping[str, Mapping[str, Any]]) -> str | None:
    """The segment that the chosen options name."""
    found: str | None = context.get("main-segment", {}).get("segment")
    return found


def company_of(context: Mapping[str, Mapping[str, Any]]) -> tuple[int, int | None] | None:
    """The recurring revenue of the company that the chosen options name: from, and below."""
    band = context.get("arr-band", {})
    return (band["min"], band["max"]) if band.get("min") is not None else None


def _bands(rows: Sequence[Benchmark], company: tuple[int, int | None] | None) -> list[Band]:
    """The bands of a metric for a segment, in the company's size where rows are split by it."""
    fitting = [row for row in rows if _has_band(row)]
    sized = [row for row in fitting if row.arr_min is not None or row.arr_max is not None]
    mine = [row for row in sized if evidence.is_for_companies_like(row, company)]
    return [
        Band(
            _band(row),
            row.qualifier,
            evidence.BASES[row.basis],
            evidence.TREATED.get(row.treat_as) or evidence.STRENGTHS[row.basis, row.confidence],
        )
        for row in mine or [row for row in fitting if row not in sized]
    ]


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
