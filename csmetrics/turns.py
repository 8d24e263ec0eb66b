"""One at a time: servers that start together, on one machine or on many, take turns at getting ready.

A turn ends when the process ends or becomes the server: the system then closes the folder and the connection.
"""

import os
from pathlib import Path

from django.db import connection

START = 7_283_104  # any number that nothing else locks in the database, the same in every process


def wait_for_turn_at_folder(folder: Path) -> None:
    """Until no other process that shares the data folder is getting ready."""
    try:
        import fcntl
    except ImportError:  # Windows
        return
    fcntl.flock(os.open(folder, os.O_RDONLY), fcntl.LOCK_EX)


def wait_for_turn_at_database() -> None:
    """Until no other machine on the same database is getting ready. A SQLite file has only one machine."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [START])
