"""The scoring of the assessment: the worked cases of the design in every field, and the rules between them."""

from collections.abc import Mapping
from fractions import Fraction

import pytest

from assessment.scoring import (
    Check,
    Dimension,
    MoveSet,
    Question,
    Questionnaire,
    Requirement,
    ResponseError,
    score,
    team_responses,
)
from tests.questionnaire import questionnaire, responses_of, sample

CASES = sample()["worked_cases"]["cases"]
GROUP_CASES = sample()["worked_cases"]["group_cases"]
IDS = [question.id for question in questionnaire().questions]


def result_of(answers):
    return score(questionnaire(), responses_of(answers))


def result_of_case(name):
    return result_of(next(case for case in CASES if case["id"] == name)["answers"])


def named(hint):
    return "+".join(hint.questions) or "all_answers_equal"


def as_case(result):
    """The result in the words of a worked case, every field, with nothing where the case would leave it out."""
    told = {
        "points": [each.points for each in result.dimensions],
        "levels": [each.level for each in result.dimensions],
        "stage": result.stage,
        "hints": [named(hint) for hint in result.hints],
    }
    if result.stage is None:
        return told | {"answered": len(IDS) - len(result.unanswered)}
    return told | {
        "failed_checks": [check.group for check in result.failed],
        "steps_to_next": result.steps_to_next,
        "cushion": result.cushion,
        "confidence": list(result.confidence),
        "best_case": result.best_case,
        "stage_without_gate": result.stage_without_gate,
        "just_starting": result.just_starting,
        "skipped_ahead": result.skipped_ahead,
        "leans_on": result.leans_on and result.leans_on.group,
        "deciding": {group: list(questions) for group, questions in result.deciding.items()},
        "moves": result.cheapest and {"count": result.cheapest.count, "weeks": result.cheapest.weeks},
        "first_three": [[move.question, move.start] for move in result.recommendations],
    }


# What a case means by leaving a key out.
LEFT_OUT = {"just_starting": False, "skipped_ahead": False, "leans_on": None, "deciding": {}, "moves": None}


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_a_worked_case_scores_as_the_design_says(case):
    expected = {key: value for key, value in case.items() if key not in ("id", "note", "answers")}
    left_out = {"hints": []} | ({} if case["stage"] is None else LEFT_OUT)
    assert as_case(result_of(case["answers"])) == left_out | expected


def test_the_cases_are_in_the_order_of_the_questionnaire():
    assert sample()["worked_cases"]["question_order"] == IDS
    assert sample()["worked_cases"]["area_order"] == [each.slug for each in questionnaire().dimensions]


# -- Refusing --


def test_every_unknown_question_and_value_is_named():
    responses = {"retained-revenue": "4", "ai-use": "", "churn": "1", "first-value": "2", "nps": "ns"}
    with pytest.raises(ResponseError) as caught:
        score(questionnaire(), responses)
    assert caught.value.unknown_questions == ("churn", "nps")
    assert caught.value.unknown_values == {"retained-revenue": "4", "ai-use": ""}
    assert str(caught.value) == (
        "unknown question 'churn'; unknown question 'nps'; retained-revenue: unknown response '4'; "
        "ai-use: unknown response '' (responses are 0, 1, 2, 3, ns)"
    )


@pytest.mark.parametrize("value", [2, None, "02", " 2", "-1", "NS", "２", ["2"]])
def test_a_value_is_not_guessed(value):
    with pytest.raises(ResponseError):
        score(questionnaire(), {"first-value": value})


# -- Below the minimum --


def test_no_responses_leave_twelve_questions_before_a_stage():
    result = score(questionnaire(), {})
    assert (result.stage, result.questions_left, result.confidence) == (None, 12, ())
    assert list(result.unanswered) == IDS


def test_an_open_foundations_question_is_left_whatever_else_is_answered():
    result = result_of_case("foundation-unanswered")
    assert (result.questions_left, result.unanswered) == (1, ("first-value",))


def test_open_foundations_questions_count_towards_the_twelve():
    """Ten responses, one foundations question open: answering it and one more is enough."""
    result = result_of([2, 2, 2, 2, 2, None, 2, 2, 2, 2, 2, *[None] * 7])
    assert result.questions_left == 2


def test_not_sure_is_a_response():
    result = result_of(["ns"] * 12 + [None] * 6)
    assert (result.questions_left, result.stage) == (0, "crawl")
    assert list(result.not_sure) == IDS[:12]


def test_a_dimension_says_whether_it_is_complete():
    complete = [each.slug for each in result_of_case("foundation-unanswered").dimensions if not each.complete]
    assert complete == ["onboarding"]


# -- Dimensions and checks --


def test_a_dimension_has_its_most_points_and_the_next_cut_off():
    scores = result_of_case("first-value-unknown").dimensions
    assert [(each.points, each.most, each.next_cutoff) for each in scores] == [
        (6, 9, 8), (5, 9, 8), (4, 6, 6), (3, 6, 4), (2, 6, 4), (4, 6, 6), (1, 6, 2), (1, 6, 2),
    ]  # fmt: skip
    assert [each.next_cutoff for each in result_of_case("all-fourth").dimensions] == [None] * 8


def test_checks_say_what_is_needed_and_reached():
    walk_foundations, walk_core, run_foundations, run_core, run_reach = result_of_case("typical-walk-team").checks
    assert walk_foundations.dimensions == {
        "retention-visibility": Requirement(5, 6),
        "onboarding": Requirement(5, 5),
    }
    assert (walk_foundations.total, walk_foundations.passed, walk_foundations.slack) == (None, True, 0)
    assert (walk_core.total, walk_core.passed, walk_core.slack) == (Requirement(12, 14), True, 0)
    assert (run_foundations.passed, run_foundations.shortfall) == (False, 5)
    assert run_core.dimensions["usage-data"] == Requirement(4, 2)
    assert (run_core.total, run_core.passed, run_core.shortfall) == (Requirement(20, 14), False, 6)
    assert (run_reach.total, run_reach.passed, run_reach.shortfall) == (Requirement(8, 4), False, 4)
    assert run_reach.behind == ("expansion", "ai-automation")


def test_only_dimensions_below_their_level_are_behind_when_the_total_is_met():
    (core,) = result_of_case("core-area-empty").failed
    assert core.behind == ("usage-data",)


def test_reach_alone_is_enough_to_have_skipped_ahead():
    """Core has 13 points, so reach decides: 8 of 12 is ahead, 7 is not."""
    foundations, core = [2, 1, 1, 2, 2, 2], [2, 2, 1, 1, 1, 2, 2, 2]
    assert result_of([*foundations, *core, 2, 2, 2, 2]).skipped_ahead
    assert not result_of([*foundations, *core, 2, 2, 2, 1]).skipped_ahead


def test_both_foundations_must_be_below_crawl_to_be_just_starting():
    assert result_of([1, 0, 0, 0, 1, 0, *[3] * 12]).just_starting
    assert not result_of([1, 1, 0, 0, 1, 0, *[3] * 12]).just_starting


# -- Confidence --


def test_a_label_comes_first_and_others_that_apply_follow():
    answers = [2, 2, "ns", 2, 2, 2, 2, 2, 2, 1, 1, 2, 2, 2, None, 1, 1, 1]
    assert result_of(answers).confidence == ("provisional", "open", "just-below")


def test_an_unanswered_question_does_not_open_a_result():
    """Only "not sure" does; the best case counts both."""
    result = result_of([2] * 12 + [None, None, "ns", 1, 1, 1])
    assert (result.stage, result.confidence, result.best_case) == ("crawl", ("provisional",), "walk")


# -- Hints --


@pytest.mark.parametrize(("view", "action", "shown"), [("0", "2", True), ("0", "1", False), ("1", "3", False)])
def test_a_hint_needs_both_answers(view, action, shown):
    result = score(questionnaire(), {"usage-view": view, "usage-action": action})
    assert [named(hint) for hint in result.hints] == ["usage-view+usage-action"] * shown


@pytest.mark.parametrize("responses", [{"usage-action": "3"}, {"usage-action": "3", "usage-view": "ns"}])
def test_not_sure_and_unanswered_give_no_hint(responses):
    assert score(questionnaire(), responses).hints == ()


@pytest.mark.parametrize("other", [None, "ns", 1])
def test_all_answers_are_equal_only_when_all_are_chosen(other):
    assert result_of([2] * 17 + [other]).hints == ()


def test_each_hint_can_appear():
    for hint in questionnaire().hints[:-1]:
        low, high = hint.conditions
        result = score(questionnaire(), {low.question: str(low.most), high.question: str(high.least)})
        assert result.hints == (hint,)


# -- Moves --


def test_moves_are_listed_in_question_order_with_their_effort():
    moves = result_of_case("tools-before-basics").cheapest.moves
    assert [(move.number, move.question, move.start, move.effort, move.weeks) for move in moves] == [
        (1, "retained-revenue", 1, "S", 1),
        (2, "leaving-reasons", 1, "S", 1),
        (4, "onboarding-steps", 1, "M", 3),
        (6, "stuck-customers", 1, "S", 1),
    ]


def test_what_is_left_after_the_recommendations_is_the_rest_of_the_set():
    result = result_of_case("tools-before-basics")
    assert [move.question for move in result.afterwards.moves] == ["onboarding-steps"]
    assert (result.afterwards.count, result.afterwards.weeks) == (1, 3)
    assert result_of_case("walk-minus-one-foundation").afterwards == MoveSet(())


def test_a_second_move_on_a_question_is_never_recommended_with_its_first():
    result = result_of([0, 2, 0, *[2] * 15])
    steps = [("retained-revenue", 0), ("retained-revenue", 1), ("renewals-ahead", 0)]
    assert [(move.question, move.start) for move in result.cheapest.moves] == steps
    assert [(move.question, move.start) for move in result.recommendations] == [steps[0], steps[2]]
    assert [(move.question, move.start) for move in result.afterwards.moves] == [steps[1]]


def small_questionnaire(*questions, weeks, total):
    """Foundations that pass anyway, and core questions with these dimensions and efforts."""
    order = [("f", "SSS"), *questions]
    names = {dimension: "foundations" if dimension == "f" else "core" for dimension, _ in order}
    return Questionnaire(
        version=1,
        dimensions=tuple(Dimension(slug, group, ()) for slug, group in sorted(names.items(), reverse=True)),
        questions=tuple(Question(f"q{n}", slug, tuple(efforts)) for n, (slug, efforts) in enumerate(order)),
        effort_weeks=weeks,
        cutoffs={count: {"crawl": 0, "walk": 0, "run": 9} for count in range(1, 7)},
        checks=(Check("walk", "foundations", "walk"), Check("walk", "core", "crawl", total)),
        hints=(),
        fewest_responses=0,
    )


def cheapest_of(questionnaire):
    result = score(questionnaire, {question.id: "0" for question in questionnaire.questions})
    return [(move.question, move.start) for move in result.cheapest.moves]


def test_at_the_same_cost_the_set_that_comes_first_in_question_order_is_taken():
    """Dimension b is listed before a, but a has the first question; then depth comes before breadth."""
    made = small_questionnaire(("a", "SSS"), ("b", "SSS"), ("a", "SSS"), weeks={"S": 1}, total=4)
    assert cheapest_of(made) == [("q1", 0), ("q1", 1), ("q1", 2), ("q2", 0)]


def test_raising_one_answer_twice_comes_before_raising_two_at_the_same_cost():
    """Two points in four weeks: twice on q1 is 3 + 1, once on q2 and q3 is 2 + 2. q1 comes first."""
    made = small_questionnaire(("a", "LSL"), ("b", "MLL"), ("a", "MLL"), weeks={"S": 1, "M": 2, "L": 3}, total=2)
    assert cheapest_of(made) == [("q1", 0), ("q1", 1)]


def test_at_run_without_a_gap_there_is_nothing_to_widen_or_to_count_down():
    result = result_of_case("all-fourth")
    assert (result.next_stage, result.cheapest, result.afterwards, result.recommendations) == (
        None,
        None,
        None,
        (),
    )


def test_at_run_the_dimension_with_least_to_spare_is_closest_to_slipping():
    """Retention has one point above its cut-off as onboarding has, and comes first; core has two to spare."""
    assert result_of_case("all-fourth").closest_to_slipping == "retention-visibility"
    assert result_of([3] * 10 + [2, 2] + [3] * 6).closest_to_slipping == "customer-voice"
    assert result_of_case("all-third").closest_to_slipping is None


# -- Several people --


def team_of(case):
    return team_responses(questionnaire(), [responses_of(answers) for answers in case["people"]])


@pytest.mark.parametrize("case", GROUP_CASES, ids=[case["id"] for case in GROUP_CASES])
def test_a_group_case_scores_as_the_design_says(case):
    team = team_of(case)
    result = score(questionnaire(), team.responses)
    assert team.responses == responses_of(case["team_answers"])
    assert [result_of(answers).stage for answers in case["people"]] == case["people_stages"]
    assert result.stage == case["stage"]
    assert [each.points for each in result.dimensions] == case["points"]
    assert list(result.confidence) == case["confidence"]
    assert list(team.talk_about) == case["talk_about"]
    assert list(team.do_not_trust_yet) == case["do_not_trust_yet"]
    assert team.agree_on == case["agree_on"]


def agreement_on(values: list[str]) -> tuple[Mapping[str, str], object]:
    team = team_responses(questionnaire(), [{IDS[0]: value} if value else {} for value in values])
    return team.responses.get(IDS[0]), team.agreements[0]


@pytest.mark.parametrize(
    ("values", "middle", "spread", "gap"),
    [
        (["3"], "3", 0, 0),
        (["3", "0", "1"], "1", 3, Fraction(10, 9)),
        (["3", "2", "0", "1"], "1", 3, 1),
        (["3", "ns", "2"], "2", 1, Fraction(1, 2)),
        (["ns", "", "2"], "2", 0, 0),
        (["ns", ""], "ns", None, 0),
        (["", ""], None, None, 0),
    ],
)
def test_the_middle_answer_is_the_lower_one_and_ignores_who_is_not_sure(values, middle, spread, gap):
    response, agreement = agreement_on(values)
    assert (response, agreement.spread, agreement.average_gap) == (middle, spread, gap)


def test_a_gap_of_exactly_two_thirds_is_still_trusted():
    """0, 1, 2: the mean is 1, the distances 1, 0 and 1. And 0, 0, 2, 2 is one place: not to be trusted."""
    people = [{IDS[0]: first, IDS[1]: second} for first, second in [("0", "0"), ("1", "0"), ("2", "2")]]
    team = team_responses(questionnaire(), people)
    assert [each.average_gap for each in team.agreements[:2]] == [Fraction(2, 3), Fraction(8, 9)]
    assert (team.do_not_trust_yet, team.talk_about, team.agree_on) == ((IDS[1],), tuple(IDS[:2]), 0)


def test_responses_of_a_team_are_refused_as_those_of_one_person():
    with pytest.raises(ResponseError, match="unknown question 'nps'"):
        team_responses(questionnaire(), [{}, {"nps": "1"}])
