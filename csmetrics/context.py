"""What every template may know about the site and about where it stands."""

from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import get_script_prefix, reverse

# Name of the link, the page it leads to, and the other paths that belong to it.
NAVIGATION = (
    ("Directory", "directory:metric-list", "/metrics/"),
    ("Map", "directory:priority-map", "/map/"),
    ("Stages", "directory:stage-list", "/stages/"),
    ("Assessment", "assessment:start", "/assessment/"),
    ("FAQ", "directory:faq", "/faq/"),
)


def site(request: HttpRequest) -> dict[str, Any]:
    """The canonical address of the page, and the main navigation with the reader's place in it.

    The address is the site's own and the path, without the query string and never from the Host header.
    """
    links, paths = [], _paths(get_script_prefix())
    for name, view, below in NAVIGATION:
        path = paths[view]
        current = "page" if request.path == path else "true" if request.path.startswith(below) else ""
        links.append({"name": name, "path": path, "current": current})
    return {
        "canonical": f"{settings.SITE_URL}{request.path}",
        "navigation": links,
        "assessment_path": paths["assessment:start"],
        "assessment_address": f"{settings.SITE_URL}{paths['assessment:start']}",
    }


@lru_cache(maxsize=10)
def _paths(prefix: str) -> dict[str, str]:
    """Paths of the pages that the navigation leads to, where the site stands below `prefix`."""
    return {view: reverse(view) for _, view, _ in NAVIGATION}
