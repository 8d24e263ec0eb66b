"""Laws of the loader: any damage is told in the file where it is, and what is written is what is read."""

import copy
import re
from decimal import Decimal

import yaml
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from csmetrics.content import FILES
from directory.loader.schema import json_schema

FOLDER = settings.CONTENT_DIR
names = st.sampled_from(sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.glob("**/*.yaml")))
SCHEMAS = {kind: Draft202012Validator(json_schema(kind)) for kind in FILES.values()}
PROBLEM = re.compile(r"content/(?P<file>[^:]+):(?P<line>\d+): (?P<what>.+)")
JARGON = re.compile(r"pydantic|Input should|Decimal\(|NoneType|\[type=")


class Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):
    """YAML in which a figure stands as it was typed."""

    def ignore_aliases(self, data):
        return True


def represent_figure(dumper, value):
    text = f"{value:f}"
    return dumper.represent_scalar(f"tag:yaml.org,2002:{'float' if '.' in text else 'int'}", text)


Dumper.add_representer(Decimal, represent_figure)


def written(data):
    return yaml.dump(data, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=100)


def keys_in(data, location=()):
    """Where every key of every mapping is."""
    pairs = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in pairs:
        if isinstance(data, dict):
            yield (*location, key)
        yield from keys_in(value, (*location, key))


def at(data, location):
    for part in location:
        data = data[part]
    return data


@st.composite
def places(draw, shipped):
    """A file, a copy of its data that may be damaged, and a key in it."""
    document = shipped.documents[draw(names)]
    data = copy.deepcopy(document.data)
    return document, data, draw(st.sampled_from(list(keys_in(data)) or [("metrics",)]))


def problems_with(shipped, document, data):
    """What a file that holds `data` makes the loader say, and its text. Each line is inside the file it names."""
    name, text = document.file.removeprefix("content/"), written(data)
    problems = []
    for line in shipped.problems_with({name: text})[:-1]:
        problem = PROBLEM.fullmatch(line)
        assert problem, line
        assert not JARGON.search(line)
        assert (
            1
            <= int(problem["line"])
            <= (text if problem["file"] == name else shipped.texts[problem["file"]]).count("\n")
        )
        problems.append(problem)
    return problems, text


def own(problems, document):
    return [each for each in problems if f"content/{each['file']}" == document.file]


# -- Damage --


@given(st.data())
def test_a_renamed_key_is_told_at_its_line(shipped, data):
    document, content, (*parents, key) = data.draw(places(shipped))
    parent = at(content, parents)
    renamed = {("zz_damaged" if each == key else each): value for each, value in parent.items()}
    parent.clear()
    parent.update(renamed)
    problems, text = problems_with(shipped, document, content)
    line = next(number for number, each in enumerate(text.splitlines(), 1) if "zz_damaged:" in each)
    assert any(
        int(each["line"]) == line and "zz_damaged: unknown" in each["what"] for each in own(problems, document)
    )


@given(st.data())
def test_a_value_of_another_kind_is_told_with_its_key(shipped, data):
    document, content, (*parents, key) = data.draw(places(shipped))
    old = at(content, parents)[key]
    kinds = {str: "zz damaged", int: 10_000_001, bool: True, list: ["zz"], dict: {"zz": 1}}
    others = [value for kind, value in kinds.items() if not isinstance(old, kind)]
    if old is None:
        others = [["zz"], {"zz": 1}]
    elif isinstance(old, Decimal):
        others.remove(kinds[int])
    at(content, parents)[key] = data.draw(st.sampled_from(others))
    problems, text = problems_with(shipped, document, content)
    name = document.file.removeprefix("content/")
    line = shipped.read({name: text})[name].line((*parents, key))
    assert any(int(each["line"]) >= line and str(key) in each["what"] for each in own(problems, document))


@given(st.data())
def test_a_deleted_key_is_told_where_it_was_needed(shipped, data):
    """The exported JSON Schema says independently whether it was needed; cross-checks may ask for more."""
    document, content, (*parents, key) = data.draw(places(shipped))
    del at(content, parents)[key]
    problems, _ = problems_with(shipped, document, content)
    if not SCHEMAS[document.kind].is_valid(content):
        assert any(f"{key}: the key is missing" in each["what"] for each in own(problems, document))


@given(st.data())
def test_the_loader_refuses_all_that_the_exported_schema_refuses(shipped, data):
    document, content, (*parents, key) = data.draw(places(shipped))
    texts = st.text("abc-_ 19:/.", max_size=8)
    at(content, parents)[key] = data.draw(
        st.none() | st.booleans() | st.integers(-3, 3000) | texts | st.sampled_from([[], {}, [None], {"": 1}])
    )
    problems, _ = problems_with(shipped, document, content)
    if not SCHEMAS[document.kind].is_valid(content):
        assert own(problems, document)


@given(names, st.data())
def test_garbled_text_is_told_inside_its_file_or_harmless(shipped, name, data):
    raw = shipped.texts[name].encode()
    start, length = data.draw(st.integers(0, len(raw))), data.draw(st.integers(0, 40))
    garbage = data.draw(
        st.binary(max_size=6) | st.text(max_size=4).map(lambda text: text.encode(errors="replace"))
    )
    garbled = raw[:start] + garbage + raw[start + length :]
    line_count = len(re.split("\r\n|[\n\r\x85\u2028\u2029]", garbled.decode(errors="replace")))
    for line in shipped.problems_with({name: garbled})[:-1]:
        problem = PROBLEM.fullmatch(line)
        assert problem, line
        if problem["file"] == name:
            assert 1 <= int(problem["line"]) <= line_count


# -- Writing, then reading --

surprises = [
    "no",
    "12:30",
    "2026-11-23",
    "0x1F",
    "1e5",
    "null",
    "~",
    "true",
    "- a",
    "a: b",
    "#a",
    "'",
    '"',
    "%",
    "@",
]
words = st.sampled_from(surprises) | st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Cn"]), min_size=1, max_size=40
).map(str.strip).filter(bool)
figures = st.decimals(-(10**11), 10**11, places=4) | st.integers(-(10**11), 10**11).map(Decimal)


@given(names.filter(lambda name: name.startswith("metrics/")), st.data())
def test_a_metric_that_is_written_and_read_again_is_equal(shipped, name, data):
    """Whatever its texts and figures are: quotes, colons, other languages, words that YAML takes for values."""
    metric = shipped.documents[name].content
    changed = metric.model_copy(
        update={
            "also_known_as": data.draw(st.lists(words, max_size=3)),
            "owner": metric.owner.model_copy(update={"who": data.draw(words), "note": data.draw(words)}),
            "caution": data.draw(st.lists(words, min_size=1, max_size=3).map("\n\n".join)),
            "benchmarks": [
                row.model_copy(update={"note": data.draw(words), "median": data.draw(st.none() | figures)})
                for row in metric.benchmarks[:3]
            ],
            "changed": data.draw(st.dates()),
        }
    )
    read = shipped.read({name: written(changed.model_dump(by_alias=True))})[name]
    assert not read.problems
    assert read.content == changed
