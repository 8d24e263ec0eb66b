"""Every kind of page, for everybody: axe's rules, narrow screens, large text, keyboard, less motion, paper."""

from collections.abc import Callable
from typing import Any

import pytest
import yaml
from axe_playwright_python.base import AXE_SCRIPT
from django.conf import settings
from playwright.sync_api import Page, expect

from .states import STATES, State
from .visitor import Visitor

SLUGS = yaml.safe_load((settings.CONTENT_DIR / "order.yaml").read_text())["directory"]
MISSING = "/metrics/net-revenue-retenton/"
KINDS = {
    "directory": "/",
    "directory-narrowed": "/?stage=walk&category=retention&category=health",
    "metric-ratio": "/metrics/net-revenue-retention/?stage=walk&segment=smb",
    "metric-score": "/metrics/customer-health-score/",
    "metric-sum": "/metrics/annual-recurring-revenue/?stage=crawl",
    "calculation": "/metrics/net-promoter-score/?promoters=62&passives=38&detractors=25&segment=smb",
    "calculation-three": "/metrics/dau-mau-ratio/?average_dau=1840&mau=8k",
    "calculation-refused": "/metrics/monthly-recurring-revenue/?variant=quick-ratio&new_mrr=x&expansion_mrr=-1",
    "compare": "/compare/?metrics=gross-revenue-retention,customer-effort-score,net-promoter-score&segment=smb",
    "compare-choose": "/compare/?metrics=nothing",
    "map": "/map/?stage=walk",
    "map-empty": "/map/?stage=run&show=rising",
    "search": "/search/?q=churn",
    "search-nothing": "/search/?q=zzqq",
    "stages": "/stages/?stage=run",
    "stage": "/stages/walk/",
    "faq": "/faq/",
    "sources": "/sources/",
    "about": "/about/",
    "open-data": "/api/",
    "404": MISSING,
}
# Of the states those that look different; the others hold the same parts.
LAYOUTS = ["start-full", "area-open", "too-early", "walk", "stranger", "list-refused", "comparison", "delete"]
every_state = pytest.mark.parametrize("kind", [*KINDS, *STATES])
every_kind = pytest.mark.parametrize("kind", [*KINDS, *LAYOUTS, "remembered-metric"])

PHONE, DESK = (360, 740), (1280, 900)
PAPER = 688  # A4 without its margins, in px


@pytest.fixture
def page(open_page: Callable[..., Page], complaints: Any) -> Page:
    """A page at desk width; tests that need another width set it."""
    complaints.expect_missing(MISSING)
    page = open_page(*DESK)
    page.set_viewport_size({"width": DESK[0], "height": DESK[1]})
    return page


Show = Callable[[Page], None]


@pytest.fixture
def show(kind: str, visitor: Visitor, complaints: Any) -> Show:
    """Brings a page to the kind of the test."""
    if kind in KINDS:
        complaints.expect_missing(MISSING)
        state = State(lambda visitor: KINDS[kind])
    else:
        state = STATES[kind]
    path = state.made(visitor)
    for address in state.addresses_refused(path):
        complaints.expect_missing(address)
    return lambda page: state.show(page, visitor, path)


def set_width(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})


# -- axe --

ALL_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
RULES_ON_COLOR = ["cat.color"]
MORE_OF_THE_SAME = ".bibliography > li:nth-child(n + 4)"  # some two hundred sources
SHAPES_THAT_ARE_NOT_THERE = """[...document.querySelectorAll('use')]
    .map(use => use.getAttribute('href')).filter(href => !document.querySelector(`symbol${href}`))"""
START_AXE = """([rules, leftOut]) => {
    window.axeRun = axe.run({exclude: leftOut}, {
        runOnly: rules,
        rules: {'target-size': {enabled: true}, 'color-contrast-enhanced': {enabled: false}},
        resultTypes: ['violations'],
        preload: false,
    })
}"""


@every_state
def test_axe_finds_nothing(open_page: Callable[..., Page], kind: str, show: Show) -> None:
    """At both widths and in both color schemes, with all that can be opened open.

    Dark differs in color alone, so only the rules on color run again. The two pages run side by side. Every shape
    that is drawn is one of the page's own.
    """
    pages = {
        "phone": open_page(*PHONE, reduced_motion="reduce"),
        "desk": open_page(*DESK, reduced_motion="reduce"),
    }
    for page in pages.values():
        page.emulate_media(color_scheme="light")
        show(page)
        page.evaluate("for (const each of document.querySelectorAll('main details:not(.menu)')) each.open = true")
        page.evaluate(AXE_SCRIPT)
        assert page.evaluate(SHAPES_THAT_ARE_NOT_THERE) == []
    found = []
    for scheme, rules in (("light", ALL_RULES), ("dark", RULES_ON_COLOR)):
        for page in pages.values():
            page.emulate_media(color_scheme=scheme)
            page.evaluate(START_AXE, [rules, MORE_OF_THE_SAME])
        for size, page in pages.items():
            for violation in page.evaluate("axeRun")["violations"]:
                for node in violation["nodes"]:
                    found.append(f"{size}, {scheme}: {violation['id']}: {node['html'][:160]}")
                    found.append(node["failureSummary"])
    assert not found, f"axe at {kind}\n" + "\n".join(found[:24])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_open_menu(page: Page, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.goto("/?stage=walk")
    page.locator(".menu summary").click()
    page.evaluate(AXE_SCRIPT)
    found = page.evaluate("axe.run('.menu', {resultTypes: ['violations']})")["violations"]
    page.emulate_media(color_scheme="null", reduced_motion="null")
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found] == []


# -- Widths and sizes --

WIDER_THAN_THE_SCREEN = """() => {
    const screen = document.documentElement.clientWidth
    if (document.documentElement.scrollWidth <= screen) return []
    return [...document.querySelectorAll('body *')]
        .filter(each => each.getBoundingClientRect().right > screen + 1)
        .map(each => `${each.tagName}.${each.getAttribute('class')}: ${each.textContent.trim().slice(0, 60)}`)
        .concat(`the page is ${document.documentElement.scrollWidth} px wide`).slice(-6)
}"""

CUT_OFF = """() => [...document.querySelectorAll('body *')]
    .filter(each => !each.closest('.visually-hidden, .map__stage, .sprite, svg, math') && each.checkVisibility())
    .filter(each => {
        const style = getComputedStyle(each)
        return (style.overflowX === 'hidden' && each.scrollWidth > each.clientWidth + 1)
            || (style.overflowY === 'hidden' && each.scrollHeight > each.clientHeight + 1)
    })
    .map(each => `${each.tagName}.${each.getAttribute('class')}`)"""


@every_kind
def test_nothing_scrolls_sideways(page: Page, kind: str, show: Show) -> None:
    show(page)
    for width in (320, 360, 768, 1280):
        set_width(page, width)
        assert page.evaluate(WIDER_THAN_THE_SCREEN) == [], f"{kind} at {width} px"


def test_every_metric_page_fits_a_phone(page: Page) -> None:
    set_width(page, 360)
    found = {}
    for slug in SLUGS:
        page.goto(f"/metrics/{slug}/")
        page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
        found[slug] = page.evaluate(WIDER_THAN_THE_SCREEN) + page.evaluate(CUT_OFF)
    assert len(found) == 24
    assert {slug: elements for slug, elements in found.items() if elements} == {}


@every_kind
def test_text_of_twice_the_size_fits(page: Page, show: Show) -> None:
    show(page)
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate(WIDER_THAN_THE_SCREEN) == []
    assert page.evaluate(CUT_OFF) == []


# -- Keyboard --


@pytest.mark.parametrize("path", ["/", "/metrics/net-revenue-retention/", MISSING])
def test_skip_link_is_the_first_stop_and_leads_to_the_content(page: Page, path: str) -> None:
    page.goto(path)
    skip_link = page.get_by_role("link", name="Skip to content")
    expect(skip_link).not_to_be_in_viewport()
    page.keyboard.press("Tab")
    expect(skip_link).to_be_focused()
    expect(skip_link).to_be_in_viewport(ratio=1)
    page.keyboard.press("Tab")
    expect(page.locator(".wordmark")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


STOPS_WITHOUT_A_SIGN = """() => {
    const stops = [...document.querySelectorAll('a[href], summary, button, input, select, [tabindex="0"]')]
        .filter(each => each.checkVisibility())
    const bare = []
    for (const stop of stops) {
        stop.focus({focusVisible: true})
        const outlines = [getComputedStyle(stop), getComputedStyle(stop, '::after')]
        if (stop.closest('.answer')) outlines.push(getComputedStyle(stop.closest('.answer')))
        const isShown = outlines.some(each => each.outlineStyle !== 'none' && parseFloat(each.outlineWidth) >= 2)
        if (document.activeElement !== stop || !isShown) bare.push(stop.outerHTML.slice(0, 120))
    }
    return [stops.length, bare]
}"""


@every_kind
def test_focus_is_visible_wherever_it_goes(page: Page, show: Show) -> None:
    show(page)
    page.keyboard.press("Tab")
    count, bare = page.evaluate(STOPS_WITHOUT_A_SIGN)
    assert count > 15
    assert bare == []


def test_focus_goes_through_the_directory_as_it_is_read(page: Page) -> None:
    page.goto("/?stage=walk")
    parts = ".skip-link, .site-header, .page-head, .stage-switch, .menu, .strip, .entries--focus, .entries, .rows"
    passed: list[str] = []
    for _ in range(80):
        page.keyboard.press("Tab")
        part = page.evaluate("parts => document.activeElement.closest(parts)?.className ?? ''", parts)
        if [part] != passed[-1:]:
            passed.append(part)
    assert [part.split()[-1] if part else part for part in passed[:9]] == [
        "skip-link",
        "site-header",
        "page-head--with-figure",
        "stage-switch",
        "toolbar__end",
        "strip",
        "entries--focus",
        "entries",
        "rows--wide",
    ]


# -- Motion --


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_motion_stops_for_those_who_ask_for_less(page: Page, motion: Any) -> None:
    page.emulate_media(reduced_motion=motion)
    page.goto("/")
    moving = page.evaluate(
        """() => {
            document.querySelector('#metric-results').classList.add('htmx-request')
            const times = [...document.querySelectorAll('body *')]
                .flatMap(each => getComputedStyle(each).transitionDuration.split(','))
            return [document.getAnimations({subtree: true}).length > 0, times.some(time => parseFloat(time) > 0)]
        }"""
    )
    page.emulate_media(reduced_motion="null")
    assert moving == ([False, False] if motion == "reduce" else [True, True])


# -- Paper --

ON_PAPER = ["start", "walk", "run", "stranger", "comparison", "list"]
HIDDEN_ON_PAPER = """() => [...document.querySelectorAll(
        'main :is(h1, h2, h3, h4, p, li, th, td, dt, dd, caption, summary, math, svg)'
    )]
    .filter(each => !each.closest('.visually-hidden, .search-box, .toolbar, .strip, .no-print'))
    .filter(each => !each.closest('.more-link, .button, .calculator__inputs, .tray'))
    .filter(each => !each.closest('.data-table--stack thead, .compare thead'))
    .filter(each => each.children.length !== 1 || !each.querySelector('.more-link, .button'))
    .filter(each => each.textContent.trim() || each.matches('svg:has(*)'))
    .filter(each => !each.checkVisibility() || each.getBoundingClientRect().height === 0)
    .map(each => each.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("kind", [kind for kind in [*KINDS, *ON_PAPER] if not kind.startswith("map")])
def test_paper_shows_all_that_the_screen_does(page: Page, show: Show) -> None:
    set_width(page, PAPER)
    show(page)
    page.emulate_media(media="print")
    hidden = page.evaluate(HIDDEN_ON_PAPER)
    chrome = page.locator(".site-nav, .site-footer, .skip-link").filter(visible=True)
    expect(chrome).to_have_count(0)
    document = page.pdf()
    page.emulate_media(media="null")
    assert hidden == []
    assert document.startswith(b"%PDF-")
