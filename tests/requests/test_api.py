"""Open data at `/api/v1/`: right by its own schemas, equal to the pages, fresh, and readable from everywhere."""

import csv
import gzip
import io
import json
import re

import brotli
import pytest
from django.conf import settings
from django.test import Client
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from assessment.content import current
from csmetrics.api import DOCUMENTS as EVERY_DOCUMENT
from directory.api import answers
from directory.api.answers import ANSWERS
from directory.api.models import SCHEMA_VERSION
from directory.models import Benchmark, ContentVersion, Metric, Redirect, Source
from tests.unit.test_sheets import read_by_the_standard

from .page import CATEGORIES, CONTENT, DOCUMENTS, METRICS, ORDER, STAGES, TEXTS, by_class, words

SITE = "https://example.test"
JSON = [each for each in DOCUMENTS if not each.endswith(".csv")]
ENVELOPES = [each for each in JSON if "schema" not in each and "openapi" not in each]
TABLES = ["benchmarks", "priorities"]
every_metric = pytest.mark.parametrize("slug", METRICS)


@pytest.fixture(scope="session")
def kept():
    return {}


@pytest.fixture
def data(db, kept):
    """The parsed document at an address, fetched once."""

    def fetch(address):
        if address not in kept:
            kept[address] = json.loads(Client().get(address).content)
        return kept[address]

    return fetch


@pytest.fixture
def items(data):
    return lambda name: data(f"/api/v1/{name}.json")["items"]


def validator(schema):
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


def closed(schema):
    """The schema, with nothing let through that it does not name: what is sent today has to be all in it."""
    models = {name: {**each, "additionalProperties": False} for name, each in schema.get("$defs", {}).items()}
    return {**schema, "additionalProperties": False, "$defs": models}


# -- Shape --


@pytest.mark.parametrize("address", ENVELOPES)
def test_document_is_right_by_the_schema_that_it_names(data, address):
    document = data(address)
    schema = data(document["$schema"].removeprefix(SITE))
    assert schema["$schema"] == Draft202012Validator.META_SCHEMA["$schema"]
    assert schema["$id"] == document["$schema"]
    assert [each.message for each in validator(closed(schema)).iter_errors(document)] == []


@pytest.mark.parametrize("address", ENVELOPES)
def test_reader_who_kept_the_schema_takes_a_later_version_that_only_adds(data, address):
    document, schema = json.loads(json.dumps(data(address))), data(data(address)["$schema"].removeprefix(SITE))

    def add(value):
        if isinstance(value, dict):
            for each in value.values():
                add(each)
            value["added"] = 1
        elif isinstance(value, list):
            for each in value:
                add(each)

    add(document)
    document["schema_version"] = "1.12"
    assert validator(schema).is_valid(document)
    assert not validator(schema).is_valid({**document, "schema_version": "2.0"})


@pytest.mark.parametrize("address", ENVELOPES)
def test_envelope_says_version_time_license_and_count(data, address):
    document, version = data(address), ContentVersion.current()
    assert list(document) == [
        *("$schema", "schema_version", "content_version", "generated", "license", "count", "items")
    ]
    assert document["schema_version"] == SCHEMA_VERSION
    assert document["content_version"] == version.short
    assert document["generated"] == f"{version.loaded_at:%Y-%m-%dT%H:%M:%SZ}"
    assert document["license"]["name"] == "CC-BY-4.0"
    assert document["count"] == len(document["items"]) > 0


def test_schema_refuses_what_is_missing_unknown_or_of_another_type(data):
    document = json.loads(json.dumps(data("/api/v1/benchmarks.json")))
    check = validator(closed(data("/api/v1/schema/benchmarks.json")))
    for damage in (
        lambda row: row.pop("median"),
        lambda row: row.update(color="red"),
        lambda row: row.update(weak="80"),
        lambda row: row.update(segment="tiny"),
        lambda row: row.update(sources=None),
    ):
        damaged = {**document, "items": [dict(document["items"][0])]}
        assert check.is_valid(damaged)
        damage(damaged["items"][0])
        assert not check.is_valid(damaged)


@pytest.mark.parametrize("name", [each.name for each in EVERY_DOCUMENT])
def test_every_field_has_one_type_and_is_always_there(data, name):
    schema = data(f"/api/v1/schema/{name}.json")
    for model in (schema, *schema["$defs"].values()):
        assert "additionalProperties" not in model
        assert set(model["required"]) == set(model["properties"]), model["title"]
        for field in model["properties"].values():
            kinds = [each for each in field.get("anyOf", [field]) if each.get("type") != "null"]
            assert len(kinds) == 1, field
            assert not isinstance(kinds[0].get("type"), list)


def test_addresses_say_in_their_schema_what_they_are(data):
    """The site's own may be paths, where it was not told its own address; those of publishers are whole."""
    for name in (each.name for each in EVERY_DOCUMENT):
        schema = data(f"/api/v1/schema/{name}.json")
        for model in (schema, *schema["$defs"].values()):
            for field, said in model["properties"].items():
                kinds = {each.get("format") for each in said.get("anyOf", [said]) if each.get("type") != "null"}
                if field == "link":
                    assert kinds == {"uri"}
                elif field in ("url", "$schema") and model["title"] != "License":
                    assert kinds == {"uri-reference"}


def test_categories_and_efforts_are_closed_lists(data):
    metric = data("/api/v1/schema/metrics.json")["$defs"]["Metric"]["properties"]
    assert metric["category"]["enum"] == metric["also_in"]["anyOf"][0]["enum"] == CATEGORIES
    for name, model in (("assessment", "Next"), ("assessment", "EffortWeeks"), ("score", "Move")):
        defined = data(f"/api/v1/schema/{name}.json")["$defs"][model]["properties"]
        assert defined["effort"]["enum"] == ["S", "M", "L"]


def test_index_lists_every_document_and_each_answers(client, data):
    entries = {each["name"]: each for each in data("/api/v1/")["items"]}
    assert list(entries) == [*(each.name for each in EVERY_DOCUMENT), "score", "openapi", "changes"]
    assert [name for name, each in entries.items() if each["method"] == "POST"] == ["score"]
    for name, each in entries.items():
        forms = [each[f"{form}_url"] for form in ("json", "csv", "atom", "schema") if each[f"{form}_url"]]
        assert forms
        for address in forms:
            path = address.removeprefix(SITE)
            if name == "score" and address == each["json_url"]:
                answer = client.post(path, '{"responses": {}}', content_type="application/json")
            else:
                answer = client.get(path)
            assert answer.status_code == 200
    assert [name for name, each in entries.items() if each["csv_url"]] == TABLES
    assert {name: each["item_url"] for name, each in entries.items() if each["item_url"]} == {
        "metrics": f"{SITE}/api/v1/metrics/{{slug}}.json"
    }


# -- The same as on the pages --


def figures(element):
    """The numbers that a cell prints."""
    text = re.sub(r"[^\d.,−–]", " ", words(element)).replace("–", " ").replace("−", "-").replace(",", "")
    return [float(each) for each in text.split() if re.search(r"\d", each)]


def cells(row):
    return {each.get("data-label", ""): each for each in row.iter("td")}


@every_metric
def test_benchmark_figures_are_those_of_the_page(get, items, slug):
    page = get(f"/metrics/{slug}/")
    rows = [each for each in items("benchmarks") if each["metric"] == slug]
    assert (
        len(rows) == len(CONTENT[slug]["benchmarks"]) == len([e for e in page.ids if e.startswith("benchmark-")])
    )
    for row in rows:
        assert row["url"].startswith(f"{SITE}/metrics/{slug}/#")
        shown = page.by_id(row["url"].partition("#")[2])
        printed = cells(shown)
        middle = row["median"] if row["median"] is not None else row["point"]
        typical = [row["typical_low"], row["typical_high"]]
        for label, expected in (
            ("Weak", [row["weak"]]),
            ("Typical", typical),
            ("Strong", [row["strong"]]),
            ("Median" if row["median"] is not None else "Single figure", [middle]),
        ):
            wanted = [each for each in expected if each is not None]
            assert (figures(printed[label]) if label in printed else []) == wanted, (row["id"], label)
        (evidence,) = by_class(shown, "is-evidence")
        assert row["basis"].capitalize() in words(evidence)
        assert (str(row["year"]) if row["year"] else "undated") in words(evidence)


@every_metric
def test_one_metric_is_the_item_of_all_of_them(data, items, slug):
    document = data(f"/api/v1/metrics/{slug}.json")
    (item,) = document["items"]
    assert document["$schema"] == f"{SITE}/api/v1/schema/metrics.json"
    assert item == next(each for each in items("metrics") if each["slug"] == slug)
    assert item["benchmarks"] == [each for each in items("benchmarks") if each["metric"] == slug]


@every_metric
def test_metric_has_the_figures_and_parts_of_its_page(get, items, slug):
    page = get(f"/metrics/{slug}/")
    metric = next(each for each in items("metrics") if each["slug"] == slug)
    (result,) = by_class(page.by_id("formula"), "ledger__result")
    half = 0.5 if metric["unit"] == "currency" else 0.05
    assert figures(result.find("td")) == [pytest.approx(metric["example"]["result"], abs=half + 1e-9)]
    for stage, column in zip(metric["stages"], page.all("section[@id='stages']/ol/li"), strict=True):
        assert by_class(column, f"level--{stage['level']}")
        assert len(by_class(column, "focus-mark")) == stage["is_focus"]
        assert len(by_class(column, "dashes")[0].findall("li")) == len(stage["actions"])
    related = [each.find("a").get("href") for each in page.all("section[@id='related']/ul/li")]
    assert related == [f"/metrics/{each['metric']}/" for each in metric["related"]]
    for source in metric["sources"]:
        entry = page.by_id(f"source-{source['number']}")
        assert (str(source["year"]) if source["year"] else "Undated") in words(entry)
    points = page.all("section[@id='benchmarks']//td[@class='is-number']/strong")
    printed = [number for each in points for number in figures(each)]
    assert [each["value"] for each in metric["published_points"]] == printed[
        -len(metric["published_points"]) or 99 :
    ]


@every_metric
def test_definitions_say_what_the_calculator_refuses(items, slug):
    """Bounds and rules of every variant, and why a row gives no verdict."""
    metric = next(each for each in items("metrics") if each["slug"] == slug)
    for given, content in zip(metric["formula"]["variants"], CONTENT[slug]["formula"]["variants"], strict=True):
        assert given["range"] == content.get("range")
        assert given["same_as_metric"] == content.get("same_as_metric", False)
        assert [each["rule"] for each in given["constraints"]] == [
            each["rule"] for each in content.get("constraints", [])
        ]
    for row in metric["benchmarks"]:
        assert bool(row["because"]) == (row["treat_as"] == "orientation")


def test_priorities_are_every_metric_at_every_stage_in_rank_order(items):
    rows = items("priorities")
    for stage in STAGES:
        own = [each for each in rows if each["stage"] == stage]
        assert [each["metric"] for each in own] == ORDER[stage]
        assert [each["rank"] for each in own] == list(range(1, 25))
        assert [each["is_focus"] for each in own] == [True] * 4 + [False] * 20
        for each in own:
            said = CONTENT[each["metric"]]["stages"][stage]
            assert (each["level"], each["reason"]) == (said["priority"], said["reason"])
    assert len({each["id"] for each in rows}) == len(rows) == 72


def test_stages_start_with_their_focus(items):
    assert [each["slug"] for each in items("stages")] == STAGES
    assert [each["focus"] for each in items("stages")] == [ORDER[stage][:4] for stage in STAGES]


def test_sources_say_of_each_metric_what_the_metric_says_itself(items):
    cited = {(source["id"], metric["slug"]): source for metric in items("metrics") for source in metric["sources"]}
    uses = {(source["id"], use["metric"]): (source, use) for source in items("sources") for use in source["uses"]}
    assert set(uses) == set(cited)
    for key, (source, use) in uses.items():
        for name in ("publisher", "title", "year"):
            assert source[name] == cited[key][name]
        for name in ("read", "via", "sample", "finding"):
            assert use[name] == cited[key][name]
    assert len(items("sources")) == Source.objects.values("key").distinct().count()


def test_source_marks_in_texts_lead_to_sources_of_the_metric(items):
    for metric in items("metrics"):
        ids = {each["id"] for each in metric["sources"]}
        marks = re.findall(r"\[@([^\]]+)\]", json.dumps(metric))
        assert set(marks) <= ids
    assert sum(len(each["sources"]) for each in items("metrics")) > 100


def test_texts_have_no_markup_and_no_typographers_spaces(items):
    for name in ("metrics", "priorities", "stages", "sources"):
        text = json.dumps(items(name), ensure_ascii=False)
        assert not re.search(r"\*\*|\]\((metric:|/|http)|</|\u202f|\u00a0", text), name


def test_numbers_are_written_as_they_were_typed(client, db):
    text = client.get("/api/v1/metrics/customer-lifetime-value.json").content.decode()
    assert re.search(r'"result":\d+', text)
    assert not re.search(r":\d+\.0[,}]", text)


# -- Tables --


def rows_of(answer, encoding="utf-8"):
    return list(csv.DictReader(io.StringIO(answer.content.decode(encoding), newline=""), strict=True))


@pytest.mark.parametrize("name", TABLES)
def test_table_holds_the_items_of_the_document(client, db, items, name):
    answer = client.get(f"/api/v1/{name}.csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8; header=present"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="csmetrics-{name}.csv"'
    rows = rows_of(answer)
    assert len(rows) == len(items(name))
    for row, item in zip(rows, items(name), strict=True):
        assert list(row) == list(item)
        for key, value in item.items():
            match value:
                case None:
                    assert row[key] == ""
                case bool():
                    assert row[key] == str(value).lower()
                case int() | float():
                    assert float(row[key]) == value
                case list():
                    assert row[key].split() == value
                case _:
                    assert row[key].removeprefix("'") == value


@pytest.mark.parametrize("name", TABLES)
def test_table_has_whole_lines_and_no_mark_unless_asked(client, db, name):
    plain, marked = (client.get(f"/api/v1/{name}.csv{query}").content for query in ("", "?bom=1"))
    assert marked == b"\xef\xbb\xbf" + plain
    assert client.get(f"/api/v1/{name}.csv?bom=0").content == plain
    assert plain.endswith(b"\r\n")
    assert plain.count(b"\n") == plain.count(b"\r\n") == len(rows_of(client.get(f"/api/v1/{name}.csv"))) + 1
    assert next(iter(rows_of(client.get(f"/api/v1/{name}.csv?bom=1"), "utf-8-sig")[0])) == "id"


@pytest.mark.parametrize("name", TABLES)
def test_table_is_right_by_the_grammar_of_its_standard(client, db, items, name):
    text = client.get(f"/api/v1/{name}.csv").content.decode()
    head, *rows = read_by_the_standard(text)
    assert {len(each) for each in rows} == {len(head)}
    assert [row[0] for row in rows] == [each["id"] for each in items(name)]
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "@"))]


def test_hostile_text_is_no_formula_in_a_table(client, db):
    metric = Metric.objects.get(slug="time-to-value")
    metric.data["benchmarks"][0]["qualifier"] = '=HYPERLINK("http://evil.example","x")'
    metric.data["benchmarks"][0]["weak"] = -5
    metric.save()
    row = next(each for each in rows_of(client.get("/api/v1/benchmarks.csv")) if each["metric"] == "time-to-value")
    assert row["population"] == "'" + '=HYPERLINK("http://evil.example","x")'
    assert row["weak"] == "-5"


# -- Freshness --


@pytest.mark.parametrize("address", [*DOCUMENTS, *TEXTS])
def test_answer_that_the_reader_has_is_not_sent_again(client, db, address):
    first = client.get(address)
    tag = first.headers["ETag"]
    assert re.fullmatch(r'"[0-9a-f]{12}-[0-9a-f]{8}"', tag)  # strong
    assert first.headers["Cache-Control"] == "public, max-age=300"
    assert first.headers["Vary"] == "Accept-Encoding"
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = client.get(address, headers={"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b""), known
        for name in ("ETag", "Cache-Control", "Vary", "Access-Control-Allow-Origin"):
            assert again.headers[name] == first.headers[name]
    assert client.get(address, headers={"If-None-Match": '"other"'}).content == first.content
    assert client.get(address).content == first.content


@pytest.mark.parametrize("address", [*DOCUMENTS, *TEXTS])
def test_answer_that_was_made_once_takes_one_query(client, db, django_assert_num_queries, address):
    """For the content version; it is neither made nor compressed again, whoever asks."""
    first = {
        encoding: client.get(address, headers={"Accept-Encoding": encoding}) for encoding in ("", "br", "gzip")
    }
    for encoding, answer in first.items():
        for known in ({}, {"If-None-Match": answer.headers["ETag"]}):
            with django_assert_num_queries(1):
                again = client.get(address, headers={"Accept-Encoding": encoding, **known})
            assert again.content == (b"" if known else answer.content)


def test_what_is_kept_has_a_bound(client, db):
    """Everything there is takes well less than what may be kept."""
    for entry in (*DOCUMENTS, *TEXTS, *(f"/api/v1/metrics/{slug}.json" for slug in METRICS)):
        client.get(entry, headers={"Accept-Encoding": "br"})
    kept = len(ANSWERS.items)
    client.get("/metrics/time-to-value.md?a=1")
    client.get("/api/v1/metrics/nope.json")
    client.get("/api/v1/benchmarks.csv?bom=2")
    assert len(ANSWERS.items) == kept
    assert 0 < ANSWERS.cost == sum(each.cost for each in ANSWERS.items.values()) < ANSWERS.most_bytes / 2


def test_each_address_has_a_tag_of_its_own(client, db):
    addresses = [*DOCUMENTS, *TEXTS, "/api/v1/benchmarks.csv?bom=1"]
    assert len({client.get(each).headers["ETag"] for each in addresses}) == len(addresses)


def test_tag_changes_with_a_template_of_an_answer(settings, tmp_path):
    (tmp_path / "templates" / "directory").mkdir(parents=True)
    settings.BASE_DIR = tmp_path
    tags = set()
    for text in ("<feed/>", "<feed></feed>"):
        (tmp_path / "templates" / "directory" / "changes.atom").write_text(text)
        tags.add(answers._code.__wrapped__())
    assert len(tags) == 2


def test_tag_changes_with_content_site_and_code(client, db, settings, monkeypatch):
    def tag():
        return client.get("/api/v1/stages.json").headers["ETag"]

    tags = {tag()}
    ContentVersion.objects.update(digest="f" * 64)
    tags.add(tag())
    settings.SITE_URL = "https://other.test"
    tags.add(tag())
    monkeypatch.setattr("directory.api.answers._code", lambda: "another release")
    tags.add(tag())
    assert len(tags) == 4


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/api/v1/metrics/nope.json", 404),
        ("/api/v1/schema/nope.json", 404),
        ("/api/v1/nope.json", 404),
        ("/metrics/nope.md", 404),
        ("/api/v1/benchmarks.csv?bom=9", 400),
        ("/api/v1/stages.json?x=1", 400),
    ],
)
def test_no_tag_makes_a_wrong_address_known(client, db, monkeypatch, address, status):
    """Not even where it were the tag of that address itself."""
    monkeypatch.setattr(answers, "_tag", lambda *_: "one-for-all")
    known = client.get("/api/v1/metrics.json").headers["ETag"]
    for tag in ("*", known):
        assert client.get(address, headers={"If-None-Match": tag}).status_code == status


@pytest.mark.parametrize("address", [*DOCUMENTS, *TEXTS])
@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("br", "br"),
        ("gzip, deflate, br;q=0.9", "gzip"),
        ("br;q=0.1, gzip;q=1.0", "gzip"),
        ("*", "br"),
        ("gzip", "gzip"),
        ("GZIP;q=0.5", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("deflate", ""),
        ("gzip;q=x", ""),
    ],
)
def test_answer_is_compressed_as_the_reader_likes(client, db, address, accepted, encoding):
    plain = client.get(address)
    answer = client.get(address, headers={"Accept-Encoding": accepted})
    unpack = {"br": brotli.decompress, "gzip": gzip.decompress, "": bytes}[encoding]
    if len(plain.content) < 600:
        assert answer.content == plain.content
    else:
        assert answer.headers.get("Content-Encoding", "") == encoding
        assert unpack(answer.content) == plain.content
        assert not encoding or len(answer.content) < len(plain.content)
    assert (answer.headers["ETag"] == plain.headers["ETag"]) == (not encoding)
    again = client.get(address, headers={"Accept-Encoding": accepted, "If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


# -- Readers elsewhere --


@pytest.mark.parametrize("address", [*DOCUMENTS, *TEXTS])
def test_pages_of_other_sites_may_read_but_bring_nothing(client, db, address):
    answer = client.get(address, headers={"Origin": "https://elsewhere.example"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert "Cookie" not in answer.headers["Vary"]
    assert not answer.cookies
    asked = client.options(
        address,
        headers={"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "GET"},
    )
    assert (asked.status_code, asked.content) == (204, b"")
    assert asked.headers["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"
    assert "*" in asked.headers["Access-Control-Allow-Headers"].split(", ")


def test_index_without_its_slash_sends_scripts_elsewhere_on(client, db):
    answer = client.get("/api/v1")
    assert (answer.status_code, answer.headers["Location"]) == (301, "/api/v1/")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert client.options("/api/v1").status_code == 204


def test_pages_are_not_open_to_scripts_elsewhere(get):
    for address in ("/", "/metrics/time-to-value/", "/search/?q=churn", "/embed/time-to-value/", "/api/"):
        assert "Access-Control-Allow-Origin" not in get(address).response.headers


@pytest.mark.parametrize("address", [*DOCUMENTS, *TEXTS])
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "trace"])
def test_documents_are_only_read(address, method):
    """Refused before anything is looked up, and before a form token is asked for: no `db` here."""
    answer = getattr(Client(enforce_csrf_checks=True), method)(address)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("address", [*DOCUMENTS, *TEXTS])
def test_head_says_what_get_says_without_the_body(client, db, address):
    got, headed = client.get(address), client.head(address)
    assert (headed.status_code, headed.content) == (200, b"")
    for name in ("Content-Type", "Content-Length", "ETag"):
        assert headed.headers[name] == got.headers[name]


def test_host_header_reaches_no_document(db):
    for address in [*DOCUMENTS, *TEXTS]:
        by_name = Client(headers={"Host": "localhost:8123"}).get(address).content
        assert by_name == Client(headers={"Host": "127.0.0.1"}).get(address).content


# -- Problems --


def problem_of(client, answer):
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cache-Control"] == "no-store"
    told = json.loads(answer.content)
    schema = json.loads(client.get("/api/v1/schema/problem.json").content)
    assert [each.message for each in validator(schema).iter_errors(told)] == []
    assert told["status"] == answer.status_code
    return told


@pytest.mark.parametrize("address", DOCUMENTS)
def test_unknown_parameter_is_refused_by_name(client, db, address):
    told = problem_of(client, client.get(address, {"segment": "smb", "x\0": ""}))
    assert told["status"] == 400
    assert told["type"] == f"{SITE}/api/#parameters"
    expected = (
        "unknown parameter, expected bom"
        if address.endswith("csv")
        else ("unknown parameter, this address takes no parameters")
    )
    assert told["errors"] == [{"field": name, "message": expected} for name in ("segment", "x")]


@pytest.mark.parametrize("address", TEXTS)
def test_texts_do_not_mind_parameters(client, db, address):
    assert client.get(address, {"utm_source": "x"}).content == client.get(address).content


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("bom=", "got '', expected 0 or 1"),
        ("bom=yes", "got 'yes', expected 0 or 1"),
        ("bom=1&bom=1", "stands more than once"),
    ],
)
def test_wrong_value_of_a_parameter_is_told(client, db, query, message):
    told = problem_of(client, client.get(f"/api/v1/benchmarks.csv?{query}"))
    assert (told["status"], told["errors"]) == (400, [{"field": "bom", "message": message}])


@pytest.mark.parametrize(
    "address",
    [
        *("/api/v1/nope.json", "/api/v1/metrics.xml", "/api/v1/metrics/", "/api/v1/schema/", "/api/v1/stages.csv"),
        *("/api/v1/%00", "/api/v1/metrics/%ff.json", "/api/v1/../../etc/passwd"),
    ],
)
@pytest.mark.parametrize("method", ["get", "head", "post"])
def test_missing_document_is_told_as_a_problem(client, db, address, method):
    answer = getattr(client, method)(address)
    assert answer.status_code == (
        405 if method == "post" and address.endswith("nope.json") and "schema" in address else 404
    )
    if method == "get":
        assert "errors" in problem_of(client, answer)


@pytest.mark.parametrize("address", ["/api/v1/metrics/time-to-valu.json", "/metrics/time-to-valu.md"])
def test_misspelt_slug_is_told_with_what_was_meant(client, db, address):
    told = problem_of(client, client.get(address))
    assert told["status"] == 404
    assert told["detail"] == "No metric has the slug time-to-valu. Did you mean time-to-value?"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("/api/v1/metrics/stickiness.json", "/api/v1/metrics/dau-mau-ratio.json"),
        ("/metrics/stickiness.md", "/metrics/dau-mau-ratio.md"),
        ("/embed/stickiness/?stage=walk", "/embed/dau-mau-ratio/?stage=walk"),
    ],
)
def test_renamed_metric_answers_by_a_redirect_for_good(client, db, old, new):
    Redirect.objects.create(old="stickiness", new="dau-mau-ratio")
    answer = client.get(old, headers={"If-None-Match": '"old"'})
    assert (answer.status_code, answer.headers["Location"]) == (301, new)
    if "embed" not in old:
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert client.get(new).status_code == 200


def test_site_without_content_says_that_none_is_loaded(client, db):
    ContentVersion.objects.all().delete()
    for address in [*DOCUMENTS, *TEXTS]:
        assert client.get(address).status_code == 503
    assert client.get("/api/").status_code == 200


# -- Description --


def test_openapi_description_is_valid(data):
    description = data("/api/v1/openapi.json")
    assert description["openapi"].startswith("3.1.")
    assert [str(each) for each in OpenAPIV31SpecValidator(description).iter_errors()] == []


def test_openapi_describes_every_address_with_its_own_schema(data):
    description = data("/api/v1/openapi.json")
    paths = {each for each in DOCUMENTS if "openapi" not in each and "schema" not in each}
    paths = {each.replace("/time-to-value.json", "/{slug}.json") for each in paths}
    assert paths <= set(description["paths"])
    for name in (each.name for each in EVERY_DOCUMENT):
        answer = description["paths"][f"/api/v1/{name}.json"]["get"]["responses"]["200"]
        reference = answer["content"]["application/json"]["schema"]["$ref"]
        model = description["components"]["schemas"][reference.rpartition("/")[2]]
        assert model["properties"] == {
            key: json.loads(json.dumps(value).replace("#/$defs/", "#/components/schemas/"))
            for key, value in data(f"/api/v1/schema/{name}.json")["properties"].items()
        }


def test_openapi_names_the_site(data):
    assert data("/api/v1/openapi.json")["servers"] == [{"url": settings.SITE_URL}]


# -- Queries --


@pytest.mark.parametrize(
    ("address", "count"),
    [
        ("/api/v1/", 1),
        ("/api/v1/schema/metrics.json", 2),
        ("/api/v1/openapi.json", 4),
        ("/api/v1/assessment.json", 2),
        ("/api/v1/metrics.json", 5),
        ("/api/v1/metrics/time-to-value.json", 5),
        ("/api/v1/benchmarks.json", 2),
        ("/api/v1/benchmarks.csv", 2),
        ("/api/v1/priorities.json", 3),
        ("/api/v1/stages.json", 3),
        ("/api/v1/sources.json", 2),
        ("/api/v1/metrics/nope.json", 4),
        ("/api/v1/nope.json", 0),
        ("/metrics/time-to-value.md", 9),
        ("/index.md", 6),
        ("/llms.txt", 5),
        ("/changes.atom", 3),
    ],
)
def test_document_takes_a_fixed_number_of_queries(client, db, django_assert_num_queries, address, count):
    """One for the content version; metrics: rows, priorities, changes, relations."""
    assert Benchmark.objects.count() > 100
    current()  # the questionnaire stays in memory
    with django_assert_num_queries(count):
        client.get(address)
