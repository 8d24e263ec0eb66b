"""Messages about what cannot be used, and text on one line."""

import pytest

from assessment.forms import MOST_MESSAGES, InputError, one_line


@pytest.mark.parametrize(("count", "lines"), [(1, 1), (6, 6), (7, 7), (500, 7)])
def test_of_many_messages_the_first_are_given_and_the_rest_counted(count, lines):
    messages = InputError(f"message {number}" for number in range(count)).messages
    assert len(messages) == lines
    if count > MOST_MESSAGES:
        assert messages[-1] == f"And {count - MOST_MESSAGES} more."


def test_each_message_is_given_once():
    assert InputError(["a", "b", "a"]).messages == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", ""),
        ("  a  b ", "a b"),
        ("a\r\n\tb", "a b"),
        ("a\0b", "a b"),
        ("a\u2028b", "a b"),
        ("é 東 😀", "é 東 😀"),
    ],
)
def test_text_becomes_one_line_of_printable_characters(text, line):
    assert one_line(text) == line
