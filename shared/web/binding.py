"""From a request to a handler's arguments: path, query, body, form, by the handler's own signature.

A handler takes a Call and, when it wants them, `query`, `body` or `form`: pydantic models named by their annotations, and `uploads`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar, get_type_hints

from pydantic import BaseModel, ValidationError
from werkzeug.wrappers import Request

from shared.kit.errors import Unprocessable
from shared.kit.redact import clean
from shared.web import parse
from shared.web.call import Call, Upload

Model = TypeVar("Model", bound=BaseModel)

_SHOWN = 100
"""Characters of a caller's own field name that an error repeats."""


@dataclass(frozen=True, slots=True)
class Signature:
    """What a handler asks for."""

    query: type[BaseModel] | None
    body: type[BaseModel] | None
    form: type[BaseModel] | None
    uploads: bool
    returns: Any


@lru_cache(maxsize=256)
def signature(handler: Callable[..., Any]) -> Signature:
    """Read a handler's annotations; once for each handler."""
    hints = get_type_hints(handler, include_extras=True)
    names = inspect.signature(handler).parameters
    return Signature(
        query=hints.get("query"),
        body=hints.get("body"),
        form=hints.get("form"),
        uploads="uploads" in names,
        returns=hints.get("return"),
    )


def arguments(handler: Callable[..., Any], call: Call, request: Request, body: bytes) -> dict[str, Any]:
    """The handler's keyword arguments. Raises Invalid or Unprocessable, naming each field that does not fit."""
    wanted = signature(handler)
    given: dict[str, Any] = {}
    if wanted.query is not None:
        given["query"] = validate(wanted.query, _flat(wanted.query, parse.parse_query(request)), "the query")
    if wanted.form is not None:
        media = parse.media_type(request, call.route, body)
        if media == "application/json":
            fields: Any = _json(body or b"{}")
            uploads: list[Upload] = []
        else:
            raw, uploads = parse.parse_form(request, media, body)
            fields = _flat(wanted.form, raw)
        given["form"] = validate(wanted.form, fields, "the form")
        if wanted.uploads:
            given["uploads"] = uploads
        elif uploads:
            raise Unprocessable("this route takes no files")
    if wanted.body is not None:
        parse.media_type(request, call.route, body)
        given["body"] = validate(wanted.body, _json(body), "the body")
    return given


def validate(model: type[Model], value: Any, what: str) -> Model:
    """`value` as a model: words of a query or a form are read as the numbers they spell, JSON (as bytes) must have the very types.

    Raises Unprocessable with every place and reason.
    """
    try:
        return model.model_validate_json(value, strict=True) if isinstance(value, bytes) else model.model_validate(value)
    except ValidationError as error:
        places = tuple(
            (clean(".".join(map(str, item["loc"])), _SHOWN) or what, item["msg"])
            for item in error.errors(include_url=False, include_input=False)
        )
        shown = "; ".join(f"{place}: {reason}" for place, reason in places[:5])
        raise Unprocessable(f"{what} does not fit: {shown}", fields=places[:20]) from error


def _json(body: bytes) -> bytes:
    """The body, once it has passed our own reading, which is stricter than pydantic's."""
    parse.parse_json(body)
    return body


def _flat(model: type[BaseModel], values: dict[str, list[str]]) -> dict[str, Any]:
    """Lists only where the model has a list: a repeated single field is an error of the caller's."""
    flat: dict[str, Any] = {}
    for name, given in values.items():
        field = model.model_fields.get(name)
        wants_list = field is not None and str(field.annotation).startswith(("list", "tuple", "collections"))
        if wants_list:
            flat[name] = given
        elif len(given) > 1:
            shown = clean(name, _SHOWN)
            raise Unprocessable(f"{shown} is given {len(given)} times; give it once", fields=((shown, "given more than once"),))
        else:
            flat[name] = given[0]
    return flat
