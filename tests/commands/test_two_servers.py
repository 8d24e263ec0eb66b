"""Two servers on one database: on PostgreSQL as two machines have it, each with a data folder of its own."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from tests.databases import empty_database, is_postgres
from tests.faults.submits import START, Form, Visitor
from tests.processes import manage
from tests.servers import Server, serving

SECRET = "the same on every machine, because limits are counted with it"
WITHIN = 3  # seconds
LOAD = "/assessment/load/"


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Server]]:
    """Started at the same moment, where nothing was before."""
    folder = tmp_path_factory.mktemp("two")
    data = [folder / ("first" if is_postgres() else "shared"), folder / ("second" if is_postgres() else "shared")]
    with (
        empty_database() as database,
        serving(data[0], folder / "1", SECRET_KEY=SECRET, **database) as first,
        serving(data[1], folder / "2", SECRET_KEY=SECRET, **database) as second,
    ):
        first.wait_until_it_answers()
        second.wait_until_it_answers()
        yield [first, second]


def test_servers_that_start_together_take_turns(servers):
    """Without them, the second one finds tables that it is about to make."""
    added = sorted("24 added" in server.printed for server in servers)
    assert added == [False, True]
    assert all("Serving at" in server.printed for server in servers)


def test_new_content_is_on_every_page_of_every_server_within_seconds(servers, tmp_path):
    """Each server has two workers, so each address is asked for several times."""
    content = Path(shutil.copytree(settings.CONTENT_DIR, tmp_path / "content"))
    file = content / "metrics/time-to-value.yaml"
    file.write_text(file.read_text().replace('name: "Time to Value"', 'name: "Time to Zebra"'))
    addresses = ["/", "/metrics/time-to-value/", "/search/?q=zebra", "/map/"]
    for server in servers:
        for address in addresses * 4:
            assert "Zebra" not in server.page(address)
    done = manage("load_content", **{**servers[0].environment, "CONTENT_DIR": content})
    assert done.returncode == 0, done.stderr
    time.sleep(WITHIN)
    for server in servers:
        for address in addresses * 4:
            assert "Zebra" in server.page(address), f"{address} at {server.data}"


def test_an_assessment_begun_at_one_server_goes_on_at_the_other(servers):
    """Each area at the server that the one before was not at, to the last question."""
    first, second = servers
    visitor = Visitor(first.host, first.port, seed=1)
    visitor.begin()
    while "/context/" not in visitor.at:
        visitor.port = first.port if visitor.count % 2 else second.port
        before = visitor.count
        visitor.answer()
        assert visitor.count == before + 1
    for server in servers:
        visitor.port = server.port
        assert visitor.lost() == []


def test_a_limit_counts_what_was_sent_to_all_servers(servers):
    """Thirty files an hour, in turn at both. None is sent, which counts like any other form."""
    visitor = Visitor(servers[0].host, servers[0].port, seed=2)
    form = Form(visitor.ask("GET", START)[1])
    statuses = []
    for turn in range(34):
        visitor.port = servers[turn % 2].port
        statuses.append(visitor.ask("POST", LOAD, form.hidden)[0])
    assert statuses == [400] * 30 + [429] * 4
