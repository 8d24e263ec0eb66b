"""The search box of the header: answers while typing, keys, and the plain form without script."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

SIZES = {"phone": (360, 740), "desk": (1280, 900)}


@pytest.fixture(params=SIZES)
def size(request: pytest.FixtureRequest) -> tuple[int, int]:
    return SIZES[request.param]


@pytest.fixture
def page(open_page: Callable[..., Page], size: tuple[int, int]) -> Page:
    page = open_page(*size, java_script_enabled=True)
    page.goto("/about/")
    return page


def box(page: Page) -> Locator:
    return page.locator("header").get_by_role("searchbox")


def panel(page: Page) -> Locator:
    return page.get_by_role("region", name="Search suggestions")


def first_answer(page: Page) -> Locator:
    return panel(page).locator("a.search-hit").first


def test_typing_shows_answers_and_announces_their_number(page: Page) -> None:
    box(page).press_sequentially("retnetion", delay=30)
    expect(panel(page).locator("mark").first).to_have_text("Retention")
    expect(page.locator("#search-status")).to_contain_text("matches for “retnetion”")
    expect(page).to_have_url("/about/")


def test_an_abbreviation_finds_its_metric_first_and_enter_on_it_opens_it(page: Page) -> None:
    box(page).press_sequentially("NDR", delay=30)
    expect(first_answer(page)).to_contain_text("Net Revenue Retention")
    box(page).press("ArrowDown")
    expect(first_answer(page)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url("/metrics/net-revenue-retention/")


def test_answers_that_come_late_leave_the_focus_where_it_is(page: Page) -> None:
    box(page).press_sequentially("NDR", delay=30)
    expect(first_answer(page)).to_contain_text("Net Revenue Retention")
    page.keyboard.press("ArrowDown")
    expect(first_answer(page)).to_be_focused()
    page.evaluate(
        "([input, text]) => { input.value = text; input.dispatchEvent(new Event('input', {bubbles: true})); }",
        [box(page).element_handle(), "retention"],
    )
    expect(page.locator("#search-status")).to_contain_text("matches for “retention”")
    expect(first_answer(page)).to_be_focused()
    expect(panel(page)).to_be_visible()


def test_arrows_go_round_and_escape_closes_and_gives_the_focus_back(page: Page) -> None:
    box(page).press_sequentially("churn", delay=30)
    expect(page.locator("#search-status")).to_contain_text("matches for “churn”")
    links = panel(page).locator("a")
    box(page).press("ArrowUp")
    expect(links.last).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(box(page)).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(links.nth(1)).to_be_focused()
    page.keyboard.press("Escape")
    expect(box(page)).to_be_focused()
    expect(panel(page)).to_be_hidden()
    expect(box(page)).to_have_value("churn")


def test_an_empty_box_offers_a_few_places_to_start(page: Page) -> None:
    box(page).focus()
    expect(panel(page).get_by_role("heading", name="Start here")).to_be_visible()
    expect(panel(page).locator("a.search-hit")).to_have_count(4)


@pytest.mark.parametrize("keys", ["/", "Control+k", "Meta+k"])
def test_a_key_reaches_the_box_from_anywhere(page: Page, keys: str) -> None:
    page.locator("main").focus()
    page.keyboard.press(keys)
    expect(box(page)).to_be_focused()
    expect(box(page)).to_have_value("")


def test_leaving_the_box_closes_the_answers_even_late_ones(page: Page) -> None:
    box(page).press_sequentially("churn", delay=10)
    page.evaluate("document.activeElement.blur()")
    page.wait_for_timeout(400)
    expect(panel(page)).to_be_hidden()


def test_only_the_last_answer_counts(page: Page) -> None:
    """A slow answer to "ch" may not replace the one to "chs"."""
    page.route("**/search/?q=ch", lambda route: (page.wait_for_timeout(600), route.continue_()))
    box(page).press_sequentially("ch", delay=10)
    page.wait_for_timeout(150)
    box(page).press_sequentially("s", delay=10)
    expect(first_answer(page)).to_contain_text("Customer Health Score")
    page.wait_for_timeout(800)
    expect(first_answer(page)).to_contain_text("Customer Health Score")
    page.unroute("**/search/?q=ch")


def test_nothing_found_says_so_and_offers_a_way_on(page: Page) -> None:
    box(page).press_sequentially("zzqq", delay=20)
    expect(panel(page).get_by_role("heading")).to_have_text("Nothing found for “zzqq”")
    panel(page).get_by_role("link").last.click()
    expect(page).to_have_url("/search/?q=zzqq")
    expect(page.locator("main").get_by_role("link", name="The whole directory")).to_be_visible()


@pytest.mark.parametrize("script", [True, False], ids=["script", "plain"])
def test_enter_leads_to_a_page_of_its_own(
    open_page: Callable[..., Page], size: tuple[int, int], script: bool
) -> None:
    page = open_page(*size, java_script_enabled=script)
    page.goto("/map/")
    box(page).fill("stickiness")
    box(page).press("Enter")
    expect(page).to_have_url("/search/?q=stickiness")
    expect(page.locator("main .hits .search-hit").first).to_contain_text("DAU/MAU Ratio")
    page.locator("main .hits .search-hit").first.click()
    expect(page).to_have_url("/metrics/dau-mau-ratio/")
