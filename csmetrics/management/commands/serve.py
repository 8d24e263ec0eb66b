"""`manage.py serve`: brings database, content and static files up to date, then becomes the web server."""

from __future__ import annotations

import errno
import hashlib
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connections

from csmetrics import server, storage
from csmetrics.content import load
from csmetrics.turns import wait_for_turn_at_database, wait_for_turn_at_folder
from directory.loader.errors import ContentError
from directory.models import ContentVersion

LARGEST_HEAD = 65_536  # bytes of address and headers together
MOST_CONNECTIONS = 8192  # for each worker
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Command(BaseCommand):
    help = "Serve the site: migrations, content, static files, then the server. Stop it with Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
        parser.add_argument("--port", type=int, help="port to listen on (default: PORT, else 8000)")
        parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="default: one for each core")
        parser.add_argument(
            "--keep-content",
            action="store_true",
            help="serve the content loaded before, without reading the files",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = options["host"], _port(options["port"])
        if options["workers"] < 1:
            raise CommandError("--workers needs to be 1 or more.")
        if settings.DEBUG and host not in LOOPBACK:
            raise CommandError(
                "DEBUG is on, which shows the inside of the site. Serve it at 127.0.0.1, or turn it off."
            )
        ip_address = _free_address(host, port)
        wait_for_turn_at_folder(settings.DATA_DIR)
        self._database()
        self._content(keep=options["keep_content"])
        self._static_files()
        shown_host = f"[{host}]" if ":" in host else host
        address = f"http://{'localhost' if host in ('0.0.0.0', '::') else shown_host}:{port}"  # noqa: S104
        environment = _environment(host, address)
        self.stdout.write(f"Serving at {address}/  (stop with Ctrl-C)")
        if host not in LOOPBACK and "ALLOWED_HOSTS" not in os.environ:
            answered = environment["ALLOWED_HOSTS"].replace(",", ", ")
            self.stdout.write(f"It answers to {answered}. For other names set ALLOWED_HOSTS.")
        self.stdout.flush()
        _become_server(ip_address, port, options["workers"], environment)

    def _database(self) -> None:
        name = connections["default"].settings_dict["NAME"]
        try:
            wait_for_turn_at_database()
            call_command("migrate", verbosity=0, interactive=False)
        except DatabaseError as error:
            raise CommandError(
                f"The database {name} cannot be used: {str(error).strip()}\n"
                "Check DATABASE_URL, or that the folder can be written to (DATA_DIR)."
            ) from None
        self.stdout.write(f"Database ready: {name}")

    def _content(self, *, keep: bool) -> None:
        current = ContentVersion.current()
        if keep and current:
            self.stdout.write(f"Content kept: version {current.short}")
            return
        try:
            counts = load(settings.CONTENT_DIR)
        except ContentError as error:
            self.stderr.write(str(error), ending="\n")
            hint = " To serve the content loaded before, add --keep-content." if current else ""
            raise CommandError(f"The content is wrong; mend the lines above.{hint}") from None
        self.stdout.write(f"Content loaded: {counts[0]}")

    def _static_files(self) -> None:
        stamp, digest = Path(settings.STATIC_ROOT) / ".stamp", _digest_of_static_files()
        if stamp.exists() and stamp.read_text() == digest:
            self.stdout.write("Static files ready")
            return
        try:
            call_command("collectstatic", verbosity=0, interactive=False, clear=True)
            stamp.write_text(digest)
        except OSError as error:
            raise CommandError(
                f"The static files cannot be collected: {error}\n"
                "Check that the folder can be written to and that the disk is not full."
            ) from None
        self.stdout.write("Static files collected")


def _port(given: int | None) -> int:
    text = str(given) if given is not None else os.environ.get("PORT", "").strip() or "8000"
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise CommandError(f"The port {text!r} is not a number from 1 to 65535. Set it with --port or PORT.")
    return int(text)


def _free_address(host: str, port: int) -> str:
    """The IP address that `host` names, where the port can be had; the server understands no names."""
    no_address = CommandError(f"There is no address {host!r} on this machine. Set another one with --host.")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError):
        raise no_address from None
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                raise no_address from None
            if isinstance(error, PermissionError):
                reason = f"Port {port} needs more rights than this account has"
            else:
                reason = f"Port {port} at {host} cannot be used: {(error.strerror or 'unknown error').lower()}"
            free = port + 1 if 1024 <= port < 65535 else 8000
            raise CommandError(f"{reason}. Choose another one, for example: --port {free}") from None
    return str(address[0])


def _digest_of_static_files() -> str:
    """Changes when a static file is added, removed or edited, or when the way they are collected is."""
    return hashlib.sha256("\n".join(_static_files()).encode()).hexdigest()


def _static_files() -> Iterator[str]:
    yield settings.STORAGES["staticfiles"]["BACKEND"]
    yield hashlib.sha256(Path(storage.__file__).read_bytes()).hexdigest()
    for finder in get_finders():
        for name, place in finder.list([]):
            found = os.stat(place.path(name))
            yield f"{name} {found.st_size} {found.st_mtime_ns}"


def _environment(host: str, address: str) -> dict[str, str]:
    """What the server's processes need to know that this one was told on the command line."""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "csmetrics.settings"}
    environment.setdefault("SITE_URL", address)
    hosts = list(settings.ALLOWED_HOSTS)
    if host not in (*LOOPBACK, *hosts, "0.0.0.0", "::"):  # noqa: S104  (not a bind, only a comparison)
        hosts.append(f"[{host}]" if ":" in host else host)
    environment.setdefault("ALLOWED_HOSTS", ",".join(hosts))
    return environment


def _allow_many_files() -> None:
    """Each connection is an open file, and many systems start with 1,024 of them."""
    try:
        import resource
    except ImportError:  # Windows
        return
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * MOST_CONNECTIONS if most == resource.RLIM_INFINITY else min(most, 2 * MOST_CONNECTIONS)
    with suppress(OSError, ValueError):  # where that is forbidden, what is allowed has to do
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(now, wanted), most))


def _become_server(ip_address: str, port: int, workers: int, environment: dict[str, str]) -> None:
    """Replace this process by the server, so that signals reach it directly.

    HTTP/1 only and no websockets, because there is nothing here that needs them. A connection that says nothing
    costs little: a worker keeps thousands of them, and gives each ten seconds to ask for something.
    """
    command = [sys.executable, "-m", server.__name__, "--interface", "rsgi", "csmetrics.gate:app"]
    command += ["--host", ip_address, "--port", str(port), "--workers", str(workers), "--http", "1", "--no-ws"]
    command += [
        "--backlog",
        "2048",
        "--backpressure",
        str(MOST_CONNECTIONS),
        "--http1-header-read-timeout",
        "10000",
    ]
    command += ["--http1-buffer-size", str(LARGEST_HEAD), "--log-level", "error"]
    command += ["--workers-kill-timeout", "10", "--respawn-failed-workers"]
    _allow_many_files()
    os.chdir(settings.BASE_DIR)
    server.hold_interrupt()
    os.execve(sys.executable, command, environment)  # noqa: S606
