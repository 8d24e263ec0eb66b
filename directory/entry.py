"""A metric page's parts: the worked example as an account, variants, examples, relations, sources."""

from __future__ import annotations

import datetime
from typing import Any

from django.db.models import Prefetch, prefetch_related_objects
from django.urls import reverse

from . import calculator, evidence, formula, verdict, words
from .forms import PageQuery
from .models import Benchmark, ContentVersion, Metric, Priority, Relation, Segment, Source
from .structured import address

# Anchor and title of each section, in the order of the page.
CONTENTS = {
    "definition": "Definition",
    "formula": "Formula",
    "calculator": "Your number",
    "benchmarks": "Benchmarks",
    "stages": "By stage",
    "mistakes": "Mistakes",
    "limits": "When not to trust it",
    "data": "Data needed",
    "related": "Related",
    "sources": "Sources",
    "reuse": "Cite and reuse",
}
# The section that shows a key of the content file, where that is not a section of the same name.
SHOWN_IN = {
    "example": "formula",
    "public_examples": "formula",
    "caution": "benchmarks",
    "published_points": "benchmarks",
    "segment_notes": "benchmarks",
}
EMBED_SIZE = (420, 520)  # pixels in which the longest card still fits, in fonts that run wide too


def contents(*, has_related: bool) -> list[tuple[str, str]]:
    """Anchor and title of the sections that the page has."""
    return [(anchor, title) for anchor, title in CONTENTS.items() if anchor != "related" or has_related]


def benchmark_rows(metric: Metric, segments: list[Segment]) -> list[Benchmark]:
    """The rows of a metric, with segments fetched before."""
    by_slug = {each.slug: each for each in segments}
    rows = list(metric.benchmarks.all())
    for row in rows:
        row.segment = by_slug[row.segment_id] if row.segment_id else None
    return rows


def cited(metric: Metric, rows: list[Benchmark], sources: list[Source]) -> dict[int, list[Source]]:
    """The sources of each row, by the row's key, in the order of their numbers."""
    by_key = {each.key: each for each in sources}
    keys = [row["sources"] for row in metric.data["benchmarks"]]
    return {
        row.pk: sorted((by_key[key] for key in keys[row.position]), key=lambda each: each.number) for row in rows
    }


def own_value(number: calculator.Calculator, rows: list[Benchmark]) -> evidence.Own | None:
    """The reader's result, for the rows that measure exactly what was computed; none that they cannot judge."""
    if number.answer is None or number.answer.doubt:
        return None
    definition = number.calculation.definition
    measuring = frozenset(row.pk for row in verdict.about(rows, definition.unit, definition.measure))
    return evidence.Own(number.answer.value, number.answer.shown, measuring)


def neighbors(metric: Metric, at_stage: Priority | None) -> tuple[Metric | None, Metric | None]:
    """The metrics before and after this one, in the order of the stage or of the directory."""
    if at_stage:
        near = Metric.objects.ranked_near(at_stage)
        return near.get(at_stage.rank - 1), near.get(at_stage.rank + 1)
    place = metric.position
    by_place = {each.position: each for each in Metric.objects.placed_near(metric)}
    return by_place.get(place - 1), by_place.get(place + 1)


def range_words(bounds: dict[str, Any], unit: str) -> str:
    low, high = bounds["min"], bounds["max"]
    if low is not None and high is not None:
        return f"from {words.number(low)} to {words.number(high)}"
    if low is not None:
        return f"from {words.number(low)}, no upper limit"
    return "no limit"


def ledger(metric: Metric) -> list[calculator.AccountLine]:
    """The worked example line by line."""
    own = calculator.definitions(metric)[""]
    defaults = {each.name: each.default for each in own.inputs if each.default is not None}
    return calculator.ledger(own, {**defaults, **own.example})


def variant(metric: Metric, variant: dict[str, Any]) -> dict[str, Any]:
    """A competing definition, with its formula in signs where it has one."""
    made = {"name": variant["name"], "note": variant["note"], "spelled": ""}
    if variant["expression"]:
        inputs = [*metric.page["formula"]["inputs"], *variant["inputs"]]
        terms = {each["name"]: each["term"] for each in inputs}
        made["spelled"] = formula.spelled(formula.parse(variant["expression"], terms), terms)
    return made


def public_example(metric: Metric, example: dict[str, Any]) -> dict[str, Any]:
    """A worked example found elsewhere, with the inputs and the stated result as printed."""
    variants = {each["id"]: each for each in metric.page["formula"]["variants"]}
    variant = variants.get(example["variant"]) if example["variant"] else None
    inputs = [*metric.page["formula"]["inputs"], *(variant["inputs"] if variant else [])]
    known = {each["name"]: each for each in inputs}
    given = ", ".join(
        f"{known[name]['term']} {words.input_value(value, known[name]['unit'])}"
        for name, value in example["inputs"].items()
    )
    unit = variant["unit"] if variant else metric.unit
    result = words.figure(example["result"], unit) if unit != "currency" else words.number(example["result"])
    return {**example, "given": given, "stated": result, "variant_name": variant["name"] if variant else ""}


def point(point: dict[str, Any], sources: list[Source]) -> dict[str, Any]:
    source = next(each for each in sources if each.key == point["source"])
    return {**point, "shown": words.figure(point["value"], point["unit"]), "source": source}


def related(metric: Metric) -> list[tuple[Metric, str, str]]:
    """The related metrics, named here or there: each with what it is to this one, and why."""
    found: dict[str, tuple[Metric, str, str]] = {}
    for row in Relation.objects.involving(metric):
        if row.metric_id == metric.slug:
            found[row.other_id] = (row.other, words.RELATIONS[row.kind], row.why)
        else:
            mirrored = words.RELATIONS[words.MIRRORED[row.kind]]
            found.setdefault(row.metric_id, (row.metric, mirrored, row.why))
    levels = Prefetch("priorities", Priority.objects.only("metric", "stage", "stage_position", "level"))
    prefetch_related_objects([other for other, _, _ in found.values()], levels)
    return list(found.values())


def source(source: Source, today: datetime.date) -> dict[str, Any]:
    """A source with what is said about it: its age, and the sections that cite it."""
    anchors = dict.fromkeys(SHOWN_IN.get(key, key) for key in source.cited_in)
    return {
        "row": source,
        "is_old": evidence.is_old(source.year, today),
        "sections": [(anchor, CONTENTS[anchor]) for anchor in anchors if anchor in CONTENTS],
    }


# -- Reuse --


def citation(metric: Metric, version: ContentVersion | None) -> str:
    """`“Net Revenue Retention.” CS Metrics, content version 0123456789ab, last changed November 23, 2026. …`"""
    named = f", content version {version.short}" if version else ""
    changed = f"{metric.changed:%B} {metric.changed.day}, {metric.changed.year}"
    where = address(metric.get_absolute_url())
    return f"“{metric.name}.” CS Metrics{named}, last changed {changed}. {where}. CC BY 4.0."


def embed_path(metric: Metric, stage: str | None) -> str:
    return reverse("directory:embed", args=[metric.slug]) + PageQuery(stage=stage).query_string


def embed_snippet(metric: Metric, stage: str | None) -> str:
    """The HTML that shows the card of a metric elsewhere: without a second edge, never wider than its place."""
    width, height = EMBED_SIZE
    return (
        f'<iframe src="{address(embed_path(metric, stage))}" title="{metric.name}, CS Metrics" '
        f'width="{width}" height="{height}" loading="lazy" style="border:0;max-width:100%"></iframe>'
    )
