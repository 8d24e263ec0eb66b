"""Fixtures for every folder of tests. The shipped content is loaded once, into the database of the whole run."""

import os
import shutil
from pathlib import Path

import pytest
from django.conf import settings
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from .damage import Shipped

# Few examples by default, so that the suite stays quick; HYPOTHESIS_PROFILE=many looks longer.
for profile, examples in (("few", 25), ("many", 1000)):
    hypothesis_settings.register_profile(
        profile, max_examples=examples, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
    )
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "few"))


# -- Nothing may be skipped in CI --


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") and reporter and reporter.stats.get("skipped") and session.exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


# -- Content --


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """The test database, with the shipped content in it."""
    from csmetrics.content import load

    with django_db_blocker.unblock():
        load(settings.CONTENT_DIR)


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    """Answers are kept by the content version, and tests change rows without one."""
    from directory.api.answers import ANSWERS

    ANSWERS.clear()


@pytest.fixture
def content_copy(tmp_path: Path) -> Path:
    """A copy of the content folder that a test may damage."""
    return Path(shutil.copytree(settings.CONTENT_DIR, tmp_path / "content"))


@pytest.fixture(scope="session")
def shipped() -> Shipped:
    """The shipped content as read, for asking what a changed file would do to it."""
    return Shipped(settings.CONTENT_DIR)
