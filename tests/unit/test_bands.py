"""The geometry of benchmark charts: axes, ticks, and the steps of a band."""

import pytest

from directory.bands import LOG_FROM, MOST_TICKS, Axis, Step, axis_for, steps

HUNDRED = Axis(0.0, 100.0, step=25.0)


def values(axis):
    return [tick.value for tick in axis.ticks]


# -- Axis --


def test_no_figures_give_no_axis():
    assert axis_for([], unit="percent") is None


def test_axis_is_round_and_has_room_on_both_sides():
    axis = axis_for([82, 95], unit="percent", low=0, high=None)
    assert axis.low < 82
    assert axis.high > 95
    assert axis.step in (1, 2, 2.5, 5, 10)
    assert [value % axis.step for value in values(axis)] == [0] * len(values(axis))
    assert 3 <= len(values(axis)) <= MOST_TICKS + 1


@pytest.mark.parametrize("order", [[30, 90, 60], [90, 60, 30]])
def test_order_of_the_figures_is_no_matter(order):
    assert axis_for(order, unit="days") == axis_for([30, 60, 90], unit="days")


def test_axis_stays_inside_the_bounds_of_the_metric():
    axis = axis_for([5, 98], unit="percent", low=0, high=100)
    assert (axis.low, axis.high) == (0.0, 100.0)


def test_axis_of_positive_figures_starts_at_zero_at_the_lowest():
    assert axis_for([1, 40], unit="days").low == 0.0


def test_axis_of_a_score_that_can_be_negative_leaves_room_below_zero():
    """NPS runs from -100: "weak under 0" needs a stretch to be drawn on."""
    axis = axis_for([0, 30, 66], unit="score", low=-100, high=100)
    assert axis.low < 0
    assert steps(axis, weak=0, low=None, high=None, strong=None)[0].width > 0


def test_axis_holds_negative_figures():
    axis = axis_for([-12, 4], unit="percent")
    assert axis.low <= -12
    assert axis.high >= 4
    assert 0 in values(axis)


@pytest.mark.parametrize("value", [0, 1, 0.4, 100, -7, 1_000_000])
@pytest.mark.parametrize("unit", ["percent", "currency"])
def test_single_figure_gets_an_axis_around_it(value, unit):
    axis = axis_for([value], unit=unit)
    assert axis.low < axis.high
    assert 0 <= axis.x(value) <= 100


def test_single_figure_at_a_bound_gets_an_axis_too():
    assert axis_for([100], unit="percent", low=0, high=100).x(100) == 100
    assert axis_for([0], unit="percent", low=0, high=100).x(0) == 0


@pytest.mark.parametrize("figures", [[150], [120], [-30], [-30, 150], [50, 400]])
def test_figure_beyond_a_bound_moves_the_bound(figures):
    axis = axis_for(figures, unit="percent", low=0, high=100)
    assert axis.low <= min(figures)
    assert axis.high >= max(figures)


def test_money_that_spans_much_is_drawn_on_powers_of_ten():
    axis = axis_for([300, 90_000], unit="currency")
    assert axis.logarithmic
    assert values(axis) == [100, 1_000, 10_000, 100_000]
    assert [tick.x for tick in axis.ticks] == [0, 33.33, 66.67, 100]


def test_logarithmic_axis_has_room_above_a_figure_on_a_power_of_ten():
    assert axis_for([100, 10_000], unit="currency").high == 100_000


@pytest.mark.parametrize(
    ("figures", "unit"),
    [([100, 100 * LOG_FROM - 1], "currency"), ([0, 90_000], "currency"), ([1, 90_000], "days")],
    ids=["narrow", "from zero", "no money"],
)
def test_other_figures_are_drawn_on_an_even_axis(figures, unit):
    assert not axis_for(figures, unit=unit).logarithmic


# -- Places --


def test_value_stands_where_it_belongs_and_never_outside():
    assert [HUNDRED.x(value) for value in (-20, 0, 25, 33.333, 100, 140)] == [0, 0, 25, 33.33, 100, 100]


def test_equal_factors_are_equal_distances_on_a_logarithmic_axis():
    axis = Axis(10.0, 1000.0, logarithmic=True)
    assert [axis.x(value) for value in (1, 10, 100, 1000, 5000)] == [0, 0, 50, 100, 100]


def test_labels_at_the_ends_are_set_inwards():
    assert [tick.anchor for tick in HUNDRED.ticks] == ["start", "middle", "middle", "middle", "end"]


# -- Steps --


def test_rising_band_runs_from_weak_to_strong():
    assert steps(HUNDRED, weak=40, low=50, high=60, strong=75) == [
        Step("weak", 0, 40),
        Step("typical", 50, 10),
        Step("strong", 75, 25),
    ]


def test_falling_band_runs_from_strong_to_weak():
    assert steps(HUNDRED, weak=75, low=50, high=60, strong=40, lower_is_better=True) == [
        Step("strong", 0, 40),
        Step("typical", 50, 10),
        Step("weak", 75, 25),
    ]


@pytest.mark.parametrize("lower_is_better", [False, True])
def test_unknown_parts_are_left_out(lower_is_better):
    def kinds(**known):
        unknown = dict.fromkeys(("weak", "low", "high", "strong"))
        return [each.kind for each in steps(HUNDRED, **{**unknown, **known}, lower_is_better=lower_is_better)]

    assert kinds() == []
    assert kinds(weak=20) == ["weak"]
    assert kinds(strong=80) == ["strong"]
    assert kinds(low=20, high=80) == ["typical"]
    assert kinds(low=20) == []
    assert kinds(high=80) == []


def test_touching_parts_leave_no_gap_and_others_do():
    touching = steps(HUNDRED, weak=40, low=40, high=60, strong=60)
    assert [(each.x, each.x + each.width) for each in touching] == [(0, 40), (40, 60), (60, 100)]
    apart = steps(HUNDRED, weak=20, low=40, high=60, strong=80)
    assert [each.x for each in apart] == [0, 40, 80]


def test_typical_of_one_figure_has_its_place_and_no_width():
    assert steps(HUNDRED, weak=None, low=50, high=50, strong=None) == [Step("typical", 50, 0)]


def test_band_on_a_logarithmic_axis_keeps_its_order():
    axis = axis_for([300, 1_000, 5_000, 90_000], unit="currency")
    made = steps(axis, weak=300, low=1_000, high=5_000, strong=90_000)
    assert [each.kind for each in made] == ["weak", "typical", "strong"]
    assert [each.x for each in made] == sorted(each.x for each in made)
