"""The page cache: what it answers is what Django would answer, and what it may not keep it does not keep."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import brotli
import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import OperationalError, close_old_connections
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils.cache import get_conditional_response

from csmetrics import pagecache
from csmetrics.log import ROUTE
from csmetrics.pagecache import Page, PageCache
from directory.models import ContentVersion, Metric
from directory.public import CACHE_CONTROL, Reads
from directory.shelf import Shelf

from .page import ADDRESSES, MISSING, STATES

ADDED = {"etag", "content-encoding", "content-length", "vary"}  # what the cache says beyond Django
TOKEN = "csrftoken=" + "a" * 32
REMEMBERED = "result=walk.2026-11-20.smb.1000000-5000000"


class Answer:
    def __init__(self, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
        self.status, self.pairs, self.body = status, headers, body
        self.headers = {name.lower(): value for name, value in headers}
        assert len(self.headers) == len(headers)

    @property
    def decoded(self) -> bytes:
        match self.headers.get("content-encoding"):
            case "br":
                return brotli.decompress(self.body)
            case "gzip":
                return gzip.decompress(self.body)
        return self.body

    @property
    def own_headers(self) -> list[tuple[str, str]]:
        """Without those that the cache adds or changes."""
        return sorted((name, value) for name, value in self.pairs if name.lower() not in ADDED)


class Site:
    """Django, and the cache in front of it; counts the requests that reach Django."""

    def __init__(self) -> None:
        self.django, self.produced, self.version = WSGIHandler(), 0, 1
        self.cache = PageCache(self._counted, version=lambda: self.version, watch=False)

    def _counted(self, environ: dict[str, Any], start_response: Any) -> Any:
        self.produced += 1
        return self.django(environ, start_response)

    def get(self, path: str, method: str = "GET", **headers: str) -> Answer:
        return _ask(self.cache, path, method, **headers)

    def without(self, path: str, method: str = "GET", **headers: str) -> Answer:
        return _ask(self.django, path, method, **headers)

    def reaches_django(self, path: str, method: str = "GET", **headers: str) -> bool:
        before = self.produced
        self.get(path, method, **headers)
        return self.produced > before


def _ask(application: Callable[..., Any], path: str, method: str, **headers: str) -> Answer:
    headers.setdefault("HTTP_HOST", "localhost")
    environ = RequestFactory().generic(method, path, **headers).environ
    if "RAW_PATH" in headers:  # bytes that the factory would not send
        environ["PATH_INFO"] = headers["RAW_PATH"]
    begun: list[Any] = []
    answer = application(environ, lambda *arguments: begun.extend(arguments))
    body = b"".join(answer)
    if isinstance(answer, HttpResponse):
        answer.close()
    return Answer(begun[0], begun[1], body)


@pytest.fixture
def site(db: None) -> Iterator[Site]:
    """The signals around a request close the database; here it is in the transaction of the test."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield Site()
    for signal in signals:
        signal.connect(close_old_connections)


def same(site: Site, path: str, method: str = "GET", **headers: str) -> None:
    """First and kept answers are Django's own, but for what the cache adds."""
    plain = site.without(path, method, **headers)
    for _ in range(2):
        answer = site.get(path, method, **headers)
        assert answer.status == plain.status
        assert answer.own_headers == plain.own_headers
        assert answer.decoded == plain.decoded


# -- The same as Django --


@pytest.mark.parametrize("path", [*ADDRESSES, *STATES, *MISSING, "/robots.txt", "/sitemap.xml"])
def test_pages_are_what_django_answers(site, path):
    same(site, path)


@pytest.mark.parametrize(
    "headers",
    [
        {"HTTP_RANGE": "bytes=0-99"},
        {"HTTP_RANGE": "bytes=0-99", "HTTP_IF_RANGE": '"x"'},
        {"HTTP_IF_MATCH": '"x"'},
        {"HTTP_IF_MODIFIED_SINCE": "Mon, 23 Nov 2026 00:00:00 GMT"},
        {"HTTP_IF_UNMODIFIED_SINCE": "nonsense"},
        {"HTTP_COOKIE": f"{TOKEN}; browser=xyz"},
        {"HTTP_COOKIE": REMEMBERED},
        {"HTTP_COOKIE": f"{REMEMBERED}; stage=none; {TOKEN}"},
        {"HTTP_COOKIE": f"{REMEMBERED}; stage=run"},
        {"HTTP_COOKIE": f"{REMEMBERED}; result=run.2026-11-20.-.-"},
        {"HTTP_COOKIE": "result=; stage"},
        {"HTTP_COOKIE": "result=walk.2026-99-99.smb.-; =; ;;; \xff\xfe"},
        {"HTTP_COOKIE": 'result="walk.2026-11-20.smb.-"'},
        {"HTTP_COOKIE": "result =walk.2026-11-20.smb.-"},
        {"HTTP_COOKIE": "x" * 8_000},
        {"HTTP_HX_REQUEST": "true"},
        {"HTTP_HX_REQUEST": "true", "HTTP_HX_BOOSTED": "true"},
        {"HTTP_HX_REQUEST": "true", "HTTP_HX_HISTORY_RESTORE_REQUEST": "true"},
        {"HTTP_HX_REQUEST": "false"},
        {"HTTP_HX_REQUEST": "%74rue", "HTTP_HX_REQUEST_URI_AUTOENCODED": "true"},
        {"HTTP_HX_REQUEST": "true", "HTTP_COOKIE": REMEMBERED},
        {"HTTP_HOST": "evil.example"},
        {"HTTP_HOST": "localhost:99999999"},
        {"HTTP_HOST": "localhost, evil.example"},
        {"HTTP_HOST": ""},
        {"HTTP_HOST": "LOCALHOST:8000"},
        {"HTTP_X_FORWARDED_HOST": "evil.example"},
        {"HTTP_X_FORWARDED_PROTO": "https"},
        {"CONTENT_TYPE": "text/plain; charset=utf-16"},
        {"HTTP_ACCEPT_ENCODING": "br"},
        {"HTTP_ACCEPT_ENCODING": "gzip;q=0.5, br;q=0"},
    ],
    ids=repr,
)
@pytest.mark.parametrize(
    "path", ["/", "/?stage=walk", "/metrics/net-revenue-retention/", "/map/", "/faq/", "/search/?q=churn"]
)
def test_any_headers_get_what_django_answers(site, path, headers):
    same(site, path)  # so that something is kept that would be wrong
    same(site, path, **headers)
    same(site, path)


@pytest.mark.parametrize(
    "method", ["HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "get", "G\xc9T"]
)
def test_any_method_gets_what_django_answers(site, method):
    same(site, "/faq/")
    same(site, "/faq/", method)


@pytest.mark.parametrize(
    "query",
    [
        "utm_source=letter",
        "stage",
        "stage=&stage=walk",
        "stage=walk&stage=run",
        "stage=sprint&category=%00&sort=%F0%9F%98%80",
        "stage=%ff%fe",
        "stage%5B%5D=walk;stage=run",
        "category=usage&category=health",
        "category=health&category=usage",
        "a=1&" * 1_200,
        "category=" + "x" * 2_000,
    ],
)
@pytest.mark.parametrize("path", ["/", "/faq/", "/metrics/net-revenue-retention/"])
def test_any_query_string_gets_what_django_answers(site, path, query):
    same(site, path)
    same(site, f"{path}?{query}")


@pytest.mark.parametrize(
    "raw", ["/\x00", "/metrics/\xff\xfe/", "//", "/metrics/net-revenue-retention", "/FAQ/", "/caf\xc3\xa9/"]
)
def test_any_path_gets_what_django_answers(site, raw):
    same(site, "/", RAW_PATH=raw)


def test_behind_a_proxy_http_is_redirected_and_https_is_kept_apart(site, settings):
    settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS = True, 3600
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    site = Site()
    for proto in ("https", "http", "https, http", "HTTPS", ""):
        same(site, "/faq/", HTTP_X_FORWARDED_PROTO=proto)
    same(site, "/faq/")
    assert site.get("/faq/").status.startswith("301")
    answer = site.get("/faq/", HTTP_X_FORWARDED_PROTO="https")
    assert "strict-transport-security" in answer.headers
    assert not site.reaches_django("/faq/", HTTP_X_FORWARDED_PROTO="https")


# -- What is kept --


@pytest.mark.parametrize("path", ADDRESSES)
def test_every_public_page_is_produced_once(site, path):
    assert site.reaches_django(path)
    assert not site.reaches_django(path)
    assert not site.reaches_django(path, "HEAD")
    assert not site.reaches_django(path, HTTP_COOKIE=f"{TOKEN}; browser=xyz")
    assert not site.reaches_django(path, HTTP_COOKIE="result=broken; stage=walk")


@pytest.mark.parametrize("path", ["/", "/map/", "/faq/"])
def test_what_a_page_does_not_read_makes_no_other_page(site, path):
    site.get(path)
    assert not site.reaches_django(f"{path}?utm_source=letter")


@pytest.mark.parametrize("query", ["starting=100", "stage=walk&variant=x", "%73tarting=1", "utm_source=letter"])
@pytest.mark.parametrize("headers", [{}, {"HTTP_HX_REQUEST": "true"}], ids=["page", "fragment"])
def test_a_calculation_with_numbers_of_a_reader_is_not_kept(site, query, headers):
    path = "/metrics/net-revenue-retention/"
    same(site, path, **headers)
    same(site, f"{path}?stage=walk", **headers)
    same(site, f"{path}?{query}", **headers)
    assert site.reaches_django(f"{path}?{query}", **headers)
    assert not site.reaches_django(f"{path}?stage=walk", **headers)


def test_a_kept_page_is_logged_under_its_route(site):
    for _ in range(2):
        environ = RequestFactory().get("/metrics/net-revenue-retention/", headers={"Host": "localhost"}).environ
        site.cache(environ, lambda *arguments: None)
        assert environ[ROUTE] == "/metrics/<slug:slug>/"


def test_a_request_with_a_body_is_for_django(site):
    site.get("/faq/")
    assert site.reaches_django("/faq/", CONTENT_LENGTH="99999999")


def test_stages_and_categories_are_kept_apart(site):
    pages = {
        site.get(path).body for path in ("/", "/?stage=walk", "/?category=usage", "/?stage=walk&category=usage")
    }
    assert len(pages) == 4


def test_pages_for_remembered_results_are_kept_apart(site):
    plain, walk = site.get("/"), site.get("/", HTTP_COOKIE=REMEMBERED)
    other_size = site.get("/", HTTP_COOKIE="result=walk.2026-11-20.-.-")
    assert len({plain.body, walk.body, other_size.body}) >= 2
    assert not site.reaches_django("/", HTTP_COOKIE=f"{TOKEN}; {REMEMBERED}")
    assert site.get("/").body == plain.body


def test_a_page_that_remembers_nothing_is_kept_once_for_all_results(site):
    site.get("/faq/")
    assert not site.reaches_django("/faq/", HTTP_COOKIE=REMEMBERED)


@pytest.mark.parametrize("path", ["/", "/map/", "/search/?q=churn"])
def test_fragments_are_kept_apart_and_by_nobody_else(site, path):
    page = site.get(path)
    fragment = site.get(path, HTTP_HX_REQUEST="true")
    assert len(fragment.body) < len(page.body)
    assert fragment.headers["cache-control"] == "no-store"
    assert "etag" not in fragment.headers
    assert not site.reaches_django(path, HTTP_HX_REQUEST="true")
    assert not site.reaches_django(path)


@pytest.mark.parametrize("path", ["/", "/map/", "/search/?q=churn"])
@pytest.mark.parametrize("header", ["HTTP_HX_BOOSTED", "HTTP_HX_HISTORY_RESTORE_REQUEST"])
def test_a_whole_page_that_htmx_asked_for_is_kept_by_nobody_else(site, path, header):
    """A proxy knows only that htmx asked, and would give the page to the next one who asks for a fragment."""
    for _ in range(2):
        asked = site.get(path, HTTP_HX_REQUEST="true", **{header: "true"})
        assert asked.headers["cache-control"] == "no-store"
        assert "etag" not in asked.headers
    assert not site.reaches_django(path, HTTP_HX_REQUEST="true", **{header: "true"})
    page = site.get(path)
    assert asked.body == page.body
    assert page.headers["cache-control"] == CACHE_CONTROL
    assert len(site.get(path, HTTP_HX_REQUEST="true").body) < len(page.body)


@pytest.mark.parametrize("path", ["/", "/map/", "/metrics/net-revenue-retention/", "/stages/", "/compare/"])
def test_a_page_about_a_readers_result_is_for_no_cache_but_the_readers_own(site, path):
    """It says so itself, for those who do not heed `Vary: Cookie`; asked again, it is a 304."""
    for _ in range(2):
        own = site.get(path, HTTP_COOKIE=REMEMBERED)
        assert own.headers["cache-control"] == "private, no-cache"
    assert not site.reaches_django(path, HTTP_COOKIE=REMEMBERED)
    again = site.get(path, HTTP_COOKIE=REMEMBERED, HTTP_IF_NONE_MATCH=own.headers["etag"])
    assert again.status == "304 Not Modified"
    assert again.headers["cache-control"] == "private, no-cache"
    assert site.get(path, HTTP_COOKIE="result=broken").headers["cache-control"] == CACHE_CONTROL
    assert site.get(path).headers["cache-control"] == CACHE_CONTROL


def test_an_address_under_another_root_is_not_kept_and_gets_nothing_kept(site):
    """gunicorn takes SCRIPT_NAME from a header; all links of the page begin with it."""
    for _ in range(2):
        assert b"/evil/" in site.get("/about/", SCRIPT_NAME="/evil").body
        assert b"/evil/" not in site.get("/about/").body
    assert site.reaches_django("/about/", SCRIPT_NAME="/evil")


@pytest.mark.parametrize(
    "path",
    ["/assessment/", "/assessment/results/", *MISSING, "/?" + "x" * 2_000, "/metrics", "/assessment/nothing/"],
)
def test_personal_pages_failures_and_redirects_are_not_kept(site, path):
    site.get(path)
    assert site.reaches_django(path)


def test_an_answer_that_sets_a_cookie_is_not_kept(site):
    def with_cookie(environ: Any, start_response: Any) -> HttpResponse:
        response = HttpResponse("x")
        response.public = Reads(())  # type: ignore[attr-defined]
        start_response("200 OK", [*response.items(), ("Set-Cookie", "a=b")])
        return response

    cache = PageCache(with_cookie, version=lambda: 1, watch=False)
    assert "set-cookie" in _ask(cache, "/", "GET").headers
    assert "etag" not in _ask(cache, "/", "GET").headers
    assert not cache.generation.kinds


def test_a_hostile_host_gets_no_kept_page(site):
    site.get("/")
    assert site.get("/", HTTP_HOST="evil.example").status.startswith("400")
    assert site.get("/").status.startswith("200")


def test_a_spoiled_form_cookie_is_mended_where_a_form_is_and_not_by_kept_pages(site):
    """Django gives a new one on any page; a kept page is the same for everybody and sets nothing."""
    site.get("/faq/")
    assert "set-cookie" not in site.get("/faq/", HTTP_COOKIE="csrftoken=spoiled").headers
    assert "csrftoken" in site.get("/assessment/", HTTP_COOKIE="csrftoken=spoiled").headers["set-cookie"]


# -- Bounds --


def test_made_up_addresses_push_out_no_page_without_a_query(site, monkeypatch):
    monkeypatch.setattr(pagecache, "VARIANTS", 5)
    site.get("/")
    for number in range(20):
        site.get(f"/?category=made-up-{number}")
        site.get("/", HTTP_COOKIE=f"result=walk.2026-11-20.-.{number}-")
    assert len(site.cache.generation.variants.items) == 5
    assert len(site.cache.generation.plain.items) == 1
    assert not site.reaches_django("/")


def test_a_shelf_is_bounded_in_number_and_in_bytes():
    page = Page([], b"x" * 1_000)
    few = Shelf(3, 10**9)
    small = Shelf(100, page.cost * 4)
    for number in range(10):
        few.put(number, page)
        small.put(number, page)
    few.put(9, page)
    assert list(few.items) == [7, 8, 9]
    assert list(small.items) == [6, 7, 8, 9]
    assert small.cost == page.cost * 4


def test_what_was_asked_for_last_stays_longest():
    shelf, page = Shelf(2, 10**9), Page([], b"x")
    shelf.put("a", page)
    shelf.put("b", page)
    shelf.get("a")
    shelf.put("c", page)
    assert list(shelf.items) == ["a", "c"]


def test_a_page_over_the_largest_size_is_answered_but_not_kept(site, monkeypatch):
    monkeypatch.setattr(pagecache, "LARGEST_PAGE", 1_000)
    same(site, "/")
    assert site.reaches_django("/")


# -- Keeping up --


def test_new_content_replaces_every_page(site):
    site.get("/faq/")
    Metric.objects.filter(slug="net-revenue-retention").update(name="Another name")
    site.version = 2
    site.cache.look()
    assert site.reaches_django("/faq/")


def test_an_answer_begun_before_new_content_is_not_kept_after_it(site):
    django = site.django

    def slow(environ: Any, start_response: Any) -> Any:
        answer = django(environ, start_response)
        site.version += 1
        site.cache.look()
        return answer

    site.django = slow
    site.get("/faq/")
    site.django = django
    assert site.reaches_django("/faq/")


def test_a_database_that_cannot_be_read_leaves_the_pages(site, caplog):
    site.get("/faq/")

    def fails() -> int:
        raise OperationalError("gone")

    site.cache.version = fails
    site.cache.look()
    assert not site.reaches_django("/faq/")
    assert "gone" in caplog.text


def test_nothing_is_kept_before_content_is_loaded(site):
    site.version = None
    site.get("/faq/")
    assert site.reaches_django("/faq/")


def test_the_version_is_the_loaded_content_and_the_day(db, monkeypatch):
    monkeypatch.setattr(pagecache.connection, "close", lambda: None)  # it belongs to the test
    version = ContentVersion.current()
    today = datetime.now(tz=UTC).date()
    assert pagecache.loaded_version() == (version.digest, version.loaded_at, today)
    ContentVersion.objects.update(digest="another")
    assert pagecache.loaded_version()[0] == "another"
    ContentVersion.objects.all().delete()
    assert pagecache.loaded_version() is None


# -- Caches elsewhere --


@pytest.mark.parametrize("path", ADDRESSES)
def test_pages_say_what_they_vary_by_and_that_others_may_keep_them_for_seconds(site, path):
    answer = site.get(path)
    assert answer.headers["cache-control"] == CACHE_CONTROL
    assert answer.headers["vary"].split(", ")[0] == "Accept-Encoding"


def test_encodings_have_tags_of_their_own(site):
    answers = [site.get("/", HTTP_ACCEPT_ENCODING=each) for each in ("identity", "gzip", "br")]
    assert len({each.headers["etag"] for each in answers}) == 3
    assert len({each.decoded for each in answers}) == 1
    assert [each.headers.get("content-encoding") for each in answers] == [None, "gzip", "br"]
    assert all(int(each.headers["content-length"]) == len(each.body) for each in answers)


@pytest.mark.parametrize("encoding", ["identity", "gzip", "br"])
@pytest.mark.parametrize(
    "pattern",
    ["{}", "W/{}", '"x", {}', '"x" , W/{} ,"y"', "*", '"x"', 'W/"x"', "{}x", "nonsense", "", '"a,b", {}', "{},*"],
)
def test_if_none_match_is_judged_as_django_judges_it(site, encoding, pattern):
    full = site.get("/faq/", HTTP_ACCEPT_ENCODING=encoding)
    asked = pattern.format(full.headers["etag"])
    request = RequestFactory().get("/faq/", headers={"If-None-Match": asked})
    judged = get_conditional_response(request, full.headers["etag"], None, HttpResponse())
    answer = site.get("/faq/", HTTP_ACCEPT_ENCODING=encoding, HTTP_IF_NONE_MATCH=asked)
    assert answer.status[:3] == str(judged.status_code)


def test_not_modified_has_no_body_and_the_headers_a_cache_needs(site):
    full = site.get("/", HTTP_ACCEPT_ENCODING="br")
    answer = site.get("/", HTTP_ACCEPT_ENCODING="br", HTTP_IF_NONE_MATCH=full.headers["etag"])
    assert answer.status == "304 Not Modified"
    assert answer.body == b""
    assert {"content-length", "content-type", "content-encoding"}.isdisjoint(answer.headers)
    for name in ("etag", "vary", "cache-control", "content-security-policy"):
        assert answer.headers[name] == full.headers[name]


def test_a_tag_of_one_encoding_does_not_hold_for_another(site):
    tag = site.get("/", HTTP_ACCEPT_ENCODING="gzip").headers["etag"]
    assert site.get("/", HTTP_ACCEPT_ENCODING="br", HTTP_IF_NONE_MATCH=tag).status == "200 OK"


@pytest.mark.parametrize(("path", "variants"), [("/", False), ("/map/?stage=run", True)])
def test_the_smaller_form_comes_later_and_the_quick_one_stays_valid(site, path, variants):
    quick = site.get(path, HTTP_ACCEPT_ENCODING="br")
    assert not site.cache.improve(variants=not variants)
    assert site.cache.improve(variants=variants)
    assert not site.cache.improve(variants=variants)
    best = site.get(path, HTTP_ACCEPT_ENCODING="br")
    assert best.decoded == quick.decoded
    assert len(best.body) < len(quick.body)
    assert best.headers["etag"] != quick.headers["etag"]
    for each in (quick, best):
        answer = site.get(path, HTTP_ACCEPT_ENCODING="br", HTTP_IF_NONE_MATCH=each.headers["etag"])
        assert answer.status == "304 Not Modified"
        assert answer.headers["etag"] == each.headers["etag"]


def test_of_variants_the_newest_large_ones_are_made_smaller(site):
    small = site.get("/search/?q=nrr", HTTP_ACCEPT_ENCODING="br", HTTP_HX_REQUEST="true")
    assert len(small.decoded) < pagecache.SMALLEST_IMPROVED
    for number in range(pagecache.VARIANTS_TO_IMPROVE + 3):
        site.get(f"/map/?stage={number}")
    assert sum(site.cache.improve(variants=True) for _ in range(200)) == pagecache.VARIANTS_TO_IMPROVE
