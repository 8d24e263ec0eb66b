"""The priority map at `/map/`: every metric against every stage, with the reason in the cell."""

import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from django.test import Client

from directory.loader.render import plain
from directory.models import Category, Metric, PageText, Priority, Question
from directory.public import CACHE_CONTROL, FOR_HTMX

from .page import (
    CATEGORIES,
    CONTENT,
    METRICS,
    ORDER,
    STAGES,
    Page,
    by_class,
    families,
    hrefs,
    level,
    notices,
    one_line,
    words,
)
from .swap import HTMX, body_without_live_region, fragment_of, swapped

LEVELS = ["low", "medium", "high"]
NAMES = {stage: stage.title() for stage in STAGES}


def rows(page):
    found = [each for each in page.all("tr") if by_class(each, "map__name")]
    return dict(zip((slug for each in found for slug in listed(each)), found, strict=True))


def listed(element):
    """The metrics of its rows."""
    return [hrefs(each)[0].split("/")[2] for each in by_class(element, "map__name")]


def cell(page, slug, stage):
    return rows(page)[slug].findall("td")[STAGES.index(stage)]


def link(page, name):
    return page.by_id(name).get("href")


def folded(text):
    """Text without its typography, so that a file can be compared with a page."""
    text = one_line(text).replace("\u202f%", "%").replace(" %", "%").replace("…", "...").replace(" – ", " -- ")
    return text.translate(str.maketrans("“”‘’–−", "\"\"''--"))


def changes(stage, show):
    """The metrics that weigh more, or less, at the next stage, in the order of this one; from the files alone."""
    following = STAGES[STAGES.index(stage) + 1]
    steps = {slug: LEVELS.index(level(slug, following)) - LEVELS.index(level(slug, stage)) for slug in METRICS}
    return [slug for slug in ORDER[stage] if (steps[slug] > 0 if show == "rising" else steps[slug] < 0)]


class Text(HTMLParser):
    """The text of a page in the order of its source, as reader modes and assistants take it."""

    def __init__(self, text):
        super().__init__()
        self.parts = []
        self.feed(text)

    def handle_data(self, data):
        self.parts.append(data)


# -- Rows and cells --


def test_map_has_a_row_for_each_metric_and_a_cell_for_each_stage(get):
    assert get("/map/").metrics == METRICS
    assert [len(row.findall("td")) for row in rows(get("/map/")).values()] == [3] * 24


@pytest.mark.parametrize("stage", STAGES)
def test_cells_give_level_and_reason_of_the_content(get, stage):
    for slug in METRICS:
        said = folded(words(cell(get("/map/"), slug, stage)))
        row = CONTENT[slug]["stages"][stage]
        assert said.startswith(f"{NAMES[stage]} {row['priority'].title()}")
        assert folded(row["reason"]) in said


@pytest.mark.parametrize("stage", STAGES)
def test_level_is_said_in_words_and_drawn(get, stage):
    for slug in METRICS:
        (shown,) = by_class(cell(get("/map/"), slug, stage), "level")
        assert words(shown).lower() == level(slug, stage)
        assert [each.get("href") for each in shown.iter("use")] == [f"#step-{level(slug, stage)}"]


def test_each_name_leads_to_its_metric_and_has_its_family(get):
    for metric in Metric.objects.select_related("category"):
        head = rows(get("/map/"))[metric.slug].find("th")
        assert hrefs(head) == [metric.get_absolute_url()]
        for part in (metric.name, metric.abbreviation, metric.category.name):
            assert one_line(part) in words(head)


@pytest.mark.parametrize("stage", STAGES)
def test_four_metrics_of_each_stage_are_marked_as_its_focus(get, stage):
    marks = {}
    for slug in METRICS:
        for each in by_class(cell(get("/map/"), slug, stage), "focus-mark"):
            marks[slug] = words(each)
    assert marks == {slug: f"Focus {rank}" for rank, slug in enumerate(ORDER[stage][:4], start=1)}


def test_change_since_the_stage_before_is_said_and_drawn(get):
    for slug in METRICS:
        assert not by_class(cell(get("/map/"), slug, STAGES[0]), "level__change")
        for before, stage in pairwise(STAGES):
            old, new = level(slug, before), level(slug, stage)
            shown = by_class(cell(get("/map/"), slug, stage), "level__change")
            assert [words(each) for each in shown] == ([f"from {old}"] if old != new else [])
            went = "up" if LEVELS.index(new) > LEVELS.index(old) else "down"
            for each in shown:
                assert [use.get("href") for use in each.iter("use")] == [f"#icon-{went}"]


def test_something_changes_in_both_directions(get):
    drawn = {use.get("href") for each in get("/map/").by_class("level__change") for use in each.iter("use")}
    assert drawn == {"#icon-up", "#icon-down"}


@pytest.mark.parametrize("stage", STAGES)
def test_guidance_stands_folded_in_the_same_cell(get, stage):
    for priority in Priority.objects.filter(stage=stage):
        (details,) = cell(get("/map/"), priority.metric_id, stage).findall("details")
        assert words(details.find("summary")) == one_line(priority.reason)
        paragraph = details.find("p")
        numbers = "".join(words(note) for note in by_class(paragraph, "note-ref"))
        guidance = one_line(plain(priority.detail["guidance"]))
        assert len(words(paragraph)) == len(guidance) + len(numbers)
        assert words(paragraph).startswith(guidance[: guidance.find(".") + 1])
        said = words(details)
        row = CONTENT[priority.metric_id]["stages"][stage]
        for text in (*row["actions"], row["ready_when"]):
            assert folded(text) in folded(said)
        assert details.get("open") is None


def test_source_marks_lead_to_the_sources_on_the_page_of_the_metric(get):
    marks = 0
    for slug, row in rows(get("/map/?stage=walk")).items():
        for each in by_class(row, "note-ref"):
            marks += 1
            assert all(href.startswith(f"/metrics/{slug}/#source-") for href in hrefs(each))
    assert marks


# -- Table --


def test_table_has_a_caption_and_headers_for_columns_and_rows(get):
    for address in ("/map/", "/map/?stage=walk"):
        table = get(address).one("table")
        assert words(table.find("caption"))
        heads = table.findall("thead/tr/th")
        assert [each.get("scope") for each in heads] == ["col"] * 4
        assert words(heads[0]) == "Metric"
        for head, stage in zip(heads[1:], STAGES, strict=True):
            assert NAMES[stage] in words(head)
        for row in rows(get(address)).values():
            assert [each.tag for each in row] == ["th", "td", "td", "td"]
            assert row.find("th").get("scope") == "row"


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("", "24 metrics, in directory order."),
        ("?category=retention", "3 metrics in Retention, in directory order."),
        ("?category=usage&stage=run", "3 metrics in Usage, in order for Run."),
    ],
)
def test_count_names_the_categories(get, query, sentence):
    assert words(get(f"/map/{query}").by_class("list-bar")[0].find("p")) == sentence


def test_each_column_counts_its_levels(get):
    for head, stage in zip(get("/map/?category=usage").all("thead/tr/th")[1:], STAGES, strict=True):
        levels = [level(slug, stage) for slug in METRICS]
        counts = ", ".join(f"{levels.count(each)} {each}" for each in reversed(LEVELS))
        assert words(head.find("small")) == counts


def test_groups_of_rows_are_named_by_a_header_of_their_own(get):
    for body in get("/map/?stage=crawl").all("tbody"):
        head = body[0][0]
        assert (head.tag, head.get("scope"), head.get("colspan")) == ("th", "rowgroup", "4")
        assert words(head)
    (body,) = get("/map/").all("tbody")
    assert not [each for each in body.iter("th") if each.get("scope") == "rowgroup"]


@pytest.mark.parametrize("address", ["/map/", "/map/?stage=run"])
def test_text_of_the_source_keeps_each_reason_beside_metric_stage_and_level(get, address):
    """Nothing of a cell stands elsewhere: reader mode, copies and assistants see what a reader sees."""
    text = one_line(" ".join(Text(get(address).text).parts))
    place = 0
    names = dict(Metric.objects.values_list("slug", "name"))
    reasons = {(each.metric_id, each.stage_id): each.reason for each in Priority.objects.all()}
    for slug in get(address).metrics:
        for stage in STAGES:
            start = f"{NAMES[stage]} {level(slug, stage).title()} "
            pattern = (
                re.escape(start) + r"(?:Focus \d )?(?:from \w+ )?" + re.escape(one_line(reasons[slug, stage]))
            )
            found = re.compile(pattern).search(text, place)
            assert found, (slug, stage)
            between = text[place : found.start()]
            assert (one_line(names[slug]) in between) == (stage == STAGES[0])
            place = found.end()


def test_no_cell_is_hidden_or_told_apart_by_color_alone(get):
    for row in rows(get("/map/")).values():
        for each in row.iter():
            assert each.get("hidden") is None
            assert each.tag == "svg" or each.get("aria-hidden") is None


# -- A stage --


@pytest.mark.parametrize("stage", STAGES)
def test_stage_puts_the_rows_in_its_order_and_groups(get, stage):
    page = get(f"/map/?stage={stage}")
    assert page.metrics == ORDER[stage]
    focus, rest = ORDER[stage][:4], ORDER[stage][4:]
    expected = {"Focus now": focus}
    for title, wanted in (("High", "high"), ("Medium", "medium"), ("Later", "low")):
        expected[title] = [slug for slug in rest if level(slug, stage) == wanted]
    shown = {}
    for body in page.all("tbody"):
        (head,) = by_class(body, "map__group")
        shown[one_line(head.text)] = listed(body)
        assert words(head.find("small"))
    assert list(shown.items()) == [(title, slugs) for title, slugs in expected.items() if slugs]


@pytest.mark.parametrize("stage", STAGES)
def test_column_of_the_stage_is_marked_in_words_and_in_every_row(get, stage):
    page = get(f"/map/?stage={stage}")
    column = STAGES.index(stage)
    heads = page.all("thead/tr/th")[1:]
    assert ["Your stage" in words(each) for each in heads] == [index == column for index in range(3)]
    for row in page.all("table//tr"):
        cells = row.findall("td") or row.findall("th[@scope='col']")[1:]
        assert ["is-mine" in each.get("class", "") for each in cells] == [
            index == column for index in range(len(cells))
        ]
    assert not get("/map/").by_class("is-mine")


@pytest.mark.parametrize("stage", STAGES)
def test_stage_is_named_and_travels_along(get, stage):
    page = get(f"/map/?stage={stage}")
    assert NAMES[stage] in page.title
    assert page.by_id(f"stage-{stage}").get("aria-current") == "true"
    heads = [hrefs(row.find("th")) for row in rows(page).values()]
    assert heads == [[f"/metrics/{slug}/?stage={stage}"] for slug in ORDER[stage]]
    for each in page.all("div[@id='map-results']//a[@data-hx-get]"):
        if not each.get("id").startswith("stage-"):
            assert f"stage={stage}" in each.get("href")


def test_last_of_several_stages_counts(get):
    assert get("/map/?stage=crawl&stage=run").metrics == ORDER["run"]


# -- Categories --


@pytest.mark.parametrize("category", CATEGORIES)
def test_category_leaves_its_metrics(get, category):
    page = get(f"/map/?category={category}")
    assert page.metrics == [slug for slug in METRICS if category in families(slug)]
    assert page.by_id(f"category-{category}").get("aria-current") == "true"
    small = get("/map/").by_id(f"category-{category}").find("small")
    assert words(small) == str(len(page.metrics))


def test_category_keeps_the_order_of_the_stage(get):
    page = get("/map/?stage=walk&category=retention&category=health")
    assert page.metrics == [slug for slug in ORDER["walk"] if families(slug) & {"retention", "health"}]


def test_links_change_one_thing_and_keep_the_rest(get):
    page = get("/map/?stage=walk&category=retention&show=falling")
    assert link(page, "category-retention") == "/map/?stage=walk&show=falling"
    assert link(page, "category-all") == "/map/?stage=walk&show=falling"
    assert link(page, "stage-run") == "/map/?stage=run&category=retention&show=falling"
    assert link(page, "stage-all") == "/map/?category=retention"
    assert link(page, "show-1") == "/map/?stage=walk&category=retention"


@pytest.mark.parametrize("address", ["/map/", "/map/?stage=walk", "/map/?stage=crawl&show=rising"])
def test_links_say_how_many_rows_they_lead_to(get, address):
    page = get(address)
    counted = [each for each in page.all("nav[@class='strip']//a") if not each.get("aria-current")]
    assert counted
    for each in counted:
        assert words(each.find("small")) == str(len(get(each.get("href")).metrics))
        assert get(each.get("href")).metrics


# -- What rises and what falls --


@pytest.mark.parametrize("show", ["rising", "falling"])
@pytest.mark.parametrize("stage", STAGES[:-1])
def test_show_leaves_what_changes_by_the_next_stage(get, stage, show):
    page = get(f"/map/?stage={stage}&show={show}")
    expected = changes(stage, show)
    assert page.metrics == expected
    if expected:
        verb = {"rising": "gain", "falling": "lose"}[show]
        sentence = words(page.by_class("list-bar")[0].find("p"))
        assert sentence.startswith(f"{len(expected)} metric")
        assert verb in sentence
        assert NAMES[stage] in sentence
        assert NAMES[STAGES[STAGES.index(stage) + 1]] in sentence
    else:
        assert page.by_class("empty-state")


def test_there_is_something_to_show_in_both_directions():
    assert changes("crawl", "rising")
    assert changes("walk", "rising")
    assert changes("walk", "falling")


@pytest.mark.parametrize("show", ["rising", "falling"])
def test_show_and_category_work_together(get, show):
    for category in CATEGORIES:
        expected = [slug for slug in changes("walk", show) if category in families(slug)]
        page = get(f"/map/?stage=walk&category={category}&show={show}")
        assert page.metrics == expected
        assert bool(page.by_class("empty-state")) == (not expected)


@pytest.mark.parametrize("show", ["rising", "falling"])
def test_show_without_a_stage_shows_everything_and_says_why(get, show):
    page = get(f"/map/?show={show}")
    assert page.metrics == METRICS
    (notice,) = notices(page)
    assert "stage" in notice


@pytest.mark.parametrize("show", ["rising", "falling"])
def test_nothing_rises_or_falls_after_the_last_stage_and_a_link_leads_back(get, show):
    page = get(f"/map/?stage=run&show={show}")
    assert page.metrics == []
    (empty,) = page.by_class("empty-state")
    assert "Run" in words(empty.find("h2"))
    assert hrefs(empty) == ["/map/?stage=run"]
    assert get("/map/?stage=run").metrics == ORDER["run"]
    assert not page.has("table")


@pytest.mark.parametrize(
    "address",
    [
        "/map/?stage=run&show=rising&category=usage",
        "/map/?stage=walk&show=falling&category=ai-automation",
        "/map/?stage=crawl&show=falling",
    ],
)
def test_ways_out_of_an_empty_map_lead_to_rows(get, address):
    page = get(address)
    if not page.metrics:
        ways = page.by_class("empty-state")[0]
        assert hrefs(ways)
        for way in ways.iter("a"):
            assert str(len(get(way.get("href")).metrics)) in words(way)
            assert get(way.get("href")).metrics


def test_show_is_offered_with_a_stage_where_there_is_something(get):
    assert not get("/map/").has("nav[@aria-label='Show']")
    for stage in STAGES:
        shows = hrefs(get(f"/map/?stage={stage}").one("nav[@aria-label='Show']"))
        wanted = [f"/map/?stage={stage}"]
        if stage != STAGES[-1]:
            wanted += [
                f"/map/?stage={stage}&show={show}" for show in ("rising", "falling") if changes(stage, show)
            ]
        assert shows == wanted


# -- Unknown values --


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("stage=sprint", METRICS),
        ("category=nothing", METRICS),
        ("stage=walk&show=sideways", ORDER["walk"]),
        ("stage=Crawl", METRICS),
        ("stage=crawl&stage=sprint", ORDER["crawl"]),
        ("stage=walk&show=rising&show=sideways", changes("walk", "rising")),
    ],
)
def test_unknown_value_is_left_out_with_a_notice_that_repeats_it(get, query, expected):
    page = get(f"/map/?{query}")
    assert page.status == 200
    assert page.metrics == expected
    (notice,) = notices(page)
    assert query.rpartition("=")[2] in notice


@pytest.mark.parametrize("query", ["stage=", "show=", "category=%20", "sort=name", "utm_source=mail"])
def test_empty_values_and_other_keys_are_no_matter(get, query):
    assert get(f"/map/?{query}").metrics == METRICS
    assert not notices(get(f"/map/?{query}"))


@pytest.mark.parametrize("key", ["stage", "category", "show"])
def test_unknown_value_is_escaped_and_cut(get, key):
    page = get(f"/map/?{key}=%3Cscript%3Ealert(1)%3C/script%3E{'x' * 500}")
    assert "<script>alert" not in page.text
    assert "<script>alert(1)</script>" in notices(page)[0]
    assert "x" * 100 not in page.text


def test_of_many_unknown_values_only_four_are_named(get):
    said = notices(get("/map/?" + "&".join(f"category=x{number}" for number in range(9))))
    assert len(said) == 5
    assert said[-1] == "5 more values were left out."


# -- Text --


def test_map_says_how_to_read_it_and_answers_three_questions(get):
    page = get("/map/")
    text = PageText.objects.get(slug="map").page
    assert words(page.one("h1")) == text["title"]
    for section in text["sections"]:
        assert one_line(plain(section["text"])) in words(page.by_id(section["slug"]))
    expected = [each for each in Question.objects.all() if "map" in each.pages]
    shown = page.all("section[@id='questions']//details")
    assert len(expected) == 3
    assert [each.get("id") for each in shown] == [each.slug for each in expected]
    for each, question in zip(shown, expected, strict=True):
        assert words(each.find("summary")) == one_line(question.question)
        assert one_line(question.plain_answer) in words(each)


def test_text_says_of_one_metric_that_loses_weight(get):
    """The page's text names it; if a priority changes, so must the text."""
    falls = {slug for stage in STAGES[:-1] for slug in changes(stage, "falling")}
    assert falls == {"logo-retention-rate"}
    assert "/metrics/logo-retention-rate/" in hrefs(get("/map/").by_id("reading"))


# -- Fragment --

STEPS = [
    ("/map/", "/map/?stage=crawl"),
    ("/map/?stage=crawl", "/map/"),
    ("/map/", "/map/?category=retention"),
    ("/map/?stage=walk", "/map/?stage=walk&show=rising"),
    ("/map/?stage=walk&show=falling", "/map/?stage=run&show=falling"),
    ("/map/?stage=run&show=falling", "/map/?stage=run"),
    ("/map/?stage=run&category=usage", "/map/?stage=sprint&category=none"),
]


@pytest.mark.parametrize(("old", "new"), STEPS)
def test_fragment_put_into_the_old_page_gives_the_new_page(client, get, old, new):
    tree = swapped(get(old), client.get(new, headers=HTMX))
    assert body_without_live_region(tree) == body_without_live_region(get(new).tree)
    assert words(tree.find("./head/title")) == get(new).title


@pytest.mark.parametrize(("old", "new"), STEPS)
def test_swap_announces_the_count_that_the_page_shows(client, get, old, new):
    tree = swapped(get(old), client.get(new, headers=HTMX))
    live = tree.find(".//*[@id='result-count']")
    assert words(live) == words(get(new).by_class("list-bar")[0].find("p"))
    assert words(live).startswith(f"{len(get(new).metrics)} metric")


def test_live_region_stands_empty_outside_of_what_is_swapped(get):
    live = get("/map/").by_id("result-count")
    assert live.get("role") == "status"
    assert words(live) == ""
    assert live not in list(get("/map/").by_id("map-results").iter())


def test_links_of_the_fragment_ask_for_what_they_lead_to(get):
    for address in ("/map/", "/map/?stage=walk&category=usage"):
        results = get(address).by_id("map-results")
        links = results.findall(".//*[@data-hx-get]")
        assert len(links) > 8
        assert len(links) == len(get(address).all("main//*[@data-hx-get]"))
        for each in links:
            assert each.tag == "a"
            assert each.get("id")
            assert {name: value for name, value in each.items() if name.startswith("data-hx-")} == {
                "data-hx-get": each.get("href")
            }
        assert results.get("data-hx-target") == "this"
        assert results.get("data-hx-swap") == "outerHTML"
        assert results.get("data-hx-push-url") == "true"


@pytest.mark.parametrize(
    "headers",
    [{}, {**HTMX, "HX-Boosted": "true"}, {**HTMX, "HX-History-Restore-Request": "true"}, {"HX-Request": "false"}],
    ids=["plain", "boosted", "history restore", "not htmx"],
)
def test_whole_page_is_answered_to_whom_needs_it(client, db, get, headers):
    answer = client.get("/map/?stage=crawl", headers=headers)
    assert answer.content.decode() == get("/map/?stage=crawl").text
    assert answer.headers["Cache-Control"] == (FOR_HTMX if headers else CACHE_CONTROL)
    assert answer.headers["Vary"] == "Cookie, HX-Request"


def test_htmx_gets_the_fragment_alone_and_caches_do_not_keep_it(client, db):
    answer = client.get("/map/?stage=crawl", headers=HTMX)
    assert [each.tag for each in fragment_of(answer)] == ["div", "title", "div"]
    assert listed(fragment_of(answer)[0]) == ORDER["crawl"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Vary"] == "Cookie, HX-Request"


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "fragment"])
def test_no_cookie_is_set_and_a_stage_without_a_result_is_not_looked_at(client, db, headers):
    client.cookies["stage"] = "run"
    answer = client.get("/map/", headers=headers)
    assert not answer.cookies
    assert re.findall(r'map__name"><a href="/metrics/([^/]*)/"', answer.content.decode()) == METRICS


# -- Less content --


def test_family_without_metrics_is_told_and_leads_back(client, db):
    Metric.objects.filter(category="sentiment").delete()
    page = Page("/map/", client.get("/map/?category=sentiment&stage=walk"))
    assert page.status == 200
    assert page.metrics == []
    assert "/map/?stage=walk" in hrefs(page.by_class("empty-state")[0])


def test_hostile_content_is_escaped(client, db):
    hostile = "<script>alert(1)</script>"
    Metric.objects.update(name=hostile, abbreviation=hostile)
    Priority.objects.update(reason=hostile)
    Category.objects.update(name=hostile)
    page = Page("/map/", client.get("/map/?stage=walk"))
    assert hostile not in page.text
    assert hostile in words(page.one("table"))


# -- Queries --

STATES = ["/map/", "/map/?stage=crawl", "/map/?stage=walk&show=rising", "/map/?stage=sprint&category=usage"]


@pytest.mark.parametrize("address", STATES)
def test_page_takes_six_queries(db, django_assert_num_queries, address):
    """Stages, categories, metrics, their priorities, the text, the questions."""
    client = Client()
    with django_assert_num_queries(6):
        client.get(address)


@pytest.mark.parametrize("address", STATES)
def test_fragment_takes_five_queries(db, django_assert_num_queries, address):
    client = Client(headers=HTMX)
    with django_assert_num_queries(5):
        client.get(address)
