"""`/api/`: the page that explains the open data, and what spans both apps: index, schemas, description."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any, Literal

from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from pydantic import BaseModel

from assessment import api as assessment
from assessment.content import current
from directory import structured
from directory.api import documents, openapi, views
from directory.api import models as shapes
from directory.api.answers import READING, open_data, preflight, problem
from directory.api.documents import Document, schema_address
from directory.models import ContentVersion, Metric
from directory.public import public
from directory.structured import address

from . import guides

DOCUMENTS: tuple[Document, ...] = (*documents.DOCUMENTS, assessment.DOCUMENT)


def entries() -> list[shapes.Entry]:
    """Every document, then what else there is to read or to ask."""
    return [
        *(
            _entry(
                each.name,
                each.title,
                json_url=address(each.path),
                csv_url=address(each.table_path) if each.is_table else None,
                item_url=address(each.item_path) if each.item_path else None,
                schema_url=schema_address(each.name),
            )
            for each in DOCUMENTS
        ),
        _entry(
            "score",
            "Responses to the assessment in, the full result out",
            method="POST",
            json_url=address(reverse("api:score")),
            schema_url=schema_address("score"),
        ),
        _entry("openapi", "All of this as OpenAPI 3.1 describes it", json_url=address(reverse("api:openapi"))),
        _entry("changes", "What changed in the content", atom_url=address(reverse("directory:changes"))),
    ]


def _entry(name: str, title: str, *, method: Literal["GET", "POST"] = "GET", **urls: str | None) -> shapes.Entry:
    known = dict.fromkeys(("json_url", "csv_url", "atom_url", "item_url", "schema_url"))
    return shapes.Entry(name=name, title=title, method=method, **(known | urls))


INDEX = Document("index", "Every document and address", shapes.Entry, entries)


def schemas() -> dict[str, type[BaseModel]]:
    """The class behind each schema, by its name in the address."""
    return {
        **{each.name: each.envelope for each in (INDEX, *DOCUMENTS, assessment.RESULT)},
        "score-request": assessment.request_model(current().questionnaire),
        "problem": shapes.Problem,
    }


def _as_file(content: dict[str, Any], content_type: str) -> HttpResponse:
    text = json.dumps(content, ensure_ascii=False, indent=2)
    return HttpResponse(f"{text}\n", content_type=content_type)


@open_data()
def schema(request: HttpRequest, version: ContentVersion, name: str) -> HttpResponse:
    known = schemas()
    if name not in known:
        raise Http404(f"There is no schema of this name; there are {', '.join(known)}.")
    return _as_file(shapes.schema_of(known[name], schema_address(name)), "application/schema+json")


@open_data()
def description(request: HttpRequest, version: ContentVersion) -> HttpResponse:
    first = Metric.objects.values_list("slug", flat=True).first()
    made = openapi.description(
        [INDEX, *DOCUMENTS],
        more_paths=assessment.paths(),
        more_models=[assessment.RESULT.envelope, assessment.request_model(current().questionnaire)],
        example_slug=first or "net-revenue-retention",
    )
    return _as_file(made, "application/openapi+json;version=3.1")


@open_data()
def without_slash(request: HttpRequest, version: ContentVersion) -> HttpResponse:
    """To the index, so that scripts of other sites may follow."""
    return HttpResponsePermanentRedirect(INDEX.path)


@csrf_exempt
def missing(request: HttpRequest, rest: str) -> HttpResponse:
    """Nothing is here, said in the way that readers of data expect."""
    if request.method == "OPTIONS":
        return preflight(READING)
    detail = f"There is no such document. {address(INDEX.path)} lists all of them."
    return problem(HTTPStatus.NOT_FOUND, detail)


# -- The page --


@public()
@require_safe
def guide(request: HttpRequest) -> HttpResponse:
    """What there is and how to read it, with examples that are run for the page itself."""
    version = ContentVersion.current()
    context = {
        "entries": [(each, address(each.path), each.table_path if each.is_table else "") for each in DOCUMENTS],
        "envelope": guides.fields(INDEX.envelope),
        "tables": [(each, guides.fields(each.item)) for each in DOCUMENTS if each.is_table],
        "examples": guides.examples(current().questionnaire) if version else {},
        "version": version,
        "site": address(""),
        "structured_data": structured.as_script(
            structured.breadcrumbs(
                ("Directory", reverse("directory:metric-list")), ("Open data", reverse("api:guide"))
            )
        ),
    }
    return render(request, "csmetrics/guide.html", context)


app_name = "api"

urlpatterns: list[URLPattern] = [
    path("", guide, name="guide"),
    path("v1", without_slash),
    path("v1/", views.document_view(INDEX), name="index"),
    path("v1/openapi.json", description, name="openapi"),
    path("v1/schema/<slug:name>.json", schema, name="schema"),
    path("v1/metrics/<slug:slug>.json", views.metric, name="metric"),
    *(path(f"v1/{each.name}.json", views.document_view(each), name=each.name) for each in DOCUMENTS),
    *(
        path(f"v1/{each.name}.csv", views.table_view(each), name=f"{each.name}-csv")
        for each in DOCUMENTS
        if each.is_table
    ),
    path("v1/assessment/score", assessment.score, name="score"),
    path("v1/<path:rest>", missing),
]
