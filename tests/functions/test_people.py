"""What a person sees: their own sessions and runs, on every route of the table that names one; so a new route must join."""

from __future__ import annotations

import re
from typing import Any

import pytest
from werkzeug.test import TestResponse

from shared.kit.ids import new_id
from shared.web.routes import Route, table
from tests.support.inprocess import InProcess
from tests.support.people import Person, person

ROUTES = [
    route
    for route in table()
    if (route.function in ("api", "chat") and re.search(r"{(session_id|run_id)}", route.path)) or route.operation == "list_agent_runs"
]
BODIES: dict[str, dict[str, Any]] = {
    "update_session": {"metadata": {"mine": True}},
    "rename_session": {"session_name": "mine now"},
    "rate_run": {"rating": "down"},
}


@pytest.fixture(scope="module")
def ada(product: InProcess) -> Person:
    return person(product)


@pytest.fixture(scope="module")
def bob(product: InProcess) -> Person:
    return person(product)


def said(product: InProcess, who: Person, session: str, message: str = "say: secret", **more: str) -> str:
    form = {"message": message, "stream": "false", "session_id": session, **more}
    answer = product.call("POST", "/agents/assistant/runs", headers=who.headers, data=form)
    assert answer.status_code == 200, answer.data
    run: str = answer.get_json()["run_id"]
    return run


def ask(product: InProcess, who: Person, route: Route, session: str, run: str, share: str = "shr_0") -> TestResponse:
    path = route.path.format(agent_id="assistant", session_id=session, run_id=run, share_id=share, file_number="0")
    more: dict[str, Any] = {"json": BODIES.get(route.operation, {"run_id": run})}
    if "application/x-www-form-urlencoded" in route.accepts:
        more = {"data": {"session_id": session, "stream": "false"}}
    if route.method == "GET":
        more = {"query_string": {"session_id": session} if "{session_id}" not in route.path else {}}
    return product.call(route.method, path, headers=who.headers, **more)


def told(answer: TestResponse) -> tuple[int, str]:
    """What the caller learns, without the ids that it sent itself."""
    return answer.status_code, re.sub(r"(ses|run|req)_\w+", r"\1", answer.get_data(as_text=True))


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.operation)
def test_another_persons_session_and_run_are_not_there_and_stay_as_they_are(
    product: InProcess, ada: Person, bob: Person, route: Route
) -> None:
    session = new_id("ses")
    run = said(product, ada, session)
    share = product.call("POST", f"/sessions/{session}/shares", headers=ada.headers).get_json()["share_id"]

    def state() -> list[bytes]:
        paths = (f"/sessions/{session}", f"/sessions/{session}/runs", f"/sessions/{session}/shares", "/sessions")
        return [re.sub(rb'"search_time_ms":[0-9.]+', b"", product.call("GET", path, headers=ada.headers).data) for path in paths]

    before = state()
    foreign = ask(product, bob, route, session, run, share)
    assert foreign.status_code == 404
    assert b"secret" not in foreign.data
    assert told(foreign) == told(ask(product, bob, route, new_id("ses"), new_id("run")))
    assert state() == before
    own = ask(product, ada, route, session, run, share)
    assert own.status_code != 404 or route.operation == "get_run_file", own.data


def test_a_foreign_session_cannot_be_gone_on_with_nor_a_foreign_user_be_named(product: InProcess, ada: Person, bob: Person) -> None:
    session = new_id("ses")
    said(product, ada, session, user_id=bob.id)
    assert product.call("GET", f"/sessions/{session}", headers=ada.headers).get_json()["user_id"] == ada.id
    for more in ({}, {"user_id": ada.id}):
        form = {"message": "hi", "stream": "false", "session_id": session, **more}
        assert product.call("POST", "/agents/assistant/runs", headers=bob.headers, data=form).status_code == 404
    made = product.call("POST", "/sessions", headers=bob.headers, json={"agent_id": "assistant", "user_id": ada.id}).get_json()
    assert made["user_id"] == bob.id
    assert product.call("GET", f"/sessions/{session}", headers=bob.headers, query_string={"user_id": ada.id}).status_code == 404


def test_lists_and_search_show_a_person_their_own_and_a_key_everybodys(product: InProcess, ada: Person, bob: Person) -> None:
    mine, theirs = new_id("ses"), new_id("ses")
    said(product, ada, mine, "say: platypus")
    said(product, bob, theirs, "say: platypus")

    def found(path: str, who: Person | None, **query: str) -> set[str]:
        headers = {} if who is None else who.headers
        answer = product.call("GET", path, headers=headers, query_string=query)
        assert answer.status_code == 200, answer.data
        return {each["session_id"] for each in answer.get_json()["data"]} & {mine, theirs}

    for path, query in (("/sessions", {"limit": "200"}), ("/sessions/search", {"q": "platypus"})):
        assert found(path, ada, **query) == {mine}
        assert found(path, ada, **query, user_id=bob.id) == {mine}
        assert found(path, None, **query) == {mine, theirs}
        assert found(path, None, **query, user_id=bob.id) == {theirs}


def test_a_person_is_offered_the_tags_of_their_own_sessions(product: InProcess, ada: Person, bob: Person) -> None:
    for who, tag in ((ada, "adas"), (bob, "bobs")):
        session = new_id("ses")
        said(product, who, session)
        product.call("PATCH", f"/sessions/{session}", headers=who.headers, json={"tags": [tag]})

    def tags(headers: dict[str, str] | None, **query: str) -> set[str]:
        answer = product.call("GET", "/sessions/tags", query_string=query, headers=headers or {})
        return {each["tag"] for each in answer.get_json()["data"]}

    assert tags(ada.headers) == tags(ada.headers, user_id=bob.id) == {"adas"}
    assert tags(bob.headers) == tags(None, user_id=bob.id) == {"bobs"}
    assert tags(None) >= {"adas", "bobs"}


def test_several_sessions_are_removed_only_as_far_as_they_are_ones_own(product: InProcess, ada: Person, bob: Person) -> None:
    mine, theirs = new_id("ses"), new_id("ses")
    said(product, ada, mine)
    said(product, bob, theirs)
    body = {"session_ids": [mine, theirs], "session_types": ["agent"]}
    assert product.call("DELETE", "/sessions", headers=ada.headers, json=body).status_code == 204
    assert product.call("GET", f"/sessions/{mine}", headers=ada.headers).status_code == 404
    assert product.call("GET", f"/sessions/{theirs}", headers=bob.headers).status_code == 200


def test_a_person_is_not_shown_what_they_archived_unless_they_ask(product: InProcess) -> None:
    carl = person(product)
    kept, away = new_id("ses"), new_id("ses")
    said(product, carl, kept)
    said(product, carl, away)
    assert product.call("PATCH", f"/sessions/{away}", headers=carl.headers, json={"archived": True}).status_code == 200

    def listed(headers: dict[str, str], **query: str) -> set[str]:
        answer = product.call("GET", "/sessions", headers=headers, query_string={"limit": "200", **query})
        return {each["session_id"] for each in answer.get_json()["data"]} & {kept, away}

    assert listed(carl.headers) == {kept}
    assert listed(carl.headers, archived="false") == {kept}
    assert listed(carl.headers, archived="true") == {away}
    assert listed({}) == {kept, away}, "an API key, as AgentOS's clients"
