"""functions/openapi.json: made from the routes as they are, and a document that OpenAPI's tools can read."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Annotated, Any

import pytest
import schemathesis
from pydantic import BaseModel

from scripts import openapi
from shared.web.call import Call, Reply, Stream, Upload
from shared.web.openapi import document
from shared.web.routes import Route
from tests.architecture.route_rules import rows
from tests.architecture.source import Tree

DOCUMENT = json.loads(openapi.rendered())
ID = "^[A-Za-z0-9][A-Za-z0-9_.:@~-]{0,127}$"


def operations(of: dict[str, Any] = DOCUMENT) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in of["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def test_the_stored_document_is_what_the_routes_give() -> None:
    assert json.loads(openapi.PLACE.read_bytes()) == DOCUMENT, "run: make openapi"


def test_every_route_for_callers_is_described_and_no_other(house: Tree) -> None:
    described = {(method, path) for method, path, _ in operations()}
    assert described == {(row["method"], row["path"]) for row in rows(house) if row["scope"] != "internal"}


def test_only_public_routes_are_open_and_the_others_name_their_scope(house: Tree) -> None:
    scopes = {(row["method"], row["path"]): row["scope"] for row in rows(house)}
    for method, path, operation in operations():
        assert operation["x-scope"] == scopes[method, path]
        assert (operation.get("security") == []) is (operation["x-scope"] == "public"), operation
        # A public operation that changes something checks a password or a cookie.
        assert ("401" in operation["responses"]) is (operation["x-scope"] != "public" or method != "GET"), operation
    assert DOCUMENT["security"] == [{"bearer": []}]


def test_every_operation_has_a_name_of_its_own_says_what_it_does_and_how_it_ends() -> None:
    assert max(Counter(operation["operationId"] for _, _, operation in operations()).values()) == 1
    for _, _, operation in operations():
        assert operation["summary"], operation
        assert sum(status.startswith("2") for status in operation["responses"]) >= 1, operation
        assert all(
            f"#/components/responses/Error{status}" in str(answer) for status, answer in operation["responses"].items() if status > "3"
        )


def test_every_id_in_a_path_is_told_with_its_form() -> None:
    for _, path, operation in operations():
        given = {item["name"]: item for item in operation["parameters"] if item["in"] == "path"}
        assert {f"{{{name}}}" for name in given} == {part for part in path.split("/") if part.startswith("{")}
        assert all(item["required"] and item["schema"]["pattern"] == ID for item in given.values())


def test_it_is_valid_openapi() -> None:
    schemathesis.openapi.from_dict(DOCUMENT).validate()


class Thing(BaseModel):
    name: str
    size: int | None = None


class Filter(BaseModel):
    colour: str
    limit: int = 5
    tags: list[str] | None = None


def make(call: Call, body: Thing) -> Annotated[Reply[Thing], 201]: ...  # type: ignore[empty-body]
def find(call: Call, query: Filter) -> list[Thing]: ...  # type: ignore[empty-body]
def drop(call: Call) -> None: ...
def send(call: Call, form: Thing, uploads: tuple[Upload, ...]) -> Reply[Stream] | Annotated[Reply[Thing], 202]: ...  # type: ignore[empty-body]
def read(call: Call) -> Stream: ...  # type: ignore[empty-body]
def vague(call: Call) -> Reply: ...  # type: ignore[empty-body,type-arg]


FORMS = ("multipart/form-data", "application/json")


def described(handler: Callable[..., Any], method: str = "POST", **more: Any) -> dict[str, Any]:
    """The operation of one route to this handler, with the document's schemas under `schemas`."""

    class Sample(Route):
        def load(self) -> Callable[..., Any]:
            return handler

    made = document([Sample(method, "/things/{thing_id}", "api", f"things.{handler.__name__}", "agents:read", **more)], "Things", "1")
    schemathesis.openapi.from_dict(made).validate()
    ((_, _, operation),) = operations(made)
    return {**operation, "schemas": made["components"]["schemas"]}


def test_a_reply_tells_its_status_and_the_shape_of_its_body() -> None:
    made = described(make)
    assert [status for status in made["responses"] if status < "3"] == ["201"]
    assert made["responses"]["201"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Thing"}
    assert made["requestBody"]["required"] is True
    assert made["schemas"]["Thing"]["required"] == ["name"]


def test_a_query_becomes_parameters_which_cannot_be_null() -> None:
    given = {item["name"]: item for item in described(find, "GET")["parameters"]}
    assert given["colour"]["required"]
    assert not given["limit"]["required"]
    assert given["limit"]["schema"]["default"] == 5
    assert given["tags"]["schema"]["type"] == "array"
    assert "anyOf" not in given["tags"]["schema"]


def test_nothing_is_204() -> None:
    assert "content" not in described(drop, "DELETE")["responses"]["204"]


def test_a_form_is_described_for_each_media_type_with_its_files() -> None:
    made = described(send, accepts=FORMS)
    content = made["requestBody"]["content"]
    assert set(content) == set(FORMS)
    assert content["multipart/form-data"]["schema"]["properties"]["files"]["items"]["format"] == "binary"
    assert content["multipart/form-data"]["schema"]["properties"]["size"]["type"] == "integer"
    assert set(made["responses"]["200"]["content"]) == {"text/event-stream"}
    assert set(made["responses"]["202"]["content"]) == {"application/json"}
    assert "files" not in made["schemas"]["Thing"]["properties"]


def test_what_changes_something_takes_an_idempotency_key_and_a_stream_a_last_event_id() -> None:
    def headers(handler: Callable[..., Any], method: str) -> list[str]:
        return [item["name"] for item in described(handler, method)["parameters"] if item["in"] == "header"]

    assert headers(make, "POST") == ["Idempotency-Key"]
    assert headers(read, "GET") == ["Last-Event-ID"]
    assert headers(find, "GET") == []


def test_an_answer_without_a_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="what it answers with"):
        described(vague)
