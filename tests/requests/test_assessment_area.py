"""Answering at `/assessment/<id>/<area>/` and `…/context/`: what is asked, what is kept, where buttons lead."""

import copy

import pytest
from django.test import Client

from assessment import content
from assessment.models import Assessment
from assessment.scoring import RESPONSES
from tests.factories import FOUNDATIONS, OTHER_MARK, begun, maker, question_ids, result
from tests.questionnaire import sample

from .page import Page, _content, by_class, one_line, source_text, words
from .swap import HTMX, fragment_of

AREAS = [each["slug"] for each in sample()["dimensions"]]
QUESTIONS = {slug: _content(f"assessment/dimensions/{slug}")["questions"] for slug in AREAS}
IDS = {slug: [each["id"] for each in QUESTIONS[slug]] for slug in AREAS}
ALL_IDS = [id for slug in AREAS for id in IDS[slug]]
CONTEXT = _content("assessment/texts")["context"]
FIRST = AREAS[0]


def path_of(assessment, step=FIRST):
    return f"/assessment/{assessment.pk}/{step}/"


def page_of(assessment, step=FIRST, client=None):
    path = path_of(assessment, step)
    return Page(path, (client or maker()).get(path))


def send(assessment, step=FIRST, *, client=None, htmx=False, **data):
    data = {key.replace("_", "-"): value for key, value in data.items()}
    return (client or maker()).post(path_of(assessment, step), data, headers=HTMX if htmx else {})


def kept(assessment):
    return Assessment.objects.get(pk=assessment.pk).responses


def checked(page):
    """What is marked on a page, by name."""
    return {
        each.get("name"): each.get("value")
        for each in page.all("input[@type='radio']")
        if "checked" in each.attrib
    }


def as_sent(page):
    """What a browser without script sends from a page as it is."""
    hidden = {
        each.get("name"): each.get("value") for each in page.all("form[@id='answers']//input[@type='hidden']")
    }
    return hidden | checked(page)


def plain(text):
    """On one line, with the quotation marks of a keyboard."""
    return one_line(text).translate(str.maketrans("“”‘’", "\"\"''"))


def shown(element):
    return plain(words(element))


# -- What is asked --


@pytest.mark.parametrize("slug", AREAS)
def test_questions_are_fieldsets_of_native_radios_named_by_question(db, slug):
    page = page_of(begun(), slug)
    assert page.errors == []
    assert words(page.one("h1")) == _content(f"assessment/dimensions/{slug}")["name"]
    fieldsets = page.all("form[@id='answers']/fieldset")
    assert [each.get("id") for each in fieldsets] == IDS[slug]
    for fieldset, question in zip(fieldsets, QUESTIONS[slug], strict=True):
        assert shown(fieldset[0]).endswith(plain(question["text"]))
        assert fieldset[0].tag == "legend"
        radios = [each for each in fieldset.iter("input") if each.get("type") == "radio"]
        assert {each.get("name") for each in radios} == {question["id"]}
        assert [each.get("value") for each in radios] == list(RESPONSES)
        labels = [shown(each) for each in fieldset.iter("label")]
        assert labels == [*(plain(each["label"]) for each in question["answers"]), "Not sure"]
        assert checked(page) == {}


@pytest.mark.parametrize("slug", AREAS)
def test_no_points_and_no_stage_stand_beside_an_answer(db, slug):
    form = page_of(begun(), slug).by_id("answers")
    answers = " ".join(words(each) for each in form.iter("label"))
    for word in ("point", "Crawl", "Walk", "Run"):
        assert word not in answers
        assert word not in words(form).replace("Running", "")


def test_help_is_folded_with_what_counts_as_proof(db):
    for fieldset, question in zip(page_of(begun()).all("fieldset"), QUESTIONS[FIRST], strict=True):
        (details,) = fieldset.iter("details")
        assert "open" not in details.attrib
        assert plain(question["help"]) in shown(details)
        assert plain(question["proof"]) in shown(details)


def test_questions_are_numbered_through_all_areas(db):
    made, numbers = begun(), []
    for slug in AREAS:
        numbers += [words(each.find("legend/small")) for each in page_of(made, slug).all("fieldset")]
    assert numbers == [f"Question {number} of 18" for number in range(1, 19)]
    assert question_ids() == ALL_IDS


def test_progress_is_told_in_words_and_drawn(db):
    page = page_of(begun(answered=2), "onboarding")
    assert words(page.by_id("progress").find("p")) == "Area 2 of 8, 2 of 18 questions answered"
    bars = [each.get("class") for each in page.by_id("progress").iter("rect")]
    assert bars == ["chart-ink"] * 2 + ["chart-open"] * 16
    assert page_of(begun(answered=2)).text.count('class="chart-mine" x=') == 2


def test_list_of_areas_counts_and_leads_everywhere(db):
    page = page_of(begun(answered=4), "onboarding")
    items = page.by_id("area-list").findall("li")
    names = [_content(f"assessment/dimensions/{slug}")["name"] for slug in AREAS]
    counts = ["3 of 3", "1 of 3", *["0 of 2"] * 6]
    assert [words(each) for each in items[:8]] == [" ".join(pair) for pair in zip(names, counts, strict=True)]
    assert words(items[9]) == "See the result 8 more needed"
    buttons = [each.find("button") for each in items]
    assert [None if each is None else each.get("value") for each in buttons] == [
        *(None if slug == "onboarding" else slug for slug in AREAS),
        "context",
        "finish",
    ]
    assert {each.get("form") for each in buttons if each is not None} == {"answers"}
    assert len(page.all("nav//*[@aria-current='step']")) == 1


@pytest.mark.parametrize("step", [*AREAS, "context"])
def test_back_next_and_save_are_always_there(db, step):
    made = begun()
    bar = page_of(made, step).by_class("action-bar")[0]
    values = [each.get("value") for each in bar.iter("button")]
    assert values == ["later", "back", "finish" if step == "context" else "next"]


def test_what_enter_presses_is_the_way_on(db):
    for step, value in ((FIRST, "next"), ("context", "finish")):
        assert next(page_of(begun(), step).by_id("answers").iter("button")).get("value") == value


def test_four_optional_questions_stand_on_the_last_page(db):
    page = page_of(begun(), "context")
    assert words(page.one("h1")) == "Four optional questions"
    assert "Four optional questions" not in words(page.by_id("answers")).replace(words(page.one("h1")), "", 1)
    assert page.errors == []
    fieldsets = page.all("form[@id='answers']/fieldset")
    assert [each.get("id") for each in fieldsets] == ["main-segment", "arr-band", "team-size", "contract-type"]
    for fieldset, question in zip(fieldsets, CONTEXT, strict=True):
        radios = [each for each in fieldset.iter("input") if each.get("type") == "radio"]
        assert {each.get("name") for each in radios} == {question["id"]}
        assert [each.get("value") for each in radios] == [each["id"] for each in question["options"]]
        assert words(fieldset.find("legend")) == f"Optional {one_line(question['text'])}"
    assert set(checked(page).values()) == {"none"}


# -- Keeping answers, without script --


def test_next_keeps_the_answers_and_leads_on(db):
    made = begun()
    answer = send(made, retained_revenue="2", leaving_reasons="ns", go="next")
    assert answer["Location"] == path_of(made, "onboarding")
    assert kept(made) == {"retained-revenue": "2", "leaving-reasons": "ns"}
    assert checked(page_of(made)) == kept(made)


@pytest.mark.parametrize(
    ("step", "go", "target"),
    [
        ("onboarding", "back", FIRST),
        ("context", "back", "ai-automation"),
        ("ai-automation", "next", "context"),
        (FIRST, "expansion", "expansion"),
        ("expansion", "context", "context"),
        ("onboarding", "", "health-risk"),
    ],
)
def test_buttons_lead_where_they_say(db, step, go, target):
    made = begun()
    assert send(made, step, go=go)["Location"] == path_of(made, target)


def test_back_from_the_first_area_keeps_the_answers_too(db):
    made = begun()
    assert send(made, retained_revenue="1", go="back")["Location"] == "/assessment/"
    assert kept(made) == {"retained-revenue": "1"}
    done = result()
    assert send(done, go="back")["Location"] == f"/assessment/{done.pk}/"


def test_save_and_continue_later_keeps_the_answers(db):
    made = begun()
    assert send(made, retained_revenue="1", go="later")["Location"] == "/assessment/?saved"
    assert kept(made) == {"retained-revenue": "1"}
    page = Page("/assessment/", maker().get("/assessment/"))
    assert path_of(made) in page.links


def test_areas_may_be_answered_in_any_order(db):
    made = begun()
    for slug in reversed(AREAS):
        send(made, slug, **dict.fromkeys(IDS[slug], "2"))
    assert set(kept(made)) == set(ALL_IDS)
    assert send(made, FIRST, go="finish")["Location"] == f"/assessment/{made.pk}/"


def test_sending_twice_changes_nothing_more(db):
    made = begun()
    for _ in range(2):
        send(made, retained_revenue="2", go="next")
    assert kept(made) == {"retained-revenue": "2"}
    assert Assessment.objects.count() == 1


def test_an_answer_can_be_changed_but_leaving_it_out_takes_nothing_away(db):
    made = begun({"retained-revenue": "2", "first-value": "3"})
    send(made, retained_revenue="0", **{"was-retained-revenue": "2"})
    assert kept(made) == {"retained-revenue": "0", "first-value": "3"}
    send(made, leaving_reasons="1")
    assert kept(made) == {"retained-revenue": "0", "first-value": "3", "leaving-reasons": "1"}


def test_an_older_tab_does_not_undo_what_a_newer_one_saved(db):
    made = begun({"retained-revenue": "1"})
    old = as_sent(page_of(made))
    send(made, **as_sent(page_of(made)) | {"retained-revenue": "3", "leaving-reasons": "2"})
    send(made, **old | {"renewals-ahead": "0"})
    assert kept(made) == {"retained-revenue": "3", "leaving-reasons": "2", "renewals-ahead": "0"}


def test_an_older_tab_does_not_undo_context_either(db):
    made = begun()
    old = as_sent(page_of(made, "context"))
    send(made, "context", **as_sent(page_of(made, "context")) | {"main-segment": "smb"})
    send(made, "context", **old | {"team-size": "few"})
    assert Assessment.objects.get().context == {"main-segment": "smb", "team-size": "few"}


# -- Keeping answers as they are given --


def swapped(old, answer):
    """The page after htmx put the progress in its place and the rest where their ids say."""
    tree = copy.deepcopy(old.tree)
    parents = {child: parent for parent in tree.iter() for child in parent}
    progress, *others = fragment_of(answer)
    for each in (progress, *others):
        how = each.attrib.pop("data-hx-swap-oob", "outerHTML")
        (target,) = tree.findall(f".//*[@id='{each.get('id')}']")
        if how == "innerHTML":
            target[:], target.text = list(each), each.text
        else:
            each.tail = target.tail
            place = list(parents[target]).index(target)
            parents[target][place] = each
    return tree


def without_news(tree):
    """The body without what only says that something was saved, which answers are marked and the token."""
    tree = copy.deepcopy(tree)
    for each in tree.iter():
        each.attrib.pop("checked", None)
        if each.get("id") == "saved":
            each[:], each.text = [], ""
        if each.get("name") == "csrfmiddlewaretoken":
            each.set("value", "")
    return one_line(source_text(tree.find("body")))


@pytest.mark.parametrize(
    ("step", "data"),
    [(FIRST, {"retained-revenue": "2"}), ("ai-automation", {"ai-use": "ns"}), ("context", {"team-size": "few"})],
)
@pytest.mark.parametrize("answered", [0, 12])
def test_page_after_an_answer_is_the_page_made_anew(db, step, data, answered):
    made = begun(answered=answered)
    old = page_of(made, step)
    answer = send(made, step, htmx=True, **data)
    assert answer.status_code == 200
    assert without_news(swapped(old, answer)) == without_news(page_of(made, step).tree)


def test_answer_is_saved_as_it_is_given(db):
    made = begun()
    answer = send(made, retained_revenue="2", htmx=True)
    assert kept(made) == {"retained-revenue": "2"}
    assert "1 of 18 answered. Saved." in one_line(
        words(next(each for each in fragment_of(answer) if each.get("id") == "saved"))
    )
    assert "no-store" in answer["Cache-Control"]


def test_what_was_saved_as_given_is_no_news_when_the_page_is_sent_later(db):
    """Two tabs with script: the button of the older one sends what it saved long ago."""
    made = begun()
    old = page_of(made)
    answer = send(made, retained_revenue="1", htmx=True)
    send(made, retained_revenue="3", htmx=True)  # in another tab
    (was,) = [each for each in fragment_of(answer) if each.get("name") == "was-retained-revenue"]
    sent = as_sent(old) | {"retained-revenue": "1", was.get("name"): was.get("value"), "renewals-ahead": "2"}
    send(made, **sent)
    assert kept(made) == {"retained-revenue": "3", "renewals-ahead": "2"}


def test_fields_ask_htmx_to_send_themselves_and_nothing_else(db):
    for step, ids in ((FIRST, IDS[FIRST]), ("context", [each["id"] for each in CONTEXT])):
        made = begun()
        for fieldset, id in zip(page_of(made, step).all("fieldset"), ids, strict=True):
            assert fieldset.get("data-hx-post") == path_of(made, step)
            assert fieldset.get("data-hx-params") == f"csrfmiddlewaretoken,{id}"
            assert fieldset.get("data-hx-target") == "#progress"


# -- What cannot be used --


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"retained-revenue": "4"}, "Question 1 has no answer “4”. The answers are 0, 1, 2, 3 or ns."),
        ({"retained-revenue": ""}, "Question 1 has no answer “”."),
        ({"leaving-reasons": "first"}, "Question 2 has no answer “first”."),
        ({"leaving-reasons": "\0<b>"}, "Question 2 has no answer “<b>”."),
        ({"leaving-reasons": "\u0662"}, "Question 2 has no answer “\u0662”."),
        ({"made-up": "1"}, "This page has no question “made-up”."),
        ({"first-value": "1"}, "This page has no question “first-value”."),
        ({"was-made-up": "1"}, "This page has no question “was-made-up”."),
        ({"retained-revenue": ["1", "2"]}, "Question 1 came with 2 answers. It takes one."),
        ({"go": "bogus"}, "This page has no button “bogus”."),
        ({"go": ["next", "back"]}, "2 buttons were pressed at once. Press one."),
    ],
)
@pytest.mark.parametrize("htmx", [False, True])
def test_unknown_ids_and_values_are_named_and_nothing_is_saved(db, data, message, htmx):
    made = begun({"first-value": "1"})
    answer = send(made, renewals_ahead="2", htmx=htmx, **data)
    page = Page("", answer)
    assert answer.status_code == 400
    assert page.errors == []
    assert message in words(page.one("div[@role='alert']"))
    assert words(page.one("div[@role='alert']/h2")) == "Nothing was saved"
    assert page.title.startswith("Error: ")
    assert kept(made) == {"first-value": "1"}
    assert checked(page)["renewals-ahead"] == "2"  # what was chosen is still marked


def test_of_many_messages_six_are_given_and_the_rest_counted(db):
    page = Page("", send(begun(), **{f"x{number}": "1" for number in range(20)}))
    lines = [words(each) for each in page.all("div[@role='alert']//li")]
    assert len(lines) == 7
    assert lines[-1] == "And 14 more."


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"team-size": "huge"}, "“How many people work in customer success?” has no answer “huge”."),
        ({"arr-band": ""}, "“How much recurring revenue does your company have in a year?” has no answer “”."),
        ({"retained-revenue": "1"}, "This page has no question “retained-revenue”."),
        ({"go": "bogus"}, "This page has no button “bogus”."),
        (
            {"team-size": ["few", "some"]},
            "“How many people work in customer success?” came with 2 answers. It takes one.",
        ),
    ],
)
def test_unknown_context_is_named_and_nothing_is_saved(db, data, message):
    made = begun(answered=18)
    page = Page("", send(made, "context", **{"main-segment": "smb", "go": "finish"} | data))
    assert page.status == 400
    assert message in words(page.one("div[@role='alert']"))
    kept = Assessment.objects.get()
    assert (kept.context, kept.finished) == ({}, None)
    assert checked(page)["main-segment"] == "smb"


def test_a_form_with_thousands_of_fields_gets_a_kind_page(db):
    made = begun()
    answer = maker().post(path_of(made), {f"x{number}": "1" for number in range(2000)})
    assert answer.status_code == 413
    assert b"<!doctype html>" in answer.content


# -- Submitting --


def test_submitting_too_early_shows_the_open_questions_and_keeps_everything(db):
    made = begun(answered=4)
    answer = send(made, "health-risk", health_rating="2", go="finish")
    page = Page("", answer)
    assert answer.status_code == 422
    assert page.errors == []
    summary = page.one("div[@role='alert']")
    assert "Two questions of the foundations still need an answer" in words(summary)
    assert "In all it takes 12 answers; there are 5." in words(summary)
    links = [each.get("href") for each in summary.iter("a")]
    assert links == [f"{path_of(made, 'onboarding')}?open#{id}" for id in ALL_IDS[4:FOUNDATIONS]]
    assert kept(made)["health-rating"] == "2"
    assert Assessment.objects.get().finished is None
    opened = Page("", maker().get(links[0]))
    assert words(opened.one("div[@role='alert']")).startswith("2 questions here still need an answer")
    missing = [each for each in opened.all("fieldset") if by_class(each, "field-error")]
    assert [each.get("id") for each in missing] == ALL_IDS[4:FOUNDATIONS]
    for each in missing:
        assert opened.by_id(each.get("aria-describedby")) is not None


def test_with_the_foundations_but_too_few_answers_any_open_question_will_do(db):
    made = begun(answered=FOUNDATIONS + 5)
    page = Page("", send(made, "context", go="finish", team_size="few"))
    summary = page.one("div[@role='alert']")
    assert page.status == 422
    assert words(summary.find("h2")) == "One question more, and there is a result"
    assert len(summary.findall(".//li")) == 18 - 11
    assert checked(page)["team-size"] == "few"


def test_seventeen_answers_without_a_foundation_are_too_few(db):
    ids = question_ids()
    made = begun(dict.fromkeys([id for id in ids if id != "first-value"], "3"))
    page = Page("", send(made, "context", go="finish"))
    assert page.status == 422
    assert "One question of the foundations still needs an answer" in words(page.one("div[@role='alert']"))


@pytest.mark.parametrize("answered", [12, 18])
def test_enough_answers_give_a_result(db, answered):
    made = begun(answered=answered)
    answer = send(made, "context", go="finish", main_segment="smb")
    assert answer["Location"] == f"/assessment/{made.pk}/"
    done = Assessment.objects.get()
    assert done.finished
    assert done.stage in ("crawl", "walk")
    assert done.context == {"main-segment": "smb"}
    assert len(done.focus) == 4


def test_not_sure_is_an_answer(db):
    made = begun(dict.fromkeys(question_ids()[:12], "ns"))
    send(made, "context", go="finish")
    assert Assessment.objects.get().stage == "crawl"


def test_submitting_twice_gives_one_result(db):
    made = begun(answered=18)
    first = send(made, "context", go="finish")
    finished = Assessment.objects.get().finished
    assert send(made, "context", go="finish")["Location"] == first["Location"]
    assert Assessment.objects.get().finished == finished


# -- Coming back --


def test_another_process_finds_everything_again(db):
    """All there is, is in the database and in one cookie of the browser."""
    made = begun()
    client = Client()
    client.cookies = maker().cookies
    send(made, retained_revenue="2", client=client, go="next")
    content._built.cache_clear()
    again = Client()
    again.cookies = client.cookies
    assert checked(page_of(made, client=again)) == {"retained-revenue": "2"}
    assert again.get(f"/assessment/{made.pk}/")["Location"] == path_of(made, FIRST)


def test_address_of_an_unfinished_one_leads_its_maker_to_the_first_open_area(db):
    made = begun(answered=7)
    assert maker().get(f"/assessment/{made.pk}/")["Location"] == path_of(made, "health-risk")
    made = begun(answered=18)
    assert maker().get(f"/assessment/{made.pk}/")["Location"] == path_of(made, "context")


def test_result_can_be_changed_and_follows(db):
    made = result("tools-before-basics")
    assert made.stage == "crawl"
    page = page_of(made)
    assert "Back to the result" in words(page.by_id("area-list"))
    for slug in AREAS[:2]:
        send(made, slug, **dict.fromkeys(IDS[slug], "3"))
    done = Assessment.objects.get()
    assert (done.stage, done.finished) == ("run", made.finished)
    assert [each["slug"] for each in done.focus] != [each["slug"] for each in made.focus]
    assert send(made, go="later")["Location"] == f"/assessment/{made.pk}/"


@pytest.mark.parametrize("chosen", ["run", "none"])
def test_stage_chosen_on_the_pages_outlives_forms_that_do_not_change_the_stage(db, chosen):
    made, client = result("all-third"), maker()
    client.cookies["result"], client.cookies["stage"] = f"walk.{made.finished.date()}.-.-", chosen
    for data in ({"go": "later"}, {"go": "finish"}, {"retained-revenue": "3"}, {"retained-revenue": "3"}):
        send(made, client=client, **data)
    send(made, "context", client=client, go="finish")
    assert client.cookies["stage"].value == chosen
    send(made, "context", client=client, main_segment="smb", go="finish")
    assert client.cookies["stage"].value == chosen
    assert client.cookies["result"].value == f"walk.{made.finished.date()}.smb.-"
    send(made, client=client, **dict.fromkeys(IDS[FIRST], "0"))
    assert client.cookies["stage"].value == ""
    assert client.cookies["result"].value == f"crawl.{made.finished.date()}.smb.-"


def test_forms_that_change_nothing_leave_the_cookies_alone(db):
    made = result("all-third")
    for step, data in (
        (FIRST, {"retained-revenue": "2"}),
        (FIRST, {"go": "finish"}),
        ("context", {"go": "finish"}),
    ):
        assert not send(made, step, **data).cookies
    assert Assessment.objects.get().saved == made.saved


# -- Elsewhere --


def test_unknown_areas_are_not_found(db):
    made = begun()
    for step in ("sales", "Onboarding", "none"):
        page = page_of(made, step)
        assert page.status == 404
        assert words(page.one("h1")) == "There is no such area"
        assert path_of(made) in page.links
        assert maker().post(path_of(made, step)).status_code == 404


@pytest.mark.parametrize("step", [FIRST, "context"])
def test_others_never_see_an_unfinished_one(db, step):
    made = begun(answered=3)
    for client in (Client(), maker(OTHER_MARK)):
        assert client.get(path_of(made, step)).status_code == 404
        assert client.get(f"/assessment/{made.pk}/").status_code == 404
        assert client.post(path_of(made, step), {"retained-revenue": "0"}).status_code == 403
    assert kept(made)["retained-revenue"] == "2"


def test_query_counts_of_answering(db, django_assert_num_queries):
    """A page: the row and its questionnaire. Saving: these, and a transaction that reads and writes the row.

    Two counts hold each form to its limit. The result besides scores, keeps the words of its focus metrics, for
    which it looks up stages and priorities, and looks up which result is the latest.
    """
    made = begun(answered=18)
    content.current()
    client = maker()
    for step in (path_of(made), path_of(made, "context")):
        client.post(step, {}, headers=HTMX)  # the first of a span also clears older counts
    with django_assert_num_queries(2):
        client.get(path_of(made))
    with django_assert_num_queries(8):
        client.post(path_of(made), {"retained-revenue": "3"}, headers=HTMX)
    with django_assert_num_queries(2):
        client.get(path_of(made, "context"))
    with django_assert_num_queries(16):
        client.post(path_of(made, "context"), {"go": "finish"})
