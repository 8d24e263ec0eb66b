"""What `manage.py bench` measures with: the site and nginx as processes, clients that ask, and how they add up.

Everything runs on this machine, in a folder of its own, and stops with the command.
"""

from __future__ import annotations

import contextlib
import gzip
import http.client
import itertools
import json
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
from collections.abc import Iterator, Mapping
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
SCRIPT = """
local asks = {{ {asks} }}
local ready = {{}}
local turn = 0
request = function()
  turn = turn % #asks + 1
  local ask = asks[turn]
  ready[turn] = ready[turn] or wrk.format(ask[1], ask[2], ask[3], ask[4])
  return ready[turn]
end
done = function(summary, latency)
  local errors = summary.errors
  local failed = errors.status + errors.connect + errors.read + errors.write + errors.timeout
  io.write(string.format("RESULT %f %f %f %d\\n", summary.requests / (summary.duration / 1e6),
    latency:percentile(50) / 1e3, latency:percentile(95) / 1e3, failed))
end
"""


@dataclass(frozen=True)
class Ask:
    """A request to be made over and over."""

    path: str
    headers: Mapping[str, str]
    body: str | None = None

    @property
    def method(self) -> str:
        return "GET" if self.body is None else "POST"

    @property
    def in_lua(self) -> str:
        headers = ", ".join(f"[{json.dumps(name)}] = {json.dumps(value)}" for name, value in self.headers.items())
        body = "nil" if self.body is None else json.dumps(self.body)
        return f"{{ {json.dumps(self.method)}, {json.dumps(self.path)}, {{ {headers} }}, {body} }}"


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

    def close(self) -> None:
        self.connection.close()

    def get(self, path: str, **headers: str) -> Answer:
        """`headers` have low lines for dashes."""
        return self.send(self.asking(path, None, **headers))

    def post(self, path: str, form: Mapping[str, str]) -> Answer:
        return self.send(self.asking(path, form))

    def asking(self, path: str, form: Mapping[str, str] | None = None, **headers: str) -> Ask:
        """A request of this browser: with its cookies, and the token that its forms hold."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookies:
            given["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if form is None:
            return Ask(path, given)
        given["Content-Type"] = "application/x-www-form-urlencoded"
        return Ask(path, given, urlencode({"csrfmiddlewaretoken": self.cookies.get("csrftoken", ""), **form}))

    def send(self, ask: Ask) -> Answer:
        self.connection.request(ask.method, ask.path, ask.body, dict(ask.headers))
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
def site(data: Path, content: Path, workers: int, log: str = "json") -> Iterator[str]:
    """`manage.py serve` with a data folder of its own. Gives its address. A `plain` log has no line a request."""
    port = free_port()
    command = manage("serve", "--port", str(port), "--workers", str(workers))
    variables = {**environment(data, content), "LOG": log}
    with _running(command, f"http://{HOST}:{port}", variables, data.parent / f"site-{log}.log") as it:
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
        "LIMIT_WRITES": "0",  # one address sends more forms than any reader
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


def load(address: str, folder: Path, seconds: float, asks: list[Ask], connections: int = CONNECTIONS) -> Load:
    """What clients see that make these requests in turn, over and over.

    By wrk, which costs far less than what it measures; where there is none, by threads of this process, whose own
    cost then shows in the figures.
    """
    by = _by_wrk if shutil.which("wrk") else _by_threads
    return by(address, folder, seconds, asks, connections)


def _by_wrk(address: str, folder: Path, seconds: float, asks: list[Ask], connections: int) -> Load:
    script = folder / "load.lua"
    script.write_text(SCRIPT.format(asks=",\n".join(ask.in_lua for ask in asks)))
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:g}s", "-s", str(script), f"{address}/"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603
    found = re.search(r"RESULT ([\d.]+) ([\d.]+) ([\d.]+) (\d+)", printed)
    if not found:
        raise RuntimeError(f"wrk printed no result:\n{printed}")
    return Load(float(found[1]), float(found[2]), float(found[3]), int(found[4]))


def _by_threads(address: str, folder: Path, seconds: float, asks: list[Ask], connections: int) -> Load:
    times: list[float] = []
    failures: list[str] = []
    turns = itertools.cycle(asks)
    until = time.monotonic() + seconds

    def run() -> None:
        browser = Connection(address)
        try:
            while time.monotonic() < until:
                ask, start = next(turns), time.perf_counter()
                status = browser.send(ask).status
                times.append((time.perf_counter() - start) * 1000)
                if status >= 400:
                    failures.append(str(status))
        except (OSError, http.client.HTTPException) as error:
            failures.append(str(error))

    clients = [threading.Thread(target=run) for _ in range(connections)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    if not times:
        raise RuntimeError(f"Nothing was answered: {failures[:3]}")
    return Load(len(times) / seconds, statistics.median(times), percentile(times, 95), len(failures))


def percentile(values: list[float], percent: int) -> float:
    return sorted(values)[min(len(values) - 1, len(values) * percent // 100)]


# -- Weight --


def weigh(address: str, path: str, seen: dict[str, int], browser: Connection | None = None) -> int:
    """Bytes of a first visit: the page and each file that it names. `seen` remembers files."""
    with contextlib.closing(Connection(address)) as stranger:
        page = (browser or stranger).get(path, Accept_Encoding=BROWSER)
        if page.status != 200:
            raise RuntimeError(f"{path} answered {page.status}")
        html = _plain(page)
        files = set(re.findall(r'<script src="([^"]+)"', html))
        files |= set(re.findall(r'<link rel="(?:icon|stylesheet)" href="([^"]+)"', html))
        for each in files - seen.keys():
            seen[each] = stranger.get(each, Accept_Encoding=BROWSER).transferred
    return page.transferred + sum(seen[each] for each in files)


def _plain(answer: Answer) -> str:
    match answer.headers.get("content-encoding"):
        case "br":
            return str(brotli.decompress(answer.body).decode())
        case "gzip":
            return gzip.decompress(answer.body).decode()
    return answer.body.decode()
