"""The gate between Granian and the application: a request goes in when all of it is there.

A WSGI server of Granian hands over a request before its body, and the one thread of a worker then waits for what a
slow client sends: two of them are enough to stop a site with two workers. So this speaks Granian's own protocol,
where many bodies can be waited for at once and not for long, and calls the WSGI application when all is there.

What is in memory is answered at once. The rest, which may have to wait for the database, has threads of its own,
and files have one, so that a database that is stuck holds up nobody who does not need it. A request that waits for
its turn too long is told so, and the line moves on.
"""

from __future__ import annotations

import asyncio
import io
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any

from django.conf import settings
from granian.rsgi import Scope

from . import wsgi  # noqa: F401  (sets Django up, which the others need)
from .health import ALIVE
from .log import IN_VAIN, LATE, logged, write_down
from .patience import IN_LINE
from .wsgi import application, django_application, public_pages

PATIENCE = 10.0  # seconds for a body to arrive
# More would not be quicker, for Python runs one at a time; two, so that one that waits for a lock stops no other.
PAGES = ThreadPoolExecutor(2, "pages")
FILES = ThreadPoolExecutor(1, "files")

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
Said = tuple[int, list[tuple[str, str]]]


async def app(scope: Scope, protocol: Any) -> None:
    """Answer a request; Granian calls this one.

    What is in memory is answered at once, which takes no loop; the rest goes on in the loop (`csmetrics.eager`).
    """
    environ = environ_of(scope)
    page = public_pages.find(environ)
    if page is not None:
        started = time.perf_counter()
        status, headers, body = page.chosen(environ)
        protocol.response_bytes(status, headers, body)
        write_down(environ, status, len(body) or None, started)
        return
    await asyncio.sleep(0)
    if "HTTP_TRANSFER_ENCODING" in environ or environ["CONTENT_LENGTH"] not in ("", "0"):
        await _take_body(environ, protocol)
    if environ["PATH_INFO"] == ALIVE:
        (status, headers), body = answer(logged(django_application), environ)
        protocol.response_bytes(status, headers, body)
        return
    line = FILES if environ["PATH_INFO"].startswith(settings.STATIC_URL) else PAGES
    await asyncio.get_running_loop().run_in_executor(line, _in_turn, environ, protocol, time.monotonic())


def _in_turn(environ: Environ, protocol: Any, since: float) -> None:
    """Answer by the application, which is told where the request has been waiting for too long."""
    if time.monotonic() - since > IN_LINE:
        environ[IN_VAIN] = True
    (status, headers), body = answer(application, environ)
    protocol.response_bytes(status, headers, body)


def environ_of(scope: Scope) -> Environ:
    """The request as WSGI has it, without its body."""
    server, _, port = scope.server.rpartition(":")
    environ: Environ = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path if (path := scope.path).isascii() else path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "CONTENT_TYPE": "",
        "CONTENT_LENGTH": "",
        "SERVER_NAME": server,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope.headers.items():
        key = _key(name)
        if key is None:
            continue
        if environ.get(key):
            environ[key] += ("; " if key == "HTTP_COOKIE" else ",") + value
        else:
            environ[key] = value
    return environ


@lru_cache(maxsize=200)
def _key(name: str) -> str | None:
    """Of a header in the environment. With a low line it would pass for one with a hyphen that a proxy has set."""
    if "_" in name:
        return None
    key = name.upper().replace("-", "_")
    return key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"


async def _take_body(environ: Environ, protocol: Any) -> None:
    """Wait for the body, unless it is too long or too late; then the application is told and refuses it."""
    length = environ["CONTENT_LENGTH"]
    if length.isdecimal() and int(length) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        return
    body = bytearray()
    try:
        async with asyncio.timeout(PATIENCE):
            async for part in protocol:
                body += part
                if len(body) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
                    break
    except TimeoutError:
        environ[LATE] = True
    except Exception:  # the client left, or what it sent makes no sense; nobody is there to be told
        environ[LATE] = True
    environ["CONTENT_LENGTH"] = str(len(body))
    environ["wsgi.input"] = io.BytesIO(bytes(body))


def answer(called: Application, environ: Environ) -> tuple[Said, bytes]:
    """Status and headers, and the whole body."""
    said: list[Said] = []

    def start_response(status: str, headers: list[tuple[str, str]], *rest: Any) -> None:
        said.append((int(status[:3]), headers))

    parts = called(environ, start_response)
    try:
        body = b"".join(parts)
    finally:
        getattr(parts, "close", lambda: None)()
    return said[-1], body
