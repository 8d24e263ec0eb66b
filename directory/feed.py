"""What changed in the content, as an Atom feed (RFC 4287)."""

from __future__ import annotations

import uuid
from html import escape
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse

from .api.answers import open_data
from .models import Change, ContentVersion, Metric
from .structured import address

# Ids hold no host: a site that moves, or turns to https, has the same feed, and its readers see nothing twice.
NAMESPACE = uuid.UUID("7a5e4d1c-63a7-5c55-9a39-0e3b6f3d2f10")


@open_data(strict=False)
def changes(request: HttpRequest, version: ContentVersion) -> HttpResponse:
    metrics = {each.slug: each for each in Metric.objects.only("slug", "name")}
    rows = list(Change.objects.all())
    context: dict[str, Any] = {
        "id": _id("changes"),
        "self": address(reverse("directory:changes")),
        "home": address(reverse("directory:metric-list")),
        "updated": _moment(rows[0]) if rows else f"{version.loaded_at:%Y-%m-%dT%H:%M:%SZ}",
        "entries": [_entry(row, metrics) for row in rows],
    }
    text = render_to_string("directory/changes.atom", context)
    return HttpResponse(_allowed(text), content_type="application/atom+xml; charset=utf-8")


def _entry(row: Change, metrics: dict[str, Metric]) -> dict[str, Any]:
    touched = [metrics[slug] for slug in row.metrics if slug in metrics]
    path = f"{touched[0].get_absolute_url()}#history" if touched else reverse("directory:metric-list")
    return {
        "id": _id(f"change {row.slug}"),
        "title": row.title,
        "updated": _moment(row),
        "link": address(path),
        "kind": row.kind,
        "label": row.kind_name,
        "content": _content(row, touched),
    }


def _content(row: Change, touched: list[Metric]) -> str:
    """HTML with whole addresses, because a feed is read elsewhere."""
    text = row.text.replace('href="/', f'href="{address("/")}') if row.text else escape(row.title)
    links = [f'<li><a href="{address(each.get_absolute_url())}">{escape(each.name)}</a></li>' for each in touched]
    return f"<p>{text}</p>" + (f"<ul>{''.join(links)}</ul>" if links else "")


def _id(name: str) -> str:
    return f"urn:uuid:{uuid.uuid5(NAMESPACE, name)}"


def _moment(row: Change) -> str:
    return f"{row.date.isoformat()}T00:00:00Z"


def _allowed(text: str) -> str:
    """Without the characters that XML has no way to write."""
    return "".join(each for each in text if each in "\t\n" or (each >= " " and each not in "\ufffe\uffff"))
