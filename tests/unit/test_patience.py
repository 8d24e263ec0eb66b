"""How long the server waits for its database: its own limits, and that those of the owner win."""

import socket
import time

import psycopg
import pytest

from csmetrics import patience


def limited(engine, **options):
    database = {"ENGINE": f"django.db.backends.{engine}", "OPTIONS": options}
    patience.limit(database)
    return database["OPTIONS"]


def test_each_wait_ends_before_the_next_one_would_have_to():
    """nginx waits for fifteen seconds, the rest is for a machine that is busy."""
    assert patience.FOR_A_LOCK < patience.FOR_A_STATEMENT < patience.FOR_A_WORD
    assert patience.IN_LINE + patience.FOR_A_WORD < 15


def test_sqlite_waits_for_a_lock_less_long_and_keeps_its_other_options():
    assert limited("sqlite3", timeout=60, transaction_mode="IMMEDIATE") == {
        "timeout": 4,
        "transaction_mode": "IMMEDIATE",
    }


def test_postgresql_is_told_how_long_a_statement_may_take():
    options = limited("postgresql", pool={"min_size": 1})
    assert options["options"] == "-c statement_timeout=5000 -c lock_timeout=4000"
    assert options["connect_timeout"] == 3
    assert options["tcp_user_timeout"] == 6000
    assert options["pool"] == {"min_size": 1, "connection_class": patience.Connection}


def test_what_the_address_of_the_database_says_wins():
    own = {"connect_timeout": "9", "sslmode": "require", "options": "-c statement_timeout=1"}
    options = limited("postgresql", pool={}, **own)
    assert (options["connect_timeout"], options["sslmode"]) == ("9", "require")
    assert options["options"].endswith(" -c statement_timeout=1"), "of two, PostgreSQL takes the last"


def test_a_database_that_says_nothing_more_is_given_up(monkeypatch):
    """The connection is of no use any more: its answer may come later, to another question."""
    monkeypatch.setattr(patience, "FOR_A_WORD", 0.3)
    near, far = socket.socketpair()
    with near, far:
        asked = Asked(near)
        started = time.monotonic()
        with pytest.raises(psycopg.OperationalError):
            patience.Connection(asked).wait(waiting())
        assert 0.2 < time.monotonic() - started < 3
    assert asked.status == psycopg.pq.ConnStatus.BAD


class Asked:
    """A connection of libpq with a question under way."""

    transaction_status = psycopg.pq.TransactionStatus.ACTIVE
    notice_handler = notify_handler = None

    def __init__(self, near):
        self.socket, self.status = near.fileno(), psycopg.pq.ConnStatus.OK

    def finish(self):
        self.status = psycopg.pq.ConnStatus.BAD


def waiting():
    while True:
        yield psycopg.waiting.WAIT_R
