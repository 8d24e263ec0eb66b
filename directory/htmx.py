"""The one rule for when a request gets a fragment instead of a page."""

from django.http import HttpRequest


def wants_fragment(request: HttpRequest) -> bool:
    """True for htmx requests that swap a part; a restored history entry needs the whole page."""
    htmx = request.htmx  # type: ignore[attr-defined]  # set by its middleware
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request
