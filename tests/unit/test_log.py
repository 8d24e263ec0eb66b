"""The log: one line of JSON a request, with nothing of the reader in it."""

import json
import logging
import time

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_started
from django.db import close_old_connections
from django.test import RequestFactory, override_settings

from csmetrics.log import ID, ROUTE, JsonFormatter, PlainFormatter, logged, write_down
from directory import views


@pytest.fixture
def lines():
    """What the loggers of the site would write, as JSON read again."""
    found = []

    class Listen(logging.Handler):
        def emit(self, record):
            text = JsonFormatter().format(record)
            assert "\n" not in text
            found.append(json.loads(text))

    listen = Listen()
    watched = [logging.getLogger(name) for name in ("csmetrics.requests", "django.request")]
    levels = [each.level for each in watched]
    for each, level in zip(watched, (logging.INFO, logging.ERROR), strict=True):
        each.addHandler(listen)
        each.setLevel(level)
    yield found
    for each, level in zip(watched, levels, strict=True):
        each.removeHandler(listen)
        each.setLevel(level)


@pytest.fixture
def ask(db):
    """Asks the application as a server does, on the connection of the test; gives status and headers."""
    request_started.disconnect(close_old_connections)

    def ask(path, method="GET", **headers):
        environ = RequestFactory(headers=headers).generic(method, path).environ
        said = {}

        def start(status, headers, *rest):
            said.update(status=int(status[:3]), headers=dict(headers))

        b"".join(logged(WSGIHandler())(environ, start))
        return said

    yield ask
    request_started.connect(close_old_connections)


def test_a_request_is_one_line(ask, lines):
    ask("/metrics/time-to-value/?stage=walk")
    (line,) = lines
    assert line.pop("time").endswith("Z")
    assert line.pop("ms") > 0
    assert line.pop("bytes") > 10_000
    assert len(line.pop("id")) == 16
    assert line == {
        "level": "info",
        "logger": "csmetrics.requests",
        "message": "request",
        "method": "GET",
        "route": "/metrics/<slug:slug>/",
        "status": 200,
        "fragment": False,
    }


def test_the_line_is_what_json_would_be(lines):
    """It is put together by hand."""
    environ = {"REQUEST_METHOD": 'A"\\é\n', ID: "a" * 16, ROUTE: 'a "route" \\ of\tmany', "HTTP_HX_REQUEST": ""}
    write_down(environ, 200, None, time.perf_counter() - 1)
    (line,) = lines
    assert list(line) == (
        ["time", "level", "logger", "message", "id", "method", "route", "status", "bytes", "ms", "fragment"]
    )
    assert 1_000 <= line["ms"] < 10_000
    assert (line["method"], line["route"], line["bytes"]) == ('A"\\é\n', environ[ROUTE], None)
    assert line["fragment"] is True


@pytest.mark.parametrize(
    ("path", "route", "status"),
    [
        ("/", "/", 200),
        ("/search/?q=x", "/search/", 200),
        ("/metrics/nothing/", "/metrics/<slug:slug>/", 404),
        ("/nothing/?a=b", None, 404),
        ("/static/no.css", "/static/", 404),
        ("/healthz", "/healthz", 200),
        ("/faq", None, 301),
    ],
)
def test_the_route_is_the_pattern_that_matched(ask, lines, path, route, status):
    ask(path)
    assert (lines[0]["route"], lines[0]["status"]) == (route, status)


def test_a_fragment_is_marked(ask, lines):
    ask("/", **{"HX-Request": "true"})
    assert lines[0]["fragment"] is True


def test_nothing_of_the_reader_is_written_down(ask, lines, monkeypatch):
    monkeypatch.setattr(views, "render", lambda *args: 1 / 0)
    headers = {
        "X-Forwarded-For": "192.0.2.77",
        "User-Agent": "Mosaic",
        "Referer": "https://from.example/",
        "Cookie": "a=crumb",
    }
    for path in ("/?stage=private", "/search/?q=private", "/private/", "/metrics/private-slug/"):
        ask(path, **headers)
    written = json.dumps(lines)
    for personal in ("private", "192.0.2.77", "127.0.0.1", "Mosaic", "from.example", "crumb", "testserver"):
        assert personal not in written


@pytest.mark.parametrize("formatter", [JsonFormatter(), PlainFormatter()])
def test_no_line_names_a_result(ask, formatter, caplog, monkeypatch):
    """Its address is its only key. Django's own lines about refusals and failures name addresses."""
    for each in ("django", "csmetrics"):
        monkeypatch.setattr(logging.getLogger(each), "propagate", True)
    for each in ("django.request", "django.security", "csmetrics.requests"):
        caplog.set_level(logging.DEBUG, each)
    secret = "a" * 26
    ask(f"/assessment/{secret}/")
    ask(f"/assessment/{secret}")
    ask(f"/assessment/{secret}/result.json", "DELETE")
    ask(f"/assessment/{secret}/name/", "POST")
    ask(f"/assessment/{secret}/no/such/thing/", **{"Referer": f"/assessment/{secret}/"})
    monkeypatch.setattr("assessment.views.render", lambda *args, **kwargs: 1 / 0)
    assert ask(f"/assessment/{secret}/")["status"] == 500
    lines = [formatter.format(each) for each in caplog.records]
    assert any("Internal Server Error: /assessment/<assessment:id>/" in each for each in lines)
    assert any("Not Found: /assessment/<assessment:id>/" in each for each in lines)
    assert not [each for each in lines if secret in each]


def test_a_failure_is_written_down_with_its_cause_and_the_id_of_the_request(ask, lines, monkeypatch):
    monkeypatch.setattr(views, "render", lambda *args: 1 / 0)
    said = ask("/search/?q=private")
    cause, request = lines
    assert (cause["level"], cause["message"], cause["route"]) == (
        "error",
        "Internal Server Error: /search/",
        "/search/",
    )
    assert "ZeroDivisionError" in cause["exception"]
    assert cause["id"] == request["id"] == said["headers"]["X-Request-ID"]


def test_other_answers_are_the_same_for_everybody(ask, lines):
    assert "X-Request-ID" not in ask("/about/")["headers"]
    assert "X-Request-ID" not in ask("/nothing/")["headers"]


@pytest.mark.parametrize(
    ("proxies", "given", "taken"),
    [
        (1, "0123456789abcdef", True),
        (0, "0123456789abcdef", False),
        (1, "x\n", False),
        (1, "é" * 20, False),
        (1, "<" * 20, False),
    ],
)
def test_the_id_of_a_trusted_proxy_is_taken_over(ask, lines, proxies, given, taken):
    with override_settings(TRUSTED_PROXIES=proxies):
        ask("/healthz", **{"X-Request-ID": given})
    assert (lines[0]["id"] == given) is taken


def test_an_answer_that_never_reaches_django_is_written_down_too(lines):
    def cached(environ, start_response):
        environ[ROUTE] = "/"
        start_response("200 OK", [("Content-Length", "2")])
        return [b"ok"]

    environ = {"REQUEST_METHOD": "X" * 5000}
    assert logged(cached)(environ, lambda *args: None) == [b"ok"]
    assert (lines[0]["route"], lines[0]["bytes"], lines[0]["method"]) == ("/", 2, "X" * 10)
    assert lines[0]["id"] == environ[ID]


def test_an_event_is_a_line_as_well():
    record = logging.LogRecord("csmetrics.health", logging.WARNING, "", 0, "not ready: %s", ("two\nlines",), None)
    assert json.loads(JsonFormatter().format(record))["message"] == "not ready: two\nlines"
