"""Wrong content loads nothing and says all that is wrong.

Each mistake of `tests/samples/` is one small edit to a shipped file next to the exact lines that a load prints.
Lines move when content is edited, so the expected text says where they are: `{line}` is the line of the edit,
`{line+1}` the one after, `{line of benchmarks: > weak:}` the first line that begins with `weak:` below the first
one that begins with `benchmarks:`. `answered` are versions that somebody answered, as they are shipped.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.core.management import CommandError, call_command

from csmetrics.content import validate
from directory.loader.errors import ContentError

from .rows import all_rows

SAMPLES = Path(__file__).parent.parent / "samples" / "broken_content"
CASES = [case for path in sorted(SAMPLES.glob("*.yaml")) for case in yaml.safe_load(path.read_text())]


def edited(text, case):
    """The text after the edit, and the line where the edit begins. Says so where the sample no longer fits."""
    start = text.find(case.get("after", ""))
    place = text.find(case["replace"], start)
    assert min(start, place) >= 0, f"the sample {case['name']!r} no longer fits {case['file']}"
    line = text.count("\n", 0, place + len(case["replace"]) - len(case["replace"].lstrip("\n"))) + 1
    return text[:place] + case["with"] + text[place + len(case["replace"]) :], line


def line_of(text, beginnings):
    """The number of the first line with the last of the beginnings, looking for one after the other."""
    lines, number = text.splitlines(), 0
    for beginning in beginnings.split(" > "):
        while not re.sub(r"^[\s-]+", "", lines[number]).startswith(beginning):
            number += 1
    return number + 1


def expected(case, texts, edit_line):
    """The expected lines, with numbers for their placeholders."""

    def numbered(found):
        file, of, plus = found.group("file", "of", "plus")
        return f"content/{file}:{line_of(texts[file], of) if of else edit_line + int(plus or 0)}:"

    placeholder = r"^content/(?P<file>\S+):\{line(?: of (?P<of>[^}]+)|\+(?P<plus>\d+))?\}:"
    return [re.sub(placeholder, numbered, line) for line in case["expect"].splitlines()]


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_mistake_is_told_with_its_file_line_key_and_what_was_expected(case, shipped):
    text, line = edited(shipped.texts[case["file"]], case)
    texts = {**shipped.texts, case["file"]: text}
    answered = dict.fromkeys(case.get("answered", ()), shipped.questionnaire())
    problems = shipped.problems_with({case["file"]: text}, case.get("known", ()), answered)
    *problems, closing = problems or [""]
    assert sorted(problems) == sorted(expected(case, texts, line))
    assert closing.endswith("; nothing was loaded.")


# -- The command --


def spoil(folder, name, old, new):
    path = folder / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    return text.count("\n", 0, text.index(old)) + 1


@pytest.fixture
def spoiled(content_copy):
    """A folder with five mistakes in four files, and the lines that tell them."""
    unit = spoil(content_copy, "metrics/time-to-value.yaml", "\nunit: days", "\nunit: day") + 1
    slug = spoil(content_copy, "order.yaml", "- time-to-value\n", "- time-to-values\n")
    money = spoil(content_copy, "categories.yaml", "slug: health", "slug: health\n    color: red") + 1
    known = spoil(content_copy, "metrics/dau-mau-ratio.yaml", "\ndirection: ", "\ndirecton: ") + 1
    lines = [
        f"content/categories.yaml:{money}: categories[3].color: unknown key, expected one of slug, name, measures",
        "content/metrics/dau-mau-ratio.yaml:2: direction: the key is missing",
        f'content/metrics/dau-mau-ratio.yaml:{known}: directon: unknown key, did you mean "direction"?',
        f'content/metrics/time-to-value.yaml:{unit}: unit: got "day", expected one of percent, currency, days, '
        'months, ratio, score, count, did you mean "days"?',
        'content/order.yaml:3: directory: "time-to-value" is missing, expected every metric once',
        f'content/order.yaml:{slug}: directory[3]: no metric has the slug "time-to-values", '
        'did you mean "time-to-value"?',
        "6 problems in 4 files; nothing was loaded.",
    ]
    return content_copy, lines


@pytest.mark.django_db
def test_all_mistakes_are_told_at_once_and_the_database_stays_as_it_was(spoiled, capsys):
    folder, lines = spoiled
    before = all_rows()
    with pytest.raises(SystemExit) as end:
        call_command("load_content", folder)
    output = capsys.readouterr()
    assert end.value.code == 1
    assert output.out == ""
    assert output.err.splitlines() == lines
    assert all_rows() == before


def run_command(*arguments):
    """`load_content` as a process of its own; its database does not even exist."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "django", "load_content", *map(str, arguments)],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
        capture_output=True,
        text=True,
    )


def test_a_check_ends_with_code_1_and_no_traceback_and_needs_no_database(spoiled):
    folder, lines = spoiled
    done = run_command("--check", folder)
    assert (done.returncode, done.stdout, done.stderr.splitlines()) == (1, "", lines)


def test_a_check_of_right_content_ends_with_code_0():
    done = run_command("--check")
    assert (done.returncode, done.stdout, done.stderr) == (0, "24 metrics, no problem found.\n", "")


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(CommandError, match=r"There is no folder .*/nowhere\. Name the content folder"):
        call_command("load_content", tmp_path / "nowhere")


# -- Files --


def lines_of(folder):
    with pytest.raises(ContentError) as refusal:
        validate(folder)
    return str(refusal.value).splitlines()


def test_each_missing_file_is_told(content_copy):
    names = [
        f"{name}.yaml"
        for name in ("categories", "faqs", "order", "pages/about", "pages/map", "redirects", "search", "stages")
    ]
    for name in names:
        (content_copy / name).unlink()
    assert lines_of(content_copy) == [
        *(f"content/{name}:1: the file is missing" for name in names),
        "8 problems in 8 files; nothing was loaded.",
    ]


@pytest.mark.parametrize("slug", ["Time-to-Value", "time_to_value", "time to value", "-", "é", "a" * 61])
def test_the_name_of_a_metric_s_file_has_to_be_a_slug(shipped, slug):
    text = shipped.texts["metrics/time-to-value.yaml"]
    lines = shipped.problems_with({"metrics/time-to-value.yaml": None, f"metrics/{slug}.yaml": text})
    assert (
        f"content/metrics/{slug}.yaml:2: the file's name is the slug: "
        "expected up to 60 lower case letters, digits and -, then .yaml"
    ) in lines


def test_a_renamed_metric_is_told_wherever_it_was_named(shipped):
    text = shipped.texts["metrics/time-to-value.yaml"]
    lines = shipped.problems_with({"metrics/time-to-value.yaml": None, "metrics/time-to-worth.yaml": text})
    for key in ("directory", "crawl", "walk", "run"):
        assert any(line.startswith("content/order.yaml") and f": {key}[" in line for line in lines)
    assert any(line.startswith("content/metrics/") and "related[" in line for line in lines)
    assert any('links to the metric "time-to-value", but no metric has that slug' in line for line in lines)


def test_a_page_that_the_site_does_not_have_is_told(content_copy):
    (content_copy / "pages" / "about.yaml").rename(content_copy / "pages" / "imprint.yaml")
    assert lines_of(content_copy) == [
        "content/pages/about.yaml:1: the file is missing",
        "content/pages/imprint.yaml:2: no page has this name, "
        "expected one of about.yaml, directory.yaml, map.yaml",
        "2 problems in 2 files; nothing was loaded.",
    ]


def test_an_empty_metric_is_told_once_and_hides_nothing_else(shipped):
    """Its name is still known to the files that link to it."""
    lines = shipped.problems_with({"metrics/time-to-value.yaml": "", "redirects.yaml": "metrics: []\n"})
    assert lines == [
        "content/metrics/time-to-value.yaml:1: is empty",
        "content/redirects.yaml:1: metrics: got [], expected keys and values",
        "2 problems in 2 files; nothing was loaded.",
    ]


def test_a_broken_row_is_told_once_and_not_where_others_name_it(shipped):
    """An unknown key in a category must not make every metric's category unknown."""
    text = shipped.texts["categories.yaml"].replace("slug: health", "slug: health\n    color: red")
    problem, _ = shipped.problems_with({"categories.yaml": text})
    assert problem.endswith(".color: unknown key, expected one of slug, name, measures")
