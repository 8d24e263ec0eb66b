"""One connection to SQLite that each process of the server holds and never uses.

The last connection that goes takes SQLite's log and its index with it, and the next one makes both again. That
needs room: on a full disk, or in a folder that has become read-only, no page could be read any more. While one
connection stays they stay, and no request has to wait until they are made.
"""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

_held: dict[str, sqlite3.Connection] = {}


def hold(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    """Receiver of `connection_created`: not before the first request, because SQLite does not survive a fork."""
    file = str(connection.settings_dict["NAME"])
    if connection.vendor != "sqlite" or file in _held:
        return
    with suppress(sqlite3.Error):
        held = sqlite3.connect(f"{Path(file).absolute().as_uri()}?mode=rw", uri=True, check_same_thread=False)
        held.execute("SELECT 1 FROM sqlite_schema").fetchall()
        _held[file] = held
