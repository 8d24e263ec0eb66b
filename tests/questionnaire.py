"""The questionnaire of `tests/samples/assessment.yaml` as scoring takes it, and the worked cases beside it."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from assessment.scoring import Check, Condition, Dimension, Hint, Question, Questionnaire


@cache
def sample() -> dict[str, Any]:
    return yaml.safe_load((Path(__file__).parent / "samples" / "assessment.yaml").read_text())


@cache
def questionnaire() -> Questionnaire:
    read = sample()
    return Questionnaire(
        version=read["version"],
        dimensions=tuple(
            Dimension(each["slug"], each["group"], tuple(each["metrics"])) for each in read["dimensions"]
        ),
        questions=tuple(
            Question(each["id"], each["dimension"], tuple(each["moves"])) for each in read["questions"]
        ),
        effort_weeks=read["effort_weeks"],
        cutoffs=read["cutoffs"],
        checks=tuple(
            Check(stage, group, asked["every_area"], asked.get("total"))
            for stage, groups in read["checks"].items()
            for group, asked in groups.items()
        ),
        hints=tuple(hint(each["say"], each["if"]) for each in read["consistency_hints"]),
        fewest_responses=read["fewest_responses"],
    )


def hint(say: str, rule: dict[str, Any]) -> Hint:
    if rule == {"all_answers_equal": True}:
        return Hint(say)
    return Hint(
        say,
        tuple(Condition(each, low_high.get("min", 0), low_high.get("max", 3)) for each, low_high in rule.items()),
    )


def responses_of(answers: list[int | str | None]) -> dict[str, str]:
    """Responses from one value per question in question order; null is no response."""
    questions = questionnaire().questions
    return {each.id: str(value) for each, value in zip(questions, answers, strict=True) if value is not None}
