"""How open data is answered: who may read it, how long it may be kept, what is said where something is wrong.

Every answer is a pure function of the loaded content, the code and the address of the site. The ETag names those
three and the encoding, so it is strong, and an answer that the reader has is told without making it again.
"""

from __future__ import annotations

import functools
import gzip
import hashlib
from collections.abc import Callable, Collection, Iterable, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any

import brotli
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.views.decorators.csrf import csrf_exempt

from directory.models import ContentVersion
from directory.structured import address

from .models import FieldError, Problem, as_json

KEEP = "public, max-age=300"  # seconds; afterwards a reader asks again and mostly gets a 304
SMALLEST_COMPRESSED = 600  # bytes; below it compression saves nothing
COMPRESSED = ("br", "gzip")

View = Callable[..., HttpResponse]


# -- Problems --


def problem(status: HTTPStatus, detail: str, *, kind: str = "", errors: Sequence[FieldError] = ()) -> HttpResponse:
    """`application/problem+json`. `kind` is an anchor of the page that explains the API."""
    told = Problem(
        type=address(f"{reverse('api:guide')}#{kind}") if kind else "about:blank",
        title=status.phrase,
        status=int(status),
        detail=detail,
        errors=list(errors),
    )
    response = HttpResponse(as_json(told), status=status, content_type="application/problem+json")
    response["Cache-Control"] = "no-store"
    return allowed_everywhere(response)


def wrong_parameters(request: HttpRequest, known: Collection[str]) -> list[FieldError]:
    """The parameters of the address that mean nothing here. Ignoring a filter would pass for having applied it."""
    expected = f"expected {' or '.join(sorted(known))}" if known else "this address takes no parameters"
    errors = [
        FieldError(field=printable(name), message=f"unknown parameter, {expected}")
        for name in request.GET
        if name not in known
    ]
    return errors + [
        FieldError(field=name, message="stands more than once")
        for name in known
        if len(request.GET.getlist(name)) > 1
    ]


def printable(text: str) -> str:
    """Somebody's text for a message: short, and without what cannot be shown."""
    return "".join(each for each in text if each.isprintable())[:60]


# -- Readers elsewhere --


def allowed_everywhere(response: HttpResponse) -> HttpResponse:
    """Pages of other sites may read it. It is the same for everybody: no cookie is read and none is set."""
    response["Access-Control-Allow-Origin"] = "*"
    response["Access-Control-Expose-Headers"] = "ETag, Link"
    return response


def preflight(methods: Iterable[str], headers: str) -> HttpResponse:
    """The answer to OPTIONS, which browsers ask before some requests of other sites."""
    response = HttpResponse(status=HTTPStatus.NO_CONTENT)
    response["Allow"] = ", ".join(methods)
    response["Access-Control-Allow-Methods"] = ", ".join(methods)
    response["Access-Control-Allow-Headers"] = headers
    response["Access-Control-Max-Age"] = "86400"
    del response["Content-Type"]
    return allowed_everywhere(response)


def refuse_method(request: HttpRequest, methods: Iterable[str]) -> HttpResponse:
    names = ", ".join(methods)
    response = problem(HTTPStatus.METHOD_NOT_ALLOWED, f"{printable(request.method or '')} is not one of {names}.")
    response["Allow"] = names
    return response


READING = ("GET", "HEAD", "OPTIONS")


def open_data(*, parameters: Collection[str] = (), strict: bool = True) -> Callable[[View], View]:
    """Turns a view of the loaded content into open data. With `strict`, unknown parameters are refused."""

    def decorator(view: View) -> View:
        @functools.wraps(view)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method == "OPTIONS":
                return preflight(READING, "If-None-Match, Cache-Control")
            if request.method not in READING:
                return refuse_method(request, READING)
            if strict and (errors := wrong_parameters(request, parameters)):
                detail = "Some parameters of the address are wrong; each is named below."
                return problem(HTTPStatus.BAD_REQUEST, detail, kind="parameters", errors=errors)
            return _fresh(request, lambda version: view(request, version, *args, **kwargs))

        return csrf_exempt(answer)  # it only reads: what else is asked gets a 405 and not a page about forms

    return decorator


def _fresh(request: HttpRequest, make: Callable[[ContentVersion], HttpResponse]) -> HttpResponse:
    """The answer, or 304 where the reader has it: known before it is made, but not for `*`, any there is."""
    version = ContentVersion.current()
    if version is None:
        return problem(HTTPStatus.SERVICE_UNAVAILABLE, "No content is loaded yet.")
    encoding = accepted_encoding(request)
    etag = f'"{_tag(version)}{f"-{encoding}" if encoding else ""}"'
    names_tag = request.headers.get("If-None-Match", "*").strip() != "*"
    known = get_conditional_response(request, etag=etag) if names_tag else None
    return _kept(known, etag) if known else _made(request, lambda: make(version), etag, encoding)


def _made(request: HttpRequest, make: Callable[[], HttpResponse], etag: str, encoding: str) -> HttpResponse:
    try:
        response = make()
    except Http404 as missing:
        return problem(HTTPStatus.NOT_FOUND, str(missing))
    if response.status_code != HTTPStatus.OK:
        return allowed_everywhere(response)
    compress(response, encoding)
    response["ETag"] = etag
    return _kept(get_conditional_response(request, etag=etag, response=response) or response, etag)


def _kept(response: HttpResponse, etag: str) -> HttpResponse:
    response["ETag"] = etag
    response["Cache-Control"] = KEEP
    patch_vary_headers(response, ["Accept-Encoding"])
    return allowed_everywhere(response)


def _tag(version: ContentVersion) -> str:
    parts = (version.digest, version.loaded_at.isoformat(), settings.SITE_URL, _code())
    return f"{version.short}-{hashlib.sha256(' '.join(parts).encode()).hexdigest()[:8]}"


@functools.cache
def _code() -> str:
    """Changes with any line of the code that makes answers."""
    digest = hashlib.sha256()
    for package in ("directory", "assessment", "csmetrics"):
        for path in sorted((Path(settings.BASE_DIR) / package).rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()


# -- Compression --


def accepted_encoding(request: HttpRequest) -> str:
    """The best compression that the reader takes, or nothing."""
    accepted: dict[str, float] = {}
    for part in request.headers.get("Accept-Encoding", "").lower().split(","):
        name, _, weight = part.strip().partition(";")
        try:
            accepted[name.strip()] = float(weight.strip().removeprefix("q=") or 1)
        except ValueError:
            accepted[name.strip()] = 0.0
    return next((name for name in COMPRESSED if accepted.get(name, 0) > 0), "")


def compress(response: HttpResponse, encoding: str) -> None:
    """Public data holds no secret that its compressed length could betray, so this is safe here."""
    if not encoding or len(response.content) < SMALLEST_COMPRESSED:
        return
    if encoding == "br":
        response.content = brotli.compress(response.content, quality=5)
    else:
        response.content = gzip.compress(response.content, compresslevel=6, mtime=0)
    response["Content-Encoding"] = encoding
