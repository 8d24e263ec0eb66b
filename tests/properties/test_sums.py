"""A law of the shipped formulas: a result stays in the range of its metric where the constraints hold."""

from decimal import Decimal

import pytest
from django.conf import settings
from hypothesis import HealthCheck, assume, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from directory import formula

SLUGS = sorted(path.stem for path in settings.CONTENT_DIR.glob("metrics/*.yaml"))
LARGE = Decimal(10) ** 7


def values_of(each):
    """What a reader may type for an input, as it enters the arithmetic."""
    low, high = -LARGE if each.min is None else each.min, LARGE if each.max is None else each.max
    if each.unit == "count":
        return st.integers(int(low.to_integral_value()), int(high)).map(Decimal)
    typed = st.decimals(low, high, places=2) | st.sampled_from([low, high])
    return typed.map(lambda value: value / 100) if each.unit == "percent" else typed


@pytest.mark.parametrize("slug", SLUGS)
@hypothesis_settings(suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_result_stays_in_the_range_of_its_metric(shipped, slug, data):
    metric = shipped.documents[f"metrics/{slug}.yaml"].content
    names = [each.name for each in metric.formula.inputs]
    given = {each.name: data.draw(values_of(each), label=each.name) for each in metric.formula.inputs}
    for each in metric.formula.constraints:
        assume(formula.holds(formula.parse_comparison(each.rule, names), given))
    try:
        result = formula.evaluate(formula.parse(metric.formula.expression, names), given)
    except formula.UndefinedResult:
        return
    result *= 100 if metric.unit == "percent" else 1
    assert metric.range.min is None or result >= metric.range.min
    assert metric.range.max is None or result <= metric.range.max
