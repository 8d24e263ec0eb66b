"""What `manage.py check --deploy` looks at beyond Django's own list."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning

NO_SITE_URL = Warning(
    "SITE_URL is not set, so addresses that leave the site are only paths.",
    hint="Set it to the address that readers know, such as https://metrics.example.com. The HTML of the card for "
    "other sites, the citation, the feed, the open data and canonical links need it. `serve` sets it by itself.",
    id="csmetrics.W001",
)


def site_url(app_configs: Any, **options: Any) -> list[CheckMessage]:
    """A site for readers knows its own address. No page may take it from Host: all are the same for everybody."""
    return [] if settings.SITE_URL or settings.DEBUG else [NO_SITE_URL]
