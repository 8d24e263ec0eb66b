"""The style sheet that production serves: one file, made of those that `css/site.css` imports."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage

from csmetrics.storage import BundledStaticFilesStorage, tightened

SHEETS = {
    "css/site.css": '/* All */\n@import "tokens.css";\n@import "components/button.css";\n',
    "css/tokens.css": ":root { --ink: black; }\n",
    "css/components/button.css": ".button { color: var(--ink); }\n",
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

    def collect(self, names: tuple[str, ...] = tuple(SHEETS)) -> str:
        """The hashed name. As `collectstatic` without `--clear`: only what is not there yet is copied."""
        storage = BundledStaticFilesStorage(location=self.folder)
        paths: dict[str, Any] = {name: (self.sources, name) for name in names}
        for name in names:
            if not storage.exists(name):
                with self.sources.open(name) as file:
                    storage.save(name, file)
        for _, _, processed in storage.post_process(paths):
            if isinstance(processed, Exception):
                raise processed
        return storage.stored_name("css/site.css")


@pytest.fixture
def collected(tmp_path: Path) -> Collected:
    return Collected(tmp_path)


def test_imported_sheets_are_set_in_their_place(collected):
    name = collected.collect()
    assert re.fullmatch(r"css/site\.[0-9a-f]{12}\.css", name)
    assert (collected.folder / name).read_text() == (":root { --ink: black; } .button { color: var(--ink); }")


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
        ("/* A note. */\na {\n  color: red;\n}\n", "a { color: red; }"),
        ('a::after { content: "/* kept  as it is */"; }', 'a::after { content: "/* kept  as it is */"; }'),
        ("a { /* why */ color: red }", "a { color: red }"),
        ("a\n\n  b{}", "a b{}"),
        ("a/* */b{}", "a b{}"),
        ('/* it\'s */ a::after { content: "x" }', 'a::after { content: "x" }'),
        ("a::after { content: '  ' }", "a::after { content: '  ' }"),
    ],
)
def test_the_bundle_loses_comments_and_indentation_but_nothing_of_a_string(sheet, tight):
    assert tightened(sheet) == tight
