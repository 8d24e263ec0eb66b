"""What a query string says, what is left out of it with a notice, and the shortest one for a state."""

import pytest
from django.http import QueryDict

from directory.forms import LONGEST_QUERY, LONGEST_SHOWN, SHOWS, SORTS, DirectoryQuery, MapQuery, PageQuery, typed
from directory.remembered import Remembered

STAGES = ["crawl", "walk", "run"]
CATEGORIES = ["revenue", "retention", "health"]
SEGMENTS = ["smb", "enterprise"]


def read(text):
    return DirectoryQuery.read(QueryDict(text), stages=STAGES, categories=CATEGORIES)


def read_map(text):
    return MapQuery.read(QueryDict(text), stages=STAGES, categories=CATEGORIES)


def read_page(text, **known):
    return PageQuery.read(QueryDict(text), **{"stages": STAGES, "segments": SEGMENTS, **known})


# -- The directory --


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", DirectoryQuery(None, (), "directory")),
        ("stage=walk", DirectoryQuery("walk", (), "priority")),
        ("stage=walk&sort=name", DirectoryQuery("walk", (), "name")),
        ("stage=walk&sort=directory", DirectoryQuery("walk", (), "directory")),
        ("stage=walk&stage=run", DirectoryQuery("run", (), "priority")),
        ("sort=name&sort=signal", DirectoryQuery(None, (), "signal")),
        ("category=health", DirectoryQuery(None, ("health",), "directory")),
        ("category=health&category=revenue", DirectoryQuery(None, ("revenue", "health"), "directory")),
        ("category=health&category=health", DirectoryQuery(None, ("health",), "directory")),
        ("stage=&category=&sort=", DirectoryQuery(None, (), "directory")),
        ("stage=%20%09&page=2&Stage=walk", DirectoryQuery(None, (), "directory")),
    ],
)
def test_known_values_are_read_without_a_notice(text, expected):
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("stage=sprint", DirectoryQuery()),
        ("stage=walk&stage=sprint", DirectoryQuery("walk", (), "priority")),
        ("category=usage&category=health", DirectoryQuery(None, ("health",))),
        ("sort=random", DirectoryQuery()),
        ("sort=random&stage=run", DirectoryQuery("run", (), "priority")),
        ("sort=priority", DirectoryQuery()),
        ("sort=priority&stage=sprint", DirectoryQuery()),
        ("stage= walk", DirectoryQuery()),
    ],
)
def test_other_values_are_left_out_with_a_notice(text, expected):
    made = read(text)
    assert made.notices
    assert (made.stage, made.categories, made.sort) == (expected.stage, expected.categories, expected.sort)


def test_notice_names_key_and_value_once():
    (notice,) = read("category=usage&category=usage").notices
    assert "category" in notice
    assert "“usage”" in notice


def test_notice_repeats_only_the_beginning_and_what_can_be_printed():
    (notice,) = read("stage=" + "x" * 1000).notices
    assert "x" * LONGEST_SHOWN in notice
    assert "x" * (LONGEST_SHOWN + 1) not in notice
    (notice,) = read("stage=a%00b%0Ac%E2%80%AEd").notices
    assert "“abcd”" in notice


def test_link_keeps_no_notice():
    query = read("stage=sprint&category=usage")
    for other in (query.with_stage("run"), query.with_sort("name"), query.toggled("health")):
        assert other.notices == ()
    assert query.without_categories().notices == ()


@pytest.mark.parametrize(
    ("text", "stage", "expected"),
    [
        ("", "walk", "?stage=walk"),
        ("stage=walk", "run", "?stage=run"),
        ("stage=walk", None, ""),
        ("sort=name", "walk", "?stage=walk&sort=name"),
        ("stage=walk&sort=name", None, "?sort=name"),
        ("stage=walk&sort=directory", None, ""),
        ("stage=walk&sort=directory", "run", "?stage=run&sort=directory"),
        ("sort=directory", "run", "?stage=run"),
        ("category=health", "run", "?stage=run&category=health"),
    ],
)
def test_other_stage_keeps_what_was_chosen(text, stage, expected):
    assert read(text).with_stage(stage).query_string == expected


def test_category_is_added_and_taken_away():
    query = read("category=health")
    assert query.toggled("revenue").query_string == "?category=health&category=revenue"
    assert query.toggled("health").query_string == ""
    assert query.toggled("revenue").toggled("revenue") == query
    assert query.toggled("revenue").without_categories().query_string == ""


@pytest.mark.parametrize("categories", [(), ("health",), ("revenue", "retention", "health")])
@pytest.mark.parametrize("stage", [None, *STAGES])
def test_query_string_gives_the_state_it_came_from(stage, categories):
    for sort in SORTS:
        if stage or sort != "priority":
            query = DirectoryQuery(stage, categories, sort)
            assert read(query.query_string.removeprefix("?")) == query


def test_one_state_has_one_query_string():
    """The order in which categories were chosen leaves no trace: caches and readers see one address."""
    assert (
        read("category=health&category=revenue").query_string
        == read("category=revenue&category=health").query_string
    )
    assert read("sort=priority&stage=walk").query_string == "?stage=walk"


@pytest.mark.parametrize(("count", "lines"), [(4, 4), (5, 5), (6, 5), (200, 5)])
def test_of_many_notices_four_are_given_and_the_rest_counted(count, lines):
    notices = read("&".join(f"category=x{number}" for number in range(count))).notices
    assert len(notices) == lines
    if count > 4:
        assert notices[-1] == f"{count - 4} more values were left out."


# -- The map --


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", MapQuery()),
        ("stage=walk&show=rising", MapQuery("walk", (), "rising")),
        ("stage=walk&show=rising&show=falling", MapQuery("walk", (), "falling")),
        ("category=health&category=revenue", MapQuery(None, ("revenue", "health"))),
        ("stage=&show=+&sort=name", MapQuery()),
    ],
)
def test_state_of_the_map_is_read_without_a_notice(text, expected):
    assert read_map(text) == expected


def test_show_needs_a_stage_and_goes_with_it():
    for show, title in SHOWS.items():
        made = read_map(f"show={show}")
        assert made.show is None
        assert title in made.notices[0]
        assert read_map(f"stage=walk&show={show}").with_stage(None).query_string == ""
        assert read_map(f"stage=walk&show={show}").with_stage("run").query_string == f"?stage=run&show={show}"
        assert read_map(f"stage=walk&show={show}").with_show(None).query_string == "?stage=walk"


@pytest.mark.parametrize("categories", [(), ("health",), ("revenue", "retention", "health")])
@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("show", [None, *SHOWS])
def test_query_string_gives_the_state_of_the_map(stage, categories, show):
    query = MapQuery(stage, categories, show)
    assert read_map(query.query_string.removeprefix("?")) == query


# -- A search --


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("", ""),
        ("q=", ""),
        ("q=churn", "churn"),
        ("q=churn&q=nrr", "nrr"),
        ("q=%20net%09%0Arev%20%20", "net rev"),
        ("q=a%00b%E2%80%AEc%7F", "a b c"),
        ("q=" + "x" * 1000, "x" * LONGEST_QUERY),
        ("q=" + "x" * 199 + "+yyy", "x" * 199),
    ],
)
def test_what_was_typed_is_one_line_of_printable_characters(text, query):
    assert typed(QueryDict(text)) == query


# -- A page --


@pytest.mark.parametrize(
    ("text", "stage", "segment", "notices"),
    [
        ("", None, None, 0),
        ("stage=walk", "walk", None, 0),
        ("segment=smb&stage=run", "run", "smb", 0),
        ("segment=smb&segment=enterprise", None, "enterprise", 0),
        ("segment=tiny", None, None, 1),
        ("segment=tiny&stage=sprint", None, None, 2),
        ("stage=&segment=+", None, None, 0),
    ],
)
def test_page_reads_stage_and_segment(text, stage, segment, notices):
    query = read_page(text)
    assert (query.stage, query.segment, len(query.notices)) == (stage, segment, notices)


def test_page_without_segments_has_no_word_on_them():
    assert read_page("segment=tiny", segments=()) == PageQuery()


def test_page_query_gives_the_state_it_came_from():
    for text in ("", "?stage=walk", "?segment=smb", "?stage=walk&segment=smb"):
        assert read_page(text.removeprefix("?")).query_string == text


def test_page_query_changes_one_thing():
    query = read_page("stage=walk&segment=smb")
    assert query.with_stage(None).query_string == "?segment=smb"
    assert query.with_segment("enterprise").query_string == "?stage=walk&segment=enterprise"
    assert query.with_segment(None).query_string == "?stage=walk"


# -- A remembered choice --


def with_memory(query_string, stage="walk", segment="smb"):
    return PageQuery.read(
        QueryDict(query_string), stages=STAGES, segments=SEGMENTS, memory=Remembered(stage=stage, segment=segment)
    )


def test_what_is_remembered_stands_in_for_what_the_address_leaves_open():
    assert (with_memory("").stage, with_memory("").segment) == ("walk", "smb")
    assert with_memory("segment=enterprise").segment == "enterprise"
    assert with_memory("stage=run").stage == "run"
    assert with_memory("segment=tiny").segment == "smb"


def test_none_asks_for_no_segment_and_stays_in_the_address_while_one_is_remembered():
    query = with_memory("stage=run&segment=none")
    assert query.segment is None
    assert query.query_string == "?stage=run&segment=none"
    assert with_memory("").with_segment(None).query_string == "?segment=none"
    plain = PageQuery.read(QueryDict("segment=none"), stages=STAGES, segments=SEGMENTS)
    assert (plain.segment, plain.query_string, plain.notices) == (None, "", ())


def test_an_address_for_other_browsers_says_what_this_one_remembers():
    assert with_memory("").pairs == [("stage", "walk"), ("segment", "smb")]
    assert with_memory("stage=none&segment=none").pairs == [("stage", "none"), ("segment", "none")]
    assert with_memory("", stage=None, segment=None).pairs == []
