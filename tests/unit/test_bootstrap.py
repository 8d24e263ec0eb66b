"""The set-up: manage.py in a tree of its own, in a Python without packages, with stand-ins for venv and pip.

The stand-ins write down what they are asked to do, so nothing is installed and no network is needed.
"""

import ast
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest
from django.conf import settings

LOCK, TEST_LOCK = "requirements.txt", "requirements-test.txt"

VENV = '''
"""In place of the standard library's: the Python of the environment is a script that tells what it was asked."""
import os, shutil, sys

class EnvBuilder:
    def __init__(self, **options):
        pass

    def create(self, folder):
        if os.environ.get("VENV_FAILS"):
            raise PermissionError(13, "Permission denied", str(folder))
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "bin").mkdir(parents=True)
        (folder / "pyvenv.cfg").write_text("version = {}.{}.{}\\n".format(*sys.version_info[:3]))
        python = folder / "bin" / "python"
        python.write_text(os.environ["FAKE_PYTHON"])
        python.chmod(0o755)
'''
PYTHON = """#!/bin/sh
if [ "$2" = pip ]; then
    for last in "$@"; do :; done
    echo "installed $(basename "$last")" >> calls
    printf %s "$PIP_SAYS" >&2
    sleep "${PIP_SLEEPS:-0}"
    exit "${PIP_FAILS:-0}"
fi
echo "started again: $*" >> calls
"""
PIP_WITHOUT_NETWORK = """\
WARNING: Retrying (Retry(total=1, connect=None)) after connection broken by 'NewConnectionError': /simple/django/
WARNING: Retrying (Retry(total=0, connect=None)) after connection broken by 'NewConnectionError': /simple/django/
ERROR: Could not find a version that satisfies the requirement django==5.2 (from versions: none)
ERROR: No matching distribution found for django==5.2
"""


class Site:
    """A copy of what the set-up consists of, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "csmetrics").mkdir(parents=True)
        for name in ("manage.py", "csmetrics/__init__.py", "csmetrics/bootstrap.py"):
            shutil.copy(settings.BASE_DIR / name, folder / name)
        self.write(LOCK, "django==5.2\n")
        self.write(TEST_LOCK, "django==5.2\npytest==9\n")
        self.write("venv.py", VENV)  # beside manage.py, so it is found before the standard library's
        self.write("ensurepip.py", "")

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-S", "manage.py", *arguments]  # -S: without the packages of these tests

    def environment(self, **variables: str) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "FAKE_PYTHON": PYTHON, **variables}

    def run(self, *arguments: str, command: list[str] | None = None, **variables: str):
        self.write("calls", "")
        return subprocess.run(
            command or self.command(*arguments),
            cwd=self.folder,
            env=self.environment(**variables),
            capture_output=True,
            text=True,
            timeout=30,
        )

    def run_with(self, before: str, *arguments: str, **variables: str):
        """Run manage.py after some lines that make the Python another one."""
        code = f"import sys\n{before}\nsys.argv[0] = 'manage.py'\nimport manage\nmanage.main()"
        return self.run(command=[sys.executable, "-S", "-c", code, *arguments], **variables)

    @property
    def calls(self) -> list[str]:
        return (self.folder / "calls").read_text().splitlines()

    @property
    def venv(self) -> Path:
        return self.folder / ".venv"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "site")


def serve(site: Site) -> list[str]:
    """What a start did that must go well."""
    done = site.run("serve")
    assert done.returncode == 0, done.stderr
    return site.calls


# -- When to install --


def test_the_first_start_makes_an_environment_installs_and_goes_on_inside(site):
    done = site.run("serve", "--port", "9000")
    assert done.returncode == 0
    assert done.stderr == ""
    assert done.stdout == (
        "Making a virtual environment in .venv.\n"
        "Installing packages from requirements.txt (once, well under a minute).\n"
    )
    assert site.calls == [f"installed {LOCK}", "started again: manage.py serve --port 9000"]


def test_a_second_start_installs_nothing(site):
    serve(site)
    done = site.run("serve")
    assert done.stdout == ""
    assert site.calls == ["started again: manage.py serve"]


def test_it_works_from_another_folder(site, tmp_path):
    site.write("calls", "")
    command = [sys.executable, "-S", str(site.folder / "manage.py"), "serve"]
    done = subprocess.run(command, cwd=tmp_path, env=site.environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (site.folder / LOCK).exists()
    assert (site.venv / "installed-locks").exists()


def test_a_changed_lock_installs_again_into_the_same_environment(site):
    serve(site)
    (site.venv / "still-there").touch()
    site.write(LOCK, "django==5.2.1\n")
    assert serve(site) == [f"installed {LOCK}", "started again: manage.py serve"]
    assert (site.venv / "still-there").exists()


def test_going_back_to_an_earlier_lock_installs_again(site):
    serve(site)
    earlier = (site.folder / LOCK).read_text()
    site.write(LOCK, "django==5.2.1\n")
    serve(site)
    site.write(LOCK, earlier)
    assert serve(site)[0] == f"installed {LOCK}"


def test_the_tests_have_a_lock_of_their_own(site):
    serve(site)
    site.run("test", "tests/unit")
    assert site.calls == [f"installed {TEST_LOCK}", "started again: manage.py test tests/unit"]
    site.run("test")
    assert site.calls == ["started again: manage.py test"]


def test_after_the_tests_a_start_installs_nothing(site):
    """The lock of the tests holds all of the other; see the test of the locks below."""
    site.run("test")
    assert site.calls[0] == f"installed {TEST_LOCK}"
    assert serve(site) == ["started again: manage.py serve"]


@pytest.mark.parametrize("command", ["check", "load_content", "help"])
def test_every_other_command_needs_the_packages_of_the_site_only(site, command):
    site.run(command)
    assert site.calls[0] == f"installed {LOCK}"


def test_an_environment_of_another_python_is_made_anew(site):
    """Debian's upgrade of Python leaves the old one's packages behind."""
    serve(site)
    site.write(".venv/pyvenv.cfg", "version = 3.1.4\n")
    (site.venv / "of-the-old-one").touch()
    assert serve(site)[0] == f"installed {LOCK}"
    assert not (site.venv / "of-the-old-one").exists()


def test_an_environment_whose_python_is_gone_is_made_anew(site):
    serve(site)
    (site.venv / "bin/python").unlink()
    assert serve(site) == [f"installed {LOCK}", "started again: manage.py serve"]


def test_an_unfinished_environment_is_made_anew(site):
    site.run("serve", PIP_FAILS="1")
    (site.venv / "half-done").touch()
    assert serve(site) == [f"installed {LOCK}", "started again: manage.py serve"]
    assert not (site.venv / "half-done").exists()


# -- What somebody else made --


@pytest.fixture
def foreign(site: Site, tmp_path: Path) -> str:
    """A folder with a Django and a server, as in a container or an active environment."""
    other = Site(tmp_path / "other")
    other.write("lib/django/__init__.py", "VERSION = (5, 2, 1, 'final', 0)")
    other.write("lib/django/core/__init__.py", "")
    other.write("lib/django/core/exceptions.py", "class ImproperlyConfigured(Exception): pass")
    other.write(
        "lib/django/core/management.py", "def execute_from_command_line(argv): print('Django runs', *argv[1:])"
    )
    other.write("lib/granian.py", "")
    return str(other.folder / "lib")


@pytest.mark.parametrize("command", ["serve", "test"])
def test_an_environment_that_somebody_else_made_is_left_alone(site, foreign, command):
    done = site.run(command, "--option", PYTHONPATH=foreign)
    assert done.stdout == f"Django runs {command} --option\n"
    assert done.returncode == 0
    assert site.calls == []
    assert not site.venv.exists()


def test_a_filled_venv_without_a_stamp_is_somebody_elses_too(site, foreign):
    """It may have been filled by hand, on a machine without network."""
    done = site.run_with(f"sys.prefix = {str(site.venv)!r}", "serve", PYTHONPATH=foreign)
    assert done.stdout == "Django runs serve\n"


def test_an_environment_with_another_django_is_not_used(site, foreign):
    Path(foreign, "django/__init__.py").write_text("VERSION = (4, 2, 0, 'final', 0)")
    done = site.run("serve", PYTHONPATH=foreign)
    assert done.returncode == 0
    assert site.calls[0] == f"installed {LOCK}"


# -- What may be in the way --


def ends_with(done: subprocess.CompletedProcess[str], message: str) -> None:
    """The command failed with this message, and nothing else on the error stream."""
    assert done.stderr == message
    assert done.returncode == 1


@pytest.mark.parametrize("packages", [False, True])
def test_an_old_python_is_told_so(site, foreign, packages):
    """Also where it has the packages: they would get further, and fail with a traceback."""
    variables = {"PYTHONPATH": foreign} if packages else {}
    done = site.run_with("sys.version_info = (3, 10, 13, 'final', 0)", "serve", **variables)
    ends_with(
        done,
        "CS Metrics needs Python 3.11 or newer; this is Python 3.10.\n"
        "Start it with a newer one, for example: python3.12 manage.py serve\n",
    )
    assert not site.venv.exists()


@pytest.mark.parametrize("name", ["manage.py", "csmetrics/__init__.py", "csmetrics/bootstrap.py"])
def test_an_old_python_can_read_as_far_as_that(name):
    ast.parse((settings.BASE_DIR / name).read_text(), feature_version=(3, 6))


def test_debian_without_its_package_for_environments_is_told_its_name(site):
    site.write("ensurepip.py", "raise ImportError")
    ends_with(
        site.run("serve"),
        "This Python cannot make virtual environments. On Debian and Ubuntu one package is missing:\n"
        "  sudo apt install python3-venv\n"
        "Then run the same command again.\n",
    )
    assert not site.venv.exists()


def test_a_machine_without_network_is_told_what_to_do(site):
    """pip's warning for each retry is left out."""
    ends_with(
        site.run("serve", PIP_FAILS="1", PIP_SAYS=PIP_WITHOUT_NETWORK),
        "The packages could not be installed. The installer said:\n"
        "  ERROR: Could not find a version that satisfies the requirement django==5.2 (from versions: none)\n"
        "  ERROR: No matching distribution found for django==5.2\n"
        "Usually the network or a proxy is in the way: check it and run the same command again.\n"
        'For a machine without network, see "Without network" in README.md.\n',
    )
    assert site.calls == [f"installed {LOCK}"]


def test_the_readme_has_the_section_that_the_message_names():
    assert "# Without network\n" in (settings.BASE_DIR / "README.md").read_text()


def test_a_folder_that_cannot_be_written_to_is_named(site):
    ends_with(
        site.run("serve", VENV_FAILS="1"),
        f"The virtual environment could not be made in {site.venv}:\n"
        f"  [Errno 13] Permission denied: '{site.venv}'\n"
        "Check that the folder can be written to and that the disk is not full.\n",
    )


def test_a_file_in_the_place_of_the_environment_is_named(site):
    """With the standard library's own venv."""
    (site.folder / "venv.py").unlink()
    (site.folder / "ensurepip.py").unlink()
    site.venv.touch()
    done = site.run("serve")
    assert done.returncode == 1
    assert done.stderr.startswith(f"The virtual environment could not be made in {site.venv}:\n")
    assert "Traceback" not in done.stderr


def test_an_incomplete_copy_of_the_site_is_named(site):
    (site.folder / LOCK).unlink()
    ends_with(
        site.run("serve"),
        f"The set-up failed: [Errno 2] No such file or directory: '{site.folder / LOCK}'\n"
        f"Check that {site.folder} is whole and can be written to, and that the disk is not full.\n",
    )


def test_an_interrupted_installation_says_how_to_go_on(site):
    site.write("calls", "")
    process = subprocess.Popen(
        site.command("serve"),
        cwd=site.folder,
        env=site.environment(PIP_SLEEPS="20"),
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
        # A suite that runs in the background of a shell inherits an ignored Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    with process:
        until = time.monotonic() + 10
        while not site.calls and time.monotonic() < until:
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGINT)  # Ctrl-C reaches the installer too
        assert process.communicate(timeout=60)[1] == "Stopped. Run the same command again to go on.\n"
    assert process.returncode == 1


# -- The locks --


def pins(name: str) -> dict[str, tuple[str, str, set[str]]]:
    """Version, marker and hashes for each package of a lock; fails on a line that pins nothing."""
    found = {}
    text = re.sub(r"^ *#.*\n", "", (settings.BASE_DIR / name).read_text(), flags=re.MULTILINE)
    for line in text.replace("\\\n", "").splitlines():
        match = re.fullmatch(r"([a-z0-9-]+)==(\S+)( ; .+?)?((?: +--hash=sha256:[0-9a-f]{64})+)", line.strip())
        assert match, f"{name}: {line[:80]}"
        package, version, marker, hashes = match.groups()
        assert package not in found
        found[package] = (version, marker or "", set(hashes.split()))
    return found


@pytest.mark.parametrize("name", [LOCK, TEST_LOCK])
def test_every_line_of_a_lock_is_pinned_with_hashes(name):
    assert len(pins(name)) > 15


@pytest.mark.parametrize("name", [LOCK, TEST_LOCK])
def test_a_lock_holds_no_address(name):
    """Whoever installs from it chooses the index."""
    text = (settings.BASE_DIR / name).read_text()
    assert not re.search(r"://|index-url|find-links|trusted-host|@|\b(pypi|pythonhosted)\b", text)


def test_the_lock_of_the_tests_holds_all_of_the_other():
    all_pins = pins(TEST_LOCK)
    assert {package: all_pins.get(package) for package in pins(LOCK)} == pins(LOCK)


def test_the_locks_hold_every_requirement_of_the_project():
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())["project"]
    for name, wanted in ((LOCK, project["dependencies"]), (TEST_LOCK, project["optional-dependencies"]["test"])):
        packages = {re.match(r"[\w-]+", line)[0].lower() for line in wanted}
        assert packages <= pins(name).keys()
