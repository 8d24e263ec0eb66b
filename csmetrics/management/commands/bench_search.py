"""`manage.py bench_search`: latency of the header search per keystroke, through the view, as the content grows."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.test import Client

from csmetrics.content import load
from directory import search
from directory.models import ContentVersion, Metric, Priority

from .bench_load import own_database

PHRASES = ("net revenue retention", "churn", "onbording", "retnetion", "time to value", "dau/mau", "health score")


class Command(BaseCommand):
    help = "Time each keystroke of a few typed phrases through the search view, at several numbers of metrics."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("counts", nargs="*", type=int, default=[24, 1_000, 10_000], help="numbers of metrics")
        parser.add_argument(
            "--rounds", type=int, default=3, help="times each phrase is typed (default: %(default)s)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        client = Client(headers={"host": settings.ALLOWED_HOSTS[0], "hx-request": "true"})
        self.stdout.write("metrics  index built  keystrokes      p50      p95  slowest")
        with tempfile.TemporaryDirectory() as folder, own_database(Path(folder) / "bench.sqlite3"):
            load(settings.CONTENT_DIR)
            for count in sorted(options["counts"]):
                multiply(count)
                start = time.perf_counter()
                search.current_index()
                built = time.perf_counter() - start
                times = sorted(_typing(client, options["rounds"]))
                p50, p95 = statistics.median(times), times[int(len(times) * 0.95)]
                speeds = f"{p50:5.1f} ms  {p95:5.1f} ms  {times[-1]:4.1f} ms"
                self.stdout.write(f"{count:7}  {built:9.2f} s  {len(times):10}  {speeds}")


def _typing(client: Client, rounds: int) -> list[float]:
    """Milliseconds of each request while the phrases are typed letter by letter."""
    times = []
    for _ in range(rounds):
        for phrase in PHRASES:
            for end in range(1, len(phrase) + 1):
                start = time.perf_counter()
                response = client.get("/search/", {"q": phrase[:end]})
                times.append((time.perf_counter() - start) * 1000)
                if response.status_code != 200:
                    raise RuntimeError(f"{phrase[:end]!r} gave {response.status_code}")
    return times


def multiply(count: int) -> None:
    """Fill the database up to `count` metrics with copies of the shipped ones under new slugs and names."""
    originals = list(Metric.objects.prefetch_related("priorities").order_by("position")[:24])
    have = Metric.objects.count()
    metrics, priorities = [], []
    for number in range(have, count):
        original = originals[number % len(originals)]
        metric = Metric.objects.model(
            **{field.attname: getattr(original, field.attname) for field in Metric._meta.concrete_fields}
        )
        metric.slug, metric.position = f"{original.slug}-{number}", number
        metric.name, metric.abbreviation = f"{original.name} {number}", ""
        metrics.append(metric)
        priorities += [
            Priority(
                metric=metric,
                stage_id=each.stage_id,
                stage_position=each.stage_position,
                level=each.level,
                rank=each.rank + number,
                reason=each.reason,
                detail=each.detail,
            )
            for each in original.priorities.all()
        ]
    Metric.objects.bulk_create(metrics, batch_size=200)
    Priority.objects.bulk_create(priorities, batch_size=500)
    ContentVersion.objects.update(digest=f"{count} metrics")
