"""The arithmetic of a metric: parsed by an allow-list, computed exactly, said in four ways."""

import re
from decimal import Decimal

import pytest

from directory.formula import (
    DEEPEST_TREE,
    LONGEST_EXPRESSION,
    Comparison,
    FormulaError,
    Line,
    Name,
    Number,
    Operation,
    UndefinedResult,
    evaluate,
    holds,
    ledger,
    mathml,
    names_in,
    parse,
    parse_comparison,
    spelled,
    unit_of,
)

NAMES = ["a", "b", "c", "d"]
VALUES = {"a": Decimal(12), "b": Decimal(5), "c": Decimal(3), "d": Decimal(-4)}
RETENTION = "(starting_arr - contraction_arr - churned_arr) / starting_arr"
LABELS = {"starting_arr": "Starting ARR", "contraction_arr": "Contraction", "churned_arr": "Churned ARR"}
TERMS = {"starting_arr": "starting ARR", "contraction_arr": "contraction", "churned_arr": "churned ARR"}
YEAR = {"starting_arr": Decimal(2_400_000), "contraction_arr": Decimal(84_000), "churned_arr": Decimal(180_000)}


def value_of(expression):
    return evaluate(parse(expression, NAMES), VALUES)


def said(expression):
    return spelled(parse(expression, NAMES), {name: name for name in NAMES})


def set_as_mathml(expression):
    made = mathml(parse(expression, NAMES), {name: name for name in NAMES}, "R")
    start = '<math display="block"><mi mathvariant="normal">R</mi><mo>=</mo>'
    assert made.startswith(start)
    assert made.endswith("</math>")
    return made.removeprefix(start).removesuffix("</math>")


def plain(made):
    """Without what stands on every name: that it is set upright."""
    return made.replace(' mathvariant="normal"', "")


# -- Computing --


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("a + b", "17"),
        ("a - b", "7"),
        ("a * b", "60"),
        ("a / c", "4"),
        ("-a", "-12"),
        ("--a", "12"),
        ("-d", "4"),
        ("abs(d)", "4"),
        ("min(a, b)", "5"),
        ("min(a, b, c, d)", "-4"),
        ("max(a, b)", "12"),
        ("max(c - a, d)", "-4"),
        ("42", "42"),
        ("0.5", "0.5"),
        (".5", "0.5"),
        ("2.", "2"),
        ("2_400_000", "2400000"),
        ("  a  ", "12"),
        ("((a))", "12"),
        ("a+b*c", "27"),
        ("(a + b) * c", "51"),
        ("a - b - c", "4"),
        ("a - (b - c)", "10"),
        ("a / b / c", "0.8"),
        ("a / (c / 6)", "24"),
        ("a * b / c", "20"),
        ("a / c * b", "20"),
        ("-a * b", "-60"),
        ("-a + b", "-7"),
        ("a * -b", "-60"),
        ("a - -b", "17"),
        ("a + b / c * 0 - d", "16"),
    ],
)
def test_every_operator_binds_as_in_school(expression, value):
    assert value_of(expression) == Decimal(value)


def test_decimals_are_exact():
    """Binary fractions would give 0.30000000000000004 and 0.8999999999999999."""
    assert value_of("0.1 + 0.2") == Decimal("0.3")
    assert value_of("1.1 - 0.2") == Decimal("0.9")
    assert value_of("0.1 * 3") == Decimal("0.3")


def test_a_quotient_has_forty_digits():
    assert value_of("1 / c") == Decimal("0." + "3" * 40)


def test_money_does_not_lose_cents():
    values = {"a": Decimal("123456789012.34"), "b": Decimal("0.01")}
    assert evaluate(parse("a - b", NAMES), values) == Decimal("123456789012.33")


@pytest.mark.parametrize("expression", ["a / (b - b)", "0 / 0", "1 / 0", "a / (0 * b)", "max(1, 2 / (c - 3))"])
def test_a_division_by_zero_is_undefined_and_no_fault(expression):
    with pytest.raises(UndefinedResult):
        value_of(expression)


def test_a_missing_value_names_the_input():
    with pytest.raises(KeyError, match="b"):
        evaluate(parse("a + b", NAMES), {"a": Decimal(1)})


def test_inputs_are_listed_in_reading_order():
    assert list(names_in(parse("min(b, -a) / (c + b)", NAMES))) == ["b", "a", "c", "b"]


# -- Comparing --


@pytest.mark.parametrize(
    ("rule", "is_true"),
    [
        ("a > b", True),
        ("a < b", False),
        ("a >= a", True),
        ("a <= a", True),
        ("a < a", False),
        ("a > a", False),
        ("b + c <= a", True),
        ("b + c + c >= a", False),
        ("0 <= d", False),
    ],
)
def test_a_comparison_holds_or_not(rule, is_true):
    assert holds(parse_comparison(rule, NAMES), VALUES) is is_true


def test_a_comparison_keeps_both_sides():
    assert parse_comparison("a + 1 <= b", NAMES) == Comparison(
        Operation("+", Name("a"), Number(Decimal(1))), "<=", Name("b")
    )


@pytest.mark.parametrize("rule", ["a", "a + b", "a == b", "a < b < c", "a in b", "a is b", "not a < b"])
def test_only_one_comparison_of_size_is_a_rule(rule):
    with pytest.raises(FormulaError, match="expected one comparison"):
        parse_comparison(rule, NAMES)


@pytest.mark.parametrize("rule", ["a <= e", "a != b", "a <= b.c", "a <", "<= a", "a <= (b < c)"])
def test_both_sides_of_a_rule_are_arithmetic(rule):
    with pytest.raises(FormulaError):
        parse_comparison(rule, NAMES)


# -- Refusing --

HOSTILE = [
    "",
    "   ",
    "a +",
    "(a",
    "a)",
    "a b",
    "a; b",
    "a = b",
    "(a := 1)",
    "a, b",
    "a < b",
    "a and b",
    "not a",
    "a if b else c",
    "+a",
    "~a",
    "a ** b",
    "10 ** 100000",
    "9 ** 9 ** 9 ** 9",
    "a // b",
    "a % b",
    "a @ b",
    "a << 99999999",
    "a | b",
    "a.real",
    "a.__class__.__mro__",
    "(1).__class__",
    "a[0]",
    "[a]",
    "{a}",
    "{a: b}",
    "[a for a in b]",
    "(a for a in b)",
    "lambda: a",
    "(lambda a: a)(b)",
    "await a",
    "yield a",
    "print(a)",
    "__import__('os').system('true')",
    "eval(a)",
    "exec(a)",
    "open(a)",
    "getattr(a, b)",
    "abs",
    "abs()",
    "abs(a, b)",
    "abs(*a)",
    "abs(a)(b)",
    "min(a)",
    "min()",
    "min(*a, *b)",
    "min(a, b, key=abs)",
    "min(a, b, **c)",
    "max(a, b, a, b, a, b, a, b, a, b, a)",
    "round(a)",
    "sum(a, b)",
    "'a'",
    '"a" * 999999999',
    "b'a'",
    "f'{a}'",
    "f'{__import__(chr(111))}'",
    "True",
    "None",
    "...",
    "1j",
    "0x10",
    "0b1",
    "0o7",
    "007",
    "1e5",
    "1e999999999",
    "1e-999999999",
    "1__0",
    "1.2.3",
    "1a",
    "1if a else b",
    "nan",
    "inf",
    "e",
    "A",
    "ａ",  # full width; Python's own reader would take it for "a"
    "ª",
    "é",
    "а",  # Cyrillic
    "a − b",
    "a × b",
    "a ÷ b",
    "a –b",
    "a\u00a0+ b",
    "a\u200b",
    "a # b",
    "a \\\n + b",
    "(a\n+ b)",
    "a\r+ b",
    "a\x0c+ b",
    "a\0",
    "\0",
    "a\ud800",
    "\U0001f4a5",
    "$a",
    "a!",
    "`a`",
    "import os",
    "from os import path",
    "def a(): pass",
    "a: int = 1",
    "-" * 900 + "a",
    "+".join("a" * 100),
    "a" + " / a" * 200,
    "(" * 400 + "a" + ")" * 400,
    "(" * 150 + "-a" + ")" * 149,
    "abs(" * 100 + "a" + ")" * 100,
    "-(" * 100 + "a" + ")" * 100,
    "9" * (LONGEST_EXPRESSION + 1),
    "a" * 1_000_000,
    "(" * 1_000_000,
    "9" * 5_000,
]


@pytest.mark.parametrize("expression", HOSTILE, ids=[f"{each[:30]!a}" for each in HOSTILE])
def test_what_is_no_arithmetic_is_refused_with_a_column(expression):
    with pytest.raises(FormulaError) as refusal:
        parse(expression, NAMES)
    assert 1 <= refusal.value.column <= max(1, len(expression.strip()) + 1)
    assert refusal.value.message
    assert len(refusal.value.message) <= LONGEST_EXPRESSION + 100


@pytest.mark.parametrize(
    ("expression", "column", "message"),
    [
        ("a + strat", 5, "unknown input 'strat' (known: a, b, c, d)"),
        ("a + b.c", 5, "'b.c' is not allowed in a formula"),
        ("a * (b ** c)", 6, "'b ** c' is not allowed in a formula"),
        ("a + 'b'", 5, '"\'" does not belong in a formula'),
        ("a + b; c", 6, "';' does not belong in a formula"),
        ("a + é", 5, "'é' does not belong in a formula"),
        ("a + 1e5", 5, "expected a plain decimal number"),
        ("a + abs(b, c)", 5, "abs takes one value"),
        ("a + min(b)", 5, "min takes 2 to 10 values"),
        ("a + (b", 5, "is not arithmetic ('(' was never closed)"),
    ],
)
def test_a_refusal_says_what_and_where(expression, column, message):
    with pytest.raises(FormulaError) as refusal:
        parse(expression, NAMES)
    assert (refusal.value.column, refusal.value.message) == (column, message)


def test_without_inputs_the_known_ones_are_none():
    with pytest.raises(FormulaError, match=r"known: none"):
        parse("a", [])


def test_the_longest_and_the_deepest_are_still_read():
    assert evaluate(parse("1" * LONGEST_EXPRESSION, []), {}) == Decimal("1" * LONGEST_EXPRESSION)
    assert evaluate(parse("-" * DEEPEST_TREE + "1", []), {}) == 1


def test_an_exact_sum_of_very_large_numbers_stays_a_number():
    """The largest literal has a thousand digits; its powers by repeated products still fit in a Decimal."""
    assert evaluate(parse(" * ".join(["9" * 90] * 10), []), {}).is_finite()


# -- Saying --


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("a + b - c", "a + b − c"),
        ("a - (b - c)", "a − (b − c)"),
        ("a - (b + c)", "a − (b + c)"),
        ("a + (b - c)", "a + b − c"),
        ("(a + b) * c", "(a + b) × c"),
        ("a * b + c", "a × b + c"),
        ("a / (b * c)", "a ÷ (b × c)"),
        ("a / b / c", "a ÷ b ÷ c"),
        ("a / (b / c)", "a ÷ (b ÷ c)"),
        ("-a", "−a"),
        ("-(a + b)", "−(a + b)"),
        ("-(a * b)", "−(a × b)"),
        ("--a", "−(−a)"),
        ("-a + b", "−a + b"),
        ("a / -b", "a ÷ (−b)"),
        ("min(a, b + c) / 2", "min(a, b + c) ÷ 2"),
        ("abs(a - b)", "abs(a − b)"),
        ("0.10 * a", "0.10 × a"),
        ("1000000 * a", "1000000 × a"),
    ],
)
def test_words_have_the_brackets_they_need_and_no_more(expression, text):
    assert said(expression) == text


def test_retention_is_said_with_the_terms_of_its_inputs():
    assert spelled(parse(RETENTION, TERMS), TERMS) == ("(starting ARR − contraction − churned ARR) ÷ starting ARR")


@pytest.mark.parametrize(
    ("expression", "made"),
    [
        ("a", "<mi>a</mi>"),
        ("1.50", "<mn>1.50</mn>"),
        ("a + b", "<mi>a</mi><mo>+</mo><mi>b</mi>"),
        ("a / b", "<mfrac><mrow><mi>a</mi></mrow><mrow><mi>b</mi></mrow></mfrac>"),
        ("-a", "<mo>−</mo><mi>a</mi>"),
        (
            "abs(a)",
            "<mrow><mi>abs</mi><mo>(</mo><mi>a</mi><mo>)</mo></mrow>",
        ),
        (
            "min(a, b)",
            "<mrow><mi>min</mi><mo>(</mo><mi>a</mi><mo>,</mo><mi>b</mi><mo>)</mo></mrow>",
        ),
        (
            "(a + b) * c",
            "<mrow><mo>(</mo><mi>a</mi><mo>+</mo><mi>b</mi><mo>)</mo></mrow><mo>×</mo><mi>c</mi>",
        ),
        (
            "a - (b - c)",
            "<mi>a</mi><mo>−</mo><mrow><mo>(</mo><mi>b</mi><mo>−</mo><mi>c</mi><mo>)</mo></mrow>",
        ),
        (
            "a / b * c",
            "<mfrac><mrow><mi>a</mi></mrow><mrow><mi>b</mi></mrow></mfrac><mo>×</mo><mi>c</mi>",
        ),
    ],
)
def test_fractions_are_set_as_fractions(expression, made):
    assert plain(set_as_mathml(expression)) == made


def test_retention_is_set_as_one_fraction_without_brackets():
    made = mathml(parse(RETENTION, TERMS), TERMS, "GRR")
    assert plain(made) == (
        '<math display="block"><mi>GRR</mi><mo>=</mo><mfrac>'
        "<mrow><mi>starting ARR</mi><mo>−</mo><mi>contraction</mi><mo>−</mo>"
        "<mi>churned ARR</mi></mrow><mrow><mi>starting ARR</mi></mrow></mfrac></math>"
    )


def test_no_operator_stands_beside_text():
    """`mtext` counts as space, and an operator beside nothing but space is set without room around it."""
    assert "mtext" not in mathml(parse(RETENTION, TERMS), TERMS, "GRR")


SALES = {"a": "monthly plans", "b": "yearly plans of one-year contracts", "c": "everything over many years"}


@pytest.mark.parametrize(
    ("expression", "result", "lines"),
    [
        ("a", "ARR", ["ARR=monthly plans"]),
        (
            "a * 12 + b + c",
            "ARR",
            ["ARR=monthly plans×12", "+yearly plans of", "one-year contracts", "+everything over", "many years"],
        ),
        (
            "a - b",
            "Expansion Revenue",
            ["Expansion Revenue", "=monthly plans", "−yearly plans of", "one-year contracts"],
        ),
        ("(a + b) * 2", "X", ["X=(monthly plans", "+yearly plans of", "one-year contracts)", "×2"]),
        ("a + 3 * a + 4 * a", "X", ["X=monthly plans", "+3×monthly plans", "+4×monthly plans"]),
    ],
)
def test_no_line_is_wider_than_it_may_be(expression, result, lines):
    made = mathml(parse(expression, SALES), SALES, result, 28)
    assert re.sub("<[^>]*>", "", made.replace("</mtr>", "|")).rstrip("|").split("|") == lines


def test_the_sides_of_a_fraction_are_broken_too():
    made = mathml(parse("(a + b) / (a * b)", SALES), SALES, "X", 28)
    assert made.count('<mfrac><mtable displaystyle="true">') == 1
    assert made.count("<mtr>") == 6


def test_a_formula_that_fits_has_no_lines():
    assert "mtable" not in mathml(parse(RETENTION, TERMS), TERMS, "GRR")


def test_terms_are_escaped():
    made = mathml(parse("a", ["a"]), {"a": "<script>&"}, "<R>")
    assert "<mi>&lt;script&gt;&amp;</mi>" in plain(made)
    assert "&lt;R&gt;" in made


# -- Spelling out --


def account(expression, values, labels):
    return ledger(parse(expression, labels), values, labels)


def test_retention_is_an_account_that_ends_in_a_division():
    assert account(RETENTION, YEAR, LABELS) == [
        Line("Starting ARR", Decimal(2_400_000), Name("starting_arr")),
        Line("less contraction", Decimal(84_000), Name("contraction_arr"), "−"),
        Line("less churned ARR", Decimal(180_000), Name("churned_arr"), "−"),
        Line("Remains", Decimal(2_136_000), parse(RETENTION, LABELS).left, kind="sum"),
        Line("divided by starting ARR", Decimal(2_400_000), Name("starting_arr")),
    ]


def test_a_plain_sum_ends_without_a_line_of_its_own():
    """The page adds the line of the result."""
    lines = account("a + b - c", VALUES, {"a": "Opening", "b": "New", "c": "Lost"})
    assert lines == [
        Line("Opening", Decimal(12), Name("a")),
        Line("plus new", Decimal(5), Name("b")),
        Line("less lost", Decimal(3), Name("c"), "−"),
    ]


def test_a_sum_of_gains_is_taken_together():
    lines = account("(a + b) / c", VALUES, {"a": "Seats", "b": "Modules", "c": "Accounts"})
    assert [line.label for line in lines] == ["Seats", "plus modules", "Together", "divided by accounts"]


def test_signs_turn_inside_brackets():
    lines = account("a - (b - c)", VALUES, {"a": "Opening", "b": "Lost", "c": "Won back"})
    assert [(line.label, line.sign, line.value) for line in lines] == [
        ("Opening", "", Decimal(12)),
        ("less lost", "−", Decimal(5)),
        ("plus won back", "", Decimal(3)),
    ]


def test_a_product_goes_step_by_step():
    lines = account("a / b * 12", VALUES, {"a": "Price", "b": "Months"})
    assert [(line.label, line.value) for line in lines] == [
        ("Price", Decimal(12)),
        ("divided by months", Decimal(5)),
        ("times", Decimal(12)),
    ]


def test_abbreviations_keep_their_capitals_inside_a_line():
    lines = account("a - b + c", VALUES, {"a": "ARR", "b": "MRR lost", "c": "A gift"})
    assert [line.label for line in lines] == ["ARR", "less MRR lost", "plus a gift"]


def test_a_long_divisor_is_shortened():
    lines = account("a / (a + b + c + d)", VALUES, {"a": "One", "b": "Two", "c": "Three", "d": "Four"})
    assert lines[-1].label == "divided by one + two + … + four"


def test_an_account_that_divides_by_zero_is_undefined():
    with pytest.raises(UndefinedResult):
        account("a / b + c", {**VALUES, "b": Decimal(0)}, {"a": "One", "b": "Two", "c": "Three"})


def workings(expression, shown):
    return [line.working(shown) for line in account(expression, VALUES, {name: name for name in shown})]


def test_a_line_that_is_worked_out_says_from_what():
    shown = {"a": "$12", "b": "5 %", "c": "−3"}
    assert workings("a / (b * c)", shown) == ["", "5 % × (−3)"]
    assert workings("a * 12 + b / c", shown) == ["$12 × 12", "5 % ÷ (−3)"]


def test_a_line_that_is_one_number_or_the_sum_above_says_no_more():
    assert workings("(a + b) / c * 12", {"a": "12", "b": "5", "c": "3"}) == ["", "", "", "", ""]


@pytest.mark.parametrize(
    ("expression", "unit"),
    [
        ("money", "currency"),
        ("-money", "currency"),
        ("money + money - 1", "currency"),
        ("money * share", "currency"),
        ("money * customers", "currency"),
        ("money * 12", "currency"),
        ("money / years", "currency"),
        ("money * years", "currency"),
        ("money / money", ""),
        ("days / customers", "days"),
        ("(customers - customers) / customers * days", "days"),
        ("share * share", "percent"),
        ("1 - share", "percent"),
        ("share * customers", "count"),
        ("max(days, days)", "days"),
        ("money + days", ""),
        ("days / years", ""),
        ("12 * 3", ""),
    ],
)
def test_what_is_worked_out_has_a_unit(expression, unit):
    units = {"money": "currency", "share": "percent", "customers": "count", "days": "days", "years": "years"}
    assert unit_of(parse(expression, units), units) == unit
