"""Numbers as people type them: what is read, and what is sent back with a sentence."""

from decimal import Decimal

import pytest

from directory.numbers import LARGEST, LONGEST, Unreadable, read


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("1200000", "currency", "1200000"),
        ("1,200,000", "currency", "1200000"),
        ("12,00,000", "currency", "1200000"),
        ("1 200 000", "currency", "1200000"),
        ("1\u00a0200\u202f000", "currency", "1200000"),
        ("1'200'000", "currency", "1200000"),
        ("12 00 000", "currency", "1200000"),
        ("( 1 200 )", "currency", "-1200"),
        ("- 5", "count", "-5"),
        ("1 200.5 m", "currency", "1200500000"),
        ("1.2m", "currency", "1200000"),
        ("1.2 M", "currency", "1200000"),
        ("1.2 million", "currency", "1200000"),
        ("84k", "currency", "84000"),
        ("84 K", "count", "84000"),
        ("0.5bn", "currency", "500000000"),
        ("$ 84k", "currency", "84000"),
        ("$84,000.50", "currency", "84000.5"),
        ("84 €", "currency", "84"),
        ("EUR 84k", "currency", "84000"),
        ("84k usd", "currency", "84000"),
        ("US$ 84", "currency", "84"),
        ("12.5 %", "percent", "12.5"),
        ("12.5%", "percent", "12.5"),
        ("80", "percent", "80"),
        ("80 percent", "percent", "80"),
        ("30 days", "days", "30"),
        ("1.5 years", "years", "1.5"),
        ("3x", "ratio", "3"),
        (".5", "score", "0.5"),
        ("5.", "score", "5"),
        ("007", "count", "7"),
        ("+5", "count", "5"),
        ("-5", "count", "-5"),
        ("−5", "count", "-5"),
        ("(1,200)", "currency", "-1200"),
        ("  42  ", "count", "42"),
        ("0", "count", "0"),
        ("-0", "count", "0"),
    ],
)
def test_numbers_are_read_as_people_type_them(text, unit, value):
    assert read(text, unit).value == Decimal(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [("12,5", "12.5"), ("1.200.000,5", "1200000.5"), ("1.200", "1200"), ("1,2m", "1200000"), ("0,5", "0.5")],
)
def test_a_chosen_decimal_comma_turns_both_signs_around(text, value):
    assert read(text, "currency", decimal_comma=True).value == Decimal(value)


@pytest.mark.parametrize(
    ("text", "comma"), [("12,5", False), ("1,2345", False), ("12.5", True), ("1,23,4", False)]
)
def test_what_could_be_read_in_two_ways_is_asked_about(text, comma):
    with pytest.raises(Unreadable, match="a decimal\\? Then"):
        read(text, "currency", decimal_comma=comma)


@pytest.mark.parametrize("comma", [False, True])
@pytest.mark.parametrize("text", ["12 34", "1 2", "1200 000", "1 20 00", "12'34", "1 200 0"])
def test_groups_that_are_no_thousands_are_not_joined(text, comma):
    with pytest.raises(Unreadable, match=r"Type one number.*three digits follow it"):
        read(text, "currency", decimal_comma=comma)


@pytest.mark.parametrize(("text", "comma"), [("1.5 0", False), ("1,5 0", True), ("1.200'5", False)])
def test_decimals_have_no_groups(text, comma):
    with pytest.raises(Unreadable, match="among its decimals"):
        read(text, "currency", decimal_comma=comma)


@pytest.mark.parametrize("text", ["1 200,000", "1'200 000"])
def test_thousands_are_separated_in_one_way(text):
    with pytest.raises(Unreadable, match="do not fit together"):
        read(text, "currency")


@pytest.mark.parametrize(
    ("text", "comma", "otherwise"),
    [
        ("84.000", False, "84000"),
        ("$ 1.250", False, "1250"),
        ("84,000", True, "84000"),
        ("84.00", False, None),
        ("84,000", False, None),
        ("84.000", True, None),
        ("0.125", False, None),
        ("1.250k", False, None),
        ("1250", False, None),
    ],
)
def test_one_group_after_the_decimal_sign_could_be_meant_otherwise(text, comma, otherwise):
    found = read(text, "currency", decimal_comma=comma).otherwise
    assert found == (otherwise and Decimal(otherwise))


@pytest.mark.parametrize(
    ("text", "comma"), [("1.2.3", False), ("1.200.000", False), ("1,2,3", True), ("1,5.5", True)]
)
def test_signs_that_do_not_fit_together_are_refused(text, comma):
    with pytest.raises(Unreadable, match="do not fit together"):
        read(text, "currency", decimal_comma=comma)


@pytest.mark.parametrize(
    ("text", "sign"), [("$5", "$"), ("5 €", "€"), ("US$ 5", "$"), ("gbp 5", "GBP\u00a0"), ("5", "")]
)
def test_the_currency_is_kept_as_it_was_typed(text, sign):
    assert read(text, "currency").sign == sign


HOSTILE = [
    "",
    " ",
    "abc",
    "-",
    ".",
    ",",
    "$",
    "%",
    "k",
    "--5",
    "+-5",
    "5-",
    "1e5",
    "1e999",
    "1e-999",
    "1E400",
    "0x10",
    "1_000",
    "nan",
    "inf",
    "-Infinity",
    "sNaN",
    "1/2",
    "5*5",
    "10**400",
    "2+2",
    "1;2",
    "5 5 x",
    "((5))",
    "(5",
    "5)",
    "$5€",
    "\0",
    "5\0",
    "5\n\t\x07",
    "٣",
    "５",
    "५",
    "½",
    "²",
    "Ⅷ",
    "五",
    "9" * 16,
    "9" * 40,
    "9" * 41,
    "9" * 100_000,
    "0." + "0" * 20 + "1",
    "1" + "," * 30,
    "\ud800",
    "<script>",
    "{{7*7}}",
    "__import__('os')",
    "=1+1",
    "5kk",
    "5mm%",
    "1 000 000 000 000 001",
]


@pytest.mark.parametrize("comma", [False, True])
@pytest.mark.parametrize("unit", ["currency", "count", "percent", "years"])
@pytest.mark.parametrize("text", HOSTILE, ids=[f"{each[:20]!a}" for each in HOSTILE])
def test_what_is_no_number_gets_a_sentence(text, unit, comma):
    with pytest.raises(Unreadable) as refusal:
        read(text, unit, decimal_comma=comma)
    assert str(refusal.value).endswith(".") or str(refusal.value).endswith("it.")
    assert len(str(refusal.value)) < 160


@pytest.mark.parametrize(
    ("text", "unit", "part"),
    [
        ("$5", "count", "No amount of money"),
        ("5%", "count", "No percentage"),
        ("5m", "months", "not a number"),
        ("5k", "percent", "not a number"),
        ("٣", "count", "digits 0 to 9"),
        ("9" * (LONGEST + 1), "count", "longer than 40 characters"),
        ("0.123456789", "ratio", "too many decimals"),
    ],
)
def test_the_sentence_says_what_is_wrong(text, unit, part):
    with pytest.raises(Unreadable, match=part):
        read(text, unit)


def test_the_largest_number_is_still_read():
    assert read("1,000,000,000,000,000", "currency").value == LARGEST
    with pytest.raises(Unreadable, match="too large"):
        read("1,000,000,000,000,001", "currency")
