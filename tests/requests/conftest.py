"""Fixtures for requests. A page is a pure function of its address, so each is fetched and parsed once a run."""

from collections.abc import Callable

import pytest
from django.http import HttpRequest
from django.test import Client

from csmetrics import errors

from .page import ADDRESSES, MISSING, STATES, Page


@pytest.fixture(scope="session")
def fetched() -> dict[str, Page]:
    return {}


@pytest.fixture
def get(db: None, fetched: dict[str, Page]) -> Callable[[str], Page]:
    """Gives the page at an address. Tests that change rows use `client`: what they see is not for others."""

    def fetch(path: str) -> Page:
        if path not in fetched:
            fetched[path] = Page(path, Client().get(path))
        return fetched[path]

    return fetch


@pytest.fixture
def pages(get: Callable[[str], Page]) -> list[Page]:
    """Every page of the site, and states of them that show other parts."""
    return [get(address) for address in [*ADDRESSES, *STATES]]


@pytest.fixture
def error_pages(get: Callable[[str], Page]) -> list[Page]:
    """Pages for what was not found, and the three that are made without looking at the request."""
    bad_host = Client(headers={"Host": "evil.example"}).get("/")
    no_token = Client(enforce_csrf_checks=True).post("/")
    failure = errors.server_error(HttpRequest())
    return [
        *(get(address) for address in MISSING),
        *map(Page, ("400", "403", "500"), (bad_host, no_token, failure)),
    ]
