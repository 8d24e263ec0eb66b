"""What is said about security with every answer, errors and static files included, beyond what Django says."""

import re
from collections.abc import Callable, MutableMapping

from django.conf import settings
from django.http import HttpRequest, HttpResponse

Next = Callable[[HttpRequest], HttpResponse]
# What stands in pages of other sites: the style sheet of the card, by whichever name, and the sign of the site.
FOR_OTHER_SITES = re.compile(r"/(css/embed|img/favicon)(\.[0-9a-f]{12})?\.(css|svg)$")


# What browsers heed of a document alone. A file of ours that is opened as one may do nothing by its policy.
FOR_DOCUMENTS = ("Cross-Origin-Opener-Policy", "Permissions-Policy", "X-Frame-Options")
POLICY_OF_A_FILE = "default-src 'none'; frame-ancestors 'none'"


def fixed_headers(get_response: Next) -> Next:
    """Adds `FIXED_HEADERS` to every answer; a view may say otherwise by setting one itself."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        headers = response.headers
        for name, value in settings.FIXED_HEADERS.items():
            headers.setdefault(name, value)
        if headers.get("Content-Security-Policy") == POLICY_OF_A_FILE:
            for name in FOR_DOCUMENTS:
                headers.pop(name, None)
        if "immutable" in headers.get("Cache-Control", "") and "ETag" in headers:
            headers.pop("Last-Modified", None)  # says no more than the ETag
        return response

    return middleware


def static_headers(headers: MutableMapping[str, str], path: str, url: str) -> None:
    """What WhiteNoise says with a static file beyond its own."""
    headers["Content-Security-Policy"] = POLICY_OF_A_FILE
    if FOR_OTHER_SITES.search(url):
        headers["Cross-Origin-Resource-Policy"] = "cross-origin"


def forget_damaged_token(get_response: Next) -> Next:
    """Takes a damaged cookie of the form token for none. It stands right behind Django's middleware for forms,

    which would set a new one on any page, so that pages without a form were not the same for everybody. A page
    with a form still makes a good one.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.META.pop("CSRF_COOKIE_NEEDS_UPDATE", False):
            del request.META["CSRF_COOKIE"]
        return get_response(request)

    return middleware
