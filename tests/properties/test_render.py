"""Laws of set text: whatever is written, the page gets only the markup that it knows."""

import re
from html.parser import HTMLParser

from hypothesis import example, given
from hypothesis import strategies as st

from directory.loader.render import Renderer, plain, typographic

RENDERER = Renderer(lambda slug: f"/metrics/{slug}/", {"source-1": 1, "source-2": 2})
INLINE = {"a", "code", "em", "img", "strong", "sup", "br"}
BLOCKS = {"blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "ul"}
ATTRIBUTES = {"href", "title", "src", "alt", "class", "aria-label", "start"}

pieces = st.sampled_from(
    [
        *(
            "[@source-1]",
            "[@source-2]",
            "](metric:nrr)",
            "](https://example.com/a-1)",
            "](javascript:x)",
            "](/faq/)",
        ),
        *(
            "<script>",
            "</p>",
            "<b onclick=x>",
            "&lt;",
            "&amp;",
            "\n\n",
            "\n- ",
            "\n",
            "**",
            "*",
            "`",
            "[",
            "]",
            "(",
            ")",
        ),
        *(
            '"',
            "'",
            "80-88",
            "5%",
            " - ",
            " -- ",
            "...",
            "-1",
            "\u202f",
            "\u00a0",
            "\ue000",
            "\\",
            "#",
            "> ",
            "|",
            "<",
        ),
        *("javascript:alert(1)", "<javascript:x>", "data:text/html,x", "https://example.com", "word", " "),
    ]
)
texts = st.lists(pieces | st.characters(exclude_categories=["Cs"]), max_size=25).map("".join)


class Tags(HTMLParser):
    def __init__(self, made):
        super().__init__()
        self.found, self.attributes = [], []
        self.feed(made)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.found.append(tag)
        self.attributes += attrs


@given(texts, st.sampled_from(["text", "prose"]))
@example("[x](java\tscript:x)", "text")
@example('"[NRR](metric:nrr)" \ue000 [@source-1]', "text")
def test_set_text_holds_only_known_markup(text, kind):
    tags = Tags(RENDERER.text(text, kind))
    assert set(tags.found) <= (INLINE | BLOCKS if kind == "prose" else INLINE)
    for name, value in tags.attributes:
        assert name in ATTRIBUTES
        if name in ("href", "src"):
            assert not re.match(r"\s*(javascript|vbscript|data|file):", value or "", re.IGNORECASE)


@given(texts)
def test_a_line_is_never_longer_than_typed_by_more_than_its_spaces(text):
    """Typography exchanges signs and adds only the narrow space before a percent sign."""
    made = typographic(text)
    assert len(made) <= len(text) + text.count("%")
    assert re.findall(r"\w", made) == re.findall(r"\w", text)


@given(texts, st.sampled_from(["text", "prose"]))
def test_plain_words_hold_no_tags_of_ours(text, kind):
    words = plain(RENDERER.text(text, kind))
    assert "note-ref" not in words
    assert words == words.strip()
    assert "\n" not in words
