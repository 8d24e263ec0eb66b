"""Pages as Markdown, for assistants and for notes: the same words and figures, as they would be typed.

Drawings are left out, and so is the age of a figure, because an answer may not depend on the day. `[2]` marks the
second of the numbered sources.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from . import entry, evidence, formula, words
from .api.answers import open_data
from .api.text import typed
from .loader.render import plain
from .models import (
    Benchmark,
    Category,
    Change,
    ContentVersion,
    Metric,
    PageText,
    Priority,
    Question,
    Segment,
    Source,
    Stage,
)
from .moved import moved_or_missing
from .structured import address

CONTENT_TYPE = "text/markdown; charset=utf-8"
NO_DAY = datetime.date.min  # nothing is old yet
SIGNS = re.compile(r"([\\`*_\[\]<>|])")


# -- Pieces --


def line(text: str) -> str:
    """Plain text in which no sign means anything."""
    return SIGNS.sub(r"\\\1", " ".join(text.split()))


def heading(level: int, text: str) -> str:
    return f"{'#' * level} {line(text)}"


def link(text: str, target: str) -> str:
    """Plain text that leads to an address, where there is one. A bracket in an address would end it too soon."""
    encoded = target.replace("(", "%28").replace(")", "%29")
    return f"[{line(text)}]({encoded})" if target else line(text)


def items(texts: Iterable[str]) -> str:
    return "\n".join(f"- {text}" for text in texts)


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    names = list(head)
    lines = [names, ["---"] * len(names), *map(list, rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def document(blocks: Iterable[str]) -> str:
    """Blocks with an empty line between them; empty ones are left out."""
    return typed("\n\n".join(block for block in blocks if block.strip())) + "\n"


def markdown_path(slug: str) -> str:
    return reverse("directory:metric-markdown", args=[slug])


class Marked:
    """Sets the texts of one metric: its source marks become numbers, links to metrics their Markdown pages."""

    def __init__(self, sources: Iterable[Mapping[str, Any]]) -> None:
        self.numbers = {each["id"]: number for number, each in enumerate(sources, start=1)}

    def text(self, text: str) -> str:
        """A text of one paragraph."""
        return self.prose(" ".join(text.split()))

    def prose(self, text: str) -> str:
        linked = re.sub(r"\]\(metric:([^)\s]*)\)", lambda found: f"]({address(markdown_path(found[1]))})", text)
        linked = re.sub(r"\]\((/[^)\s]*)\)", lambda found: f"]({address(found[1])})", linked)
        return re.sub(r"\[@([^\]\s]+)\]", lambda found: self.mark(found[1]), linked).strip()

    def mark(self, key: str) -> str:
        return f"[{self.numbers[key]}]"


# -- A metric --


def metric_page(metric: Metric, version: ContentVersion) -> str:
    """Everything of the page of a metric but its drawings."""
    data, sources = metric.data, list(metric.sources.all())
    marked = Marked(data["sources"])
    return document(
        [
            heading(1, _title(metric)),
            f"> {line(metric.summary)}",
            line(data["definition"]["lead"]),
            _facts(metric),
            *_definition(data["definition"], marked),
            *_formula(metric, marked),
            *_benchmarks(metric, sources, marked),
            *_stages(metric, marked),
            *_closing_parts(metric, marked),
            heading(2, "Sources"),
            "\n".join(map(_source, sources)),
            heading(2, "Cite and reuse"),
            heading(3, "Cite this"),
            line(entry.citation(metric, version)),
            heading(3, "History of this entry"),
            items(map(_change, Change.objects.all().touching(metric.slug))),
        ]
    )


def _title(metric: Metric) -> str:
    return f"{metric.name} ({metric.abbreviation})" if metric.abbreviation else metric.name


def _facts(metric: Metric) -> str:
    data = metric.data
    facts = {
        "Page": f"<{address(metric.get_absolute_url())}>",
        "Also called": "; ".join(map(line, data["also_known_as"])),
        "Family": metric.category.name,
        "Unit": f"{words.UNITS[metric.unit]}, {entry.range_words(data['range'], metric.unit)}",
        "Direction": "; ".join(filter(None, words.DIRECTIONS[metric.direction])),
        "Signal": "; ".join(words.INDICATORS[metric.indicator]),
        "Cadence": f"{words.CADENCES[metric.cadence]}; {line(data['cadence']['note'])}",
        "Owner": f"{line(data['owner']['who'])}; {line(data['owner']['note'])}",
    }
    return items(f"**{name}:** {fact}" for name, fact in facts.items() if fact)


def _definition(definition: Mapping[str, Any], marked: Marked) -> Iterator[str]:
    yield heading(2, "Definition")
    yield heading(3, "Counts")
    yield items(map(marked.text, definition["counts"]))
    yield heading(3, "Does not count")
    yield items(map(marked.text, definition["excludes"]))
    yield heading(3, "Edge cases")
    yield "Where two analysts would book differently, and the rule here."
    yield items(
        f"**{marked.text(each['case'])}.** {marked.text(each['rule'])}" for each in definition["edge_cases"]
    )


def _formula(metric: Metric, marked: Marked) -> Iterator[str]:
    data = metric.data
    terms = {each["name"]: each["term"] for each in data["formula"]["inputs"]}
    tree = formula.parse(data["formula"]["expression"], terms)
    yield heading(2, "Formula")
    yield f"**{line(metric.short_name)} = {line(formula.spelled(tree, terms))}**"
    yield marked.text(data["formula"]["words"])
    yield items(map(marked.text, data["formula"]["rules"]))
    yield heading(3, "What goes in")
    yield items(f"**{line(each['label'])}:** {line(each['help'])}" for each in data["formula"]["inputs"])
    yield heading(3, "Worked example")
    yield marked.text(data["example"]["story"])
    lines = [
        (line(f"{each.label} ({each.working})" if each.working else each.label), each.value)
        for each in entry.ledger(metric)
    ]
    result = (f"**{line(metric.short_name)}**", f"**{words.result(data['example']['result'], metric.unit)}**")
    yield table(("Line", "Amount"), [*lines, result])
    yield marked.text(data["example"]["reading"])
    if data["formula"]["variants"]:
        yield heading(3, "Other definitions you will meet")
        yield items(_variant(entry.variant(metric, each), marked) for each in data["formula"]["variants"])
    if data["public_examples"]:
        yield heading(3, "Examples published elsewhere, worked here")
        yield items(
            _public_example(entry.public_example(metric, each), marked) for each in data["public_examples"]
        )


def _variant(variant: Mapping[str, Any], marked: Marked) -> str:
    said = f"**{line(variant['name'])}.** {marked.text(variant['note'])}"
    return f"{said} Formula: {line(variant['spelled'])}" if variant["spelled"] else said


def _public_example(example: Mapping[str, Any], marked: Marked) -> str:
    named = link(example["publisher"], example["link"] or "")
    variant = f", {line(example['variant_name'].lower())}" if example["variant_name"] else ""
    same = "the same" if example["agrees"] else "another result"
    worked = f"{line(example['given'])}; states {line(example['stated'])}. The formula here gives {same}."
    return f"**{named}**{variant}: {worked} {marked.text(example['note'])}"


def _benchmarks(metric: Metric, sources: list[Source], marked: Marked) -> Iterator[str]:
    rows = entry.benchmark_rows(metric, list(Segment.objects.all()))
    cited = entry.cited(metric, rows, sources)
    yield heading(2, "Benchmarks")
    for group in evidence.groups(metric, rows, cited, segment=None, today=NO_DAY):
        yield heading(3, group.caption)
        if not group.rows[0].benchmark.segment_id or group.is_related:  # the other lead explains the drawing
            yield line(group.lead)
        head = (group.first_column, "Weak", "Typical", "Strong", "Middle", "How it is known")
        yield table(head, (_row(row) for row in group.rows))
        notes = ((row, metric.data["benchmarks"][row.benchmark.position]["note"]) for row in group.rows)
        yield items(f"{_named(row)}: {marked.text(note)}" for row, note in notes)
    if metric.data["published_points"]:
        yield heading(3, "Other published figures")
        yield "Worth knowing, and no band."
        yield items(_point(each, marked) for each in metric.data["published_points"])
    yield heading(3, "How far to trust these rows")
    yield marked.prose(metric.data["caution"])
    yield heading(3, "Reading it by segment")
    notes_by_segment = metric.data["segment_notes"]
    names = {"smb": "SMB", "mid-market": "Mid-market", "enterprise": "Enterprise"}
    yield items(f"**{name}:** {marked.text(notes_by_segment[slug])}" for slug, name in names.items())


def _named(row: evidence.Row) -> str:
    return line(f"{row.heading}, {row.detail}" if row.detail else row.heading)


def _row(row: evidence.Row) -> Iterator[str]:
    yield _named(row)
    yield from (row.weak or "–", row.typical or "–", row.strong or "–")
    yield f"{row.middle} ({row.middle_word})" if row.middle else "–"
    yield f"{row.basis}; {row.strength}, {row.year}{''.join(f' [{each.number}]' for each in row.sources)}"


def _point(point: Mapping[str, Any], marked: Marked) -> str:
    said = f"**{line(point['what'])}:** {words.figure(point['value'], point['unit'])}, {line(point['population'])}"
    note = f" {marked.text(point['note'])}" if point["note"] else ""
    return f"{said} {marked.mark(point['source'])}.{note}"


def _stages(metric: Metric, marked: Marked) -> Iterator[str]:
    yield heading(2, "By stage")
    for each in metric.profile:
        said = metric.data["stages"][each.stage_id]
        focus = f", focus {each.rank}" if each.is_focus else ""
        yield heading(3, f"{each.stage.name}: {each.level}{focus}")
        yield line(said["reason"])
        yield marked.text(said["guidance"])
        yield "**Do next:**"
        yield items(map(line, said["actions"]))
        yield f"**Ready to move on when:** {line(said['ready_when'])}"


def _closing_parts(metric: Metric, marked: Marked) -> Iterator[str]:
    data = metric.data
    yield heading(2, "Mistakes")
    yield items(
        f"**{line(each['mistake'])}.** {marked.text(each['why'])} **Instead:** {marked.text(each['instead'])}"
        for each in data["mistakes"]
    )
    yield heading(2, "When not to trust it")
    yield marked.prose(data["limits"])
    yield heading(2, "Data needed")
    yield items(
        f"**{line(each['field'])}** ({line(each['system'])}): {line(each['why'])}" for each in data["data_needed"]
    )
    related = entry.related(metric)
    if related:
        yield heading(2, "Related")
        yield items(
            f"[{line(other.name)}]({address(markdown_path(other.slug))}), {words.lower_first(kind)}: {line(why)}"
            for other, kind, why in related
        )


def _source(source: Source) -> str:
    """As it stands on the page, with the sections that cite it."""
    title = link(source.title, source.link)
    dated = f", {source.year}" if source.year else ""
    parts = [
        f"**{line(source.publisher)}**{dated}. {title}.",
        f"{_sentence(source.sample)}.",
        _sentence(source.finding),
    ]
    if source.via:
        parts.append(f"Second-hand, read through {line(source.via)}.")
    if not source.year:
        parts.append("Undated.")
    if sections := entry.source(source, NO_DAY)["sections"]:
        parts.append(f"Cited in {', '.join(title for _, title in sections)}.")
    return f"{source.number}. {' '.join(parts)}"


def _sentence(text: str) -> str:
    return line(f"{text[:1].upper()}{text[1:]}")


def _change(change: Change) -> str:
    said = f"{change.date}, {change.kind_name}. **{line(change.title)}.**"
    return f"{said} {line(plain(change.text))}" if change.text else said


# -- The directory --


def index_page() -> str:
    """Every metric by family, and the ranks of each stage."""
    metrics = list(Metric.objects.for_lists())
    stages = list(Stage.objects.all())
    blocks = [
        heading(1, PageText.texts("directory").get("title", "CS Metrics")),
        "Each metric below leads to its page as Markdown: definition, formula, benchmarks with their sources, and "
        "what to do with it at the maturity stages Crawl, Walk and Run. Then comes the order at each stage.",
    ]
    for category in Category.objects.all():
        own = [each for each in metrics if each.category_id == category.slug]
        if own:
            blocks += [heading(2, category.name), line(category.measures), items(map(_linked, own))]
    for stage in stages:
        ranked = sorted(metrics, key=lambda each: each.priority_at(stage.slug).rank)
        blocks += [heading(2, f"Priorities at {stage.name}"), line(stage.line)]
        blocks.append("\n".join(_ranked(each, each.priority_at(stage.slug)) for each in ranked))
    return document(blocks)


def _linked(metric: Metric) -> str:
    return f"[{line(_title(metric))}]({address(markdown_path(metric.slug))}): {line(metric.summary)}"


def _ranked(metric: Metric, priority: Priority) -> str:
    focus = ", focus" if priority.is_focus else ""
    return f"{priority.rank}. {line(metric.name)} ({priority.level}{focus}): {line(priority.reason)}"


def llms() -> str:
    """What the site is and where its text is, as https://llmstxt.org describes it."""
    data = [
        ("Open data", reverse("api:guide"), "how to read all of it, and what it promises"),
        (
            "Every metric",
            reverse("api:metrics"),
            "definitions, formulas, benchmarks, guidance and sources as JSON",
        ),
        ("Benchmarks", reverse("api:benchmarks"), "one row for each metric, segment and ARR band"),
        ("Priorities", reverse("api:priorities"), "level, rank and reason at Crawl, Walk and Run"),
        ("Sources", reverse("api:sources"), "each publication, and how it was read"),
        ("Assessment", reverse("api:assessment"), "questions, answers and rules that place a team at a stage"),
        ("OpenAPI", reverse("api:openapi"), "the description of all open data"),
    ]
    rest = [
        (
            "The directory as Markdown",
            reverse("directory:index-markdown"),
            "by family, then in the order of each stage",
        ),
        ("About", reverse("directory:about"), "how figures are chosen and labeled; licenses and credit"),
        ("Questions", reverse("directory:faq"), f"{Question.objects.count()} short answers"),
        ("Changes", reverse("directory:changes"), "what changed in the content, as an Atom feed"),
    ]
    blocks = [
        "# CS Metrics",
        "> Customer success metrics with formulas, worked examples, benchmarks that name their sources, and a "
        "priority for each of the maturity stages Crawl, Walk and Run.",
        "A figure is only as good as its basis: published (measured by the source), derived (worked out from "
        f"published figures) or practitioner (a rule of thumb). {_reliability()} Repeat the basis with the "
        "figure. Content is CC BY 4.0, credit “CS Metrics, CC BY 4.0”.",
        "## Metrics",
        items(map(_linked, Metric.objects.for_lists())),
        "## Data",
        items(f"[{name}]({address(path)}): {what}" for name, path, what in data),
        "## Optional",
        items(f"[{name}]({address(path)}): {what}" for name, path, what in rest),
    ]
    return document(blocks)


def _reliability() -> str:
    """How far the benchmark rows carry, counted: `66 of 132 benchmark rows are rules of thumb, and …`"""
    rows = Benchmark.objects.aggregate(
        total=Count("pk"),
        thumb=Count("pk", filter=Q(basis="practitioner")),
        low=Count("pk", filter=Q(confidence="low")),
    )
    return "{thumb} of {total} benchmark rows are rules of thumb, and {low} have low confidence.".format_map(rows)


# -- Views --


def _answer(text: str, page: str) -> HttpResponse:
    response = HttpResponse(text, content_type=CONTENT_TYPE)
    response["Link"] = f'<{address(page)}>; rel="canonical"'
    return response


@open_data(strict=False)
def metric_markdown(request: HttpRequest, version: ContentVersion, slug: str) -> HttpResponse:
    metric = Metric.objects.for_page().filter(slug=slug).first()
    if metric is None:
        return moved_or_missing(request, slug, "directory:metric-markdown", suggest=True)
    return _answer(metric_page(metric, version), metric.get_absolute_url())


@open_data(strict=False)
def index_markdown(request: HttpRequest, version: ContentVersion) -> HttpResponse:
    return _answer(index_page(), reverse("directory:metric-list"))


@open_data(strict=False)
def llms_txt(request: HttpRequest, version: ContentVersion) -> HttpResponse:
    return HttpResponse(llms(), content_type="text/plain; charset=utf-8")
