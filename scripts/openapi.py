"""Writes functions/openapi.json from functions/routes.yaml and the handlers' own annotations. Run by `make openapi`.

Format: https://spec.openapis.org/oas/v3.1.0. Routes of the platform's own senders (scope `internal`) are left out.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_origin

import orjson
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from shared.web.binding import Signature, signature
from shared.web.call import Raw, Reply, Stream
from shared.web.routes import Route, table
from shared.workspaces.scopes import INTERNAL, PUBLIC

PLACE = Path(__file__).resolve().parents[1] / "functions" / "openapi.json"
_REFERENCE = "#/components/schemas/{model}"
_ERROR = {
    "type": "object",
    "required": ["detail", "error_type", "error_id"],
    "properties": {
        "detail": {"type": "string", "description": "What to change."},
        "error_type": {"type": "string", "description": "A stable name of what happened."},
        "error_id": {"type": "string", "description": "The request, as the log knows it."},
        "fields": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "reason"],
                "properties": {"field": {"type": "string"}, "reason": {"type": "string"}},
            },
        },
    },
}

Json = dict[str, Any]


def document() -> Json:
    """The whole OpenAPI document."""
    routes = [route for route in table() if route.scope != INTERNAL]
    schemas = _Schemas([model for route in routes for model in _models(signature(route.load()))])
    paths: Json = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Reggie AgentOS", "version": "0.1.0"},
        "paths": paths,
        "components": {
            "schemas": {**schemas.definitions, "Error": _ERROR},
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "An API key of a workspace."}},
            "responses": {"Error": {"description": "What went wrong.", "content": _json({"$ref": _REFERENCE.format(model="Error")})}},
        },
    }


class _Schemas:
    """The JSON schemas of every model, under names of their own."""

    def __init__(self, models: list[type[BaseModel]]) -> None:
        inputs = [(model, "validation") for model in dict.fromkeys(models)]
        self._references, found = models_json_schema(inputs, ref_template=_REFERENCE)  # type: ignore[arg-type]  # The mode is a literal.
        self.definitions: Json = dict(sorted(found.get("$defs", {}).items()))

    def reference(self, model: type[BaseModel]) -> Json:
        return self._references[(model, "validation")]

    def fields(self, model: type[BaseModel]) -> tuple[Json, list[str]]:
        """A flat model's properties, and which of them are required."""
        schema = self.definitions[str(self.reference(model)["$ref"]).rpartition("/")[2]]
        return schema.get("properties", {}), schema.get("required", [])


def _operation(route: Route, schemas: _Schemas) -> Json:
    handler = route.load()
    wanted = signature(handler)
    text = " ".join((handler.__doc__ or "").split())
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in re.findall(r"{([a-z_]+)}", route.path)
    ]
    if wanted.query is not None:
        properties, required = schemas.fields(wanted.query)
        parameters += [
            {"name": name, "in": "query", "required": name in required, "schema": _given(field)} for name, field in properties.items()
        ]
    if route.method != "GET" and route.scope != PUBLIC:
        parameters.append(
            {"name": "Idempotency-Key", "in": "header", "required": False, "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"}}
        )
    operation: Json = {
        "operationId": route.operation,
        "summary": re.split(r"(?<=[.:;])\s", text)[0].rstrip(".:;"),
        "description": text,
        "tags": [route.path.split("/")[1] or "home"],
        "parameters": parameters,
        "responses": {**_answers(wanted, schemas), "default": {"$ref": "#/components/responses/Error"}},
        "security": [] if route.scope == PUBLIC else [{"key": []}],
        "x-scope": route.scope,
    }
    if body := _body(route, wanted, schemas):
        operation["requestBody"] = {"required": True, "content": body}
    return operation


def _given(field: Json) -> Json:
    """A field's schema without null: a query can leave a field out, and cannot say null."""
    rest = [kind for kind in field.get("anyOf", []) if kind != {"type": "null"}]
    return field if len(rest) != 1 else {**{key: value for key, value in field.items() if key not in ("anyOf", "default")}, **rest[0]}


def _body(route: Route, wanted: Signature, schemas: _Schemas) -> Json:
    if wanted.body is not None:
        return _json(schemas.reference(wanted.body))
    if wanted.form is None:
        return {}
    content: Json = {media: {"schema": schemas.reference(wanted.form)} for media in route.accepts}
    if wanted.uploads and "multipart/form-data" in content:
        files = {"type": "object", "properties": {"files": {"type": "array", "items": {"type": "string", "format": "binary"}}}}
        content["multipart/form-data"] = {"schema": {"allOf": [schemas.reference(wanted.form), files]}}
    return content


def _answers(wanted: Signature, schemas: _Schemas) -> Json:
    """By status: what a handler's return annotation promises. A Reply chooses its status itself."""
    answers: Json = {}
    for kind in _alternatives(wanted.returns):
        if kind is type(None):
            answers["204"] = {"description": "Done."}
        elif kind is Stream:
            answers.setdefault("200", _answer())["content"]["text/event-stream"] = {"schema": {"type": "string"}}
        elif kind in (Reply, Raw):
            answers.setdefault("2XX", _answer())["content"] |= _json({})
        else:
            answers.setdefault("200", _answer())["content"] |= _json(_shape(kind, schemas))
    if "200" in answers and "2XX" in answers:
        # A status of its own hides the range, so it must name what the range names.
        answers["200"]["content"] = answers["2XX"]["content"] | answers["200"]["content"]
    return answers


def _answer() -> Json:
    return {"description": "Done.", "content": {}}


def _shape(kind: Any, schemas: _Schemas) -> Json:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return schemas.reference(kind)
    if get_origin(kind) is list:
        return {"type": "array", "items": _shape(get_args(kind)[0], schemas)}
    return {"type": "object"}


def _models(wanted: Signature) -> Iterator[type[BaseModel]]:
    given = [wanted.query, wanted.body, wanted.form, *_alternatives(wanted.returns)]
    for kind in given:
        inner = get_args(kind)[0] if get_origin(kind) is list else kind
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield inner


def _alternatives(annotation: Any) -> tuple[Any, ...]:
    return get_args(annotation) if get_args(annotation) and get_origin(annotation) not in (list, dict) else (annotation,)


def _json(schema: Json) -> Json:
    return {"application/json": {"schema": schema}}


def rendered() -> bytes:
    """The document as it is stored."""
    return orjson.dumps(document(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


if __name__ == "__main__":
    PLACE.write_bytes(rendered())
    sys.stdout.write(f"{PLACE.relative_to(Path.cwd())}: {len(document()['paths'])} paths\n")
