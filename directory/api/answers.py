"""How open data is answered: who may read it, how long it may be kept, what is said where something is wrong.

Every answer is a pure function of the loaded content, the code, the address of the site and its own address. The
ETag names those and the encoding, so it is strong, and an answer is made once and kept until one of them changes.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.views.decorators.csrf import csrf_exempt

from directory.compression import best_encoding
from directory.models import ContentVersion
from directory.shelf import Shelf
from directory.structured import address

from .kept import Answer
from .models import FieldError, Problem, as_json

KEEP = "public, max-age=300"  # seconds; afterwards a reader asks again and mostly gets a 304
ANSWERS: Shelf[Answer] = Shelf(500, 16_000_000)  # bytes; all there is takes about half of it

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


def wrong_parameters(request: HttpRequest, known: Mapping[str, Collection[str]]) -> HttpResponse | None:
    """A problem that names the parameters that mean nothing here, and those with a value that does not.

    `known` has the values of each. Ignoring a filter would pass for having applied it.
    """
    expected = f"expected {' or '.join(sorted(known))}" if known else "this address takes no parameters"
    errors = [
        FieldError(field=printable(name), message=f"unknown parameter, {expected}")
        for name in request.GET
        if name not in known
    ]
    for name, allowed in known.items():
        values = request.GET.getlist(name)
        if len(values) > 1:
            errors.append(FieldError(field=name, message="stands more than once"))
        elif values and values[0] not in allowed:
            told = f"got {printable(values[0])!r}, expected {' or '.join(allowed)}"
            errors.append(FieldError(field=name, message=told))
    detail = "Some parameters of the address are wrong; each is named below."
    return problem(HTTPStatus.BAD_REQUEST, detail, kind="parameters", errors=errors) if errors else None


def printable(text: str) -> str:
    """Somebody's text for a message: short, and without what cannot be shown."""
    return "".join(each for each in text if each.isprintable())[:60]


# -- Readers elsewhere --


def allowed_everywhere(response: HttpResponse) -> HttpResponse:
    """Pages of other sites may read it. It is the same for everybody: no cookie is read and none is set."""
    response["Access-Control-Allow-Origin"] = "*"
    response["Access-Control-Expose-Headers"] = "ETag, Link"
    return response


def preflight(methods: Iterable[str]) -> HttpResponse:
    """The answer to OPTIONS, which browsers ask before some requests of other sites.

    Any header may be sent, since none is believed. `Content-Type` by its name is for browsers that know no `*`.
    """
    response = HttpResponse(status=HTTPStatus.NO_CONTENT)
    response["Allow"] = ", ".join(methods)
    response["Access-Control-Allow-Methods"] = ", ".join(methods)
    response["Access-Control-Allow-Headers"] = "Content-Type, *"
    response["Access-Control-Max-Age"] = "86400"
    del response["Content-Type"]
    return allowed_everywhere(response)


def refuse_method(request: HttpRequest, methods: Iterable[str]) -> HttpResponse:
    names = ", ".join(methods)
    response = problem(HTTPStatus.METHOD_NOT_ALLOWED, f"{printable(request.method or '')} is not one of {names}.")
    response["Allow"] = names
    return response


READING = ("GET", "HEAD", "OPTIONS")


def open_data(
    *, parameters: Mapping[str, Collection[str]] | None = None, strict: bool = True
) -> Callable[[View], View]:
    """Turns a view of the loaded content into open data.

    `parameters` names those it reads, with their values. With `strict`, others are refused.
    """
    known = parameters or {}

    def decorator(view: View) -> View:
        @functools.wraps(view)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method == "OPTIONS":
                return preflight(READING)
            if request.method not in READING:
                return refuse_method(request, READING)
            if strict and (refusal := wrong_parameters(request, known)):
                return refusal
            given = tuple((name, request.GET[name]) for name in known if name in request.GET)
            return _answer(request, given, lambda version: view(request, version, *args, **kwargs))

        return csrf_exempt(answer)  # it only reads: what else is asked gets a 405 and not a page about forms

    return decorator


def _answer(
    request: HttpRequest, given: tuple[tuple[str, str], ...], make: Callable[[ContentVersion], HttpResponse]
) -> HttpResponse:
    """What is kept under the tag, or else is made now. So only what is there can be known to the reader."""
    version = ContentVersion.current()
    if version is None:
        return problem(HTTPStatus.SERVICE_UNAVAILABLE, "No content is loaded yet.")
    tag = _tag(version, request.path, given)
    answer = ANSWERS.get((tag, request.path, given))
    if answer is None:
        try:
            response = make(version)
        except Http404 as missing:
            return problem(HTTPStatus.NOT_FOUND, str(missing))
        if response.status_code != HTTPStatus.OK:
            return allowed_everywhere(response)
        answer = Answer(response.content, dict(response.items()))
        ANSWERS.put((tag, request.path, given), answer)
    return _sent(request, answer, tag)


def _sent(request: HttpRequest, answer: Answer, tag: str) -> HttpResponse:
    """The answer in the encoding that the reader likes best, or 304 where the reader has it."""
    encoding = best_encoding(request.headers.get("Accept-Encoding", ""))
    body = answer.form(encoding)
    response = HttpResponse(body, headers=answer.headers)
    if body is not answer.body:
        response["Content-Encoding"] = encoding
    etag = f'"{tag}"' if encoding == "identity" else f'"{tag}-{encoding}"'
    response["ETag"] = etag
    response["Cache-Control"] = KEEP
    patch_vary_headers(response, ["Accept-Encoding"])
    return allowed_everywhere(get_conditional_response(request, etag=etag, response=response) or response)


def _tag(version: ContentVersion, path: str, given: tuple[tuple[str, str], ...]) -> str:
    parts = (version.digest, version.loaded_at.isoformat(), settings.SITE_URL, _code(), path, repr(given))
    return f"{version.short}-{hashlib.sha256(' '.join(parts).encode()).hexdigest()[:8]}"


@functools.cache
def _code() -> str:
    """Changes with any line of the code and the templates that make answers."""
    digest = hashlib.sha256()
    for folder in ("directory", "assessment", "csmetrics", "templates"):
        for path in sorted((Path(settings.BASE_DIR) / folder).rglob("*")):
            if path.suffix == ".py" or (folder == "templates" and path.is_file()):
                digest.update(path.read_bytes())
    return digest.hexdigest()
