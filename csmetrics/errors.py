"""The pages for what went wrong. The one for a bad request reads nothing of the request:

it is called for hostile hosts and broken encodings, and whatever would look at those again would fail again.
"""

import difflib
import sys
from functools import cache
from http import HTTPStatus
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
    HttpResponseForbidden,
    HttpResponseServerError,
)
from django.shortcuts import render
from django.template.defaultfilters import pluralize
from django.template.loader import render_to_string

from directory.api.answers import problem
from directory.models import Metric

DATA = "/api/v1/"  # whoever asks there is a program
READ_ONLY = "25006"  # how PostgreSQL refuses to write where it only reads, as on a standby
TOKEN = "csrfmiddlewaretoken"  # noqa: S105  (the name of a field)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return HttpResponseBadRequest(_fixed_page("400.html"))


def forbidden(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without a valid token: a stale page, or somebody else's."""
    return HttpResponseForbidden(_fixed_page("403.html"))


def server_error(request: HttpRequest) -> HttpResponse:
    """Rendered without the request and without the database: either may be what failed.

    Where it was the database that could not be had, Django is still handling that; then it is worth coming back.
    """
    if _is_of_the_database(sys.exc_info()[1]):
        return unavailable(request)
    return HttpResponseServerError(_fixed_page("500.html"))


def unavailable(request: HttpRequest) -> HttpResponse:
    """Worth coming back. With what was sent, where that was a form, whose token has been checked by then."""
    headers = {"Retry-After": "5", "Cache-Control": "no-store"}
    if request.method == "POST" and TOKEN in request.POST and not request.FILES:
        return HttpResponse(render(request, "503.html", _sent(request)), status=503, headers=headers)
    return HttpResponse(_fixed_page("503.html"), status=503, headers=headers)


def _is_of_the_database(error: BaseException | None) -> bool:
    """It cannot be reached, has no room, or takes nothing while another one takes over."""
    state = getattr(getattr(error, "__cause__", None), "sqlstate", "")
    return isinstance(error, (OperationalError, InterfaceError)) or state == READ_ONLY


def too_large(request: HttpRequest) -> HttpResponse:
    if request.path.startswith(DATA):
        return problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The request is too large to be read.")
    return HttpResponse(_fixed_page("413.html"), status=413)


def too_slow() -> HttpResponse:
    return HttpResponse(_fixed_page("408.html"), status=408)


def too_many(request: HttpRequest, wait: int) -> HttpResponse:
    """With what was sent, to be sent again in a while: nobody has to type it twice."""
    words = f"{wait} second{pluralize(wait)}" if wait < 90 else f"{round(wait / 60)} minutes"
    response = render(request, "429.html", {"wait": words, **_sent(request)}, status=429)
    response["Retry-After"] = str(wait)
    response["Cache-Control"] = "no-store"
    return response


def _sent(request: HttpRequest) -> dict[str, Any]:
    """What a page needs to send a form again."""
    sent = [(key, value) for key, values in request.POST.lists() for value in values if key != TOKEN]
    return {
        "action": request.path,
        "sent": [(key.replace("\0", ""), value.replace("\0", "")) for key, value in sent],
    }


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """With the metrics whose slugs are like the last part of the address, or else a few to start from."""
    wanted = request.path.rstrip("/").rpartition("/")[2].lower()
    metrics = {each.slug: each for each in Metric.objects.for_lists()}
    near = difflib.get_close_matches(wanted, metrics, n=4, cutoff=0.55) if wanted else []
    by_abbreviation = [each.slug for each in metrics.values() if each.abbreviation.lower() == wanted]
    context = {
        "near": [metrics[slug] for slug in dict.fromkeys(by_abbreviation + near)],
        "starts": list(metrics.values())[:4],
    }
    return render(request, "404.html", context, status=404)


@cache
def _fixed_page(template: str) -> str:
    return render_to_string(template)
