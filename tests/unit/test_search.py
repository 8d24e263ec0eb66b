"""The search engine alone, over a few entries: what matches, what comes first, and what an excerpt shows."""

import re

import pytest

from directory.search import EXCERPT, FIELDS, LINE, LONGEST_WORD, MOST_WORDS, Entry, Index, words_of

WEIGHTS = {"abbreviation": 10, "title": 8, "aka": 6, "synonyms": 6, "category": 3, "summary": 2, "body": 1}


def entry(key, title=None, **given):
    fields = {"kind": "metric", "path": f"/{key}/", "summary": "", **given}
    return Entry(key=key, title=title or key.title(), **fields)


ENTRIES = [
    entry(
        "nrr",
        "Net Revenue Retention",
        abbreviation="NRR",
        aka=("Net Dollar Retention (NDR)",),
        summary="What a group of customers pays a year later.",
        category="Retention",
        body=("Upgrades count, and new customers do not.",),
    ),
    entry(
        "grr",
        "Gross Revenue Retention",
        abbreviation="GRR",
        summary="The same without upgrades: churn and downgrades alone.",
        category="Retention",
    ),
    entry("onboarding", "Onboarding Completion Rate", summary="How many finish in time."),
    entry("dau-mau", "DAU/MAU Ratio (Stickiness)", abbreviation="DAU/MAU", summary="How often people come back."),
    entry("ai", "Assisted Resolution", category="AI & Automation", summary="Help from machines."),
    entry("walk", kind="stage", summary="Retention becomes a habit."),
    entry("why", "Why measure retention?", kind="question", summary="Because it lasts."),
]
INDEX = Index(ENTRIES, WEIGHTS)


def found(query, index=INDEX):
    return [hit.entry.key for hit in index.search(query)]


def index_of(*entries, meanings=None):
    return Index(entries, WEIGHTS, meanings)


def excerpt(query, **given):
    (hit,) = index_of(entry("one", **given)).search(query)
    return hit.excerpt


# -- Words --


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Net Revenue Retention", ["net", "revenue", "retention"]),
        ("RÉTENTION", ["retention"]),
        ("re\u0301tention", ["retention"]),
        ("Ｎｅｔ ﬁrst", ["net", "first"]),
        ("DAU/MAU", ["dau", "mau"]),
        ("AI & Automation", ["ai", "automation"]),
        ("AI-assisted", ["ai", "assisted"]),
        ("go–live, now!", ["go", "live", "now"]),
        ("customer's 90 %", ["customer", "s", "90"]),
        ("churn😀rate", ["churn", "rate"]),
        ("chu\0rn", ["chu", "rn"]),
        ("a\tb\nc\u00a0d", ["a", "b", "c", "d"]),
        ("معدل", []),
        ("& / - _", []),
        ("", []),
    ],
)
def test_words_have_no_case_accents_or_signs(text, words):
    assert words_of(text) == words


# -- Matches --


@pytest.mark.parametrize("query", ["r", "ret", "rete", "retention", "Rétention", "RETENTION!"])
def test_word_is_found_while_it_is_typed(query):
    assert {"nrr", "grr", "walk", "why"} <= set(found(query))


@pytest.mark.parametrize("query", ["net rev", "net revenue r", "rev net", "retention net", "ret revenue net"])
def test_several_words_are_found_in_any_order_and_unfinished(query):
    assert found(query)[0] == "nrr"


def test_order_of_words_does_not_change_what_is_found():
    assert set(found("retention revenue")) == set(found("revenue retention")) == {"nrr", "grr"}


def test_every_word_has_to_match_somewhere():
    assert found("retention upgrades") == ["grr", "nrr"] or found("retention upgrades") == ["nrr", "grr"]
    assert found("retention xyzzy") == []


@pytest.mark.parametrize(
    ("query", "key"),
    [
        ("dau/mau", "dau-mau"),
        ("dau mau", "dau-mau"),
        ("MAU-DAU", "dau-mau"),
        ("AI & automation", "ai"),
        ("ai automation", "ai"),
        ("stickiness", "dau-mau"),
        ("ndr", "nrr"),
    ],
)
def test_signs_between_words_make_no_difference(query, key):
    assert found(query)[0] == key


@pytest.mark.parametrize(
    "query",
    ["retnetion", "retntion", "retenntion", "retentoin", "ratention", "retantoin", "onbording", "onbaording"],
)
def test_one_or_two_typing_errors_are_forgiven_in_a_long_word(query):
    assert found(query)[0] in ("nrr", "grr", "onboarding", "why")


@pytest.mark.parametrize(
    ("query", "is_found"), [("nett", True), ("grsos", True), ("gxxss", False), ("rxte", True)]
)
def test_word_of_four_to_seven_letters_may_have_one_error(query, is_found):
    """`nett` is `net` with one letter too many; `gxxss` has two wrong."""
    assert bool(found(query)) == is_found


@pytest.mark.parametrize("query", ["nxt", "grx", "da0", "xet"])
def test_word_of_three_letters_has_to_be_right(query):
    assert found(query) == []


def test_three_errors_are_too_many():
    assert found("rxtxnxion") == []


def test_errors_are_not_looked_for_where_some_word_begins_as_typed():
    index = index_of(entry("cost"), entry("most"))
    assert found("cost", index) == ["cost"]
    assert found("xost", index) == ["cost", "most"]


# -- Order --


def test_whole_name_beats_every_other_match():
    loud = entry("loud", "Churn churn churn", aka=("churn churn",), synonyms=("churn",), body=("churn " * 50,))
    assert found("churn", index_of(loud, entry("churn")))[0] == "churn"
    assert found("churn", index_of(entry("churn"), loud))[0] == "churn"


def test_abbreviation_beats_name_beats_other_name_beats_synonym_beats_text():
    entries = [
        entry("text", body=("One arr in a text.",)),
        entry("meant"),
        entry("other", aka=("ARR",)),
        entry("name", "ARR"),
        entry("short", abbreviation="ARR"),
    ]
    index = index_of(*entries, meanings={"arr": ["meant"]})
    assert found("Arr", index) == ["short", "name", "other", "meant", "text"]


def test_name_counts_with_and_without_its_bracket():
    index = index_of(
        entry("long", "Logo retention logo", body=("logo retention",)), entry("x", "Logo (Customer) Retention")
    )
    for query in ("logo retention", "customer", "logo customer retention"):
        assert found(query, index)[0] == "x"


def test_synonym_gives_its_metrics_in_the_order_of_the_content():
    entries = [entry(key, synonyms=("churn",)) for key in ("a", "b", "c")]
    assert found("churn", index_of(*entries, meanings={"Churn": ["c", "a", "b"]})) == ["c", "a", "b"]


def test_synonym_names_metrics_only():
    """A stage or a question may have the slug of a metric."""
    entries = [entry("run", "Running", kind="stage"), entry("run", "Pace"), entry("run", "Why?", kind="question")]
    assert [hit.entry.title for hit in index_of(*entries, meanings={"jog": ["run"]}).search("jog")] == ["Pace"]


@pytest.mark.parametrize("heavy", FIELDS)
def test_weights_say_which_field_counts_most(heavy):
    """In words that are no whole name."""
    lists = ("aka", "synonyms", "body")
    entries = [
        entry(name, **{name: ("alpha beta",) if name in lists else "alpha beta"})
        if name != "title"
        else entry(name, "alpha beta")
        for name in FIELDS
    ]
    index = Index(entries, {name: 9 if name == heavy else 1 for name in FIELDS})
    assert found("alpha", index)[0] == heavy


def test_equals_stand_in_their_order():
    assert found("same", index_of(*(entry(key, "The same thing") for key in "abc"))) == ["a", "b", "c"]


def test_no_more_are_given_than_asked_for():
    assert len(INDEX.search("retention", limit=2)) == 2


# -- Any text is a query --


@pytest.mark.parametrize("query", ["", "   ", "\0", "&", "😀", "'\"", "معدل الاحتفاظ", "\u202e", "（）"])
def test_text_without_a_word_finds_nothing(query):
    assert INDEX.search(query) == []
    assert INDEX.near(query) == []


@pytest.mark.parametrize(
    "query",
    [
        '"revenue net"',
        "+net -revenue",
        "net AND revenue",
        "title:net",
        "net~2 rev*",
        "(net OR",
        "net^9",
        "[net TO revenue]",
        "{net",
        "/net/",
        "net\\",
        "net; DROP TABLE x",
        "<net>",
        "%s {0} {{ net }}",
    ],
)
def test_operators_and_quotes_are_plain_text(query):
    assert [hit.entry for hit in INDEX.search(query)] == [
        hit.entry for hit in INDEX.search(" ".join(words_of(query)))
    ]


def test_minus_takes_nothing_away_and_quotes_keep_no_order():
    assert found("net -revenue")[0] == "nrr"
    assert found('"retention revenue net"')[0] == "nrr"


def test_words_beside_another_script_still_count():
    assert found("معدل NRR")[0] == "nrr"
    assert found("\u202eNRR\u202c")[0] == "nrr"


@pytest.mark.parametrize(
    "query", ["x" * 10_000, "retention " * 1_000, "retnetion " * 1_000, "a b " * 2_500, "é" * 10_000]
)
def test_ten_thousand_characters_are_answered(query):
    """Only the first words are looked at, and of each word only the start: nothing can keep the index busy."""
    start = " ".join(word[:LONGEST_WORD] for word in words_of(query)[:MOST_WORDS])
    assert [hit.entry for hit in INDEX.search(query)] == [hit.entry for hit in INDEX.search(start)]
    assert INDEX.near(query) == INDEX.near(start)


def test_words_after_the_eighth_are_not_looked_at():
    assert MOST_WORDS == 8
    assert found("net " * 8 + "xyzzy") == found("net")
    assert found("net " * 7 + "xyzzy") == []


# -- Names near it --


def test_near_names_match_some_of_the_words():
    assert [each.key for each in INDEX.near("xyzzy onboarding")] == ["onboarding"]
    assert {each.key for each in INDEX.near("retention xyzzy")} == {"nrr", "grr"}


def test_near_names_allow_one_error_more():
    assert found("grsx") == []
    assert INDEX.near("grsx")[0].key == "grr"
    assert INDEX.near("qqqqqqqq") == []


def test_near_names_are_metrics_and_few():
    assert {each.kind for each in INDEX.near("retention walk why xyzzy")} == {"metric"}
    many = index_of(*(entry(f"m{number}", f"Same {number}") for number in range(9)))
    assert len(many.near("same xyzzy")) == 4


# -- What a hit shows --


def test_matches_are_marked_whole_in_title_and_text():
    (hit,) = index_of(entry("x", "Net Rétention, retained", summary="All that is retained.")).search("ret")
    assert hit.title == "Net <mark>Rétention</mark>, <mark>retained</mark>"
    assert hit.excerpt == "All that is <mark>retained</mark>."


def test_words_with_errors_are_marked_too():
    (hit,) = index_of(entry("x", "Net Retention")).search("retnetion")
    assert hit.title == "Net <mark>Retention</mark>"


def test_texts_are_escaped():
    hostile = "<script>alert('x')</script> & \"net\" revenue"
    made = index_of(entry("x", hostile, aka=(hostile,), summary=hostile, body=(hostile,)))
    for query in ("revenue", "script", "<script>alert('x')</script>", "amp", "lt", "quot"):
        for hit in made.search(query):
            for shown in (hit.title, hit.excerpt):
                assert set(re.findall(r"<[^>]*>?", shown)) <= {"<mark>", "</mark>"}
                assert "&lt;" in shown
                assert not re.search(r"&(?!(amp|lt|gt|quot|#x27);)", shown)
    assert [hit.entry.key for hit in made.search("script alert")] == ["x"]


def test_query_that_is_markup_appears_in_no_excerpt():
    for hit in INDEX.search("<mark>retention</mark><img src=x onerror=alert(1)>") or INDEX.search("<b>retention"):
        assert "<b>" not in hit.title + hit.excerpt


LONG = "Start of it all. " + "Some more words stand here, one after another. " * 8
PLACES = [
    f"needle {LONG}",
    f"{LONG} needle",
    f"{LONG} needle {LONG}",
    f"{LONG}(needle) {LONG}",
    f"{'x' * 300} needle {LONG}",
    f"{LONG} needle{'x' * 300}",
    f"{'x' * 300}-needle",
    f"{LONG} needle, {'x' * 300}",
    "needle" * 60,
]


@pytest.mark.parametrize("text", PLACES, ids=range(len(PLACES)))
@pytest.mark.parametrize("field", ["summary", "body"])
def test_excerpt_is_short_and_holds_a_match(text, field):
    shown = excerpt("needle", **{field: (text,) if field == "body" else text})
    assert "<mark>needle" in shown
    bare = re.sub(r"</?mark>", "", shown).removeprefix("… ").removesuffix(" …")
    assert len(bare) <= EXCERPT
    assert bare in text


def test_excerpt_is_cut_between_words_and_says_where():
    shown = re.sub(r"</?mark>", "", excerpt("needle", summary=f"{LONG} needle {LONG}"))
    assert shown.startswith("… ")
    assert shown.endswith(" …")
    assert set(shown[2:-2].split()) <= set(f"{LONG} needle".split())


@pytest.mark.parametrize("text", PLACES, ids=range(len(PLACES)))
def test_match_stands_early_in_a_single_line(text):
    (hit,) = index_of(entry("one", summary=text)).search("needle")
    before, _, _ = hit.line.partition("<mark>")
    assert len(before) <= LINE or " " not in before.removeprefix("… ").strip()
    assert not before.startswith("… … ")
    bare = re.sub(r"</?mark>", "", hit.line).removeprefix("… ").removesuffix(" …")
    assert bare in text
    assert len(bare) <= EXCERPT


def test_short_text_is_shown_whole():
    assert excerpt("needle", summary="A needle in hay.") == "A <mark>needle</mark> in hay."


def test_excerpt_prefers_the_summary_and_then_the_text_with_most_of_the_words():
    given = {"summary": "One needle.", "body": ("Another needle.", "A needle and a thread.")}
    assert excerpt("needle", **given) == "One <mark>needle</mark>."
    assert excerpt("needle thread", **given) == "A <mark>needle</mark> and a <mark>thread</mark>."


def test_other_name_that_was_found_is_told():
    shown = excerpt("ndr", aka=("Something else", "Net Dollar Retention (NDR)"), summary="What stays.")
    assert shown == "Also called Net Dollar Retention (<mark>NDR</mark>). What stays."


def test_entry_found_by_a_synonym_shows_its_summary():
    assert excerpt("zebra", synonyms=("zebra",), summary="What stays.") == "What stays."
