"""What every answer says about security, whatever it is an answer to."""

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.middleware.csrf import get_token
from django.test import Client, override_settings
from django.urls import path

from directory import views

from .page import ADDRESSES, MISSING

ALWAYS = {
    "Content-Security-Policy": "default-src 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Server": "csmetrics",
}
UNDER_HTTPS = {
    "SECURE_SSL_REDIRECT": True,
    "SECURE_HSTS_SECONDS": 31_536_000,
    "SECURE_HSTS_INCLUDE_SUBDOMAINS": True,
    "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https"),
}


def form(request):
    return HttpResponse(get_token(request))


urlpatterns = [path("form/", form), path("", views.about)]


@pytest.fixture
def failing(monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError

    monkeypatch.setattr(views, "render", fail)


def says_all(answer, *but):
    for name, words in ALWAYS.items():
        if name not in but:
            assert words in answer.headers.get(name, ""), f"{name}: {answer.headers.get(name)}"
    for telling in ("django", "granian", "python", "whitenoise"):
        assert telling not in str(answer.headers).lower()


# -- Headers --


@pytest.mark.parametrize(
    "address", [*ADDRESSES, *MISSING, "/robots.txt", "/sitemap.xml", "/search/?q=churn", "/metrics/time-to-value"]
)
def test_every_page_says_all(db, address):
    says_all(Client().get(address))


def test_a_fragment_says_all(db):
    says_all(Client(headers={"HX-Request": "true"}).get("/"))


@pytest.mark.parametrize("path", ["css/base.css", "js/search.js", "img/favicon.svg"])
def test_a_static_file_says_what_holds_for_it(path):
    """From the finders: in production WhiteNoise stands at the same place."""
    with override_settings(WHITENOISE_USE_FINDERS=True, WHITENOISE_AUTOREFRESH=True):
        answer = Client().get(f"/static/{path}")
        assert answer.getvalue()
    assert answer.status_code == 200
    of_documents = {"Cross-Origin-Opener-Policy", "Permissions-Policy", "X-Frame-Options"}
    says_all(answer, *of_documents, *(["Cross-Origin-Resource-Policy"] if path.startswith("img/") else []))
    assert not of_documents & set(answer.headers), "a kilobyte of each first visit"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_a_bad_host_and_a_wrong_method_and_a_form_without_token_say_all():
    for answer, status in [
        (Client(headers={"Host": "evil.example"}).get("/"), 400),
        (Client().delete("/"), 405),
        (Client(enforce_csrf_checks=True).post("/"), 403),
    ]:
        assert answer.status_code == status
        says_all(answer)


def test_a_failure_says_all(db, failing):
    answer = Client(raise_request_exception=False).get("/")
    assert answer.status_code == 500
    says_all(answer)


# -- HTTPS --


@override_settings(**UNDER_HTTPS)
def test_a_plain_request_is_sent_to_https():
    answer = Client().get("/faq/?a=b")
    assert (answer.status_code, answer.headers["Location"]) == (301, "https://testserver/faq/?a=b")
    assert "Strict-Transport-Security" not in answer.headers
    says_all(answer)


@override_settings(**UNDER_HTTPS)
def test_browsers_are_told_to_stay_with_https_also_by_errors(db, failing):
    client = Client(headers={"X-Forwarded-Proto": "https"}, raise_request_exception=False)
    for address, status in [("/robots.txt", 200), ("/nothing/", 404), ("/", 500)]:
        answer = client.get(address)
        assert answer.status_code == status
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
        says_all(answer)


# -- The form token --


@pytest.mark.parametrize("damaged", ["x", "é", "a" * 5000, "<script>", "-" * 32, ""])
def test_a_damaged_token_is_no_reason_to_set_a_cookie(db, damaged):
    answer = Client(headers={"Cookie": f"{settings.CSRF_COOKIE_NAME}={damaged}"}).get("/about/")
    assert not answer.cookies
    assert "Cookie" not in answer.headers.get("Vary", "")
    assert answer.content == Client().get("/about/").content


@override_settings(ROOT_URLCONF=__name__)
def test_a_form_replaces_a_damaged_token():
    answer = Client(headers={"Cookie": f"{settings.CSRF_COOKIE_NAME}=x"}).get("/form/")
    cookie = answer.cookies[settings.CSRF_COOKIE_NAME]
    assert (len(cookie.value), cookie["httponly"], cookie["samesite"], cookie["path"]) == (32, True, "Lax", "/")


@override_settings(ROOT_URLCONF=__name__)
def test_a_damaged_token_opens_no_form():
    client = Client(enforce_csrf_checks=True, headers={"Cookie": f"{settings.CSRF_COOKIE_NAME}=x"})
    answer = client.post("/form/", {"csrfmiddlewaretoken": "x"})
    assert answer.status_code == 403
    assert not answer.cookies
