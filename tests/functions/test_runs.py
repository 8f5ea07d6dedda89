"""What the answer to a message tells besides its events: which run it is, and when another try is worth it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from werkzeug.test import TestResponse

from shared.kit.errors import ModelFailed
from shared.kit.ids import new_id
from shared.wiring import services
from tests.functions.test_headers import ALLOWED
from tests.support.inprocess import InProcess

RUNS = "/agents/assistant/runs"


def events(answer: TestResponse) -> list[dict[str, Any]]:
    lines = answer.data.decode().splitlines()
    return [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]


@pytest.mark.parametrize(
    "form", [{}, {"stream": "false"}, {"stream": "false", "background": "true"}], ids=["events", "whole", "background"]
)
def test_every_answer_to_a_message_names_the_run_and_the_session(product: InProcess, form: dict[str, str]) -> None:
    headers = {"Idempotency-Key": new_id("key"), "Origin": ALLOWED[0]}
    session = product.session()
    answers = [product.call("POST", RUNS, data={"message": "say: yes", "session_id": session, **form}, headers=headers) for _ in range(2)]
    runs = {answer.headers["X-Run-Id"] for answer in answers}
    assert runs == {run["run_id"] for run in product.call("GET", f"/sessions/{session}/runs").get_json()}, "a repeat names the same"
    for answer in answers:
        assert answer.headers["X-Session-Id"] == session
        assert {"X-Run-Id", "X-Session-Id"} <= set(answer.headers["Access-Control-Expose-Headers"].split(", "))


def test_a_new_session_is_named_too(product: InProcess) -> None:
    answer = product.call("POST", RUNS, data={"message": "say: yes"})
    assert events(answer)[0]["session_id"] == answer.headers["X-Session-Id"]


def test_a_run_that_waits_is_named_at_once_and_can_be_stopped(product: InProcess) -> None:
    session = product.session()
    product.call("POST", RUNS, data={"message": "say: first", "session_id": session, "background": "true", "stream": "false"})
    waiting = product.client().open(RUNS, method="POST", headers=product.headers, data={"message": "say: second", "session_id": session})
    try:
        assert next(waiting.iter_encoded()).startswith(b":"), "its headers come before its turn does"
        run = waiting.headers["X-Run-Id"]
        assert product.call("POST", f"{RUNS}/{run}/cancel", data={"session_id": session}).status_code == 200
        assert b"event: RunCancelled" in b"".join(waiting.iter_encoded())
    finally:
        waiting.close()
    states = {run["run_id"]: run["status"] for run in product.call("GET", f"/sessions/{session}/runs").get_json()}
    assert states[run] == "CANCELLED"


@pytest.mark.parametrize(("after", "told"), [(7.04, 7.0), (None, None)])
def test_a_failure_tells_when_another_try_is_worth_it(
    product: InProcess, monkeypatch: pytest.MonkeyPatch, after: float | None, told: float | None
) -> None:
    class Limited:
        def run(self, *_: object) -> None:
            raise ModelFailed("too many requests", kind="rate_limited", retry_after=after)

    monkeypatch.setitem(services.__dict__, "runner", Limited())
    answer = product.call("POST", RUNS, data={"message": "say: no"})
    last = events(answer)[-1]
    assert (last["event"], last["error_type"], last.get("retry_after")) == ("RunError", "rate_limited", told)
    path = f"{RUNS}/{answer.headers['X-Run-Id']}/events?session_id={answer.headers['X-Session-Id']}"
    assert events(product.call("GET", path))[-1].get("retry_after") == told, "it is stored"
