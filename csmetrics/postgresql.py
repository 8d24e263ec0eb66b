"""PostgreSQL's own programs, on the database of the site: a dump, what is in one, and the way back."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

from django.db import connection

LOST = 2  # psql's exit code for a connection that went away
WAIT = "SET LOCAL lock_timeout = '30s';"
RESTORE = ("--clean", "--if-exists", "--no-owner", "--no-acl")
PSQL = ("--no-psqlrc", "--quiet", "--no-password", "--set=ON_ERROR_STOP=1", f"--output={os.devnull}")


class ProgramError(Exception):
    """A program is not there, or failed; the message says which, and what it said."""


class CommitError(ProgramError):
    """The very last step failed, so that only a look at the database tells whether it was done."""


def dump(target: Path) -> None:
    _run("pg_dump", "--format", "custom", "--no-owner", "--no-acl", "--file", str(target))


def read_all(dump: Path) -> None:
    """Read a dump to its end, to nowhere."""
    _run("pg_restore", "--file", os.devnull, str(dump))


def tables_in(dump: Path) -> set[str]:
    """The tables that a dump has the rows of."""
    lines = _run("pg_restore", "--list", str(dump)).splitlines()
    rows = (line.partition(" TABLE DATA ")[2].split() for line in lines)  # <schema> <table> <owner>
    return {row[1] for row in rows if len(row) > 1}


def replace(dump: Path, save: Callable[[], None] | None) -> None:
    """Put what is in a dump in the place of the database, in one transaction, in which `save` is called first.

    From its start nobody else can write: who wants to waits, and then writes into what has been put there. Readers
    wait only while tables are exchanged.
    """
    tables = ", ".join(map(connection.ops.quote_name, connection.introspection.django_table_names(True)))
    connection.close()
    failed: Exception | None = None
    is_complete = False
    with tempfile.TemporaryFile() as complaints:
        with _session(complaints) as session:
            _say(session, f"BEGIN; {WAIT}", _lock(tables, "EXCLUSIVE"), r"\echo locked")
            try:
                if session.stdout and session.stdout.readline():  # or else it has ended, and says why
                    if save:
                        save()
                    _say(session, _lock(tables, "ACCESS EXCLUSIVE"))
                    _run("pg_restore", *RESTORE, "--file=-", str(dump), output=session.stdin)
                    is_complete = _say(session, "COMMIT;")
            except ProgramError as error:
                failed = error  # without COMMIT all of it is undone
        if session.returncode:
            complaints.seek(0)
            said = f"psql said: {complaints.read().decode(errors='replace').strip()}"
            raise CommitError(said) if is_complete and session.returncode == LOST else ProgramError(said)
    if failed:
        raise failed


def _session(complaints: IO[bytes]) -> subprocess.Popen[bytes]:
    """A psql that does what is written to it, and ends at the first failure."""
    return subprocess.Popen(  # noqa: S603
        [_found("psql"), *PSQL],
        env=_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=complaints,
        bufsize=0,
    )


def _lock(tables: str, mode: str) -> str:
    return f"LOCK TABLE {tables} IN {mode} MODE;" if tables else ""


def _say(session: subprocess.Popen[bytes], *lines: str) -> bool:
    """Whether it still listens; if not, it has ended, and its complaints say why."""
    try:
        return bool(session.stdin and session.stdin.write("".join(f"{line}\n" for line in lines).encode()))
    except BrokenPipeError:
        return False


def _run(program: str, *arguments: str, output: int | IO[bytes] | None = subprocess.PIPE) -> str:
    """What a program printed, or nothing where that goes elsewhere."""
    command = [_found(program), *arguments]
    done = subprocess.run(command, env=_environment(), stdout=output, stderr=subprocess.PIPE)  # noqa: S603
    if done.returncode:
        raise ProgramError(f"{program} said: {done.stderr.decode(errors='replace').strip()}")
    return (done.stdout or b"").decode(errors="replace")


def _found(program: str) -> str:
    found = shutil.which(program)
    if found is None:
        raise ProgramError(f"{program} is not installed here (apt install postgresql-client), or not in PATH.")
    return found


def _environment() -> dict[str, str]:
    """How to reach the database of the site. The password is not for the list of processes."""
    given = connection.settings_dict
    names = {"HOST": "PGHOST", "PORT": "PGPORT", "USER": "PGUSER", "PASSWORD": "PGPASSWORD", "NAME": "PGDATABASE"}
    environment = {**os.environ, **{names[key]: str(given[key]) for key in names if given.get(key)}}
    options = {key: value for key, value in given["OPTIONS"].items() if key.startswith("ssl")}
    return environment | {f"PG{key.upper()}": str(value) for key, value in options.items()}
