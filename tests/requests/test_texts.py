"""Pages as Markdown, `/llms.txt` and the feed of changes."""

import datetime
import re
from xml.etree import ElementTree

import pytest
from markdown_it import MarkdownIt

from directory.api.text import typed
from directory.models import Change, Metric

from .page import CONTENT, METRICS, STAGES, words

SITE = "https://example.test"
every_metric = pytest.mark.parametrize("slug", METRICS)


@pytest.fixture
def text(get):
    return lambda address: get(address).text


# -- A metric as Markdown --


# What a page has and its Markdown has not: drawings and what explains them, ways elsewhere, heads of columns,
# the numbers of sources, who is behind a row (its sources say it), what depends on the reader or the day.
NOT_IN_MARKDOWN = ("Rising steps", "Older than two years", "Embed this metric", "Follow all changes")
UNITS = ("p", "li", "th", "td", "dt", "dd", "h1", "h3", "h4", "summary", "caption")


def is_left_out(element):
    classes = element.get("class", "").split()
    return (
        element.tag in ("svg", "nav", "thead", "time", "sup", "math")
        or (element.tag == "span" and "soft" in classes)
        or {"section__head", "profile-key", "is-chart", "visually-hidden"} & set(classes)
        or element.get("aria-hidden") == "true"
        or words(element).startswith(NOT_IN_MARKDOWN)
    )


def units(element):
    """The texts of a part of a page that are read in one piece: paragraphs, items, cells, heads."""
    if is_left_out(element):
        return
    if element.tag in UNITS and not any(each.tag in ("h3", "li", "td") for each in element.findall(".//*")):
        yield from filter(None, map(bare, pieces(element)))
        return
    for each in element:
        yield from units(each)


def pieces(element):
    """The text of a unit, and by itself what stands apart inside."""
    apart = [each for each in element.iter() if each is not element and is_apart(element, each)]
    yield "".join(text_without(element, apart))
    for each in apart:
        yield from pieces(each) if not is_left_out(each) else ()


def is_apart(unit, element):
    return "spelled" in element.get("class", "") or (unit.tag == "caption" and element.tag == "small")


def text_without(element, apart):
    yield element.text or ""
    for each in element:
        if each not in apart and not is_left_out(each):
            yield " " if each.tag in ("p", "small") else ""
            yield from text_without(each, apart)
        yield f" {each.tail or ''}" if each.tag in ("p", "br", "small") or is_left_out(each) else each.tail or ""


def bare(text):
    """Letters, digits and units alone."""
    return " ".join(re.findall("[0-9a-z%$×÷]+", typed(text).lower()))


def parts_of(made):
    """The parts of a Markdown page by their heading, the first without one, in bare words."""
    first, *rest = re.split(r"(?m)^## (.+)$", made)
    signs = r"\]\([^)\s]*\)|(?<!\\)\[\d+\]"  # addresses of links, numbers of sources
    return {
        name: bare(re.sub(signs, " ", text))
        for name, text in zip(["", *rest[::2]], [first, *rest[1::2]], strict=True)
    }


@every_metric
def test_markdown_says_in_each_section_what_the_page_says_there(get, text, slug):
    page, made = get(f"/metrics/{slug}/"), text(f"/metrics/{slug}.md")
    parts = parts_of(made)
    sections = {words(each.find(".//h2")): each for each in page.all("main//section")}
    del sections["Your number"]
    assert list(parts) == ["", *sections]
    head = [*page.by_class("page-head"), *page.by_class("facts")]
    for name, elements in {"": head, **{name: [each] for name, each in sections.items()}}.items():
        said = [each for element in elements for each in units(element)]
        assert said
        assert [each for each in said if f" {each} " not in f" {parts[name]} "] == [], name


@every_metric
def test_markdown_prints_the_figures_of_the_page(get, text, slug):
    page, made = get(f"/metrics/{slug}/"), text(f"/metrics/{slug}.md")
    (result,) = [each for each in page.by_id("formula").iter("tr") if each.get("class") == "ledger__result"]
    assert f"**{typed(words(result.find('td')))}**" in made
    for row in page.all("tbody[@id]"):
        for cell in row.iter("td"):
            if cell.get("data-label") in ("Weak", "Typical", "Strong"):
                assert f"| {typed(words(cell))} |" in made


@every_metric
def test_every_source_is_listed_and_every_mark_leads_to_one(text, slug):
    made = text(f"/metrics/{slug}.md")
    listed = made.partition("\n## Sources\n")[2].partition("\n## ")[0]
    numbers = re.findall(r"(?m)^(\d+)\. \*\*", listed)
    assert numbers == [str(number) for number in range(1, len(CONTENT[slug]["sources"]) + 1)]
    marks = re.findall(r"(?<!\\)\[(\d+)\](?!\()", made)
    assert marks
    assert set(marks) <= set(numbers)
    assert "[@" not in made
    assert "[^" not in made
    assert "(metric:" not in made


@every_metric
def test_markdown_is_written_in_one_way(text, slug):
    """As one would type it, sentences with a capital, no brackets in brackets in a table."""
    made = text(f"/metrics/{slug}.md")
    assert not re.search(r"[“”‘’–−\u00a0\u202f]|\d %", made)
    assert not re.search(r"(?m)^\d+\. \*\*.*?\)?\. [a-z]", made)
    assert not re.search(r"(?m)^\| [^|]*\([^|)]*\(", made)


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


def test_index_has_the_title_of_its_page_and_speaks_for_itself(get, text):
    title, blank, said, *_ = text("/index.md").splitlines()
    assert (title, blank) == (f"# {words(get('/').one('h1'))}", "")
    assert "choose" not in said.lower()


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
    assert len(links) == 24 + 11
    assert {f"{SITE}/index.md", f"{SITE}/api/"} <= set(links)
    assert {get(each.removeprefix(SITE)).status for each in links} == {200}


def test_llms_txt_counts_how_far_the_rows_carry(text):
    rows = [row for metric in CONTENT.values() for row in metric["benchmarks"]]
    thumb = sum(row["basis"] == "practitioner" for row in rows)
    low = sum(row["confidence"] == "low" for row in rows)
    said = f"{thumb} of {len(rows)} benchmark rows are rules of thumb, and {low} have low confidence."
    assert said in text("/llms.txt")


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


def test_feed_and_entries_keep_their_ids_wherever_they_stand(client, db, feed, settings):
    def ids(tree):
        return {only(each, "title").text: only(each, "id").text for each in (tree, *tree.findall(f"{ATOM}entry"))}

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
    assert links == [*[f"{SITE}/metrics/time-to-value/#history"] * 2, f"{SITE}/", f"{SITE}/"]


def test_signs_that_xml_cannot_hold_are_left_out_of_the_feed(client, db):
    Change.objects.update(title="Bell \x07 and \ufffe end")
    tree = ElementTree.fromstring(client.get("/changes.atom").content)
    assert only(only(tree, "entry"), "title").text == "Bell  and  end"


def test_shipped_feed_tells_the_first_edition(get):
    tree = ElementTree.fromstring(get("/changes.atom").text)
    entries = tree.findall(f"{ATOM}entry")
    assert only(entries[-1], "title").text.startswith("First edition")
    assert len(entries) == Change.objects.count()
