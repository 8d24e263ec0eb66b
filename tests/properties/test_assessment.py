"""Laws of answering, of files and of what a browser remembers, for anything that may be sent."""

import datetime
import json

import pytest
from django.http import HttpResponse, QueryDict
from django.test import Client, RequestFactory
from hypothesis import example, given, settings
from hypothesis import strategies as st

from assessment import actions, content
from assessment.exchange import LONGEST_LINE, as_calendar, as_json
from assessment.forms import FORMAT, InputError, one_line, read_context, read_file, read_name, read_responses
from assessment.models import LONGEST_NAME, Assessment
from assessment.progress import ways
from assessment.scoring import RESPONSES
from directory.loader.schema import SEGMENTS, STAGES
from directory.remembered import Remembered, remember, remembered
from tests.factories import begun, maker
from tests.questionnaire import questionnaire
from tests.requests.page import Page, words

from .queries import query_strings_of

pytestmark = pytest.mark.django_db

IDS = [each.id for each in questionnaire().questions]
TODAY = datetime.date(2026, 11, 23)
PAGES = ["/", "/metrics/gross-revenue-retention/", "/search/?q=churn", "/map/"]
NOON = datetime.time(12, tzinfo=datetime.UTC)

days = st.dates(datetime.date(2020, 1, 1), TODAY)
names = st.text(max_size=80).map(one_line).filter(lambda name: len(name) <= LONGEST_NAME)
responses = st.dictionaries(st.sampled_from(IDS), st.sampled_from(RESPONSES))
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def edition(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        return content.current()


def outcome(read, *arguments):
    """What was read, or nothing and the messages why not; there are some for every refusal."""
    try:
        return read(*arguments), []
    except InputError as refused:
        return None, refused.messages or pytest.fail("refused without a message")


def contexts(edition):
    return st.fixed_dictionaries(
        {},
        optional={each["id"]: st.sampled_from([row["id"] for row in each["options"]]) for each in edition.context},
    )


# -- Files --


@given(st.data())
def test_what_is_written_to_a_file_is_read_from_it(edition, data):
    made = Assessment(
        version=edition.version,
        name=data.draw(names),
        responses=data.draw(responses),
        context=data.draw(contexts(edition)),
    )
    day = data.draw(st.none() | days)
    made.finished = datetime.datetime.combine(day, NOON) if day else None
    text = as_json(made, edition, actions.scored(made))
    read = read_file(text.encode(), {edition.version: edition}, TODAY)
    assert (read.version, read.name, read.responses, read.context, read.answered) == (
        *(made.version, made.name, made.responses, made.context),
        day,
    )


@given(st.binary(max_size=300) | json_values.map(lambda value: json.dumps(value).encode()))
def test_any_file_is_read_or_refused_with_messages(edition, raw):
    with pytest.raises(InputError) as refused:
        read_file(raw, {edition.version: edition}, TODAY)
    assert 1 <= len(refused.value.messages) <= 7


@given(
    st.fixed_dictionaries(
        {"format": st.just(FORMAT), "version": st.just(1) | json_values},
        optional=dict.fromkeys(("name", "answered", "responses", "context", "result"), json_values),
    )
)
def test_any_file_of_the_right_kind_gives_only_known_ids_and_values(edition, data):
    read, messages = outcome(read_file, json.dumps(data).encode(), {edition.version: edition}, TODAY)
    assert all(message.isprintable() and len(message) < 250 for message in messages)
    if read is None:
        return
    assert set(read.responses) <= set(IDS)
    assert set(read.responses.values()) <= set(RESPONSES)


@given(names, days)
def test_calendar_lines_are_short_and_lose_nothing(name, day):
    made = Assessment(name=name, finished=datetime.datetime.combine(day, NOON))
    text = as_calendar(made, f"https://metrics.example.com/assessment/{made.pk}/")
    assert text.endswith("END:VCALENDAR\r\n")
    lines = text.split("\r\n")
    assert all(len(line.encode()) <= LONGEST_LINE and "\n" not in line for line in lines)
    (summary,) = [
        line.removeprefix("SUMMARY:")
        for line in text.replace("\r\n ", "").split("\r\n")
        if line.startswith("SUMMARY")
    ]
    plain = summary.replace("\\,", ",").replace("\\;", ";").replace("\\\\", "\\")
    assert plain == "Take the customer success maturity check again" + (f" ({name})" if name else "")


# -- Forms --

forms = query_strings_of(
    {id: list(RESPONSES) for id in IDS[:3]} | {f"was-{id}": list(RESPONSES) for id in IDS[:3]}
)


@given(forms)
def test_any_form_gives_known_answers_or_messages(edition, text):
    sent = QueryDict(text.encode("latin-1"))
    area = edition.areas[0]
    known = {each.id for each in area.questions}
    read, _ = outcome(read_responses, sent, area.questions, ways(edition))
    if read is None:
        return
    assert set(sent) <= known | {f"was-{id}" for id in known} | {"go", "csrfmiddlewaretoken"}
    assert set(sent.getlist("go")) <= {*ways(edition), ""}
    assert read == {
        id: sent[id] for id in known if sent.get(id) in RESPONSES and sent[id] != sent.get(f"was-{id}")
    }


@given(query_strings_of({"main-segment": ["smb", "none"], "team-size": ["one"], "was-team-size": ["one"]}))
def test_any_context_form_gives_known_options_or_messages(edition, text):
    read, _ = outcome(read_context, QueryDict(text.encode("latin-1")), edition, ways(edition))
    assert set((read or {}).items()) <= {
        (each["id"], option["id"]) for each in edition.context for option in each["options"]
    }


@given(st.text(max_size=120))
def test_any_name_becomes_one_printable_line_or_is_too_long(text):
    sent = QueryDict(mutable=True)
    sent["name"] = text
    name, _ = outcome(read_name, sent)
    assert (name is None) == (len(one_line(text)) > LONGEST_NAME)
    if name is not None:
        assert name.isprintable() or not name
        assert name == " ".join(name.split())


# -- Saving --


@given(st.lists(responses, max_size=5))
def test_answers_given_in_any_order_add_up(given_in_turn):
    made = begun()
    expected = {}
    for each in given_in_turn:
        actions.save_responses(made.pk, each)
        expected |= each
    assert Assessment.objects.get(pk=made.pk).responses == expected
    made.delete()


@settings(max_examples=15)
@given(
    st.lists(st.sampled_from(RESPONSES), min_size=18, max_size=18),
    st.sets(st.sampled_from(IDS[6:]), max_size=6),
    st.data(),
)
def test_any_set_of_answers_gives_a_whole_result(edition, values, left_open, data):
    kept = {id: value for id, value in zip(IDS, values, strict=True) if id not in left_open}
    made = begun(kept, context=data.draw(contexts(edition)))
    actions.finish(made.pk)
    page = Page("", maker().get(made.get_absolute_url()))
    made.delete()
    assert page.status == 200
    assert page.errors == []
    assert len(page.by_id("focus").findall(".//ol/li")) == 4
    assert len(page.by_id("moves").findall(".//ol/li")) <= 3
    assert ("Provisional." in words(page.one("main"))) == bool(left_open)
    assert "None" not in words(page.one("main"))


# -- What a browser remembers --


@given(
    st.sampled_from(STAGES),
    days,
    st.none() | st.sampled_from(SEGMENTS),
    st.none() | st.tuples(st.integers(0, 10**12 - 1), st.none() | st.integers(1, 10**12 - 1)),
)
def test_what_is_left_in_a_browser_is_read_from_it(stage, day, segment, company):
    response = HttpResponse()
    remember(response, Remembered(), stage=stage, on=day, segment=segment, company=company)
    request = RequestFactory().get("/")
    request.COOKIES["result"] = response.cookies["result"].value
    assert remembered(request) == Remembered(stage, segment, company, stage, day)


cookies = (
    st.text(max_size=60)
    | st.from_regex(r"(walk|run|x)\.\d{4}-\d\d-\d\d\.[a-z-]{1,12}\.\d{0,12}-\d{0,12}", fullmatch=True)
    | st.text(st.characters(min_codepoint=0, max_codepoint=255), max_size=200)
)


@given(cookies, cookies | st.sampled_from([*STAGES, "none", ""]), st.sampled_from(PAGES))
@example("walk.0001-01-01.smb.0-0", "run", PAGES[1])
@example("walk.9999-12-31.-.999999999999-1", "none", PAGES[1])
@example("run." + "9" * 4000, "x" * 4000, PAGES[0])
def test_any_cookies_give_the_pages_of_the_directory(value, chosen, path):
    header = f"result={value}; stage={chosen}".replace("\r", " ").replace("\n", " ")
    raw = header.encode("utf-8", "surrogatepass").decode("latin-1")
    answer = Client().get(path, HTTP_COOKIE=raw)
    assert answer.status_code == 200
    assert not answer.cookies
