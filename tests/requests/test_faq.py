"""All questions at `/faq/`."""

from django.test import Client

from directory.models import Question

from .page import hrefs, one_line, words


def test_every_question_is_shown_once_in_its_order(get):
    shown = get("/faq/").all("main//details")
    assert [words(each.find("summary")) for each in shown] == [
        one_line(q.question) for q in Question.objects.all()
    ]
    assert len(shown) >= 8


def test_every_question_can_be_linked_and_offers_its_own_link(get):
    for question in Question.objects.all():
        assert question.get_absolute_url() == f"/faq/#{question.slug}"
        assert f"#{question.slug}" in hrefs(get("/faq/").by_id(question.slug))


def test_every_answer_is_shown_under_its_question_and_is_open_without_script(get):
    for question in Question.objects.all():
        shown = get("/faq/").by_id(question.slug)
        assert one_line(question.plain_answer) in words(shown)
        assert shown.get("open") is not None


def test_questions_stand_under_their_groups(get):
    shown = [
        (
            words(section.find(".//h2")),
            words(section.find(".//p")),
            [each.get("id") for each in section.iter("details")],
        )
        for section in get("/faq/").all("main//section")
    ]
    expected = {}
    for each in Question.objects.all():
        expected.setdefault((one_line(each.group), one_line(each.group_lead)), []).append(each.slug)
    assert shown == [(*names, slugs) for names, slugs in expected.items()]


def test_answers_lead_to_metrics(get):
    assert any(each.startswith("/metrics/") for each in get("/faq/").links)


def test_directory_says_how_many_questions_there_are(get):
    assert str(Question.objects.count()) in words(get("/").by_id("questions").find(".//p"))


def test_page_takes_one_query(db, django_assert_num_queries):
    client = Client()
    with django_assert_num_queries(1):
        client.get("/faq/")
