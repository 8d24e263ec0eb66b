"""Somebody who has answered before: rows made directly, and the cookies that the site would have left for them."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import connection
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils import timezone
from playwright.sync_api import Page

from assessment import actions, browser, content
from assessment.models import Assessment, QuestionnaireVersion
from tests.questionnaire import responses_of, sample

OLD_VERSION = 0
ALL_UNSURE = "all-unsure"
CONTEXT = {"main-segment": "smb", "arr-band": "5m-20m", "team-size": "some", "contract-type": "usage"}
LONGEST_NAME = "Donaudampfschifffahrtsgesellschaft Kundenerfolg Ost, Q3 2026"
Given = TypeVar("Given")


def beside(work: Callable[[], Given]) -> Given:
    """Do this in a thread of its own: Playwright keeps an event loop in this one, where Django allows no query."""

    def run() -> Given:
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result()


def answers_of(case: str) -> dict[str, str]:
    """The responses of a worked case, or "not sure" throughout."""
    if case == ALL_UNSURE:
        return dict.fromkeys(sample()["worked_cases"]["question_order"], "ns")
    cases = {each["id"]: each["answers"] for each in sample()["worked_cases"]["cases"]}
    return responses_of(cases[case])


def forget_all() -> None:
    """Delete what was answered, by whomever, and the questionnaire that only tests have."""

    def run() -> None:
        Assessment.objects.all().delete()
        QuestionnaireVersion.objects.filter(version=OLD_VERSION).delete()

    beside(run)


@dataclass
class Visitor:
    """Somebody with a browser of their own. `enter` gives a page the cookies; all else makes rows."""

    site: str

    def __post_init__(self) -> None:
        self.mark = browser.new_mark()
        self.cookies: dict[str, str] = {browser.COOKIE: self.mark}

    def enter(self, page: Page) -> Page:
        page.context.add_cookies([{"name": n, "value": v, "url": self.site} for n, v in self.cookies.items()])
        return page

    def begun(self, responses: Mapping[str, str]) -> Assessment:
        """An assessment on its way."""
        return beside(lambda: self._made(responses))

    def result(
        self,
        case: str = "typical-walk-team",
        *,
        name: str = "",
        context: Mapping[str, str] | None = None,
        days_ago: int = 0,
        is_old: bool = False,
    ) -> Assessment:
        """A worked case as a result; the browser remembers it where it is of today."""

        def run() -> Assessment:
            version = _old_version() if is_old else None
            made = self._made(answers_of(case), name=name, context=context or {}, version=version)
            made, _ = actions.finish(made.pk)
            if days_ago:
                made.finished = timezone.now() - datetime.timedelta(days=days_ago)
                made.save()
            else:
                self._remember(made)
            return made

        return beside(run)

    def _made(self, responses: Mapping[str, str], *, version: int | None = None, **fields: Any) -> Assessment:
        if version is None:
            version = QuestionnaireVersion.objects.get(is_current=True).version
        maker = browser.digest(self.mark)
        return Assessment.objects.create(maker=maker, version=version, responses=dict(responses), **fields)

    def _remember(self, made: Assessment) -> None:
        response = HttpResponse()
        edition = content.of_version(made.version)
        browser.remember_result(RequestFactory().get("/"), response, made, edition)
        self.cookies |= {name: each.value for name, each in response.cookies.items() if each.value}


def _old_version() -> int:
    """A questionnaire that is in use no more, with the questions of today."""
    row = QuestionnaireVersion.objects.get(is_current=True)
    row.pk, row.is_current = OLD_VERSION, False
    row.save(force_insert=True)
    return OLD_VERSION
