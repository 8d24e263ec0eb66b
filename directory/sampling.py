"""How far a score from a survey may be off because only some answered: the 95 % margin of error.

Each answer counts as a ticket with a value on it (a promoter 100, a passive 0, a detractor -100), and the score is
the mean of the tickets drawn. Its standard error is the spread of the tickets over the root of their number, which
for NPS is sqrt((p + d - (p - d)²) / n), as derived in http://www.cybaea.net/Journal/2016/01/14/NPS-confidence-intervals-stats/
and on Cross Validated under "How can I calculate margin of error in a NPS result?". A mean of ratings takes the
sample's own spread, with n - 1. The interval of a share is Wilson's (E. B. Wilson, Journal of the American
Statistical Association 22, 1927), which stays between 0 and 100 and holds for few answers too.

It says nothing about who did not answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext

Z = Decimal("1.96")  # 95 % of a normal distribution lies within so many standard errors
FEW = 30  # answers; the usual line below which the normal approximation is no longer trusted
FEW_OF_A_KIND = 10
SHARE = {Decimal(0), Decimal(100)}
DIFFERENCE = {Decimal(-100), Decimal(0), Decimal(100)}


@dataclass(frozen=True)
class Margin:
    """The interval around a score, from `low` to `high`, and the number of answers behind it.

    `either_way` is the margin up as well as down; none where the interval is lopsided, and says it all.
    """

    answers: int
    low: Decimal
    high: Decimal
    either_way: Decimal | None


def counts_of(
    answers: Mapping[str, Decimal], total: str | None, values: Mapping[str, Decimal]
) -> dict[Decimal, Decimal]:
    """The number of answers of each value. Where an input holds their total, the rest of them count as 0."""
    counts: dict[Decimal, Decimal] = {}
    for name, value in answers.items():
        counts[value] = counts.get(value, Decimal(0)) + values[name]
    if total:
        counts[Decimal(0)] = counts.get(Decimal(0), Decimal(0)) + values[total] - sum(counts.values())
    return counts


def mean(counts: Mapping[Decimal, Decimal]) -> Decimal:
    """The score itself, from the number of answers of each value."""
    total = sum((value * count for value, count in counts.items()), Decimal(0))
    return total / sum(counts.values(), Decimal(0))


def answers_in(counts: Mapping[Decimal, Decimal]) -> int | None:
    """The number of answers; none for counts that are no whole numbers."""
    if any(each < 0 or each % 1 for each in counts.values()):
        return None
    return int(sum(counts.values(), Decimal(0)))


def is_few(counts: Mapping[Decimal, Decimal]) -> bool:
    """Whether so few people answered that one of them moves the score, be their answers alike or not."""
    answers = answers_in(counts)
    return answers is not None and 0 < answers < FEW


def margin(counts: Mapping[Decimal, Decimal]) -> Margin | None:
    """The margin of a score from the number of answers of each value; none where it cannot be told.

    That is for no answers, for counts that are no whole numbers, and for answers that are all alike, unless they
    are a share: their spread says nothing about those who were not asked.
    """
    n = Decimal(answers_in(counts) or 0)
    if n < 1:
        return None
    with localcontext(prec=28):
        values, score = set(counts), mean(counts)
        squares = sum((count * (value - score) ** 2 for value, count in counts.items()), Decimal(0))
        degrees = n if values <= DIFFERENCE else n - 1
        half = Z * (squares / degrees / n).sqrt() if degrees else Decimal(0)
        if values == SHARE:
            chosen = counts[Decimal(100)]
            is_lopsided = n < FEW or min(chosen, n - chosen) < FEW_OF_A_KIND
            return Margin(int(n), *_wilson(chosen, n), None if is_lopsided else half)
        if half == 0:
            return None
        low, high = max(score - half, min(values)), min(score + half, max(values))
        is_lopsided = (low, high) != (score - half, score + half)
        return Margin(int(n), low, high, None if is_lopsided else half)


def _wilson(chosen: Decimal, n: Decimal) -> tuple[Decimal, Decimal]:
    share = chosen / n
    center = share + Z**2 / (2 * n)
    half = Z * (share * (1 - share) / n + Z**2 / (4 * n**2)).sqrt()
    below = 1 + Z**2 / n
    return max((center - half) / below, Decimal(0)) * 100, min((center + half) / below, Decimal(1)) * 100
