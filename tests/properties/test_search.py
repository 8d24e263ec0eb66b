"""Laws of search that hold for any text."""

import re

import pytest
from django.test import Client
from hypothesis import example, given
from hypothesis import strategies as st

from directory import search
from directory.forms import LONGEST_QUERY
from directory.models import Metric, Question, SearchEntry, Stage
from tests.requests.page import Page, by_class, parse

from .queries import anything, query_strings_of

pytestmark = pytest.mark.django_db

WORDS = [
    "net",
    "revenue",
    "retnetion",
    "churn",
    "AI &",
    "dau/mau",
    "onb",
    "Rétention",
    "<b>",
    "</mark>",
    "😀",
    "-",
]
texts = (
    anything
    | st.lists(st.sampled_from(WORDS), max_size=10).map(" ".join)
    | st.text("aeinrtuv <>&\"'/", max_size=30)
)


def known_addresses():
    own = {each.get_absolute_url() for model in (Metric, Stage, Question) for each in model.objects.all()}
    return own | set(SearchEntry.objects.values_list("path", flat=True))


def mark_up(made):
    """The tags of a title or excerpt."""
    return set(re.findall(r"<[^>]*>?", made))


@given(texts)
@example("<script>alert(1)</script> churn")
@example('"><img src=x> net')
@example("\0\u202e\ud800".encode(errors="replace").decode())
@example("x" * 10_000)
def test_any_text_gives_a_normal_page_with_known_addresses(text):
    page = Page("/search/", Client().get("/search/", {"q": text}))
    answer = Client(headers={"HX-Request": "true"}).get("/search/", {"q": text})
    assert (page.status, answer.status_code) == (200, 200)
    assert page.errors == []
    fragment, errors = parse(answer.content.decode(), is_fragment=True)
    assert errors == []
    for tree in (page.tree, fragment):
        hits = by_class(tree, "search-hit")
        assert {each.get("href") for each in hits} <= known_addresses()
        assert {each.tag for hit in hits for each in hit.iter()} <= {
            "a",
            "b",
            "mark",
            "small",
            "span",
            "svg",
            "use",
        }
    repeated = page.by_id("q-large").get("value")
    assert len(repeated) <= LONGEST_QUERY
    assert all(character.isprintable() for character in repeated)


@given(query_strings_of({"q": ["churn", "net rev", "<b>", "nrr"]}))
def test_any_query_string_gives_a_page_and_a_panel(query_string):
    for headers in ({}, {"HX-Request": "true"}):
        assert Client(headers=headers).get("/search/", QUERY_STRING=query_string).status_code == 200


@given(texts)
def test_markup_in_a_query_adds_no_element(text):
    """What is repeated of a query is text: one that ended a tag or a value would add elements."""
    page = Page("/search/", Client().get("/search/", {"q": text}))
    assert len(page.all("form")) == 2
    assert all(each.get("src") for each in page.all("script"))
    assert not page.has("img")
    assert not page.has("*[@onerror]")


@given(texts)
def test_titles_and_excerpts_hold_no_markup_but_marks(text):
    for hit in search.current_index().search(text):
        assert mark_up(hit.title) | mark_up(hit.excerpt) <= {"<mark>", "</mark>"}


@given(texts)
def test_case_accents_and_signs_make_no_difference(text):
    index = search.current_index()
    found = [hit.entry for hit in index.search(text)]
    assert found == [hit.entry for hit in index.search(" ".join(search.words_of(text)))]
    assert len(found) == len({(each.kind, each.key) for each in found})


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=6), st.randoms())
def test_order_of_words_does_not_change_what_is_found(words, random):
    index = search.current_index()
    shuffled = random.sample(words, len(words))
    keys = [
        {(hit.entry.kind, hit.entry.key) for hit in index.search(" ".join(each))} for each in (words, shuffled)
    ]
    assert keys[0] == keys[1]


@given(st.data())
def test_every_beginning_of_a_name_finds_its_metric(data):
    index = search.current_index()
    entry = data.draw(st.sampled_from([each for each in index.entries if each.kind == "metric"]))
    for name in (entry.title, *entry.aka):
        end = data.draw(st.integers(1, len(name)))
        if search.words_of(name[:end]):
            assert entry in [hit.entry for hit in index.search(name[:end])]
