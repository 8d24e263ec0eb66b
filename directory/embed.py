"""A small card of a metric that other sites may frame: no script, its own styles, links that leave the frame."""

from __future__ import annotations

from typing import Any

from csp.decorators import csp
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

from .api.answers import KEEP
from .forms import PageQuery
from .loader.render import plain
from .models import Metric
from .moved import moved_or_missing
from .structured import address

POLICY = {
    "default-src": ["'none'"],
    "style-src": ["'self'"],
    "img-src": ["'self'"],
    "base-uri": ["'none'"],
    "form-action": ["'none'"],
    "frame-ancestors": ["*"],
}
# For pages that shut out what does not say so, which is a frame and, in a sandbox, its style sheet too.
FOR_OTHER_SITES = {
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
}


@csp(POLICY)  # type: ignore[arg-type]  # its types know no view with arguments
@xframe_options_exempt
@require_safe
def card(request: HttpRequest, slug: str) -> HttpResponse:
    """Name, summary, priorities; with `?stage=` what to do there. No cookie is read: a frame rarely gets any."""
    metric = Metric.objects.for_page().filter(slug=slug).first()
    response = _card(request, metric) if metric else moved_or_missing(request, slug, "directory:embed")
    for name, value in FOR_OTHER_SITES.items():
        response[name] = value
    return response


def _card(request: HttpRequest, metric: Metric) -> HttpResponse:
    priorities = metric.profile
    query = PageQuery.read(request.GET, stages=[each.stage_id for each in priorities])
    mine = next((each for each in priorities if each.stage_id == query.stage), None)
    context: dict[str, Any] = {
        "metric": metric,
        "priorities": priorities,
        "mine": mine,
        "guidance": plain(metric.page["stages"][query.stage]["guidance"]) if query.stage else "",
        "canonical_metric": address(metric.get_absolute_url()),
        "address": f"{address(metric.get_absolute_url())}{query.query_string}",
    }
    response = render(request, "directory/embed.html", context)
    response["Cache-Control"] = KEEP
    return response
