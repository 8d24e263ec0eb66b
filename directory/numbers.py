"""Numbers as people type them: `1,200,000`, `1.2m`, `$ 84k`, `12.5 %`, `(1,200)`; `1.200,5` with a decimal comma.

Pure: text in, a bounded Decimal out, or a sentence that says what to type instead. Nothing is guessed: where a
sign could be read in two ways, the reader is asked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

LONGEST = 40  # characters
LARGEST = Decimal(10) ** 15
MOST_PLACES = 8

CURRENCY_SIGNS = "$€£¥₹"
CURRENCIES = re.compile(r"us\$|[$€£¥₹]|(?<![a-z])(?:usd|eur|gbp|jpy|inr|chf|cad|aud)(?![a-z])", re.IGNORECASE)
SPACES = re.compile(r"[\s\u00a0\u2007\u2009\u202f]")
SIGNS = str.maketrans("−–‒’", "---'")
SIZES = {
    **dict.fromkeys(("k", "thousand"), 3),
    **dict.fromkeys(("m", "mm", "mn", "mio", "million", "millions"), 6),
    **dict.fromkeys(("b", "bn", "billion", "billions"), 9),
}
UNIT_WORDS = {
    "percent": ("%", "percent", "pct"),
    "days": ("d", "day", "days"),
    "months": ("mo", "month", "months"),
    "years": ("y", "yr", "year", "years"),
    "ratio": ("x", "×"),
}
WRITTEN = re.compile(r"(?P<sign>[+-]?) *(?P<number>[0-9., ']*[0-9.,']) *(?P<word>[a-z%× ]*)")
GROUPS = {
    # what may part thousands: 12,00,000 as in India, 1 200 000 as in France, 1'200'000 as in Switzerland
    sign: re.compile(rf"[0-9]{{1,3}}(?:{re.escape(sign)}[0-9]{{2,3}})*{re.escape(sign)}[0-9]{{3}}")
    for sign in ",. '"
}
ONE_GROUP = re.compile(r"[1-9][0-9]{0,2}[.,][0-9]{3}")


class Unreadable(ValueError):
    """A text that is no number; the message says what to type instead."""


@dataclass(frozen=True)
class Understood:
    """A number, the currency sign that was typed with it, and what it would be with the other decimal sign."""

    value: Decimal
    sign: str = ""
    otherwise: Decimal | None = None


def read(text: str, unit: str, *, decimal_comma: bool = False) -> Understood:
    """The number in a text, in the unit of its field. Raises Unreadable."""
    if len(text) > LONGEST:
        raise Unreadable(f"This is longer than {LONGEST} characters. Type one number.")
    if any(character.isnumeric() and character not in "0123456789" for character in text):
        raise Unreadable("Type the number with the digits 0 to 9.")
    amount, sign = _without_currency(text, unit)
    bare = SPACES.sub(" ", amount).strip().translate(SIGNS)
    is_negative = bare.startswith("(") and bare.endswith(")")  # accountants' way
    written = WRITTEN.fullmatch((bare[1:-1] if is_negative else bare).strip().lower())
    if written is None or not re.search("[0-9]", written["number"]):
        raise Unreadable("This is not a number. Type it like 1200, 1,200 or 1.2k.")
    number, word = written["number"], written["word"].replace(" ", "")
    value = _plain(number, decimal_comma=decimal_comma).scaleb(_size(word, unit))
    if is_negative or written["sign"] == "-":
        value = -value
    exponent = value.normalize().as_tuple().exponent
    if abs(value) > LARGEST:
        raise Unreadable("This is too large. The most is 1,000,000,000,000,000.")
    if isinstance(exponent, int) and -exponent > MOST_PLACES:
        raise Unreadable(f"This has too many decimals. The most is {MOST_PLACES}.")
    return Understood(value, sign, None if word else _otherwise(number, decimal_comma=decimal_comma))


def _otherwise(number: str, *, decimal_comma: bool) -> Decimal | None:
    """84.000 has one group after what is the decimal point here: elsewhere it is eighty-four thousand."""
    if not ONE_GROUP.fullmatch(number) or ("," in number) is not decimal_comma:
        return None
    return _plain(number, decimal_comma=not decimal_comma)


def _without_currency(text: str, unit: str) -> tuple[str, str]:
    found = CURRENCIES.findall(text)
    if not found:
        return text, ""
    if unit != "currency":
        raise Unreadable("No amount of money is asked for here. Leave out the currency.")
    if len(found) > 1:
        raise Unreadable("Type one amount, with one currency sign or none.")
    typed = found[0].upper()
    return CURRENCIES.sub("", text), typed[-1] if typed[-1] in CURRENCY_SIGNS else f"{typed}\u00a0"


def _plain(text: str, *, decimal_comma: bool) -> Decimal:
    """`1,200.5` as a number, or `1.200,5` with a decimal comma."""
    point, group = (",", ".") if decimal_comma else (".", ",")
    whole, *fraction = text.split(point)
    groups = [each for each in f"{group} '" if each in whole]
    if any(sign in part for part in fraction for sign in " '"):
        raise Unreadable("Type one number, without a space or an apostrophe among its decimals.")
    if len(fraction) > 1 or len(groups) > 1 or any(group in part for part in fraction):
        other = "Switch the decimal comma off" if decimal_comma else "Switch to the decimal comma"
        raise Unreadable(f"The points and commas do not fit together. {other} if that is how you write decimals.")
    if groups and not GROUPS[groups[0]].fullmatch(whole):
        raise Unreadable(_bad_groups(groups[0], decimal_comma=decimal_comma))
    digits = re.sub("[^0-9]", "", whole)
    return Decimal(f"{digits or '0'}.{fraction[0] or '0' if fraction else '0'}")


def _bad_groups(sign: str, *, decimal_comma: bool) -> str:
    if sign in " '":
        name = "a space" if sign == " " else "an apostrophe"
        return f"Type one number. Where {name} separates thousands, three digits follow it."
    name, switch = (
        ("point", "switch the decimal comma off")
        if decimal_comma
        else ("comma", "switch to the decimal comma below")
    )
    return f"Is the {name} a decimal? Then {switch}. If it separates thousands, three digits follow it."


def _size(word: str, unit: str) -> int:
    """The power of ten that a word after the number stands for; the unit's own name stands for none."""
    if not word or word in UNIT_WORDS.get(unit, ()):
        return 0
    if word in SIZES and not (unit in ("months", "years", "percent") or (unit == "days" and word == "m")):
        return SIZES[word]
    if "%" in word:
        raise Unreadable("No percentage is asked for here. Type the number itself.")
    raise Unreadable("This is not a number. Type it like 1200, 1,200 or 1.2k.")
