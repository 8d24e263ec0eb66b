"""Copies of the database while it is in use, and the way back. The content is in files; what is worth a copy here
is what readers left.

SQLite copies itself in one step that readers and writers do not notice; PostgreSQL has its own programs for it. On
the way back nobody can write between the copy of what is there and the moment when it is replaced, so whatever
readers were told is kept is in the one or in the other.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

from django.db import DatabaseError, connection

from . import postgresql
from .postgresql import CommitError, ProgramError

PATIENCE = 30  # seconds to wait for somebody else who is writing
SITE_TABLE = "directory_contentversion"  # every database of this site has it
SIDE_FILES = ("", "-wal", "-shm")  # what belongs to a file of SQLite
DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


class BackupError(Exception):
    """Why there is no copy, or why one cannot be used; the message says what to do."""


class UncertainError(BackupError):
    """Whether the copy is in place is not known; what was there before has been saved."""


class Before(NamedTuple):
    """Where the database lies that was there before a copy took its place; None where there was nothing in it."""

    file: Path | None
    is_damaged: bool = False


def save(target: Path) -> None:
    """Write a copy of the database, complete and checked, to a new file that only its owner can read."""
    if target.exists():
        raise BackupError(f"{target} is there already; nothing is written over.")
    part = target.with_name(f".{target.name}.part")
    part.unlink(missing_ok=True)
    try:
        _make_private(part)
        if _is_postgresql():
            postgresql.dump(part)
        else:
            _vacuum_into(part)
        _check_whole(part)
        _sync(part)
        part.rename(target)
    except OSError as error:
        raise BackupError(f"{target} cannot be written: {error.strerror}.") from None
    except ProgramError as error:
        raise BackupError(str(error)) from None
    finally:
        part.unlink(missing_ok=True)


def is_empty() -> bool:
    """Whether there is nothing in the database, not even tables."""
    if not _is_postgresql():
        with _examined(_file(), every_page=False) as state:
            return state is None
    try:
        return not connection.introspection.table_names()
    except DatabaseError as error:
        raise BackupError(f"The database cannot be read: {str(error).strip()}.") from None
    finally:
        connection.close()


def check(source: Path) -> None:
    """Refuse a file that is not a whole copy of a database of this site."""
    if not source.is_file():
        raise BackupError(f"There is no file {source}.")
    _check_whole(source)
    if not _is_of_this_site(source):
        raise BackupError(f"{source} is no database of this site.")


def bring_back(source: Path, kept: Path) -> Before:
    """Make the database what it was when `source` was saved, at once or not at all. `source` has been checked.

    What is there now is saved to `kept`; where it is damaged, its files are put aside instead.
    """
    try:
        if _is_postgresql():
            return _replace(source, None if is_empty() else kept)
        with _examined(_file()) as state:
            if state == "damaged":
                return Before(_put_aside(source), is_damaged=True)
        return _replace(source, kept if state else None)
    except OSError as error:
        raise BackupError(f"{source} cannot be put in place: {error.strerror}.") from None
    except CommitError as error:
        raise UncertainError(
            f"{error}\nLook whether {source} is in place. What was there before: {kept}"
        ) from None
    except (ProgramError, sqlite3.Error, DatabaseError) as error:
        raise BackupError(f"{source} cannot be put in place: {str(error).strip()}.") from None


def _is_postgresql() -> bool:
    return connection.vendor == "postgresql"


def _check_whole(copy: Path) -> None:
    """Refuse a copy that cannot be read to its end."""
    try:
        if _is_postgresql():
            postgresql.read_all(copy)
            return
        with closing(_open(copy)) as opened:
            found = opened.execute("PRAGMA integrity_check(1)").fetchone()[0]
    except (ProgramError, sqlite3.Error) as error:
        raise BackupError(f"{copy} is no database of this site: {error}.") from None
    if found != "ok":
        raise BackupError(f"{copy} is damaged: {found}.")


def _is_of_this_site(copy: Path) -> bool:
    if _is_postgresql():
        return SITE_TABLE in postgresql.tables_in(copy)
    with closing(_open(copy)) as opened:
        return bool(opened.execute("SELECT 1 FROM sqlite_schema WHERE name = ?", [SITE_TABLE]).fetchone())


def _replace(source: Path, kept: Path | None) -> Before:
    """Put the copy in the place of the database, and save to `kept` what it replaces, without a gap between."""
    replace = postgresql.replace if _is_postgresql() else _replace_sqlite
    try:
        replace(source, partial(save, kept) if kept else None)
    except CommitError:
        raise
    except (BackupError, OSError, ProgramError, sqlite3.Error):  # nothing was replaced: there is nothing to keep
        if kept:
            kept.unlink(missing_ok=True)
        raise
    return Before(kept)


# -- SQLite --


def _file() -> Path:
    return Path(connection.settings_dict["NAME"])


def _open(file: Path) -> sqlite3.Connection:
    """As it is: without what the settings would change in it, and never making a new one."""
    return sqlite3.connect(f"{file.resolve().as_uri()}?mode=rw", uri=True)


@contextmanager
def _examined(file: Path, *, every_page: bool = True) -> Iterator[str | None]:
    """None where nothing is in it, or else "whole" or "damaged". Until the end of `with` the file stays open.

    Who closes a file last writes what stands in its log into it, and removes the log. SQLite leaves both alone
    where the file has been moved meanwhile, so a damaged one is put aside as it was found.
    """
    if not file.exists():
        yield None
        return
    with closing(_open(file)) as opened:
        yield _state(opened, file, every_page)


def _state(opened: sqlite3.Connection, file: Path, every_page: bool) -> str | None:
    try:
        if not opened.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
            return None
        is_whole = not every_page or opened.execute("PRAGMA integrity_check(1)").fetchone()[0] == "ok"
        return "whole" if is_whole else "damaged"
    except sqlite3.Error as error:
        if error.sqlite_errorcode & 0xFF in DAMAGED:  # the rest of the number says more of the same
            return "damaged"
        raise BackupError(
            f"The database {file} cannot be read: {error}. "
            "To go on without it, move it away, together with the files -wal and -shm beside it."
        ) from None


def _vacuum_into(part: Path) -> None:
    """By a connection of its own, which can read while another one of this process has the lock for writing."""
    try:
        with closing(_open(_file())) as opened:
            opened.execute("VACUUM INTO ?", [str(part)])
    except sqlite3.Error as error:
        raise BackupError(f"The database {_file()} cannot be copied: {error}.") from None


def _replace_sqlite(source: Path, save: Callable[[], None] | None) -> None:
    """In one transaction on the file that servers have open: they go on, and see the copy from then on.

    SQLite takes the lock for writing before the first page, and gives it back after the last one. `save` is called
    between these two: readers still see the database as it was, and who wants to write waits.
    """
    if _file().exists() and source.samefile(_file()):
        raise BackupError(f"{source} is the database itself.")
    until = time.monotonic() + PATIENCE

    def after_a_page(status: int, remaining: int, total: int) -> None:
        nonlocal save
        if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            if time.monotonic() > until:
                raise BackupError(f"Somebody else has been writing to {_file()} for {PATIENCE} seconds.")
        elif save:
            save()
            save = None

    connection.ensure_connection()
    try:
        with closing(_open(source)) as copy:
            copy.backup(connection.connection, pages=1, progress=after_a_page)
    finally:
        connection.close()


def _put_aside(source: Path) -> Path:
    """Give a damaged file and what belongs to it another name, and the copy its name. Returns the other name.

    Servers that still have the damaged file open have to be started again.
    """
    file = _file()
    fresh = file.with_name(f".{file.name}.part")
    aside = file.with_name(f"{file.name}.damaged-{time.strftime('%Y-%m-%d-%H%M%S', time.gmtime())}")
    fresh.unlink(missing_ok=True)
    try:
        _make_private(fresh)
        with closing(_open(source)) as copy, closing(_open(fresh)) as target:
            copy.backup(target)
        _sync(fresh)
        for end in SIDE_FILES:
            if (part := Path(f"{file}{end}")).exists():
                part.rename(f"{aside}{end}")
        fresh.rename(file)
        _sync(file.parent)
    finally:
        fresh.unlink(missing_ok=True)
    return aside


def _make_private(file: Path) -> None:
    os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def _sync(file: Path) -> None:
    """Wait until the disk has it."""
    descriptor = os.open(file, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
