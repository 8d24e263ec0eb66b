"""The site as a search engine of the browser (OpenSearch 1.1): its description, and suggestions while typing."""

from __future__ import annotations

import json
import textwrap

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.http import require_safe

from . import search
from .forms import typed
from .structured import address

MOST, LONGEST = 8, 160  # suggestions, and characters of a description
LONGEST_ECHO = 500  # characters


@require_safe
def description(request: HttpRequest) -> HttpResponse:
    """Browsers need whole addresses here: the site's own, or else the one that was asked."""
    origin = settings.SITE_URL or request.build_absolute_uri("/").rstrip("/")
    context = {
        "search": f"{origin}{reverse('directory:search')}?q={{searchTerms}}",
        "suggestions": f"{origin}{reverse('directory:suggestions')}?q={{searchTerms}}",
        "self": f"{origin}{reverse('directory:opensearch')}",
        "icon": f"{origin}{static('img/favicon.svg')}",
    }
    response = render(
        request,
        "directory/opensearch.xml",
        context,
        content_type="application/opensearchdescription+xml; charset=utf-8",
    )
    response["Cache-Control"] = "public, max-age=86400" if settings.SITE_URL else "no-store"
    return response


@require_safe
def suggestions(request: HttpRequest) -> HttpResponse:
    """What was typed, then three lists in parallel: names, what they are, where they lead.

    Letter by letter as it came, since browsers drop an answer to anything else.
    """
    query = typed(request.GET)
    found = [hit.entry for hit in search.current_index().search(query, MOST)] if query else []
    answer = [
        request.GET.get("q", "")[:LONGEST_ECHO],
        [each.title for each in found],
        [textwrap.shorten(each.summary, LONGEST, placeholder=" …") for each in found],
        [address(each.path) for each in found],
    ]
    response = HttpResponse(
        json.dumps(answer, ensure_ascii=False), content_type="application/x-suggestions+json; charset=utf-8"
    )
    response["Cache-Control"] = "public, max-age=300"
    return response
