"""Laws of the benchmark charts that hold for any figures."""

from hypothesis import given
from hypothesis import strategies as st

from directory.bands import MOST_TICKS, axis_for, steps

figures = st.floats(-1_000_000, 1_000_000).map(lambda value: round(value, 2))
units = st.sampled_from(["percent", "currency", "days", "score"])
bounds = st.just((None, None)) | st.tuples(st.none() | st.floats(-1000, 0), st.none() | st.floats(1, 1000))


@given(st.lists(figures, min_size=1, max_size=12), units, bounds)
def test_axis_holds_every_figure_and_few_ticks_in_order(values, unit, bounds):
    """Also where figures lie beyond the bounds of the metric."""
    axis = axis_for(values, unit=unit, low=bounds[0], high=bounds[1])
    hair = (axis.high - axis.low) * 1e-6
    assert axis.low <= min(values) + hair
    assert axis.high >= max(values) - hair
    places = [tick.x for tick in axis.ticks]
    assert places == sorted(places)
    assert (places[0], places[-1]) == (0, 100)
    assert 2 <= len(places) <= MOST_TICKS + 6


@given(st.lists(figures, min_size=4, max_size=4).map(sorted), units, st.booleans())
def test_every_step_stands_inside_the_chart_and_they_never_overlap(values, unit, lower_is_better):
    axis = axis_for(values, unit=unit)
    first, low, high, last = values
    weak, strong = (last, first) if lower_is_better else (first, last)
    made = steps(axis, weak=weak, low=low, high=high, strong=strong, lower_is_better=lower_is_better)
    assert [each.kind for each in made] == (
        ["strong", "typical", "weak"] if lower_is_better else ["weak", "typical", "strong"]
    )
    end = 0.0
    for each in made:
        assert each.x >= end - 0.011
        assert each.width >= 0
        end = each.x + each.width
    assert end <= 100.011


@given(st.lists(figures, min_size=2, max_size=6), units)
def test_greater_figures_stand_further_to_the_right(values, unit):
    axis = axis_for(values, unit=unit)
    places = [axis.x(value) for value in sorted(values)]
    assert places == sorted(places)
    assert all(0 <= place <= 100 for place in places)
