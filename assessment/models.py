"""Rows of the assessment: the questionnaire of each version, and what visitors answered.

An assessment points at content by version and by ids as text, so a reload never touches what somebody answered.
"""

from __future__ import annotations

import base64
import datetime
import secrets
from typing import Any

from django.db import models
from django.db.models import Q
from django.urls import reverse

ID_BYTES = 16  # 128 random bits: an address nobody guesses
LONGEST_NAME = 60
MOST_LISTED = 100  # of one browser, the newest: nobody has more, and a page stays a page


class QuestionnaireVersionQuerySet(models.QuerySet["QuestionnaireVersion"]):
    def answered(self) -> dict[int, dict[str, Any]]:
        """The files of each version that somebody has answered."""
        used = Assessment.objects.values_list("version", flat=True).distinct()
        return dict(self.filter(version__in=used).values_list("version", "data"))

    def key(self, version: int | None = None) -> tuple[int, str] | None:
        """Version and digest of the questionnaire in use, or of an older one. None where there is none."""
        rows = self.filter(is_current=True) if version is None else self.filter(version=version)
        return rows.values_list("version", "digest").first()


class QuestionnaireVersion(models.Model):
    """The questionnaire as it was last loaded under its version. Older ones stay, for the results they gave."""

    version = models.PositiveIntegerField(primary_key=True)
    is_current = models.BooleanField(default=True)
    digest = models.TextField(help_text="digest of everything")
    data = models.JSONField(help_text="the files as they are")
    page = models.JSONField(help_text="the files with their texts set")

    objects = QuestionnaireVersionQuerySet.as_manager()

    def __str__(self) -> str:
        return f"version {self.version}"


def new_id() -> str:
    """26 lower case letters and digits that survive being read out or retyped."""
    return base64.b32encode(secrets.token_bytes(ID_BYTES)).decode().rstrip("=").lower()


class AssessmentQuerySet(models.QuerySet["Assessment"]):
    def made_by(self, maker: str) -> AssessmentQuerySet:
        """Those of one browser, the newest first; none for a browser without a mark."""
        return self.filter(maker=maker).order_by("-started", "id") if maker else self.none()

    def finished(self) -> AssessmentQuerySet:
        return self.filter(finished__isnull=False).order_by("-finished", "id")

    def unfinished(self) -> AssessmentQuerySet:
        return self.filter(finished__isnull=True)

    def empty(self) -> AssessmentQuerySet:
        """Begun, and not one question answered."""
        return self.unfinished().filter(responses={})

    def to_purge(
        self,
        *,
        finished_before: datetime.datetime | None,
        saved_before: datetime.datetime,
        empty_before: datetime.datetime,
    ) -> AssessmentQuerySet:
        """Results from before the first time, where there is one; unfinished ones untouched since the second, and
        without a response since the third.
        """
        stale = Q(finished__isnull=True) & (Q(saved__lt=saved_before) | Q(responses={}, saved__lt=empty_before))
        return self.filter(stale | Q(finished__lt=finished_before) if finished_before else stale)


class Assessment(models.Model):
    """One visitor's run: responses, context, and once it is finished the stage they gave."""

    id = models.CharField(primary_key=True, max_length=26, default=new_id)
    maker = models.CharField(max_length=64, db_index=True, help_text="digest of the mark of the browser")
    version = models.PositiveIntegerField(help_text="of the questionnaire")
    name = models.CharField(max_length=LONGEST_NAME, blank=True)
    responses = models.JSONField(default=dict, help_text="by question id: 0 to 3 or ns; absent: unanswered")
    context = models.JSONField(default=dict, help_text="by context question id, the option's id")
    started = models.DateTimeField(auto_now_add=True)
    saved = models.DateTimeField(auto_now=True, db_index=True)
    finished = models.DateTimeField(null=True)
    stage = models.CharField(max_length=8, blank=True, help_text="of the result, once there is one")
    focus = models.JSONField(
        default=list, help_text="the focus metrics as the result showed them, see report.FocusRow"
    )

    objects = AssessmentQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name or self.id

    def get_absolute_url(self) -> str:
        return reverse("assessment:result", args=[self.id])

    @property
    def context_choice(self) -> dict[str, Any]:
        """The context answers that say something."""
        return {question: option for question, option in self.context.items() if option != "none"}
