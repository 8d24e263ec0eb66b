"""How long the server waits: for its database, and with a request until it is that one's turn.

Each of these ends in the page that asks to come back in a moment, so a database that is locked, slow or silent
costs a reader seconds. Commands wait as long as it takes: a migration or a copy may.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
from django.http import HttpRequest, HttpResponse
from psycopg.abc import PQGen

from . import errors
from .log import IN_VAIN

# Seconds, each longer than the one before, so that who knows best why it takes so long says so first.
FOR_A_LOCK = 4
FOR_A_STATEMENT = 5
FOR_A_WORD = 6  # of the database: a machine that has stopped still says that it got the question
FOR_A_CONNECTION = 3
IN_LINE = 5  # until a thread is free

NETWORK = {  # seconds, but for the last one; who went without a word is noticed by the system
    "connect_timeout": FOR_A_CONNECTION,
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": FOR_A_WORD * 1000,
}
STATEMENTS = f"-c statement_timeout={FOR_A_STATEMENT * 1000} -c lock_timeout={FOR_A_LOCK * 1000}"


def limit(database: dict[str, Any]) -> None:
    """Give Django's settings of a database these limits, before the first connection. The owner's own ones win."""
    options = database.setdefault("OPTIONS", {})
    if database["ENGINE"] == "django.db.backends.sqlite3":
        options["timeout"] = FOR_A_LOCK
    elif database["ENGINE"] == "django.db.backends.postgresql":
        database["OPTIONS"] = {**NETWORK, **options}
        database["OPTIONS"]["options"] = f"{STATEMENTS} {options.get('options', '')}".strip()
        database["OPTIONS"]["pool"] = {**options["pool"], "connection_class": Connection}


class Connection(psycopg.Connection[Any]):
    """A connection to PostgreSQL that is given up when nothing comes back."""

    def wait(self, gen: PQGen[Any], interval: float = 0.1, timeout: float | None = None) -> Any:
        try:
            return super().wait(gen, interval, FOR_A_WORD if timeout is None else timeout)
        except psycopg.OperationalError:
            if timeout is None and self.pgconn.transaction_status == psycopg.pq.TransactionStatus.ACTIVE:
                self.pgconn.finish()  # nobody knows what it would say next
            raise


class Turns:
    """Turns away who waited in vain; a form only after the check of its token, because what was sent is shown."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.META.get(IN_VAIN) and request.method != "POST":
            return errors.unavailable(request)
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        return errors.unavailable(request) if request.META.get(IN_VAIN) else None
