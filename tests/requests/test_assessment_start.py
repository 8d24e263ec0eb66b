"""The assessment's start page at `/assessment/`, and beginning one there."""

import datetime

import pytest
from django.test import Client
from django.utils import timezone

from assessment import browser, content
from assessment.models import Assessment, QuestionnaireVersion
from tests.factories import MARK, OTHER_MARK, begun, maker, result

from .page import Page, _content, hrefs, one_line, words

START = "/assessment/"
TEXTS = _content("assessment/texts")


def plain(text):
    """On one line, with the quotation marks of a keyboard."""
    return one_line(text).translate(str.maketrans("“”‘’", "\"\"''"))


def start_page(client):
    return Page(START, client.get(START))


# -- What it says --


@pytest.mark.parametrize(
    "key",
    [
        *("headline", "purpose", "time_note", "rule", "who", "scope", "tips", "privacy", "does_not_measure"),
        *("honest_limits", "scoring", "gate", "as_a_group"),
    ],
)
def test_start_says_what_it_is_how_to_answer_and_what_it_does_not_measure(get, key):
    shown = words(get(START).one("main"))
    for text in [TEXTS[key]] if isinstance(TEXTS[key], str) else TEXTS[key]:
        assert plain(text) in plain(shown)


def test_start_names_areas_stages_and_the_words_of_the_questions(db, get):
    shown = words(get(START).one("main"))
    for area in content.current().areas:
        assert area.name in shown
        assert area.why in shown
    for word in TEXTS["words"]:
        assert f"{word['term']}{word['meaning']}" in shown
    assert [words(each) for each in get(START).by_class("stage-badge")] == ["ICrawl", "IIWalk", "IIIRun"]


def test_start_shows_the_two_stage_lines_in_words(get):
    rows = [[words(cell) for cell in row] for row in get(START).all("section[@id='scoring']//tbody/tr")]
    assert [(name, walk, run) for name, _, walk, run in rows] == [
        ("Foundations", "both areas at Walk level", "both areas at Run level"),
        ("Core practice", "each area at Crawl level, 12 of 24 points", "each area at Walk level, 20 of 24 points"),
        ("Reach", "not asked", "each area at Crawl level, 8 of 12 points"),
    ]


def test_start_is_well_formed_and_has_one_button_to_begin(get):
    page = get(START)
    assert page.errors == []
    form = page.one("main//form")
    assert (form.get("method"), form.get("action")) == ("post", START)
    assert words(form.find(".//button")) == "Start with question 1"


def test_start_may_be_listed_but_is_not_cached(db):
    answer = Client().get(START)
    assert "X-Robots-Tag" not in answer
    assert "no-store" in answer["Cache-Control"]


def test_looking_at_the_start_leaves_no_mark(db):
    assert set(Client().get(START).cookies) == {"csrftoken"}


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (0, "A result stays until you delete it."),
        (1, "after 1 day."),
        (365, "A result is deleted after 365 days."),
    ],
)
def test_start_says_how_long_answers_are_kept(get, settings, days, said):
    settings.ASSESSMENT_KEEP_DAYS = days
    shown = words(Page(START, Client().get(START)).by_id("answers"))
    assert "A check that nobody finishes is deleted 30 days after its last answer." in shown
    assert said in shown


# -- Beginning --


def test_beginning_leads_to_the_first_question_and_marks_the_browser(db):
    client = Client()
    answer = client.post(START)
    made = Assessment.objects.get()
    assert answer.status_code == 302
    assert answer["Location"] == f"/assessment/{made.pk}/retention-visibility/"
    assert client.get(answer["Location"]).status_code == 200
    cookie = answer.cookies[browser.COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert made.maker == browser.digest(cookie.value)
    assert cookie.value not in made.maker


def test_cookie_of_a_site_with_https_is_secure(db, settings):
    settings.SESSION_COOKIE_SECURE = True
    assert Client().post(START).cookies[browser.COOKIE]["secure"]


def test_id_is_random_and_long_enough_that_nobody_guesses_it(db):
    ids = {begun(answered=1).pk for _ in range(50)}
    assert len(ids) == 50
    assert {len(each) for each in ids} == {26}  # of 32 letters: 128 bits


def test_double_click_makes_one_assessment(db):
    client = maker()
    assert client.post(START)["Location"] == client.post(START)["Location"]
    assert Assessment.objects.count() == 1


def test_a_new_one_may_be_begun_beside_one_with_answers(db):
    first, client = begun(answered=1), maker()
    client.post(START)
    assert Assessment.objects.exclude(pk=first.pk).count() == 1


@pytest.mark.parametrize("mark", ["", "short", "x" * 44, "x" * 42 + "\u00e9", "../" + "x" * 40])
def test_mark_that_the_site_did_not_give_is_replaced(db, mark):
    answer = maker(mark).post(START)
    assert answer.cookies[browser.COOKIE].value != mark
    assert browser.MARK.fullmatch(answer.cookies[browser.COOKIE].value)


# -- Coming back --


def test_the_same_browser_finds_its_unfinished_assessment(db):
    made = begun(answered=4)
    page = start_page(maker())
    assert f"/assessment/{made.pk}/onboarding/" in page.links
    assert "4 of 18 questions answered" in words(page.one("main"))
    assert "Start a new one" in words(page.one("main//form"))
    others = start_page(maker(OTHER_MARK))
    assert made.pk not in others.text


def test_an_assessment_without_answers_is_not_offered(db):
    made = begun()
    assert made.pk not in start_page(maker()).text


def test_the_last_result_is_linked(db):
    old, new = result(on=(2026, 3, 1)), result(on=(2026, 9, 1))
    page = start_page(maker())
    assert new.get_absolute_url() in page.links
    assert old.get_absolute_url() not in page.links
    assert "September 1, 2026" in words(page.one("main"))
    assert "/assessment/results/" in page.links


def test_after_saving_for_later_the_start_says_so(db):
    page = Page(START, maker().get(f"{START}?saved"))
    assert words(page.one("main/div[@role='status']")).startswith("Saved.")


# -- Elsewhere --


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_methods_are_refused(db, method):
    assert getattr(Client(), method)(START).status_code == 405


def test_before_the_first_load_there_is_a_page_that_says_nothing_is_there(db):
    QuestionnaireVersion.objects.all().delete()
    for path in (START, "/assessment/results/"):
        assert Client().get(path).status_code == 404
    assert Client().post(START).status_code == 404
    assert not Assessment.objects.exists()


def test_every_page_leads_to_the_assessment(get):
    for path in ("/", "/map/", "/faq/"):
        assert START in hrefs(get(path).one("header"))


def test_start_takes_two_queries_and_four_for_a_known_browser(db, django_assert_num_queries):
    """Questionnaire and stages; the one begun and the last result."""
    content.current()
    with django_assert_num_queries(2):
        Client().get(START)
    begun(answered=2)
    with django_assert_num_queries(5):
        maker(MARK).get(START)


# -- No room --


def test_a_full_site_begins_nothing_and_says_so(db, settings):
    settings.ASSESSMENTS_AT_MOST = Assessment.objects.count()
    answer = Client().post("/assessment/")
    assert answer.status_code == 503
    assert "There is no room for another assessment" in answer.content.decode()
    assert Assessment.objects.count() == settings.ASSESSMENTS_AT_MOST


def test_a_full_site_goes_on_with_what_is_there(db, settings):
    client = Client()
    first = client.post("/assessment/")["Location"]
    settings.ASSESSMENTS_AT_MOST = Assessment.objects.count()
    assert client.post(first, {"retained-revenue": "1"}).status_code == 302
    assert client.post("/assessment/").status_code == 503


def aged(assessment, minutes):
    saved = timezone.now() - datetime.timedelta(minutes=minutes)
    Assessment.objects.filter(pk=assessment.pk).update(saved=saved)
    return assessment


def test_on_a_full_site_the_oldest_without_an_answer_makes_room(db, settings):
    """So that nobody closes the assessment by only beginning many, as everyone may 1,000 times an hour."""
    oldest, older = aged(begun(mark="1" * 43), 90), aged(begun(mark="2" * 43), 80)
    answered, finished = aged(begun(answered=1), 200), aged(result(), 300)
    settings.ASSESSMENTS_AT_MOST = Assessment.objects.count()
    assert Client().post(START).status_code == 302
    left = set(Assessment.objects.values_list("pk", flat=True))
    assert len(left) == settings.ASSESSMENTS_AT_MOST
    assert oldest.pk not in left
    assert {older.pk, answered.pk, finished.pk} < left
    assert Client().post(START).status_code == 302
    assert Client().post(START).status_code == 503, "only what was begun within the hour is without an answer now"
    assert {answered.pk, finished.pk} < set(Assessment.objects.values_list("pk", flat=True))


def test_who_has_just_begun_is_not_put_out_by_a_full_site(db, settings):
    """They may still be reading the first question."""
    reading = aged(begun(), 50)
    settings.ASSESSMENTS_AT_MOST = 1
    assert Client().post(START).status_code == 503
    assert Assessment.objects.get() == reading


def test_nothing_is_dropped_where_that_makes_too_little_room(db, settings):
    """The owner has lowered the limit far below what is there."""
    for mark in "123":
        aged(begun(mark=mark * 43), 90)
    result()
    settings.ASSESSMENTS_AT_MOST = 1
    assert Client().post(START).status_code == 503
    assert Assessment.objects.count() == 4


def test_making_room_takes_one_query(db, settings, django_assert_num_queries):
    """Beside the counts of forms, the questionnaire, a savepoint, what was begun before, the room, the new row."""
    Client().post(START)
    with django_assert_num_queries(8):
        Client().post(START)
    aged(begun(), 90)
    settings.ASSESSMENTS_AT_MOST = Assessment.objects.count()
    with django_assert_num_queries(9):
        Client().post(START)
