"""functions/openapi.json: made from the routes as they are, and a document that OpenAPI's tools can read."""

from __future__ import annotations

import json

import schemathesis

from scripts import openapi
from tests.architecture.route_rules import rows
from tests.architecture.source import Tree

DOCUMENT = json.loads(openapi.rendered())


def test_the_stored_document_is_what_the_routes_give() -> None:
    assert json.loads(openapi.PLACE.read_bytes()) == DOCUMENT, "run: make openapi"


def test_every_route_for_callers_is_described_and_no_other(house: Tree) -> None:
    described = {(method.upper(), path) for path, methods in DOCUMENT["paths"].items() for method in methods}
    assert described == {(row["method"], row["path"]) for row in rows(house) if row["scope"] != "internal"}


def test_only_public_routes_are_open(house: Tree) -> None:
    open_routes = {path for path, methods in DOCUMENT["paths"].items() for operation in methods.values() if operation["security"] == []}
    assert open_routes == {row["path"] for row in rows(house) if row["scope"] == "public"}


def test_every_operation_says_what_it_does_and_how_it_fails() -> None:
    for methods in DOCUMENT["paths"].values():
        for operation in methods.values():
            assert operation["summary"], operation
            assert "default" in operation["responses"], operation
            assert len(operation["responses"]) > 1, operation


def test_it_is_valid_openapi() -> None:
    schemathesis.openapi.from_dict(DOCUMENT).validate()
