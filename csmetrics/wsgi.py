"""The application that the server runs: Django, its public pages kept in memory, a log line for each answer."""

import os

from django.core.wsgi import get_wsgi_application
from django.db.backends.signals import connection_created

from csmetrics.held import hold
from csmetrics.log import logged

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "csmetrics.settings")

connection_created.connect(hold)
django_application = get_wsgi_application()

from csmetrics.encoding import Request  # noqa: E402  (these need Django set up)
from csmetrics.pagecache import PageCache  # noqa: E402

django_application.request_class = Request

application = logged(PageCache(django_application))
