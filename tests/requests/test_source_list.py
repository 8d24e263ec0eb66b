"""The bibliography at `/sources/`: each publication once, with what rests on it."""

import datetime
from collections import Counter

import pytest
from django.test import Client

from directory.models import Benchmark, Metric, Source

from .page import Page, by_class, hrefs, one_line, words


@pytest.fixture
def by_key(db) -> dict[str, list[Source]]:
    """The rows of each publication: one for each metric that cites it."""
    found: dict[str, list[Source]] = {}
    for row in Source.objects.order_by("metric__position", "number"):
        found.setdefault(row.key, []).append(row)
    return found


LIST = "main//ul[@class='section__body bibliography']/li"


def entries(page):
    """The entries by the key of their publication, which the first row that they lead to tells."""
    keys = {f"/metrics/{row.metric_id}/#source-{row.number}": row.key for row in Source.objects.all()}
    return {keys[hrefs(each.findall("p")[1])[0]]: each for each in page.all(LIST)}


def tags(entry):
    return {words(each) for each in by_class(entry, "tag")}


def test_each_publication_has_one_entry(get, by_key):
    assert set(entries(get("/sources/"))) == set(by_key)
    assert len(get("/sources/").all(LIST)) == len(by_key)


def test_entry_gives_publisher_title_year_and_sample(get, by_key):
    for key, entry in entries(get("/sources/")).items():
        row = by_key[key][0]
        shown = words(entry)
        for part in (row.publisher, row.title, str(row.year or ""), row.sample[1:]):
            assert one_line(part) in shown


def test_entry_says_whether_it_was_read_first_hand(get, by_key):
    for key, entry in entries(get("/sources/")).items():
        row = by_key[key][0]
        assert ("First-hand." in words(entry)) == (row.via == "")
        assert ("Second-hand" in tags(entry)) == (row.via != "")
        assert one_line(row.via) in words(entry)


def test_old_and_undated_publications_are_marked(get, by_key):
    this_year = datetime.datetime.now(tz=datetime.UTC).year
    counts = Counter()
    for key, entry in entries(get("/sources/")).items():
        year = by_key[key][0].year
        is_marked = bool(tags(entry) - {"Second-hand"})
        assert is_marked == (year is None or year <= this_year - 2), key
        counts[is_marked] += 1
    assert counts[True]
    assert counts[False]


def test_link_is_shown_wherever_one_is_known(get, by_key):
    for key, entry in entries(get("/sources/")).items():
        links = [each.get("href") for each in entry.iter("a") if not each.get("href").startswith("/metrics/")]
        known = [row.link for row in by_key[key] if row.link]
        assert links == known[:1]


def test_entry_names_the_metrics_and_the_rows_that_rest_on_it(get, by_key):
    names = dict(Metric.objects.values_list("slug", "name"))
    uses = Counter(Benchmark.sources.through.objects.values_list("source", flat=True))
    for key, entry in entries(get("/sources/")).items():
        used_for = entry.findall("p")[1]
        assert hrefs(used_for) == [f"/metrics/{row.metric_id}/#source-{row.number}" for row in by_key[key]]
        shown = []
        for row in by_key[key]:
            rows = f", {uses[row.pk]} benchmark row{'s' * (uses[row.pk] != 1)}" if uses[row.pk] else ""
            shown.append(one_line(names[row.metric_id]) + rows)
        assert words(used_for) == "Used for " + " · ".join(shown)


def test_entries_stand_under_their_letters_in_order(get, by_key):
    sections = get("/sources/").all("main/section")
    anchors = hrefs(get("/sources/").one("nav[@aria-label='Publishers by letter']"))
    assert anchors == [f"#{each.get('id')}" for each in sections]
    key_of = {entry: key for key, entry in entries(get("/sources/")).items()}
    for section in sections:
        publishers = [by_key[key_of[each]][0].publisher for each in section.iter("li") if each in key_of]
        letter = words(section.find(".//h2"))
        assert publishers == sorted(publishers, key=str.lower)
        if len(letter) == 1:
            assert {each[0].upper() for each in publishers} == {letter}


def test_lead_counts_all_first_hand_and_undated_publications(get, by_key):
    first = [rows[0] for rows in by_key.values()]
    counts = [len(first), sum(not row.via for row in first), sum(row.year is None for row in first)]
    lead = words(get("/sources/").by_class("standfirst")[0])
    assert [int(word) for word in lead.split() if word.isdigit()] == counts


def test_publisher_that_begins_with_a_digit_has_a_place(client, db):
    Source.objects.filter(number=1).update(publisher="6sense")
    page = Page("/sources/", client.get("/sources/"))
    assert page.status == 200
    assert len(page.ids) == len(set(page.ids))


def test_page_takes_one_query(db, django_assert_num_queries):
    client = Client()
    with django_assert_num_queries(1):
        client.get("/sources/")
