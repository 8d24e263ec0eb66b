"""Runs the site's commands as processes of their own, in an environment without leftovers."""

import os
import subprocess
import sys

from django.conf import settings

# manage.py without the set-up: a test installs nothing, whatever the state of `.venv`.
MANAGE = """
import sys
from csmetrics import bootstrap
bootstrap.ensure = lambda argv: None
sys.argv[0] = "manage.py"
import manage
manage.main()
"""


def clean_environment(**variables: object) -> dict[str, str]:
    """Nothing of this shell's but where programs are, and `variables`."""
    return {"PATH": os.environ["PATH"], **{name: str(value) for name, value in variables.items()}}


def manage_command(*arguments: str) -> list[str]:
    return [sys.executable, "-c", MANAGE, *arguments]


def manage(*arguments: str, **environment: object) -> subprocess.CompletedProcess[str]:
    """`manage.py` with these arguments, run to its end."""
    return run(manage_command(*arguments), **environment)


def run(command: list[str], **environment: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=settings.BASE_DIR,
        env=clean_environment(**environment),
        capture_output=True,
        text=True,
        timeout=60,
    )
