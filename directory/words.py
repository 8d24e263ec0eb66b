"""Figures and closed words as a reader sees them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

THIN = "\u202f"  # narrow no-break space, before % and units of one letter
SPACE = "\u00a0"  # no-break space, before words

DIRECTIONS = {
    "higher-is-better": ("Higher is better", ""),
    "lower-is-better": ("Lower is better", ""),
    "target-range": ("A target range", "neither end is better by itself"),
}
INDICATORS = {
    "leading": ("Leading", "it moves before the result"),
    "lagging": ("Lagging", "it reports a result"),
    "input": ("Input", "it describes what goes in"),
}
CADENCES = {"weekly": "Weekly", "monthly": "Monthly", "quarterly": "Quarterly"}
UNITS = {
    "percent": "Percent",
    "currency": "Money",
    "days": "Days",
    "months": "Months",
    "ratio": "Ratio",
    "score": "Score",
    "count": "Count",
}
RELATIONS = {
    "part-of": "Contains this one",
    "contains": "Part of this one",
    "drives": "Driven by this one",
    "driven-by": "Drives this one",
    "guards": "Kept honest by this one",
    "guarded-by": "Keeps this one honest",
    "base-of": "Computed on this one",
    "built-on": "The base of this one",
    "same-question": "The same question, counted another way",
    "read-with": "Read beside this one",
}

#: What a relation is called when it is read from the other side.
MIRRORED = {
    "part-of": "contains",
    "contains": "part-of",
    "drives": "driven-by",
    "driven-by": "drives",
    "guards": "guarded-by",
    "guarded-by": "guards",
    "base-of": "built-on",
    "built-on": "base-of",
    "same-question": "same-question",
    "read-with": "read-with",
}


def number(value: Decimal | float | int, places: int | None = None) -> str:
    """Grouped by thousands; as many decimals as it has, or exactly `places`, halves rounded away from zero."""
    exact = Decimal(str(value))
    step = Decimal(1).scaleb(-(places or 0))
    exact = exact.normalize() if places is None else exact.quantize(step, ROUND_HALF_UP)
    return f"{exact + 0:,f}".replace("-", "−")  # plus nothing: no minus before a zero


def figure(value: Decimal | float | int, unit: str, places: int | None = None) -> str:
    """A figure with its unit: `89 %`, `$12,000`, `15 days`, `3×`."""
    text = number(value, places)
    match unit:
        case "percent":
            return f"{text}{THIN}%"
        case "currency":
            return f"−${text[1:]}" if text.startswith("−") else f"${text}"
        case "days" | "months" | "years":
            return f"{text}{SPACE}{unit if text not in ('1', '−1') else unit[:-1]}"
        case "ratio":
            return f"{text}×"
    return text


def figure_range(low: Decimal | float, high: Decimal | float, unit: str) -> str:
    """Two figures with the unit once: `80–88 %`."""
    if unit == "currency":
        return f"{figure(low, unit)}–{figure(high, unit)}"
    first = number(low)
    joint = "–" if low >= 0 else " to "
    return f"{first}{joint}{figure(high, unit)}"


def result(value: Decimal | float | int, unit: str) -> str:
    """A computed result: one decimal for percentages and scores, whole money, no more than needed elsewhere."""
    exact = Decimal(str(value))
    match unit:
        case "percent" | "score":
            return figure(exact, unit, 1)
        case "currency":
            return number(exact, 0)
    return figure(exact.quantize(Decimal("0.1"), ROUND_HALF_UP) if exact % 1 else exact, unit)


def input_value(value: Decimal | float | int, unit: str) -> str:
    """What a person typed into an input. Money has no sign: it may be any currency."""
    return number(value) if unit in ("currency", "count", "score") else figure(value, unit)


def money(value: Decimal | float | int, sign: str = "", places: int | None = None) -> str:
    """An amount with the currency sign that a person typed, if any: `$1,200`, `−€5`, `EUR 300`."""
    text = number(value, places)
    return f"−{sign}{text[1:]}" if text.startswith("−") else f"{sign}{text}"


def money_short(value: Decimal | float) -> str:
    """`$300K`, `$1M`, `$1.5M`: bounds of recurring revenue."""
    exact = Decimal(str(value))
    for size, letter in ((Decimal(10**9), "B"), (Decimal(10**6), "M"), (Decimal(1000), "K")):
        if exact >= size:
            return f"${number(exact / size)}{letter}"
    return f"${number(exact)}"


def arr_band(low: Decimal | None, high: Decimal | None) -> str:
    """Recurring revenue of the company, in words: `ARR $1M–$5M`."""
    if low is not None and high is not None:
        return f"ARR {money_short(low)}–{money_short(high)}"
    if high is not None:
        return f"ARR under {money_short(high)}"
    return f"ARR of {money_short(low)} or more" if low is not None else ""


def lower_first(text: str) -> str:
    """With a small first letter inside a sentence; names such as SaaS and ARR keep theirs."""
    return text[:1].lower() + text[1:] if text[1:2].islower() and text.split(" ")[0][1:].islower() else text


def joined(names: Sequence[str]) -> str:
    """`Retention`, `Retention and Health`, `Revenue, Retention and Health`."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def count_words(count: int, noun: str) -> str:
    return f"{number(count)} {noun}{'' if count == 1 else 's'}"


ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]


def spelled_number(value: int) -> str:
    """`Twenty-four`; figures from a hundred on."""
    if not 0 <= value < 100:
        return number(value)
    if value < 20:
        return ONES[value].capitalize()
    ten, one = TENS[value // 10 - 2], value % 10
    return (f"{ten}-{ONES[one]}" if one else ten).capitalize()
