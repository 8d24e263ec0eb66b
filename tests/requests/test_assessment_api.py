"""The assessment as data: its document, and `POST /api/v1/assessment/score`."""

import json

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from assessment.api import LARGEST, MOST_ERRORS, result_of
from assessment.content import current
from assessment.models import QuestionnaireVersion
from assessment.scoring import (
    RESPONSES,
    Check,
    Condition,
    Dimension,
    Hint,
    Question,
    Questionnaire,
    score,
)
from directory.models import ContentVersion
from tests.questionnaire import responses_of, sample

SITE = "https://example.test"
SCORE = "/api/v1/assessment/score"
CASES = sample()["worked_cases"]["cases"]


def post(client, body, **more):
    text = body if isinstance(body, str | bytes) else json.dumps(body)
    return client.post(SCORE, text, content_type=more.pop("content_type", "application/json"), **more)


def schema(client, name):
    made = json.loads(client.get(f"/api/v1/schema/{name}.json").content)
    Draft202012Validator.check_schema(made)
    return Draft202012Validator(made, format_checker=Draft202012Validator.FORMAT_CHECKER)


def told(answer, status):
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    problem = json.loads(answer.content)
    assert problem["status"] == status
    return problem


# -- The document --


@pytest.fixture
def document(client, db):
    (item,) = json.loads(client.get("/api/v1/assessment.json").content)["items"]
    return item


def test_document_says_all_that_scoring_reads(document):
    """The questionnaire made of the document alone is the one in use."""
    questions = [
        Question(
            each["id"], each["dimension"], tuple(one["next"]["effort"] for one in each["answers"] if one["next"])
        )
        for each in document["questions"]
    ]
    cutoffs = {}
    for each in document["cutoffs"]:
        cutoffs.setdefault(each["questions"], {})[each["level"]] = each["points"]
    assert current().questionnaire == Questionnaire(
        version=document["version"],
        dimensions=tuple(
            Dimension(each["slug"], each["group"], tuple(each["metrics"])) for each in document["dimensions"]
        ),
        questions=tuple(questions),
        effort_weeks={each["effort"]: each["weeks"] for each in document["efforts"]},
        cutoffs=cutoffs,
        checks=tuple(
            Check(each["stage"], each["group"], each["level"], each["total"]) for each in document["checks"]
        ),
        hints=tuple(
            Hint(
                each["say"],
                tuple(Condition(one["question"], one["at_least"], one["at_most"]) for one in each["when"]),
            )
            for each in document["hints"]
        ),
        fewest_responses=document["fewest_responses"],
    )


def test_document_has_the_words_of_every_question_and_answer(document):
    shown = current().questions
    assert [each["number"] for each in document["questions"]] == list(range(1, len(shown) + 1))
    for each, question in zip(document["questions"], shown, strict=True):
        assert len(each["text"]) == len(question.text.replace("\u202f", ""))
        assert [one["response"] for one in each["answers"]] == ["0", "1", "2", "3"]
        assert all(one["label"] for one in each["answers"])
        assert [bool(one["next"]) for one in each["answers"]] == [True, True, True, False]


# -- The result --


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_worked_case_gives_its_result_in_full(client, db, case):
    responses = responses_of(case["answers"])
    answer = post(client, {"responses": responses})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    document = json.loads(answer.content)
    assert [each.message for each in schema(client, "score").iter_errors(document)] == []
    assert document["content_version"] == ContentVersion.current().short
    (result,) = document["items"]
    assert result == json.loads(result_of(score(current().questionnaire, responses)).model_dump_json())
    if "points" in case:
        assert [each["points"] for each in result["dimensions"]] == case["points"]
    for name in ("stage", "steps_to_next", "cushion", "best_case", "confidence"):
        if name in case:
            assert result[name] == case[name], name
    if "moves" in case:
        assert {name: result["cheapest"][name] for name in ("count", "weeks")} == case["moves"]


def test_few_responses_give_no_stage_and_say_how_many_are_left(client, db):
    (result,) = json.loads(post(client, {"responses": {"health-rating": "2"}}).content)["items"]
    assert (result["stage"], result["questions_left"], result["checks"]) == (None, 11, [])
    assert [each["points"] for each in result["dimensions"] if each["answered"]] == [2]
    assert post(client, {"responses": {}}).status_code == 200


def test_nothing_is_stored_and_no_cookie_is_read_or_set(client, db):
    for _ in range(2):  # the second time the questionnaire is in memory
        with CaptureQueriesContext(connection) as queries:
            answer = post(client, {"responses": responses_of(CASES[0]["answers"])})
    assert [each["sql"].split()[0] for each in queries] == ["SELECT", "SELECT"]
    assert not answer.cookies
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Cookie" not in answer.headers.get("Vary", "")
    client.cookies["result"] = "walk.2026-11-23.smb.-"
    assert post(client, {"responses": responses_of(CASES[0]["answers"])}).content == answer.content


def test_pages_of_other_sites_may_post_without_a_token(db):
    stranger = Client(enforce_csrf_checks=True, headers={"Origin": "https://elsewhere.example"})
    asked = stranger.options(SCORE)
    assert (asked.status_code, asked.headers["Access-Control-Allow-Methods"]) == (204, "POST, OPTIONS")
    assert asked.headers["Access-Control-Allow-Headers"] == "Content-Type, *"
    answer = post(stranger, {"responses": {}})
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (200, "*")
    assert "Access-Control-Allow-Credentials" not in answer.headers


# -- Wrong requests --


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, {"responses": "is missing"}),
        ({"responses": None}, {"responses": "expected an object"}),
        ({"responses": ["1"]}, {"responses": "expected an object"}),
        ([], {"body": "expected an object"}),
        ("1", {"body": "expected an object"}),
        ({"responses": {}, "version": 1}, {"version": "unknown field, expected responses"}),
        ({"responses": {"churn": "1"}}, {"responses.churn": "no question has this id"}),
        (
            {"responses": {"health-rating": "4", "risk-response": 2, "usage-view": None, "": "1"}},
            {
                "responses.health-rating": 'expected one of the texts "0", "1", "2", "3" and "ns"',
                "responses.risk-response": 'expected one of the texts "0", "1", "2", "3" and "ns"',
                "responses.usage-view": 'expected one of the texts "0", "1", "2", "3" and "ns"',
                "responses.": "no question has this id",
            },
        ),
    ],
)
def test_every_wrong_field_is_named(client, db, body, errors):
    problem = told(post(client, body), 422)
    assert {each["field"]: each["message"] for each in problem["errors"]} == errors
    assert problem["type"] == f"{SITE}/api/#score"
    assert [each.message for each in schema(client, "problem").iter_errors(problem)] == []


@pytest.mark.parametrize(
    "body",
    [
        *("{", "{'a': 1}", b"\xff\xfe", '{"responses": {"a": "\\ud800"}}', "[" * 5_000),
        *("NaN", '{"responses": NaN}', '{"responses": {"health-rating": -Infinity}}'),
    ],
)
def test_what_is_not_json_is_told(client, db, body):
    assert told(post(client, body), 400)["detail"] == "The body is not JSON."


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ('{"responses": {"health-rating": "1", "health-rating": "2"}}', ["responses.health-rating"]),
        ('{"responses": {}, "responses": {"health-rating": "2"}}', ["responses"]),
        ('{"a": {"b": [0, {"c": 1, "c": 1, "c": 1}]}, "responses": {}}', ["a.b.1.c", "a"]),
    ],
)
def test_field_that_stands_twice_is_named_since_nobody_can_say_which_is_meant(client, db, body, fields):
    errors = told(post(client, body), 422)["errors"]
    assert [each["field"] for each in errors] == fields
    assert errors[0]["message"] == "stands more than once"


def test_parameters_are_refused_and_not_ignored(client, db):
    answer = client.post(f"{SCORE}?foo=1", '{"responses": {}}', content_type="application/json")
    problem = told(answer, 400)
    assert problem["type"] == f"{SITE}/api/#parameters"
    assert [each["field"] for each in problem["errors"]] == ["foo"]


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x"]
)
def test_only_json_is_taken(client, kind):
    """Refused before anything is looked up: no `db` here."""
    told(post(client, "{}", content_type=kind), 415)


def test_large_request_is_refused_unread(client):
    told(post(client, '{"responses": {}}' + " " * LARGEST), 413)


def test_of_many_wrong_fields_the_first_are_named(client, db):
    problem = told(post(client, {"responses": {f"q{number}": "1" for number in range(900)}}), 422)
    assert len(problem["errors"]) == MOST_ERRORS
    assert problem["detail"] == "900 fields are wrong; the first 50 are named."
    few = told(post(client, {"responses": {"q1": "1", "q2": "1"}}), 422)
    assert few["detail"] == "2 fields are wrong; each is named below."
    assert told(post(client, {}), 422)["detail"] == "1 field is wrong; it is named below."


@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete", "trace"])
def test_score_is_only_posted(method):
    answer = getattr(Client(), method)(SCORE)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST, OPTIONS")


def test_site_without_content_cannot_score(client, db):
    ContentVersion.objects.all().delete()
    QuestionnaireVersion.objects.all().delete()
    told(post(client, {"responses": {}}), 503)


# -- Laws --

valid = st.dictionaries(st.sampled_from(sample()["worked_cases"]["question_order"]), st.sampled_from(RESPONSES))
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(responses=valid)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_valid_responses_are_valid_by_both_schemas(db, responses):
    client = Client()
    assert schema(client, "score-request").is_valid({"responses": responses})
    answer = post(client, {"responses": responses})
    assert answer.status_code == 200
    assert schema(client, "score").is_valid(json.loads(answer.content))


@given(body=json_values | st.fixed_dictionaries({"responses": json_values}))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_schema_of_the_request_and_the_answer_agree_on_what_is_wrong(db, body):
    client = Client()
    answer = post(client, json.dumps(body))
    assert answer.status_code in (200, 422)
    assert (answer.status_code == 200) == schema(client, "score-request").is_valid(body)
    if answer.status_code == 422:
        assert json.loads(answer.content)["errors"]
