"""Marks the answers that are the same for everybody, so that caches may keep them: ours, a proxy's, a browser's.

What such an answer depends on is said here and in its `Vary`: the path, the named parts of the query string, what
the browser remembers of a result (`Cookie`), whether htmx asks (`HX-Request`), the loaded content, and the day.
Nothing else may go into it: no token, no session, no host name.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse

# Browsers ask each time whether their copy still holds. A proxy in front may answer for some seconds on its own,
# which takes a rush off the site and still shows new content within seconds.
CACHE_CONTROL = "public, max-age=0, s-maxage=10"

View = Callable[..., HttpResponse]


def public(*reads: str) -> Callable[[View], View]:
    """For a view whose pages are public and depend on these parts of the query string."""

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            response = view(request, *args, **kwargs)
            if response.status_code == 200:
                response.setdefault("Cache-Control", CACHE_CONTROL)
                response.public = reads  # type: ignore[attr-defined]  # for the page cache
            return response

        return wrapped

    return decorate
