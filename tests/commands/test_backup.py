"""`backup` and `restore`: there and back again, while the site is running."""

import re
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import empty_database, is_postgres
from tests.processes import manage
from tests.servers import Server, serving


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("backup")
    with empty_database() as database, serving(folder / "data", folder / "output", **database) as running:
        running.wait_until_it_answers()
        yield running


@pytest.fixture
def changed(content_copy: Path) -> Path:
    """Content that differs from the shipped."""
    file = content_copy / "metrics/time-to-value.yaml"
    file.write_text(file.read_text().replace('name: "Time to Value"', 'name: "Time to Zebra"'))
    return content_copy


def run(server: Server, *arguments: str, **environment: object):
    return manage(*arguments, **{**server.environment, **environment})


def test_there_and_back_again_under_a_running_server(server, tmp_path, changed):
    copy = tmp_path / "copy"
    saved = run(server, "backup", str(copy))
    assert re.fullmatch(rf"{copy}: [\d,]+ bytes, checked\n", saved.stdout), saved.stderr
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    before = server.page("/")

    assert run(server, "load_content", CONTENT_DIR=changed).returncode == 0
    server.wait(lambda: "Time to Zebra" in server.page("/"))

    back = run(server, "restore", str(copy))
    assert back.returncode == 0, back.stderr
    server.wait(lambda: all(server.page("/") == before for _ in range(6)))  # each of the workers
    for _ in range(4):
        assert "Zebra" not in server.page("/search/?q=zebra")
    assert server.get("/readyz")[0].status == 200

    kept = Path(re.search(r"What it was before: (.+)", back.stdout)[1])
    assert kept.parent == server.data / "backups"
    assert run(server, "restore", str(kept)).returncode == 0
    server.wait(lambda: "Time to Zebra" in server.page("/"))
    assert run(server, "load_content").returncode == 0
    server.wait(lambda: all(server.page("/") == before for _ in range(6)))


def test_without_a_name_the_copy_is_named_by_the_time(server):
    saved = run(server, "backup")
    file = Path(saved.stdout.partition(":")[0])
    assert re.fullmatch(r"\d{4}-\d\d-\d\d-\d{6}\.(sqlite3|dump)", file.name)
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_nothing_is_written_over(server, tmp_path):
    (tmp_path / "notes").write_text("mine")
    done = run(server, "backup", str(tmp_path / "notes"))
    assert done.stderr == f"CommandError: {tmp_path / 'notes'} is there already; nothing is written over.\n"
    assert (tmp_path / "notes").read_text() == "mine"


@pytest.mark.parametrize("content", [b"", b"no database at all " * 500, None], ids=["empty", "text", "cut"])
def test_what_is_no_whole_copy_is_not_brought_back(server, tmp_path, content):
    copy = tmp_path / "copy"
    if content is None:
        run(server, "backup", str(copy))
        content = copy.read_bytes()[: copy.stat().st_size // 2]
    copy.write_bytes(content)
    before = server.page("/")
    done = run(server, "restore", str(copy))
    assert done.returncode == 1
    assert done.stderr.startswith("CommandError: ")
    assert done.stderr.endswith("The database is what it was.\n")
    assert "Traceback" not in done.stderr
    assert server.page("/") == before


def test_a_database_of_something_else_is_not_brought_back(server, tmp_path):
    """On PostgreSQL any dump may be told apart only by what is in it; there it is the file that is not there."""
    other = tmp_path / "other.sqlite3"
    if not is_postgres():
        with sqlite3.connect(other) as connection:
            connection.execute("CREATE TABLE recipe (name TEXT)")
    done = run(server, "restore", str(other))
    assert done.returncode == 1
    assert "no database of this site" in done.stderr or "There is no file" in done.stderr
    assert server.get("/")[0].status == 200


def test_a_place_that_cannot_be_written_is_named(server):
    done = run(server, "backup", "/proc/copy")
    assert done.stderr == "CommandError: /proc/copy cannot be written: No such file or directory.\n"


def test_the_secret_is_for_its_owner_only(server):
    file = server.data / "secret-key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(server.data.stat().st_mode) == 0o700
    assert len(file.read_text()) >= 50
