"""CSV that a spreadsheet opens without running anything in it."""

import csv
import io
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
    head, *rows = read(table(Row, [Row(name=each) for each in texts]))
    assert head == ["name", "value", "tags", "ok"]
    for text, (name, *_) in zip(texts, rows, strict=True):
        assert not name.startswith(RUNNABLE)
        assert name == (f"'{text}" if text.startswith(RUNNABLE) else text)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**12), max_value=10**12))
def test_any_number_comes_back_equal_and_unquoted(value):
    _, row = read(table(Row, [Row(name=None, value=value)]))
    assert Decimal(row[1]) == value
    assert "e" not in row[1].lower()


def test_lines_end_as_the_standard_says_and_the_mark_is_optional():
    raw = table(Row, [Row(name='a "b", c')])
    assert raw == b'name,value,tags,ok\r\n"a ""b"", c",,,true\r\n'
    assert table(Row, [Row(name='a "b", c')], bom=True) == b"\xef\xbb\xbf" + raw
