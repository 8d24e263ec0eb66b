"""`manage.py restore`: makes the database what it was when a copy was saved, after saving what it is now."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from csmetrics.backups import BackupError, Before, UncertainError, bring_back, check

from .backup import new_name


class Command(BaseCommand):
    help = "Put a copy made by `backup` in the place of the database, and bring it up to date with this code."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        source = options["file"]
        before = _bring_back(source)
        self.stdout.write(f"The database is that of {source}. {_said(before)}")
        try:
            call_command("migrate", verbosity=0, interactive=False)
        except DatabaseError as error:
            raise CommandError(f"It cannot be brought up to date with this code: {str(error).strip()}") from None
        self.stdout.write(
            "Its content is as old as the copy; load_content or the next start brings it up to date."
        )


def _bring_back(source: Path) -> Before:
    try:
        check(source)
        return bring_back(source, new_name("before-restore-"))
    except UncertainError as error:
        raise CommandError(str(error)) from None
    except BackupError as error:
        raise CommandError(f"{error}\nThe database is what it was.") from None
    except OSError as error:
        raise CommandError(
            f"No copy can be kept in {settings.DATA_DIR}: {error.strerror}.\nThe database is what it was."
        ) from None


def _said(before: Before) -> str:
    if before.file is None:
        return "There was nothing in it before."
    if before.is_damaged:
        return (
            f"What was there before is damaged, and was put aside: {before.file}\n"
            "Restart the service, so that nobody goes on with the damaged file."
        )
    return f"What it was before: {before.file}"
