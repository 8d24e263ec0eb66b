"""The calculator and the comparison, on a phone and at a desk, with script and without."""

import re
from collections.abc import Callable
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

SIZES = {"phone": (360, 740), "desk": (1280, 900)}
GRR = "/metrics/gross-revenue-retention/"
YEAR = {"Starting ARR (or MRR)": "2.4m", "Contraction": "84,000", "Churned": "180k"}


@pytest.fixture(params=SIZES)
def size(request: pytest.FixtureRequest) -> tuple[int, int]:
    return SIZES[request.param]


@pytest.fixture(params=[True, False], ids=["script", "plain"])
def page(request: pytest.FixtureRequest, open_page: Callable[..., Page], size: tuple[int, int]) -> Page:
    page = open_page(*size, java_script_enabled=request.param)
    page.goto(GRR)
    return page


@pytest.fixture
def scripted(open_page: Callable[..., Page], size: tuple[int, int]) -> Page:
    page = open_page(*size, java_script_enabled=True)
    page.goto(GRR)
    return page


def field(page: Page, label: str) -> Locator:
    return page.get_by_label(label, exact=True)


def result(page: Page) -> Locator:
    return page.locator("#result")


def state(page: Page) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(page.url).query))


def test_a_reader_works_out_a_number_and_its_verdict(page: Page) -> None:
    for label, text in YEAR.items():
        field(page, label).fill(text)
    field(page, "Churned").press("Enter")
    expect(page).to_have_url(re.compile(r"#answer$"))
    expect(result(page)).to_have_attribute("value", "89.0")
    page.get_by_role("button", name="Enterprise").click()
    expect(page.get_by_text("By a rule of thumb, weak for enterprise customers.")).to_be_visible()
    expect(field(page, "Churned")).to_have_value("180k")
    assert state(page)["segment"] == "enterprise"
    page.reload()
    expect(result(page)).to_have_attribute("value", "89.0")


def test_the_worked_example_is_one_click_away(page: Page) -> None:
    page.get_by_role("link", name="Try the worked example").click()
    expect(result(page)).to_have_attribute("value", "89.0")
    expect(result(page)).to_be_in_viewport()


def test_another_definition_keeps_what_fits_it(page: Page) -> None:
    page.goto("/metrics/monthly-recurring-revenue/?new_mrr=9200&expansion_mrr=6100")
    quick_ratio = page.get_by_role("button", name="Quick ratio")
    expect(quick_ratio).not_to_be_visible()
    page.get_by_text("Compute another definition").click()
    quick_ratio.click()
    expect(page.get_by_role("heading", name="Quick ratio")).to_be_visible()
    expect(field(page, "New MRR")).to_have_value("9200")
    field(page, "Contraction MRR").fill("2400")
    field(page, "Churned MRR").fill("3900")
    page.get_by_role("button", name="Work it out").click()
    expect(result(page)).to_have_attribute("value", "2.428571")


def test_the_result_follows_while_one_types(scripted: Page) -> None:
    page = scripted
    for label, text in YEAR.items():
        field(page, label).press_sequentially(text, delay=20)
    expect(result(page)).to_have_text(re.compile(r"^89\.0"))
    expect(field(page, "Churned")).to_be_focused()
    expect(page.locator("#calculation-status")).to_contain_text("GRR: 89.0")
    expect(page).to_have_url(re.compile(r"\?starting_arr=2\.4m&contraction_arr=84%2C000&churned_arr=180k$"))
    page.reload()
    expect(result(page)).to_have_text(re.compile(r"^89\.0"))


def test_clear_appears_while_one_types_and_goes_with_the_last_number(scripted: Page) -> None:
    page = scripted
    clear = page.get_by_role("link", name="Clear")
    expect(clear).not_to_be_attached()
    field(page, "Churned").press_sequentially("18", delay=20)
    expect(clear).to_be_visible()
    field(page, "Churned").fill("")
    expect(clear).not_to_be_attached()
    field(page, "Churned").press_sequentially("18", delay=20)
    clear.click()
    expect(field(page, "Churned")).to_have_value("")


LOOKS = [{"color_scheme": "light"}, {"color_scheme": "dark"}, {"forced_colors": "active"}]
EDGE = """each => {
  const style = getComputedStyle(each);
  const ring = style.outlineStyle === "none" ? "none" : style.outlineColor;
  return [ring, style.borderTopColor, style.borderInlineStartWidth];
}"""


@pytest.mark.parametrize("look", LOOKS, ids=["light", "dark", "forced"])
def test_a_field_in_use_does_not_look_refused(open_page: Callable[..., Page], look: dict[str, str]) -> None:
    page = open_page(360, 740, **look)
    page.goto(f"{GRR}?contraction_arr=x")
    plain, refused = field(page, "Starting ARR (or MRR)"), field(page, "Contraction")
    plain.focus()
    ring, edge, start = plain.evaluate(EDGE)
    no_ring, red, thick = refused.evaluate(EDGE)
    assert ring not in ("none", red)
    assert edge != red
    assert (no_ring, start, thick) == ("none", "1px", "8px")
    refused.focus()
    assert refused.evaluate(EDGE) == [ring, red, "8px"]


def test_operators_have_room_where_a_row_has_one(open_page: Callable[..., Page]) -> None:
    page = open_page(1280, 900)
    page.goto("/metrics/logo-retention-rate/")
    gaps = page.locator("#formula mfrac mo").evaluate_all(
        """all => all.map(each => {
             const before = each.previousElementSibling.getBoundingClientRect();
             const room = each.getBoundingClientRect().left - before.right;
             return room / parseFloat(getComputedStyle(each).fontSize);
           })"""
    )
    assert gaps
    assert all(gap > 0.15 for gap in gaps)


def test_a_refused_field_is_marked_and_the_mark_goes_again(scripted: Page) -> None:
    page = scripted
    churned = field(page, "Churned")
    churned.press_sequentially("18o", delay=20)
    expect(churned).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#note-churned_arr")).to_contain_text("This is not a number.")
    churned.fill("180k")
    expect(churned).not_to_have_attribute("aria-invalid", "true")
    expect(page.locator("#note-churned_arr")).to_have_text("Read as 180,000.")


def test_typing_leaves_no_trail_of_pages(scripted: Page) -> None:
    page = scripted
    page.goto("/about/")
    page.goto(GRR)
    for label, text in YEAR.items():
        field(page, label).press_sequentially(text, delay=20)
    expect(result(page)).to_be_visible()
    page.go_back()
    expect(page).to_have_url("/about/")


# -- Comparison --


def test_metrics_are_ticked_in_the_directory_and_compared(page: Page) -> None:
    page.goto("/")
    for name in ("Time to Value", "Escalation Rate"):
        page.get_by_role("checkbox", name=f"Compare {name}", exact=True).check()
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("TTV and Escalation Rate, side by side")
    expect(page.locator("table.compare")).to_be_visible()


def test_ticks_outlive_a_change_of_order(scripted: Page) -> None:
    page = scripted
    page.goto("/")
    box = page.get_by_role("checkbox", name="Compare Time to Value", exact=True)
    box.check()
    page.get_by_role("navigation", name="Sort for a stage").get_by_role("link", name="Walk").click()
    expect(page).to_have_url("/?stage=walk")
    expect(page.get_by_role("heading", name="Focus now")).to_be_visible()
    expect(box).to_be_checked()


def test_the_tray_stays_in_view_once_something_is_ticked(scripted: Page) -> None:
    page = scripted
    page.goto("/")
    tray = page.get_by_role("button", name="Compare", exact=True)
    expect(tray).not_to_be_in_viewport()
    page.get_by_role("checkbox", name="Compare Net Revenue Retention", exact=True).check()
    expect(tray).to_be_in_viewport(ratio=1)


def test_row_heads_stay_in_view_while_the_columns_scroll(open_page: Callable[..., Page]) -> None:
    page = open_page(800, 900)
    page.goto("/compare/?metrics=time-to-value,net-promoter-score,dau-mau-ratio,escalation-rate")
    region = page.get_by_role("region", name=re.compile("side by side"))
    head = page.get_by_role("rowheader", name="Cadence")
    before = head.bounding_box()
    region.evaluate("each => each.scrollLeft = 300")
    assert region.evaluate("each => each.scrollLeft") == 300
    assert head.bounding_box() == before


WIDE = "gross-revenue-retention,net-revenue-retention,annual-recurring-revenue,customer-effort-score"
LONG = "onboarding-completion-rate,customer-health-score,time-to-first-value,ai-assisted-resolution-rate"
OVERRUN = """all => all.filter(each => {
  const [formula, cell] = [each, each.closest("td")].map(part => part.getBoundingClientRect());
  return formula.right > cell.right + 1;
}).length"""


@pytest.mark.parametrize("paper", [False, True], ids=["screen", "paper"])
@pytest.mark.parametrize("width", [360, 768, 1280])
@pytest.mark.parametrize("slugs", [WIDE, LONG])
def test_no_formula_runs_over_its_neighbor(
    open_page: Callable[..., Page], slugs: str, width: int, paper: bool
) -> None:
    page = open_page(1060 if paper else width, 900)
    for count in (2, 3, 4):
        page.goto(f"/compare/?metrics={','.join(slugs.split(',')[:count])}")
        if paper:
            page.emulate_media(media="print")
        assert page.locator(".compare math").evaluate_all(OVERRUN) == 0
    page.emulate_media(media="null")


@pytest.mark.parametrize("slugs", [WIDE, LONG, "time-to-value,net-promoter-score,dau-mau-ratio,escalation-rate"])
def test_a_comparison_prints_on_landscape_sheets(open_page: Callable[..., Page], slugs: str) -> None:
    page = open_page(1280, 900)
    page.goto(f"/compare/?metrics={slugs}")
    sheet = page.pdf(prefer_css_page_size=True)
    assert b"/MediaBox [0 0 841" in sheet
    assert len(re.findall(rb"/Type\s*/Page\b", sheet)) <= 2
