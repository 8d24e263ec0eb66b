"""Readers who keep asking, and an account of every answer they got or did not get."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException


class Readers:
    """So many readers, each with one request after another, each of those on a connection of its own."""

    def __init__(
        self, connect: Callable[[], HTTPConnection], path: str, count: int, pause: float, **headers: str
    ) -> None:
        self.pause = pause
        self.connect, self.path, self.headers = connect, path, {"Connection": "close", **headers}
        self.outcomes: Counter[str] = Counter()
        self.slowest, self.longest_gap = 0.0, 0.0
        self._last = time.monotonic()
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self.threads = [threading.Thread(target=self._read) for _ in range(count)]

    def _read(self) -> None:
        while not self._stop.is_set():
            started = time.monotonic()
            outcome = self._ask()
            with self._lock:
                self.outcomes[outcome] += 1
                now = time.monotonic()
                self.slowest = max(self.slowest, now - started)
                if outcome == "200":
                    self.longest_gap = max(self.longest_gap, now - self._last)
                    self._last = now
            time.sleep(0.02 if outcome == "refused" else self.pause)

    def _ask(self) -> str:
        """The status; `refused` where nobody listened; else what became of a request that was sent.

        `turned away` where the connection was closed before an answer began, `cut` where one did not end.
        """
        connection = self.connect()
        try:
            connection.connect()
        except OSError:
            return "refused"
        try:
            connection.request("GET", self.path, headers=self.headers)
            response = connection.getresponse()
        except (OSError, HTTPException):
            connection.close()
            return "turned away"
        try:
            response.read()
            return str(response.status)
        except (OSError, HTTPException) as error:
            return f"cut ({type(error).__name__})"
        finally:
            connection.close()

    @property
    def cut(self) -> int:
        return sum(count for outcome, count in self.outcomes.items() if outcome.startswith("cut"))

    def stop(self) -> None:
        self._stop.set()
        for each in self.threads:
            each.join()


@contextmanager
def reading(
    connect: Callable[[], HTTPConnection], path: str, count: int, pause: float = 0, **headers: str
) -> Iterator[Readers]:
    readers = Readers(connect, path, count, pause, **headers)
    for each in readers.threads:
        each.start()
    try:
        yield readers
    finally:
        readers.stop()
