"""Copies of the database while it is in use, and the way back. The content is in files; what is worth a copy here
is what readers left.

SQLite copies itself in one step that readers and writers do not notice; PostgreSQL has its own programs for it.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from django.db import DatabaseError, connection


class BackupError(Exception):
    """Why there is no copy, or why one cannot be used; the message says what to do."""


def save(target: Path) -> None:
    """Write a copy of the database, complete and checked, to a new file that only its owner can read."""
    if target.exists():
        raise BackupError(f"{target} is there already; nothing is written over.")
    part = target.with_name(f".{target.name}.part")
    part.unlink(missing_ok=True)
    try:
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        (_save_postgresql if connection.vendor == "postgresql" else _save_sqlite)(part)
        _sync(part)
        part.rename(target)
    except OSError as error:
        raise BackupError(f"{target} cannot be written: {error.strerror}.") from None
    finally:
        part.unlink(missing_ok=True)


def bring_back(source: Path) -> None:
    """Make the database what it was when the copy was saved, at once or not at all."""
    if not source.is_file():
        raise BackupError(f"There is no file {source}.")
    if connection.vendor == "postgresql":
        _bring_back_postgresql(source)
    else:
        check(source)
        _bring_back_sqlite(source)


# -- SQLite --


def _save_sqlite(part: Path) -> None:
    with connection.cursor() as cursor:
        try:
            cursor.execute("VACUUM INTO %s", [str(part)])
        except DatabaseError as error:
            raise BackupError(f"The database cannot be copied: {error}.") from None
    check(part)


def check(file: Path) -> None:
    """Refuse a file that is not a whole database of this site."""
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as copy:
            found = copy.execute("PRAGMA integrity_check").fetchone()[0]
            if found != "ok":
                raise BackupError(f"{file} is damaged: {found}")
            copy.execute("SELECT digest FROM directory_contentversion").fetchone()
    except sqlite3.Error as error:
        raise BackupError(f"{file} is no database of this site: {error}.") from None


def _bring_back_sqlite(source: Path) -> None:
    """In one transaction on the file that servers have open: they go on, and see the copy from then on."""
    connection.ensure_connection()
    with closing(sqlite3.connect(source)) as copy:
        copy.backup(connection.connection)


# -- PostgreSQL --


def _save_postgresql(part: Path) -> None:
    _run("pg_dump", "--format", "custom", "--no-owner", "--no-acl", "--file", str(part))


def _bring_back_postgresql(source: Path) -> None:
    _run(
        "pg_restore", "--clean", "--if-exists", "--no-owner", "--no-acl", "--single-transaction",
        "--exit-on-error", "--dbname", str(connection.settings_dict["NAME"]), str(source),
    )  # fmt: skip


def _run(program: str, *arguments: str) -> None:
    """One of PostgreSQL's programs on the database of the site. The password is not for the list of processes."""
    found = shutil.which(program)
    if found is None:
        raise BackupError(f"{program} is not installed here (apt install postgresql-client), or not in PATH.")
    given = connection.settings_dict
    names = {"HOST": "PGHOST", "PORT": "PGPORT", "USER": "PGUSER", "PASSWORD": "PGPASSWORD", "NAME": "PGDATABASE"}
    environment = {**os.environ, **{names[key]: str(given[key]) for key in names if given.get(key)}}
    options = {key: value for key, value in given["OPTIONS"].items() if key.startswith("ssl")}
    environment |= {f"PG{key.upper()}": str(value) for key, value in options.items()}
    done = subprocess.run([found, *arguments], env=environment, capture_output=True, text=True)  # noqa: S603
    if done.returncode:
        raise BackupError(f"{program} said: {done.stderr.strip()}")


def _sync(file: Path) -> None:
    """Wait until the disk has it."""
    descriptor = os.open(file, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
