"""The style sheet and the script that production serves: one file each, made of those that a bundle imports."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage

from csmetrics.storage import BundledStaticFilesStorage, tightened_script, tightened_style

SHEETS = {
    "css/site.css": '/* All */\n@import "tokens.css";\n@import "components/button.css";\n',
    "css/assessment.css": '@import "components/verdict.css";\n',
    "css/components/verdict.css": ".verdict { --size: 2em; color: var(--ink); }\n",
    "css/tokens.css": ":root { --ink: black; }\n",
    "css/components/button.css": ".button { color: var(--ink); }\n",
    "js/site.js": '// All\nimport "./search.js";\nimport "./history.js";\n',
    "js/search.js": "// Search\n(() => {\n  // One\n  one(); // two\n})();\n",
    "js/history.js": "three();\n",
}


class Collected:
    """Source files, and what collecting them gives."""

    def __init__(self, folder: Path) -> None:
        self.sources = FileSystemStorage(folder / "sources")
        self.folder = folder / "collected"
        for name, text in SHEETS.items():
            self.write(name, text)

    def write(self, name: str, text: str) -> None:
        self.sources.delete(name)
        self.sources.save(name, ContentFile(text.encode()))

    def collect(self, names: tuple[str, ...] = tuple(SHEETS), bundle: str = "css/site.css") -> str:
        """The hashed name of a bundle. As `collectstatic` without `--clear`: only what is not there is copied."""
        storage = BundledStaticFilesStorage(location=self.folder)
        paths: dict[str, Any] = {name: (self.sources, name) for name in names}
        for name in names:
            if not storage.exists(name):
                with self.sources.open(name) as file:
                    storage.save(name, file)
        for _, _, processed in storage.post_process(paths):
            if isinstance(processed, Exception):
                raise processed
        return storage.stored_name(bundle)


@pytest.fixture
def collected(tmp_path: Path) -> Collected:
    return Collected(tmp_path)


def test_imported_sheets_are_set_in_their_place(collected):
    name = collected.collect()
    assert re.fullmatch(r"css/site\.[0-9a-f]{12}\.css", name)
    assert (collected.folder / name).read_text() == ":root{--0: black;}.button{color: var(--0);}"


def test_sheets_of_a_page_call_a_variable_by_the_same_number(collected):
    name = collected.collect(bundle="css/assessment.css")
    assert (collected.folder / name).read_text() == ".verdict{--1: 2em;color: var(--0);}"


def test_imported_scripts_are_set_in_their_place(collected):
    name = collected.collect(bundle="js/site.js")
    assert re.fullmatch(r"js/site\.[0-9a-f]{12}\.js", name)
    assert (collected.folder / name).read_text() == "(() => {\none(); // two\n})();\nthree();\n"


def test_the_bundle_is_compressed(collected):
    name = collected.collect()
    collected.write("css/tokens.css", ":root { --ink: black; }\n" * 200)
    name = collected.collect()
    assert (collected.folder / f"{name}.br").exists()
    assert (collected.folder / f"{name}.gz").exists()


def test_a_changed_component_gives_the_bundle_another_name(collected):
    """Also without `--clear`, when the bundle of the last time is in the place of its source."""
    before = collected.collect()
    collected.write("css/components/button.css", ".button { color: red; }\n")
    after = collected.collect()
    assert after != before
    assert "red" in (collected.folder / after).read_text()


def test_an_import_of_nothing_is_named(collected):
    with pytest.raises(ValueError, match=r"^css/site\.css imports css/tokens\.css, which is not among the static"):
        collected.collect(("css/site.css", "css/components/button.css"))


@pytest.mark.parametrize(
    ("sheet", "tight"),
    [
        ("/* A note. */\na {\n  color: red;\n}\n", "a{color: red;}"),
        (
            'a::after { content: "/* kept,  as { it } is; --so */"; }',
            'a::after{content: "/* kept,  as { it } is; --so */";}',
        ),
        ("a { /* why */ color: red }", "a{color: red}"),
        ("a\n\n  b{}", "a b{}"),
        ("a/* */b{}", "a b{}"),
        ("a , b > c { margin: 0 , 1px }", "a,b > c{margin: 0,1px}"),
        ('/* it\'s */ a::after { content: "x" }', 'a::after{content: "x"}'),
        ("a::after { content: '  ' }", "a::after{content: '  '}"),
        (
            ".a--low { --low: 1; --high: 2; top: var(--high) var(--low) }",
            ".a--low{--0: 1;--1: 2;top: var(--1) var(--0)}",
        ),
    ],
)
def test_the_style_loses_comments_and_space_but_nothing_of_a_string(sheet, tight):
    assert tightened_style(sheet, {}) == tight


def test_the_script_loses_lines_of_comment_and_indentation_but_nothing_of_a_line():
    assert tightened_script('// a\n  // b\n\n  c("// d  ");\ne\n', {}) == 'c("// d  ");\ne\n'


def test_no_variable_is_named_outside_the_style_sheets():
    """They have other names in production."""
    named = re.compile(r"(?<![\w-])--[a-z][\w-]*:|var\(--|Property\(")
    for folder, pattern in (("templates", "*.html"), ("static/js", "*.js")):
        for path in (settings.BASE_DIR / folder).rglob(pattern):
            assert not named.search(path.read_text()), path


def test_no_text_of_a_script_has_several_lines():
    for path in (settings.BASE_DIR / "static/js").glob("*.js"):
        for text in re.findall(r"`[^`]*`", path.read_text()):
            assert "\n" not in text, path
