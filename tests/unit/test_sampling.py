"""The margin of error of a score from a survey."""

from decimal import Decimal

import pytest

from directory.sampling import answers_in, counts_of, is_few, margin, mean


def counted(**answers):
    return {Decimal(name.removeprefix("v").replace("m", "-")): Decimal(count) for name, count in answers.items()}


def nps(promoters, passives, detractors):
    return margin(counted(v100=promoters, v0=passives, vm100=detractors))


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ((62, 38, 25), "13.67"),  # 1.96 * sqrt((0.496 + 0.2 - 0.296²) / 125) * 100
        ((500, 300, 200), "4.84"),
        ((50, 0, 50), "19.60"),
    ],
)
def test_margin_of_nps_is_that_of_a_difference_of_two_shares(answers, expected):
    found = nps(*answers)
    assert round(found.either_way, 2) == Decimal(expected)
    assert found.answers == sum(answers)


def test_the_variance_of_one_wave_needs_105_answers_for_15_points():
    """The content says so, for a variance of 0.61."""
    assert 14.5 < nps(52, 32, 21).either_way < 15.5


def test_a_share_takes_the_interval_of_wilson():
    """249 of 300 runs from 78.3 to 86.8, and 8 of 8 still means only 68 to 100: both stand in the content."""
    many, few = margin(counted(v100=249, v0=51)), margin(counted(v100=8, v0=0))
    assert [round(each, 1) for each in (many.low, many.high, many.either_way)] == [
        Decimal("78.3"),
        Decimal("86.8"),
        Decimal("4.3"),
    ]
    assert [round(each) for each in (few.low, few.high)] == [68, 100]
    assert few.either_way is None


def test_a_mean_of_ratings_takes_the_spread_of_the_sample():
    """The worked example of CES, whose text says about 0.18."""
    counts = dict(zip(map(Decimal, range(1, 8)), map(Decimal, (3, 4, 9, 14, 46, 71, 53)), strict=True))
    assert mean(counts) == Decimal("5.605")
    assert round(margin(counts).either_way, 2) == Decimal("0.18")


@pytest.mark.parametrize(
    ("answers", "few"),
    [((10, 9, 10), True), ((10, 10, 10), False), ((1, 0, 0), True), ((29, 0, 0), True), ((30, 0, 0), False)],
)
def test_few_answers_are_called_few_whether_or_not_they_are_alike(answers, few):
    promoters, passives, detractors = answers
    assert is_few(counted(v100=promoters, v0=passives, vm100=detractors)) == few


def test_counts_that_are_not_whole_are_no_answers():
    assert answers_in(counted(v100="2.5", v0=3)) is None
    assert not is_few(counted(v100="2.5", v0=3))
    assert not is_few({})


def test_an_interval_ends_where_the_scale_does():
    found = nps(28, 1, 0)
    assert found.high <= 100
    assert found.either_way is None


@pytest.mark.parametrize(
    "counts",
    [
        counted(v100=0, v0=0, vm100=0),
        counted(v100=5, v0=0, vm100=0),
        counted(v100="2.5", v0=3, vm100=1),
        counted(v100=-2, v0=30, vm100=1),
        counted(v1=0, v2=1),
        counted(v1=0, v2=50),
    ],
)
def test_no_margin_is_better_than_a_false_one(counts):
    assert margin(counts) is None


def test_a_total_counts_the_rest_as_zero():
    values = {"satisfied": Decimal(249), "all": Decimal(300)}
    assert counts_of({"satisfied": Decimal(100)}, "all", values) == counted(v100=249, v0=51)


def test_inputs_of_one_value_are_added_up():
    values = {"r1": Decimal(1), "r4": Decimal(4), "r5": Decimal(5)}
    answers = {"r1": Decimal(0), "r4": Decimal(100), "r5": Decimal(100)}
    assert counts_of(answers, None, values) == counted(v0=1, v100=9)
