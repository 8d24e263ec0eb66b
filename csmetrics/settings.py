"""Settings, read from the environment. Defaults are safe; the README lists every variable."""

import logging
import sys
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from .env import env_bool, env_choice, env_database, env_folder, env_int, env_list, env_path, env_url, secret_key
from .security import static_headers

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = env_folder("DATA_DIR", BASE_DIR / "var")  # database, secret, collected static files
CONTENT_DIR = env_path("CONTENT_DIR", BASE_DIR / "content")

DEBUG = env_bool("DEBUG")
SECRET_KEY = secret_key(DATA_DIR)
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])

# The address the site is known by, for canonical links, the sitemap and structured data: they may not depend
# on the Host header, because public pages are the same for everybody. Without it they are written as paths.
SITE_URL = env_url("SITE_URL")

# Application

INSTALLED_APPS = [
    "django.contrib.staticfiles",
    "django_htmx",
    "csmetrics",
    "directory",
    "assessment",
]

MIDDLEWARE = [
    # What speaks to every answer, then what answers without a host, then static files, then pages.
    "csmetrics.log.NoteRoute",
    "csmetrics.security.fixed_headers",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csmetrics.health.health",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csmetrics.limits.largest_body",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "csmetrics.security.forget_damaged_token",
    "csmetrics.patience.Turns",
    "csmetrics.limits.WriteLimits",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "csmetrics.urls"
WSGI_APPLICATION = "csmetrics.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "context_processors": ["csmetrics.context.site"],
            "builtins": ["directory.templatetags.directory"],
            "loaders": ["csmetrics.templates.Loader"]
            if DEBUG
            else [("django.template.loaders.cached.Loader", ["csmetrics.templates.Loader"])],
            "libraries": {},
        },
    },
]

# Database

# What commands use. The server is less patient: csmetrics/patience.py.
SQLITE_OPTIONS = {
    # Writers wait their turn instead of failing: four processes that each read, then write, lost 224 of 600
    # transactions with a deferred start and none with an immediate one.
    "transaction_mode": "IMMEDIATE",
    "timeout": 5,
    "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA temp_store=MEMORY;"
    "PRAGMA mmap_size=134217728;PRAGMA journal_size_limit=27103364;PRAGMA cache_size=-20000;",
}
DATABASES = {"default": env_database("DATABASE_URL", DATA_DIR / "csmetrics.sqlite3")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = SQLITE_OPTIONS
    # Seconds. Opening the file costs more than most queries, and closing it writes the log back; after a second
    # a file that was put in its place is noticed.
    DATABASES["default"]["CONN_MAX_AGE"] = 1
elif DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql":
    # A broken connection is noticed when it is taken, so the site is back as soon as its database is. Two seconds
    # without one are an answer too: waiting longer would hold up every page that is asked for meanwhile.
    DATABASES["default"].setdefault("OPTIONS", {})["pool"] = {"min_size": 1, "max_size": 4, "timeout": 2}
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Language and time: one language, one time zone, because pages are the same for everybody.

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True

# Static files

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_ALLOW_ALL_ORIGINS = False  # no other site needs them, and the header costs bytes
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "csmetrics.storage.BundledStaticFilesStorage"},
}

WHITENOISE_ADD_HEADERS_FUNCTION = static_headers

# Security

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
UNUSED_FEATURES = [  # what would ask the reader for something; the rest no script of others can reach
    "camera",
    "display-capture",
    "geolocation",
    "microphone",
    "payment",
    "usb",
]
FIXED_HEADERS = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in UNUSED_FEATURES),
    "Server": "csmetrics",  # or else the server would name itself
}

# One switch for a site that is reached by https, here or at a proxy in front.
HTTPS = env_bool("HTTPS")
TRUSTED_PROXIES = env_int("TRUSTED_PROXIES", 0)
for name, says_public in (("HTTPS", HTTPS), ("TRUSTED_PROXIES", TRUSTED_PROXIES)):
    if DEBUG and says_public:
        raise ImproperlyConfigured(
            f"DEBUG and {name} are both on. DEBUG shows the inside of the site to everybody."
        )
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = ["^(healthz|readyz)$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = env_int("HSTS_SECONDS", 31_536_000) if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
# A place on the list that browsers ship is for the owner of the domain to ask for, and hard to get away from.
SECURE_HSTS_PRELOAD = False
SILENCED_SYSTEM_CHECKS = ["security.W021"]  # which asks for it
CSRF_FAILURE_VIEW = "csmetrics.errors.forbidden"
CSRF_COOKIE_NAME = "__Host-csrftoken" if HTTPS else "csrftoken"  # no other host can set one that starts so
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = HTTPS
BROWSER_COOKIE_NAME = "__Host-browser" if HTTPS else "browser"  # the mark of whoever begins an assessment

# Assessments: results older than this many days are deleted by `purge_assessments`; 0 keeps them.

ASSESSMENT_KEEP_DAYS = env_int("ASSESSMENT_KEEP_DAYS", 0)
ASSESSMENTS_AT_MOST = env_int("ASSESSMENTS_AT_MOST", 200_000)  # with so many, no new one is begun

# Limits: no form here is longer, and a view that takes forms needs an entry. By its name: how many one address may
# send, how many everyone together, within how many seconds. The second number bounds how fast the database grows.

DATA_UPLOAD_MAX_MEMORY_SIZE = 65_536  # bytes, of a whole request body
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
DATA_UPLOAD_MAX_NUMBER_FILES = 1
WRITE_LIMITS: dict[str, tuple[int, int, int]] = {
    "assessment:start": (60, 1_000, 3_600),
    "assessment:load": (30, 300, 3_600),
    "assessment:area": (600, 20_000, 600),  # a click each; a whole office may share an address
    "assessment:context": (300, 10_000, 600),
    "assessment:name": (60, 1_000, 600),
    "assessment:delete": (60, 1_000, 600),
}
if not env_bool("LIMIT_WRITES", default=True):  # for load tests
    WRITE_LIMITS = {}

# Logging, to the error stream: for a service a line of JSON for each request and event, for a person at a terminal
# warnings and errors only. Nothing about readers in either.

LOG = env_choice("LOG", "plain" if sys.stderr.isatty() else "json", ["plain", "json"])
logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False  # nothing writes them down
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {
            "class": "csmetrics.log.PlainFormatter",
            "format": "{asctime} {levelname} {name}: {message}",
            "style": "{",
        },
        "json": {"()": "csmetrics.log.JsonFormatter"},
    },
    "handlers": {
        "terminal": {"class": "logging.StreamHandler", "formatter": LOG},
        "nowhere": {"class": "logging.NullHandler"},
    },
    "root": {"handlers": ["terminal"], "level": "WARNING"},
    "loggers": {
        "csmetrics.requests": {"level": "INFO" if LOG == "json" else "WARNING"},
        "django": {"handlers": ["terminal"], "level": "WARNING", "propagate": False},
        # Hostile hosts, missing tokens, addresses that are not there: the visitor's doing, and no news for the
        # owner beyond the status in the line about the request.
        "django.request": {"level": "ERROR"},
        "django.security": {"handlers": ["nowhere"], "propagate": False},
    },
}
