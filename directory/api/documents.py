"""Rows as open data: each document's items, made with a fixed number of queries.

A document says what its items are and how to get them. The views, schemas, index, readable page and OpenAPI
description are made of that, here for the directory and in `assessment/api.py` for the assessment.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.urls import reverse
from pydantic import BaseModel, create_model

from directory import formula, words
from directory.loader import schema
from directory.loader.render import plain
from directory.models import Change, ContentVersion, Metric, Priority, Relation, Source, Stage
from directory.structured import address

from . import models as api
from .text import plain_prose, plain_text, typed, typed_in

LICENSE = api.License(
    name="CC-BY-4.0",
    url="https://creativecommons.org/licenses/by/4.0/",
    credit="CS Metrics, CC BY 4.0",
)


@dataclass(frozen=True)
class Document:
    """One kind of document: its name in the address, its items, and how to make them."""

    name: str
    title: str
    item: type[BaseModel]
    items: Callable[[], Sequence[BaseModel]]
    is_table: bool = False  # whether it comes as CSV as well
    item_view: str = ""  # of one item alone

    @property
    def envelope(self) -> type[api.Envelope[Any]]:
        return _envelope(self.name, self.item)

    @property
    def path(self) -> str:
        base = reverse("api:index")
        return base if self.name == "index" else f"{base}{self.name}.json"

    @property
    def table_path(self) -> str:
        return f"{reverse('api:index')}{self.name}.csv"

    @property
    def item_path(self) -> str:
        """Path of one item alone, with `{slug}` where its slug goes; empty where there is none."""
        return reverse(self.item_view, args=["SLUG"]).replace("SLUG", "{slug}") if self.item_view else ""

    def around(self, items: Sequence[BaseModel], version: ContentVersion) -> api.Envelope[Any]:
        """The items in their envelope."""
        return self.envelope(
            schema_address=schema_address(self.name),
            schema_version=api.SCHEMA_VERSION,
            content_version=version.short,
            generated=version.loaded_at.replace(microsecond=0),
            license=LICENSE,
            count=len(items),
            items=list(items),
        )


_envelopes: dict[str, type[api.Envelope[Any]]] = {}


def _envelope(name: str, item: type[BaseModel]) -> type[api.Envelope[Any]]:
    """The envelope's class, under a name that reads well in a schema: `MetricsDocument`."""
    if name not in _envelopes:
        base: type[api.Envelope[Any]] = api.Envelope[item]  # type: ignore[valid-type]
        _envelopes[name] = create_model(f"{name.capitalize()}Document", __base__=base)
    return _envelopes[name]


def schema_address(name: str) -> str:
    return address(reverse("api:schema", args=[name]))


def metric_address(slug: str) -> str:
    return address(reverse("directory:metric-detail", args=[slug]))


def _content(row: Metric) -> schema.Metric:
    """The content of a metric as it was validated; numbers come back as the decimals that were typed."""
    return schema.Metric.model_validate_json(json.dumps(typed_in(row.data)), strict=False)


def _or_none(text: str | None) -> str | None:
    return None if text is None else plain_text(text)


# -- Metrics --


def metrics(slug: str | None = None) -> list[api.Metric]:
    """Every metric in the order of the directory, or the one with this slug."""
    rows = Metric.objects.select_related("category").prefetch_related("priorities").defer("page")
    found = list(rows.filter(slug=slug) if slug else rows)
    changes = list(Change.objects.all()) if found else []
    relations = list(Relation.objects.select_related("metric", "other").only(*_RELATION)) if found else []
    return [_metric(row, relations, changes) for row in found]


_RELATION = ("kind", "why", "position", "metric__position", "other__position")


def _metric(row: Metric, relations: Sequence[Relation], changes: Iterable[Change]) -> api.Metric:
    content, slug = _content(row), row.slug
    return api.Metric(
        slug=slug,
        name=content.name,
        abbreviation=content.abbreviation,
        also_known_as=content.also_known_as,
        category=content.category,
        category_name=row.category.name,
        also_in=content.also_in,
        summary=content.summary,
        url=metric_address(slug),
        definition=api.Definition(
            lead=content.definition.lead,
            counts=list(map(plain_text, content.definition.counts)),
            excludes=list(map(plain_text, content.definition.excludes)),
            edge_cases=[
                api.EdgeCase(case=plain_text(each.case), rule=plain_text(each.rule))
                for each in content.definition.edge_cases
            ],
        ),
        unit=content.unit,
        direction=content.direction,
        indicator=content.indicator,
        cadence=api.Cadence(every=content.cadence.every, note=content.cadence.note),
        owner=api.Owner(who=content.owner.who, note=content.owner.note),
        range=api.Range(min=content.range.min, max=content.range.max),
        formula=_formula(content.formula),
        example=api.Example(
            story=plain_text(content.example.story),
            inputs=_given(content.example.inputs),
            result=content.example.result,
            reading=plain_text(content.example.reading),
        ),
        public_examples=[
            api.PublicExample(
                publisher=each.publisher,
                link=each.link,
                variant=each.variant,
                inputs=_given(each.inputs),
                result=each.result,
                tolerance=each.tolerance,
                agrees=each.agrees,
                note=plain_text(each.note),
            )
            for each in content.public_examples
        ],
        benchmarks=_benchmarks(row, content),
        caution=plain_prose(content.caution),
        published_points=[
            api.PublishedPoint(
                what=each.what,
                population=each.population,
                value=each.value,
                unit=each.unit,
                source=each.source,
                note=_or_none(each.note),
            )
            for each in content.published_points
        ],
        segment_notes=[
            api.SegmentNote(segment="smb", note=plain_text(content.segment_notes.smb)),
            api.SegmentNote(segment="mid-market", note=plain_text(content.segment_notes.mid_market)),
            api.SegmentNote(segment="enterprise", note=plain_text(content.segment_notes.enterprise)),
        ],
        data_needed=[
            api.DataField(field=each.field, system=each.system, why=each.why) for each in content.data_needed
        ],
        mistakes=[
            api.Mistake(mistake=each.mistake, why=plain_text(each.why), instead=plain_text(each.instead))
            for each in content.mistakes
        ],
        limits=plain_prose(content.limits),
        related=_related(slug, relations),
        stages=[_at_stage(each, content) for each in row.profile],
        sources=[_cited(number, each) for number, each in enumerate(content.sources, start=1)],
        changed=content.changed,
        changes=[change(each) for each in changes if not each.metrics or slug in each.metrics],
    )


def _formula(content: schema.Formula) -> api.Formula:
    terms = {each.name: each.term for each in content.inputs}
    return api.Formula(
        expression=content.expression,
        spelled=formula.spelled(formula.parse(content.expression, terms), terms),
        words=plain_text(content.words),
        inputs=list(map(_input, content.inputs)),
        undefined=content.undefined,
        constraints=list(map(_constraint, content.constraints)),
        rules=list(map(plain_text, content.rules)),
        variants=[
            api.Variant(
                name=each.name,
                note=plain_text(each.note),
                id=each.id,
                expression=each.expression,
                unit=each.unit,
                inputs=list(map(_input, each.inputs)),
                undefined=each.undefined,
                same_as_metric=each.same_as_metric,
                range=api.Range(min=each.range.min, max=each.range.max) if each.range else None,
                constraints=list(map(_constraint, each.constraints)),
                example=api.VariantExample(inputs=_given(each.example.inputs), result=each.example.result)
                if each.example
                else None,
            )
            for each in content.variants
        ],
    )


def _constraint(content: schema.Constraint) -> api.Constraint:
    return api.Constraint(rule=content.rule, input=content.field, message=content.message)


def _input(content: schema.Input) -> api.Input:
    return api.Input(
        name=content.name,
        label=content.label,
        term=content.term,
        unit=content.unit,
        min=content.min,
        max=content.max,
        default=content.default,
        help=content.help,
    )


def _given(inputs: Mapping[str, Decimal]) -> list[api.Given]:
    return [api.Given(input=name, value=value) for name, value in inputs.items()]


def _related(slug: str, relations: Sequence[Relation]) -> list[api.Related]:
    """As on the page: what the metric says itself, then what others say of it, each metric once."""
    found = {
        each.other_id: api.Related.model_validate(
            {"metric": each.other_id, "relation": each.kind, "why": typed(each.why)}
        )
        for each in relations
        if each.metric_id == slug
    }
    for each in sorted(relations, key=lambda row: (row.position, row.metric.position)):
        if each.other_id == slug and each.metric_id not in found:
            mirrored = words.MIRRORED[each.kind]
            found[each.metric_id] = api.Related.model_validate(
                {"metric": each.metric_id, "relation": mirrored, "why": typed(each.why)}
            )
    return list(found.values())


def _at_stage(row: Priority, content: schema.Metric) -> api.MetricStage:
    said: schema.StageGuidance = getattr(content.stages, row.stage_id)
    return api.MetricStage.model_validate(
        {
            "stage": row.stage_id,
            "level": row.level,
            "rank": row.rank,
            "is_focus": row.is_focus,
            "reason": said.reason,
            "guidance": plain_text(said.guidance),
            "actions": said.actions,
            "ready_when": said.ready_when,
        }
    )


def _cited(number: int, content: schema.Source) -> api.MetricSource:
    return api.MetricSource(
        id=content.id,
        number=number,
        publisher=content.publisher,
        title=content.title,
        year=content.year,
        link=content.link,
        read=content.read,
        via=content.via,
        sample=content.sample,
        finding=content.finding,
    )


def change(row: Change) -> api.Change:
    return api.Change.model_validate(
        {
            "id": row.slug,
            "date": row.date,
            "kind": row.kind,
            "title": typed(row.title),
            "text": typed(plain(row.text)) or None,
            "metrics": row.metrics,
        }
    )


# -- Benchmarks --


def benchmarks() -> list[api.Benchmark]:
    rows = Metric.objects.only("slug", "name", "position", "data")
    return [each for row in rows for each in _benchmarks(row, _content(row))]


def _benchmarks(row: Metric, content: schema.Metric) -> list[api.Benchmark]:
    return [_benchmark(row.slug, content, place) for place in range(len(content.benchmarks))]


def _benchmark(slug: str, content: schema.Metric, place: int) -> api.Benchmark:
    row = content.benchmarks[place]
    low, high = row.typical or (None, None)
    return api.Benchmark(
        id=f"{slug}:{row.id}",
        metric=slug,
        metric_name=content.name,
        segment=row.segment,
        arr_min=row.arr_band.min if row.arr_band else None,
        arr_max=row.arr_band.max if row.arr_band else None,
        population=row.qualifier,
        measures=row.measures.label if row.measures else None,
        variant=row.measures.variant if row.measures else None,
        unit=row.measures.unit if row.measures else content.unit,
        direction=row.measures.direction if row.measures else content.direction,
        weak=row.weak,
        typical_low=low,
        typical_high=high,
        strong=row.strong,
        median=row.median,
        point=row.point,
        basis=row.basis,
        year=row.year,
        confidence=row.confidence,
        treat_as=row.treat_as,
        because=row.because,
        sources=row.sources,
        note=plain_text(row.note),
        url=f"{metric_address(slug)}#benchmark-{place + 1}",
    )


# -- Priorities, stages, sources --


def priorities() -> list[api.PriorityRow]:
    """Stage by stage, in rank order."""
    metrics = Metric.objects.only("slug", "data").prefetch_related("priorities")
    rows = [(row, metric.data) for metric in metrics for row in metric.priorities.all()]
    rows.sort(key=lambda pair: (pair[0].stage_position, pair[0].rank))
    return [
        api.PriorityRow.model_validate(
            {
                "id": f"{row.metric_id}:{row.stage_id}",
                "metric": row.metric_id,
                "metric_name": typed(data["name"]),
                "stage": row.stage_id,
                "level": row.level,
                "rank": row.rank,
                "is_focus": row.is_focus,
                "reason": typed(data["stages"][row.stage_id]["reason"]),
                "url": f"{metric_address(row.metric_id)}?stage={row.stage_id}#stages",
            }
        )
        for row, data in rows
    ]


def stages() -> list[api.MaturityStage]:
    focus: dict[str, list[str]] = {}
    for row in Priority.objects.filter(rank__lte=Priority.FOCUS):
        focus.setdefault(row.stage_id, []).append(row.metric_id)
    return [_stage(row, focus.get(row.slug, [])) for row in Stage.objects.all()]


def _stage(row: Stage, focus: list[str]) -> api.MaturityStage:
    return api.MaturityStage.model_validate(
        {
            "slug": row.slug,
            "position": row.position + 1,
            "name": row.name,
            "line": typed(row.line),
            "description": typed(plain(row.page["description"])),
            **{key: typed(row.page[key]) for key in ("profile", "hold_off", "unlocks_next")},
            **{key: list(map(typed, row.page[key])) for key in ("signals", "work_on")},
            "focus": focus,
            "url": address(row.get_absolute_url()),
        }
    )


def sources() -> list[api.Source]:
    """Each publication once, by publisher, with what every metric takes from it."""
    publications: dict[str, list[Source]] = {}
    for row in Source.objects.with_use():
        publications.setdefault(row.key, []).append(row)
    made = [
        api.Source(
            id=key,
            publisher=typed(rows[0].publisher),
            title=typed(rows[0].title),
            year=rows[0].year,
            link=next((row.link for row in rows if row.link), None),
            uses=[_use(row) for row in rows],
        )
        for key, rows in publications.items()
    ]
    return sorted(made, key=lambda each: (each.publisher.lower(), -(each.year or 0), each.id))


def _use(row: Source) -> api.SourceUse:
    return api.SourceUse(
        metric=row.metric_id,
        read="second-hand" if row.via else "first-hand",
        via=typed(row.via) or None,
        sample=typed(row.sample),
        finding=typed(row.finding),
        benchmark_rows=getattr(row, "row_count", 0),
        url=f"{metric_address(row.metric_id)}#source-{row.number}",
    )


METRICS = Document(
    "metrics",
    "Every metric whole: definition, formula, benchmarks, guidance, sources",
    api.Metric,
    metrics,
    item_view="api:metric",
)

DOCUMENTS = (
    METRICS,
    Document(
        "benchmarks", "One row for each metric, segment and ARR band", api.Benchmark, benchmarks, is_table=True
    ),
    Document(
        "priorities",
        "Level, rank and reason of each metric at each stage",
        api.PriorityRow,
        priorities,
        is_table=True,
    ),
    Document("stages", "The three maturity stages and their focus", api.MaturityStage, stages),
    Document("sources", "Each publication, and what every metric takes from it", api.Source, sources),
)
