"""What the running server makes of requests that no browser sends, and what it writes about them."""

import json
import socket
import time
from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from tests.databases import empty_database
from tests.servers import Server, serving

QUICKLY = 8  # seconds, on a machine with much else to do; what hangs would never end


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("network")
    with (
        empty_database() as database,
        serving(folder / "data", folder / "output", LOG="json", **database) as running,
    ):
        running.wait_until_it_answers()
        yield running


def send(server: Server, *parts: bytes) -> bytes:
    """What comes back for these bytes, at once and whole."""
    with socket.create_connection((server.host, server.port), timeout=QUICKLY) as connection:
        try:
            for part in parts:
                connection.sendall(part)
            return connection.recv(100_000)
        except ConnectionError:
            return b""  # it hung up before all was said


HEAD = b"GET /about/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
POST = HEAD.replace(b"GET", b"POST")
MANY_FIELDS = HEAD.replace(b"/about/", b"/about/?" + b"&".join([b"q=1"] * 300))


@pytest.mark.parametrize(
    ("request_bytes", "statuses"),
    [
        (b"GARBAGE\r\n\r\n", [b"400"]),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", [b"400"]),
        (b"GET / HTTP/9.9\r\n\r\n", [b"400"]),
        (b"GET /\x00 HTTP/1.1\r\nHost: localhost\r\n\r\n", [b"400"]),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", [b"400"]),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", [b"414", b"431"]),
        (HEAD + b"X-A: " + b"x" * 200_000 + b"\r\n\r\n", [b"431"]),
        (HEAD + b"".join(b"X-%d: y\r\n" % each for each in range(5000)) + b"\r\n", [b"431"]),
        (HEAD + b"X-A: \x00\r\n\r\n", [b"400"]),
        (MANY_FIELDS + b"Content-Type: text/plain; charset=utf-16\r\n\r\n", [b"200", b"400"]),
        (HEAD + b"Host: other\r\n\r\n", [b"200", b"400"]),
        (b"GET /about/ HTTP/1.1\r\nConnection: close\r\n\r\n", [b"200", b"400"]),
        (HEAD.replace(b"GET", b"BREW") + b"\r\n", [b"405", b"403"]),
        (HEAD.replace(b"/about/", b"http://evil.example/about/") + b"\r\n", [b"200", b"400"]),
        (POST + b"Content-Length: 5000000000\r\n\r\nabc", [b"413"]),
        (POST + b"Content-Length: -1\r\n\r\nabc", [b"400"]),
        (POST + b"Content-Length: 3\r\nContent-Length: 30\r\n\r\nabc", [b"400"]),
        (POST + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x", [b"400", b"403"]),
        (POST + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n", [b"400", b"403"]),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", [b"403"]),
    ],
)  # fmt: skip
def test_what_is_no_proper_request_is_refused_at_once(server, request_bytes, statuses):
    started = time.monotonic()
    answer = send(server, request_bytes)
    assert time.monotonic() - started < QUICKLY
    assert answer == b"" or answer.split()[1] in statuses, answer[:200]
    assert b"Traceback" not in answer
    assert server.get("/healthz")[0].status == 200


def test_the_program_behind_it_is_not_named(server):
    for path in ("/", "/nothing/", "/static/img/favicon.svg", "/healthz", "/robots.txt"):
        response, _ = server.get(path)
        assert response.getheader("Server") == "csmetrics"
        assert not {"granian", "django", "python"} & set(str(response.headers).lower().replace("/", " ").split())


def test_static_files_say_what_holds_for_them_about_security(server):
    response, _ = server.get("/static/img/favicon.svg")
    for name in ("Content-Security-Policy", "X-Content-Type-Options", "Cross-Origin-Resource-Policy"):
        assert response.getheader(name)
    assert response.getheader("Access-Control-Allow-Origin") is None


def test_each_request_is_a_line_of_json(server):
    def lines():
        return [json.loads(line) for line in server.printed.splitlines() if line.startswith("{")]

    before = len(lines())
    server.get("/search/?q=private", **{"HX-Request": "true"})
    server.get("/nothing-private/")
    server.wait(lambda: len(lines()) == before + 2)
    seen = [(each["route"], each["status"], each["fragment"]) for each in lines()[before:]]
    assert seen == [("/search/", 200, True), (None, 404, False)]
    assert "private" not in server.printed
    assert "127.0.0.1" not in server.printed.replace(f"http://127.0.0.1:{server.port}/", "")


def test_debug_is_for_this_machine_only(settings):
    settings.DEBUG = True
    with pytest.raises(CommandError, match="DEBUG is on"):
        call_command("serve", "--host", "0.0.0.0")
