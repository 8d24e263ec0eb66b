"""Writes validated content into the database: matched by slug, unchanged rows left alone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

from django.db import models
from django.urls import reverse

from directory.models import (
    Benchmark,
    Category,
    Change,
    Metric,
    PageText,
    Priority,
    Question,
    Redirect,
    Relation,
    Segment,
    Source,
    Stage,
)

from . import schema
from .read import Folder
from .render import Renderer, cited_in, plain

RENDERING = 5  # raise it when texts are set differently, so that unchanged files are set again


@dataclass(frozen=True)
class Counts:
    """What a load did to one kind of thing."""

    kind: str
    added: int
    changed: int
    unchanged: int
    removed: int

    @property
    def has_effect(self) -> bool:
        return bool(self.added or self.changed or self.removed)

    def __str__(self) -> str:
        total = self.added + self.changed + self.unchanged
        removed = f", {self.removed} removed" if self.removed else ""
        return (
            f"{total} {self.kind}: {self.added} added, {self.changed} changed, {self.unchanged} unchanged{removed}"
        )


def _metric_url(slug: str) -> str:
    return reverse("directory:metric-detail", args=[slug])


def store(folder: Folder) -> list[Counts]:
    """Make the directory's rows equal to a folder without problems. The caller holds the transaction."""
    documents = {name: each.content for name, each in folder.documents.items()}
    plain_text = Renderer(_metric_url)
    categories = cast(schema.CategoriesFile, documents["categories.yaml"]).categories
    segments = cast(schema.SegmentsFile, documents["segments.yaml"])
    stages = cast(schema.StagesFile, documents["stages.yaml"])
    order = cast(schema.OrderFile, documents["order.yaml"])
    faqs = cast(schema.FaqsFile, documents["faqs.yaml"])
    redirects = cast(schema.RedirectsFile, documents["redirects.yaml"])
    search = cast(schema.SearchFile, documents["search.yaml"])
    changes = cast(schema.ChangesFile, documents["changes.yaml"])

    _sync(Category, (_category(plain_text, each, place) for place, each in enumerate(categories)), keep=True)
    _sync(Segment, (_segment(plain_text, each, place) for place, each in enumerate(segments.segments)))
    _sync(Stage, (_stage(plain_text, each, place) for place, each in enumerate(stages.stages)))
    metrics = _sync_metrics(folder, order)
    Category.objects.exclude(slug__in=[each.slug for each in categories]).delete()
    questions = _sync(Question, _questions(plain_text, faqs))
    pages = {slug: document.content for slug, document in folder.pages().items()}
    texts = [PageText(slug=slug, page=plain_text.model(cast(schema.Page, page))) for slug, page in pages.items()]
    texts.append(
        PageText(
            slug="shared",
            page={
                "segments_note": plain_text.text(segments.note, "text"),
                "stages_lead": plain_text.text(stages.lead, "line"),
            },
        )
    )
    texts.append(PageText(slug="search", page=search.model_dump(mode="json")))
    pages_done = _sync(PageText, texts)
    _sync(Redirect, [Redirect(old=old, new=new) for old, new in redirects.metrics.items()])
    _sync(Change, [_change(plain_text, each, place) for place, each in enumerate(changes.changes)])
    return [metrics, _named(questions, "questions"), _named(pages_done, "texts")]


def _named(counts: Counts, kind: str) -> Counts:
    return Counts(kind, counts.added, counts.changed, counts.unchanged, counts.removed)


def _sync(model: type[models.Model], wanted: Iterable[models.Model], *, keep: bool = False) -> Counts:
    """Make a small table equal to `wanted`, matched by primary key. With `keep`, extra rows stay for now."""
    existing = {row.pk: row for row in model._default_manager.all()}
    fields = [field.attname for field in model._meta.concrete_fields]
    added, changed, unchanged = 0, 0, 0
    for row in wanted:
        old = existing.pop(row.pk, None)
        if old is None:
            row.save(force_insert=True)
            added += 1
        elif any(getattr(row, name) != getattr(old, name) for name in fields):
            row.save(force_update=True)
            changed += 1
        else:
            unchanged += 1
    if not keep:
        model._default_manager.filter(pk__in=list(existing)).delete()
    return Counts(model.__name__.lower(), added, changed, unchanged, 0 if keep else len(existing))


def _category(renderer: Renderer, content: schema.Category, place: int) -> Category:
    return Category(position=place, **renderer.model(content))


def _segment(renderer: Renderer, content: schema.CustomerSegment, place: int) -> Segment:
    return Segment(position=place, **renderer.model(content))


def _stage(renderer: Renderer, content: schema.MaturityStage, place: int) -> Stage:
    page = renderer.model(content)
    return Stage(slug=page.pop("slug"), position=place, name=page.pop("name"), line=page.pop("line"), page=page)


def _change(renderer: Renderer, content: schema.Change, place: int) -> Change:
    made = renderer.model(content)
    return Change(
        slug=made["id"],
        position=place,
        date=content.date,
        kind=made["kind"],
        title=made["title"],
        text=made["text"] or "",
        metrics=made["metrics"],
    )


def _questions(renderer: Renderer, faqs: schema.FaqsFile) -> list[Question]:
    rows: list[Question] = []
    for group in faqs.groups:
        for each in group.questions:
            answer = renderer.text(each.answer, "prose")
            rows.append(
                Question(
                    slug=each.slug,
                    position=len(rows),
                    group=renderer.text(group.name, "line"),
                    group_lead=renderer.text(group.lead, "line"),
                    question=renderer.text(each.question, "line"),
                    answer=answer,
                    plain_answer=plain(answer),
                    pages=list(each.pages),
                )
            )
    return rows


# -- Metrics --


def _sync_metrics(folder: Folder, order: schema.OrderFile) -> Counts:
    """Write the metrics whose digest changed, with everything that hangs on them."""
    places = {
        name: {slug: place for place, slug in enumerate(getattr(order, name))}
        for name in ("directory", *schema.STAGES)
    }
    known = dict(Metric.objects.values_list("slug", "digest"))
    new: list[Metric] = []
    changed: list[Metric] = []
    contents: dict[str, schema.Metric] = {}
    for slug, document in folder.metrics().items():
        content = cast(schema.Metric, document.content)
        place = {name: ranks[slug] for name, ranks in places.items()}
        digest = _digest(content, place)
        if known.get(slug) == digest:
            continue
        contents[slug] = content
        (changed if slug in known else new).append(_metric(slug, content, place, digest))
    removed = set(known) - set(folder.metrics())
    Metric.objects.filter(slug__in=removed).delete()
    Metric.objects.bulk_create(new, batch_size=200)
    fields = [field.name for field in Metric._meta.concrete_fields if not field.primary_key]
    if changed:
        Metric.objects.bulk_update(changed, fields, batch_size=100)
        for related in (Priority, Relation, Benchmark, Source):
            related._default_manager.filter(metric__in=[each.slug for each in changed]).delete()
    written = [*new, *changed]
    Priority.objects.bulk_create(
        [row for each in written for row in _priorities(each, contents[each.slug], places)], batch_size=500
    )
    Relation.objects.bulk_create([row for each in written for row in _relations(each)], batch_size=500)
    _store_evidence(written, contents)
    unchanged = len(folder.metrics()) - len(written)
    return Counts("metrics", len(new), len(changed), unchanged, len(removed))


def _digest(content: schema.Metric, place: dict[str, int]) -> str:
    text = json.dumps([RENDERING, place, content.model_dump(mode="json", by_alias=True)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _numbers(content: schema.Metric) -> dict[str, int]:
    return {source.id: number for number, source in enumerate(content.sources, start=1)}


def _metric(slug: str, content: schema.Metric, place: dict[str, int], digest: str) -> Metric:
    page = Renderer(_metric_url, _numbers(content)).model(content)
    return Metric(
        slug=slug,
        position=place["directory"],
        name=page["name"],
        abbreviation=page["abbreviation"] or "",
        summary=page["summary"],
        category_id=content.category,
        also_in_id=content.also_in,
        unit=content.unit,
        direction=content.direction,
        indicator=content.indicator,
        cadence=content.cadence.every,
        changed=content.changed,
        data=content.model_dump(mode="json", by_alias=True),
        page=page,
        digest=digest,
    )


def _priorities(metric: Metric, content: schema.Metric, places: dict[str, dict[str, int]]) -> list[Priority]:
    return [
        Priority(
            metric=metric,
            stage_id=stage,
            stage_position=position,
            level=getattr(content.stages, stage).priority,
            rank=places[stage][metric.slug] + 1,
            reason=metric.page["stages"][stage]["reason"],
            detail={key: metric.page["stages"][stage][key] for key in ("guidance", "actions", "ready_when")},
        )
        for position, stage in enumerate(schema.STAGES)
    ]


def _relations(metric: Metric) -> list[Relation]:
    return [
        Relation(metric=metric, other_id=row["metric"], kind=row["relation"], why=row["why"], position=position)
        for position, row in enumerate(metric.page["related"])
    ]


def _store_evidence(metrics: Sequence[Metric], contents: dict[str, schema.Metric]) -> None:
    """Sources, benchmark rows, and which rest on which."""
    sources = [row for metric in metrics for row in _sources(metric, contents[metric.slug])]
    Source.objects.bulk_create(sources, batch_size=500)
    by_key = {(each.metric_id, each.key): each for each in sources}
    rows = [row for metric in metrics for row in _benchmarks(metric, contents[metric.slug])]
    Benchmark.objects.bulk_create(rows, batch_size=500)
    cited = Benchmark.sources.through
    cited._default_manager.bulk_create(
        [
            cited(benchmark_id=row.pk, source_id=by_key[row.metric_id, key].pk)
            for row in rows
            for key in contents[row.metric_id].benchmarks[row.position].sources
        ],
        batch_size=500,
    )


def _sources(metric: Metric, content: schema.Metric) -> list[Source]:
    places = cited_in(content)
    return [
        Source(
            metric=metric,
            key=row["id"],
            number=number,
            publisher=row["publisher"],
            title=row["title"],
            year=row["year"],
            link=row["link"] or "",
            via=row["via"] or "",
            sample=row["sample"],
            finding=row["finding"],
            cited_in=places.get(row["id"], []),
        )
        for number, row in enumerate(metric.page["sources"], start=1)
    ]


def _benchmarks(metric: Metric, content: schema.Metric) -> list[Benchmark]:
    rows = []
    for position, (row, page) in enumerate(zip(content.benchmarks, metric.page["benchmarks"], strict=True)):
        low, high = row.typical or (None, None)
        rows.append(
            Benchmark(
                metric=metric,
                position=position,
                segment_id=None if row.segment == "all" else row.segment,
                qualifier=page["qualifier"] or "",
                whom=page["whom"] or "",
                arr_min=row.arr_band.min if row.arr_band else None,
                arr_max=row.arr_band.max if row.arr_band else None,
                measures=page["measures"]["label"] if row.measures else "",
                phrase=(page["measures"]["phrase"] if row.measures else None) or "",
                variant=(row.measures.variant if row.measures else None) or "",
                unit=row.measures.unit if row.measures else metric.unit,
                direction=row.measures.direction if row.measures else metric.direction,
                median=_exact(row.median),
                point=_exact(row.point),
                weak=_exact(row.weak),
                low=_exact(low),
                high=_exact(high),
                strong=_exact(row.strong),
                basis=row.basis,
                year=row.year,
                confidence=row.confidence,
                treat_as=row.treat_as or "",
                because=page["because"] or "",
                note=page["note"],
            )
        )
    return rows


def _exact(value: Any) -> Decimal | None:
    return None if value is None else Decimal(value)
