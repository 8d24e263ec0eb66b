"""`manage.py load_content`: makes the database equal to the content folder, or says all that is wrong with it."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from csmetrics.content import load, validate
from directory.loader.errors import ContentError
from directory.models import ContentVersion, Metric


class Command(BaseCommand):
    help = "Load content/*.yaml into the database. Wrong content loads nothing and prints every problem."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "folder", nargs="?", type=Path, default=settings.CONTENT_DIR, help="default: %(default)s"
        )
        parser.add_argument("--check", action="store_true", help="only say what is wrong; touch no database")

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = options["folder"]
        if not folder.is_dir():
            raise CommandError(f"There is no folder {folder}. Name the content folder, or set CONTENT_DIR.")
        try:
            if options["check"]:
                count = len(validate(folder).metrics())
                self.stdout.write(f"{count} metrics, no problem found.")
                return
            for counts in load(folder):
                self.stdout.write(str(counts))
        except ContentError as error:
            # The lines go out bare: an editor can jump to file:line.
            self.stderr.write(str(error), ending="\n")
            raise SystemExit(1) from None
        except DatabaseError as error:
            raise CommandError(f"The database refused it: {str(error).strip()}\nNothing was loaded.") from None
        self.stdout.write(f"Content version {ContentVersion.current().short}, {Metric.objects.count()} metrics.")
