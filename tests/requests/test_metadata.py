"""What a page says about itself to browsers, search engines and caches."""

import datetime
import re
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client

from directory.models import Metric, Question, Stage

from .page import ADDRESSES, METRICS, STATES, Page, hrefs, one_line, words

SITE = "https://example.test"  # SITE_URL of tests/settings.py


# -- Head --


def test_page_names_its_language_and_fits_the_screen(pages, error_pages):
    for page in pages + error_pages:
        assert page.tree.get("lang") == "en"
        assert "width=device-width" in page.meta("viewport")
        assert "user-scalable" not in page.meta("viewport")
        assert page.one("head/meta[@charset]").get("charset") == "utf-8"
        assert len(page.all("head/title")) == 1
        assert page.title


def test_canonical_address_is_the_sites_own_without_a_query_string(pages):
    for page in pages:
        assert page.one("link[@rel='canonical']").get("href") == SITE + page.path.partition("?")[0]


def test_host_header_reaches_no_page(db):
    """A cached page must not carry the name that its first reader used."""
    for address in ("/", "/metrics/time-to-value/", "/sitemap.xml", "/robots.txt"):
        by_name = Client(headers={"Host": "localhost:8123"}).get(address).content
        assert by_name == Client(headers={"Host": "127.0.0.1"}).get(address).content
        assert b"8123" not in by_name


def test_page_describes_itself_for_search_and_for_sharing(pages):
    for page in pages:
        if page.path.startswith("/search/"):
            continue
        assert 40 <= len(page.meta("description")) <= 320, page
        assert page.meta("og:url") == page.one("link[@rel='canonical']").get("href")
        for name in ("og:title", "og:description", "og:type", "og:site_name", "og:locale"):
            assert page.meta(name), (page, name)
        assert page.meta("og:title").split()[0].rstrip(":,") in page.title
        assert page.meta("robots") == ("noindex, follow" if is_kept_out(page.path) else None), page


def is_kept_out(path):
    """Calculations and comparisons: there is no end of them, and each stands on pages that are found."""
    query = parse_qs(urlsplit(path).query)
    return bool(query.keys() - {"stage", "segment", "category", "sort", "show"})


def test_answers_to_a_search_are_kept_out_of_search_engines_but_lead_on(get):
    for address in ("/search/", "/search/?q=churn", "/search/?q=retention+xyzzy"):
        assert get(address).meta("robots") == "noindex, follow"
        assert get(address).meta("description")


def test_error_pages_are_kept_out_of_search(error_pages):
    for page in error_pages:
        assert page.meta("robots") == "noindex"
        assert not page.has("link[@rel='canonical']")


def test_titles_and_descriptions_are_each_pages_own(get):
    pages = [get(address) for address in [*ADDRESSES, "/?stage=crawl", "/?stage=walk", "/?stage=run"]]
    for told in ([page.title for page in pages], [page.meta("description") for page in pages]):
        assert len(set(told)) == len(told)


def test_site_and_page_have_their_place_in_the_title(get):
    for address in ADDRESSES:
        assert "CS Metrics" in get(address).title
    for metric in Metric.objects.all():
        assert one_line(metric.name) in get(metric.get_absolute_url()).title


def test_main_navigation_marks_where_the_reader_is(pages):
    for page in pages:
        links = page.all("nav[@aria-label='Main']//a")
        current = [(each.get("href"), each.get("aria-current")) for each in links if each.get("aria-current")]
        path = page.path.partition("?")[0]
        section = {"metrics": "/", "stages": "/stages/"}.get(path.split("/")[1], path)
        assert [words(each) for each in links] == ["Directory", "Map", "Stages", "Assessment", "FAQ"]
        in_navigation = section in ("/", "/map/", "/stages/", "/faq/")
        assert current == ([(section, "page" if section == path else "true")] if in_navigation else []), page


def test_footer_leads_to_every_part_of_the_site(pages):
    for page in pages:
        links = hrefs(page.one("body/footer"))
        assert {"/", "/map/", "/compare/", "/stages/", "/faq/", "/sources/", "/about/"} <= set(links)


# -- Structured data --


def test_directory_is_a_set_of_24_terms(get):
    graph = get("/").graph_of("DefinedTermSet")
    assert [each["url"] for each in graph["hasDefinedTerm"]] == [f"{SITE}/metrics/{slug}/" for slug in METRICS]
    assert len(graph["hasDefinedTerm"]) == 24
    assert graph["url"] == f"{SITE}/"
    for each, metric in zip(graph["hasDefinedTerm"], Metric.objects.order_by("position"), strict=True):
        assert each["@type"] == "DefinedTerm"
        assert (each["name"], each["description"]) == (metric.name, metric.summary)


@pytest.mark.parametrize("address", STATES[:4])
def test_set_is_the_same_in_every_state_of_the_directory(get, address):
    assert get(address).graph_of("DefinedTermSet") == get("/").graph_of("DefinedTermSet")


@pytest.mark.parametrize("slug", METRICS)
def test_metric_is_a_term_of_the_set(get, slug):
    page = get(f"/metrics/{slug}/")
    term = page.graph_of("DefinedTerm")
    assert term["url"] == f"{SITE}/metrics/{slug}/"
    assert one_line(term["name"]) in words(page.one("h1"))
    assert term["inDefinedTermSet"] == get("/").graph_of("DefinedTermSet")["@id"]
    assert term.get("termCode", "") in words(page.one("h1"))


@pytest.mark.parametrize(
    "address", [each for each in ADDRESSES if each.startswith(("/map/", "/metrics/", "/stages/"))]
)
def test_breadcrumbs_lead_from_the_directory_to_the_page(get, address):
    page = get(address)
    steps = page.graph_of("BreadcrumbList")["itemListElement"]
    assert [each["position"] for each in steps] == list(range(1, len(steps) + 1))
    assert (steps[0]["item"], steps[-1]["item"]) == (f"{SITE}/", f"{SITE}{address}")
    for each in steps:
        assert get(each["item"].removeprefix(SITE)).status == 200
    if address != "/stages/":
        assert one_line(steps[-1]["name"]) in words(page.one("h1"))


@pytest.mark.parametrize("address", ["/", "/?stage=walk", "/map/", "/map/?stage=run", "/faq/"])
def test_structured_questions_are_the_visible_ones(get, address):
    page = get(address)
    structured = [
        (one_line(each["name"]), one_line(each["acceptedAnswer"]["text"]))
        for each in page.graph_of("FAQPage")["mainEntity"]
    ]
    visible = []
    for details in page.all("main//details[@id]"):
        answer = [words(each) for each in details.find("div") if each.get("class") != "tiny"]  # not its own link
        visible.append((words(details.find("summary")), " ".join(answer)))
    assert structured == visible
    assert all(answer for _, answer in structured)


def test_structured_data_has_no_space_around_its_texts(get):
    for each in get("/faq/").graph_of("FAQPage")["mainEntity"]:
        for text in (each["name"], each["acceptedAnswer"]["text"]):
            assert text == text.strip()


def test_content_cannot_close_the_script_element(client, db):
    hostile = "</script><script>alert(1)</script><!--"
    Metric.objects.filter(slug="time-to-value").update(name=hostile, summary=hostile)
    Question.objects.update(question=hostile, plain_answer=hostile)
    Stage.objects.update(name=hostile)
    for address in ("/", "/faq/", "/metrics/time-to-value/", "/stages/walk/"):
        page = Page(address, client.get(address))
        assert "<script>alert" not in page.text
        assert hostile in str(page.graph)


def test_graph_uses_the_vocabulary_and_its_own_addresses(pages):
    for page in pages:
        for each in page.graph:
            assert each["@type"] in ("DefinedTermSet", "DefinedTerm", "BreadcrumbList", "FAQPage")
            for url in re.findall(r"https?://[^\"'\s]+", str(each)):
                assert url.startswith((SITE, "https://creativecommons.org/")), page


# -- Files for robots --

NAMESPACE = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def sitemap(client):
    answer = client.get("/sitemap.xml")
    assert answer.headers["Content-Type"].startswith("application/xml")
    return ElementTree.fromstring(answer.content)


def test_sitemap_lists_every_page_once_and_each_answers(client, db, get):
    listed = [each.text for each in sitemap(client).iter(f"{NAMESPACE}loc")]
    assert sorted(listed) == sorted(f"{SITE}{address}" for address in [*ADDRESSES, "/assessment/"])
    for each in listed:
        assert get(each.removeprefix(SITE)).status == 200


def test_sitemap_gives_the_day_a_metric_changed(client, db):
    Metric.objects.filter(slug="time-to-value").update(changed=datetime.date(2020, 2, 29))
    days = {each.find(f"{NAMESPACE}loc").text: each.find(f"{NAMESPACE}lastmod").text for each in sitemap(client)}
    assert days[f"{SITE}/metrics/time-to-value/"] == "2020-02-29"
    assert days[f"{SITE}/"] == max(days.values())


def test_sitemap_takes_two_queries(client, db, django_assert_num_queries):
    """Stages, metrics."""
    with django_assert_num_queries(2):
        client.get("/sitemap.xml")


def test_robots_may_read_all_and_are_told_of_the_sitemap(client):
    answer = client.get("/robots.txt")
    assert answer.headers["Content-Type"].startswith("text/plain")
    lines = answer.content.decode().splitlines()
    assert "User-agent: *" in lines
    assert f"Sitemap: {SITE}/sitemap.xml" in lines
    assert not [line for line in lines if line.startswith("Disallow: /")]


def test_site_without_an_address_of_its_own_gives_paths(client, db, settings):
    settings.SITE_URL = ""
    assert Page("/", client.get("/faq/")).one("link[@rel='canonical']").get("href") == "/faq/"
    assert b"Sitemap:" not in client.get("/robots.txt").content


def test_every_page_offers_its_feed_and_its_search_to_the_browser(pages, error_pages):
    for page in pages + error_pages:
        (search,) = page.all("head/link[@rel='search']")
        assert search.get("href") == "/opensearch.xml"
        assert search.get("type") == "application/opensearchdescription+xml"
        feeds = [each.get("href") for each in page.all("head/link[@type='application/atom+xml']")]
        assert feeds == ([] if page.status in (400, 403, 500) else ["/changes.atom"])


def test_linked_files_exist_and_are_our_own(pages, error_pages):
    for page in pages + error_pages:
        files = [each.get("href") for each in page.all("link") if each.get("rel") in ("icon", "stylesheet")]
        files += [each.get("src") for each in page.all("script[@src]")]
        assert any(each.endswith("favicon.svg") for each in files)
        for each in files:
            assert each.startswith(settings.STATIC_URL)
            assert finders.find(each.removeprefix(settings.STATIC_URL))


# -- Policy --


def test_policy_is_strict(pages, error_pages):
    """The page for a failure is made here without its middleware; the next test has it with."""
    for page in [*pages, *(each for each in error_pages if each.status != 500)]:
        header = page.response.headers["Content-Security-Policy"]
        directives = {name: values for name, *values in (each.split() for each in header.split(";"))}
        for name in ("default-src", "frame-ancestors", "base-uri"):
            assert directives.pop(name) == ["'none'"]
        assert set(directives) >= {"script-src", "style-src", "img-src", "connect-src", "form-action"}
        assert {value for values in directives.values() for value in values} == {"'self'"}


def test_failure_and_fragment_are_under_the_policy_too(client, db, monkeypatch):
    policy = client.get("/").headers["Content-Security-Policy"]
    fragment = client.get("/", headers={"HX-Request": "true"})
    assert set(fragment.headers["Content-Security-Policy"].split("; ")) == set(policy.split("; "))
    monkeypatch.setattr("directory.views.render", lambda *_: 1 / 0)
    client.raise_request_exception = False
    failed = client.get("/")
    assert failed.status_code == 500
    assert set(failed.headers["Content-Security-Policy"].split("; ")) == set(policy.split("; "))


def test_nothing_needs_what_the_policy_forbids(pages, error_pages):
    """No inline style, no inline script, no handler: structured data is no script, browsers do not run it."""
    for page in pages + error_pages:
        assert not page.has("style")
        scripts = [each for each in page.all("script") if each.get("type") != "application/ld+json"]
        assert [each.text for each in scripts if (each.text or "").strip() or not each.get("src")] == []
        for each in page.tree.iter():
            for name, value in each.attrib.items():
                assert name != "style", each.tag
                assert not str(name).startswith(("on", "hx-on", "data-hx-on")), (each.tag, name)
                assert not value.strip().lower().startswith(("javascript:", "js:", "data:")), (each.tag, name)


def test_nothing_is_loaded_from_elsewhere(pages, error_pages):
    for page in pages + error_pages:
        for name in ("src", "srcset", "poster", "data", "action", "formaction"):
            for each in page.all(f"*[@{name}]"):
                assert not urlsplit(each.get(name)).netloc, (each.tag, name)
        for each in page.all("link"):
            assert each.get("rel") == "canonical" or not urlsplit(each.get("href")).netloc
        for each in page.all("use"):
            assert each.get("href").removeprefix("#") in page.ids


def test_no_page_sets_a_cookie_or_asks_for_a_token(pages, error_pages):
    for page in pages + error_pages:
        assert not page.response.cookies
        assert "csrfmiddlewaretoken" not in page.text


def test_cookies_and_languages_of_the_reader_change_nothing(db, get):
    for address in ("/", "/?stage=walk", "/map/", "/search/?q=churn", "/metrics/time-to-value/", "/faq/"):
        client = Client(headers={"Accept-Language": "de", "User-Agent": "x", "Referer": "https://example.org/"})
        client.cookies["theme"] = "dark"
        assert client.get(address).content.decode() == get(address).text


def test_htmx_is_kept_from_what_the_policy_forbids(get):
    config = get("/").one("meta[@name='htmx-config']").get("content")
    for part in ('"allowEval":false', '"allowScriptTags":false', '"includeIndicatorStyles":false'):
        assert part in config


def test_usual_safety_headers_are_set(pages):
    for page in pages:
        headers = page.response.headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Content-Type"] == "text/html; charset=utf-8"


def test_links_to_elsewhere_say_so_or_stand_in_the_text(get):
    """Sources are marked as external; a link inside a sentence is the author's."""
    for address in ADDRESSES:
        for each in get(address).all("*[@class='section__body sources']//a"):
            assert (each.get("rel") == "external") == each.get("href").startswith("http")
    assert any(href.startswith("https://") for href in hrefs(get("/sources/").one("main")))
