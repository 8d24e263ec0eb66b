"""Laws of the calculator that hold for any text in any field."""

from decimal import Decimal
from fractions import Fraction

import pytest
from django.http import QueryDict
from django.test import Client
from hypothesis import assume, given
from hypothesis import strategies as st

from directory import calculator, formula, numbers, placement, sampling, solving
from directory.models import Metric
from tests.requests.page import METRICS, SEGMENTS, STAGES, Page

from .queries import anything, query_strings_of

pytestmark = pytest.mark.django_db

amounts = st.decimals(0, 10**9, places=2, allow_nan=False) | st.integers(0, 500).map(Decimal)
written = st.sampled_from(["{:f}", "{:,f}", "$ {:,f}", "{:f} %", "{:f}k", " {:,f} ", "({:f})", "−{:f}"])
texts = anything | st.builds(lambda how, value: how.format(value), written, amounts)
slugs = st.sampled_from(METRICS)


def definitions_of(slug):
    return calculator.definitions(Metric.objects.get(slug=slug))


def asked(definition, values):
    query = QueryDict(mutable=True)
    query["variant"] = definition.id
    for name, value in values.items():
        query[name] = value
    return query


@given(st.data())
def test_any_text_in_any_field_gives_a_number_or_a_message(data):
    slug = data.draw(slugs)
    known = definitions_of(slug)
    names = sorted({each.name for definition in known.values() for each in definition.inputs})
    values = data.draw(st.dictionaries(st.sampled_from(names), texts, max_size=len(names)))
    values["variant"] = data.draw(st.sampled_from(sorted(known)) | anything)
    if data.draw(st.booleans()):
        values["segment"] = data.draw(st.sampled_from(SEGMENTS))
    values = {name: text.encode(errors="replace").decode() for name, text in values.items()}
    for headers in ({}, {"HX-Request": "true"}):
        page = Page(slug, Client(headers=headers).get(f"/metrics/{slug}/", values))
        assert page.status == 200
        if not headers:
            assert page.errors == []
        has_number = 'id="result"' in page.text
        has_message = any(
            part in page.text
            for part in ("field-error", "Still needed", "not defined", "more than 15 digits", "Type your figures")
        )
        undefined = any(definition.undefined[:20] in page.text for definition in known.values())
        assert has_number or has_message or undefined


@given(
    query_strings_of({"segment": [*SEGMENTS, "none"], "stage": STAGES, "decimal": ["comma"], "promoters": ["5"]})
)
def test_any_query_string_is_answered(query_string):
    for headers in ({}, {"HX-Request": "true"}):
        answer = Client(headers=headers).get("/metrics/net-promoter-score/", QUERY_STRING=query_string)
        assert answer.status_code == 200


@given(texts, st.sampled_from(["currency", "count", "percent", "days", "years", "score"]), st.booleans())
def test_reading_gives_a_bounded_number_or_a_sentence(text, unit, comma):
    try:
        value = numbers.read(text, unit, decimal_comma=comma).value
    except numbers.Unreadable:
        return
    assert value.is_finite()
    assert abs(value) <= numbers.LARGEST


@given(amounts, st.booleans())
def test_what_is_shown_can_be_typed_again(value, comma):
    shown = f"{value:,f}"
    if comma:
        shown = shown.translate(str.maketrans(",.", ".,"))
    assert numbers.read(shown, "currency", decimal_comma=comma).value == value


@given(st.data())
def test_every_number_that_was_typed_stands_in_the_account(data):
    definition = data.draw(st.sampled_from(list(definitions_of(data.draw(slugs)).values())))
    typed = {
        each.name: data.draw(st.decimals(1, 10**6, places=data.draw(st.integers(0, 4))), label=each.name)
        for each in definition.inputs
    }
    try:
        lines = calculator.ledger(definition, typed, "€")
    except formula.UndefinedResult:
        return
    printed = " ".join(f"{line.working} {line.value}" for line in lines)
    for each in definition.inputs:
        assert calculator.typed_value(typed[each.name], each.unit, "€") in printed


@given(st.data())
def test_the_result_stays_in_the_range_of_its_definition_when_the_rules_hold(data):
    """The metric's own formula and each variant; small numbers too, so that the rules often hold."""
    slug = data.draw(slugs)
    metric = Metric.objects.get(slug=slug)
    known = calculator.definitions(metric)
    definition = known[data.draw(st.sampled_from(sorted(known)))]
    most = data.draw(st.sampled_from([20, 10**7]))
    values = {}
    for each in definition.inputs:
        high = min(each.max if each.max is not None else Decimal(most), Decimal(most))
        values[each.name] = str(data.draw(st.decimals(each.min or 0, high, places=0)))
    query = calculator.CalculatorQuery.read(asked(definition, values), known)
    made = calculator.calculate(metric, definition, query)
    assume(made.result is not None)
    low, high = definition.bounds
    assert low is None or made.result >= low
    assert high is None or made.result <= high
    assert not made.explanation or made.result > 100


@given(st.data())
def test_nothing_that_looks_impossible_is_judged(data):
    """A verdict stands beside a number that has no fault and no explanation."""
    slug = data.draw(slugs)
    known = definitions_of(slug)
    definition = known[data.draw(st.sampled_from(sorted(known)))]
    values = {each.name: str(data.draw(st.integers(-2, 20))) for each in definition.inputs}
    answer = Client().get(f"/metrics/{slug}/", {**values, "variant": definition.id, "segment": "smb"})
    made = answer.context["calculator"]
    if made.answer and made.answer.verdict.judgments:
        assert not made.calculation.errors
        assert not made.calculation.explanation


@given(st.data())
def test_solving_for_an_input_and_putting_it_back_reaches_the_bound(data):
    slug = data.draw(slugs)
    known = definitions_of(slug)
    definition = known[data.draw(st.sampled_from(sorted(known)))]
    typed = {
        each.name: data.draw(st.integers(1, 10**6).map(Decimal), label=each.name) for each in definition.inputs
    }
    typed = {
        each.name: min(typed[each.name], each.max) if each.max is not None else typed[each.name]
        for each in definition.inputs
    }
    bound = data.draw(st.decimals(-100, 10**6, places=1))
    of_percent = definition.unit == "percent"
    present = placement.result_of(definition.tree, typed, definition.limits, of_percent=of_percent)
    assume(present is not None and present != bound)
    rules = [rule for rule, _, _ in definition.constraints]
    for lever in placement.levers(
        definition.tree,
        definition.limits,
        typed,
        bound=bound,
        rising=present < bound,
        of_percent=of_percent,
        constraints=rules,
    ):
        assert lever.value == typed[lever.name] + lever.change
        changed = {**typed, lever.name: lever.value}
        made = placement.result_of(definition.tree, changed, definition.limits, of_percent=of_percent)
        assert placement.reaches(made, bound, rising=present < bound)
        given_input = next(each for each in definition.inputs if each.name == lever.name)
        assert given_input.min is None or lever.value >= given_input.min
        assert given_input.max is None or lever.value <= given_input.max
        if given_input.unit == "count":
            assert lever.value % 1 == 0


@given(st.data())
def test_a_solved_input_gives_exactly_the_result_it_was_solved_for(data):
    slug = data.draw(slugs)
    definition = definitions_of(slug)[""]
    values = {each.name: Decimal(data.draw(st.integers(1, 1000))) for each in definition.inputs}
    name = data.draw(st.sampled_from(sorted(values)))
    wanted = Decimal(data.draw(st.integers(1, 100))) / 100
    try:
        answer = solving.solve(definition.tree, name, values, wanted)
    except solving.Unsolvable:
        return
    assert (
        exactly(definition.tree, {**{each: Fraction(value) for each, value in values.items()}, name: answer})
        == wanted
    )


def exactly(node, values):
    match node:
        case formula.Number(value):
            return Fraction(value)
        case formula.Name(name):
            return values[name]
        case formula.Negative(of):
            return -exactly(of, values)
        case formula.Operation(sign, left, right):
            one, other = exactly(left, values), exactly(right, values)
            return {"+": one + other, "-": one - other, "*": one * other}[sign] if sign != "/" else one / other


BOUNDS = st.lists(st.integers(0, 100).map(Decimal), min_size=4, max_size=4).map(sorted)
ORDER = ["weak", "below", "typical", "between", "strong"]


@given(BOUNDS, st.decimals(-10, 110, places=2), st.decimals(0, 20, places=2), st.booleans())
def test_a_better_value_never_gets_a_worse_place(bounds, value, gain, lower):
    if lower:
        high, low = bounds[2], bounds[1]
        band = placement.Band("lower-is-better", bounds[3], low, high, bounds[0])
        better = value - gain
    else:
        band = placement.Band("higher-is-better", *bounds)
        better = value + gain
    assert ORDER.index(placement.place(better, band)) >= ORDER.index(placement.place(value, band))


@given(BOUNDS, st.decimals(-10, 110, places=2), st.booleans())
def test_the_next_step_leads_to_the_band_it_names(bounds, value, lower):
    band = (
        placement.Band("lower-is-better", bounds[3], bounds[1], bounds[2], bounds[0])
        if lower
        else placement.Band("higher-is-better", *bounds)
    )
    step = placement.next_step(value, band)
    if step is None:
        assert placement.place(value, band) == "strong"
        return
    assert step.gap > 0
    reached = placement.place(step.bound, band)
    assert ORDER.index(reached) >= ORDER.index(step.to)


@given(
    st.dictionaries(
        st.sampled_from([Decimal(each) for each in (-100, 0, 100)]), st.integers(0, 10**6).map(Decimal)
    )
)
def test_an_interval_holds_its_score_and_stays_on_the_scale(counts):
    found = sampling.margin(counts)
    if found is None:
        return
    score, hair = sampling.mean(counts), Decimal("1e-20")
    assert min(counts) <= found.low <= score + hair
    assert score - hair <= found.high <= max(counts)
