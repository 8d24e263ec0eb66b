"""Search results as a reader meets them: grouped by kind, counted in words, with the priorities of the metrics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString

from . import search, words
from .models import Metric, PageText

BRIEF = {
    "metric": 4,
    "stage": 1,
    "question": 2,
    "area": 1,
}  # answers of each kind in the panel under the header box
KINDS = {
    "metric": ("Metrics", "metric"),
    "stage": ("Stages", "stage"),
    "question": ("Questions", "question"),
    "area": ("Assessment areas", "assessment area"),
}


@dataclass(frozen=True)
class Shown:
    """A hit, with the metric it leads to where it is one."""

    entry: search.Entry
    title: SafeString | str
    excerpt: SafeString | str
    metric: Metric | None = None


@dataclass(frozen=True)
class Group:
    kind: str
    title: str
    note: str
    hits: list[Shown]


def for_query(query: str, *, brief: bool) -> dict[str, Any]:
    """What a template needs to show the answers to a query; an empty one gets a few places to start from."""
    index = search.current_index()
    if not search.words_of(query):
        return _starts(index, query)
    hits = index.search(query)
    by_kind = {kind: [hit for hit in hits if hit.entry.kind == kind] for kind in KINDS}
    shown = {kind: found[: BRIEF[kind]] if brief else found for kind, found in by_kind.items()}
    near = [] if hits else index.near(query)
    groups = [
        Group(
            kind, KINDS[kind][0], _matches(len(by_kind[kind])), [_shown(hit, index, brief=brief) for hit in found]
        )
        for kind, found in shown.items()
        if found
    ]
    return {
        "query": query,
        "groups": groups,
        "near": [Shown(entry, entry.title, entry.summary, index.metrics.get(entry.key)) for entry in near],
        "total": len(hits),
        "count_sentence": _count_sentence(query, {kind: len(found) for kind, found in by_kind.items()}),
    }


def _starts(index: search.Index, query: str) -> dict[str, Any]:
    slugs = PageText.texts("search").get("starts", [])
    entries = {entry.key: entry for entry in index.entries if entry.kind == "metric"}
    found = [entries[slug] for slug in slugs if slug in entries]
    hits = [Shown(entry, entry.title, entry.summary, index.metrics.get(entry.key)) for entry in found]
    sentence = "Type a name, an abbreviation or a word." if not query else f"Nothing to look for in “{query}”."
    return {
        "query": query,
        "groups": [Group("starts", "Start here", "", hits)],
        "near": [],
        "total": 0,
        "count_sentence": sentence,
    }


def _shown(hit: search.Hit, index: search.Index, *, brief: bool) -> Shown:
    metric = index.metrics.get(hit.entry.key) if hit.entry.kind == "metric" else None
    return Shown(hit.entry, hit.title, hit.line if brief else hit.excerpt, metric)


def _matches(count: int) -> str:
    return f"{count} match{'es' if count != 1 else ''}"


def _count_sentence(query: str, counts: dict[str, int]) -> str:
    """`8 matches for “churn”: 5 metrics, 1 stage, 2 questions.`"""
    total = sum(counts.values())
    if not total:
        return f"Nothing found for “{query}”."
    parts = [words.count_words(count, KINDS[kind][1]) for kind, count in counts.items() if count]
    return f"{_matches(total)} for “{query}”: {', '.join(parts)}."
