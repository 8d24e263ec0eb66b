"""`manage.py test`: runs the whole suite with pytest on every core; whatever follows goes to pytest instead."""

import os
import sys
from importlib.util import find_spec

from django.conf import settings
from django.core.management.base import BaseCommand

WHOLE_SUITE = ["--numprocesses", "auto", "--dist", "loadgroup"]


class Command(BaseCommand):
    help = "Run the tests with pytest. All arguments are pytest's: manage.py test tests/unit -k formula"

    def run_from_argv(self, argv: list[str]) -> None:
        if find_spec("pytest") is None:  # in an environment that somebody else made
            sys.exit(
                "pytest is not installed in this environment. Install the packages for the tests:\n"
                "  python3 -m pip install --require-hashes --requirement requirements-test.txt"
            )
        environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
        os.chdir(settings.BASE_DIR)
        sys.stdout.flush()
        command = [sys.executable, "-m", "pytest", *(argv[2:] or WHOLE_SUITE)]
        os.execve(sys.executable, command, environment)  # noqa: S606
