"""A metric at `/metrics/<slug>/`: every part of its page, the reader's stage and segment, the way to others."""

import datetime
import re

import pytest
from django.test import Client

from directory import words as vocabulary
from directory.models import Benchmark, Change, ContentVersion, Metric, Redirect, Relation, Source

from .page import CONTENT, METRICS, ORDER, SEGMENTS, STAGES, Page, by_class, hrefs, level, one_line, parse, words

METRIC = "/metrics/net-revenue-retention/"
every_metric = pytest.mark.parametrize("slug", METRICS)


def at(slug):
    return f"/metrics/{slug}/"


def notices(page):
    return [words(each) for notice in page.all("div[@role='note']") for each in notice.iter("p")]


# -- The parts --


@every_metric
def test_page_has_the_name_as_its_only_heading_of_the_first_level(get, slug):
    page = get(at(slug))
    assert page.status == 200
    assert one_line(Metric.objects.get(slug=slug).name) in words(page.one("h1"))


@every_metric
def test_contents_lead_to_sections_in_the_order_of_the_page(get, slug):
    page = get(at(slug))
    anchors = [each.removeprefix("#") for each in hrefs(page.one("nav[@aria-label='On this page']"))]
    sections = [each.get("id") for each in page.all("main//section[@id]")]
    assert anchors == sections


@every_metric
def test_ids_are_unique_and_links_within_the_page_arrive(get, slug):
    page = get(at(slug))
    assert len(page.ids) == len(set(page.ids))
    within = {each.removeprefix("#") for each in page.links if each.startswith("#")}
    assert within <= set(page.ids)


@every_metric
def test_every_source_is_listed_under_its_number(get, slug):
    page = get(at(slug))
    for source in Source.objects.filter(metric=slug):
        entry = page.by_id(f"source-{source.number}")
        for part in (source.publisher, source.title, str(source.year or "Undated"), source.via):
            assert one_line(part) in words(entry)
        links = [each.get("href") for each in entry.iter("a") if each.get("rel") == "external"]
        assert links == ([source.link] if source.link else [])


@every_metric
def test_every_source_is_cited_where_it_says(get, slug):
    page = get(at(slug))
    for source in Source.objects.filter(metric=slug):
        sections = [
            each.removeprefix("#") for each in hrefs(page.by_id(f"source-{source.number}")) if each[0] == "#"
        ]
        citing = [
            name
            for name in ("definition", "formula", "benchmarks", "stages", "mistakes", "limits", "data")
            if f"#source-{source.number}" in hrefs(page.by_id(name))
        ]
        assert sorted(citing) == sorted(sections)


@every_metric
def test_definition_gives_what_counts_what_does_not_and_the_edge_cases(get, slug):
    section = get(at(slug)).by_id("definition")
    definition = CONTENT[slug]["definition"]
    counts, excludes = section.findall(".//ul")
    assert len(counts.findall("li")) == len(definition["counts"])
    assert len(excludes.findall("li")) == len(definition["excludes"])
    assert len(section.findall(".//tbody/tr")) == len(definition["edge_cases"])


@every_metric
def test_formula_is_math_that_names_every_input(get, slug):
    formula = CONTENT[slug]["formula"]
    section = get(at(slug)).by_id("formula")
    (math,) = section.findall(".//math")
    used = [each for each in formula["inputs"] if re.search(rf"\b{each['name']}\b", formula["expression"])]
    assert used
    text = words(math).lower()
    assert [each["term"] for each in used if one_line(each["term"]).lower() not in text] == []
    labels = [words(each) for each in by_class(section, "inputs")[0].iter("dt")]
    assert len(labels) == len(formula["inputs"])


@every_metric
def test_example_ends_in_its_stated_result(get, slug):
    """One decimal for a percentage or a score, whole money: half of the last digit may be rounded away."""
    (result,) = by_class(get(at(slug)).by_id("formula"), "ledger__result")
    shown = words(result.find("td"))
    number = float(re.sub(r"[^\d.−]", "", shown).replace("−", "-"))
    half = 0.5 if CONTENT[slug]["unit"] == "currency" else 0.05
    assert number == pytest.approx(CONTENT[slug]["example"]["result"], abs=half + 1e-9)


@every_metric
def test_mistakes_limits_and_data_are_complete(get, slug):
    page = get(at(slug))
    assert len(page.all("section[@id='mistakes']//tbody/tr")) == len(CONTENT[slug]["mistakes"])
    assert len(page.all("section[@id='data']//tbody/tr")) == len(CONTENT[slug]["data_needed"])
    blocks = CONTENT[slug]["limits"].strip().split("\n\n")
    assert len(list(by_class(page.by_id("limits"), "prose")[0])) == len(blocks)


@every_metric
def test_each_stage_has_its_level_guidance_and_actions(get, slug):
    columns = get(at(slug)).all("section[@id='stages']/ol/li")
    assert len(columns) == len(STAGES)
    for stage, column in zip(STAGES, columns, strict=True):
        assert hrefs(column)[0] == f"/stages/{stage}/"
        assert by_class(column, f"level--{level(slug, stage)}")
        assert len(by_class(column, "dashes")[0].findall("li")) == len(CONTENT[slug]["stages"][stage]["actions"])
        is_focus = slug in ORDER[stage][:4]
        assert len(by_class(column, "focus-mark")) == is_focus


@every_metric
def test_relations_show_on_both_pages_with_the_word_for_that_side(get, slug):
    """A relation that both files state keeps the words of each file on its own page."""
    shown = {
        hrefs(row)[0]: words(row.find(".//small")) for row in get(at(slug)).all("section[@id='related']/ul/li")
    }
    expected = {}
    for each in Relation.objects.filter(other=slug):
        expected[at(each.metric_id)] = vocabulary.RELATIONS[vocabulary.MIRRORED[each.kind]]
    for each in Relation.objects.filter(metric=slug):
        expected[at(each.other_id)] = vocabulary.RELATIONS[each.kind]
    assert shown == expected
    assert at(slug) not in shown


def test_mirrored_relation_gives_back_the_first():
    assert {vocabulary.MIRRORED[vocabulary.MIRRORED[kind]] for kind in vocabulary.RELATIONS} == set(
        vocabulary.RELATIONS
    )


def test_relation_named_in_one_file_only_is_found_on_the_other_page(client, db):
    Relation.objects.all().delete()
    Relation.objects.create(
        metric_id="escalation-rate", other_id="time-to-value", kind="drives", why="A reason.", position=0
    )
    for slug, other, kind in (
        ("escalation-rate", "time-to-value", "drives"),
        ("time-to-value", "escalation-rate", "driven-by"),
    ):
        (row,) = Page(slug, client.get(at(slug))).all("section[@id='related']/ul/li")
        assert hrefs(row) == [at(other)]
        assert vocabulary.RELATIONS[kind] in words(row)
        assert "A reason." in words(row)


# -- Benchmarks --


@every_metric
def test_each_benchmark_row_says_how_it_is_known_and_when(get, slug):
    page = get(at(slug))
    this_year = datetime.datetime.now(tz=datetime.UTC).year
    rows = list(Benchmark.objects.filter(metric=slug).prefetch_related("sources"))
    assert sorted(each.get("id") for each in page.all("tbody[@id]")) == sorted(
        f"benchmark-{row.position + 1}" for row in rows
    )
    for row in rows:
        shown = page.by_id(f"benchmark-{row.position + 1}")
        (evidence,) = by_class(shown, "is-evidence")
        assert row.basis.capitalize() in words(evidence)
        assert by_class(evidence, "basis")[0].find(".//use").get("href") == f"#basis-{row.basis}"
        assert (str(row.year) if row.year else "undated") in words(evidence)
        assert bool(by_class(evidence, "tag")) == (row.year is not None and row.year <= this_year - 2)
        assert [each for each in hrefs(evidence) if each[0] == "#"] == [
            f"#source-{number}" for number in sorted(each.number for each in row.sources.all())
        ]
        assert words(by_class(shown, "is-note")[0])


@every_metric
def test_rows_of_little_evidence_are_outlined_and_the_others_filled(get, slug):
    page = get(at(slug))
    for row in Benchmark.objects.filter(metric=slug):
        band = by_class(page.by_id(f"benchmark-{row.position + 1}"), "band")[0]
        outlined = row.confidence == "low" or row.treat_as == "orientation"
        assert ("band--outlined" in band.get("class").split()) == outlined, row


def test_low_confidence_reads_and_looks_different_from_a_measurement(get):
    low = Benchmark.objects.filter(confidence="low", treat_as="").first()
    measured = Benchmark.objects.filter(basis="published", confidence="medium", treat_as="").first()
    looks, said = [], []
    for row in (low, measured):
        shown = get(at(row.metric_id)).by_id(f"benchmark-{row.position + 1}")
        looks.append(by_class(shown, "band")[0].get("class"))
        said.append(words(by_class(shown, "is-evidence")[0].find("small")).split(",")[0])
    assert looks == ["band band--outlined", "band"]
    assert said[0] != said[1]


@every_metric
def test_figures_of_a_row_are_printed_and_said_by_its_chart(get, slug):
    page = get(at(slug))
    for row in Benchmark.objects.filter(metric=slug):
        shown = page.by_id(f"benchmark-{row.position + 1}")
        printed, said = words(shown), by_class(shown, "band")[0].get("aria-label")
        for figure in (row.weak, row.low, row.high, row.strong, row.median, row.point):
            if figure is not None:
                number = vocabulary.number(figure)
                assert number in printed
                assert number in said


@every_metric
def test_every_known_part_of_a_band_is_drawn_inside_the_chart(get, slug):
    page = get(at(slug))
    for row in Benchmark.objects.filter(metric=slug):
        known = {
            "weak": row.weak is not None,
            "typical": row.low is not None and row.high is not None,
            "strong": row.strong is not None,
        }
        shown = page.by_id(f"benchmark-{row.position + 1}")
        for kind, is_known in known.items():
            parts = by_class(shown, f"band__{kind}")
            assert len(parts) == is_known, (row, kind)
            for part in parts:
                x, width = (float(part.get(key).removesuffix("%")) for key in ("x", "width"))
                assert x >= 0, (row, kind)
                assert width > 0, (row, kind)
                assert x + width <= 100.01, (row, kind)


@every_metric
def test_rows_that_measure_something_else_stand_in_tables_of_their_own(get, slug):
    measures = {f"benchmark-{each.position + 1}": each.measures for each in Benchmark.objects.filter(metric=slug)}
    seen = []
    for table in get(at(slug)).all("section[@id='benchmarks']//table"):
        rows = [each.get("id") for each in table.findall("tbody") if each.get("id")]
        assert len({measures[each] for each in rows}) <= 1
        if rows and measures[rows[0]]:
            assert one_line(measures[rows[0]]) in words(table.find("caption"))
        seen += rows
    assert sorted(seen) == sorted(measures)


def test_some_rows_measure_something_else():
    assert any(row.get("measures") for each in CONTENT.values() for row in each["benchmarks"])


# -- Reuse --


@every_metric
def test_citation_names_metric_version_day_and_address(get, slug):
    page, metric = get(at(slug)), Metric.objects.get(slug=slug)
    (cite, *_) = page.by_class("copyable")
    assert words(cite) == one_line(
        f"“{metric.name}.” CS Metrics, content version {ContentVersion.current().short}, "
        f"last changed {metric.changed:%B} {metric.changed.day}, {metric.changed.year}. "
        f"https://example.test{at(slug)}. CC BY 4.0."
    )


def test_snippet_is_a_frame_of_the_card_at_the_stage_of_the_page(get):
    for query in ("", "?stage=walk"):
        (_, snippet) = get(f"{METRIC}{query}").by_class("copyable")
        (frame,) = parse(words(snippet), is_fragment=True)[0].iter("iframe")
        assert frame.get("src") == f"https://example.test/embed/net-revenue-retention/{query}"
        assert "Net Revenue Retention" in frame.get("title")
        assert get(frame.get("src").removeprefix("https://example.test")).status == 200


def test_history_tells_the_changes_of_the_metric_and_of_the_whole_directory(client, db):
    for place, (slug, touched) in enumerate(
        {"mine": ["time-to-value"], "theirs": ["escalation-rate"], "all": []}.items(), start=-3
    ):
        Change.objects.create(
            slug=slug,
            position=place + 3,
            date="2026-12-01",
            kind="correction",
            title=slug,
            text="",
            metrics=touched,
        )
    Change.objects.filter(slug="first-edition").update(position=9)
    page = Page("ttv", client.get(at("time-to-value")))
    told = [words(each.find(".//strong")) for each in by_class(page.by_id("reuse"), "history")[0]]
    assert told == ["mine.", "all.", "First edition: 24 metrics, three stages and an assessment."]
    assert "Correction" in words(page.by_id("reuse"))


@every_metric
def test_page_leads_to_itself_as_data_and_as_markdown(get, slug):
    page = get(at(slug))
    forms = {each.get("type"): each.get("href") for each in page.all("link[@rel='alternate']")}
    assert forms["application/json"] == f"/api/v1/metrics/{slug}.json"
    assert forms["text/markdown"] == f"/metrics/{slug}.md"
    assert {*forms.values()} - {"/changes.atom"} <= set(hrefs(page.by_class("trust")[0]))


# -- The reader's stage and segment --


def test_no_stage_and_no_segment_mark_nothing(get):
    assert not get(METRIC).by_class("is-mine")
    assert not get(METRIC).by_class("chart-mine")


@pytest.mark.parametrize("stage", STAGES)
def test_stage_is_marked_in_profile_and_guidance(get, stage):
    page = get(f"{METRIC}?stage={stage}")
    (mine,) = page.by_class("is-mine")
    assert hrefs(mine)[0] == f"/stages/{stage}/"
    assert len(by_class(page.by_class("profile-key")[0], "is-yours")) == 1
    assert "chart-mine" in page.by_class("profile-key")[0].findall(".//use")[STAGES.index(stage)].get("class", "")


@pytest.mark.parametrize("segment", SEGMENTS)
def test_segment_is_marked_in_its_rows_and_its_note(get, segment):
    page = get(f"{METRIC}?segment={segment}")
    marked = [each.get("id") for each in page.by_class("is-mine") if each.tag == "tbody"]
    rows = Benchmark.objects.filter(metric="net-revenue-retention", segment=segment)
    assert marked == [f"benchmark-{row.position + 1}" for row in rows]
    assert marked
    (note,) = [each for each in page.by_class("is-mine") if each.tag == "div"]
    assert words(note.find("h4")).endswith(" yours")
    current = page.one("nav[@aria-label='Your segment']//a[@aria-current='true']")
    assert f"segment={segment}" in current.get("href")


def test_segment_links_keep_the_stage_and_arrive_at_the_benchmarks(get):
    links = hrefs(get(f"{METRIC}?stage=run&segment=smb").one("nav[@aria-label='Your segment']"))
    expected = [f"{METRIC}?stage=run&segment={segment}#benchmarks" for segment in SEGMENTS]
    assert links == [*expected, f"{METRIC}?stage=run#benchmarks"]


def test_stage_can_be_dropped_without_the_segment(get):
    assert f"{METRIC}?segment=smb#stages" in get(f"{METRIC}?stage=run&segment=smb").links


def test_stage_and_segment_travel_along_to_other_metrics(get):
    page = get(f"{METRIC}?stage=run&segment=smb")
    others = [*hrefs(page.one("section[@id='related']/ul")), *hrefs(page.by_class("neighbors")[0])]
    assert others
    assert {each.partition("?")[2] for each in others} == {"stage=run&segment=smb"}
    assert hrefs(page.one("nav[@aria-label='You are here']")) == ["/?stage=run", "/?stage=run&category=revenue"]


@pytest.mark.parametrize("key", ["stage", "segment"])
def test_unknown_value_is_left_out_with_a_notice(get, key):
    page = get(f"{METRIC}?{key}=%3Cb%3Etiny")
    assert page.status == 200
    (notice,) = notices(page)
    assert "<b>tiny" in notice
    assert "<b>tiny" not in page.text
    assert not page.by_class("is-mine")


def test_plain_page_has_no_notice(get):
    assert not notices(get(METRIC))
    assert not notices(get(f"{METRIC}?stage=&segment=&page=2"))


# -- The way to others --


def neighbors(page):
    return [
        [each.partition("?")[0] for each in hrefs(part)] for part in page.by_class("neighbors")[0].findall("p")
    ]


def expected_neighbors(slug, order):
    place = order.index(slug)
    before = [at(order[place - 1])] if place else []
    return [before, [at(each) for each in order[place + 1 : place + 2]]]


@every_metric
def test_previous_and_next_follow_the_directory(get, slug):
    assert neighbors(get(at(slug))) == expected_neighbors(slug, METRICS)


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("place", [0, 1, 4, 22, 23])
def test_previous_and_next_follow_the_stage(get, stage, place):
    slug = ORDER[stage][place]
    assert neighbors(get(f"{at(slug)}?stage={stage}")) == expected_neighbors(slug, ORDER[stage])


@pytest.mark.parametrize("order", ["directory", *STAGES])
def test_ends_of_the_order_have_one_neighbor(get, order):
    query = "" if order == "directory" else f"?stage={order}"
    first, last = ORDER[order][0], ORDER[order][-1]
    assert [len(each) for each in neighbors(get(f"{at(first)}{query}"))] == [0, 1]
    assert [len(each) for each in neighbors(get(f"{at(last)}{query}"))] == [1, 0]


# -- Addresses --


@pytest.mark.parametrize("method", ["get", "head"])
def test_old_slug_leads_on_for_good_with_the_query_string(client, db, method):
    Redirect.objects.create(old="stickiness", new="dau-mau-ratio")
    answer = getattr(client, method)("/metrics/stickiness/?stage=walk&category=a%26b")
    assert answer.status_code == 301
    assert answer.headers["Location"] == "/metrics/dau-mau-ratio/?stage=walk&category=a%26b"
    assert getattr(client, method)("/metrics/stickiness/").headers["Location"] == "/metrics/dau-mau-ratio/"


def test_live_slug_wins_over_a_redirect(client, db):
    Redirect.objects.create(old="dau-mau-ratio", new="time-to-value")
    assert client.get("/metrics/dau-mau-ratio/").status_code == 200


@pytest.mark.parametrize(
    ("wanted", "meant"),
    [
        ("net-revenue-retenton", "net-revenue-retention"),
        ("Time-To-Value", "time-to-value"),
        ("NPS", "net-promoter-score"),
        ("dau-mau", "dau-mau-ratio"),
    ],
)
def test_misspelt_slug_offers_the_metric_that_was_meant(get, wanted, meant):
    page = get(at(wanted))
    assert page.status == 404
    offered = hrefs(page.one("section[@aria-labelledby='ways-head']"))
    assert at(meant) in offered
    assert len(offered) <= 5


def test_missing_last_slash_is_added(client, db):
    answer = client.get("/metrics/time-to-value?stage=walk")
    assert (answer.status_code, answer.headers["Location"]) == (301, "/metrics/time-to-value/?stage=walk")


# -- Queries --


@pytest.mark.parametrize("slug", ["net-revenue-retention", "time-to-value", "customer-success-qualified-leads"])
@pytest.mark.parametrize("query", ["", "?stage=walk&segment=smb", "?stage=sprint&segment=tiny"])
def test_page_takes_ten_queries(db, django_assert_num_queries, slug, query):
    """Metric, priorities, segments, sources, benchmarks, neighbors, relations, priorities of the related,

    and for the last section the content version and the changes.
    """
    client = Client()
    with django_assert_num_queries(10):
        client.get(at(slug) + query)


@every_metric
def test_no_page_takes_more_than_ten_queries(db, django_assert_max_num_queries, slug):
    client = Client()
    with django_assert_max_num_queries(10):
        client.get(at(slug))


# -- Spelling --


def test_days_stand_after_their_months(get):
    text = words(get(at("gross-revenue-retention")).one("main"))
    months = "January|February|March|April|May|June|July|August|September|October|November|December"
    assert re.search(rf"(?:{months}) \d{{1,2}}, \d{{4}}", text)
    assert not re.search(rf"\d (?:{months})\b", text)


def test_arithmetic_in_a_sentence_has_minus_signs_and_does_not_break(get):
    assert "p\u00a0+\u00a0d\u00a0−\u00a0(p\u00a0−\u00a0d)" in get(at("net-promoter-score")).text
