"""The assessment as open data: its questions and rules as a document, and `POST` of responses for a result.

A result is worked out and sent back, nothing is kept. No cookie is read, so a form token would protect nothing and
pages of other sites may ask as well: they learn what anybody can work out from the published rules.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from http import HTTPStatus
from typing import (
    Annotated,
    Any,
    Literal,
    NotRequired,  # comes with pydantic, which wants it below Python 3.12
    cast,
)

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model, with_config
from typing_extensions import TypedDict

from directory.api import openapi
from directory.api.answers import (
    allowed_everywhere,
    preflight,
    printable,
    problem,
    refuse_method,
    wrong_parameters,
)
from directory.api.documents import Document
from directory.api.models import Address, FieldError, Open, Slug
from directory.api.text import typed
from directory.api.views import json_answer
from directory.models import ContentVersion
from directory.structured import address

from . import content, scoring
from .content import current
from .schema import Effort
from .scoring import Confidence, Group, Level, Questionnaire, Stage

LARGEST = 16_384  # bytes; a request that names every question has about 2,000
MOST_ERRORS = 50
METHODS = ("POST", "OPTIONS")
NOT_JSON = "The body is not JSON."
Response = Literal["0", "1", "2", "3", "ns"]


# -- The questions and the rules --


class Next(Open):
    """The move from an answer to the one after it."""

    do: str
    effort: Effort


class Answer(Open):
    response: Response = Field(description="What to post for it; also its points.")
    label: str
    next: Next | None = Field(description="Null for the last answer.")


class Question(Open):
    id: Slug
    number: int = Field(ge=1)
    dimension: Slug
    text: str
    axis: str = Field(description="What the answers measure, in a few words.")
    help: str
    proof: str = Field(description="What shows that an answer is true.")
    metrics: list[Slug]
    answers: list[Answer]


class Dimension(Open):
    slug: Slug
    name: str
    why: str
    group: Group
    metrics: list[Slug]


class QuestionGroup(Open):
    slug: Group
    name: str
    asks: str


class EffortWeeks(Open):
    effort: Effort
    weeks: int


class Cutoff(Open):
    """Points that a level needs, in a dimension with so many questions."""

    questions: int
    level: Stage
    points: int


class Check(Open):
    """What a stage asks of a group: each dimension at a level and, for some, a total of points."""

    stage: Stage
    group: Group
    level: Stage
    total: int | None


class Condition(Open):
    """Holds when the answer is from `at_least` to `at_most`; not sure and no response never hold."""

    question: Slug
    at_least: int
    at_most: int


class HintRule(Open):
    say: str
    when: list[Condition] = Field(description="All hold. None: every question has the same answer.")


class Assessment(Open):
    """The questionnaire with everything that scoring reads."""

    version: int = Field(description="Changes with what is asked or how it is scored.")
    name: str
    url: Address
    scoring: str
    not_sure: str = Field(description="What the response `ns` says.")
    fewest_responses: int = Field(
        description="Fewer give no stage; every question of the foundations has to be in."
    )
    groups: list[QuestionGroup]
    dimensions: list[Dimension]
    questions: list[Question]
    efforts: list[EffortWeeks]
    cutoffs: list[Cutoff]
    checks: list[Check]
    hints: list[HintRule]


def assessments() -> list[Assessment]:
    """The questionnaire in use."""
    edition = current()
    rules = edition.questionnaire
    return [
        Assessment(
            version=edition.version,
            name=typed(edition.texts["name"]),
            url=address(reverse("assessment:start")),
            scoring=typed(edition.texts["scoring"]),
            not_sure=typed(edition.texts["not_sure"]),
            fewest_responses=rules.fewest_responses,
            groups=[
                QuestionGroup(slug=each["slug"], name=typed(each["name"]), asks=typed(each["asks"]))
                for each in edition.groups
            ],
            dimensions=[_area(each) for each in edition.areas],
            questions=[_question(each, area) for area in edition.areas for each in area.questions],
            efforts=[
                EffortWeeks(effort=cast(Effort, effort), weeks=weeks)
                for effort, weeks in rules.effort_weeks.items()
            ],
            cutoffs=[
                Cutoff(questions=questions, level=level, points=points)
                for questions, levels in rules.cutoffs.items()
                for level, points in levels.items()
            ],
            checks=[
                Check(stage=each.stage, group=each.group, level=each.level, total=each.total)
                for each in rules.checks
            ],
            hints=[
                HintRule(say=typed(each.say), when=list(map(_condition, each.conditions))) for each in rules.hints
            ],
        )
    ]


def _area(area: content.Area) -> Dimension:
    return Dimension(
        slug=area.slug,
        name=typed(area.name),
        why=typed(area.why),
        group=cast(Group, area.group),
        metrics=list(area.metrics),
    )


def _question(question: content.Question, area: content.Area) -> Question:
    return Question(
        id=question.id,
        number=question.number,
        dimension=area.slug,
        text=typed(question.text),
        axis=typed(question.axis),
        help=typed(question.help),
        proof=typed(question.proof),
        metrics=list(question.metrics),
        answers=[
            Answer(
                response=cast(Response, each.value),
                label=typed(each.label),
                next=Next(do=typed(each.do), effort=cast(Effort, each.effort)) if each.effort else None,
            )
            for each in question.answers
        ],
    )


def _condition(condition: scoring.Condition) -> Condition:
    return Condition(question=condition.question, at_least=condition.least, at_most=condition.most)


DOCUMENT = Document(
    "assessment",
    "The questions of the assessment, their answers, and the rules that score them",
    Assessment,
    assessments,
)


# -- The result --


class DimensionScore(Open):
    dimension: Slug
    points: int
    most: int = Field(description="Points it could have.")
    level: Level
    next_cutoff: int | None = Field(description="Points of the level above; null at Run.")
    questions: int
    answered: int
    complete: bool


class Requirement(Open):
    """Points needed and points there are. Reaching the number exactly counts."""

    needed: int
    reached: int
    passed: bool
    short: int
    spare: int


class DimensionRequirement(Requirement):
    dimension: Slug


class CheckResult(Open):
    """What a stage asks of a group of dimensions, and whether it has it."""

    stage: Stage
    group: Group
    level: Stage = Field(description="Needed in each dimension of the group.")
    passed: bool
    shortfall: int
    slack: int = Field(description="Places that can be lost; below 0 where the check fails.")
    behind: list[Slug] = Field(description="Dimensions that hold the group back.")
    dimensions: list[DimensionRequirement]
    total: Requirement | None


class Deciding(Open):
    """The questions that decide a failed check, lowest answer first."""

    group: Group
    questions: list[Slug]


class Move(Open):
    """Raising one answer by one place."""

    question: Slug
    dimension: Slug
    start: int = Field(description="Place of the answer before, from 0.")
    effort: Effort
    weeks: int


class MoveSet(Open):
    count: int
    weeks: int
    moves: list[Move]


class Hint(Open):
    """A remark on answers that do not fit together."""

    say: str
    questions: list[Slug] = Field(description="None: all of them.")


class Result(Open):
    """What responses come to. While `questions_left` is above 0 there is no stage, and what follows is empty."""

    version: int = Field(description="Of the questionnaire and its rules.")
    questions_left: int = Field(description="Fewest responses that are missing before there is a stage.")
    stage: Stage | None
    next_stage: Stage | None
    confidence: list[Confidence] = Field(description="The first is the label, the others apply as well.")
    dimensions: list[DimensionScore]
    unanswered: list[Slug]
    not_sure: list[Slug]
    hints: list[Hint]
    best_case: Stage | None = Field(description="If everything open turned out well.")
    stage_without_gate: Stage | None = Field(description="If the foundations were not asked for.")
    skipped_ahead: bool
    just_starting: bool
    checks: list[CheckResult] = Field(description="Of Walk, then of Run.")
    failed: list[Group] = Field(description="Groups whose check for the next stage fails.")
    deciding: list[Deciding]
    steps_to_next: int | None = Field(description="Places to rise before the next stage; null at Run.")
    cushion: int | None = Field(description="Places that can be lost before the stage is; null at Crawl.")
    leans_on: Group | None = Field(description="The group with the least to spare; null at Crawl.")
    closest_to_slipping: Slug | None = Field(description="A dimension, at Run only.")
    cheapest: MoveSet | None = Field(description="The least work that reaches the next stage; null at Run.")
    recommendations: list[Move] = Field(description="What to start with: at most three.")
    afterwards: MoveSet | None = Field(description="What is left of the cheapest set then.")


def result_of(result: scoring.Result) -> Result:
    """The computed result in full, as it is sent."""
    return Result(
        version=result.version,
        questions_left=result.questions_left,
        stage=result.stage,
        next_stage=result.next_stage,
        confidence=list(result.confidence),
        dimensions=[_dimension(each) for each in result.dimensions],
        unanswered=list(result.unanswered),
        not_sure=list(result.not_sure),
        hints=[Hint(say=typed(each.say), questions=list(each.questions)) for each in result.hints],
        best_case=result.best_case,
        stage_without_gate=result.stage_without_gate,
        skipped_ahead=result.skipped_ahead,
        just_starting=result.just_starting,
        checks=[_check(each) for each in result.checks],
        failed=[each.group for each in result.failed],
        deciding=[Deciding(group=group, questions=list(each)) for group, each in result.deciding.items()],
        steps_to_next=result.steps_to_next,
        cushion=result.cushion,
        leans_on=result.leans_on.group if result.leans_on else None,
        closest_to_slipping=result.closest_to_slipping,
        cheapest=_move_set(result.cheapest),
        recommendations=[_move(each) for each in result.recommendations],
        afterwards=_move_set(result.afterwards),
    )


def _dimension(score: scoring.DimensionScore) -> DimensionScore:
    return DimensionScore(
        dimension=score.slug,
        points=score.points,
        most=score.most,
        level=score.level,
        next_cutoff=score.next_cutoff,
        questions=score.questions,
        answered=score.answered,
        complete=score.complete,
    )


def _check(check: scoring.CheckResult) -> CheckResult:
    return CheckResult(
        stage=check.stage,
        group=check.group,
        level=check.level,
        passed=check.passed,
        shortfall=check.shortfall,
        slack=check.slack,
        behind=list(check.behind),
        dimensions=[
            DimensionRequirement(dimension=slug, **_points(each)) for slug, each in check.dimensions.items()
        ],
        total=Requirement(**_points(check.total)) if check.total else None,
    )


def _points(requirement: scoring.Requirement) -> dict[str, Any]:
    return {name: getattr(requirement, name) for name in Requirement.model_fields}


def _move(move: scoring.Move) -> Move:
    return Move(
        question=move.question,
        dimension=move.dimension,
        start=move.start,
        effort=cast(Effort, move.effort),
        weeks=move.weeks,
    )


def _move_set(moves: scoring.MoveSet | None) -> MoveSet | None:
    if moves is None:
        return None
    return MoveSet(count=moves.count, weeks=moves.weeks, moves=[_move(each) for each in moves.moves])


# -- The request --


def request_model(questionnaire: Questionnaire) -> type[BaseModel]:
    """What may be posted: for each question, at most one response. Its schema names every question."""
    return _request_model(tuple(question.id for question in questionnaire.questions))


@lru_cache(maxsize=4)
def _request_model(questions: tuple[str, ...]) -> type[BaseModel]:
    strict = ConfigDict(extra="forbid", strict=True)
    typed_fields: Any = TypedDict("Responses", dict.fromkeys(questions, NotRequired[Response]))  # type: ignore[misc]
    responses: Any = with_config(strict)(typed_fields)
    meaning = Field(description="Question id to the place of the answer; ns is not sure. Leave out the rest.")
    described: Any = Annotated[responses, meaning]
    model: type[BaseModel] = create_model("ScoreRequest", __config__=strict, responses=(described, ...))
    return model


class _Pairs(list[tuple[str, Any]]):
    """An object of JSON as it was written, names that stand twice included."""


def repeated_fields(body: bytes) -> list[FieldError]:
    """Each name that an object of the body has more than once: which of its values is meant, nobody can say.

    Raises ValueError or RecursionError where the body is no JSON.
    """
    written = json.loads(body.decode(), object_pairs_hook=_Pairs, parse_constant=_no_constant)
    return [FieldError(field=_path(place), message="stands more than once") for place in _repeated(written)]


def _no_constant(name: str) -> None:
    """Refuses NaN and Infinity, which Python alone takes for JSON."""
    raise ValueError(name)


def _repeated(value: Any, *place: int | str) -> Iterator[tuple[int | str, ...]]:
    if isinstance(value, _Pairs):
        counts = Counter(name for name, _ in value)
        yield from ((*place, name) for name, count in counts.items() if count > 1)
        for name, each in value:
            yield from _repeated(each, *place, name)
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _repeated(each, *place, index)


def field_errors(error: ValidationError) -> list[FieldError]:
    """Each wrong field with what was expected there."""
    details = error.errors(include_url=False, include_context=False)
    return [FieldError(field=_path(each["loc"]), message=_message(each)) for each in details]


def _path(location: tuple[int | str, ...]) -> str:
    return ".".join(printable(str(part)) for part in location) or "body"


def _message(detail: Any) -> str:
    match detail["type"]:
        case "missing":
            return "is missing"
        case "extra_forbidden":
            return "no question has this id" if len(detail["loc"]) > 1 else "unknown field, expected responses"
        case "literal_error":
            return 'expected one of the texts "0", "1", "2", "3" and "ns"'
    return "expected an object"


RESULT = Document("score", "The result of responses to the assessment", Result, list)


@csrf_exempt
def score(request: HttpRequest) -> HttpResponse:
    """Responses in, the full result out."""
    if request.method == "OPTIONS":
        return preflight(METHODS)
    if request.method != "POST":
        return refuse_method(request, METHODS)
    if refusal := wrong_parameters(request, {}):
        return refusal
    if request.content_type != "application/json":
        detail = "Send the responses as JSON, with the content type application/json."
        return problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, detail)
    if _length(request) > LARGEST:
        return problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"A request has at most {LARGEST} bytes.")
    version = ContentVersion.current()
    if version is None:
        return problem(HTTPStatus.SERVICE_UNAVAILABLE, "No content is loaded yet.")
    questionnaire = current().questionnaire
    try:
        repeated = repeated_fields(request.body)
    except (ValueError, RecursionError):
        return problem(HTTPStatus.BAD_REQUEST, NOT_JSON)
    try:
        given = request_model(questionnaire).model_validate_json(request.body)
    except ValidationError as error:
        return _refused(repeated, error)
    if repeated:
        return _refused(repeated)
    result = result_of(scoring.score(questionnaire, given.model_dump()["responses"]))
    response = json_answer(RESULT.around([result], version))
    response["Cache-Control"] = "no-store"
    return allowed_everywhere(response)


def _length(request: HttpRequest) -> int:
    length = request.META.get("CONTENT_LENGTH") or "0"
    return int(length) if length.isdecimal() else 0


def _refused(errors: list[FieldError], error: ValidationError | None = None) -> HttpResponse:
    if error and error.errors()[0]["type"] == "json_invalid":
        return problem(HTTPStatus.BAD_REQUEST, NOT_JSON)
    errors = errors + (field_errors(error) if error else [])
    count = f"{len(errors)} fields are wrong" if len(errors) != 1 else "1 field is wrong"
    each = "each is" if len(errors) > 1 else "it is"
    named = f"{each} named below" if len(errors) <= MOST_ERRORS else f"the first {MOST_ERRORS} are named"
    detail = f"{count}; {named}."
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail, kind="score", errors=errors[:MOST_ERRORS])


# -- In the description --


def paths() -> dict[str, Any]:
    """The address of the score as OpenAPI describes it."""
    told = {
        "400": "The body is not JSON, or the address has parameters.",
        "413": "More than the largest size.",
        "415": "Not sent as JSON.",
    }
    answers = {status: openapi.problem(text) for status, text in told.items()}
    answers["422"] = openapi.problem("Wrong fields, each named in `errors`.")
    schema = {"schema": openapi.reference(request_model(current().questionnaire))}
    operation = {
        "operationId": "score-assessment",
        "summary": "Responses in, the full result out; nothing is stored",
        "requestBody": {"required": True, "content": {"application/json": schema}},
        "responses": {
            "200": {
                "description": "The result.",
                "content": {"application/json": {"schema": openapi.reference(RESULT.envelope)}},
            },
            **answers,
        },
    }
    return {reverse("api:score"): {"post": operation}}
