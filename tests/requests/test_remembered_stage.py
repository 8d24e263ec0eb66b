"""The directory in a browser that remembers a result: sorted, marked and grouped without `?stage=`."""

import datetime
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from directory.models import Benchmark
from tests.factories import remembering

from .page import ADDRESSES, METRICS, ORDER, SEGMENTS, STAGES, Page, by_class, hrefs, words
from .swap import HTMX, body_without_live_region, swapped

TODAY = datetime.datetime.now(tz=datetime.UTC).date()
DAY = datetime.date(TODAY.year, 1, 23)
RESULT = f"walk.{DAY}.-.-"
NAMES = {"crawl": "Crawl", "walk": "Walk", "run": "Run"}
METRIC = "/metrics/gross-revenue-retention/"
PAGES = ["/", "/map/", METRIC, "/search/?q=churn", "/stages/"]


def show(path, value=RESULT, stage=None, **headers):
    return Page(path, remembering(value, stage).get(path, headers=headers))


def choose(stage, *, value=RESULT, chosen=None, back="/", client=None, **headers):
    client = client or remembering(value, chosen)
    return client.post("/choose-stage/", {"stage": stage, "next": back}, headers=headers)


def listed(page):
    """Where the names of listed metrics lead, and the neighbors of a metric's page."""
    parts = [each for name in ("entry__name", "map__name", "neighbors") for each in page.by_class(name)]
    hits = [each.get("href") for each in page.by_class("search-hit")]
    return [link for link in [link for each in parts for link in hrefs(each)] + hits if "/metrics/" in link]


def said(page):
    """What the page says of where its stage comes from."""
    return re.findall(r"[^.>]*(?:result of|as you chose|as this link asks)[^<]*", page.text)


# -- What is remembered --


@pytest.mark.parametrize(
    ("path", "verb"), [("/", "Sorted"), ("/map/", "Sorted"), (METRIC, "Marked"), ("/search/?q=churn", "Marked")]
)
def test_page_says_where_its_stage_comes_from(db, path, verb):
    page = show(path)
    assert page.errors == []
    assert f"{verb} for Walk, from your result of January 23." in words(page.one("main"))


def test_result_of_another_year_is_dated_with_it(db):
    page = show("/", f"run.{TODAY.year - 1}-11-23.-.-")
    assert f"Sorted for Run, from your result of November 23, {TODAY.year - 1}." in words(page.one("main"))


@pytest.mark.parametrize("stage", STAGES)
def test_directory_and_map_are_those_of_the_stage(get, stage):
    for path in ("/", "/map/"):
        mine, asked = show(path, f"{stage}.{DAY}.-.-"), get(f"{path}?stage={stage}")
        assert mine.metrics == asked.metrics
        assert mine.title == asked.title
        headings = [[words(each) for each in page.all("main//h2")] for page in (mine, asked)]
        assert headings[0] == headings[1]
        marks = [len(page.by_class("level--mine")) for page in (mine, asked)]
        assert marks[0] == marks[1]
    assert show("/", f"{stage}.{DAY}.-.-").metrics == ORDER[stage]


@pytest.mark.parametrize("slug", METRICS[::6])
def test_page_of_a_metric_is_marked_as_with_the_stage_in_its_address(get, slug):
    mine, asked = show(f"/metrics/{slug}/"), get(f"/metrics/{slug}/?stage=walk")
    for name in ("chart-mine", "level--mine", "is-mine", "stage-badge--mine"):
        assert len(mine.by_class(name)) == len(asked.by_class(name))
    neighbors = [
        [link.partition("?")[0] for each in page.by_class("neighbors") for link in hrefs(each)]
        for page in (mine, asked)
    ]
    assert neighbors[0] == neighbors[1]


@pytest.mark.parametrize("path", ["/", "/?category=usage", "/?sort=name", "/map/", METRIC, "/search/?q=churn"])
def test_links_carry_no_stage_where_it_is_remembered(db, path):
    links = listed(show(path))
    assert links
    assert not [link for link in links if "?" in link]


@pytest.mark.parametrize("stage", ["crawl", "run", "none"])
@pytest.mark.parametrize("path", ["/", "/map/"])
def test_explicit_stage_wins_and_is_carried_along(db, path, stage):
    page = show(f"{path}?stage={stage}")
    assert page.metrics == (ORDER["directory"] if stage == "none" else show(path, f"{stage}.{DAY}.-.-").metrics)
    where = "Not (?:sorted|marked) for a stage" if stage == "none" else f"Sorted for {NAMES[stage]}"
    assert re.search(f"{where}, as this link asks. Your result of January 23 was Walk.", words(page.one("main")))
    assert {link.partition("?")[2].partition("#")[0] for link in listed(page)} == {f"stage={stage}"}


@pytest.mark.parametrize("stage", ["crawl", "run", "none"])
def test_explicit_stage_wins_on_the_page_of_a_metric_and_in_search(db, stage):
    for path in (METRIC, "/search/?q=churn"):
        page = show(f"{path}{'&' if '?' in path else '?'}stage={stage}")
        assert "as this link asks. Your result of January 23 was Walk." in words(page.one("main"))
        assert {link.partition("?")[2] for link in listed(page)} == {f"stage={stage}"}


def test_empty_or_unknown_stage_in_the_address(db):
    assert show("/?stage=").metrics == ORDER["directory"]
    page = show("/?stage=sprint")
    assert page.metrics == ORDER["walk"]
    assert page.has("div[@role='note']")


def test_stages_page_marks_the_remembered_one(db):
    (mine,) = show("/stages/").by_class("is-mine")
    assert mine.get("id") == "walk"


def test_search_panel_marks_the_stage_and_leads_on_without_it(db):
    asked = Client().get("/search/?q=churn&stage=walk", headers=HTMX).content.decode()
    mine = remembering(RESULT).get("/search/?q=churn", headers=HTMX).content.decode()
    assert "chart-mine" in mine
    assert mine == asked.replace("?stage=walk", "")


# -- Fragments --


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("/", "/?category=usage"),
        ("/?category=usage", "/?category=usage&sort=name"),
        ("/?stage=run", "/"),
        ("/", "/?stage=none"),
    ],
)
def test_fragment_put_into_the_old_page_is_the_new_page(db, old, new):
    before, after = show(old), show(new)
    answer = remembering(RESULT).get(new, headers=HTMX)
    made = swapped(before, answer)
    assert body_without_live_region(made) == body_without_live_region(after.tree)
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize(("old", "new"), [("/map/", "/map/?category=usage"), ("/map/?stage=none", "/map/")])
def test_fragment_of_the_map_is_the_new_map(db, old, new):
    made = swapped(show(old), remembering(RESULT).get(new, headers=HTMX))
    assert body_without_live_region(made) == body_without_live_region(show(new).tree)


# -- The switch --


@pytest.mark.parametrize("path", ["/", "/map/", METRIC, "/search/?q=churn"])
def test_switch_offers_every_stage_and_none_and_comes_back_here(db, path):
    page = show(path)
    (form,) = [each for each in page.all("main//form") if each.get("action") == "/choose-stage/"]
    assert form.get("method") == "post"
    buttons = {each.get("value"): each.get("aria-current") for each in form.iter("button")}
    assert buttons == {"none": None, "crawl": None, "walk": "true", "run": None}
    assert [each.get("value") for each in form.iter("input")] == [path]


def test_switch_comes_back_without_the_stage_of_the_address(db):
    page = show("/?stage=run&category=usage&sort=name")
    (form,) = [each for each in page.all("main//form") if each.get("action") == "/choose-stage/"]
    assert [each.get("value") for each in form.iter("input")] == ["/?category=usage&sort=name"]


@pytest.mark.parametrize("stage", ["crawl", "run", "none"])
def test_switch_is_remembered_on_every_page(db, stage):
    client = remembering(RESULT)
    answer = choose(stage, client=client, back="/map/?category=usage")
    assert answer["Location"] == "/map/?category=usage"
    assert answer.cookies["stage"]["httponly"]
    page = Page("/", client.get("/"))
    assert page.metrics == ORDER["directory" if stage == "none" else stage]
    shown = words(page.one("main"))
    assert "as you chose. Your result of January 23 was Walk." in shown
    assert not [link for link in listed(page) if "?" in link]
    assert "as you chose." in words(Page("", client.get(METRIC)).one("main"))
    back = Page("/", client.get("/?stage=walk"))
    assert back.metrics == ORDER["walk"]


def test_switching_back_to_the_result_leaves_one_cookie(db):
    client = remembering(RESULT, "run")
    choose("walk", client=client)
    assert client.cookies["stage"].value == ""
    assert "from your result of January 23." in words(Page("/", client.get("/")).one("main"))


@pytest.mark.parametrize("stage", ["sprint", "", "none ", "walk;x", "\0"])
def test_switch_to_an_unknown_stage_changes_nothing(db, stage):
    answer = choose(stage)
    assert answer.status_code == 302
    assert "stage" not in answer.cookies


def test_switch_without_a_result_remembers_nothing(db):
    answer = choose("run", client=Client())
    assert answer["Location"] == "/"
    assert not answer.cookies


@pytest.mark.parametrize(
    "back",
    [
        *("https://evil.example/", "//evil.example", "\\\\evil.example", "/\\evil.example", "https:evil.example"),
        *("javascript:alert(1)", "data:text/html,x", " //evil.example", "\0//evil.example", "http://[", ""),
        *("http://testserver/", "///evil.example"),
    ],
)
def test_switch_leads_nowhere_else(db, back):
    assert choose("run", back=back)["Location"] == "/"


def test_line_break_in_a_way_back_breaks_no_header(db):
    answer = choose("run", back="/map/\r\nSet-Cookie: x=1")
    assert "\n" not in answer["Location"]
    assert set(answer.cookies) == {"stage"}


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://["},
        {"Origin": "http://testserver.evil.example"},
        {"Origin": "http://testserver:8000"},
    ],
)
def test_switch_from_another_site_is_refused(db, headers):
    answer = choose("run", **headers)
    assert answer.status_code == 403
    assert not answer.cookies


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://testserver"}])
def test_switch_from_here_is_taken(db, headers):
    assert choose("run", **headers).cookies["stage"].value == "run"


def test_switch_takes_only_posts_and_no_query(db, django_assert_num_queries):
    assert Client().get("/choose-stage/").status_code == 405
    with django_assert_num_queries(0):
        choose("run")


# -- Segment and company --


@pytest.mark.parametrize("segment", SEGMENTS)
def test_segment_of_the_result_marks_its_benchmarks(get, segment):
    mine = show(METRIC, f"walk.{DAY}.{segment}.-").by_id("benchmarks")
    asked = get(f"{METRIC}?stage=walk&segment={segment}").by_id("benchmarks")
    rows = [[words(row) for row in by_class(each, "is-mine")] for each in (mine, asked)]
    assert rows[0]
    assert rows[0] == rows[1]
    current = [each.get("aria-current") for each in mine.iter("a") if each.get("aria-current")]
    assert current == ["true"]
    assert not by_class(show(METRIC).by_id("benchmarks"), "is-mine")


def test_segment_can_be_changed_and_put_away_on_the_page(db):
    value = f"walk.{DAY}.smb.-"
    page = show(METRIC, value)
    links = {link for link in page.links if "segment=" in link}
    assert {re.search(r"segment=([a-z-]+)", link)[1] for link in links} >= {"mid-market", "enterprise", "none"}
    assert not by_class(show(f"{METRIC}?segment=none", value).by_id("benchmarks"), "is-mine")
    other = show(f"{METRIC}?segment=enterprise", value)
    assert [words(row) for row in by_class(other.by_id("benchmarks"), "is-mine")] == [
        words(row) for row in by_class(show(METRIC, f"walk.{DAY}.enterprise.-").by_id("benchmarks"), "is-mine")
    ]


def test_company_size_of_the_result_marks_rows_split_by_it(db):
    row = Benchmark.objects.get(metric="gross-revenue-retention", segment=None, arr_min=1_000_000, measures="")
    for size, is_marked in (
        ("1000000-5000000", True),
        ("0-1000000", False),
        ("5000000-20000000", False),
        ("-", False),
    ):
        marked = {each.get("id") for each in show(METRIC, f"walk.{DAY}.-.{size}").by_class("is-mine")}
        assert (f"benchmark-{row.position + 1}" in marked) == is_marked


# -- Cookies that say nothing --

HOSTILE = [
    *("", "walk", "walk.2026-11-23", "walk.2026-11-23.-.-.-", "sprint.2026-11-23.-.-", "walk.2026-02-30.-.-"),
    *("walk.2026-13-01.-.-", "WALK.2026-11-23.-.-", "walk.²026-11-23.-.-", " walk.2026-11-23.-.-"),
    *("walk.2026-11-23.-.-\n", "<script>.2026-11-23.-.-", "walk.2026-11-23.-.1e9-", "walk.0000-01-01.-.-"),
    *("walk.2026-11-23.-." + "9" * 13 + "-", "w" * 4000, "%00", "walk.2026-11-23.-.--"),
]


@pytest.mark.parametrize("value", HOSTILE)
def test_cookie_that_this_site_did_not_write_counts_as_nothing(get, value):
    for path in ("/", METRIC):
        assert show(path, value).text == get(path).text


@pytest.mark.parametrize("stage", ["sprint", "", "<b>", "walk.walk", "x" * 4000])
def test_unknown_choice_leaves_the_stage_of_the_result(db, stage):
    assert show("/", stage=stage).metrics == ORDER["walk"]


def test_choice_without_a_result_counts_as_nothing(get):
    client = Client()
    client.cookies["stage"] = "run"
    assert client.get("/").content.decode() == get("/").text


def test_unknown_segment_and_odd_sizes_are_left_out(db):
    for value in (f"walk.{DAY}.tiny.-", f"walk.{DAY}.-.5-3", f"walk.{DAY}.-.-5", f"walk.{DAY}.-.999999999999-"):
        page = show("/metrics/time-to-value/", value)
        assert page.status == 200
        assert not by_class(page.by_id("benchmarks"), "is-mine")


# -- Caches, and browsers without cookies --


@pytest.mark.parametrize("path", PAGES)
def test_pages_that_depend_on_the_browser_say_so(get, path):
    for page in (get(path), show(path)):
        vary = {each.strip() for each in page.response["Vary"].split(",")}
        assert {"Cookie", "HX-Request"} <= vary


@pytest.mark.parametrize("path", PAGES)
def test_fragment_says_so_too(db, path):
    vary = Client().get(path, headers=HTMX)["Vary"]
    assert "Cookie" in vary
    assert "HX-Request" in vary


@pytest.mark.parametrize("path", [*ADDRESSES, "/?stage=walk", "/search/?q=churn", "/robots.txt", "/sitemap.xml"])
def test_public_pages_set_no_cookie(db, path):
    assert not Client().get(path).cookies
    assert not remembering(RESULT, "run").get(path).cookies


@pytest.mark.parametrize("path", ["/", "/map/", METRIC, "/search/?q=churn", "/?stage=walk"])
def test_browser_without_a_result_sees_no_switch_that_remembers(get, path):
    page = get(path)
    assert "choose-stage" not in page.text
    assert not said(page)


@pytest.mark.parametrize("path", ["/stages/walk/", "/faq/", "/sources/", "/about/"])
def test_pages_that_do_not_depend_on_a_stage_are_the_same_for_everybody(get, path):
    assert show(path).text == get(path).text


# -- Queries --


@pytest.mark.parametrize(("path", "more"), [("/", 0), ("/map/", 0), (METRIC, 0), ("/search/?q=churn", 1)])
def test_remembering_costs_no_query_but_the_stages_in_search(db, path, more):
    counts = []
    target = path if "search" in path else f"{path}?stage=walk"
    for client, address in ((Client(), target), (remembering(RESULT), path)):
        client.get(address)
        with CaptureQueriesContext(connection) as queries:
            client.get(address)
        counts.append(len(queries))
    assert counts[1] == counts[0] + more
