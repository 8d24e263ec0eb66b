"""A browser and a server with the shipped content, and a watch on all that the browser complains about.

Needs a Chromium or Chrome on this machine and never downloads one. Without one these tests are skipped; where
CI is set they fail.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import override_settings
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    WebError,
    expect,
)
from pytest_django.live_server_helper import LiveServer

from .visitor import Visitor, forget_all

HERE = Path(__file__).parent
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC_PATHS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE = 15_000  # milliseconds, for machines with much else to do
REPLACED = ("htmx:sendAbort", "htmx:afterRequest")  # htmx says so when a newer keystroke ends a request
ADVICE = "no Chromium or Chrome on this machine (apt install chromium, or install Google Chrome)"

expect.set_options(timeout=PATIENCE)


def find_browser() -> str | None:
    return next(filter(None, map(shutil.which, (*NAMES, *MAC_PATHS))), None)


def is_ci() -> bool:
    return os.environ.get("CI", "").lower() not in ("", "0", "false")


# -- Collection: marker, order, skipping --


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark this folder's tests and run them last.

    Last, because Playwright keeps an event loop in the main thread, and beside one Django refuses other tests
    the database.
    """
    here = [item for item in items if HERE in item.path.parents]
    for item in here:
        item.add_marker("browser")
        item.add_marker(pytest.mark.xdist_group("browser"))  # one after another: each needs the machine to itself
        if not find_browser() and not is_ci():
            item.add_marker(pytest.mark.skip(reason=ADVICE))
    items.sort(key=lambda item: HERE in item.path.parents)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    reasons = [str(report.longrepr) for report in terminalreporter.stats.get("skipped", [])]
    count = sum(ADVICE in reason for reason in reasons)
    if count:
        terminalreporter.write_line(f"{count} browser tests skipped: {ADVICE}", yellow=True)


# -- Server and browser, once for the run --


@pytest.fixture(scope="session")
def db(django_db_setup: None, django_db_blocker: Any) -> None:
    """The database with the shipped content, in no transaction, because the server's threads read it too.

    Takes the place of pytest-django's fixture here, as `site` does of its `live_server`: those undo or empty the
    database after each test, and these tests leave the content alone. What they answer, `open_page` deletes.
    (Loading is quick where the content is there already.)
    """
    from csmetrics.content import load

    with django_db_blocker.unblock():
        load(settings.CONTENT_DIR)


@pytest.fixture(scope="session")
def site(db: None) -> Iterator[str]:
    """The address of a server with the shipped content, and with the static files as they are in production.

    (One style sheet instead of forty: what readers get, and quicker.)
    """
    production = {**settings.STORAGES, "staticfiles": {"BACKEND": "csmetrics.storage.BundledStaticFilesStorage"}}
    with override_settings(STORAGES=production):
        call_command("collectstatic", verbosity=0, interactive=False)
        server = LiveServer("127.0.0.1", start=False)
        server.thread.static_handler = lambda application: application  # WhiteNoise is in it
        server.start()
        yield server.url
        server.stop()


@pytest.fixture(scope="session")
def playwright(site: str, playwright: Any) -> Any:
    """After the server, so that the database is there before Playwright's event loop is, and outlives it."""
    return playwright


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    executable = find_browser()
    if executable is None:
        pytest.fail(f"CI is set, and there is {ADVICE}", pytrace=False)
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    return {
        **browser_type_launch_args,
        "executable_path": executable,
        "args": [*FLAGS, *(["--no-sandbox"] if root else [])],
    }


@pytest.fixture(scope="session")
def shared_page(browser: Browser, site: str) -> Iterator[Callable[..., Page]]:
    """One page for each set of options, for the whole run, because its cache saves time."""
    pages: dict[str, Page] = {}

    def page_for(width: int, height: int, **options: Any) -> Page:
        key = repr((width, height, sorted(options.items())))
        if key not in pages:
            viewport = {"width": width, "height": height}
            pages[key] = browser.new_context(base_url=site, viewport=viewport, **options).new_page()
            pages[key].set_default_timeout(PATIENCE)
        return pages[key]

    yield page_for
    for page in pages.values():
        page.context.close()


# -- A page that is watched --


class Complaints:
    """What a browser finds wrong: console messages (a broken policy is one), script errors, failed requests."""

    def __init__(self, site: str) -> None:
        self.site = site
        self.found: list[str] = []
        self.missing: set[str] = set()
        self.hosts = [site, "data:"]
        self.listeners: dict[Any, Any] = {
            "console": self.on_console,
            "weberror": self.on_script_error,
            "request": self.on_request,
            "requestfailed": self.on_failure,
            "response": self.on_response,
        }
        self.contexts: list[BrowserContext] = []

    def expect_missing(self, path: str) -> str:
        """The path of a page that answers 404, and should."""
        self.missing.add(self.site + path)
        return path

    def expect_host(self, address: str) -> None:
        """Another site that may be asked, and should."""
        self.hosts.append(address)

    def watch(self, context: BrowserContext) -> None:
        if context not in self.contexts:
            self.contexts.append(context)
            for event, listener in self.listeners.items():
                context.on(event, listener)

    def stop(self) -> None:
        for context in self.contexts:
            for event, listener in self.listeners.items():
                context.remove_listener(event, listener)

    def on_console(self, message: ConsoleMessage) -> None:
        url = message.location["url"]
        if message.text.startswith(REPLACED):
            return
        if message.type in ("error", "warning") and url not in self.missing:
            self.found.append(f"console {message.type}: {message.text} ({url})")

    def on_script_error(self, error: WebError) -> None:
        self.found.append(f"script error: {error.error}")

    def on_request(self, request: Request) -> None:
        if not request.url.startswith(tuple(self.hosts)):
            self.found.append(f"request to another host: {request.url}")

    def on_failure(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # the reader moved on before it came
            self.found.append(f"request failed: {request.url} ({request.failure})")

    def on_response(self, response: Response) -> None:
        if response.status >= 400 and response.url not in self.missing:
            self.found.append(f"answer {response.status}: {response.url}")


@pytest.fixture
def complaints(site: str) -> Iterator[Complaints]:
    """Fails the test at its end when a browser complained."""
    complaints = Complaints(site)
    yield complaints
    complaints.stop()
    if complaints.found:
        pytest.fail("The browser complained:\n" + "\n".join(dict.fromkeys(complaints.found)), pytrace=False)


@pytest.fixture
def open_page(
    shared_page: Callable[..., Page], complaints: Complaints, django_db_blocker: Any
) -> Iterator[Callable[..., Page]]:
    """Gives a watched page: `open_page(360, 740, color_scheme="dark")`.

    Each test starts as a browser that was never here; nothing of what it answers stays.
    """
    pages: list[Page] = []

    def open_page(width: int = 1280, height: int = 900, **options: Any) -> Page:
        page = shared_page(width, height, **options)
        complaints.watch(page.context)
        pages.append(page)
        return page

    with django_db_blocker.unblock():  # for the threads of the server
        yield open_page
        for page in pages:
            page.goto("about:blank")  # whatever is under way ends here, not in the next test
            for tab in page.context.pages:
                if tab != page:
                    tab.close()
            page.context.clear_cookies()
        forget_all()


@pytest.fixture
def visitor(site: str, open_page: Callable[..., Page]) -> Visitor:
    """Somebody who may have answered before; what that leaves goes with the pages of the test."""
    return Visitor(site)
