"""The directory at `/`: its order, groups, filters and sorts, and the fragment that htmx swaps."""

import pytest
from django.test import Client

from directory.models import Category, ContentVersion, Metric, PageText, Priority, Question, Stage
from directory.public import CACHE_CONTROL, FOR_HTMX
from directory.words import spelled_number

from .page import (
    CATEGORIES,
    METRICS,
    ORDER,
    STAGES,
    Page,
    by_class,
    families,
    hrefs,
    in_order,
    level,
    metrics,
    notices,
    words,
)
from .swap import HTMX, body_without_live_region, fragment_of, swapped


def chosen(page):
    """The stage and the categories that are marked as chosen, by the ids of their links."""
    marked = [each.get("id") for each in page.all("div[@id='metric-results']//a[@aria-current='true']")]
    return [each for each in marked if each.startswith(("stage-", "category-"))]


def link(page, name):
    return page.by_id(name).get("href")


def of_families(*chosen_families):
    return [slug for slug in METRICS if families(slug) & set(chosen_families)]


# -- Order and groups --


def test_directory_shows_every_metric_once_in_its_order(get):
    assert get("/").metrics == METRICS
    assert len(METRICS) == 24


def test_directory_names_and_sums_up_each_metric(get):
    entries = {each.get("data-metric"): words(each) for each in get("/").all("li[@data-metric]")}
    for metric in Metric.objects.select_related("category"):
        for part in (metric.name, metric.abbreviation, metric.summary, metric.category.name):
            assert " ".join(part.split()) in entries[metric.slug]


def test_each_entry_draws_and_says_its_priority_at_each_stage(get):
    for entry in get("/").all("li[@data-metric]"):
        slug = entry.get("data-metric")
        levels = [level(slug, stage) for stage in STAGES]
        profile = by_class(entry, "priority-profile")[0]
        assert [use.get("href") for use in profile.iter("use")] == [f"#step-{each}" for each in levels]
        said = profile.get("aria-label")
        places = [said.find(f"{each} at {stage.title()}") for each, stage in zip(levels, STAGES, strict=True)]
        assert -1 not in places
        assert places == sorted(places)


@pytest.mark.parametrize("stage", STAGES)
def test_stage_puts_the_metrics_in_its_own_order(get, stage):
    assert get(f"/?stage={stage}").metrics == ORDER[stage]


@pytest.mark.parametrize("stage", STAGES)
def test_stage_groups_the_metrics_by_focus_and_level(get, stage):
    focus, rest = ORDER[stage][:4], ORDER[stage][4:]
    expected = {
        "focus": focus,
        "high": [slug for slug in rest if level(slug, stage) == "high"],
        "medium": [slug for slug in rest if level(slug, stage) == "medium"],
        "later": [slug for slug in rest if level(slug, stage) == "low"],
    }
    groups = {each.get("aria-labelledby"): metrics(each) for each in get(f"/?stage={stage}").by_class("section")}
    shown = {name: slugs for name, slugs in groups.items() if name in expected}
    assert list(shown.items()) == [(name, slugs) for name, slugs in expected.items() if slugs]


@pytest.mark.parametrize("stage", STAGES)
def test_focus_and_later_say_why_in_the_words_of_the_stage(get, stage):
    entries = {each.get("data-metric"): words(each) for each in get(f"/?stage={stage}").all("li[@data-metric]")}
    for priority in Priority.objects.filter(stage=stage):
        if priority.is_focus or priority.level == "low":
            assert " ".join(priority.reason.split()) in entries[priority.metric_id]


@pytest.mark.parametrize("stage", STAGES)
def test_focus_metrics_are_numbered_from_one(get, stage):
    assert [words(each) for each in get(f"/?stage={stage}").by_class("entry__rank")] == ["1", "2", "3", "4"]


def test_stage_is_named_and_marked(get):
    for stage in Stage.objects.all():
        shown = get(f"/?stage={stage.slug}")
        assert stage.name in words(shown.one("h1"))
        assert stage.name in shown.title
        assert chosen(shown)[0] == f"stage-{stage.slug}"
        assert [len(by_class(each, "chart-mine")) for each in shown.all("li[@data-metric]")] == [2] * 24
    assert chosen(get("/"))[0] == "stage-all"
    assert not get("/").by_class("chart-mine")


def test_last_of_several_stages_counts(get):
    assert get("/?stage=crawl&stage=run").metrics == ORDER["run"]


def test_stage_travels_along_to_the_metric_pages(get):
    for stage in STAGES:
        shown = get(f"/?stage={stage}")
        entries = [hrefs(each)[0] for each in shown.all("li[@data-metric]")]
        assert entries == [f"/metrics/{slug}/?stage={stage}" for slug in ORDER[stage]]
    assert [hrefs(each)[0] for each in get("/").all("li[@data-metric]")] == [f"/metrics/{s}/" for s in METRICS]


# -- Categories --


@pytest.mark.parametrize("category", CATEGORIES)
def test_category_shows_its_metrics_and_those_that_also_belong_to_it(get, category):
    shown = get(f"/?category={category}")
    assert shown.metrics == of_families(category)
    assert chosen(shown) == ["stage-all", f"category-{category}"]


def test_retention_includes_net_and_gross_revenue_retention(get):
    assert {"net-revenue-retention", "gross-revenue-retention"} <= set(get("/?category=retention").metrics)


def test_several_categories_show_the_metrics_of_any(get):
    shown = get("/?category=usage&category=onboarding")
    assert shown.metrics == of_families("usage", "onboarding")
    assert chosen(shown) == ["stage-all", "category-onboarding", "category-usage"]


def test_category_keeps_the_order_and_groups_of_the_stage(get):
    shown = get("/?stage=walk&category=retention&category=health")
    assert shown.metrics == [slug for slug in ORDER["walk"] if families(slug) & {"retention", "health"}]
    assert len(metrics(shown.by_class("entries--focus")[0])) < 4


def test_each_category_says_how_many_metrics_it_has(get):
    for category in CATEGORIES:
        assert words(get("/").by_id(f"category-{category}").find("small")) == str(len(of_families(category)))
    assert words(get("/").by_id("category-all").find("small")) == str(len(METRICS))


def test_choosing_a_category_adds_it_and_choosing_again_removes_it(get):
    assert link(get("/"), "category-usage") == "/?category=usage"
    assert link(get("/?category=usage"), "category-health") == "/?category=health&category=usage"
    both = get("/?category=health&category=usage")
    assert link(both, "category-usage") == "/?category=health"
    assert link(both, "category-health") == "/?category=usage"
    assert link(both, "category-all") == "/"


def test_links_change_one_thing_and_keep_the_rest(get):
    shown = get("/?stage=walk&category=usage&sort=name")
    assert link(shown, "category-usage") == "/?stage=walk&sort=name"
    assert link(shown, "category-all") == "/?stage=walk&sort=name"
    assert link(shown, "stage-all") == "/?category=usage&sort=name"
    assert link(shown, "stage-run") == "/?stage=run&category=usage&sort=name"
    assert "/?stage=walk&category=usage&sort=signal" in hrefs(shown.by_class("menu__list")[0])


def test_sort_that_was_not_chosen_follows_the_stage(get):
    assert link(get("/"), "stage-crawl") == "/?stage=crawl"
    assert link(get("/?stage=crawl"), "stage-walk") == "/?stage=walk"
    assert link(get("/?stage=crawl"), "stage-all") == "/"


# -- Sorts --


@pytest.mark.parametrize("stage", [None, *STAGES])
@pytest.mark.parametrize("sort", ["directory", "name", "category", "signal"])
def test_sort_gives_one_list_in_its_order(get, sort, stage):
    shown = get(f"/?sort={sort}&stage={stage}" if stage else f"/?sort={sort}")
    assert shown.metrics == in_order(sort)
    assert not shown.by_class("entries--focus")


def test_sort_menu_offers_each_order_and_marks_the_one_in_use(get):
    for address, sort in (("/", "directory"), ("/?stage=run", "priority"), ("/?stage=run&sort=name", "name")):
        menu = get(address).by_class("menu__list")[0]
        shown = [get(each).metrics for each in hrefs(menu)]
        stage = "run" if "run" in address else None
        sorts = (["priority"] if stage else []) + ["directory", "name", "category", "signal"]
        assert shown == [in_order(each, stage) for each in sorts]
        marked = [index for index, each in enumerate(menu.iter("a")) if each.get("aria-current") == "true"]
        assert [sorts[index] for index in marked] == [sort]


def test_priority_without_a_stage_falls_back_to_the_directory_and_says_so(get):
    shown = get("/?sort=priority")
    assert shown.status == 200
    assert shown.metrics == METRICS
    assert len(notices(shown)) == 1
    assert not notices(get("/?stage=crawl&sort=priority"))


# -- Unknown values --


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("stage=sprint", METRICS),
        ("category=nothing", METRICS),
        ("sort=random", METRICS),
        ("stage=Crawl", METRICS),
        ("stage=crawl&stage=sprint", ORDER["crawl"]),
        ("category=usage&category=nothing", of_families("usage")),
        ("sort=name&sort=random", in_order("name")),
    ],
)
def test_unknown_value_is_left_out_with_a_notice_that_repeats_it(get, query, expected):
    shown = get(f"/?{query}")
    assert shown.status == 200
    assert shown.metrics == expected
    (notice,) = notices(shown)
    assert query.rpartition("=")[2] in notice


@pytest.mark.parametrize("query", ["", "stage=", "category=", "sort=", "stage=%20", "page=2", "utm_source=mail"])
def test_empty_values_and_other_keys_are_no_matter(get, query):
    shown = get(f"/?{query}")
    assert shown.metrics == METRICS
    assert not notices(shown)


@pytest.mark.parametrize("key", ["stage", "category", "sort"])
def test_unknown_value_is_escaped_and_cut(get, key):
    shown = get(f"/?{key}=%3Cscript%3Ealert(1)%3C/script%3E{'x' * 500}")
    assert "<script>alert" not in shown.text
    (notice,) = notices(shown)
    assert "<script>alert(1)</script>" in notice
    assert "x" * 100 not in shown.text


def test_each_unknown_value_is_named_once(get):
    assert len(notices(get("/?category=a&category=a&category=b&stage=a&sort=a"))) == 4


def test_notices_come_with_the_fragment_too(client, db):
    assert "“sprint”" in client.get("/?stage=sprint", headers=HTMX).content.decode()


# -- What is counted and what is empty --


@pytest.mark.parametrize("query", ["", "?stage=walk", "?category=usage", "?stage=run&category=usage&sort=name"])
def test_count_is_the_number_of_metrics_shown(get, query):
    shown = get(f"/{query}")
    (count,) = shown.by_class("list-bar")
    assert words(count).startswith(f"{len(shown.metrics)} metric")


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("", "24 metrics, in directory order."),
        ("?sort=signal", "24 metrics, leading signals first."),
        ("?category=retention", "3 metrics in Retention, in directory order."),
        (
            "?category=health&category=retention&sort=name",
            "5 metrics in Retention and Health, sorted by name, A to Z.",
        ),
        ("?category=retention&stage=walk", "3 metrics in Retention at Walk: 1 in focus, 1 more high, 1 medium."),
        (
            "?stage=walk&sort=category&category=health",
            "2 metrics in Health at Walk: 1 in focus, 1 medium. Sorted by category.",
        ),
    ],
)
def test_count_names_the_categories_and_the_order(get, query, sentence):
    assert words(get(f"/{query}").by_class("list-bar")[0].find("p")) == sentence


def test_the_lead_for_walk_says_its_line_once(get):
    assert words(get("/?stage=walk").by_class("standfirst")[0]).count("for everyone") == 1


@pytest.mark.parametrize("query", ["?category=retention", "?category=retention&stage=walk&sort=name"])
def test_an_entry_names_the_category_it_was_chosen_for(get, query):
    shown = get(f"/{query}")
    entries = shown.by_class("entry__meta")
    assert len(entries) == len(shown.metrics) == 3
    assert all("Retention" in words(each) for each in entries)


def test_page_says_how_many_measures_there_are(get):
    assert spelled_number(24) in words(get("/?stage=run").one("h1"))


def test_empty_category_says_why_and_leads_back(client, db):
    Metric.objects.filter(category="sentiment").delete()
    shown = Page("/", client.get("/?category=sentiment&stage=walk&sort=name"))
    assert shown.status == 200
    assert shown.metrics == []
    (empty,) = shown.by_class("empty-state")
    assert words(empty.find("h2"))
    assert "/?stage=walk&sort=name" in hrefs(empty)


def test_empty_category_works_as_a_fragment(client, db):
    Metric.objects.filter(category="sentiment").delete()
    answer = client.get("/?category=sentiment", headers=HTMX)
    assert answer.status_code == 200
    assert b"empty-state" in answer.content


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/?stage=crawl",
        "/map/",
        "/search/",
        "/search/?q=nrr",
        "/stages/",
        "/faq/",
        "/sources/",
        "/sitemap.xml",
    ],
)
def test_site_without_content_still_answers(client, db, address):
    """Between the first migration and the first load nothing is there yet."""
    for model in (Metric, Category, Stage, Question, PageText, ContentVersion):
        model.objects.all().delete()
    shown = Page(address, client.get(address))
    assert shown.status == 200
    if address == "/":
        assert words(shown.one("h1"))
        assert "load_content" in words(shown.by_class("empty-state")[0])


# -- Prose and questions --


def test_text_of_the_directory_follows_the_list(get):
    for section in PageText.objects.get(slug="directory").page["sections"]:
        assert section["title"] in words(get("/").by_id(section["slug"]))


def test_table_shows_the_focus_of_each_stage(get):
    rows = get("/").all("section[@id='choosing']//tbody/tr")
    assert [hrefs(row) for row in rows] == [
        [f"/metrics/{slug}/?stage={stage}" for slug in ORDER[stage][:4]] for stage in STAGES
    ]


def test_eight_questions_are_answered(get):
    expected = [each for each in Question.objects.all() if "directory" in each.pages]
    shown = get("/").all("section[@id='questions']//details")
    assert [each.get("id") for each in shown] == [each.slug for each in expected]
    assert [words(each.find("summary")) for each in shown] == [
        " ".join(each.question.split()) for each in expected
    ]
    assert len(expected) == 8


# -- Fragment --


STEPS = [
    ("/", "/?stage=crawl"),
    ("/?stage=crawl", "/"),
    ("/", "/?category=retention"),
    ("/?category=retention", "/?category=retention&category=usage"),
    ("/?stage=walk", "/?stage=run"),
    ("/?stage=run", "/?stage=run&sort=name"),
    ("/?stage=run&sort=name&category=health", "/?stage=walk&sort=name&category=health"),
    ("/?sort=signal", "/?stage=sprint&category=none"),
]


@pytest.mark.parametrize(("old", "new"), STEPS)
def test_fragment_put_into_the_old_page_gives_the_new_page(client, get, old, new):
    tree = swapped(get(old), client.get(new, headers=HTMX))
    assert body_without_live_region(tree) == body_without_live_region(get(new).tree)
    assert words(tree.find("./head/title")) == get(new).title


@pytest.mark.parametrize(("old", "new"), STEPS[:3])
def test_swap_announces_the_count_that_the_page_shows(client, get, old, new):
    tree = swapped(get(old), client.get(new, headers=HTMX))
    assert words(tree.find(".//*[@id='result-count']")) == words(get(new).by_class("list-bar")[0].find("p"))


def test_live_region_stands_empty_outside_of_what_is_swapped(get):
    live = get("/").by_id("result-count")
    assert live.get("role") == "status"
    assert words(live) == ""
    assert live not in list(get("/").by_id("metric-results").iter())


def test_links_of_the_fragment_ask_for_what_they_lead_to(get):
    """With script off, or for a new tab, `href` is all there is."""
    for address in ("/", "/?stage=walk&category=usage&category=health&sort=name"):
        results = get(address).by_id("metric-results")
        links = results.findall(".//*[@data-hx-get]")
        assert len(links) > 12
        assert len(links) == len(get(address).all("main//*[@data-hx-get]"))
        for each in links:
            assert each.tag == "a"
            assert {name: value for name, value in each.items() if name.startswith("data-hx-")} == {
                "data-hx-get": each.get("href")
            }
        assert results.get("data-hx-target") == "this"
        assert results.get("data-hx-swap") == "outerHTML"
        assert results.get("data-hx-push-url") == "true"


def test_swapped_links_keep_focus_by_having_ids(get):
    """htmx gives focus back to the element with the id that had it."""
    ids = [each.get("id") for each in get("/?stage=walk").all("main//*[@data-hx-get]")]
    assert all(ids)
    for address in ("/", "/?stage=run", "/?category=usage"):
        assert {"stage-all", "stage-walk", "category-all", "category-usage"} <= set(get(address).ids)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {**HTMX, "HX-Boosted": "true"},
        {**HTMX, "HX-History-Restore-Request": "true"},
        {"HX-Request": "false"},
    ],
    ids=["plain", "boosted", "history restore", "not htmx"],
)
def test_whole_page_is_answered_to_whom_needs_it(client, db, get, headers):
    answer = client.get("/?stage=crawl", headers=headers)
    assert answer.content.decode() == get("/?stage=crawl").text
    assert answer.headers["Cache-Control"] == (FOR_HTMX if headers else CACHE_CONTROL)


def test_htmx_gets_the_fragment_alone(client, db):
    answer = client.get("/?stage=crawl", headers=HTMX)
    assert [each.tag for each in fragment_of(answer)] == ["div", "title", "div"]
    assert b"<html" not in answer.content
    assert metrics(fragment_of(answer)[0]) == ORDER["crawl"]


def test_fragment_is_not_kept_by_caches(client, db):
    """The page has the same address; a browser's back button must not find the fragment there."""
    assert client.get("/", headers=HTMX).headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "fragment"])
def test_answers_differ_by_htmx_header_and_say_so(client, db, headers):
    assert client.get("/", headers=headers).headers["Vary"] == "Cookie, HX-Request"


def test_head_gives_the_headers_of_the_page(client, db):
    answer = client.head("/?stage=walk")
    assert (answer.status_code, answer.content) == (200, b"")


# -- Queries --

STATES = ["/", "/?stage=crawl", "/?category=usage&sort=name", "/?stage=sprint&category=none"]


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
