"""Search over metrics, stages, questions and what other apps add: an index in memory, built from the database.

Every typed word has to match somewhere: as a whole word, as the start of one, or, where no word starts like it,
with one or two typing errors. A whole name, abbreviation or other name outranks every other match. The engine is
Tantivy; how much a field weighs and which words mean which metric stands in `content/search.yaml`.
"""

from __future__ import annotations

import functools
import re
import threading
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

import tantivy
from django.utils.safestring import SafeString, mark_safe

from .loader.render import plain
from .models import ContentVersion, Metric, PageText, Question, SearchEntry, Stage

MOST_WORDS = 8
LONGEST_WORD = 40  # letters that are looked at: matching with errors gets slow with the length
MOST_HITS = 200
EXCERPT = 140  # characters
LINE = 34  # characters that a line of the panel holds on a phone
EXACT = {
    "abbreviation": 4_000.0,
    "title": 3_000.0,
    "aka": 2_000.0,
    "meant": 1_900.0,
}  # a whole name beats any sum of weights
ONE_ERROR_FROM, TWO_ERRORS_FROM, MOST_ERRORS = 4, 8, 2  # letters a word needs before errors are allowed in it
FIELDS = ("abbreviation", "title", "aka", "synonyms", "category", "summary", "body")


@dataclass(frozen=True)
class Entry:
    """One thing that can be found."""

    kind: str  # metric, stage, question, or the kind of a SearchEntry
    key: str
    path: str
    title: str
    summary: str
    abbreviation: str = ""
    aka: tuple[str, ...] = ()
    synonyms: tuple[str, ...] = ()
    category: str = ""
    body: tuple[str, ...] = ()


@dataclass(frozen=True)
class Hit:
    """A found entry. Title and excerpt are HTML with the matches marked, made when they are asked for."""

    entry: Entry
    typed: list[_Word]

    @property
    def title(self) -> SafeString:
        return _marked(self.entry.title, self.typed)

    @property
    def excerpt(self) -> SafeString:
        return _excerpt(self.entry, self.typed, _around)

    @property
    def line(self) -> SafeString:
        """The excerpt where it has a single line that is cut off at its end: its first match stands early."""
        return _excerpt(self.entry, self.typed, _opening)


def words_of(text: str) -> list[str]:
    """The words as they are indexed: no case, no accents; `DAU/MAU` gives dau and mau, `&` nothing."""
    if not text.isascii():
        text = "".join(each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each))
    return re.findall(r"[a-z0-9]+", text.lower())


def _first_words(query: str) -> list[str]:
    return [word[:LONGEST_WORD] for word in words_of(query)[:MOST_WORDS]]


class Index:
    """The entries of one content version, searchable from any thread."""

    def __init__(
        self,
        entries: Sequence[Entry],
        weights: Mapping[str, float],
        meanings: Mapping[str, Sequence[str]] | None = None,
        metrics: Mapping[str, Metric] | None = None,
    ) -> None:
        """`meanings` says which metrics, best first, are meant by words that stand in no name.

        `metrics` are the rows of the metrics among the entries, for showing hits without asking the database.
        """
        self.entries, self.weights, self.metrics = entries, weights, metrics or {}
        builder = tantivy.SchemaBuilder()
        builder.add_unsigned_field("number", stored=True)
        for name in FIELDS:
            builder.add_text_field(name, tokenizer_name="whitespace")
        self.schema = builder.build()
        index = tantivy.Index(self.schema)
        writer = index.writer(15_000_000, 1)
        for number, entry in enumerate(entries):
            texts = {name: " ".join(words_of(_text(entry, name))) for name in FIELDS}
            writer.add_document(tantivy.Document(number=number, **texts))
        writer.commit()
        writer.wait_merging_threads()
        index.reload()
        self.searcher = index.searcher()
        self.names = _whole_names(entries, meanings or {})

    def search(self, query: str, limit: int = MOST_HITS) -> list[Hit]:
        """What was found for what somebody typed, best first. Any text is a valid query."""
        typed = [_Word(self, word) for word in _first_words(query)]
        if not typed:
            return []
        parts = [(tantivy.Occur.Must, word.query) for word in typed]
        scores = self._scores(tantivy.Query.boolean_query(parts), limit)
        for number, score in self.names.get(" ".join(word.text for word in typed), {}).items():
            scores[number] = scores.get(number, 0.0) + score
        ranked = sorted(scores, key=lambda number: (-scores[number], number))
        return [Hit(self.entries[number], typed) for number in ranked[:limit]]

    def near(self, query: str, limit: int = 4) -> list[Entry]:
        """Metrics that match some of the words, for a query that found nothing."""
        typed = [_Word(self, word, more_errors=True) for word in _first_words(query)]
        if not typed:
            return []
        parts = [(tantivy.Occur.Should, word.query) for word in typed]
        scores = self._scores(tantivy.Query.boolean_query(parts), MOST_HITS)
        ranked = sorted(scores, key=lambda number: (-scores[number], number))
        return [self.entries[number] for number in ranked if self.entries[number].kind == "metric"][:limit]

    def _scores(self, query: tantivy.Query, limit: int) -> dict[int, float]:
        found = self.searcher.search(query, limit).hits
        return {self.searcher.doc(address)["number"][0]: score for score, address in found}


class _Word:
    """One typed word: its query over all fields, and which words of a text it matches."""

    def __init__(self, index: Index, text: str, *, more_errors: bool = False) -> None:
        self.text = text
        self.judged: dict[str, bool] = {}  # texts repeat their words
        starts = any(index.searcher.terms_with_prefix(name, text, limit=1) for name in FIELDS)
        self.errors = 0 if starts else min(_errors_allowed(text) + more_errors, MOST_ERRORS)
        parts = []
        for name in FIELDS:
            weight = index.weights[name]
            if index.searcher.doc_freq(name, text):
                whole = tantivy.Query.term_query(index.schema, name, text)
                parts.append(tantivy.Query.boost_query(whole, weight))
            like = tantivy.Query.fuzzy_term_query(index.schema, name, text, distance=self.errors, prefix=True)
            parts.append(tantivy.Query.boost_query(like, weight * (0.3 if self.errors else 0.6)))
        self.query = tantivy.Query.disjunction_max_query(parts, 0.1)

    def is_in(self, text: str) -> bool:
        """Whether any word of a text matches."""
        folded = _folded(text)
        if f" {self.text}" in folded:
            return True
        return bool(self.errors) and any(self.matches(word) for word in folded.split())

    def matches(self, word: str) -> bool:
        if word.startswith(self.text):
            return True
        if not self.errors:
            return False
        if word not in self.judged:
            self.judged[word] = _starts_nearly(word, self.text, self.errors)
        return self.judged[word]


def _errors_allowed(word: str) -> int:
    return (len(word) >= ONE_ERROR_FROM) + (len(word) >= TWO_ERRORS_FROM)


def _starts_nearly(word: str, typed: str, errors: int) -> bool:
    """Whether some beginning of the word is within so many edits of what was typed; swapped neighbors are one."""
    word = word[: len(typed) + errors]
    if len(set(typed) - set(word)) > errors:  # each letter that is missing costs an edit
        return False
    before: list[int] = []
    row = list(range(len(word) + 1))
    for place, letter in enumerate(typed, start=1):
        earlier, before, row = before, row, [place]
        for at, other in enumerate(word, start=1):
            cost = min(before[at] + 1, row[at - 1] + 1, before[at - 1] + (letter != other))
            swapped = place > 1 and at > 1 and letter == word[at - 2] and typed[place - 2] == other
            row.append(min(cost, earlier[at - 2] + 1) if swapped else cost)
    return min(row) <= errors


def _text(entry: Entry, name: str) -> str:
    value = getattr(entry, name)
    return value if isinstance(value, str) else " ".join(value)


def _whole_names(entries: Sequence[Entry], meanings: Mapping[str, Sequence[str]]) -> dict[str, dict[int, float]]:
    """For each whole name, the entries that bear it and what that counts."""
    found: dict[str, dict[int, float]] = {}

    def bears(number: int, name: str, score: float) -> None:
        if key := " ".join(words_of(name)):
            scores = found.setdefault(key, {})
            scores[number] = max(scores.get(number, 0.0), score)

    numbers = {entry.key: number for number, entry in enumerate(entries) if entry.kind == "metric"}
    for number, entry in enumerate(entries):
        bears(number, entry.abbreviation, EXACT["abbreviation"])
        for name in _parts(entry.title):
            bears(number, name, EXACT["title"])
        for name in (part for full in entry.aka for part in _parts(full)):
            bears(number, name, EXACT["aka"])
    for words, keys in meanings.items():
        for place, key in enumerate(key for key in keys if key in numbers):
            bears(numbers[key], words, EXACT["meant"] - 100.0 * place)
    return found


def _parts(name: str) -> Iterable[str]:
    """`Net Dollar Retention (NDR)` is known whole, without the bracket, and by what the bracket holds."""
    yield name
    if "(" in name:
        yield re.sub(r"\s*\([^)]*\)\s*", " ", name)
        yield from re.findall(r"\(([^)]*)\)", name)


# -- Showing --


def _excerpt(entry: Entry, typed: list[_Word], cut: Callable[[str, list[_Word]], str]) -> SafeString:
    """The text that shows best why the entry was found: another name, the summary, or the richest sentence."""
    for name in entry.aka:
        if all(word.is_in(name) for word in typed):
            return mark_safe(f"Also called {_marked(name, typed)}. {_marked(entry.summary, typed)}")  # noqa: S308  (both escaped)
    texts = [entry.summary, *entry.body]
    best = max(texts, key=lambda text: (_count(text, typed), text == entry.summary), default="")
    return _marked(cut(best, typed), typed)


def _count(text: str, typed: list[_Word]) -> int:
    """How many of the typed words a text holds."""
    return sum(word.is_in(text) for word in typed)


@functools.lru_cache(maxsize=20_000)
def _folded(text: str) -> str:
    """The words of a text, each once and with a space before it."""
    return "".join(f" {word}" for word in dict.fromkeys(words_of(text)))


def _around(text: str, typed: list[_Word]) -> str:
    """So much of a text as fits, with its first match in it."""
    if len(text) <= EXCERPT:
        return text
    first, _ = _first_match(text, typed)
    start = max(0, min(first - EXCERPT // 3, len(text) - EXCERPT))
    if start:
        start = text.find(" ", start, first) + 1 or start
    end = start + EXCERPT
    if end < len(text) and " " in text[first:end]:
        end = text.rfind(" ", first, end)
    return ("… " if start else "") + text[start:end] + (" …" if end < len(text) else "")


def _opening(text: str, typed: list[_Word]) -> str:
    """The text from shortly before its first match, or from its start where that match is in the first line."""
    first, end = _first_match(text, typed)
    start = text.rfind(" ", 0, max(0, first - LINE // 3)) + 1 if end > LINE else 0
    rest = _around(text[start:], typed)
    return rest if not start or rest.startswith("… ") else f"… {rest}"


def _first_match(text: str, typed: list[_Word]) -> tuple[int, int]:
    """Where the first match starts and ends; nowhere is at the start."""
    found = ((at, end) for at, end, token in _tokens(text) if any(word.matches(token) for word in typed))
    return next(found, (0, 0))


@functools.lru_cache(maxsize=20_000)
def _tokens(text: str) -> tuple[tuple[int, int, str], ...]:
    """Start, end and folded form of each word of a text."""
    return tuple(
        (found.start(), found.end(), token)
        for found in re.finditer(r"\w+", text)
        for token in words_of(found[0])[:1]
    )


def _marked(text: str, typed: list[_Word]) -> SafeString:
    """The text escaped, with <mark> around the words that match."""
    parts, done = [], 0
    for start, end, token in _tokens(text):
        if any(word.matches(token) for word in typed):
            parts += [escape(text[done:start]), "<mark>", escape(text[start:end]), "</mark>"]
            done = end
    return mark_safe("".join(parts) + escape(text[done:]))  # noqa: S308  (every part escaped above)


# -- Building --

_lock = threading.Lock()
_built: tuple[str, Index] | None = None


def current_index() -> Index:
    """The index of the loaded content; built anew in this process when the content version has changed."""
    global _built
    version = ContentVersion.current()
    digest = f"{version.digest} {version.loaded_at.isoformat()}" if version else ""
    if _built is None or _built[0] != digest:
        with _lock:
            if _built is None or _built[0] != digest:
                _built = (digest, build())
    return _built[1]


def build() -> Index:
    """The index of what is in the database now, which is nothing before the first load."""
    settings = PageText.texts("search")
    meanings = {word: row["metrics"] for row in settings.get("synonyms", []) for word in row["words"]}
    synonyms: dict[str, list[str]] = {}
    for word, slugs in meanings.items():
        for slug in slugs:
            synonyms.setdefault(slug, []).append(word)
    metrics = Metric.objects.select_related("category").defer("data")
    entries = [_metric(metric, synonyms.get(metric.slug, [])) for metric in metrics]
    entries += [_stage(stage) for stage in Stage.objects.all()]
    entries += [_question(question) for question in Question.objects.all()]
    entries += [_other(entry) for entry in SearchEntry.objects.all()]
    rows = {each.slug: each for each in Metric.objects.for_lists()}
    return Index(entries, settings.get("weights", dict.fromkeys(FIELDS, 1.0)), meanings, rows)


def _metric(metric: Metric, synonyms: list[str]) -> Entry:
    page = metric.page
    body = [page["definition"]["lead"], page["formula"]["words"], *page["formula"]["rules"], page["limits"]]
    body += page["definition"]["counts"] + [f"Does not count: {text}" for text in page["definition"]["excludes"]]
    body += [f"{row['case']}: {row['rule']}" for row in page["definition"]["edge_cases"]]
    body += [f"{row['name']}: {row['note']}" for row in page["formula"]["variants"]]
    body += [f"{row['mistake']}: {row['why']} {row['instead']}" for row in page["mistakes"]]
    body += [f"{stage['reason']} {stage['guidance']}" for stage in page["stages"].values()]
    return Entry(
        kind="metric",
        key=metric.slug,
        path=metric.get_absolute_url(),
        title=metric.name,
        summary=metric.summary,
        abbreviation=metric.abbreviation,
        aka=tuple(page["also_known_as"]),
        synonyms=tuple(synonyms),
        category=metric.category.name,
        body=tuple(plain(text) for text in body),
    )


def _stage(stage: Stage) -> Entry:
    page = stage.page
    body = [plain(page["description"]), page["profile"], *page["signals"], *page["work_on"], page["hold_off"]]
    return Entry(
        "stage",
        stage.slug,
        stage.get_absolute_url(),
        stage.name,
        stage.line,
        category="Maturity stage",
        body=tuple(body),
    )


def _question(question: Question) -> Entry:
    return Entry("question", question.slug, question.get_absolute_url(), question.question, question.plain_answer)


def _other(row: SearchEntry) -> Entry:
    return Entry(row.kind, row.key, row.path, row.title, row.summary, body=tuple(row.body))
