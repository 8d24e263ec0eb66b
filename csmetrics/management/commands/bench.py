"""`manage.py bench`: how fast and how light the site is on this machine, beside nginx, and as the content grows.

Prints one table of every target with its figure. Its folders and databases are its own and go with it.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.test import RequestFactory

from csmetrics import bench
from csmetrics.bench import Connection, Load
from csmetrics.pagecache import PageCache, loaded_version
from directory import search
from directory.models import Metric

from .bench_load import generate
from .bench_search import PHRASES

ROUNDS = 3  # of site and nginx in turn; the median counts
METRIC = "/metrics/net-revenue-retention/"
PAGES = ("/", METRIC, "/map/", "/search/?q=retention")
HTMX = {"HX_Request": "true"}


class Command(BaseCommand):
    help = "Measure speed, weight and growth on this machine; needs wrk and nginx for the comparison."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "counts",
            nargs="*",
            type=int,
            default=[24, 240, 2_400],
            help="numbers of metrics (default: 24 240 2400)",
        )
        parser.add_argument("--seconds", type=float, default=4, help="of each load (default: %(default)s)")
        parser.add_argument("--produce", action="store_true", help="internal: print what pages cost here, as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["produce"]:
            self.stdout.write(json.dumps(costs()))
            return
        self.rows: list[tuple[str, str, str, str]] = []
        with tempfile.TemporaryDirectory(prefix="csmetrics-bench-") as name:
            folder, data = Path(name), Path(name) / "data"
            data.mkdir(mode=0o755)
            with bench.site(data, settings.CONTENT_DIR, workers=2) as address:
                with bench.site(data, settings.CONTENT_DIR, workers=2, log="plain") as quiet:
                    self._beside_nginx(address, quiet, folder, options["seconds"])
                self._search(address, folder, options["seconds"])
                self._submit(address, folder, options["seconds"])
                self._weights(address)
            grown = {count: self._grown(folder, data / "static", count) for count in sorted(options["counts"])}
        self._production(next(iter(grown.values())))
        self._table()
        self._growth(grown)

    # -- Parts --

    def _say(self, words: str) -> None:
        self.stderr.write(f"{words} …")

    def _beside_nginx(self, address: str, quiet: str, folder: Path, seconds: float) -> None:
        """The directory from memory, and not modified, in turn with nginx that has the same bytes.

        nginx writes no log here, so what counts is the site that writes none (`quiet`); the one that writes a line
        for each request is told as well.
        """
        self._say("cached pages beside nginx")
        for each in (address, quiet):
            _settled(each, ["/"])
        page = Connection(address).get("/", Accept_Encoding="br")
        asked = partial(_cached, folder, seconds)
        if shutil.which("nginx") is None:
            self._say("nginx is not installed (apt install nginx): there is nothing to compare with")
            self._compared(asked(quiet), asked(address), None)
            return
        with bench.nginx(_made(folder / "nginx"), page, workers=2) as other:
            rounds = [(asked(quiet), asked(address), asked(other)) for _ in range(ROUNDS)]
        self._compared(*(_middle(list(each)) for each in zip(*rounds, strict=True)))

    def _compared(
        self, quiet: tuple[float, float], logging: tuple[float, float], nginx: tuple[float, float] | None
    ) -> None:
        """All beside nginx sending the page; its own 304, which is far less work, is told as well."""
        for turn, (name, least) in enumerate((("Cached directory page", 0.4), ("Not modified (304)", 0.6))):
            for label, target, mine in (
                (name, f"at least {least} of nginx", quiet[turn]),
                ("the same, with a line in the log", "", logging[turn]),
            ):
                figure, share = f"{mine:,.0f} a second", None
                if nginx:
                    share = mine / nginx[0]
                    figure = f"{share:.2f} ({mine:,.0f} against {nginx[0]:,.0f} a second)"
                self._row(label, target, figure, share >= least if target and share is not None else None)
        if nginx:
            share = quiet[1] / nginx[1]
            self._row("the same 304, beside its own 304", "", f"{share:.2f} ({nginx[1]:,.0f} a second)", None)

    def _search(self, address: str, folder: Path, seconds: float) -> None:
        self._say("search")
        browser = Connection(address)
        typed = [phrase[:end] for phrase in PHRASES for end in range(1, len(phrase) + 1)]
        new = [f"{typed[turn % len(typed)]} {turn:x}" for turn in range(4_000)]
        for name, queries, connections, target in (
            ("Search fragment, p95, phrases typed", typed, bench.CONNECTIONS, "at most 15 ms"),
            ("the same, each query a new one", new, bench.CONNECTIONS, ""),
            ("the same, on one connection", new[::-1], 1, ""),
        ):
            asks = [browser.asking(f"/search/?{urlencode({'q': query})}", None, **HTMX) for query in queries]
            found = bench.load(address, folder, seconds, asks, connections)
            self._row(name, target, _times(found), _within(found, 15) if target else None)

    def _submit(self, address: str, folder: Path, seconds: float) -> None:
        """As many browsers as connections, each with an assessment of its own, send the answers of its areas."""
        self._say("assessments")
        forms: list[dict[str, str]] = []
        paths: list[str] = []

        def kept(path: str, answers: dict[str, str]) -> None:
            paths.append(path)
            forms.append(answers)

        take_assessment(Connection(address), kept)
        areas = list(zip([path.split("/", 3)[3] for path in paths[:-1]], forms, strict=False))
        asks = []
        for score in "123":
            for browser in [Connection(address) for _ in range(bench.CONNECTIONS)]:
                place = _begin(browser).rpartition("/")[0].rpartition("/")[0]
                for area, answers in areas:
                    asks.append(browser.asking(f"{place}/{area}", dict.fromkeys(answers, score)))
        found = bench.load(address, folder, seconds, asks)
        self._row("Assessment submit, p95", "at most 50 ms", _times(found), _within(found, 50))

    def _weights(self, address: str) -> None:
        self._say("weights")
        seen: dict[str, int] = {}
        paths = public_paths(address)
        _settled(address, paths)
        weights = {path: bench.weigh(address, path, seen) for path in [*paths, "/search/?q=churn"]}
        browser = Connection(address)
        for path in _assessment_paths(browser):
            weights[path] = bench.weigh(address, path, seen, browser)
        heaviest = sorted(weights, key=lambda path: -weights[path])[:3]
        named = ", ".join(f"{_short(path)} {weights[path] / 1000:.1f}" for path in heaviest)
        largest = weights[heaviest[0]]
        self._row(
            f"First visit, heaviest of {len(weights)} pages", "at most 45 KB", f"{named} KB", largest <= 45_000
        )
        self._row(
            "First visit, directory", "at most 45 KB", f"{weights['/'] / 1000:.1f} KB", weights["/"] <= 45_000
        )

    def _grown(self, folder: Path, static: Path, count: int) -> dict[str, Any]:
        self._say(f"{count} metrics")
        place = _made(folder / str(count))
        content, data = generate(place / "content", count), _made(place / "data")
        (data / "static").symlink_to(static, target_is_directory=True)
        environment = bench.environment(data, content)
        printed = ""
        for command in (["migrate", "--verbosity", "0"], ["load_content"], ["bench", "--produce"]):
            run = subprocess.run(  # noqa: S603
                bench.manage(*command), env=environment, cwd=settings.BASE_DIR, capture_output=True, text=True
            )
            if run.returncode:
                raise CommandError(f"{' '.join(command)} failed:\n{run.stdout}{run.stderr}")
            printed = run.stdout
        found: dict[str, Any] = json.loads(printed)
        return found

    def _production(self, found: dict[str, Any]) -> None:
        for name, path, most in (("directory", "/", 30), ("metric page", METRIC, 20)):
            took = found["pages"][path]["cpu"]
            self._row(f"First production, {name}", f"at most {most} ms of CPU", f"{took:.1f} ms", took <= most)

    # -- Printing --

    def _row(self, name: str, target: str, figure: str, is_met: bool | None) -> None:
        self.rows.append((name, target, figure, "" if is_met is None else "met" if is_met else "MISSED"))

    def _table(self) -> None:
        self._print([("what", "target", "figure", ""), *self.rows])
        busy = ", ".join(f"{load:.1f}" for load in os.getloadavg())
        self.stdout.write(
            f"{bench.CONNECTIONS} connections, 2 workers, {os.cpu_count()} cores, load average {busy}: "
            "what else runs here counts against every p95."
        )

    def _growth(self, grown: dict[int, dict[str, Any]]) -> None:
        self.stdout.write(
            "\nAs content grows: CPU of producing a page once, its size, its size over the network\n"
        )
        rows: list[tuple[str, ...]] = [("metrics", "/", "metric page", "/map/", "search fragment", "search index")]
        for count, found in grown.items():
            cells = [_cost(found["pages"][path]) for path in PAGES]
            rows.append((f"{count:,}", *cells, f"{found['index']:.2f} s"))
        self._print(rows)

    def _print(self, rows: list[tuple[str, ...]]) -> None:
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            self.stdout.write("  ".join(cells).rstrip())


# -- What a page costs to make --


def costs() -> dict[str, Any]:
    """CPU milliseconds and bytes of each page, produced anew and compressed, in this process and database."""
    start = time.perf_counter()
    search.current_index()
    index = time.perf_counter() - start
    rounds = 15 if Metric.objects.count() < 1_000 else 3
    return {"index": index, "pages": {path: _page_cost(path, rounds) for path in PAGES}}


def _page_cost(path: str, rounds: int) -> dict[str, float]:
    """The median of some rounds, after one that compiles the templates."""
    cache = PageCache(WSGIHandler(), version=loaded_version, watch=False)
    is_fragment = path.startswith("/search/")
    headers = {"Accept-Encoding": "br", "Host": "localhost", **({"HX-Request": "true"} if is_fragment else {})}
    times, begun, body = [], list[Any](), b""
    for turn in range(rounds + 1):
        cache.has_begun, cache.generation = True, None
        cache.look()
        environ = RequestFactory().get(path, headers=headers).environ
        start = time.thread_time()
        begun = []
        answer = cache(environ, lambda *arguments: begun.extend(arguments))  # noqa: B023
        body = b"".join(answer)
        if turn:
            times.append((time.thread_time() - start) * 1000)
        if hasattr(answer, "close"):
            answer.close()
    plain = b"".join(
        cache(RequestFactory().get(path, headers={**headers, "Accept-Encoding": ""}).environ, _ignore)
    )
    return {"cpu": statistics.median(times), "bytes": len(plain), "sent": len(body)}


def _ignore(*arguments: Any) -> None:
    """A `start_response` for those who want the body alone."""


def _cost(found: dict[str, float]) -> str:
    return f"{found['cpu']:,.0f} ms, {_size(found['bytes'])}, {_size(found['sent'])}"


def _size(count: float) -> str:
    return f"{count / 1_000_000:.1f} MB" if count >= 1_000_000 else f"{count / 1000:.0f} KB"


# -- What clients do --


def _cached(folder: Path, seconds: float, address: str) -> tuple[float, float]:
    """Answers a second of the directory as it is kept, whole and not modified."""
    browser = Connection(address)
    tag = browser.get("/", Accept_Encoding="br").headers["etag"]
    whole = [browser.asking("/", Accept_Encoding="br")]
    known = [browser.asking("/", Accept_Encoding="br", If_None_Match=tag)]
    return tuple(bench.load(address, folder, seconds, asks).per_second for asks in (whole, known))  # type: ignore[return-value]


def _middle(rounds: list[tuple[float, float]]) -> tuple[float, float]:
    return statistics.median(each[0] for each in rounds), statistics.median(each[1] for each in rounds)


def _begin(browser: Connection) -> str:
    """The path of the first area of a new assessment."""
    browser.get("/assessment/")
    return browser.post("/assessment/", {}).headers["location"]


def take_assessment(browser: Connection, seen: Callable[[str, dict[str, str]], None]) -> str:
    """Give the first answer to every question, and finish. Gives the path of the result; `seen` gets each step."""
    path = _begin(browser)
    while True:
        answers: dict[str, str] = {}
        for name, value in bench.RADIO.findall(browser.get(path).body.decode()):
            answers.setdefault(name, value)
        seen(path, answers)
        is_last = path.endswith("/context/")
        path = browser.post(path, {**answers, "go": "finish" if is_last else "next"}).headers["location"]
        if is_last:
            return path


def public_paths(address: str) -> list[str]:
    """The paths that the sitemap lists."""
    listed = bench.LOCATION.findall(Connection(address).get("/sitemap.xml").body.decode())
    return [f"/{each.split('/', 3)[3]}" if "://" in each else each for each in listed]


def _assessment_paths(browser: Connection) -> list[str]:
    """Pages of an assessment, while it is taken; the result last."""
    visited: list[str] = []
    result = take_assessment(browser, lambda path, answers: visited.append(path))
    return ["/assessment/", "/assessment/results/", *visited, result]


def _settled(address: str, paths: list[str]) -> None:
    """Ask each worker for each page, then give them the time to make its smallest form."""
    for path in paths:
        for _ in range(10):
            Connection(address).get(path, Accept_Encoding="br")
    time.sleep(3 + len(paths) / 5)


def _made(folder: Path) -> Path:
    folder.mkdir(mode=0o755)
    return folder


def _short(path: str) -> str:
    """A path without the random id of an assessment."""
    return bench.ID.sub("…", path)


def _times(load: Load) -> str:
    failed = f", {load.failures} FAILED" if load.failures else ""
    return f"{load.p95:.1f} ms (p50 {load.p50:.1f}, {load.per_second:,.0f} a second{failed})"


def _within(load: Load, most: float) -> bool:
    return load.p95 <= most and not load.failures
