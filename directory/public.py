"""Marks the answers that are the same for everybody, so that caches may keep them: ours, a proxy's, a browser's.

What such an answer depends on is said here and in its `Vary`: the path, the named parts of the query string, what
the browser remembers of a result (`Cookie`), whether htmx asks (`HX-Request`), the loaded content, and the day.
Nothing else may go into it: no token, no session, no host name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.cache import has_vary_header

from .remembered import Remembered, remembered

# Browsers ask each time whether their copy still holds. A proxy in front may answer for some seconds on its own,
# which takes a rush off the site and still shows new content within seconds.
CACHE_CONTROL = "public, max-age=0, s-maxage=10"
# For a page that says what a reader's result was: a cache that does not heed `Vary: Cookie` may not have it.
OF_ONE_READER = "private, no-cache"
# For whatever htmx asked for. Which of its headers make a fragment is more than `Vary` can tell, and a browser
# that goes back may never find one. What we keep ourselves is split by the rule itself.
FOR_HTMX = "no-store"

View = Callable[..., HttpResponse]


@dataclass(frozen=True)
class Reads:
    """The parts of the query string that a page depends on. `alone`: with any other part nobody may keep it."""

    names: tuple[str, ...]
    alone: bool = False

    def are_all_of(self, query: QueryDict) -> bool:
        return not self.alone or all(name in self.names for name in query)


def public(*names: str, alone: bool = False) -> Callable[[View], View]:
    """For a view whose pages are public and depend on these parts of the query string.

    `alone` is for views that also take what is a reader's own, such as numbers of a calculation.
    """
    reads = Reads(names, alone)

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            response = view(request, *args, **kwargs)
            if response.status_code == 200 and reads.are_all_of(request.GET):
                response.setdefault("Cache-Control", _cache_control(request, response))
                response.public = reads  # type: ignore[attr-defined]  # for the page cache
            return response

        return wrapped

    return decorate


def _cache_control(request: HttpRequest, response: HttpResponse) -> str:
    """Who else may keep an answer, by what it says that it depends on."""
    if has_vary_header(response, "HX-Request") and "HX-Request" in request.headers:
        return FOR_HTMX
    if has_vary_header(response, "Cookie") and remembered(request) != Remembered():
        return OF_ONE_READER
    return CACHE_CONTROL
