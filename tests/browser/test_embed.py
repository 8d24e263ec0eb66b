"""The card of a metric, in a page that frames it. Every other page of the site refuses that even to its own."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, expect

METRICS = ["customer-satisfaction-score", "customer-success-qualified-leads", "escalation-rate"]  # long ones


class Elsewhere(BaseHTTPRequestHandler):
    """A site of somebody else, on a port and so an origin of its own. It shows what a test gave it."""

    body = ""
    told: ClassVar[dict[str, str]] = {}

    def do_GET(self) -> None:
        self.send_response(200)
        for name, value in {"Content-Type": "text/html", **self.told}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(self.body.encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def show_elsewhere(complaints: Any) -> Iterator[Callable[..., None]]:
    """Opens a page of another site with this in it, sent with these headers."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}/"
    complaints.expect_host(address)

    def show(page: Page, snippet: str, headers: dict[str, str] | None = None) -> None:
        viewport = '<meta name="viewport" content="width=device-width">'
        Elsewhere.told = headers or {}
        Elsewhere.body = (
            f"<!doctype html><title>Elsewhere</title>{viewport}<link rel='icon' href='data:,'>{snippet}"
        )
        page.goto(address)

    yield show
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("query", ["", "?stage=run"])
def test_pasted_snippet_shows_the_whole_card_elsewhere(
    open_page: Callable[..., Page], show_elsewhere: Callable[..., None], site: str, query: str
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


@pytest.mark.parametrize("sandbox", ["", ' sandbox="allow-scripts allow-popups"'])
@pytest.mark.parametrize("shuts_out", ["", "require-corp", "credentialless"])
def test_card_has_its_styles_in_pages_that_shut_out_much(
    open_page: Callable[..., Page], show_elsewhere: Callable[..., None], site: str, shuts_out: str, sandbox: str
) -> None:
    """A frame in a sandbox has an origin of its own, so the style sheet is another site's to it."""
    page = open_page(1280, 900)
    headers = {"Cross-Origin-Embedder-Policy": shuts_out} if shuts_out else {}
    show_elsewhere(page, f'<iframe src="{site}/embed/time-to-value/"{sandbox}></iframe>', headers)
    frame = page.frame_locator("iframe")
    expect(frame.get_by_role("heading", level=1)).to_be_visible()
    expect(frame.locator("body")).to_have_css("border-block-start-style", "double")


def test_card_draws_no_second_edge_and_fits_a_phone(
    open_page: Callable[..., Page], show_elsewhere: Callable[..., None], site: str
) -> None:
    page = open_page(320, 740)
    page.goto("/metrics/escalation-rate/")
    page.get_by_text("Embed this metric").click()
    show_elsewhere(page, page.locator("#reuse pre").inner_text().replace("https://example.test", site))
    frame = page.locator("iframe")
    expect(frame).to_have_css("border-top-width", "0px")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    inside = page.frame_locator("iframe").locator("html")
    assert inside.evaluate("html => html.scrollWidth <= innerWidth")


def test_axe_finds_nothing_in_the_card(open_page: Callable[..., Page], complaints: Any) -> None:
    for scheme in ("light", "dark"):
        page = open_page(360, 740, reduced_motion="reduce")
        page.emulate_media(color_scheme=scheme)
        for path in ("/embed/escalation-rate/", "/embed/escalation-rate/?stage=walk"):
            page.goto(path)
            page.evaluate(AXE_SCRIPT)
            found = page.evaluate("axe.run({resultTypes: ['violations']})")
            assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found["violations"]] == []
