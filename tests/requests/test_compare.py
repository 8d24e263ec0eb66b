"""The comparison at `/compare/`: two to four metrics side by side, and the list to choose from."""

from urllib.parse import urlencode

import pytest
from django.test import Client

from directory.models import Benchmark, Metric

from .page import CONTENT, METRICS, SEGMENTS, STAGES, by_class, hrefs, level, notices, one_line, words
from .swap import HTMX

PAIR = ["gross-revenue-retention", "net-revenue-retention"]
FOUR = ["time-to-value", "net-promoter-score", "customer-lifetime-value", "csm-ai-adoption-rate"]
ROWS = [
    *("What it is", "Formula", "Unit", "Direction", "Signal", "Cadence", "Priority", "Benchmarks"),
    "When to prefer it",
]


def at(*slugs, **more):
    return f"/compare/?{urlencode({'metrics': ','.join(slugs), **more}, safe=',')}"


def columns(page):
    return [hrefs(each)[0].split("/")[2] for each in page.all("table/thead/tr/th") if hrefs(each)]


def row(page, name):
    (found,) = [each for each in page.all("tbody/tr") if words(each.find("th")) == name]
    return [words(each) for each in found.findall("td")]


def ticked(page):
    return [each.get("value") for each in page.all("input[@name='metrics']") if each.get("checked") is not None]


# -- Which metrics --


@pytest.mark.parametrize("slugs", [PAIR, PAIR[::-1], FOUR[:3], FOUR])
def test_metrics_stand_in_the_order_of_the_address(get, slugs):
    page = get(at(*slugs))
    assert columns(page) == slugs
    assert not notices(page)
    assert [words(each.find("th")) for each in page.all("tbody/tr")] == ROWS


def test_the_parameter_may_be_repeated_as_a_form_does(get):
    query = urlencode([("metrics", slug) for slug in FOUR])
    assert columns(get(f"/compare/?{query}")) == FOUR
    assert columns(get("/compare/?metrics=time-to-value,net-promoter-score&metrics=dau-mau-ratio")) == [
        *FOUR[:2],
        "dau-mau-ratio",
    ]


@pytest.mark.parametrize("query", ["", "?metrics=", "?metrics=,,&metrics=+", "?metrics=nothing"])
def test_without_metrics_there_is_the_list_to_choose_from(get, query):
    page = get(f"/compare/{query}")
    assert not page.has("table")
    assert sorted(each.get("value") for each in page.all("input[@name='metrics']")) == sorted(METRICS)
    assert ticked(page) == []


def test_one_metric_needs_another(get):
    page = get(at("time-to-value"))
    assert not page.has("table")
    assert "Time to Value needs at least one other beside it." in words(page.one("main"))
    assert ticked(page) == ["time-to-value"]


def test_the_same_metric_twice_stands_once(get):
    assert columns(get(at(*PAIR, PAIR[0]))) == PAIR


def test_too_many_are_cut_and_named(get):
    page = get(at(*FOUR, "dau-mau-ratio", "escalation-rate"))
    assert columns(page) == FOUR
    assert notices(page) == [
        "Four metrics fit side by side. Left out: DAU/MAU Ratio (Stickiness), Escalation Rate."
    ]


def test_an_unknown_slug_is_left_out_and_the_one_meant_is_named(get):
    page = get(at(*PAIR, "net-promotor-score", "<b>x"))
    assert columns(page) == PAIR
    assert notices(page) == [
        "There is no metric “net-promotor-score”, so it was left out."
        " Did you mean Net Promoter Score (net-promoter-score)?",
        "There is no metric “<b>x”, so it was left out.",
    ]
    assert "<b>x" not in page.text


def test_unknown_names_beyond_four_are_counted(get):
    page = get(at(*PAIR, *(f"no-such-{number}" for number in range(7))))
    assert columns(page) == PAIR
    assert len(notices(page)) == 5
    assert notices(page)[-1] == "3 more names left out: no metric has them."
    assert notices(get(at(*PAIR, *"56789")))[-1] == "1 more name left out: no metric has it."


def test_an_abbreviation_leads_to_its_metric_which_is_ticked(get):
    page = get("/compare/?metrics=GRR,NRR")
    hints = [each.rpartition(" Did you mean ")[2] for each in notices(page)]
    assert hints == [
        "Gross Revenue Retention (gross-revenue-retention)?",
        "Net Revenue Retention (net-revenue-retention)?",
    ]
    assert notices(page)[0].startswith("There is no metric “GRR”, so it was left out.")
    assert sorted(ticked(page)) == PAIR
    assert sorted(ticked(get(at(*FOUR[:3], "GRR", "NRR")))) == sorted([*FOUR[:3], PAIR[0]])


@pytest.mark.parametrize("value", ["\0", "x" * 5000, ",".join(METRICS * 200), "%ff", "😀", "../../etc", "'"])
def test_hostile_values_are_answered(db, value):
    answer = Client().get("/compare/", {"metrics": value})
    assert answer.status_code == 200
    assert len(answer.content) < 120_000


# -- What stands there --


def test_cells_say_what_the_content_says(get):
    page = get(at(*PAIR))
    metrics = [Metric.objects.get(slug=slug) for slug in PAIR]
    assert row(page, "What it is") == [" ".join(each.page["definition"]["lead"].split()) for each in metrics]
    assert row(page, "Unit") == ["Percent from 0 to 100", "Percent from 0, no upper limit"]
    assert row(page, "Direction") == ["Higher is better"] * 2
    assert all(text.startswith("Monthly ") for text in row(page, "Cadence"))
    assert len(page.all("table//math")) == 2


@pytest.mark.parametrize("stage", [None, *STAGES])
def test_priorities_are_drawn_and_said(get, stage):
    page = get(at(*FOUR, **({"stage": stage} if stage else {})))
    for slug, text in zip(FOUR, row(page, "Priority"), strict=True):
        assert text == " ".join(f"{level(slug, each).title()} at {each.title()}" for each in STAGES)
    assert len(page.all("table//svg[@class='priority-profile']")) == 4
    assert len(by_class(page.one("table"), "is-yours")) == (4 if stage else 0)


@pytest.mark.parametrize("segment", SEGMENTS)
def test_benchmarks_are_those_of_the_segment_with_their_basis(get, segment):
    for slug, text in zip(PAIR, row(get(at(*PAIR, segment=segment)), "Benchmarks"), strict=True):
        rows = Benchmark.objects.filter(metric=slug, segment=segment, measures="")
        assert any(each.basis.capitalize() in text for each in rows)
        name = {"smb": "SMB", "mid-market": "Mid-market", "enterprise": "Enterprise"}
        assert text.startswith(name[segment])
        assert not any(other in text for key, other in name.items() if key != segment)


def test_without_a_segment_all_three_are_given(get):
    for text in row(get(at(*PAIR)), "Benchmarks"):
        assert all(name in text for name in ("SMB", "Mid-market", "Enterprise"))


def test_rows_of_related_measures_are_not_given_as_benchmarks(get):
    text = row(get(at("csm-ai-adoption-rate", "time-to-value")), "Benchmarks")[0]
    assert "No row measures this metric itself" in text


def test_a_segment_without_a_row_of_its_own_is_named(get):
    cell = row(get(at("onboarding-completion-rate", "time-to-value", segment="enterprise")), "Benchmarks")[0]
    assert "No row for enterprise customers. There are rows for SMB customers and mid-market customers." in cell
    assert "No row measures" not in cell


@pytest.mark.parametrize("more", [{}, {"segment": "enterprise"}])
def test_rows_of_several_kinds_within_a_segment_all_stand_there(get, more):
    net = row(get(at(*PAIR, **more)), "Benchmarks")[1]
    assert "Enterprise, large expansion headroom" in net
    assert "Enterprise, limited headroom" in net
    assert net.count("SMB.") == (0 if more else 1)


@pytest.mark.parametrize("segment", SEGMENTS)
def test_rows_for_orientation_give_their_range_and_judge_nothing(get, segment):
    shown = row(get(at("escalation-rate", "customer-lifetime-value", segment=segment)), "Benchmarks")
    for text in shown:
        assert "For orientation, not to judge by: " in text
        assert "eak over" not in text
        assert "strong" not in text


def test_the_range_of_a_row_for_orientation(get):
    text = row(get(at("escalation-rate", "time-to-value", segment="smb")), "Benchmarks")[0]
    assert text.startswith("SMB. For orientation, not to judge by: 5–8 %. Practitioner – orientation only,")


def test_which_to_prefer_names_the_stages_and_the_others(get):
    gross, net = row(get(at(*PAIR)), "When to prefer it")
    assert "Highest priority of these at Crawl and Walk." in gross
    assert "Highest priority of these at Run." in net
    assert "With Net Revenue Retention:" in gross
    assert "With Gross Revenue Retention:" in net
    assert "When not to trust it:" in gross


def test_every_column_says_when_to_prefer_it(get):
    """By its ranks beside the others, and by what the content says for the stage where it weighs most."""
    chosen = ["annual-recurring-revenue", "customer-effort-score", "escalation-rate"]
    revenue, effort, escalation = row(get(at(*chosen)), "When to prefer it")
    assert revenue.startswith(
        "Highest priority of these at Walk and Run. At Run: ARR is the language of the board:"
    )
    assert effort.startswith(
        "Ranks below the others at every stage. At Run: Rises to medium: it may enter the health score"
    )
    assert escalation.startswith(
        "Highest priority of these at Crawl. At Run: Rises to high: cases are many enough,"
    )
    assert row(get(at(*chosen[:2])), "When to prefer it")[1].startswith("Ranks below the other at every stage.")


def test_what_is_first_nowhere_says_what_it_ranks_above(get):
    chosen = ["time-to-first-value", "gross-revenue-retention", "escalation-rate", "customer-effort-score"]
    assert row(get(at(*chosen)), "When to prefer it")[2].startswith("Ranks above CES at every stage.")


@pytest.mark.parametrize("stage", STAGES)
def test_the_reason_is_that_of_the_chosen_stage(get, stage):
    for slug, text in zip(FOUR, row(get(at(*FOUR, stage=stage)), "When to prefer it"), strict=True):
        assert f"At {stage.title()}: {one_line(CONTENT[slug]['stages'][stage]['reason'])}" in text


def test_a_formula_is_broken_to_the_width_of_its_column(get):
    """In 34 characters of three or four columns, so that none runs over its neighbor."""
    page = get(at(*PAIR, "annual-recurring-revenue", "customer-effort-score"))
    lines = [line for cell in page.all("tbody/tr")[1].findall("td") for line in cell.find("div").iter("mtr")]
    assert len(lines) > 15
    assert all(len(words(line)) <= 34 for line in lines if line.find(".//mtr") is None)


def test_nothing_leads_to_a_source_that_is_not_on_the_page(get):
    page = get(at(*FOUR))
    within = {each.removeprefix("#") for each in page.links if each.startswith("#")}
    assert within <= set(page.ids)


# -- The way around --


def test_one_can_be_removed_while_two_remain(get):
    page = get(at(*FOUR[:3], segment="smb", stage="walk"))
    links = [each for each in hrefs(page.one("table/thead")) if each.startswith("/compare/")]
    assert links[0] == at(*FOUR[1:3], stage="walk", segment="smb")
    assert len(links) == 3
    assert not [each for each in hrefs(get(at(*PAIR)).one("table/thead")) if each.startswith("/compare/")]


def test_segment_links_keep_metrics_and_stage(get):
    page = get(at(*PAIR, stage="run", segment="smb"))
    links = hrefs(page.one("nav[@aria-label='Your segment']"))
    assert links == [*(at(*PAIR, stage="run", segment=each) for each in SEGMENTS), at(*PAIR, stage="run")]


def test_every_metric_page_leads_here_with_its_relatives(get):
    for slug in METRICS:
        (link,) = [each for each in get(f"/metrics/{slug}/").links if each.startswith("/compare/?")]
        compared = columns(get(link))
        assert compared[0] == slug
        assert len(compared) == 3
        assert {each["metric"] for each in CONTENT[slug]["related"]} & set(compared)


@pytest.mark.parametrize("address", ["/", "/?stage=walk", "/?category=usage", "/?sort=name"])
def test_the_directory_has_a_box_for_each_metric_and_a_tray(get, address):
    page = get(address)
    form = page.by_id("compare")
    assert (form.get("action"), form.get("method")) == ("/compare/", "get")
    boxes = page.all("input[@name='metrics']")
    assert [each.get("value") for each in boxes] == page.metrics
    assert {each.get("form") for each in boxes} == {"compare"}
    assert all(words(label).startswith("Compare ") for label in page.by_class("pick"))
    stages = [each.get("value") for each in form.iter("input")]
    assert stages == ([page.path.partition("stage=")[2]] if "stage=" in page.path else [])


def test_an_empty_directory_has_no_tray(db):
    Metric.objects.all().delete()
    assert b'id="compare"' not in Client().get("/").content


def test_boxes_outlive_a_swap(db):
    """htmx keeps an element of the old page where both have it under one id and it asks to be kept."""
    fragment = Client(headers=HTMX).get("/?stage=walk").content.decode()
    assert fragment.count('data-hx-preserve="true"') == 24


# -- For others --


def test_comparisons_are_kept_out_of_search_and_the_list_is_not(get):
    assert get(at(*PAIR)).meta("robots") == "noindex, follow"
    assert get("/compare/").meta("robots") is None
    assert get(at(*PAIR)).title == "GRR and NRR, side by side · CS Metrics"


@pytest.mark.parametrize(
    ("query", "count"), [("", 3), ("?metrics=nothing", 3), ("?metrics=time-to-value,dau-mau-ratio", 8)]
)
def test_queries(db, django_assert_num_queries, query, count):
    """The list, stages, segments; then the metrics, priorities, benchmarks, their sources, relations."""
    client = Client()
    with django_assert_num_queries(count):
        client.get(f"/compare/{query}")


def test_four_take_no_more_queries_than_two(db, django_assert_num_queries):
    client = Client()
    with django_assert_num_queries(8):
        client.get(at(*FOUR, stage="walk", segment="smb"))
