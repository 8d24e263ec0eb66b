"""A running `manage.py serve`: a process of its own, with its address and what it printed."""

import http.client
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.conf import settings

from .processes import clean_environment, manage_command


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def group_of(process: int) -> int | None:
    with suppress(ProcessLookupError):
        return os.getpgid(process)
    return None


class Server:
    """A running `serve`, its address, and what it printed."""

    host = "127.0.0.1"

    def __init__(
        self, data: Path, output: Path, *arguments: str, port: int | None = None, **environment: object
    ) -> None:
        self.data, self.output, self.port = data, output, port or free_port()
        self.environment = {"DATA_DIR": data, "LOG": "plain", "PYTHONUNBUFFERED": 1, **environment}
        with output.open("w") as file:
            self.process = subprocess.Popen(
                self.command(*arguments),
                cwd=settings.BASE_DIR,
                env=clean_environment(**self.environment),
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def command(self, *arguments: str) -> list[str]:
        return manage_command("serve", "--port", str(self.port), "--workers", "2", *arguments)

    def processes(self) -> list[int]:
        """The server and its workers."""
        running = [int(each.name) for each in Path("/proc").glob("[0-9]*")]
        return [each for each in running if group_of(each) == self.process.pid]

    def kill(self) -> None:
        """All of it at once, as a machine does that loses its power."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    @property
    def printed(self) -> str:
        return self.output.read_text()

    def get(self, path: str, encoding: str = "identity", **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
        return self.ask("GET", path, **{"Accept-Encoding": encoding, **headers})

    def ask(self, method: str, path: str, **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
        connection = self.connect()
        try:
            connection.request(method, path, headers=headers)
            response = connection.getresponse()
            return response, response.read()
        finally:
            connection.close()

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self.host, self.port, timeout=10)

    def page(self, path: str) -> str:
        response, body = self.get(path)
        assert response.status == 200
        return body.decode()

    def wait_until_it_says(self, words: str) -> None:
        self.wait(lambda: words in self.printed)

    def wait_until_it_answers(self) -> None:
        self.wait(self._answers)

    def _answers(self) -> bool:
        try:
            return self.get("/healthz")[0].status == 200
        except OSError:
            return False

    def wait(self, done) -> None:
        until = time.monotonic() + 60
        while not done():
            assert self.process.poll() is None, self.printed
            assert time.monotonic() < until, self.printed
            time.sleep(0.02)

    def interrupt(self) -> int:
        """Ctrl-C, which a terminal sends to every process of the server. Gives the exit code; negative: signal."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(timeout=5)

    def end(self) -> None:
        if self.process.poll() is None:
            self.kill()


@contextmanager
def serving(*arguments, kind: type[Server] = Server, **options) -> Iterator[Server]:
    server = kind(*arguments, **options)
    try:
        yield server
    finally:
        server.end()
