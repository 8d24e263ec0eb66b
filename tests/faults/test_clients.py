"""Clients that say nothing, little, or half of it: they may not keep others from being answered."""

import resource
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

PATIENCE = 5  # seconds; what is held up by others would wait for minutes
TOKEN = b"a" * 32
STALLED = (
    b"POST /about/ HTTP/1.1\r\nHost: localhost\r\nCookie: csrftoken=" + TOKEN + b"\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 500\r\n\r\ncsrfmiddlewaretoken="
)


@pytest.fixture(autouse=True, scope="module")
def many_files() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 8192) if most > 0 else 8192, most))


HALF_A_HEAD = pytest.param(b"GET /about/ HTTP/1.1\r\nHost: loc", id="half a head")
HALF_A_FORM = pytest.param(STALLED, id="half a form")


@contextmanager
def connections(server, count: int, said: bytes) -> Iterator[list[socket.socket]]:
    with ExitStack() as stack:
        found = []
        for _ in range(count):
            found.append(stack.enter_context(socket.create_connection((server.host, server.port), timeout=30)))
            found[-1].sendall(said)
        time.sleep(0.2)
        yield found


def slowest_of(server, count: int = 20) -> float:
    times = []
    for _ in range(count):
        started = time.monotonic()
        assert server.get("/about/")[0].status == 200
        times.append(time.monotonic() - started)
    return max(times)


@pytest.mark.parametrize(
    "said", [b"", b"GET /about/ HTTP/1.1\r\nHost: loc", STALLED], ids=["silent", "half a head", "half a form"]
)
def test_readers_are_answered_beside_connections_that_are(server, some, figure, said):
    """As many stalled forms as there are workers used to be enough to stop the site; silent ones a thousand."""
    count = some(300, 1000)
    with connections(server, count, said):
        slowest = slowest_of(server)
    assert slowest < PATIENCE
    figure(f"{count} connections, slowest of 20 answers {slowest * 1000:.0f} ms")


@pytest.mark.parametrize(
    "said", [b"GET /about/ HTTP/1.1\r\nHost: loc", STALLED], ids=["half a head", "half a form"]
)
def test_who_does_not_go_on_is_sent_away(server, figure, said):
    started = time.monotonic()
    with connections(server, 1, said) as (connection,):
        answer = connection.recv(1000)
    waited = time.monotonic() - started
    assert 8 < waited < 20
    assert answer == b"" or answer.startswith(b"HTTP/1.1 408 ")
    figure(f"after {waited:.0f} s")
