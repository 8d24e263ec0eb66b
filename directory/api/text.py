"""Texts of the content without their markup."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

_markdown = MarkdownIt("commonmark", {"html": False})


# What typography puts in, and what is typed in its place: texts are searched and compared more than looked at.
_TYPED = str.maketrans(
    {"“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "−": "-", "…": "...", "\u202f": "", "\u00a0": " "}
)


def typed(text: str) -> str:
    """A text with typographer's signs as it would be typed: straight quotes, `80-88`, `89%`."""
    return re.sub(r"(?<=\d) %", "%", text.translate(_TYPED))


def typed_in(data: Any) -> Any:
    """Plain data with every text in it as it would be typed."""
    match data:
        case str():
            return typed(data)
        case list():
            return [typed_in(each) for each in data]
        case dict():
            return {key: typed_in(each) for key, each in data.items()}
    return data


def plain_text(text: str) -> str:
    """A text of one paragraph: its words, with source marks as written and links as their words."""
    return "".join(_words(token.children or []) for token in _markdown.parseInline(" ".join(text.split())))


def plain_prose(text: str) -> str:
    """The same for several paragraphs: an empty line between them, `- ` before the items of a list."""
    made, before, sign = "", "\n\n", ""
    for token in _markdown.parse(text):
        match token.type:
            case "list_item_open":
                sign = "- "
            case "list_item_close":
                before = "\n"
            case "bullet_list_close" | "ordered_list_close":
                before = "\n\n"
            case "inline":
                made += f"{before}{sign}{_words(token.children or [])}"
                sign = ""
    return made.strip()


def _words(tokens: Iterable[Token]) -> str:
    return "".join(" " if token.type in ("softbreak", "hardbreak") else token.content for token in tokens)
