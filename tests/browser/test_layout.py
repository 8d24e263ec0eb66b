"""What stands where: on paper, and on pages between a phone and a desk."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

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
    off = on_paper.locator("tr[data-metric] td").evaluate_all(
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
