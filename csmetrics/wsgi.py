"""The WSGI application that the server runs."""

import os

from django.core.wsgi import get_wsgi_application

from csmetrics.log import logged

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "csmetrics.settings")

application = logged(get_wsgi_application())
