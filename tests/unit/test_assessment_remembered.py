"""What the two cookies of a browser say, and whether a form came from a page of this site."""

import datetime

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from directory.remembered import Remembered, choose, forget, is_from_here, remembered
from directory.switch import short_date

DAY = datetime.date(2026, 11, 23)
WALK = Remembered("walk", None, None, "walk", DAY)


def read(result="", stage=None):
    request = RequestFactory().get("/")
    request.COOKIES |= {"result": result} | ({} if stage is None else {"stage": stage})
    return remembered(request)


@pytest.mark.parametrize(
    ("result", "stage", "expected"),
    [
        ("", None, Remembered()),
        ("", "run", Remembered()),
        ("walk.2026-11-23.-.-", None, WALK),
        ("walk.2026-11-23.-.-", "run", Remembered("run", None, None, "walk", DAY)),
        ("walk.2026-11-23.-.-", "none", Remembered(None, None, None, "walk", DAY)),
        ("walk.2026-11-23.-.-", "walk", WALK),
        ("walk.2026-11-23.-.-", "sprint", WALK),
        ("walk.2026-11-23.smb.-", None, Remembered("walk", "smb", None, "walk", DAY)),
        ("walk.2026-11-23.tiny.-", None, WALK),
        ("walk.2026-11-23.-.0-1000000", None, Remembered("walk", None, (0, 1000000), "walk", DAY)),
        ("walk.2026-11-23.-.100000000-", None, Remembered("walk", None, (100000000, None), "walk", DAY)),
        ("walk.2026-11-23.-.-5", None, WALK),
        ("none.2026-11-23.-.-", None, Remembered()),
        ("walk.2026-02-30.-.-", None, Remembered()),
    ],
)
def test_cookies_are_read(result, stage, expected):
    assert read(result, stage) == expected


@pytest.mark.parametrize(("stage", "is_chosen"), [(None, False), ("run", True), ("none", True), ("walk", False)])
def test_choice_is_another_stage_than_the_result(stage, is_chosen):
    assert read("walk.2026-11-23.-.-", stage).is_chosen == is_chosen


def test_cookies_are_kept_for_readers_of_this_site_only(settings):
    settings.SESSION_COOKIE_SECURE = True
    response = HttpResponse()
    choose(response, WALK, "run")
    cookie = response.cookies["stage"]
    assert (cookie.value, cookie["samesite"], cookie["httponly"], cookie["secure"]) == ("run", "Lax", True, True)
    assert cookie["max-age"] == 400 * 24 * 3600
    assert not cookie["domain"]


def test_forgetting_takes_both_cookies_away():
    response = HttpResponse()
    forget(response)
    assert {name: (each.value, each["max-age"]) for name, each in response.cookies.items()} == {
        "result": ("", 0),
        "stage": ("", 0),
    }


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, True),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "nonsense"}, False),
        ({"Origin": "http://testserver"}, True),
        ({"Origin": "null"}, False),
        ({"Origin": "http://["}, False),
        ({"Origin": "testserver"}, False),
    ],
)
def test_form_comes_from_here_as_the_browser_tells(headers, expected):
    assert is_from_here(RequestFactory().post("/", headers=headers)) == expected


def test_date_names_the_year_only_where_it_is_another_one():
    this_year = datetime.datetime.now(tz=datetime.UTC).year
    assert short_date(datetime.date(this_year, 11, 3)) == "November 3"
    assert short_date(datetime.date(this_year - 1, 11, 3)) == f"November 3, {this_year - 1}"
