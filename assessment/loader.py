"""Checks the questionnaire across its files, and stores it under its version."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, cast, get_args

from django.urls import reverse

from directory.loader.checks import items, unique, unknown
from directory.loader.errors import shown
from directory.loader.read import Document, Folder, Location, as_mapping
from directory.loader.render import Renderer
from directory.loader.store import RENDERING, Counts
from directory.models import SearchEntry

from . import schema
from .forms import BEFORE, OWN_FIELDS
from .models import QuestionnaireVersion
from .scoring import HIGHEST, STAGES

QUESTIONNAIRE, TEXTS = "assessment/questionnaire.yaml", "assessment/texts.yaml"
DIMENSIONS = "assessment/dimensions/"
RESERVED = ("context", "name", "delete", "result", "finish", "next-visit")  # other last parts of an address
GROUPS: tuple[schema.Group, ...] = get_args(schema.Group)
CONTEXTS: dict[schema.ContextId, tuple[str, ...]] = {  # in their order, each with what its options say
    "main-segment": ("segment",),
    "arr-band": ("min", "max"),
    "team-size": ("note",),
    "contract-type": ("tip",),
}
SAID_BY_OPTIONS = [key for keys in CONTEXTS.values() for key in keys]


def dimensions_of(folder: Folder) -> dict[str, Document]:
    """The files of the dimensions by slug."""
    return {each.slug: each for name, each in folder.documents.items() if name.startswith(DIMENSIONS)}


# -- Checks --


def check(folder: Folder, answered: Mapping[int, Mapping[str, Any]]) -> None:
    """Note every problem that only shows across keys or files of the questionnaire.

    `answered` are the versions that somebody has answered, each with its files as they were loaded last.
    """
    dimensions = dimensions_of(folder)
    _check_names(dimensions)
    _check_questions(dimensions)
    _check_metrics(dimensions, folder.metrics())
    if document := folder.documents.get(QUESTIONNAIRE):
        counts = _counts(dimensions)
        _check_groups(document, dimensions)
        _check_cutoffs(document, counts)
        _check_checks(document, counts)
        _check_hints(document, dimensions)
        _check_numbers(document, dimensions, counts)
        _check_version(folder, document, answered)
    if document := folder.documents.get(TEXTS):
        _check_context(document, folder)
        words = document.values.get("words") or []
        unique(document, ("words",), (word.term if word else None for word in words), "the term", "term")


def _counts(dimensions: Mapping[str, Document]) -> dict[str, int]:
    """The number of questions of each dimension; one whose list cannot be read is left out."""
    lists = {slug: each.values.get("questions") for slug, each in dimensions.items()}
    return {slug: len(questions) for slug, questions in lists.items() if questions}


def _check_names(dimensions: Mapping[str, Document]) -> None:
    """The file's name is a part of an address, and no two dimensions are called the same."""
    first: dict[str, str] = {}
    for slug, document in dimensions.items():
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug) or len(slug) > 60:
            document.problem(
                (), "the file's name is the slug: expected up to 60 lower case letters, digits and -, then .yaml"
            )
        elif slug in RESERVED:
            document.problem((), f"another page has the address {shown(slug)}; give the file another name")
        if name := document.values.get("name"):
            if name.lower() in first:
                document.problem(("name",), f"{shown(name)} is taken by {first[name.lower()]}")
            first.setdefault(name.lower(), document.file)


def _check_questions(dimensions: Mapping[str, Document]) -> None:
    """Ids are unique among all questions, and each answer but the last has a move to the next."""
    first: dict[str, Document] = {}
    for document in dimensions.values():
        for index, question in items(document, "questions"):
            where: Location = ("questions", index)
            taken = first.setdefault(question.id, document)
            if question.id in OWN_FIELDS or question.id.startswith(BEFORE):
                document.problem(
                    (*where, "id"), f"got {shown(question.id)}, which the form itself uses; expected another id"
                )
            if taken is not document:
                document.problem((*where, "id"), f"{shown(question.id)} is taken by {taken.file}")
            unique(document, (*where, "answers"), (each.label for each in question.answers), "the answer", "label")
            for place, answer in enumerate(question.answers):
                if place < HIGHEST and answer.next is None:
                    document.problem(
                        (*where, "answers", place, "next"),
                        "the key is missing: every answer but the last has a move to the one after it",
                    )
                if place == HIGHEST and answer.next is not None:
                    document.problem(
                        (*where, "answers", place, "next"),
                        "is a move from the last answer, and there is none above it",
                    )
        questions = document.values.get("questions") or []
        unique(document, ("questions",), (each.id if each else None for each in questions), "the id", "id")


def _check_metrics(dimensions: Mapping[str, Document], metrics: Mapping[str, Document]) -> None:
    """Every slug leads to a metric, and no metric belongs to two dimensions."""
    owner: dict[str, str] = {}
    for document in dimensions.values():
        for place, slug in enumerate(document.values.get("metrics") or []):
            _check_metric(document, ("metrics", place), slug, metrics)
            if slug and owner.setdefault(slug, document.file) != document.file:
                document.problem(("metrics", place), f"{shown(slug)} belongs to {owner[slug]} already")
        unique(document, ("metrics",), document.values.get("metrics") or [], "the metric")
        for index, question in items(document, "questions"):
            unique(document, ("questions", index, "metrics"), question.metrics, "the metric")
            for place, slug in enumerate(question.metrics):
                _check_metric(document, ("questions", index, "metrics", place), slug, metrics)


def _check_metric(document: Document, where: Location, slug: str | None, metrics: Mapping[str, Document]) -> None:
    if slug is not None and slug not in metrics:
        unknown(document, where, "no metric has the slug", slug, metrics)


def _check_groups(document: Document, dimensions: Mapping[str, Document]) -> None:
    """The three groups in their order, and every dimension in one of them."""
    groups = document.values.get("groups")
    if groups is None:
        return
    slugs = [group.slug if group else None for group in groups]
    if None not in slugs and len(slugs) == len(GROUPS) and tuple(slugs) != GROUPS:
        document.problem(
            ("groups",), f"got {', '.join(map(str, slugs))}; expected {', '.join(GROUPS)}, in this order"
        )
    first: dict[str, str] = {}
    for index, group in items(document, "groups"):
        for place, slug in enumerate(group.dimensions):
            where: Location = ("groups", index, "dimensions", place)
            if slug not in dimensions:
                unknown(document, where, "no dimension has the slug", slug, dimensions)
            if slug in first:
                document.problem(where, f"{shown(slug)} stands twice, expected every dimension once")
            first.setdefault(slug, group.slug)
    for slug in dimensions:
        if slug not in first and None not in slugs:
            document.problem(("groups",), f"{shown(slug)} is missing, expected every dimension once")


def _check_cutoffs(document: Document, counts: Mapping[str, int]) -> None:
    """One row for each number of questions, rising, and within what answers can reach."""
    rows = document.values.get("cutoffs")
    if rows is None:
        return
    unique(
        document,
        ("cutoffs",),
        (row.questions if row else None for row in rows),
        "the number of questions",
        "questions",
    )
    for index, row in items(document, "cutoffs"):
        points = [row.crawl, row.walk, row.run]
        if any(low >= high for low, high in pairwise([0, *points])):
            found = ", ".join(map(str, points))
            document.problem(
                ("cutoffs", index), f"got {found}; expected crawl above 0, walk above crawl, run above walk"
            )
        elif row.run > HIGHEST * row.questions:
            document.problem(
                ("cutoffs", index, "run"),
                f"got {row.run}, expected up to {HIGHEST * row.questions}: "
                f"{_questions(row.questions)} can give no more points",
            )
    known = {row.questions for row in rows if row}
    first: dict[int, str] = {}
    for slug, count in counts.items():
        first.setdefault(count, slug)
    for count, slug in first.items():
        if count not in known and None not in rows:
            document.problem(
                ("cutoffs",),
                f"no row for dimensions with {_questions(count)}, such as {shown(slug)}, expected one",
            )


def _questions(count: int) -> str:
    return f"{count} question{'s' if count != 1 else ''}"


def _check_checks(document: Document, counts: Mapping[str, int]) -> None:
    """One check a stage and group, none out of reach, and Run asks no less than Walk."""
    groups = {group.slug: group for _, group in items(document, "groups")}
    most = {
        slug: HIGHEST * sum(counts[each] for each in group.dimensions)
        for slug, group in groups.items()
        if all(each in counts for each in group.dimensions)
    }
    seen: dict[tuple[str, str], schema.Check] = {}
    for index, row in items(document, "checks"):
        where: Location = ("checks", index)
        if (row.stage, row.group) in seen:
            document.problem(where, f"the check of {row.stage} on {row.group} stands twice")
        seen.setdefault((row.stage, row.group), row)
        if row.total is not None and row.group in most and row.total > most[row.group]:
            document.problem(
                (*where, "total"),
                f"got {row.total}, expected up to {most[row.group]}: {row.group} can give no more points",
            )
    rows = document.values.get("checks")
    if rows is None or None in rows:
        return
    if ("walk", "foundations") not in seen:
        document.problem(("checks",), "no check of walk on foundations, expected one")
    for group in GROUPS:
        if ("run", group) not in seen and group == "foundations":
            document.problem(("checks",), "no check of run on foundations, expected one")
        elif ("run", group) not in seen and ("walk", group) in seen:
            document.problem(("checks",), f"no check of run on {group}, expected one because walk has one")
    for index, row in enumerate(rows):
        above = seen.get(("run", row.group))
        if row.stage == "walk" and above is not None and _asks_less(above, row):
            document.problem(("checks", index), f"walk asks more of {row.group} than run does, expected no more")


def _asks_less(check: schema.Check, than: schema.Check) -> bool:
    return STAGES.index(check.level) < STAGES.index(than.level) or (check.total or 0) < (than.total or 0)


def _check_hints(document: Document, dimensions: Mapping[str, Document]) -> None:
    """Conditions name questions, each once, and may or may not hold."""
    lists = [each.values.get("questions") for each in dimensions.values()]
    known = [question.id for questions in lists for question in questions or [] if question]
    complete = all(questions is not None and None not in questions for questions in lists)
    for index, hint in items(document, "hints"):
        conditions, place_of = hint.when or [], ("hints", index, "when")
        unique(document, place_of, (each.question for each in conditions), "the question", "question")
        for place, condition in enumerate(conditions):
            where: Location = (*place_of, place)
            if condition.question not in known and complete:
                unknown(document, (*where, "question"), "no question has the id", condition.question, known)
            if condition.at_least > condition.at_most:
                document.problem(
                    where, f"at_least is above at_most, got {condition.at_least} and {condition.at_most}"
                )
            elif (condition.at_least, condition.at_most) == (0, HIGHEST):
                document.problem(where, "holds for every answer, expected at_least, at_most or both")


def _check_numbers(document: Document, dimensions: Mapping[str, Document], counts: Mapping[str, int]) -> None:
    fewest, questions = document.values.get("fewest_responses"), sum(counts.values())
    if fewest is not None and len(counts) == len(dimensions) and fewest > questions:
        document.problem(
            ("fewest_responses",), f"got {fewest}, expected up to {questions}, the number of questions"
        )
    weeks = document.values.get("effort_weeks")
    if weeks is not None and not weeks.S < weeks.M < weeks.L:
        document.problem(
            ("effort_weeks",), f"got {weeks.S}, {weeks.M}, {weeks.L}; expected M above S, and L above M"
        )


def _check_version(folder: Folder, document: Document, answered: Mapping[int, Mapping[str, Any]]) -> None:
    """Responses keep their meaning: the version does not go back, and a change of structure raises it."""
    version = document.values.get("version")
    if version is None:
        return
    newest = max(answered, default=version)
    if version < newest:
        document.problem(
            ("version",), f"got {version}, expected {newest} or more: version {newest} has been answered"
        )
    if version not in answered or any(
        each.content is None for each in (document, *dimensions_of(folder).values())
    ):
        return
    if version != newest:
        return
    if _structure(answered[version]) != _structure(_data(folder)):
        document.problem(
            ("version",),
            f"got {version}, expected {version + 1}: version {version} has been answered, and questions, "
            "their order, cut-offs, checks, efforts or fewest_responses have changed since",
        )
    else:
        _check_places(folder, version, answered[version])


def _check_places(folder: Folder, version: int, before: Mapping[str, Any]) -> None:
    """A response is the place of an answer, so no answer takes another place under an answered version."""
    for slug, document in dimensions_of(folder).items():
        for (index, question), old in zip(
            items(document, "questions"), before["dimensions"][slug]["questions"], strict=True
        ):
            places = {answer["label"]: place for place, answer in enumerate(old["answers"], 1)}
            for place, answer in enumerate(question.answers, 1):
                if places.get(answer.label, place) != place:
                    document.problem(
                        ("questions", index, "answers", place - 1, "label"),
                        f"is answer {place} now and was answer {places[answer.label]}; expected version "
                        f"{version + 1} in {QUESTIONNAIRE}, because version {version} has been answered",
                    )


def _check_context(document: Document, folder: Folder) -> None:
    """The context questions in their order, each ending in an option that says nothing."""
    questions = document.values.get("context")
    if questions is None:
        return
    ids, expected = [question.id if question else None for question in questions], list(CONTEXTS)
    if None not in ids and ids != expected:
        document.problem(
            ("context",), f"got {', '.join(map(str, ids))}; expected {', '.join(expected)}, in this order"
        )
    for index, question in items(document, "context"):
        where: Location = ("context", index, "options")
        unique(document, where, (option.id for option in question.options), "the id", "id")
        *options, last = question.options
        if last.id != "none" or _said_by(last):
            document.problem(
                (*where, len(options)), "is the last option, expected the id none, a label and nothing else"
            )
        for place, option in enumerate(options):
            if ids.count(question.id) == 1:
                _check_option(document, (*where, place), question.id, option)
        if question.id == "arr-band":
            _check_bands(document, where, options)
        _check_segments(document, where, options, folder)


def _check_option(document: Document, where: Location, question: schema.ContextId, option: schema.Option) -> None:
    """An option says what its question is for, and nothing that nobody would read."""
    says, wanted = _said_by(option), CONTEXTS[question]
    if not any(key in says for key in wanted):
        document.problem(
            where, f"the key {' or '.join(wanted)} is missing: every option of {question} but the last has it"
        )
    for key in says:
        if key not in wanted:
            document.problem((*where, key), f"does not belong to {question}, expected {' or '.join(wanted)}")


def _said_by(option: schema.Option) -> list[str]:
    return [key for key in SAID_BY_OPTIONS if getattr(option, key) is not None]


def _check_bands(document: Document, where: Location, bands: Sequence[schema.Option]) -> None:
    """Each band begins where the one before it ends."""
    for place, band in enumerate(bands):
        if _is_backward(band):
            document.problem((*where, place), f"min is not below max, got {band.min} and {band.max}")
        elif place > 0 and (end := bands[place - 1].max) is None:
            document.problem((*where, place - 1, "max"), "the key is missing: only the last band has no end")
        elif place > 0 and band.min != end and not _is_backward(bands[place - 1]):
            document.problem(
                (*where, place, "min"), f"got {shown(band.min)}, expected {end}, where the band before it ends"
            )


def _is_backward(band: schema.Option) -> bool:
    return band.min is not None and band.max is not None and band.min >= band.max


def _check_segments(document: Document, where: Location, options: Sequence[schema.Option], folder: Folder) -> None:
    segments = as_mapping(folder.documents.get("segments.yaml")).get("segments")
    if segments is None or None in segments:
        return
    known = [segment.slug for segment in segments]
    for place, option in enumerate(options):
        if option.segment is not None and option.segment not in known:
            unknown(document, (*where, place, "segment"), "no segment has the slug", option.segment, known)


# -- Storing --


def _contents(folder: Folder) -> tuple[schema.QuestionnaireFile, dict[str, schema.Dimension]]:
    """The questionnaire, and its dimensions in its order."""
    questionnaire = cast(schema.QuestionnaireFile, folder.documents[QUESTIONNAIRE].content)
    files = dimensions_of(folder)
    order = [slug for group in questionnaire.groups for slug in group.dimensions if slug in files]
    return questionnaire, {slug: cast(schema.Dimension, files[slug].content) for slug in order}


def _data(folder: Folder) -> dict[str, Any]:
    """What is scored, as it is stored."""
    questionnaire, dimensions = _contents(folder)
    return {
        "questionnaire": questionnaire.model_dump(mode="json"),
        "dimensions": {slug: each.model_dump(mode="json") for slug, each in dimensions.items()},
    }


def _structure(data: Mapping[str, Any]) -> list[Any]:
    """What the meaning of a response depends on: ids, order, cut-offs, checks, efforts. Not the wording."""
    questionnaire = data["questionnaire"]
    return [
        questionnaire["fewest_responses"],
        questionnaire["effort_weeks"],
        sorted(json.dumps(row, sort_keys=True) for row in questionnaire["cutoffs"]),
        sorted(json.dumps(row, sort_keys=True) for row in questionnaire["checks"]),
        [(group["slug"], group["dimensions"]) for group in questionnaire["groups"]],
        {
            slug: [(each["id"], _efforts(each)) for each in dimension["questions"]]
            for slug, dimension in data["dimensions"].items()
        },
    ]


def _efforts(question: Mapping[str, Any]) -> list[str]:
    return [answer["next"]["effort"] for answer in question["answers"] if answer["next"]]


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def store(folder: Folder) -> Counts:
    """Store the questionnaire under its version, and put it in use. The caller holds the transaction."""
    questionnaire, dimensions = _contents(folder)
    texts = cast(schema.TextsFile, folder.documents[TEXTS].content)
    renderer = Renderer(lambda slug: reverse("directory:metric-detail", args=[slug]))
    data = _data(folder) | {"texts": texts.model_dump(mode="json")}
    page = {
        "questionnaire": renderer.model(questionnaire),
        "dimensions": {slug: renderer.model(each) for slug, each in dimensions.items()},
        "texts": renderer.model(texts),
    }
    digest = _digest([RENDERING, data, list(dimensions)])
    old = QuestionnaireVersion.objects.filter(version=questionnaire.version).first()
    is_same = old is not None and old.is_current and old.digest == digest
    if not is_same:
        QuestionnaireVersion.objects.update(is_current=False)
        QuestionnaireVersion.objects.update_or_create(
            version=questionnaire.version,
            defaults={
                "is_current": True,
                "digest": digest,
                "data": data,
                "page": page,
            },
        )
        SearchEntry.objects.replace("area", _search_entries(page))
    count = sum(len(each.questions) for each in dimensions.values())
    if is_same:
        return Counts("questions of the assessment", 0, 0, count, 0)
    return Counts("questions of the assessment", *((0, count) if old else (count, 0)), 0, 0)


def _search_entries(page: dict[str, Any]) -> Iterator[SearchEntry]:
    """The dimensions, for the search box."""
    start = reverse("assessment:start")
    for slug, dimension in page["dimensions"].items():
        yield SearchEntry(
            key=slug,
            path=f"{start}#{slug}",
            title=dimension["name"],
            summary=dimension["why"],
            body=[text for each in dimension["questions"] for text in (each["text"], each["axis"])],
        )
