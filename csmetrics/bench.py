"""What `manage.py bench` measures with: the site and nginx as processes, clients that ask, and how they add up.

Everything runs on this machine, in a folder of its own, and stops with the command.
"""

from __future__ import annotations

import contextlib
import gzip
import http.client
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import brotli
from django.conf import settings

HOST = "127.0.0.1"
CONNECTIONS = 16
BROWSER = "gzip, deflate, br"
NGINX = """
daemon off; worker_processes {workers}; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000; open_file_cache max=100;
  client_body_temp_path {folder}/t; proxy_temp_path {folder}/t; fastcgi_temp_path {folder}/t;
  scgi_temp_path {folder}/t; uwsgi_temp_path {folder}/t;
  server {{ listen {host}:{port}; location = / {{ root {folder}; rewrite ^ /body break; types {{}}
    default_type "{kind}"; {headers} }} }}
}}
"""
RADIO = re.compile(r'<input(?=[^>]* type="radio")(?=[^>]* name="([^"]+)")(?=[^>]* value="([^"]+)")')
LOCATION = re.compile(r"<loc>([^<]+)</loc>")
ID = re.compile(r"[a-z2-7]{26}")
REPORT = """
done = function(summary, latency)
  local seconds = summary.duration / 1e6
  io.write(string.format("RESULT %f %f\\n", summary.requests / seconds, latency:percentile(95) / 1e3))
end
"""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def transferred(self) -> int:
        """Bytes of the body and the headers."""
        return len(self.body) + sum(len(name) + len(value) + 4 for name, value in self.headers.items()) + 19


@dataclass(frozen=True)
class Load:
    """How a server stood a load."""

    per_second: float
    p50: float  # milliseconds
    p95: float
    failures: int = 0


class Connection:
    """A browser's connection: kept open, with its cookies."""

    def __init__(self, address: str) -> None:
        self.connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=30)
        self.cookies: dict[str, str] = {}

    def get(self, path: str, **headers: str) -> Answer:
        """`headers` have low lines for dashes."""
        return self._ask("GET", path, None, {name.replace("_", "-"): value for name, value in headers.items()})

    def post(self, path: str, form: Mapping[str, str]) -> Answer:
        sent = urlencode({"csrfmiddlewaretoken": self.cookies.get("csrftoken", ""), **form})
        return self._ask("POST", path, sent, {"Content-Type": "application/x-www-form-urlencoded"})

    def _ask(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> Answer:
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        self.connection.request(method, path, body, headers)
        response = self.connection.getresponse()
        for cookie in response.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.split(";")[0].partition("=")
            self.cookies[name] = value
        return Answer(
            response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
        )


# -- Processes --


def free_port() -> int:
    with socket.create_server((HOST, 0)) as probe:
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def site(data: Path, content: Path, workers: int) -> Iterator[str]:
    """`manage.py serve` with a data folder of its own. Gives its address."""
    port = free_port()
    command = ["serve", "--port", str(port), "--workers", str(workers)]
    with _running(
        manage(*command), f"http://{HOST}:{port}", environment(data, content), data.parent / "site.log"
    ) as it:
        yield it


@contextlib.contextmanager
def nginx(folder: Path, answer: Answer, workers: int) -> Iterator[str]:
    """nginx that answers `/` with the bytes and headers of an answer."""
    port, own = free_port(), ("date", "server", "connection", "content-length", "content-type", "etag")
    headers = [f'add_header {name} "{value}";' for name, value in answer.headers.items() if name not in own]
    folder.parent.chmod(0o755)  # for nginx's workers, which are nobody
    (folder / "body").write_bytes(answer.body)
    (folder / "nginx.conf").write_text(
        NGINX.format(
            workers=workers,
            folder=folder,
            host=HOST,
            port=port,
            kind=answer.headers["content-type"],
            headers=" ".join(headers),
        )
    )
    command = [
        str(shutil.which("nginx")),
        "-p",
        str(folder),
        "-e",
        str(folder / "nginx.log"),
        "-c",
        str(folder / "nginx.conf"),
    ]
    with _running(command, f"http://{HOST}:{port}", dict(os.environ), folder / "nginx.out") as it:
        yield it


def environment(data: Path, content: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "VIRTUAL_ENV")}
    return {
        **kept,
        "DATA_DIR": str(data),
        "CONTENT_DIR": str(content),
        "DJANGO_SETTINGS_MODULE": "csmetrics.settings",
    }


def manage(*arguments: str) -> list[str]:
    return [sys.executable, str(Path(settings.BASE_DIR) / "manage.py"), *arguments]


@contextlib.contextmanager
def _running(command: list[str], address: str, environment: dict[str, str], log: Path) -> Iterator[str]:
    with log.open("w") as output:
        process = subprocess.Popen(  # noqa: S603
            command, env=environment, cwd=settings.BASE_DIR, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        _wait_for(address, process, log)
        yield address
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


def _wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 120
    while True:
        try:
            Connection(address).get("/")
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"{address} does not answer:\n{log.read_text()}") from None
            time.sleep(0.1)


# -- Load --


def by_wrk(address: str, folder: Path, seconds: float, **headers: str) -> Load:
    """The load that wrk makes, which costs far less than what it measures."""
    script = folder / "report.lua"
    script.write_text(REPORT)
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds:g}s", "-s", str(script)]
    for name, value in headers.items():
        command += ["-H", f"{name.replace('_', '-')}: {value}"]
    printed = subprocess.run([*command, f"{address}/"], capture_output=True, text=True, check=True).stdout  # noqa: S603
    found = re.search(r"RESULT ([\d.]+) ([\d.]+)", printed)
    if not found:
        raise RuntimeError(f"wrk printed no result:\n{printed}")
    return Load(float(found[1]), 0.0, float(found[2]))


def by_threads(
    address: str, work: Callable[[Connection, Callable[[Callable[[], Answer]], Answer], int], None]
) -> Load:
    """What several clients see that each do some work; `work` gets a connection, a clock, and its number.

    The clients are threads of this process: right for answers that take a millisecond or more.
    """
    times: list[float] = []
    failures: list[str] = []

    def run(number: int) -> None:
        def timed(ask: Callable[[], Answer]) -> Answer:
            start = time.perf_counter()
            answer = ask()
            times.append((time.perf_counter() - start) * 1000)
            if answer.status >= 400:
                failures.append(str(answer.status))
            return answer

        try:
            work(Connection(address), timed, number)
        except (OSError, http.client.HTTPException) as error:
            failures.append(str(error))

    clients = [threading.Thread(target=run, args=(number,)) for number in range(CONNECTIONS)]
    start = time.perf_counter()
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    seconds = time.perf_counter() - start
    if not times:
        raise RuntimeError(f"Nothing was answered: {failures[:3]}")
    return Load(len(times) / seconds, statistics.median(times), percentile(times, 95), len(failures))


def percentile(values: list[float], percent: int) -> float:
    return sorted(values)[min(len(values) - 1, len(values) * percent // 100)]


# -- Weight --


def weigh(address: str, path: str, seen: dict[str, int], browser: Connection | None = None) -> int:
    """Bytes of a first visit: the page and each file that it names. `seen` remembers files."""
    browser = browser or Connection(address)
    page = browser.get(path, Accept_Encoding=BROWSER)
    if page.status != 200:
        raise RuntimeError(f"{path} answered {page.status}")
    html = _plain(page)
    files = set(re.findall(r'<script src="([^"]+)"', html))
    files |= set(re.findall(r'<link rel="(?:icon|stylesheet)" href="([^"]+)"', html))
    for each in files - seen.keys():
        seen[each] = Connection(address).get(each, Accept_Encoding=BROWSER).transferred
    return page.transferred + sum(seen[each] for each in files)


def _plain(answer: Answer) -> str:
    match answer.headers.get("content-encoding"):
        case "br":
            return str(brotli.decompress(answer.body).decode())
        case "gzip":
            return gzip.decompress(answer.body).decode()
    return answer.body.decode()
