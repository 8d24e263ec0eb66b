"""The HTML of every page: well-formed, outlined, labelled, and with links that arrive."""

import re
from collections import Counter
from html.parser import HTMLParser
from itertools import pairwise
from urllib.parse import urldefrag, urlsplit

import pytest
from django.test import Client

from .page import ADDRESSES, METRICS, headings, is_page, parse, words


def test_strict_parser_finds_nothing_wrong(pages, error_pages):
    for page in pages + error_pages:
        assert page.errors == []


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/?stage=walk",
        "/?stage=sprint",
        "/map/?stage=run",
        "/map/?stage=run&show=rising",
        "/search/?q=churn",
        "/search/?q=retention+xyzzy",
        "/search/",
    ],
)
def test_fragment_is_well_formed(client, db, address):
    text = client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert parse(text, is_fragment=True)[1] == []


def test_no_template_language_is_left_in_the_page(pages, error_pages):
    for page in pages + error_pages:
        assert re.findall(r'\{[{%#].*?[}%#]\}|[>"]None[<"]|<[A-Za-z]+ object at', page.text) == []


def test_ids_are_unique(pages, error_pages):
    for page in pages + error_pages:
        assert [each for each, count in Counter(page.ids).items() if count > 1] == []


def test_every_shape_that_is_drawn_is_on_the_page(pages, error_pages):
    for page in pages + error_pages:
        assert {use.get("href") for use in page.all("use")} <= {f"#{each}" for each in page.ids}


def test_ids_can_stand_in_an_address(pages, error_pages):
    for page in pages + error_pages:
        assert [each for each in page.ids if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", each)] == []


def test_headings_skip_no_level_and_none_is_empty(pages, error_pages):
    for page in pages + error_pages:
        outline = list(headings(page))
        assert outline[0][0] == 1
        assert [level for level, _ in outline].count(1) == 1
        for (before, _), (level, text) in pairwise(outline):
            assert level <= before + 1, text
        assert all(text for _, text in outline)


def test_landmarks_are_there_once(pages, error_pages):
    """The pages that are made without the request have no footer: its links could fail again."""
    for page in pages + error_pages:
        body = page.one("body")
        for tag in ("header", "main", "footer"):
            count = len([each for each in body if each.tag == tag])
            assert count == (0 if tag == "footer" and page.status in (400, 403, 500) else 1)
        assert page.one("main").get("id") == "main"
        assert page.has("main//h1")


def test_first_link_skips_to_the_content(pages):
    for page in pages:
        assert page.links[0] == "#main"


def test_navigations_are_labelled_and_told_apart(pages):
    for page in pages:
        labels = [each.get("aria-label") for each in page.all("nav")]
        assert all(labels)
        assert len(labels) == len(set(labels))


def test_references_between_elements_arrive(pages, error_pages):
    for page in pages + error_pages:
        for name in ("aria-labelledby", "aria-describedby", "aria-controls", "for"):
            for each in page.all(f"*[@{name}]"):
                assert set(each.get(name).split()) <= set(page.ids), (each.tag, name)
        for each in page.all("*[@data-hx-target]"):
            target = each.get("data-hx-target")
            assert target == "this" or target.removeprefix("#") in page.ids


def test_sections_are_named_by_their_own_heading(pages):
    for page in pages:
        for section in page.all("main//section[@aria-labelledby]"):
            named_by = [each for each in section.iter() if each.get("id") == section.get("aria-labelledby")]
            assert [each.tag[0] for each in named_by] == ["h"]


def test_every_link_and_summary_says_something(pages, error_pages):
    for page in pages + error_pages:
        for tag in ("a", "summary"):
            for each in page.all(tag):
                assert words(each) or each.get("aria-label"), each.attrib


def test_drawings_are_named_or_hidden(pages, error_pages):
    for page in pages + error_pages:
        for each in page.all("svg"):
            is_hidden = each.get("aria-hidden") == "true"
            assert is_hidden != (each.get("role") == "img" and bool(each.get("aria-label"))), each.attrib


def test_tables_have_headers_and_rows_of_one_length(pages):
    for page in pages:
        for table in page.all("table"):
            heads = table.findall("thead/tr/th")
            assert all(each.get("scope") == "col" for each in heads)
            lengths = {sum(int(cell.get("colspan", 1)) for cell in row) for row in table.findall("tbody/tr")}
            assert len(lengths) <= 1
            assert not heads or lengths == {len(heads)}
            for cell in table.findall("tbody/tr/th"):
                assert cell.get("scope") == ("rowgroup" if cell.get("colspan") else "row")


def test_scrolling_parts_can_be_reached_by_keyboard(pages):
    for page in pages:
        for each in page.by_class("formula"):
            assert each.get("tabindex") == "0"
            assert each.get("aria-label")


# -- Links --


class Links(HTMLParser):
    """The links and ids of a page; quicker than building its tree."""

    def __init__(self, text):
        super().__init__()
        self.links, self.ids = [], set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "a":
            self.links.append(given["href"])
        if given.get("id"):
            self.ids.add(given["id"])


# A metric's page links to itself for each segment; following that on a few pages is enough.
SAMPLE = tuple(f"/metrics/{slug}/" for slug in METRICS[:3])


@pytest.fixture(scope="module")
def crawled():
    return {}


@pytest.fixture
def site(get, crawled):
    """Every page that can be reached from `/`, with its status, links and ids.

    A link with a query string leads to a state of a page. Its page is opened and followed no further: states
    lead to states, with no end in sight.
    """
    waiting = [] if crawled else ["/"]
    while waiting:
        address = waiting.pop()
        if address in crawled:
            continue
        if "?" in address or not is_page(address):
            answer = Client().get(address)
            crawled[address] = (answer.status_code, Links(answer.content.decode() if is_page(address) else ""))
        else:
            crawled[address] = (get(address).status, Links(get(address).text))
            found = [urldefrag(each).url for each in crawled[address][1].links if each.startswith("/")]
            waiting += [each for each in found if "segment=" not in each or each.startswith(SAMPLE)]
    return crawled


def test_every_page_can_be_reached_from_the_directory(site):
    pages = {each for each in site if "?" not in each and is_page(each)}
    assert pages == {*ADDRESSES, "/assessment/", "/assessment/results/"}


def test_every_link_within_the_site_answers(site):
    assert {address: status for address, (status, _) in site.items() if status != 200} == {}
    assert len(site) > 60


def test_every_fragment_of_a_link_is_an_id_of_its_page(site):
    missing = set()
    for address, (_, page) in site.items():
        for each in page.links:
            path, fragment = urldefrag(each)
            target = path or address
            if fragment and target.startswith("/"):
                target = target if target in site else target.partition("?")[0]  # a state has the ids of its page
                if fragment not in site[target][1].ids:
                    missing.add((address, each))
    assert missing == set()


def test_every_other_link_is_a_web_address(site):
    others = {each for _, page in site.values() for each in page.links if not each.startswith(("/", "#"))}
    for each in others:
        parts = urlsplit(each)
        assert parts.scheme in ("http", "https"), each
        assert "." in parts.netloc, each
        assert "@" not in parts.netloc, each
        assert not re.search(r"\s", each), each
    assert others


def test_no_link_is_empty_or_leaves_by_two_slashes(site):
    for _, page in site.values():
        assert all(each and not each.startswith("//") for each in page.links)
