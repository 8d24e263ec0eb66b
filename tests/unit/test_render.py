"""How texts are set: typography, source marks, links, and what plain text keeps of it."""

from decimal import Decimal

import pytest

from directory.loader.render import Renderer, cited_in, plain, typographic
from directory.loader.schema import Page, PageSection, Question

THIN = "\u202f"
NOTE = '<sup class="note-ref"><a href="#source-{0}" aria-label="Source {0}">{0}</a></sup>'


@pytest.fixture
def renderer():
    return Renderer(lambda slug: f"/metrics/{slug}/", {"aleph-2026": 1, "kbcm-2019": 2})


# -- Typography --


@pytest.mark.parametrize(
    ("typed", "made"),
    [
        # quotes
        ('"Churn" is', "“Churn” is"),
        ('he said "no".', "he said “no”."),
        ('("no")', "(“no”)"),
        ("'no', he said", "‘no’, he said"),
        ("\"'no', he said\"", "“‘no’, he said”"),
        ("don't, customers' and 1990's", "don’t, customers’ and 1990’s"),
        ('*"Churn"* and **"logo churn"**', "*“Churn”* and **“logo churn”**"),
        ('"*churn*" and "**churn**"', "“*churn*” and “**churn**”"),
        # percent
        ("89%", f"89{THIN}%"),
        ("89 %, 89\u00a0% and 89.5%", f"89{THIN}%, 89{THIN}% and 89.5{THIN}%"),
        ("the % sign", "the % sign"),
        # ranges and minus
        ("80-88%", f"80–88{THIN}%"),
        ("80 - 88 days", "80–88 days"),
        ("$1M-$5M and $25,000-$100,000", "$1M–$5M and $25,000–$100,000"),
        ("1.5-2.5", "1.5–2.5"),
        ("2024-2026", "2024–2026"),
        ("2026-11-23", "2026-11-23"),
        ("12-month, top-10 and A-1", "12-month, top-10 and A-1"),
        ("up to 10\n- 20 more", "up to 10\n- 20 more"),
        ("from -100 to 100", "from −100 to 100"),
        ("-5 points (-5)", "−5 points (−5)"),
        # dashes and dots
        ("one -- two", "one – two"),
        ("wait...", "wait…"),
        # what is set already stays
        ("“Churn” isn’t 80–88 − 3…", "“Churn” isn’t 80–88 − 3…"),
    ],
)
def test_typed_signs_become_set_ones(typed, made):
    assert typographic(typed) == made
    assert typographic(made) == made


@pytest.mark.parametrize(
    ("typed", "made"),
    [
        ("see https://example.com/a-1-2?b='c'", "see https://example.com/a-1-2?b='c'"),
        ("[it's](https://example.com/80-88%20a)", "[it’s](https://example.com/80-88%20a)"),
        ("[NRR](metric:net-revenue-retention)'s", "[NRR](metric:net-revenue-retention)’s"),
        ('"see [NRR](metric:net-revenue-retention)"', "“see [NRR](metric:net-revenue-retention)”"),
        ('"84% [@aleph-2026]" and', f"“84{THIN}% [@aleph-2026]” and"),
        ("[@saas-1990-2000] 80-88", "[@saas-1990-2000] 80–88"),
        ("a \ue000 b [@kbcm-2019]", "a \ue000 b [@kbcm-2019]"),
    ],
)
def test_addresses_and_source_marks_keep_their_characters(typed, made):
    assert typographic(typed) == made


# -- Kinds --


def test_a_line_stays_plain_text(renderer):
    assert renderer.text('**80-88%** <b>& "more"</b>', "line") == f"**80–88{THIN}%** <b>& “more”</b>"


def test_a_text_is_one_paragraph_without_its_tag(renderer):
    assert renderer.text("One **strong**\n  and *soft*\n\nword, 89%", "text") == (
        f"One <strong>strong</strong> and <em>soft</em> word, 89{THIN}%"
    )


def test_prose_has_paragraphs_and_lists(renderer):
    assert renderer.text("One.\n\n- up to 10\n- 20 to 30\n", "prose") == (
        "<p>One.</p>\n<ul>\n<li>up to 10</li>\n<li>20 to 30</li>\n</ul>"
    )


@pytest.mark.parametrize("kind", ["text", "prose"])
def test_narrow_and_no_break_spaces_survive(renderer, kind):
    assert f"89{THIN}% of\u00a0all" in renderer.text("89% of\u00a0all", kind)


# -- Source marks --


def test_a_source_mark_becomes_a_numbered_note(renderer):
    assert renderer.text("Was 84 [@aleph-2026] in all", "text") == f"Was 84{NOTE.format(1)} in all"


def test_marks_stand_after_the_stop_and_in_the_order_of_the_text(renderer):
    assert renderer.text("Was 84 [@kbcm-2019] [@aleph-2026]. Then", "text") == (
        f"Was 84.{NOTE.format(2)}{NOTE.format(1)} Then"
    )


def test_a_mark_at_the_start_of_a_line_joins_the_line_before(renderer):
    assert renderer.text("Was 84\n[@aleph-2026] in all", "prose") == f"<p>Was 84{NOTE.format(1)} in all</p>"


# -- Links --


def test_a_link_to_a_metric_leads_to_its_page(renderer):
    assert renderer.text("[kept](metric:logo-retention-rate)", "text") == (
        '<a href="/metrics/logo-retention-rate/">kept</a>'
    )


def test_a_link_to_the_web_or_this_site_stays(renderer):
    assert renderer.text("[a](https://example.com/?a=1&b=2) [b](/faq/#nrr)", "text") == (
        '<a href="https://example.com/?a=1&amp;b=2">a</a> <a href="/faq/#nrr">b</a>'
    )


@pytest.mark.parametrize("kind", ["text", "prose"])
@pytest.mark.parametrize(
    "typed",
    [
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert%281%29)",
        "[x](<javascript:alert(1)>)",
        "[x](&#106;avascript:alert(1))",
        "[x](java\tscript:alert(1))",
        "[x](vbscript:x)",
        "[x](data:text/html,x)",
        "[x](file:///etc/passwd)",
        "<javascript:alert(1)>",
        "[x][y]\n\n[y]: javascript:alert(1)",
        "![x](javascript:alert(1))",
    ],
)
def test_a_link_that_could_run_something_is_no_link(renderer, kind, typed):
    made = renderer.text(typed, kind)
    assert "href" not in made
    assert "src" not in made


@pytest.mark.parametrize("kind", ["text", "prose"])
@pytest.mark.parametrize(
    "typed",
    [
        "<script>alert(1)</script>",
        "<b>bold</b>",
        "<img src=x onerror=alert(1)>",
        "<!-- comment -->",
        "<div>\n\nblock\n\n</div>",
        "a <a href='x'>link</a>",
        "&lt;script&gt;",
    ],
)
def test_raw_html_of_the_content_is_text(renderer, kind, typed):
    made = renderer.text(typed, kind)
    outside = made.replace("<p>", "").replace("</p>", "")
    assert "<" not in outside
    assert "&lt;" in outside


def test_a_quote_in_an_address_stays_inside_its_attribute(renderer):
    made = renderer.text('[x](https://example.com/"onmouseover="alert(1))', "text")
    assert '"onmouseover' not in made


# -- Whole objects --


def test_an_object_keeps_its_keys_and_every_text_is_set_by_its_kind(renderer):
    section = PageSection(slug="a-1-2", title='"A" & b', text='One "two".\n\nThree.')
    page = Page(title="It's", description="d", lead="80-88", sections=[section])
    assert renderer.model(page) == {
        "title": "It’s",
        "description": "d",
        "lead": "80–88",
        "sections": [
            {
                "slug": "a-1-2",
                "title": "“A” & b",
                "note": None,
                "text": "<p>One “two”.</p>\n<p>Three.</p>",
            }
        ],
    }


def test_closed_words_are_not_set(renderer):
    question = Question(slug="a", question="Q", answer="A", pages=["map", "directory"])
    assert renderer.model(question)["pages"] == ["map", "directory"]


def test_figures_become_plain_numbers(renderer, shipped):
    metric = shipped.documents["metrics/gross-revenue-retention.yaml"].content
    page = renderer_for(metric).model(metric)
    row, made = metric.benchmarks[0], page["benchmarks"][0]
    assert made["typical"] == [float(bound) for bound in row.typical]
    assert isinstance(row.typical[0], Decimal)
    assert page["changed"] == metric.changed.isoformat()
    assert set(page["segment_notes"]) == {"smb", "mid-market", "enterprise"}


def renderer_for(metric):
    return Renderer(lambda slug: f"/{slug}/", {source.id: n for n, source in enumerate(metric.sources, 1)})


def test_the_keys_that_cite_a_source_are_known(shipped):
    metric = shipped.documents["metrics/gross-revenue-retention.yaml"].content
    places = cited_in(metric)
    assert "benchmarks" in places["bessemer-2019"]
    for source in metric.sources:
        assert places.get(source.id, []) == sorted(
            places.get(source.id, []), key=list(type(metric).model_fields).index
        )


# -- Plain words --


@pytest.mark.parametrize(
    ("made", "words"),
    [
        ("<p>One.</p>\n<p>Two.</p>", "One. Two."),
        ("<p>Use <em>net</em>, not <strong>gross</strong>.</p>", "Use net, not gross."),
        ('<p>See <a href="/x/">NRR</a>’s page.</p>', "See NRR’s page."),
        (f"<p>Was 84{THIN}%.{NOTE.format(1)}{NOTE.format(2)} Then</p>", f"Was 84{THIN}%. Then"),
        ("<ul>\n<li>one</li>\n<li>two</li>\n</ul>", "one two"),
        ("<p>a &amp; b &lt;c&gt;</p>", "a & b <c>"),
        ("", ""),
    ],
)
def test_plain_words_read_like_the_visible_text(made, words):
    assert plain(made) == words
