"""Two results of one version side by side: what moved, area by area and question by question."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.dateformat import format as date

from directory import words

from .content import Area, Edition, Question
from .models import Assessment
from .report import answer_label
from .scoring import NOT_SURE, DimensionScore, score


@dataclass(frozen=True)
class AreaChange:
    area: Area
    before: DimensionScore
    now: DimensionScore
    said: str
    direction: str  # up, down or nothing


@dataclass(frozen=True)
class AnswerChange:
    area: Area
    question: Question
    before: str
    now: str
    said: str
    direction: str


def days(results: Iterable[Assessment]) -> dict[str, str]:
    """By id, the day of each result; with the time (UTC) where another one is of the same day."""
    dated = [(each.pk, each.finished) for each in results if each.finished]
    counts = Counter(finished.date() for _, finished in dated)
    return {
        id: date(finished, "F j, Y, H:i" if counts[finished.date()] > 1 else "F j, Y")
        + (" UTC" if counts[finished.date()] > 1 else "")
        for id, finished in dated
    }


def areas(edition: Edition, before: Assessment, now: Assessment) -> list[AreaChange]:
    then = score(edition.questionnaire, before.responses).dimensions
    today = score(edition.questionnaire, now.responses).dimensions
    return [
        AreaChange(area, one, other, _points(other.points - one.points), _direction(other.points - one.points))
        for area, one, other in zip(edition.areas, then, today, strict=True)
    ]


def answers(edition: Edition, before: Assessment, now: Assessment) -> list[AnswerChange]:
    """Every question, in order; those that did not move say so."""
    changes = []
    for question in edition.questions:
        then, today = before.responses.get(question.id), now.responses.get(question.id)
        said, direction = _answer(then, today)
        changes.append(
            AnswerChange(
                edition.area_of(question.id),
                question,
                answer_label(edition, question.id, before.responses),
                answer_label(edition, question.id, now.responses),
                said,
                direction,
            )
        )
    return changes


def _answer(before: str | None, now: str | None) -> tuple[str, str]:
    if before == now:
        return "The same", ""
    if before in (None, NOT_SURE) and now not in (None, NOT_SURE):
        return "Found out", ""
    if now in (None, NOT_SURE):
        return "No longer known" if before is not None else "Not sure", ""
    difference = int(now or 0) - int(before or 0)
    way = "up" if difference > 0 else "down"
    return f"{words.count_words(abs(difference), 'place')} {way}", way


def _points(difference: int) -> str:
    if not difference:
        return "The same"
    return f"{words.count_words(abs(difference), 'point')} {'up' if difference > 0 else 'down'}"


def _direction(difference: int) -> str:
    return "up" if difference > 0 else "down" if difference < 0 else ""
