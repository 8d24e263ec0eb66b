"""Laws of the directory that hold for any query string."""

from collections import defaultdict

import pytest
from django.http import QueryDict
from django.test import Client
from hypothesis import example, given
from hypothesis import strategies as st

from directory.forms import SORTS, DirectoryQuery, PageQuery
from directory.models import Metric, Priority
from tests.requests.page import CATEGORIES, METRICS, SEGMENTS, STAGES, Page

from .queries import parsed, query_strings_of

pytestmark = pytest.mark.django_db

KNOWN = {"stage": STAGES, "category": CATEGORIES, "sort": list(SORTS), "segment": SEGMENTS}
query_strings = query_strings_of(KNOWN)


def expected(query_string):
    """What the directory should show, worked out from the rows and nothing of the view."""
    given_values = parsed(query_string)

    def last(key, values):
        found = [each for each in given_values.getlist(key) if each in values]
        return found[-1] if found else None

    stage = last("stage", STAGES)
    sort = last("sort", list(SORTS))
    if sort is None or (sort == "priority" and stage is None):
        sort = "priority" if stage else "directory"
    families = {each for each in given_values.getlist("category") if each in CATEGORIES}
    ranks = defaultdict(dict)
    for each in Priority.objects.all():
        ranks[each.stage_id][each.metric_id] = each.rank
    keys = {
        "directory": lambda metric: metric.position,
        "name": lambda metric: metric.name,
        "category": lambda metric: (metric.category.position, metric.position),
        "signal": lambda metric: (["leading", "input", "lagging"].index(metric.indicator), metric.position),
        "priority": lambda metric: ranks[stage][metric.slug],
    }
    shown = [
        each
        for each in Metric.objects.select_related("category").defer("data", "page")
        if not families or families & {each.category_id, each.also_in_id}
    ]
    return [each.slug for each in sorted(shown, key=keys[sort])]


@given(query_strings)
@example("stage=walk&stage=%00&category=health&category=usage&sort=name")
@example("sort=priority")
@example("stage=run&sort=signal&category=" + "x" * 3000)
@example("category=%F0%9F%98%80&category=retention&stage=crawl")
def test_any_query_string_gives_a_subset_in_the_order_it_asks_for(query_string):
    page, fragment = (
        Page("/", Client(headers=headers).get("/", QUERY_STRING=query_string))
        for headers in ({}, {"HX-Request": "true"})
    )
    assert (page.status, fragment.status) == (200, 200)
    assert set(page.metrics) <= set(METRICS)
    assert len(page.metrics) == len(set(page.metrics))
    assert page.metrics == fragment.metrics == expected(query_string)
    assert page.errors == []


@given(query_strings, st.sampled_from(METRICS))
def test_any_query_string_gives_the_page_of_a_metric(query_string, slug):
    answer = Client().get(f"/metrics/{slug}/", QUERY_STRING=query_string)
    assert answer.status_code == 200
    marked = {each for each in parsed(query_string).getlist("stage") if each in STAGES}
    assert (b"chart-mine" in answer.content) == bool(marked)


@given(st.text(max_size=80) | st.sampled_from(METRICS).map(lambda slug: slug[:-1]))
def test_any_address_below_metrics_answers(text):
    answer = Client().get("/", PATH_INFO=f"/metrics/{text}/".encode(errors="replace").decode("latin-1"))
    assert answer.status_code in (200, 404)


@given(query_strings)
def test_query_string_of_a_state_gives_the_state_again(query_string):
    query = DirectoryQuery.read(parsed(query_string), stages=STAGES, categories=CATEGORIES)
    again = DirectoryQuery.read(
        QueryDict(query.query_string.removeprefix("?")), stages=STAGES, categories=CATEGORIES
    )
    assert (again.stage, again.categories, again.sort) == (query.stage, query.categories, query.sort)
    assert again.notices == ()
    assert again.query_string == query.query_string


@given(query_strings)
def test_query_string_of_a_page_gives_its_state_again(query_string):
    query = PageQuery.read(parsed(query_string), stages=STAGES, segments=SEGMENTS)
    again = PageQuery.read(QueryDict(query.query_string.removeprefix("?")), stages=STAGES, segments=SEGMENTS)
    assert (again.stage, again.segment, again.notices) == (query.stage, query.segment, ())


@given(query_strings, st.sampled_from(CATEGORIES))
def test_choosing_a_category_twice_changes_nothing(query_string, category):
    query = DirectoryQuery.read(parsed(query_string), stages=STAGES, categories=CATEGORIES)
    twice = query.toggled(category).toggled(category)
    assert twice.query_string == query.query_string


@given(query_strings, st.sampled_from(STAGES))
def test_stage_can_be_changed_and_dropped_from_anywhere(query_string, stage):
    query = DirectoryQuery.read(parsed(query_string), stages=STAGES, categories=CATEGORIES).with_stage(stage)
    again = DirectoryQuery.read(
        QueryDict(query.query_string.removeprefix("?")), stages=STAGES, categories=CATEGORIES
    )
    assert again.stage == stage
    assert again.notices == ()
    assert "stage=" not in again.with_stage(None).query_string
