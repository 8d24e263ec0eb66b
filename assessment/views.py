"""The pages of the assessment. All are personal: none is cached, and those below an id are in no search engine.

Whoever knows an id may read a result. Only the browser that began an assessment may answer, change or delete it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from directory import words
from directory.htmx import wants_fragment
from directory.models import Metric, Priority, Stage
from directory.remembered import Remembered, forget, remembered
from directory.switch import switch

from . import actions, browser, content, exchange, progress, report
from . import comparison as comparing
from .content import Area, Edition
from .forms import LARGEST_FILE, InputError, read_context, read_file, read_name, read_responses
from .models import LONGEST_NAME, MOST_LISTED, Assessment
from .scoring import Result

read_or_send = require_http_methods(["GET", "HEAD", "POST"])


# -- Who may --


def _personal_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Kept by no cache, and compressed: these pages hold no secret that their length could tell.

    The token of their forms is masked anew each time, nothing of a request is repeated beside it, and Django pads
    what it compresses by a random length.
    """
    return never_cache(gzip_page(view))


def personal(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page that no cache keeps and no search engine lists."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = _personal_page(view)(request, *args, **kwargs)
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return wrapped


def with_assessment(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Give the view the assessment instead of its id, or answer that there is none."""

    @personal
    @wraps(view)
    def wrapped(request: HttpRequest, id: str, **kwargs: Any) -> HttpResponse:
        found = Assessment.objects.filter(pk=id).first()
        return view(request, found, **kwargs) if found else _missing(request)

    return wrapped


def for_its_maker(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Only for the browser that began it; others may read the result, where there is one."""

    @with_assessment
    @wraps(view)
    def wrapped(request: HttpRequest, assessment: Assessment, **kwargs: Any) -> HttpResponse:
        if _is_maker(request, assessment):
            return view(request, assessment, **kwargs)
        if request.method == "POST":
            return render(request, "assessment/not_yours.html", {"assessment": assessment}, status=403)
        return HttpResponseRedirect(assessment.get_absolute_url()) if assessment.finished else _missing(request)

    return wrapped


def _is_maker(request: HttpRequest, assessment: Assessment) -> bool:
    maker = browser.maker_of(request)
    return bool(maker) and maker == assessment.maker


def where_there_is_room(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Say so where the site keeps as many assessments as it may."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except actions.NoRoom:
            return render(request, "assessment/no_room.html", status=503)

    return wrapped


def _missing(request: HttpRequest) -> HttpResponse:
    return render(request, "assessment/missing.html", status=404)


def _no_such_area(request: HttpRequest, assessment: Assessment, edition: Edition) -> HttpResponse:
    """For the maker: the assessment is there, and has no area of this name."""
    page = {"areas": [(each, progress.area_path(assessment, each)) for each in edition.areas]}
    return render(request, "assessment/no_such_area.html", page, status=404)


# -- Start and list --


@read_or_send
def start(request: HttpRequest) -> HttpResponse:
    """What the assessment is, and the way in. POST begins one."""
    return _personal_page(_begin if request.method == "POST" else _start)(request)


def _start(request: HttpRequest) -> HttpResponse:
    edition = content.current()
    own = Assessment.objects.made_by(browser.maker_of(request))
    begun = own.unfinished().exclude(responses={}, context={}).first()
    context: dict[str, Any] = {
        "edition": edition,
        "text": edition.texts,
        "stages": list(Stage.objects.all()),
        "table": progress.stage_table(edition),
        "begun": begun,
        "begun_count": len(begun.responses) if begun else 0,
        "begun_path": progress.way_on(edition_of(begun), begun) if begun else "",
        "latest": own.finished().first(),
        "was_saved": "saved" in request.GET,
        "unfinished_days": actions.UNFINISHED_KEPT.days,
        "result_days": settings.ASSESSMENT_KEEP_DAYS,
    }
    response = render(request, "assessment/start.html", context)
    return response if context["latest"] else _without_memory(request, response)


def _without_memory(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """For a browser without a result: what it remembers is of one that is gone, for example purged."""
    if remembered(request).result_on:
        forget(response)
    return response


@where_there_is_room
def _begin(request: HttpRequest) -> HttpResponse:
    edition = content.current()
    mark = browser.mark_of(request) or browser.new_mark()
    assessment = actions.start(browser.digest(mark), edition.version)
    response = HttpResponseRedirect(progress.area_path(assessment, edition.areas[0]))
    browser.keep_mark(response, mark)
    return response


@require_safe
@personal
def result_list(request: HttpRequest) -> HttpResponse:
    """The results of this browser, as far as one page can hold them."""
    return _result_list(request)


def _result_list(request: HttpRequest, *, messages: list[str] | None = None, status: int = 200) -> HttpResponse:
    answered = list(Assessment.objects.made_by(browser.maker_of(request)).exclude(responses={})[: MOST_LISTED + 1])
    own = answered[:MOST_LISTED]
    finished = [each for each in own if each.finished]
    finished.sort(key=lambda each: each.finished or each.started, reverse=True)
    stages = {each.slug: each for each in Stage.objects.all()}
    versions = [each.version for each in finished]
    begun = [each for each in own if not each.finished]
    editions = {version: content.of_version(version) for version in {each.version for each in begun}}
    days = comparing.days(finished)
    context = {
        "results": [(each, stages.get(each.stage), days[each.pk]) for each in finished],
        "unfinished": [
            (each, len(each.responses), progress.way_on(editions[each.version], each)) for each in begun
        ],
        "question_count": len(content.current().questions),
        "can_compare": len(versions) > len(set(versions)),
        "preset": _newest_pair(finished),
        "messages": messages or [],
        "deleted": _sorting(remembered(request), stages) if "deleted" in request.GET else "",
        "largest_file": LARGEST_FILE // 1024,
        "listed": len(own) if len(answered) > len(own) else None,
    }
    response = render(request, "assessment/result_list.html", context, status=status)
    return response if finished else _without_memory(request, response)


def _sorting(memory: Remembered, stages: dict[str, Stage]) -> str:
    """What the directory is sorted for, now that a result is gone."""
    found = switch(memory, list(stages.values()), memory.stage, back="", verb="Sorted")
    return f"The directory is {words.lower_first(found.said)}" if found else "The directory is in its plain order."


def _newest_pair(finished: list[Assessment]) -> list[str]:
    """The two newest results of one version."""
    for each in finished:
        same = [other.pk for other in finished if other.version == each.version]
        if len(same) > 1:
            return same[:2]
    return []


@require_safe
@personal
def comparison(request: HttpRequest) -> HttpResponse:
    """Two results of this browser, of the same version: `?results=<id>&results=<id>`."""
    chosen = list(dict.fromkeys(request.GET.getlist("results")))
    own = Assessment.objects.made_by(browser.maker_of(request)).finished()[:MOST_LISTED]
    found = sorted((each for each in own if each.pk in chosen), key=lambda each: (each.finished, each.pk))
    problem = _comparison_problem(chosen, found)
    if problem:
        return _result_list(request, messages=[problem], status=400)
    before, now = found
    edition = content.of_version(now.version)
    stages = {each.slug: each for each in Stage.objects.all()}
    changes, days = comparing.answers(edition, before, now), comparing.days(found)
    context = {
        "before": before,
        "now": now,
        "day_before": days[before.pk],
        "day_now": days[now.pk],
        "stage_before": stages.get(before.stage),
        "stage_now": stages.get(now.stage),
        "areas": comparing.areas(edition, before, now),
        "moved": [each for each in changes if each.before != each.now],
        "same": [each for each in changes if each.before == each.now],
        "question_count": len(changes),
    }
    return render(request, "assessment/comparison.html", context)


def _comparison_problem(chosen: list[str], found: list[Assessment]) -> str:
    if len(chosen) != 2:
        return f"Choose two results to compare; you chose {len(chosen) or 'none'}."
    if len(found) != 2:
        return "Only two results of this browser can be compared, and one of these is not."
    if found[0].version != found[1].version:
        return (
            f"These two answered different questionnaires, version {found[0].version} and {found[1].version}. "
            "Only results of one version can be compared."
        )
    return ""


@require_POST
@personal
@where_there_is_room
def load(request: HttpRequest) -> HttpResponse:
    """Take a downloaded file in again, as a result of this browser."""
    sent = request.FILES.get("file")
    if sent is None:
        return _result_list(request, messages=["Choose a file first."], status=400)
    editions = {version: content.of_version(version) for version in progress.versions()}
    try:
        loaded = read_file(sent.read(LARGEST_FILE + 1), editions, timezone.now().date())
    except InputError as error:
        return _result_list(request, messages=error.messages, status=400)
    mark = browser.mark_of(request) or browser.new_mark()
    assessment = actions.load(browser.digest(mark), loaded)
    edition = edition_of(assessment)
    if assessment.finished:
        response = HttpResponseRedirect(assessment.get_absolute_url())
        _remember_if_latest(request, response, assessment, edition)
    else:
        response = HttpResponseRedirect(progress.way_on(edition, assessment))
    browser.keep_mark(response, mark)
    return response


# -- Answering --


@read_or_send
@for_its_maker
def area(request: HttpRequest, assessment: Assessment, area: str) -> HttpResponse:
    """The questions of one area. POST keeps the answers sent, then goes where the button says."""
    edition = edition_of(assessment)
    found = edition.area(area)
    if found is None:
        return _no_such_area(request, assessment, edition)
    if _is_closed(assessment, edition):
        return HttpResponseRedirect(assessment.get_absolute_url())
    if request.method != "POST":
        return _area_page(request, assessment, edition, found)
    try:
        responses = read_responses(request.POST, found.questions, progress.ways(edition))
    except InputError as error:
        return _area_page(request, assessment, edition, found, messages=error.messages, status=400)
    before, assessment = assessment, actions.save_responses(assessment.pk, responses)
    if wants_fragment(request):
        response = _saved(request, assessment, edition, found, responses)
    else:
        response = _go(request, assessment, edition, progress.steps(edition).index(found.slug))
    if assessment.finished and assessment.responses != before.responses:
        _remember_if_latest(request, response, assessment, edition)
    return response


def _area_page(
    request: HttpRequest,
    assessment: Assessment,
    edition: Edition,
    area: Area,
    *,
    messages: list[str] | None = None,
    status: int = 200,
) -> HttpResponse:
    sent = request.POST if request.method == "POST" else None
    context = progress.frame(assessment, edition, area.slug)
    still_open = progress.open_in(area, assessment, edition) if "open" in request.GET else []
    context |= {
        "area": area,
        "questions": [
            progress.field(question, assessment, edition, sent, is_missing=question in still_open)
            for question in area.questions
        ],
        "still_open": still_open,
        "is_foundation": area.group == "foundations",
        "messages": messages or [],
    }
    return render(request, "assessment/area.html", context, status=status)


def _saved(
    request: HttpRequest, assessment: Assessment, edition: Edition, area: Area, responses: dict[str, str]
) -> HttpResponse:
    """What an answer given with htmx changes on the page; the page then knows it as saved."""
    context = progress.frame(assessment, edition, area.slug) | {
        "is_fragment": True,
        "area": area,
        "saved_here": responses.items(),
    }
    return render(request, "assessment/_progress.html", context)


@read_or_send
@for_its_maker
def context(request: HttpRequest, assessment: Assessment) -> HttpResponse:
    """The four optional questions, the last step before the result."""
    edition = edition_of(assessment)
    if _is_closed(assessment, edition):
        return HttpResponseRedirect(assessment.get_absolute_url())
    if request.method != "POST":
        return _context_page(request, assessment, edition)
    try:
        chosen = read_context(request.POST, edition, progress.ways(edition))
    except InputError as error:
        return _context_page(request, assessment, edition, messages=error.messages, status=400)
    before, assessment = assessment, actions.save_context(assessment.pk, chosen)
    if wants_fragment(request):
        response: HttpResponse = _saved_context(request, assessment, edition, chosen)
    else:
        response = _go(request, assessment, edition, progress.steps(edition).index(progress.CONTEXT))
    if assessment.finished and assessment.context != before.context:
        _remember_if_latest(request, response, assessment, edition)
    return response


def _saved_context(
    request: HttpRequest, assessment: Assessment, edition: Edition, chosen: dict[str, str]
) -> HttpResponse:
    page = progress.frame(assessment, edition, progress.CONTEXT)
    page |= {"is_fragment": True, "saved_here": chosen.items()}
    return render(request, "assessment/_progress.html", page)


def _context_page(
    request: HttpRequest,
    assessment: Assessment,
    edition: Edition,
    *,
    messages: list[str] | None = None,
    too_early: bool = False,
    status: int = 200,
) -> HttpResponse:
    page = progress.frame(assessment, edition, progress.CONTEXT)
    sent = request.POST if request.method == "POST" and not too_early else None
    page |= {
        "text": edition.texts,
        "questions": [progress.context_field(each, assessment, sent) for each in edition.context],
        "messages": messages or [],
        "too_early": progress.too_early(assessment, edition) if too_early else None,
    }
    return render(request, "assessment/context.html", page, status=status)


def _go(request: HttpRequest, assessment: Assessment, edition: Edition, place: int) -> HttpResponse:
    """Where the pressed button leads: next, back, away, to an area, or to the result."""
    steps, wish = progress.steps(edition), request.POST.get("go", "next")
    if wish == "finish":
        return _finish(request, assessment, edition)
    away = assessment.get_absolute_url() if assessment.finished else reverse("assessment:start")
    if wish == "later":
        return HttpResponseRedirect(away if assessment.finished else f"{away}?saved")
    if wish in steps:
        return HttpResponseRedirect(progress.path(assessment, wish))
    if wish == "back":
        return HttpResponseRedirect(progress.path(assessment, steps[place - 1]) if place else away)
    if place + 1 < len(steps):
        return HttpResponseRedirect(progress.path(assessment, steps[place + 1]))
    return _finish(request, assessment, edition)


def _finish(request: HttpRequest, assessment: Assessment, edition: Edition) -> HttpResponse:
    was_finished = assessment.finished is not None
    assessment, result = actions.finish(assessment.pk)
    if result.questions_left:
        return _context_page(request, assessment, edition, too_early=True, status=422)
    response = HttpResponseRedirect(assessment.get_absolute_url())
    if not was_finished:
        _remember_if_latest(request, response, assessment, edition)
    return response


def edition_of(assessment: Assessment) -> Edition:
    return content.of_version(assessment.version)


def _is_closed(assessment: Assessment, edition: Edition) -> bool:
    """A result of an older version stays as it was."""
    return assessment.finished is not None and edition.version != content.current().version


def _remember_if_latest(
    request: HttpRequest, response: HttpResponse, assessment: Assessment, edition: Edition
) -> None:
    latest = Assessment.objects.made_by(assessment.maker).finished().first()
    if latest and latest.pk == assessment.pk:
        browser.remember_result(request, response, assessment, edition)


# -- Result --


@require_safe
@with_assessment
def result(request: HttpRequest, assessment: Assessment) -> HttpResponse:
    is_maker = _is_maker(request, assessment)
    if assessment.finished is None:
        return (
            HttpResponseRedirect(progress.way_on(edition_of(assessment), assessment))
            if is_maker
            else _missing(request)
        )
    return _result_page(request, assessment, is_maker=is_maker)


def _result_page(
    request: HttpRequest,
    assessment: Assessment,
    *,
    is_maker: bool,
    messages: list[str] | None = None,
    typed_name: str | None = None,
    status: int = 200,
) -> HttpResponse:
    edition, stages = edition_of(assessment), {each.slug: each for each in Stage.objects.all()}
    found = actions.scored(assessment)
    page = _reading(assessment, edition, found, stages)
    memory = remembered(request)
    page |= {
        "is_maker": is_maker,
        "messages": messages or [],
        "typed_name": assessment.name if typed_name is None else typed_name,
        "longest_name": LONGEST_NAME,
        "switch": switch(
            memory, list(stages.values()), memory.stage, back=assessment.get_absolute_url(), verb="Sorted"
        )
        if is_maker and memory.result_stage == assessment.stage
        else None,
        "own_count": Assessment.objects.made_by(assessment.maker)
        .finished()
        .filter(version=assessment.version)
        .count()
        if is_maker
        else 0,
        "address": request.build_absolute_uri(assessment.get_absolute_url()),
    }
    return render(request, "assessment/result.html", page, status=status)


def _reading(assessment: Assessment, edition: Edition, found: Result, stages: dict[str, Stage]) -> dict[str, Any]:
    """Everything that the page of a result says."""
    current, responses = content.current(), assessment.responses
    chosen = edition.chosen(assessment.context)
    stage = stages[found.stage or ""]
    is_old = edition.version != current.version
    ranked = [] if is_old else list(Metric.objects.in_order("priority", stage.slug).for_lists())
    focus = ranked[: Priority.FOCUS]
    labels = report.confidence_sentences(edition, found, responses, stages)
    return {
        "assessment": assessment,
        "edition": edition,
        "text": edition.texts,
        "result": found,
        "stage": stage,
        "next_stage": stages.get(found.next_stage or ""),
        "is_old": is_old,
        "current_version": current.version,
        "steps_sentence": report.steps_sentence(found, stages),
        "size_note": (chosen.get("team-size", {}).get("note") or {}).get(stage.slug, ""),
        "contract_tip": chosen.get("contract-type", {}).get("tip") or "",
        "areas": report.area_rows(edition, found, stages),
        "checks": report.check_rows(edition, found, responses, stages),
        "held_back": report.held_back(edition, found, stages),
        "gate": report.gate_sentence(edition, found, stages),
        "leans": report.leans_sentence(edition, found),
        "moves": report.move_rows(edition, responses, found.recommendations),
        "moves_heading": report.moves_heading(found),
        "afterwards": report.afterwards_sentence(found, stages),
        "find_out": report.given(edition, responses, found.not_sure),
        "find_out_named": report.find_out_named(edition, found, responses),
        "is_open": "open" in found.confidence,
        "focus": _focus(assessment, edition, found, focus, stages),
        "segment": report.segment_of(chosen),
        "weakest": None if is_old else report.weakest_area_metric(edition, found, ranked),
        "other_count": words.spelled_number(len(ranked) - len(focus)).lower(),
        "shifts": report.shifts(ranked),
        "confidence": report.CONFIDENCE[found.confidence[0]],
        "confidence_said": labels[0],
        "also_said": labels[1:],
        "best_case": report.best_case_sentence(found, stages),
        "double_check": report.double_check(edition, found, responses),
        "hints": [(hint.say, report.given(edition, responses, hint.questions)) for hint in found.hints],
        "unanswered": report.given(edition, responses, found.unanswered),
        "question_count": len(edition.questions),
        "by_place": report.by_place(edition, responses),
        "changed": assessment.finished is not None and assessment.saved.date() > assessment.finished.date(),
    }


def _focus(
    assessment: Assessment, edition: Edition, found: Result, focus: list[Metric], stages: dict[str, Stage]
) -> list[tuple[Any, Metric | None]]:
    """The focus metrics in words, each with its row; of an older version as they were when it was answered."""
    if not focus:
        return [(row, None) for row in assessment.focus]
    reasons = [(metric, metric.priority_at(found.stage or "").reason) for metric in focus]
    rows = report.focus_rows(edition, found, reasons, edition.chosen(assessment.context), stages)
    return list(zip(rows, focus, strict=True))


@require_POST
@for_its_maker
def name(request: HttpRequest, assessment: Assessment) -> HttpResponse:
    if assessment.finished is None:
        return _missing(request)
    try:
        actions.rename(assessment.pk, read_name(request.POST))
    except InputError as error:
        typed = request.POST.get("name", "")
        return _result_page(
            request, assessment, is_maker=True, messages=error.messages, typed_name=typed[:500], status=400
        )
    return HttpResponseRedirect(assessment.get_absolute_url())


@read_or_send
@for_its_maker
def delete(request: HttpRequest, assessment: Assessment) -> HttpResponse:
    """GET asks once more, POST deletes. The directory then follows the latest result that is left, if any."""
    if request.method != "POST":
        return render(request, "assessment/delete.html", {"assessment": assessment})
    actions.delete(assessment.pk)
    response = HttpResponseRedirect(f"{reverse('assessment:result-list')}?deleted")
    if assessment.finished is None:
        return response
    latest = Assessment.objects.made_by(assessment.maker).finished().first()
    if latest is None:
        return _without_memory(request, response)
    browser.remember_result(request, response, latest, edition_of(latest))
    return response


@require_safe
@with_assessment
def download(request: HttpRequest, assessment: Assessment) -> HttpResponse:
    """The answers and the result as JSON; of an unfinished one only for its maker."""
    if assessment.finished is None and not _is_maker(request, assessment):
        return _missing(request)
    text = exchange.as_json(assessment, edition_of(assessment), actions.scored(assessment))
    response = HttpResponse(text, content_type="application/json; charset=utf-8")
    day = (assessment.finished or assessment.saved).date().isoformat()
    response["Content-Disposition"] = f'attachment; filename="maturity-check-{day}.json"'
    return response


@require_safe
@with_assessment
def next_visit(request: HttpRequest, assessment: Assessment) -> HttpResponse:
    """A calendar entry for the next visit, a quarter after the result."""
    if assessment.finished is None:
        return _missing(request)
    address = request.build_absolute_uri(assessment.get_absolute_url())
    text = exchange.as_calendar(assessment, address)
    response = HttpResponse(text, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="maturity-check.ics"'
    return response
