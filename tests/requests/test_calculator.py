"""The calculator on the page of a metric: what is typed, what comes out, and what the benchmark rows say of it."""

import copy
import datetime
from decimal import Decimal
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from django.test import Client

from directory.loader.checks import stated_precision
from directory.loader.render import typographic
from directory.models import Benchmark

from .page import CONTENT, METRICS, SEGMENTS, Page, by_class, hrefs, one_line, source_text, words
from .swap import HTMX, fragment_of

every_metric = pytest.mark.parametrize("slug", METRICS)

GRR = "gross-revenue-retention"
YEAR = {"starting_arr": "2400000", "contraction_arr": "84000", "churned_arr": "180000"}
NPS = {"promoters": 62, "passives": 38, "detractors": 25}
EXAMPLES = [
    pytest.param(slug, example, id=f"{slug}-{number}")
    for slug in METRICS
    for number, example in enumerate(CONTENT[slug].get("public_examples", []), start=1)
]
VARIANTS = [
    pytest.param(slug, variant, id=variant["id"])
    for slug in METRICS
    for variant in CONTENT[slug]["formula"].get("variants", [])
    if variant.get("expression")
]


def at(slug, values=(), **more):
    query = urlencode({**dict(values), **more})
    return f"/metrics/{slug}/?{query}" if query else f"/metrics/{slug}/"


def result(page):
    """What the page gives to programs."""
    element = page.by_id("result")
    assert element.tag == "data"
    return Decimal(element.get("value"))


def has_result(page):
    return "result" in page.ids


def said(page):
    return words(page.by_id("calculation"))


def note(page, name):
    return words(page.by_id(f"note-{name}"))


def verdicts(page):
    return [words(each.find("p/strong")) for each in by_class(page.by_id("calculation"), "judgment")]


def inputs_of(slug):
    return CONTENT[slug]["formula"]["inputs"]


# -- The form --


@every_metric
def test_every_page_asks_for_each_input_with_its_label_and_help(get, slug):
    page = get(at(slug))
    form = page.one("form[@data-calculator]")
    assert (form.get("method"), form.get("action")) == ("get", f"{at(slug)}#answer")
    fields = {each.get("name"): each for each in form.iter("input") if each.get("type") == "text"}
    assert list(fields) == [each["name"] for each in inputs_of(slug)]
    for each in inputs_of(slug):
        field = fields[each["name"]]
        assert field.get("inputmode") == ("numeric" if each["unit"] == "count" else "decimal")
        assert field.get("maxlength") == "40"
        labels = [every for every in form.iter("label") if every.get("for") == field.get("id")]
        assert len(labels) == 1
        note_id, hint_id = field.get("aria-describedby").split()
        assert {note_id, hint_id} <= set(page.ids)
        assert words(page.by_id(hint_id))
        assert field.get("value", "") == (str(each["default"]) if each.get("default") is not None else "")


@every_metric
def test_without_numbers_there_is_no_result_and_the_page_is_found(get, slug):
    page = get(at(slug))
    assert not has_result(page)
    assert page.meta("robots") is None


def test_enter_works_it_out_and_does_not_change_the_definition(get):
    """The first button of a form is the one that Enter presses."""
    for slug in METRICS:
        first = next(get(at(slug)).one("form[@data-calculator]").iter("button"))
        assert (words(first), first.get("name")) == ("Work it out", None)


@every_metric
def test_every_definition_with_an_expression_can_be_chosen(get, slug):
    form = get(at(slug)).one("form[@data-calculator]")
    offered = [each.get("value") for each in form.iter("button") if each.get("name") == "variant"]
    ids = [each["id"] for each in CONTENT[slug]["formula"].get("variants", []) if each.get("expression")]
    assert offered == (["", *ids] if ids else [])


# -- Examples --


@every_metric
def test_the_worked_example_fills_itself_in_and_gives_its_result(get, slug):
    (link,) = [each.get("href") for each in get(at(slug)).all("a") if words(each) == "Try the worked example"]
    path, _, anchor = link.partition("#")
    assert anchor == "answer"
    page = get(path)
    stated = Decimal(str(CONTENT[slug]["example"]["result"]))
    assert abs(result(page) - stated) <= stated_precision(stated)
    assert page.meta("robots") == "noindex, follow"


@pytest.mark.parametrize(("slug", "variant"), VARIANTS)
def test_the_example_of_a_variant_gives_its_result(get, slug, variant):
    page = get(at(slug, variant["example"]["inputs"], variant=variant["id"]))
    stated = Decimal(str(variant["example"]["result"]))
    assert abs(result(page) - stated) <= stated_precision(stated)
    assert words(by_class(page.tree, "calculator__definition")[0].find("h3")) == one_line(
        typographic(variant["name"])
    )
    assert page.has("form[@data-calculator]//math")


@pytest.mark.parametrize(("slug", "example"), EXAMPLES)
def test_public_examples_agree_where_the_content_says_so_and_nowhere_else(get, slug, example):
    variant = {"variant": example["variant"]} if example.get("variant") else {}
    page = get(at(slug, example["inputs"], **variant))
    stated = Decimal(str(example["result"]))
    tolerance = Decimal(str(example["tolerance"])) if "tolerance" in example else stated_precision(stated)
    agrees = has_result(page) and abs(result(page) - stated) <= tolerance
    assert agrees == example["agrees"]


def test_there_are_public_examples_of_both_kinds():
    kinds = [example.values[1]["agrees"] for example in EXAMPLES]
    assert kinds.count(True) > 40
    assert kinds.count(False) >= 4


# -- What people type --


def test_the_address_of_the_issue_gives_its_value(get):
    page = get(at(GRR, YEAR, segment="smb"))
    assert page.by_id("result").get("value") == "89.0"
    assert words(page.by_id("result")) == "89.0 %"


@pytest.mark.parametrize(
    "starting", ["2,400,000", "2.4m", "$ 2400k", "2 400 000", "2400000.00", "$2.4 million", "24,00,000"]
)
def test_numbers_are_read_as_typed_and_shown_back(get, starting):
    page = get(at(GRR, {**YEAR, "starting_arr": starting}))
    assert result(page) == 89
    assert page.by_id("input-starting_arr").get("value") == starting
    shown = "$2,400,000" if "$" in starting else "2,400,000"
    assert note(page, "starting_arr") == ("" if starting == shown else f"Read as {shown}.")


def test_a_decimal_comma_is_chosen(get):
    page = get(at(GRR, {**YEAR, "starting_arr": "2.400.000,0"}, decimal="comma"))
    assert result(page) == 89
    assert page.one("input[@name='decimal']").get("checked") is not None
    refused = get(at(GRR, {**YEAR, "starting_arr": "2.400.000,0"}))
    assert "decimal comma" in note(refused, "starting_arr")
    assert not has_result(refused)


def test_a_decimal_comma_is_echoed_and_a_doubtful_point_is_told(get):
    page = get(at(GRR, {**YEAR, "starting_arr": "$ 2400000,5", "churned_arr": "84,000"}, decimal="comma"))
    assert note(page, "starting_arr") == "Read as $2.400.000,5."
    assert note(page, "churned_arr") == "Read as 84. With the decimal point it would be 84,000."
    page = get(at(GRR, {**YEAR, "churned_arr": "84.000"}))
    assert note(page, "churned_arr") == "Read as 84. With the decimal comma it would be 84,000."
    days = get(at("time-to-value", {"days_waited_reached": "84.000"}))
    assert note(days, "days_waited_reached") == "Read as 84 days."


def test_shares_of_a_survey_are_typed_as_percent(get):
    values = {"promoters_pct": "49.6 %", "detractors_pct": "20%"}
    assert result(get(at("net-promoter-score", values, variant="percentage-form"))) == Decimal("29.6")
    page = get(at("net-promoter-score", {"promoters_pct": 80, "detractors_pct": 60}, variant="percentage-form"))
    assert note(page, "detractors_pct").startswith("Promoters and detractors together cannot exceed 100 %")
    assert not has_result(page)


def test_a_percent_is_typed_as_percent(get):
    values = {"acquisition_cost": 540000, "new_mrr": 36000, "gross_margin": "78 %"}
    assert result(get(at("cac-payback-period", values))) == Decimal("19.230769")
    small = get(at("cac-payback-period", {**values, "gross_margin": "0.78"}))
    assert note(small, "gross_margin") == "Read as 0.78 %, less than one percent. For 78 %, type 78."


def test_the_currency_typed_is_the_currency_shown(get):
    page = get(at(GRR, {**YEAR, "starting_arr": "$2.4m"}, segment="smb"))
    assert "About $24,000 less contraction or churned ARR would reach the strong band." in said(page)
    assert "$2,136,000" in said(page)


@pytest.mark.parametrize(("first", "other", "fits"), [("€1m", "$10k", False), ("USD 1m", "$10k", True)])
def test_two_currencies_are_not_added_up(get, first, other, fits):
    page = get(at(GRR, {"starting_arr": first, "contraction_arr": other, "churned_arr": 0}))
    assert has_result(page) == fits
    if not fits:
        told = "Two currencies were typed: € under “Starting ARR (or MRR)”, $ here. Type all amounts in one."
        assert note(page, "contraction_arr") == told
        assert not page.by_id("input-starting_arr").get("aria-invalid")


@pytest.mark.parametrize(
    ("sign", "is_judged"), [("€", False), ("CAD ", False), ("$", True), ("US$", True), ("", True)]
)
def test_bands_in_dollars_judge_no_other_currency(get, sign, is_judged):
    values = {"recurring_value": f"{sign}200k", "term_years": 1, "contracts": 1}
    page = get(at("annual-contract-value", values, variant="recurring-only"))
    assert bool(verdicts(page)) == is_judged
    if not is_judged:
        assert f"No verdict. The benchmark rows are in US dollars, and you typed {sign.strip()}." in said(page)
    assert bool(by_class(page.by_id("benchmarks"), "band__you")) == is_judged
    growth = {"arr_now": f"{sign}5m", "arr_year_ago": f"{sign}4m"}
    assert verdicts(get(at("annual-recurring-revenue", growth, variant="year-over-year-growth")))


def test_above_a_target_range_is_no_call_to_shrink(get):
    values = {"recurring_value": "$200k", "term_years": 1, "contracts": 1}
    text = said(get(at("annual-contract-value", values, variant="recurring-only")))
    assert "The usual range is $25,000–$100,000. It ends at $100,000, $100,000 down." in text
    assert "would reach" not in text


def test_what_is_missing_is_named_and_linked(get):
    page = get(at(GRR, {"starting_arr": "100"}))
    assert said(page).startswith("Still needed: Contraction; Churned.")
    assert hrefs(page.by_id("calculation")) == ["#input-contraction_arr", "#input-churned_arr"]
    assert page.by_id("input-churned_arr").get("aria-invalid") is None


def test_an_input_with_a_default_may_stay_empty(get):
    values = {"recurring_value": 270000, "term_years": 3}
    page = get(at("annual-contract-value", values))
    assert result(page) == 90000
    assert note(page, "services_value") == "Taken as 0."


# -- What may not be --


@pytest.mark.parametrize(
    ("slug", "values", "field"),
    [
        (GRR, {"starting_arr": 100, "contraction_arr": 60, "churned_arr": 41}, "churned_arr"),
        ("logo-retention-rate", {"starting_customers": 10, "churned_customers": 11}, "churned_customers"),
        ("dau-mau-ratio", {"average_dau": 11, "mau": 10}, "average_dau"),
        ("escalation-rate", {"accounts_escalated": 11, "active_accounts": 10}, "accounts_escalated"),
    ],
)
def test_a_broken_rule_is_told_beside_its_field_in_the_words_of_the_content(get, slug, values, field):
    page = get(at(slug, values))
    (rule,) = CONTENT[slug]["formula"]["constraints"]
    assert note(page, field) == one_line(typographic(rule["message"]))
    assert page.by_id(f"input-{field}").get("aria-invalid") == "true"
    assert by_class(page.one("form[@data-calculator]"), "field-error")
    assert not has_result(page)


IMPOSSIBLE = [
    ("customer-success-qualified-leads", "acceptance-rate", (10, 12), "csqls_accepted"),
    ("onboarding-completion-rate", "on-time-project-delivery", (12, 10), "projects_on_time"),
    ("monthly-recurring-revenue", "gross-loss-rate", (100, 80, 80), "churned_mrr"),
    ("logo-retention-rate", "end-minus-new", (10, 30, 5), "ending_customers"),
    ("logo-retention-rate", "end-minus-new", (10, 3, 5), "new_customers"),
    ("customer-effort-score", "mean-from-sum", (1000, 10), "sum_of_scores"),
    ("customer-effort-score", "mean-from-sum", (9, 10), "sum_of_scores"),
    ("annual-recurring-revenue", "arr-at-risk-share", (20, 10), "arr_flagged_at_risk"),
    ("customer-satisfaction-score", "satisfied-over-total", (11, 10), "satisfied_responses"),
    ("time-to-value", "cohort-median", (45, 30, 24, 10, 14), "upper_day"),
    ("time-to-value", "cohort-median", (30, 45, 24, 12, 11), "reached_by_upper_day"),
    ("time-to-value", "cohort-median", (30, 45, 100, 10, 14), "reached_by_upper_day"),
    ("time-to-value", "cohort-median", (30, 45, 24, 13, 14), "reached_by_lower_day"),
    ("time-to-first-value", "cohort-median", (30, 45, 24, 10, 25), "reached_by_upper_day"),
]


@pytest.mark.parametrize(("slug", "variant", "values", "field"), IMPOSSIBLE)
def test_a_variant_refuses_what_cannot_be_in_the_words_of_the_content(get, slug, variant, values, field):
    """No number, no verdict: the rule of the variant is told beside its field."""
    empty = get(at(slug, variant=variant))
    names = [each.get("name") for each in empty.one("form[@data-calculator]").iter("input")]
    names = [name for name in names if f"input-{name}" in empty.ids]
    page = get(at(slug, dict(zip(names, values, strict=True)), variant=variant))
    (content,) = [each for each in CONTENT[slug]["formula"]["variants"] if each.get("id") == variant]
    messages = [
        one_line(typographic(each["message"])) for each in content["constraints"] if each["field"] == field
    ]
    assert note(page, field) in messages
    assert not has_result(page)
    assert not verdicts(page)


def test_a_result_above_100_percent_that_may_be_is_explained_and_not_judged(get):
    """Shared seats can do that; it would be wrong to call it strong."""
    page = get(at("product-adoption-rate", {"active_users": 1300, "eligible_users": 1000}, segment="smb"))
    assert result(page) == 130
    assert "No verdict. This is over 100 %, with more under “Users who did the key action" in said(page)
    assert not verdicts(page)
    assert not by_class(page.by_id("calculation"), "field-error")


def test_a_number_beyond_its_bounds_is_told_beside_its_field(get):
    page = get(at("cac-payback-period", {"acquisition_cost": -1, "new_mrr": 5, "gross_margin": 101}))
    assert note(page, "acquisition_cost") == "This cannot be less than 0."
    assert note(page, "gross_margin") == "This cannot be more than 100 %."
    assert not has_result(page)


@every_metric
def test_zeros_are_a_normal_answer(get, slug):
    """A zero divisor gets the sentence of the content and no fault; a sum of nothing is nothing."""
    page = get(at(slug, dict.fromkeys((each["name"] for each in inputs_of(slug)), 0)))
    assert page.status == 200
    if has_result(page):
        assert result(page) == 0
    else:
        assert said(page) == one_line(typographic(CONTENT[slug]["formula"]["undefined"]))
        assert not page.has("*[@aria-invalid]")


def test_no_starting_revenue_is_no_fault_even_beside_a_broken_rule(get):
    page = get(at(GRR, {**YEAR, "starting_arr": 0}))
    assert said(page) == "GRR is not defined without starting revenue."


def test_a_faulty_base_blames_nothing_else(get):
    page = get(at(GRR, {"starting_arr": -5, "contraction_arr": 5, "churned_arr": 0}))
    assert note(page, "starting_arr") == "This cannot be less than 0."
    assert note(page, "churned_arr") == ""


def test_no_base_is_one_message(get):
    page = get(at(GRR, {"starting_arr": 0, "contraction_arr": 5, "churned_arr": 0}))
    assert said(page) == "GRR is not defined without starting revenue."
    assert not page.has("*[@aria-invalid]")
    assert not by_class(page.one("form[@data-calculator]"), "field-error")


def test_a_zero_that_the_sentence_is_not_about_keeps_its_own_message(get):
    page = get(at("annual-contract-value", {"recurring_value": 100, "term_years": 1, "contracts": 0}))
    assert note(page, "contracts") == "This cannot be less than 1."
    assert "not defined" not in said(page)
    page = get(at("annual-contract-value", {"recurring_value": 100, "term_years": 0}))
    assert said(page).startswith("ACV is not defined without a contract term.")


ABSURD = [
    "1e999",
    "9" * 400,
    "\0",
    "\x1b[31m",
    "٣٤",
    "５",
    "nan",
    "-inf",
    "<b>1</b>",
    "'\"",
    "{{ 1 }}",
    "%",
    "½",
    "5\x07",
]


@pytest.mark.parametrize("text", ABSURD)
def test_absurd_numbers_get_a_message(db, text):
    for headers in ({}, HTMX):
        answer = Client(headers=headers).get(at(GRR, {**YEAR, "churned_arr": text}))
        assert answer.status_code == 200
        assert "field-error" in answer.content.decode()
        assert 'id="result"' not in answer.content.decode()
        assert "\0" not in answer.content.decode()


def test_a_result_too_large_to_mean_anything_says_so(get):
    values = {"arpa": "1000bn", "gross_margin": "100", "churn_rate": "0.00000001"}
    assert "more than 15 digits" in said(get(at("customer-lifetime-value", values)))


def test_an_unknown_definition_is_left_out_with_a_notice(get):
    page = get(at(GRR, YEAR, variant="<b>mine"))
    assert "There is no definition “<b>mine” here" in words(page.by_id("calculator"))
    assert result(page) == 89


# -- The account --


def test_the_arithmetic_is_spelled_out_with_the_readers_numbers(get):
    page = get(at(GRR, YEAR))
    (table,) = by_class(page.by_id("calculation"), "ledger")
    lines = [(words(row.find("th")), words(row.find("td"))) for row in table.iter("tr")]
    assert lines == [
        ("Starting ARR", "2,400,000"),
        ("less contraction", "− 84,000"),
        ("less churned ARR", "− 180,000"),
        ("Remains", "2,136,000"),
        ("divided by starting ARR", "2,400,000"),
        ("GRR", "89.0 %"),
    ]
    assert "GRR = (starting ARR − contraction − churned ARR) ÷ starting ARR" in said(page)


def test_every_amount_of_an_account_has_the_sign_that_was_typed(get):
    def amounts(slug, values, variant):
        (table,) = by_class(get(at(slug, values, variant=variant)).by_id("calculation"), "ledger")
        return [words(row.find("td")) for row in table.iter("tr")]

    values = {"new_mrr": "$9,200", "expansion_mrr": 6100, "contraction_mrr": 2400, "churned_mrr": 3900}
    expected = ["$9,200", "$6,100", "$15,300", "$6,300", "2.4×"]
    assert amounts("monthly-recurring-revenue", values, "quick-ratio") == expected
    assert amounts("annual-recurring-revenue", {"mrr": "€5"}, "annual-run-rate") == ["€5", "12", "€60"]


def account(page):
    """The lines as printed: label, working, value."""
    (table,) = by_class(page.by_id("calculation"), "ledger")
    rows = []
    for row in table.iter("tr"):
        small = row.find("th/small")
        working = words(small) if small is not None else ""
        rows.append((words(row.find("th")).removesuffix(working).strip(), working, words(row.find("td"))))
    return rows


@pytest.mark.parametrize(
    ("slug", "values", "more", "line"),
    [
        (
            "cac-payback-period",
            {"acquisition_cost": "$540k", "new_mrr": "$36,000", "gross_margin": "78"},
            {},
            ("divided by new MRR × gross margin", "$36,000 × 78 %", "$28,080"),
        ),
        (
            "annual-recurring-revenue",
            {
                "monthly_plan_mrr": 42000,
                "annual_plan_value": 0,
                "multi_year_recurring_tcv": "€1.8m",
                "multi_year_term_years": 3,
            },
            {},
            ("plus recurring multi-year contract value ÷ term in years", "€1,800,000 ÷ 3 years", "€600,000"),
        ),
        (
            "net-promoter-score",
            NPS,
            {},
            ("divided by promoters + passives + detractors", "62 + 38 + 25", "125"),
        ),
        ("net-promoter-score", NPS, {}, ("times", "", "100")),
        (
            "time-to-value",
            {"days_waited_reached": 400, "days_waited_open": 140, "accounts_reached": 20},
            {},
            ("Together", "", "540 days"),
        ),
        (
            "time-to-first-value",
            {
                "lower_day": 10,
                "upper_day": 14,
                "cohort_accounts": 40,
                "reached_by_lower_day": 18,
                "reached_by_upper_day": 26,
            },
            {"variant": "cohort-median"},
            (
                "plus (0.5 × accounts in the cohort − reached by the earlier day)"
                " ÷ (reached by the later day − reached by the earlier day) × (later day − earlier day)",
                "(0.5 × 40 − 18) ÷ (26 − 18) × (14 days − 10 days)",
                "1 day",
            ),
        ),
    ],
)
def test_a_line_that_is_worked_out_says_from_which_numbers(get, slug, values, more, line):
    assert line in account(get(at(slug, values, **more)))


def test_the_worked_example_says_from_which_numbers_too(get):
    (table,) = by_class(get(at("cac-payback-period")).by_id("formula"), "ledger")
    assert "36,000 × 78 %" in words(table)


# -- The verdict --


@pytest.mark.parametrize(
    ("segment", "headline"),
    [
        ("smb", "By a rule of thumb, between typical and strong for SMB customers."),
        ("mid-market", "By a rule of thumb, typical for mid-market customers."),
        ("enterprise", "By a rule of thumb, weak for enterprise customers."),
    ],
)
def test_the_verdict_is_for_the_chosen_segment_and_names_its_row(get, segment, headline):
    page = get(at(GRR, YEAR, segment=segment))
    assert verdicts(page) == [headline]
    row = Benchmark.objects.get(metric=GRR, segment=segment)
    assert f"#benchmark-{row.position + 1}" in hrefs(page.by_id("calculation"))
    assert "Practitioner – rule of thumb, medium confidence, 2023" in said(page)
    assert "SaaS Capital (more than 1,500 private B2B SaaS companies" in said(page)


def test_without_a_segment_all_three_are_shown_and_one_is_asked_for(get):
    page = get(at(GRR, YEAR))
    assert len(verdicts(page)) == 3
    assert "Who are your customers?" in said(page)
    offered = [each.get("value") for each in page.all("button[@name='segment']")]
    assert offered == SEGMENTS


def test_no_segment_takes_the_chosen_one_back(get):
    """The button comes after the hidden field, and the last value counts."""
    page = get(f"{at(GRR, YEAR, segment='smb')}&segment=none")
    assert len(verdicts(page)) == 3
    assert not page.by_class("is-mine")


def test_the_distance_is_given_in_the_unit_and_in_one_input(get):
    page = get(at(GRR, YEAR, segment="enterprise"))
    assert "Typical starts at 92 %, 3 points up." in said(page)
    assert "About 72,000 less contraction or churned ARR would reach the typical band." in said(page)


@pytest.mark.parametrize(
    ("slug", "values", "segment", "distance"),
    [
        ("logo-retention-rate", (420, 38), "enterprise", "Strong starts at 97 %, 6 points up."),
        ("cac-payback-period", (540000, 36000, 78), "smb", "Typical starts at 12 months, 7.2 months down."),
    ],
)
def test_the_printed_value_and_the_distance_add_up(get, slug, values, segment, distance):
    named = dict(zip((each["name"] for each in inputs_of(slug)), values, strict=True))
    assert distance in said(get(at(slug, named, segment=segment)))


LEVERS = [
    ("cac-payback-period", "", (540000, 36000, 78), "more new MRR"),
    ("monthly-recurring-revenue", "quick-ratio", (9200, 6100, 5000, 5000), "less contraction MRR or churned MRR"),
    ("customer-lifetime-value", "ltv-to-cac", (12000, 78, 12, 50000), "less CAC"),
    ("customer-lifetime-value", "ltv-to-cac", (12000, 78, 12, 50000), "less on customer churn"),
    ("logo-retention-rate", "", (8, 1), "One fewer customer lost would reach the strong band."),
    ("customer-success-qualified-leads", "acceptance-rate", (48, 27), "more accepted leads"),
    ("customer-satisfaction-score", "", (60, 110, 340, 1180, 100), "more answers of 4 or 5"),
    ("net-promoter-score", "", (62, 38, 45), "more promoters, with the other answers unchanged,"),
    ("time-to-value", "", (54000, 36000, 1000), "fewer days waited until value"),
]


@pytest.mark.parametrize(("slug", "variant", "values", "lever"), LEVERS)
def test_what_would_reach_the_next_band_is_said_as_people_say_it(get, slug, variant, values, lever):
    empty = get(at(slug, variant=variant))
    names = [each.get("name") for each in empty.one("form[@data-calculator]").iter("input")]
    names = [name for name in names if f"input-{name}" in empty.ids]
    page = get(at(slug, dict(zip(names, values, strict=True)), variant=variant, segment="smb"))
    assert lever in said(page)


def test_a_base_is_never_offered_as_a_lever(get):
    for slug, values in (
        (GRR, (2400000, 84000, 180000)),
        ("product-adoption-rate", (500, 2000)),
        ("onboarding-completion-rate", (30, 50)),
        ("net-promoter-score", (62, 38, 25)),
    ):
        named = dict(zip((each["name"] for each in inputs_of(slug)), values, strict=True))
        reach = said(get(at(slug, named, segment="mid-market"))).partition("About ")[2].partition("would reach")[0]
        assert reach
        fixed = [each["term"] for each in inputs_of(slug) if each.get("lever") is False]
        assert fixed
        assert not any(term in reach for term in fixed)


def test_doing_what_the_verdict_says_reaches_the_band(get):
    page = get(at(GRR, {**YEAR, "churned_arr": 180000 - 72000}, segment="enterprise"))
    assert verdicts(page) == ["By a rule of thumb, typical for enterprise customers."]


def test_the_marker_stands_on_the_chart_and_is_said(get):
    (chart,) = by_class(get(at(GRR, YEAR, segment="mid-market")).by_id("calculation"), "band")
    (you,) = by_class(chart, "band__you")
    assert you.get("x1") == you.get("x2") == "63.33%"
    assert chart.get("aria-label").endswith("Your value, 89.0 %.".replace(" %", "\u202f%"))
    assert by_class(chart, "band__typical")


def test_a_value_off_the_scale_stands_on_the_edge_and_says_so(get):
    page = get(at("expansion-revenue-rate", {"expansion_arr": 900, "starting_arr": 100}, segment="smb"))
    (chart,) = by_class(page.by_id("calculation"), "band")
    assert by_class(chart, "band__you")[0].get("x1") == "100.0%"
    assert "off the scale" in words(chart)


ORIENTATION = [
    ("escalation-rate", {"accounts_escalated": 14, "active_accounts": 350}, "smb"),
    ("ai-assisted-resolution-rate", {"ai_assisted_interventions": 162, "total_interventions": 540}, "enterprise"),
    ("customer-lifetime-value", {"arpa": 12000, "gross_margin": 78, "churn_rate": 12}, "smb"),
    ("annual-contract-value", {"recurring_value": 270000, "term_years": 3}, "mid-market"),
    ("onboarding-completion-rate", {"accounts_completed_in_window": 38, "accounts_due": 50}, "smb"),
]


@pytest.mark.parametrize(("slug", "values", "segment"), ORIENTATION)
def test_rows_for_orientation_give_no_verdict(get, slug, values, segment):
    page = get(at(slug, values, segment=segment))
    (headline,) = verdicts(page)
    assert headline.startswith("No verdict")
    assert "orientation only" in said(page)
    text = said(page)
    for word in ("Weak", "Typical for", "Strong", "strong", "weak", "would reach"):
        assert word not in text.partition("Practitioner")[0]
    for kind in ("band__weak", "band__strong"):
        assert not by_class(page.by_id("calculation"), kind)


RELATED_ONLY = [
    *("csm-ai-adoption-rate", "customer-success-qualified-leads", "annual-recurring-revenue"),
    *("monthly-recurring-revenue", "expansion-revenue"),
]


@pytest.mark.parametrize("slug", RELATED_ONLY)
def test_rows_of_a_related_quantity_never_judge_the_metric(get, slug):
    page = get(at(slug, CONTENT[slug]["example"]["inputs"], segment="smb"))
    assert has_result(page)
    assert not verdicts(page)
    assert "No verdict: the rows here measure something related" in said(page)


def test_a_row_that_measures_a_variant_judges_that_variant_and_says_so(get):
    values = {"arr_now": 3754000, "arr_year_ago": 3003200}
    page = get(at("annual-recurring-revenue", values, variant="year-over-year-growth", segment="smb"))
    assert verdicts(page) == ["By a rough estimate, typical for SMB customers."]
    assert "The row measures year-over-year ARR growth." in said(page)
    rate = {"csqls_accepted": 7, "csqls_submitted": 10}
    page = get(at("customer-success-qualified-leads", rate, variant="acceptance-rate"))
    assert "The row measures the acceptance rate." in said(page)


def test_no_row_for_the_segment_says_where_there_are_some(get):
    values = {"accounts_completed_in_window": 38, "accounts_due": 50}
    page = get(at("onboarding-completion-rate", values, segment="enterprise"))
    assert not verdicts(page)
    assert "There are rows for SMB customers and mid-market customers." in said(page)


def test_a_house_rule_says_that_it_is_the_directorys_own(get):
    values = {"starting_arr": 100, "expansion_arr": 20, "contraction_arr": 5, "churned_arr": 5}
    text = said(get(at("net-revenue-retention", values, segment="enterprise")))
    assert "By a line this directory drew itself, weak for enterprise customers" in text


@every_metric
def test_a_verdict_names_every_source_of_its_row_with_its_sample(get, slug):
    page = get(at(slug, CONTENT[slug]["example"]["inputs"], segment="smb"))
    rows = {f"#benchmark-{each.position + 1}": each for each in Benchmark.objects.filter(metric=slug)}
    for part in by_class(page.by_id("calculation"), "judgment"):
        row = next(rows[each] for each in hrefs(part) if each in rows)
        for source in row.sources.all():
            assert one_line(source.publisher) in words(part)
            assert one_line(source.sample)[1:] in words(part)
        assert row.basis.capitalize() in words(part)
        assert (str(row.year) if row.year else "undated") in words(part)


def test_sources_that_disagree_are_named(get):
    text = said(get(at(GRR, YEAR, segment="smb")))
    assert "Sources disagree on the middle: 84 % (Aleph x Benchmarkit, 2026); 91 % (KeyBanc" in text


@pytest.mark.parametrize("segment", ["smb", None])
def test_a_newer_level_that_says_otherwise_is_a_caution(get, segment):
    """Doubt 7: at 31 % the old band says strong, the newest average typical."""
    asked = {"segment": segment} if segment else {}
    text = said(get(at("dau-mau-ratio", {"average_dau": 31, "mau": 100}, **asked)))
    assert "By a rule of thumb, strong for" in text
    assert "Another row places it differently: by a rough estimate, typical for B2B SaaS companies" in text


def test_a_survey_that_says_otherwise_than_an_estimate_is_a_caution(get):
    values = {"acquisition_cost": 19, "new_mrr": 1, "gross_margin": 100}
    text = said(get(at("cac-payback-period", values, segment="smb")))
    assert "On better evidence, another row places it differently: typical for companies of all segments" in text


def test_rows_for_companies_of_the_readers_size_are_consulted(get):
    """Row 6 is marked as the reader's in the table, so the verdict lists it too."""
    result_cookie = f"result={'walk.2026-11-20.smb.1000000-5000000'}"
    row = "companies with ARR $1M–$5M"
    assert row not in said(get(at(GRR, YEAR, segment="smb")))
    page = Page("", Client(headers={"Cookie": result_cookie}).get(at(GRR, YEAR)))
    assert row in said(page)


def test_both_kinds_of_enterprise_are_there_without_a_chosen_segment(get):
    values = {"starting_arr": 100, "expansion_arr": 20, "contraction_arr": 5, "churned_arr": 5}
    text = said(get(at("net-revenue-retention", values)))
    assert "typical for enterprise customers with limited headroom." in text
    assert "weak for enterprise customers with large headroom." in text
    assert "Median of all segments: 101 % (Benchmarkit, 2025)." in text


def test_a_segment_without_a_row_is_named(get):
    values = {"accounts_completed_in_window": 38, "accounts_due": 50}
    assert "No row for enterprise customers." in said(get(at("onboarding-completion-rate", values)))


@pytest.mark.parametrize(
    ("slug", "variant", "values"),
    [
        ("net-promoter-score", "percentage-form", {"promoters_pct": 49.6, "detractors_pct": 20}),
        ("customer-effort-score", "mean-from-sum", {"sum_of_scores": 1121, "total_responses": 200}),
    ],
)
def test_another_way_to_the_same_value_is_judged_by_the_rows_of_the_metric(get, slug, variant, values):
    one = get(at(slug, values, variant=variant, segment="smb"))
    other = get(at(slug, CONTENT[slug]["example"]["inputs"], segment="smb"))
    assert result(one) == result(other)
    assert verdicts(one) == verdicts(other) != []
    marks = [len(by_class(page.by_id("benchmarks"), "band__you")) for page in (one, other)]
    assert marks[0] == marks[1] > 0


def test_a_row_for_orientation_says_why(get):
    for slug, values, segment in ORIENTATION:
        text = said(get(at(slug, values, segment=segment)))
        assert "orientation only, because " in text
    values = {"accounts_escalated": 14, "active_accounts": 350}
    assert "because its source states neither a period nor a sample." in said(get(at("escalation-rate", values)))


NEVER_JUDGED = [
    *("annual-recurring-revenue", "monthly-recurring-revenue", "customer-success-qualified-leads"),
    *("expansion-revenue", "csm-ai-adoption-rate"),
]


@every_metric
def test_the_empty_calculator_promises_what_it_can_keep(get, slug):
    text = said(get(at(slug)))
    only_orientation = {each for each, _, _ in ORIENTATION} - {"onboarding-completion-rate"}
    assert ("where you stand" in text) == (slug not in {*NEVER_JUDGED, *only_orientation})
    assert ("so there is no verdict" in text) == (slug in NEVER_JUDGED)
    assert ("for orientation only" in text) == (slug in only_orientation)


@every_metric
@pytest.mark.parametrize("segment", SEGMENTS)
def test_a_verdict_on_low_confidence_never_stands_without_its_grounds(get, slug, segment):
    """Doubt 1: where confidence is low it speaks of a rule of thumb or of orientation, never of a standard."""
    page = get(at(slug, CONTENT[slug]["example"]["inputs"], segment=segment))
    rows = {f"#benchmark-{row.position + 1}": row for row in Benchmark.objects.filter(metric=slug)}
    for part in by_class(page.by_id("calculation"), "judgment"):
        row = next(rows[each] for each in hrefs(part) if each in rows)
        headline = words(part.find("p/strong"))
        assert row.segment_id in (segment, None)
        assert not row.measures
        if row.treat_as == "orientation":
            assert headline.startswith("No verdict")
        elif row.confidence == "low" and not headline.startswith("No verdict"):
            assert headline.startswith(
                ("By a rule of thumb", "By a rough estimate", "By an unverified claim", "By a line")
            )
            assert "The evidence is thin" in said(page)


# -- Samples --


def test_the_margin_of_error_is_given_for_the_counts(get):
    text = said(get(at("net-promoter-score", NPS, segment="smb")))
    assert "Margin of error at 95 %: 13.7 points either way, from 15.9 to 43.3, with 125 answers." in text
    assert "The margin of error crosses the edge of a band, so this sample cannot settle it." in text


def test_a_small_sample_says_so(get):
    text = said(get(at("net-promoter-score", {"promoters": 6, "passives": 3, "detractors": 2})))
    assert "That is a small sample" in text
    values = {"satisfied_responses": 8, "total_responses": 8}
    text = said(get(at("customer-satisfaction-score", values, variant="satisfied-over-total")))
    assert "From 8 answers, the 95 % interval runs from 67.6 to 100.0 %." in text
    assert "That is a small sample" in text


@pytest.mark.parametrize(
    ("slug", "values", "reason"),
    [
        ("net-promoter-score", {"promoters": 6}, "all 6 answers are alike, so their spread says nothing."),
        ("net-promoter-score", {"promoters": 1}, "a single answer has no spread."),
        ("customer-effort-score", {"score_7": 2}, "all 2 answers are alike, so their spread says nothing."),
        ("net-promoter-score", {"promoters": "2.5", "passives": 1}, "it needs whole counts of answers."),
    ],
)
def test_no_margin_has_one_reason_and_few_answers_stay_few(get, slug, values, reason):
    named = {**dict.fromkeys((each["name"] for each in inputs_of(slug)), 0), **values}
    text = said(get(at(slug, named, segment="smb")))
    assert f"No margin of error: {reason}" in text
    is_few = "whole" not in reason
    assert ("That is a small sample" in text) == is_few
    assert ("So few answers cannot settle it." in text) == is_few


def test_many_answers_are_grouped(get):
    many = {"promoters": 50000, "passives": 30000, "detractors": 20000}
    assert "with 100,000 answers." in said(get(at("net-promoter-score", many)))


def test_a_rate_of_all_accounts_has_no_margin(get):
    assert "argin of error" not in said(get(at(GRR, YEAR)))


# -- On the benchmarks --


def marks(page):
    """Which rows of benchmarks have the reader's value on their band, by their numbers."""
    bands = [each for each in page.by_class("band") if (each.get("id") or "").startswith("band-")]
    return [each.get("id").removeprefix("band-") for each in bands if by_class(each, "band__you")]


def test_the_value_is_marked_on_every_row_that_measures_it(get):
    page = get(at(GRR, YEAR))
    rows = Benchmark.objects.filter(metric=GRR)
    assert sorted(marks(page)) == sorted(str(row.position + 1) for row in rows if not row.measures)
    band = page.by_id(f"band-{rows.get(segment='smb').position + 1}")
    assert band.get("aria-label").endswith("Your value, 89.0\u202f%.")
    assert words(by_class(band, "chart-mine")[0]) == "you"


def test_a_value_of_another_definition_is_marked_on_its_own_rows_alone(get):
    row = Benchmark.objects.exclude(variant="").select_related("metric").first()
    variants = CONTENT[row.metric_id]["formula"]["variants"]
    example = next(each["example"]["inputs"] for each in variants if each["id"] == row.variant)
    marked = marks(get(at(row.metric_id, example, variant=row.variant)))
    rows = Benchmark.objects.filter(metric=row.metric_id, variant=row.variant, unit=row.unit)
    assert sorted(marked) == sorted(str(each.position + 1) for each in rows)


@pytest.mark.parametrize("values", [{}, {**YEAR, "churned_arr": "x"}])
def test_without_a_result_no_row_is_marked(get, values):
    assert marks(get(at(GRR, values))) == []


# -- The fragment --


def swapped(old, answer):
    """The old page after htmx put the answer in it."""
    tree = copy.deepcopy(old.tree)
    parents = {child: parent for parent in tree.iter() for child in parent}
    for part in fragment_of(answer):
        kind, _, selector = (part.attrib.pop("data-hx-swap-oob", "") or "outerHTML").partition(":")
        target = tree.find(f".//*[@id='{selector[1:] or part.get('id')}']")
        if kind == "innerHTML":
            target.text = part.text
            continue
        part.tail = target.tail
        place = list(parents[target]).index(target)
        parents[target][place] = part
    return tree


def settled(tree):
    """The body without what htmx leaves alone: the form's own fields and links, and the live region."""
    tree = copy.deepcopy(tree)
    for each in tree.iter("input"):
        for name in ("value", "aria-invalid", "checked"):
            each.attrib.pop(name, None)
    for each in tree.iter("div"):
        if "calculator__inputs" in each.get("class", ""):
            for link in [link for part in each.iter("div") for link in list(part) if link.tag == "a"]:
                for part in each.iter("div"):
                    if link in list(part):
                        part.remove(link)
    tree.find(".//*[@id='calculation-status']").text = None
    return " ".join(source_text(tree.find("body")).split())


STEPS = [
    (at(GRR), at(GRR, YEAR)),
    (at(GRR, segment="smb"), at(GRR, YEAR, segment="smb")),
    (at(GRR, YEAR), at(GRR, {**YEAR, "churned_arr": "x"})),
    (at(GRR, {**YEAR, "churned_arr": "9m"}), at(GRR, {**YEAR, "churned_arr": "1k"})),
    (at(GRR, YEAR), at(GRR, {**YEAR, "churned_arr": ""})),
    (at("net-promoter-score", stage="walk"), at("net-promoter-score", NPS, stage="walk")),
]


@pytest.mark.parametrize(("old", "new"), STEPS)
def test_swapping_the_result_gives_the_page_of_the_new_address(get, db, old, new):
    answer = Client(headers=HTMX).get(new)
    assert settled(swapped(get(old), answer)) == settled(get(new).tree)


def test_the_fragment_is_not_kept_and_the_address_follows(db):
    path = at(GRR, {**YEAR, "decimal": ""}, segment="smb", stage="walk")
    answer = Client(headers=HTMX).get(path)
    assert answer.headers["Cache-Control"] == "no-store"
    assert "HX-Request" in answer.headers["Vary"]
    split = urlsplit(answer.headers["HX-Replace-Url"])
    assert split.path == "/metrics/gross-revenue-retention/"
    assert dict(parse_qsl(split.query)) == {**YEAR, "segment": "smb", "stage": "walk"}
    assert "HX-Request" in Client().get(path).headers["Vary"]


def test_the_address_that_follows_gives_the_same_calculation(db):
    path = at(GRR, {**YEAR, "starting_arr": "2.400.000,5"}, decimal="comma", segment="smb")
    first = Client(headers=HTMX).get(path)
    again = Client(headers=HTMX).get(first.headers["HX-Replace-Url"])
    assert again.content == first.content


@pytest.mark.parametrize(
    ("values", "status"),
    [
        (YEAR, "GRR: 89.0 %. By a rule of thumb, between typical and strong for SMB customers."),
        ({**YEAR, "churned_arr": "x"}, "Churned: This is not a number. Type it like 1200, 1,200 or 1.2k."),
        ({**YEAR, "starting_arr": "0"}, "GRR is not defined without starting revenue."),
        ({"starting_arr": "1"}, ""),
    ],
)
def test_the_change_is_announced_outside_of_what_is_swapped(get, db, values, status):
    page = get(at(GRR))
    assert page.by_id("calculation-status").get("role") == "status"
    assert "calculation-status" not in [each.get("id") for each in page.by_id("calculation").iter()]
    announced = fragment_of(Client(headers=HTMX).get(at(GRR, values, segment="smb")))[-1]
    assert announced.get("data-hx-swap-oob") == "innerHTML:#calculation-status"
    assert words(announced) == status


def test_a_restored_page_is_whole(db):
    headers = {**HTMX, "HX-History-Restore-Request": "true"}
    assert b"<!doctype html>" in Client(headers=headers).get(at(GRR, YEAR)).content


# -- Around it --


def test_segment_links_keep_the_numbers(get):
    page = get(at(GRR, YEAR, stage="run"))
    links = hrefs(page.by_id("segment-links"))
    assert [dict(parse_qsl(urlsplit(each).query)) for each in links] == [
        {**YEAR, "stage": "run", "segment": segment} for segment in SEGMENTS
    ]


def test_clear_keeps_the_definition_and_the_segment(get):
    page = get(at("net-promoter-score", {"promoters_pct": 5}, variant="percentage-form", segment="smb"))
    (link,) = [each.get("href") for each in page.all("a") if words(each) == "Clear"]
    assert link == "/metrics/net-promoter-score/?segment=smb&variant=percentage-form#calculator"


def test_clear_comes_with_the_first_number_and_goes_with_the_last(db):
    def cleared(values):
        (part,) = [
            each
            for each in fragment_of(Client(headers=HTMX).get(at(GRR, values)))
            if each.get("id") == "calculation-clear"
        ]
        return hrefs(part)

    assert cleared({"starting_arr": "1"}) == ["/metrics/gross-revenue-retention/#calculator"]
    assert cleared({"starting_arr": ""}) == []


def test_other_definitions_take_one_line_until_they_are_asked_for(get):
    (details,) = by_class(get(at("monthly-recurring-revenue")).by_id("calculator"), "definitions")
    assert (details.tag, details.get("open")) == ("details", None)
    assert words(details.find("summary")) == "Compute another definition"
    assert len(list(details.iter("button"))) == 9


def test_the_page_of_a_calculation_has_the_canonical_address_of_the_metric(get):
    page = get(at(GRR, YEAR))
    assert page.one("link[@rel='canonical']").get("href").endswith(f"/metrics/{GRR}/")
    assert page.meta("robots") == "noindex, follow"


def test_old_figures_are_called_old(get):
    row = Benchmark.objects.get(metric=GRR, segment="smb")
    assert row.year <= datetime.datetime.now(tz=datetime.UTC).year - 2
    assert "The figures may be older than two years." in said(get(at(GRR, YEAR, segment="smb")))


# -- Queries --


@pytest.mark.parametrize("query", [YEAR, {**YEAR, "segment": "smb"}, {**YEAR, "churned_arr": "x"}])
def test_a_calculation_takes_no_more_queries_than_the_page(db, django_assert_num_queries, query):
    client = Client()
    with django_assert_num_queries(10):
        client.get(at(GRR, query))


@pytest.mark.parametrize("slug", [GRR, "net-promoter-score"])
def test_fragment_takes_five_queries(db, django_assert_num_queries, slug):
    """Metric, priorities, segments, sources, benchmarks."""
    client = Client(headers=HTMX)
    with django_assert_num_queries(5):
        client.get(at(slug, CONTENT[slug]["example"]["inputs"]))


def test_nothing_is_stored(db, django_assert_num_queries):
    answer = Client().get(at(GRR, YEAR, segment="smb"))
    assert not answer.cookies
    assert "sessionid" not in answer.client.cookies


def test_pages_are_parsed_without_a_complaint(get):
    for values in (YEAR, {**YEAR, "churned_arr": "<b>"}, {"starting_arr": '"'}):
        assert Page("", Client().get(at(GRR, values))).errors == []
