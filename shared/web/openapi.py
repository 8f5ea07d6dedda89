"""The OpenAPI 3.1 document, made from the route table and the handlers' annotations: https://spec.openapis.org/oas/v3.1.0.

    path            the route's path; each parameter is an id
    parameters      the fields of the handler's `query` model, and the headers that the route heeds
    requestBody     the handler's `body` or `form` model, for each media type that the route accepts; `files` where it takes `uploads`
    responses       the handler's return annotation (see shared/web/call.py: Reply), and the errors that a caller must expect
    x-scope         what a key must hold

Internal routes are left out.
"""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Iterable
from http import HTTPStatus
from typing import Annotated, Any, Final, Union, get_args, get_origin

from pydantic import BaseModel, TypeAdapter

from shared.kit.ids import CLIENT_ID
from shared.web.binding import Signature, signature
from shared.web.call import Download, Raw, Reply, Stream
from shared.web.routes import Route
from shared.workspaces.scopes import INTERNAL, PUBLIC

Json = dict[str, Any]

_REFERENCE: Final = "#/components/schemas/{model}"
_MULTIPART: Final = "multipart/form-data"
_URLENCODED: Final = "application/x-www-form-urlencoded"
_ERRORS: Final = {
    400: "The request cannot be understood.",
    401: "No credential, or one that is unknown, expired or revoked.",
    403: "The credential lacks the scope.",
    404: "Not there, or another workspace's.",
    409: "Something else changed or holds what the request is about.",
    413: "The address, the headers, the body or a field is over its limit.",
    415: "The body's media type or charset is not read here.",
    422: "A field does not fit; `fields` names each with the reason.",
    429: "A limit is reached; `Retry-After` says when to ask again.",
    503: "A dependency does not answer; nothing is half done, and the same request may be sent again.",
}
_ERROR_SCHEMA: Final[Json] = {
    "type": "object",
    "required": ["detail", "error_type", "error_id"],
    "properties": {
        "detail": {"type": "string", "description": "A sentence that says what to change."},
        "error_type": {"type": "string", "description": "A stable name of the kind of error."},
        "error_id": {"type": "string", "description": "Quote it when you report the error."},
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
_EVENT_SCHEMA: Final[Json] = {
    "type": "object",
    "description": "One server-sent event. OpenAPI 3.1 has no word for the items of a stream: this is the shape of each.",
    "required": ["event", "data"],
    "properties": {
        "id": {"type": "string", "description": "Counts up; give it back as Last-Event-ID."},
        "event": {"type": "string"},
        "data": {"type": "string", "contentMediaType": "application/json", "description": "One JSON object."},
    },
}
_IDEMPOTENCY_KEY: Final[Json] = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "The same key with the same request, sent again within 24 hours, does the work once.",
    "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
}
_LAST_EVENT_ID: Final[Json] = {
    "name": "Last-Event-ID",
    "in": "header",
    "description": "The `id` of the last event that was read: the stream goes on behind it.",
    "schema": {"type": "string", "pattern": "^[0-9]{1,15}$"},
}
_HEADERS: Final[Json] = {"X-Request-Id": {"$ref": "#/components/headers/RequestId"}}
_REQUEST_ID: Final[Json] = {
    "description": "Names the request in the log.",
    "required": True,
    "schema": {"type": "string", "pattern": "^req_[a-z2-7]{26}$"},
}
_BEARER: Final = (
    "An API key of the workspace, as rg_live_..., or a person's access token; with the latter the header X-Reggie-Workspace "
    "chooses one of the person's workspaces."
)
_EVENTS: Final = "Server-sent events."


def document(routes: Iterable[Route], title: str, version: str) -> Json:
    """The document of these routes, ready to be written as JSON. Raises ValueError when a handler's model cannot be described."""
    shown = [route for route in routes if route.scope != INTERNAL]
    schemas = _Schemas(shown)
    paths: Json = {}
    for route in shown:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version},
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": _BEARER},
            },
            "schemas": {**schemas.components, "Error": _ERROR_SCHEMA, "Event": _EVENT_SCHEMA},
            "headers": {"RequestId": _REQUEST_ID},
            "responses": {f"Error{status}": _error(status) for status in _ERRORS},
        },
    }


class _Schemas:
    """The JSON schemas of all bodies and answers, made together so that each name means one model."""

    def __init__(self, routes: Iterable[Route]) -> None:
        shapes: list[Any] = []
        for route in routes:
            wanted = signature(route.load())
            shapes += [shape for shape in (wanted.body, wanted.form) if shape is not None]
            shapes += [shape for _, shape in _answers(wanted.returns) if shape not in (None, Download, Raw, Stream)]
        made, definitions = TypeAdapter.json_schemas(
            [(str(shape), "validation", TypeAdapter(shape)) for shape in shapes], ref_template=_REFERENCE
        )
        self._made = {name: schema for (name, _), schema in made.items()}
        self.components: Json = definitions.get("$defs", {})

    def of(self, shape: Any) -> Json:
        """The schema of a model, or of a list of them: mostly a reference."""
        return self._made[str(shape)]

    def fields(self, model: type[BaseModel]) -> Json:
        """A model's own schema, for what cannot be null: a query and a form have only values that are there."""
        schema = self.components[model.__name__] if model.__name__ in self.components else model.model_json_schema()
        if "$defs" in schema:
            raise ValueError(f"{model.__name__} has models inside; a query or a form has only plain fields")
        return {**schema, "properties": {name: _without_null(field) for name, field in schema.get("properties", {}).items()}}


def _operation(route: Route, schemas: _Schemas) -> Json:
    handler = route.load()
    wanted = signature(handler)
    text = inspect.getdoc(handler) or ""
    operation: Json = {
        "operationId": route.operation,
        "tags": [route.path.split("/")[1] or "system"],
        "summary": re.split(r"(?<=[.:])\s", text, maxsplit=1)[0].rstrip(".:"),
        "description": text,
        "x-scope": route.scope,
        "parameters": _parameters(route, wanted, schemas),
        "responses": _responses(route, wanted, schemas),
    }
    if route.scope == PUBLIC:
        operation["security"] = []
    if wanted.body is not None or wanted.form is not None:
        operation["requestBody"] = _request_body(route, wanted, schemas)
    return operation


def _parameters(route: Route, wanted: Signature, schemas: _Schemas) -> list[Json]:
    identifier = {"type": "string", "pattern": f"^{CLIENT_ID.pattern}$"}
    found: list[Json] = [
        {"name": name, "in": "path", "required": True, "schema": identifier} for name in re.findall(r"{(\w+)}", route.path)
    ]
    if wanted.query is not None:
        query = schemas.fields(wanted.query)
        required = query.get("required", ())
        found += [
            {"name": name, "in": "query", "required": name in required, "schema": schema} for name, schema in query["properties"].items()
        ]
    answers = [shape for _, shape in _answers(wanted.returns)]
    if answers == [Stream]:
        found.append(_LAST_EVENT_ID)
    elif route.method != "GET" and route.scope != PUBLIC:
        found.append(_IDEMPOTENCY_KEY)
    return found


def _request_body(route: Route, wanted: Signature, schemas: _Schemas) -> Json:
    model = wanted.body or wanted.form
    assert model is not None  # noqa: S101 - only called for a route with a body.
    content: Json = {}
    for media in route.accepts:
        if media == "application/json":
            content[media] = {"schema": schemas.of(model)}
            continue
        form = schemas.fields(model)
        if media == _MULTIPART and wanted.uploads:
            files = {"type": "array", "items": {"type": "string", "format": "binary"}}
            form["properties"]["files"] = {**files, "description": "Files that come with the message."}
        content[media] = {"schema": form}
    fields = schemas.fields(model)
    return {"required": wanted.body is not None or bool(fields.get("required")), "content": content}


def _responses(route: Route, wanted: Signature, schemas: _Schemas) -> Json:
    found: Json = {}
    for status, shape in _answers(wanted.returns):
        response = found.setdefault(str(status), {"description": HTTPStatus(status).phrase, "headers": dict(_HEADERS)})
        if shape is Stream:
            response["description"] = _EVENTS
            response.setdefault("content", {})["text/event-stream"] = {"schema": {"$ref": _REFERENCE.format(model="Event")}}
        elif shape is Download:
            response["headers"]["Content-Disposition"] = {"required": True, "schema": {"type": "string"}}
            response.setdefault("content", {})["*/*"] = {}  # Bytes have no schema in 3.1.
        elif shape is not None:
            schema = {"type": "object"} if shape is Raw else schemas.of(shape)
            response.setdefault("content", {})["application/json"] = {"schema": schema}
    for status in _expected_errors(route, wanted):
        found[str(status)] = {"$ref": f"#/components/responses/Error{status}"}
    return found


def _expected_errors(route: Route, wanted: Signature) -> list[int]:
    """The errors that this route can answer with, besides 405, which belongs to a path and not to an operation."""
    takes_body = wanted.body is not None or wanted.form is not None
    found = {400, 413}
    # A public route that changes something checks a credential of its own kind: a password, a cookie.
    if route.scope != PUBLIC or route.method != "GET":
        found |= {401, 403, 429, 503}
    if "{" in route.path or takes_body:
        found.add(404)
    if "{" in route.path or takes_body or wanted.query is not None:
        found.add(422)
    if takes_body:
        found.add(415)
    if route.method != "GET":
        found.add(409)
    return sorted(found)


def _error(status: int) -> Json:
    headers = dict(_HEADERS)
    if status in (429, 503):
        headers["Retry-After"] = {"description": "Seconds.", "required": True, "schema": {"type": "integer", "minimum": 1}}
    if status == 401:
        headers["WWW-Authenticate"] = {"required": True, "schema": {"type": "string"}}
    schema = {"$ref": _REFERENCE.format(model="Error")}
    return {"description": _ERRORS[status], "headers": headers, "content": {"application/json": {"schema": schema}}}


def _answers(returns: Any) -> list[tuple[int, Any]]:
    """Each status with the shape of its body, out of a return annotation; None is an answer without a body."""
    if get_origin(returns) in (Union, types.UnionType):
        return [answer for member in get_args(returns) for answer in _answers(member)]
    if get_origin(returns) is Annotated:
        inner, status = get_args(returns)
        return [(status, shape) for _, shape in _answers(inner)]
    if returns in (None, type(None)):
        return [(204, None)]
    if get_origin(returns) is Reply:
        (shape,) = get_args(returns)
        return [(200, None if shape is type(None) else shape)]
    if returns in (Reply, Any):
        raise ValueError("a handler's return annotation must tell what it answers with, as Reply[Model] does")
    return [(200, returns)]


def _without_null(schema: Json) -> Json:
    """A field's schema without the null that stands for its absence."""
    kept = {name: value for name, value in schema.items() if name != "anyOf" and (name, value) != ("default", None)}
    choices = [choice for choice in schema.get("anyOf", ()) if choice != {"type": "null"}]
    if len(choices) == 1:
        return {**choices[0], **kept}
    return {**kept, "anyOf": choices} if choices else kept
