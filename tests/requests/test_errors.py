"""What went wrong gets a page too: kind, in the design, and without looking at what may have been the cause."""

import logging
import subprocess
import sys
from urllib.parse import unquote_to_bytes

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, get_resolver

from csmetrics import errors
from directory import views

from .page import ADDRESSES, DOCUMENTS, METRICS, TEXTS, Page, hrefs, words

KINDS = [
    "/",
    "/metrics/time-to-value/",
    "/stages/",
    "/map/",
    "/compare/",
    "/search/",
    "/stages/crawl/",
    "/faq/",
    "/sources/",
    "/about/",
    "/api/",
    "/embed/time-to-value/",
]
FILES = ["/robots.txt", "/sitemap.xml", "/opensearch.xml", "/search/suggestions/"]


class Untouchable:
    """A request that may not be looked at."""

    def __getattribute__(self, name):
        raise AssertionError(f"the request was asked for {name}")


@pytest.fixture
def broken(client, monkeypatch):
    """A client for a site on which nothing can be rendered; it answers as it would outside of tests."""

    def fail(*args, **kwargs):
        raise RuntimeError("the secret cause")

    monkeypatch.setattr(views, "render", fail)
    client.raise_request_exception = False
    return client


# -- 400 --


def test_bad_request_page_asks_nothing_of_the_request_and_the_database():
    """No `db` here: a query would fail the test."""
    page = Page("400", errors.bad_request(Untouchable(), Exception("no matter")))
    assert page.status == 400
    assert words(page.one("h1"))
    assert "/" in page.links


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost:80:80", "a b", "[::1", "localhost/..", "%00", "ex_ample"]
)
def test_bad_host_gets_the_bad_request_page(host):
    answer = Client(headers={"Host": host}).get("/")
    assert answer.status_code == 400
    assert answer.content == errors.bad_request(Untouchable(), Exception()).content


def test_bad_host_is_no_news_for_the_owner():
    """Anyone can send one; a traceback for each would bury what matters. Not in this process: pytest listens."""
    code = (
        "import django; django.setup(); from django.test import Client; Client(headers={'Host': 'evil'}).get('/')"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout + done.stderr == ""


def test_too_many_values_are_a_bad_request(db):
    """Django's own limit against floods, DATA_UPLOAD_MAX_NUMBER_FIELDS."""
    limit = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
    assert Client().get("/?" + "&".join(["category=x"] * limit)).status_code == 200
    assert Client().get("/?" + "&".join(["category=x"] * (limit + 1))).status_code == 400


# -- 404 --


@pytest.mark.parametrize(
    "address",
    [
        "/nothing/",
        "/metrics/",
        "/metrics/nothing/here/",
        "/stages/jog/",
        "/metrics/a b/",
        "/.env",
        "/admin/",
        "/x.php",
    ],
)
def test_unknown_address_is_not_found_and_leads_on(get, address):
    page = get(address)
    assert page.status == 404
    assert words(page.one("h1"))
    ways = hrefs(page.one("main"))
    assert "/" in ways
    assert {f"/metrics/{slug}/" for slug in METRICS} & set(ways)


def test_the_way_to_the_directory_stands_with_the_others(get):
    (section,) = get("/nothing/").all("main/section")
    assert words(section.find(".//h2")) == "Where to go next"
    assert "/" in hrefs(section)


def test_not_found_page_is_not_for_search_engines(get):
    page = get("/nothing/")
    assert page.meta("robots") == "noindex"
    assert not page.has("link[@rel='canonical']")


def test_not_found_page_repeats_nothing_of_the_address(get):
    assert "whatever" not in get("/whatever%3Cb%3E/?whatever=1").text


@pytest.mark.parametrize(("address", "count"), [("/nothing/", 2), ("/metrics/nothing/", 4)])
def test_not_found_page_takes_two_queries_of_its_own(db, django_assert_num_queries, address, count):
    """Metrics, priorities; before that, at a metric's address, the metric and its redirect."""
    client = Client()
    with django_assert_num_queries(count):
        client.get(address)


# -- 403 --


def test_form_without_a_token_gets_a_page_that_says_what_to_do():
    """A fixed page: no `db` here, and the request is not looked at."""
    answer = Client(enforce_csrf_checks=True).post("/", {"stage": "crawl"})
    assert answer.status_code == 403
    assert answer.content == errors.forbidden(Untouchable()).content
    page = Page("403", answer)
    assert words(page.one("h1"))
    assert "reload" in words(page.one("main"))
    assert "/" in page.links


# -- 500 --


def test_server_error_page_asks_nothing_of_the_request_and_the_database():
    page = Page("500", errors.server_error(Untouchable()))
    assert page.status == 500
    assert words(page.one("h1"))
    assert "/" in page.links


@pytest.mark.parametrize("address", ["/", "/metrics/time-to-value/"])
def test_failure_gets_the_server_error_page_and_tells_no_cause(db, broken, address):
    answer = broken.get(address)
    assert answer.status_code == 500
    assert answer.content == errors.server_error(Untouchable()).content


def test_cause_of_a_failure_is_logged(db, broken, caplog):
    logging.getLogger("django").addHandler(caplog.handler)
    try:
        broken.get("/")
    finally:
        logging.getLogger("django").removeHandler(caplog.handler)
    assert "the secret cause" in caplog.text


def test_error_pages_look_like_the_others(get):
    others = get("/")
    fixed = [
        errors.bad_request(Untouchable(), Exception()),
        errors.forbidden(Untouchable()),
        errors.server_error(Untouchable()),
    ]
    for page in (get("/nothing/"), *(Page(str(each.status_code), each) for each in fixed)):
        for path in ("link[@rel='stylesheet']", "link[@rel='icon']"):
            assert page.one(path).get("href") == others.one(path).get("href")
        assert page.by_class("wordmark")
        assert page.errors == []


def test_debug_is_off_unless_asked_for(get):
    assert settings.DEBUG is False
    for path in ("/nothing/", "/metrics/nothing/"):
        for telling in ("urlpatterns", "Traceback", "DEBUG", str(settings.BASE_DIR)):
            assert telling not in get(path).text


# -- Hostile requests --

HOSTILE_PATHS = [
    "/%00",
    "/metrics/%00/",
    "/metrics/time-to-value%00/",
    "/metrics/..%2f..%2fetc%2fpasswd/",
    "/../../etc/passwd",
    "/static/../csmetrics/settings.py",
    "/static/%00",
    "/static/..%2f..%2fmanage.py",
    "/%ff%fe/",
    "/metrics/%ed%a0%80/",
    "/metrics/" + "a" * 5000 + "/",
    "/metrics/" + "time-to-value" * 500 + "/",
    "/metrics/%3Cscript%3Ealert(1)%3C/script%3E/",
    "/metrics/' OR 1=1 --/",
    "//evil.example/",
    "//evil.example",
    "///",
    "/\\evil.example",
    "/%0d%0aSet-Cookie:%20a=b",
    "/stages/%0a/",
    "/😀/",
    "/metrics/é/",
]
HOSTILE_QUERIES = [
    "%00",
    "stage=%00&segment=%00&category=%00&sort=%00",
    "stage=crawl%00",
    "stage[]=crawl&stage[a]=b",
    "&&&=&=x&stage",
    "stage=%ff%fe",
    "stage=%ed%a0%80",
    "%",
    "stage=%zz",
    "stage=" + "x" * 20_000,
    "x" * 20_000,
    "category=" + "%F0%9F%98%80" * 1000,
    "stage=%E2%80%AE%D8%A7",
    "sort='; DROP TABLE directory_metric; --",
    "stage={{7*7}}{%25 load x %25}",
]


@pytest.mark.parametrize("path", HOSTILE_PATHS, ids=range(len(HOSTILE_PATHS)))
def test_hostile_path_is_not_found_and_never_fails(db, path):
    """A missing last slash may be added, on this host only."""
    answer = Client().get("/", PATH_INFO=unquote_to_bytes(path).decode("latin-1"))
    assert answer.status_code in (301, 404)
    if answer.status_code == 301:
        assert answer.headers["Location"].startswith("/")
        assert not answer.headers["Location"].startswith(("//", "/\\"))
    assert b"<script>alert" not in answer.content
    assert not answer.cookies


@pytest.mark.parametrize("query", HOSTILE_QUERIES, ids=range(len(HOSTILE_QUERIES)))
@pytest.mark.parametrize("address", ["/", "/map/", "/metrics/time-to-value/", "/stages/"])
def test_hostile_query_string_changes_nothing_but_the_notices(db, address, query):
    answer = Client().get(address, QUERY_STRING=query)
    assert answer.status_code == 200
    assert "\0" not in answer.content.decode()
    assert len(answer.content) < len(Client().get(address).content) + 2_000


@pytest.mark.parametrize("address", [*KINDS, *FILES])
def test_pages_that_read_no_query_string_do_not_mind_one(db, address):
    for query in ("%00", "stage=%ff%fe&stage[]=%ed%a0%80"):
        assert Client().get(address, QUERY_STRING=query).status_code == 200


@pytest.mark.parametrize("query", HOSTILE_QUERIES, ids=range(len(HOSTILE_QUERIES)))
def test_hostile_query_string_is_no_matter_for_a_fragment(db, query):
    for address in ("/", "/map/", "/search/", "/metrics/net-promoter-score/"):
        assert Client(headers={"HX-Request": "true"}).get(address, QUERY_STRING=query).status_code == 200


@pytest.mark.parametrize("name", ["HX-Request", "HX-Boosted", "HX-Current-URL", "HX-Target", "Accept", "Cookie"])
def test_hostile_header_never_fails(db, name):
    for value in ("", "\x7f", "é", "'\"><script>", "http://[", "x" * 5000):
        assert Client(headers={"HX-Request": "true", name: value}).get("/?stage=crawl").status_code == 200


# -- Methods --


def patterns(resolver=None):
    for each in (resolver or get_resolver()).url_patterns:
        yield from [each] if isinstance(each, URLPattern) else patterns(each)


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options", "trace"])
@pytest.mark.parametrize("address", [*KINDS, *FILES])
def test_pages_are_only_read(address, method):
    """Refused before anything is looked up: no `db` here."""
    answer = getattr(Client(), method)(address)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD"


@pytest.mark.parametrize("address", KINDS)
def test_writing_to_a_page_as_a_stranger_is_refused(address):
    """Outside of tests the form token is asked for first."""
    answer = Client(enforce_csrf_checks=True).post(address, {"stage": "crawl"})
    assert answer.status_code in (403, 405)
    assert not answer.cookies


@pytest.mark.parametrize("address", [*KINDS, *FILES])
def test_head_says_what_get_says_without_the_body(db, address):
    got, headed = Client().get(address), Client().head(address)
    assert headed.status_code == 200
    assert headed.content == b""
    assert headed.headers["Content-Type"] == got.headers["Content-Type"]


def test_every_kind_of_address_of_the_directory_is_tested_here():
    """What answers with data is tested in test_api.py and test_texts.py."""
    names = {each.name for each in patterns() if each.lookup_str.startswith(("directory.", "csmetrics."))}
    data = url_names([*DOCUMENTS, *TEXTS]) | {None}  # without a name: whatever else is asked of the API
    assert url_names([*KINDS, *FILES]) == names - data - {"choose-stage"}  # a form; see test_remembered_stage.py
    assert url_names(ADDRESSES) == names - data - url_names(FILES) - {"search", "embed", "choose-stage"}


def url_names(addresses):
    return {get_resolver().resolve(address).url_name for address in addresses}
