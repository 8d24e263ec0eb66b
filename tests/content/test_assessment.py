"""The shipped questionnaire: what it holds, how a load stores it, and how its version guards past answers."""

import re

import pytest
import yaml
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessment import loader
from assessment.content import NoQuestionnaire, build, current, of_version
from assessment.models import Assessment, QuestionnaireVersion
from assessment.urls import urlpatterns
from csmetrics.content import load, validate
from directory.loader.errors import ContentError
from directory.loader.store import Counts
from directory.models import Metric, SearchEntry
from directory.search import build as build_index
from tests.questionnaire import questionnaire

from .rows import all_rows

CONTENT = settings.CONTENT_DIR
FOLDER = CONTENT / "assessment"
FILES = sorted(path.relative_to(CONTENT).as_posix() for path in FOLDER.glob("**/*.yaml"))
WORDS = {18: "Eighteen", 4: "Four", 8: "eight"}


def edit(folder, name, old, new):
    path = folder / "assessment" / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def raise_version(folder):
    edit(folder, "questionnaire.yaml", "\nversion: 1\n", "\nversion: 2\n")


def lines_of(folder):
    with pytest.raises(ContentError) as refusal:
        load(folder)
    return str(refusal.value).splitlines()


def counts_of_questions(folder):
    return load(folder)[-1]


@pytest.fixture
def edition(db):
    return current()


@pytest.fixture
def answered(db):
    """Somebody has begun to answer the version in use."""
    return Assessment.objects.create(maker="somebody", version=1, responses={"retained-revenue": "2"})


# -- What is there --


def test_the_files_hold_the_questionnaire_of_the_worked_cases(edition):
    assert edition.questionnaire == questionnaire()


def test_eighteen_questions_stand_in_eight_areas(edition):
    assert len(edition.questions) == 18
    assert len(edition.areas) == 8
    assert [question.number for question in edition.questions] == list(range(1, 19))
    assert {len(question.answers) for question in edition.questions} == {4}


def test_each_file_of_a_dimension_is_an_area(edition):
    assert sorted(area.slug for area in edition.areas) == sorted(path.stem for path in FOLDER.glob("dimensions/*"))


def test_every_metric_belongs_to_exactly_one_area(edition):
    metrics = [slug for area in edition.areas for slug in area.metrics]
    assert sorted(metrics) == sorted(Metric.objects.values_list("slug", flat=True))


def test_the_texts_count_right(edition):
    texts = edition.texts
    assert f"{WORDS[len(edition.questions)]} questions" in texts["description"]
    assert f"{WORDS[len(edition.questions)]} short questions" in texts["purpose"]
    assert f"{Metric.objects.count()} metrics" in texts["purpose"]
    assert f"{WORDS[len(edition.areas)]} areas" in texts["scoring"]
    assert WORDS[len(edition.context)] == "Four"  # as the heading of their page says


def test_each_context_question_ends_in_an_option_that_says_nothing(edition):
    assert [question["id"] for question in edition.context] == [
        "main-segment",
        "arr-band",
        "team-size",
        "contract-type",
    ]
    for question in edition.context:
        assert [option["id"] for option in question["options"]].index("none") == len(question["options"]) - 1
    everything = {question["id"]: question["options"][0]["id"] for question in edition.context}
    assert len(edition.chosen(everything)) == 4
    assert edition.chosen({question["id"]: "none" for question in edition.context}) == {}


def test_the_bands_of_recurring_revenue_leave_no_gap(edition):
    *bands, _ = next(question["options"] for question in edition.context if question["id"] == "arr-band")
    assert bands[0]["min"] == 0
    assert bands[-1]["max"] is None
    assert [band["max"] for band in bands[:-1]] == [band["min"] for band in bands[1:]]


@pytest.mark.parametrize("name", FILES)
def test_no_text_shows_its_markup_or_a_straight_quote(edition, name):
    """Everything here is a line: quotes are set curly, and asterisks or brackets would be read as they stand."""
    row = QuestionnaireVersion.objects.get()
    key = name.split("/")[1].removesuffix(".yaml")
    page = row.page["dimensions"][name[len(loader.DIMENSIONS) : -5]] if key == "dimensions" else row.page[key]
    assert not [text for text in texts_in(page) if re.search(r"[\"'*`]|\]\(|\[@", text)]


def texts_in(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from texts_in(each)


def test_the_example_in_the_field_reference_is_right_by_itself(shipped):
    (example,) = re.findall(r"(?s)```yaml\n(.*?)```", (CONTENT / "README.md").read_text())
    name = "assessment/dimensions/example.yaml"
    assert shipped.read({name: example})[name].problems == []


# -- Search --


def test_search_finds_each_area_by_its_name(edition):
    index = build_index()
    for area in edition.areas:
        hits = [hit.entry for hit in index.search(area.name) if hit.entry.kind == "area"]
        assert hits[0].key == area.slug
        assert hits[0].path == f"{reverse('assessment:start')}#{area.slug}"


def test_search_finds_an_area_by_what_a_question_asks(edition):
    entry = SearchEntry.objects.get(key="retention-visibility")
    for question in edition.areas[0].questions:
        assert {question.text, question.axis} <= set(entry.body)
    hits = [hit.entry.key for hit in build_index().search("onboarding stuck") if hit.entry.kind == "area"]
    assert hits[:1] == ["onboarding"]


@pytest.mark.django_db
def test_search_forgets_an_area_that_is_gone(content_copy):
    load(without_ai(content_copy))
    assert list(SearchEntry.objects.filter(kind="area").values_list("key", flat=True)) == [
        area.slug for area in current().areas
    ]
    assert not SearchEntry.objects.filter(key="ai-automation").exists()


def without_ai(folder):
    """The folder without one dimension, right in itself; a change of structure."""
    (folder / "assessment" / "dimensions" / "ai-automation.yaml").unlink()
    edit(folder, "questionnaire.yaml", "[expansion, ai-automation]", "[expansion]")
    edit(folder, "questionnaire.yaml", "crawl, total: 8}", "crawl, total: 5}")
    path = folder / "assessment" / "questionnaire.yaml"
    path.write_text(re.sub(r"(?m)^  - when: .*automatic-work.*\n.*\n", "", path.read_text()))
    return folder


# -- Storing --


@pytest.mark.django_db
def test_a_load_puts_the_questionnaire_in_use_under_its_version():
    QuestionnaireVersion.objects.all().delete()
    with pytest.raises(NoQuestionnaire):
        current()
    assert counts_of_questions(CONTENT) == Counts("questions of the assessment", 18, 0, 0, 0)
    assert current().version == 1


@pytest.mark.django_db
def test_a_second_load_writes_no_row():
    before = all_rows()
    with CaptureQueriesContext(connection) as queries:
        assert counts_of_questions(CONTENT) == Counts("questions of the assessment", 0, 0, 18, 0)
    written = [each["sql"] for each in queries if re.match("INSERT|UPDATE|DELETE", each["sql"])]
    assert [sql for sql in written if "directory_contentversion" not in sql] == []
    assert all_rows()["QuestionnaireVersion"] == before["QuestionnaireVersion"]


@pytest.mark.django_db
def test_what_is_stored_is_what_the_files_hold(shipped):
    row = QuestionnaireVersion.objects.get()
    for slug, dimension in row.data["dimensions"].items():
        assert dimension["name"] == shipped.documents[f"{loader.DIMENSIONS}{slug}.yaml"].data["name"]
    assert build(row.version, row.data, row.page) == current()


@pytest.mark.django_db
def test_another_version_is_in_use_and_the_older_one_stays_as_it_was(content_copy):
    older = of_version(1)
    raise_version(content_copy)
    edit(content_copy, "dimensions/onboarding.yaml", "- id: first-value", "- id: first-results")
    assert counts_of_questions(content_copy) == Counts("questions of the assessment", 18, 0, 0, 0)
    assert current().version == 2
    assert current().question("first-results").number == 5
    assert of_version(1) == older
    assert not QuestionnaireVersion.objects.get(version=1).is_current


@pytest.mark.django_db
def test_a_version_that_nobody_answered_may_go_back(content_copy):
    before = all_rows(keys=False)
    raise_version(content_copy)
    load(content_copy)
    load(CONTENT)
    assert current().version == 1
    QuestionnaireVersion.objects.filter(version=2).delete()
    after = all_rows(keys=False)
    assert after == before


@pytest.mark.django_db
def test_an_area_moved_to_another_place_is_another_questionnaire(content_copy):
    edit(
        content_copy,
        "questionnaire.yaml",
        "[retention-visibility, onboarding]",
        "[onboarding, retention-visibility]",
    )
    assert counts_of_questions(content_copy).changed == 18
    assert current().questions[0].id == "onboarding-steps"
    assert SearchEntry.objects.filter(kind="area").first().key == "onboarding"


@pytest.mark.django_db
def test_a_load_that_fails_half_way_leaves_the_old_questionnaire(content_copy, monkeypatch):
    before = all_rows()
    raise_version(content_copy)

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(loader, "_search_entries", fail)
    with pytest.raises(OSError, match="disk full"):
        load(content_copy)
    assert all_rows() == before


# -- The version --


def test_a_typing_error_may_be_mended_under_an_answered_version(content_copy, answered):
    edit(content_copy, "dimensions/onboarding.yaml", "Last quarter, how were new", "How, last quarter, were new")
    edit(content_copy, "dimensions/onboarding.yaml", "Write down the five", "Write the five")
    edit(content_copy, "texts.yaml", 'headline: "Find', 'headline: "Learn')
    assert counts_of_questions(content_copy).changed == 18
    assert current().questions[3].text.startswith("How, last quarter")
    assert of_version(answered.version).texts["headline"].startswith("Learn")


STRUCTURE = [
    ("questionnaire.yaml", "fewest_responses: 12", "fewest_responses: 13"),
    ("questionnaire.yaml", "walk: 4, run: 6", "walk: 3, run: 6"),
    ("questionnaire.yaml", "total: 20", "total: 19"),
    ("questionnaire.yaml", "group: reach, level: crawl", "group: reach, level: walk"),
    ("questionnaire.yaml", "[retention-visibility, onboarding]", "[onboarding, retention-visibility]"),
    ("questionnaire.yaml", "  - {stage: run, group: reach, level: crawl, total: 8}\n", ""),
    ("dimensions/customer-voice.yaml", "- id: feedback-asking", "- id: asking"),
    ("questionnaire.yaml", "S: 1, M: 3", "S: 2, M: 3"),
    ("dimensions/onboarding.yaml", "effort: S", "effort: M"),
]


@pytest.mark.parametrize(("name", "old", "new"), STRUCTURE)
def test_a_changed_structure_is_refused_under_an_answered_version(content_copy, answered, name, old, new):
    before = all_rows()
    edit(content_copy, name, old, new)
    if name == "dimensions/customer-voice.yaml":
        edit(content_copy, "questionnaire.yaml", "question: feedback-asking", "question: asking")
    assert lines_of(content_copy) == [
        "content/assessment/questionnaire.yaml:3: version: got 1, expected 2: version 1 has been answered, and "
        "questions, their order, cut-offs, checks, efforts or fewest_responses have changed since",
        "1 problem in 1 file; nothing was loaded.",
    ]
    assert all_rows() == before
    raise_version(content_copy)
    load(content_copy)
    assert (current().version, of_version(1).questionnaire) == (2, questionnaire())


def test_answers_that_change_places_are_refused_under_an_answered_version(content_copy, answered):
    """A response is stored as the place of its answer."""
    path = content_copy / "assessment" / "dimensions" / "onboarding.yaml"
    text = path.read_text()
    first, second = re.findall(r"label: (.*)", text)[:2]
    swapped = text.replace(first, "@").replace(second, first).replace("@", second)
    path.write_text(swapped)
    lines = lines_of(content_copy)
    assert [re.sub(r":[0-9]+:", ":", line) for line in lines] == [
        f"content/assessment/dimensions/onboarding.yaml: questions[0].answers[{place}].label: is answer "
        f"{place + 1} now and was answer {2 - place}; expected version 2 in assessment/questionnaire.yaml, "
        "because version 1 has been answered"
        for place in (0, 1)
    ] + ["2 problems in 1 file; nothing was loaded."]
    raise_version(content_copy)
    load(content_copy)


def test_questions_that_change_places_are_a_changed_structure(content_copy, answered):
    path = content_copy / "assessment" / "dimensions" / "usage-data.yaml"
    head, first, second = re.split(r"(?m)^(?=  - id: )", path.read_text())
    path.write_text(head + second + first)
    assert "version: got 1, expected 2" in lines_of(content_copy)[0]


@pytest.mark.django_db
def test_a_changed_structure_needs_no_version_while_nobody_has_answered(content_copy):
    assert counts_of_questions(without_ai(content_copy)) == Counts("questions of the assessment", 0, 16, 0, 0)
    assert len(current().questions) == 16


def test_rows_of_a_table_in_another_order_are_the_same_structure(content_copy, answered):
    two, three = (
        "  - {questions: 2, crawl: 2, walk: 4, run: 6}\n",
        "  - {questions: 3, crawl: 2, walk: 5, run: 8}\n",
    )
    edit(content_copy, "questionnaire.yaml", two + three, three + two)
    assert load(content_copy)


@pytest.mark.django_db
def test_a_version_that_goes_back_behind_an_answered_one_is_refused(content_copy):
    raise_version(content_copy)
    load(content_copy)
    Assessment.objects.create(maker="somebody", version=2)
    before = all_rows()
    assert lines_of(CONTENT)[0] == (
        "content/assessment/questionnaire.yaml:3: version: got 1, expected 2 or more: version 2 has been answered"
    )
    assert all_rows() == before


def test_a_version_that_goes_back_is_told_beside_other_mistakes(shipped):
    """Whether the structure has changed can only be said once every file is right."""
    text = shipped.texts["assessment/questionnaire.yaml"].replace("walk: 4", "walk: four")
    lines = shipped.problems_with(
        {"assessment/questionnaire.yaml": text}, answered=dict.fromkeys((2, 1), shipped.questionnaire())
    )
    assert [line.split(": ", 1)[1] for line in lines[:-1]] == [
        "version: got 1, expected 2 or more: version 2 has been answered",
        'cutoffs[0].walk: got "four", expected a whole number',
    ]


# -- Broken files --


@pytest.mark.django_db
def test_every_mistake_is_told_at_once_and_nothing_is_stored(content_copy):
    edit(content_copy, "questionnaire.yaml", "total: 20", "total: 99")
    edit(content_copy, "dimensions/onboarding.yaml", "effort: S", "effort: tiny")
    edit(content_copy, "texts.yaml", "minutes: 5", "minutes: five")
    edit(content_copy, "../stages.yaml", "- slug: crawl", "- slug: crawll")
    before = all_rows()
    lines = lines_of(content_copy)
    assert {line.split(":")[0] for line in lines[:-1]} == {
        "content/assessment/dimensions/onboarding.yaml",
        "content/assessment/questionnaire.yaml",
        "content/assessment/texts.yaml",
        "content/stages.yaml",
    }
    assert all_rows() == before


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("text", ["", "[]", "name: [", "5"])
def test_a_file_that_cannot_be_read_is_told_once_and_hides_nothing_else(shipped, name, text):
    """Its questions are unknown then, and nothing may be concluded from that."""
    lines = shipped.problems_with({name: text, "redirects.yaml": "metrics: []\n"})
    assert len(lines) == 3
    assert lines[0].startswith(f"content/{name}:1: ")
    assert lines[1].startswith("content/redirects.yaml:1: ")


def test_each_missing_file_is_told(content_copy):
    for name in ("questionnaire.yaml", "texts.yaml", "dimensions/onboarding.yaml"):
        (content_copy / "assessment" / name).unlink()
    assert lines_of_check(content_copy) == [
        "content/assessment/questionnaire.yaml:1: the file is missing",
        "content/assessment/texts.yaml:1: the file is missing",
    ]


def lines_of_check(folder):
    with pytest.raises(ContentError) as refusal:
        validate(folder)
    return str(refusal.value).splitlines()[:-1]


def test_a_dimension_whose_file_is_missing_is_told_where_it_is_named(shipped):
    (line, _) = shipped.problems_with({"assessment/dimensions/expansion.yaml": None})
    assert 'groups[2].dimensions[0]: no dimension has the slug "expansion", expected one of ' in line


def test_a_questionnaire_without_any_dimension_is_told(shipped):
    gone = {name: None for name in FILES if name.startswith(loader.DIMENSIONS)}
    lines = shipped.problems_with(gone)
    assert sum("no dimension has the slug" in line for line in lines) == 8


@pytest.mark.parametrize("slug", ["Onboarding", "first_value", "on boarding", "-", "é", "a" * 61])
def test_the_name_of_a_dimension_s_file_has_to_be_a_slug(shipped, slug):
    name = "assessment/dimensions/onboarding.yaml"
    lines = shipped.problems_with({name: None, f"assessment/dimensions/{slug}.yaml": shipped.texts[name]})
    assert (
        f"content/assessment/dimensions/{slug}.yaml:2: the file's name is the slug: "
        "expected up to 60 lower case letters, digits and -, then .yaml"
    ) in lines


@pytest.mark.parametrize("slug", loader.RESERVED)
def test_a_dimension_may_not_be_called_as_another_page_below_an_assessment(shipped, slug):
    name = "assessment/dimensions/onboarding.yaml"
    questionnaire = shipped.texts["assessment/questionnaire.yaml"].replace("onboarding]", f"{slug}]", 1)
    lines = shipped.problems_with(
        {
            name: None,
            f"assessment/dimensions/{slug}.yaml": shipped.texts[name],
            "assessment/questionnaire.yaml": questionnaire,
        }
    )
    assert lines[:-1] == [
        f'content/assessment/dimensions/{slug}.yaml:2: another page has the address "{slug}"; '
        "give the file another name"
    ]


def test_every_last_part_of_an_address_below_an_assessment_is_reserved():
    """An area would hide behind the page, or the page behind it."""
    parts = [re.fullmatch(r"<assessment:id>/([a-z-]+)/", str(each.pattern)) for each in urlpatterns]
    assert {part[1] for part in parts if part} <= set(loader.RESERVED)


KINDS = [loader.QUESTIONNAIRE, loader.TEXTS, "assessment/dimensions/health-risk.yaml"]


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("wrong", [None, {}, [None], {"zz": 1}, True], ids=str)
def test_a_key_with_another_kind_of_value_is_told_and_no_check_stumbles(shipped, name, wrong):
    """The keys that hold more than a line, each alone; `tests/properties` damages all others."""
    content, before = shipped.documents[name].data, shipped.questionnaire()
    for key in [key for key, value in content.items() if not isinstance(value, str)]:
        text = yaml.safe_dump({**content, key: wrong}, sort_keys=False)
        lines = shipped.problems_with({name: text}, answered={1: before})
        assert any(line.startswith(f"content/{name}:") and f": {key}" in line for line in lines), key
