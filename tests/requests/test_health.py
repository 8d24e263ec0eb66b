"""`/healthz` and `/readyz`: asked by machines, by number and without https, and open about nothing."""

import pytest
from django.db import OperationalError
from django.test import Client, override_settings

from csmetrics import health
from directory.models import ContentVersion

from .test_security import UNDER_HTTPS, says_all

HEALTH = ["/healthz", "/readyz"]


def test_alive_asks_no_database_and_no_name():
    """No `db` here."""
    for host in ("testserver", "10.0.0.7:8000", "evil.example", "a b"):
        answer = Client(headers={"Host": host}).get("/healthz")
        assert (answer.status_code, answer.content) == (200, b"ok\n")


def test_ready_when_readers_can_be_answered(db, django_assert_num_queries):
    health.known_migrations()
    with django_assert_num_queries(3):
        answer = Client(headers={"Host": "10.0.0.7:8000"}).get("/readyz")
    assert (answer.status_code, answer.content) == (200, b"ready\n")


@pytest.fixture
def missing(monkeypatch):
    """Takes something away that the site needs."""

    def take(what):
        if what == "content":
            ContentVersion.objects.all().delete()
        elif what == "migration":
            more = health.known_migrations() | {("directory", "9999_later")}
            monkeypatch.setattr(health, "known_migrations", lambda: more)
        else:
            monkeypatch.setattr(ContentVersion, "current", _fail)

    def _fail():
        raise OperationalError("the password of ann is wrong")

    return take


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ("content", "not ready: no content is loaded"),
        ("migration", "not ready: 1 migrations are not applied"),
        ("database", "not ready: the database cannot be used: the password of ann is wrong"),
    ],
)
def test_not_ready_says_why_in_the_log_only(db, missing, caplog, what, reason):
    missing(what)
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.content) == (503, b"not ready\n")
    assert caplog.messages[0] == reason
    assert Client().get("/healthz").status_code == 200


@pytest.mark.parametrize("address", HEALTH)
def test_answers_are_never_kept_and_say_all_about_security(db, address):
    answer = Client().get(address)
    assert answer.headers["Cache-Control"] == "no-store"
    assert not answer.cookies
    says_all(answer)


@pytest.mark.parametrize("address", HEALTH)
def test_plain_http_is_good_enough(db, address):
    with override_settings(**UNDER_HTTPS):
        assert Client().get(address).status_code == 200


@pytest.mark.parametrize("address", HEALTH)
def test_they_are_only_read(address):
    answer = Client(enforce_csrf_checks=True).post(address)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("address", ["/healthz/", "/readyz/x", "/HEALTHZ"])
def test_other_addresses_are_not_meant(db, address):
    assert Client().get(address).status_code == 404
