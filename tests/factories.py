"""Rows of the assessment with sensible defaults, made the way the site makes them."""

import copy
from datetime import UTC, datetime

from django.test import Client

from assessment import actions, browser, content
from assessment.models import Assessment, QuestionnaireVersion
from directory.remembered import RESULT

from .questionnaire import responses_of, sample

MARK, OTHER_MARK = "m" * 43, "o" * 43
CASES = {case["id"]: case for case in sample()["worked_cases"]["cases"]}
RESULTS = {id: case for id, case in CASES.items() if case["stage"]}
FOUNDATIONS = 6  # the first questions
WALK = "typical-walk-team"


def maker(mark: str | None = MARK, **options) -> Client:
    """A browser with this mark, or a new one."""
    client = Client(**options)
    if mark:
        client.cookies[browser.COOKIE] = mark
    return client


def remembering(value: str, stage: str | None = None, **options) -> Client:
    """A browser with these cookies of a result."""
    client = Client(**options)
    client.cookies[RESULT] = value
    if stage is not None:
        client.cookies["stage"] = stage
    return client


def begun(responses=None, *, mark=MARK, version=1, context=None, answered=0) -> Assessment:
    """An unfinished assessment, with these responses or the third answer to the first questions."""
    made = Assessment(maker=browser.digest(mark), version=version, context=context or {})
    made.responses = responses or dict.fromkeys(question_ids()[:answered], "2")
    made.save()
    return made


def result(case=WALK, *, on=None, name="", **options) -> Assessment:
    """A finished one, with the answers of a worked case."""
    made = begun(responses_of(CASES[case]["answers"]), **options)
    made, _ = actions.finish(made.pk)
    assert made.finished, f"{case} gives no result"
    if name:
        actions.rename(made.pk, name)
    if on:
        noon = datetime(*on, 12, tzinfo=UTC)
        Assessment.objects.filter(pk=made.pk).update(started=noon, saved=noon, finished=noon)
    made.refresh_from_db()
    return made


def question_ids() -> list[str]:
    return [each.id for each in content.current().questions]


NEW_WORDS = "New words."


def new_version() -> None:
    """The questionnaire in use is version 2 from now on, which words every answer anew."""
    row = QuestionnaireVersion.objects.get(version=1)
    page = copy.deepcopy(row.page)
    for dimension in page["dimensions"].values():
        for question in dimension["questions"]:
            for answer in question["answers"]:
                answer["label"] = NEW_WORDS
    QuestionnaireVersion.objects.update(is_current=False)
    QuestionnaireVersion.objects.create(version=2, digest="new words", data=row.data, page=page)
