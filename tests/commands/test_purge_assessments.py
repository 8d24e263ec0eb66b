"""`manage.py purge_assessments`: what it deletes, what it keeps, and what it says."""

import datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from assessment import actions
from assessment.models import Assessment
from tests.factories import begun, maker, result

pytestmark = pytest.mark.django_db


def run(*arguments):
    out = StringIO()
    call_command("purge_assessments", *arguments, stdout=out)
    return out.getvalue()


def aged(assessment, days):
    """As if it had been saved, and finished where it is, so many days ago."""
    then = timezone.now() - datetime.timedelta(days=days)
    finished = then if assessment.finished else None
    Assessment.objects.filter(pk=assessment.pk).update(started=then, saved=then, finished=finished)
    return assessment


def kept():
    return {each.pk for each in Assessment.objects.all()}


@pytest.fixture
def some():
    """Results of 0, 89, 91 and 400 days, and unfinished ones of 0, 29 and 31."""
    results = {days: aged(result(), days).pk for days in (0, 89, 91, 400)}
    unfinished = {days: aged(begun(answered=3), days).pk for days in (0, 29, 31)}
    return results, unfinished


def test_by_default_results_are_kept_and_unfinished_ones_go_after_30_days(some):
    results, unfinished = some
    lines = run().splitlines()
    assert kept() == {*results.values(), unfinished[0], unfinished[29]}
    assert lines == [
        "Results deleted: 0 (none, as they are kept).",
        "Unfinished assessments deleted: 1 (untouched for 30 days; without an answer for 1).",
    ]


def test_older_results_go_after_the_days_of_the_command(some):
    results, unfinished = some
    said = run("--days", "90")
    assert kept() == {results[0], results[89], unfinished[0], unfinished[29]}
    assert "Results deleted: 2 (older than 90 days)." in said


def test_older_results_go_after_the_days_of_the_settings(some, settings):
    settings.ASSESSMENT_KEEP_DAYS = 100
    assert "Results deleted: 1 (older than 100 days)." in run()
    assert some[0][91] in kept()


def test_days_of_the_command_win_and_0_keeps(some, settings):
    settings.ASSESSMENT_KEEP_DAYS = 1
    run("--days", "0")
    assert set(some[0].values()) <= kept()


def test_what_has_no_answer_goes_after_a_day():
    """Whatever it says about the company. Nothing is lost with it, and strangers make many of them."""
    young, old = aged(begun(), 0.9), aged(begun(), 1.1)
    aged(begun(context={"team-size": "one"}), 1.1)
    answered = aged(begun(answered=1), 1.1)
    assert "Unfinished assessments deleted: 2" in run()
    assert kept() == {young.pk, answered.pk}
    assert old.pk not in kept()


def test_dry_run_deletes_nothing_and_says_what_would_go(some):
    before = kept()
    said = run("--days", "90", "--dry-run")
    assert kept() == before
    assert "Results would be deleted: 2 (older than 90 days)." in said
    assert "Unfinished assessments would be deleted: 1" in said


def test_running_twice_finds_nothing_left(some):
    run("--days", "90")
    assert "Results deleted: 0" in run("--days", "90")


def test_an_answer_gives_an_unfinished_one_another_30_days():
    made = aged(begun(answered=3), 40)
    actions.save_responses(made.pk, {"ai-use": "1"})
    run()
    assert kept() == {made.pk}


def test_link_of_a_deleted_result_is_dead():
    made = aged(result(), 400)
    run("--days", "90")
    assert maker().get(made.get_absolute_url()).status_code == 404


@pytest.mark.parametrize("days", ["-1", "36501", "99999999999"])
def test_days_out_of_bounds_are_refused(some, days):
    before = kept()
    with pytest.raises(CommandError, match="--days needs to be from 0 to 36500"):
        run(f"--days={days}")
    assert kept() == before


@pytest.mark.parametrize("days", ["soon", "1.5", ""])
def test_days_that_are_no_number_are_refused(days):
    with pytest.raises(CommandError):
        run(f"--days={days}")
