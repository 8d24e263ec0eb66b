"""Structured data (JSON-LD) for search engines and assistants. It says only what the page says."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from .models import Metric, Question

ESCAPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


def as_script(*items: dict[str, Any]) -> SafeString:
    """A JSON-LD graph that is safe inside a script element."""
    graph = {"@context": "https://schema.org", "@graph": list(items)}
    text = json.dumps(graph, ensure_ascii=False, separators=(",", ":")).translate(ESCAPES)
    return mark_safe(f'<script type="application/ld+json">{text}</script>')  # noqa: S308  (escaped above)


def address(path: str) -> str:
    return f"{settings.SITE_URL}{path}"


def term_set(metrics: Iterable[Metric]) -> dict[str, Any]:
    """The directory as a set of defined terms."""
    home = address(reverse("directory:metric-list"))
    return {
        "@type": "DefinedTermSet",
        "@id": f"{home}#metrics",
        "name": "CS Metrics",
        "url": home,
        "inLanguage": "en",
        "license": "https://creativecommons.org/licenses/by/4.0/",
        "hasDefinedTerm": [term(metric, in_set=False) for metric in metrics],
    }


def term(metric: Metric, *, in_set: bool = True) -> dict[str, Any]:
    """A metric as a defined term."""
    made: dict[str, Any] = {
        "@type": "DefinedTerm",
        "name": metric.name,
        "description": metric.summary,
        "url": address(metric.get_absolute_url()),
    }
    if metric.abbreviation:
        made["termCode"] = metric.abbreviation
    if in_set:
        made["inDefinedTermSet"] = f"{address(reverse('directory:metric-list'))}#metrics"
    return made


def breadcrumbs(*steps: tuple[str, str]) -> dict[str, Any]:
    """The way to a page: names and paths, from the home page on."""
    return {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": position, "name": name, "item": address(path)}
            for position, (name, path) in enumerate(steps, start=1)
        ],
    }


def questions(rows: Iterable[Question]) -> dict[str, Any]:
    """Questions and answers that are visible on the page."""
    return {
        "@type": "FAQPage",
        "mainEntity": [
            {
                "@type": "Question",
                "name": row.question,
                "acceptedAnswer": {"@type": "Answer", "text": row.plain_answer},
            }
            for row in rows
        ],
    }
