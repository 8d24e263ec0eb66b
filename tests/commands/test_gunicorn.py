"""The other server that the README names: any WSGI server will do, and this is one."""

import re
import shlex
import sys
from collections.abc import Iterator

import pytest
from django.conf import settings

from tests.databases import empty_database
from tests.processes import manage
from tests.servers import Server, serving


class Gunicorn(Server):
    def command(self, *arguments: str) -> list[str]:
        """As the README words it, on a port of its own."""
        line = re.search(r"gunicorn (--[^`]+)`", (settings.BASE_DIR / "README.md").read_text())[1]
        return [sys.executable, "-m", "gunicorn", "--bind", f"{self.host}:{self.port}", *shlex.split(line)]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("gunicorn")
    with empty_database() as database:
        for command in (["migrate"], ["load_content"], ["collectstatic", "--no-input"]):
            done = manage(*command, DATA_DIR=folder / "data", **database)
            assert done.returncode == 0, done.stderr
        with serving(folder / "data", folder / "output", kind=Gunicorn, **database) as running:
            running.wait_until_it_answers()
            yield running


def test_a_page_comes_and_is_not_sent_twice(server):
    page = server.page("/about/")
    response, _ = server.get("/about/")
    again, body = server.get("/about/", **{"If-None-Match": response.getheader("ETag")})
    assert "CS Metrics" in page
    assert (again.status, body) == (304, b"")


def test_a_header_that_moves_the_site_changes_no_page_for_others(server):
    """gunicorn believes SCRIPT_NAME of whoever is on this machine; asked often, so that each worker has been."""
    for _ in range(20):
        response, moved = server.get("/evil/about/", SCRIPT_NAME="/evil")
        assert response.status == 200
        assert b'"/evil/' in moved
        assert "/evil/" not in server.page("/about/")
