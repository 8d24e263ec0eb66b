"""The card of a metric, in a page that frames it. Every other page of the site refuses that even to its own."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, expect

METRICS = ["customer-satisfaction-score", "customer-success-qualified-leads", "escalation-rate"]  # long ones


def show_elsewhere(page: Page, snippet: str) -> None:
    html = f"<!doctype html><title>Elsewhere</title><link rel='icon' href='data:,'>{snippet}"
    page.route("**/elsewhere", lambda route: route.fulfill(body=html, content_type="text/html"))
    page.goto("/elsewhere")
    page.unroute("**/elsewhere")


@pytest.mark.parametrize("query", ["", "?stage=run"])
def test_pasted_snippet_shows_the_whole_card_elsewhere(
    open_page: Callable[..., Page], site: str, query: str
) -> None:
    page = open_page(1280, 900)
    for slug in METRICS:
        page.goto(f"/metrics/{slug}/{query}")
        page.get_by_text("Embed this metric").click()
        snippet = page.locator("#reuse pre").inner_text().replace("https://example.test", site)
        show_elsewhere(page, snippet)
        frame = page.frame_locator("iframe")
        expect(frame.get_by_role("heading", level=1)).to_be_visible()
        link = frame.get_by_role("link", name="Formula, benchmarks and sources")
        assert urlsplit(link.get_attribute("href") or "").path == f"/metrics/{slug}/"
        needed, given = frame.locator("html").evaluate("html => [html.scrollHeight, innerHeight]")
        assert needed <= given, slug


def test_axe_finds_nothing_in_the_card(open_page: Callable[..., Page], complaints: Any) -> None:
    for scheme in ("light", "dark"):
        page = open_page(360, 740, reduced_motion="reduce")
        page.emulate_media(color_scheme=scheme)
        for path in ("/embed/escalation-rate/", "/embed/escalation-rate/?stage=walk"):
            page.goto(path)
            page.evaluate(AXE_SCRIPT)
            found = page.evaluate("axe.run({resultTypes: ['violations']})")
            assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found["violations"]] == []
