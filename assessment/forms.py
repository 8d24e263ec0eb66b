"""What a visitor may send: responses, context, a name, a file. What is unknown is refused, nothing is guessed."""

from __future__ import annotations

import datetime
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from .content import Edition, Question
from .models import LONGEST_NAME
from .scoring import NOT_SURE, RESPONSES

FORMAT = "cs-metrics-assessment"
LARGEST_FILE = 32 * 1024  # bytes; one of this site has about 6,000
BEFORE = "was-"  # beside a question's id: its answer when the page was made
GO = "go"  # the button that was pressed
OWN_FIELDS = ("csrfmiddlewaretoken", GO)
LONGEST_SHOWN = 40  # characters of an unknown name or value that a message repeats
MOST_MESSAGES = 6


class InputError(Exception):
    """What was sent cannot be used; `messages` say why, for the reader."""

    def __init__(self, messages: Iterable[str]) -> None:
        each = list(dict.fromkeys(messages))
        rest = len(each) - MOST_MESSAGES
        self.messages = [*each[:MOST_MESSAGES], f"And {rest} more."] if rest > 0 else each
        super().__init__(" ".join(self.messages))


def read_responses(sent: QueryDict, questions: Iterable[Question], ways: Collection[str]) -> dict[str, str]:
    """The answers that were chosen on a page. Raises InputError for any other question, value or button.

    A page says beside each question what its answer was when the page was made. An answer that is still the same
    was not chosen here, so it does not undo one that another tab has saved since.
    """
    by_id = {question.id: question for question in questions}
    names = {*by_id, *(BEFORE + id for id in by_id), *OWN_FIELDS}
    problems = [f"This page has no question “{_shown(name)}”." for name in sent if name not in names]
    problems += _unknown_buttons(sent, ways)
    chosen: dict[str, str] = {}
    for id, question in by_id.items():
        values = set(sent.getlist(id))
        problems += [_unknown_value(question, value) for value in sorted(values - set(RESPONSES))]
        if len(values) > 1:
            problems.append(f"Question {question.number} came with {len(values)} answers. It takes one.")
        if len(values) == 1 and sent.get(id) != sent.get(BEFORE + id):
            chosen[id] = values.pop()
    if problems:
        raise InputError(problems)
    return chosen


def _unknown_value(question: Question, value: str) -> str:
    known = f"{', '.join(RESPONSES[:-1])} or {NOT_SURE}"
    return f"Question {question.number} has no answer “{_shown(value)}”. The answers are {known}."


def _unknown_buttons(sent: QueryDict, ways: Collection[str]) -> list[str]:
    pressed = set(sent.getlist(GO))
    problems = [f"This page has no button “{_shown(value)}”." for value in sorted(pressed - {*ways, ""})]
    return problems or ([f"{len(pressed)} buttons were pressed at once. Press one."] if len(pressed) > 1 else [])


def read_context(sent: QueryDict, edition: Edition, ways: Collection[str]) -> dict[str, str]:
    """The options that were chosen on the page of context questions, told from stale ones as above.

    Raises InputError for any other question, option or button, and for two options of one question.
    """
    options = {question["id"]: [option["id"] for option in question["options"]] for question in edition.context}
    names = {*options, *(BEFORE + id for id in options), *OWN_FIELDS}
    problems = [f"This page has no question “{_shown(name)}”." for name in sent if name not in names]
    problems += _unknown_buttons(sent, ways)
    chosen: dict[str, str] = {}
    for question in edition.context:
        id, values = question["id"], set(sent.getlist(question["id"]))
        unknown = sorted(values - set(options[id]))
        problems += [f"“{question['text']}” has no answer “{_shown(value)}”." for value in unknown]
        if len(values) > 1:
            problems.append(f"“{question['text']}” came with {len(values)} answers. It takes one.")
        if len(values) == 1 and sent.get(id) != sent.get(BEFORE + id):
            chosen[id] = values.pop()
    if problems:
        raise InputError(problems)
    return chosen


def read_name(sent: QueryDict) -> str:
    """A name on one line, or none. Raises InputError where it is too long."""
    name = one_line(sent.get("name", ""))
    if len(name) > LONGEST_NAME:
        raise InputError([f"The name has {len(name)} characters; {LONGEST_NAME} fit."])
    return name


def one_line(text: str) -> str:
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


def _shown(value: Any) -> str:
    return one_line(str(value))[:LONGEST_SHOWN]


# -- Files --


@dataclass(frozen=True)
class Loaded:
    """An assessment read from a file. Its computed result is left aside: results are computed, never taken."""

    version: int
    name: str
    responses: dict[str, str]
    context: dict[str, str]
    answered: datetime.date | None


def read_file(raw: bytes, editions: Mapping[int, Edition], today: datetime.date) -> Loaded:
    """The assessment in a file that this site gave. Raises InputError with everything that is wrong in it."""
    data = _json(raw)
    version = data.get("version")
    if type(version) is not int or version not in editions:
        known = ", ".join(map(str, sorted(editions)))
        raise InputError(
            [f"The file is from version {_shown(version)} of the questionnaire; this site has version {known}."]
        )
    edition, problems = editions[version], list[str]()
    responses = _mapping(data, "responses", problems)
    ids = {question.id: question for question in edition.questions}
    problems += [f"There is no question “{_shown(id)}”." for id in responses if id not in ids]
    problems += [
        _unknown_value(ids[id], value) for id, value in responses.items() if id in ids and value not in RESPONSES
    ]
    context = _mapping(data, "context", problems)
    options = {question["id"]: [option["id"] for option in question["options"]] for question in edition.context}
    problems += [
        f"The context question “{_shown(id)}” has no answer “{_shown(value)}”."
        for id, value in context.items()
        if value not in options.get(id, [])
    ]
    name, answered = data.get("name", ""), data.get("answered")
    if not isinstance(name, str) or len(one_line(name)) > LONGEST_NAME:
        problems.append(f"“name” must be a text of up to {LONGEST_NAME} characters.")
    day = _date(answered, today, problems)
    if problems:
        raise InputError(problems)
    return Loaded(version, one_line(name), responses, context, day)


def _json(raw: bytes) -> dict[str, Any]:
    if len(raw) > LARGEST_FILE:
        raise InputError(
            [f"The file is larger than {LARGEST_FILE // 1024} KB, so it cannot be one of this site's."]
        )
    try:
        data = json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise InputError(["The file is not JSON. Choose the file that “Download” on a result gave you."]) from None
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise InputError([f"This file is not an assessment: its “format” must be “{FORMAT}”."])
    return data


def _mapping(data: dict[str, Any], key: str, problems: list[str]) -> dict[str, str]:
    found = data.get(key, {})
    if isinstance(found, dict) and all(isinstance(value, str) for value in found.values()):
        return found
    problems.append(f"“{key}” must give one text value for each question id.")
    return {}


def _date(value: Any, today: datetime.date, problems: list[str]) -> datetime.date | None:
    if value is None:
        return None
    try:
        day = datetime.date.fromisoformat(value)
    except (TypeError, ValueError):
        problems.append(f"“answered” must be a date such as 2026-11-23, not “{_shown(value)}”.")
        return None
    if not datetime.date(2020, 1, 1) <= day <= today:
        problems.append(f"“answered” must be a day between 2020 and today, not “{_shown(value)}”.")
    return day
