"""CSV that a spreadsheet opens without running anything in it."""

import csv
import io
import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from directory.api.sheets import RUNNABLE, cell, table


class Row(BaseModel):
    name: str | None
    value: Decimal | None = None
    tags: list[str] = []
    ok: bool = True


def read(raw):
    return list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline=""), strict=True))


# The grammar of RFC 4180 word by word and no more forgiving: a second reader that shares nothing with the writer.
TEXTDATA = r"[\x20-\x21\x23-\x2b\x2d-\x7e\x80-\U0010ffff]"
FIELD = re.compile(rf'"(?:[^"]|"")*"|{TEXTDATA}*')


def read_by_the_standard(text):
    """Records of fields; any character that the grammar has no place for is an error."""
    records, place = [[]], 0
    while True:
        found = FIELD.match(text, place)
        place, field = found.end(), found[0]
        records[-1].append(field[1:-1].replace('""', '"') if field.startswith('"') else field)
        if text.startswith(",", place):
            place += 1
        elif text.startswith("\r\n", place):
            place += 2
            if place == len(text):
                return records
            records.append([])
        else:
            raise AssertionError(
                f"{text[place : place + 20]!r} at {place} is neither a comma nor the end of a line"
            )


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, ""),
        ("", ""),
        ("plain", "plain"),
        (True, "true"),
        (False, "false"),
        (-3, "-3"),
        (Decimal("89"), "89"),
        (Decimal("89.50"), "89.5"),
        (Decimal("-0.25"), "-0.25"),
        (Decimal("1E+6"), "1000000"),
        ([], ""),
        (["a", "b"], "a b"),
        (["=a", "b"], "'=a b"),
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("\n=1", "'\n=1"),
        ("＝1", "'＝1"),
        ("'quoted'", "'quoted'"),
        ("80-88%", "80-88%"),
    ],
)
def test_cell_is_a_number_or_only_a_text(value, written):
    assert cell(value) == written


@given(st.lists(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0"))))
def test_any_text_comes_back_whole_and_never_begins_like_a_formula(texts):
    made = table(Row, [Row(name=each) for each in texts])
    head, *rows = read(made)
    assert head == ["name", "value", "tags", "ok"]
    for text, (name, *_) in zip(texts, rows, strict=True):
        assert not name.startswith(RUNNABLE)
        assert name == (f"'{text}" if text.startswith(RUNNABLE) else text)


@given(st.lists(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"], include_characters="\r\n\t"))))
def test_any_text_comes_back_by_the_grammar_of_the_standard(texts):
    """A tab is written as it is, which the grammar forbids and every reader takes; it is left out here."""
    texts = [each.replace("\t", "") for each in texts]
    made = table(Row, [Row(name=each) for each in texts]).decode()
    head, *rows = read_by_the_standard(made)
    assert {len(each) for each in (head, *rows)} == {4}
    assert [name.removeprefix("'") for name, *_ in rows] == [each.removeprefix("'") for each in texts]


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**12), max_value=10**12))
def test_any_number_comes_back_equal_and_unquoted(value):
    _, row = read(table(Row, [Row(name=None, value=value)]))
    assert Decimal(row[1]) == value
    assert "e" not in row[1].lower()


def test_lines_end_as_the_standard_says_and_the_mark_is_optional():
    raw = table(Row, [Row(name='a "b", c')])
    assert raw == b'name,value,tags,ok\r\n"a ""b"", c",,,true\r\n'
    assert table(Row, [Row(name='a "b", c')], bom=True) == b"\xef\xbb\xbf" + raw
