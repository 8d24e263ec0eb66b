"""The settings as a process of their own reads them, with nothing in its environment but what a test names."""

import json
import sys
from typing import Any

import pytest
from django.conf import settings

from tests.processes import manage, run

SHOW = """
import json, sys
from django.conf import settings
print(json.dumps({name: getattr(settings, name) for name in sys.argv[1:]}, default=str))
"""


@pytest.fixture
def settings_with(tmp_path):
    """Reads settings by name under environment variables."""

    def read(*names: str, **variables: object) -> dict[str, Any]:
        variables = {"DJANGO_SETTINGS_MODULE": "csmetrics.settings", "DATA_DIR": tmp_path, **variables}
        done = run([sys.executable, "-c", SHOW, *names], **variables)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return read


def test_defaults_are_safe(settings_with):
    found = settings_with("DEBUG", "ALLOWED_HOSTS", "SITE_URL", "HTTPS", "SECURE_PROXY_SSL_HEADER", "SECRET_KEY")
    assert found.pop("SECRET_KEY")
    assert found == {
        "DEBUG": False,
        "ALLOWED_HOSTS": ["localhost", "127.0.0.1", "[::1]"],
        "SITE_URL": "",
        "HTTPS": False,
        "SECURE_PROXY_SSL_HEADER": None,
    }


def test_the_policy_allows_nothing_inline_and_no_other_host(settings_with):
    directives = settings_with("CONTENT_SECURITY_POLICY")["CONTENT_SECURITY_POLICY"]["DIRECTIVES"]
    assert directives["default-src"] == ["'none'"]
    assert {value for values in directives.values() for value in values} == {"'none'", "'self'"}


def test_hosts_and_address_come_from_the_environment(settings_with):
    found = settings_with(
        "ALLOWED_HOSTS", "SITE_URL", ALLOWED_HOSTS="a.example,b.example", SITE_URL="https://a.example/"
    )
    assert found == {"ALLOWED_HOSTS": ["a.example", "b.example"], "SITE_URL": "https://a.example"}


def test_the_database_is_a_file_in_the_data_folder_where_writers_wait_their_turn(settings_with, tmp_path):
    """With Django's own options four processes lost 94 of 600 transactions, with these none."""
    database = settings_with("DATABASES")["DATABASES"]["default"]
    assert database["ENGINE"] == "django.db.backends.sqlite3"
    assert database["NAME"] == str(tmp_path / "csmetrics.sqlite3")
    assert database["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert database["OPTIONS"]["timeout"] == 5
    assert "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;" in database["OPTIONS"]["init_command"]
    assert not database.get("ATOMIC_REQUESTS")


def test_another_sqlite_file_keeps_the_options(settings_with, tmp_path):
    database = settings_with("DATABASES", DATABASE_URL=f"sqlite:///{tmp_path}/other")["DATABASES"]["default"]
    assert database["NAME"] == f"{tmp_path}/other"
    assert database["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


def test_postgresql_gets_a_pool_and_keeps_the_options_of_its_address(settings_with):
    """0.28 ms for a connection and a query with the pool, 13.8 ms without. Broken connections are given up."""
    address = "postgres://ann:secret@db.example/metrics?sslmode=require"
    database = settings_with("DATABASES", DATABASE_URL=address)["DATABASES"]["default"]
    assert database["ENGINE"] == "django.db.backends.postgresql"
    assert database["OPTIONS"] == {"sslmode": "require", "pool": {"min_size": 1, "max_size": 4, "timeout": 2}}
    assert database["CONN_HEALTH_CHECKS"] is True
    assert not database.get("CONN_MAX_AGE")


def test_one_switch_sets_all_that_https_needs(settings_with):
    names = (
        "SECURE_SSL_REDIRECT",
        "SECURE_PROXY_SSL_HEADER",
        "SECURE_HSTS_SECONDS",
        "SECURE_HSTS_INCLUDE_SUBDOMAINS",
        "CSRF_COOKIE_SECURE",
        "SESSION_COOKIE_SECURE",
    )
    off = settings_with(*names)
    assert not any(off.values())
    on = settings_with(*names, HTTPS=1)
    assert on.pop("SECURE_HSTS_SECONDS") == 31_536_000
    cookies = settings_with("CSRF_COOKIE_NAME", "BROWSER_COOKIE_NAME", HTTPS=1)
    assert cookies == {"CSRF_COOKIE_NAME": "__Host-csrftoken", "BROWSER_COOKIE_NAME": "__Host-browser"}
    assert on.pop("SECURE_PROXY_SSL_HEADER") == ["HTTP_X_FORWARDED_PROTO", "https"]
    assert all(value is True for value in on.values())
    assert settings_with("SECURE_HSTS_SECONDS", HTTPS=1, HSTS_SECONDS=60) == {"SECURE_HSTS_SECONDS": 60}


SITE = "https://metrics.example.com"


def test_a_deployment_with_https_passes_the_check_of_django(tmp_path):
    done = manage("check", "--deploy", "--fail-level", "WARNING", HTTPS=1, SITE_URL=SITE, DATA_DIR=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


def test_a_deployment_without_its_own_address_is_warned(tmp_path):
    """Not while developing, and not by a check that is about the code alone."""
    done = manage("check", "--deploy", "--fail-level", "WARNING", HTTPS=1, DATA_DIR=tmp_path)
    assert done.returncode == 1
    assert "(csmetrics.W001) SITE_URL is not set" in done.stderr
    assert "HINT: Set it to the address that readers know" in done.stderr
    assert done.stderr.count("csmetrics.W") == 1
    for arguments, variables in ((["--deploy"], {"DEBUG": 1}), ([], {"HTTPS": 1})):
        done = manage("check", *arguments, DATA_DIR=tmp_path, **variables)
        assert "csmetrics.W001" not in done.stderr


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        (
            {"HTTPS": "1", "DEBUG": "1"},
            "DEBUG and HTTPS are both on. DEBUG shows the inside of the site to everybody.\n",
        ),
        (
            {"TRUSTED_PROXIES": "1", "DEBUG": "1"},
            "DEBUG and TRUSTED_PROXIES are both on. DEBUG shows the inside of the site to everybody.\n",
        ),
        ({"HTTPS": "maybe"}, "HTTPS is 'maybe'; expected one of 1, true, yes, on, 0, false, no, off.\n"),
        (
            {"SITE_URL": "metrics"},
            "SITE_URL is 'metrics'; expected an address like https://metrics.example.com.\n",
        ),
        ({"SECRET_KEY": "short"}, "SECRET_KEY has 5 characters; expected 50 or more."),
        (
            {"DATABASE_URL": "oracle://db"},
            "DATABASE_URL starts with 'oracle'; expected sqlite:////path/to/file or ",
        ),
        ({"DATA_DIR": "manage.py/data"}, "The folder {here}/manage.py/data cannot be made (Not a directory)."),
    ],
)
def test_a_wrong_variable_ends_a_command_with_one_line(tmp_path, variables, message):
    done = manage("check", **{"DATA_DIR": tmp_path, **variables})
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith(message.format(here=settings.BASE_DIR))
    assert done.stderr.count("\n") == 1


def test_the_whole_traceback_is_there_when_asked_for(tmp_path):
    done = manage("check", "--traceback", DATA_DIR=tmp_path, HTTPS="maybe")
    assert done.returncode == 1
    assert "Traceback" in done.stderr
