"""The pages of the directory. They depend on the address and on what the browser remembers of a result:

no session, no form token, nothing personal. So there are few variants of each, the same for everybody.
"""

from __future__ import annotations

import datetime
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import replace_url

from . import calculator, comparison, entry, evidence, formula, listing, results, structured, words
from . import priority_map as mapping
from .forms import DirectoryQuery, MapQuery, PageQuery, typed
from .htmx import wants_fragment
from .loader.schema import STAGES
from .models import (
    Category,
    Change,
    ContentVersion,
    Metric,
    PageText,
    Question,
    Relation,
    Segment,
    Source,
    Stage,
)
from .moved import moved_or_missing
from .public import public
from .remembered import Remembered, choose, is_from_here, known, remembered, varies
from .stages import shifts, summary, with_metrics
from .switch import switch

# -- Directory --


@public("stage", "category", "sort")
@require_safe
def metric_list(request: HttpRequest) -> HttpResponse:
    stages = list(Stage.objects.all())
    categories = list(Category.objects.all())
    memory = remembered(request)
    query = DirectoryQuery.read(
        request.GET,
        stages=[each.slug for each in stages],
        categories=[each.slug for each in categories],
        memory=memory,
    )
    everything = list(Metric.objects.in_order(query.sort, query.stage).for_lists())
    metrics = listing.in_categories(everything, query.categories)
    stage = next((each for each in stages if each.slug == query.stage), None)
    text = PageText.texts("directory")
    is_fragment = wants_fragment(request)
    context: dict[str, Any] = {
        "query": query,
        "stage": stage,
        "text": text,
        "page_title": listing.page_title(stage),
        "description": _directory_description(text, stage),
        "stage_links": listing.stage_links(query, stages),
        "category_links": listing.category_links(query, categories, everything),
        "all_categories": listing.Link(None, listing.path_of(query.without_categories()), not query.categories),
        "switch": switch(
            memory,
            stages,
            query.stage,
            back=listing.path_of(query.with_stage(memory.stage)),
            verb="Sorted" if query.sort == "priority" else "Marked",
        ),
        "sort_links": listing.sort_links(query, stage),
        "sort_label": listing.sort_label(query, stage),
        "groups": listing.groups(metrics, query, stage),
        "empty": listing.empty(query, everything),
        "total": len(everything),
        "total_words": words.spelled_number(len(everything)),
        "count_sentence": listing.count_sentence(metrics, query, stage, categories),
        "page_query": _page_query(query.stage, memory),
        "is_fragment": is_fragment,
    }
    if is_fragment:
        response = render(request, "directory/_metric_results.html", context)
        response["Cache-Control"] = "no-store"
    else:
        all_questions = list(Question.objects.all())
        questions = [row for row in all_questions if "directory" in row.pages]
        in_order = sorted(everything, key=lambda each: each.position)
        context |= {
            "questions": questions,
            "question_count": len(all_questions),
            "focus_table": listing.focus_table(stages, everything),
            "structured_data": structured.as_script(
                structured.term_set(in_order), structured.questions(questions)
            ),
        }
        response = render(request, "directory/metric_list.html", context)
    return varies(response)


def _directory_description(text: dict[str, Any], stage: Stage | None) -> str:
    if stage is None:
        return str(text.get("description", ""))
    return f"Customer success metrics in the order that suits a team at {stage.name}. {stage.line}"


# -- Metric --


@public("stage", "segment", alone=True)  # beside them, a reader's own numbers
@require_safe
def metric_detail(request: HttpRequest, slug: str) -> HttpResponse:
    metric = Metric.objects.for_page().filter(slug=slug).first()
    if metric is None:
        return moved_or_missing(request, slug, "directory:metric-detail")
    priorities = metric.profile
    stages = [each.stage for each in priorities]
    segments = list(Segment.objects.all())
    memory = remembered(request)
    query = PageQuery.read(
        request.GET,
        stages=[each.slug for each in stages],
        segments=[each.slug for each in segments],
        memory=memory,
    )
    at_stage = next((each for each in priorities if each.stage_id == query.stage), None)
    sources = list(metric.sources.all())
    rows = entry.benchmark_rows(metric, segments)
    cited = entry.cited(metric, rows, sources)
    page = metric.page
    today = datetime.datetime.now(tz=datetime.UTC).date()
    number = calculator.build(metric, query, request.GET, rows, cited, segments, today, company=memory.company)
    benchmark_groups = evidence.groups(
        metric,
        rows,
        cited,
        segment=query.segment,
        company=memory.company,
        own=entry.own_value(number, rows),
        today=today,
    )
    if wants_fragment(request):
        return _calculation(request, number, benchmark_groups)
    terms = {each["name"]: each["term"] for each in page["formula"]["inputs"]}
    tree = formula.parse(metric.data["formula"]["expression"], terms)
    previous, following = entry.neighbors(metric, at_stage)
    related = entry.related(metric)
    crumbs = [("Directory", reverse("directory:metric-list")), (metric.name, metric.get_absolute_url())]
    context: dict[str, Any] = {
        "metric": metric,
        "page": page,
        "query": query,
        "page_query": query.query_string,
        "switch": switch(memory, stages, query.stage, back=_path(metric, query.with_stage(memory.stage))),
        "stage_query": _page_query(query.stage, memory),
        "segment_query": query.with_stage(None).query_string,
        "category_path": listing.path_of(
            DirectoryQuery(categories=(metric.category_id,), memory=memory).with_stage(query.stage)
        ),
        "contents": entry.contents(has_related=bool(related)),
        "stage": at_stage.stage if at_stage else None,
        "stages": [(each, page["stages"][each.stage_id]) for each in priorities],
        "priorities": priorities,
        "focus_marks": [each for each in priorities if each.is_focus and query.stage in (None, each.stage_id)],
        "segment": query.segment,
        "calculator": number,
        "segment_notes": [(each, page["segment_notes"][each.slug]) for each in segments],
        "direction": words.DIRECTIONS[metric.direction],
        "indicator": words.INDICATORS[metric.indicator],
        "unit": words.UNITS[metric.unit],
        "range": entry.range_words(page["range"], metric.unit),
        "cadence": words.CADENCES[metric.cadence],
        "mathml": formula.mathml(tree, terms, metric.short_name),
        "ledger": entry.ledger(metric),
        "result": words.result(page["example"]["result"], metric.unit),
        "variants": [entry.variant(metric, each) for each in page["formula"]["variants"]],
        "public_examples": [entry.public_example(metric, each) for each in page["public_examples"]],
        "benchmark_groups": benchmark_groups,
        "points": [entry.point(each, sources) for each in page["published_points"]],
        "related": related,
        "compare_path": comparison.address_of([slug, *(other.slug for other, _, _ in related[:2])], query),
        "sources": [entry.source(each, today) for each in sources],
        "previous": previous,
        "following": following,
        "citation": entry.citation(metric, ContentVersion.current()),
        "embed": entry.embed_snippet(metric, query.stage),
        "embed_path": entry.embed_path(metric, query.stage),
        "changes": Change.objects.all().touching(metric.slug),
        "structured_data": structured.as_script(structured.term(metric), structured.breadcrumbs(*crumbs)),
    }
    return varies(render(request, "directory/metric_detail.html", context))


def _path(metric: Metric, query: PageQuery) -> str:
    return f"{metric.get_absolute_url()}{query.query_string}"


def _page_query(stage: str | None, memory: Remembered) -> str:
    """What a link to a metric has to say, so that it is shown for the same stage."""
    return PageQuery(stage, memory.segment, memory=memory).query_string


def _calculation(
    request: HttpRequest, number: calculator.Calculator, benchmark_groups: list[evidence.Group]
) -> HttpResponse:
    """The result and its marks on the benchmarks, as one types; the address follows it."""
    context = {"calculator": number, "benchmark_groups": benchmark_groups, "is_fragment": True}
    response = render(request, "directory/_calculation.html", context)
    response["Cache-Control"] = "no-store"
    return replace_url(varies(response), number.address)


# -- Comparison --


@public("stage", "segment", "metrics")
@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    """Two to four metrics side by side; with fewer, the list to choose from."""
    everything = list(Metric.objects.for_choice())
    stages = list(Stage.objects.all())
    segments = list(Segment.objects.all())
    page = PageQuery.read(
        request.GET,
        stages=[each.slug for each in stages],
        segments=[each.slug for each in segments],
        memory=remembered(request),
    )
    query = comparison.CompareQuery.read(request.GET, page, {each.slug: each for each in everything})
    today = datetime.datetime.now(tz=datetime.UTC).date()
    columns = []
    if query.is_enough:
        metrics = Metric.objects.for_comparison(query.metrics)
        relations = Relation.objects.among(query.metrics)
        columns = comparison.columns(query, metrics, segments, relations, today)
    categories = dict.fromkeys(
        each.category.name for each in sorted(everything, key=lambda each: each.category.position)
    )
    context: dict[str, Any] = {
        "query": query,
        "page_query": page.query_string,
        "columns": columns,
        "heading": comparison.title([each.metric for each in columns]),
        "only": next((each.name for each in everything if each.slug in query.metrics), ""),
        "stage": next((each for each in stages if each.slug == page.stage), None),
        "segment_links": [
            (each, query.with_segment(each.slug).address, each.slug == page.segment) for each in segments
        ],
        "without_segment": query.with_segment(None).address,
        "choices": [(name, [each for each in everything if each.category.name == name]) for name in categories],
    }
    return varies(render(request, "directory/compare.html", context))


# -- Priority map --


@public("stage", "category", "show")
@require_safe
def priority_map(request: HttpRequest) -> HttpResponse:
    stages = list(Stage.objects.all())
    categories = list(Category.objects.all())
    memory = remembered(request)
    query = MapQuery.read(
        request.GET,
        stages=[each.slug for each in stages],
        categories=[each.slug for each in categories],
        memory=memory,
    )
    stage = next((each for each in stages if each.slug == query.stage), None)
    everything = list(Metric.objects.in_order("priority" if stage else "directory", query.stage).for_map())
    metrics = mapping.shown(everything, query, stages)
    no_family = query.without_categories()
    text = PageText.texts("map")
    is_fragment = wants_fragment(request)
    context: dict[str, Any] = {
        "query": query,
        "text": text,
        "page_title": mapping.page_title(stage),
        "stage_links": mapping.stage_links(query, stages),
        "switch": switch(
            memory, stages, query.stage, back=mapping.path_of(query.with_stage(memory.stage)), verb="Sorted"
        ),
        "show_links": mapping.show_links(query, everything, stages),
        "category_links": mapping.category_links(query, categories, everything, stages),
        "all_categories": mapping.link_to_all(no_family, everything, stages, is_current=not query.categories),
        "columns": mapping.columns(stages, everything, stage),
        "groups": mapping.groups(metrics, stages, stage),
        "empty": mapping.empty(query, everything, stage, stages),
        "count_sentence": mapping.count_sentence(metrics, query, stage, stages, categories),
        "page_query": _page_query(query.stage, memory),
        "is_fragment": is_fragment,
    }
    if is_fragment:
        response = render(request, "directory/_map_results.html", context)
        response["Cache-Control"] = "no-store"
    else:
        questions = [row for row in Question.objects.all() if "map" in row.pages]
        crumbs = [("Directory", reverse("directory:metric-list")), ("Priority map", request.path)]
        context |= {
            "questions": questions,
            "structured_data": structured.as_script(
                structured.breadcrumbs(*crumbs), structured.questions(questions)
            ),
        }
        response = render(request, "directory/priority_map.html", context)
    return varies(response)


# -- Search --


@public("q", "stage")
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """The answers to `?q=`: the panel under the header box, or a page of its own."""
    query = typed(request.GET)
    is_fragment = wants_fragment(request)
    memory = remembered(request)
    stages = list(Stage.objects.all()) if memory.result_on or "stage" in request.GET else []
    page = PageQuery.read(request.GET, stages=[each.slug for each in stages], memory=memory)
    search_path = f"{reverse('directory:search')}?{urlencode({'q': query})}"
    context = results.for_query(query, brief=is_fragment)
    context |= {
        "is_fragment": is_fragment,
        "search_path": search_path,
        "stage": next((each for each in stages if each.slug == page.stage), None),
        "page_query": _page_query(page.stage, memory),
        "switch": switch(memory, stages, page.stage, back=search_path),
    }
    template = "directory/_search_answers.html" if is_fragment else "directory/search.html"
    response = render(request, template, context)
    if is_fragment:
        response["Cache-Control"] = "no-store"
    return varies(response)


# -- Stages --


@public("stage")
@require_safe
def stage_list(request: HttpRequest) -> HttpResponse:
    stages = with_metrics()
    memory = remembered(request)
    query = PageQuery.read(request.GET, stages=[each.slug for each, _ in stages], memory=memory)
    text = PageText.texts("shared")
    home = reverse("directory:metric-list")
    crumbs = structured.breadcrumbs(("Directory", home), ("Stages", reverse("directory:stage-list")))
    context: dict[str, Any] = {
        "query": query,
        "page_query": query.query_string,
        "lead": text.get("stages_lead", ""),
        "stages": [summary(stage, metrics) for stage, metrics in stages],
        "structured_data": structured.as_script(crumbs),
    }
    return varies(render(request, "directory/stage_list.html", context))


@csrf_exempt  # the switch stands on pages without a token; see is_from_here
@require_POST
def choose_stage(request: HttpRequest) -> HttpResponse:
    """Keep another stage than the result's, or none, and go back to the page."""
    if not is_from_here(request):
        raise PermissionDenied
    back = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    response = HttpResponseRedirect(back if safe else reverse("directory:metric-list"))
    memory, stage = remembered(request), request.POST.get("stage", "")
    if memory.result_on and known(stage, STAGES):
        choose(response, memory, stage)
    return response


@public()
@require_safe
def stage_detail(request: HttpRequest, slug: str) -> HttpResponse:
    stages = with_metrics()
    by_slug = {stage.slug: (stage, metrics) for stage, metrics in stages}
    if slug not in by_slug:
        raise Http404(f"no stage has the slug {slug}")
    stage, metrics = by_slug[slug]
    position = stage.position
    before = stages[position - 1][0] if position else None
    after = stages[position + 1][0] if position + 1 < len(stages) else None
    home = reverse("directory:metric-list")
    crumbs = structured.breadcrumbs(
        ("Directory", home), ("Stages", reverse("directory:stage-list")), (stage.name, stage.get_absolute_url())
    )
    context: dict[str, Any] = {
        "stage": stage,
        "summary": summary(stage, metrics),
        "before": before,
        "after": after,
        "rising": shifts(metrics, stage, after, up=True) if after else [],
        "falling": shifts(metrics, stage, after, up=False) if after else [],
        "page_query": PageQuery(stage=stage.slug).query_string,
        "structured_data": structured.as_script(crumbs),
    }
    return render(request, "directory/stage_detail.html", context)


# -- Other pages --


@public()
@require_safe
def faq(request: HttpRequest) -> HttpResponse:
    questions = list(Question.objects.all())
    groups: dict[tuple[str, str], list[Question]] = {}
    for row in questions:
        groups.setdefault((row.group, row.group_lead), []).append(row)
    context: dict[str, Any] = {
        "groups": [(name, lead, rows) for (name, lead), rows in groups.items()],
        "structured_data": structured.as_script(structured.questions(questions)),
    }
    return render(request, "directory/faq.html", context)


@public()
@require_safe
def source_list(request: HttpRequest) -> HttpResponse:
    """The bibliography: one entry a publication, with the metrics and the number of rows that rest on it."""
    today = datetime.datetime.now(tz=datetime.UTC).date()
    entries: dict[str, dict[str, Any]] = {}
    for row in Source.objects.with_use():
        found = entries.setdefault(row.key, {"row": row, "is_old": evidence.is_old(row.year, today), "uses": []})
        found["uses"].append(row)
        found["link"] = found.get("link") or row.link
        if row.via:
            found["vias"] = list(dict.fromkeys([*found.get("vias", []), row.via]))
    letters: dict[str, list[dict[str, Any]]] = {}
    for each in sorted(
        entries.values(), key=lambda each: (each["row"].publisher.lower(), -(each["row"].year or 0))
    ):
        first = each["row"].publisher[0].upper()
        letters.setdefault(first if first.isalpha() else "0–9", []).append(each)
    context: dict[str, Any] = {
        "letters": sorted(letters.items()),
        "count": len(entries),
        "first_hand": sum("vias" not in each for each in entries.values()),
        "undated": sum(entry["row"].year is None for entry in entries.values()),
    }
    return render(request, "directory/source_list.html", context)


@public()
@require_safe
def about(request: HttpRequest) -> HttpResponse:
    text = get_object_or_404(PageText, slug="about").page
    return render(request, "directory/about.html", {"text": text})


@public()
@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    lines = ["User-agent: *", "Allow: /"]
    if settings.SITE_URL:
        lines.append(f"Sitemap: {settings.SITE_URL}{reverse('directory:sitemap')}")
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@public()
@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    metrics = Metric.objects.only("slug", "changed")
    newest = max((each.changed for each in metrics), default=None)
    names = ["metric-list", "priority-map", "compare", "stage-list", "faq", "source-list", "about"]
    pages = [(reverse(f"directory:{name}"), newest) for name in names]
    pages += [(stage.get_absolute_url(), newest) for stage in Stage.objects.all()]
    pages += [(metric.get_absolute_url(), metric.changed) for metric in metrics]
    pages.append((reverse("api:guide"), newest))
    context = {"pages": [(structured.address(path), changed) for path, changed in pages], "newest": newest}
    return render(request, "directory/sitemap.xml", context, content_type="application/xml; charset=utf-8")
