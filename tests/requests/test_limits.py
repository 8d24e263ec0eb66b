"""How much a stranger may send: bodies, fields, and forms in a while."""

import inspect
import io
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import settings
from django.db import OperationalError
from django.http import HttpResponse
from django.middleware.csrf import get_token
from django.test import Client, RequestFactory, override_settings
from django.urls import URLPattern, get_resolver, include, path

from csmetrics import limits
from csmetrics.log import IN_VAIN, LATE
from csmetrics.models import WriteCount
from directory import views as views_of_directory
from tests.databases import empty_database
from tests.processes import manage, run

from .page import Page, words

SIZE = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
TAKEN = []


def form(request):
    """A view that takes a form, as no page of the directory does."""
    if request.method == "POST":
        TAKEN.append(request.POST.dict())
    return HttpResponse(get_token(request))


def without_database(request):
    raise OperationalError("the secret cause")


urlpatterns = [
    path("form/", form, name="form"),
    path("other/", form, name="other"),
    path("gone/", without_database),
    path("", include("csmetrics.urls")),
]
handler400, handler500 = "csmetrics.errors.bad_request", "csmetrics.errors.server_error"

with_form = override_settings(ROOT_URLCONF=__name__, WRITE_LIMITS={"form": (3, 5, 600)})


@pytest.fixture
def clock(monkeypatch):
    """The time as limits see it; a test may move it on."""
    now = [1_800_000_000.0]
    monkeypatch.setattr(limits.time, "time", lambda: now[0])
    return now


def from_address(address, **headers):
    return Client(REMOTE_ADDR=address, headers=headers)


# -- Forms in a while --


def test_every_view_that_takes_a_form_has_a_limit():
    """It needs an entry in WRITE_LIMITS, or else `require_safe`."""

    def views(resolver, space=""):
        for each in resolver.url_patterns:
            if isinstance(each, URLPattern):
                yield f"{space}{each.name or each.pattern}", each.callback
            else:
                yield from views(each, f"{each.namespace}:" if each.namespace else space)

    def is_only_read(view):
        """By Django's decorator, or by the one of open data, which answers other methods itself."""
        while view:
            if "open_data" in view.__code__.co_qualname:
                return True
            if set(inspect.getclosurevars(view).nonlocals.get("request_method_list", ["POST"])) <= {"GET", "HEAD"}:
                return True
            view = getattr(view, "__wrapped__", None)
        return False

    assert is_only_read(views_of_directory.about)
    assert not is_only_read(form)
    assert {name for name, view in views(get_resolver()) if not is_only_read(view)} == {
        *settings.WRITE_LIMITS,
        "api:score",  # takes answers and keeps nothing
        "api:v1/<path:rest>",  # says that nothing is there
        "directory:choose-stage",  # sets a cookie, and that is all
    }


@with_form
def test_what_is_within_the_limit_is_taken(db, clock):
    TAKEN.clear()
    for number in range(3):
        assert from_address("192.0.2.1").post("/form/", {"number": number}).status_code == 200
    assert [each["number"] for each in TAKEN] == ["0", "1", "2"]


@with_form
def test_one_too_many_is_refused_with_a_page_that_keeps_what_was_sent(db, clock):
    TAKEN.clear()
    client = from_address("192.0.2.1")
    for _ in range(3):
        client.post("/form/")
    answer = client.post("/form/", {"name": ['<b>"Ann"\0', "Bo\nb"], "csrfmiddlewaretoken": "old"})
    assert answer.status_code == 429
    assert len(TAKEN) == 3
    assert answer.headers["Cache-Control"] == "no-store"
    page = Page("/form/", answer)
    assert page.errors == []
    assert "kept on this page" in words(page.one("main"))
    sending = page.one("form")
    assert (sending.get("action"), sending.get("method")) == ("/form/", "post")
    kept = [(each.get("name"), each.get("value")) for each in sending.iter("input")]
    assert kept[1:] == [("name", '<b>"Ann"'), ("name", "Bo\nb")]
    assert kept[0][0] == "csrfmiddlewaretoken"
    assert len(kept[0][1]) == 64


@with_form
def test_a_refused_form_says_when_to_come_back_and_is_taken_then(db, clock):
    client = from_address("192.0.2.1")
    clock[0] = 600.0 * 3_000_000
    for _ in range(3):
        client.post("/form/")
    clock[0] += 560
    answer = client.post("/form/")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "40")
    assert "in 40 seconds" in answer.content.decode()
    clock[0] += 40
    assert client.post("/form/").status_code == 200


@with_form
def test_addresses_are_counted_apart_and_all_together(db, clock):
    for address, statuses in [("192.0.2.1", [200, 200, 200, 429]), ("192.0.2.2", [200, 200, 429]), ("::1", [429])]:
        assert [from_address(address).post("/form/").status_code for _ in statuses] == statuses


@with_form
def test_forms_refused_because_of_everyone_add_no_rows(db, clock):
    """From however many addresses they come; they are not counted either, and the limit of one address holds."""
    for last in range(5):
        from_address(f"192.0.2.{last}").post("/form/")
    before = set(WriteCount.objects.values_list("key", "count"))
    for network in range(40):
        assert from_address(f"2001:db8:0:{network:x}::1").post("/form/").status_code == 429
    assert set(WriteCount.objects.values_list("key", "count")) == before


@with_form
def test_one_address_does_not_use_up_what_everyone_may_send(db, clock):
    greedy = from_address("192.0.2.1")
    assert [greedy.post("/form/").status_code for _ in range(20)] == [200] * 3 + [429] * 17
    assert from_address("192.0.2.2").post("/form/").status_code == 200


@with_form
def test_looking_is_not_counted_and_other_views_are_not_limited(db, clock, django_assert_num_queries):
    with django_assert_num_queries(0):
        for _ in range(9):
            assert Client().get("/form/").status_code == 200
            assert Client().head("/form/").status_code == 200
            assert Client().post("/other/").status_code == 200


@with_form
def test_a_form_without_token_is_refused_before_it_is_counted():
    """No `db` here."""
    assert Client(enforce_csrf_checks=True).post("/form/").status_code == 403


@with_form
def test_no_address_is_kept_and_no_count_outlives_its_time(db, clock):
    for last in range(4):
        from_address(f"192.0.2.{last}").post("/form/")
    rows = list(WriteCount.objects.values_list("key", flat=True))
    assert len(rows) == 5
    assert not any("192" in key or "form" in key for key in rows)
    clock[0] += 1200
    from_address("192.0.2.0").post("/form/")
    now = set(WriteCount.objects.values_list("key", flat=True))
    assert len(now) == 2
    assert not now & set(rows), "an address can be followed from one span of time to the next"


@with_form
def test_a_counted_form_takes_two_queries(db, clock, django_assert_num_queries):
    """And one more the first time in a span, which clears away what is over; twice, for address and everyone."""
    client = from_address("192.0.2.1")
    with django_assert_num_queries(4):
        client.post("/form/")
    with django_assert_num_queries(2):
        client.post("/form/")


COUNTING = """
import django, sys
django.setup()
from csmetrics.limits import Limit, seconds_to_wait
waits = [seconds_to_wait("form", Limit(150, 10_000, 600), "192.0.2.1", 1_800_000_000.0) for _ in range(50)]
print(sum(wait == 0 for wait in waits))
"""


def test_workers_count_together(tmp_path):
    """Four processes that send 50 forms each, where 150 are allowed."""
    with empty_database() as database:
        environment = {"DJANGO_SETTINGS_MODULE": "csmetrics.settings", "DATA_DIR": tmp_path, **database}
        environment["SECRET_KEY"] = "the same in each of these processes, as it has to be"
        assert manage("migrate", "--verbosity", "0", **environment).returncode == 0
        with ThreadPoolExecutor() as workers:
            done = list(workers.map(lambda _: run([sys.executable, "-c", COUNTING], **environment), range(4)))
    assert [each.stderr for each in done] == [""] * 4
    assert sum(int(each.stdout) for each in done) == 150


# -- Addresses --


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, None, "10.0.0.1"),
        (0, "192.0.2.9", "10.0.0.1"),
        (1, "192.0.2.9", "192.0.2.9"),
        (1, "203.0.113.7, 192.0.2.9", "192.0.2.9"),
        (2, "203.0.113.7, 192.0.2.9", "203.0.113.7"),
        (2, "198.51.100.1, 203.0.113.7, 192.0.2.9", "203.0.113.7"),
        (2, "192.0.2.9", "10.0.0.1"),
        (1, None, "unknown"),
        (1, "<script>", "unknown"),
        (1, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        (1, "[2001:db8:1:2::9]", "2001:db8:1:2::/64"),
        (1, "::ffff:192.0.2.9", "192.0.2.9"),
    ],
)
def test_the_address_is_the_one_that_the_trusted_proxies_saw(proxies, forwarded, address):
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    request = RequestFactory(REMOTE_ADDR="10.0.0.1", headers=headers).get("/")
    with override_settings(TRUSTED_PROXIES=proxies):
        assert limits.client_address(request) == address


# -- Bodies --


@with_form
def test_a_body_of_the_largest_size_is_read():
    TAKEN.clear()
    body = b"text=" + b"x" * (SIZE - 5)
    with override_settings(WRITE_LIMITS={}):
        answer = Client().post("/form/", body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 200
    assert len(TAKEN[0]["text"]) == SIZE - 5


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "x/y"])
@pytest.mark.parametrize("method", ["post", "put", "get"])
def test_a_larger_body_is_refused_unread(method, kind):
    class Unread:
        def read(self, *args):
            raise AssertionError("it was read")

        readline = read

    stream = {"wsgi.input": Unread(), "CONTENT_LENGTH": str(SIZE + 1), "CONTENT_TYPE": kind}
    answer = Client(enforce_csrf_checks=True).generic(method.upper(), "/", **stream)
    assert answer.status_code == 413
    assert words(Page("413", answer).one("h1")) == "That was too long"


@pytest.mark.parametrize("length", ["", "x", "-5", "1e9", "٣", "9" * 5000])
def test_a_length_that_is_none_never_fails(length):
    answer = Client(enforce_csrf_checks=True).generic("POST", "/", CONTENT_LENGTH=length)
    assert answer.status_code in (400, 403, 413)


@with_form
@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"a=b", "application/x-www-form-urlencoded; charset=utf-16"),
        (b"a=b", "application/x-www-form-urlencoded; charset=utf-7"),
        (b"a=b", "application/x-www-form-urlencoded; charset=no-such"),
        (b"a=b", "multipart/form-data"),
        (b"a=b", "multipart/form-data; boundary=" + "x" * 300),
        (b"--x\r\nContent-Disposition: form-data; name=a\r\n", "multipart/form-data; boundary=x"),
        (b"&".join([b"a=b"] * 300), "application/x-www-form-urlencoded"),
        (
            b"--x\r\nContent-Disposition: form-data; name=a; filename=b\r\n\r\nc\r\n--x--",
            "multipart/form-data; boundary=x",
        ),
        (b"%00=%00&%ff=%fe&\xff\x00", "application/x-www-form-urlencoded"),
        (b"\xff\xfe", "application/json"),
        (b"a=b", "\x7f"),
        (b"a=b", ""),
    ],
)
def test_a_body_that_makes_no_sense_is_refused_with_a_page(body, kind):
    """As a bad request, or where the token is looked for in what can be read, as a form without one."""
    client = Client(enforce_csrf_checks=True)
    token = client.get("/form/").content.decode()
    for headers in ({}, {"X-CSRFToken": token}):
        with override_settings(WRITE_LIMITS={}):
            answer = client.generic("POST", "/form/", body, content_type=kind, headers=headers)
        assert answer.status_code in (200, 400, 403) if headers else answer.status_code in (400, 403)
        assert b"Traceback" not in answer.content


# -- A database that cannot be had --


@with_form
def test_without_the_database_the_page_says_so_and_when_to_come_back():
    answer = Client(raise_request_exception=False).get("/gone/")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    page = Page("503", answer)
    assert words(page.one("h1")) == "Back in a moment"
    assert "secret" not in page.text
    assert page.errors == []


@with_form
def test_without_the_database_a_form_that_was_sent_is_kept_on_the_page():
    client = Client(raise_request_exception=False)
    answer = client.post("/gone/", {"name": ['<b>"Ann"\0', "Bo\nb"], "csrfmiddlewaretoken": "old"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.headers["Cache-Control"] == "no-store"
    page = Page("503", answer)
    assert words(page.one("h1")) == "Back in a moment"
    assert "What you sent is kept on this page" in page.text
    sending = page.one("form")
    assert (sending.get("action"), sending.get("method")) == ("/gone/", "post")
    kept = [(each.get("name"), each.get("value")) for each in sending.iter("input")]
    assert kept[1:] == [("name", '<b>"Ann"'), ("name", "Bo\nb")]
    assert kept[0][0] == "csrfmiddlewaretoken"
    assert page.errors == []


@with_form
def test_a_file_that_was_sent_cannot_be_kept_on_a_page():
    sent = {"csrfmiddlewaretoken": "old", "file": io.BytesIO(b"{}")}
    answer = Client(raise_request_exception=False).post("/gone/", sent)
    assert answer.status_code == 503
    assert b"<form" not in answer.content


@pytest.mark.parametrize("address", ["/", "/nothing/", "/static/nothing.css", "/assessment/results/"])
def test_who_waited_in_vain_is_told_so_and_the_database_is_not_asked(address):
    """Without the fixture of the database, asking it fails."""
    answer = Client().get(address, **{IN_VAIN: True})
    assert answer.status_code == 503
    assert words(Page("503", answer).one("h1")) == "Back in a moment"


@with_form
def test_a_form_that_waited_in_vain_is_shown_only_when_its_token_is_right():
    client = Client(enforce_csrf_checks=True)
    token = client.get("/form/").content.decode()
    forged = client.post("/form/", {"a": "b"}, **{IN_VAIN: True})
    assert forged.status_code == 403
    answer = client.post("/form/", {"a": "b", "csrfmiddlewaretoken": token}, **{IN_VAIN: True})
    assert answer.status_code == 503
    assert ("a", "b") in [(each.get("name"), each.get("value")) for each in Page("503", answer).all("input")]


def test_a_body_that_did_not_arrive_is_refused_with_a_page():
    answer = Client(enforce_csrf_checks=True).post("/", **{LATE: True})
    assert answer.status_code == 408
    assert words(Page("408", answer).one("h1")) == "That took too long"
