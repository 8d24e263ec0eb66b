"""Visitors who take the assessment, answer at random, and know which answers were acknowledged.

All they know of the site is where one starts, and that an area is a form with radio buttons; what the site leads
them to, they follow.
"""

import http.client
import random
import threading
import time
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urljoin, urlsplit

START = "/assessment/"
NOBODY = (OSError, http.client.HTTPException)


class Form(HTMLParser):
    """The form of a page that is posted: its hidden values, its radio buttons, and which of them are chosen."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action, self.inside = "", False
        self.hidden: dict[str, str] = {}
        self.choices: dict[str, list[str]] = {}
        self.chosen: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        named = {key: value or "" for key, value in attributes}
        if tag == "form":
            self.inside = named.get("method", "").lower() == "post"
            self.action = named.get("action", "") if self.inside else self.action
        if tag != "input" or not self.inside:
            return
        if named.get("type") == "hidden":
            self.hidden[named["name"]] = named.get("value", "")
        if named.get("type") == "radio":
            self.choices.setdefault(named["name"], []).append(named["value"])
            if "checked" in named:
                self.chosen[named["name"]] = named["value"]

    def handle_endtag(self, tag):
        self.inside = self.inside and tag != "form"


class Visitor:
    def __init__(self, host: str, port: int, seed: int) -> None:
        self.host, self.port, self.random = host, port, random.Random(seed)
        self.cookies: dict[str, str] = {}
        self.at = ""
        self.acknowledged: dict[str, dict[str, str]] = {}  # the last answers of a place that were acknowledged
        self.since: dict[str, list[dict[str, str]]] = {}  # what was sent there after that, and may have arrived
        self.count = 0

    def ask(self, method: str, path: str, body: dict[str, str] | None = None) -> tuple[int, str, str]:
        """Status, page, and where it leads."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=20)
        try:
            headers = {"Cookie": "; ".join(f"{key}={value}" for key, value in self.cookies.items())}
            if body is not None:
                headers["Content-Type"] = "application/x-www-form-urlencoded"
            connection.request(method, path, urlencode(body) if body is not None else None, headers)
            response = connection.getresponse()
            page = response.read().decode()
            for line in response.headers.get_all("Set-Cookie", []):
                self.cookies |= {key: each.value for key, each in SimpleCookie(line.strip()).items()}
            return response.status, page, urlsplit(urljoin(path, response.getheader("Location", path))).path
        finally:
            connection.close()

    def begin(self) -> None:
        _, page, _ = self.ask("GET", START)
        status, page, self.at = self.ask("POST", START, Form(page).hidden)
        assert status in (302, 303), f"{status} at {START}: {page[:300]}"

    def answer(self) -> None:
        """Answer all questions of the place one is at, and go on to where that leads."""
        status, page, _ = self.ask("GET", self.at)
        form = Form(page)
        if status != 200 or not form.choices:  # past the last area
            self.begin()
            return
        answers = {name: self.random.choice(values) for name, values in form.choices.items()}
        place = urlsplit(urljoin(self.at, form.action)).path
        self.since.setdefault(place, []).append(answers)
        status, page, leads_to = self.ask("POST", place, {**form.hidden, **answers})
        assert status in (200, 302, 303, 503), f"{status} at {place}: {page[:300]}"
        if status in (302, 303):
            self.acknowledged[place], self.since[place] = answers, []
            self.count += 1
            self.at = leads_to

    def shown(self) -> dict[str, dict[str, str]]:
        """What the places say now where answers were acknowledged."""
        return {place: Form(self.ask("GET", place)[1]).chosen for place in self.acknowledged}

    def lost(self) -> list[str]:
        """Places that show neither the acknowledged answers nor any that were sent after them."""
        return [
            f"{place}: {shown} instead of {self.acknowledged[place]}"
            for place, shown in self.shown().items()
            if shown not in [self.acknowledged[place], *self.since[place]]
        ]


class Visitors:
    """So many at once, who go on until told to stop, whatever happens to the server."""

    def __init__(self, host: str, port: int, count: int) -> None:
        self.all = [Visitor(host, port, seed) for seed in range(count)]
        self.stopped, self.problems, self.unanswered = threading.Event(), [], 0
        self.threads = [threading.Thread(target=self._visit, args=[each]) for each in self.all]
        for each in self.threads:
            each.start()

    def _visit(self, visitor: Visitor) -> None:
        while not self.stopped.is_set():
            try:
                visitor.answer() if visitor.at else visitor.begin()
            except NOBODY:
                self.unanswered += 1
                time.sleep(0.05)
            except AssertionError as problem:
                self.problems.append(str(problem))
                return

    @property
    def count(self) -> int:
        return sum(each.count for each in self.all)

    def stop(self) -> None:
        self.stopped.set()
        for each in self.threads:
            each.join()
