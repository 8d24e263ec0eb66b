"""The card of a metric that other sites may frame, at `/embed/<slug>/`."""

from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client, override_settings

from csmetrics.security import static_headers
from directory.models import Metric, Redirect

from .page import ADDRESSES, CONTENT, DOCUMENTS, METRICS, STAGES, TEXTS, one_line, words

every_metric = pytest.mark.parametrize("slug", METRICS)
LARGEST = 15 * 1024


def policy(answer):
    header = answer.headers["Content-Security-Policy"]
    return {name: values for name, *values in (each.split() for each in header.split(";"))}


@every_metric
@pytest.mark.parametrize("query", ["", *(f"?stage={stage}" for stage in STAGES)])
def test_card_is_well_formed_small_and_free_of_script(get, slug, query):
    page = get(f"/embed/{slug}/{query}")
    assert (page.status, page.errors) == (200, [])
    assert not page.has("script")
    (sheet,) = page.all("link[@rel='stylesheet']")
    styles = finders.find(sheet.get("href").removeprefix(settings.STATIC_URL))
    assert len(page.response.content) + len(Path(styles).read_bytes()) < LARGEST
    for each in page.tree.iter():
        assert "style" not in each.attrib
        assert not [name for name in each.attrib if name.startswith("on")]
    assert not page.all("*[@src]")


@every_metric
def test_card_names_the_metric_and_its_priorities(get, slug):
    page, metric = get(f"/embed/{slug}/"), Metric.objects.get(slug=slug)
    assert one_line(metric.name) in words(page.one("h1"))
    assert one_line(metric.summary) in words(page.one("header"))
    steps = [words(each) for each in page.by_class("steps")[0]]
    levels = [CONTENT[slug]["stages"][stage]["priority"] for stage in STAGES]
    assert steps == [f"{level} {stage}".title() for level, stage in zip(levels, STAGES, strict=True)]
    assert not page.by_class("is-mine")
    assert len(page.all("dl//dd")) == 3


@pytest.mark.parametrize("stage", STAGES)
def test_card_gives_the_guidance_of_the_stage_that_was_asked(get, stage):
    page = get(f"/embed/net-revenue-retention/?stage={stage}")
    metric = Metric.objects.get(slug="net-revenue-retention")
    (mine,) = page.by_class("is-mine")
    assert stage.capitalize() in words(mine)
    assert one_line(metric.page["stages"][stage]["reason"]) in words(page.one("h2"))
    assert len(words(page.one("section/p"))) > 60
    assert {each.get("href") for each in page.all("a")} == {
        f"https://example.test/metrics/net-revenue-retention/?stage={stage}"
    }


def test_unknown_stage_gives_the_card_without_one(get):
    plain, unknown = (get(f"/embed/time-to-value/{query}").text for query in ("", "?stage=sprint"))
    assert unknown == plain


def test_links_leave_the_frame(get):
    for each in get("/embed/time-to-value/").all("a"):
        assert (each.get("target"), each.get("rel")) == ("_blank", "noopener")


def test_only_the_card_may_be_framed(get, client, db):
    card = get("/embed/time-to-value/").response
    assert policy(card)["frame-ancestors"] == ["*"]
    assert policy(card)["default-src"] == ["'none'"]
    assert "script-src" not in policy(card)
    assert "X-Frame-Options" not in card.headers
    others = [*ADDRESSES, *DOCUMENTS, *TEXTS, "/search/?q=churn", "/opensearch.xml", "/robots.txt", "/embed/nope/"]
    for address in others:
        answer = get(address).response if address in ADDRESSES else client.get(address)
        assert answer.headers["X-Frame-Options"] == "DENY", address
        assert policy(answer)["frame-ancestors"] == ["'none'"], address


def test_card_and_what_it_shows_may_stand_in_pages_that_shut_out_the_rest(get, client, db):
    """Its address after a rename as well; everything else stays with the site's own pages."""
    Redirect.objects.create(old="stickiness", new="dau-mau-ratio")
    for answer in (get("/embed/time-to-value/").response, client.get("/embed/stickiness/")):
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert answer.headers["Cross-Origin-Embedder-Policy"] == "require-corp"
    for address in ("/", "/metrics/time-to-value/", "/embed/nope/"):
        assert client.get(address).headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "Cross-Origin-Embedder-Policy" not in client.get(address).headers


@pytest.mark.parametrize(
    ("name", "policy"),
    [("css/embed.css", "cross-origin"), ("img/favicon.svg", "cross-origin"), ("css/base.css", "same-origin")],
)
def test_static_files_of_the_card_are_for_other_sites(name, policy):
    with override_settings(WHITENOISE_USE_FINDERS=True, WHITENOISE_AUTOREFRESH=True):
        answer = Client().get(f"/static/{name}")
        assert answer.getvalue()
    assert answer.headers["Cross-Origin-Resource-Policy"] == policy


@pytest.mark.parametrize(
    ("name", "is_for_others"),
    [
        ("css/embed.0123456789ab.css", True),
        ("img/favicon.0123456789ab.svg", True),
        ("css/site.0123456789ab.css", False),
        ("css/components/embed.css", False),
        ("js/site.0123456789ab.js", False),
    ],
)
def test_hashed_names_are_told_apart_too(name, is_for_others):
    headers = {}
    static_headers(headers, f"/anywhere/{name}", f"/static/{name}")
    assert (headers.get("Cross-Origin-Resource-Policy") == "cross-origin") == is_for_others


def test_card_reads_no_cookie_and_sets_none(db, get):
    client = Client()
    client.cookies["stage"] = "run"
    answer = client.get("/embed/time-to-value/")
    assert answer.content.decode() == get("/embed/time-to-value/").text
    assert not answer.cookies
    assert "Cookie" not in answer.headers.get("Vary", "")
    assert answer.headers["Cache-Control"] == "public, max-age=300"


def test_card_is_kept_out_of_search_and_names_its_page(get):
    page = get("/embed/time-to-value/?stage=walk")
    assert page.meta("robots") == "noindex"
    assert page.one("link[@rel='canonical']").get("href") == "https://example.test/metrics/time-to-value/"


def test_card_takes_two_queries(client, db, django_assert_num_queries):
    """Metric, priorities with their stages."""
    with django_assert_num_queries(2):
        client.get("/embed/time-to-value/?stage=walk")
