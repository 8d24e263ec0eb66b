"""What stands where: on paper, and on pages between a phone and a desk."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page


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
    on_paper.goto("/metrics/gross-revenue-retention/")
    rules = on_paper.locator(".data-table--evidence tbody").evaluate_all(
        "rows => rows.map(row => getComputedStyle(row).breakInside)"
    )
    assert rules
    assert set(rules) == {"avoid"}
