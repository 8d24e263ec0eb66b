"""Which compression a reader takes."""

import pytest

from directory.compression import best_encoding


@pytest.mark.parametrize(
    ("accepted", "sent"),
    [
        ("", "identity"),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, deflate", "gzip"),
        ("x-gzip", "gzip"),
        ("BR", "br"),
        ("br;q=0, gzip", "gzip"),
        ("br;q=0.2, gzip;q=0.8", "gzip"),
        ("br; q=0.5 , gzip;q=0.5", "br"),
        ("identity;q=1, br;q=0.5", "identity"),
        ("*", "br"),
        ("*;q=0", "identity"),
        ("br;q=0, *", "gzip"),
        ("br;q=nonsense", "identity"),
        ("br;q=nan", "identity"),
        ("deflate", "identity"),
        ("identity;q=0", "identity"),
        (", ,;q=1", "identity"),
        ("br," * 200, "identity"),
    ],
)
def test_the_encoding_follows_what_is_accepted(accepted, sent):
    assert best_encoding(accepted) == sent
