"""The stages, side by side at `/stages/` and one by one at `/stages/<slug>/`."""

import pytest
from django.test import Client

from directory.models import Priority, Stage

from .page import ORDER, STAGES, by_class, hrefs, level, metrics, one_line, words

LEVELS = ["low", "medium", "high"]


def by_level(stage, wanted):
    return [slug for slug in ORDER[stage] if level(slug, stage) == wanted]


def moved(stage, after, *, up):
    """The metrics that weigh more (or less) at the next stage, in its order."""
    changes = {slug: LEVELS.index(level(slug, after)) - LEVELS.index(level(slug, stage)) for slug in ORDER[after]}
    return [slug for slug, change in changes.items() if (change > 0 if up else change < 0)]


# -- Side by side --


def test_stages_stand_side_by_side_in_their_order(get):
    sections = get("/stages/").all("main//section")
    assert [each.get("id") for each in sections] == STAGES


def test_each_stage_shows_what_the_content_says_of_it(get):
    for stage in Stage.objects.all():
        shown = words(get("/stages/").by_id(stage.slug))
        texts = [stage.name, stage.line, stage.page["hold_off"], stage.page["unlocks_next"], stage.page["profile"]]
        for text in [*texts, *stage.page["signals"], *stage.page["work_on"]]:
            assert one_line(text) in shown


@pytest.mark.parametrize("stage", STAGES)
def test_each_stage_leads_to_its_four_metrics_its_page_and_its_order(get, stage):
    section = get("/stages/").by_id(stage)
    assert hrefs(section.find(".//ol")) == [f"/metrics/{slug}/?stage={stage}" for slug in ORDER[stage][:4]]
    assert f"/stages/{stage}/" in hrefs(section)
    assert f"/?stage={stage}" in hrefs(section)


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("address", ["/stages/", "/stages/{stage}/"])
def test_chart_has_a_step_for_each_metric_and_counts_them_by_level(get, address, stage):
    page = get(address.format(stage=stage))
    chart = by_class(page.by_id(stage) if address == "/stages/" else page.tree, "unit-chart")[0]
    steps = [each.get("href").removeprefix("#step-") for each in chart.iter("use")]
    assert steps == [level(slug, stage) for slug in ORDER[stage]]
    counts = [f"{len(by_level(stage, each))} {each}" for each in reversed(LEVELS)]
    assert chart.get("aria-label") == ", ".join(counts)


@pytest.mark.parametrize("stage", STAGES)
def test_chosen_stage_is_marked(get, stage):
    (mine,) = get(f"/stages/?stage={stage}").by_class("is-mine")
    assert mine.get("id") == stage
    assert len(by_class(mine, "is-yours")) == 1
    assert not get("/stages/").by_class("is-mine")


def test_unknown_stage_is_left_out_with_a_notice(get):
    page = get("/stages/?stage=%3Cb%3Esprint")
    assert page.status == 200
    assert "<b>sprint" in words(page.one("div[@role='note']"))
    assert "<b>sprint" not in page.text
    assert not page.by_class("is-mine")
    assert not get("/stages/").has("div[@role='note']")


# -- One by one --


@pytest.mark.parametrize("stage", STAGES)
def test_page_of_a_stage_shows_what_the_content_says_of_it(get, stage):
    row = Stage.objects.get(slug=stage)
    page = get(f"/stages/{stage}/")
    assert row.name in words(page.one("h1"))
    shown = words(page.one("main"))
    texts = [row.line, row.page["hold_off"], row.page["unlocks_next"], row.page["profile"], row.page["focus_lead"]]
    for text in [*texts, *row.page["signals"], *row.page["work_on"]]:
        assert one_line(text) in shown


@pytest.mark.parametrize("stage", STAGES)
def test_focus_of_a_stage_is_numbered_and_says_why(get, stage):
    entries = get(f"/stages/{stage}/").all("section[@id='focus']//li")
    assert [each.get("data-metric") for each in entries] == ORDER[stage][:4]
    assert [words(by_class(each, "entry__rank")[0]) for each in entries] == ["1", "2", "3", "4"]
    for entry in entries:
        reason = Priority.objects.get(stage=stage, metric=entry.get("data-metric")).reason
        assert one_line(reason) in words(entry)


@pytest.mark.parametrize("stage", STAGES)
def test_what_to_hold_off_is_what_is_low_with_the_reason(get, stage):
    section = get(f"/stages/{stage}/").by_id("hold-off")
    assert metrics(section) == by_level(stage, "low")
    for entry in section.findall(".//li"):
        reason = Priority.objects.get(stage=stage, metric=entry.get("data-metric")).reason
        assert one_line(reason) in words(entry)


@pytest.mark.parametrize(("stage", "after"), [("crawl", "walk"), ("walk", "run")])
def test_what_moves_next_is_what_changes_level(get, stage, after):
    section = get(f"/stages/{stage}/").by_id("next")
    lists = [(metrics(each), each) for each in section.findall(".//ul")]
    assert [slugs for slugs, _ in lists] == [
        slugs for slugs in (moved(stage, after, up=True), moved(stage, after, up=False)) if slugs
    ]
    for slugs, each in lists:
        assert hrefs(each) == [f"/metrics/{slug}/?stage={after}" for slug in slugs]
        for slug, entry in zip(slugs, each, strict=True):
            assert by_class(entry, f"level--{level(slug, after)}")
            assert words(by_class(entry, "level__change")[0]).endswith(level(slug, stage))


def test_last_stage_has_nothing_after_it(get):
    assert metrics(get("/stages/run/").by_id("next")) == []


def test_something_gains_weight_after_each_stage_but_the_last():
    assert moved("crawl", "walk", up=True)
    assert moved("walk", "run", up=True)


def test_stage_pages_lead_to_their_neighbors(get):
    found = [
        [hrefs(part) for part in get(f"/stages/{each}/").by_class("neighbors")[0].iter("p")] for each in STAGES
    ]
    assert found == [
        [[], ["/stages/walk/"]],
        [["/stages/crawl/"], ["/stages/run/"]],
        [["/stages/walk/"], []],
    ]


@pytest.mark.parametrize("stage", STAGES)
def test_links_of_a_stage_carry_it_along(get, stage):
    page = get(f"/stages/{stage}/")
    assert f"/?stage={stage}" in page.links
    own = [*hrefs(page.by_id("focus")), *hrefs(page.by_id("hold-off"))]
    assert {each.partition("?")[2] for each in own} == {f"stage={stage}"}


@pytest.mark.parametrize("address", ["/stages/sprint/", "/stages/Crawl/", "/stages/crawl/walk/"])
def test_unknown_stage_page_is_not_found(get, address):
    assert get(address).status == 404


# -- Queries --


def test_stage_list_takes_four_queries(db, django_assert_num_queries):
    """Stages, metrics, priorities, the text."""
    client = Client()
    with django_assert_num_queries(4):
        client.get("/stages/?stage=walk")


@pytest.mark.parametrize("stage", STAGES)
def test_stage_page_takes_three_queries(db, django_assert_num_queries, stage):
    """Stages, metrics, priorities."""
    client = Client()
    with django_assert_num_queries(3):
        client.get(f"/stages/{stage}/")


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_page_marks_nothing_as_the_reader_s_own(get, stage):
    """Its stage is its subject; whether it is the reader's the page does not know."""
    page = get(f"/stages/{stage}/")
    assert not page.by_class("chart-mine")
    assert page.by_class("entries--other")
