"""A result as a file: the JSON to keep and load again, and the calendar entry for the next visit."""

import datetime
import json
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from assessment import content
from assessment.forms import LARGEST_FILE
from assessment.models import Assessment
from tests.factories import MARK, OTHER_MARK, RESULTS, WALK, begun, maker, new_version, result
from tests.questionnaire import responses_of

from .page import Page, words

LOAD = "/assessment/load/"
FULL = {"main-segment": "smb", "arr-band": "5m-20m", "team-size": "one", "contract-type": "usage"}


def download(assessment, client=None):
    return (client or maker()).get(f"{assessment.get_absolute_url()}result.json")


def upload(raw, client=None):
    raw = raw if isinstance(raw, bytes) else json.dumps(raw).encode()
    return (client or maker()).post(LOAD, {"file": SimpleUploadedFile("maturity-check.json", raw)})


def file_of(case=WALK, **changes):
    data = {
        "format": "cs-metrics-assessment",
        "version": 1,
        "name": "Team East",
        "answered": "2026-03-01",
        "responses": responses_of(RESULTS[case]["answers"]),
        "context": {"main-segment": "smb"},
    }
    return {key: value for key, value in (data | changes).items() if value is not ...}


# -- Download --


def test_download_holds_version_answers_by_id_context_and_the_computed_result(db):
    made = result(name="Team East", context=FULL, on=(2026, 7, 1))
    answer = download(made)
    assert answer["Content-Type"] == "application/json; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="maturity-check-2026-07-01.json"'
    data = json.loads(answer.content)
    expected = RESULTS[WALK]
    assert data["version"] == 1
    assert data["name"] == "Team East"
    assert data["answered"] == "2026-07-01"
    assert data["responses"] == responses_of(expected["answers"])
    assert data["context"] == FULL
    found = data["result"]
    assert {key: found[key] for key in ("stage", "steps_to_next", "cushion", "best_case", "confidence")} == {
        key: expected[key] for key in ("stage", "steps_to_next", "cushion", "best_case", "confidence")
    }
    assert [each["points"] for each in found["dimensions"]] == expected["points"]
    assert [each["level"] for each in found["dimensions"]] == expected["levels"]
    assert found["deciding"] == expected["deciding"]
    assert found["moves"] == expected["moves"]
    assert [[each["question"], each["from"]] for each in found["recommendations"]] == expected["first_three"]
    assert MARK not in answer.content.decode()
    assert made.maker not in answer.content.decode()


def test_whoever_may_read_a_result_may_download_it(db):
    assert download(result(), Client()).status_code == 200
    unfinished = begun(answered=3)
    assert download(unfinished, Client()).status_code == 404
    assert json.loads(download(unfinished).content)["answered"] is None


# -- Load --


@pytest.mark.parametrize("case", RESULTS)
def test_downloaded_file_loads_as_the_same_result_in_another_browser(db, case):
    made = result(case, name="Team East", context=FULL, on=(2026, 7, 1))
    client = maker(OTHER_MARK)
    answer = upload(download(made).content, client)
    loaded = Assessment.objects.exclude(pk=made.pk).get()
    assert answer["Location"] == loaded.get_absolute_url()
    for name in ("version", "name", "responses", "context", "stage", "focus"):
        assert getattr(loaded, name) == getattr(made, name)
    assert loaded.finished.date() == made.finished.date()
    assert json.loads(download(loaded).content) == json.loads(download(made).content)
    page = Page("", client.get(loaded.get_absolute_url()))
    assert "Answered July 1, 2026, questionnaire version 1" in words(page.by_class("trust")[0])
    assert page.has("main//form")


def test_loading_marks_a_new_browser_and_sorts_its_directory(db):
    client = Client()
    answer = upload(file_of(), client)
    assert "browser" in answer.cookies
    assert answer.cookies["result"].value == "walk.2026-03-01.smb.-"
    assert "Team East is at Walk" in client.get(answer["Location"]).content.decode()


def test_file_sent_twice_makes_one_result(db):
    assert upload(file_of())["Location"] == upload(file_of())["Location"]
    assert Assessment.objects.count() == 1


def test_file_of_a_result_that_is_still_here_leads_to_it(db):
    made = result(context=FULL, on=(2026, 7, 1))
    assert upload(download(made).content)["Location"] == made.get_absolute_url()
    assert upload(download(made).content, maker(OTHER_MARK))["Location"] != made.get_absolute_url()
    assert upload(file_of(answered="2026-03-02"))["Location"] != made.get_absolute_url()


def test_an_older_file_does_not_take_the_place_of_the_latest_result(db):
    result("all-fourth")
    assert "result" not in upload(file_of()).cookies


def test_file_with_too_few_answers_goes_on_where_it_stopped(db):
    few = dict(list(responses_of(RESULTS[WALK]["answers"]).items())[:7])
    answer = upload(file_of(responses=few, answered=None))
    made = Assessment.objects.get()
    assert made.finished is None
    assert answer["Location"] == f"{made.get_absolute_url()}health-risk/"
    assert "result" not in answer.cookies


def test_result_in_a_file_is_never_taken_over(db):
    upload(file_of("all-first", result={"stage": "run"}, stage="run"))
    assert Assessment.objects.get().stage == "crawl"


def test_file_may_begin_with_a_byte_order_mark(db):
    assert upload(b"\xef\xbb\xbf" + json.dumps(file_of()).encode()).status_code == 302


@pytest.mark.parametrize("missing", ["name", "answered", "context"])
def test_what_a_file_may_leave_out(db, missing):
    assert upload(file_of(**{missing: ...})).status_code == 302


NO_JSON = "The file is not JSON. Choose the file that “Download” on a result gave you."
HOSTILE = [
    (b"", NO_JSON),
    (b"\x89PNG\r\n", NO_JSON),
    (b"\xff\xfe{\x00}\x00", NO_JSON),
    (b"{" * 5000, NO_JSON),
    (b"[" * 30_000, NO_JSON),
    (b'{"a":' * 5_000, NO_JSON),
    (b'{"version": ' + b"9" * 5000 + b"}", NO_JSON),
    (b" " * (LARGEST_FILE + 1), "The file is larger than 32 KB, so it cannot be one of this site's."),
    (b"[]", "This file is not an assessment: its “format” must be “cs-metrics-assessment”."),
    (b"null", "This file is not an assessment"),
    (b"NaN", "This file is not an assessment"),
    ({"format": "other"}, "This file is not an assessment"),
    (file_of(version=2), "The file is from version 2 of the questionnaire; this site has version 1."),
    (file_of(version="1"), "The file is from version 1"),
    (file_of(version=True), "The file is from version True"),
    (file_of(version=1.0), "The file is from version 1.0"),
    (file_of(version=10**4000), "The file is from version 1000"),
    (file_of(version=float("inf")), "The file is from version inf"),
    (file_of(version=[[["x"]]]), "The file is from version [[["),
    (file_of(version=...), "The file is from version None"),
    (file_of(responses=[]), "“responses” must give one text value for each question id."),
    (file_of(responses={"first-value": 2}), "“responses” must give one text value"),
    (file_of(responses={"first-value": ["2"]}), "“responses” must give one text value"),
    (file_of(responses={"made-up": "2"}), "There is no question “made-up”."),
    (file_of(responses={"\0<b>": "2"}), "There is no question “<b>”."),
    (file_of(responses={"\ud800": "2"}), "There is no question “”."),
    (file_of(responses={"first-value": "4"}), "Question 5 has no answer “4”. The answers are 0, 1, 2, 3 or ns."),
    (file_of(responses={"first-value": "9" * 5000}), "Question 5 has no answer “99999"),
    (file_of(context="smb"), "“context” must give one text value"),
    (file_of(context={"main-segment": "tiny"}), "The context question “main-segment” has no answer “tiny”."),
    (file_of(context={"mood": "good"}), "The context question “mood” has no answer “good”."),
    (file_of(name=5), "“name” must be a text of up to 60 characters."),
    (file_of(name="n" * 61), "“name” must be a text of up to 60 characters."),
    (file_of(answered="soon"), "“answered” must be a date such as 2026-11-23, not “soon”."),
    (file_of(answered=20260301), "“answered” must be a date such as 2026-11-23, not “20260301”."),
    (file_of(answered="2026-03-01\0"), "“answered” must be a date"),
    (file_of(answered="2999-01-01"), "“answered” must be a day between 2020 and today, not “2999-01-01”."),
    (file_of(answered="1999-01-01"), "“answered” must be a day between 2020 and today"),
]


@pytest.mark.parametrize(("raw", "message"), HOSTILE, ids=range(len(HOSTILE)))
def test_file_that_cannot_be_used_says_why_and_nothing_is_saved(db, raw, message):
    page = Page("", upload(raw))
    assert page.status == 400
    assert page.errors == []
    assert message in words(page.one("div[@role='alert']"))
    assert not Assessment.objects.exists()
    assert not {"browser", "result"} & set(page.response.cookies)


def test_deepest_nesting_that_can_be_read_is_refused_like_any_other(db):
    for depth in range(100, 1000, 50):
        raw = json.dumps(file_of(version="?")).replace('"?"', "[" * depth + "]" * depth).encode()
        assert upload(raw).status_code == 400


def test_everything_that_is_wrong_is_said_at_once(db):
    page = Page("", upload(file_of(name=5, answered="x", responses={"made-up": "2", "first-value": "7"})))
    assert len(page.all("div[@role='alert']//li")) == 4


def test_name_in_a_file_loses_its_control_characters(db):
    upload(file_of(name="a\0b\ud800<i>"))
    assert Assessment.objects.get().name == "a b <i>"


@pytest.mark.parametrize("data", [{}, {"file": "{}"}, {"other": "x"}])
def test_sending_no_file_is_explained(db, data):
    page = Page("", maker().post(LOAD, data))
    assert page.status == 400
    assert "Choose a file first." in words(page.one("div[@role='alert']"))


def test_load_takes_only_posts(db):
    assert Client().get(LOAD).status_code == 405


def test_file_of_an_older_version_is_shown_as_it_was(db):
    new_version()
    answer = upload(file_of())
    assert "The questions have changed since." in maker().get(answer["Location"]).content.decode()


def test_list_offers_to_load_a_file(db):
    form = Page("", maker().get("/assessment/results/")).one("main//form[@enctype='multipart/form-data']")
    assert form.get("action") == LOAD
    assert f"up to {LARGEST_FILE // 1024} KB" in words(form)


# -- Calendar --


def calendar(assessment, client=None):
    return (client or maker()).get(f"{assessment.get_absolute_url()}next-visit.ics")


def unfolded(text):
    return text.replace("\r\n ", "").split("\r\n")


def test_calendar_file_reminds_a_quarter_later(db):
    made = result(on=(2026, 7, 1))
    answer = calendar(made, Client())
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="maturity-check.ics"'
    lines = unfolded(answer.content.decode())
    assert lines[:2] == ["BEGIN:VCALENDAR", "VERSION:2.0"]
    assert lines[-2:] == ["END:VCALENDAR", ""]
    fields = dict(line.split(":", 1) for line in lines if ":" in line)
    day = datetime.date(2026, 7, 1) + datetime.timedelta(days=91)
    assert fields["DTSTART;VALUE=DATE"] == f"{day:%Y%m%d}" == "20260930"
    assert fields["DTEND;VALUE=DATE"] == "20261001"
    assert fields["DTSTAMP"] == "20260701T120000Z"
    assert fields["URL"] == f"http://testserver{made.get_absolute_url()}"
    assert fields["URL"] in fields["DESCRIPTION"] or fields["URL"] in "".join(lines)
    for part in ("VCALENDAR", "VEVENT", "VALARM"):
        assert lines.count(f"BEGIN:{part}") == lines.count(f"END:{part}") == 1
    assert all(re.match(r"[A-Z-]+(;[A-Z]+=[A-Z]+)?:.", line) for line in lines[:-1])


def test_name_is_escaped_and_long_lines_are_folded(db):
    name = "東京チーム; East, \\ " + "é" * 40
    text = calendar(result(name=name)).content.decode()
    assert "\r\n" in text
    assert "\n" not in text.replace("\r\n", "")
    assert max(len(line.encode()) for line in text.split("\r\n")) <= 75
    (summary,) = [line for line in unfolded(text) if line.startswith("SUMMARY:")]
    assert "(東京チーム\\; East\\, \\\\ é" in summary


def test_an_unfinished_one_has_no_next_visit(db):
    assert calendar(begun(answered=4)).status_code == 404


def test_query_counts_of_files(db, django_assert_num_queries):
    """The row, and for a download its questionnaire, looked up twice."""
    made = result()
    content.current()
    with django_assert_num_queries(3):
        download(made)
    with django_assert_num_queries(1):
        calendar(made)
