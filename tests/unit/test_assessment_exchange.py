"""Lines of calendar files: folded by bytes, and escaped."""

import pytest

from assessment.exchange import LONGEST_LINE, _escaped, _folded


@pytest.mark.parametrize("length", [0, 1, 74, 75, 76, 149, 150, 400])
@pytest.mark.parametrize("character", ["a", "é", "東", "😀"])
def test_folded_lines_are_at_most_75_bytes_and_unfold_to_the_same(character, length):
    line = character * length
    parts = _folded(line).split("\r\n")
    assert all(len(part.encode()) <= LONGEST_LINE for part in parts)
    assert all(part.startswith(" ") for part in parts[1:])
    assert "".join([parts[0], *(part[1:] for part in parts[1:])]) == line


def test_line_of_75_bytes_stays_whole():
    assert _folded("x" * 75) == "x" * 75
    assert _folded("x" * 76) == f"{'x' * 75}\r\n x"


@pytest.mark.parametrize(
    ("text", "escaped"), [("a, b; c", "a\\, b\\; c"), ("a\\b", "a\\\\b"), ("a\nb", "a\\nb"), ("\\,", "\\\\\\,")]
)
def test_text_is_escaped(text, escaped):
    assert _escaped(text) == escaped
