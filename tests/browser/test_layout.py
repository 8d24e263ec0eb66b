"""What stands where: on paper, and on pages between a phone and a desk."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from .states import STATES
from .visitor import Visitor

GRR = "/metrics/gross-revenue-retention/"
YEAR = f"{GRR}?starting_arr=2400000&contraction_arr=84000&churned_arr=180000&segment=smb"


@pytest.fixture
def on_paper(open_page: Callable[..., Page]) -> Iterator[Page]:
    page = open_page(1280, 900)
    page.emulate_media(media="print")
    yield page
    page.emulate_media(media="null")


# -- On paper --


def test_columns_of_the_stages_break_between_sheets(on_paper: Page) -> None:
    """Chromium sets the rows of a subgrid over each other where a sheet ends."""
    on_paper.goto("/stages/")
    displays = on_paper.locator(".columns--aligned > *").evaluate_all(
        "columns => columns.map(column => getComputedStyle(column).display)"
    )
    assert displays == ["block"] * 3


def test_a_level_on_the_map_stands_on_the_line_of_its_reason(on_paper: Page) -> None:
    on_paper.goto("/map/?stage=walk")
    off = on_paper.locator("table.map td").evaluate_all(
        """cells => cells.map(cell => {
            const top = node => {
                const range = document.createRange();
                range.selectNodeContents(node);
                return range.getClientRects()[0].top;
            };
            return Math.abs(top(cell.querySelector('.level').lastChild) - top(cell.querySelector('summary')));
        })"""
    )
    assert len(off) == 72
    assert max(off) < 0.7, "pixels"


def test_a_row_of_benchmarks_keeps_its_note(on_paper: Page) -> None:
    on_paper.goto(GRR)
    rules = on_paper.locator(".data-table--evidence tbody").evaluate_all(
        "rows => rows.map(row => getComputedStyle(row).breakInside)"
    )
    assert rules
    assert set(rules) == {"avoid"}


@pytest.mark.parametrize(("path", "links"), [(GRR, ".sources li a"), ("/sources/", ".bibliography li a")])
def test_paper_gives_the_addresses_of_sources(on_paper: Page, path: str, links: str) -> None:
    on_paper.goto(path)
    shown = on_paper.locator(f"{links}[href^='https:']").evaluate_all(
        "links => links.map(link => getComputedStyle(link, '::after').content.includes(link.getAttribute('href')))"
    )
    assert len(shown) > 4
    assert all(shown)


# -- Benchmarks --


@pytest.mark.parametrize("width", [320, 768, 850, 1100, 1280])
@pytest.mark.parametrize("slug", ["gross-revenue-retention", "monthly-recurring-revenue", "annual-contract-value"])
def test_labels_of_an_axis_keep_apart(open_page: Callable[..., Page], width: int, slug: str) -> None:
    page = open_page(1280, 900)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"/metrics/{slug}/")
    gaps = page.locator(".band--axis").evaluate_all(
        """axes => axes.flatMap(axis => {
            const labels = [...axis.querySelectorAll("text")].map(label => label.getBoundingClientRect());
            return labels.slice(1).map((label, at) => label.left - labels[at].right);
        })"""
    )
    page.set_viewport_size({"width": 1280, "height": 900})
    assert min(gaps) > 1, "pixels"


@pytest.mark.parametrize("width", [360, 768])
def test_a_narrow_row_of_mine_has_one_bar_and_charts_as_wide_as_the_axis(
    open_page: Callable[..., Page], width: int
) -> None:
    page = open_page(width, 900)
    page.goto(YEAR)
    mine = page.locator("#benchmarks tbody.is-mine").first
    shadows = mine.evaluate(
        """row => [row, ...row.querySelectorAll("*")]
            .filter(part => getComputedStyle(part).boxShadow != "none").length"""
    )
    assert shadows == 1
    axis, band = (
        page.locator(f"#benchmarks {each}").first.evaluate("chart => chart.getBoundingClientRect().toJSON()")
        for each in (".band--axis", "tbody .band")
    )
    assert (axis["x"], axis["width"]) == (band["x"], band["width"])


def test_note_numbers_stand_beside_what_they_prove(open_page: Callable[..., Page]) -> None:
    """No number of a source starts a line of its own."""
    for width in (360, 768, 1280):
        page = open_page(width, 900)
        page.goto(GRR)
        alone = page.locator(".is-evidence .nowrap").evaluate_all(
            """parts => parts.filter(part => {
                const tops = [...part.querySelectorAll(".note-ref")].map(note => note.getBoundingClientRect());
                const word = part.firstElementChild.getBoundingClientRect();
                return tops.some(note => note.top >= word.bottom || note.left < word.right);
            }).length"""
        )
        assert alone == 0


def test_the_marks_follow_what_one_types(open_page: Callable[..., Page]) -> None:
    page = open_page(1280, 900)
    page.goto(YEAR)
    marks = page.locator("#benchmarks tbody .band__you")
    count = marks.count()
    assert count >= 3
    before = marks.first.get_attribute("x1")
    page.get_by_label("Churned").fill("480000")
    expect(marks.first).not_to_have_attribute("x1", before or "")
    expect(marks).to_have_count(count)
    page.get_by_label("Churned").fill("")
    expect(marks).to_have_count(0)


def test_your_customers_stand_on_one_line(open_page: Callable[..., Page]) -> None:
    page = open_page(1280, 900)
    page.goto(GRR)
    tops = page.locator("#segment-links li > *").evaluate_all(
        """parts => parts.map(part => {
            const range = document.createRange();
            range.selectNodeContents(part);
            return range.getClientRects()[0].top;
        })"""
    )
    assert max(tops) - min(tops) < 0.5, "pixels"


# -- Lists --


@pytest.mark.parametrize("width", [768, 1000, 1152, 1280])
def test_the_text_of_an_entry_has_room(open_page: Callable[..., Page], width: int) -> None:
    """At 768 the box to tick had left it 130 pixels, and six lines."""
    page = open_page(1280, 900)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto("/")
    widths = page.locator(".entry__what").evaluate_all("texts => texts.map(text => text.clientWidth)")
    page.set_viewport_size({"width": 1280, "height": 900})
    assert min(widths) > 300, "pixels"


def test_a_phone_leaves_the_reasons_of_a_stage_their_room(open_page: Callable[..., Page]) -> None:
    page = open_page(360, 740)
    page.goto("/stages/walk/")
    expect(page.get_by_role("heading", name="Rises at Run")).to_be_visible()
    widths = page.locator("#next .rows p").evaluate_all("texts => texts.map(text => text.clientWidth)")
    assert min(widths) > 250, "pixels"


@pytest.mark.parametrize("size", [(360, 800), (1280, 800)])
@pytest.mark.parametrize("query", ["churn", "retention", "health"])
def test_the_end_of_the_search_panel_is_in_view(
    open_page: Callable[..., Page], size: tuple[int, int], query: str
) -> None:
    page = open_page(*size)
    page.goto("/")
    page.get_by_role("searchbox", name="Search metrics, stages and questions").fill(query)
    expect(page.locator("#search-answers mark").first).to_be_visible()
    expect(page.locator(".search-panel__foot")).to_be_in_viewport(ratio=1)
    heights = page.locator(".search-panel small").evaluate_all("lines => lines.map(line => line.clientHeight)")
    assert max(heights) < 30, "pixels: one line"


# -- The tray --


def spoken(page: Page) -> str:
    """All that a screen reader is given, with the words that style sheets add."""
    tree = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")
    return " ".join(str(node.get("name", {}).get("value", "")) for node in tree["nodes"])


@pytest.mark.parametrize("script", [True, False])
def test_a_fifth_tick_is_too_many_in_words(open_page: Callable[..., Page], script: bool) -> None:
    page = open_page(1280, 900, java_script_enabled=script)
    page.goto("/?stage=walk")
    boxes = page.locator(".pick input")
    for place in (0, 5, 9, 20):
        boxes.nth(place).check()
    assert " ticked." in spoken(page)
    assert "at most four" not in spoken(page)
    boxes.nth(23).check()
    assert "That is too many: tick at most four." in spoken(page)


def test_the_button_of_the_tray_stands_at_its_end(open_page: Callable[..., Page]) -> None:
    page = open_page(1280, 900)
    page.goto("/")
    ends = [
        page.locator(each).evaluate("box => box.getBoundingClientRect().right")
        for each in (".tray", ".tray .button")
    ]
    assert ends[0] == ends[1]


# -- Columns, facts and gaps --


@pytest.mark.parametrize("path", ["/stages/", f"{GRR}#stages"])
def test_three_columns_stand_side_by_side_on_a_tablet(open_page: Callable[..., Page], path: str) -> None:
    page = open_page(768, 900)
    page.goto(path)
    tops = page.locator(".columns > :has(.stage-badge)").evaluate_all(
        "columns => columns.map(column => column.getBoundingClientRect().top)"
    )
    assert len(tops) == 3
    assert len(set(tops)) == 1


@pytest.mark.parametrize("width", [360, 768, 1000])
def test_quick_facts_have_room(open_page: Callable[..., Page], width: int) -> None:
    page = open_page(1280, 900)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(GRR)
    widths = page.locator(".facts dd").evaluate_all("facts => facts.map(fact => fact.clientWidth)")
    page.set_viewport_size({"width": 1280, "height": 900})
    assert min(widths) > 130, "pixels"


def test_links_beside_the_button_of_the_calculator_are_large_enough(open_page: Callable[..., Page]) -> None:
    page = open_page(360, 900)
    page.goto(YEAR)
    heights = page.locator(".calculator__inputs .cluster a").evaluate_all(
        "links => links.map(link => link.getBoundingClientRect().height)"
    )
    assert len(heights) == 2
    assert min(heights) >= 24, "pixels"


def gap(page: Page, before: str, after: str) -> float:
    """Pixels between two parts that stand one below the other."""
    ends = page.locator(before).evaluate("part => part.getBoundingClientRect().bottom")
    return float(page.locator(after).evaluate("part => part.getBoundingClientRect().top") - ends)


def test_parts_keep_apart(open_page: Callable[..., Page], visitor: Visitor, complaints: Any) -> None:
    page = open_page(1280, 900)
    for name, before, after in (
        ("remembered-map", "#map-results > .notice", ".toolbar"),
        ("too-early", ".error-summary ul", ".error-summary ul + p"),
    ):
        state = STATES[name]
        path = state.made(visitor)
        for address in state.addresses_refused(path):
            complaints.expect_missing(address)
        state.show(page, visitor, path)
        assert gap(page, before, after) >= 8
