"""Empty databases of the kind that this run is on: files, or databases on the server that DATABASE_URL names."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg


def is_postgres() -> bool:
    return os.environ.get("DATABASE_URL", "").startswith("postgres")


@contextmanager
def empty_database() -> Iterator[dict[str, str]]:
    """What a process needs in its environment to have a database for itself; removed afterwards.

    On SQLite that is nothing, because the file lies in the data folder of the process.
    """
    if not is_postgres():
        yield {}
        return
    server = os.environ["DATABASE_URL"]
    name = f"csmetrics_{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")  # type: ignore[call-overload]
    try:
        yield {"DATABASE_URL": urlsplit(server)._replace(path=f"/{name}").geturl()}
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[call-overload]


def name_of(environment: dict[str, str], data_folder: object) -> str:
    """What the database of such a process is called."""
    address = environment.get("DATABASE_URL")
    return urlsplit(address).path.strip("/") if address else f"{data_folder}/csmetrics.sqlite3"
