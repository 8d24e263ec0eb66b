"""The site as it is deployed: behind nginx with the shipped configuration, by https."""

import json
import re
import socket
import time
from collections.abc import Iterator
from http.client import HTTPConnection

import brotli
import pytest

from tests.databases import empty_database
from tests.proxies import NAME, Proxy, find_nginx, nginx
from tests.servers import Server, serving

DEPLOYED = {
    "HTTPS": 1,
    "TRUSTED_PROXIES": 1,
    "ALLOWED_HOSTS": NAME,
    "SITE_URL": f"https://{NAME}",
    "LOG": "json",
    "SECRET_KEY": "the same for each of the servers behind one proxy, as it has to be",
}


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
    connection.close()


def test_the_site_knows_that_it_was_asked_by_https_and_under_which_name(proxy):
    response, body = proxy.get("/")
    assert response.status == 200
    assert response.getheader("Strict-Transport-Security") == "max-age=31536000; includeSubDomains; preload"
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
    response, _ = proxy.ask("POST", "/", b"x" * 70_000)
    assert response.status == 413
    assert server.printed.count('"status": 413') == before


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


def test_a_flood_of_forms_ends_at_the_proxy(proxy):
    """30 at once are fine, then five a second; each without a token here, so 403 until it is 429."""
    statuses = [proxy.ask("POST", "/", b"a=b")[0].status for _ in range(60)]
    assert set(statuses) == {403, 429}
    assert statuses[:20] == [403] * 20
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
