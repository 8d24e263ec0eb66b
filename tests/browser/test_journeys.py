"""What people come for, on a phone and at a desk, with script and without."""

from collections.abc import Callable
from typing import Any

import pytest
import yaml
from django.conf import settings
from playwright.sync_api import Locator, Page, Route, expect

ORDER = yaml.safe_load((settings.CONTENT_DIR / "order.yaml").read_text())
SIZES = {"phone": (360, 740), "desk": (1280, 900)}


@pytest.fixture(params=SIZES)
def size(request: pytest.FixtureRequest) -> tuple[int, int]:
    return SIZES[request.param]


@pytest.fixture(params=[True, False], ids=["script", "plain"])
def page(request: pytest.FixtureRequest, open_page: Callable[..., Page], size: tuple[int, int]) -> Page:
    return open_page(*size, java_script_enabled=request.param)


@pytest.fixture
def page_with_script(open_page: Callable[..., Page], size: tuple[int, int]) -> Page:
    return open_page(*size, java_script_enabled=True)


def listed(page: Page) -> list[str]:
    """The slugs of the metrics in the list, in the order shown."""
    return page.locator("#metric-results [data-metric]").evaluate_all(
        "entries => entries.map(entry => entry.dataset.metric)"
    )


def stage_switch(page: Page, name: str) -> Locator:
    return page.get_by_role("navigation", name="Sort for a stage").get_by_role("link", name=name)


def category(page: Page, name: str) -> Locator:
    return page.get_by_role("navigation", name="Category").get_by_role("link", name=name)


def sort_by(page: Page, name: str) -> None:
    page.locator(".menu summary").click()
    page.locator(".menu__list").get_by_role("link", name=name).click()


# -- The directory --


def test_a_reader_narrows_the_list_and_walks_back_through_the_history(page: Page) -> None:
    states: list[tuple[str, list[str]]] = []

    def arrived_at(path: str) -> list[str]:
        expect(page).to_have_url(path)
        expect(page.locator("main h1")).to_have_count(1)
        states.append((path, listed(page)))
        return states[-1][1]

    page.goto("/")
    assert arrived_at("/") == ORDER["directory"]

    stage_switch(page, "Walk").click()
    assert arrived_at("/?stage=walk") == ORDER["walk"]
    focus = page.locator(".entries--focus [data-metric]")
    expect(focus).to_have_count(4)
    expect(page.get_by_role("heading", level=2).first).to_have_text("Focus now")
    expect(stage_switch(page, "Walk")).to_have_attribute("aria-current", "true")

    category(page, "Retention").click()
    arrived_at("/?stage=walk&category=retention")
    category(page, "Health").click()
    both = arrived_at("/?stage=walk&category=health&category=retention")
    assert both == [slug for slug in ORDER["walk"] if slug in both]
    assert set(states[-2][1]) < set(both) < set(ORDER["walk"])
    expect(page.locator("[aria-label=Category] [aria-current]")).to_have_count(2)

    sort_by(page, "Name, A to Z")
    by_name = arrived_at("/?stage=walk&category=health&category=retention&sort=name")
    assert sorted(by_name) == sorted(both)
    names = page.locator("#metric-results .entry__name a").all_inner_texts()
    assert names == sorted(names, key=str.lower)

    def is_in_state(path: str, slugs: list[str]) -> None:
        expect(page).to_have_url(path)
        for place, slug in enumerate(slugs):
            expect(page.locator("#metric-results [data-metric]").nth(place)).to_have_attribute("data-metric", slug)
        expect(page.locator("#metric-results [data-metric]")).to_have_count(len(slugs))
        expect(page.locator(".site-header")).to_be_visible()  # the whole page, never a fragment alone

    for path, slugs in reversed(states[:-1]):
        page.go_back()
        is_in_state(path, slugs)
    for path, slugs in states[1:]:
        page.go_forward()
        is_in_state(path, slugs)
    page.reload()
    is_in_state(*states[-1])


def test_a_step_back_while_a_page_still_loads_leads_to_its_address(page_with_script: Page) -> None:
    page = page_with_script
    page.goto("/")
    stage_switch(page, "Walk").click()
    expect(page).to_have_url("/?stage=walk")
    held: list[Route] = []
    page.route("**/*htmx*.js", lambda route: route.continue_() if held else held.append(route))
    page.reload(wait_until="commit")
    expect(page.locator("#metric-results [data-metric]")).to_have_count(24)
    page.evaluate("history.back()")
    expect(page).to_have_url("/")
    assert listed(page) == ORDER["walk"], "nobody listens yet"
    held[0].continue_()
    expect(stage_switch(page, "No stage")).to_have_attribute("aria-current", "true")
    page.unroute("**/*htmx*.js")
    assert listed(page) == ORDER["directory"]


def test_the_same_choice_again_takes_a_category_away(page: Page) -> None:
    page.goto("/?category=retention&category=health")
    category(page, "Health").click()
    expect(page).to_have_url("/?category=retention")
    category(page, "All").click()
    expect(page).to_have_url("/")
    assert listed(page) == ORDER["directory"]


def test_an_address_that_says_too_much_is_put_right_with_a_notice(page: Page) -> None:
    page.goto("/?stage=sprint&category=weather")
    expect(page.get_by_role("note")).to_contain_text("There is no stage “sprint”")
    expect(page.get_by_role("note")).to_contain_text("There is no category “weather”")
    assert listed(page) == ORDER["directory"]


# -- A metric --


def test_a_metric_opened_from_the_list_keeps_the_stage_and_leads_back_to_it(page: Page) -> None:
    first, second = ORDER["walk"][:2]
    page.goto("/")
    stage_switch(page, "Walk").click()
    expect(page).to_have_url("/?stage=walk")
    page.locator(f"[data-metric={first}] h3 a").click()
    expect(page).to_have_url(f"/metrics/{first}/?stage=walk")
    mine = page.locator("#stages .is-mine")
    expect(mine).to_have_count(1)
    expect(mine.get_by_role("heading", level=3)).to_contain_text("Walk")
    expect(page.locator("figure .focus-mark")).to_have_text("Focus 1 at Walk")

    order = page.get_by_role("navigation", name="In the order of Walk")
    expect(order.get_by_role("link")).to_have_count(1)
    order.get_by_role("link").click()
    expect(page).to_have_url(f"/metrics/{second}/?stage=walk")
    order.get_by_role("link").first.click()
    expect(page).to_have_url(f"/metrics/{first}/?stage=walk")

    page.go_back()
    page.go_back()
    page.go_back()
    expect(page).to_have_url("/?stage=walk")
    expect(page.locator(".site-header")).to_be_visible()
    assert listed(page) == ORDER["walk"]

    page.go_forward()
    page.get_by_role("navigation", name="You are here").get_by_role("link", name="Directory").click()
    expect(page).to_have_url("/?stage=walk")


def test_a_source_number_leads_to_its_source_and_the_source_back(page: Page) -> None:
    page.goto("/metrics/net-revenue-retention/")
    number = page.locator("#benchmarks .note-ref a").first
    anchor = number.get_attribute("href")
    assert anchor
    number.click()
    expect(page).to_have_url(f"/metrics/net-revenue-retention/{anchor}")
    source = page.locator(anchor)
    expect(source).to_be_in_viewport()
    source.get_by_role("link", name="Benchmarks").click()
    expect(page).to_have_url("/metrics/net-revenue-retention/#benchmarks")
    expect(page.locator("#benchmarks-head")).to_be_in_viewport()
    page.go_back()
    expect(source).to_be_in_viewport()


def test_a_segment_marks_its_rows_and_can_be_changed(page: Page) -> None:
    path = "/metrics/gross-revenue-retention/"
    page.goto(f"{path}?stage=run")
    segments = page.get_by_role("navigation", name="Your segment")
    segments.get_by_role("link", name="SMB").click()
    expect(page).to_have_url(f"{path}?stage=run&segment=smb#benchmarks")
    expect(page.locator("#benchmarks tbody.is-mine").first).to_contain_text("yours")
    expect(page.locator("#benchmarks .columns .is-mine")).to_contain_text("SMB")
    expect(page.locator("#benchmarks-head")).to_be_in_viewport()

    segments.get_by_role("link", name="Enterprise").click()
    expect(page).to_have_url(f"{path}?stage=run&segment=enterprise#benchmarks")
    expect(segments.locator("[aria-current]")).to_have_text("Enterprise")
    expect(page.locator("#benchmarks .columns .is-mine")).to_contain_text("Enterprise")
    expect(page.locator("#stages .is-mine")).to_contain_text("Run")

    segments.get_by_role("link", name="Show all three").click()
    expect(page).to_have_url(f"{path}?stage=run#benchmarks")
    expect(page.locator("#benchmarks .is-mine")).to_have_count(0)


# -- Other pages --


def test_a_stage_page_leads_to_its_metrics(page: Page) -> None:
    page.goto("/stages/")
    page.locator("#crawl h2 a").click()
    expect(page).to_have_url("/stages/crawl/")
    expect(page.locator("#focus [data-metric]")).to_have_count(4)
    page.locator("#focus [data-metric] a").first.click()
    expect(page).to_have_url(f"/metrics/{ORDER['crawl'][0]}/?stage=crawl")
    expect(page.locator("#stages .is-mine")).to_contain_text("Crawl")


def test_answers_open_and_close_by_keyboard(page: Page) -> None:
    page.goto("/")
    closed = page.locator("#questions details:not([open])")
    slug = closed.first.get_attribute("id")
    question, answer = page.locator(f"#{slug} summary"), page.locator(f"#{slug} > div")
    expect(answer).to_be_hidden()
    question.focus()
    page.keyboard.press("Enter")
    expect(answer).to_be_visible()
    page.keyboard.press("Space")
    expect(answer).to_be_hidden()

    page.goto(f"/faq/#{slug}")
    expect(answer).to_be_visible()
    expect(question).to_be_in_viewport()


def test_a_mistyped_address_leads_on(page: Page, complaints: Any) -> None:
    response = page.goto(complaints.expect_missing("/metrics/net-revenue-retenton/"))
    assert response is not None
    assert response.status == 404
    expect(page.get_by_role("heading", level=2, name="Did you mean")).to_be_visible()
    page.locator("main").get_by_role("link", name="Net Revenue Retention").click()
    expect(page).to_have_url("/metrics/net-revenue-retention/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Net Revenue Retention")


# -- What script adds --


def remember(page: Page) -> None:
    """Leave a mark that a page load would wipe out."""
    page.evaluate("window.isSamePage = true")


def expect_swapped(page: Page, path: str, title: str, announced: str, focused: str) -> None:
    """The list was changed in place, and nothing that a page load would have told was lost."""
    expect(page).to_have_url(path)
    expect(page).to_have_title(title)
    status = page.locator("#result-count")
    expect(status).to_have_text(announced)
    expect(status).to_have_role("status")
    expect(page.locator(f"#{focused}")).to_be_focused()
    assert page.evaluate("window.isSamePage")


@pytest.mark.parametrize("how", ["click", "keyboard"])
def test_a_swap_keeps_page_and_focus_and_is_announced(page_with_script: Page, how: str) -> None:
    page = page_with_script

    def activate(link: Locator) -> None:
        if how == "click":
            link.click()
        else:
            link.focus()
            page.keyboard.press("Enter")

    page.goto("/")
    expect(page.locator("#result-count")).to_be_empty()
    remember(page)

    activate(stage_switch(page, "Walk"))
    title = "Directory, sorted for Walk · CS Metrics"
    shown = page.locator(".list-bar p")
    expect(shown).to_contain_text("24 metrics at Walk: 4 in focus")
    expect_swapped(page, "/?stage=walk", title, shown.inner_text(), "stage-walk")

    activate(category(page, "Retention"))
    expect(shown).not_to_contain_text("24 metrics")
    expect(shown).to_contain_text("at Walk:")
    path = "/?stage=walk&category=retention"
    expect_swapped(page, path, title, shown.inner_text(), "category-retention")

    activate(page.locator(".menu summary"))
    name = page.locator(".menu__list").get_by_role("link", name="Name, A to Z")
    focused = name.get_attribute("id")
    assert focused
    activate(name)
    expect(shown).to_contain_text("Sorted by name, A to Z.")
    expect_swapped(page, f"{path}&sort=name", title, shown.inner_text(), focused)

    activate(stage_switch(page, "No stage"))
    expect(shown).to_contain_text("sorted by name, A to Z.")
    expect_swapped(
        page,
        "/?category=retention&sort=name",
        "CS Metrics: customer success metrics",
        shown.inner_text(),
        "stage-all",
    )
    assert page.evaluate("document.title") == page.locator("head > title").inner_text()
    expect(page.locator("title")).to_have_count(1)


def test_a_swap_gives_the_page_that_its_address_gives(page_with_script: Page) -> None:
    """Nothing outside the list depends on the state, and nothing in it is left over from an earlier one."""
    page = page_with_script
    page.goto("/?stage=crawl")
    category(page, "Usage").click()
    expect(page).to_have_url("/?stage=crawl&category=usage")
    shown = page.locator(".list-bar p")
    expect(shown).not_to_contain_text("24 metrics")

    def main() -> str:
        page.wait_for_function("!document.querySelector('.htmx-request, .htmx-settling, .htmx-added')")
        return page.locator("main").evaluate(
            """main => {
                const copy = main.cloneNode(true)
                copy.querySelector('#result-count').textContent = ''
                return copy.innerHTML.replaceAll(' class=""', '').replace(/\\s+/g, ' ')
            }"""
        )

    swapped = main()
    page.reload()
    assert main() == swapped
