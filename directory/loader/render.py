"""Makes texts ready to be shown: typography for all, HTML for those with markup. Runs at load, never per request.

A `line` stays plain text (templates escape it). `text` and `prose` become HTML in which raw HTML of the content
is text, links lead only to metrics, this site or the web, and source marks are numbered notes.
"""

from __future__ import annotations

import datetime
import html
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from markdown_it import MarkdownIt
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from .checks import CITATION
from .schema import Figure, Markup

THIN = "\u202f"  # narrow no-break space
STAND_IN = "\ue000"  # for a part that keeps its characters, so that what surrounds it is still seen in one piece
KEPT = re.compile(rf"\]\([^)]*\)|\[@[^\]\s]+\]|https?://[^\s\"]+|{STAND_IN}")  # addresses and source marks
OPENING = r"(?:^|(?<=[\s(\[{–—/“])|(?<=[*_])(?=.\w))"  # where a quote opens; after an asterisk only before a word

_markdown = MarkdownIt("commonmark", {"html": False})


def typographic(text: str) -> str:
    """Curly quotes, a narrow space before %, en dashes in ranges; addresses and source marks stay as they are."""
    kept = iter(KEPT.findall(text))
    return re.sub(STAND_IN, lambda _: next(kept), _set(KEPT.sub(STAND_IN, text)))


def _set(text: str) -> str:
    text = re.sub(r"(?<=\d)[ \u00a0\u202f]?%", f"{THIN}%", text)
    text = re.sub(r"(?<![\d\w.-])(\$?\d[\d,.]*[KM]?) ?- ?(\$?\d[\d,.]*[KM]?)(?![\w-])", r"\1–\2", text)
    text = re.sub(r"(?<![^\s(])-(?=\d)", "−", text)
    text = re.sub(r"\s--\s", " – ", text)
    text = re.sub(rf'{OPENING}"', "“", text).replace('"', "”")
    text = re.sub(rf"{OPENING}'(?=\w)", "‘", text).replace("'", "’")
    return re.sub(r"(?<=\w)\.\.\.", "…", text)


def _one_space(text: str) -> str:
    """On one line; `split` would take the narrow spaces along."""
    return re.sub(r"[ \t\n]+", " ", text)


class Renderer:
    """Sets the texts of one content file. `numbers` gives each source its number on the page."""

    def __init__(self, metric_url: Callable[[str], str], numbers: Mapping[str, int] | None = None) -> None:
        self.metric_url, self.numbers = metric_url, numbers or {}

    def model(self, content: BaseModel) -> dict[str, Any]:
        """The content as plain data for JSON: same keys, texts set."""
        fields = type(content).model_fields
        return {info.alias or name: self._field(getattr(content, name), info) for name, info in fields.items()}

    def _field(self, value: Any, info: FieldInfo) -> Any:
        annotation: Any = info.annotation
        for metadata in info.metadata:
            annotation = Annotated[annotation, metadata]
        return self._value(value, annotation)

    def _value(self, value: Any, annotation: Any) -> Any:
        if value is None:
            return None
        if isinstance(value, BaseModel):
            return self.model(value)
        if get_origin(annotation) is Annotated:
            inner, *metadata = get_args(annotation)
            kinds = [each.kind for each in metadata if isinstance(each, Markup)]
            return self.text(value, kinds[0]) if kinds else self._value(value, inner)
        if get_origin(annotation) in (Union, UnionType):
            alternatives = [each for each in get_args(annotation) if each is not type(None)]
            return self._value(value, alternatives[0])
        if isinstance(value, list):
            return [self._value(item, get_args(annotation)[0]) for item in value]
        if isinstance(value, dict):
            return {key: self._value(item, Figure) for key, item in value.items()}
        if isinstance(value, Decimal):
            return int(value) if value == value.to_integral_value() else float(value)
        return value.isoformat() if isinstance(value, datetime.date) else value

    def text(self, text: str, kind: str) -> str:
        """One text in its kind."""
        if kind == "line":
            return typographic(text)
        source = re.sub(r"\]\(metric:([^)\s]*)\)", lambda link: f"]({self.metric_url(link[1])})", text)
        marked = typographic(source)
        made = _markdown.render(marked) if kind == "prose" else _markdown.renderInline(_one_space(marked))
        return self._numbered(made).strip()

    def _numbered(self, made: str) -> str:
        """Source marks as raised numbers, after the comma or period they stand before."""

        def notes(marks: re.Match[str]) -> str:
            numbers = [self.numbers[key] for key in CITATION.findall(marks["marks"])]
            links = [f'<a href="#source-{each}" aria-label="Source {each}">{each}</a>' for each in numbers]
            return marks["stop"] + "".join(f'<sup class="note-ref">{link}</sup>' for link in links)

        return re.sub(r"(?P<marks>(?:\s*\[@[^\]\s]+\])+)(?P<stop>[.,;:]?)", notes, made)


def plain(made: str) -> str:
    """The words of rendered text, without tags and source marks."""
    words = re.sub(r'<sup class="note-ref">.*?</sup>', "", made)
    words = re.sub(r"</?(?:a|code|em|strong)\b[^>]*>", "", words)  # inside a sentence; other tags part words
    return _one_space(html.unescape(re.sub(r"<[^>]+>", " ", words))).strip()


def cited_in(content: BaseModel) -> dict[str, list[str]]:
    """For each source the top-level keys whose text or rows cite it, in the order of the file."""
    places: dict[str, list[str]] = {}
    for name, info in type(content).model_fields.items():
        key = info.alias or name
        dumped = str(getattr(content, name))
        ids = CITATION.findall(dumped)
        if name == "benchmarks":
            ids += [source for row in getattr(content, name) for source in row.sources]
        if name == "published_points":
            ids += [point.source for point in getattr(content, name)]
        for source in ids:
            sections = places.setdefault(source, [])
            if key not in sections:
                sections.append(key)
    return places
