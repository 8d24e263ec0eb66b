"""Reads the content folder: YAML with line numbers, then strict objects. All that is wrong is collected.

A file may be half wrong: each key, and each item of a list, is validated alone, so that the cross-checks in
`checks.py` still see the rest and one run prints all there is to mend.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

import yaml
from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from .errors import Problem, did_you_mean, known_instead, shown
from .schema import FILES, Content

Location = tuple[str | int, ...]


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # C where there is libyaml
    """YAML in which only plain numbers, true, false and null are not text: `no`, `12:30` and dates stay words."""

    yaml_implicit_resolvers: dict[str, Any] = {}


PLAIN = {
    "bool": re.compile(r"^(?:true|false)$"),
    "null": re.compile(r"^(?:null|~|)$"),
    "int": re.compile(r"^-?(?:0|[1-9][0-9]*)$"),
    "float": re.compile(r"^-?(?:0|[1-9][0-9]*)\.[0-9]+$"),
}
for tag, first in (("bool", "tf"), ("null", ["n", "~", ""]), ("int", "-0123456789"), ("float", "-0123456789")):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", PLAIN[tag], list(first))

DEEPEST = 20  # levels of keys and lists; a metric has eight
LONGEST_NUMBER = 30  # characters

#: What people usually did where YAML's parser says this.
HINTS = {
    "mapping values are not allowed in this context": "put quotes around a text that holds a colon and a space",
    "found character that cannot start any token": "indent with spaces, and put quotes around a text that begins "
    "with a sign such as @, % or a backtick",
    "found unexpected end of stream": "a quote is not closed",
    "did not find expected key": "look here and above for a quote that is not closed or stands inside a quoted "
    "text, or for a line that is indented differently",
}


@dataclass
class Document:
    """One content file: its data, and the line of every key and item in it."""

    file: str  # path from the folder above the content, as shown to people
    kind: type[Content]
    slug: str
    data: Any = None
    lines: dict[Location, int] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)  # validated keys; a broken list item is None
    content: Content | None = None  # the whole, where nothing is wrong
    problems: list[Problem] = field(default_factory=list)
    unreadable: set[Location] = field(default_factory=set)  # said already, so that no second problem is made of it

    def line(self, location: Location) -> int:
        """The line of a key or item, or of the nearest thing around it that exists."""
        while location and location not in self.lines:
            location = location[:-1]
        return self.lines.get(location, 1)

    def problem(self, location: Location, message: str) -> None:
        self.problems.append(Problem(self.file, self.line(location), path_of(location), message))


@dataclass
class Folder:
    """The whole content folder as read, right or wrong."""

    name: str
    documents: dict[str, Document]
    problems: list[Problem]
    digest: str  # changes with any byte of any file

    def metrics(self) -> dict[str, Document]:
        return {name.split("/")[1][:-5]: each for name, each in self.documents.items() if "metrics/" in name}

    def pages(self) -> dict[str, Document]:
        return {name.split("/")[1][:-5]: each for name, each in self.documents.items() if "pages/" in name}

    def all_problems(self) -> list[Problem]:
        return self.problems + [problem for each in self.documents.values() for problem in each.problems]


def path_of(location: Location) -> str:
    """`("benchmarks", 2, "typical")` as `benchmarks[2].typical`."""
    path = ""
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    return path


def read_folder(folder: Path, files: Mapping[str, type[Content]] = FILES) -> Folder:
    """Read and validate every file of the content folder. Nothing is raised for wrong content.

    `files` says which kind of content stands in which files.
    """
    documents: dict[str, Document] = {}
    problems: list[Problem] = []
    digest = hashlib.sha256()
    shown_as = folder.name
    for pattern, kind in files.items():
        paths = sorted(path for path in folder.glob(pattern) if not path.name.startswith("."))
        if not paths and "*" not in pattern:
            problems.append(Problem(f"{shown_as}/{pattern}", 1, "", "the file is missing"))
        for path in paths:
            name = path.relative_to(folder).as_posix()
            document = Document(f"{shown_as}/{name}", kind, path.stem)
            documents[name] = document
            raw = _bytes_of(path, document)
            if raw is None:
                continue
            digest.update(name.encode() + b"\0" + raw + b"\0")
            _parse(raw, document)
            _validate(document)
    for pattern in (each for each in files if "*" in each):
        for path in sorted(folder.glob(pattern.removesuffix(".yaml"))):
            if path.suffix != ".yaml" and not path.name.startswith("."):
                name = f"{shown_as}/{path.relative_to(folder).as_posix()}"
                problems.append(Problem(name, 1, "", "is not read: expected a name that ends in .yaml"))
    return Folder(shown_as, documents, problems, digest.hexdigest())


def _bytes_of(path: Path, document: Document) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError as error:
        document.problem((), f"cannot be read: {error.strerror}")
        return None


def _parse(raw: bytes, document: Document) -> None:
    """Fill `data` and `lines` from the text of the file."""
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        document.problems.append(Problem(document.file, line, "", "is not UTF-8 text"))
        return
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        last = text.rstrip().count("\n") + 1  # the end of the file is told at its last line
        line = min(mark.line + 1, last) if mark else 1
        begun = min(error.context_mark.line + 1, last) if error.context_mark else line
        context = f"{error.context}{f' begun on line {begun}' if begun != line else ''}" if error.context else ""
        what = " ".join(part for part in (context, error.problem) if part)
        hint = f"; {HINTS[error.problem]}" if error.problem in HINTS else ""
        document.problems.append(Problem(document.file, line, "", f"is not YAML: {what}{hint}"))
        return
    except yaml.reader.ReaderError as error:
        # libyaml counts bytes, PyYAML's own reader counts characters.
        before = raw[: error.position] if yaml.__with_libyaml__ else text[: error.position].encode()
        message = f"holds a character that YAML does not allow (U+{error.character:04X})"
        document.problems.append(Problem(document.file, before.count(b"\n") + 1, "", message))
        return
    except RecursionError:
        document.problem((), "is nested too deeply")
        return
    document.data = _Builder(document).build(node, ()) if node else None
    if document.data is None and not document.problems:
        document.problems.append(Problem(document.file, 1, "", "is empty"))


class _Builder:
    """Turns YAML nodes into plain data, noting lines, refusing what a content file should not hold."""

    def __init__(self, document: Document) -> None:
        self.document, self.seen = document, set[int]()

    def build(self, node: yaml.Node, location: Location) -> Any:
        if id(node) in self.seen:  # its mark is that of the anchor, so the line is taken from the key or list
            return self._refuse(location, "is a YAML alias; write the value out instead")
        self.seen.add(id(node))
        self.document.lines.setdefault(location, node.start_mark.line + 1)
        if len(location) > DEEPEST:
            return self._refuse(location, f"is nested deeper than {DEEPEST} levels")
        match node:
            case yaml.MappingNode(tag="tag:yaml.org,2002:map"):
                return dict(self._pairs(node, location))
            case yaml.SequenceNode(tag="tag:yaml.org,2002:seq"):
                return [self.build(item, (*location, index)) for index, item in enumerate(node.value)]
            case yaml.ScalarNode():
                return self._scalar(node, location)
        return self._refuse_tag(node, location)

    def _refuse(self, location: Location, message: str) -> None:
        self.document.problem(location, message)
        self.document.unreadable.add(location)

    def _refuse_tag(self, node: yaml.Node, location: Location) -> None:
        tag = str(node.tag).replace("tag:yaml.org,2002:", "!!")
        self._refuse(location, f"has the YAML tag {shown(tag)}; content is plain text, numbers and lists")

    def _pairs(self, node: yaml.MappingNode, location: Location) -> Iterator[tuple[str, Any]]:
        known: dict[str, int] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self.document.problem(location, "has a key that is not plain text")
                continue
            key, line = str(key_node.value), key_node.start_mark.line + 1
            if key in known:
                problem = Problem(
                    self.document.file,
                    line,
                    path_of((*location, key)),
                    f"the key stands twice, first on line {known[key]}",
                )
                self.document.problems.append(problem)
                continue
            known[key] = line
            self.document.lines[(*location, key)] = line
            yield key, self.build(value_node, (*location, key))

    def _scalar(self, node: yaml.ScalarNode, location: Location) -> Any:
        text, kind = str(node.value), node.tag.removeprefix("tag:yaml.org,2002:")
        if kind == "str":
            return text
        if kind not in PLAIN or not PLAIN[kind].fullmatch(text):
            return self._refuse_tag(node, location)
        if kind in ("int", "float") and len(text) > LONGEST_NUMBER:
            return self._refuse(location, f"got {shown(text)}, expected a number of up to {LONGEST_NUMBER} digits")
        match kind:
            case "int":
                return int(text)
            case "float":
                return Decimal(text)
            case "bool":
                return text == "true"
        return None


# -- Validation --


def _validate(document: Document) -> None:
    """Fill `values`, and `content` where the whole file is right."""
    if document.data is None:
        return
    if not isinstance(document.data, dict):
        document.problem((), "expected keys and values")
        return
    try:
        document.content = document.kind.model_validate(document.data)
    except ValidationError:
        _validate_keys(document)
    else:
        document.values = {name: getattr(document.content, name) for name in document.kind.model_fields}


def _validate_keys(document: Document) -> None:
    """Key by key, noting what is wrong and keeping what is right."""
    fields = document.kind.model_fields
    names = {info.alias or name: name for name, info in fields.items()}
    for key in document.data:
        if key not in names:
            document.problem((key,), f"unknown key{known_instead(key, names)}")
    for alias, name in names.items():
        info = fields[name]
        if alias in document.data:
            annotation: Any = info.annotation
            for metadata in info.metadata:
                annotation = Annotated[annotation, metadata]
            document.values[name] = _section(document, (alias,), annotation, document.data[alias])
        elif info.is_required():
            document.problem((alias,), "the key is missing")
        else:
            document.values[name] = info.get_default()


def _section(document: Document, location: Location, annotation: Any, data: Any) -> Any:
    """The validated value of one key; in a list, of each item alone, with None for a broken one."""
    try:
        return TypeAdapter(annotation).validate_python(data, strict=True)
    except ValidationError as error:
        _report(document, location, error)
    item = _item_type(annotation)
    if item is None or not isinstance(data, list):
        return None
    values = []
    for each in data:
        try:
            values.append(TypeAdapter(item).validate_python(each, strict=True))
        except ValidationError:
            values.append(None)
    return values


def _item_type(annotation: Any) -> Any:
    while get_origin(annotation) not in (None, list):
        annotation = get_args(annotation)[0]
    return get_args(annotation)[0] if get_origin(annotation) is list else None


def _report(document: Document, location: Location, error: ValidationError) -> None:
    for detail in error.errors(include_url=False):
        where = _in_data(document.data, (*location, *detail["loc"]))
        if any(where[:length] in document.unreadable for length in range(len(where) + 1)):
            continue
        document.problem(where, _in_words(detail, document.data, where, document.kind))


def _in_data(data: Any, location: Location) -> Location:
    """The location without the parts that only pydantic knows (names of alternatives, of a mapping's keys)."""
    kept: list[str | int] = []
    for position, part in enumerate(location):
        if isinstance(data, dict) and (part in data or position == len(location) - 1) and part != "[key]":
            kept.append(part)
            data = data.get(part)
        elif isinstance(data, list) and isinstance(part, int) and part < len(data):
            kept.append(part)
            data = data[part]
    return tuple(kept)


EXPECTED = {
    "string_type": "text",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "decimal_type": "a number",
    "is_instance_of": "a number",
    "decimal_parsing": "a number",
    "list_type": "a list",
    "dict_type": "keys and values",
    "model_type": "keys and values",
    "model_attributes_type": "keys and values",
    "string_too_short": "some text",
    "date_type": "a date as YYYY-MM-DD",
}


def _in_words(detail: ErrorDetails, data: Any, where: Location, kind: type[Content]) -> str:
    """What pydantic found, as an editor would say it: what is wrong, what was found, what was expected."""
    found, context = detail["input"], detail.get("ctx", {})
    match detail["type"]:
        case "missing":
            return "the key is missing"
        case "extra_forbidden":
            siblings = _keys_at(kind, where[:-1])
            return f"unknown key{known_instead(str(where[-1]), siblings)}"
        case "literal_error":
            allowed = re.findall(r"'([^']*)'", str(context.get("expected", "")))
            near = did_you_mean(found, allowed) if isinstance(found, str) else ""
            return f"got {shown(found)}, expected one of {', '.join(allowed)}{near}"
        case "string_too_long" | "too_long" if isinstance(found, str):
            return f"has {len(found)} characters, expected at most {context['max_length']}"
        case "string_pattern_mismatch":
            pattern = str(context["pattern"])
            joints = ", - and :" if ":" in pattern else " and _" if "_" in pattern else " and -"
            return f"got {shown(found)}, expected lower case letters a-z, digits{joints}"
        case "too_short" | "too_long":
            bound = context.get("min_length", context.get("max_length"))
            side = "at least" if "min_length" in context else "at most"
            count = context["actual_length"]
            return f"has {count} item{'s' if count != 1 else ''}, expected {side} {bound}"
        case "greater_than_equal" | "less_than_equal":
            bounds = context.get("ge", context.get("le"))
            return f"got {shown(found)}, expected a value {'from' if 'ge' in context else 'up to'} {bounds}"
        case "decimal_max_digits" | "decimal_whole_digits" | "decimal_max_places":
            return f"got {shown(found)}, expected a number with up to 12 digits before the point and 4 after it"
        case "value_error":
            return f"got {shown(found)}, {context['error']}"
    expected = EXPECTED.get(detail["type"])
    return f"got {shown(found)}, expected {expected}" if expected else f"got {shown(found)}: {detail['msg']}"


def _keys_at(kind: type[Content], location: Location) -> list[str]:
    """The keys that are allowed at a place, for "did you mean"."""
    annotation: Any = kind
    for part in location:
        model = _model_in(annotation)
        if isinstance(part, int):
            annotation = _item_type(annotation) or annotation
        elif model:
            names = {info.alias or name: info.annotation for name, info in model.model_fields.items()}
            annotation = names.get(part)
    model = _model_in(annotation)
    return [info.alias or name for name, info in model.model_fields.items()] if model else []


def _model_in(annotation: Any) -> type[Content] | None:
    if isinstance(annotation, type) and issubclass(annotation, Content):
        return annotation
    for part in get_args(annotation):
        if model := _model_in(part):
            return model
    return None


def as_mapping(document: Document | None) -> Mapping[str, Any]:
    """The validated keys of a document, or none where the file is missing."""
    return document.values if document else {}
