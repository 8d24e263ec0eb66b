"""The documents of the directory at `/api/v1/`, each a pure function of the loaded content."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from pydantic import BaseModel

from directory.models import ContentVersion
from directory.moved import moved_or_missing
from directory.structured import address

from . import documents, sheets
from .answers import View, open_data
from .documents import LICENSE, Document
from .models import as_json

JSON = "application/json"
CSV = "text/csv; charset=utf-8; header=present"


def json_answer(item: BaseModel, content_type: str = JSON) -> HttpResponse:
    response = HttpResponse(as_json(item), content_type=content_type)
    response["Link"] = f'<{LICENSE.url}>; rel="license"'
    return response


def document_view(document: Document) -> View:
    """The view of a whole document as JSON."""

    @open_data()
    def view(request: HttpRequest, version: ContentVersion) -> HttpResponse:
        return json_answer(document.around(document.items(), version))

    return view


def table_view(document: Document) -> View:
    """The view of a whole document as CSV, with `?bom=1` for spreadsheets that ask for a byte order mark."""

    @open_data(parameters={"bom": ("0", "1")})
    def view(request: HttpRequest, version: ContentVersion) -> HttpResponse:
        text = sheets.table(document.item, document.items(), bom=request.GET.get("bom") == "1")
        response = HttpResponse(text, content_type=CSV)
        response["Content-Disposition"] = f'attachment; filename="csmetrics-{document.name}.csv"'
        response["Link"] = (
            f'<{LICENSE.url}>; rel="license", <{address(document.path)}>; rel="alternate"; type="{JSON}"'
        )
        return response

    return view


@open_data()
def metric(request: HttpRequest, version: ContentVersion, slug: str) -> HttpResponse:
    """One metric, in the same envelope as all of them."""
    found = documents.metrics(slug)
    if not found:
        return moved_or_missing(request, slug, "api:metric", suggest=True)
    return json_answer(documents.METRICS.around(found, version))
