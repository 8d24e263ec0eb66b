"""The first frame leaves out what is far down a page, and nobody notices but by its coming sooner."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

NRR = "/metrics/net-revenue-retention/"
PHONE, DESK = (412, 823), (1280, 900)
# In each frame: how many sections have a place in the page, and how many of them are not laid out.
FRAMES = """
window.frames = []
const look = () => {
    const far = [...document.querySelectorAll('.section--far')]
    const leftOut = far.filter(each => getComputedStyle(each).contentVisibility === 'auto')
    window.frames.push([far.length, leftOut.length])
    if (document.readyState !== 'complete' || leftOut.length) requestAnimationFrame(look)
}
requestAnimationFrame(look)
"""
# From now on: how many sections are left out, over all frames.
WATCH = """() => {
    window.leftOut = 0
    const look = () => {
        window.leftOut += [...document.querySelectorAll('.section--far')]
            .filter(each => getComputedStyle(each).contentVisibility === 'auto').length
        requestAnimationFrame(look)
    }
    requestAnimationFrame(look)
}"""
NOT_LAID_OUT = """() => [...document.querySelectorAll('.section--far')]
    .filter(each => !each.firstElementChild.checkVisibility({contentVisibilityAuto: true})).length"""
TOP = "element => element.getBoundingClientRect().top"


@pytest.fixture(params=[PHONE, DESK], ids=["phone", "desk"])
def page(open_page: Callable[..., Page], request: pytest.FixtureRequest) -> Page:
    return open_page(*request.param)


def settle(page: Page) -> None:
    """Until a screen was drawn and drawn again."""
    page.evaluate(
        """() => new Promise(
            done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 100)))
        )"""
    )


@pytest.mark.parametrize(("path", "count"), [(NRR, 8), ("/sources/", 25)])
def test_first_frame_leaves_out_what_the_next_one_has(page: Page, path: str, count: int) -> None:
    tab = page.context.new_page()  # which the script goes with
    tab.add_init_script(FRAMES)
    tab.goto(path)
    settle(tab)
    frames = [frame for frame in tab.evaluate("window.frames") if frame[0]]
    there, left_out = frames[0]  # of a long page, what has come by then
    assert left_out == there
    assert frames[-1] == [count, 0]
    assert tab.evaluate(NOT_LAID_OUT) == 0


@pytest.mark.parametrize(
    ("path", "anchors"),
    [
        (NRR, ["#benchmarks", "#stages", "#mistakes", "#data", "#sources", "#source-9", "#reuse"]),
        ("/sources/", ["#letter-c", "#letter-g", "#letter-s", "#letter-v"]),
    ],
)
def test_anchor_leads_to_its_place(page: Page, path: str, anchors: list[str]) -> None:
    """From the top of the page and from elsewhere."""
    for anchor in anchors:
        page.goto(path)
        page.evaluate("anchor => { location.hash = anchor }", anchor)
        settle(page)
        places = [page.locator(anchor).evaluate(TOP)]
        page.goto("/faq/")
        page.goto(path + anchor)
        settle(page)
        places.append(page.locator(anchor).evaluate(TOP))
        assert all(0 <= place < 60 for place in places), f"{anchor} stands at {places}"


@pytest.mark.parametrize("way", ["back", "reload"])
@pytest.mark.parametrize(
    ("path", "read"), [(NRR, "#mistakes"), (NRR, "#source-9"), ("/sources/", "#letter-s li:nth-child(4)")]
)
def test_reader_finds_the_place_again(page: Page, path: str, read: str, way: str) -> None:
    page.goto(path)
    page.locator(read).evaluate("element => element.scrollIntoView({block: 'start'})")
    settle(page)
    before = page.locator(read).evaluate(TOP)
    processor = page.context.new_cdp_session(page)
    if page.viewport_size and page.viewport_size["width"] == PHONE[0]:
        processor.send("Emulation.setCPUThrottlingRate", {"rate": 6})
    if way == "back":
        page.goto("/faq/")
        page.go_back()
    else:
        page.reload()
    settle(page)
    settle(page)
    processor.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    processor.detach()  # or else its other overrides, which are none, would replace those of the page
    assert abs(page.locator(read).evaluate(TOP) - before) < 2


def test_way_to_a_source_and_back_leaves_nothing_out_again(page: Page) -> None:
    page.goto(NRR)
    settle(page)
    page.locator("#mistakes").evaluate("element => element.scrollIntoView({block: 'start'})")
    settle(page)
    before = page.locator("#mistakes").evaluate(TOP)
    page.evaluate(WATCH)
    page.evaluate("location.hash = '#source-9'")
    settle(page)
    page.evaluate("history.back()")
    settle(page)
    assert page.evaluate("location.hash") == ""
    assert page.evaluate("window.leftOut") == 0
    assert abs(page.locator("#mistakes").evaluate(TOP) - before) < 2


def test_screen_after_paper_leaves_nothing_out_again(page: Page) -> None:
    page.goto(NRR)
    settle(page)
    page.evaluate(WATCH)
    page.emulate_media(media="print")
    settle(page)
    on_paper = page.evaluate(NOT_LAID_OUT)
    page.emulate_media(media="null")
    settle(page)
    assert on_paper == 0
    assert page.evaluate("window.leftOut") == 0
