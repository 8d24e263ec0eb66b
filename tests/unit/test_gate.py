"""The gate: a request goes in as WSGI has it, when all of it is there, and never with what another one sent."""

import asyncio
import json
import threading
from types import SimpleNamespace

import pytest
from django.conf import settings

from csmetrics import gate
from csmetrics.log import IN_VAIN, LATE
from csmetrics.pagecache import Page

LARGEST = settings.DATA_UPLOAD_MAX_MEMORY_SIZE


def scope(*headers, **values):
    defaults = {
        "method": "GET",
        "path": "/",
        "query_string": "",
        "server": "127.0.0.1:8000",
        "client": "192.0.2.1:4321",
        "scheme": "http",
        "http_version": "1.1",
        "headers": SimpleNamespace(items=lambda: [("host", "localhost"), *headers]),
    }
    return SimpleNamespace(**{**defaults, **values})


class Protocol:
    """Gives the parts of a body, each after so many seconds, and keeps the answer."""

    def __init__(self, *parts, wait=0.0, error=None):
        self.parts, self.wait, self.error = parts, wait, error

    async def __aiter__(self):
        for part in self.parts:
            await asyncio.sleep(self.wait)
            yield part
        if self.error:
            raise self.error

    def response_bytes(self, status, headers, body):
        self.status, self.headers, self.body = status, dict(headers), body


@pytest.fixture
def asked(monkeypatch):
    """Sends a request through the gate to an application that tells what it got."""
    got = []

    def application(environ, start_response):
        got.append({**environ, "body": environ["wsgi.input"].read()})
        start_response("200 OK", [("X-A", "b")])
        return [b"o", b"k"]

    def ask(protocol, *headers, **values):
        monkeypatch.setattr(gate, "application", application)
        asyncio.run(gate.app(scope(*headers, **values), protocol))
        assert (protocol.status, protocol.headers, protocol.body) == (200, {"X-A": "b"}, b"ok")
        return got[-1]

    return ask


def test_a_request_looks_as_it_does_to_any_application(asked):
    environ = asked(
        Protocol(),
        ("cookie", "a=1"),
        ("cookie", "b=2"),
        ("accept", "x"),
        ("accept", "y"),
        path="/metrics/é/",
        query_string="q=%C3%A9",
        scheme="https",
        client="[2001:db8::1]:99",
    )
    expected = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/metrics/Ã©/",
        "QUERY_STRING": "q=%C3%A9",
        "HTTP_HOST": "localhost",
        "HTTP_COOKIE": "a=1; b=2",
        "HTTP_ACCEPT": "x,y",
        "REMOTE_ADDR": "2001:db8::1",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": "https",
    }
    assert {key: environ[key] for key in expected} == expected
    assert "PATH" not in environ, "the environment of the process is nobody's business"


def test_a_header_with_an_underscore_does_not_pass_for_another(asked):
    assert "HTTP_X_FORWARDED_PROTO" not in asked(Protocol(), ("x_forwarded_proto", "https"))


def test_a_body_is_there_whole(asked):
    environ = asked(Protocol(b"a=", b"b"), ("content-length", "3"), ("content-type", "x/y"), method="POST")
    assert (environ["body"], environ["CONTENT_LENGTH"], environ["CONTENT_TYPE"]) == (b"a=b", "3", "x/y")


def test_a_body_without_a_length_gets_one(asked):
    environ = asked(Protocol(b"a=", b"b"), ("transfer-encoding", "chunked"), method="POST")
    assert (environ["body"], environ["CONTENT_LENGTH"]) == (b"a=b", "3")


def test_a_body_that_says_it_is_too_long_is_not_read(asked):
    environ = asked(Protocol(error=AssertionError("it was read")), ("content-length", str(LARGEST + 1)))
    assert (environ["body"], environ["CONTENT_LENGTH"]) == (b"", str(LARGEST + 1))
    assert LATE not in environ


def test_a_body_that_turns_out_too_long_is_read_no_further(asked):
    endless = Protocol(*[b"x" * LARGEST] * 2, error=AssertionError("it was read to its end"))
    environ = asked(endless, ("transfer-encoding", "chunked"), method="POST")
    assert int(environ["CONTENT_LENGTH"]) > LARGEST


@pytest.mark.parametrize("protocol", [Protocol(b"a", b"b", wait=0.3), Protocol(b"a", error=ConnectionError())])
def test_a_body_that_does_not_arrive_is_marked(asked, monkeypatch, protocol):
    monkeypatch.setattr(gate, "PATIENCE", 0.4)
    assert asked(protocol, ("content-length", "9"), method="POST")[LATE] is True


def test_many_slow_bodies_are_waited_for_at_once(asked, monkeypatch):
    monkeypatch.setattr(gate, "PATIENCE", 0.4)
    order = []

    async def everything():
        async def one(name, protocol, *headers):
            await gate.app(scope(*headers, method="POST"), protocol)
            order.append(name)

        slow = [one("slow", Protocol(b"a", wait=9), ("content-length", "9")) for _ in range(50)]
        await asyncio.gather(*slow, one("quick", Protocol(b"a=b"), ("content-length", "3")))

    asked(Protocol())
    asyncio.run(everything())
    assert order == ["quick", *["slow"] * 50]


KEPT = Page([], b"kept", "/")


def test_a_kept_page_is_answered_without_a_loop(monkeypatch, caplog):
    """So the thread that brings a request can answer it."""
    monkeypatch.setattr(gate.public_pages, "find", lambda environ: KEPT)
    caplog.set_level("INFO", "csmetrics.requests")
    tag = KEPT.form("identity").tag
    for headers, status, body in (([], 200, b"kept"), ([("if-none-match", tag)], 304, b"")):
        protocol = Protocol()
        with pytest.raises(StopIteration):
            gate.app(scope(*headers), protocol).send(None)
        assert (protocol.status, protocol.headers["ETag"], protocol.body) == (status, tag, body)
        line = json.loads(caplog.records[-1].line)
        assert (line["route"], line["status"], line["bytes"]) == ("/", status, len(body) or None)


def test_what_needs_no_database_does_not_wait_for_those_who_do(monkeypatch):
    """Both threads are busy, and somebody stands in line."""
    stuck, order = threading.Event(), []

    def application(environ, start_response):
        assert environ["PATH_INFO"] == "/static/x.css" or stuck.wait(10)
        start_response("200 OK", [])
        return [b"made"]

    async def ask(path):
        protocol = Protocol()
        await gate.app(scope(path=path), protocol)
        order.append((path, protocol.body))

    async def everything():
        waiting = [asyncio.create_task(ask("/map/")) for _ in range(3)]
        await asyncio.sleep(0.1)
        for path in ("/", "/healthz", "/static/x.css"):
            await ask(path)
        stuck.set()
        await asyncio.gather(*waiting)

    monkeypatch.setattr(gate, "application", application)
    monkeypatch.setattr(gate.public_pages, "find", lambda environ: KEPT if environ["PATH_INFO"] == "/" else None)
    asyncio.run(everything())
    quick = [("/", b"kept"), ("/healthz", b"ok\n"), ("/static/x.css", b"made")]
    assert order == [*quick, *[("/map/", b"made")] * 3]


def test_a_request_whose_turn_comes_too_late_is_marked(asked, monkeypatch):
    assert IN_VAIN not in asked(Protocol())
    monkeypatch.setattr(gate, "IN_LINE", -1)
    assert asked(Protocol())[IN_VAIN] is True


def test_the_answer_is_closed_also_where_it_breaks():
    class Parts:
        closed = False

        def __iter__(self):
            raise RuntimeError

        def close(self):
            self.closed = True

    parts = Parts()
    with pytest.raises(RuntimeError):
        gate.answer(lambda environ, start_response: parts, {})
    assert parts.closed
