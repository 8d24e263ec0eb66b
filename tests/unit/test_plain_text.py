"""Texts of the content without their markup."""

import pytest

from directory.api.text import plain_prose, plain_text, typed


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("Plain.", "Plain."),
        ("**Strong** and *soft*.", "Strong and soft."),
        ("The median was 84% [@aleph-2026].", "The median was 84% [@aleph-2026]."),
        ("See [net retention](metric:net-revenue-retention).", "See net retention."),
        ("Two\n  lines", "Two lines"),
        ("1. is no list", "1. is no list"),
        ("A `code` & <b>", "A code & <b>"),
        (r"\*kept\*", "*kept*"),
    ],
)
def test_text_keeps_its_words_and_source_marks(written, plain):
    assert plain_text(written) == plain


def test_prose_keeps_its_paragraphs_and_lists():
    written = "First **one**,\nsame paragraph.\n\n- a\n- [b](metric:c)\n\nLast.\n\n1. one\n2. two\n"
    assert plain_prose(written) == "First one, same paragraph.\n\n- a\n- b\n\nLast.\n\n- one\n- two"


@pytest.mark.parametrize(
    ("shown", "plain"),
    [
        ("“It’s 80–88\u202f%”", '"It\'s 80-88%"'),
        ("10 % in 2016", "10% in 2016"),
        ("−5 – or less…", "-5 - or less..."),
        ("15\u00a0days", "15 days"),
        ("per cent", "per cent"),
    ],
)
def test_typographers_signs_are_given_as_they_are_typed(shown, plain):
    assert typed(shown) == plain
