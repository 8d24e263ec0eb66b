"""Typed readers for environment variables, and the secret that the site makes for itself on first run."""

import os
import re
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

TRUE, FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off", ""}
SECRET_LENGTH = 50  # Django's own limit in `check --deploy`


def env_bool(name: str, default: bool = False) -> bool:
    """A switch. Refuses anything that is not plainly on or off."""
    value = os.environ.get(name)
    if value is None:
        return default
    if value.strip().lower() in TRUE:
        return True
    if value.strip().lower() in FALSE:
        return False
    raise ImproperlyConfigured(f"{name} is {value!r}; expected one of 1, true, yes, on, 0, false, no, off.")


def env_int(name: str, default: int, *, at_least: int = 0) -> int:
    """A whole number, not below `at_least`."""
    value = os.environ.get(name)
    if value is None or not value.strip():
        return default
    try:
        number = int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} is {value!r}; expected a whole number.") from None
    if number < at_least:
        raise ImproperlyConfigured(f"{name} is {number}; expected {at_least} or more.")
    return number


def env_choice(name: str, default: str, allowed: list[str]) -> str:
    """One of a few words."""
    value = os.environ.get(name, "").strip().lower() or default
    if value not in allowed:
        raise ImproperlyConfigured(f"{name} is {value!r}; expected one of {', '.join(allowed)}.")
    return value


def env_list(name: str, default: list[str] | None = None) -> list[str]:
    """Words parted by commas; with none of them, `default`."""
    words = [word.strip() for word in os.environ.get(name, "").split(",")]
    return [word for word in words if word] or list(default or [])


def env_url(name: str) -> str:
    """The address of a site, without a slash at its end; empty where it is not set."""
    value = os.environ.get(name, "").strip().rstrip("/")
    if value and not re.fullmatch(r"https?://[^/?#\s]+", value):
        raise ImproperlyConfigured(f"{name} is {value!r}; expected an address like https://metrics.example.com.")
    return value


def env_path(name: str, default: Path) -> Path:
    """A folder or file; a relative one counts from where the command was started."""
    value = os.environ.get(name, "").strip()
    return Path(value).expanduser().resolve() if value else default


def env_folder(name: str, default: Path) -> Path:
    """A folder of the site's own, made where it is missing (mode 0700)."""
    folder = env_path(name, default)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise ImproperlyConfigured(
            f"The folder {folder} cannot be made ({error.strerror}). Name another one in {name}."
        ) from None
    return folder


def env_database(name: str, default: Path) -> dict[str, Any]:
    """Django's settings for a database address, or for the SQLite file `default` where it is not set.

    That file is made where it is missing, for its owner only.
    """
    value = os.environ.get(name, "").strip()
    if not value:
        _make_private(default)
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(default)}
    expected = "expected sqlite:////path/to/file or postgres://user:password@host:port/name"
    scheme = value.partition(":")[0]  # of the value only this is shown: the rest may hold a password
    if scheme not in ("sqlite", "postgres", "postgresql"):
        raise ImproperlyConfigured(f"{name} starts with {scheme!r}; {expected}.")
    try:
        return {**dj_database_url.parse(value)}
    except ValueError:
        raise ImproperlyConfigured(
            f"{name}, which starts with {scheme!r}, cannot be read; {expected}, "
            "with special characters in the password written as %2F and the like."
        ) from None


def _make_private(file: Path) -> None:
    """Make an empty file that only its owner can read, unless there is one. SQLite's log is as private.

    Where that cannot be done the database cannot be used either, and whoever opens it says so.
    """
    with suppress(OSError):
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def secret_key(data_dir: Path) -> str:
    """The value of SECRET_KEY, or else the one kept in the data directory, made there on first use (mode 0600)."""
    if value := os.environ.get("SECRET_KEY", ""):
        if len(value) < SECRET_LENGTH:
            raise ImproperlyConfigured(
                f"SECRET_KEY has {len(value)} characters; expected {SECRET_LENGTH} or more. "
                "Leave it out to have one made."
            )
        return value
    path = data_dir / "secret-key"
    try:
        _make_secret(path)
        kept = path.read_text().strip()
    except OSError as error:
        raise ImproperlyConfigured(
            f"No secret can be kept in {data_dir} ({error.strerror}). Make the folder writable, "
            "name another one in DATA_DIR, or set SECRET_KEY."
        ) from None
    if len(kept) < SECRET_LENGTH:
        raise ImproperlyConfigured(
            f"The secret in {path} has {len(kept)} characters; expected {SECRET_LENGTH} or more. "
            "Delete the file to have one made."
        )
    return kept


def _make_secret(path: Path) -> None:
    """Write a new secret, unless there is one."""
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(64))
    except FileExistsError:
        pass
