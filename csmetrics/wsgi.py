"""The application that the server runs: Django, its public pages kept in memory, a log line for each answer."""

import os

from django.core.wsgi import get_wsgi_application
from django.db import connections
from django.db.backends.signals import connection_created

from csmetrics.held import hold
from csmetrics.log import logged

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "csmetrics.settings")

connection_created.connect(hold)
django_application = get_wsgi_application()

from csmetrics import patience  # noqa: E402  (these need Django set up)
from csmetrics.encoding import Request  # noqa: E402
from csmetrics.pagecache import PageCache  # noqa: E402

patience.limit(connections.settings["default"])
django_application.request_class = Request

public_pages = PageCache(django_application)
application = logged(public_pages)
