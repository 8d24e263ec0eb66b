"""Public pages from memory: a layer around Django that answers what Django has answered before.

It keeps whole answers that a view marked with `directory.public`, and gives them out without waking Django: the
same bytes and headers, with an ETag and compressed forms added. Everything else goes through untouched. What a
kept answer depends on is its key; all of them go when the loaded content changes or a day (in UTC) is over.
"""

from __future__ import annotations

import datetime
import gzip
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, NamedTuple

import brotli
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.handlers.wsgi import WSGIRequest
from django.db import connection
from django.http import HttpResponse
from django.utils.http import parse_etags
from django_htmx.middleware import HtmxDetails

from csmetrics.log import ROUTE
from directory.compression import best_encoding
from directory.htmx import wants_fragment
from directory.models import ContentVersion
from directory.public import Reads
from directory.remembered import RESULT, Remembered, remembered
from directory.search import current_index
from directory.shelf import Shelf

logger = logging.getLogger(__name__)

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]
Headers = list[tuple[str, str]]

SECONDS_BETWEEN_LOOKS = 1.0  # at the content version
LONGEST_QUERY = 1_000  # characters of a query string; pages with longer ones are not kept
LARGEST_PAGE = 4_000_000  # bytes
SMALLEST_COMPRESSED = 200  # bytes; below, compressing gains nothing
# Pages without query and memory are as many as the site has. Variants are what strangers can make up, so they have
# a place of their own, where they push out each other only.
PLAIN_PAGES, PLAIN_BYTES = 10_000, 32_000_000
VARIANTS, VARIANT_BYTES = 2_000, 32_000_000
MOST_HOSTS = 200
VARIANT = "csmetrics.variant"  # in the environment of a request: its kind and what it asks for, once known
QUICK, BEST = 5, 11  # brotli: 2 ms and 65 ms for the directory, which it makes an eighth smaller
# Strangers must not keep a core busy with what they make up, so one variant is made smaller at each look, of those
# that are worth it.
VARIANTS_TO_IMPROVE, SMALLEST_IMPROVED = 100, 8_000


# -- A kept answer --


class Form(NamedTuple):
    """An answer in one encoding."""

    body: bytes
    headers: Headers
    tag: str  # its ETag; empty where the answer is not to be stored by others
    not_modified: Headers


class Page:
    """An answer of Django, and its compressed forms as they are asked for."""

    def __init__(self, headers: Headers, body: bytes, route: str | None = None) -> None:
        self.route = route  # for the log
        self.headers = _varying_by_encoding(headers)
        self.body = body
        self.cost = len(body) * 3 // 2 + 4_000  # bytes it may take with its other forms
        self.is_stored_elsewhere = "no-store" not in _value(headers, "Cache-Control")
        self.digest = blake2b(body, digest_size=12).hexdigest()
        self.forms = {"identity": self._form(body, "", "")}
        self.former: Form | None = None  # the quick brotli form, once there is a better one

    def form(self, encoding: str) -> Form:
        made = self.forms.get(encoding)
        if made is None:
            made = self.forms[encoding] = self._compressed(encoding)
        return made

    def improve(self) -> None:
        """Replace the quick brotli form by the smallest one. Browsers that have the quick one may keep it."""
        former = self.form("br")
        if former is not self.forms["identity"] and self.former is None:
            self.forms["br"] = self._form(brotli.compress(self.body, quality=BEST), "br", "-br")
            self.former = former

    def _compressed(self, encoding: str) -> Form:
        if len(self.body) < SMALLEST_COMPRESSED:
            return self.forms["identity"]
        if encoding == "br":
            return self._form(brotli.compress(self.body, quality=QUICK), "br", f"-br{QUICK}")
        return self._form(gzip.compress(self.body, compresslevel=6, mtime=0), "gzip", "-gz")

    def _form(self, body: bytes, encoding: str, suffix: str) -> Form:
        tag = f'"{self.digest}{suffix}"' if self.is_stored_elsewhere else ""
        extra = [("ETag", tag)] if tag else []
        about_body = ("content-length", "content-type", "content-encoding")
        not_modified = [pair for pair in self.headers if pair[0].lower() not in about_body] + extra
        headers = [pair for pair in self.headers if pair[0].lower() != "content-length"] + extra
        if encoding:
            headers.append(("Content-Encoding", encoding))
        headers.append(("Content-Length", str(len(body))))
        return Form(body, headers, tag, not_modified)

    def chosen(self, environ: Environ) -> tuple[int, Headers, bytes]:
        """The answer to a request: 304 without a body where the browser has it already."""
        environ[ROUTE] = self.route
        accepted = environ.get("HTTP_ACCEPT_ENCODING")
        encoding = best_encoding(accepted) if accepted else "identity"
        form = self.forms.get(encoding) or self.form(encoding)
        asked = environ.get("HTTP_IF_NONE_MATCH")
        if asked and form.tag:
            for each in (form, self.former) if self.former and encoding == "br" else (form,):
                if asked == each.tag or _matches(asked, each.tag):
                    return 304, each.not_modified, b""
        return 200, form.headers, form.body

    def answer(self, environ: Environ, start_response: StartResponse) -> list[bytes]:
        status, headers, body = self.chosen(environ)
        start_response("304 Not Modified" if status == 304 else "200 OK", headers)
        return [body] if body else []


def _matches(if_none_match: str, tag: str) -> bool:
    """The weak comparison that RFC 9110 wants for If-None-Match."""
    tags = parse_etags(if_none_match)
    return "*" in tags or any(each.removeprefix("W/") == tag for each in tags)


def _value(headers: Headers, name: str) -> str:
    return ", ".join(value for each, value in headers if each.lower() == name.lower())


def _varying_by_encoding(headers: Headers) -> Headers:
    vary = _value(headers, "Vary")
    others = [pair for pair in headers if pair[0].lower() != "vary"]
    return [*others, ("Vary", f"Accept-Encoding, {vary}" if vary else "Accept-Encoding")]


# -- Where they are kept --


class Kind(NamedTuple):
    """What the answers at a path depend on."""

    reads: Reads
    by_memory: bool
    by_fragment: bool


class Variant(NamedTuple):
    path: str
    is_secure: bool
    by_htmx: bool  # asked for by htmx, which is not always for a fragment
    is_fragment: bool
    query: tuple[tuple[str, tuple[str, ...]], ...]
    memory: Remembered | None

    @property
    def is_plain(self) -> bool:
        return not self.query and self.memory is None


@dataclass
class Generation:
    """Everything kept of one content version on one day. A new one takes its place as a whole."""

    version: Hashable
    kinds: dict[str, Kind] = field(default_factory=dict)
    plain: Shelf[Page] = field(default_factory=lambda: Shelf(PLAIN_PAGES, PLAIN_BYTES))
    variants: Shelf[Page] = field(default_factory=lambda: Shelf(VARIANTS, VARIANT_BYTES))
    to_improve: deque[Page] = field(default_factory=deque)
    variants_to_improve: deque[Page] = field(default_factory=lambda: deque(maxlen=VARIANTS_TO_IMPROVE))

    def shelf(self, variant: Variant) -> Shelf[Page]:
        return self.plain if variant.is_plain else self.variants

    def keep(self, variant: Variant, kind: Kind, page: Page) -> None:
        if len(page.body) > LARGEST_PAGE:
            return
        if len(self.kinds) >= PLAIN_PAGES and variant.path not in self.kinds:
            return
        self.kinds[variant.path] = kind
        self.shelf(variant).put(variant, page)
        if variant.is_plain:
            self.to_improve.append(page)
        elif len(page.body) >= SMALLEST_IMPROVED:
            self.variants_to_improve.append(page)


def loaded_version() -> Hashable | None:
    """What every page depends on: the content that is loaded, and the day. None before the first load."""
    try:
        found = ContentVersion.objects.values_list("digest", "loaded_at").first()
    finally:
        connection.close()  # the next look opens the database anew, which may be another file by then
    return (*found, datetime.datetime.now(tz=datetime.UTC).date()) if found else None


# -- The layer --


class PageCache:
    """A WSGI application in front of Django's."""

    def __init__(
        self,
        application: Application,
        *,
        version: Callable[[], Hashable | None] = loaded_version,
        watch: bool = True,
    ) -> None:
        """`watch` looks at the version each second in a thread of its own, which the first request starts."""
        self.application, self.version, self.watch = application, version, watch
        self.generation: Generation | None = None
        self.has_begun = False
        self.begin_lock = threading.Lock()
        self.gates: dict[tuple[Any, ...], bool] = {}
        header = settings.SECURE_PROXY_SSL_HEADER
        self.gate_names = (
            *("HTTP_HOST", "wsgi.url_scheme", "SERVER_NAME", "SERVER_PORT"),
            *(["HTTP_X_FORWARDED_HOST"] if settings.USE_X_FORWARDED_HOST else []),
            *(["HTTP_X_FORWARDED_PORT"] if settings.USE_X_FORWARDED_PORT else []),
            *([header[0]] if header else []),
        )

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if not self.has_begun:
            self._begin()
        generation = self.generation
        if generation is None or not _may_be_public(environ):
            return self.application(environ, start_response)
        page = self._kept(generation, environ)
        return page.answer(environ, start_response) if page else self._produce(generation, environ, start_response)

    def find(self, environ: Environ) -> Page | None:
        """The kept page that answers a request, without asking anybody."""
        generation = self.generation
        if generation is None or not _may_be_public(environ):
            return None
        return self._kept(generation, environ)

    def _kept(self, generation: Generation, environ: Environ) -> Page | None:
        kind = generation.kinds.get(environ["PATH_INFO"])
        variant = self._variant(environ, kind) if kind else None
        return generation.shelf(variant).get(variant) if variant else None

    def _produce(self, generation: Generation, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Let Django answer, and keep what may be kept."""
        asked = dict(environ)  # Django writes into it
        begun: list[Any] = []
        answer = self.application(environ, lambda *arguments: begun.extend(arguments))
        status, headers = begun[0], begun[1]
        reads = getattr(answer, "public", None)
        if isinstance(reads, Reads) and isinstance(answer, HttpResponse) and _may_be_kept(status, headers):
            vary = {name.strip().lower() for name in _value(headers, "Vary").split(",")}
            kind = Kind(reads, "cookie" in vary, "hx-request" in vary)
            variant = self._variant(asked, kind)
            if variant is not None:
                page = Page(headers, answer.content, environ.get(ROUTE))
                generation.keep(variant, kind, page)
                answer.close()
                return page.answer(environ, start_response)
        start_response(*begun)
        return answer

    # -- What a request asks for --

    def _variant(self, environ: Environ, kind: Kind) -> Variant | None:
        """Which of the answers at its path a request asks for; None where Django has to look at it."""
        if environ.get("SCRIPT_NAME"):  # written into every link; some servers take it from a header
            return None
        try:
            is_secure = self._gate(environ)
            query = environ.get("QUERY_STRING", "")
            if len(query) > LONGEST_QUERY:
                return None
            has_query = query and (kind.reads.names or kind.reads.alone)
            has_memory = kind.by_memory and RESULT in environ.get("HTTP_COOKIE", "")
            by_htmx = kind.by_fragment and "HTTP_HX_REQUEST" in environ
            if not (has_query or has_memory or by_htmx):
                return Variant(environ["PATH_INFO"], is_secure, False, False, (), None)
            # A request that is not found is asked this up to three times.
            known = environ.get(VARIANT)
            if known is None or known[0] != kind:
                made = _read(environ, kind, is_secure, bool(has_query), has_memory, by_htmx)
                known = environ[VARIANT] = kind, made
        except SuspiciousOperation:  # a host that is not ours, a thousand fields
            return None
        variant: Variant | None = known[1]
        return variant

    def _gate(self, environ: Environ) -> bool:
        """Whether the request came by https. Refuses hosts as Django does."""
        get = environ.get
        asked = tuple([get(name) for name in self.gate_names])
        is_secure = self.gates.get(asked)
        if is_secure is None:
            request = _request(environ)
            request.get_host()
            is_secure = request.is_secure()
            if len(self.gates) >= MOST_HOSTS:
                self.gates.clear()
            self.gates[asked] = is_secure
        return is_secure

    # -- Keeping up with the content --

    def _begin(self) -> None:
        with self.begin_lock:
            if self.has_begun:
                return
            self.look()
            if self.watch:
                threading.Thread(target=self._watch, name="page-cache", daemon=True).start()
            self.has_begun = True

    def look(self) -> None:
        """Forget all pages where the content or the day is another one than before.

        A database that cannot be read is no reason to forget: what is known goes on being served.
        """
        try:
            version = self.version()
        except Exception as error:  # whatever it is, the next look may do better
            logger.warning("The content version cannot be read: %s", error)
            return
        if version is None:
            self.generation = None
        elif self.generation is None or version != self.generation.version:
            self.generation = Generation(version)

    def _prepare(self) -> None:
        """Build the search index of new content, so that no reader waits for it."""
        try:
            current_index()
        except Exception as error:  # then the first search builds it, or says what is wrong
            logger.warning("The search index cannot be built: %s", error)
        finally:
            connection.close()

    def improve(self, *, variants: bool = False) -> bool:
        """Make one page smaller, or one of the variants. False when there is nothing to do."""
        generation = self.generation
        waiting = generation and (generation.variants_to_improve if variants else generation.to_improve)
        if not waiting:
            return False
        waiting.popleft().improve()
        return True

    def _watch(self) -> None:
        prepared: Generation | None = None
        while True:
            if self.generation is not prepared:
                prepared = self.generation
                self._prepare()
            until = time.monotonic() + SECONDS_BETWEEN_LOOKS
            while time.monotonic() < until and self.improve():
                pass
            self.improve(variants=True)
            time.sleep(max(0.0, until - time.monotonic()))
            self.look()


def _may_be_public(environ: Environ) -> bool:
    return environ["REQUEST_METHOD"] in ("GET", "HEAD") and not _has_body(environ)


def _has_body(environ: Environ) -> bool:
    """A body has no meaning here, but may be too large, which is for Django to say."""
    return environ.get("CONTENT_LENGTH", "0") not in ("0", "") or "HTTP_TRANSFER_ENCODING" in environ


def _may_be_kept(status: str, headers: Headers) -> bool:
    names = {name.lower() for name, _ in headers}
    return status == "200 OK" and not names & {"set-cookie", "etag", "content-encoding"}


def _request(environ: Environ) -> WSGIRequest:
    """The request as Django's middleware would hand it to a view, without touching the original."""
    request = WSGIRequest(dict(environ))
    request.htmx = HtmxDetails(request)  # type: ignore[attr-defined]
    return request


def _read(
    environ: Environ, kind: Kind, is_secure: bool, has_query: bool, has_memory: bool, by_htmx: bool
) -> Variant | None:
    """The variant of a request that Django has to take apart."""
    request = _request(environ)
    if not kind.reads.are_all_of(request.GET):
        return None
    memory = remembered(request) if has_memory else None
    return Variant(
        environ["PATH_INFO"],
        is_secure,
        by_htmx,
        by_htmx and wants_fragment(request),
        _query(request, kind.reads.names) if has_query else (),
        memory if memory != Remembered() else None,
    )


def _query(request: WSGIRequest, names: tuple[str, ...]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    found = ((name, tuple(request.GET.getlist(name))) for name in names)
    return tuple((name, values) for name, values in found if values)
