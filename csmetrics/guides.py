"""What the page about the open data shows: fields in words, and examples with the answers they get."""

from __future__ import annotations

import io
import json
import re
from dataclasses import dataclass
from html import escape
from typing import Any
from urllib.parse import urlsplit
from wsgiref.util import setup_testing_defaults

from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse
from django.urls import resolve, reverse
from django.utils.safestring import SafeString, mark_safe
from pydantic import BaseModel

from assessment.scoring import Questionnaire
from directory.structured import address

SHOWN_LINES = 4  # of a table
KINDS = {
    "string": "text",
    "integer": "number",
    "number": "number",
    "boolean": "true or false",
    "object": "object",
    "null": "null",
}


@dataclass(frozen=True)
class Field:
    """A field or column, with what may stand in it."""

    name: str
    kind: str
    meaning: SafeString


def fields(model: type[BaseModel]) -> list[Field]:
    made = model.model_json_schema(mode="serialization", by_alias=True)
    return [
        Field(name, _kind(each, made.get("$defs", {})), _with_code(each.get("description", "")))
        for name, each in made["properties"].items()
    ]


def _with_code(text: str) -> SafeString:
    return mark_safe(re.sub("`([^`]*)`", r"<code>\1</code>", escape(text)))  # noqa: S308  (escaped here)


def _kind(schema: dict[str, Any], defined: dict[str, Any]) -> str:
    """`number or null`, `one of crawl, walk, run`, `list of text`."""
    if "$ref" in schema:
        return _kind(defined[schema["$ref"].rpartition("/")[2]], defined)
    if "anyOf" in schema:
        return " or ".join(_kind(each, defined) for each in schema["anyOf"])
    if "enum" in schema:
        return f"one of {', '.join(schema['enum'])}"
    if "const" in schema:
        return f"always {schema['const']}"
    if schema["type"] == "array":
        item = _kind(schema["items"], defined)
        return f"list of {item}{'s' if item == 'object' else ''}"
    if schema.get("format") in ("date", "date-time"):
        return str(schema["format"]).replace("-", " and ")
    return KINDS[schema["type"]]


# -- Examples --


@dataclass(frozen=True)
class Example:
    """A command, and what it answers; `note` says what was left out of the answer."""

    command: str
    status: int
    answer: str
    note: str = ""


def examples(questionnaire: Questionnaire) -> dict[str, Example]:
    """Each is run here and now, by the views that answer everybody else."""
    ids = [question.id for question in questionnaire.questions]
    responses = dict.fromkeys(ids, "1") | {ids[0]: "2", ids[-1]: "ns"}
    rows = reverse("api:benchmarks")
    table = reverse("api:priorities-csv")
    filtered = f"{rows}?segment=smb"
    return {
        "rows": _first_item(rows),
        "table": _first_lines(table),
        "problem": _whole(filtered),
        "score": _posted({"responses": responses}),
        "wrong": _posted({"responses": {ids[0]: "4", "favorite-color": "1"}}),
    }


def run(path: str, *, method: str = "GET", body: bytes = b"") -> HttpResponse:
    """The answer of this site to a request."""
    parts = urlsplit(path)
    environment: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "PATH_INFO": parts.path,
        "QUERY_STRING": parts.query,
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
    }
    setup_testing_defaults(environment)
    found = resolve(parts.path)
    response: HttpResponse = found.func(WSGIRequest(environment), *found.args, **found.kwargs)
    return response


def _first_item(path: str) -> Example:
    response = run(path)
    content = json.loads(response.content)
    note = f"The first of {content['count']} items, without the envelope around them."
    command = f"curl --compressed {address(path)}"
    return Example(command, response.status_code, pretty(content["items"][0]), note)


def _first_lines(path: str) -> Example:
    response = run(path)
    lines = response.content.decode().splitlines()
    note = f"The first {SHOWN_LINES} of {len(lines)} lines."
    return Example(
        f"curl --compressed {address(path)}", response.status_code, "\n".join(lines[:SHOWN_LINES]), note
    )


def _whole(path: str) -> Example:
    response = run(path)
    return Example(f"curl '{address(path)}'", response.status_code, pretty(json.loads(response.content)))


def _posted(body: dict[str, Any]) -> Example:
    path, text = reverse("api:score"), json.dumps(body)
    response = run(path, method="POST", body=text.encode())
    command = f"curl -H 'Content-Type: application/json' -d '{text}' {address(path)}"
    return Example(command, response.status_code, pretty(json.loads(response.content)))


def pretty(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, indent=2)
