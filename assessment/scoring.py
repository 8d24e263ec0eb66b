"""The arithmetic of the assessment: responses become a stage, its reasons and the least work to raise it.

There is no overall average. Points are added up by dimension, and each stage above Crawl has checks, one for each
group of dimensions, so strength in one place never hides a gap in the foundations. All numbers are whole, nothing
is rounded. Nothing here knows Django, a clock or a file; words for people are the content's and the templates'.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import product
from typing import Literal

Stage = Literal["crawl", "walk", "run"]
Level = Literal["not-yet", "crawl", "walk", "run"]
Group = Literal["foundations", "core", "reach"]
Confidence = Literal["provisional", "open", "just-below", "just-above", "firm"]

STAGES: tuple[Stage, ...] = ("crawl", "walk", "run")
GROUPS: tuple[Group, ...] = ("foundations", "core", "reach")
HIGHEST = 3  # points of the last answer
NOT_SURE = "ns"
RESPONSES = ("0", "1", "2", "3", NOT_SURE)
MOST_DECIDING = 5  # questions listed under a failed check
MOST_RECOMMENDED = 3
WIDEST_TRUSTED_GAP = Fraction(4, 6)  # of a place: the number of answers divided by six


class ResponseError(ValueError):
    """Responses that cannot be scored; names each unknown question, and each question with an unknown value."""

    def __init__(self, unknown_questions: Sequence[str], unknown_values: Mapping[str, object]) -> None:
        self.unknown_questions, self.unknown_values = tuple(unknown_questions), dict(unknown_values)
        problems = [f"unknown question {question!r}" for question in unknown_questions]
        problems += [f"{question}: unknown response {value!r}" for question, value in unknown_values.items()]
        super().__init__(f"{'; '.join(problems)} (responses are {', '.join(RESPONSES)})")


# -- What is scored --


@dataclass(frozen=True)
class Dimension:
    slug: str
    group: Group
    metrics: tuple[str, ...]


@dataclass(frozen=True)
class Question:
    id: str
    dimension: str
    efforts: tuple[str, ...]  # of the move from each answer to the next: one fewer than there are answers


@dataclass(frozen=True)
class Check:
    """What a stage asks of a group: each dimension at a level and, for some, a total of points."""

    stage: Stage
    group: Group
    level: Stage
    total: int | None = None


@dataclass(frozen=True)
class Condition:
    """Holds when the response is an answer from `least` to `most`; "not sure" and no response never hold."""

    question: str
    least: int = 0
    most: int = HIGHEST


@dataclass(frozen=True)
class Hint:
    """A remark on answers that do not fit together. Without conditions: every question has the same answer."""

    say: str
    conditions: tuple[Condition, ...] = ()

    @property
    def questions(self) -> tuple[str, ...]:
        return tuple(condition.question for condition in self.conditions)


@dataclass(frozen=True)
class Questionnaire:
    """Everything that scoring reads. Whoever builds it has checked that slugs match and every check can be passed.

    `cutoffs` are the points a level needs, by the number of questions of a dimension. Every effort has weeks.
    """

    version: int
    dimensions: tuple[Dimension, ...]
    questions: tuple[Question, ...]
    effort_weeks: Mapping[str, int]
    cutoffs: Mapping[int, Mapping[Stage, int]]
    checks: tuple[Check, ...]
    hints: tuple[Hint, ...]
    fewest_responses: int

    def questions_of(self, dimension: str) -> tuple[Question, ...]:
        return tuple(question for question in self.questions if question.dimension == dimension)

    def dimensions_of(self, group: Group) -> tuple[Dimension, ...]:
        return tuple(dimension for dimension in self.dimensions if dimension.group == group)

    def cutoffs_of(self, dimension: str) -> Mapping[Stage, int]:
        return self.cutoffs[len(self.questions_of(dimension))]


# -- What comes out --


@dataclass(frozen=True)
class DimensionScore:
    slug: str
    points: int
    most: int  # points it could have
    level: Level
    next_cutoff: int | None  # points of the level above, None at Run
    questions: int
    answered: int

    @property
    def complete(self) -> bool:
        return self.answered == self.questions


@dataclass(frozen=True)
class Requirement:
    """A number of points needed and the points there are. Reaching it exactly counts."""

    needed: int
    reached: int

    @property
    def passed(self) -> bool:
        return self.reached >= self.needed

    @property
    def short(self) -> int:
        return max(0, self.needed - self.reached)

    @property
    def spare(self) -> int:
        return self.reached - self.needed


@dataclass(frozen=True)
class CheckResult:
    stage: Stage
    group: Group
    level: Stage
    dimensions: Mapping[str, Requirement]  # in the order of the questionnaire
    total: Requirement | None

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        return (*self.dimensions.values(), *([self.total] if self.total else []))

    @property
    def passed(self) -> bool:
        return all(requirement.passed for requirement in self.requirements)

    @property
    def shortfall(self) -> int:
        """max(sum over dimensions of max(0, cut-off - points), total - sum of points, 0).

        A raise inside a dimension that is short also counts towards the total, hence the larger and not the sum.
        """
        return max(sum(each.short for each in self.dimensions.values()), self.total.short if self.total else 0)

    @property
    def slack(self) -> int:
        """min(min over dimensions of points - cut-off, sum of points - total): places that can be lost."""
        return min(requirement.spare for requirement in self.requirements)

    @property
    def behind(self) -> tuple[str, ...]:
        """The dimensions below the level needed; every dimension of the group when its total falls short."""
        if self.total and not self.total.passed:
            return tuple(self.dimensions)
        return tuple(slug for slug, requirement in self.dimensions.items() if not requirement.passed)

    @property
    def bar(self) -> int:
        """Answers with fewer points decide: 2 points for Walk; for Run 3 in foundations and core, 2 in reach."""
        return 3 if self.stage == "run" and self.group != "reach" else 2


@dataclass(frozen=True, order=True)
class Move:
    """Raising one answer by one place. Moves sort in question order, then by starting answer."""

    number: int  # of the question, from 1
    start: int
    question: str
    dimension: str
    effort: str
    weeks: int


@dataclass(frozen=True)
class MoveSet:
    moves: tuple[Move, ...]  # in question order, then by starting answer

    @property
    def count(self) -> int:
        return len(self.moves)

    @property
    def weeks(self) -> int:
        return sum(move.weeks for move in self.moves)


@dataclass(frozen=True)
class Result:
    """What responses come to. While there are `questions_left`, everything from `stage` down is empty."""

    version: int
    dimensions: tuple[DimensionScore, ...]
    unanswered: tuple[str, ...]
    not_sure: tuple[str, ...]
    hints: tuple[Hint, ...]
    questions_left: int  # fewest responses still missing before there is a stage
    stage: Stage | None = None
    next_stage: Stage | None = None
    best_case: Stage | None = None
    stage_without_gate: Stage | None = None
    skipped_ahead: bool = False
    just_starting: bool = False
    checks: tuple[CheckResult, ...] = ()  # of Walk, then of Run
    failed: tuple[CheckResult, ...] = ()  # of the next stage: foundations, core, reach
    deciding: Mapping[Group, tuple[str, ...]] = field(default_factory=dict)  # question ids by failed check
    steps_to_next: int | None = None  # None at Run
    cushion: int | None = None  # None at Crawl
    leans_on: CheckResult | None = None  # None at Crawl
    closest_to_slipping: str | None = None  # a dimension, at Run only
    confidence: tuple[Confidence, ...] = ()  # the first is the label, the others apply as well
    cheapest: MoveSet | None = None  # None at Run
    recommendations: tuple[Move, ...] = ()  # at most three; at Run one for each dimension to keep and widen

    @property
    def afterwards(self) -> MoveSet | None:
        """What is left of the cheapest set after the recommendations."""
        if self.cheapest is None:
            return None
        return MoveSet(tuple(move for move in self.cheapest.moves if move not in self.recommendations))


# -- Scoring --


def score(questionnaire: Questionnaire, responses: Mapping[str, str]) -> Result:
    """The result of responses by question id: "0" to "3" or "ns", absent when unanswered.

    Raises ResponseError for any other id or value. There is no stage until every foundations question and
    `fewest_responses` questions in all have a response; "not sure" is a response.
    """
    _refuse_unknown(questionnaire, responses)
    result = Result(
        version=questionnaire.version,
        dimensions=_dimension_scores(questionnaire, responses),
        unanswered=tuple(each.id for each in questionnaire.questions if each.id not in responses),
        not_sure=tuple(each.id for each in questionnaire.questions if responses.get(each.id) == NOT_SURE),
        hints=_hints(questionnaire, responses),
        questions_left=_questions_left(questionnaire, responses),
    )
    return result if result.questions_left else _with_stage(result, questionnaire, responses)


def _refuse_unknown(questionnaire: Questionnaire, responses: Mapping[str, str]) -> None:
    known = {question.id for question in questionnaire.questions}
    questions = [question for question in responses if question not in known]
    values = {each: value for each, value in responses.items() if each in known and value not in RESPONSES}
    if questions or values:
        raise ResponseError(questions, values)


def _points(
    questionnaire: Questionnaire, responses: Mapping[str, str], *, not_sure: int = 0, unanswered: int = 0
) -> dict[str, int]:
    """The points of each question: 0 to 3 in the order of its answers."""
    worth = {str(value): value for value in range(HIGHEST + 1)} | {NOT_SURE: not_sure}
    return {
        question.id: worth[responses[question.id]] if question.id in responses else unanswered
        for question in questionnaire.questions
    }


def _sum_of(questionnaire: Questionnaire, dimension: str, points: Mapping[str, int]) -> int:
    return sum(points[question.id] for question in questionnaire.questions_of(dimension))


def _dimension_scores(questionnaire: Questionnaire, responses: Mapping[str, str]) -> tuple[DimensionScore, ...]:
    points = _points(questionnaire, responses)
    return tuple(
        _dimension_score(questionnaire, each.slug, responses, points) for each in questionnaire.dimensions
    )


def _dimension_score(
    questionnaire: Questionnaire, slug: str, responses: Mapping[str, str], points: Mapping[str, int]
) -> DimensionScore:
    """Points are those of the questions added up; the level is the highest whose cut-off they reach."""
    questions, cutoffs = questionnaire.questions_of(slug), questionnaire.cutoffs_of(slug)
    reached = _sum_of(questionnaire, slug, points)
    level: Level = "not-yet"
    for stage in STAGES:
        level = stage if reached >= cutoffs[stage] else level
    return DimensionScore(
        slug=slug,
        points=reached,
        most=HIGHEST * len(questions),
        level=level,
        next_cutoff=next((cutoffs[stage] for stage in STAGES if cutoffs[stage] > reached), None),
        questions=len(questions),
        answered=sum(question.id in responses for question in questions),
    )


def _questions_left(questionnaire: Questionnaire, responses: Mapping[str, str]) -> int:
    """max(open foundations questions, fewest responses - responses): one response can count for both."""
    foundations = {dimension.slug for dimension in questionnaire.dimensions_of("foundations")}
    needed = [question.id for question in questionnaire.questions if question.dimension in foundations]
    still_open = sum(question not in responses for question in needed)
    return max(still_open, questionnaire.fewest_responses - len(responses))


def _hints(questionnaire: Questionnaire, responses: Mapping[str, str]) -> tuple[Hint, ...]:
    chosen = {question: int(value) for question, value in responses.items() if value != NOT_SURE}
    all_equal = len(chosen) == len(questionnaire.questions) and len(set(chosen.values())) == 1
    return tuple(hint for hint in questionnaire.hints if (_holds(hint, chosen) if hint.conditions else all_equal))


def _holds(hint: Hint, chosen: Mapping[str, int]) -> bool:
    return all(
        condition.question in chosen and condition.least <= chosen[condition.question] <= condition.most
        for condition in hint.conditions
    )


# -- Stage --


def _with_stage(result: Result, questionnaire: Questionnaire, responses: Mapping[str, str]) -> Result:
    points = _points(questionnaire, responses)
    checks = _checks(questionnaire, points)
    stage = _stage(checks)
    next_stage = STAGES[STAGES.index(stage) + 1] if stage != "run" else None
    held = [check for check in checks if check.stage == stage]
    failed = tuple(check for check in checks if check.stage == next_stage and not check.passed)
    result = replace(
        result,
        stage=stage,
        next_stage=next_stage,
        best_case=_stage(
            _checks(questionnaire, _points(questionnaire, responses, not_sure=HIGHEST, unanswered=HIGHEST))
        ),
        stage_without_gate=_stage(check for check in checks if check.group != "foundations"),
        skipped_ahead=_skipped_ahead(checks),
        just_starting=_just_starting(questionnaire, result.dimensions),
        checks=checks,
        failed=failed,
        deciding={check.group: _deciding(questionnaire, check, points) for check in failed},
        steps_to_next=sum(check.shortfall for check in failed) if next_stage else None,
        cushion=1 + min(check.slack for check in held) if held else None,
        leans_on=min(held, key=lambda check: check.slack, default=None),
        closest_to_slipping=_closest_to_slipping(held) if stage == "run" else None,
    )
    result = replace(result, confidence=_confidence(result, questionnaire, responses))
    if next_stage is None:
        return replace(result, recommendations=_widening(questionnaire, result.dimensions, points))
    cheapest = _cheapest(questionnaire, failed, points)
    return replace(result, cheapest=cheapest, recommendations=_first_moves(questionnaire, cheapest, points))


def _checks(questionnaire: Questionnaire, points: Mapping[str, int]) -> tuple[CheckResult, ...]:
    """Every check of Walk, then of Run, each in the order foundations, core, reach."""
    in_order = sorted(
        questionnaire.checks, key=lambda check: (STAGES.index(check.stage), GROUPS.index(check.group))
    )
    return tuple(_checked(questionnaire, check, points) for check in in_order)


def _checked(questionnaire: Questionnaire, check: Check, points: Mapping[str, int]) -> CheckResult:
    """Each dimension of the group needs the cut-off of the level, the group together the total."""
    dimensions = {
        each.slug: Requirement(
            questionnaire.cutoffs_of(each.slug)[check.level], _sum_of(questionnaire, each.slug, points)
        )
        for each in questionnaire.dimensions_of(check.group)
    }
    reached = sum(requirement.reached for requirement in dimensions.values())
    total = None if check.total is None else Requirement(check.total, reached)
    return CheckResult(check.stage, check.group, check.level, dimensions, total)


def _stage(checks: Iterable[CheckResult]) -> Stage:
    """The highest stage whose checks pass, as long as those of every stage below pass too.

    With F, C and R the points of the dimensions in foundations, core and reach, version 1 comes to
    walk = min(F) >= 5 and min(C) >= 2 and sum(C) >= 12,
    run = walk and min(F) >= 8 and min(C) >= 4 and sum(C) >= 20 and min(R) >= 2 and sum(R) >= 8.
    """
    failed = {check.stage for check in checks if not check.passed}
    if "walk" in failed:
        return "crawl"
    return "walk" if "run" in failed else "run"


def _skipped_ahead(checks: Iterable[CheckResult]) -> bool:
    """Walk's foundations fail although core or reach has the total that Run asks of it (20 of 24, 8 of 12)."""
    by_place = {(check.stage, check.group): check for check in checks}
    advanced = [by_place.get(("run", group)) for group in GROUPS if group != "foundations"]
    return not by_place["walk", "foundations"].passed and any(
        check.total.passed for check in advanced if check and check.total
    )


def _just_starting(questionnaire: Questionnaire, scores: Iterable[DimensionScore]) -> bool:
    foundations = {dimension.slug for dimension in questionnaire.dimensions_of("foundations")}
    return all(score.level == "not-yet" for score in scores if score.slug in foundations)


def _deciding(questionnaire: Questionnaire, check: CheckResult, points: Mapping[str, int]) -> tuple[str, ...]:
    """Questions of the dimensions behind with an answer below the bar: lowest first, then question order, five."""
    below = [
        question.id
        for question in questionnaire.questions
        if question.dimension in check.behind and points[question.id] < check.bar
    ]
    return tuple(sorted(below, key=lambda question: points[question])[:MOST_DECIDING])


def _closest_to_slipping(held: Iterable[CheckResult]) -> str:
    """The dimension with the fewest points above what its check needs; ties in the order shown."""
    spare = {slug: requirement.spare for check in held for slug, requirement in check.dimensions.items()}
    return min(spare, key=lambda slug: spare[slug])


def _confidence(
    result: Result, questionnaire: Questionnaire, responses: Mapping[str, str]
) -> tuple[Confidence, ...]:
    """Every label that applies, in the order in which the first one is shown; "firm" when no other does."""
    if_sure = stage_if(questionnaire, responses, not_sure=HIGHEST)
    applies: dict[Confidence, bool] = {
        "provisional": bool(result.unanswered),
        "open": if_sure != result.stage,
        "just-below": result.steps_to_next == 1,
        "just-above": result.cushion == 1,
    }
    return tuple(label for label, holds in applies.items() if holds) or ("firm",)


def stage_if(
    questionnaire: Questionnaire, responses: Mapping[str, str], *, not_sure: int = 0, unanswered: int = 0
) -> Stage:
    """The stage if every "not sure", or every unanswered question, had so many points."""
    return _stage(
        _checks(questionnaire, _points(questionnaire, responses, not_sure=not_sure, unanswered=unanswered))
    )


def turning(questionnaire: Questionnaire, responses: Mapping[str, str], *, by: Literal[-1, 1]) -> tuple[str, ...]:
    """Each question whose response alone, one place higher or lower, gives another stage; in question order."""
    points = _points(questionnaire, responses)
    stage = _stage(_checks(questionnaire, points))
    return tuple(
        question
        for question, worth in points.items()
        if question in responses
        and 0 <= worth + by <= HIGHEST
        and _stage(_checks(questionnaire, {**points, question: worth + by})) != stage
    )


# -- Moves --


def _move(questionnaire: Questionnaire, number: int, start: int) -> Move:
    question = questionnaire.questions[number - 1]
    effort = question.efforts[start]
    weeks = questionnaire.effort_weeks[effort]
    return Move(number, start, question.id, question.dimension, effort, weeks)


def _open_moves(questionnaire: Questionnaire, dimension: str, points: Mapping[str, int]) -> list[tuple[Move, ...]]:
    """For each question of the dimension, the moves from its answer up to the last one."""
    return [
        tuple(_move(questionnaire, number, start) for start in range(points[question.id], HIGHEST))
        for number, question in enumerate(questionnaire.questions, 1)
        if question.dimension == dimension
    ]


# Weeks, then moves in order: the smaller of two is the cheaper or, at the same cost, the one that comes first.
_Way = tuple[int, tuple[Move, ...]]


def _cheapest(questionnaire: Questionnaire, failed: Iterable[CheckResult], points: Mapping[str, int]) -> MoveSet:
    """The set of moves with the fewest weeks that passes the failed checks; groups do not affect each other."""
    moves = [move for check in failed for move in _cheapest_for(questionnaire, check, points)]
    return MoveSet(tuple(sorted(moves)))


def _cheapest_for(questionnaire: Questionnaire, check: CheckResult, points: Mapping[str, int]) -> tuple[Move, ...]:
    """The cheapest ways of the dimensions, each raised at least to its cut-off, combined up to the shortfall.

    No cheapest set is larger than the shortfall: it would hold a move that no cut-off and no total needs.
    """
    best: dict[int, _Way] = {0: (0, ())}
    for dimension, requirement in check.dimensions.items():
        ways = _ways(_open_moves(questionnaire, dimension, points))
        enough = {raised: way for raised, way in ways.items() if raised >= requirement.short}
        best = _combined(best, enough, at_most=check.shortfall)
    return best[check.shortfall][1]


def _ways(ladders: Iterable[tuple[Move, ...]]) -> dict[int, _Way]:
    """The cheapest way to raise one dimension by each number of points, from every choice of moves."""
    ways: dict[int, _Way] = {}
    for parts in product(*([ladder[:count] for count in range(len(ladder) + 1)] for ladder in ladders)):
        moves = tuple(move for part in parts for move in part)
        _keep_better(ways, len(moves), (sum(move.weeks for move in moves), moves))
    return ways


def _combined(one: Mapping[int, _Way], other: Mapping[int, _Way], *, at_most: int) -> dict[int, _Way]:
    """The cheapest way to each number of points with both.

    Dropping the later of two equals is safe: of two sets of one size, the first stays first whatever joins both.
    """
    ways: dict[int, _Way] = {}
    for (raised, (weeks, moves)), (more, (extra, others)) in product(one.items(), other.items()):
        if raised + more <= at_most:
            _keep_better(ways, raised + more, (weeks + extra, tuple(sorted(moves + others))))
    return ways


def _keep_better(ways: dict[int, _Way], raised: int, way: _Way) -> None:
    ways[raised] = min(way, ways.get(raised, way))


def _first_moves(questionnaire: Questionnaire, cheapest: MoveSet, points: Mapping[str, int]) -> tuple[Move, ...]:
    """Up to three moves that can start today: by weeks, then foundations, core, reach, then question order.

    A second move on a question starts from an answer that is not there yet, so it is never among them.
    """
    group = {dimension.slug: GROUPS.index(dimension.group) for dimension in questionnaire.dimensions}
    today = [move for move in cheapest.moves if move.start == points[move.question]]
    return tuple(sorted(today, key=lambda move: (move.weeks, group[move.dimension], move))[:MOST_RECOMMENDED])


def _widening(
    questionnaire: Questionnaire, scores: Iterable[DimensionScore], points: Mapping[str, int]
) -> tuple[Move, ...]:
    """At Run: the cheapest next move in each of the three dimensions with the smallest share of their points."""
    unfinished = [score for score in scores if score.points < score.most]
    smallest = sorted(unfinished, key=lambda score: Fraction(score.points, score.most))[:MOST_RECOMMENDED]
    return tuple(_cheapest_next(_open_moves(questionnaire, score.slug, points)) for score in smallest)


def _cheapest_next(ladders: Iterable[tuple[Move, ...]]) -> Move:
    return min((ladder[0] for ladder in ladders if ladder), key=lambda move: (move.weeks, move))


# -- Several people --


@dataclass(frozen=True)
class Agreement:
    """How the people of a team answered one question."""

    question: str
    answers: tuple[int, ...]  # lowest first, without "not sure"

    @property
    def spread(self) -> int | None:
        """Highest minus lowest answer in places, None when nobody could answer."""
        return self.answers[-1] - self.answers[0] if self.answers else None

    @property
    def average_gap(self) -> Fraction:
        """Mean distance of the answers from their mean, in places."""
        if not self.answers:
            return Fraction(0)
        mean = Fraction(sum(self.answers), len(self.answers))
        return sum((abs(answer - mean) for answer in self.answers), Fraction(0)) / len(self.answers)


@dataclass(frozen=True)
class TeamResponses:
    responses: Mapping[str, str]  # the team's own, to be scored like one person's
    agreements: tuple[Agreement, ...]  # one for each question

    @property
    def talk_about(self) -> tuple[str, ...]:
        return tuple(each.question for each in self.agreements if each.spread is not None and each.spread >= 2)

    @property
    def do_not_trust_yet(self) -> tuple[str, ...]:
        return tuple(each.question for each in self.agreements if each.average_gap > WIDEST_TRUSTED_GAP)

    @property
    def agree_on(self) -> int:
        """Questions with a spread of 0 or 1; one that nobody could answer does not count."""
        return sum(each.spread is not None and each.spread <= 1 for each in self.agreements)


def team_responses(questionnaire: Questionnaire, people: Sequence[Mapping[str, str]]) -> TeamResponses:
    """The responses of a team whose people answered alone: for each question the middle answer.

    With an even number it is the lower of the two in the middle. "Not sure" counts only where nobody gave an
    answer; a question that nobody responded to stays unanswered. Raises ResponseError like `score`.
    """
    for responses in people:
        _refuse_unknown(questionnaire, responses)
    given = {
        question.id: [responses[question.id] for responses in people if question.id in responses]
        for question in questionnaire.questions
    }
    return TeamResponses(
        responses={question: _middle(values) for question, values in given.items() if values},
        agreements=tuple(Agreement(question, _answers(values)) for question, values in given.items()),
    )


def _answers(values: Iterable[str]) -> tuple[int, ...]:
    return tuple(sorted(int(value) for value in values if value != NOT_SURE))


def _middle(values: Iterable[str]) -> str:
    answers = _answers(values)
    return str(answers[(len(answers) - 1) // 2]) if answers else NOT_SURE
