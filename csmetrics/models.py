"""What the site keeps about its own running. What it shows is in `directory`."""

from django.db import models


class WriteCount(models.Model):
    """How often something was written by one address, or by everyone, in one span of time. See `limits`."""

    key = models.CharField(primary_key=True, max_length=32)
    count = models.PositiveIntegerField()
    ends = models.BigIntegerField(db_index=True, help_text="when it no longer matters, in seconds since 1970")

    def __str__(self) -> str:
        return f"{self.count} until {self.ends}"
