"""`backup` and `restore`: there and back again, while the site is running."""

import re
import shutil
import sqlite3
import stat
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from django.conf import settings

from tests.databases import empty_database
from tests.processes import clean_environment, manage, manage_command
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


def copies(server: Server) -> set[Path]:
    return set((server.data / "backups").glob("*"))


@pytest.mark.parametrize("content", [b"", b"no database at all " * 500, None], ids=["empty", "text", "cut"])
def test_what_is_no_whole_copy_is_not_brought_back(server, tmp_path, content):
    copy = tmp_path / "copy"
    if content is None:
        run(server, "backup", str(copy))
        content = copy.read_bytes()[: copy.stat().st_size // 2]
    copy.write_bytes(content)
    before, kept = server.page("/"), copies(server)
    done = run(server, "restore", str(copy))
    assert done.returncode == 1
    assert done.stderr.startswith("CommandError: ")
    assert done.stderr.endswith("The database is what it was.\n")
    assert "Traceback" not in done.stderr
    assert server.page("/") == before
    assert copies(server) == kept


def test_a_database_of_something_else_is_not_brought_back(server, tmp_path):
    other, kept = tmp_path / "other", copies(server)
    with empty_database() as database:
        environment = {**server.environment, "DATA_DIR": tmp_path, "DATABASE_URL": f"sqlite:///{tmp_path}/recipes"}
        environment |= database
        made = manage("shell", "-c", RECIPES, **environment)
        assert made.returncode == 0, made.stderr
        assert manage("backup", str(other), **environment).returncode == 0
    done = run(server, "restore", str(other))
    assert done.returncode == 1
    assert done.stderr == (f"CommandError: {other} is no database of this site.\nThe database is what it was.\n")
    assert server.get("/")[0].status == 200
    assert copies(server) == kept


RECIPES = """
from django.db import connection
connection.cursor().execute("CREATE TABLE recipe (name TEXT)")
"""


def test_the_database_itself_is_no_copy(file_of_sqlite):
    before = set(file_of_sqlite.rglob("*"))
    done = manage("restore", str(file_of_sqlite / "csmetrics.sqlite3"), DATA_DIR=file_of_sqlite)
    assert done.returncode == 1
    assert "csmetrics.sqlite3 is the database itself.\nThe database is what it was.\n" in done.stderr
    assert set(file_of_sqlite.rglob("*")) - before <= {file_of_sqlite / "backups"}


def test_there_must_be_something_to_copy(tmp_path):
    """A backup of the wrong folder would be found to be one only when it is needed."""
    with empty_database() as database:
        done = manage("backup", DATA_DIR=tmp_path, **database)
    assert done.returncode == 1
    assert done.stderr.startswith("CommandError: There is nothing to copy in the database ")
    assert list((tmp_path / "backups").iterdir()) == []


# -- When it is needed: the machine is new, or the database is broken --


@pytest.fixture(scope="module")
def copy(server, tmp_path_factory):
    file = tmp_path_factory.mktemp("copies") / "copy"
    assert run(server, "backup", str(file)).returncode == 0
    return file


def shows_the_metrics(**environment):
    done = manage("shell", "--no-imports", "-c", COUNT, **environment)
    return done.stdout == "24\n"


COUNT = "from directory.models import Metric; print(Metric.objects.count())"


def test_a_copy_is_brought_to_a_machine_where_nothing_was(copy, tmp_path):
    with empty_database() as database:
        environment = {"DATA_DIR": tmp_path / "data", **database}
        done = manage("restore", str(copy), **environment)
        assert done.returncode == 0, done.stderr
        assert "There was nothing in it before." in done.stdout
        assert shows_the_metrics(**environment)
        assert list((tmp_path / "data/backups").glob("*")) == []


@pytest.fixture(scope="module")
def file_of_sqlite(tmp_path_factory):
    """A database and a copy of it, also where this run is on PostgreSQL, whose files are its own affair."""
    folder = tmp_path_factory.mktemp("sqlite")
    for command in (["migrate", "--verbosity", "0"], ["load_content"], ["backup", str(folder / "copy")]):
        done = manage(*command, DATA_DIR=folder)
        assert done.returncode == 0, done.stderr
    return folder


def damage_header(database: Path) -> None:
    with database.open("r+b") as file:
        file.write(b"\0" * 100)


def damage_pages(database: Path) -> None:
    with database.open("r+b") as file:
        for page in range(2, database.stat().st_size // 4096, 3):
            file.seek(page * 4096)
            file.write(b"\xff" * 4096)


def cut(database: Path) -> None:
    with database.open("r+b") as file:
        file.truncate(database.stat().st_size // 2)


def replace_by_text(database: Path) -> None:
    database.write_text("This is no database. " * 1000)


@pytest.mark.parametrize("damage", [damage_header, damage_pages, cut, replace_by_text])
def test_a_damaged_database_is_put_aside_and_replaced(file_of_sqlite, tmp_path, damage):
    database = Path(shutil.copy(file_of_sqlite / "csmetrics.sqlite3", tmp_path))
    damage(database)
    damaged = database.read_bytes()
    done = manage("restore", str(file_of_sqlite / "copy"), DATA_DIR=tmp_path)
    assert done.returncode == 0, done.stderr
    aside = Path(re.search(r"is damaged, and was put aside: (.+)\nRestart the service", done.stdout)[1])
    assert aside.parent == tmp_path
    assert aside.read_bytes() == damaged
    assert stat.S_IMODE(database.stat().st_mode) == 0o600
    assert shows_the_metrics(DATA_DIR=tmp_path)


@pytest.mark.parametrize("damage", [damage_header, damage_pages])
def test_the_log_of_a_damaged_database_is_put_aside_with_it(file_of_sqlite, tmp_path, damage):
    """It may hold the latest answers; and it would be taken for that of the copy."""
    database = Path(shutil.copy(file_of_sqlite / "csmetrics.sqlite3", tmp_path / "whole"))
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("INSERT INTO csmetrics_writecount VALUES ('key', 1, 1)")
        connection.commit()
        log = Path(f"{database}-wal").read_bytes()
        shutil.copy(database, tmp_path / "csmetrics.sqlite3")
    (tmp_path / "csmetrics.sqlite3-wal").write_bytes(log)
    damage(tmp_path / "csmetrics.sqlite3")
    damaged = (tmp_path / "csmetrics.sqlite3").read_bytes()
    done = manage("restore", str(file_of_sqlite / "copy"), DATA_DIR=tmp_path)
    assert done.returncode == 0, done.stderr
    aside = Path(re.search(r"put aside: (.+)", done.stdout)[1])
    assert aside.read_bytes() == damaged
    assert Path(f"{aside}-wal").read_bytes() == log
    assert len(log) > 4096, "nothing stands in it"
    assert shows_the_metrics(DATA_DIR=tmp_path)


@pytest.mark.parametrize("source", ["there is none", "text"])
def test_a_wrong_copy_leaves_a_damaged_database_where_it_is(file_of_sqlite, tmp_path, source):
    database = Path(shutil.copy(file_of_sqlite / "csmetrics.sqlite3", tmp_path))
    damage_header(database)
    (tmp_path / "text").write_text("no copy")
    done = manage("restore", str(tmp_path / source), DATA_DIR=tmp_path)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert {each.name for each in tmp_path.iterdir()} == {"csmetrics.sqlite3", "secret-key", "text"}


def test_a_damaged_database_is_not_copied_and_said_to_be_damaged(file_of_sqlite, tmp_path):
    database = Path(shutil.copy(file_of_sqlite / "csmetrics.sqlite3", tmp_path))
    damage_header(database)
    done = manage("backup", DATA_DIR=tmp_path)
    assert done.stderr == f"CommandError: The database {database} cannot be copied: file is not a database.\n"
    assert list((tmp_path / "backups").iterdir()) == []


# -- While readers write --

WRITE = """
from pathlib import Path
from django.db import Error, connection
from assessment.models import Assessment
while not Path(STOP).exists():
    try:
        print(Assessment.objects.create(maker="m" * 64, version=1).pk, flush=True)
    except Error:
        connection.close()
"""
READ = """
from assessment.models import Assessment
print(*Assessment.objects.values_list("pk", flat=True))
"""


def ids_in(**environment):
    done = manage("shell", "--no-imports", "-c", READ, **environment)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_what_is_written_during_a_restore_is_in_the_copy_or_in_the_database(server, copy, tmp_path):
    """Two programs write as fast as they can, and note what was acknowledged."""
    stop = tmp_path / "stop"
    command = manage_command("shell", "--no-imports", "-c", WRITE.replace("STOP", repr(str(stop))))
    notes = [tmp_path / "notes-1", tmp_path / "notes-2"]
    writers = []
    for each in notes:
        with each.open("w") as file:
            writers.append(
                subprocess.Popen(
                    command,
                    cwd=settings.BASE_DIR,
                    env=clean_environment(**server.environment),
                    stdout=file,
                    stderr=subprocess.STDOUT,
                )
            )
    try:
        server.wait(lambda: all(each.stat().st_size > 2000 for each in notes))
        back = run(server, "restore", str(copy))
        sizes = [each.stat().st_size for each in notes]
        server.wait(lambda: all(each.stat().st_size > size for each, size in zip(notes, sizes, strict=True)))
    finally:
        stop.touch()
        for writer in writers:
            writer.wait(timeout=30)
    assert back.returncode == 0, back.stderr
    acknowledged = {line for each in notes for line in each.read_text().split()}
    assert {len(each) for each in acknowledged} == {26}
    kept = re.search(r"What it was before: (.+)", back.stdout)[1]
    now = ids_in(**server.environment)
    with empty_database() as other:
        environment = {"DATA_DIR": tmp_path / "other", **other}
        assert manage("restore", kept, **environment).returncode == 0
        before = ids_in(**environment)
    assert acknowledged - before - now == set()
    assert acknowledged & before - now
    assert acknowledged & now - before


def test_a_place_that_cannot_be_written_is_named(server):
    done = run(server, "backup", "/proc/copy")
    assert done.stderr == "CommandError: /proc/copy cannot be written: No such file or directory.\n"


def test_the_secret_is_for_its_owner_only(server):
    file = server.data / "secret-key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(server.data.stat().st_mode) == 0o700
    assert len(file.read_text()) >= 50


@pytest.mark.parametrize("command", [["migrate", "--verbosity", "0"], ["check"]])
def test_the_database_is_for_its_owner_only_in_whatever_folder(tmp_path, command):
    tmp_path.chmod(0o755)
    assert manage(*command, DATA_DIR=tmp_path).returncode == 0
    files = [each for each in tmp_path.iterdir() if each.is_file()]
    assert {each.name for each in files} == {"csmetrics.sqlite3", "secret-key"}
    assert {stat.S_IMODE(each.stat().st_mode) for each in files} == {0o600}
