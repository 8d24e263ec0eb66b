"""`manage.py soak`: hours of visitors in minutes, with the memory of the server watched.

Prints a line a minute. Folder and database are its own and go with it. Memory is read from /proc: Linux only.
"""

from __future__ import annotations

import random
import tempfile
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from csmetrics import bench
from csmetrics.bench import Connection

from .bench import public_paths, take_assessment
from .bench_search import PHRASES

MEGABYTE = 1_048_576
MOST_ASSESSMENTS = 12  # of one visitor; an address may begin sixty an hour
DATA = ("/api/v1/metrics.json", "/api/v1/benchmarks.csv", "/changes.atom", "/index.md", "/embed/time-to-value/")


class Command(BaseCommand):
    help = "Keep the site busy with every kind of visitor and watch its memory."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--minutes", type=float, default=20, help="default: %(default)s")
        parser.add_argument("--visitors", type=int, default=4, help="at the same time (default: %(default)s)")
        parser.add_argument("--pause", type=float, default=0.02, help="seconds between what one asks for")

    def handle(self, *args: Any, **options: Any) -> None:
        with tempfile.TemporaryDirectory(prefix="csmetrics-soak-") as name:
            data = Path(name) / "data"
            data.mkdir()
            with bench.site(data, settings.CONTENT_DIR, workers=2) as address:
                visitors = [Visitor(address, seed, options["pause"]) for seed in range(1, options["visitors"] + 1)]
                self._watch(address, data, visitors, options["minutes"] * 60)

    def _watch(self, address: str, data: Path, visitors: list[Visitor], seconds: float) -> None:
        self.stdout.write("minute  answers  failed  slowest ms  memory MB  database MB")
        for visitor in visitors:
            visitor.start()
        start = time.monotonic()
        while (elapsed := time.monotonic() - start) < seconds:
            time.sleep(min(60, seconds - elapsed))
            self._line((time.monotonic() - start) / 60, address, data, visitors)
        for visitor in visitors:
            visitor.stop()
        for words in {problem for visitor in visitors for problem in visitor.problems}:
            self.stdout.write(words)

    def _line(self, minute: float, address: str, data: Path, visitors: list[Visitor]) -> None:
        slowest = max(visitor.take_slowest() for visitor in visitors)
        size = sum(path.stat().st_size for path in data.glob("*.sqlite3*")) / MEGABYTE
        answers, failed = sum(each.answers for each in visitors), sum(each.failed for each in visitors)
        memory = resident(int(urlsplit(address).port or 0)) / MEGABYTE
        self.stdout.write(
            f"{minute:6.1f}  {answers:7,}  {failed:6}  {slowest * 1000:10.0f}  {memory:9.1f}  {size:11.1f}"
        )
        self.stdout.flush()


class Visitor:
    """Somebody who asks for this and that, each time something else, and takes an assessment now and then."""

    def __init__(self, address: str, seed: int, pause: float) -> None:
        self.address, self.pause, self.random = address, pause, random.Random(seed)  # noqa: S311
        self.paths = public_paths(address)
        self.answers = self.failed = self.assessments = 0
        self.slowest = 0.0
        self.problems: set[str] = set()
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.browser = Connection(address)

    def start(self) -> None:
        self.thread.start()

    def stop(self) -> None:
        self.is_over.set()
        self.thread.join(timeout=60)

    def take_slowest(self) -> float:
        slowest, self.slowest = self.slowest, 0.0
        return slowest

    def _run(self) -> None:
        while not self.is_over.is_set():
            try:
                self._turn()
            except Exception as error:
                self.failed += 1
                self.problems.add(f"{type(error).__name__}: {str(error)[:200]}")
                self.browser = Connection(self.address)
            self.is_over.wait(self.pause)

    def _turn(self) -> None:
        often = [self._page] * 6 + [self._variant] * 3 + [self._search] * 3
        self.random.choice([*often, self._data, self._assessment])()

    def _get(self, path: str, **headers: str) -> None:
        begun = time.monotonic()
        answer = self.browser.get(path, **headers)
        self.slowest = max(self.slowest, time.monotonic() - begun)
        self.answers += 1
        if answer.status not in (200, 304):
            raise RuntimeError(f"{path} answered {answer.status}")

    def _page(self) -> None:
        self._get(self.random.choice(self.paths), Accept_Encoding="br")

    def _variant(self) -> None:
        """A state that nobody asked for before: what strangers can fill a memory with."""
        query = {"stage": self.random.choice(["crawl", "walk", "run"]), f"x{self.random.random()}": "1"}
        self._get(f"{self.random.choice(self.paths)}?{urlencode(query)}", Accept_Encoding="gzip")

    def _search(self) -> None:
        words = f"{self.random.choice(PHRASES)[: self.random.randint(1, 9)]} {self.random.randint(1, 10**6):x}"
        self._get(f"/search/?{urlencode({'q': words})}", HX_Request="true")

    def _data(self) -> None:
        self._get(self.random.choice(DATA), Accept_Encoding="br")

    def _assessment(self) -> None:
        """By a new browser, so often that the site's own limits on forms are kept."""
        if self.assessments == MOST_ASSESSMENTS or self.random.random() < 0.9:
            return self._page()
        self.assessments += 1
        steps: list[str] = []
        self._get(take_assessment(Connection(self.address), lambda path, answers: steps.append(path)))
        self.answers += 2 * len(steps)


def resident(port: int) -> int:
    """Bytes of memory that the server at a port and its workers hold; what they share is counted for each."""
    parents: dict[int, list[int]] = {}
    roots = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command, status = (process / "cmdline").read_bytes(), (process / "stat").read_text()
        except OSError:
            continue
        pid = int(process.name)
        parents.setdefault(int(status.rpartition(")")[2].split()[1]), []).append(pid)
        if f"--port\0{port}\0".encode() in command:
            roots.append(pid)
    waiting, total = list(roots), 0
    seen = set[int]()
    while waiting:
        pid = waiting.pop()
        if pid not in seen:
            seen.add(pid)
            waiting += parents.get(pid, [])
            total += _resident(pid)
    return total


def _resident(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS:")), 0)
