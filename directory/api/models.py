"""What the open data promises: one frozen class an object, every key always there, `null` written out.

From these classes come the answers, their JSON Schemas, the columns of the CSV files and the OpenAPI description,
so none of them can say something else than the others. They are apart from the content's own schema, which may
change with the files; a change here that a reader of the data could notice raises `SCHEMA_VERSION`.
"""

from __future__ import annotations

import datetime
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, WithJsonSchema

from directory.loader.schema import (
    Basis,
    CategorySlug,
    ChangeKind,
    Confidence,
    Direction,
    Figure,
    InputUnit,
    Priority,
    RelationKind,
    Segment,
    Stage,
    Unit,
)

SCHEMA_VERSION = "1.0"
DIALECT = "https://json-schema.org/draft/2020-12/schema"

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Year = Annotated[int, Field(ge=1990, le=2100)]
Indicator = Literal["leading", "lagging", "input"]
Cadences = Literal["weekly", "monthly", "quarterly"]
CustomerSegment = Literal["smb", "mid-market", "enterprise"]
TreatAs = Literal["orientation", "house-rule"]
Reading = Literal["first-hand", "second-hand"]

Text = Annotated[str, Field(description="Plain text; `[@id]` marks the source of what stands before it.")]
Link = Annotated[str, WithJsonSchema({"type": "string", "format": "uri"})]  # of a publisher
# An address of this site: whole, or a path where the site was not told its own address.
Address = Annotated[str, WithJsonSchema({"type": "string", "format": "uri-reference"})]


def _let_grow(schema: dict[str, Any]) -> None:
    """Fields may be added, so a reader who kept an older schema has to let them pass."""
    schema.pop("additionalProperties", None)


class Open(BaseModel):
    """Base of everything that is sent. Closed where answers are made, open in its schema."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", serialize_by_alias=True, validate_by_name=True, json_schema_extra=_let_grow
    )


# -- Around every document --


class License(Open):
    name: Literal["CC-BY-4.0"]
    url: Literal["https://creativecommons.org/licenses/by/4.0/"]
    credit: Literal["CS Metrics, CC BY 4.0"]


Item = TypeVar("Item", bound=BaseModel)


class Envelope(Open, Generic[Item]):
    """What every document has around its items."""

    schema_address: Address = Field(alias="$schema", description="Address of the JSON Schema of this document.")
    schema_version: str = Field(
        pattern=r"^1\.[0-9]+$",
        description="Version of the shapes. A new minor version only adds; a new major one gets another address.",
    )
    content_version: str = Field(
        pattern="^[0-9a-f]{12}$", description="Changes with any byte of the content, and with nothing else."
    )
    generated: datetime.datetime = Field(description="When this content version was loaded, in UTC.")
    license: License = Field(description="Name and address of the license, and the credit to give.")
    count: int = Field(ge=0, description="Number of items.")
    items: list[Item] = Field(description="All of them: there are no pages to turn.")


# -- Metrics --


class EdgeCase(Open):
    case: Text
    rule: Text


class Definition(Open):
    lead: Text
    counts: list[Text]
    excludes: list[Text]
    edge_cases: list[EdgeCase]


class Cadence(Open):
    every: Cadences
    note: str


class Owner(Open):
    who: str
    note: str


class Range(Open):
    """Bounds that arithmetic sets to the result; no benchmark."""

    min: Figure | None
    max: Figure | None


class Input(Open):
    name: str = Field(description="As it stands in the expression.")
    label: str
    term: str
    unit: InputUnit = Field(description="A percent is written as 89 and enters the expression as 0.89.")
    min: Figure | None
    max: Figure | None
    default: Figure | None = Field(description="What an input that is left out counts as.")
    help: str


class Given(Open):
    """An input and its value in an example."""

    input: str
    value: Figure


class Constraint(Open):
    rule: str
    input: str = Field(description="The input that the message belongs to.")
    message: str


class VariantExample(Open):
    inputs: list[Given]
    result: Figure


class Variant(Open):
    """A competing definition. One with an expression can be computed."""

    name: str
    note: Text
    id: Slug | None
    expression: str | None
    unit: Unit | None
    inputs: list[Input] = Field(description="Those that the main formula does not have.")
    undefined: str | None
    same_as_metric: bool = Field(description="Whether it is another way to the value of the metric itself.")
    range: Range | None = Field(
        description="Bounds of its result; null where it has those of the metric, or none."
    )
    constraints: list[Constraint] = Field(description="Beside those of the main formula.")
    example: VariantExample | None


class Formula(Open):
    expression: str = Field(description="Arithmetic over the names of the inputs. A percentage comes out as 0.89.")
    spelled: str = Field(description="The expression with the terms of its inputs.")
    words: Text
    inputs: list[Input]
    undefined: str = Field(description="What to say where the expression divides by zero.")
    constraints: list[Constraint]
    rules: list[Text]
    variants: list[Variant]


class Example(Open):
    story: Text
    inputs: list[Given]
    result: Figure = Field(description="In the unit of the metric: 89 for 89%.")
    reading: Text


class PublicExample(Open):
    """A worked example found elsewhere."""

    publisher: str
    link: Link | None
    variant: Slug | None
    inputs: list[Given]
    result: Figure
    tolerance: Figure | None
    agrees: bool = Field(description="Whether the formula here gives the same.")
    note: Text


class Benchmark(Open):
    """One row: a metric, a segment, an ARR band."""

    id: str = Field(
        description="Slug of the metric, a colon, and a name of the row. It stays while the row is about the same "
        "thing, whatever its figures, words and place. If the metric is renamed, the part before the first colon "
        "changes with its slug."
    )
    metric: Slug = Field(description="Slug of the metric.")
    metric_name: str = Field(description="Its name.")
    segment: Segment = Field(description="Size of the customers; `all` where a source does not split them.")
    arr_min: Figure | None = Field(description="Recurring revenue of the company in US dollars, included.")
    arr_max: Figure | None = Field(description="The same, not included.")
    population: str | None = Field(description="Who was measured, where that is narrower than segment and band.")
    measures: str | None = Field(description="What the row measures, where that is not the metric itself.")
    variant: Slug | None = Field(description="The variant of the formula that the row measures.")
    unit: Unit = Field(description="Of every figure of the row: a percent is 89, never 0.89.")
    direction: Direction = Field(description="Which way is better.")
    weak: Figure | None = Field(description="Below it is weak; above it where lower is better.")
    typical_low: Figure | None = Field(description="Lower end of the ordinary band.")
    typical_high: Figure | None = Field(description="Upper end of the ordinary band.")
    strong: Figure | None = Field(description="At or beyond it is strong.")
    median: Figure | None = Field(description="What the source calls a median.")
    point: Figure | None = Field(description="A single figure whose statistic the source does not name.")
    basis: Basis = Field(
        description="Measured by the source, worked out from published figures, or a rule of thumb."
    )
    year: Year | None = Field(description="Of the newest dated source behind the row; null is undated.")
    confidence: Confidence = Field(description="How far the row may be trusted.")
    treat_as: TreatAs | None = Field(
        description="`orientation`: no verdict may rest on it. `house-rule`: a line that this directory drew."
    )
    because: str | None = Field(description="Why no verdict may rest on it.")
    sources: list[Slug] = Field(description="Ids of sources; in CSV parted by spaces.")
    note: str = Field(description="Where the figures come from; `[@id]` marks the source of what is before it.")
    url: Address = Field(description="The row on its page. This address may change; the id does not.")


class PublishedPoint(Open):
    """A published figure that is no band."""

    what: str
    population: str
    value: Figure
    unit: Unit
    source: Slug
    note: Text | None


class SegmentNote(Open):
    segment: CustomerSegment
    note: Text


class DataField(Open):
    field: str
    system: str
    why: str


class Mistake(Open):
    mistake: str
    why: Text
    instead: Text


class Related(Open):
    metric: Slug
    relation: RelationKind = Field(description="What this metric is to the other one.")
    why: str


class MetricStage(Open):
    stage: Stage
    level: Priority
    rank: int = Field(ge=1, description="Over all metrics at this stage, from 1.")
    is_focus: bool = Field(description="Whether it is among the first four of the stage.")
    reason: str
    guidance: Text
    actions: list[str]
    ready_when: str


class MetricSource(Open):
    id: Slug = Field(description="The same publication in every metric.")
    number: int = Field(ge=1, description="Its number on the page of the metric.")
    publisher: str
    title: str
    year: Year | None
    link: Link | None = Field(description="Only where the host is the publisher's own.")
    read: Reading
    via: str | None = Field(description="Through whom it was read, where that was second-hand.")
    sample: str
    finding: str


class Change(Open):
    id: Slug
    date: datetime.date
    kind: ChangeKind
    title: str
    text: Text | None
    metrics: list[Slug] = Field(description="The metrics it touches; none: the whole directory.")


class Metric(Open):
    slug: Slug
    name: str
    abbreviation: str | None
    also_known_as: list[str]
    category: CategorySlug
    category_name: str
    also_in: CategorySlug | None
    summary: str
    url: Address
    definition: Definition
    unit: Unit
    direction: Direction
    indicator: Indicator
    cadence: Cadence
    owner: Owner
    range: Range
    formula: Formula
    example: Example
    public_examples: list[PublicExample]
    benchmarks: list[Benchmark]
    caution: Text
    published_points: list[PublishedPoint]
    segment_notes: list[SegmentNote]
    data_needed: list[DataField]
    mistakes: list[Mistake]
    limits: Text
    related: list[Related] = Field(description="Relations that either of the two metrics names.")
    stages: list[MetricStage]
    sources: list[MetricSource]
    changed: datetime.date = Field(description="Last change of meaning.")
    changes: list[Change] = Field(description="Newest first.")


# -- The other documents --


class PriorityRow(Open):
    """One metric at one stage."""

    id: str = Field(description="Slug of the metric, a colon, and the stage; changes with the slug.")
    metric: Slug = Field(description="Slug of the metric.")
    metric_name: str = Field(description="Its name.")
    stage: Stage = Field(description="Maturity stage of the team.")
    level: Priority = Field(description="Priority of the metric at that stage.")
    rank: int = Field(ge=1, description="Over all metrics at this stage, from 1.")
    is_focus: bool = Field(description="Whether it is among the first four of the stage.")
    reason: str = Field(description="Why it has that priority there, in one line.")
    url: Address = Field(description="The guidance behind it.")


class MaturityStage(Open):
    slug: Stage
    position: int = Field(ge=1, le=3)
    name: str
    line: str
    description: Text
    profile: str
    signals: list[str]
    work_on: list[str]
    hold_off: str
    unlocks_next: str
    focus: list[Slug] = Field(description="The four metrics that the stage starts with, in order.")
    url: Address


class SourceUse(Open):
    """What a metric takes from a publication."""

    metric: Slug
    read: Reading
    via: str | None
    sample: str
    finding: str
    benchmark_rows: int = Field(ge=0, description="Rows of that metric that rest on it.")
    url: Address


class Source(Open):
    """A publication."""

    id: Slug
    publisher: str
    title: str
    year: Year | None
    link: Link | None = Field(description="Only where the host is the publisher's own.")
    uses: list[SourceUse]


class Entry(Open):
    """One document of the index, or another address of the open data."""

    name: str
    title: str
    method: Literal["GET", "POST"] = Field(description="How to ask for it.")
    json_url: Address | None
    csv_url: Address | None
    atom_url: Address | None
    item_url: str | None = Field(description="Address of one item alone: put its slug in place of `{slug}`.")
    schema_url: Address | None


# -- Problems --


class FieldError(Open):
    field: str = Field(description="Path of the field, such as `responses.health-rating`.")
    message: str


class Problem(Open):
    """`application/problem+json` (RFC 9457)."""

    type: Address
    title: str
    status: int
    detail: str
    errors: list[FieldError] = Field(description="Each wrong field, where fields were wrong.")


def as_json(item: BaseModel) -> bytes:
    return f"{item.model_dump_json()}\n".encode()


def schema_of(model: type[BaseModel], address: str) -> dict[str, Any]:
    """The JSON Schema (2020-12) of what is sent."""
    made = model.model_json_schema(mode="serialization", by_alias=True)
    return {"$schema": DIALECT, "$id": address, **made}
