"""How a change of one answer is told, and what a move between two places is called."""

import pytest

from assessment.comparison import _answer, _points


@pytest.mark.parametrize(
    ("before", "now", "said", "direction"),
    [
        ("2", "2", "The same", ""),
        (None, None, "The same", ""),
        ("ns", "ns", "The same", ""),
        ("0", "1", "1 place up", "up"),
        ("0", "3", "3 places up", "up"),
        ("3", "1", "2 places down", "down"),
        ("ns", "0", "Found out", ""),
        (None, "2", "Found out", ""),
        ("2", "ns", "No longer known", ""),
        ("2", None, "No longer known", ""),
        (None, "ns", "Not sure", ""),
    ],
)
def test_change_of_an_answer_is_told_in_places_or_as_knowing(before, now, said, direction):
    assert _answer(before, now) == (said, direction)


@pytest.mark.parametrize(
    ("difference", "said"), [(0, "The same"), (1, "1 point up"), (4, "4 points up"), (-1, "1 point down")]
)
def test_change_of_an_area_is_told_in_points(difference, said):
    assert _points(difference) == said
