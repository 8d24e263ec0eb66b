"""Anything at all, sent to every address: an answer without a failure, and nothing repeated that could act."""

import json
import re
import time
from urllib.parse import quote_plus

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, get_resolver
from hypothesis import given
from hypothesis import strategies as st

from assessment.browser import COOKIE
from assessment.forms import FORMAT
from assessment.models import Assessment
from csmetrics.encoding import Request
from tests.factories import MARK as MARK_OF_BROWSER
from tests.factories import begun, result
from tests.requests.page import METRICS, STAGES

pytestmark = pytest.mark.django_db

LONGEST = 5  # seconds for one answer, on a machine with much else to do; a hang would be minutes
MOST_WORK = 1  # seconds of the processor
FINISHED, BEGUN = "a" * 26, "b" * 26  # ids of two assessments of one browser
MARK = "zq9x"  # stands in what is sent, and shows up where it is repeated

NASTY = [
    f"<script>{MARK}</script>",
    f'"><img src={MARK} onerror={MARK}>',
    f"' onfocus={MARK} autofocus='",
    f"javascript:{MARK}//",
    f"{{{{{MARK}}}}}{{% {MARK} %}}",
    f"${{{MARK}}}",
    f"' OR '{MARK}'='{MARK}' --",
    f"{MARK}; DROP TABLE directory_metric",
    f"../../../../{MARK}/etc/passwd",
    f"{MARK}\r\nSet-Cookie: {MARK}=1",
    f"//{MARK}.example/",
    f"http://{MARK}.example/",
    f"\0{MARK}",
    f"{MARK}\udcff",
    "\N{RIGHT-TO-LEFT OVERRIDE}" + MARK,
    "9" * 400,
    "-1",
    "1e309",
    "NaN",
    "%" * 50,
    "a" * 8_000,
    "\N{GRINNING FACE}" * 500,
    "",
]
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "BREW"]
KINDS = [
    "application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded; charset=utf-16",
    "application/x-www-form-urlencoded; charset=no-such",
    "multipart/form-data",
    "multipart/form-data; boundary=b",
    "application/json",
    "text/xml",
    "\x7f",
    "",
]
HEADERS = [
    *("HX-Request", "HX-Boosted", "HX-Current-URL", "HX-Target", "HX-Trigger", "HX-History-Restore-Request"),
    *(
        "Host",
        "Cookie",
        "Accept",
        "Accept-Encoding",
        "Accept-Language",
        "Referer",
        "Origin",
        "Range",
        "X-CSRFToken",
    ),
    *("X-Forwarded-Host", "X-Forwarded-For", "X-Forwarded-Proto", "If-None-Match", "If-Modified-Since"),
    *("X-HTTP-Method-Override", "Content-Length", "X-Request-ID"),
]


def addresses(resolver=None, before="/"):
    """One address for each pattern of the site, whoever added it."""
    for each in (resolver or get_resolver()).url_patterns:
        if isinstance(each, URLPattern):
            yield re.sub(r"<[^>]*>", lambda found: sample(found[0]), before + str(each.pattern))
        else:
            yield from addresses(each, before + str(each.pattern))


def sample(converter):
    kind, _, name = converter.strip("<>").partition(":")
    return {"assessment": FINISHED, "area": "retention-visibility"}.get(
        kind if kind != "slug" else name, "time-to-value"
    )


ADDRESSES = [*addresses(), f"/stages/{STAGES[0]}/", f"/metrics/{METRICS[0]}", "/nothing/", "/static/css/site.css"]
ADDRESSES += [each.replace(FINISHED, BEGUN) for each in ADDRESSES if FINISHED in each]

text = st.sampled_from(NASTY) | st.text(max_size=60) | st.text(st.characters(max_codepoint=255), max_size=200)
NAMES = ["q", "stage", "segment", "category", "sort", "show", "page", "csrfmiddlewaretoken", "m", "metric", "bom"]
NAMES += ["name", "go", "back", "results", "open", "retained-revenue", "was-retained-revenue", "team-size"]
names = st.sampled_from(NAMES) | text
pairs = st.lists(st.tuples(names, text), max_size=6) | st.tuples(names, text, st.integers(2, 300)).map(
    lambda made: [made[:2]] * made[2]
)


words = text | st.sampled_from(["0", "ns", FINISHED, BEGUN, *STAGES])
plain = st.none() | st.booleans() | st.integers() | st.floats() | words
data = plain | st.lists(plain, max_size=3) | st.dictionaries(names, plain, max_size=3)
files = st.fixed_dictionaries(
    {"format": st.just(FORMAT), "version": st.just(1) | data},
    optional={
        each: st.dictionaries(names, words, max_size=4) | data
        for each in ("responses", "context", "name", "answered")
    },
)


def quoted(some, draw_quote):
    if draw_quote:
        return "&".join(f"{quote_plus(k, errors='replace')}={quote_plus(v, errors='replace')}" for k, v in some)
    return "&".join(f"{k}={v}" for k, v in some)


def latin(words):
    return words.encode(errors="replace").decode("latin-1")


def sent_data():
    """JSON, and a file of it as a form sends it, with its content type."""
    written = (files | data).map(lambda each: json.dumps(each).encode())
    part = b'--b\r\nContent-Disposition: form-data; name="file"; filename="../%s.json"\r\n\r\n%s\r\n--b--\r\n'
    as_file = written.map(lambda each: ("multipart/form-data; boundary=b", part % (MARK.encode(), each)))
    return written.map(lambda each: ("application/json", each)) | as_file


@st.composite
def requests(draw):
    path = draw(st.sampled_from(ADDRESSES))
    if draw(st.integers(0, 3)) == 0:
        parts = path.split("/")
        parts[draw(st.integers(0, len(parts) - 1))] = draw(text)
        path = "/" + "/".join(parts).lstrip("/")
    body = latin(quoted(draw(pairs), draw(st.booleans()))).encode("latin-1")
    kind, body = draw(st.tuples(st.sampled_from(KINDS), st.just(body) | st.binary(max_size=300)) | sent_data())
    return {
        "method": draw(st.sampled_from(METHODS)),
        "path": latin(path),
        "query": latin(quoted(draw(pairs), draw(st.booleans()))),
        "kind": kind,
        "body": body,
        "headers": draw(st.dictionaries(st.sampled_from(HEADERS), text.map(latin), max_size=3)),
        "with_token": draw(st.booleans()),
        "with_mark": draw(st.booleans()),
    }


@pytest.fixture(scope="module", autouse=True)
def as_served():
    """Requests are made as the server makes them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.test.client.WSGIRequest", Request)
        yield


@given(requests())
def test_any_request_is_answered_without_a_failure(request_):
    begun_and_finished()
    client = Client(enforce_csrf_checks=True)
    headers, cookies = dict(request_["headers"]), []
    if request_["with_token"]:
        token = "a" * 32
        cookies.append(f"{settings.CSRF_COOKIE_NAME}={token}")
        headers["X-CSRFToken"] = token
    if request_["with_mark"]:
        cookies.append(f"{COOKIE}={MARK_OF_BROWSER}")
    if cookies:
        headers["Cookie"] = "; ".join(cookies)
    environment = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    environment |= {"PATH_INFO": request_["path"], "QUERY_STRING": request_["query"]}
    started, worked = time.monotonic(), time.thread_time()
    answer = client.generic(
        request_["method"], "/", request_["body"], request_["kind"] or "application/octet-stream", **environment
    )
    assert time.thread_time() - worked < MOST_WORK
    assert time.monotonic() - started < LONGEST
    assert answer.status_code < 500
    nothing_acts(answer)


def begun_and_finished():
    """The two assessments, as they were before anything was sent."""
    Assessment.objects.all().delete()
    for made, id in ((result(name=NASTY[0]), FINISHED), (begun(answered=3), BEGUN)):
        Assessment.objects.filter(pk=made.pk).update(id=id)


def nothing_acts(answer):
    """What was sent stands nowhere but in text and in quoted values."""
    for name, value in answer.items():
        assert "\r" not in value
        assert "\n" not in value
        assert f"{MARK}=1" not in value or name != "Set-Cookie"
    assert MARK not in answer.cookies.output()
    if answer.status_code in (301, 302, 303, 307, 308):
        assert re.match(r"/(?![/\\])", answer.headers["Location"]), answer.headers["Location"]
    if answer.streaming or "html" not in answer.headers.get("Content-Type", ""):
        return
    page = answer.content.decode()
    assert "\0" not in page
    assert "Traceback" not in page
    for acting in (f"<script>{MARK}", f"<img src={MARK}", f"onerror={MARK}>", f"' onfocus={MARK}"):
        assert acting not in page
    for link in re.findall(r'(?:href|src|action)="([^"]*)"', page):
        assert not link.lower().startswith(("javascript:", f"//{MARK}", f"http://{MARK}")), link


@given(st.text(max_size=200) | st.sampled_from(NASTY))
def test_what_is_searched_for_is_shown_as_text(words):
    answer = Client().get("/search/", {"q": words.encode(errors="replace").decode(errors="replace")})
    assert answer.status_code == 200
    nothing_acts(answer)
