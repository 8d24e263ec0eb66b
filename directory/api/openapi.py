"""The OpenAPI 3.1 description and the JSON Schemas, made of the same classes as the answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.urls import reverse
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from . import models as api
from .documents import LICENSE, METRICS, Document

REFERENCE = "#/components/schemas/{model}"
SLUG = {"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$"}

Schema = dict[str, Any]


def description(
    documents: Iterable[Document],
    *,
    more_paths: Mapping[str, Schema],
    more_models: Iterable[type[BaseModel]],
    example_slug: str,
) -> Schema:
    """The whole description; the other app adds its own paths and models."""
    documents = list(documents)
    models: list[type[BaseModel]] = [*(document.envelope for document in documents), api.Problem, *more_models]
    _, defined = models_json_schema(
        [(model, "serialization") for model in models], by_alias=True, ref_template=REFERENCE
    )
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": api.DIALECT,
        "info": {
            "title": "CS Metrics open data",
            "version": api.SCHEMA_VERSION,
            "summary": "24 customer success metrics, their benchmarks and priorities, as JSON and CSV.",
            "license": {"name": LICENSE.name, "url": LICENSE.url},
        },
        "servers": [{"url": settings.SITE_URL or "/"}],
        "externalDocs": {"url": f"{settings.SITE_URL}{reverse('api:guide')}"},
        "paths": {
            **{path: item for document in documents for path, item in _paths(document)},
            METRICS.item_path: {"get": _one_metric(example_slug)},
            **more_paths,
        },
        "components": {"schemas": defined["$defs"]},
    }


def _paths(document: Document) -> Iterable[tuple[str, Schema]]:
    read = _operation(f"read-{document.name}", document.title, _json(document.envelope))
    yield document.path, {"get": read}
    if document.is_table:
        operation = _operation(
            f"read-{document.name}-csv",
            f"{document.title}, as CSV",
            {"text/csv": {"schema": {"type": "string"}}},
        )
        operation["parameters"] = [
            {
                "name": "bom",
                "in": "query",
                "description": "1: begins with a byte order mark, for spreadsheets that need one to see UTF-8.",
                "schema": {"type": "string", "enum": ["0", "1"], "default": "0"},
            }
        ]
        yield document.table_path, {"get": operation}


def _one_metric(example_slug: str) -> Schema:
    operation = _operation("read-metric", "One metric, in the same envelope", _json(METRICS.envelope))
    operation["parameters"] = [
        {"name": "slug", "in": "path", "required": True, "schema": SLUG, "example": example_slug}
    ]
    operation["responses"]["301"] = {"description": "The metric has another slug now."}
    operation["responses"]["404"] = problem("No metric has this slug.")
    return operation


def _operation(name: str, summary: str, content: Schema) -> Schema:
    tag = {"description": "Strong; changes with content and code.", "schema": {"type": "string"}}
    return {
        "operationId": name,
        "summary": summary,
        "responses": {
            "200": {"description": summary, "headers": {"ETag": tag}, "content": content},
            "304": {"description": "Nothing changed since the ETag of If-None-Match."},
            "400": problem("A parameter that means nothing here, named in `errors`."),
        },
    }


def _json(model: type[BaseModel]) -> Schema:
    return {"application/json": {"schema": reference(model)}}


def reference(model: type[BaseModel]) -> Schema:
    return {"$ref": REFERENCE.format(model=model.__name__)}


def problem(description: str) -> Schema:
    return {
        "description": description,
        "content": {"application/problem+json": {"schema": reference(api.Problem)}},
    }
