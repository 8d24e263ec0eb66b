"""The pages for what went wrong. The one for a bad request reads nothing of the request:

it is called for hostile hosts and broken encodings, and whatever would look at those again would fail again.
"""

import difflib
from functools import cache

from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
    HttpResponseForbidden,
    HttpResponseServerError,
)
from django.shortcuts import render
from django.template.loader import render_to_string

from directory.models import Metric


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return HttpResponseBadRequest(_fixed_page("400.html"))


def forbidden(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without a valid token: a stale page, or somebody else's."""
    return HttpResponseForbidden(_fixed_page("403.html"))


def server_error(request: HttpRequest) -> HttpResponse:
    """Rendered without the request and without the database: either may be what failed."""
    return HttpResponseServerError(_fixed_page("500.html"))


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
