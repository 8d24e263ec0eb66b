"""nginx with the configuration that is shipped, on ports of its own and in front of running servers."""

import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPResponse, HTTPSConnection
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from .servers import free_port

NAME = "metrics.example.com"
MAIN = """
pid {folder}/pid;
error_log {folder}/error.log;
daemon off;
{user}
events {{ worker_connections 2048; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""


def find_nginx() -> str:
    """The program; where there is none these tests are skipped, and fail in CI."""
    found = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
    if found is None or shutil.which("openssl") is None:
        pytest.skip("no nginx and openssl on this machine (apt install nginx-light openssl)")
    return found


class Proxy:
    def __init__(self, folder: Path, *upstreams: int) -> None:
        folder.mkdir()
        self.folder, self.http, self.https, self.marks = folder, free_port(), free_port(), count(1)
        self._certificate()
        (folder / "site.conf").write_text(self._site(upstreams))
        user = "user root;" if os.geteuid() == 0 else ""
        (folder / "main.conf").write_text(MAIN.format(folder=folder, user=user))
        self.process = subprocess.Popen([find_nginx(), "-c", folder / "main.conf", "-e", folder / "error.log"])

    def _certificate(self) -> None:
        key, certificate = self.folder / "key.pem", self.folder / "certificate.pem"
        command = [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            f"/CN={NAME}",
        ]
        command += ["-addext", f"subjectAltName=DNS:{NAME}", "-keyout", str(key), "-out", str(certificate)]
        subprocess.run(command, check=True, capture_output=True)

    def _site(self, upstreams: tuple[int, ...]) -> str:
        """The shipped file with other ports and folders, a mark in the log, and nothing else changed."""
        text = (settings.BASE_DIR / "deploy/nginx.conf").read_text()
        servers = "\n".join(f"    server 127.0.0.1:{port} max_fails=0;" for port in upstreams)
        for pattern, replacement in [
            (r"    server 127\.0\.0\.1:8000 max_fails=0;\n.*8001 max_fails=0;.*\n", servers + "\n"),
            (r"listen \[::\].*\n", ""),
            (r"listen 80;", f"listen 127.0.0.1:{self.http};"),
            (r"listen 443 ", f"listen 127.0.0.1:{self.https} "),
            (r"/etc/letsencrypt/live/metrics\.example\.com/fullchain\.pem", f"{self.folder}/certificate.pem"),
            (r"/etc/letsencrypt/live/metrics\.example\.com/privkey\.pem", f"{self.folder}/key.pem"),
            (r"/var/log/nginx/csmetrics\.log", f"{self.folder}/access.log"),
            (r"/var/cache/nginx/csmetrics", f"{self.folder}/cache"),
            (r"/opt/csmetrics/deploy", f"{settings.BASE_DIR}/deploy"),
            (r'escape=json \'{"time"', """escape=json '{"mark":"$http_x_mark","time\""""),
        ]:
            text, found = re.subn(pattern, replacement, text)
            assert found, f"deploy/nginx.conf has no {pattern}"
        return text

    @property
    def log(self) -> str:
        return (self.folder / "access.log").read_text()

    def connection(self, timeout: float = 10) -> HTTPSConnection:
        context = ssl.create_default_context(cafile=self.folder / "certificate.pem")
        connection = HTTPSConnection(NAME, self.https, context=context, timeout=timeout)
        connection._create_connection = lambda *args, **kwargs: socket.create_connection(
            ("127.0.0.1", self.https), timeout
        )
        return connection

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[HTTPResponse, bytes]:
        connection = self.connection()
        try:
            connection.request(method, path, body, {"Host": NAME, **headers})
            response = connection.getresponse()
            return response, response.read()
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> tuple[HTTPResponse, bytes]:
        return self.ask("GET", path, **headers)

    def line_about(self, method: str, path: str, **headers: str) -> dict[str, Any]:
        """What nginx writes down about a request, which it does some time after it has been answered.

        The line of the request before may still be missing by then, so this one's is known by a mark.
        """
        mark = str(next(self.marks))
        self.ask(method, path, **headers, **{"X-Mark": mark})
        until = time.monotonic() + 10
        while True:
            for line in self.log.split("\n")[:-1]:
                written = dict(json.loads(line))
                if written.pop("mark") == mark:
                    return written
            assert time.monotonic() < until
            time.sleep(0.01)

    def wait_until_it_answers(self) -> None:
        until = time.monotonic() + 20
        while True:
            assert self.process.poll() is None, (self.folder / "error.log").read_text()
            try:
                self.get("/healthz")
                return
            except OSError:
                assert time.monotonic() < until
                time.sleep(0.02)

    def end(self) -> None:
        self.process.terminate()
        self.process.wait()


@contextmanager
def nginx(folder: Path, *upstreams: int) -> Iterator[Proxy]:
    proxy = Proxy(folder, *upstreams)
    try:
        proxy.wait_until_it_answers()
        yield proxy
    finally:
        proxy.end()
