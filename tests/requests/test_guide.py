"""The page that explains the open data, at `/api/`."""

import json
import shlex
from itertools import pairwise

from django.test import Client

from csmetrics.api import DOCUMENTS

from .page import by_class, hrefs, words

SITE = "https://example.test"


def sent(command, client):
    """The answer to a command of the page."""
    parts = shlex.split(command)
    assert parts[0] == "curl"
    (address,) = [each.removeprefix(SITE) for each in parts if each.startswith(SITE)]
    data = [after for before, after in pairwise(parts) if before in ("-d", "--data")]
    if data:
        assert "Content-Type: application/json" in parts
        return client.post(address, data[0], content_type="application/json")
    return client.get(address)


def test_every_example_is_the_answer_that_its_command_gets(get, client, db):
    """Where the page leaves items or lines out, it shows the first of them and says so."""
    examples = get("/api/").by_class("example")
    assert len(examples) >= 3
    for each in examples:
        command, answer = ("".join(pre.itertext()) for pre in each.findall("pre"))
        response = sent(command, client)
        told = words(each.find("p"))
        assert told.startswith(f"Answers {response.status_code}.")
        if response.headers["Content-Type"].startswith("text/csv"):
            lines = response.content.decode().splitlines()
            assert answer.splitlines() == lines[: len(answer.splitlines())]
            assert f"of {len(lines)} lines" in told
            continue
        shown, got = json.loads(answer), json.loads(response.content)
        if "items" in got:
            assert got["count"] == 1 or f"of {got['count']} items" in told
            got = got["items"][0] if "without the envelope" in told else got
        assert shown == got


def test_page_leads_to_every_form_of_every_document(get):
    links = get("/api/").links
    for each in DOCUMENTS:
        assert {each.path, f"/api/v1/schema/{each.name}.json"} <= set(links)
        assert not each.is_table or {each.table_path, f"{each.table_path}?bom=1"} <= set(links)
    assert {"/api/v1/", "/api/v1/openapi.json", "/index.md", "/llms.txt", "/changes.atom"} <= set(links)


def test_columns_are_explained_in_words(get):
    tables = get("/api/").all("details//table")
    assert len(tables) == sum(each.is_table for each in DOCUMENTS)
    for table, document in zip(tables, [each for each in DOCUMENTS if each.is_table], strict=True):
        rows = [[words(cell) for cell in row] for row in table.findall("tbody/tr")]
        assert [name for name, _, _ in rows] == list(document.item.model_fields)
        assert all(kind and meaning and "`" not in meaning for _, kind, meaning in rows)


def test_contents_lead_to_the_sections_of_the_page(get):
    page = get("/api/")
    anchors = [each.removeprefix("#") for each in hrefs(page.one("nav[@aria-label='On this page']"))]
    assert anchors == [each.get("id") for each in page.all("main//section[@id]")]
    assert by_class(page.tree, "example")


def test_page_takes_a_fixed_number_of_queries(db, django_assert_num_queries):
    """The content version and the questionnaire, and what its examples ask."""
    client = Client()
    with django_assert_num_queries(11):
        client.get("/api/")
