"""A result as a file: JSON to keep and load again, and a calendar entry for the next visit."""

from __future__ import annotations

import datetime
import json
from typing import Any

from .content import Edition
from .forms import FORMAT
from .models import Assessment
from .scoring import CheckResult, Move, Result

QUARTER = datetime.timedelta(days=91)
LONGEST_LINE = 75  # bytes of a line of a calendar file, RFC 5545 section 3.1


def as_json(assessment: Assessment, edition: Edition, result: Result) -> str:
    """The file of a download: what was answered, and what it came to."""
    data = {
        "format": FORMAT,
        "version": assessment.version,
        "name": assessment.name,
        "answered": assessment.finished.date().isoformat() if assessment.finished else None,
        "responses": {
            question.id: assessment.responses[question.id]
            for question in edition.questions
            if question.id in assessment.responses
        },
        "context": assessment.context,
        "result": result_data(result),
    }
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def result_data(result: Result) -> dict[str, Any]:
    """The computed result as plain data."""
    return {
        "stage": result.stage,
        "next_stage": result.next_stage,
        "best_case": result.best_case,
        "stage_without_gate": result.stage_without_gate,
        "questions_left": result.questions_left,
        "steps_to_next": result.steps_to_next,
        "cushion": result.cushion,
        "confidence": list(result.confidence),
        "skipped_ahead": result.skipped_ahead,
        "just_starting": result.just_starting,
        "unanswered": list(result.unanswered),
        "not_sure": list(result.not_sure),
        "dimensions": [
            {"slug": each.slug, "points": each.points, "most": each.most, "level": each.level}
            for each in result.dimensions
        ],
        "checks": [_check(check) for check in result.checks],
        "deciding": {group: list(ids) for group, ids in result.deciding.items()},
        "moves": {
            "count": result.cheapest.count,
            "weeks": result.cheapest.weeks,
        }
        if result.cheapest
        else None,
        "recommendations": [_move(move) for move in result.recommendations],
        "hints": [hint.say for hint in result.hints],
    }


def _check(check: CheckResult) -> dict[str, Any]:
    return {
        "stage": check.stage,
        "group": check.group,
        "passed": check.passed,
        "dimensions": {
            slug: {"needed": each.needed, "reached": each.reached} for slug, each in check.dimensions.items()
        },
        "total": {"needed": check.total.needed, "reached": check.total.reached} if check.total else None,
    }


def _move(move: Move) -> dict[str, Any]:
    return {"question": move.question, "from": move.start, "effort": move.effort, "weeks": move.weeks}


def as_calendar(assessment: Assessment, address: str) -> str:
    """A day in a quarter from the result, as an iCalendar file with the address of the result in it."""
    finished = assessment.finished or assessment.saved
    day = (finished + QUARTER).date()
    title = "Take the customer success maturity check again"
    if assessment.name:
        title += f" ({assessment.name})"
    text = f"Compare with your result of {finished:%B} {finished.day}, {finished.year}: {address}"
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//CS Metrics//Maturity check//EN",
        "CALSCALE:GREGORIAN",
        "BEGIN:VEVENT",
        f"UID:{assessment.pk}-{day:%Y%m%d}@cs-metrics",
        f"DTSTAMP:{finished.astimezone(datetime.UTC):%Y%m%dT%H%M%SZ}",
        f"DTSTART;VALUE=DATE:{day:%Y%m%d}",
        f"DTEND;VALUE=DATE:{day + datetime.timedelta(days=1):%Y%m%d}",
        f"SUMMARY:{_escaped(title)}",
        f"DESCRIPTION:{_escaped(text)}",
        f"URL:{address}",
        "TRANSP:TRANSPARENT",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        f"DESCRIPTION:{_escaped(title)}",
        "TRIGGER:PT9H",
        "END:VALARM",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _escaped(text: str) -> str:
    """A text value, RFC 5545 section 3.3.11."""
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def _folded(line: str) -> str:
    """Long lines go on below after a space; no character is cut in two."""
    parts, room = [""], LONGEST_LINE
    for character in line:
        size = len(character.encode())
        if len(parts[-1].encode()) + size > room:
            parts.append("")
            room = LONGEST_LINE - 1
        parts[-1] += character
    return "\r\n ".join(parts)
