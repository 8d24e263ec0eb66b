"""What is wrong in the content: one problem a line, as an editor wants to read it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass

FEW = 12  # known names that a message may list
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True, order=True)
class Problem:
    """One thing to mend, with the file, the line and the path of keys that lead to it."""

    file: str
    line: int
    path: str
    message: str

    def __str__(self) -> str:
        text = f"{self.file}:{self.line}: {self.path + ': ' if self.path else ''}{self.message}"
        # A problem is one line, whatever the content holds.
        return CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


class ContentError(Exception):
    """The content may not be loaded. `problems` holds everything that is wrong, sorted."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(set(problems))
        super().__init__(str(self))

    def __str__(self) -> str:
        lines = [str(problem) for problem in self.problems]
        count, files = len(lines), len({problem.file for problem in self.problems})
        lines.append(
            f"{count} problem{'s' if count != 1 else ''} in {files} file{'s' if files != 1 else ''}; "
            "nothing was loaded."
        )
        return "\n".join(lines)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`, did you mean "gross-revenue-retention"?` where something known is close, else nothing."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f', did you mean "{near[0]}"?' if near else ""


def known_instead(word: str, known: Iterable[str]) -> str:
    """What may have been meant: the near one, or else all of them where they are few."""
    names = list(dict.fromkeys(known))
    near = did_you_mean(word, names)
    if near or not 0 < len(names) <= FEW:
        return near
    return f", expected {'one of ' if len(names) > 1 else ''}{', '.join(names)}"


def shown(value: object) -> str:
    """A found value as it would stand in YAML, short enough for one line."""
    text = _written(value)
    return text if len(text) <= 60 else f"{text[:57]}…" + ('"' if isinstance(value, str) else "")


def _written(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case str():
            return f'"{value}"'
        case list():
            return f"[{', '.join(map(_written, value))}]"
        case dict():
            return f"{{{', '.join(f'{key}: {_written(item)}' for key, item in value.items())}}}"
    return str(value)
