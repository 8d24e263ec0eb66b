"""Search at `/search/`: a page of its own, and the panel that htmx puts under the box of every header."""

import re
from itertools import product
from urllib.parse import quote, urldefrag, urlencode

import pytest
import yaml
from django.conf import settings
from django.test import Client

from directory import search
from directory.forms import LONGEST_QUERY
from directory.models import ContentVersion, Metric, Question, SearchEntry, Stage
from directory.public import CACHE_CONTROL, FOR_HTMX
from directory.words import count_words

from .page import METRICS, MISSING, STAGES, Page, by_class, hrefs, one_line, words
from .swap import HTMX, fragment_of

KINDS = ["metric", "stage", "question", "area"]
STARTS = yaml.safe_load((settings.CONTENT_DIR / "search.yaml").read_text())["starts"]
QUERIES = ["churn", "net revenue retention", "retention", "walk", "retnetion", "AI & automation", "health"]
NOWHERE = "xyzzy qqqqq"
NEARLY = "retention xyzzy"  # one word is known, so there is something near


def address(query):
    return f"/search/?{urlencode({'q': query})}"


def hits(tree, kind):
    """The links of a kind, on the page or in the panel."""
    for section in tree.iter("section"):
        if any(each.get("id") in (f"found-{kind}", f"hits-{kind}") for each in section.iter("h2")):
            return by_class(section, "search-hit")
    return []


def panel_for(query):
    """The elements that htmx gets: the panel, and what it announces."""
    answer = Client(headers=HTMX).get("/search/", {"q": query})
    assert answer.status_code == 200
    return fragment_of(answer)


@pytest.fixture
def edited(db):
    """Tells the index that rows have changed; what was built before is taken up again after the test."""
    before = search._built

    def edit(digest):
        ContentVersion.objects.update(digest=digest)

    yield edit
    search._built = before


# -- Page --


@pytest.mark.parametrize("query", QUERIES)
def test_answers_stand_in_groups_by_kind(get, query):
    page = get(address(query))
    groups = [each.get("aria-labelledby").removeprefix("found-") for each in page.all("main/section")]
    assert groups == [kind for kind in KINDS if hits(page.tree, kind)]
    assert groups


@pytest.mark.parametrize("query", QUERIES)
def test_answers_are_those_of_the_index_in_its_order(get, query):
    page = get(address(query))
    for kind in KINDS:
        found = [hit.entry for hit in search.current_index().search(query) if hit.entry.kind == kind]
        assert [each.get("href") for each in hits(page.tree, kind)] == [each.path for each in found]


@pytest.mark.parametrize("query", QUERIES)
def test_counts_are_said_in_words(get, query):
    page = get(address(query))
    counts = {kind: len(hits(page.tree, kind)) for kind in KINDS}
    total = sum(counts.values())
    nouns = {"area": "assessment area"}
    parts = ", ".join(count_words(count, nouns.get(kind, kind)) for kind, count in counts.items() if count)
    (said,) = [words(each) for each in page.all("main//*[@role='status']")]
    assert said == f"{total} match{'es' if total != 1 else ''} for “{query}”: {parts}."
    for kind, count in counts.items():
        if count:
            note = page.by_id(f"found-{kind}")
            section = next(each for each in page.all("main/section") if note in list(each.iter()))
            assert f"{count} match{'es' if count != 1 else ''}" in words(section)


def test_exact_name_comes_first(get):
    page = get(address("NRR"))
    assert hits(page.tree, "metric")[0].get("href") == "/metrics/net-revenue-retention/"
    assert "Net Revenue Retention" in words(hits(page.tree, "metric")[0])


@pytest.mark.parametrize("query", QUERIES)
def test_every_answer_leads_to_a_page_and_its_anchor(get, query):
    links = {each.get("href") for kind in KINDS for each in hits(get(address(query)).tree, kind)}
    for path, anchor in map(urldefrag, links):
        assert get(path).status == 200
        assert not anchor or anchor in get(path).ids
    assert links <= known_addresses()


def known_addresses():
    own = {each.get_absolute_url() for model in (Metric, Stage, Question) for each in model.objects.all()}
    return own | set(SearchEntry.objects.values_list("path", flat=True))


@pytest.mark.parametrize("query", ["churn", "walk", "young team", "voice of the customer"])
def test_answers_of_each_kind_are_found(get, query):
    tree = get(address(query)).tree
    kind = {"churn": "metric", "walk": "stage", "young team": "question", "voice of the customer": "area"}[query]
    assert hits(tree, kind)


def test_metrics_show_abbreviation_and_priorities(get):
    for hit in hits(get(address("retention")).tree, "metric"):
        metric = Metric.objects.get(slug=hit.get("href").split("/")[2])
        assert one_line(metric.abbreviation) in words(hit)
        (profile,) = by_class(hit, "priority-profile")
        for priority in metric.priorities.all():
            assert f"{priority.level} at {priority.stage_id.title()}" in profile.get("aria-label")


def test_matches_are_marked_in_title_or_excerpt(get):
    for query in ("churn", "retnetion", "onb"):
        for hit in hits(get(address(query)).tree, "metric"):
            marked = [words(each).lower() for each in hit.iter("mark")]
            assert marked, words(hit)


def test_query_is_repeated_in_box_title_and_sentence(get):
    page = get(address("net  rev\t "))
    assert page.by_id("q-large").get("value") == "net rev"
    assert "net rev" in page.title
    assert "“net rev”" in words(page.one("main//*[@role='status']"))


def test_last_of_several_queries_counts(get):
    assert get("/search/?q=churn&q=nrr").metrics == get("/search/?q=nrr").metrics


def test_page_is_not_for_search_engines_and_has_one_address(get):
    page = get(address("churn"))
    assert page.meta("robots") == "noindex, follow"
    assert page.one("link[@rel='canonical']").get("href") == "https://example.test/search/"


# -- Nothing typed, nothing found --


@pytest.mark.parametrize("path", ["/search/", "/search/?q=", "/search/?q=%20%09", "/search/?other=churn"])
def test_empty_box_offers_the_starts_of_the_content(get, path):
    page = get(path)
    assert page.metrics == STARTS
    assert [each.get("href") for each in page.by_class("search-hit")] == [f"/metrics/{slug}/" for slug in STARTS]
    assert page.by_id("q-large").get("value") == ""
    assert "Nothing" not in words(page.one("main"))


@pytest.mark.parametrize("query", ["&", "😀", "'\"", "معدل"])
def test_query_without_a_word_says_so_and_offers_the_starts(get, query):
    page = get(address(query))
    assert page.metrics == STARTS
    assert words(page.one("main//*[@role='status']")) == f"Nothing to look for in “{query}”."


def test_nothing_found_offers_near_names_and_the_directory(get):
    page = get(address(NEARLY))
    assert words(page.one("main//*[@role='status']")) == f"Nothing found for “{NEARLY}”."
    near = [each.key for each in search.current_index().near(NEARLY)]
    assert 1 <= len(near) <= 4
    shown = [each.get("href") for each in page.by_class("search-hit")]
    assert shown == [f"/metrics/{slug}/" for slug in near]
    assert "/" in hrefs(page.one("main"))


def test_nothing_found_and_nothing_near_still_leads_on(get):
    page = get(address(NOWHERE))
    assert words(page.one("main//*[@role='status']")) == f"Nothing found for “{NOWHERE}”."
    assert not page.by_class("search-hit")
    assert "/" in hrefs(page.one("main"))


# -- Panel --


@pytest.mark.parametrize("query", QUERIES)
def test_panel_holds_the_first_answers_of_each_kind_of_the_page(get, query):
    panel, _ = panel_for(query)
    for kind, most in zip(KINDS, (4, 1, 2, 1), strict=True):
        on_page = [each.get("href") for each in hits(get(address(query)).tree, kind)]
        assert [each.get("href") for each in hits(panel, kind)] == on_page[:most]
    assert hrefs(panel)[-1] == address(query)
    total = len(get(address(query)).by_class("search-hit"))
    foot = words(by_class(panel, "search-panel__foot")[0])
    assert foot.startswith(f"All {total} matches" if total != 1 else "The one match")


@pytest.mark.parametrize("query", [*QUERIES, NEARLY, NOWHERE, "", "&"])
def test_panel_announces_what_the_page_says(get, query):
    panel, announced = panel_for(query)
    assert panel.get("id") == "search-answers"
    assert announced.get("data-hx-swap-oob") == "innerHTML:#search-status"
    assert words(announced) == words(get(address(query)).one("main//*[@role='status']"))


def test_panel_of_an_empty_box_offers_the_starts_and_the_directory(db):
    panel, _ = panel_for("")
    assert [each.get("href") for each in by_class(panel, "search-hit")] == [f"/metrics/{slug}/" for slug in STARTS]
    assert hrefs(panel)[-1] == "/"


def test_panel_without_answers_says_so_and_offers_near_names(db):
    panel, _ = panel_for(NEARLY)
    assert f"Nothing found for “{NEARLY}”" in words(panel)
    near = [each.path for each in search.current_index().near(NEARLY)]
    assert [each.get("href") for each in by_class(panel, "search-hit")] == near
    assert hrefs(panel)[-1] == address(NEARLY)


def test_lists_of_the_panel_are_named(db):
    for query in ("churn", NEARLY, ""):
        panel, _ = panel_for(query)
        ids = [each.get("id") for each in panel.iter() if each.get("id")]
        assert len(ids) == len(set(ids))
        for each in panel.iter("ul"):
            assert each.get("aria-label") or each.get("aria-labelledby") in ids


def test_panel_fits_the_place_it_is_swapped_into(get):
    """Ids of the panel must not stand elsewhere on a page, not even on the page of the same search."""
    panel, _ = panel_for("churn")
    ids = {each.get("id") for each in panel.iter() if each.get("id")} - {"search-answers"}
    for path in (address("churn"), "/", "/map/", "/metrics/net-revenue-retention/"):
        assert not ids & set(get(path).ids), path


@pytest.mark.parametrize(
    "headers",
    [{}, {**HTMX, "HX-Boosted": "true"}, {**HTMX, "HX-History-Restore-Request": "true"}, {"HX-Request": "false"}],
    ids=["plain", "boosted", "history restore", "not htmx"],
)
def test_whole_page_is_answered_to_whom_needs_it(client, get, headers):
    answer = client.get(address("churn"), headers=headers)
    assert answer.content.decode() == get(address("churn")).text
    assert answer.headers["Cache-Control"] == (FOR_HTMX if headers else CACHE_CONTROL)
    assert answer.headers["Vary"] == "Cookie, HX-Request"


@pytest.mark.parametrize("query", ["churn", NOWHERE, ""])
def test_panel_is_not_kept_by_caches_and_sets_no_cookie(client, db, query):
    answer = client.get(address(query), headers=HTMX)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Vary"] == "Cookie, HX-Request"
    assert not answer.cookies
    assert b"<html" not in answer.content


# -- The box of the header --

PAGES = [
    *("/", "/map/", "/stages/", "/stages/crawl/", "/faq/", "/sources/", "/about/", "/search/", "/search/?q=churn"),
    *("/metrics/time-to-value/", "/?stage=walk", "/map/?stage=walk", *MISSING),
]


@pytest.mark.parametrize("path", PAGES)
def test_header_box_is_a_form_that_works_without_script(get, path):
    (box,) = get(path).all("header//form")
    assert (box.get("action"), box.get("method")) == ("/search/", "get")
    field, button = [each for each in box.iter() if each.tag in ("input", "select", "textarea", "button")]
    assert (button.tag, button.get("type")) == ("button", "submit")
    assert (field.get("name"), field.get("type")) == ("q", "search")
    (label,) = box.iter("label")
    assert label.get("for") == field.get("id")
    assert words(label)
    assert get(f"{box.get('action')}?{urlencode({field.get('name'): 'churn'})}").metrics


@pytest.mark.parametrize("path", PAGES)
def test_header_box_asks_for_the_panel_while_one_types(get, path):
    """One request at a time, the last one typed; the panel and what is announced are on the page."""
    page = get(path)
    field = page.by_id("q")
    assert field.get("data-hx-get") == "/search/"
    assert re.search(r"\bdelay:\d+ms\b", field.get("data-hx-trigger"))
    assert field.get("data-hx-target") == "#search-answers"
    assert field.get("data-hx-sync") == "this:replace"
    assert field.get("data-hx-push-url") is None
    assert page.by_id("search-panel").get("hidden") is not None
    assert page.by_id("search-answers") in list(page.by_id("search-panel").iter())
    assert page.by_id("search-status").get("role") == "status"
    assert any(each.get("src", "").endswith("js/site.js") for each in page.all("script[@type='module']"))


def test_page_has_a_box_of_its_own_with_a_button(get):
    (form,) = get("/search/").all("main//form")
    assert (form.get("action"), form.get("method")) == ("/search/", "get")
    assert [each.get("name") for each in form.iter("input")] == ["q"]
    assert [each.get("type") for each in form.iter("button")] == ["submit"]
    assert [each.get("for") for each in form.iter("label")] == [each.get("id") for each in form.iter("input")]


# -- Hostile input --

HOSTILE = [
    "<script>alert(1)</script>",
    "<mark>churn</mark>",
    '"><img src=x onerror=alert(1)> churn',
    "' OR 1=1 --",
    '"net revenue" AND -churn',
    "title:churn^9 ~2 [a TO z] (",
    "{{ 7*7 }}{% load x %} churn",
    "churn\0churn",
    "chu\r\nSet-Cookie: a=b",
    "😀 churn",
    "معدل الاحتفاظ بالعملاء",
    "\u202eNRR\u202c",
    "\u200bchurn\ufeff",
    "%00%ff%ed",
    "../../etc/passwd",
    "x" * 10_000,
    "churn " * 1_700,
    "retnetion" * 1_200,
    "😀" * 10_000,
    "&" * 10_000,
]


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "panel"])
@pytest.mark.parametrize("query", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_query_gets_a_normal_page(db, query, headers):
    answer = Client(headers=headers).get("/search/", {"q": query})
    assert answer.status_code == 200
    text = answer.content.decode()
    for part in ("<script>alert", "<img src=x", "49", "\0", "\u202e", "\u200b", "x" * 201):
        assert part not in text
    assert len(answer.content) < 60_000
    assert not answer.cookies
    assert "Set-Cookie" not in answer.headers
    if not headers:
        assert Page("/search/", answer).errors == []


@pytest.mark.parametrize("raw", ["q=%00", "q=%ff%fe", "q=%ed%a0%80", "q[]=x&q", "%", "q=%zz", "&&=&q==", "q=a;b"])
def test_hostile_query_string_gets_a_normal_page(db, raw):
    for headers in ({}, HTMX):
        assert Client(headers=headers).get("/search/", QUERY_STRING=raw).status_code == 200


def test_query_is_escaped_wherever_it_is_repeated(get, db):
    query = "<script>alert('1')</script> & \"churn\""
    page = get(address(query))
    assert page.by_id("q-large").get("value") == query
    assert f"“{query}”" in words(page.one("main//*[@role='status']"))
    assert query in page.title
    assert not [each for each in page.all("script") if "alert" in (each.text or "")]
    panel, announced = panel_for(query)
    assert f"“{query}”" in words(announced)
    assert not list(panel.iter("script"))


def test_long_query_is_cut(get):
    page = get(address("churn " + "x" * 10_000))
    assert len(page.by_id("q-large").get("value")) == LONGEST_QUERY == 200
    assert get(address("churn" + " " * 300)).by_id("q-large").get("value") == "churn"


def test_hostile_content_is_escaped(client, edited):
    hostile = "<script>alert(1)</script> churn"
    Metric.objects.update(name=hostile, abbreviation="<b>", summary=hostile)
    Question.objects.update(question=hostile, plain_answer=hostile)
    edited("hostile")
    for headers, query in product(({}, HTMX), ("churn", "script", "alert", NEARLY, "")):
        answer = client.get(address(query), headers=headers)
        assert answer.status_code == 200
        assert b"<script>alert" not in answer.content
        assert b"<script><mark>" not in answer.content
        assert b"&lt;" in answer.content or query == NEARLY


# -- The index and the content --


def test_index_is_built_once_for_a_version(edited):
    first = search.current_index()
    assert search.current_index() is first
    edited("another")
    second = search.current_index()
    assert second is not first
    assert search.current_index() is second


def test_new_version_brings_new_answers(client, edited):
    assert b"data-metric" not in client.get(address("zebrafish")).content
    Metric.objects.filter(slug="time-to-value").update(name="Zebrafish Ratio")
    edited("with a zebrafish")
    page = Page("/search/", client.get(address("zebrafish")))
    assert page.metrics == ["time-to-value"]
    assert "Zebrafish Ratio" in words(page.one("main"))


def test_same_version_keeps_the_index(client, db):
    first = search.current_index()
    client.get(address("churn"))
    client.get(address("nrr"), headers=HTMX)
    assert search.current_index() is first


def test_metric_that_is_gone_is_found_no_more(client, edited):
    Metric.objects.filter(slug="net-promoter-score").delete()
    edited("without NPS")
    assert "net-promoter-score" not in Page("/search/", client.get(address("NPS"))).metrics


def test_index_without_any_content_finds_nothing(client, edited):
    for model in (Metric, Stage, Question):
        model.objects.all().delete()
    edited("empty")
    assert not Page("/search/", client.get(address("churn"))).metrics


def test_whole_content_is_in_the_index(db):
    found = {(each.kind, each.key) for each in search.current_index().entries}
    assert {key for kind, key in found if kind == "metric"} == set(METRICS)
    assert {key for kind, key in found if kind == "stage"} == set(STAGES)
    assert {key for kind, key in found if kind == "question"} == set(
        Question.objects.values_list("slug", flat=True)
    )


# -- Queries --


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "panel"])
@pytest.mark.parametrize(
    ("query", "count"),
    [("churn", 1), ("net revenue retention", 1), (NEARLY, 1), (NOWHERE, 1), ("", 2), ("&", 2)],
    ids=["churn", "name", "near", "nothing", "empty", "no word"],
)
def test_search_takes_few_queries(db, django_assert_num_queries, headers, query, count):
    """The content version, and the starts where nothing was typed; all else is in the index."""
    search.current_index()
    client = Client(headers=headers)
    with django_assert_num_queries(count):
        client.get(f"/search/?q={quote(query)}")
