"""What belongs to another workspace or another user is not there: same status and same words as for what never was."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from shared.kit.ids import new_id
from shared.web.routes import Route, table
from tests.e2e.streams import run, stream
from tests.support.product import Product

ROUTES = [
    route
    for route in table()
    if route.function in ("api", "chat")
    and ("{session_id}" in route.path or "{run_id}" in route.path or route.operation == "list_agent_runs")
]


@pytest.fixture(scope="module")
def stranger(product: Product) -> Iterator[httpx.Client]:
    """The owner of another workspace of the same installation."""
    with product.client(product.new_key(new_id("wsp"), new_id("usr"))) as client:
        yield client


def ask(client: httpx.Client, route: Route, session: str, run_id: str, **query: str) -> httpx.Response:
    """Call a route about this session and run, in the way that the route wants."""
    path = route.path.format(session_id=session, run_id=run_id, agent_id="assistant", share_id="shr_0", file_number="0")
    if "{session_id}" not in route.path:
        query["session_id"] = session
    if route.method == "POST" and "{run_id}" in route.path:
        return client.post(path, data=query)
    bodies: dict[str, dict[str, Any]] = {
        "rename_session": {"session_name": "mine now"},
        "update_session": {"metadata": {"mine": True}},
        "fork_session": {"run_id": run_id},
        "rate_run": {"rating": "up"},
    }
    body = bodies.get(route.operation)
    return client.request(route.method, path, params=query, json=body)


def told(answer: httpx.Response) -> tuple[int, Any]:
    """What the caller learns: status and body, without the ids that it sent itself and the one of the request."""
    body = re.sub(r"(ses|run)_\w+", r"\1", answer.text)
    return answer.status_code, re.sub(r'"error_id":"[^"]*"', "", body)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.operation)
def test_ids_of_another_workspace_look_like_ids_that_never_were(client: httpx.Client, stranger: httpx.Client, route: Route) -> None:
    session = new_id("ses")
    output = run(client, "say: secret", session)
    before = client.get(f"/sessions/{session}/runs").content, client.get(f"/sessions/{session}").content
    foreign = ask(stranger, route, session, output["run_id"])
    absent = ask(stranger, route, new_id("ses"), new_id("run"))
    assert told(foreign) == told(absent)
    assert b"secret" not in foreign.content
    if route.operation != "cancel_run":
        assert foreign.status_code == 404
    assert (client.get(f"/sessions/{session}/runs").content, client.get(f"/sessions/{session}").content) == before


@pytest.mark.parametrize(
    # Cancelling names no session that must be right: it only records a wish.
    "route",
    [route for route in ROUTES if "run_id" in route.path and route.operation != "cancel_run"],
    ids=lambda route: route.operation,
)
def test_a_run_is_found_in_its_own_session_only(client: httpx.Client, route: Route) -> None:
    run_id, other = run(client, "say: one")["run_id"], run(client, "say: two")["session_id"]
    assert ask(client, route, other, run_id).status_code == 404


def test_the_same_session_id_in_two_workspaces_is_two_sessions(client: httpx.Client, stranger: httpx.Client) -> None:
    session = new_id("ses")
    run(client, "say: mine", session)
    assert run(stranger, "history", session)["content"] == "0", "a foreign conversation reached the model"
    assert [each["run_input"] for each in client.get(f"/sessions/{session}/runs").json()] == ["say: mine"]
    assert stranger.request("DELETE", f"/sessions/{session}").status_code == 204
    assert client.get(f"/sessions/{session}").status_code == 200


def test_lists_show_one_workspace(client: httpx.Client, stranger: httpx.Client) -> None:
    session = new_id("ses")
    run(client, "say: unmistakable words", session)
    assert "unmistakable" not in stranger.get("/sessions", params={"session_name": "unmistakable"}).text
    assert "unmistakable" in client.get("/sessions", params={"session_name": "unmistakable"}).text
    many = {"session_ids": [session], "session_types": ["agent"]}
    assert stranger.request("DELETE", "/sessions", json=many).status_code == 204
    assert client.get(f"/sessions/{session}").status_code == 200


def test_a_page_cannot_start_behind_another_sessions_run(client: httpx.Client, stranger: httpx.Client) -> None:
    mine, other = run(client, "say: one"), run(client, "say: two")
    foreign = run(stranger, "say: three")
    for before in (other["run_id"], foreign["run_id"], new_id("run")):
        answer = client.get(f"/sessions/{mine['session_id']}/runs", params={"before": before})
        assert answer.status_code == 404


def test_another_users_session_is_not_there(client: httpx.Client) -> None:
    session = new_id("ses")
    form = {"message": "say: secret", "stream": "false", "session_id": session, "user_id": "ada"}
    output = client.post("/agents/assistant/runs", data=form).json()
    routes = [route for route in ROUTES if "{session_id}" in route.path]
    for route in routes:
        foreign = ask(client, route, session, output["run_id"], user_id="bob") if route.method in ("GET", "DELETE") else None
        if foreign is not None:
            assert told(foreign) == told(ask(client, route, new_id("ses"), new_id("run"), user_id="bob"))
            assert foreign.status_code == 404
    written = client.post("/agents/assistant/runs", data={**form, "user_id": "bob", "message": "history"})
    assert written.status_code == 404
    assert written.json()["detail"] == client.get(f"/sessions/{session}", params={"user_id": "bob"}).json()["detail"]
    assert client.get(f"/sessions/{session}", params={"user_id": "ada"}).status_code == 200
    assert [each["run_input"] for each in client.get(f"/sessions/{session}/runs").json()] == ["say: secret"]


def test_the_events_of_a_stream_do_not_name_the_user(client: httpx.Client) -> None:
    assert b"ada@example.com" not in stream(client, "say: hi", user_id="ada@example.com")
