"""`manage.py test`: hands over to pytest, with everything that follows."""

import os
import sys

import pytest
from django.conf import settings

from csmetrics.management.commands import test


@pytest.fixture
def handed_over(monkeypatch):
    """What would take the place of this process."""
    calls = []
    monkeypatch.setattr(os, "chdir", lambda path: calls.append(path))
    monkeypatch.setattr(os, "execve", lambda path, command, environment: calls.extend((command, environment)))
    return calls


def test_all_arguments_are_those_of_pytest(handed_over):
    test.Command().run_from_argv(["manage.py", "test", "tests/unit", "-k", "formula", "--version"])
    folder, command, environment = handed_over
    assert folder == settings.BASE_DIR
    assert command == [sys.executable, "-m", "pytest", "tests/unit", "-k", "formula", "--version"]
    assert environment["DJANGO_SETTINGS_MODULE"] == "tests.settings"


def test_without_arguments_the_whole_suite_runs_on_every_core(handed_over):
    test.Command().run_from_argv(["manage.py", "test"])
    assert handed_over[1] == [sys.executable, "-m", "pytest", "--numprocesses", "auto", "--dist", "loadgroup"]


def test_an_environment_without_pytest_is_told_how_to_get_it(handed_over, monkeypatch):
    monkeypatch.setattr(test, "find_spec", lambda name: None)
    with pytest.raises(SystemExit) as end:
        test.Command().run_from_argv(["manage.py", "test"])
    assert str(end.value) == (
        "pytest is not installed in this environment. Install the packages for the tests:\n"
        "  python3 -m pip install --require-hashes --requirement requirements-test.txt"
    )
    assert not handed_over
