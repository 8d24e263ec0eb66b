"""How much a stranger may send: the size of a form, and how many an address may send in a while.

Sent forms are counted in the database, so the limits hold for all workers and machines together. No address is
kept: a count stands under a keyed hash of view, address and span of time, which cannot be turned back or followed
from one span to the next, and is deleted when its span is over.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

from . import errors
from .log import LATE
from .models import WriteCount

Next = Callable[[HttpRequest], HttpResponse]
EVERYONE = "everyone"


class Limit(NamedTuple):
    """How many forms one address, and everyone together, may send to a view within a number of seconds."""

    each: int
    everyone: int
    seconds: int


def largest_body(get_response: Next) -> Next:
    """Refuses a body that is too long by what it says of itself, before any of it is read, or that never came."""

    def middleware(request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdecimal() and int(length[:20]) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            return errors.too_large(request)
        if request.META.get(LATE):
            return errors.too_slow()
        return get_response(request)

    return middleware


class WriteLimits:
    """Holds each view in `settings.WRITE_LIMITS` to its limit. It stands behind the check of the form token."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        name = request.resolver_match.view_name if request.resolver_match else ""
        if request.method in ("GET", "HEAD", "OPTIONS") or name not in settings.WRITE_LIMITS:
            return None
        wait = seconds_to_wait(name, Limit(*settings.WRITE_LIMITS[name]), client_address(request), time.time())
        return errors.too_many(request, wait) if wait else None


def seconds_to_wait(name: str, limit: Limit, address: str, now: float) -> int:
    """Count one form sent to the view `name`, and say how long to wait where that was one too many.

    The address comes first, so that one address cannot use up what everyone may send; and it is not counted where
    everyone together is over, so that refused forms add no rows, from however many addresses they come.
    """
    span = int(now // limit.seconds)
    ends = (span + 1) * limit.seconds
    everyone = f"{name} {EVERYONE} {span}"
    count = _count(f"{name} {address} {span}", ends, now, unless=everyone, has=limit.everyone)
    if count is not None and count <= limit.each and (_count(everyone, ends, now) or 0) <= limit.everyone:
        return 0
    return max(1, round(ends - now))


def client_address(request: HttpRequest) -> str:
    """Who sent the request, as far as limits go: an IPv4 address, or the network of an IPv6 address.

    With `TRUSTED_PROXIES` in front, each adds the address it was asked from at the end of X-Forwarded-For; what
    stands before that anybody can write.
    """
    address = request.META.get("REMOTE_ADDR", "")
    if settings.TRUSTED_PROXIES:
        hops = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        if len(hops) >= settings.TRUSTED_PROXIES:
            address = hops[-settings.TRUSTED_PROXIES]
    try:
        found = ipaddress.ip_address(address.strip().strip("[]"))
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is None:
            return str(ipaddress.ip_network((found.packed, 64), strict=False))  # who has one has all of them
        found = found.ipv4_mapped
    return str(found)


UPSERT = """
INSERT INTO {table} ("key", "count", "ends")
SELECT %s, 1, %s WHERE NOT EXISTS (SELECT 1 FROM {table} WHERE "key" = %s AND "count" >= %s)
ON CONFLICT ("key") DO UPDATE SET "count" = {table}."count" + 1 RETURNING "count"
"""


def _count(words: str, ends: int, now: float, *, unless: str = "", has: int = 0) -> int | None:
    """Add one to a count, in one step that no other worker can come between, and give what it is now.

    Nothing is added, and nothing given, where the count of `unless` is `has` or more.
    """
    table = connection.ops.quote_name(WriteCount._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(UPSERT.format(table=table), [_key(words), ends, _key(unless), has])
        row = cursor.fetchone()
    if row is None:
        return None
    if row[0] == 1:
        WriteCount.objects.filter(ends__lt=now).delete()
    return int(row[0])


def _key(words: str) -> str:
    return salted_hmac(__name__, words, algorithm="sha256").hexdigest()[:32]
