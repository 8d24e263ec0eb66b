"""The questionnaire as pages and scoring take it, built from the stored rows once a process and version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.http import Http404

from . import scoring
from .models import QuestionnaireVersion
from .scoring import Questionnaire

EDITIONS_KEPT = 8  # in memory; a site rarely has results of more versions


class NoQuestionnaire(Http404):
    """No content has been loaded, or not under this version. To a visitor it is a page that is not there."""


@dataclass(frozen=True)
class Answer:
    value: str
    label: str
    do: str = ""  # the move to the next answer; nothing for the last one
    effort: str = ""


@dataclass(frozen=True)
class Question:
    number: int
    id: str
    text: str
    axis: str
    help: str
    proof: str
    metrics: tuple[str, ...]
    answers: tuple[Answer, ...]


@dataclass(frozen=True)
class Area:
    """A dimension, as pages call it."""

    slug: str
    name: str
    why: str
    group: str
    metrics: tuple[str, ...]
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class Edition:
    """The questionnaire of one version: what is asked, what is said, and how it is scored."""

    version: int
    questionnaire: Questionnaire
    areas: tuple[Area, ...]
    groups: tuple[dict[str, Any], ...]
    texts: dict[str, Any]

    @property
    def questions(self) -> tuple[Question, ...]:
        return tuple(question for area in self.areas for question in area.questions)

    @property
    def context(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.texts["context"]
        return found

    def area(self, slug: str) -> Area | None:
        return next((area for area in self.areas if area.slug == slug), None)

    def area_of(self, question: str) -> Area:
        return next(area for area in self.areas if any(each.id == question for each in area.questions))

    def question(self, id: str) -> Question:
        return next(each for each in self.questions if each.id == id)

    def group_name(self, slug: str) -> str:
        return str(next(group["name"] for group in self.groups if group["slug"] == slug))

    def chosen(self, context: Mapping[str, str]) -> dict[str, dict[str, Any]]:
        """The options that say something, by context question."""
        return {
            question["id"]: option
            for question in self.context
            for option in question["options"]
            if option["id"] == context.get(question["id"]) and option["id"] != "none"
        }


def current() -> Edition:
    """The questionnaire in use. Raises NoQuestionnaire before the first load."""
    return _edition(QuestionnaireVersion.objects.key())


def of_version(version: int) -> Edition:
    """The questionnaire of a version, as it was last loaded. Raises NoQuestionnaire where there is none."""
    return _edition(QuestionnaireVersion.objects.key(version))


def _edition(key: tuple[int, str] | None) -> Edition:
    if key is None:
        raise NoQuestionnaire
    return _built(*key)


@lru_cache(maxsize=EDITIONS_KEPT)
def _built(version: int, digest: str) -> Edition:
    row = QuestionnaireVersion.objects.get(version=version, digest=digest)
    return build(row.version, row.data, row.page)


def build(version: int, data: Mapping[str, Any], page: Mapping[str, Any]) -> Edition:
    """From the files as they are, and with their texts set."""
    questionnaire = page["questionnaire"]
    group_of = {slug: group["slug"] for group in questionnaire["groups"] for slug in group["dimensions"]}
    areas: list[Area] = []
    for slug, group in group_of.items():
        first = 1 + sum(len(area.questions) for area in areas)
        areas.append(_area(slug, group, page["dimensions"][slug], first))
    return Edition(
        version=version,
        questionnaire=_questionnaire(version, data, group_of),
        areas=tuple(areas),
        groups=tuple(questionnaire["groups"]),
        texts=page["texts"],
    )


def _area(slug: str, group: str, page: Mapping[str, Any], first: int) -> Area:
    return Area(
        slug=slug,
        name=page["name"],
        why=page["why"],
        group=group,
        metrics=tuple(page["metrics"]),
        questions=tuple(_question(number, each) for number, each in enumerate(page["questions"], first)),
    )


def _question(number: int, page: Mapping[str, Any]) -> Question:
    answers = [
        Answer(
            str(value), each["label"], **({k: each["next"][k] for k in ("do", "effort")} if each["next"] else {})
        )
        for value, each in enumerate(page["answers"])
    ]
    return Question(
        number=number,
        id=page["id"],
        text=page["text"],
        axis=page["axis"],
        help=page["help"],
        proof=page["proof"],
        metrics=tuple(page["metrics"]),
        answers=tuple(answers),
    )


def _questionnaire(version: int, data: Mapping[str, Any], group_of: Mapping[str, Any]) -> Questionnaire:
    scored = data["questionnaire"]
    dimensions = data["dimensions"]
    return Questionnaire(
        version=version,
        dimensions=tuple(
            scoring.Dimension(slug, group, tuple(dimensions[slug]["metrics"])) for slug, group in group_of.items()
        ),
        questions=tuple(
            scoring.Question(
                each["id"], slug, tuple(answer["next"]["effort"] for answer in each["answers"] if answer["next"])
            )
            for slug in group_of
            for each in dimensions[slug]["questions"]
        ),
        effort_weeks=scored["effort_weeks"],
        cutoffs={row["questions"]: {stage: row[stage] for stage in scoring.STAGES} for row in scored["cutoffs"]},
        checks=tuple(
            scoring.Check(row["stage"], row["group"], row["level"], row["total"]) for row in scored["checks"]
        ),
        hints=tuple(_hint(row) for row in scored["hints"]),
        fewest_responses=scored["fewest_responses"],
    )


def _hint(row: Mapping[str, Any]) -> scoring.Hint:
    conditions = [
        scoring.Condition(each["question"], each["at_least"], each["at_most"]) for each in row["when"] or []
    ]
    return scoring.Hint(row["say"], tuple(conditions))
