"""Laws of the comparison that hold for any query string."""

import pytest
from django.test import Client
from hypothesis import example, given

from tests.requests.page import METRICS, SEGMENTS, STAGES, Page, hrefs

from .queries import parsed, query_strings_of

pytestmark = pytest.mark.django_db

KNOWN = {"metrics": [*METRICS[:6], ",".join(METRICS[6:9])], "segment": [*SEGMENTS, "none"], "stage": STAGES}


def expected(query_string):
    """The first four known slugs, each once, when there are two; worked out from the address alone."""
    asked = [
        part.strip().lower() for value in parsed(query_string).getlist("metrics") for part in value.split(",")
    ]
    found = [slug for slug in dict.fromkeys(part for part in asked if part) if slug in METRICS][:4]
    return found if len(found) > 1 else []


@given(query_strings_of(KNOWN))
@example("metrics=time-to-value&metrics=%00&metrics=dau-mau-ratio,,")
@example("metrics=" + ",".join(METRICS))
@example("metrics=TIME-TO-VALUE,dau-mau-ratio")
def test_any_query_string_gives_the_known_metrics_or_the_list(query_string):
    page = Page("/compare/", Client().get("/compare/", QUERY_STRING=query_string))
    assert page.status == 200
    assert page.errors == []
    heads = [hrefs(each)[0].split("/")[2] for each in page.all("table/thead/tr/th") if hrefs(each)]
    assert heads == expected(query_string)
    assert len(page.all("input[@name='metrics']")) == len(METRICS)
