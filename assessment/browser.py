"""How a browser is known again: a random mark in a cookie. The database keeps only its digest."""

from __future__ import annotations

import hashlib
import re
import secrets

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from directory.remembered import KEPT_FOR, remember, remembered

from .content import Edition
from .models import Assessment
from .report import company_of, segment_of

COOKIE = settings.BROWSER_COOKIE_NAME
MARK = re.compile(r"[A-Za-z0-9_-]{43}")


def new_mark() -> str:
    return secrets.token_urlsafe(32)


def mark_of(request: HttpRequest) -> str:
    """The mark of the browser, or nothing where it has none that this site could have given."""
    mark = request.COOKIES.get(COOKIE, "")
    return mark if MARK.fullmatch(mark) else ""


def maker_of(request: HttpRequest) -> str:
    """What the database knows the browser by, or nothing."""
    mark = mark_of(request)
    return digest(mark) if mark else ""


def digest(mark: str) -> str:
    return hashlib.sha256(mark.encode()).hexdigest()


def keep_mark(response: HttpResponse, mark: str) -> None:
    response.set_cookie(
        COOKIE, mark, max_age=KEPT_FOR, httponly=True, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
    )


def remember_result(
    request: HttpRequest, response: HttpResponse, assessment: Assessment, edition: Edition
) -> None:
    """Leave the stage and the context of a result in the browser, for the pages of the directory."""
    if assessment.finished is None or not assessment.stage:
        return
    chosen = edition.chosen(assessment.context)
    remember(
        response,
        remembered(request),
        stage=assessment.stage,
        on=assessment.finished.date(),
        segment=segment_of(chosen),
        company=company_of(chosen),
    )
