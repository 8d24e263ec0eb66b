"""Names that stay when content moves about in its file, so that others can keep them."""

from __future__ import annotations

from django.utils.text import slugify

from .loader.schema import ArrBand, Benchmark


def benchmark_id(slug: str, row: Benchmark) -> str:
    """`gross-revenue-retention:all:arr-1000000-5000000:highalpha-2025-dc`: what a benchmark row is about.

    Made of metric, segment, ARR band, measure, population and first source, never of its place or its figures.
    """
    parts = [slug, row.segment]
    if row.arr_band:
        parts.append(_band(row.arr_band))
    if row.measures:
        parts.append(row.measures.variant or slugify(row.measures.label))
    if row.qualifier:
        parts.append(slugify(row.qualifier))
    return ":".join([*parts, *row.sources[:1]])


def _band(band: ArrBand) -> str:
    low = f"{band.min:f}" if band.min is not None else "0"
    return f"arr-{low}-{f'{band.max:f}' if band.max is not None else 'up'}"
