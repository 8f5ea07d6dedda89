"""Matching method and path to a route."""

from __future__ import annotations

import pytest

from shared.kit.errors import NotAllowed, NotFound
from shared.web.routes import Route, Router, table


def route(method: str, path: str) -> Route:
    return Route(method, path, "api", f"things.{method.lower()}", "agents:read")


ROUTER = Router((route("GET", "/things"), route("POST", "/things"), route("GET", "/things/{thing_id}"), route("GET", "/things/mine")))


def test_a_path_gives_its_route_and_its_parameters() -> None:
    found, parameters = ROUTER.match("GET", "/things/a.b:c")
    assert (found.path, parameters) == ("/things/{thing_id}", {"thing_id": "a.b:c"})


def test_a_fixed_segment_wins_over_a_parameter() -> None:
    assert ROUTER.match("GET", "/things/mine")[0].path == "/things/mine"


def test_head_is_answered_where_get_is() -> None:
    assert ROUTER.match("HEAD", "/things")[0].method == "GET"


@pytest.mark.parametrize("path", ["/thing", "/things/a/b", "/things//a", "/THINGS", "", "/things/\n/x"])
def test_another_path_is_not_found(path: str) -> None:
    with pytest.raises(NotFound):
        ROUTER.match("GET", path)


def test_another_method_is_refused_with_those_that_are_possible() -> None:
    with pytest.raises(NotAllowed, match="GET or HEAD or POST"):
        ROUTER.match("DELETE", "/things")
    assert ROUTER.methods("/things") == ["GET", "HEAD", "POST"]
    assert ROUTER.methods("/nowhere") == []


def test_the_error_repeats_only_the_beginning_of_a_long_path() -> None:
    with pytest.raises(NotFound) as refused:
        ROUTER.match("GET", "/" + "a" * 5000)
    assert len(refused.value.message) < 300


def test_a_path_of_the_table_is_no_parameters_value() -> None:
    router = Router(table())
    assert router.match("GET", "/sessions/search")[0].operation == "search_sessions"
    assert router.methods("/sessions/search") == ["GET", "HEAD"]
    with pytest.raises(NotAllowed, match="GET or HEAD"):
        router.match("DELETE", "/sessions/search")
    assert router.match("DELETE", "/sessions/searches")[1] == {"session_id": "searches"}
