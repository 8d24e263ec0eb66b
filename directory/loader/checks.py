"""Checks that need more than one key or more than one file. Each notes what it finds and lets the others go on.

Values come from `Document.values`: a key that is wrong by itself is None there, and so is a broken item of a list.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from decimal import Decimal
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

from directory import formula as arithmetic
from directory import sampling
from directory.words import MIRRORED

from . import schema
from .errors import Problem, did_you_mean, known_instead, shown
from .read import Document, Folder, Location, as_mapping

CITATION = re.compile(r"\[@([^\]\s]+)\]")
METRIC_LINK = re.compile(r"\]\(metric:([^)]*)\)")
KEYS_OF_A_CALCULATION = ("stage", "segment", "variant", "decimal")  # in the query string, beside the inputs
PAGES = ("about", "directory", "map")
PRIORITIES: tuple[schema.Priority, ...] = ("high", "medium", "low")
SAFE_LINK = re.compile(r"\]\((?!metric:|/|#|https?://)([^)]*)\)")


def check(folder: Folder, known_slugs: Iterable[str] = ()) -> None:
    """Note every problem that only shows across keys or files. `known_slugs` are those loaded before."""
    metrics = folder.metrics()
    for slug, document in metrics.items():
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug) or len(slug) > 60:
            document.problem(
                (), "the file's name is the slug: expected up to 60 lower case letters, digits and -, then .yaml"
            )
        _check_formula(document)
        _check_example(document)
        _check_variants(document)
        _check_public_examples(document)
        _check_benchmarks(document)
        _check_sources(document)
        _check_related(document, metrics)
        _check_categories(document, folder)
    _check_mirrors(metrics)
    _check_shared_sources(metrics)
    _check_names(metrics)
    _check_order(folder, metrics)
    _check_lists(folder)
    _check_pages(folder)
    _check_redirects(folder, metrics, known_slugs)
    _check_search(folder, metrics)
    _check_changes(folder, metrics)
    for document in folder.documents.values():
        _check_marks(document, metrics)


def unique(
    document: Document, location: Location, values: Iterable[Any], what: str, at: str | None = None
) -> None:
    seen: set[Any] = set()
    for index, value in enumerate(values):
        if value is not None and value in seen:
            document.problem((*location, index, *([at] if at else [])), f"{what} {shown(value)} stands twice")
        seen.add(value)


def items(document: Document, key: str) -> Iterator[tuple[int, Any]]:
    """The items of a list that are right by themselves."""
    return ((index, item) for index, item in enumerate(document.values.get(key) or []) if item is not None)


# -- Arithmetic --


def _check_formula(document: Document) -> None:
    formula: schema.Formula | None = document.values.get("formula")
    if formula is None:
        return
    unique(document, ("formula", "inputs"), (each.name for each in formula.inputs), "the input", "name")
    names = [each.name for each in formula.inputs]
    tree = _tree(document, ("formula", "expression"), formula.expression, names)
    if tree is not None:
        used = set(arithmetic.names_in(tree))
        for index, each in enumerate(formula.inputs):
            if each.name not in used:
                document.problem(("formula", "inputs", index), f"the formula does not use {shown(each.name)}")
    for index, each in enumerate(formula.inputs):
        _check_input(document, ("formula", "inputs", index), each)
    example: schema.Example | None = document.values.get("example")
    for index, constraint in enumerate(formula.constraints):
        where: Location = ("formula", "constraints", index)
        _check_constraint(document, where, constraint, formula.inputs, tree, example)


def _check_constraint(
    document: Document,
    where: Location,
    constraint: schema.Constraint,
    inputs: Sequence[schema.Input],
    tree: arithmetic.Node | None,
    example: schema.Example | schema.VariantExample | None,
) -> None:
    """A rule compares inputs of the expression, is shown beside one of them, and holds for the example."""
    names = [each.name for each in inputs]
    rule = None
    try:
        rule = arithmetic.parse_comparison(constraint.rule, names)
    except arithmetic.FormulaError as error:
        document.problem((*where, "rule"), f"got {shown(constraint.rule)}: {error.message}, column {error.column}")
    asked = names if tree is None else [each for each in names if each in set(arithmetic.names_in(tree))]
    if constraint.field not in asked:
        unknown(document, (*where, "field"), "unknown input", constraint.field, asked)
    if rule is None or tree is None:
        return
    compared = {*arithmetic.names_in(rule.left), *arithmetic.names_in(rule.right)}
    for name in sorted(compared - set(asked)):
        document.problem((*where, "rule"), f"the expression does not use {shown(name)}, so the rule never applies")
    if example is None or not compared <= set(asked):
        return
    values = _entered(inputs, example.inputs)
    with suppress(arithmetic.UndefinedResult, KeyError):  # an example that gives nothing is told elsewhere
        arithmetic.evaluate(tree, values)
        if not arithmetic.holds(rule, values):
            document.problem((*where, "rule"), "the example breaks this rule")


def _check_range(document: Document, where: Location, of: str, bounds: schema.Range, result: Decimal) -> None:
    """A range runs upwards, and the example lies in it."""
    if bounds.min is not None and bounds.max is not None and bounds.min >= bounds.max:
        document.problem((*where, "range"), f"min {bounds.min} is not below max {bounds.max}")
    elif not _inside(result, bounds.min, bounds.max):
        span = _span(bounds.min, bounds.max)
        document.problem((*where, "example", "result"), f"got {result}, but the range of the {of} goes {span}")


def _check_input(document: Document, where: Location, given: schema.Input) -> None:
    if given.name in KEYS_OF_A_CALCULATION:
        document.problem((*where, "name"), f"{shown(given.name)} means something else in an address")
    if given.min is not None and given.max is not None and given.min > given.max:
        document.problem((*where, "min"), f"min {given.min} is above max {given.max}")
    if given.default is not None and not _inside(given.default, given.min, given.max):
        span = _span(given.min, given.max)
        document.problem((*where, "default"), f"got {given.default}, expected a value {span}")
    _check_lever(document, where, given)


def _check_lever(document: Document, where: Location, given: schema.Input) -> None:
    """Things that are counted need their names after a number; the rest gets by with its term."""
    is_counted = given.unit in ("count", "days")
    if given.lever is None:
        if is_counted:
            document.problem(
                (*where, "lever"),
                f"the key is missing: an input in {given.unit} has false, or the words for one and many",
            )
    elif given.lever is not False and is_counted and given.lever.one is None:
        document.problem(
            (*where, "lever", "one"), f"the key is missing: an input in {given.unit} may change by one"
        )
    elif given.lever is not False and not is_counted and given.lever.one is not None:
        document.problem((*where, "lever", "one"), "belongs to an input in count or days")


def _tree(document: Document, where: Location, expression: str, names: Iterable[str]) -> arithmetic.Node | None:
    try:
        return arithmetic.parse(expression, names)
    except arithmetic.FormulaError as error:
        document.problem(where, f"got {shown(expression)}: {error.message}, column {error.column}")
        return None


def compute(expression: str, inputs: Iterable[schema.Input], given: dict[str, Decimal], unit: str) -> Decimal:
    """The result in its unit, for inputs as people type them: a percent is 80 and enters as 0.8.

    Raises FormulaError, UndefinedResult, or KeyError for a missing input without a default.
    """
    inputs = list(inputs)
    values = _entered(inputs, given)
    result = arithmetic.evaluate(arithmetic.parse(expression, [each.name for each in inputs]), values)
    return result * 100 if unit == "percent" else result


def _entered(inputs: Iterable[schema.Input], given: dict[str, Decimal]) -> dict[str, Decimal]:
    """What enters the arithmetic: a percent as a fraction, an input that is left out as its default."""
    values = {}
    for each in inputs:
        value = given.get(each.name, each.default)
        if value is not None:
            values[each.name] = value / 100 if each.unit == "percent" else value
    return values


def stated_precision(value: Decimal) -> Decimal:
    """Half a unit of the last digit written: a result stated as 15.4 may be anything from 15.35 to 15.45."""
    exponent = value.as_tuple().exponent
    return Decimal(5).scaleb(int(exponent) - 1)


def _compute_at(
    document: Document,
    where: Location,
    expression: str,
    inputs: list[schema.Input],
    given: dict[str, Decimal],
    unit: str,
) -> Decimal | None:
    names = [each.name for each in inputs]
    for name in given:
        if name not in names:
            unknown(document, (*where, "inputs", name), "unknown input", name, names)
    try:
        return compute(expression, inputs, given, unit)
    except arithmetic.FormulaError:
        return None  # said where the expression stands
    except arithmetic.UndefinedResult:
        document.problem((*where, "inputs"), "the formula divides by zero with these values")
    except KeyError as error:
        document.problem((*where, "inputs"), f"the input {shown(str(error.args[0]))} is missing")
    return None


def _check_result(document: Document, where: Location, stated: Decimal, computed: Decimal | None) -> None:
    if computed is not None and abs(computed - stated) > stated_precision(stated):
        document.problem((*where, "result"), f"states {stated}, the formula gives {_short(computed)}")


def _check_example(document: Document) -> None:
    formula, example = document.values.get("formula"), document.values.get("example")
    unit, bounds = document.values.get("unit"), document.values.get("range")
    if formula is None or example is None or unit is None:
        return
    computed = _compute_at(document, ("example",), formula.expression, formula.inputs, example.inputs, unit)
    _check_result(document, ("example",), example.result, computed)
    if formula.sample and computed is not None:
        _check_sample(document, ("formula", "sample"), formula.sample, formula.inputs, example.inputs, computed)
    if bounds is not None:
        _check_range(document, (), "metric", bounds, example.result)


def _check_variants(document: Document) -> None:
    formula: schema.Formula | None = document.values.get("formula")
    if formula is None:
        return
    variants = formula.variants
    unique(document, ("formula", "variants"), (each.id for each in variants), "the id", "id")
    for index, variant in enumerate(variants):
        where: Location = ("formula", "variants", index)
        parts = {"id": variant.id, "unit": variant.unit, "example": variant.example}
        if variant.expression is None:
            for key in (*parts, "inputs", "sample", "same_as_metric", "range", "constraints"):
                if getattr(variant, key):
                    document.problem((*where, key), "belongs to a variant with an expression")
            continue
        for key, value in parts.items():
            if value is None:
                document.problem(
                    (*where, key),
                    "the key is missing: a variant with an expression has an id, a unit and an example",
                )
        inputs = [*formula.inputs, *variant.inputs]
        unique(document, (*where, "inputs"), (each.name for each in variant.inputs), "the input", "name")
        for position, each in enumerate(variant.inputs):
            _check_input(document, (*where, "inputs", position), each)
            if each.name in {main.name for main in formula.inputs}:
                document.problem(
                    (*where, "inputs", position, "name"),
                    f"{shown(each.name)} is an input of the main formula already",
                )
        tree = _tree(document, (*where, "expression"), variant.expression, [each.name for each in inputs])
        for position, constraint in enumerate(variant.constraints):
            place: Location = (*where, "constraints", position)
            _check_constraint(document, place, constraint, inputs, tree, variant.example)
        if variant.range is not None and variant.example is not None:
            _check_range(document, where, "variant", variant.range, variant.example.result)
        if variant.same_as_metric:
            _check_same_as_metric(document, where, variant)
        if variant.example is not None and variant.unit is not None:
            computed = _compute_at(
                document,
                (*where, "example"),
                variant.expression,
                inputs,
                variant.example.inputs,
                variant.unit,
            )
            _check_result(document, (*where, "example"), variant.example.result, computed)
            if variant.sample and computed is not None:
                sample = variant.sample
                _check_sample(document, (*where, "sample"), sample, inputs, variant.example.inputs, computed)


def _check_same_as_metric(document: Document, where: Location, variant: schema.Variant) -> None:
    """A variant with the metric's own value has its unit and its range, and no rows of its own."""
    unit = document.values.get("unit")
    if unit is not None and variant.unit is not None and variant.unit != unit:
        document.problem(
            (*where, "unit"), f"got {shown(variant.unit)}, but the unit of the metric is {shown(unit)}"
        )
    if variant.range is not None:
        document.problem((*where, "range"), "is that of the metric already, because same_as_metric is true")
    for index, row in items(document, "benchmarks"):
        if row.measures and variant.id and row.measures.variant == variant.id:
            document.problem(
                ("benchmarks", index, "measures", "variant"),
                f"{shown(variant.id)} gives the metric's own value, so the row measures the metric itself",
            )


def _check_sample(
    document: Document,
    where: Location,
    sample: schema.Sample,
    inputs: Iterable[schema.Input],
    given: dict[str, Decimal],
    computed: Decimal,
) -> None:
    """The mean over the answers has to be the result itself, or the margin would belong to another number."""
    names = [each.name for each in inputs]
    used = [*sample.answers, *([sample.total] if sample.total else [])]
    for name in used:
        if name not in names:
            unknown(document, where, "unknown input", name, names)
            return
    values = {each.name: given.get(each.name, each.default or Decimal(0)) for each in inputs}
    counts = sampling.counts_of(sample.answers, sample.total, values)
    if not sum(counts.values()) or abs(sampling.mean(counts) - computed) > Decimal("0.0001"):
        document.problem(where, "the mean of these values over the answers of the example is not its result")


def _check_public_examples(document: Document) -> None:
    formula: schema.Formula | None = document.values.get("formula")
    unit = document.values.get("unit")
    if formula is None or unit is None:
        return
    variants = {each.id: each for each in formula.variants if each.expression}
    for index, example in items(document, "public_examples"):
        where: Location = ("public_examples", index)
        expression, inputs, of_unit = formula.expression, list(formula.inputs), unit
        if example.variant is not None:
            variant = variants.get(example.variant)
            if variant is None:
                unknown(
                    document,
                    (*where, "variant"),
                    "no variant with an expression has the id",
                    example.variant,
                    variants,
                )
                continue
            inputs = [*formula.inputs, *variant.inputs]
            expression, of_unit = variant.expression or "", variant.unit
        computed = _compute_at(document, where, expression, inputs, example.inputs, of_unit)
        if computed is None:
            continue
        tolerance = example.tolerance if example.tolerance is not None else stated_precision(example.result)
        if (abs(computed - example.result) <= tolerance) is not example.agrees:
            says = "agrees" if example.agrees else "does not agree"
            document.problem(
                (*where, "agrees"),
                f"says that it {says}, but it states {example.result} and the formula gives {_short(computed)}",
            )


# -- Benchmarks and sources --


def _check_benchmarks(document: Document) -> None:
    direction = document.values.get("direction")
    formula: schema.Formula | None = document.values.get("formula")
    variants = {each.id: each for each in formula.variants if each.expression} if formula else None
    rows = document.values.get("benchmarks") or []
    unique(document, ("benchmarks",), (row.id if row else None for row in rows), "the id", "id")
    for index, row in items(document, "benchmarks"):
        where: Location = ("benchmarks", index)
        for problem, key in _band_problems(row, row.measures.direction if row.measures else direction):
            document.problem((*where, key), problem)
        if row.basis in ("published", "derived") and not row.sources:
            document.problem(
                (*where, "sources"), f"no source, expected at least one because the basis is {row.basis}"
            )
        of, bounds = ("metric", document.values.get("range")) if row.measures is None else ("variant", None)
        if row.measures and variants and row.measures.variant in variants:
            bounds = variants[row.measures.variant].range
        for problem, key in _outside(row, of, bounds):
            document.problem((*where, key), problem)
        _check_words_of_row(document, where, row)
        if all(value is None for value in (row.median, row.point, row.weak, row.typical, row.strong)):
            document.problem(where, "holds no figure, expected a median, a point, weak, typical or strong")
        band = row.arr_band
        if band and band.min is None and band.max is None:
            document.problem((*where, "arr_band"), "holds no bound, expected min, max or both")
        if band and band.min is not None and band.max is not None and band.min >= band.max:
            document.problem((*where, "arr_band"), f"min {band.min} is not below max {band.max}")
        if row.measures and row.measures.variant and variants is not None and row.measures.variant not in variants:
            unknown(
                document,
                (*where, "measures", "variant"),
                "no variant with an expression has the id",
                row.measures.variant,
                variants,
            )


def _check_words_of_row(document: Document, where: Location, row: schema.Benchmark) -> None:
    """What a verdict has to say of a row: why it is for orientation, and what it measures."""
    if (row.treat_as == "orientation") is (row.because is None):
        said = "the key is missing: say why the row" if row.because is None else "belongs to a row that"
        document.problem((*where, "because"), f"{said} is for orientation only")
    if row.measures and row.measures.variant and row.measures.phrase is None:
        document.problem(
            (*where, "measures", "phrase"), "the key is missing: a row that judges a variant says what it measures"
        )


def _outside(row: schema.Benchmark, of: str, bounds: schema.Range | None) -> Iterator[tuple[str, str]]:
    """Figures of what the row measures that its arithmetic can never give."""
    if bounds is None or (bounds.min is not None and bounds.max is not None and bounds.min >= bounds.max):
        return
    for key in ("median", "point", "weak", "typical", "strong"):
        value = getattr(row, key)
        for figure in value if isinstance(value, list) else [value]:
            if figure is not None and not _inside(figure, bounds.min, bounds.max):
                yield f"{figure} lies outside the range of the {of}", key


def _band_problems(row: schema.Benchmark, direction: str | None) -> Iterator[tuple[str, str]]:
    """Weak, typical and strong must run in the direction of the metric; touching is allowed."""
    if row.typical and row.typical[0] > row.typical[1]:
        low, high = row.typical
        yield f"low is above high, got [{low}, {high}]", "typical"
        return
    if direction not in ("higher-is-better", "lower-is-better"):
        return
    points: list[tuple[str, Decimal]] = []
    if row.weak is not None:
        points.append(("weak", row.weak))
    if row.typical:
        low, high = row.typical
        points += (
            [("typical", low), ("typical", high)]
            if direction != "lower-is-better"
            else [("typical", high), ("typical", low)]
        )
    if row.strong is not None:
        points.append(("strong", row.strong))
    for (first, one), (second, other) in pairwise(points):
        if one > other if direction != "lower-is-better" else one < other:
            side, run = ("above", "rise") if direction == "higher-is-better" else ("below", "fall")
            expected = f"expected weak, typical, strong to {run} because {direction.replace('-', ' ')}"
            yield f"{first} {one} is {side} {second} {other}; {expected}", second


def _check_sources(document: Document) -> None:
    sources: list[schema.Source] = [item for _, item in items(document, "sources")]
    ids = [each.id for each in sources]
    unique(
        document,
        ("sources",),
        (item.id if item else None for item in document.values.get("sources") or []),
        "the id",
        "id",
    )
    years = {each.id: each.year for each in sources}
    complete = all(item is not None for item in document.values.get("sources") or [None])
    for index, source in items(document, "sources"):
        where: Location = ("sources", index)
        if source.read == "second-hand" and source.via is None:
            document.problem(
                (*where, "via"), "the key is missing: a second-hand source says through whom it was read"
            )
        if source.read == "first-hand" and source.via is not None:
            document.problem(
                (*where, "via"), "belongs to a second-hand source only, and this one was read first-hand"
            )
        if source.link and not _has_host(source.link):
            document.problem((*where, "link"), f"got {shown(source.link)}, expected an address with a host")
    if not complete:
        return
    for index, row in items(document, "benchmarks"):
        where = ("benchmarks", index)
        unique(document, (*where, "sources"), row.sources, "the source")
        for position, cited in enumerate(row.sources):
            if cited not in years:
                unknown(document, (*where, "sources", position), "no source has the id", cited, ids)
        dated = [year for cited in row.sources if (year := years.get(cited))]
        if row.basis == "published" and row.year is None and dated:
            document.problem(
                (*where, "year"),
                f"got null, expected a year: a source of this published figure is from {max(dated)}",
            )
    for index, point in items(document, "published_points"):
        if point.source not in years:
            unknown(document, ("published_points", index, "source"), "no source has the id", point.source, ids)


def _check_shared_sources(metrics: dict[str, Document]) -> None:
    """The same id is the same publication everywhere: publisher, title and year agree."""
    first: dict[str, tuple[schema.Source, Document]] = {}
    for document in metrics.values():
        for index, source in items(document, "sources"):
            known, known_in = first.setdefault(source.id, (source, document))
            for key in ("publisher", "title", "year"):
                here, there = getattr(source, key), getattr(known, key)
                if here != there:
                    document.problem(
                        ("sources", index, key),
                        f"got {shown(here)}, but {known_in.file} says {shown(there)} for the same id",
                    )


# -- Between metrics --


def _check_related(document: Document, metrics: dict[str, Document]) -> None:
    rows = document.values.get("related") or []
    unique(document, ("related",), (item.metric if item else None for item in rows), "the metric", "metric")
    for index, relation in items(document, "related"):
        if relation.metric == document.slug:
            document.problem(("related", index, "metric"), "a metric is not related to itself")
        elif relation.metric not in metrics:
            unknown(document, ("related", index, "metric"), "no metric has the slug", relation.metric, metrics)


def _check_mirrors(metrics: dict[str, Document]) -> None:
    said = {
        (slug, relation.metric): (document, index, relation.relation)
        for slug, document in metrics.items()
        for index, relation in items(document, "related")
    }
    for (one, other), (document, index, relation) in said.items():
        back = said.get((other, one))
        if back and back[2] != MIRRORED[relation]:
            document.problem(
                ("related", index, "relation"),
                f"got {shown(relation)}, expected {shown(MIRRORED[back[2]])} "
                f"because {back[0].file} says {shown(back[2])}",
            )


def _check_names(metrics: dict[str, Document]) -> None:
    for key in ("name", "abbreviation"):
        first: dict[str, str] = {}
        for document in metrics.values():
            value = document.values.get(key)
            if not value:
                continue
            if value.lower() in first:
                document.problem((key,), f"{shown(value)} is taken by {first[value.lower()]}")
            first.setdefault(value.lower(), document.file)


def _check_categories(document: Document, folder: Folder) -> None:
    categories = as_mapping(folder.documents.get("categories.yaml")).get("categories")
    if categories is None:
        return
    known = [each.slug for each in categories if each]
    for key in ("category", "also_in"):
        slug = document.values.get(key)
        if slug is not None and slug not in known and None not in categories:
            unknown(document, (key,), "no category has the slug", slug, known)
    if document.values.get("also_in") and document.values["also_in"] == document.values.get("category"):
        document.problem(("also_in",), "is the metric's first category already")


def _check_order(folder: Folder, metrics: dict[str, Document]) -> None:
    document = folder.documents.get("order.yaml")
    if document is None:
        return
    for key in ("directory", *schema.STAGES):
        slugs = document.values.get(key)
        if slugs is None:
            continue
        for index, slug in enumerate(slugs):
            if slug is not None and slug not in metrics:
                unknown(document, (key, index), "no metric has the slug", slug, metrics)
        for slug, times in Counter(slugs).items():
            if slug is not None and times > 1:
                last = len(slugs) - 1 - slugs[::-1].index(slug)
                document.problem((key, last), f"{shown(slug)} stands {times} times, expected every metric once")
        for slug in metrics:
            if slug not in slugs:
                document.problem((key,), f"{shown(slug)} is missing, expected every metric once")
        if key != "directory":
            _check_rank(document, key, slugs, metrics)


def _check_rank(document: Document, stage: str, slugs: list[str], metrics: dict[str, Document]) -> None:
    """A stage's rank runs high, medium, low."""
    worst = 0
    for index, slug in enumerate(slugs):
        stages = metrics[slug].values.get("stages") if slug in metrics else None
        if stages is None:
            continue
        priority = getattr(stages, stage).priority
        if PRIORITIES.index(priority) < worst:
            document.problem(
                (stage, index),
                f"{shown(slug)} is {priority} at {stage} but stands below a {PRIORITIES[worst]} one; "
                "expected high, medium, low",
            )
        worst = max(worst, PRIORITIES.index(priority))


# -- The other files --


def _check_lists(folder: Folder) -> None:
    for name, key, expected in (
        ("categories.yaml", "categories", None),
        ("segments.yaml", "segments", list(schema.SEGMENTS[:3])),
        ("stages.yaml", "stages", list(schema.STAGES)),
    ):
        document = folder.documents.get(name)
        if document is None or document.values.get(key) is None:
            continue
        slugs = [each.slug if each else None for each in document.values[key]]
        unique(document, (key,), slugs, "the slug", "slug")
        if expected and None not in slugs and slugs != expected:
            document.problem(
                (key,), f"got {', '.join(map(str, slugs))}; expected {', '.join(expected)}, in this order"
            )
    document = folder.documents.get("faqs.yaml")
    if document is not None:
        groups = document.values.get("groups") or []
        unique(document, ("groups",), (group.slug if group else None for group in groups), "the slug", "slug")
        seen: dict[str, str] = {}
        for index, group in enumerate(groups):
            for position, question in enumerate(group.questions if group else []):
                if question.slug in seen:
                    document.problem(
                        ("groups", index, "questions", position, "slug"),
                        f"the slug {shown(question.slug)} stands twice",
                    )
                seen[question.slug] = question.question


def _check_pages(folder: Folder) -> None:
    pages = folder.pages()
    for slug in PAGES:
        if slug not in pages:
            folder.problems.append(Problem(f"{folder.name}/pages/{slug}.yaml", 1, "", "the file is missing"))
    for slug, document in pages.items():
        if slug not in PAGES:
            document.problem((), "no page has this name, expected one of about.yaml, directory.yaml, map.yaml")
        sections = document.values.get("sections") or []
        unique(document, ("sections",), (each.slug if each else None for each in sections), "the slug", "slug")


def _check_redirects(folder: Folder, metrics: dict[str, Document], known_slugs: Iterable[str]) -> None:
    document = folder.documents.get("redirects.yaml")
    if document is None or document.values.get("metrics") is None:
        return
    moved: dict[str, str] = document.values["metrics"]
    for old, new in moved.items():
        if old in metrics:
            document.problem(
                ("metrics", old), "is the slug of a metric; only a slug that is gone can be redirected"
            )
        if new not in metrics:
            unknown(document, ("metrics", old), "no metric has the slug", new, metrics)
    for slug in sorted(set(known_slugs) - set(metrics) - set(moved)):
        document.problem(
            ("metrics",),
            f"the metric {shown(slug)} was loaded before and its file is gone; expected a line "
            f'"{slug}: <new slug>", so that its address still leads somewhere',
        )


def _check_search(folder: Folder, metrics: dict[str, Document]) -> None:
    document = folder.documents.get("search.yaml")
    if document is None:
        return
    weights: schema.SearchWeights | None = document.values.get("weights")
    for name, weight in weights or ():
        if weight <= 0:
            document.problem(("weights", name), f"got {weight}, expected a number above 0")
    told: dict[str, int] = {}
    for index, row in items(document, "synonyms"):
        for position, word in enumerate(row.words):
            if word.lower() in told:
                where: Location = ("synonyms", index, "words", position)
                document.problem(where, f"{shown(word)} stands in row {told[word.lower()] + 1} already")
            told.setdefault(word.lower(), index)
        for position, slug in enumerate(row.metrics):
            if slug not in metrics:
                unknown(
                    document, ("synonyms", index, "metrics", position), "no metric has the slug", slug, metrics
                )
    for position, slug in items(document, "starts"):
        if slug not in metrics:
            unknown(document, ("starts", position), "no metric has the slug", slug, metrics)


def _check_changes(folder: Folder, metrics: dict[str, Document]) -> None:
    """Every date of a last change is told, and no told change is newer than that date."""
    document = folder.documents.get("changes.yaml")
    if document is None or document.values.get("changes") is None:
        return
    rows: list[schema.Change | None] = document.values["changes"]
    unique(document, ("changes",), (each.id if each else None for each in rows), "the id", "id")
    for index, (newer, older) in enumerate(pairwise(rows), start=1):
        if newer and older and older.date > newer.date:
            where: Location = ("changes", index, "date")
            document.problem(where, f"{older.date} stands below {newer.date}; expected the newest first")
    for index, row in items(document, "changes"):
        unique(document, ("changes", index, "metrics"), row.metrics, "the metric")
        for position, slug in enumerate(row.metrics):
            where = ("changes", index, "metrics", position)
            changed = metrics[slug].values.get("changed") if slug in metrics else None
            if slug not in metrics:
                unknown(document, where, "no metric has the slug", slug, metrics)
            elif row.kind != "wording" and changed is not None and row.date > changed:
                document.problem(
                    where, f"{metrics[slug].file} says that it last changed on {changed}, before this entry"
                )
    if None in rows or document.problems:  # one mistake here would make one of every metric
        return
    for slug, metric in metrics.items():
        changed = metric.values.get("changed")
        told = {each.date for each in rows if each and each.kind != "wording" and slug in (each.metrics or [slug])}
        if changed is not None and changed not in told:
            metric.problem(
                ("changed",), f"got {changed}, but {document.file} tells no change of this metric on that day"
            )


def _check_marks(document: Document, metrics: dict[str, Document]) -> None:
    """Source marks and links in running text lead somewhere."""
    ids = [item.id for _, item in items(document, "sources")] if document.kind is schema.Metric else []
    listed = document.values.get("sources") if document.kind is schema.Metric else []
    for location, text in _marked_texts(document.data, ()):
        for cited in CITATION.findall(text):
            if document.kind is not schema.Metric:
                document.problem(location, f"cites {shown(cited)}, but only metrics have sources")
            elif cited not in ids and listed is not None and None not in listed:
                document.problem(
                    location, f"cites {shown(cited)}, but no source has that id{did_you_mean(cited, ids)}"
                )
        for slug in METRIC_LINK.findall(text):
            if slug not in metrics:
                document.problem(
                    location,
                    f"links to the metric {shown(slug)}, but no metric has that slug{did_you_mean(slug, metrics)}",
                )
        for target in SAFE_LINK.findall(text):
            document.problem(
                location,
                f"links to {shown(target)}, expected metric:<slug>, a path of this site or an https address",
            )


def _marked_texts(data: Any, location: Location) -> Iterator[tuple[Location, str]]:
    """The texts that hold a source mark or a link, with their places."""
    if isinstance(data, str):
        if "[@" in data or "](" in data:
            yield location, data
    elif isinstance(data, dict | list):
        for key, value in data.items() if isinstance(data, dict) else enumerate(data):
            yield from _marked_texts(value, (*location, key))


# -- Helpers --


def unknown(document: Document, where: Location, what: str, value: str, known: Iterable[Any]) -> None:
    """Say that a name leads nowhere, and what may have been meant."""
    document.problem(where, f"{what} {shown(value)}{known_instead(value, map(str, known))}")


def _span(low: Decimal | None, high: Decimal | None) -> str:
    return " ".join(f"{word} {bound}" for word, bound in (("from", low), ("up to", high)) if bound is not None)


def _has_host(address: str) -> bool:
    try:
        return bool(urlsplit(address).hostname)
    except ValueError:  # for instance a bracket that is not closed
        return False


def _inside(value: Decimal, low: Decimal | None, high: Decimal | None) -> bool:
    return (low is None or value >= low) and (high is None or value <= high)


def _short(value: Decimal) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".")
