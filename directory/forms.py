"""What a query string may say, and what became of the rest: unknown values are left out with a notice."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from django.http import QueryDict

from .remembered import NO_STAGE, Remembered

SORTS = {
    "priority": "Priority",
    "directory": "Directory order",
    "name": "Name, A to Z",
    "category": "Category",
    "signal": "Leading signals first",
}
MOST_NOTICES = 4
LONGEST_SHOWN = 40  # characters of an unknown value that a notice repeats


@dataclass(frozen=True)
class DirectoryQuery:
    """The state of the directory: `?stage=`, `category=` (repeatable), `sort=`."""

    stage: str | None = None
    categories: tuple[str, ...] = ()
    sort: str = "directory"
    notices: tuple[str, ...] = ()
    memory: Remembered = field(default_factory=Remembered)  # its stage holds where the address names none

    @classmethod
    def read(
        cls,
        query: QueryDict,
        *,
        stages: Collection[str],
        categories: Collection[str],
        memory: Remembered | None = None,
    ) -> DirectoryQuery:
        memory = memory or Remembered()
        stage, notices = _stage(query, stages, memory)
        chosen, unknown_categories = _several(query, "category", categories)
        sort, unknown_sorts = _one(query, "sort", SORTS)
        notices += unknown_categories + unknown_sorts
        if sort == "priority" and stage is None:
            notices.append(
                "Sorting by priority needs a stage, so the metrics stand in the order of the directory."
            )
            sort = None
        return cls(stage, chosen, sort or _default_sort(stage), _some(notices), memory)

    def with_stage(self, stage: str | None) -> DirectoryQuery:
        """The same, for another stage; a sort that was not chosen follows it."""
        sort = self.sort if self.sort != _default_sort(self.stage) else _default_sort(stage)
        return replace(self, stage=stage, sort=_default_sort(stage) if sort == "priority" else sort, notices=())

    def with_sort(self, sort: str) -> DirectoryQuery:
        return replace(self, sort=sort, notices=())

    def toggled(self, category: str) -> DirectoryQuery:
        """With the category added, or taken away where it was chosen."""
        return replace(self, categories=_toggled(self.categories, category), notices=())

    def without_categories(self) -> DirectoryQuery:
        return replace(self, categories=(), notices=())

    @property
    def query_string(self) -> str:
        """The shortest query string that gives this state, with its question mark."""
        pairs = _stage_pairs(self.stage, self.memory)
        pairs += [("category", slug) for slug in sorted(self.categories)]
        if self.sort != _default_sort(self.stage):
            pairs.append(("sort", self.sort))
        return f"?{urlencode(pairs)}" if pairs else ""


SHOWS = {"rising": "What rises next", "falling": "What falls next"}


@dataclass(frozen=True)
class MapQuery:
    """The state of the priority map: `?stage=`, `category=` (repeatable), `show=rising|falling`."""

    stage: str | None = None
    categories: tuple[str, ...] = ()
    show: str | None = None
    notices: tuple[str, ...] = ()
    memory: Remembered = field(default_factory=Remembered)

    @classmethod
    def read(
        cls,
        query: QueryDict,
        *,
        stages: Collection[str],
        categories: Collection[str],
        memory: Remembered | None = None,
    ) -> MapQuery:
        memory = memory or Remembered()
        stage, notices = _stage(query, stages, memory)
        chosen, unknown = _several(query, "category", categories)
        show, unknown_show = _one(query, "show", SHOWS)
        notices += unknown + unknown_show
        if show and stage is None:
            notices.append(
                f"“{SHOWS[show]}” needs a stage to start from. Choose one; until then every metric is shown."
            )
            show = None
        return cls(stage, chosen, show, _some(notices), memory)

    def with_stage(self, stage: str | None) -> MapQuery:
        return replace(self, stage=stage, show=self.show if stage else None, notices=())

    def with_show(self, show: str | None) -> MapQuery:
        return replace(self, show=show, notices=())

    def toggled(self, category: str) -> MapQuery:
        return replace(self, categories=_toggled(self.categories, category), notices=())

    def without_categories(self) -> MapQuery:
        return replace(self, categories=(), notices=())

    @property
    def query_string(self) -> str:
        pairs = _stage_pairs(self.stage, self.memory)
        pairs += [("category", slug) for slug in sorted(self.categories)]
        pairs += [("show", self.show)] if self.show else []
        return f"?{urlencode(pairs)}" if pairs else ""


@dataclass(frozen=True)
class PageQuery:
    """The reader's stage and segment, on pages that mark them: `?stage=`, `?segment=`.

    `none` asks for none of them, which differs from saying nothing where one is remembered.
    """

    stage: str | None = None
    segment: str | None = None
    notices: tuple[str, ...] = ()
    memory: Remembered = field(default_factory=Remembered)

    @classmethod
    def read(
        cls,
        query: QueryDict,
        *,
        stages: Collection[str],
        segments: Collection[str] = (),
        memory: Remembered | None = None,
    ) -> PageQuery:
        memory = memory or Remembered()
        stage, notices = _stage(query, stages, memory)
        segment, unknown = None, list[str]()
        if segments:
            segment, unknown = _one_or_none(query, "segment", segments, memory.segment)
        return cls(stage, segment, _some(notices + unknown), memory)

    def with_segment(self, segment: str | None) -> PageQuery:
        return replace(self, segment=segment, notices=())

    def with_stage(self, stage: str | None) -> PageQuery:
        return replace(self, stage=stage, notices=())

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """What an address says to give this state in any browser, whatever that one remembers."""
        stage = self.stage or (NO_STAGE if self.memory.stage else None)
        segment = self.segment or (NO_STAGE if self.memory.segment else None)
        return [(key, value) for key, value in (("stage", stage), ("segment", segment)) if value]

    @property
    def query_string(self) -> str:
        """The shortest one that gives this state in this browser."""
        pairs = _stage_pairs(self.stage, self.memory)
        if self.segment != self.memory.segment:
            pairs.append(("segment", self.segment or NO_STAGE))
        return f"?{urlencode(pairs)}" if pairs else ""


LONGEST_QUERY = 200  # characters of a search that are looked at


def typed(query: QueryDict) -> str:
    """What somebody searches for: the last `q`, on one line, without control characters, cut to a sane length."""
    text = "".join(character if character.isprintable() else " " for character in query.get("q", ""))
    return " ".join(text.split())[:LONGEST_QUERY].rstrip()


def _default_sort(stage: str | None) -> str:
    return "priority" if stage else "directory"


def _one(query: QueryDict, key: str, known: Iterable[str]) -> tuple[str | None, list[str]]:
    """The last known value of a key, and notices for those that are not known."""
    values = [value for value in query.getlist(key) if value.strip()]
    allowed = [value for value in values if value in set(known)]
    return (allowed[-1] if allowed else None), [
        _unknown(key, value) for value in values if value not in set(known)
    ]


def _stage(query: QueryDict, stages: Iterable[str], memory: Remembered) -> tuple[str | None, list[str]]:
    return _one_or_none(query, "stage", stages, memory.stage)


def _one_or_none(
    query: QueryDict, key: str, known: Iterable[str], default: str | None
) -> tuple[str | None, list[str]]:
    """Like `_one`, with `none` (or nothing after the sign) for none, and a default where the key says nothing."""
    value, notices = _one(query, key, (*known, NO_STAGE))
    if value is None:
        return (None if any(not each.strip() for each in query.getlist(key)) else default), notices
    return (None if value == NO_STAGE else value), notices


def _stage_pairs(stage: str | None, memory: Remembered) -> list[tuple[str, str]]:
    """What an address has to say for this stage, beside what is remembered."""
    return [] if stage == memory.stage else [("stage", stage or NO_STAGE)]


def _several(query: QueryDict, key: str, known: Collection[str]) -> tuple[tuple[str, ...], list[str]]:
    """All known values of a key, each once, in the order of `known`, and notices for the others."""
    values = [value for value in query.getlist(key) if value.strip()]
    notices = [_unknown(key, value) for value in values if value not in known]
    return tuple(value for value in known if value in values), notices


def _toggled(chosen: tuple[str, ...], value: str) -> tuple[str, ...]:
    rest = tuple(each for each in chosen if each != value)
    return rest if value in chosen else (*rest, value)


def _some(notices: list[str]) -> tuple[str, ...]:
    """Each notice once, and of many only the first few with a count of the rest."""
    each = list(dict.fromkeys(notices))
    rest = len(each) - MOST_NOTICES
    return (*each[:MOST_NOTICES], f"{rest} more values were left out.") if rest > 0 else tuple(each)


def _unknown(key: str, value: str) -> str:
    shown = "".join(character for character in value if character.isprintable())[:LONGEST_SHOWN]
    return f"There is no {key} “{shown}”, so it was left out."
