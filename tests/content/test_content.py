"""The shipped content: complete, loadable, right in its sums, and described by its schemas."""

import json
import re
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from jsonschema import Draft202012Validator

from csmetrics.content import FILES, load, read, validate
from csmetrics.management.commands.export_schemas import schema_files
from directory import formula
from directory.api import documents
from directory.loader import store
from directory.loader.errors import ContentError
from directory.loader.store import Counts
from directory.models import Benchmark, Category, ContentVersion, Metric, Priority, Redirect, Relation, Source

from .rows import all_rows

SLUGS = [
    "ai-assisted-resolution-rate",
    "annual-contract-value",
    "annual-recurring-revenue",
    "cac-payback-period",
    "csm-ai-adoption-rate",
    "customer-effort-score",
    "customer-health-score",
    "customer-lifetime-value",
    "customer-satisfaction-score",
    "customer-success-qualified-leads",
    "dau-mau-ratio",
    "escalation-rate",
    "expansion-revenue",
    "expansion-revenue-rate",
    "gross-revenue-retention",
    "logo-retention-rate",
    "monthly-recurring-revenue",
    "net-promoter-score",
    "net-revenue-retention",
    "onboarding-completion-rate",
    "product-adoption-depth",
    "product-adoption-rate",
    "time-to-first-value",
    "time-to-value",
]
CONTENT = Path(settings.CONTENT_DIR)
FILE_NAMES = sorted(path.relative_to(CONTENT).as_posix() for path in CONTENT.glob("**/*.yaml"))


def counts_of_metrics(folder):
    return next(counts for counts in load(folder) if counts.kind == "metrics")


def edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


# -- What is there --


def test_the_shipped_content_has_no_mistake():
    validate(CONTENT)


def test_all_twenty_four_metrics_are_there():
    assert sorted(path.stem for path in CONTENT.glob("metrics/*")) == SLUGS


def test_every_file_is_of_a_known_kind(shipped):
    """A misnamed file would be left unread without a word."""
    assert sorted(shipped.documents) == FILE_NAMES


@pytest.mark.parametrize("name", FILE_NAMES)
def test_every_file_tells_editors_its_schema(name):
    first = (CONTENT / name).read_text().splitlines()[0]
    relative = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)[1]
    assert (CONTENT / name).parent.joinpath(relative).resolve() in schema_files()


BRITISH = re.compile(
    r"\b(?:(?:after|back|to|up|down|in)wards|cancell(?:ed|ing)|labell(?:ed|ing)|modell(?:ed|ing)|judgement"
    r"|behaviours?|colours?|favour\w*|honour\w*|neighbour\w*|programmes?|licences?|centre[sd]?|whilst|amongst"
    r"|analys(?:ed|ing)|(?:organ|recogn|optim|priorit|summar|util|categor|normal|real|custom|annual|monet)is"
    r"(?:e[sd]?|ing|ation))\b",
    re.IGNORECASE,
)
QUOTED = {"id", "title", "publisher", "link", "via", "sources", "source", "name", "expression"}


def texts_of(value, key=""):
    """Every text of a file, without names that are not ours to spell."""
    if isinstance(value, dict):
        return [text for name, part in value.items() for text in texts_of(part, name)]
    if isinstance(value, list):
        return [text for part in value for text in texts_of(part, key)]
    return [re.sub(r"\[@[\w-]+\]", "", value)] if isinstance(value, str) and key not in QUOTED else []


@pytest.mark.parametrize("name", FILE_NAMES)
def test_texts_are_in_american_english(name):
    texts = texts_of(yaml.safe_load((CONTENT / name).read_text()))
    assert [found[0] for text in texts for found in BRITISH.finditer(text)] == []


@pytest.mark.django_db
def test_every_metric_has_a_rank_of_its_own_at_every_stage():
    for stage in ("crawl", "walk", "run"):
        priorities = Priority.objects.filter(stage=stage).order_by("rank")
        assert [each.rank for each in priorities] == list(range(1, len(SLUGS) + 1))
        assert sorted(each.metric_id for each in priorities) == SLUGS
        levels = [each.level for each in priorities]
        assert levels == sorted(levels, key=["high", "medium", "low"].index)


@pytest.mark.django_db
def test_every_metric_has_a_place_in_the_directory():
    assert list(Metric.objects.values_list("position", flat=True)) == list(range(len(SLUGS)))


@pytest.mark.django_db
def test_rows_hold_the_figures_of_the_files_to_the_digit(shipped):
    for slug in SLUGS:
        content = shipped.documents[f"metrics/{slug}.yaml"].content
        rows = Benchmark.objects.filter(metric=slug)
        assert len(rows) == len(content.benchmarks)
        for row, written in zip(rows, content.benchmarks, strict=True):
            low, high = written.typical or (None, None)
            assert (row.weak, row.low, row.high, row.strong) == (written.weak, low, high, written.strong)
            assert (row.median, row.point) == (written.median, written.point)
            assert {each.key for each in row.sources.all()} == set(written.sources)
        assert [each.key for each in Source.objects.filter(metric=slug)] == [each.id for each in content.sources]


@pytest.mark.django_db
def test_relations_lead_to_metrics_in_both_directions():
    assert set(Relation.objects.values_list("metric", flat=True)) <= set(SLUGS)
    assert set(Relation.objects.values_list("other", flat=True)) <= set(SLUGS)


# -- Sums --


def worked_examples(metric):
    """Every example of a metric that states a result: its own, those of its variants, and agreeing public ones."""
    main = metric.formula
    yield "example", main.expression, main.inputs, metric.example, metric.unit
    variants = {each.id: each for each in main.variants if each.expression}
    for each in variants.values():
        yield f"variant {each.id}", each.expression, [*main.inputs, *each.inputs], each.example, each.unit
    for each in metric.public_examples:
        if each.agrees and each.variant:
            variant = variants[each.variant]
            inputs = [*main.inputs, *variant.inputs]
            yield f"example of {each.publisher}", variant.expression, inputs, each, variant.unit
        elif each.agrees:
            yield f"example of {each.publisher}", main.expression, main.inputs, each, metric.unit


@pytest.mark.parametrize("slug", SLUGS)
def test_each_worked_example_computes_to_its_stated_result(slug, shipped):
    """To the last digit written: a result stated as 15.4 lies between 15.35 and 15.45."""
    for what, expression, inputs, example, unit in worked_examples(
        shipped.documents[f"metrics/{slug}.yaml"].content
    ):
        given = {}
        for each in inputs:
            value = example.inputs.get(each.name, each.default)
            if value is not None:
                given[each.name] = value / 100 if each.unit == "percent" else value
        computed = formula.evaluate(formula.parse(expression, [each.name for each in inputs]), given)
        computed *= 100 if unit == "percent" else 1
        exponent = example.result.as_tuple().exponent
        tolerance = getattr(example, "tolerance", None)
        allowed = Decimal(5).scaleb(exponent - 1) if tolerance is None else tolerance
        assert abs(computed - example.result) <= allowed, f"{what}: {computed} is not {example.result}"


@pytest.mark.parametrize("slug", SLUGS)
def test_each_worked_example_keeps_the_rules_that_its_readers_must_keep(slug, shipped):
    metric = shipped.documents[f"metrics/{slug}.yaml"].content
    given = {each.name: metric.example.inputs.get(each.name, each.default) for each in metric.formula.inputs}
    names = [each.name for each in metric.formula.inputs]
    for each in metric.formula.inputs:
        assert each.min is None or given[each.name] >= each.min
        assert each.max is None or given[each.name] <= each.max
    for each in metric.formula.constraints:
        assert formula.holds(formula.parse_comparison(each.rule, names), given), each.message


# -- Loading --


@pytest.mark.django_db
def test_loading_again_finds_all_unchanged_and_writes_no_row():
    before = all_rows()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        done = load(CONTENT)
    assert done[0] == Counts("metrics", added=0, changed=0, unchanged=24, removed=0)
    assert not any(counts.added or counts.changed or counts.removed for counts in done)
    assert [each["sql"] for each in queries if re.match("INSERT|UPDATE|DELETE", each["sql"])] == []
    assert all_rows() == before


@pytest.mark.django_db
def test_any_change_gives_the_content_version_a_new_time(content_copy):
    """Data answers say when they were made: equal content, equal bytes; other rows, another time."""
    before = ContentVersion.current()
    load(CONTENT)
    assert ContentVersion.current().loaded_at == before.loaded_at
    edit(content_copy / "categories.yaml", "# yaml", "#  yaml")
    load(content_copy)
    same_rows = ContentVersion.current()
    assert same_rows.digest != before.digest
    assert same_rows.loaded_at > before.loaded_at
    Metric.objects.filter(slug="time-to-value").update(digest="of an older rendering")
    load(content_copy)
    assert ContentVersion.current().digest == same_rows.digest
    assert ContentVersion.current().loaded_at > same_rows.loaded_at


@pytest.mark.django_db
def test_the_command_says_what_it_did(capsys):
    call_command("load_content")
    first, *_, last = capsys.readouterr().out.splitlines()
    assert first == "24 metrics: 0 added, 0 changed, 24 unchanged"
    assert last == f"Content version {read(CONTENT).digest[:12]}, 24 metrics."


@pytest.mark.django_db
def test_one_changed_text_changes_one_metric(content_copy):
    others = all_rows_but("gross-revenue-retention")
    edit(content_copy / "metrics" / "gross-revenue-retention.yaml", 'undefined: "', 'undefined: "Edited. ')
    assert str(counts_of_metrics(content_copy)) == "24 metrics: 0 added, 1 changed, 23 unchanged"
    page = Metric.objects.get(slug="gross-revenue-retention").page
    assert page["formula"]["undefined"].startswith("Edited. ")
    assert ContentVersion.current().digest == read(content_copy).digest
    assert all_rows_but("gross-revenue-retention") == others


def all_rows_but(slug):
    """Keys and digests of all metrics but one, with what hangs on them."""
    tables = (Priority, Relation, Benchmark, Source)
    rows = {
        table.__name__: sorted(table.objects.exclude(metric=slug).values_list("pk", "metric")) for table in tables
    }
    return {"Metric": sorted(Metric.objects.exclude(slug=slug).values_list("slug", "digest")), **rows}


@pytest.mark.django_db
def test_two_metrics_that_swap_their_ranks_are_two_changed(content_copy):
    path = content_copy / "order.yaml"
    first, second = yaml.safe_load(path.read_text())["crawl"][:2]
    edit(path, f"crawl:\n  - {first}\n  - {second}\n", f"crawl:\n  - {second}\n  - {first}\n")
    assert str(counts_of_metrics(content_copy)) == "24 metrics: 0 added, 2 changed, 22 unchanged"
    assert Priority.objects.get(stage="crawl", rank=1).metric_id == second


@pytest.mark.django_db
def test_a_renamed_category_changes_no_metric(content_copy):
    edit(content_copy / "categories.yaml", 'name: "Revenue"', 'name: "Money"')
    assert str(counts_of_metrics(content_copy)) == "24 metrics: 0 added, 0 changed, 24 unchanged"
    assert Category.objects.get(slug="revenue").name == "Money"


@pytest.mark.django_db
def test_loading_back_gives_the_same_rows_as_before(content_copy):
    before = all_rows(keys=False)
    edit(content_copy / "metrics" / "time-to-value.yaml", 'undefined: "', 'undefined: "Edited. ')
    edit(content_copy / "faqs.yaml", 'question: "', 'question: "Edited. ')
    edit(content_copy / "pages" / "about.yaml", 'title: "', 'title: "Edited. ')
    edit(content_copy / "redirects.yaml", "metrics: {}", "metrics: {gone: time-to-value}")
    load(content_copy)
    assert all_rows(keys=False) != before
    load(CONTENT)
    assert all_rows(keys=False) == before


def test_wording_may_be_newer_than_the_last_change_of_meaning(shipped):
    entry = "changes:\n  - id: words\n    date: 2026-12-01\n    kind: wording\n    title: Words\n"
    text = shipped.texts["changes.yaml"].replace("changes:\n", f"{entry}    metrics: [dau-mau-ratio]\n")
    assert shipped.problems_with({"changes.yaml": text}) == []


@pytest.mark.django_db
def test_benchmark_rows_keep_their_ids_under_other_words_figures_and_places(content_copy):
    def ids():
        return [each.id for each in documents.benchmarks() if each.metric == "annual-contract-value"]

    before, path = ids(), content_copy / "metrics" / "annual-contract-value.yaml"
    content = yaml.safe_load(path.read_text())
    for row in content["benchmarks"]:
        row["qualifier"] = f"companies like {row['id']}"
        if "measures" in row:
            row["measures"]["label"] += ", reworded"
        for figures in ("weak", "strong", "typical"):
            row.pop(figures, None)
        row["point"] = 1
    content["benchmarks"].reverse()
    path.write_text(yaml.safe_dump(content))
    load(content_copy)
    assert ids() == before[::-1]


@pytest.mark.django_db
def test_ids_of_benchmark_rows_are_unique_and_begin_with_the_metric():
    rows = documents.benchmarks()
    assert len({each.id for each in rows}) == len(rows) == Benchmark.objects.count()
    assert all(each.id.startswith(f"{each.metric}:") for each in rows)


@pytest.fixture
def with_a_guest(content_copy):
    """The content with a twenty-fifth metric, which nothing else names."""
    metrics, order = content_copy / "metrics", content_copy / "order.yaml"
    text = (metrics / "gross-revenue-retention.yaml").read_text()
    text = re.sub("(?m)^name: .*$", "name: Guest", text).replace("\nabbreviation: GRR\n", "\n")
    (metrics / "guest.yaml").write_text(text)
    order.write_text(re.sub(r"(?m)^(\w+):\n", r"\1:\n  - guest\n", order.read_text()))
    return content_copy


def without_the_guest(folder):
    (folder / "metrics" / "guest.yaml").unlink()
    order = folder / "order.yaml"
    order.write_text(order.read_text().replace("  - guest\n", ""))
    return folder


@pytest.mark.django_db
def test_a_new_metric_is_added_in_its_place(with_a_guest):
    """All others move down by one, so their rows change too."""
    assert str(counts_of_metrics(with_a_guest)) == "25 metrics: 1 added, 24 changed, 0 unchanged"
    assert Metric.objects.first().slug == "guest"


@pytest.mark.django_db
def test_a_metric_that_goes_leaves_its_redirect_and_nothing_else(with_a_guest):
    before = all_rows(keys=False)
    load(with_a_guest)
    folder = without_the_guest(with_a_guest)
    edit(folder / "redirects.yaml", "metrics: {}", "metrics:\n  guest: gross-revenue-retention")
    assert str(counts_of_metrics(folder)) == "24 metrics: 0 added, 24 changed, 0 unchanged, 1 removed"
    assert list(Redirect.objects.values_list("old", "new")) == [("guest", "gross-revenue-retention")]
    after = all_rows(keys=False)
    for rows in (before, after):
        del rows["Redirect"], rows["ContentVersion"]
    assert after == before


@pytest.mark.django_db
def test_a_metric_that_goes_without_redirect_stops_the_load():
    guest = Metric.objects.get(slug="time-to-value")
    guest.slug = "guest"
    guest.save(force_insert=True)
    before = all_rows()
    with pytest.raises(ContentError, match='the metric "guest" was loaded before and its file is gone'):
        load(CONTENT)
    assert all_rows() == before


@pytest.mark.django_db
def test_a_load_that_fails_half_way_leaves_the_old_content(content_copy, monkeypatch):
    before = all_rows()
    edit(content_copy / "metrics" / "time-to-value.yaml", 'undefined: "', 'undefined: "Edited. ')

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(store, "_store_evidence", fail)
    with pytest.raises(OSError, match="disk full"):
        load(content_copy)
    assert all_rows() == before


# -- Schemas for editors --


def test_the_exported_schemas_are_not_stale():
    files = schema_files()
    for path, text in files.items():
        assert path.exists(), f"{path.name} is missing: run `python3 manage.py export_schemas`"
        assert path.read_text() == text, f"{path.name} is stale: run `python3 manage.py export_schemas`"
    assert set(next(iter(files)).parent.glob("*.json")) == set(files)


@pytest.mark.parametrize("text", schema_files().values(), ids=[path.name for path in schema_files()])
def test_the_exported_schemas_are_json_schemas(text):
    schema = json.loads(text)
    assert schema["$schema"] == Draft202012Validator.META_SCHEMA["$schema"]
    Draft202012Validator.check_schema(schema)


def test_every_file_is_right_by_its_exported_schema_too(shipped):
    validators = {
        FILES[pattern]: Draft202012Validator(json.loads(text))
        for pattern, text in zip(FILES, schema_files().values(), strict=True)
    }
    for document in shipped.documents.values():
        errors = [
            f"{error.json_path}: {error.message}" for error in validators[document.kind].iter_errors(document.data)
        ]
        assert not errors, document.file


def test_an_exported_schema_refuses_an_unknown_and_a_missing_key(shipped):
    schema = json.loads(next(text for path, text in schema_files().items() if path.name == "metric.schema.json"))
    data = dict(shipped.documents["metrics/time-to-value.yaml"].data)
    data["summry"] = data.pop("summary")
    messages = sorted(error.message for error in Draft202012Validator(schema).iter_errors(data))
    assert messages == [
        "'summary' is a required property",
        "Additional properties are not allowed ('summry' was unexpected)",
    ]
