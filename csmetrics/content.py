"""The content folder with the parts of both apps: read and checked at once, stored in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from django.db import transaction

from assessment import loader as assessment
from assessment import schema as assessment_schema
from assessment.models import QuestionnaireVersion
from directory.loader import checks, schema, store
from directory.loader.errors import ContentError
from directory.loader.read import Folder, read_folder
from directory.loader.store import Counts
from directory.models import ContentVersion, Metric

FILES: dict[str, type[schema.Content]] = {**schema.FILES, **assessment_schema.FILES}


def read(folder: Path) -> Folder:
    """Every file of the folder, right or wrong by itself."""
    return read_folder(folder, FILES)


Answered = Mapping[int, Mapping[str, Any]]


def check(folder: Folder, known_slugs: Iterable[str] = (), answered: Answered | None = None) -> None:
    """Note every problem that only shows across keys or files.

    `known_slugs` are the metrics loaded before, `answered` the versions of the questionnaire that somebody has
    answered, with their files.
    """
    checks.check(folder, known_slugs)
    assessment.check(folder, answered or {})


def validate(folder: Path, known_slugs: Iterable[str] = (), answered: Answered | None = None) -> Folder:
    """The content of a folder, read and checked. Raises ContentError with everything that is wrong."""
    found = read(folder)
    check(found, known_slugs, answered)
    if problems := found.all_problems():
        raise ContentError(problems)
    return found


def load(folder: Path) -> list[Counts]:
    """Validate a folder and make the database equal to it. On any problem the database is left as it was."""
    found = validate(
        folder, Metric.objects.values_list("slug", flat=True), QuestionnaireVersion.objects.answered()
    )
    with transaction.atomic():
        counts = [*store.store(found), assessment.store(found)]
        current = ContentVersion.current()
        if current is None or current.digest != found.digest or any(each.has_effect for each in counts):
            ContentVersion.objects.update_or_create(pk=1, defaults={"digest": found.digest})
    return counts
