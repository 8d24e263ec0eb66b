"""An assessment on its way: steps, counts, the bar, and the questions as a form shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.urls import reverse

from directory import words

from .content import Area, Edition, Question
from .models import Assessment, QuestionnaireVersion
from .scoring import NOT_SURE, Result, score

CONTEXT = "context"  # the last step; every other one is the slug of an area


@dataclass(frozen=True)
class Step:
    """An entry of the list of areas."""

    slug: str
    name: str
    answered: int
    questions: int
    is_current: bool

    @property
    def is_complete(self) -> bool:
        return self.answered == self.questions


@dataclass(frozen=True)
class Choice:
    value: str
    label: str
    is_checked: bool
    is_aside: bool = False


@dataclass(frozen=True)
class Field:
    """A question with its answers, as a fieldset of radios."""

    question: Question
    choices: list[Choice]
    before: str  # the answer that is saved
    is_missing: bool


@dataclass(frozen=True)
class ContextField:
    id: str
    text: str
    use: str
    choices: list[Choice]
    before: str  # the option that is saved


@dataclass(frozen=True)
class TooEarly:
    """Why there is no result yet, with the questions to answer."""

    title: str
    text: str
    questions: list[tuple[Question, str]]  # and the address of each
    so_far: str  # the points of the areas that are complete


def steps(edition: Edition) -> list[str]:
    return [*(area.slug for area in edition.areas), CONTEXT]


def ways(edition: Edition) -> list[str]:
    """What the buttons of a step say to `go`."""
    return [*steps(edition), "next", "back", "later", "finish"]


def path(assessment: Assessment, step: str) -> str:
    if step == CONTEXT:
        return reverse("assessment:context", args=[assessment.pk])
    return reverse("assessment:area", args=[assessment.pk, step])


def area_path(assessment: Assessment, area: Area) -> str:
    return path(assessment, area.slug)


def way_on(edition: Edition, assessment: Assessment) -> str:
    """The first area with a question still open, else the last step."""
    unfinished = [area.slug for area in edition.areas if _answered(area, assessment) < len(area.questions)]
    return path(assessment, unfinished[0] if unfinished else CONTEXT)


def versions() -> list[int]:
    return list(QuestionnaireVersion.objects.values_list("version", flat=True))


def _answered(area: Area, assessment: Assessment) -> int:
    return sum(question.id in assessment.responses for question in area.questions)


def frame(assessment: Assessment, edition: Edition, step: str) -> dict[str, Any]:
    """What every step shows around its questions."""
    questions = edition.questions
    here = {question.id for area in edition.areas if area.slug == step for question in area.questions}
    width = 100 / len(questions)
    names = steps(edition)
    place = names.index(step)
    answered = sum(question.id in assessment.responses for question in questions)
    return {
        "assessment": assessment,
        "edition": edition,
        "step": step,
        "path": path(assessment, step),
        "steps": [
            Step(area.slug, area.name, _answered(area, assessment), len(area.questions), area.slug == step)
            for area in edition.areas
        ],
        "area_number": place + 1,
        "area_count": len(edition.areas),
        "answered": answered,
        "total": len(questions),
        "bar": [
            (f"{number * width:.4g}", f"{width - 0.7:.4g}", _bar_kind(question, assessment, here))
            for number, question in enumerate(questions)
        ],
        "following": _name(edition, names[place + 1]) if place + 1 < len(names) else "",
        "questions_left": score(edition.questionnaire, assessment.responses).questions_left,
    }


def _bar_kind(question: Question, assessment: Assessment, here: set[str]) -> str:
    if question.id in assessment.responses:
        return "mine" if question.id in here else "ink"
    return "open"


def _name(edition: Edition, step: str) -> str:
    area = edition.area(step)
    return area.name if area else "Four optional questions"


def field(
    question: Question, assessment: Assessment, edition: Edition, sent: QueryDict | None, *, is_missing: bool
) -> Field:
    """With what was sent where a page comes back with a message, else with what is saved."""
    before = assessment.responses.get(question.id, "")
    chosen = sent.get(question.id, before) if sent is not None else before
    choices = [Choice(answer.value, answer.label, answer.value == chosen) for answer in question.answers]
    choices.append(Choice(NOT_SURE, edition.texts["not_sure"], chosen == NOT_SURE, is_aside=True))
    return Field(question, choices, before, is_missing)


def context_field(question: dict[str, Any], assessment: Assessment, sent: QueryDict | None) -> ContextField:
    before = assessment.context.get(question["id"], "none")
    chosen = sent.get(question["id"], before) if sent is not None else before
    choices = [Choice(each["id"], each["label"], each["id"] == chosen) for each in question["options"]]
    return ContextField(question["id"], question["text"], question["use"], choices, before)


def open_in(area: Area, assessment: Assessment, edition: Edition) -> list[Question]:
    return [question for question in area.questions if question.id not in assessment.responses]


def too_early(assessment: Assessment, edition: Edition) -> TooEarly:
    """The foundations' open questions; once they are answered, every open one, for there are too few answers."""
    result = score(edition.questionnaire, assessment.responses)
    open_ids = set(result.unanswered)
    foundations = [
        question
        for area in edition.areas
        if area.group == "foundations"
        for question in area.questions
        if question.id in open_ids
    ]
    fewest, count = edition.questionnaire.fewest_responses, len(assessment.responses)
    listed: Sequence[Question] = foundations or [each for each in edition.questions if each.id in open_ids]
    if foundations:
        verb = "needs" if len(foundations) == 1 else "need"
        title = f"{_questions(len(foundations))} of the foundations still {verb} an answer"
        text = "Without the foundations there is no stage. “Not sure” is an answer."
        if count + len(foundations) < fewest:
            text += f" In all it takes {fewest} answers; there {'is' if count == 1 else 'are'} {count}."
    else:
        title = f"{_questions(result.questions_left)} more, and there is a result"
        text = f"It takes {fewest} answers; there are {count}. Choose any of these. “Not sure” is an answer."
    return TooEarly(
        title,
        text,
        [(each, f"{path(assessment, edition.area_of(each.id).slug)}?open#{each.id}") for each in listed],
        _so_far(edition, result),
    )


def _so_far(edition: Edition, result: Result) -> str:
    """`Retention visibility 6 of 9 points, product usage 2 of 6`"""
    names = {area.slug: area.name for area in edition.areas}
    parts = [
        f"{words.lower_first(names[each.slug])} {each.points} of {each.most}"
        for each in result.dimensions
        if each.complete
    ]
    return f"{', '.join(parts)}." if parts else ""


def _questions(count: int) -> str:
    return f"{words.spelled_number(count)} question{'' if count == 1 else 's'}"


# -- The stage lines in words, for the start page --


def stage_table(edition: Edition) -> list[dict[str, Any]]:
    """For each group what it asks, and what each stage needs of it."""
    return [
        {
            "name": group["name"],
            "asks": group["asks"],
            "walk": _asked(edition, group, "walk"),
            "run": _asked(edition, group, "run"),
        }
        for group in edition.groups
    ]


def _asked(edition: Edition, group: dict[str, Any], stage: str) -> str:
    check = next(
        (each for each in edition.questionnaire.checks if (each.stage, each.group) == (stage, group["slug"])), None
    )
    if check is None:
        return "not asked"
    areas = "both areas" if len(group["dimensions"]) == 2 and check.total is None else "each area"
    text = f"{areas} at {check.level.capitalize()} level"
    if check.total is None:
        return text
    most = sum(3 * len(area.questions) for area in edition.areas if area.slug in group["dimensions"])
    return f"{text}, {check.total} of {most} points"
