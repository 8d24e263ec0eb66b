"""`manage.py purge_assessments`: deletes results past their time, and what nobody went on with."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from assessment.actions import EMPTY_KEPT, UNFINISHED_KEPT, purge

MOST_DAYS = 36_500  # a century; further back than any calendar here needs to go


class Command(BaseCommand):
    help = (
        "Delete assessments that nobody finished in 30 days, those without a single answer after a day, and "
        "results older than a number of days. "
        "Run it once a day."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--days",
            type=int,
            default=settings.ASSESSMENT_KEEP_DAYS,
            help="delete results older than this; 0 keeps them (default: ASSESSMENT_KEEP_DAYS, now %(default)s)",
        )
        parser.add_argument("--dry-run", action="store_true", help="only say what would be deleted")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 0 <= options["days"] <= MOST_DAYS:
            raise CommandError(f"--days needs to be from 0 to {MOST_DAYS}.")
        results, unfinished = purge(keep_days=options["days"], dry_run=options["dry_run"])
        verb = "would be deleted" if options["dry_run"] else "deleted"
        kept = f"older than {options['days']} days" if options["days"] else "none, as they are kept"
        self.stdout.write(f"Results {verb}: {results} ({kept}).")
        self.stdout.write(
            f"Unfinished assessments {verb}: {unfinished} (untouched for {UNFINISHED_KEPT.days} days; "
            f"without an answer for {EMPTY_KEPT.days})."
        )
