"""The priority map, on a phone and at a desk, with script and without, and on paper."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from django.conf import settings
from playwright.sync_api import Page, expect

ORDER = yaml.safe_load((settings.CONTENT_DIR / "order.yaml").read_text())
SIZES = {"phone": (360, 740), "desk": (1280, 900)}


@pytest.fixture(params=SIZES)
def size(request: pytest.FixtureRequest) -> tuple[int, int]:
    return SIZES[request.param]


@pytest.fixture(params=[True, False], ids=["script", "plain"])
def page(request: pytest.FixtureRequest, open_page: Callable[..., Page], size: tuple[int, int]) -> Page:
    page = open_page(*size, java_script_enabled=request.param)
    page.goto("/map/")
    return page


def rows(page: Page) -> list[str]:
    return page.locator("#map-results .map__name a").evaluate_all(
        "links => links.map(link => link.pathname.split('/')[2])"
    )


def choose(page: Page, navigation: str, name: str) -> None:
    page.get_by_role("navigation", name=navigation, exact=True).get_by_role("link", name=name).click()


def test_a_reader_chooses_a_stage_and_what_changes_next_and_walks_back(page: Page) -> None:
    assert rows(page) == ORDER["directory"]
    choose(page, "Stage", "Walk")
    expect(page).to_have_url("/map/?stage=walk")
    expect(page.locator("#map-results .map__name")).to_have_count(24)
    assert rows(page) == ORDER["walk"]
    choose(page, "Show", "What falls next")
    expect(page).to_have_url("/map/?stage=walk&show=falling")
    expect(page.locator("#map-results .map__name")).to_have_count(1)
    assert rows(page) == ["logo-retention-rate"]
    page.go_back()
    expect(page).to_have_url("/map/?stage=walk")
    expect(page.locator("#map-results .map__name")).to_have_count(24)
    page.go_forward()
    expect(page.locator("#map-results .map__name")).to_have_count(1)


def test_the_guidance_opens_in_place_and_by_keyboard(page: Page) -> None:
    reason = page.locator(".map__why summary").first
    guidance = page.locator(".map__why").first.get_by_text("Ready to move on when")
    expect(guidance).to_be_hidden()
    reason.focus()
    page.keyboard.press("Enter")
    expect(guidance).to_be_visible()
    expect(page).to_have_url("/map/")


def test_copied_text_keeps_each_reason_beside_its_metric_and_stage(page: Page) -> None:
    text = page.locator("tr", has=page.locator("[href='/metrics/gross-revenue-retention/']")).inner_text()
    metric = yaml.safe_load((settings.CONTENT_DIR / "metrics" / "gross-revenue-retention.yaml").read_text())
    places = [text.index("Gross Revenue Retention")]
    for name in ("Crawl", "Walk", "Run"):
        places.append(text.index(name, places[-1]))
        reason = metric["stages"][name.lower()]["reason"].replace("'", "’")
        places.append(text.index(reason[:30], places[-1]))
    assert places == sorted(places)


def test_a_name_leads_to_its_metric_with_the_stage_marked(page: Page) -> None:
    page.goto("/map/?stage=run")
    page.get_by_role("link", name="Net Revenue Retention").first.click()
    expect(page).to_have_url("/metrics/net-revenue-retention/?stage=run")


@pytest.mark.parametrize("paper", [{"prefer_css_page_size": True}, {"format": "Letter", "landscape": True}])
@pytest.mark.parametrize("path", ["/map/", "/map/?stage=walk"])
def test_the_map_prints_on_one_sheet(open_page: Callable[..., Page], path: str, paper: dict[str, Any]) -> None:
    page = open_page(1280, 900)
    page.goto(path)
    sheet = page.pdf(print_background=True, **paper)
    assert len(re.findall(rb"/Type\s*/Page\b", sheet)) == 1
