"""What the files under `content/assessment/` may contain. Checks that need a second key are in `loader.py`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from directory.loader.schema import Content, Line, Slug, Stage

Group = Literal["foundations", "core", "reach"]
Effort = Literal["S", "M", "L"]
Whole = Annotated[int, Field(ge=0, le=1000)]
Place = Annotated[int, Field(ge=0, le=3)]  # of an answer, from 0
ContextId = Literal["main-segment", "arr-band", "team-size", "contract-type"]
OptionId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=20)]


# -- questionnaire.yaml: what is scored --


class EffortWeeks(Content):
    S: Annotated[int, Field(ge=1)]
    M: Annotated[int, Field(ge=1)]
    L: Annotated[int, Field(ge=1)]


class Cutoffs(Content):
    questions: Annotated[int, Field(ge=1, le=6)]
    crawl: Whole
    walk: Whole
    run: Whole


class QuestionGroup(Content):
    slug: Group
    name: Line
    asks: Line
    dimensions: Annotated[list[Slug], Field(min_length=1)]


class Check(Content):
    stage: Literal["walk", "run"]
    group: Group
    level: Stage
    total: Whole | None = None


class Condition(Content):
    question: Slug
    at_least: Place = 0
    at_most: Place = 3


class Hint(Content):
    when: Annotated[list[Condition], Field(min_length=1)] | None = None
    say: Line


class QuestionnaireFile(Content):
    version: Annotated[int, Field(ge=1, le=9999)]
    fewest_responses: Annotated[int, Field(ge=1)]
    effort_weeks: EffortWeeks
    cutoffs: Annotated[list[Cutoffs], Field(min_length=1)]
    groups: Annotated[list[QuestionGroup], Field(min_length=3, max_length=3)]
    checks: Annotated[list[Check], Field(min_length=1)]
    hints: list[Hint]


# -- dimensions/<slug>.yaml: what is asked --


class Move(Content):
    effort: Effort
    do: Line


class Answer(Content):
    label: Line
    next: Move | None = None


class Question(Content):
    id: Slug
    text: Line
    axis: Line
    help: Line
    proof: Line
    metrics: Annotated[list[Slug], Field(min_length=1)]
    answers: Annotated[list[Answer], Field(min_length=4, max_length=4)]


class Dimension(Content):
    name: Line
    why: Line
    metrics: Annotated[list[Slug], Field(min_length=1)]
    questions: Annotated[list[Question], Field(min_length=1)]


# -- texts.yaml: what is said around it --


class Word(Content):
    term: Line
    meaning: Line


class StageNotes(Content):
    crawl: Line
    walk: Line
    run: Line


class Option(Content):
    id: OptionId
    label: Line
    segment: Slug | None = None
    min: Annotated[int, Field(ge=0)] | None = None
    max: Annotated[int, Field(ge=0)] | None = None
    note: StageNotes | None = None
    tip: Line | None = None


class ContextQuestion(Content):
    id: ContextId
    text: Line
    use: Line
    options: Annotated[list[Option], Field(min_length=2)]


class TextsFile(Content):
    name: Line
    headline: Line
    description: Line
    purpose: Line
    minutes: Annotated[int, Field(ge=1, le=60)]
    time_note: Line
    rule: Line
    who: Line
    scope: Line
    tips: Annotated[list[Line], Field(min_length=1)]
    not_sure: Line
    not_sure_note: Line
    privacy: Line
    does_not_measure: Annotated[list[Line], Field(min_length=1)]
    honest_limits: Annotated[list[Line], Field(min_length=1)]
    scoring: Line
    gate: Line
    skipped_ahead: Line
    efforts_note: Line
    rule_of_thumb: Line
    next_visit: Line
    as_a_group: Annotated[list[Line], Field(min_length=1)]
    words: list[Word]
    context_lead: Line
    context: list[ContextQuestion]


FILES: dict[str, type[Content]] = {
    "assessment/questionnaire.yaml": QuestionnaireFile,
    "assessment/dimensions/*.yaml": Dimension,
    "assessment/texts.yaml": TextsFile,
}
