"""Everything that writes assessments. Each is one transaction that reads what it changes, so tabs lose nothing."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import asdict

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from directory.models import Priority, Stage

from . import content, report
from .forms import Loaded
from .models import MOST_LISTED, Assessment
from .scoring import Result, score

UNFINISHED_KEPT = datetime.timedelta(days=30)
EMPTY_KEPT = datetime.timedelta(days=1)  # without a single response: nothing is lost with them
EMPTY_SAFE = datetime.timedelta(hours=1)  # however full the site is: somebody may be reading the first question


class NoRoom(Exception):
    """The site keeps as many assessments as its owner allows."""


def start(maker: str, version: int) -> Assessment:
    """A new assessment; the one begun before where nothing was answered in it, so a double click makes one.

    Raises NoRoom where there are `ASSESSMENTS_AT_MOST`.
    """
    with transaction.atomic():
        empty = Assessment.objects.made_by(maker).unfinished().filter(version=version, responses={}, context={})
        return empty.first() or _with_room(Assessment(maker=maker, version=version))


def _with_room(assessment: Assessment) -> Assessment:
    """Save a new one, if there is room or the oldest without a response can make it.

    Strangers may fill the room, and nothing beyond it; to keep others out they have to answer, too.
    """
    missing = Assessment.objects.count() + 1 - settings.ASSESSMENTS_AT_MOST
    if missing > 0 and _drop_empty(missing) < missing:
        raise NoRoom
    assessment.save(force_insert=True)
    return assessment


def _drop_empty(count: int) -> int:
    """Delete so many without a response, the oldest first, in one statement. Returns how many there were."""
    empty = Assessment.objects.empty().filter(saved__lt=timezone.now() - EMPTY_SAFE).order_by("saved")
    return Assessment.objects.filter(pk__in=empty.values("pk")[:count]).delete()[0]


def save_responses(id: str, responses: Mapping[str, str]) -> Assessment:
    """Add these answers to what is there. Without news nothing is written, so "changed on" stays true."""
    with transaction.atomic():
        assessment = _locked(id)
        merged = {**assessment.responses, **responses}
        if merged != assessment.responses:
            assessment.responses = merged
            _settle(assessment)
        return assessment


def save_context(id: str, context: Mapping[str, str]) -> Assessment:
    with transaction.atomic():
        assessment = _locked(id)
        merged = {**assessment.context, **context}
        if merged != assessment.context:
            assessment.context = merged
            _settle(assessment)
        return assessment


def finish(id: str) -> tuple[Assessment, Result]:
    """Turn an assessment with enough answers into a result; with too few it stays as it is."""
    with transaction.atomic():
        assessment = _locked(id)
        result = scored(assessment)
        if not result.questions_left and assessment.finished is None:
            assessment.finished = timezone.now()
            _settle(assessment)
        return assessment, result


def rename(id: str, name: str) -> None:
    with transaction.atomic():
        assessment = _locked(id)
        assessment.name = name
        assessment.save(update_fields=["name"])


def delete(id: str) -> None:
    Assessment.objects.filter(pk=id).delete()


def load(maker: str, loaded: Loaded) -> Assessment:
    """An assessment from a file, as one of this browser; a result where it has enough answers.

    A file sent twice, or of a result that this browser still has, makes no second one. Raises NoRoom like `start`.
    """
    with transaction.atomic():
        assessment = Assessment(
            maker=maker,
            version=loaded.version,
            name=loaded.name,
            responses=loaded.responses,
            context=loaded.context,
        )
        if not scored(assessment).questions_left:
            now = timezone.now()
            at_noon = datetime.time(12, tzinfo=datetime.UTC)
            day = datetime.datetime.combine(loaded.answered, at_noon) if loaded.answered else now
            assessment.finished = min(day, now)
        if twin := _twin(assessment):
            return twin
        _settle(_with_room(assessment))
        if assessment.finished is not None:  # nothing was changed since, as far as the file tells
            Assessment.objects.filter(pk=assessment.pk).update(saved=assessment.finished)
        return assessment


def purge(*, keep_days: int | None = None, dry_run: bool = False) -> tuple[int, int]:
    """Delete results older than so many days (none: keep them) and what nobody finished in 30 days.

    What was begun without a single response goes after a day. Returns how many results and how many unfinished
    assessments that are, or would be.
    """
    now = timezone.now()
    days = settings.ASSESSMENT_KEEP_DAYS if keep_days is None else keep_days
    old = Assessment.objects.to_purge(
        finished_before=now - datetime.timedelta(days=days) if days else None,
        saved_before=now - UNFINISHED_KEPT,
        empty_before=now - EMPTY_KEPT,
    )
    with transaction.atomic():
        results, unfinished = old.finished().count(), old.unfinished().count()
        if not dry_run:
            old.delete()
    return results, unfinished


def scored(assessment: Assessment) -> Result:
    """What the responses come to, by the questionnaire they were given to."""
    return score(content.of_version(assessment.version).questionnaire, assessment.responses)


def _locked(id: str) -> Assessment:
    return Assessment.objects.select_for_update().get(pk=id)


def _twin(assessment: Assessment) -> Assessment | None:
    """Another one of the same browser with the same name, answers and day; looked for among its newest."""
    own = Assessment.objects.made_by(assessment.maker).filter(version=assessment.version, name=assessment.name)
    return next((each for each in own[:MOST_LISTED] if _contents(each) == _contents(assessment)), None)


def _contents(assessment: Assessment) -> tuple[object, ...]:
    day = assessment.finished.date() if assessment.finished else None
    return assessment.responses, assessment.context, day


def _settle(assessment: Assessment) -> None:
    """Save, with the stage and the focus metrics that the result has now, in the words of today."""
    if assessment.finished is not None:
        edition = content.of_version(assessment.version)
        result = score(edition.questionnaire, assessment.responses)
        stages = {each.slug: each for each in Stage.objects.all()}
        focus = Priority.objects.filter(stage=result.stage, rank__lte=Priority.FOCUS).order_by("rank")
        rows = report.focus_rows(
            edition,
            result,
            [(each.metric, each.reason) for each in focus.select_related("metric")],
            edition.chosen(assessment.context),
            stages,
        )
        assessment.stage, assessment.focus = result.stage or "", [asdict(row) for row in rows]
    assessment.save()
