"""Makes `.venv` from the pinned requirements and starts again inside it, so that one command is enough.

Standard library only, and plain enough for an old Python to read far enough to be told that it is too old.
An environment that somebody else manages (a container, an active virtual environment) is left alone:
this does nothing but ask for a new enough Python where Django and the server can be imported already.
"""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
OLDEST_PYTHON = (3, 11)
LOCK, TEST_LOCK = ROOT / "requirements.txt", ROOT / "requirements-test.txt"  # the second holds all of the first


class SetUpError(Exception):
    """Something the person at the keyboard has to mend; the message says what and how."""


def ensure(argv: "list[str]") -> None:
    """Return when this process can run the command in `argv`; otherwise set up and replace the process."""
    try:
        _refuse_old_python()
        lock = TEST_LOCK if argv[1:2] == ["test"] else LOCK
        if not _is_ready(lock):
            _install(lock)
            _restart(argv)
    except SetUpError as error:
        sys.exit(f"{error}")
    except OSError as error:
        sys.exit(
            f"The set-up failed: {error}\n"
            f"Check that {ROOT} is whole and can be written to, and that the disk is not full."
        )
    except KeyboardInterrupt:
        sys.exit("Stopped. Run the same command again to go on.")


def _refuse_old_python() -> None:
    if sys.version_info < OLDEST_PYTHON:
        raise SetUpError(
            "CS Metrics needs Python {}.{} or newer; this is Python {}.{}.\n"
            "Start it with a newer one, for example: python3.12 manage.py serve".format(
                *OLDEST_PYTHON, *sys.version_info[:2]
            )
        )


def _is_ready(lock: Path) -> bool:
    """Whether this process has the packages: `.venv` where it was made here, or what somebody else installed."""
    if Path(sys.prefix).resolve() == VENV.resolve() and _stamps():
        return _stamp_of(lock) in _stamps()
    return _has_what_it_needs()


def _has_what_it_needs() -> bool:
    """Whether an environment made by somebody else holds a Django that fits."""
    try:
        import django
        import granian  # noqa: F401  (only whether it is there)
    except ImportError:
        return False
    return django.VERSION[:2] == (5, 2)


def _restart(argv: "list[str]") -> None:
    """Go on inside `.venv`, as the same process where the system can do that."""
    command = [str(_venv_python()), *argv]
    sys.stdout.flush()
    if os.name == "nt":
        sys.exit(subprocess.call(command))  # noqa: S603  (our own interpreter, the caller's own arguments)
    os.execv(command[0], command)  # noqa: S606


def _venv_python() -> Path:
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _install(lock: Path) -> None:
    """Make `.venv` and install `lock` into it, unless that was done before with the same lock and Python."""
    if not _is_whole():
        _make_venv()
    if _stamp_of(lock) in _stamps():
        return
    print(f"Installing packages from {lock.name} (once, well under a minute).", flush=True)
    pip = [
        str(_venv_python()),
        "-m",
        "pip",
        "--disable-pip-version-check",
        "install",
        "--quiet",
        "--no-input",
    ]
    result = subprocess.run(  # noqa: S603
        [*pip, "--require-hashes", "--only-binary", ":all:", "--requirement", str(lock)],
        capture_output=True,
        text=True,
    )
    if result.returncode:
        said = result.stderr.strip().splitlines()
        errors = [line for line in said if not line.startswith("WARNING")]  # such as one for each retry
        reason = "\n".join("  " + line for line in (errors or said)[-4:])
        raise SetUpError(
            "The packages could not be installed. The installer said:\n"
            f"{reason}\n"
            "Usually the network or a proxy is in the way: check it and run the same command again.\n"
            'For a machine without network, see "Without network" in README.md.'
        )
    # Only what holds now: an earlier lock would be believed to be there after going back to it.
    done = {lock, LOCK} | {each for each in (LOCK, TEST_LOCK) if _stamp_of(each) in _stamps()}
    _stamp_file().write_text("".join(sorted(_stamp_of(each) + "\n" for each in done)))


def _is_whole() -> bool:
    """Whether `.venv` was finished once, and by a Python like this one that is still there."""
    try:
        made_by = (VENV / "pyvenv.cfg").read_text()
    except OSError:
        return False
    same_python = "version = {}.{}.".format(*sys.version_info[:2]) in made_by
    return same_python and _venv_python().exists() and bool(_stamps())


def _make_venv() -> None:
    try:
        import ensurepip  # noqa: F401  (Debian and Ubuntu ship it apart)
        import venv
    except ImportError:
        raise SetUpError(
            "This Python cannot make virtual environments. On Debian and Ubuntu one package is missing:\n"
            "  sudo apt install python3-venv\n"
            "Then run the same command again."
        ) from None
    print("Making a virtual environment in .venv.", flush=True)
    try:
        venv.EnvBuilder(clear=True, with_pip=True, symlinks=os.name != "nt").create(VENV)
    except (OSError, ValueError, subprocess.CalledProcessError) as error:  # ValueError: .venv is a file or link
        raise SetUpError(
            f"The virtual environment could not be made in {VENV}:\n"
            f"  {error}\n"
            "Check that the folder can be written to and that the disk is not full."
        ) from None


def _stamp_file() -> Path:
    return VENV / "installed-locks"


def _stamps() -> "list[str]":
    try:
        return _stamp_file().read_text().split()
    except OSError:
        return []


def _stamp_of(lock: Path) -> str:
    """What must be equal for an earlier installation to be good enough: the lock and the Python."""
    content = "{}.{} ".format(*sys.version_info[:2]).encode() + lock.read_bytes()
    return hashlib.sha256(content).hexdigest()
