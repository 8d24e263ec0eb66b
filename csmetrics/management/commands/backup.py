"""`manage.py backup`: a copy of the database while it is in use, checked before it gets its name."""

import time
from itertools import count
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from csmetrics.backups import BackupError, is_empty, save


def new_name(before: str = "") -> Path:
    """A file in the data folder that is not there yet, named by the moment."""
    folder = Path(settings.DATA_DIR) / "backups"
    folder.mkdir(mode=0o700, exist_ok=True)
    kind = "dump" if connection.vendor == "postgresql" else "sqlite3"
    stem = f"{before}{time.strftime('%Y-%m-%d-%H%M%S', time.gmtime())}"
    names = (f"{stem}{f'-{number}' if number else ''}.{kind}" for number in count())
    return next(path for path in map(folder.joinpath, names) if not path.exists())


class Command(BaseCommand):
    help = "Copy the database into a new file, also while the site is running. The way back is `restore`."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, help="default: named by the time, in DATA_DIR/backups")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            file = options["file"] or new_name()
            if is_empty():
                raise CommandError(
                    f"There is nothing to copy in the database {connection.settings_dict['NAME']}. "
                    "Name the right one in DATA_DIR or DATABASE_URL."
                )
            save(file)
        except BackupError as error:
            raise CommandError(str(error)) from None
        except OSError as error:
            raise CommandError(f"No copy can be kept in {settings.DATA_DIR}: {error.strerror}.") from None
        self.stdout.write(f"{file}: {file.stat().st_size:,} bytes, checked")
