"""What the browser remembers of its latest assessment: the stage, and which benchmarks to show first.

Two small cookies, readable only by this site. `result` is written by the assessment, `stage` by the switch that
readers have on the pages. Pages that read them say so in `Vary`. An explicit `?stage=` or `?segment=` wins.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from .loader.schema import SEGMENTS, STAGES

RESULT, STAGE = "result", "stage"  # names of the cookies
NO_STAGE = "none"  # as it stands in an address, a form or a cookie
KEPT_FOR = 400 * 24 * 3600  # seconds; browsers keep no cookie longer
NOTHING = "-"
WORD = r"[a-z0-9-]{1,20}"
VALUE = re.compile(rf"({WORD})\.(\d{{4}}-\d\d-\d\d)\.({WORD})\.([0-9]{{0,12}}-[0-9]{{0,12}})", re.ASCII)


@dataclass(frozen=True)
class Remembered:
    """The stage and segment that pages start from. All empty for a browser without a result."""

    stage: str | None = None  # what pages are sorted for: the chosen stage, else the one of the result
    segment: str | None = None
    company: tuple[int, int | None] | None = None  # its recurring revenue: from, and below
    result_stage: str | None = None
    result_on: datetime.date | None = None

    @property
    def is_chosen(self) -> bool:
        """True when the reader switched to another stage than the result's, or to none."""
        return self.result_stage != self.stage


def remembered(request: HttpRequest) -> Remembered:
    """What the cookies of a request say; anything that this site did not write counts as nothing."""
    found = VALUE.fullmatch(request.COOKIES.get(RESULT, ""))
    if not found or found[1] not in STAGES:
        return Remembered()
    try:
        day = datetime.date.fromisoformat(found[2])
    except ValueError:
        return Remembered()
    chosen = request.COOKIES.get(STAGE)
    stage = None if chosen == NO_STAGE else chosen if chosen in STAGES else found[1]
    segment = found[3] if found[3] in SEGMENTS else None
    return Remembered(stage, segment, _company(found[4]), found[1], day)


def _company(text: str) -> tuple[int, int | None] | None:
    low, _, high = text.partition("-")
    return (int(low), int(high) if high else None) if low else None


def remember(
    response: HttpResponse,
    before: Remembered,
    *,
    stage: str,
    on: datetime.date,
    segment: str | None,
    company: tuple[int, int | None] | None,
) -> None:
    """Leave a result in the browser. What was chosen on the pages gives way to a result of another stage."""
    size = f"{company[0]}-{company[1] or ''}" if company else NOTHING
    value = ".".join([stage, on.isoformat(), segment or NOTHING, size])
    _set_cookie(response, RESULT, value)
    if stage != before.result_stage:
        response.delete_cookie(STAGE, samesite="Lax")


def forget(response: HttpResponse) -> None:
    response.delete_cookie(RESULT, samesite="Lax")
    response.delete_cookie(STAGE, samesite="Lax")


def choose(response: HttpResponse, memory: Remembered, stage: str) -> None:
    """Keep a choice of the reader: a stage, or `none`. The result's own stage needs no second cookie."""
    if stage == memory.result_stage:
        response.delete_cookie(STAGE, samesite="Lax")
    else:
        _set_cookie(response, STAGE, stage)


def _set_cookie(response: HttpResponse, name: str, value: str) -> None:
    response.set_cookie(
        name, value, max_age=KEPT_FOR, httponly=True, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
    )


def varies(response: HttpResponse) -> HttpResponse:
    """Mark a page that depends on what is remembered, and on whether htmx asks for a part of it."""
    patch_vary_headers(response, ["Cookie", "HX-Request"])
    return response


def is_from_here(request: HttpRequest) -> bool:
    """Whether a form was sent by a page of this site, as the browser tells.

    For forms on pages that are the same for everybody, which cannot hold a token. Browsers without these headers
    are let through: what such a form can do is no more than to sort the directory.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site:
        return site in ("same-origin", "none")
    origin = request.headers.get("Origin")
    try:
        return not origin or urlsplit(origin).netloc == request.get_host()
    except ValueError:  # no address at all
        return False


def known(value: str, stages: Collection[str]) -> bool:
    return value == NO_STAGE or value in stages
