"""Pages as Markdown, `/llms.txt` and the feed of changes."""

import datetime
import re
from xml.etree import ElementTree

import pytest
from markdown_it import MarkdownIt

from directory.models import Change, Metric

from .page import CONTENT, METRICS, STAGES, one_line, words

SITE = "https://example.test"
every_metric = pytest.mark.parametrize("slug", METRICS)


@pytest.fixture
def text(get):
    return lambda address: get(address).text


# -- A metric as Markdown --


@every_metric
def test_markdown_has_the_sections_of_the_page(get, text, slug):
    page, made = get(f"/metrics/{slug}/"), text(f"/metrics/{slug}.md")
    only_there = ("Your number", "Cite and reuse", "Sources")
    named = [words(each) for each in page.all("main//section//h2") if words(each) not in only_there]
    assert [line[3:] for line in made.splitlines() if line.startswith("## ")] == [
        *named,
        *("Changes", "Cite this", "Sources"),
    ]
    assert made.startswith(f"# {Metric.objects.get(slug=slug).name}")


@every_metric
def test_markdown_prints_the_figures_of_the_page(get, text, slug):
    page, made = get(f"/metrics/{slug}/"), one_line(text(f"/metrics/{slug}.md"))
    (result,) = [each for each in page.by_id("formula").iter("tr") if each.get("class") == "ledger__result"]
    assert f"**{words(result.find('td'))}**" in made
    for row in page.all("tbody[@id]"):
        for cell in row.iter("td"):
            if cell.get("data-label") in ("Weak", "Typical", "Strong"):
                assert f"| {words(cell)} |" in made


@every_metric
def test_every_footnote_of_markdown_is_written_and_none_is_a_source_mark(text, slug):
    made = text(f"/metrics/{slug}.md")
    body, _, notes = made.partition("\n## Sources\n")
    written = re.findall(r"(?m)^\[\^(\d+)\]: ", notes)
    assert written == [str(number) for number in range(1, len(CONTENT[slug]["sources"]) + 1)]
    assert set(re.findall(r"\[\^(\d+)\]", body)) <= set(written)
    assert "[@" not in made
    assert "(metric:" not in made


@every_metric
def test_links_of_markdown_are_whole_and_arrive(get, text, slug):
    tokens = MarkdownIt("commonmark").enable("table").parse(text(f"/metrics/{slug}.md"))
    links = [each.attrGet("href") for token in tokens for each in token.children or [] if each.type == "link_open"]
    assert any(each.endswith(".md") for each in links)
    for each in links:
        assert each.startswith(("https://", "http://"))
        if each.startswith(SITE):
            assert get(each.removeprefix(SITE).partition("#")[0]).status == 200


@every_metric
def test_tables_of_markdown_have_rows_of_one_length(text, slug):
    for block in text(f"/metrics/{slug}.md").split("\n\n"):
        if block.startswith("|"):
            assert len({len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}) == 1


def test_signs_of_a_name_mean_nothing_in_markdown(client, db):
    metric = Metric.objects.get(slug="time-to-value")
    metric.data["summary"] = metric.summary = "*Star* _under_ `code` <b>bold</b> [link](x) a|b"
    metric.save()
    html = MarkdownIt("commonmark").render(client.get("/metrics/time-to-value.md").content.decode())
    assert "*Star* _under_ `code` &lt;b&gt;bold&lt;/b&gt; [link](x) a|b" in html


def test_markdown_names_its_page_as_the_one_to_list(get):
    answer = get("/metrics/time-to-value.md").response
    assert answer.headers["Content-Type"] == "text/markdown; charset=utf-8"
    assert answer.headers["Link"] == f'<{SITE}/metrics/time-to-value/>; rel="canonical"'
    assert get("/index.md").response.headers["Link"] == f'<{SITE}/>; rel="canonical"'


# -- The directory as Markdown --


def test_index_lists_every_metric_once_and_ranks_it_at_every_stage(text):
    made = text("/index.md")
    links = re.findall(rf"\({SITE}/metrics/([a-z0-9-]+)\.md\)", made)
    assert sorted(links) == sorted(METRICS)
    for stage in STAGES:
        part = made.partition(f"## Priorities at {stage.capitalize()}\n")[2].partition("\n## ")[0]
        assert [int(each) for each in re.findall(r"(?m)^(\d+)\. ", part)] == list(range(1, 25))
        assert part.count(", focus)") == 4


def test_llms_txt_is_as_its_proposal_asks(get, text):
    """A title, a quoted summary, then lists of links under headings; `Optional` last."""
    made = text("/llms.txt")
    assert get("/llms.txt").response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert re.match(r"# CS Metrics\n\n> [^\n]+\n\n[^#\n]", made)
    assert re.findall(r"(?m)^## (.+)$", made) == ["Metrics", "Data", "Optional"]
    listed = made.partition("\n## ")[2]
    for line in listed.splitlines():
        assert not line or re.fullmatch(r"## \w+|\w+|- \[[^\]]+\]\(https://\S+\): .+", line), line
    links = re.findall(r"\]\((\S+)\):", made)
    assert len(links) == 24 + 9
    assert {get(each.removeprefix(SITE)).status for each in links} == {200}


# -- The feed --

ATOM = "{http://www.w3.org/2005/Atom}"
RFC_3339 = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"


@pytest.fixture
def feed(client, db):
    """The feed with one more change of each kind."""
    for place, kind in enumerate(("correction", "benchmark", "wording")):
        Change.objects.create(
            slug=kind,
            position=place,
            date=datetime.date(2026, 12, 3 - place),
            kind=kind,
            title=f"A {kind} of <b> & “quotes”",
            text='Read <a href="/map/">the map</a> &amp; more.' if kind == "benchmark" else "",
            metrics=[["time-to-value"], ["time-to-value", "dau-mau-ratio"], []][place],
        )
    Change.objects.filter(slug="first-edition").update(position=9)
    answer = client.get("/changes.atom")
    assert answer.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    return ElementTree.fromstring(answer.content)


def only(element, name):
    (found,) = element.findall(f"{ATOM}{name}")
    return found


def test_feed_has_what_rfc_4287_asks_of_feed_and_entries(feed):
    assert feed.tag == f"{ATOM}feed"
    for each in (feed, *feed.findall(f"{ATOM}entry")):
        assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", only(each, "id").text)
        assert only(each, "title").text.strip()
        assert re.fullmatch(RFC_3339, only(each, "updated").text)
        alternates = [link for link in each.findall(f"{ATOM}link") if link.get("rel") == "alternate"]
        assert len({(link.get("type"), link.get("hreflang")) for link in alternates}) == len(alternates) == 1
        assert all(link.get("href").startswith(f"{SITE}/") for link in each.findall(f"{ATOM}link"))
    assert only(only(feed, "author"), "name").text == "CS Metrics"
    (own,) = [link for link in feed.findall(f"{ATOM}link") if link.get("rel") == "self"]
    assert own.get("href") == f"{SITE}/changes.atom"
    known = {"id", "title", "subtitle", "updated", "author", "rights", "link", "entry"}
    assert {each.tag.removeprefix(ATOM) for each in feed} <= known
    known = {"id", "title", "updated", "published", "category", "link", "content"}
    for entry in feed.findall(f"{ATOM}entry"):
        assert {each.tag.removeprefix(ATOM) for each in entry} <= known


def test_entries_stand_newest_first_under_ids_of_their_own(feed):
    entries = feed.findall(f"{ATOM}entry")
    times = [only(each, "updated").text for each in entries]
    assert times == sorted(times, reverse=True)
    assert only(feed, "updated").text == times[0]
    ids = [only(each, "id").text for each in (feed, *entries)]
    assert len(set(ids)) == len(ids) == 5
    assert [only(each, "category").get("term") for each in entries] == [
        "correction",
        "benchmark",
        "wording",
        "new",
    ]


def test_entry_keeps_its_id_wherever_it_stands(client, db, feed, settings):
    def ids(tree):
        return {only(each, "title").text: only(each, "id").text for each in tree.findall(f"{ATOM}entry")}

    settings.SITE_URL = "https://elsewhere.test"
    Change.objects.filter(slug="wording").update(position=20, date=datetime.date(2030, 1, 1))
    assert ids(ElementTree.fromstring(client.get("/changes.atom").content)) == ids(feed)


def test_content_of_an_entry_is_html_with_whole_links(feed):
    correction, benchmark, wording, _ = (only(each, "content") for each in feed.findall(f"{ATOM}entry"))
    assert {each.get("type") for each in (correction, benchmark, wording)} == {"html"}
    assert correction.text.startswith("<p>A correction of &lt;b&gt; &amp; “quotes”</p><ul><li>")
    assert f'<p>Read <a href="{SITE}/map/">the map</a> &amp; more.</p>' in benchmark.text
    assert benchmark.text.count(f'<li><a href="{SITE}/metrics/') == 2
    assert "<ul>" not in wording.text
    links = [only(each, "link").get("href") for each in feed.findall(f"{ATOM}entry")]
    assert links[0] == f"{SITE}/metrics/time-to-value/#history"
    assert set(links[1:]) == {f"{SITE}/"}


def test_signs_that_xml_cannot_hold_are_left_out_of_the_feed(client, db):
    Change.objects.update(title="Bell \x07 and \ufffe end")
    tree = ElementTree.fromstring(client.get("/changes.atom").content)
    assert only(only(tree, "entry"), "title").text == "Bell  and  end"


def test_shipped_feed_tells_the_first_edition(get):
    tree = ElementTree.fromstring(get("/changes.atom").text)
    entries = tree.findall(f"{ATOM}entry")
    assert only(entries[-1], "title").text.startswith("First edition")
    assert len(entries) == Change.objects.count()
