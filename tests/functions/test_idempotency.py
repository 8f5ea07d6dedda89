"""`Idempotency-Key` on every route that changes something: the cases are made from functions/routes.yaml, so a new route must join."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from werkzeug.test import TestResponse

from shared.kit.documents import Patch, Snapshot
from shared.kit.ids import new_id
from shared.kit.metered import DatabaseUsage
from shared.web.idempotency import ABANDONED_SECONDS, KEPT_SECONDS
from shared.web.routes import Route, table
from shared.web.sse import KEEP_ALIVE
from shared.wiring import services
from tests.support.inprocess import InProcess

READING = {"resume_run"}
"""Posts that change nothing; they ignore the key."""
ROUTES = [
    route
    for route in table()
    if route.method in ("POST", "PATCH", "DELETE") and route.scope not in ("public", "internal") and route.operation not in READING
]
RUNS = [route for route in ROUTES if route.operation in ("start_run", "continue_run")]
KEPT = [route for route in ROUTES if route not in RUNS]


@dataclass(frozen=True, slots=True)
class Request:
    """One request, ready to be sent as often as one likes."""

    method: str
    path: str
    body: dict[str, Any] = field(default_factory=dict)
    form: bool = False

    def send(self, product: InProcess, key: str, token: str = "") -> TestResponse:
        headers = {"Idempotency-Key": key} if key else {}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        more: dict[str, Any] = {"data": self.body} if self.form else {"json": self.body} if self.body else {}
        return product.call(self.method, self.path, headers=headers, **more)


def finished_run(product: InProcess, session: str, message: str = "say: before") -> str:
    answer = product.call("POST", "/agents/assistant/runs", data={"message": message, "stream": "false", "session_id": session})
    run: str = answer.get_json()["run_id"]
    return run


def sign_in_of(route: Route, product: InProcess) -> dict[str, str]:
    """A new sign-in of the owner's, for a route that is about one."""
    if "{sign_in_id}" not in route.path:
        return {}
    known = {"email": product.development.email, "password": product.development.password}
    assert product.call("POST", "/auth/sign-in", signed=False, json=known).status_code == 200
    return {"sign_in_id": product.call("GET", "/auth/sign-ins").get_json()["data"][0]["id"]}


def request_for(route: Route, product: InProcess) -> tuple[Request, Request]:
    """A request that the route accepts, about things of its own, and another with the same address and another body."""
    session = product.session()
    run = finished_run(product, session) if "{run_id}" in route.path or route.operation == "fork_session" else ""
    share = product.call("POST", f"/sessions/{session}/shares").get_json()["share_id"] if "{share_id}" in route.path else ""
    ids = {"agent_id": "assistant", "session_id": session, "run_id": run, "share_id": share, **sign_in_of(route, product)}
    path = route.path.format(**ids)
    bodies: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        "start_run": (
            {"message": "call calculator 1+1", "stream": "false", "session_id": session},
            {"message": "say: something else", "stream": "false", "session_id": session},
        ),
        "continue_run": (
            {"session_id": session, "input": "say: on", "stream": "false"},
            {"session_id": session, "input": "say: elsewhere", "stream": "false"},
        ),
        "cancel_run": ({"reason": "one"}, {"reason": "another"}),
        "create_session": ({"session_name": "one", "agent_id": "assistant"}, {"session_name": "another", "agent_id": "assistant"}),
        "update_session": ({"metadata": {"n": 1}}, {"metadata": {"n": 2}}),
        "rename_session": ({"session_name": "one"}, {"session_name": "another"}),
        "fork_session": ({"run_id": run}, {"run_id": "run_another"}),
        "create_share": ({}, {"unexpected": True}),
        "revoke_share": ({}, {"unexpected": True}),
        "delete_session": ({}, {"unexpected": True}),
        "sign_out_everywhere": ({}, {"unexpected": True}),
        "end_sign_in": ({}, {"unexpected": True}),
        "delete_sessions": (
            {"session_ids": [session], "session_types": ["agent"]},
            {"session_ids": [product.session()], "session_types": ["agent"]},
        ),
    }
    one, other = bodies[route.operation]
    form = "application/x-www-form-urlencoded" in route.accepts
    request = Request(route.method, path, one, form)
    return request, replace(request, body=other)


def identity(answer: TestResponse) -> tuple[int, bytes, str | None]:
    return answer.status_code, answer.get_data(), answer.headers.get("Content-Type")


def kept(product: InProcess) -> dict[str, Snapshot]:
    """The answers that are kept for keys."""
    documents = services.documents(product.development.workspace, DatabaseUsage())
    return {snapshot.path: snapshot for snapshot in documents.query("idempotency", limit=1000)}


def change_newest(product: InProcess, before: set[str], fields: Callable[[Snapshot], dict[str, Any]]) -> None:
    (path,) = set(kept(product)) - before
    snapshot = kept(product)[path]
    services.documents(product.development.workspace, DatabaseUsage()).commit(Patch(path, fields(snapshot)))


def aged(seconds: float) -> Callable[[Snapshot], dict[str, Any]]:
    return lambda snapshot: {"created_at": snapshot.fields["created_at"] - timedelta(seconds=seconds)}


def each(*routes: Route) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("route", routes, ids=lambda route: route.operation)


@each(*ROUTES)
def test_the_same_request_is_answered_with_the_same_bytes(product: InProcess, route: Route) -> None:
    request, _ = request_for(route, product)
    key = new_id("key")
    first = request.send(product, key)
    assert first.status_code < 300, first.data
    assert "Idempotent-Replayed" not in first.headers
    for _ in range(2):
        repeat = request.send(product, key)
        assert identity(repeat) == identity(first)
        assert repeat.headers["Idempotent-Replayed"] == "true"


@each(*ROUTES)
def test_another_body_with_the_same_key_is_refused(product: InProcess, route: Route) -> None:
    request, other = request_for(route, product)
    key = new_id("key")
    first = request.send(product, key)
    assert first.status_code < 300
    refused = other.send(product, key)
    assert refused.status_code == 422
    assert "key" in refused.get_json()["detail"].lower()
    assert identity(request.send(product, key)) == identity(first)


@each(*KEPT)
def test_while_the_first_is_under_way_a_repeat_is_told_to_wait(product: InProcess, route: Route) -> None:
    request, _ = request_for(route, product)
    key, before = new_id("key"), set(kept(product))
    assert request.send(product, key).status_code < 300
    change_newest(product, before, lambda _: {"status": 0, "body": b""})
    waiting = request.send(product, key)
    assert waiting.status_code == 409
    assert waiting.headers["Retry-After"] == "1"
    # A first request that never answered is given up: what it did is done again.
    change_newest(product, before, aged(ABANDONED_SECONDS + 1))
    anew = request.send(product, key)
    assert "Idempotent-Replayed" not in anew.headers
    assert anew.status_code in (200, 201, 204, 404)


@each(*ROUTES)
def test_a_key_counts_for_one_credential_and_one_workspace(product: InProcess, route: Route) -> None:
    request, other = request_for(route, product)
    key = new_id("key")
    first = request.send(product, key)
    assert first.status_code < 300
    colleague = other.send(product, key, product.key())
    assert "Idempotent-Replayed" not in colleague.headers
    assert colleague.status_code != 422
    stranger = request.send(product, key, product.key(workspace=product.workspace()))
    assert "Idempotent-Replayed" not in stranger.headers
    if route in RUNS:
        assert stranger.get_data() != first.get_data()


@each(*KEPT)
def test_after_a_day_the_key_may_be_used_anew(product: InProcess, route: Route) -> None:
    request, other = request_for(route, product)
    key, before = new_id("key"), set(kept(product))
    assert request.send(product, key).status_code < 300
    change_newest(product, before, aged(KEPT_SECONDS - 60))
    assert request.send(product, key).headers["Idempotent-Replayed"] == "true"
    change_newest(product, before, aged(120))
    anew = other.send(product, key)
    assert "Idempotent-Replayed" not in anew.headers
    assert anew.status_code != 422


@each(*RUNS)
def test_after_a_day_a_runs_key_may_be_used_anew(product: InProcess, route: Route) -> None:
    request, _ = request_for(route, product)
    key = new_id("key")
    run = request.send(product, key).get_json()["run_id"]
    documents = services.documents(product.development.workspace, DatabaseUsage())
    for back, same in ((KEPT_SECONDS - 60, True), (120, False)):
        (snapshot,) = documents.get(f"runs/{run}")
        assert snapshot is not None
        documents.commit(Patch(f"runs/{run}", aged(back)(snapshot)))
        anew = request.send(product, key)
        assert (anew.get_json()["run_id"] == run) is same
        assert ("Idempotent-Replayed" in anew.headers) is same
    again = request.send(product, key)
    assert again.get_json() == anew.get_json(), "the new run holds the key now"


@each(*ROUTES)
def test_fifty_equal_requests_at_once_do_the_work_once(product: InProcess, route: Route) -> None:
    request, _ = request_for(route, product)
    key = new_id("key")
    sessions = product.call("GET", "/sessions").get_json()["meta"]["total_count"]
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: request.send(product, key), range(50)))
    waiting = [answer for answer in answers if answer.status_code == 409]
    done = [answer for answer in answers if answer.status_code < 300]
    assert len(waiting) + len(done) == 50, {answer.status_code for answer in answers}
    assert len({identity(answer) for answer in done}) == 1
    assert sum("Idempotent-Replayed" not in answer.headers for answer in done) == 1
    if route in RUNS:
        assert waiting == [], "a run is attached to, never refused"
    made = product.call("GET", "/sessions").get_json()["meta"]["total_count"] - sessions
    assert made == {"create_session": 1, "fork_session": 1, "delete_session": -1, "delete_sessions": -1}.get(route.operation, 0)


@pytest.mark.parametrize(
    "message", ["say: streamed words", "call calculator 2*3; current_time UTC", "think: why -> so", "fault status 400"]
)
def test_a_repeated_stream_has_the_bytes_of_the_first(product: InProcess, message: str) -> None:
    key, session = new_id("key"), new_id("ses")
    request = Request("POST", "/agents/assistant/runs", {"message": message, "session_id": session}, form=True)
    first, repeat = request.send(product, key), request.send(product, key)
    assert b"event: Run" in first.data
    assert repeat.data == first.data
    assert "Idempotent-Replayed" not in first.headers
    assert repeat.headers["Idempotent-Replayed"] == "true"
    assert len(product.call("GET", f"/sessions/{session}/runs").get_json()) == 1


def test_a_repeat_without_a_session_id_lands_in_the_session_of_the_first(product: InProcess) -> None:
    key = new_id("key")
    request = Request("POST", "/agents/assistant/runs", {"message": "say: one", "stream": "false"}, form=True)
    first, repeat = request.send(product, key).get_json(), request.send(product, key).get_json()
    assert first == repeat


def test_a_repeated_answer_that_was_not_streamed_is_streamed_when_asked(product: InProcess) -> None:
    key, form = new_id("key"), {"message": "say: one", "session_id": new_id("ses")}
    whole = Request("POST", "/agents/assistant/runs", {**form, "stream": "false"}, form=True).send(product, key)
    stream = Request("POST", "/agents/assistant/runs", form, form=True).send(product, key)
    assert stream.headers["Idempotent-Replayed"] == "true"
    assert whole.get_json()["run_id"].encode() in stream.data


def test_a_retry_is_taken_up_once_for_its_key(product: InProcess) -> None:
    session = product.session()
    run = finished_run(product, session, "fault status 400")
    key = new_id("key")
    request = Request("POST", f"/agents/assistant/runs/{run}/continue", {"session_id": session}, form=True)
    first, repeat = request.send(product, key), request.send(product, key)
    assert b'"attempt":2' in first.data
    assert repeat.data == first.data.removeprefix(KEEP_ALIVE), "the first was queued, and names its run at once"
    assert b'"attempt":3' in request.send(product, new_id("key")).data


def test_one_key_at_two_routes_is_two_keys(product: InProcess) -> None:
    session = product.session()
    run, key = finished_run(product, session), new_id("key")
    start = Request("POST", "/agents/assistant/runs", {"message": "say: one", "stream": "false", "session_id": session}, form=True)
    follow_up = Request(
        "POST", f"/agents/assistant/runs/{run}/continue", {"input": "say: one", "stream": "false", "session_id": session}, form=True
    )
    assert start.send(product, key).get_json()["run_id"] != follow_up.send(product, key).get_json()["run_id"]
    names = [Request("POST", f"/sessions/{each}/rename", {"session_name": each}) for each in (session, product.session())]
    assert [name.send(product, key).status_code for name in names] == [200, 200]


def test_a_refused_request_may_be_corrected_with_the_same_key(product: InProcess) -> None:
    key = new_id("key")
    wrong = Request("POST", "/sessions", {"agent_id": "nobody"}).send(product, key)
    assert wrong.status_code == 404
    assert Request("POST", "/sessions", {"agent_id": "assistant"}).send(product, key).status_code == 201
    refused = Request("POST", "/agents/nobody/runs", {"message": "hi"}, form=True).send(product, key)
    assert refused.status_code == 404


@pytest.mark.parametrize("key", ["has blanks in it", "k" * 256, "schlüssel"])
def test_a_key_that_is_none_is_refused(product: InProcess, key: str) -> None:
    refused = Request("POST", "/sessions", {"agent_id": "assistant"}).send(product, key)
    assert refused.status_code == 400
    assert "Idempotency-Key" in refused.get_json()["detail"]
