"""Faults, each against running servers, and what they cost.

By default with few connections and submits, so that the suite stays quick. In full, with the figures at the end:
`FAULTS=full python3 manage.py test tests/faults`, and the same behind `.ci/with-postgres`.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.databases import empty_database
from tests.servers import Server, serving

FIGURES: dict[str, str] = {}


def in_full() -> bool:
    return os.environ.get("FAULTS") == "full"


@pytest.fixture
def some() -> Callable[[int, int], int]:
    """The first number by default, the second in full."""
    return lambda few, many: many if in_full() else few


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Notes what a fault did."""

    def note(words: str) -> None:
        FIGURES[request.node.name] = words

    return note


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if in_full() and FIGURES:
        terminalreporter.section("figures")
        for name, words in FIGURES.items():
            terminalreporter.write_line(f"{name.removeprefix('test_').replace('_', ' ')}: {words}")


@pytest.fixture(scope="package")
def database() -> Iterator[dict[str, str]]:
    with empty_database() as database:
        yield database


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory, database: dict[str, str]) -> Iterator[Server]:
    """A server that no test may leave broken."""
    folder: Path = tmp_path_factory.mktemp("faults")
    with serving(folder / "data", folder / "output", **database) as running:
        running.wait_until_it_answers()
        yield running
