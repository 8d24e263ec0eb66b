"""The real settings, with a data directory of their own and without hashed names for static files."""

import atexit
import os
import shutil
import tempfile

# What the shell says about a deployment is not meant for tests. DATABASE_URL is: it runs them on PostgreSQL.
for name in [
    "ALLOWED_HOSTS",
    "CONTENT_DIR",
    "DEBUG",
    "HTTPS",
    "HSTS_SECONDS",
    "LIMIT_WRITES",
    "LOG",
    "SITE_URL",
    "TRUSTED_PROXIES",
]:
    os.environ.pop(name, None)
os.environ.setdefault("SECRET_KEY", "only-for-tests-" * 4)
os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="csmetrics-tests-")
atexit.register(shutil.rmtree, os.environ["DATA_DIR"], ignore_errors=True)

from csmetrics.settings import *  # noqa: E402, F403
from csmetrics.settings import DATA_DIR, DATABASES, STORAGES, WRITE_LIMITS  # noqa: E402

SITE_URL = "https://example.test"

# The browser tests send more forms in a while than any visitor.
WRITE_LIMITS = {name: (1_000_000, 1_000_000, seconds) for name, (_, _, seconds) in WRITE_LIMITS.items()}

if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # A file, because the live server of the browser tests reads it from another thread.
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}

STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
(DATA_DIR / "static").mkdir()  # WhiteNoise warns where it is missing
