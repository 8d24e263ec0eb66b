"""What becomes of a metric's old address, in whichever form it was asked for."""

from __future__ import annotations

import difflib

from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.urls import reverse

from .models import Metric, Redirect


def moved_or_missing(request: HttpRequest, slug: str, view: str, *, suggest: bool = False) -> HttpResponse:
    """A redirect for good where the slug has moved; else Http404, which may say what was meant."""
    moved = Redirect.objects.filter(old=slug).first()
    if moved is not None:
        target, query = reverse(view, args=[moved.new]), request.META.get("QUERY_STRING", "")
        return HttpResponsePermanentRedirect(f"{target}?{query}" if query else target)
    known = Metric.objects.values_list("slug", flat=True) if suggest else []
    near = difflib.get_close_matches(slug, known, n=1, cutoff=0.6)
    meant = f" Did you mean {near[0]}?" if near else ""
    raise Http404(f"No metric has the slug {slug[:60]}.{meant}")
