"""The assessment as a team takes it: from the first question to a result, to the directory, and away again."""

import datetime
import json
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from playwright.sync_api import Error, Locator, Page, Route, expect

from tests.questionnaire import sample

from .visitor import ALL_UNSURE, CONTEXT, LONGEST_NAME, Visitor, answers_of, beside

ORDER = yaml.safe_load((settings.CONTENT_DIR / "order.yaml").read_text())
SIZES = {"phone": (360, 740), "desk": (1280, 900)}
ELSEWHERE = (1024, 768)  # the screen of somebody else
WALK = "typical-walk-team"
QUESTIONS = {
    area["slug"]: [each["id"] for each in sample()["questions"] if each["dimension"] == area["slug"]]
    for area in sample()["dimensions"]
}
AREAS = list(QUESTIONS)
ALL = sum(map(len, QUESTIONS.values()))
ID = r"/assessment/([a-z2-7]{26})/"


@pytest.fixture(params=SIZES)
def size(request: pytest.FixtureRequest) -> tuple[int, int]:
    return SIZES[request.param]


@pytest.fixture(params=[True, False], ids=["script", "plain"])
def script(request: pytest.FixtureRequest) -> bool:
    return request.param


@pytest.fixture
def page(open_page: Callable[..., Page], size: tuple[int, int], script: bool) -> Page:
    return open_page(*size, java_script_enabled=script)


@pytest.fixture
def page_with_script(open_page: Callable[..., Page]) -> Page:
    return open_page(*SIZES["desk"], java_script_enabled=True)


# -- What a reader does --


def start(page: Page) -> str:
    """Begin an assessment. Gives its address."""
    page.goto("/assessment/")
    page.get_by_role("button", name="Start with question 1").click()
    expect(page).to_have_url(re.compile(f"{ID}{AREAS[0]}/$"))
    return page.url.removesuffix(f"{AREAS[0]}/")


def radio(page: Page, question: str, value: str) -> Locator:
    return page.locator(f"input[type=radio][name={question}][value='{value}']")


def choose(page: Page, answers: dict[str, str]) -> None:
    for question, value in answers.items():
        radio(page, question, value).check()


def answer_area(page: Page, area: str, answers: dict[str, str]) -> None:
    choose(page, {each: answers[each] for each in QUESTIONS[area] if each in answers})


def press(page: Page, name: str) -> None:
    page.locator(".action-bar").get_by_role("button", name=name).click()


def expect_saved(page: Page, count: int) -> None:
    expect(page.locator("#saved")).to_have_text(f"{count} of {ALL} answered. Saved.")


def expect_chosen(page: Page, answers: dict[str, str]) -> None:
    """The page shows these answers, and no other ones."""
    for question, value in answers.items():
        expect(radio(page, question, value)).to_be_checked()
    expect(page.locator(".question input:checked")).to_have_count(len(answers))


def listed(page: Page) -> list[str]:
    return page.locator("#metric-results [data-metric]").evaluate_all(
        "entries => entries.map(entry => entry.dataset.metric)"
    )


def switch_to(page: Page, name: str) -> None:
    page.locator(".stage-switch").get_by_role("button", name=name).click()


def today() -> str:
    day = datetime.datetime.now(tz=datetime.UTC)
    return f"{day:%B} {day.day}"


# -- From the first question to a sorted directory --


def test_a_team_takes_it_in_full_and_finds_the_directory_sorted(page: Page) -> None:
    answers = answers_of(WALK)
    start(page)
    for number, area in enumerate(AREAS, 1):
        expect(page.locator("#progress")).to_contain_text(f"Area {number} of {len(AREAS)}")
        expect(page.locator("#area-list [aria-current=step]")).to_contain_text("0 of ")
        answer_area(page, area, answers)
        press(page, "Next")
    expect(page.get_by_role("heading", level=1)).to_have_text("Four optional questions")
    expect(page.locator("#progress")).to_contain_text(f"{ALL} of {ALL} questions answered")
    choose(page, CONTEXT)
    press(page, "See your result")

    expect(page).to_have_url(re.compile(f"{ID}$"))
    result = page.url
    expect(page.get_by_role("heading", level=1)).to_have_text("Your team is at Walk")
    main = page.locator("main")
    expect(main).to_contain_text("Fifteen steps, some of them on the same answer, would take you to Run.")
    expect(page.locator("#why")).to_contain_text("Walk: foundations")
    expect(page.locator("#moves ol.columns > li")).to_have_count(3)
    focus = page.locator("#focus [data-metric]")
    expect(focus).to_have_count(4)
    assert [each.get_attribute("data-metric") for each in focus.all()] == ORDER["walk"][:4]
    expect(focus.first).to_contain_text("For SMB")
    expect(page.locator("#areas tbody tr")).to_have_count(len(AREAS))

    said = f"Sorted for Walk, from your result of {today()}"
    page.goto("/")
    expect(page.locator("main")).to_contain_text(said)
    assert listed(page) == ORDER["walk"]
    page.goto("/map/")
    expect(page.locator("main")).to_contain_text(f"for Walk, from your result of {today()}")
    expect(page.locator(".map thead .is-mine")).to_contain_text("Walk")
    page.goto("/metrics/gross-revenue-retention/")
    expect(page.locator("#stages .is-mine")).to_contain_text("Walk")
    expect(page.locator("#benchmarks .columns .is-mine")).to_contain_text("SMB")
    page.goto("/search/?q=churn")
    expect(page.locator("main .remembered")).to_contain_text("for Walk, from your result of")

    page.goto(result)
    page.locator(".verdict__numeral + div").get_by_role("link", name="Delete").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Delete this result?")
    page.get_by_role("button", name="Delete it").click()
    expect(page.get_by_role("status").filter(has_text="Deleted.")).to_be_visible()
    expect(page.locator("main")).to_contain_text("There is no result in this browser yet.")
    page.goto("/")
    assert listed(page) == ORDER["directory"]
    expect(page.locator("main")).not_to_contain_text("your result")
    page.goto("/metrics/gross-revenue-retention/")
    expect(page.locator("main .is-mine")).to_have_count(0)


def test_the_stage_can_be_switched_on_every_page_and_is_kept(page: Page, visitor: Visitor) -> None:
    made = visitor.result(WALK)
    visitor.enter(page).goto("/")
    switch_to(page, "Run")
    expect(page).to_have_url("/")
    assert listed(page) == ORDER["run"]
    expect(page.locator("main")).to_contain_text("Sorted for Run, as you chose.")

    page.goto("/map/")
    expect(page.locator(".map thead .is-mine")).to_contain_text("Run")
    switch_to(page, "No stage")
    expect(page).to_have_url("/map/")
    expect(page.locator(".map .is-mine")).to_have_count(0)
    page.goto("/search/?q=churn")
    switch_to(page, "Crawl")
    expect(page).to_have_url("/search/?q=churn")
    expect(page.locator("main .remembered")).to_contain_text("Marked for Crawl, as you chose.")
    page.goto(f"/metrics/{ORDER['walk'][0]}/")
    expect(page.locator("#stages .is-mine")).to_contain_text("Crawl")
    switch_to(page, "No stage")
    expect(page.locator("#stages .is-mine")).to_have_count(0)
    page.goto("/")
    assert listed(page) == ORDER["directory"]
    page.goto("/?stage=crawl")
    assert listed(page) == ORDER["crawl"]

    page.goto(made.get_absolute_url())
    switch_to(page, "Walk")
    expect(page.locator("#moved")).to_contain_text(f"Sorted for Walk, from your result of {today()}")
    switch_to(page, "No stage")
    page.goto("/")
    assert listed(page) == ORDER["directory"]
    page.reload()
    assert listed(page) == ORDER["directory"]


def test_a_segment_of_the_result_can_be_changed_on_a_metric(page: Page, visitor: Visitor) -> None:
    visitor.result(WALK, context=CONTEXT)
    visitor.enter(page).goto("/metrics/gross-revenue-retention/")
    segments = page.get_by_role("navigation", name="Your segment")
    expect(segments.locator("[aria-current]")).to_have_text("SMB")
    segments.get_by_role("link", name="Enterprise").click()
    expect(segments.locator("[aria-current]")).to_have_text("Enterprise")
    expect(page.locator("#benchmarks .columns .is-mine")).to_contain_text("Enterprise")


# -- Leaving and coming back --


def test_whoever_leaves_half_way_goes_on_where_they_stopped(page: Page, script: bool) -> None:
    answers = answers_of(WALK)
    first, second = AREAS[:2]
    tab = page.context.new_page()
    start(tab)
    answer_area(tab, first, answers)
    press(tab, "Next")
    started = {each: answers[each] for each in QUESTIONS[second][:2]}
    choose(tab, started)
    if script:
        expect_saved(tab, 5)
    else:
        press(tab, "Save and continue later")
        expect(tab).to_have_url("/assessment/?saved")
        expect(tab.locator("main").get_by_role("status")).to_contain_text("Saved.")
    tab.close()

    page.goto("/assessment/")
    expect(page.locator("main")).to_contain_text(f"5 of {ALL} questions answered")
    page.get_by_role("link", name="Go on where you stopped").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Onboarding and first value")
    expect_chosen(page, started)
    press(page, "Back")
    expect_chosen(page, {each: answers[each] for each in QUESTIONS[first]})
    page.go_back()
    expect_chosen(page, started)
    page.reload()
    expect_chosen(page, started)


def test_areas_can_be_answered_in_any_order(page: Page, visitor: Visitor) -> None:
    made = visitor.begun({})
    visitor.enter(page).goto(f"{made.get_absolute_url()}{AREAS[0]}/")
    choose(page, {"retained-revenue": "2"})
    areas = page.locator("#area-list")
    areas.get_by_role("button", name="Automation and AI").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Automation and AI")
    expect(areas.get_by_role("button", name="Retention visibility")).to_contain_text("1 of 3")
    choose(page, {"ai-use": "ns"})
    areas.get_by_role("button", name="Retention visibility").click()
    expect_chosen(page, {"retained-revenue": "2"})
    expect(areas.get_by_role("button", name="Automation and AI")).to_contain_text("1 of 2")


# -- Too early --


def test_the_summary_of_what_is_missing_leads_to_each_open_question(
    page: Page, script: bool, visitor: Visitor, complaints: Any
) -> None:
    answers = answers_of("all-third")
    missing = ["first-value", "stuck-customers"]
    given = {each: value for each, value in answers.items() if each not in missing}
    made = visitor.begun(given)
    context = complaints.expect_missing(f"{made.get_absolute_url()}context/")
    visitor.enter(page).goto(context)
    choose(page, {"main-segment": "enterprise"})
    press(page, "See your result")
    summary = page.get_by_role("alert")
    expect(summary).to_contain_text("Two questions of the foundations still need an answer")
    expect(page).to_have_title(re.compile("^Error: "))
    expect(radio(page, "main-segment", "enterprise")).to_be_checked()
    if script:
        expect(summary).to_be_focused()
    expect(summary.get_by_role("link")).to_have_count(2)
    summary.get_by_role("link").first.click()

    question = page.locator("#first-value")
    expect(question).to_be_in_viewport()
    expect(question).to_contain_text("Choose the answer you could show proof of")
    page.keyboard.press("Tab")
    expect(question.locator("summary")).to_be_focused()
    summary = page.get_by_role("alert")
    expect(summary.get_by_role("link")).to_have_count(2)
    summary.get_by_role("link").last.click()
    expect(page.locator("#stuck-customers")).to_be_in_viewport()
    expect(radio(page, "onboarding-steps", "2")).to_be_checked()
    choose(page, dict.fromkeys(missing, "2"))
    page.locator("#area-list").get_by_role("button", name="See the result").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your team is at Walk")


def test_some_open_questions_give_a_provisional_result(page: Page, visitor: Visitor) -> None:
    made = visitor.begun(answers_of("unanswered-provisional"))
    visitor.enter(page).goto(f"{made.get_absolute_url()}context/")
    press(page, "See your result")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your team is at Crawl")
    expect(page.locator("main")).to_contain_text("Provisional.")
    page.get_by_role("link", name="question 13", exact=True).click()
    expect(page.locator("#attention-tiers")).to_be_in_viewport()
    choose(page, {"attention-tiers": "2", "number-review": "2"})
    page.locator("#area-list").get_by_role("button", name="Back to the result").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your team is at Walk")


# -- Saving as answers are given --


def test_answers_given_by_keyboard_are_saved_and_the_focus_stays(page_with_script: Page, visitor: Visitor) -> None:
    page, made = page_with_script, visitor.begun({})
    visitor.enter(page).goto(f"{made.get_absolute_url()}{AREAS[0]}/")
    radio(page, "retained-revenue", "0").focus()
    page.keyboard.press("Space")
    expect_saved(page, 1)
    expect(radio(page, "retained-revenue", "0")).to_be_focused()
    for value in ("1", "2"):
        page.keyboard.press("ArrowDown")
        expect(radio(page, "retained-revenue", value)).to_be_focused()
        expect(radio(page, "retained-revenue", value)).to_be_checked()
    page.keyboard.press("Tab")  # the help of the next question
    page.keyboard.press("Enter")
    expect(page.locator("#leaving-reasons details")).to_have_attribute("open", "")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowUp")  # from the first answer round to the last
    expect(radio(page, "leaving-reasons", "ns")).to_be_checked()
    expect_saved(page, 2)
    expect(radio(page, "leaving-reasons", "ns")).to_be_focused()
    expect(page.locator("#leaving-reasons details")).to_have_attribute("open", "")
    expect(page.locator("#area-list [aria-current=step]")).to_contain_text("2 of 3")
    page.reload()
    expect_chosen(page, {"retained-revenue": "2", "leaving-reasons": "ns"})

    page.locator("#leaving-reasons input:checked").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Onboarding and first value")


def test_answers_are_sent_one_after_another(page_with_script: Page, visitor: Visitor) -> None:
    """Or else the answer to the first may arrive last, and the page say less than what is saved."""
    page, made, asked = page_with_script, visitor.begun({}), []
    path = f"{made.get_absolute_url()}{AREAS[0]}/"
    visitor.enter(page).goto(path)

    def hold_the_first(route: Any) -> None:
        asked.append(route)
        if len(asked) > 1:
            route.continue_()

    page.route(f"**{path}", hold_the_first)
    choose(page, {"retained-revenue": "0", "leaving-reasons": "1"})
    page.wait_for_timeout(100)
    assert len(asked) == 1
    asked[0].continue_()
    expect_saved(page, 2)


@pytest.mark.parametrize("leave", ["closing the tab", "following a link"])
def test_answers_still_on_their_way_are_sent_by_whoever_leaves(
    page_with_script: Page, visitor: Visitor, leave: str
) -> None:
    """On a slow line htmx sends one answer after another, and drops the rest with the page."""
    made = visitor.begun({})
    path = f"{made.get_absolute_url()}{AREAS[0]}/"
    visitor.enter(page_with_script)
    tab = page_with_script.context.new_page()
    tab.goto(path)

    held: list[Route] = []

    def hold_single_answers(route: Route) -> None:
        if "was-" in (route.request.post_data or ""):
            route.continue_()
        else:
            held.append(route)

    tab.route(f"**{path}", hold_single_answers)
    chosen = {"retained-revenue": "2", "leaving-reasons": "1", "renewals-ahead": "ns"}
    choose(tab, chosen)
    expect(tab.locator("#saved")).to_have_text("Saving…")
    if leave == "closing the tab":
        tab.close(run_before_unload=True)
    else:
        tab.locator(".site-header a").first.click()
    for route in held:
        with suppress(Error):  # gone with its page
            route.abort()

    expect_kept(page_with_script, path, chosen)


def expect_kept(page: Page, path: str, answers: dict[str, str]) -> None:
    for _ in range(50):
        page.goto(path)
        if page.locator(".question input:checked").count() == len(answers):
            break
        page.wait_for_timeout(100)
    expect_chosen(page, answers)


def test_nothing_is_sent_by_whoever_leaves_with_everything_saved(page_with_script: Page, visitor: Visitor) -> None:
    page, made, sent = page_with_script, visitor.begun({}), []
    visitor.enter(page).goto(f"{made.get_absolute_url()}{AREAS[0]}/")
    choose(page, {"retained-revenue": "2"})
    expect_saved(page, 1)
    page.on("request", lambda request: sent.append(request.method))
    page.goto("/assessment/")
    assert "POST" not in sent


def test_answering_what_was_deleted_says_so(page_with_script: Page, visitor: Visitor, complaints: Any) -> None:
    page, made = page_with_script, visitor.begun({})
    path = complaints.expect_missing(f"{made.get_absolute_url()}{AREAS[0]}/")
    visitor.enter(page).goto(path)
    beside(made.delete)
    choose(page, {"retained-revenue": "2"})
    expect(page.locator("#saved")).to_have_text(
        "Not saved: this assessment may have been deleted. Reload the page."
    )
    complaints.found.clear()


def test_page_says_when_answers_are_saved(page: Page, visitor: Visitor, script: bool) -> None:
    visitor.enter(page).goto(f"{visitor.begun({}).get_absolute_url()}{AREAS[0]}/")
    when = "Saved as you go." if script else "Saved when you press a button."
    expect(page.locator("#saved")).to_have_text(f"0 of {ALL} answered. {when}")


@pytest.mark.parametrize("area", AREAS)
def test_action_bar_is_one_row_at_a_desk(page_with_script: Page, visitor: Visitor, area: str) -> None:
    page = visitor.enter(page_with_script)
    page.goto(f"{visitor.begun({}).get_absolute_url()}{area}/")
    middles = page.locator(".action-bar > *").evaluate_all(
        "all => all.map(each => each.getBoundingClientRect()).map(box => (box.top + box.bottom) / 2)"
    )
    assert max(middles) - min(middles) < 4


FAILURES: dict[str, Callable[[Route], None]] = {
    "no answer": lambda route: route.abort("connectionrefused"),
    "an error": lambda route: route.fulfill(status=502, body="Bad gateway"),
}
every_failure = pytest.mark.parametrize("failure", FAILURES)


def fail_to_save(page: Page, path: str, failure: Callable[[Route], None]) -> None:
    """Choose an answer while the site cannot be reached."""
    page.route(f"**{path}", failure)
    choose(page, {"retained-revenue": "2"})
    expect(page.locator("#saved")).to_contain_text("Not saved")
    expect_chosen(page, {"retained-revenue": "2"})
    page.unroute(f"**{path}")


@every_failure
def test_a_failed_save_says_so_and_nothing_is_lost(
    page_with_script: Page, visitor: Visitor, complaints: Any, failure: str
) -> None:
    page, made = page_with_script, visitor.begun({})
    path = f"{made.get_absolute_url()}{AREAS[0]}/"
    visitor.enter(page).goto(path)
    fail_to_save(page, path, FAILURES[failure])
    complaints.found.clear()
    press(page, "Next")
    expect(page.get_by_role("heading", level=1)).to_have_text("Onboarding and first value")
    expect(page.locator("#progress")).to_contain_text(f"1 of {ALL} questions answered")
    page.go_back()
    expect_chosen(page, {"retained-revenue": "2"})


@every_failure
def test_what_could_not_be_saved_is_sent_again_with_the_next_answer(
    page_with_script: Page, visitor: Visitor, complaints: Any, failure: str
) -> None:
    """A "Saved." that forgot one of them would be believed."""
    page, made = page_with_script, visitor.begun({})
    path = f"{made.get_absolute_url()}{AREAS[0]}/"
    visitor.enter(page).goto(path)
    fail_to_save(page, path, FAILURES[failure])
    complaints.found.clear()
    choose(page, {"leaving-reasons": "1"})
    expect_saved(page, 2)
    page.goto("/assessment/")
    page.get_by_role("link", name="Go on where you stopped").click()
    expect_chosen(page, {"retained-revenue": "2", "leaving-reasons": "1"})


def test_the_back_button_shows_what_was_chosen_last(page_with_script: Page, visitor: Visitor) -> None:
    page, made = page_with_script, visitor.begun({})
    visitor.enter(page).goto(f"{made.get_absolute_url()}{AREAS[0]}/")
    choose(page, {"retained-revenue": "1"})
    expect_saved(page, 1)
    choose(page, {"retained-revenue": "3"})
    press(page, "Next")
    expect(page.get_by_role("heading", level=1)).to_have_text("Onboarding and first value")
    page.go_back()
    expect_chosen(page, {"retained-revenue": "3"})
    expect(page.locator("#progress")).to_contain_text(f"1 of {ALL} questions answered")


def test_two_tabs_lose_nothing_of_each_other(page: Page, visitor: Visitor) -> None:
    made = visitor.begun({"retained-revenue": "0"})
    path = f"{made.get_absolute_url()}{AREAS[0]}/"
    visitor.enter(page).goto(path)
    other = page.context.new_page()
    other.goto(path)
    choose(page, {"retained-revenue": "2"})
    press(page, "Next")
    expect(page.get_by_role("heading", level=1)).to_have_text("Onboarding and first value")
    choose(other, {"leaving-reasons": "3"})
    press(other, "Next")
    expect(other.locator("#progress")).to_contain_text(f"2 of {ALL} questions answered")
    other.go_back()
    other.reload()
    expect_chosen(other, {"retained-revenue": "2", "leaving-reasons": "3"})


# -- Keeping and sharing a result --


def test_somebody_else_with_the_link_reads_and_changes_nothing(
    page: Page, visitor: Visitor, open_page: Callable[..., Page], script: bool, complaints: Any
) -> None:
    made = visitor.result(WALK)
    link = made.get_absolute_url()
    visitor.enter(page).goto(link)
    page.get_by_label("Name of the team").fill("Team East, Q3")
    page.get_by_role("button", name="Keep the name").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Team East, Q3 is at Walk")

    stranger = open_page(*ELSEWHERE, java_script_enabled=script)
    stranger.goto(link)
    expect(stranger.get_by_role("heading", level=1)).to_have_text("Team East, Q3 is at Walk")
    expect(stranger.locator("main form")).to_have_count(0)
    expect(stranger.locator("main").get_by_role("link", name=re.compile("Delete|Change|Question"))).to_have_count(
        0
    )
    stranger.goto(f"{link}{AREAS[0]}/")
    expect(stranger).to_have_url(link)
    stranger.goto("/")
    assert listed(stranger) == ORDER["directory"]
    stranger.goto("/assessment/results/")
    expect(stranger.locator("main")).to_contain_text("There is no result in this browser yet.")

    page.goto(f"{link}delete/")
    page.get_by_role("button", name="Delete it").click()
    expect(page).to_have_url("/assessment/results/?deleted")
    response = stranger.goto(complaints.expect_missing(link))
    assert response is not None
    assert response.status == 404
    expect(stranger.get_by_role("heading", level=1)).to_have_text("There is no result at this address")


def test_the_link_can_be_copied(open_page: Callable[..., Page], visitor: Visitor, site: str) -> None:
    page = visitor.enter(open_page(*SIZES["desk"], permissions=["clipboard-read", "clipboard-write"]))
    made = visitor.result(WALK)
    page.goto(made.get_absolute_url())
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("status").filter(has_text="Copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == f"{site}{made.get_absolute_url()}"
    expect(page.get_by_role("button", name="Print")).to_be_visible()


def test_what_needs_script_is_not_shown_without_it(open_page: Callable[..., Page], visitor: Visitor) -> None:
    page = visitor.enter(open_page(*SIZES["desk"], java_script_enabled=False))
    page.goto(visitor.result(WALK).get_absolute_url())
    for hidden in page.locator("[hidden]").all():
        expect(hidden).not_to_be_visible()
    expect(page.get_by_role("button", name="Copy link")).to_have_count(0)
    expect(page.get_by_role("button", name="Print")).to_have_count(0)


def test_a_result_goes_into_a_file_and_comes_back_in_another_browser(
    page: Page, visitor: Visitor, open_page: Callable[..., Page], script: bool, tmp_path: Path
) -> None:
    made = visitor.result(WALK, name="Team East", context=CONTEXT)
    visitor.enter(page).goto(made.get_absolute_url())
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download answers and result").click()
    file = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(file)
    assert json.loads(file.read_text())["responses"] == made.responses

    other = open_page(*ELSEWHERE, java_script_enabled=script)
    other.goto("/assessment/results/")
    other.get_by_label("The JSON file").set_input_files(file)
    other.get_by_role("button", name="Load it").click()
    expect(other).to_have_url(re.compile(f"{ID}$"))
    assert made.pk not in other.url
    expect(other.get_by_role("heading", level=1)).to_have_text("Team East is at Walk")
    other.goto("/")
    assert listed(other) == ORDER["walk"]


def test_a_file_that_is_none_of_ours_is_refused_with_the_reason(
    page: Page, complaints: Any, tmp_path: Path
) -> None:
    file = tmp_path / "holiday.json"
    file.write_text('{"beach": true}')
    page.goto("/assessment/results/")
    page.get_by_label("The JSON file").set_input_files(file)
    complaints.expect_missing("/assessment/load/")
    page.get_by_role("button", name="Load it").click()
    expect(page.get_by_role("alert")).to_contain_text("This file is not an assessment")
    page.goto("/assessment/results/")
    expect(page.locator("main")).to_contain_text("There is no result in this browser yet.")


def test_two_results_are_set_side_by_side(page: Page, visitor: Visitor) -> None:
    visitor.result("walk-minus-one-foundation", days_ago=92)
    visitor.result(WALK, name=LONGEST_NAME)
    visitor.enter(page).goto("/assessment/results/")
    expect(page.locator("main tbody tr")).to_have_count(2)
    page.get_by_role("button", name="Compare the two").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("From Crawl to Walk")
    expect(page.locator("main tbody").first.locator("tr")).to_have_count(len(AREAS))


def test_a_changed_answer_changes_the_result_and_the_directory(page: Page, visitor: Visitor) -> None:
    made = visitor.result("walk-minus-one-foundation")
    visitor.enter(page).goto("/")
    assert listed(page) == ORDER["crawl"]
    page.goto(made.get_absolute_url())
    page.get_by_role("link", name="Change an answer").click()
    choose(page, {"leaving-reasons": "2"})
    page.locator("#area-list").get_by_role("button", name="Back to the result").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your team is at Walk")
    page.goto("/")
    assert listed(page) == ORDER["walk"]


# -- Paper --

SHEETS = ("A4", "Letter")


def longest_remarks(stage: str) -> dict[str, str]:
    """The options of the context with the most to say at a stage."""
    texts = yaml.safe_load((settings.CONTENT_DIR / "assessment" / "texts.yaml").read_text())
    sizes, ways_to_pay = (each["options"][:-1] for each in texts["context"][2:])
    return {
        "team-size": max(sizes, key=lambda option: len(option["note"][stage]))["id"],
        "contract-type": max(ways_to_pay, key=lambda option: len(option["tip"]))["id"],
    }


@pytest.mark.parametrize("segment", ["smb", "enterprise"])
@pytest.mark.parametrize(
    ("case", "stage"),
    [
        (WALK, "walk"),
        ("answers-that-do-not-fit", "walk"),
        ("first-value-unknown", "walk"),
        ("all-third", "walk"),
        ("all-first", "crawl"),
        (ALL_UNSURE, "crawl"),
        ("run-exact", "run"),
    ],
)
def test_a_result_prints_on_one_sheet(
    open_page: Callable[..., Page], visitor: Visitor, case: str, stage: str, segment: str
) -> None:
    """Those with the most to say, under the longest name and with the longest remarks on the context."""
    page = visitor.enter(open_page(*SIZES["desk"]))
    context = CONTEXT | longest_remarks(stage) | {"main-segment": segment}
    made = visitor.result(case, name=LONGEST_NAME, context=context)
    assert made.stage == stage
    page.goto(made.get_absolute_url())
    for sheet in SHEETS:
        document = page.pdf(format=sheet)
        assert len(re.findall(rb"/Type\s*/Page\b", document)) == 1, sheet
