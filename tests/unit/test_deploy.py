"""The files of `deploy/`: what the units say, and that `csmetrics-manage` sees the world as the service does."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

DEPLOY = settings.BASE_DIR / "deploy"
SHOWN = {"LoadState": "loaded", "Environment": 'DATA_DIR=/var/lib/csmetrics HTTPS=1 "SITE_NAME=a b"'}


def options(name: str) -> list[tuple[str, str]]:
    """Each option of a unit, with its section."""
    found, section = [], ""
    for line in (DEPLOY / name).read_text().splitlines():
        if line.startswith("["):
            section = line
        elif line and not line.startswith("#"):
            found.append((section, line))
    return found


def test_a_start_that_fails_is_tried_again_for_as_long_as_it_takes():
    """Wrong content fails within a second; by default systemd gives up after five starts in ten."""
    assert ("[Unit]", "StartLimitIntervalSec=0") in options("csmetrics.service")
    assert ("[Service]", "Restart=always") in options("csmetrics.service")


@pytest.fixture
def machine(tmp_path):
    """Runs the command with programs that note what they are asked; gives what systemd-run would have got."""
    programs = tmp_path / "programs"
    programs.mkdir()

    def run(*arguments: str, shown: dict[str, str] = SHOWN) -> subprocess.CompletedProcess[str]:
        cases = "\n".join(f"--property={name}) echo '{value}' ;;" for name, value in shown.items())
        answers = f'#!/bin/sh\n[ "$1 $4" = "show csmetrics.service" ] || exit 1\ncase "$2" in {cases} esac\n'
        for name, text in {"systemctl": answers, "systemd-run": "#!/bin/sh\nprintf '%s\\n' \"$@\"\n"}.items():
            (programs / name).write_text(text)
            (programs / name).chmod(0o755)
        link = programs / "csmetrics-manage"
        link.unlink(missing_ok=True)
        link.symlink_to(DEPLOY / "csmetrics-manage")
        path = f"{programs}:{Path(shutil.which('bash') or '/bin/bash').parent}:/usr/bin:/bin"
        return subprocess.run([link, *arguments], env={"PATH": path}, capture_output=True, text=True, cwd="/")

    return run


def test_the_command_runs_with_the_user_the_folder_and_the_variables_of_the_service(machine):
    asked = machine("shell", "-c", "print('a b')").stdout.splitlines()
    cut = asked.index("--")
    assert asked[cut + 1 :] == [
        f"{settings.BASE_DIR}/.venv/bin/python",
        "manage.py",
        "shell",
        "-c",
        "print('a b')",
    ]
    given = {each.removeprefix("--property=") for each in asked[:cut] if each.startswith("--property=")}
    assert {f"WorkingDirectory={settings.BASE_DIR}", f"Environment={SHOWN['Environment']}"} < given
    service = {line for section, line in options("csmetrics.service") if section == "[Service]"}
    same = ("DynamicUser=", "StateDirectory=", "StateDirectoryMode=", "UMask=", "EnvironmentFile=")
    assert {line for line in service if line.startswith(same)} < given
    assert "User=csmetrics" in given, "the name of the unit, which the service gets without saying so"


def test_the_command_says_where_there_is_no_service(machine):
    """Or else it would make a database of its own, and say that all is well."""
    done = machine("backup", shown={"LoadState": "not-found", "Environment": ""})
    assert done.returncode == 1
    assert done.stderr == "csmetrics.service is not installed here; see docs/operations.md.\n"
    assert done.stdout == ""


@pytest.mark.parametrize("command", ["backup", "restore", "load_content", "shell", "migrate", "purge_assessments"])
def test_the_guide_runs_what_touches_the_database_as_the_service(command):
    guide = (settings.BASE_DIR / "docs/operations.md").read_text()
    assert not re.search(rf"python3 manage\.py {command}", guide)
