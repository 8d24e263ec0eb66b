"""The site as a search engine of the browser."""

import json
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
from django.test import Client

SPEC = "{http://a9.com/-/spec/opensearch/1.1/}"
SITE = "https://example.test"


def description(client):
    answer = client.get("/opensearch.xml")
    assert answer.headers["Content-Type"] == "application/opensearchdescription+xml; charset=utf-8"
    return ElementTree.fromstring(answer.content)


def test_description_has_what_browsers_read(client):
    """No `db`: nothing of it is content."""
    tree = description(client)
    assert tree.tag == f"{SPEC}OpenSearchDescription"
    assert 0 < len(tree.find(f"{SPEC}ShortName").text) <= 16
    assert 0 < len(tree.find(f"{SPEC}LongName").text) <= 48
    assert 0 < len(tree.find(f"{SPEC}Description").text) <= 1024
    assert tree.find(f"{SPEC}Image").text.startswith(f"{SITE}/static/")
    urls = {each.get("type"): each.get("template") for each in tree.iter(f"{SPEC}Url")}
    assert urls == {
        "text/html": f"{SITE}/search/?q={{searchTerms}}",
        "application/x-suggestions+json": f"{SITE}/search/suggestions/?q={{searchTerms}}",
        "application/opensearchdescription+xml": f"{SITE}/opensearch.xml",
    }


def test_templates_of_the_description_lead_to_answers(client, db):
    for each in description(client).iter(f"{SPEC}Url"):
        address = each.get("template").removeprefix(SITE).replace("{searchTerms}", quote("NRR & churn"))
        answer = client.get(address)
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith(each.get("type"))


def test_site_without_an_address_uses_the_one_that_was_asked_and_is_not_kept(settings):
    settings.SITE_URL = ""
    answer = Client(headers={"Host": "localhost:8123"}).get("/opensearch.xml")
    assert b'template="http://localhost:8123/search/?q={searchTerms}"' in answer.content
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "query", ["nrr", "churn", "Health score", "net ", "  net\tRevenue", "zzqq", "", "😀 <b>\0", "a" * 600]
)
def test_suggestions_are_four_parallel_parts(client, db, query):
    answer = client.get("/search/suggestions/", {"q": query})
    typed, names, meanings, addresses = json.loads(answer.content)
    assert typed == query[:500]  # letter by letter: Firefox drops an answer to anything else
    assert len(names) == len(meanings) == len(addresses) <= 8
    assert all(0 < len(each) <= 160 for each in meanings)
    for each in addresses:
        assert client.get(each.removeprefix(SITE).partition("#")[0]).status_code == 200
    assert answer.headers["Content-Type"] == "application/x-suggestions+json; charset=utf-8"


def test_abbreviation_suggests_its_metric_first(client, db):
    _, names, _, addresses = json.loads(client.get("/search/suggestions/?q=nrr").content)
    assert names[0] == "Net Revenue Retention"
    assert addresses[0] == f"{SITE}/metrics/net-revenue-retention/"


def test_suggestions_take_one_query(client, db, django_assert_num_queries):
    """The content version; the index is in memory."""
    client.get("/search/suggestions/?q=churn")
    with django_assert_num_queries(1):
        client.get("/search/suggestions/?q=churn")
