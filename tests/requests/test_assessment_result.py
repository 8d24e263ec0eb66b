"""The result of an assessment at `/assessment/<id>/`: what it says for every worked case, and to whom."""

import datetime
from itertools import combinations

import pytest
from django.test import Client

from assessment import actions, browser, content
from assessment.models import Assessment
from assessment.scoring import score
from directory.models import Benchmark, Metric, Priority
from tests.factories import (
    CASES,
    NEW_WORDS,
    OTHER_MARK,
    RESULTS,
    WALK,
    begun,
    maker,
    new_version,
    question_ids,
    result,
)
from tests.questionnaire import questionnaire, responses_of, sample

from .page import ORDER, Page, _content, by_class, hrefs, one_line, words

NAMES = {"crawl": "Crawl", "walk": "Walk", "run": "Run", "not-yet": "Not in place yet"}
STAGES = list(NAMES)[:3]
TEXTS = _content("assessment/texts")
LINES = {each["slug"]: each["line"] for each in _content("stages")["stages"]}
DIMENSIONS = {each["slug"]: _content(f"assessment/dimensions/{each['slug']}") for each in sample()["dimensions"]}
QUESTIONS = {each["id"]: each for dimension in DIMENSIONS.values() for each in dimension["questions"]}
DIMENSION_OF = {each["id"]: slug for slug, dimension in DIMENSIONS.items() for each in dimension["questions"]}
GROUP_OF = {each["slug"]: each["group"] for each in sample()["dimensions"]}
NUMBER = {id: number for number, id in enumerate(QUESTIONS, 1)}
SECTIONS = ["why", "moves", "focus", "areas", "confidence", "moved", "limits", "share"]
FULL = {"main-segment": "smb", "arr-band": "5m-20m", "team-size": "one", "contract-type": "usage"}


@pytest.fixture(scope="session")
def shown_results():
    return {}


@pytest.fixture
def page_of(db, shown_results):
    """Gives the result of a worked case as its maker sees it, fetched and parsed once a run."""

    def fetch(case):
        if case not in shown_results:
            path = result(case).get_absolute_url()
            shown_results[case] = Page(path, maker().get(path))
        return shown_results[case]

    return fetch


def own_page(assessment, client=None):
    path = assessment.get_absolute_url()
    return Page(path, (client or maker()).get(path))


def plain(text):
    """On one line, with the quotation marks of a keyboard."""
    return one_line(text).translate(str.maketrans("“”‘’", "\"\"''"))


def said(page, section):
    return plain(words(page.by_id(section)))


def next_of(stage):
    return STAGES[STAGES.index(stage) + 1] if stage != "run" else None


def numbered(element):
    """The questions an element names, by their numbers."""
    return [int(words(each).split()[-1]) for each in by_class(element, "nowrap") if "Question" in words(each)]


@pytest.fixture(params=RESULTS)
def case(request):
    return request.param, RESULTS[request.param]


# -- Every worked case --


def test_result_is_a_whole_page_in_the_order_of_its_design(page_of, case):
    page = page_of(case[0])
    assert page.status == 200
    assert page.errors == []
    assert [each.get("id") for each in page.all("section[@id]")] == SECTIONS
    assert page.title.startswith(f"{NAMES[case[1]['stage']]} ·")


def test_headline_says_the_stage_its_line_and_the_steps_to_the_next(page_of, case):
    id, expected = case
    page, stage = page_of(id), expected["stage"]
    heading = words(page.one("h1"))
    assert heading == f"Your team is at {NAMES[stage]}" + (
        ", just starting" if expected.get("just_starting") else ""
    )
    shown = words(page.one("main"))
    assert LINES[stage] in shown
    if stage == "run":
        assert "There is no stage above this one. Your job is to keep it." in shown
    elif expected["steps_to_next"] == 1:
        assert f"One answer, one place higher, would take you to {NAMES[next_of(stage)]}." in shown
    else:
        several = "answers, each one place higher", "steps, some of them on the same answer"
        assert any(f" {each}, would take you to {NAMES[next_of(stage)]}." in shown for each in several)


def test_checks_are_those_of_the_stage_held_and_of_the_next(page_of, case):
    id, expected = case
    stage = expected["stage"]
    rows = [each for each in page_of(id).by_id("why").find(".//tbody") if each.get("class") != "is-note"]
    wanted = [
        f"{NAMES[each]}: {'core practice' if group == 'core' else group}"
        for each in STAGES
        if each in (stage, next_of(stage))
        for group in sample()["checks"].get(each, {})
    ]
    assert [words(row.find("th")) for row in rows] == wanted
    failed = {f"{NAMES[next_of(stage) or 'run']}: {each.split()[0]}" for each in expected["failed_checks"]}
    for row in rows:
        name, passed = words(row.find("th")), words(row.findall("td")[-1]).startswith("Passed")
        assert passed == (name.removesuffix(" practice") not in failed)


def test_checks_give_what_was_needed_and_what_there_is(page_of):
    rows = [[words(cell) for cell in row] for row in page_of(WALK).by_id("why").find(".//tbody")]
    assert [row[:3] for row in rows if len(row) > 1] == [
        ["Walk: foundations", "5 points in each area", "6 and 5"],
        ["Walk: core practice", "2 points in each area, 12 together", "2 at least, 14 together"],
        ["Run: foundations", "8 points in each area", "6 and 5"],
        ["Run: core practice", "4 points in each area, 20 together", "2 at least, 14 together"],
        ["Run: reach", "2 points in each area, 8 together", "2 and 2, 4 together"],
    ]


def test_answers_that_decided_stand_under_each_failed_check(page_of, case):
    id, expected = case
    notes = [each for each in page_of(id).by_id("why").iter("tr") if each.get("class") == "is-note"]
    decided = [expected.get("deciding", {})[group] for group in expected["failed_checks"]]
    assert [numbered(each) for each in notes] == [[NUMBER[id] for id in ids] for ids in decided]
    answers = dict(zip(QUESTIONS, expected["answers"], strict=True))
    for note, ids in zip(notes, decided, strict=True):
        for question in ids:
            if isinstance(answers[question], int):
                assert plain(QUESTIONS[question]["answers"][answers[question]]["label"]) in plain(words(note))


def test_gate_is_said_where_it_changed_the_stage_and_only_there(page_of, case):
    id, expected = case
    shown = said(page_of(id), "why")
    held = expected["stage_without_gate"] != expected["stage"]
    assert ("On everything else you look like" in shown) == held
    if held:
        assert f"On everything else you look like {NAMES[expected['stage_without_gate']]}." in shown
        assert f"The foundations hold you at {NAMES[expected['stage']]}, because " in shown
    assert (plain(TEXTS["skipped_ahead"]) in shown) == expected.get("skipped_ahead", False)


def test_what_held_back_is_the_first_failed_check(page_of, case):
    id, expected = case
    shown = said(page_of(id), "why")
    groups = {"foundations": "Foundations", "core": "Core practice", "reach": "Reach"}
    if expected["failed_checks"]:
        assert f"What held you back {groups[expected['failed_checks'][0]]}: " in shown
    else:
        assert "Nothing is holding you back. The area closest to slipping is" in shown
    leans = expected.get("leans_on")
    assert ("You lean most on" in shown) == bool(leans)
    if leans:
        assert f"You lean most on {groups[leans].lower()}" in shown


def test_gate_sentence_names_area_and_points(page_of):
    assert (
        "On everything else you look like Walk. The foundations hold you at Crawl, because onboarding and first "
        "value has 4 of the 5 points it needs."
    ) in said(page_of("one-foundation-weak"), "why")


def test_moves_stand_in_order_with_effort_area_and_what_is_left(page_of, case):
    id, expected = case
    section = page_of(id).by_id("moves")
    items = section.findall(".//ol/li")
    moves = expected["first_three"]
    if not moves:
        assert "Every answer is the last one." in words(section)
        return
    assert len(items) == len(moves) <= 3
    weeks = {"S": "up to a week", "M": "about 3 weeks", "L": "about 8 weeks"}
    for item, (question, start) in zip(items, moves, strict=True):
        move = QUESTIONS[question]["answers"][start]["next"]
        shown = plain(words(item))
        assert plain(move["do"].partition(". ")[0]) in shown
        assert plain(move["do"])[-30:] in shown
        assert f"question {NUMBER[question]}" in shown
        assert DIMENSIONS[DIMENSION_OF[question]]["name"].lower() in shown.lower()
        assert weeks[move["effort"]] in shown
    if "moves" in expected:
        spent = {"S": 1, "M": 3, "L": 8}
        efforts = [QUESTIONS[question]["answers"][start]["next"]["effort"] for question, start in moves]
        left = expected["moves"]["count"] - len(moves)
        weeks_left = expected["moves"]["weeks"] - sum(spent[each] for each in efforts)
        these, target = "this" if len(moves) == 1 else "these", NAMES[next_of(expected["stage"])]
        if left:
            remain = "move remains" if left == 1 else "moves remain"
            assert (
                f"After {these}, {left} {remain} on the shortest way to {target}: about {weeks_left} week"
            ) in words(section)
        else:
            assert f"With {these} done, you reach {target}." in words(section)
    headings = {1: "The one move", 2: "Two next moves", 3: "Three next moves"}
    heading = "Keep it, and widen it" if expected["stage"] == "run" else headings[len(moves)]
    assert words(section.find(".//h2")) == heading
    assert plain(TEXTS["efforts_note"]) in plain(words(section))


def test_one_move_today_of_more_on_the_way_is_not_the_only_one(db):
    """Two moves of one question follow each other."""
    answers = dict.fromkeys(QUESTIONS, "2") | dict(zip(QUESTIONS, "300", strict=False))
    made = actions.finish(begun(answers).pk)[0]
    section = own_page(made).by_id("moves")
    assert words(section.find(".//h2")) == "The next move"
    assert "After this, 1 move remains on the shortest way to Walk: about 1 week of work." in words(section)


def test_focus_is_the_first_four_of_the_stage_with_their_reasons(page_of, case):
    id, expected = case
    page, stage = page_of(id), expected["stage"]
    items = page.by_id("focus").findall(".//li[@data-metric]")
    assert [each.get("data-metric") for each in items] == ORDER[stage][:4]
    for item in items:
        assert plain(Priority.objects.get(stage=stage, metric=item.get("data-metric")).reason) in plain(
            words(item)
        )
        assert f"/metrics/{item.get('data-metric')}/?stage={stage}" in hrefs(item)
    assert plain(TEXTS["rule_of_thumb"]) in said(page, "focus")


def short_areas(expected):
    """The areas below the level that a failed check of the next stage asks for."""
    cutoffs = sample()["cutoffs"]
    checks = sample()["checks"].get(next_of(expected["stage"]), {})
    points = dict(zip(DIMENSIONS, expected["points"], strict=True))
    return {
        slug
        for slug, group in GROUP_OF.items()
        if group in expected["failed_checks"]
        and points[slug] < cutoffs[len(DIMENSIONS[slug]["questions"])][checks[group]["every_area"]]
    }


def test_start_here_marks_focus_metrics_of_areas_that_fell_short(page_of, case):
    id, expected = case
    short = {metric for slug in short_areas(expected) for metric in DIMENSIONS[slug]["metrics"]}
    fell = f"fell short of {NAMES[next_of(expected['stage']) or 'run']}."
    if not short:  # of the totals alone
        decided = {DIMENSION_OF[each] for ids in expected.get("deciding", {}).values() for each in ids}
        short = {metric for slug in decided for metric in DIMENSIONS[slug]["metrics"]}
        fell = f"{fell[:-1]} as a whole."
    items = page_of(id).by_id("focus").findall(".//li[@data-metric]")
    marked = [each for each in items if "Start here" in words(each)]
    assert {each.get("data-metric") for each in marked} == short & set(ORDER[expected["stage"]][:4])
    assert all(fell in words(each) for each in marked)


def test_weakest_area_outside_the_focus_is_named_with_its_first_metric(page_of, case):
    id, expected = case
    shares = {
        slug: points / (3 * len(DIMENSIONS[slug]["questions"]))
        for slug, points in zip(DIMENSIONS, expected["points"], strict=True)
    }
    weakest, ranked = min(shares, key=lambda slug: shares[slug]), ORDER[expected["stage"]]
    own = DIMENSIONS[weakest]["metrics"]
    shown = said(page_of(id), "focus")
    wanted = shares[weakest] < 1 and not set(own) & set(ranked[:4])
    assert ("The weakest area is" in shown) == wanted
    if wanted:
        first = Metric.objects.get(slug=next(each for each in ranked if each in own))
        assert plain(f"Of its own metrics, {first.name} ranks highest at {NAMES[expected['stage']]}.") in shown
        assert f"The weakest area is {DIMENSIONS[weakest]['name'].lower()}" in shown.replace("AI", "ai")
        assert plain(first.name) in shown


def test_all_eight_areas_have_points_level_and_the_next_line(page_of, case):
    id, expected = case
    rows = page_of(id).by_id("areas").findall(".//tbody/tr")
    for row, slug, points, level in zip(rows, DIMENSIONS, expected["points"], expected["levels"], strict=True):
        most = 3 * len(DIMENSIONS[slug]["questions"])
        shown = words(row)
        assert words(row.find("th")).startswith(DIMENSIONS[slug]["name"])
        assert f"{points} of {most}" in shown
        assert NAMES[level] in words(row.findall("td")[2])
        chart = row.find(".//svg")
        assert (
            chart.get("aria-label")
            == f"{points} of {most} points. "
            + ", ".join(
                f"{NAMES[stage]} from {cut}"
                for stage, cut in sample()["cutoffs"][len(DIMENSIONS[slug]["questions"])].items()
            )
            + "."
        )
        blocks = [each.get("class") for each in chart.iter("rect")]
        assert blocks == ["chart-ink"] * points + ["chart-open"] * (most - points)
        cutoffs = sample()["cutoffs"][len(DIMENSIONS[slug]["questions"])]
        following = next((each for each in STAGES if cutoffs[each] > points), None)
        if following is None:
            assert "The highest level" in shown
        else:
            missing = cutoffs[following] - points
            assert f"{missing} point{'' if missing == 1 else 's'} to {NAMES[following]}" in shown


CONFIDENCE = {
    "provisional": "This is a first reading",
    "open": 'You chose "Not sure"',
    "just-below": "You are one answer short of",
    "just-above": "by a single answer. Read",
    "firm": "Changing any one answer by one place would not change your stage.",
}


def test_confidence_is_told_in_words_with_the_best_case(page_of, case):
    id, expected = case
    shown = said(page_of(id), "confidence")
    assert {label for label, text in CONFIDENCE.items() if text in shown} == set(expected["confidence"])
    order = [shown.index(CONFIDENCE[label]) for label in expected["confidence"]]
    assert order == sorted(order)
    differs = expected["best_case"] != expected["stage"]
    open_ones = ["every open question"] * (None in expected["answers"])
    open_ones += ['every "Not sure"'] * ("ns" in expected["answers"])
    best = f"At best, with {' and '.join(open_ones)} at its last answer, "
    best += f"you would be at {NAMES[expected['best_case']]}."
    assert (best in shown and "worst case" in shown) == differs
    assert ("At best" in shown) == differs


def test_hints_and_what_to_find_out_are_named(page_of, case):
    id, expected = case
    page = page_of(id)
    hints = [plain(words(each)) for each in page.by_class("hint")]
    assert len(hints) == len(expected.get("hints", []))
    for shown, hint in zip(hints, expected.get("hints", []), strict=True):
        if hint == "all_answers_equal":
            assert "You gave the same answer every time." in shown
        else:
            assert [NUMBER[each] for each in hint.split("+")] == [
                int(word.rstrip("."))
                for before, word in zip(shown.split(), shown.split()[1:], strict=False)
                if before == "Question"
            ]
    unsure = [id for id, answer in zip(QUESTIONS, expected["answers"], strict=True) if answer == "ns"]
    both = said(page, "moves") + said(page, "confidence")
    for question in unsure:
        assert plain(QUESTIONS[question]["text"]) in both
    if "open" in expected["confidence"]:
        assert said(page, "moves").index("First find out.") < said(page, "moves").index("1. ")


def one_place_off(answers, by):
    """The numbers of the questions whose answer alone, one place off, gives another stage."""
    responses = responses_of(answers)
    stage = score(questionnaire(), responses).stage
    changed = {id: int(value.replace("ns", "0")) + by for id, value in responses.items()}
    return [
        NUMBER[id]
        for id, value in changed.items()
        if 0 <= value <= 3 and score(questionnaire(), {**responses, id: str(value)}).stage != stage
    ]


def test_answers_to_look_at_again_near_a_line_are_all_that_would_turn_it(page_of, case):
    id, expected = case
    close = {"just-below": 1, "just-above": -1}
    ways = [close[label] for label in expected["confidence"] if label in close]
    section = page_of(id).by_id("confidence")
    assert ("Answers to look at again" in words(section)) == bool(ways)
    if ways:
        turning = one_place_off(expected["answers"], ways[0])
        assert numbered(section)[: len(turning)] == turning
        assert (f"And {len(turning) - 6} more:" in words(section)) == (len(turning) > 6)
        assert ("Look at these answers again." in words(section)) == (len(turning) > 1)


def test_answers_that_hold_the_stage_are_named_by_number(page_of):
    shown = said(page_of(WALK), "confidence")
    assert "You hold Walk by a single answer." in shown
    assert "Read one of questions 4–6, 9 and 10 more strictly, and it would be Crawl." in shown
    assert "Read one of questions 1–18 more strictly, and it would be Walk." in said(
        page_of("run-exact"), "confidence"
    )


def test_remark_on_equal_answers_leads_to_the_first_area(page_of):
    page = page_of("all-third")
    assert f"{page.path}retention-visibility/" in hrefs(page.by_class("hint")[0])


def test_what_it_does_not_say_is_never_folded(page_of, case):
    page = page_of(case[0])
    shown = said(page, "limits")
    assert any(plain(each) in shown for each in TEXTS["does_not_measure"])
    assert any(plain(each) in shown for each in TEXTS["honest_limits"])
    assert not list(page.by_id("limits").iter("details"))


def test_date_version_next_visit_and_answers_for_paper_are_there(page_of, case):
    id, expected = case
    page = page_of(id)
    assert "questionnaire version 1" in words(page.by_class("trust")[0])
    (time,) = page.all("footer[@class='trust']//time")
    assert time.get("datetime") == datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    assert plain(TEXTS["next_visit"]) in said(page, "share")
    places = ["?" if each == "ns" else "–" if each is None else str(each + 1) for each in expected["answers"]]
    assert " ".join(places) in words(page.one("main"))


def test_what_moved_lists_every_metric_that_rose_with_both_places(page_of, case):
    id, expected = case
    items = page_of(id).by_id("moved").findall(".//li[@data-metric]")
    ranked, plain_order = ORDER[expected["stage"]], ORDER["directory"]
    places = {slug: (plain_order.index(slug) + 1, place) for place, slug in enumerate(ranked, 1)}
    rose = {slug: pair for slug, pair in places.items() if pair[1] < pair[0]}
    shown = {}
    for item in items:
        before, _, now = words(by_class(item, "shift")[0]).split()
        shown[item.get("data-metric")] = (int(before), int(now))
    assert shown == rose
    ways = [before - now for before, now in shown.values()]
    assert ways == sorted(ways, reverse=True)


@pytest.mark.parametrize(("one", "other"), list(combinations(RESULTS, 2)))
def test_different_answers_give_visibly_different_advice(page_of, one, other):
    for section in ("why", "moves"):
        assert said(page_of(one), section) != said(page_of(other), section)
    stages = RESULTS[one]["stage"], RESULTS[other]["stage"]
    for section in ("focus", "moved"):
        assert stages[0] == stages[1] or said(page_of(one), section) != said(page_of(other), section)
    points = RESULTS[one]["points"], RESULTS[other]["points"]
    assert (said(page_of(one), "areas") == said(page_of(other), "areas")) == (points[0] == points[1])


# -- Provisional --


def test_more_steps_than_questions_are_not_called_answers(page_of):
    """All eighteen at their first answer are twenty-two places from Walk."""
    shown = words(page_of("all-first").one("main"))
    assert "Twenty-two steps, some of them on the same answer, would take you to Walk." in shown


def test_partial_set_gives_a_result_that_says_it_is_provisional(page_of):
    page = page_of("unanswered-provisional")
    shown = words(page.one("main"))
    assert "Provisional. Without an answer, and counted as not in place: 6 of 18 questions." in shown
    assert "6 questions are still open and count as not in place." in shown
    assert "Answering the rest could change it, up to Walk." in shown
    still_open = question_ids()[12:]
    for id in still_open:
        assert f"{page.path}{DIMENSION_OF[id]}/#{id}" in page.links
    assert "0 of 2 answered" in said(page, "areas")


def test_too_few_answers_give_no_stage(db):
    """The worked case with a foundation left open."""
    made = begun(dict(zip(QUESTIONS, map(str, CASES["foundation-unanswered"]["answers"]), strict=True)))
    made.responses.pop("first-value")
    made.save()
    assert maker().post(f"{made.get_absolute_url()}context/", {"go": "finish"}).status_code == 422
    assert maker().get(made.get_absolute_url())["Location"].endswith("/onboarding/")


# -- Context --


def test_named_segment_shows_its_typical_and_strong_band_with_the_basis(db):
    page = own_page(result("all-third", context={"main-segment": "smb"}))
    items = page.by_id("focus").findall(".//li[@data-metric]")
    bands = 0
    for item in items:
        (band,) = by_class(item, "focus-band")
        shown = words(band)
        rows = Benchmark.objects.filter(metric=item.get("data-metric"), segment="smb", measures="")
        if "typical" in shown or "strong" in shown:
            assert any(word in shown for word in ("Published", "Derived", "Practitioner"))
            low = next(row.low for row in rows if row.low is not None or row.strong is not None)
            assert low is None or f"{low.normalize():f}" in shown
            bands += 1
        else:
            assert "No band for" in shown
        assert f"/metrics/{item.get('data-metric')}/?stage=walk&segment=smb" in hrefs(item)
    assert bands >= 3


@pytest.mark.parametrize("chosen", [{}, {"main-segment": "none"}, {"team-size": "few"}])
def test_without_a_segment_there_is_no_band(db, chosen):
    page = own_page(result(context=chosen))
    assert not page.by_class("focus-band")
    assert "segment=" not in words(page.by_id("focus"))


def test_every_band_of_a_segment_is_shown_with_whom_it_is_for(db):
    page = own_page(result("all-fourth", context={"main-segment": "enterprise"}))
    (item,) = [
        each for each in page.by_id("focus").findall(".//li") if each.get("data-metric") == "net-revenue-retention"
    ]
    rows = Benchmark.objects.filter(metric="net-revenue-retention", segment="enterprise", measures="")
    bands = [words(each) for each in by_class(item, "focus-band")]
    assert len(bands) == rows.count() == 2
    for band, row in zip(bands, rows.order_by("position"), strict=True):
        assert band.startswith(f"For enterprise customers, {row.qualifier}: typical {row.low.normalize():f}–")


def test_segment_without_a_reliable_band_is_told(db):
    page = own_page(result("all-first", context={"main-segment": "smb"}))
    assert "No reliable band for SMB customers." in words(page.by_id("focus"))


# -- Sentences --


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        (
            "222222222222221111",
            "retention visibility has 6 of the 8 points that Run needs; onboarding and first value has 6.",
        ),
        (
            "111111333333333333",
            "retention visibility has 3 of the 5 points it needs, and onboarding and first value has 3.",
        ),
        (
            "222222222222221111",
            "foundations: “Retention visibility” and “Onboarding and first value” have 1 point to spare.",
        ),
        (
            "333333222211110000",
            "core practice: “Voice of the customer”, “Coverage and rhythm” and the total have nothing to spare.",
        ),
        ("333333212112210000", "You lean most on core practice: its total has nothing to spare."),
    ],
)
def test_sentences_keep_names_and_numbers_apart(db, answers, sentence):
    made = actions.finish(begun(dict(zip(QUESTIONS, answers, strict=True))).pk)[0]
    assert sentence in one_line(words(own_page(made).by_id("why")))


def test_open_questions_that_change_nothing_are_told_so(db):
    """Walk's foundations fail whatever the rest is."""
    made = actions.finish(begun(dict(zip(QUESTIONS, "000000" + "3" * 11, strict=False))).pk)[0]
    shown = said(own_page(made), "confidence")
    assert "1 question is still open and counts as not in place." in shown
    assert "Answering the rest would not change the stage." in shown


@pytest.mark.parametrize("size", ["one", "few", "some", "many", "none"])
@pytest.mark.parametrize("case", ["all-first", "all-third", "all-fourth"])
def test_team_size_adds_one_line_and_never_changes_the_stage(db, case, size):
    page = own_page(result(case, context={"team-size": size}))
    stage = RESULTS[case]["stage"]
    notes = next(each for each in TEXTS["context"] if each["id"] == "team-size")["options"]
    note = next(each for each in notes if each["id"] == size).get("note", {}).get(stage)
    assert f"is at {NAMES[stage]}" in words(page.one("h1"))
    shown = plain(words(page.one("main")))
    for option in notes:
        for text in option.get("note", {}).values():
            assert (plain(text) in shown) == (text == note)


@pytest.mark.parametrize("kind", ["monthly", "annual", "multi-year", "usage"])
def test_how_customers_pay_words_a_tip(db, kind):
    options = next(each for each in TEXTS["context"] if each["id"] == "contract-type")["options"]
    tip = next(each["tip"] for each in options if each["id"] == kind)
    assert plain(tip) in plain(words(own_page(result(context={"contract-type": kind})).one("main")))


# -- Whose it is --


def test_others_read_the_same_result_without_any_form(db):
    made = result(name="Team East", context=FULL)
    for client in (Client(), maker(OTHER_MARK)):
        page = own_page(made, client)
        assert page.status == 200
        assert page.errors == []
        assert words(page.one("h1")) == "Team East is at Walk"
        assert "“You” on this page means the team that answered." in words(page.one("main"))
        assert not page.has("main//form")
        assert not page.response.cookies
        own = f"/assessment/{made.pk}/"
        assert {each for each in page.links if each.startswith(own)} == {
            f"{own}next-visit.ics",
            f"{own}result.json",
        }
        assert made.maker not in page.text
    mine = own_page(made)
    assert "means the team that answered" not in words(mine.one("main"))
    for part in ("why", "areas", "focus", "confidence", "moved"):
        assert [*by_class(mine.by_id(part), "is-number")] or words(mine.by_id(part))
    assert f"/assessment/{made.pk}/delete/" in mine.links


@pytest.mark.parametrize(
    "path", ["", "result.json", "next-visit.ics", "context/", "onboarding/", "delete/", "name/"]
)
def test_everything_below_an_id_is_kept_out_of_caches_and_search_engines(db, path):
    made = result()
    for client in (maker(), Client()):
        for answer in (
            client.get(f"{made.get_absolute_url()}{path}"),
            client.get(f"/assessment/{'a' * 26}/{path}"),
        ):
            if answer.status_code == 405:
                continue
            assert answer["X-Robots-Tag"] == "noindex, nofollow"
            assert {"no-store", "private"} <= {each.strip() for each in answer["Cache-Control"].split(",")}
            assert answer["Referrer-Policy"] == "same-origin"
            assert "Access-Control-Allow-Origin" not in answer


def test_result_says_itself_that_it_is_not_to_be_listed(page_of):
    page = page_of(WALK)
    assert page.meta("robots") == "noindex"
    assert not page.has("link[@rel='canonical']")
    assert not page.meta("og:url")


def test_link_to_copy_is_the_address_of_the_result(page_of):
    page = page_of(WALK)
    assert page.by_id("address").get("value") == f"http://testserver{page.path}"
    assert "readonly" in page.by_id("address").attrib


@pytest.mark.parametrize("id", ["a" * 26, "a" * 25, "A" * 26, "1" * 26, "..", "%00" * 9, "a" * 25 + "%0A"])
@pytest.mark.parametrize("rest", ["", "result.json", "next-visit.ics", "context/", "onboarding/", "delete/"])
def test_wrong_ids_are_not_found(db, id, rest):
    result()
    assert maker().get(f"/assessment/{id}/{rest}").status_code == 404


def test_missing_result_says_why_and_leads_on(db):
    page = Page("", Client().get(f"/assessment/{'a' * 26}/"))
    assert page.errors == []
    assert "There is no result at this address" in words(page.one("h1"))
    assert "/assessment/" in page.links


def test_finished_result_leaves_stage_and_context_in_the_browser(db):
    made = begun(dict(zip(QUESTIONS, map(str, RESULTS["all-third"]["answers"]), strict=True)), context=FULL)
    answer = maker().post(f"{made.get_absolute_url()}context/", {"go": "finish"})
    today = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    cookie = answer.cookies["result"]
    assert cookie.value == f"walk.{today}.smb.5000000-20000000"
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert browser.COOKIE not in answer.cookies


def test_undo_puts_the_directory_back_and_returns_here(db):
    made, client = result("all-third"), maker()
    client.cookies["result"] = f"walk.{made.finished.date()}.-.-"
    form = own_page(made, client).by_id("moved").find(".//form")
    values = {each.get("value"): words(each) for each in form.iter("button")}
    assert values["none"] == "No stage"
    assert "“No stage” undoes it" in words(own_page(made, client).by_id("moved"))
    back = next(each.get("value") for each in form.iter("input") if each.get("name") == "next")
    answer = client.post(form.get("action"), {"next": back, "stage": "none"})
    assert answer["Location"] == made.get_absolute_url()
    assert "undoes it" not in words(own_page(made, client).by_id("moved"))
    assert Page("/", client.get("/")).metrics == ORDER["directory"]


# -- Older versions --


@pytest.fixture
def newer(db):
    new_version()


def test_result_of_an_older_version_is_shown_as_it_was_with_a_note(newer):
    made = result("all-third", context={"main-segment": "smb"})
    Metric.objects.update(name="Renamed")
    Priority.objects.update(reason="Another reason.")
    Benchmark.objects.update(low=1, high=2, strong=2)
    page = own_page(made)
    assert page.status == 200
    assert page.errors == []
    assert NEW_WORDS not in page.text
    assert "Renamed" not in page.text
    assert plain(QUESTIONS["first-value"]["answers"][2]["label"]) in said(page, "why")
    assert "The questions have changed since." in words(page.one("main"))
    assert words(page.one("h1")) == "Your team is at Walk"
    assert "Another reason." not in page.text
    items = [plain(words(each)) for each in page.by_id("focus").findall(".//li")]
    for number, (item, kept) in enumerate(zip(items, made.focus, strict=True), 1):
        assert item.startswith(f"{number}. {plain(kept['name'])}")
        assert plain(kept["reason"]) in item
        assert f"Start here: {kept['start_here']}" in item or not kept["start_here"]
        assert all(plain(f"For SMB customers: {band['text']}.") in item for band in kept["bands"])
    assert [bool(each["start_here"]) for each in made.focus] == [True, False, True, False]
    assert "80–88" in items[0].replace("\u202f", "")
    assert "Results of the two versions cannot be compared." in words(page.one("main"))
    assert "side by side" not in words(page.one("main"))
    assert "questionnaire version 1" in words(page.by_class("trust")[0])
    assert f"{made.get_absolute_url()}retention-visibility/" not in page.links


def test_result_kept_before_the_words_were_shows_the_names(newer):
    made = result("all-third")
    Assessment.objects.update(focus=[{"slug": each["slug"], "name": each["name"]} for each in made.focus])
    items = own_page(made).by_id("focus").findall(".//li")
    assert [words(each) for each in items] == [
        f"{number}. {each['name']}" for number, each in enumerate(made.focus, 1)
    ]


def test_result_of_an_older_version_cannot_be_answered_any_more(newer):
    made = result("all-third")
    for step in ("retention-visibility", "context"):
        path = f"{made.get_absolute_url()}{step}/"
        assert maker().get(path)["Location"] == made.get_absolute_url()
        data = {"retained-revenue": "0", "team-size": "one"}
        assert maker().post(path, data)["Location"] == made.get_absolute_url()
    again = Assessment.objects.get()
    assert (again.responses, again.context) == (made.responses, made.context)


def test_unfinished_one_of_an_older_version_goes_on_in_its_own_questions(newer):
    made = begun(answered=12)
    path = f"{made.get_absolute_url()}retention-visibility/"
    assert NEW_WORDS not in maker().get(path).content.decode()
    maker(OTHER_MARK).post("/assessment/")
    other = Assessment.objects.exclude(pk=made.pk).get()
    assert other.version == 2
    path = f"{other.get_absolute_url()}retention-visibility/"
    assert NEW_WORDS in maker(OTHER_MARK).get(path).content.decode()
    answer = maker().post(f"{made.get_absolute_url()}context/", {"go": "finish"})
    assert answer["Location"] == made.get_absolute_url()
    assert "The questions have changed since." in words(own_page(made).one("main"))


# -- Queries --


def test_query_counts_of_a_result(db, django_assert_num_queries):
    """The row, two questionnaires, stages, metrics with categories and priorities, own results.

    Where a segment was named, it and its benchmarks besides.
    """
    bare, full = result(), result(context=FULL)
    content.current()
    with django_assert_num_queries(8):
        maker().get(bare.get_absolute_url())
    with django_assert_num_queries(10):
        maker().get(full.get_absolute_url())
    with django_assert_num_queries(9):
        Client().get(full.get_absolute_url())
