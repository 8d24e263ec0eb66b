"""What a content file may contain: one frozen class a mapping, strict, unknown keys refused.

Checks that need a second key or a second file are in `checks.py`; how text becomes HTML is in `render.py`.
`content/README.md` explains the same keys to editors, and `schemas/` holds them as JSON Schema for their tools.
"""

from __future__ import annotations

import datetime
import re
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)

# -- Kinds of value --


@dataclass(frozen=True)
class Markup:
    """How a text is set: `line` is plain, `text` one paragraph with marks, `prose` paragraphs."""

    kind: Literal["line", "text", "prose"]


def _one_line(text: str) -> str:
    if "\n" in text:
        raise ValueError("expected one line")
    return text


def _figure(value: object) -> object:
    """Numbers arrive as int or Decimal; both are kept as the Decimal that was typed."""
    return Decimal(value) if type(value) is int else value


def _date(value: object) -> object:
    if not isinstance(value, str):
        return value
    if re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", value):  # fromisoformat alone takes weeks and runs of digits too
        with suppress(ValueError):
            return datetime.date.fromisoformat(value)
    raise ValueError("expected a date as YYYY-MM-DD")


def _address(text: str) -> str:
    if not re.fullmatch(r"https?://[^\s<>\"'`\\]+\.[^\s<>\"'`\\]+", text):
        raise ValueError("expected a web address that starts with https:// or http://")
    return text


Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Line = Annotated[Words, AfterValidator(_one_line), Markup("line")]
Code = Annotated[Words, AfterValidator(_one_line)]  # arithmetic: never touched by typography
Text = Annotated[Words, Markup("text")]
Prose = Annotated[Words, Markup("prose")]

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
# Of a benchmark row: `smb:bessemer-2019`, what it is about and its source.
RowId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+([:-][a-z0-9]+)*$", max_length=140)]
InputName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
Address = Annotated[str, AfterValidator(_address)]
Figure = Annotated[
    Decimal,
    Field(max_digits=16, decimal_places=4),  # what a row of the database holds
    BeforeValidator(_figure),
    WithJsonSchema({"type": "number"}),
    PlainSerializer(lambda value: int(value) if value == int(value) else float(value), when_used="json"),
]
Year = Annotated[int, Field(ge=1990, le=2100)]
Date = Annotated[datetime.date, BeforeValidator(_date)]

# The categories, closed because the open data promises them. Their names and order are in `categories.yaml`.
CategorySlug = Literal["revenue", "retention", "onboarding", "health", "usage", "sentiment", "ai-automation"]
Segment = Literal["smb", "mid-market", "enterprise", "all"]
Stage = Literal["crawl", "walk", "run"]
Priority = Literal["high", "medium", "low"]
Unit = Literal["percent", "currency", "days", "months", "ratio", "score", "count"]
InputUnit = Literal["percent", "currency", "days", "months", "years", "ratio", "score", "count"]
Direction = Literal["higher-is-better", "lower-is-better", "target-range"]
Basis = Literal["published", "derived", "practitioner"]
Confidence = Literal["high", "medium", "low"]
RelationKind = Literal[
    "part-of",
    "contains",
    "drives",
    "driven-by",
    "guards",
    "guarded-by",
    "base-of",
    "built-on",
    "same-question",
    "read-with",
]

STAGES: tuple[Stage, ...] = ("crawl", "walk", "run")
SEGMENTS: tuple[Segment, ...] = ("smb", "mid-market", "enterprise", "all")


class Content(BaseModel):
    """Base of every mapping in a content file."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")


# -- A metric --


class EdgeCase(Content):
    case: Text
    rule: Text


class Definition(Content):
    lead: Annotated[Line, Field(max_length=420)]
    counts: Annotated[list[Text], Field(min_length=1)]
    excludes: Annotated[list[Text], Field(min_length=1)]
    edge_cases: Annotated[list[EdgeCase], Field(min_length=1)]


class Cadence(Content):
    every: Literal["weekly", "monthly", "quarterly"]
    note: Line


class Owner(Content):
    who: Line
    note: Line


class Range(Content):
    min: Figure | None
    max: Figure | None


class Lever(Content):
    """What a change of an input is called after a number: `3 fewer customers lost`, `$24,000 less upgrade ARR`."""

    one: Line | None = None
    many: Line


class Input(Content):
    name: InputName
    label: Line
    term: Line
    unit: InputUnit
    min: Figure | None = None
    max: Figure | None = None
    default: Figure | None = None
    lever: Literal[False] | Lever | None = None
    help: Line


class Constraint(Content):
    rule: Code
    field: InputName
    message: Line


class VariantExample(Content):
    inputs: dict[InputName, Figure]
    result: Figure


class Sample(Content):
    """The score is the mean of these values over the answers of a survey, so it has a margin of error."""

    answers: Annotated[dict[InputName, Figure], Field(min_length=1)]
    total: InputName | None = None


class Variant(Content):
    """A competing definition; one with an `expression` can be computed as well."""

    name: Line
    note: Text
    id: Slug | None = None
    expression: Code | None = None
    unit: Unit | None = None
    inputs: list[Input] = []
    undefined: Line | None = None
    same_as_metric: bool = False
    range: Range | None = None
    constraints: list[Constraint] = []
    example: VariantExample | None = None
    sample: Sample | None = None


class Formula(Content):
    expression: Code
    inputs: Annotated[list[Input], Field(min_length=1)]
    words: Text
    undefined: Line
    constraints: list[Constraint] = []
    sample: Sample | None = None
    rules: list[Text] = []
    variants: list[Variant] = []


class Example(Content):
    story: Text
    inputs: dict[InputName, Figure]
    result: Figure
    reading: Text


class PublicExample(Content):
    publisher: Line
    link: Address | None = None
    variant: Slug | None = None
    inputs: dict[InputName, Figure]
    result: Figure
    tolerance: Figure | None = None
    agrees: bool
    note: Text


class ArrBand(Content):
    """Recurring revenue of the company in US dollars; `min` is included, `max` is not."""

    min: Figure | None = None
    max: Figure | None = None


class Measures(Content):
    """What a benchmark row measures when that is not the metric itself."""

    label: Line
    phrase: Line | None = None
    unit: Unit
    direction: Direction
    variant: Slug | None = None


class Benchmark(Content):
    id: RowId
    segment: Segment
    qualifier: Line | None = None
    whom: Line | None = None
    arr_band: ArrBand | None = None
    measures: Measures | None = None
    median: Figure | None = None
    point: Figure | None = None
    weak: Figure | None = None
    typical: Annotated[list[Figure], Field(min_length=2, max_length=2)] | None = None
    strong: Figure | None = None
    basis: Basis
    year: Year | None
    confidence: Confidence
    treat_as: Literal["orientation", "house-rule"] | None = None
    because: Line | None = None
    sources: list[Slug]
    note: Text


class PublishedPoint(Content):
    what: Line
    population: Line
    value: Figure
    unit: Unit
    source: Slug
    note: Text | None = None


class SegmentNotes(Content):
    smb: Text
    mid_market: Annotated[Text, Field(alias="mid-market")]
    enterprise: Text


class DataField(Content):
    field: Line
    system: Line
    why: Line


class Mistake(Content):
    mistake: Line
    why: Text
    instead: Text


class Related(Content):
    metric: Slug
    relation: RelationKind
    why: Line


class StageGuidance(Content):
    priority: Priority
    reason: Annotated[Line, Field(max_length=120)]
    guidance: Text
    actions: Annotated[list[Line], Field(min_length=1, max_length=3)]
    ready_when: Line


class MetricStages(Content):
    crawl: StageGuidance
    walk: StageGuidance
    run: StageGuidance


class Source(Content):
    id: Slug
    publisher: Line
    title: Line
    year: Year | None
    link: Address | None = None
    read: Literal["first-hand", "second-hand"]
    via: Line | None = None
    sample: Line
    finding: Line


class Metric(Content):
    """`content/metrics/<slug>.yaml`"""

    name: Line
    abbreviation: Annotated[Line, Field(max_length=12)] | None = None
    also_known_as: list[Line] = []
    category: CategorySlug
    also_in: CategorySlug | None = None
    summary: Annotated[Line, Field(max_length=160)]
    definition: Definition
    unit: Unit
    direction: Direction
    indicator: Literal["leading", "lagging", "input"]
    cadence: Cadence
    owner: Owner
    range: Range
    formula: Formula
    example: Example
    public_examples: list[PublicExample] = []
    benchmarks: list[Benchmark]
    caution: Prose
    published_points: list[PublishedPoint] = []
    segment_notes: SegmentNotes
    data_needed: Annotated[list[DataField], Field(min_length=1)]
    mistakes: Annotated[list[Mistake], Field(min_length=1)]
    limits: Prose
    related: list[Related]
    stages: MetricStages
    sources: list[Source]
    changed: Date


# -- The other files --


class Category(Content):
    slug: CategorySlug
    name: Line
    measures: Line


class CategoriesFile(Content):
    """`content/categories.yaml`: the families, in the order they are shown."""

    categories: Annotated[list[Category], Field(min_length=1)]


class CustomerSegment(Content):
    slug: Literal["smb", "mid-market", "enterprise"]
    name: Line
    customers: Line
    short: Line


class SegmentsFile(Content):
    """`content/segments.yaml`: the customer segments, smallest first."""

    note: Text
    segments: Annotated[list[CustomerSegment], Field(min_length=3, max_length=3)]


class MaturityStage(Content):
    slug: Stage
    name: Line
    line: Line
    description: Text
    profile: Line
    signals: Annotated[list[Line], Field(min_length=1)]
    work_on: Annotated[list[Line], Field(min_length=1)]
    hold_off: Line
    unlocks_next: Line
    directory_lead: Line
    focus_lead: Line


class StagesFile(Content):
    """`content/stages.yaml`: the maturity stages, first to last."""

    lead: Line
    stages: Annotated[list[MaturityStage], Field(min_length=3, max_length=3)]


class OrderFile(Content):
    """`content/order.yaml`: every metric once in each list."""

    directory: list[Slug]
    crawl: list[Slug]
    walk: list[Slug]
    run: list[Slug]


class Question(Content):
    slug: Slug
    question: Line
    answer: Prose
    pages: Annotated[list[Literal["directory", "map"]], Field(min_length=1)]


class QuestionGroup(Content):
    slug: Slug
    name: Line
    lead: Line
    questions: Annotated[list[Question], Field(min_length=1)]


class FaqsFile(Content):
    """`content/faqs.yaml`: questions and answers, in groups."""

    groups: Annotated[list[QuestionGroup], Field(min_length=1)]


class PageSection(Content):
    slug: Slug
    title: Line
    note: Line | None = None
    text: Prose


class Page(Content):
    """`content/pages/<slug>.yaml`: the running text of a page."""

    title: Line
    description: Annotated[Line, Field(max_length=200)]
    lead: Line
    sections: list[PageSection]


class RedirectsFile(Content):
    """`content/redirects.yaml`: slugs that moved, old to new."""

    metrics: dict[Slug, Slug]


class SearchWeights(Content):
    """How much a match in each field counts."""

    abbreviation: Figure
    title: Figure
    aka: Figure
    synonyms: Figure
    category: Figure
    summary: Figure
    body: Figure


class Synonyms(Content):
    words: Annotated[list[Line], Field(min_length=1)]
    metrics: Annotated[list[Slug], Field(min_length=1)]


class SearchFile(Content):
    """`content/search.yaml`: what search weighs, which words mean which metric, what an empty box offers."""

    weights: SearchWeights
    synonyms: list[Synonyms]
    starts: Annotated[list[Slug], Field(min_length=1, max_length=6)]


ChangeKind = Literal["new", "correction", "benchmark", "wording"]


class Change(Content):
    id: Slug
    date: Date
    kind: ChangeKind
    metrics: list[Slug] = []
    title: Annotated[Line, Field(max_length=120)]
    text: Text | None = None


class ChangesFile(Content):
    """`content/changes.yaml`: what changed in the content, newest first."""

    changes: Annotated[list[Change], Field(min_length=1)]


#: Every kind of file, for the reader and for the exported JSON Schemas. A `*` is the slug.
FILES: dict[str, type[Content]] = {
    "metrics/*.yaml": Metric,
    "categories.yaml": CategoriesFile,
    "segments.yaml": SegmentsFile,
    "stages.yaml": StagesFile,
    "order.yaml": OrderFile,
    "faqs.yaml": FaqsFile,
    "pages/*.yaml": Page,
    "redirects.yaml": RedirectsFile,
    "search.yaml": SearchFile,
    "changes.yaml": ChangesFile,
}


def json_schema(model: type[Content]) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a kind of file, for editors' tools."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **model.model_json_schema(by_alias=True),
    }
