"""A database that is locked, gone, full or read-only: readers are answered or told, and nothing is half done."""

import os
import re
import resource
import shutil
import socket
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psycopg
import pytest
from django.conf import settings

from tests.databases import empty_database, is_postgres
from tests.processes import clean_environment, manage, manage_command
from tests.servers import Server, serving

from .load import reading
from .submits import START, Form, Visitor

LOCKED = 3  # seconds
WHEN_GONE = 8  # seconds; two are waited for a connection, the rest is the machine's
PROMPT = 2  # seconds, for an answer that needs no database; mostly they are milliseconds
TOLD_BY = 13  # seconds: five in line, six for a database that says nothing, the rest is the machine's
KEPT = 1.2  # seconds for which SQLite's file stays open, whatever becomes of it


@pytest.fixture
def changed(content_copy: Path) -> Path:
    """Content that differs from the shipped, in one metric."""
    file = content_copy / "metrics/time-to-value.yaml"
    file.write_text(file.read_text().replace('name: "Time to Value"', 'name: "Time to Zebra"'))
    return content_copy


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Server]:
    """A server on a database that a test may damage."""
    with empty_database() as database, serving(tmp_path / "data", tmp_path / "output", **database) as running:
        running.wait_until_it_answers()
        yield running


def load(server: Server, content: Path, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        manage_command("load_content", str(content)),
        cwd=settings.BASE_DIR,
        env=clean_environment(**server.environment),
        capture_output=True,
        text=True,
        timeout=60,
        **options,
    )


# -- Locked --


@contextmanager
def locked(server: Server) -> Iterator[None]:
    """Nobody else can write."""
    if is_postgres():
        with psycopg.connect(server.environment["DATABASE_URL"]) as connection:
            connection.execute("LOCK TABLE directory_metric, directory_contentversion IN EXCLUSIVE MODE")
            yield
    else:
        with closing(sqlite3.connect(server.data / "csmetrics.sqlite3", isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield


def test_readers_do_not_notice_a_lock_and_writers_wait_for_it(own, changed, figure):
    done = []
    with reading(own.connect, "/metrics/time-to-value/", 2, pause=0.05) as readers:
        with locked(own):
            started = time.monotonic()
            writer = threading.Thread(target=lambda: done.append(load(own, changed)))
            writer.start()
            time.sleep(LOCKED)
            assert not done, "it was written in spite of the lock"
        writer.join()
        took = time.monotonic() - started
    figure(f"{dict(readers.outcomes)}, slowest {readers.slowest * 1000:.0f} ms; the writer took {took:.1f} s")
    assert set(readers.outcomes) == {"200"}
    assert done[0].returncode == 0, done[0].stderr
    assert "Time to Zebra" in own.page("/")


# -- Gone and back --


class Wire:
    """A connection to PostgreSQL that can be cut: it listens on a port and passes everything on.

    While `passes_on` is not set, it takes everything and nothing comes back, as from a process that was stopped.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.target = unquote(parts.hostname or "")
        if parts.query or not self.target:
            raise AssertionError(f"no host in {url}")
        # A path of a socket folder loses its case in `hostname`.
        self.target = unquote(parts.netloc.rpartition("@")[2].partition(":")[0])
        self.port_of_target = parts.port or 5432
        self.open: list[socket.socket] = []
        self.passes_on = threading.Event()
        self.passes_on.set()
        self.listener: socket.socket | None = None
        self.mend()
        assert self.listener is not None
        self.port = self.listener.getsockname()[1]
        self.url = parts._replace(netloc=f"{parts.username}@127.0.0.1:{self.port}").geturl()

    def mend(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", getattr(self, "port", 0)))
        threading.Thread(target=self._listen, args=[self.listener], daemon=True).start()

    def cut(self) -> None:
        assert self.listener is not None
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for each in self.open:
            with_nobody_left(each)
        self.open.clear()

    def _listen(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            if self.target.startswith("/"):
                far = socket.socket(socket.AF_UNIX)
                far.connect(f"{self.target}/.s.PGSQL.{self.port_of_target}")
            else:
                far = socket.create_connection((self.target, self.port_of_target))
            self.open += [near, far]
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._pass_on, args=[source, sink], daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                self.passes_on.wait()
                sink.sendall(data)
        with_nobody_left(source)
        with_nobody_left(sink)


def with_nobody_left(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()


@contextmanager
def removable(tmp_path: Path) -> Iterator[tuple[Server, Callable[[], None], Callable[[], None]]]:
    """A server, and how to take its database away and give it back."""
    with empty_database() as database:
        wire = Wire(database["DATABASE_URL"]) if is_postgres() else None
        environment = {"DATABASE_URL": wire.url} if wire else database
        # One worker, because each has a memory of its own.
        with serving(tmp_path / "data", tmp_path / "output", "--workers", "1", **environment) as server:
            server.wait_until_it_answers()
            if wire:
                yield server, wire.cut, wire.mend
                wire.cut()
            else:
                aside = tmp_path / "aside"

                def take() -> None:
                    aside.mkdir()
                    for each in server.data.glob("csmetrics.sqlite3*"):
                        each.rename(aside / each.name)
                    time.sleep(KEPT)

                def give() -> None:
                    for each in server.data.glob("csmetrics.sqlite3*"):
                        each.unlink()
                    for each in aside.iterdir():
                        each.rename(server.data / each.name)

                yield server, take, give


def test_without_a_database_readers_are_told_and_with_it_all_is_well_again(tmp_path, figure):
    with removable(tmp_path) as (server, take, give):
        before = server.page("/about/")
        take()
        assert server.page("/about/") == before, "what was read before is still in memory"
        started = time.monotonic()
        response, body = server.get("/faq/")
        told = time.monotonic() - started
        assert response.status == 503
        assert response.getheader("Retry-After") == "5"
        assert b"Back in a moment" in body
        assert told < WHEN_GONE
        assert server.get("/healthz")[0].status == 200
        assert server.get("/readyz")[0].status == 503
        assert server.get("/nothing/")[0].status == 503
        give()
        started = time.monotonic()
        server.wait(lambda: all(server.get("/readyz")[0].status == 200 for _ in range(6)))
        back = time.monotonic() - started
        assert server.page("/about/") == before
        assert server.get("/faq/")[0].status == 200
    figure(f"told after {told:.1f} s, back after {back:.1f} s")


# -- There, but stuck --


@contextmanager
def all_assessments_locked(tmp_path: Path) -> Iterator[tuple[Server, AbstractContextManager[None]]]:
    """On PostgreSQL nobody can read them either."""

    @contextmanager
    def stuck() -> Iterator[None]:
        if is_postgres():
            with psycopg.connect(server.environment["DATABASE_URL"]) as connection:
                connection.execute("LOCK TABLE assessment_assessment")
                yield
        else:
            with locked(server):
                yield

    with empty_database() as database, serving(*folders(tmp_path), "--workers", "1", **database) as server:
        yield server, stuck()


@contextmanager
def silent(tmp_path: Path) -> Iterator[tuple[Server, AbstractContextManager[None]]]:
    """PostgreSQL takes every question and answers none."""

    @contextmanager
    def stuck() -> Iterator[None]:
        wire.passes_on.clear()
        yield
        wire.passes_on.set()

    with empty_database() as database:
        wire = Wire(database["DATABASE_URL"])
        with serving(*folders(tmp_path), "--workers", "1", DATABASE_URL=wire.url) as server:
            yield server, stuck()
        wire.cut()


def folders(tmp_path: Path) -> tuple[Path, Path]:
    return tmp_path / "data", tmp_path / "output"


@pytest.mark.parametrize("kind", [all_assessments_locked, silent] if is_postgres() else [all_assessments_locked])
def test_a_stuck_database_holds_up_nobody_who_does_not_need_it_and_others_for_seconds(tmp_path, kind, figure):
    """More visitors than the worker has threads for the database; it is stuck until all of them have been told."""
    with kind(tmp_path) as (server, stuck):
        server.wait_until_it_answers()
        visitors = [answering(server, 2, seed) for seed in range(6)]
        forms = [Form(each.ask("GET", each.at)[1]) for each in visitors]
        server.page("/about/")
        style = re.search(r'<link rel="stylesheet" href="([^"]+)"', server.page("/"))[1]
        with (
            reading(server.connect, "/about/", 1, pause=0.05) as kept,
            reading(server.connect, "/healthz", 1, pause=0.05) as health,
            reading(server.connect, style, 1, pause=0.05) as styles,
            stuck,
            ThreadPoolExecutor(len(visitors)) as all_at_once,
        ):
            times = list(all_at_once.map(is_told_and_shown_what_was_sent, visitors, forms))
        unaffected = (kept, health, styles)
        slowest = max(each.slowest for each in unaffected)
        figure(f"told after {min(times):.1f} to {max(times):.1f} s, others answered in {slowest * 1000:.0f} ms")
        assert {outcome for each in unaffected for outcome in each.outcomes} == {"200"}
        assert slowest < PROMPT
        assert max(times) < TOLD_BY
        server.wait(lambda: server.get("/readyz")[0].status == 200)
        for each in visitors:
            each.answer()
            assert each.count == 3
            assert each.lost() == []


def is_told_and_shown_what_was_sent(visitor: Visitor, form: Form) -> float:
    """Gives the seconds until then."""
    answers = {name: values[-1] for name, values in form.choices.items()}
    started = time.monotonic()
    status, page, _ = visitor.ask("POST", visitor.at, {**form.hidden, **answers})
    took = time.monotonic() - started
    assert (status, "Back in a moment" in page) == (503, True), f"{status}: {page[:300]}"
    again = Form(page)
    assert again.action == visitor.at
    assert again.hidden.items() >= answers.items()
    return took


# -- Full --


def no_file_grows_beyond(size: int) -> Callable[[], None]:
    """What a full disk is to one process."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def test_on_a_full_disk_nothing_is_loaded_by_half(own, changed):
    """On PostgreSQL the disk is the other machine's; there it is the copy that has no room."""
    before = own.page("/metrics/time-to-value/")
    if is_postgres():
        target = own.data / "copy"
        done = subprocess.run(
            manage_command("backup", str(target)),
            cwd=settings.BASE_DIR,
            env=clean_environment(**own.environment),
            capture_output=True,
            text=True,
            preexec_fn=no_file_grows_beyond(20_000),
        )
        assert not target.exists()
    else:
        done = load(own, changed, preexec_fn=no_file_grows_beyond(20_000))
    assert done.returncode == 1, done.stdout
    assert "CommandError" in done.stderr
    assert "Traceback" not in done.stderr
    assert own.page("/metrics/time-to-value/") == before
    done = load(own, changed)
    assert done.returncode == 0, done.stderr
    own.wait(lambda: "Time to Zebra" in own.page("/metrics/time-to-value/"))
    assert manage("backup", **own.environment).returncode == 0, "the database is not whole"


@contextmanager
def full_disk(server: Server) -> Iterator[None]:
    """The running server can write nothing more.

    The disk of PostgreSQL is another machine's; here it says of any assessment what it would say then.
    """
    if is_postgres():
        with psycopg.connect(server.environment["DATABASE_URL"], autocommit=True) as connection:
            connection.execute(NO_ROOM)
            yield
            connection.execute("DROP FUNCTION no_room CASCADE")
        return
    before = {each: resource.prlimit(each, resource.RLIMIT_FSIZE) for each in server.processes()}
    for each, (_, most) in before.items():
        resource.prlimit(each, resource.RLIMIT_FSIZE, (1, most))
    yield
    for each, limits in before.items():
        resource.prlimit(each, resource.RLIMIT_FSIZE, limits)


NO_ROOM = """
CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'disk_full', MESSAGE = 'could not extend file: No space left on device';
END $$;
CREATE TRIGGER no_room BEFORE INSERT OR UPDATE ON assessment_assessment EXECUTE FUNCTION no_room();
"""


def test_on_a_full_disk_who_answers_is_told_and_nothing_acknowledged_is_lost(own, figure, some):
    visitor = answering(own, 3)
    saved = visitor.shown()
    with full_disk(own):
        slowest = max(is_told(visitor, visitor.at) for _ in range(some(3, 50)))
        is_told(visitor, START)
        assert own.page("/metrics/time-to-value/")
        assert visitor.shown() == saved
    visitor.answer()
    assert visitor.count == 4, "there is room again"
    assert visitor.lost() == []
    figure(f"told after {slowest * 1000:.0f} ms at most; {visitor.count} acknowledged, 0 lost")


def answering(server: Server, count: int, seed: int = 1) -> Visitor:
    """A visitor who has answered so many areas of the assessment."""
    visitor = Visitor(server.host, server.port, seed)
    visitor.begin()
    for _ in range(count):
        visitor.answer()
    assert visitor.count == count
    return visitor


def is_told(visitor: Visitor, place: str) -> float:
    """Send the form of a page, be told that it was not kept, and give the seconds that this took."""
    form = Form(visitor.ask("GET", place)[1])
    answers = {name: values[0] for name, values in form.choices.items()}
    started = time.monotonic()
    status, page, _ = visitor.ask("POST", place, {**form.hidden, **answers})
    assert (status, "Back in a moment" in page) == (503, True), f"{status}: {page[:300]}"
    return time.monotonic() - started


# -- Read-only --


def as_nobody_special(command: list[str]) -> list[str]:
    """Root may write anywhere; without two of its powers it is refused like everybody."""
    if os.geteuid() or shutil.which("setpriv") is None:
        return command
    return ["setpriv", "--bounding-set=-dac_override,-dac_read_search", *command]


class Weak(Server):
    """A server that is refused what its folder does not allow, whoever runs it."""

    def command(self, *arguments: str) -> list[str]:
        command = super().command(*arguments)
        return command if is_postgres() else as_nobody_special(command)


@contextmanager
def read_only(server: Server) -> Iterator[None]:
    for path in [server.data, *server.data.rglob("*")]:
        path.chmod(0o500 if path.is_dir() else 0o400)
    time.sleep(KEPT)
    try:
        yield
    finally:
        for path in [server.data, *server.data.rglob("*")]:
            path.chmod(0o700 if path.is_dir() else 0o600)
        time.sleep(KEPT)


@contextmanager
def read_only_database(server: Server) -> Iterator[None]:
    """On SQLite by its folder; on PostgreSQL as a standby that has not taken over."""
    if not is_postgres():
        with read_only(server):
            yield
        return
    with psycopg.connect(server.environment["DATABASE_URL"], autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        connection.execute(CUT_ALL_OTHERS)
        yield
        connection.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")
        connection.execute(CUT_ALL_OTHERS)


CUT_ALL_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


def test_where_nothing_can_be_written_readers_are_served_and_who_answers_is_told(tmp_path):
    with (
        empty_database() as database,
        serving(tmp_path / "data", tmp_path / "output", kind=Weak, **database) as server,
    ):
        server.wait_until_it_answers()
        visitor = answering(server, 3)
        saved = visitor.shown()
        with read_only_database(server):
            is_told(visitor, visitor.at)
            is_told(visitor, START)
            assert {server.get(each)[0].status for each in ("/", "/metrics/time-to-value/", "/readyz")} == {200}
            assert visitor.shown() == saved
        visitor.answer()
        assert visitor.count == 4
        assert visitor.lost() == []


def test_a_data_folder_that_cannot_be_written_is_named(own):
    with read_only(own):
        environment = {"PYTHONDONTWRITEBYTECODE": 1, **own.environment}
        done = subprocess.run(
            as_nobody_special(manage_command("backup")),
            cwd=settings.BASE_DIR,
            env=clean_environment(**environment),
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert done.returncode == 1, done.stdout
    assert str(own.data) in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") <= 2
    assert own.get("/")[0].status == 200


# -- Content that breaks while it is read --


def test_content_that_is_broken_and_mended_under_the_loader_is_loaded_whole_or_not_at_all(
    own, changed, figure, some
):
    file = changed / "metrics/time-to-value.yaml"
    whole, stop = file.read_text(), threading.Event()

    def damage() -> None:
        while not stop.is_set():
            file.write_text(whole[: len(whole) // 2])
            time.sleep(0.05)
            file.write_text(whole)
            time.sleep(0.05)

    damaging = threading.Thread(target=damage)
    damaging.start()
    try:
        with reading(own.connect, "/metrics/time-to-value/", 2, pause=0.05) as readers:
            results = [load(own, changed) for _ in range(some(3, 12))]
    finally:
        stop.set()
        damaging.join()
    assert {each.returncode for each in results} <= {0, 1}
    assert not any("Traceback" in each.stderr for each in results)
    assert set(readers.outcomes) == {"200"}
    figure(f"{sum(each.returncode == 0 for each in results)} of {len(results)} loaded; {dict(readers.outcomes)}")


def test_a_content_folder_that_is_gone_changes_nothing(own, changed):
    before = own.page("/")
    shutil.rmtree(changed / "metrics")
    done = load(own, changed)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    shutil.rmtree(changed)
    assert load(own, changed).returncode == 1
    assert own.page("/") == before
