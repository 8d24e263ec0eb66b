"""Answers as they are kept in memory, with their compressed forms: the largest takes 0.3 s to make."""

from __future__ import annotations

import gzip
from dataclasses import dataclass, field

import brotli

SMALLEST_COMPRESSED = 600  # bytes; below it compression saves nothing


@dataclass
class Answer:
    """What is sent, without what depends on the request. Each compressed form is made when it is first asked for.

    Public data holds no secret that its compressed length could betray.
    """

    body: bytes
    headers: dict[str, str]
    forms: dict[str, bytes] = field(default_factory=dict)

    @property
    def cost(self) -> int:
        """Bytes that it may take with its other forms."""
        return len(self.body) * 3 // 2 + 1_000

    def form(self, encoding: str) -> bytes:
        """The body in this encoding; the body itself where it is too small to gain."""
        if encoding == "identity" or len(self.body) < SMALLEST_COMPRESSED:
            return self.body
        if encoding not in self.forms:
            self.forms[encoding] = _compressed(self.body, encoding)
        return self.forms[encoding]


def _compressed(body: bytes, encoding: str) -> bytes:
    return brotli.compress(body, quality=5) if encoding == "br" else gzip.compress(body, compresslevel=6, mtime=0)
