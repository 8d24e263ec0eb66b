"""Reading content files: what YAML turns values into, which line they stand on, and what is refused."""

from decimal import Decimal

import pytest

from directory.loader.errors import ContentError, Problem, did_you_mean, known_instead, shown
from directory.loader.read import read_folder


@pytest.fixture
def read(tmp_path):
    """Reads one text as `content/redirects.yaml`, the file with the fewest rules of its own."""

    def read_one(text):
        folder = tmp_path / "content"
        folder.mkdir(exist_ok=True)
        (folder / "redirects.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_folder(folder).documents["redirects.yaml"]

    return read_one


def said(document):
    return [str(problem).removeprefix("content/redirects.yaml:") for problem in document.problems]


def value(read, text):
    return read(f"metrics: {text}\n").data["metrics"]


# -- Values --


@pytest.mark.parametrize(
    "text",
    [
        *("no", "yes", "on", "off", "y", "n", "No", "TRUE", "True", "False", "NULL", "Null"),
        *("12:30", "1:30:15", "2026-11-23", "2026-11-23T10:00:00Z", "2026-11"),
        *("089", "0x1F", "0o17", "0b11", "1_000", "+5", "1e5", "1.5e3", ".5", "5.", ".inf", ".nan", "=", "<<"),
        *("80%", "80-88", "$5", "1,000", "1.2.3", "--5", "v1"),
    ],
)
def test_what_is_no_plain_number_stays_the_text_that_was_typed(read, text):
    assert value(read, text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [("0", 0), ("-0", 0), ("12", 12), ("-12", -12), ("2400000", 2400000), ("true", True), ("false", False)],
)
def test_plain_whole_numbers_and_truth_are_read_as_such(read, text, expected):
    found = value(read, text)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize("text", ["0.1", "-0.5", "95.22", "103.90"])
def test_decimals_are_exact(read, text):
    found = value(read, text)
    assert isinstance(found, Decimal)
    assert str(found) == text


@pytest.mark.parametrize("text", ["", "null", "~", "# nothing"])
def test_nothing_is_null(read, text):
    assert value(read, text) is None


@pytest.mark.parametrize("text", ['"12"', "'true'", '"null"', '""', "'0.5'"])
def test_quotes_make_text_of_anything(read, text):
    assert value(read, text) == text.strip("'\"")


@pytest.mark.parametrize("text", ["é", "“quoted”", "80–88", "89\u202f%", "😀", "日本"])
def test_any_language_is_read(read, text):
    assert value(read, text) == text


# -- Lines --

TEXT = """\
# a comment
metrics:
  one: first

  two: >-
    a folded
    text
  three:
  - first
  - key: value
    other: [1,
      2]
"""


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_every_key_and_item_knows_its_line(read, end):
    document = read(TEXT.replace("\n", end))
    lines = {
        ("metrics",): 2,
        ("metrics", "one"): 3,
        ("metrics", "two"): 5,
        ("metrics", "three"): 8,
        ("metrics", "three", 0): 9,
        ("metrics", "three", 1): 10,
        ("metrics", "three", 1, "key"): 10,
        ("metrics", "three", 1, "other"): 11,
        ("metrics", "three", 1, "other", 0): 11,
        ("metrics", "three", 1, "other", 1): 12,
    }
    assert {where: document.line(where) for where in lines} == lines


def test_a_missing_place_has_the_line_of_what_is_around_it(read):
    document = read(TEXT)
    assert document.line(("metrics", "three", 1, "missing", "deeper")) == 10
    assert document.line(("metrics", "three", 7)) == 8
    assert document.line(("nowhere",)) == 2


def test_line_ends_of_windows_and_a_byte_order_mark_change_nothing(read):
    plain = read("metrics:\n  old-slug: new-slug\n")
    marked = read(b"\xef\xbb\xbfmetrics:\r\n  old-slug: new-slug\r\n")
    assert plain.problems == marked.problems == []
    assert plain.content == marked.content
    assert plain.lines == marked.lines


# -- Refusals --


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "1: is empty"),
        ("\n\n", "1: is empty"),
        ("# only a comment\n", "1: is empty"),
        ("---\n", "1: is empty"),
        ("null\n", "1: is empty"),
        ("metrics\n", "1: expected keys and values"),
        ("- metrics\n", "1: expected keys and values"),
        ("5\n", "1: expected keys and values"),
        (b"metrics: {}\n# caf\xe9\n", "2: is not UTF-8 text"),
        ("metrics: {}\n".encode("utf-16"), "1: is not UTF-8 text"),
        (b"\xed\xa0\x80: 1\n", "1: is not UTF-8 text"),
        ("# note\nmetrics: a\0b\n", "2: holds a character that YAML does not allow (U+0000)"),
        ("# été, où, là, déjà\n\nmetrics: \x07\n", "3: holds a character that YAML does not allow (U+0007)"),
        ("metrics: \x1b[31m\n", "1: holds a character that YAML does not allow (U+001B)"),
        ("metrics: \x7f\n", "1: holds a character that YAML does not allow (U+007F)"),
        ("metrics: \ufffe\n", "1: holds a character that YAML does not allow (U+FFFE)"),
        ("metrics: {}\n...\n---\n{}\n", "3: is not YAML: expected a single document in the stream"),
        ("metrics: {\n\n", "1: is not YAML: while parsing a flow node did not find expected node content"),
        ("metrics:\n  a: b: c\n", "2: is not YAML: mapping values are not allowed in this context"),
        ("metrics:\n\ta: b\n", "2: is not YAML: while scanning for the next token"),
        ('metrics: {a: "\\ud800"}\n', "1: is not YAML: while parsing a quoted scalar"),
        ("metrics: *a\n", "1: is not YAML: found undefined alias"),
        ("? [metrics]\n: {}\n", "1: has a key that is not plain text"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(read, text, problem):
    first, *rest = said(read(text))
    assert first.startswith(problem)
    assert rest in ([], ["1: metrics: the key is missing"])


def test_a_key_that_stands_twice_is_told_with_both_lines(read):
    document = read("metrics:\n  a: b\n  c: d\n  a: e\n")
    assert said(document) == ["4: metrics.a: the key stands twice, first on line 2"]


def test_keys_that_differ_only_in_quotes_are_the_same(read):
    assert said(read("metrics: {}\n'metrics': {}\n")) == ["2: metrics: the key stands twice, first on line 1"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("metrics: {a: &x b, c: *x}\n", "1: metrics.c: is a YAML alias; write the value out instead"),
        ("metrics:\n  a: &x {b: c}\n  d: *x\n", "3: metrics.d: is a YAML alias; write the value out instead"),
        ("metrics: &x\n  a: *x\n", "2: metrics.a: is a YAML alias; write the value out instead"),
    ],
)
def test_an_alias_is_refused_where_it_stands(read, text, problem):
    assert problem in said(read(text))


def test_an_alias_makes_no_second_problem_of_the_value_it_lacks(read):
    assert said(read("metrics: {a: &x b, c: *x}\n")) == [
        "1: metrics.c: is a YAML alias; write the value out instead"
    ]


def test_aliases_of_aliases_take_no_time(read):
    """Written out, the last list would hold ten to the power of twelve items."""
    lists = "".join(f"  l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]\n" for n in range(1, 13))
    document = read(f"metrics:\n  l0: &l0 [x]\n{lists}")
    assert len([line for line in said(document) if "alias" in line]) == 120


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("!!int eighty", "!!int"),
        ("!!int '0x10'", "!!int"),
        ("!!float .nan", "!!float"),
        ("!!bool maybe", "!!bool"),
        ("!!null something", "!!null"),
        ("!!binary aGk=", "!!binary"),
        ("!!timestamp 2026-11-23", "!!timestamp"),
        ("!!set {a, b}", "!!set"),
        ("!!omap [a: b]", "!!omap"),
        ("!!str [a]", "!!str"),
        ("!custom a", "!custom"),
        ("!!python/object/apply:os.system [true]", "!!python/object/apply:os.system"),
    ],
)
def test_a_tag_is_refused_and_never_followed(read, text, tag):
    assert said(read(f"metrics: {text}\n")) == [
        f'1: metrics: has the YAML tag "{tag}"; content is plain text, numbers and lists'
    ]


@pytest.mark.parametrize("depth", [100, 900, 3_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ("{a: ", "}"), ("[", "")])
def test_deep_nesting_is_a_problem_and_no_crash(read, depth, opening, closing):
    assert said(read(f"metrics: {opening * depth}{closing * depth}\n"))


def test_a_very_deep_indent_is_a_problem_and_no_crash(read):
    text = "".join(f"{' ' * level}a:\n" for level in range(500))
    assert any("is nested deeper than 20 levels" in line for line in said(read(text)))


def test_a_number_may_not_be_endless(read):
    assert said(read(f"metrics: {'9' * 100_000}\n")) == [
        f'1: metrics: got "{"9" * 56}…", expected a number of up to 30 digits'
    ]


# -- The folder --


def test_each_missing_file_is_told(tmp_path):
    (tmp_path / "content").mkdir()
    folder = read_folder(tmp_path / "content")
    assert [str(problem) for problem in folder.problems] == [
        f"content/{name}.yaml:1: the file is missing"
        for name in ("categories", "segments", "stages", "order", "faqs", "redirects", "search", "changes")
    ]


def test_a_folder_in_place_of_a_file_is_told_once(read, tmp_path):
    (tmp_path / "content" / "redirects.yaml").mkdir(parents=True)
    folder = read_folder(tmp_path / "content")
    assert said(folder.documents["redirects.yaml"]) == ["1: cannot be read: Is a directory"]


def test_what_an_editor_leaves_beside_a_metric_is_ignored(tmp_path):
    """Vim's swap file and Emacs's lock (a link to nowhere) stand there while somebody edits."""
    metrics = tmp_path / "content" / "metrics"
    metrics.mkdir(parents=True)
    (metrics / ".time-to-value.yaml.swp").write_bytes(b"\0")
    (metrics / ".#time-to-value.yaml").symlink_to("user@host.1234")
    folder = read_folder(tmp_path / "content")
    assert not [problem for problem in folder.all_problems() if "/metrics/" in problem.file]


def test_another_kind_of_file_among_the_metrics_is_told(tmp_path):
    metrics = tmp_path / "content" / "metrics"
    metrics.mkdir(parents=True)
    (metrics / "time-to-value.yml").write_text("name: Time\n")
    lines = [str(problem) for problem in read_folder(tmp_path / "content").problems]
    assert lines[-1] == ("content/metrics/time-to-value.yml:1: is not read: expected a name that ends in .yaml")


def test_the_digest_changes_with_any_byte_and_with_any_name(tmp_path):
    folder = tmp_path / "content"
    (folder / "metrics").mkdir(parents=True)
    (folder / "redirects.yaml").write_text("metrics: {}\n")
    digests = [read_folder(folder).digest, read_folder(folder).digest]
    (folder / "redirects.yaml").write_text("metrics: {} \n")
    digests.append(read_folder(folder).digest)
    (folder / "metrics" / "a.yaml").write_text("")
    digests.append(read_folder(folder).digest)
    (folder / "metrics" / "a.yaml").rename(folder / "metrics" / "b.yaml")
    digests.append(read_folder(folder).digest)
    assert digests[0] == digests[1]
    assert len(set(digests)) == 4


# -- Words --


def test_a_problem_is_one_line_whatever_it_holds():
    problem = Problem("content/a.yaml", 3, "key\nwith break", 'got "a\r\n\x1b[31m\u2028b"')
    assert str(problem) == r'content/a.yaml:3: key\nwith break: got "a\r\n\x1b[31m\u2028b"'


def test_problems_are_sorted_counted_and_told_once():
    second, first = Problem("b.yaml", 2, "key", "wrong"), Problem("a.yaml", 10, "", "wrong")
    later = Problem("b.yaml", 10, "key", "wrong")
    assert str(ContentError([later, second, first, second])).splitlines() == [
        "a.yaml:10: wrong",
        "b.yaml:2: key: wrong",
        "b.yaml:10: key: wrong",
        "3 problems in 2 files; nothing was loaded.",
    ]
    assert str(ContentError([first])).endswith("\n1 problem in 1 file; nothing was loaded.")


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (None, "null"),
        (True, "true"),
        (12, "12"),
        (Decimal("0.50"), "0.50"),
        ("no", '"no"'),
        ([Decimal("88.5"), "a", None], '[88.5, "a", null]'),
        ({"min": 0, "max": [1]}, "{min: 0, max: [1]}"),
        ("x" * 80, f'"{"x" * 56}…"'),
        (list(range(40)), "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16…"),
    ],
)
def test_a_found_value_is_shown_as_it_would_stand_in_yaml(found, text):
    assert shown(found) == text


def test_a_near_miss_is_named():
    assert did_you_mean("categroy", ["category", "summary"]) == ', did you mean "category"?'
    assert did_you_mean("xyz", ["category", "summary"]) == ""


def test_a_few_known_names_are_listed_where_none_is_near():
    assert known_instead("xyz", ["min", "max", "max"]) == ", expected one of min, max"
    assert known_instead("xyz", ["metrics"]) == ", expected metrics"
    assert known_instead("mni", ["min", "max"]) == ', did you mean "min"?'
    assert known_instead("xyz", [f"name-{n}" for n in range(20)]) == ""
    assert known_instead("xyz", []) == ""
