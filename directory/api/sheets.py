"""Documents as CSV (RFC 4180) that a spreadsheet opens without running anything in it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

BOM = "\ufeff"  # without it some spreadsheets take UTF-8 for something older
# A cell that begins with one of these may be run as a formula; the last four are their wide forms.
RUNNABLE = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def table(item: type[BaseModel], rows: Iterable[BaseModel], *, bom: bool = False) -> bytes:
    """A line of column names, then one line a row. Lines end in CR LF."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(item.model_fields)
    for row in rows:
        writer.writerow(cell(getattr(row, name)) for name in item.model_fields)
    return f"{BOM if bom else ''}{text.getvalue()}".encode()


def cell(value: Any) -> str:
    """Nothing for null, plain numbers, `true` and `false`, lists parted by a space, and text that is only text."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case int():
            return str(value)
        case Decimal():
            return f"{value.normalize():f}"
        case list():
            return cell(" ".join(map(str, value)))
    text = str(value)
    return f"'{text}" if text.startswith(RUNNABLE) else text
