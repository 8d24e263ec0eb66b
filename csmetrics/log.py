"""What the site writes about its own running: one line of JSON for each request and each event.

Nothing about readers: no address, no path or query string as it was asked for, only the pattern it matched, no
header, no answer. The wrapper stands around everything, so that answers that never reach Django (from a cache)
are written down too; whoever gives such an answer puts the pattern into the environment under `ROUTE`.
"""

from __future__ import annotations

import json
import logging
import random
import re
import time
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
Next = Callable[[HttpRequest], HttpResponse]

# Keys in the environment of a request: the pattern it matched, its id, that its body did not arrive in time, and
# that its turn came too late.
ROUTE, ID, LATE, IN_VAIN = "csmetrics.route", "csmetrics.request_id", "csmetrics.late", "csmetrics.in_vain"
requests = logging.getLogger("csmetrics.requests")


def logged(application: Application) -> Application:
    """The application, with an id for each request and a line about it."""

    def wrapper(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        started = time.perf_counter()
        status, length = 0, None

        def start(said: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            nonlocal status, length
            status = int(said[:3])
            length = next((int(value) for name, value in headers if name.lower() == "content-length"), None)
            if status >= 500:  # for a reader who reports it; other answers are the same for everybody
                headers = [*headers, ("X-Request-ID", environ[ID])]
            return start_response(said, headers, *rest)

        environ[ID] = _request_id(environ)
        answer = application(environ, start)
        write_down(environ, status, length, started)
        return answer

    return wrapper


def write_down(environ: dict[str, Any], status: int, length: int | None, started: float) -> None:
    """Write the line about a request: `length` is that of its answer in bytes, `started` is by `perf_counter`."""
    if not requests.isEnabledFor(logging.INFO):
        return
    # As `requests.info` and `json.dumps` would make it, for a third of their time: that is half of a kept page's.
    record = logging.LogRecord(requests.name, logging.INFO, __file__, 0, "request", None, None)
    record.line = (
        f'{{"time": "{_time(record)}", "level": "info", "logger": "{requests.name}", "message": "request", '
        f'"id": "{environ.get(ID) or _request_id(environ)}", "method": {_word(environ["REQUEST_METHOD"][:10])}, '
        f'"route": {_word(environ.get(ROUTE))}, "status": {status}, '
        f'"bytes": {"null" if length is None else length}, '
        f'"ms": {(time.perf_counter() - started) * 1000:.1f}, '
        f'"fragment": {"true" if "HTTP_HX_REQUEST" in environ else "false"}}}'
    )
    requests.handle(record)


def _request_id(environ: dict[str, Any]) -> str:
    """The one that a trusted proxy gave, so that its log and this one can be laid side by side, or a new one."""
    given = environ.get("HTTP_X_REQUEST_ID", "") if settings.TRUSTED_PROXIES else ""
    return given if given and re.fullmatch(r"[A-Za-z0-9-]{8,64}", given) else f"{random.getrandbits(64):016x}"


class NoteRoute:
    """Middleware that leaves the pattern that an address matched for the line about the request."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(settings.STATIC_URL):
            request.META[ROUTE] = settings.STATIC_URL
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        if request.resolver_match:
            request.META[ROUTE] = f"/{request.resolver_match.route}"


def message_of(record: logging.LogRecord) -> str:
    """Its text, with the pattern where Django names the path of a request: it may be the only key to a result."""
    request = getattr(record, "request", None)
    if request is None or not isinstance(record.args, tuple):
        return record.getMessage()
    route = request.META.get(ROUTE) or "an unknown address"
    return str(record.msg) % tuple(route if each == request.path else each for each in record.args)


class PlainFormatter(logging.Formatter):
    """A record for a person at a terminal."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = message_of(record)
        return super().formatMessage(record)


class JsonFormatter(logging.Formatter):
    """A record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        if hasattr(record, "line"):
            return str(record.line)
        line: dict[str, Any] = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": message_of(record),
        }
        meta = getattr(getattr(record, "request", None), "META", None)
        if meta is not None:
            line |= {"id": meta.get(ID), "route": meta.get(ROUTE)}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


@lru_cache(maxsize=200)
def _word(text: str | None) -> str:
    """In JSON. There are few methods and routes."""
    return json.dumps(text)


def _time(record: logging.LogRecord) -> str:
    return f"{_second(int(record.created))}.{int(record.msecs):03}Z"


@lru_cache(maxsize=2)
def _second(since_1970: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(since_1970))
