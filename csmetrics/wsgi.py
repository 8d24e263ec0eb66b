"""The application that the server runs: Django, its public pages kept in memory, a log line for each answer."""

import os

from django.core.wsgi import get_wsgi_application

from csmetrics.log import logged

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "csmetrics.settings")

django_application = get_wsgi_application()

from csmetrics.pagecache import PageCache  # noqa: E402  (it needs Django set up)

application = logged(PageCache(django_application))
