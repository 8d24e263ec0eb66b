"""The pages of the assessment in every state, and those of the directory for a reader with a result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from playwright.sync_api import Page, expect

from .visitor import CONTEXT, LONGEST_NAME, Visitor

LIST = "/assessment/results/"
PARTLY = {"retained-revenue": "2", "leaving-reasons": "1", "renewals-ahead": "ns", "onboarding-steps": "2"}


@dataclass(frozen=True)
class State:
    """What a visitor did before, given as the address that this leads to, and what is done there."""

    made: Callable[[Visitor], str]
    then: Callable[[Page], None] | None = None
    refused: str | None = None  # the address that answers with an error, relative to that one
    is_stranger: bool = False

    def addresses_refused(self, path: str) -> list[str]:
        return [] if self.refused is None else [urljoin(path, self.refused)]

    def show(self, page: Page, visitor: Visitor, path: str) -> None:
        """Leave the page in this state; `path` is what `made` gave."""
        if not self.is_stranger:
            visitor.enter(page)
        page.goto(path)
        if self.then:
            self.then(page)


# -- What was done before --


def result(case: str, **made: Any) -> Callable[[Visitor], str]:
    return lambda visitor: visitor.result(case, **made).get_absolute_url()


def begun(step: str, responses: dict[str, str] | None = None) -> Callable[[Visitor], str]:
    return lambda visitor: f"{visitor.begun(responses or {}).get_absolute_url()}{step}"


def with_result(path: str) -> Callable[[Visitor], str]:
    """Any page, for a reader with a result and a segment."""

    def made(visitor: Visitor) -> str:
        visitor.result("typical-walk-team", context=CONTEXT)
        return path

    return made


def two_results(visitor: Visitor) -> tuple[str, str]:
    before = visitor.result("walk-minus-one-foundation", days_ago=92)
    return before.pk, visitor.result("typical-walk-team", name=LONGEST_NAME).pk


def full_list(visitor: Visitor) -> str:
    two_results(visitor)
    visitor.begun(PARTLY)
    return LIST


def full_start(visitor: Visitor) -> str:
    full_list(visitor)
    return "/assessment/?saved"


def comparison(visitor: Visitor) -> str:
    before, now = two_results(visitor)
    return f"{LIST}compare/?results={before}&results={now}"


def confirmation(visitor: Visitor) -> str:
    return f"{visitor.result('run-exact', name=LONGEST_NAME).get_absolute_url()}delete/"


# -- What is done there --


def expect_summary(page: Page) -> None:
    expect(page.locator(".error-summary")).to_be_visible()


def finish(page: Page) -> None:
    page.get_by_role("button", name="See your result").last.click()
    expect_summary(page)


def send_an_unknown_answer(page: Page) -> None:
    page.locator(".question input[type=radio]").first.evaluate("each => { each.value = '9'; each.checked = true }")
    page.locator(".action-bar").get_by_role("button", name="Next").click()
    expect_summary(page)


def load_nothing(page: Page) -> None:
    page.get_by_role("button", name="Load it").click()
    expect_summary(page)


def keep_a_long_name(page: Page) -> None:
    page.locator("#name").evaluate(
        "each => { each.maxLength = 999; each.value = 'Team East and all others '.repeat(4) }"
    )
    page.get_by_role("button", name="Keep the name").click()
    expect_summary(page)


def delete_as_somebody_else(page: Page) -> None:
    page.context.clear_cookies(name="browser")
    page.get_by_role("button", name="Delete it").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Only the browser that began it")


STATES = {
    "start": State(lambda visitor: "/assessment/"),
    "start-full": State(full_start),
    "area": State(begun("retention-visibility/")),
    "area-open": State(begun("onboarding/?open", PARTLY)),
    "area-refused": State(begun("onboarding/", PARTLY), send_an_unknown_answer, refused=""),
    "context": State(begun("context/", PARTLY)),
    "too-early": State(begun("context/", PARTLY), finish, refused=""),
    "crawl": State(result("not-sure-foundation", context=CONTEXT)),
    "crawl-gate": State(result("tools-before-basics")),
    "just-starting": State(result("all-first")),
    "walk": State(result("typical-walk-team", name=LONGEST_NAME, context=CONTEXT)),
    "run": State(result("run-exact")),
    "provisional": State(result("unanswered-provisional")),
    "hints": State(result("answers-that-do-not-fit")),
    "old-version": State(result("typical-walk-team", is_old=True)),
    "name-refused": State(result("not-sure-run"), keep_a_long_name, refused="name/"),
    "stranger": State(result("all-third", name=LONGEST_NAME, context=CONTEXT), is_stranger=True),
    "list": State(full_list),
    "list-empty": State(lambda visitor: LIST),
    "list-refused": State(full_list, load_nothing, refused="/assessment/load/"),
    "comparison": State(comparison),
    "delete": State(confirmation),
    "not-yours": State(confirmation, delete_as_somebody_else, refused=""),
    "no-result": State(lambda visitor: f"/assessment/{'a' * 26}/", refused=""),
    "remembered-directory": State(with_result("/")),
    "remembered-map": State(with_result("/map/")),
    "remembered-metric": State(with_result("/metrics/gross-revenue-retention/")),
    "remembered-search": State(with_result("/search/?q=churn")),
}
