"""What a maker does with own results: naming, listing, comparing, deleting. Others get nowhere."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from assessment import browser, content
from assessment.models import LONGEST_NAME, MOST_LISTED, Assessment
from directory.models import Stage
from tests.factories import CASES, MARK, OTHER_MARK, RESULTS, WALK, begun, maker, new_version, result
from tests.questionnaire import responses_of

from .page import ORDER, Page, words

LIST, COMPARE = "/assessment/results/", "/assessment/results/compare/"


def rename(assessment, name, client=None):
    return (client or maker()).post(f"{assessment.get_absolute_url()}name/", {"name": name})


def results_page(client=None, query=""):
    return Page(LIST, (client or maker()).get(f"{LIST}{query}"))


def compare(*assessments, client=None):
    query = urlencode([("results", getattr(each, "pk", each)) for each in assessments])
    return Page(COMPARE, (client or maker()).get(f"{COMPARE}?{query}"))


# -- Who may --

POSTS = ["", "retention-visibility/", "context/", "name/", "delete/"]


@pytest.mark.parametrize("rest", ["/assessment/", "/assessment/load/", *POSTS[1:]])
def test_every_form_needs_its_token(db, rest):
    made = result()
    path = rest if rest.startswith("/") else f"{made.get_absolute_url()}{rest}"
    answer = maker(enforce_csrf_checks=True).post(path, {"name": "x", "retained-revenue": "0"})
    assert answer.status_code == 403
    again = Assessment.objects.get()
    assert (again.responses, again.name) == (made.responses, "")


@pytest.mark.parametrize(
    ("state", "step"),
    [("begun", "retention-visibility/"), ("begun", "context/"), ("result", ""), ("result", "delete/")],
)
def test_every_form_carries_its_token(db, state, step):
    made = begun(answered=3) if state == "begun" else result()
    client = maker(enforce_csrf_checks=True)
    page = Page("", client.get(f"{made.get_absolute_url()}{step}"))
    token = next(each.get("value") for each in page.all("input[@name='csrfmiddlewaretoken']"))
    target = step or "name/"
    sent = client.post(f"{made.get_absolute_url()}{target}", {"csrfmiddlewaretoken": token})
    assert sent.status_code != 403


@pytest.mark.parametrize("rest", POSTS[1:])
@pytest.mark.parametrize("mark", [None, OTHER_MARK])
def test_nobody_else_changes_anything(db, rest, mark):
    made = result(name="Ours")
    data = {"name": "Theirs", "retained-revenue": "0", "team-size": "one", "go": "finish"}
    answer = maker(mark).post(f"{made.get_absolute_url()}{rest}", data)
    page = Page("", answer)
    assert page.status == 403
    assert page.errors == []
    assert words(page.one("h1")) == "Only the browser that began it can change it"
    again = Assessment.objects.get()
    assert (again.responses, again.context, again.name) == (made.responses, made.context, "Ours")


@pytest.mark.parametrize("rest", ["retention-visibility/", "context/", "delete/"])
def test_others_are_led_from_forms_to_the_result(db, rest):
    made = result()
    assert Client().get(f"{made.get_absolute_url()}{rest}")["Location"] == made.get_absolute_url()


@pytest.mark.parametrize("rest", POSTS)
def test_result_itself_takes_no_form(db, rest):
    made = result()
    if not rest:
        assert maker().post(made.get_absolute_url()).status_code == 405
    if rest == "name/":
        assert maker().get(f"{made.get_absolute_url()}name/").status_code == 405


# -- Naming --


def test_name_stands_on_the_page_in_the_list_and_in_the_title(db):
    made = result()
    assert rename(made, "  Team\tEast,\n Q3 ")["Location"] == made.get_absolute_url()
    page = Page("", maker().get(made.get_absolute_url()))
    assert words(page.one("h1")) == "Team East, Q3 is at Walk"
    assert page.title.startswith("Team East, Q3: Walk")
    assert "Team East, Q3" in words(results_page().one("tbody"))


def test_name_can_be_taken_away_again(db):
    made = result(name="Team East")
    rename(made, "")
    assert words(Page("", maker().get(made.get_absolute_url())).one("h1")) == "Your team is at Walk"


def test_too_long_a_name_is_not_cut_but_given_back(db):
    made, name = result(name="Before"), "n" * (LONGEST_NAME + 1)
    page = Page("", rename(made, name))
    assert page.status == 400
    assert page.errors == []
    assert f"The name has {LONGEST_NAME + 1} characters; {LONGEST_NAME} fit." in words(
        page.one("div[@role='alert']")
    )
    assert page.by_id("name").get("value") == name
    assert page.by_id("name").get("aria-invalid") == "true"
    assert Assessment.objects.get().name == "Before"
    assert rename(made, "n" * LONGEST_NAME).status_code == 302


@pytest.mark.parametrize(
    ("typed", "name"),
    [("a\0b", "a b"), ("a\u202eb", "a b"), ("\x1b[1m", "[1m"), ("\r\n", ""), ("東 チーム", "東 チーム")],
)
def test_control_characters_leave_a_name(db, typed, name):
    made = result()
    rename(made, typed)
    assert Assessment.objects.get().name == name


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", '"><img src=x>', "{{ 7|add:7 }}", "&amp;"])
def test_markup_in_a_name_is_text_everywhere(db, name):
    made, other = result(name=name), result("all-third")
    pages = [Page("", maker().get(f"{made.get_absolute_url()}{rest}")) for rest in ("", "delete/")]
    for page in [*pages, results_page(), compare(made, other)]:
        assert page.errors == []
        assert name in words(page.one("main"))
        assert not page.has("main//script")
        assert not page.has("main//img")


def test_an_unfinished_one_has_no_name(db):
    made = begun(answered=3)
    for name in ("Team", "n" * 100):
        assert rename(made, name).status_code == 404
    assert Assessment.objects.get().name == ""


# -- The list --


def test_list_shows_all_results_of_this_browser_newest_first(db):
    old = result("all-first", on=(2026, 1, 10), name="Old")
    new = result("all-fourth", on=(2026, 7, 1))
    theirs = result("all-third", mark=OTHER_MARK)
    page = results_page()
    rows = [[words(cell) for cell in row] for row in page.one("tbody")]
    assert [row[1:5] for row in rows] == [
        ["Without a name", "IIIRun", "July 1, 2026", "1"],
        ["Old", "ICrawl", "January 10, 2026", "1"],
    ]
    assert page.errors == []
    assert {old.get_absolute_url(), new.get_absolute_url()} < set(page.links)
    assert theirs.pk not in page.text
    assert page.response["X-Robots-Tag"] == "noindex, nofollow"
    assert "no-store" in page.response["Cache-Control"]


@pytest.mark.parametrize("mark", [None, OTHER_MARK, "hostile"])
def test_list_of_another_browser_is_empty(db, mark):
    result()
    page = results_page(maker(mark))
    assert page.status == 200
    assert "There is no result in this browser yet." in words(page.one("main"))
    assert not page.has("tbody")


def test_rows_without_a_maker_belong_to_nobody(db):
    made = result()
    Assessment.objects.update(maker="")
    assert not results_page(Client()).has("tbody")
    assert not Page("", Client().get(made.get_absolute_url())).has("main//form")


def test_list_leads_on_to_what_was_begun(db):
    made = begun(answered=4)
    page = results_page()
    assert f"{made.get_absolute_url()}onboarding/" in page.links
    assert "4 of 18 answered" in words(page.one("main"))


def test_list_takes_as_many_queries_for_many_as_for_few(db, django_assert_num_queries):
    """Own assessments, stages, the questionnaire in use; one more for each version that was begun."""
    content.current()
    for _ in range(3):
        result()
    with django_assert_num_queries(3):
        maker().get(LIST)
    for _ in range(4):
        begun(answered=2)
    with django_assert_num_queries(4):
        maker().get(LIST)


@pytest.fixture
def many(db):
    """Three more of one browser than a page lists, of one day after the other; gives the page."""
    moment = timezone.now() - timedelta(days=MOST_LISTED + 3)
    made = [
        Assessment(maker=browser.digest(MARK), version=1, name=f"Number {number}", stage="walk", finished=moment)
        for number in range(MOST_LISTED + 3)
    ]
    for number, each in enumerate(made):
        each.responses = responses_of(CASES[WALK]["answers"])
        each.finished = moment + timedelta(days=number)
    Assessment.objects.bulk_create(made)
    for each in made:
        Assessment.objects.filter(pk=each.pk).update(started=each.finished)
    return made


def test_list_ends_with_the_newest_hundred_and_says_so(many):
    page = results_page()
    names = [words(row[1]) for row in page.one("tbody")]
    assert names == [f"Number {number}" for number in range(MOST_LISTED + 2, 2, -1)]
    assert "This page lists the newest 100 assessments of this browser." in words(page.one("main"))
    many[0].delete()
    many[1].delete()
    many[2].delete()
    page = results_page()
    assert len(page.one("tbody")) == MOST_LISTED
    assert "newest 100" not in words(page.one("main"))


def test_what_is_without_an_answer_takes_no_place_in_the_list(many):
    for _ in range(MOST_LISTED):
        begun()
    assert len(results_page().one("tbody")) == MOST_LISTED


def test_comparison_and_loading_look_at_no_more_than_the_list(many):
    """What each of them reads is bounded, however many results a browser has."""
    page = compare(many[-1], many[-2])
    assert page.status == 200
    assert compare(many[0], many[-1]).status == 400
    Assessment.objects.update(name="")
    newest, oldest = many[-1], many[0]
    for again, count in ((newest, 0), (oldest, 1)):
        before = Assessment.objects.count()
        sent = SimpleUploadedFile("result.json", maker().get(f"{again.get_absolute_url()}result.json").content)
        assert maker().post(f"{LIST[:-8]}load/", {"file": sent}).status_code == 302
        assert Assessment.objects.count() - before == count


# -- Comparing --


def test_comparison_is_offered_with_two_of_a_version(db):
    result(on=(2026, 1, 1))
    assert not results_page().has("main//input[@type='checkbox']")
    result("all-third", on=(2026, 4, 1))
    result("all-fourth", on=(2026, 7, 1))
    page = results_page()
    boxes = page.all("main//input[@type='checkbox']")
    assert ["checked" in each.attrib for each in boxes] == [True, True, False]
    form = page.one("main//form[@method='get']")
    assert form.get("action") == COMPARE


@pytest.fixture
def before(db):
    return result(WALK, on=(2026, 3, 1), name="Spring")


def test_comparison_goes_area_by_area_and_question_by_question(before):
    now = result("not-sure-foundation", on=(2026, 6, 1))
    page = compare(now, before)  # in any order: the older one stands first
    assert page.status == 200
    assert page.errors == []
    assert page.response["X-Robots-Tag"] == "noindex, nofollow"
    assert "no-store" in page.response["Cache-Control"]
    assert words(page.one("h1")) == "From Walk to Crawl"
    first, moved, same = page.all("tbody")
    rows = [[words(cell) for cell in row] for row in first]
    then, today = RESULTS[WALK]["points"], RESULTS["not-sure-foundation"]["points"]
    for row, old, new in zip(rows, then, today, strict=True):
        assert row[1].startswith(f"{old} of")
        assert row[2].startswith(f"{new} of")
        ways = {True: f"{abs(new - old)} point{'s' if abs(new - old) > 1 else ''} {'up' if new > old else 'down'}"}
        assert row[3] == ways.get(new != old, "The same")
    pairs = zip(RESULTS[WALK]["answers"], RESULTS["not-sure-foundation"]["answers"], strict=True)
    changed = [number for number, (old, new) in enumerate(pairs, 1) if old != new]
    assert [int(words(row[0]).partition(".")[0]) for row in moved] == changed
    assert len(moved) + len(same) == 18
    assert f"{len(changed)} of 18 answers moved" in words(page.one("main"))
    said = {int(words(row[0]).partition(".")[0]): words(row[3]) for row in moved}
    assert said[3] == "No longer known"
    assert said[5] == "1 place up"
    assert said[11] == "1 place down"


def test_results_of_one_day_are_told_apart_by_time_and_stage(db):
    first, second = result(WALK, on=(2026, 6, 1)), result("all-first", on=(2026, 6, 1))
    evening = datetime(2026, 6, 1, 19, 5, tzinfo=UTC)
    Assessment.objects.filter(pk=second.pk).update(finished=evening)
    result("all-third", on=(2026, 1, 1))
    page = results_page()
    assert [words(row[3]) for row in page.one("tbody")] == [
        "June 1, 2026, 19:05 UTC",
        "June 1, 2026, 12:00 UTC",
        "January 1, 2026",
    ]
    labels = [each.get("aria-label") for each in page.all("main//input[@type='checkbox']")]
    assert labels[0] == "Compare the result of June 1, 2026, 19:05 UTC"
    assert "June 1, 2026, 12:00 UTC (Walk) and June 1, 2026, 19:05 UTC (Crawl)." in words(
        compare(first, second).one("main")
    )


def test_comparison_of_equals_says_that_nothing_moved(before):
    page = compare(before, result(WALK, on=(2026, 6, 1)))
    assert words(page.one("h1")) == "Still at Walk"
    assert "Every question has the same answer as before." in words(page.one("main"))


def test_what_was_found_out_is_told_from_what_rose(before):
    old = result("not-sure-foundation", on=(2026, 1, 1))
    _, moved, _ = compare(old, before).all("tbody")
    assert "Found out" in [words(row[3]) for row in moved]


@pytest.mark.parametrize("count", [0, 1, 3])
def test_comparison_needs_two(before, count):
    found = [before, result("all-third"), result("all-first")][:count]
    page = compare(*found)
    assert page.status == 400
    assert f"Choose two results to compare; you chose {count or 'none'}." in words(page.one("div[@role='alert']"))
    assert page.has("tbody")  # the list to choose from


def test_one_result_twice_is_one(before):
    assert "you chose 1" in words(compare(before, before).one("div[@role='alert']"))


@pytest.mark.parametrize("other", ["a" * 26, "\0", "'; DROP", "x" * 5000])
def test_comparison_with_nothing_is_explained(before, other):
    page = compare(before, other)
    assert page.status == 400
    assert "Only two results of this browser can be compared" in words(page.one("div[@role='alert']"))


def test_comparison_with_somebody_elses_or_an_unfinished_one_is_refused(before):
    for other in (result(mark=OTHER_MARK), begun(answered=18)):
        page = compare(before, other)
        assert page.status == 400
        assert "one of these is not" in words(page.one("div[@role='alert']"))


def test_results_of_two_versions_are_not_compared(db):
    new_version()
    old, new = result(), result(version=2)
    assert not results_page().has("main//input[@type='checkbox']")
    page = compare(old, new)
    assert page.status == 400
    assert "version 1 and 2. Only results of one version can be compared." in words(page.one("div[@role='alert']"))


def test_comparison_takes_three_queries(before, django_assert_num_queries):
    """Own results, their questionnaire, stages."""
    now = result("all-third")
    content.current()
    with django_assert_num_queries(3):
        maker().get(f"{COMPARE}?results={before.pk}&results={now.pk}")


# -- Deleting --


def test_deleting_asks_once_more(db):
    made = result(name="Team East", on=(2026, 7, 1))
    page = Page("", maker().get(f"{made.get_absolute_url()}delete/"))
    assert page.errors == []
    assert words(page.one("h1")) == "Delete this result?"
    assert "“Team East”, your result of July 1, 2026." in words(page.one("main"))
    assert "Your result of August 1, 2026." in words(
        Page("", maker().get(f"{result(on=(2026, 8, 1)).get_absolute_url()}delete/")).one("main")
    )
    assert Assessment.objects.exists()


def test_deleted_result_is_gone_everywhere_and_everything_is_put_back(db):
    made, client = result("all-third", name="Goner"), maker()
    client.cookies["result"] = f"walk.{made.finished.date()}.smb.-"
    client.cookies["stage"] = "run"
    assert Page("/", client.get("/")).metrics == ORDER["run"]
    answer = client.post(f"{made.get_absolute_url()}delete/", follow=True)
    page = Page("", answer)
    assert answer.redirect_chain == [(f"{LIST}?deleted", 302)]
    assert words(page.one("main/div[@role='status']")).startswith("Deleted.")
    assert "The directory is in its plain order." in words(page.one("main/div[@role='status']"))
    assert "Goner" not in words(page.one("main"))
    for rest in ("", "result.json", "next-visit.ics", "retention-visibility/", "context/", "delete/"):
        assert client.get(f"{made.get_absolute_url()}{rest}").status_code == 404
        assert Client().get(f"{made.get_absolute_url()}{rest}").status_code == 404
    assert {client.cookies["result"].value, client.cookies["stage"].value} == {""}
    assert Page("/", client.get("/")).metrics == ORDER["directory"]
    assert "from your result" not in client.get("/metrics/logo-retention-rate/").content.decode()


def test_after_the_latest_is_deleted_the_one_before_is_remembered(db):
    older = result(WALK, on=(2026, 1, 5), context={"main-segment": "smb"})
    latest, client = result("all-first"), maker()
    client.cookies["result"] = f"crawl.{latest.finished.date()}.-.-"
    client.cookies["stage"] = "run"
    answer = client.post(f"{latest.get_absolute_url()}delete/", follow=True)
    assert client.cookies["result"].value == "walk.2026-01-05.smb.-"
    assert client.cookies["stage"].value == ""
    assert re.search(
        "The directory is sorted for Walk, from your result of January 5(, 2026)?[.]",
        words(Page("", answer).one("main/div[@role='status']")),
    )
    assert Page("/", client.get("/")).metrics == ORDER["walk"]
    assert older.get_absolute_url() in Page("", client.get("/assessment/")).links
    assert compare(latest, older).status == 400


@pytest.mark.parametrize("path", ["/assessment/", LIST])
def test_what_is_remembered_of_a_result_that_is_gone_is_forgotten(db, path):
    """Purged, for example."""
    client = maker()
    client.cookies["result"], client.cookies["stage"] = "walk.2026-01-05.-.-", "run"
    client.get(path)
    assert {client.cookies["result"].value, client.cookies["stage"].value} == {""}
    assert Page("/", client.get("/")).metrics == ORDER["directory"]


@pytest.mark.parametrize("path", ["/assessment/", LIST])
def test_what_is_remembered_of_a_result_that_is_there_stays(db, path):
    result()
    assert not {"result", "stage"} & set(maker().get(path).cookies)


def test_deleting_an_older_result_leaves_the_latest_remembered(db):
    old = result("all-first", on=(2026, 1, 1))
    latest, client = result("all-third"), maker()
    client.cookies["result"] = f"walk.{latest.finished.date()}.-.-"
    client.post(f"{old.get_absolute_url()}delete/")
    assert Page("/", client.get("/")).metrics == ORDER["walk"]


def test_an_unfinished_one_can_be_deleted_too(db):
    made = begun(answered=4)
    page = Page("", maker().get(f"{made.get_absolute_url()}delete/"))
    assert words(page.one("h1")) == "Delete this assessment?"
    maker().post(f"{made.get_absolute_url()}delete/")
    assert not Assessment.objects.exists()


def test_deleting_twice_finds_nothing_the_second_time(db):
    made = result()
    paths = [f"{made.get_absolute_url()}delete/"] * 2
    assert [maker().post(path).status_code for path in paths] == [302, 404]


def test_stages_are_what_the_rows_say(db):
    """Names in lists come from the content, so a renamed stage is renamed here too."""
    result()
    Stage.objects.filter(slug="walk").update(name="Stroll")
    assert "Stroll" in words(results_page().one("tbody"))
