"""Laws of the scoring. On small questionnaires the ways up and down are those of brute force."""

from dataclasses import replace
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from assessment.scoring import (
    GROUPS,
    RESPONSES,
    STAGES,
    Check,
    Dimension,
    Question,
    Questionnaire,
    ResponseError,
    score,
    team_responses,
)
from tests.questionnaire import questionnaire, responses_of, sample

IDS = [question.id for question in questionnaire().questions]
CASES = [case["answers"] for case in sample()["worked_cases"]["cases"]]
NO_STAGE = -1


def place(stage):
    return NO_STAGE if stage is None else STAGES.index(stage)


def stage_after(responses, **changed):
    return place(score(questionnaire(), {**responses, **changed}).stage)


# -- Responses: anything, and what is close to the lines between the stages --

values = st.sampled_from(["0", "1", "2", "3", "ns", None])
anything = st.integers(0, 3).flatmap(
    lambda low: st.lists(st.sampled_from([*range(low, 4), *range(low, 4), "ns", None]), min_size=18, max_size=18)
)
near_a_case = st.builds(
    lambda answers, changes: [changes.get(number, answer) for number, answer in enumerate(answers)],
    st.sampled_from(CASES),
    st.dictionaries(st.integers(0, 17), values, max_size=4),
)
all_responses = st.builds(responses_of, anything | near_a_case)
enough_responses = all_responses.map(lambda given: {**dict.fromkeys(IDS[:12], "ns"), **given})


# -- Laws of the questionnaire as it is --


@given(all_responses)
def test_raising_an_answer_never_lowers_the_stage_nor_adds_steps(responses):
    before = score(questionnaire(), responses)
    for question, value in responses.items():
        if value in ("0", "1", "2"):
            after = score(questionnaire(), {**responses, question: str(int(value) + 1)})
            assert place(after.stage) >= place(before.stage)
            if after.stage == before.stage and before.steps_to_next:
                assert after.steps_to_next in (before.steps_to_next, before.steps_to_next - 1)


@given(all_responses)
def test_answering_never_gives_less_than_not_answering(responses):
    """Nor less than "not sure", which never gives less than no response."""
    before = stage_after(responses)
    for question in IDS:
        if responses.get(question, "ns") == "ns":
            assert stage_after(responses, **{question: "ns"}) >= before
            assert stage_after(responses, **{question: "0"}) >= before


@given(enough_responses, st.lists(st.sampled_from("0123"), min_size=18, max_size=18))
def test_the_truth_lies_between_the_stage_and_the_best_case(responses, truth):
    result = score(questionnaire(), responses)
    known = {question: value for question, value in responses.items() if value != "ns"}
    true = stage_after({**dict(zip(IDS, truth, strict=True)), **known})
    assert place(result.stage) <= true <= place(result.best_case)


@given(enough_responses)
def test_the_stage_without_the_gate_is_never_lower_and_nothing_beats_the_foundations(responses):
    result = score(questionnaire(), responses)
    assert place(result.stage_without_gate) >= place(result.stage)
    levels = {each.slug: each.level for each in result.dimensions}
    foundations = [levels[each.slug] for each in questionnaire().dimensions_of("foundations")]
    allowed = {"crawl": {"not-yet", "crawl", "walk", "run"}, "walk": {"walk", "run"}, "run": {"run"}}
    assert set(foundations) <= allowed[result.stage]


@given(all_responses)
def test_points_are_in_range_and_add_up(responses):
    result = score(questionnaire(), responses)
    assert all(0 <= each.points <= each.most for each in result.dimensions)
    chosen = [int(value) for value in responses.values() if value != "ns"]
    assert sum(each.points for each in result.dimensions) == sum(chosen)


@given(enough_responses)
def test_the_cheapest_set_passes_the_checks_with_steps_to_next_moves(responses):
    result = score(questionnaire(), responses)
    assume(result.cheapest)
    assert result.cheapest.count == result.steps_to_next
    raised = {**responses}
    for move in result.cheapest.moves:
        start = raised.get(move.question, "0").replace("ns", "0")
        assert start == str(move.start)
        raised[move.question] = str(move.start + 1)
    assert stage_after(raised) > place(result.stage)


@given(enough_responses)
def test_recommendations_can_start_today_and_are_at_most_three_questions(responses):
    result = score(questionnaire(), responses)
    asked = [move.question for move in result.recommendations]
    assert len(asked) == len(set(asked)) <= 3
    for move in result.recommendations:
        assert responses.get(move.question, "0").replace("ns", "0") == str(move.start)
    if result.cheapest:
        assert sorted([*result.recommendations, *result.afterwards.moves]) == list(result.cheapest.moves)


@given(enough_responses)
def test_every_failed_check_has_answers_that_decided_it(responses):
    result = score(questionnaire(), responses)
    assert [check.group for check in result.failed] == list(result.deciding)
    assert all(1 <= len(questions) <= 5 for questions in result.deciding.values())


@given(enough_responses)
def test_firm_stands_alone_and_means_that_no_single_place_changes_the_stage(responses):
    result = score(questionnaire(), responses)
    assert ("firm" in result.confidence) == (result.confidence == ("firm",))
    if result.confidence == ("firm",):
        for question, value in responses.items():
            for other in {"0": "1", "1": "02", "2": "13", "3": "2"}.get(value, ""):
                assert stage_after(responses, **{question: other}) == place(result.stage)


@given(
    all_responses,
    st.dictionaries(st.text(max_size=20).filter(lambda text: text not in IDS), st.sampled_from(RESPONSES)),
    st.dictionaries(st.sampled_from(IDS), st.text(max_size=5).filter(lambda text: text not in RESPONSES)),
)
def test_unknown_questions_and_values_are_refused_and_named(responses, unknown, wrong):
    assume(unknown or wrong)
    with pytest.raises(ResponseError) as caught:
        score(questionnaire(), {**responses, **unknown, **wrong})
    assert set(caught.value.unknown_questions) == set(unknown)
    assert caught.value.unknown_values == wrong
    assert all(repr(question) in str(caught.value) for question in unknown)
    assert all(f"{question}: unknown response {value!r}" in str(caught.value) for question, value in wrong.items())


# -- A team --


@given(st.lists(all_responses, min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_a_team_answers_between_its_people_in_whatever_order(people, random):
    team = team_responses(questionnaire(), people)
    for agreement in team.agreements:
        response = team.responses.get(agreement.question)
        if agreement.answers:
            assert response in {person.get(agreement.question) for person in people}
        else:
            assert response in (None, "ns")
    assert team == team_responses(questionnaire(), random.sample(people, len(people)))
    alone = team_responses(questionnaire(), people[:1])
    assert alone.responses == people[0]


# -- Small questionnaires, against brute force --


@st.composite
def small_questionnaires(draw):
    """Three or four dimensions, at most six questions in any order; ordered cut-offs, totals within reach."""
    groups = [
        "foundations",
        "core",
        *draw(st.sampled_from([["reach"], ["core", "reach"], ["foundations", "reach"]])),
    ]
    dimensions = tuple(Dimension(f"{group}-{number}", group, ()) for number, group in enumerate(groups))
    owners = [each.slug for each in dimensions]
    owners += draw(st.lists(st.sampled_from(owners), max_size=6 - len(owners)))
    efforts = st.tuples(*[st.sampled_from("SML")] * 3)
    questions = tuple(
        Question(f"q{number}", owner, draw(efforts))
        for number, owner in enumerate(draw(st.permutations(owners)), 1)
    )
    cutoffs = {
        count: dict(zip(STAGES, sorted(draw(st.tuples(*[st.integers(1, 3 * count)] * 3))), strict=True))
        for count in range(1, 7)
    }
    most = {group: 3 * sum(owner.startswith(group) for owner in owners) for group in GROUPS}
    checks = []
    for group in GROUPS:
        walk, run = sorted(draw(st.tuples(*[st.integers(1, most[group])] * 2)))
        walk_total, run_total = draw(st.sampled_from([(None, None), (None, run), (walk, run)]))
        levels = ("walk", "run") if group == "foundations" else ("crawl", "walk")
        if group != "reach":
            checks.append(Check("walk", group, levels[0], walk_total))
        checks.append(Check("run", group, levels[1], run_total))
    weeks = draw(st.sampled_from([{"S": 1, "M": 3, "L": 8}, {"S": 1, "M": 2, "L": 3}, {"S": 1, "M": 1, "L": 1}]))
    return Questionnaire(1, dimensions, questions, weeks, cutoffs, tuple(checks), (), 0)


@st.composite
def small_cases(draw):
    made = draw(small_questionnaires())
    low = draw(st.integers(0, 3))
    points = tuple(draw(st.integers(min(low, 2), 3)) for _ in made.questions)
    return made, points


def true_stage(made, points):
    """The place of the stage, from the rule as the design writes it."""
    reached = {each.slug: 0 for each in made.dimensions}
    count = dict.fromkeys(reached, 0)
    for question, worth in zip(made.questions, points, strict=True):
        reached[question.dimension] += worth
        count[question.dimension] += 1

    def passes(check):
        slugs = [each.slug for each in made.dimensions if each.group == check.group]
        every = all(reached[slug] >= made.cutoffs[count[slug]][check.level] for slug in slugs)
        return every and sum(reached[slug] for slug in slugs) >= (check.total or 0)

    walk, run = (all(passes(check) for check in made.checks if check.stage == stage) for stage in ("walk", "run"))
    return 2 if walk and run else 1 if walk else 0


def every_way_up(made, points):
    """Every set of moves that gives a higher stage: its weeks and its moves as question number and start."""
    stage = true_stage(made, points)
    for after in product(*(range(worth, 4) for worth in points)):
        if true_stage(made, after) > stage:
            moves = [(n, start) for n, worth in enumerate(points) for start in range(worth, after[n])]
            weeks = sum(made.effort_weeks[made.questions[n].efforts[start]] for n, start in moves)
            yield weeks, [(n + 1, start) for n, start in moves]


def scored(made, points):
    return score(made, {each.id: str(worth) for each, worth in zip(made.questions, points, strict=True)})


@given(small_cases())
def test_the_shortest_and_the_cheapest_way_up_are_those_of_brute_force(case):
    """Fewest weeks, then the list of moves that comes first in question order; exactly steps_to_next moves."""
    made, points = case
    result = scored(made, points)
    assert place(result.stage) == true_stage(made, points)
    ways = list(every_way_up(made, points))
    if result.stage == "run":
        assert (ways, result.steps_to_next, result.cheapest) == ([], None, None)
        return
    weeks, moves = min(ways)
    assert result.steps_to_next == min(len(moves) for _, moves in ways) == len(moves)
    assert result.cheapest.weeks == weeks
    assert [(move.number, move.start) for move in result.cheapest.moves] == moves


def group_place(made, move):
    return next(GROUPS.index(each.group) for each in made.dimensions if each.slug == move.dimension)


@given(small_cases())
def test_recommendations_are_the_quick_moves_first_then_foundations_before_the_rest(case):
    made, points = case
    result = scored(made, points)
    assume(result.cheapest)
    today = [move for move in result.cheapest.moves if points[move.number - 1] == move.start]
    today.sort(key=lambda move: (move.weeks, group_place(made, move), move.number))
    assert result.recommendations == tuple(today[:3])


@given(small_cases())
def test_at_run_the_three_emptiest_dimensions_are_widened_by_their_cheapest_move(case):
    made, points = case
    without_bars = {count: dict.fromkeys(STAGES, 0) for count in made.cutoffs}
    made = replace(made, cutoffs=without_bars, checks=tuple(replace(each, total=None) for each in made.checks))
    result = scored(made, points)
    assert result.stage == "run"
    shares = {each.slug: Fraction(each.points, each.most) for each in result.dimensions if each.points < each.most}
    assert [move.dimension for move in result.recommendations] == sorted(shares, key=shares.get)[:3]
    for move in result.recommendations:
        others = [
            (made.effort_weeks[each.efforts[worth]], number, worth)
            for number, (each, worth) in enumerate(zip(made.questions, points, strict=True), 1)
            if each.dimension == move.dimension and worth < 3
        ]
        assert (move.weeks, move.number, move.start) == min(others)


@given(small_cases())
def test_the_cushion_is_the_shortest_way_down(case):
    made, points = case
    result = scored(made, points)
    stage = true_stage(made, points)
    falls = [
        sum(points) - sum(after)
        for after in product(*(range(worth + 1) for worth in points))
        if true_stage(made, after) < stage
    ]
    assert result.cushion == min(falls, default=None)
