"""Two addresses for those who watch over the site: `/healthz` (it runs) and `/readyz` (it can answer readers).

They are asked by number, not by name, and in plain HTTP from inside, so they come before the checks of both.
Strangers may ask too and learn no more than yes or no; the reason is in the log.
"""

import logging
from collections.abc import Callable
from functools import cache

from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

from directory.models import ContentVersion

from .log import ROUTE

Next = Callable[[HttpRequest], HttpResponse]
log = logging.getLogger(__name__)
ALIVE, READY = "/healthz", "/readyz"


def health(get_response: Next) -> Next:
    """Middleware that answers both."""
    answers = {ALIVE: _alive, READY: _ready}

    def middleware(request: HttpRequest) -> HttpResponse:
        answer = answers.get(request.path_info)
        if answer is None:
            return get_response(request)
        request.META[ROUTE] = request.path_info
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        return answer()

    return middleware


def _alive() -> HttpResponse:
    return _plain("ok", 200)


def _ready() -> HttpResponse:
    problem = what_is_missing()
    if problem:
        log.warning("not ready: %s", problem)
        return _plain("not ready", 503)
    return _plain("ready", 200)


def what_is_missing() -> str:
    """Why readers cannot be answered; empty when they can."""
    try:
        pending = known_migrations() - set(MigrationRecorder(connection).applied_migrations())
        if pending:
            return f"{len(pending)} migrations are not applied"
        return "" if ContentVersion.current() else "no content is loaded"
    except DatabaseError as error:
        return f"the database cannot be used: {str(error).strip()}"


@cache
def known_migrations() -> frozenset[tuple[str, str]]:
    """The migrations of this code, by app and name."""
    return frozenset(MigrationLoader(None).disk_migrations or {})


def _plain(text: str, status: int) -> HttpResponse:
    headers = {"Cache-Control": "no-store"}
    return HttpResponse(text + "\n", status=status, content_type="text/plain; charset=utf-8", headers=headers)
