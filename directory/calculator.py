"""The calculator of a metric page: from the query string to fields, messages, a result and its account.

The state is the query string and nothing is kept. What is computed and what is shown come from one tree.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.safestring import SafeString, mark_safe

from . import formula, numbers, placement, sampling, solving, verdict, words
from .forms import PageQuery
from .models import Benchmark, Metric, Segment, Source

LONGEST_KEPT = 60  # characters of a typed text that are shown again
TOO_LARGE = Decimal(10) ** 15
DECIMALS = ("comma",)
DOLLARS = "$"
OTHER_STYLE = str.maketrans(",.", ".,")
HARMLESS = str.maketrans(
    {
        **dict.fromkeys("\t\n\r\u00a0\u2007\u2009\u202f", " "),
        **dict.fromkeys("\u200b\u200e\u200f\u202a\u202c\ufeff", ""),
    }
)


# -- What can be computed --


@dataclass(frozen=True)
class Input:
    """One number that is asked for. Bounds and default are in the unit it is typed in."""

    name: str
    label: str
    term: str
    unit: str
    help: str
    min: Decimal | None
    max: Decimal | None
    default: Decimal | None
    lever: verdict.LeverWords | None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Input:
        name, label, term, unit, said = (str(row[key]) for key in ("name", "label", "term", "unit", "help"))
        low, high, default = (_decimal(row[key]) for key in ("min", "max", "default"))
        given = row["lever"] or {"one": None, "many": term}
        lever = None if row["lever"] is False else verdict.LeverWords(unit, given["one"] or "", given["many"])
        return cls(name, label, term, unit, said, low, high, default, lever)

    @property
    def sign(self) -> str:
        """The unit beside the field."""
        return {"percent": "%", "days": "days", "months": "months", "years": "years", "ratio": "×"}.get(
            self.unit, ""
        )

    @property
    def mode(self) -> str:
        """Which keys a phone offers."""
        return "numeric" if self.unit == "count" else "decimal"

    @property
    def limits(self) -> placement.Limits:
        return placement.Limits(self.name, self.unit, self.min, self.max, moves=self.lever is not None)


@dataclass(frozen=True)
class Definition:
    """One way to compute the metric: its own formula, or a variant with an expression."""

    id: str
    name: str
    unit: str
    tree: formula.Node
    inputs: tuple[Input, ...]
    constraints: tuple[tuple[formula.Comparison, str, str], ...]
    undefined: str
    bounds: tuple[Decimal | None, Decimal | None]
    example: Mapping[str, Decimal]
    sample: Mapping[str, Any] | None
    measure: str  # the id of what benchmark rows have to measure; none is the metric itself

    @property
    def terms(self) -> dict[str, str]:
        return {each.name: each.term for each in self.inputs}

    @property
    def spelled(self) -> str:
        return formula.spelled(self.tree, self.terms)

    @property
    def mathml(self) -> SafeString:
        return mark_safe(formula.mathml(self.tree, self.terms, self.name))  # noqa: S308  (escaped there)

    @property
    def limits(self) -> list[placement.Limits]:
        return [each.limits for each in self.inputs]


def definitions(metric: Metric) -> dict[str, Definition]:
    """Every way to compute the metric, by its id; its own has none and comes first."""
    page, bounds = metric.page["formula"], metric.page["range"]
    own = {
        **page,
        "id": "",
        "name": metric.short_name,
        "unit": metric.unit,
        "example": metric.page["example"],
        "range": bounds,
        "same_as_metric": True,
    }
    made = [_definition(own, page["inputs"], page["constraints"])]
    for each in page["variants"]:
        if each["expression"]:
            row = {**each, "range": bounds} if each["same_as_metric"] else each
            constraints = [*page["constraints"], *each["constraints"]]
            made.append(_definition(row, [*page["inputs"], *each["inputs"]], constraints))
    return {each.id: each for each in made}


def _definition(
    row: Mapping[str, Any],
    inputs: Sequence[Mapping[str, Any]],
    constraints: Sequence[Mapping[str, Any]],
) -> Definition:
    """Only the inputs that the expression uses are asked for, and only rules about those apply."""
    tree = formula.parse(row["expression"], [each["name"] for each in inputs])
    used = set(formula.names_in(tree))
    asked = tuple(Input.of(each) for each in inputs if each["name"] in used)
    rules = []
    for each in constraints:
        rule = formula.parse_comparison(each["rule"], [every["name"] for every in inputs])
        if {*formula.names_in(rule.left), *formula.names_in(rule.right)} <= used:
            rules.append((rule, each["field"], each["message"]))
    given = {name: Decimal(str(value)) for name, value in row["example"]["inputs"].items() if name in used}
    bounds = row["range"] or {"min": None, "max": None}
    return Definition(
        id=row["id"],
        name=row["name"],
        unit=row["unit"],
        tree=tree,
        inputs=asked,
        constraints=tuple(rules),
        undefined=row["undefined"] or "This is not defined: it would divide by zero.",
        bounds=(_decimal(bounds["min"]), _decimal(bounds["max"])),
        example=given,
        sample=row["sample"],
        measure="" if row["same_as_metric"] else row["id"],
    )


def _decimal(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))


# -- What was asked --


@dataclass(frozen=True)
class CalculatorQuery:
    """The state of the calculator: `?variant=`, `decimal=comma`, and a text for each input."""

    variant: str = ""
    decimal_comma: bool = False
    texts: tuple[tuple[str, str], ...] = ()
    is_asked: bool = False
    is_state: bool = False
    notices: tuple[str, ...] = ()

    @classmethod
    def read(cls, query: QueryDict, known: Mapping[str, Definition]) -> CalculatorQuery:
        notices = []
        variant = query.get("variant", "").strip()
        if variant not in known:
            notices.append(f"There is no definition “{_printable(variant)}” here, so the metric’s own is used.")
            variant = ""
        texts = tuple((each.name, _printable(query.get(each.name, ""))) for each in known[variant].inputs)
        decimal_comma = query.get("decimal", "") in DECIMALS
        is_asked = any(text for _, text in texts)
        return cls(variant, decimal_comma, texts, is_asked, is_asked or bool(variant), tuple(notices))

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """What of the query string belongs to the calculator, as short as it can be."""
        pairs = [("variant", self.variant)] if self.variant else []
        pairs += [("decimal", "comma")] if self.decimal_comma else []
        return pairs + [(name, text) for name, text in self.texts if text]

    def with_example(self, definition: Definition) -> CalculatorQuery:
        texts = tuple((name, f"{value:f}") for name, value in definition.example.items())
        return replace(self, decimal_comma=False, texts=texts)


def _printable(text: str) -> str:
    """As typed, without invisible marks that come along when a number is copied; other oddities show as such."""
    kept = text[: 4 * LONGEST_KEPT]
    shown = "".join(each if each.isprintable() or ord(each) in HARMLESS else "\ufffd" for each in kept)
    return shown.translate(HARMLESS).strip()[:LONGEST_KEPT]


# -- What came of it --


@dataclass(frozen=True)
class Field:
    """An input with what was typed: understood, refused, or nothing yet."""

    input: Input
    text: str
    value: Decimal | None = None
    sign: str = ""
    error: str = ""
    note: str = ""

    @property
    def is_missing(self) -> bool:
        return self.value is None and not self.error


@dataclass(frozen=True)
class Calculation:
    """A calculation, as far as it came."""

    metric: Metric
    definition: Definition
    query: CalculatorQuery
    fields: list[Field]

    @property
    def is_asked(self) -> bool:
        return self.query.is_asked

    @property
    def missing(self) -> list[Field]:
        return [each for each in self.fields if each.is_missing]

    @property
    def errors(self) -> list[Field]:
        return [each for each in self.fields if each.error]

    @property
    def typed(self) -> dict[str, Decimal]:
        return {each.input.name: each.value for each in self.fields if each.value is not None}

    @cached_property
    def _computed(self) -> Decimal | None:
        """The result of complete inputs, whether they may stand or not; none where it is not defined."""
        of_percent = self.definition.unit == "percent"
        return placement.result_of(self.definition.tree, self.typed, self.definition.limits, of_percent=of_percent)

    @property
    def is_complete(self) -> bool:
        return self.is_asked and len(self.typed) == len(self.fields)

    @property
    def is_defined(self) -> bool:
        return self._computed is not None

    @property
    def undefined(self) -> str:
        """The sentence for inputs that give no result: a normal answer."""
        return self.definition.undefined if self.is_complete and not self.errors and not self.is_defined else ""

    @property
    def result(self) -> Decimal | None:
        """The result, where every input is there and may stand."""
        if not self.is_complete or self.errors or self._computed is None or abs(self._computed) > TOO_LARGE:
            return None
        return self._computed

    @property
    def too_large(self) -> str:
        if self.is_complete and not self.errors and self._computed is not None and self.result is None:
            return "The result has more than 15 digits. Check the numbers above for a slip."
        return ""

    @property
    def money(self) -> str:
        """The currency sign that was typed first; where others differ from it, there is no result."""
        return next((each.sign for each in self.fields if each.sign), "")

    @property
    def explanation(self) -> str:
        """Why a result looks impossible, where it does: no verdict may rest on it."""
        value, unit = self.result, self.definition.unit
        if value is None:
            return ""
        low, high = self.definition.bounds
        if (low is not None and value < low) or (high is not None and value > high):
            ends = [f"from {words.number(low)}"] if low is not None else []
            ends.append(f"to {words.figure(high, unit)}" if high is not None else "up")
            return f"{self.definition.name} runs {' '.join(ends)}, so one of the numbers does not fit its label."
        match self.definition.tree:
            case formula.Operation("/", formula.Name(part), formula.Name(whole)):
                inputs = {each.name: each for each in self.definition.inputs}
                are_counts = inputs[part].unit == inputs[whole].unit == "count"
                if unit == "percent" and value > 100 and are_counts:
                    more = f"with more under “{inputs[part].label}” than under “{inputs[whole].label}”"
                    return f"This is over 100{words.THIN}%, {more}. Find out why before you read anything into it."
        return ""

    @property
    def ledger(self) -> list[AccountLine]:
        return ledger(self.definition, self.typed, self.money)

    @property
    def counts(self) -> dict[Decimal, Decimal]:
        """The number of answers of each value, for a score from a survey; empty for anything else."""
        sample = self.definition.sample
        if not sample or self.result is None:
            return {}
        answers = {name: Decimal(str(value)) for name, value in sample["answers"].items()}
        return sampling.counts_of(answers, sample["total"], self.typed)

    @cached_property
    def margin(self) -> sampling.Margin | None:
        return sampling.margin(self.counts)

    @property
    def is_small(self) -> bool:
        """Whether a score rests on few answers, be they alike or not."""
        return sampling.is_few(self.counts)


def calculate(metric: Metric, definition: Definition, query: CalculatorQuery) -> Calculation:
    """Reads every field, then holds the rules of the formula against them. One cause gets one message."""
    made = Calculation(metric, definition, query, [_field(each, query) for each in definition.inputs])
    if not made.is_asked:
        return made
    fields = _in_one_currency(_without_normal_zeros(made))
    return replace(made, fields=_by_the_rules(definition, fields))


def _without_normal_zeros(made: Calculation) -> list[Field]:
    """A zero that leaves nothing to divide by is an answer and no fault.

    Where something else that is divided by is there, the sentence of the content may be about that, and the zero
    keeps its own message.
    """
    if not made.is_complete or made.is_defined:
        return made.fields
    below = solving.uses(made.definition.tree).below
    if any(value for name, value in made.typed.items() if name in below):
        return made.fields
    return [replace(each, error="") if each.value == 0 else each for each in made.fields]


def _in_one_currency(fields: list[Field]) -> list[Field]:
    """Amounts in two currencies cannot be added up, so the second one is a fault."""
    first = next((each for each in fields if each.sign), None)
    if first is None:
        return fields
    there = f"{first.sign.strip()} under “{first.input.label}”"
    return [
        replace(
            each, error=f"Two currencies were typed: {there}, {each.sign.strip()} here. Type all amounts in one."
        )
        if each.sign and not each.error and currency_of(each.sign) != currency_of(first.sign)
        else each
        for each in fields
    ]


def currency_of(sign: str) -> str:
    """One name for each currency: `$`, `US$` and `USD` are the same."""
    bare = sign.strip()
    return {"USD": DOLLARS, "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹"}.get(bare, bare)


def _by_the_rules(definition: Definition, fields: list[Field]) -> list[Field]:
    """The fields with the message of each rule that they break. Rules about a faulty field wait for it.

    Where there is no result to be had, that is the one thing to say.
    """
    values = {
        each.input.name: placement.fraction_of(each.value, each.input.unit)
        for each in fields
        if each.value is not None and not each.error
    }
    if len(values) == len(fields) and not _is_defined(definition.tree, values):
        return fields
    return [replace(each, error=each.error or _broken(definition, each.input, values)) for each in fields]


def _is_defined(tree: formula.Node, values: Mapping[str, Decimal]) -> bool:
    try:
        formula.evaluate(tree, values)
    except formula.UndefinedResult:
        return False
    return True


def _broken(definition: Definition, beside: Input, values: Mapping[str, Decimal]) -> str:
    """The message of the first rule that the values break beside an input."""
    for rule, field, message in definition.constraints:
        names = {*formula.names_in(rule.left), *formula.names_in(rule.right)}
        if field == beside.name and names <= set(values) and not placement.keeps(rule, values):
            return message
    return ""


def _field(given: Input, query: CalculatorQuery) -> Field:
    text = dict(query.texts).get(given.name, "")
    if not text:
        if given.default is None:
            return Field(given, text)
        note = f"Taken as {_echo(given.default, given.unit, '', query)}." if query.is_asked else ""
        return Field(given, text if query.is_asked else f"{given.default:f}", given.default, note=note)
    try:
        understood = numbers.read(text, given.unit, decimal_comma=query.decimal_comma)
    except numbers.Unreadable as refusal:
        return Field(given, text, error=str(refusal))
    error, note = _outside(given, understood.value, query), _note(given, text, understood, query)
    return Field(given, text, understood.value, understood.sign, error, note)


def _outside(given: Input, value: Decimal, query: CalculatorQuery) -> str:
    if given.min is not None and value < given.min:
        return f"This cannot be less than {_echo(given.min, given.unit, '', query)}."
    if given.max is not None and value > given.max:
        return f"This cannot be more than {_echo(given.max, given.unit, '', query)}."
    return ""


def _note(given: Input, text: str, understood: numbers.Understood, query: CalculatorQuery) -> str:
    """What was understood, where it does not stand there already or could have been meant otherwise."""
    value, otherwise = understood.value, understood.otherwise
    shown = _echo(value, given.unit, understood.sign, query)
    if given.unit == "percent" and 0 < value < 1 and (given.max is None or given.max >= 100):
        meant = _echo(value * 100, "count", "", query)
        return f"Read as {shown}, less than one percent. For {meant}{words.THIN}%, type {meant}."
    if otherwise is not None and given.unit in ("currency", "count"):
        other = "point" if query.decimal_comma else "comma"
        meant = typed_value(otherwise, given.unit, understood.sign)
        return f"Read as {shown}. With the decimal {other} it would be {meant}."
    return f"Read as {shown}." if shown != text else ""


def _echo(value: Decimal, unit: str, sign: str, query: CalculatorQuery) -> str:
    """A number of the reader in the style that the reader writes."""
    shown = typed_value(value, unit, sign)
    return shown.translate(OTHER_STYLE) if query.decimal_comma else shown


def typed_value(value: Decimal, unit: str, sign: str) -> str:
    return words.money(value, sign) if unit == "currency" else words.input_value(value, unit)


def places_of(value: Decimal, unit: str, bounds: Sequence[Decimal] = ()) -> int:
    """The decimals of a printed result: as many as its unit has by habit, or more where a bound is near."""
    fewest = 1 if unit in ("percent", "score") or (unit != "currency" and value % 1) else 0
    if unit != "currency" and 0 < abs(value) < 1:
        fewest = 2
    return placement.places_that_keep(value, bounds, fewest)


@dataclass(frozen=True)
class AccountLine:
    """A line of the arithmetic as printed: `divided by new MRR × gross margin`, `36,000 × 78 %`, `28,080`."""

    label: str
    working: str
    value: str
    kind: str  # "", "sum"


def ledger(definition: Definition, typed: Mapping[str, Decimal], sign: str = "") -> list[AccountLine]:
    """The arithmetic line by line with these numbers, so that each line can be done again by hand."""
    units = {each.name: each.unit for each in definition.inputs}
    values = {name: placement.fraction_of(value, units[name]) for name, value in typed.items()}
    shown = {name: typed_value(value, units[name], sign) for name, value in typed.items()}
    with localcontext(prec=80):  # the parts of a result may be much longer than the result
        return [
            AccountLine(
                line.label, line.working(shown), f"{line.sign} {_amount(line, units, sign)}".strip(), line.kind
            )
            for line in formula.ledger(definition.tree, values, definition.terms)
        ]


def _amount(line: formula.Line, units: Mapping[str, str], sign: str) -> str:
    """The value of a line in its unit: what was typed as it is, what was worked out to four places or digits."""
    unit = formula.unit_of(line.of, units) or "count"
    value = line.value * 100 if unit == "percent" else line.value
    if not isinstance(line.of, formula.Name):
        value = round(value, max(4, 3 - value.adjusted()))
    return typed_value(value, unit, sign)


# -- The verdict --


@dataclass(frozen=True)
class Answer:
    """Everything the page says about a result."""

    value: Decimal
    shown: str
    verdict: verdict.Verdict
    margin: str
    sentence: str
    doubt: str  # why the number itself keeps it from being judged, where it does

    @property
    def machine_value(self) -> str:
        """The result for programs: a plain number in its unit, `89.0`."""
        whole, _, fraction = f"{round(self.value, 6) + 0:f}".partition(".")
        return f"{whole}.{fraction.rstrip('0') or '0'}"


def answer(
    made: Calculation,
    rows: Sequence[Benchmark],
    sources: Mapping[int, list[Source]],
    segments: Sequence[Segment],
    *,
    chosen: str | None,
    company: tuple[int, int | None] | None,
    today: datetime.date,
) -> Answer | None:
    """The result with its verdict; none where there is no result."""
    if made.result is None:
        return None
    definition, unit = made.definition, made.definition.unit
    fitting = verdict.about(rows, unit, definition.measure)
    bounds = [bound for row in fitting for bound in verdict.band_of(row).bounds]
    places = places_of(made.result, unit, bounds)
    shown = (
        words.money(made.result, made.money, places)
        if unit == "currency"
        else words.figure(made.result, unit, places)
    )
    subject = verdict.Subject(
        value=made.result,
        shown=shown,
        places=places,
        unit=unit,
        name=definition.name,
        variant=definition.measure,
        bounds=definition.bounds,
        margin=(made.margin.low, made.margin.high) if made.margin else None,
        is_small=made.is_small,
    )
    doubt = _doubt(made, has_rows=bool(fitting))
    if doubt:
        found = verdict.Verdict([], [], [], f"No verdict. {doubt}")
    else:
        found = verdict.judge(
            subject,
            rows,
            sources,
            segments,
            chosen=chosen,
            company=company,
            levers=lambda step: _levers(made, step),
            today=today,
        )
    sentence = f"{definition.name}: {shown}. {found.sentence}"
    return Answer(made.result, shown, found, margin_words(made), sentence, doubt)


def _doubt(made: Calculation, *, has_rows: bool) -> str:
    """Why the number itself keeps it from being judged, where it does."""
    if made.explanation:
        return made.explanation
    is_foreign = made.definition.unit == "currency" and made.money and currency_of(made.money) != DOLLARS
    if is_foreign and has_rows:
        return f"The benchmark rows are in US dollars, and you typed {made.money.strip()}."
    return ""


def _levers(made: Calculation, step: placement.Step) -> str:
    definition = made.definition
    found = placement.levers(
        definition.tree,
        definition.limits,
        made.typed,
        bound=step.bound,
        rising=step.rising,
        of_percent=definition.unit == "percent",
        constraints=[rule for rule, _, _ in definition.constraints],
    )
    inputs = {each.name: each.lever for each in definition.inputs if each.lever}
    rest = ""
    if definition.sample:
        rest = "with as many answers in all" if definition.sample["total"] else "with the other answers unchanged"
    return verdict.levers_in_words(found, inputs, made.money, rest)


def margin_words(made: Calculation) -> str:
    """The margin of error of a score from a survey, and a plain word on few answers."""
    if not made.definition.sample or made.result is None:
        return ""
    found = made.margin
    few = (
        " That is a small sample: read the answers one by one before you trust the score." if made.is_small else ""
    )
    if found is None:
        return f"No margin of error: {_why_no_margin(made)}{few}"
    unit = made.definition.unit
    places = 2 if unit == "score" and found.high - found.low < 2 else 1
    span = f"{words.number(found.low, places)} to {words.figure(found.high, unit, places)}"
    answers = words.count_words(found.answers, "answer")
    if found.either_way is None:
        said = f"From {answers}, the 95{words.THIN}% interval runs from {span}."
    else:
        either = words.number(found.either_way, places)
        said = f"Margin of error at 95{words.THIN}%: {either} points either way, from {span}, with {answers}."
    return said + few


def _why_no_margin(made: Calculation) -> str:
    answers = sampling.answers_in(made.counts)
    if answers is None:
        return "it needs whole counts of answers."
    if answers == 1:
        return "a single answer has no spread."
    return f"all {words.number(answers)} answers are alike, so their spread says nothing."


# -- The page --


def address(metric: Metric, page: PageQuery, query: CalculatorQuery | None = None, *, anchor: str = "") -> str:
    """The page in this state."""
    pairs = page.pairs + (query.pairs if query else [])
    query_string = f"?{urlencode(pairs)}" if pairs else ""
    return f"{metric.get_absolute_url()}{query_string}{anchor}"


@dataclass(frozen=True)
class Calculator:
    """The calculator as the page shows it."""

    metric: Metric
    page: PageQuery
    calculation: Calculation
    answer: Answer | None
    definitions: list[Definition]
    segments: Sequence[Segment]
    rows: Sequence[Benchmark]

    @property
    def promise(self) -> str:
        """What an answer will say, before there is one."""
        definition = self.calculation.definition
        return verdict.promise(verdict.about(self.rows, definition.unit, definition.measure), definition.name)

    @property
    def address(self) -> str:
        return address(self.metric, self.page, self.calculation.query)

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """What the form carries along unseen."""
        variant = self.calculation.query.variant
        return self.page.pairs + ([("variant", variant)] if variant else [])

    @property
    def is_state(self) -> bool:
        return self.calculation.query.is_state

    @property
    def segment_name(self) -> str:
        return next((each.name for each in self.segments if each.slug == self.page.segment), "")

    @property
    def example(self) -> str:
        """The address with the content's own example filled in."""
        made = self.calculation
        return address(self.metric, self.page, made.query.with_example(made.definition), anchor="#answer")

    @property
    def cleared(self) -> str:
        """The same definition without numbers."""
        return address(self.metric, self.page, replace(self.calculation.query, texts=()), anchor="#calculator")

    def segment_links(self) -> list[tuple[Segment, str, bool]]:
        """The benchmarks with a segment marked; the numbers stay."""
        return [(each, self._at_benchmarks(each.slug), each.slug == self.page.segment) for each in self.segments]

    def without_segment(self) -> str:
        return self._at_benchmarks(None)

    def _at_benchmarks(self, segment: str | None) -> str:
        return address(self.metric, self.page.with_segment(segment), self.calculation.query, anchor="#benchmarks")

    @property
    def status(self) -> str:
        """What is announced to those who do not see the result change."""
        made = self.calculation
        if self.answer:
            return self.answer.sentence
        if made.errors:
            return f"{made.errors[0].input.label}: {made.errors[0].error}"
        return made.undefined or made.too_large


def build(
    metric: Metric,
    page: PageQuery,
    data: QueryDict,
    rows: Sequence[Benchmark],
    sources: Mapping[int, list[Source]],
    segments: Sequence[Segment],
    today: datetime.date,
    *,
    company: tuple[int, int | None] | None = None,
) -> Calculator:
    """The calculator in the state that the query string asks for."""
    known = definitions(metric)
    query = CalculatorQuery.read(data, known)
    made = calculate(metric, known[query.variant], query)
    given = answer(made, rows, sources, segments, chosen=page.segment, company=company, today=today)
    return Calculator(metric, page, made, given, list(known.values()), segments, rows)
