"""The line that says what a page is sorted for and why, with the buttons that change it for good.

Only for browsers that remember a result; for all others the same switch is made of plain links.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from .models import Stage
from .remembered import Remembered


@dataclass(frozen=True)
class Switch:
    """Where the page stands. `back` is the address to return to once a button has been pressed."""

    said: str
    buttons: list[tuple[Stage | None, bool]]  # a stage or none, and whether the page shows it
    back: str
    result_on: str
    is_sorted: bool  # for a stage


def switch(
    memory: Remembered, stages: Sequence[Stage], stage: str | None, *, back: str, verb: str = "Marked"
) -> Switch | None:
    """For a page shown for `stage`. `back` is its address without a stage. None where nothing is remembered."""
    if memory.result_on is None:
        return None
    names = {each.slug: each.name for each in stages}
    buttons: list[tuple[Stage | None, bool]] = [(None, stage is None)]
    buttons += [(each, each.slug == stage) for each in stages]
    return Switch(
        _said(memory, names, stage, verb), buttons, back, short_date(memory.result_on), stage is not None
    )


def _said(memory: Remembered, names: dict[str, str], stage: str | None, verb: str) -> str:
    """`Sorted for Walk, from your result of November 23.`"""
    result = names.get(memory.result_stage or "", "")
    day = short_date(memory.result_on) if memory.result_on else ""
    where = f"{verb} for {names[stage]}" if stage in names else f"Not {verb.lower()} for a stage"
    if stage != memory.stage:
        return f"{where}, as this link asks. Your result of {day} was {result}."
    if memory.is_chosen:
        return f"{where}, as you chose. Your result of {day} was {result}."
    return f"{where}, from your result of {day}."


def short_date(day: datetime.date) -> str:
    """`November 23`, with the year once it is another one than this."""
    this_year = datetime.datetime.now(tz=datetime.UTC).year
    return f"{day:%B} {day.day}" + (f", {day.year}" if day.year != this_year else "")
