"""`manage.py bench_load`: how long loading takes as the number of metrics grows, with a database of its own."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.db import connections

from csmetrics.content import load, validate


class Command(BaseCommand):
    help = "Time reading, checking and storing generated content, in a temporary folder and database."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "counts", nargs="*", type=int, default=[24, 240, 1000, 5000], help="numbers of metrics"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write("metrics  read and check  store   again, unchanged  per metric")
        for count in options["counts"]:
            with tempfile.TemporaryDirectory() as name:
                folder = generate(Path(name) / "content", count)
                with own_database(Path(name) / "bench.sqlite3"):
                    checked = _seconds(validate, folder)
                    stored = _seconds(load, folder) - checked
                    again = _seconds(load, folder)
            each = (checked + stored) / count * 1000
            self.stdout.write(f"{count:7}  {checked:12.2f} s  {stored:5.2f} s  {again:14.2f} s  {each:7.2f} ms")


def generate(folder: Path, count: int) -> Path:
    """A content folder with `count` metrics, made from the shipped ones in turn under new slugs and names."""
    shutil.copytree(settings.CONTENT_DIR, folder)
    originals = sorted(folder.glob("metrics/*.yaml"))
    order = yaml.safe_load((folder / "order.yaml").read_text())
    texts = {path.stem: path.read_text() for path in originals}
    copies: dict[str, list[str]] = {slug: [slug] for slug in texts}
    for number in range(len(originals), count):
        slug = originals[number % len(originals)].stem
        copy = f"{slug}-{number}"
        (folder / "metrics" / f"{copy}.yaml").write_text(_renamed(texts[slug], number))
        copies[slug].append(copy)
    lists = {key: [copy for slug in slugs for copy in copies[slug]] for key, slugs in order.items()}
    (folder / "order.yaml").write_text(yaml.safe_dump(lists))
    return folder


def _renamed(text: str, number: int) -> str:
    """With a name and abbreviation of its own, and without relations, which would have to mirror."""
    lines, skipping = [], False
    for line in text.splitlines():
        if skipping and (line.startswith(" ") or not line):
            continue
        skipping = False
        if line.startswith("name: "):
            line = f'name: "Generated metric {number}"'
        elif line.startswith("abbreviation: "):
            line = f'abbreviation: "G{number}"'
        elif line.startswith("related:"):
            line, skipping = "related: []", True
        lines.append(line)
    return "\n".join(lines) + "\n"


@contextlib.contextmanager
def own_database(path: Path) -> Iterator[None]:
    """Use a new SQLite file as the default database for a while."""
    connection = connections["default"]
    connection.close()
    before, connection.settings_dict["NAME"] = connection.settings_dict["NAME"], str(path)
    try:
        call_command("migrate", verbosity=0, interactive=False)
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before


def _seconds(work: Callable[[Path], object], folder: Path) -> float:
    start = time.perf_counter()
    work(folder)
    return time.perf_counter() - start
