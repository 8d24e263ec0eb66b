"""The site as it is deployed: behind nginx with the shipped configuration, by https."""

import json
import re
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from itertools import count
from urllib.parse import urlencode

import brotli
import pytest
from django.conf import settings
from html5lib import HTMLParser

from tests.databases import empty_database
from tests.proxies import NAME, Proxy, find_nginx, nginx
from tests.servers import Server, free_port, serving

DEPLOYED = {
    "HTTPS": 1,
    "TRUSTED_PROXIES": 1,
    "ALLOWED_HOSTS": NAME,
    "SITE_URL": f"https://{NAME}",
    "LOG": "json",
    "SECRET_KEY": "the same for each of the servers behind one proxy, as it has to be",
}
EXPECTED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": settings.FIXED_HEADERS["Permissions-Policy"],
}
numbers = count()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    find_nginx()
    folder = tmp_path_factory.mktemp("deployed")
    with (
        empty_database() as database,
        serving(folder / "data", folder / "output", **DEPLOYED, **database) as running,
    ):
        running.wait_until_it_answers()
        yield running


@pytest.fixture(scope="module")
def proxy(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    with nginx(tmp_path_factory.mktemp("nginx") / "nginx", server.port) as running:
        yield running


def test_plain_http_is_sent_to_https(proxy):
    connection = HTTPConnection("127.0.0.1", proxy.http, timeout=10)
    connection.request("GET", "/faq/?a=b", headers={"Host": NAME})
    response = connection.getresponse()
    assert (response.status, response.getheader("Location")) == (301, f"https://{NAME}/faq/?a=b")
    says_all_once(response)
    connection.close()


def test_the_site_knows_that_it_was_asked_by_https_and_under_which_name(proxy):
    response, body = proxy.get("/")
    assert response.status == 200
    assert response.getheader("Strict-Transport-Security") == "max-age=31536000; includeSubDomains"
    assert f'<link rel="canonical" href="https://{NAME}/">' in body.decode()


def test_a_client_cannot_pretend_to_have_come_another_way(proxy, server):
    """What it says of itself is replaced: the site sees https, and the id in the log is nginx's."""
    response, _ = proxy.get(
        "/about/", **{"X-Forwarded-Proto": "http", "X-Forwarded-For": "192.0.2.1", "X-Request-ID": "f" * 32}
    )
    assert response.status == 200
    assert "f" * 32 not in proxy.log + server.printed


def test_a_request_has_the_same_id_in_both_logs_and_no_address_in_either(proxy, server):
    proxied = proxy.line_about("GET", "/search/?q=private")
    server.wait(lambda: proxied["id"] in server.printed)
    (line,) = [json.loads(line) for line in server.printed.splitlines() if proxied["id"] in line]
    assert (line["route"], line["status"]) == ("/search/", proxied["status"])
    for personal in ("127.0.0.1", "private"):
        assert personal not in proxy.log


def test_another_host_is_turned_away(proxy):
    assert proxy.get("/", Host="evil.example")[0].status == 400


def test_no_version_and_no_program_of_ours_is_named(proxy):
    for path in ("/", "/nothing/"):
        assert proxy.get(path)[0].getheader("Server") == "nginx"


def test_a_body_that_is_too_long_ends_at_the_proxy(proxy, server):
    before = server.printed.count('"status": 413')
    response, page = proxy.ask("POST", "/", b"x" * 70_000)
    assert response.status == 413
    assert server.printed.count('"status": 413') == before
    is_a_page_of_nginx(response, page, "That was too long")


# -- What nginx answers by itself --


def says_all_once(response):
    """The headers of every answer, neither missing nor there twice."""
    for name, value in EXPECTED.items():
        assert response.headers.get_all(name) == [value], f"{response.status}: {name}"
    assert len(response.headers.get_all("Content-Security-Policy")) == 1


def is_a_page_of_nginx(response, page, heading):
    says_all_once(response)
    assert response.headers.get_all("Content-Type") == ["text/html; charset=utf-8"]
    assert response.headers.get_all("Cache-Control") == ["no-store"]
    assert "default-src 'none'" in response.getheader("Content-Security-Policy")
    assert f"<h1>{heading}</h1>" in page.decode()
    HTMLParser(strict=True).parse(page)
    assert not re.search(rb"<style|<script| style=| on[a-z]+=", page)


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/" + "x" * 20_000, {}, 414),
        ("/", {"X-Long": "x" * 20_000}, 400),
        ("/%00", {}, 400),
    ],
)
def test_a_request_that_cannot_be_read_gets_a_page_of_nginx(proxy, path, headers, status):
    response, page = proxy.get(path, **headers)
    assert response.status == status
    is_a_page_of_nginx(response, page, "That request could not be read")


def test_a_site_that_does_not_run_gets_a_page_of_nginx_with_its_style(tmp_path):
    find_nginx()
    with nginx(tmp_path / "nginx", free_port()) as alone:
        response, page = alone.get("/assessment/")
        assert response.status == 502
        is_a_page_of_nginx(response, page, "Back in a moment")
        style = re.search(r'<link rel="stylesheet" href="([^"]+)"', page.decode())[1]
        response, _ = alone.get(style)
        assert (response.status, response.getheader("Content-Type")) == (200, "text/css")
        says_all_once(response)
        assert alone.get("/-/502.html")[0].status == 404, "it is no address of the site"


def test_what_the_site_says_is_not_said_twice(proxy):
    """Neither when it comes from the site, nor when nginx has kept it, nor with what the site refuses."""
    for path in ("/about/", "/about/", "/nothing/", "/metrics/net-revenue-retention", "/embed/time-to-value/"):
        response, _ = proxy.get(path)
        policies = response.headers.get_all("Content-Security-Policy")
        assert len(policies) == 1
        assert "style-src 'self'" in policies[0]
        for name in (
            "X-Content-Type-Options",
            "Referrer-Policy",
            "Permissions-Policy",
            "Strict-Transport-Security",
        ):
            assert len(response.headers.get_all(name)) == 1, f"{path}: {name}"
    assert "frame-ancestors *" in proxy.get("/embed/time-to-value/")[0].getheader("Content-Security-Policy")
    assert proxy.get("/embed/time-to-value/")[0].getheader("X-Frame-Options") is None


# -- What nginx keeps --


def fresh():
    """An address that nginx has not been asked for."""
    return f"/?fresh={next(numbers)}"


def test_what_htmx_asked_for_is_not_given_to_another_one(proxy):
    """A whole page that htmx asked for must not come in the place of a fragment, nor a fragment for a page."""
    path, by_htmx = fresh(), {"HX-Request": "true"}
    for others in ({"HX-Boosted": "true"}, {"HX-History-Restore-Request": "true"}):
        assert b"<html" in proxy.get(path, **by_htmx, **others)[1]
        assert b"<html" not in proxy.get(path, **by_htmx)[1]
        assert b"<html" in proxy.get(path)[1]
        assert b"<html" not in proxy.get(path, **by_htmx)[1]
    for headers in (by_htmx, {**by_htmx, "HX-Boosted": "true"}):
        assert proxy.line_about("GET", path, **headers)["cache"] == "BYPASS"
    assert proxy.line_about("GET", path)["cache"] == "HIT"


def test_a_page_about_a_result_is_for_its_reader_alone(proxy):
    path, cookie = fresh(), "result=walk.2026-11-20.smb.1000000-5000000"
    response, own = proxy.get(path, Cookie=cookie)
    assert b"from your result" in own
    assert response.getheader("Cache-Control") == "private, no-cache"
    assert proxy.line_about("GET", path)["cache"] == "MISS"
    assert b"from your result" not in proxy.get(path)[1]
    assert proxy.line_about("GET", path, Cookie=cookie)["cache"] == "BYPASS"
    assert b"from your result" in proxy.get(path, Cookie=cookie)[1]


@pytest.mark.parametrize(
    ("accepted", "sent"),
    [
        ("gzip, deflate, br", "br"),
        ("br;q=1.0, gzip;q=0.8, *;q=0.1", "br"),
        ("deflate, gzip;q=1.0, *;q=0.5", "gzip"),
        ("gzip, br;q=0", "gzip"),
        ("gzip;q=0.0", None),
        ("", None),
        ("brotli", None),
    ],
)
def test_browsers_that_understand_the_same_share_what_is_kept(proxy, accepted, sent):
    path = fresh()
    proxy.get(path, **{"Accept-Encoding": sent or "identity"})
    assert proxy.line_about("GET", path, **{"Accept-Encoding": accepted})["cache"] == "HIT"
    assert proxy.get(path, **{"Accept-Encoding": accepted})[0].getheader("Content-Encoding") == sent


def test_what_people_look_for_is_not_on_disk(proxy):
    for path in ("/search/?q=somewords", "/search/suggestions/?q=somewords"):
        for _ in range(2):
            assert proxy.line_about("GET", path)["cache"] == ""
    proxy.get("/faq/")
    kept = [each.read_bytes() for each in (proxy.folder / "cache").rglob("*") if each.is_file()]
    assert any(b"/faq/" in each for each in kept)
    assert not any(b"somewords" in each for each in kept)


def test_styles_are_kept_by_the_proxy_in_the_form_each_browser_understands(proxy, server):
    path = re.search(r'<link rel="stylesheet" href="([^"]+)"', proxy.get("/")[1].decode())[1]
    plain = proxy.get(path)[1]
    for _ in range(2):
        response, body = proxy.get(path, **{"Accept-Encoding": "br"})
        assert response.getheader("Cache-Control") == "max-age=315360000, public, immutable"
        assert brotli.decompress(body) == plain
    assert proxy.line_about("GET", path, **{"Accept-Encoding": "br"})["cache"] == "HIT"
    assert response.getheader("X-Content-Type-Options") == "nosniff"


def test_pages_that_are_not_marked_as_public_are_never_kept(proxy):
    for path in ("/healthz", "/nothing/"):
        for _ in range(2):
            assert proxy.line_about("GET", path)["cache"] == "MISS"


def test_who_sends_quickly_meets_the_limit_of_the_site_which_keeps_what_was_sent(proxy):
    """Beginning an assessment has the lowest limit of those that are met by clicking: sixty an hour."""
    response, page = proxy.get("/assessment/")
    cookie = SimpleCookie(response.getheader("Set-Cookie"))["__Host-csrftoken"]
    headers = {
        "Cookie": f"__Host-csrftoken={cookie.value}",
        "Content-Type": "application/x-www-form-urlencoded",
        "Referer": f"https://{NAME}/assessment/",
    }
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.decode())[1]
    body = urlencode({"csrfmiddlewaretoken": token, "typed": "my words"}).encode()
    answers = [proxy.ask("POST", "/assessment/", body, **headers) for _ in range(61)]
    assert [response.status for response, _ in answers] == [302] * 60 + [429]
    marks = SimpleCookie(answers[0][0].getheader("Set-Cookie"))
    assert "__Host-browser" in marks
    assert marks["__Host-browser"]["secure"]
    assert (marks["__Host-browser"]["path"], marks["__Host-browser"]["domain"]) == ("/", "")
    assert b'name="typed" value="my words"' in answers[-1][1]


def test_a_flood_ends_at_the_proxy(proxy):
    """200 at once are fine, then fifty a second; each without a token here, so 403 until it is 429."""

    def flood(_: int) -> list[int]:
        connection = proxy.connection()
        statuses = []
        for _ in range(100):
            connection.request("POST", "/", b"a=b", {"Host": NAME})
            response = connection.getresponse()
            response.read()
            statuses.append(response.status)
        connection.close()
        return statuses

    with ThreadPoolExecutor(8) as all_at_once:
        statuses = [each for part in all_at_once.map(flood, range(8)) for each in part]
    assert set(statuses) == {403, 429}
    response, page = proxy.ask("POST", "/", b"a=b")
    if response.status == 429:
        is_a_page_of_nginx(response, page, "Too many requests at once")
    time.sleep(2)
    assert proxy.get("/about/")[0].status == 200


def test_readers_are_answered_while_somebody_sends_slowly(proxy):
    """40 connections that have said half of a request."""
    slow = [socket.create_connection(("127.0.0.1", proxy.http)) for _ in range(40)]
    for each in slow:
        each.sendall(f"GET / HTTP/1.1\r\nHost: {NAME}\r\nX-Slow: ".encode())
    try:
        started = time.monotonic()
        assert proxy.get("/about/")[0].status == 200
        assert time.monotonic() - started < 2
    finally:
        for each in slow:
            each.close()
