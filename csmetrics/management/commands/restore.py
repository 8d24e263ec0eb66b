"""`manage.py restore`: makes the database what it was when a copy was saved, after saving what it is now."""

from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from csmetrics.backups import BackupError, bring_back, save

from .backup import new_name


class Command(BaseCommand):
    help = "Put a copy made by `backup` in the place of the database, and bring it up to date with this code."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            kept = new_name("before-restore-")
            save(kept)
            bring_back(options["file"])
        except BackupError as error:
            raise CommandError(f"{error}\nThe database is what it was.") from None
        call_command("migrate", verbosity=0, interactive=False)
        self.stdout.write(f"The database is that of {options['file']}. What it was before: {kept}")
        self.stdout.write(
            "Its content is as old as the copy; load_content or the next start brings it up to date."
        )
