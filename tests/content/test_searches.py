"""What people type finds what they mean: the golden queries of `tests/samples/searches.yaml`."""

from collections import Counter
from pathlib import Path

import pytest
import yaml
from django.conf import settings

from directory import search
from directory.search import words_of

PATH = Path(__file__).parent.parent / "samples" / "searches.yaml"
QUERIES = yaml.safe_load(PATH.read_text())
SEARCH = yaml.safe_load((Path(settings.CONTENT_DIR) / "search.yaml").read_text())

pytestmark = pytest.mark.django_db


def by_kind(expected):
    """For each kind the keys that have to come first, each as a list of those that will do."""
    wanted = {}
    for each in expected:
        pairs = [name.rpartition(":")[::2] for name in (each if isinstance(each, list) else [each])]
        wanted.setdefault(pairs[0][0] or "metric", []).append([key for _, key in pairs])
    return wanted


@pytest.mark.parametrize("query", QUERIES, ids=map(str, QUERIES))
def test_what_is_meant_comes_first_of_its_kind(query):
    hits = search.current_index().search(query)
    for kind, wanted in by_kind(QUERIES[query]).items():
        found = [hit.entry.key for hit in hits if hit.entry.kind == kind][: len(wanted)]
        assert len(found) == len(wanted)
        assert all(key in keys for key, keys in zip(found, wanted, strict=True)), f"{found}, expected {wanted}"


def test_golden_queries_are_many_and_each_is_a_text():
    """`on`, `no` or a number would need quotes; a query that stands twice hides the first of its lines."""
    assert len(QUERIES) >= 60
    assert all(isinstance(query, str) for query in QUERIES)
    lines = [line.partition(": [")[0] for line in PATH.read_text().splitlines() if ": [" in line]
    assert [line for line, count in Counter(lines).items() if count > 1] == []


def test_every_name_and_abbreviation_finds_its_metric_first():
    index = search.current_index()
    for entry in index.entries:
        for name in filter(None, (entry.title, entry.abbreviation)):
            for typed in (name, name.lower(), name.upper()):
                assert index.search(typed)[0].entry == entry, typed


def test_every_other_name_finds_its_metric_first():
    """Unless two metrics bear it, or it is the very name of another."""
    index = search.current_index()
    bearers = Counter(" ".join(words_of(name)) for entry in index.entries for name in (entry.title, *entry.aka))
    for entry in index.entries:
        for name in entry.aka:
            if bearers[" ".join(words_of(name))] == 1:
                assert index.search(name)[0].entry == entry, name


def test_every_synonym_finds_its_metrics_first_and_in_their_order():
    index = search.current_index()
    names = {" ".join(words_of(name)) for entry in index.entries for name in (*entry.aka, entry.abbreviation)}
    for row in SEARCH["synonyms"]:
        for word in row["words"]:
            if " ".join(words_of(word)) in names:
                continue
            found = [hit.entry.key for hit in index.search(word) if hit.entry.kind == "metric"]
            assert found[: len(row["metrics"])] == row["metrics"], word


def test_no_synonym_stands_twice():
    """Only the last of its rows would count."""
    words = Counter(" ".join(words_of(word)) for row in SEARCH["synonyms"] for word in row["words"])
    assert [word for word, count in words.items() if count > 1] == []
    assert "" not in words
