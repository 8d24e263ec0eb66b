"""Laws of the priority map that hold for any query string."""

import pytest
from django.http import QueryDict
from django.test import Client
from hypothesis import example, given

from directory.forms import SHOWS, MapQuery
from tests.requests.page import CATEGORIES, METRICS, ORDER, STAGES, Page, families, level

from .queries import parsed, query_strings_of

pytestmark = pytest.mark.django_db

KNOWN = {"stage": STAGES, "category": CATEGORIES, "show": list(SHOWS)}
LEVELS = ["low", "medium", "high"]
query_strings = query_strings_of(KNOWN)


def expected(query_string):
    """What the map should show, worked out from the files and nothing of the view."""
    given_values = parsed(query_string)

    def last(key):
        found = [each for each in given_values.getlist(key) if each in KNOWN[key]]
        return found[-1] if found else None

    stage, show = last("stage"), last("show")
    chosen = {each for each in given_values.getlist("category") if each in CATEGORIES}
    shown = [slug for slug in (ORDER[stage] if stage else METRICS) if not chosen or chosen & families(slug)]
    if not (stage and show):
        return shown
    if stage == STAGES[-1]:
        return []
    following = STAGES[STAGES.index(stage) + 1]
    steps = {slug: LEVELS.index(level(slug, following)) - LEVELS.index(level(slug, stage)) for slug in shown}
    return [slug for slug in shown if (steps[slug] > 0 if show == "rising" else steps[slug] < 0)]


@given(query_strings)
@example("stage=walk&stage=%00&category=health&category=usage&show=rising")
@example("show=falling")
@example("stage=run&show=falling&category=" + "x" * 3000)
@example("stage=walk&show=falling&show=%F0%9F%98%80")
def test_any_query_string_gives_a_subset_in_the_order_it_asks_for(query_string):
    page, fragment = (
        Page("/map/", Client(headers=headers).get("/map/", QUERY_STRING=query_string))
        for headers in ({}, {"HX-Request": "true"})
    )
    assert (page.status, fragment.status) == (200, 200)
    assert page.metrics == fragment.metrics == expected(query_string)
    assert page.errors == []
    assert bool(page.metrics) == page.has("table") != bool(page.by_class("empty-state"))


@given(query_strings)
def test_query_string_of_a_state_gives_the_state_again(query_string):
    query = MapQuery.read(parsed(query_string), stages=STAGES, categories=CATEGORIES)
    again = MapQuery.read(QueryDict(query.query_string.removeprefix("?")), stages=STAGES, categories=CATEGORIES)
    assert (again.stage, again.categories, again.show) == (query.stage, query.categories, query.show)
    assert again.notices == ()
    assert again.query_string == query.query_string
