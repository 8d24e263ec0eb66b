"""Which compression a reader takes, by the Accept-Encoding of the request (RFC 9110)."""

from __future__ import annotations

from functools import lru_cache

LONGEST = 200  # characters of a header that is read


def best_encoding(accepted: str) -> str:
    """What to send for an Accept-Encoding: the coding liked best, of equals the smaller; else the plain form."""
    return _best_encoding(accepted) if len(accepted) <= LONGEST else "identity"


@lru_cache(maxsize=500)
def _best_encoding(accepted: str) -> str:
    liked: dict[str, float] = {}
    for part in accepted.lower().split(","):
        name, _, parameters = part.partition(";")
        coding = {"x-gzip": "gzip"}.get(name.strip(), name.strip())
        liked[coding] = _weight(parameters)
    plain = liked.get("identity", 0.0)
    for coding in ("br", "gzip"):
        liked.setdefault(coding, liked.get("*", 0.0))
    best = max(("br", "gzip"), key=lambda coding: liked[coding])
    return best if liked[best] > 0 and liked[best] >= plain else "identity"


def _weight(parameters: str) -> float:
    """The `q` of a coding: 1 where it has none, 0 where it cannot be read."""
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return min(max(float(value), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0
