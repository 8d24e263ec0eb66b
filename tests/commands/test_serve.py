"""`manage.py serve` as people run it: a process that says what it does, serves, and stops when asked to."""

import http.client
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import brotli
import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError

from csmetrics import bench
from tests.databases import empty_database, name_of
from tests.processes import manage
from tests.servers import Server, free_port, serving


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that was started where nothing was before."""
    folder = tmp_path_factory.mktemp("serve")
    with empty_database() as database, serving(folder / "data", folder / "output", **database) as running:
        running.wait_until_it_answers()
        yield running


@pytest.fixture
def again(server: Server, tmp_path: Path) -> Callable[..., AbstractContextManager[Server]]:
    """Starts a second server on the data of the first."""

    def start(*arguments: str, **environment: object) -> AbstractContextManager[Server]:
        return serving(server.data, tmp_path / "output", *arguments, **{**server.environment, **environment})

    return start


@pytest.fixture
def broken_content(content_copy: Path) -> Path:
    """Content with an unknown key in the last line of one file."""
    with (content_copy / "metrics/dau-mau-ratio.yaml").open("a") as file:
        file.write("categroy: retention\n")
    return content_copy


# -- What it serves --


def test_it_says_each_step_and_the_address(server):
    assert server.printed == (
        f"Database ready: {name_of(server.environment, server.data)}\n"
        "Content loaded: 24 metrics: 24 added, 0 changed, 0 unchanged\n"
        "Static files collected\n"
        f"Serving at http://127.0.0.1:{server.port}/  (stop with Ctrl-C)\n"
    )


def test_the_directory_shows_every_metric(server):
    shown = re.findall(r'data-metric="([a-z-]+)"', server.page("/"))
    files = {path.stem for path in (settings.CONTENT_DIR / "metrics").glob("*.yaml")}
    assert len(files) == 24
    assert set(shown) == files


def test_links_that_name_the_site_name_its_address(server):
    assert f'<link rel="canonical" href="http://127.0.0.1:{server.port}/">' in server.page("/")


@pytest.mark.parametrize(
    "path", ["/", "/map/", "/map/?stage=walk", "/sources/", "/metrics/net-revenue-retention/"]
)
def test_a_first_visit_weighs_at_most_45_kilobytes(server, path):
    """Page, style sheet, scripts and icon with their headers, once the smallest form of the page is made."""
    address, seen = f"http://{server.host}:{server.port}", {}
    server.wait(lambda: bench.weigh(address, path, seen) <= 45_000)
    assert len(seen) == 4, "the style sheet, htmx, our script, the icon"


@pytest.mark.parametrize(("encoding", "unpack"), [("br", brotli.decompress), ("identity", bytes)])
def test_styles_come_as_one_compressed_file_that_browsers_may_keep(server, encoding, unpack):
    sheets = re.findall(r'<link rel="stylesheet" href="([^"]+)"', server.page("/"))
    assert len(sheets) == 1
    assert re.fullmatch(r"/static/css/site\.[0-9a-f]{12}\.css", sheets[0])
    response, body = server.get(sheets[0], encoding)
    assert response.status == 200
    assert response.getheader("Content-Encoding", "identity") == encoding
    assert response.getheader("Cache-Control") == "max-age=315360000, public, immutable"
    assert response.getheader("Vary") == "Accept-Encoding"
    style = unpack(body).decode()
    assert "@import" not in style
    assert "@layer" in style


def test_what_belongs_to_nobody_here_is_turned_away(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("GET", "/", headers={"Host": "evil.example"})
    assert connection.getresponse().status == 400
    connection.close()


def test_a_bad_load_leaves_the_old_content_served(server, broken_content):
    before = server.page("/")
    done = manage("load_content", **{**server.environment, "CONTENT_DIR": broken_content})
    assert done.returncode == 1
    assert re.search(
        r"metrics/dau-mau-ratio\.yaml:\d+: categroy: .*\n1 problem in 1 file; nothing was", done.stderr
    )
    assert "Traceback" not in done.stderr
    assert server.page("/") == before
    assert server.page("/metrics/dau-mau-ratio/")


def test_pages_come_from_memory_compressed_and_with_a_tag(server):
    for _ in range(2):
        response, body = server.get("/faq/", "br")
        assert response.status == 200
        assert response.getheader("Content-Encoding") == "br"
        assert response.getheader("ETag")
        assert response.getheader("Vary") == "Accept-Encoding"
        assert b"<h1" in brotli.decompress(body)


def test_every_worker_shows_new_content_within_seconds(tmp_path, content_copy):
    def shown(server: Server) -> set[bool]:
        """What the workers say; each connection may reach another one."""
        return {"A new line about it" in server.page("/metrics/dau-mau-ratio/") for _ in range(12)}

    with serving(tmp_path / "data", tmp_path / "output", CONTENT_DIR=content_copy) as server:
        server.wait_until_it_answers()
        assert shown(server) == {False}
        path = content_copy / "metrics/dau-mau-ratio.yaml"
        path.write_text(re.sub(r"(?m)^summary: .*$", "summary: A new line about it.", path.read_text()))
        done = manage("load_content", DATA_DIR=server.data, CONTENT_DIR=content_copy)
        assert done.returncode == 0, done.stderr
        time.sleep(3)
        assert shown(server) == {True}


# -- Stopping it --


def test_ctrl_c_ends_it_at_once_and_without_noise(server, again):
    """A second start on the same data; Granian's workers used to hang for ten seconds here."""
    with again() as second:
        second.wait_until_it_answers()
        assert second.interrupt() == 0
        assert second.printed == (
            f"Database ready: {name_of(server.environment, server.data)}\n"
            "Content loaded: 24 metrics: 0 added, 0 changed, 24 unchanged\n"
            "Static files ready\n"
            f"Serving at http://127.0.0.1:{second.port}/  (stop with Ctrl-C)\n"
        )


@pytest.mark.parametrize("words", ["Database ready", "Serving at"])
def test_ctrl_c_ends_it_also_while_it_starts(again, words):
    with again() as second:
        second.wait_until_it_says(words)
        assert second.interrupt() in (0, -signal.SIGINT)
        assert "Traceback" not in second.printed


def test_a_server_that_was_told_to_stop_ends_well(again):
    """As systemd and containers do it. This one listens to a name, not a number."""
    with again("--host", "localhost") as second:
        second.host = "localhost"
        second.wait_until_it_answers()
        assert f"Serving at http://localhost:{second.port}/" in second.printed
        second.process.terminate()
        assert second.process.wait(timeout=5) == 0


# -- What may be in the way --


def fails_with(done: subprocess.CompletedProcess[str], message: str) -> None:
    assert done.stderr.endswith(message)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "environment", "message"),
    [
        (["--port", "0"], {}, "The port '0' is not a number from 1 to 65535. Set it with --port or PORT."),
        (["--port", "65536"], {}, "The port '65536' is not a number from 1 to 65535. Set it with --port or PORT."),
        ([], {"PORT": "web"}, "The port 'web' is not a number from 1 to 65535. Set it with --port or PORT."),
        ([], {"PORT": "²"}, "The port '²' is not a number from 1 to 65535. Set it with --port or PORT."),
        (["--host", "."], {}, "There is no address '.' on this machine. Set another one with --host."),
        (
            ["--host", "192.0.2.1"],
            {},
            "There is no address '192.0.2.1' on this machine. Set another one with --host.",
        ),
        (["--workers", "0"], {}, "--workers needs to be 1 or more."),
    ],
)
def test_an_impossible_argument_is_refused_before_anything_is_done(monkeypatch, arguments, environment, message):
    """In this process: without access to the database, these tests would notice."""
    monkeypatch.delenv("PORT", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(CommandError) as error:
        call_command("serve", *arguments)
    assert str(error.value) == message


def test_a_taken_port_is_one_clear_line_with_a_way_out(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = manage("serve", DATA_DIR=tmp_path, PORT=port)
    assert done.stderr == (
        f"CommandError: Port {port} at 127.0.0.1 cannot be used: address already in use. "
        f"Choose another one, for example: --port {port + 1 if port < 65535 else 8000}\n"
    )
    assert done.returncode == 1
    assert done.stdout == ""


@pytest.mark.parametrize("name", ["directory/file.sqlite3", "notes.txt"])
def test_a_database_that_cannot_be_used_is_named(tmp_path, name):
    (tmp_path / "notes.txt").write_text("This is no database. " * 100)
    done = manage(
        "serve", "--port", str(free_port()), DATA_DIR=tmp_path, DATABASE_URL=f"sqlite:///{tmp_path / name}"
    )
    assert done.stderr.startswith(f"CommandError: The database {tmp_path / name} cannot be used: ")
    fails_with(done, "\nCheck DATABASE_URL, or that the folder can be written to (DATA_DIR).\n")


def test_wrong_content_on_the_first_start_serves_nothing(tmp_path, broken_content):
    done = manage("serve", "--port", str(free_port()), DATA_DIR=tmp_path / "data", CONTENT_DIR=broken_content)
    assert re.search(r"metrics/dau-mau-ratio\.yaml:\d+: categroy: ", done.stderr)
    fails_with(done, "nothing was loaded.\nCommandError: The content is wrong; mend the lines above.\n")


def test_wrong_content_later_may_be_left_aside(server, again, broken_content):
    done = manage("serve", "--port", str(free_port()), **{**server.environment, "CONTENT_DIR": broken_content})
    fails_with(
        done,
        "CommandError: The content is wrong; mend the lines above. "
        "To serve the content loaded before, add --keep-content.\n",
    )
    with again("--keep-content", CONTENT_DIR=broken_content) as second:
        second.wait_until_it_answers()
        assert re.search(r"^Content kept: version \w+$", second.printed, re.MULTILINE)
        assert 'data-metric="dau-mau-ratio"' in second.page("/")


def test_there_must_be_content_to_keep(tmp_path, broken_content):
    done = manage(
        "serve",
        "--keep-content",
        "--port",
        str(free_port()),
        DATA_DIR=tmp_path / "data",
        CONTENT_DIR=broken_content,
    )
    fails_with(done, "CommandError: The content is wrong; mend the lines above.\n")


def test_static_files_that_cannot_be_written_are_named(server, tmp_path):
    data = Path(shutil.copytree(server.data, tmp_path / "data", ignore=shutil.ignore_patterns("static")))
    (data / "static").touch()
    done = manage(
        "serve", "--keep-content", "--port", str(free_port()), **{**server.environment, "DATA_DIR": data}
    )
    assert "CommandError: The static files cannot be collected: " in done.stderr
    fails_with(done, "Check that the folder can be written to and that the disk is not full.\n")
