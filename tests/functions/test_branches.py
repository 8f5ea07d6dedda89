"""Branches over HTTP: `parent_run_id` in every kind of body and in every answer, and forks."""

from __future__ import annotations

import io
from typing import Any

import pytest
from werkzeug.test import TestResponse

from shared.kit.ids import new_id
from shared.kit.metered import DatabaseUsage
from shared.wiring import services
from shared.workspaces.models import Principal
from shared.workspaces.scopes import SCOPES
from tests.functions.test_costs import CountedStore, counter
from tests.support.inprocess import InProcess

__all__ = ["counter"]

RUNS = "/agents/assistant/runs"


def post(product: InProcess, message: str, session: str, kind: str = "json", **more: str) -> TestResponse:
    fields: dict[str, Any] = {"message": message, "session_id": session, "stream": "false", **more}
    match kind:
        case "json":
            return product.call("POST", RUNS, json={**fields, "stream": False})
        case "multipart":
            return product.call("POST", RUNS, data=fields, content_type="multipart/form-data")
        case _:
            return product.call("POST", RUNS, data=fields)


def say(product: InProcess, message: str, session: str, kind: str = "json", **more: str) -> dict[str, Any]:
    answer = post(product, message, session, kind, **more)
    assert answer.status_code == 200, answer.data
    run: dict[str, Any] = answer.get_json()
    assert run["status"] == "COMPLETED"
    return run


def history(product: InProcess, session: str) -> list[str]:
    """What the next message of the session would follow."""
    detail = product.call("GET", f"/sessions/{session}").get_json()
    return [message["content"] for message in detail["chat_history"] if message["role"] == "user"]


def stored(product: InProcess, session: str) -> list[dict[str, Any]]:
    runs: list[dict[str, Any]] = product.call("GET", f"/sessions/{session}/runs").get_json()
    return runs


@pytest.mark.parametrize("kind", ["json", "multipart", "urlencoded"])
def test_a_message_stands_after_the_run_that_it_names(product: InProcess, kind: str) -> None:
    session = product.session()
    one = say(product, "say: one", session, kind)
    two = say(product, "say: two", session, kind)
    edited = say(product, "say: edited", session, kind, parent_run_id=one["run_id"])
    assert [run.get("parent_run_id") for run in (one, two, edited)] == [None, one["run_id"], one["run_id"]]
    assert history(product, session) == ["say: one", "say: edited"]
    start = say(product, "say: start", session, kind, parent_run_id="root")
    assert start.get("parent_run_id") is None
    plain = say(product, "say: plain", session, kind, parent_run_id="")
    assert plain["parent_run_id"] == start["run_id"], "empty is absent"
    assert history(product, session) == ["say: start", "say: plain"]
    parents = [None, one["run_id"], one["run_id"], None, start["run_id"]]
    assert [run.get("parent_run_id") for run in stored(product, session)] == parents
    one_run = product.call("GET", f"/sessions/{session}/runs/{two['run_id']}").get_json()
    assert one_run["parent_run_id"] == one["run_id"]


def test_a_new_session_may_be_told_to_start_at_its_root(product: InProcess) -> None:
    assert say(product, "say: one", "", parent_run_id="root").get("parent_run_id") is None


@pytest.mark.parametrize("parent", ["run_unknown", "another session's"])
@pytest.mark.parametrize("where", ["a session", "no session", "one that is not there"])
def test_a_parent_that_is_not_in_the_session_is_refused_in_words(product: InProcess, parent: str, where: str) -> None:
    if parent == "another session's":
        parent = say(product, "say: elsewhere", product.session())["run_id"]
    session = {"a session": product.session(), "no session": "", "one that is not there": new_id("ses")}[where]
    answer = post(product, "say: one", session, parent_run_id=parent)
    assert answer.status_code == 422
    told = answer.get_json()
    assert "must be a run of this session" in told["detail"]
    assert [field["field"] for field in told["fields"]] == ["parent_run_id"]


@pytest.mark.parametrize("parent", ["../x", "a b", "x" * 129, "é"])
def test_a_parent_that_is_no_id_is_refused(product: InProcess, parent: str) -> None:
    assert post(product, "say: one", product.session(), parent_run_id=parent).status_code == 422


def test_a_follow_up_stands_after_the_run_that_it_continues(product: InProcess) -> None:
    session = product.session()
    one = say(product, "say: one", session)
    say(product, "say: two", session)
    form = {"session_id": session, "input": "say: follows", "stream": "false"}
    followed = product.call("POST", f"{RUNS}/{one['run_id']}/continue", data=form).get_json()
    assert followed["parent_run_id"] == one["run_id"]
    assert history(product, session) == ["say: one", "say: follows"]


def test_an_edit_costs_no_write_more_and_at_most_a_read_for_each_turn_that_the_model_is_shown(
    product: InProcess, counter: CountedStore
) -> None:
    session = product.session()
    runs = [say(product, f"say: {number}", session) for number in range(45)]
    plain = runs[-1]["metrics"]["database"]
    assert (plain["reads"], plain["writes"]) == (2, 7)
    before = counter.counted()
    edited = say(product, "say: edited", session, parent_run_id=runs[22]["run_id"])["metrics"]["database"]
    assert (edited["reads"], edited["writes"]) == (22, 7)
    assert counter.counted()["reads"] - before["reads"] == 22


def fork(product: InProcess, session: str, run: str, **more: Any) -> TestResponse:
    return product.call("POST", f"/sessions/{session}/fork", json={"run_id": run}, **more)


def test_a_fork_is_a_session_of_its_own_with_the_runs_of_the_branch(product: InProcess) -> None:
    session = product.session()
    one = say(product, "say: one", session)
    say(product, "say: left out", session)
    two = say(product, "call calculator 3*4", session, parent_run_id=one["run_id"])
    answer = fork(product, session, two["run_id"])
    assert answer.status_code == 201, answer.data
    made = answer.get_json()
    original = product.call("GET", f"/sessions/{session}").get_json()
    assert made["session_name"] == f"{original['session_name']} (fork)"
    assert (made["agent_id"], made["user_id"]) == (original["agent_id"], original["user_id"])
    assert (made["runs"], made["cost"], made["total_tokens"]) == (2, 0, 0)
    assert [message["content"] for message in made["chat_history"]] == ["say: one", "one", "call calculator 3*4", "12"]
    copies, originals = stored(product, made["session_id"]), {run["run_id"]: run for run in stored(product, session)}
    same = ("run_input", "content", "messages", "tools", "metrics", "created_at", "status")
    for copy, run in zip(copies, (one, two), strict=True):
        assert {name: copy.get(name) for name in same} == {name: originals[run["run_id"]].get(name) for name in same}
    assert [copy.get("parent_run_id") for copy in copies] == [None, copies[0]["run_id"]]
    say(product, "say: more", made["session_id"])
    assert len(stored(product, session)) == 3


def test_files_come_along(product: InProcess) -> None:
    data = {"message": "say: one", "stream": "false", "files": (io.BytesIO(b"in the file"), "a.txt", "text/plain")}
    run = product.call("POST", RUNS, data=data, content_type="multipart/form-data").get_json()
    made = fork(product, run["session_id"], run["run_id"]).get_json()
    assert product.call("DELETE", f"/sessions/{run['session_id']}").status_code == 204
    (copy,) = stored(product, made["session_id"])
    (file,) = copy["attachments"]
    assert product.call("GET", file["url"]).data == b"in the file"


def test_what_cannot_be_forked_is_refused_in_words(product: InProcess) -> None:
    session = product.session()
    one = say(product, "say: one", session)
    elsewhere = say(product, "say: elsewhere", product.session())
    waiting = product.call("POST", RUNS, data={"message": "say: later", "session_id": session, "background": "true", "stream": "false"})
    assert fork(product, session, elsewhere["run_id"]).status_code == 404
    assert fork(product, new_id("ses"), one["run_id"]).status_code == 404
    open_run = fork(product, session, waiting.get_json()["run_id"])
    assert open_run.status_code == 409
    assert "still being answered" in open_run.get_json()["detail"]
    bodies: list[Any] = [{"run_id": ""}, {"run_id": one["run_id"], "more": 1}, []]
    for body in bodies:
        assert product.call("POST", f"/sessions/{session}/fork", json=body).status_code == 422
    reader = product.key(frozenset({"sessions:read"}))
    assert fork(product, session, one["run_id"], headers={"Authorization": f"Bearer {reader}"}).status_code == 403
    stranger = product.key(workspace=product.workspace())
    assert fork(product, session, one["run_id"], headers={"Authorization": f"Bearer {stranger}"}).status_code == 404
    assert product.call("POST", f"/sessions/{session}/fork?user_id=u_other", json={"run_id": one["run_id"]}).status_code == 404


def test_a_fork_with_a_key_is_made_once(product: InProcess) -> None:
    one = say(product, "say: one", product.session())
    answers = [fork(product, one["session_id"], one["run_id"], headers={"Idempotency-Key": "once"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert len({answer.get_json()["session_id"] for answer in answers}) == 1
    assert services.documents(product.development.workspace, DatabaseUsage()).query("forks") == []


def test_a_person_forks_only_their_own_sessions(product: InProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    one = say(product, "say: one", product.session())
    monkeypatch.setattr(services, "authenticate", lambda *_: Principal(product.development.workspace, "user:u9", "u9", SCOPES, person=True))
    assert fork(product, one["session_id"], one["run_id"]).status_code == 404
    own = say(product, "say: own", product.session())
    assert fork(product, own["session_id"], own["run_id"]).get_json()["user_id"] == "u9"
