"""A run over HTTP: streamed, resumed, cut off, cancelled, in the background, failed and taken up again."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest

from local.stub_model import StubModel
from shared.kit.ids import new_id
from shared.web.sse import KEEP_ALIVE
from tests.e2e.streams import Frame, content, frames, live_frames, run, stream
from tests.support.product import Product


def stored(client: httpx.Client, session: str, run_id: str) -> dict[str, Any]:
    answer = client.get(f"/agents/assistant/runs/{run_id}", params={"session_id": session})
    assert answer.status_code == 200, answer.text
    output: dict[str, Any] = answer.json()
    return output


def ended(client: httpx.Client, session: str, run_id: str, seconds: float = 20.0) -> dict[str, Any]:
    """The run once it has come to its end."""
    deadline = time.monotonic() + seconds
    while (output := stored(client, session, run_id))["status"] in ("PENDING", "RUNNING"):
        assert time.monotonic() < deadline, output
        time.sleep(0.1)
    return output


def events(client: httpx.Client, session: str, run_id: str, last: int | None = None) -> bytes:
    headers = {} if last is None else {"Last-Event-ID": str(last)}
    answer = client.get(f"/agents/assistant/runs/{run_id}/events", params={"session_id": session}, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.content


def resumed(client: httpx.Client, session: str, run_id: str, last: int) -> tuple[Frame, bytes]:
    """AgentOS's frame that tells what follows, and what follows."""
    form = {"session_id": session, "last_event_index": str(last)}
    answer = client.post(f"/agents/assistant/runs/{run_id}/resume", data=form)
    assert answer.status_code == 200, answer.text
    first = frames(answer.content)[0]
    return first, answer.content.removeprefix(first.raw)


def test_ids_count_from_zero_and_stand_in_the_events_too(client: httpx.Client) -> None:
    found = frames(stream(client, "call calculator 1+1; current_time UTC"))
    assert [frame.id for frame in found] == list(range(len(found)))
    assert [frame.data["event_index"] for frame in found] == list(range(len(found)))
    assert [frame.data["event"] for frame in found] == [frame.event for frame in found]
    assert found[0].data["attempt"] == 1
    assert all("user_id" not in frame.data for frame in found)


def test_the_stream_is_resumed_from_every_index_byte_for_byte(client: httpx.Client, neighbour: Product) -> None:
    session = new_id("ses")
    body = stream(client, 'call calculator {"expression": "2**10"}', session)
    whole = frames(body)
    run_id = whole[0].data["run_id"]
    with neighbour.client() as elsewhere:
        for last in range(-1, len(whole)):
            rest = b"".join(frame.raw for frame in whole[last + 1 :])
            for reader in (client, elsewhere):
                assert events(reader, session, run_id, last if last >= 0 else None) == rest
                meta, following = resumed(reader, session, run_id, last)
                assert following == rest
                assert (meta.event, meta.data["status"], meta.data["total_events"]) == ("replay", "COMPLETED", len(whole))


def test_a_long_answer_with_reasoning_is_replayed_byte_for_byte_from_another_process(client: httpx.Client, neighbour: Product) -> None:
    session = new_id("ses")
    words = " ".join(f"wört{n}🙂" for n in range(3000))
    body = stream(client, f"think: {words[:4000]} -> {words}", session)
    run_id = frames(body)[0].data["run_id"]
    with neighbour.client() as elsewhere:
        assert events(elsewhere, session, run_id) == body


def test_a_comment_is_sent_while_the_model_is_silent(client: httpx.Client, stub: StubModel) -> None:
    stub.script.first_delay = 11.0
    started = time.monotonic()
    try:
        with client.stream("POST", "/agents/assistant/runs", data={"message": "say: late"}) as answer:
            body, silence = b"", 0.0
            for chunk in answer.iter_raw():
                body += chunk
                if not silence and b"\n\n: " in body:
                    silence = time.monotonic() - started
    finally:
        stub.script.first_delay = 0.0
    assert 8 < silence < 20
    assert content(frames(body)) == "late"


def test_a_reader_that_leaves_does_not_stop_the_run(product: Product, client: httpx.Client, slow_model: StubModel) -> None:
    session = new_id("ses")
    with client.stream("POST", "/agents/assistant/runs", data={"message": "words", "session_id": session}) as answer:
        seen = []
        for frame in live_frames(answer):
            seen.append(frame)
            if len(seen) >= 5:
                break
    run_id = seen[0].data["run_id"]
    output = ended(client, session, run_id)
    assert output["status"] == "COMPLETED"
    assert len(output["content"].split()) == slow_model.script.tokens
    replayed = frames(events(client, session, run_id))
    assert [frame.raw for frame in replayed[: len(seen)]] == [frame.raw for frame in seen]
    assert content(replayed) == output["content"]


def test_a_reader_that_comes_back_gets_every_event_once(client: httpx.Client, neighbour: Product, slow_model: StubModel) -> None:
    session = new_id("ses")
    with client.stream("POST", "/agents/assistant/runs", data={"message": "words", "session_id": session}) as answer:
        seen = []
        for frame in live_frames(answer):
            seen.append(frame)
            if len(seen) >= 6:
                break
    run_id, last = seen[0].data["run_id"], seen[-1].id
    assert last is not None
    whole = b"".join(frame.raw for frame in seen)
    with neighbour.client() as elsewhere:
        meta, rest = resumed(client, session, run_id, last)
        assert meta.event == "catch_up"
        numbered = b"".join(frame.raw for frame in frames(rest) if frame.id is not None)
        assert [frame.event for frame in frames(rest) if frame.id is None] == ["subscribed"]
        assert whole + numbered == events(client, session, run_id) == events(elsewhere, session, run_id)


def test_another_process_follows_a_run_that_is_still_going_on(client: httpx.Client, neighbour: Product, slow_model: StubModel) -> None:
    session = new_id("ses")
    with (
        neighbour.client() as elsewhere,
        client.stream("POST", "/agents/assistant/runs", data={"message": "words", "session_id": session}) as answer,
    ):
        arriving = live_frames(answer)
        first = next(arriving)
        there = events(elsewhere, session, first.data["run_id"])
        here = first.raw + b"".join(frame.raw for frame in arriving)
    # Both split the stream where it was written, not where the network cut it.
    assert there == here


def test_cancelling_from_another_process_keeps_what_was_said(client: httpx.Client, neighbour: Product, slow_model: StubModel) -> None:
    slow_model.script.delay = 0.25
    session = new_id("ses")
    seen: list[Frame] = []
    with (
        neighbour.client() as elsewhere,
        client.stream("POST", "/agents/assistant/runs", data={"message": "words", "session_id": session}) as answer,
    ):
        for frame in live_frames(answer):
            seen.append(frame)
            if len(seen) == 3:
                cancelled = elsewhere.post(f"/agents/assistant/runs/{frame.data['run_id']}/cancel", params={"session_id": session})
                assert (cancelled.status_code, cancelled.json()) == (200, {})
    assert seen[-1].event == "RunCancelled"
    output = stored(client, session, seen[0].data["run_id"])
    assert output["status"] == "CANCELLED"
    assert output["content"] == content(seen) != ""
    assert len(output["content"].split()) < slow_model.script.tokens
    slow_model.script.delay = 0.0
    assert run(client, "history", session)["content"] == "1 | words", "a cancelled turn stays in the conversation"


def test_cancelling_an_unknown_run_changes_nothing(client: httpx.Client) -> None:
    answer = client.post(f"/agents/assistant/runs/{new_id('run')}/cancel")
    assert (answer.status_code, answer.json()) == (200, {})


def test_a_background_run_is_worked_on_without_a_caller(client: httpx.Client) -> None:
    session = new_id("ses")
    form = {"message": "say: later", "stream": "false", "background": "true", "session_id": session}
    accepted = client.post("/agents/assistant/runs", data=form)
    assert accepted.status_code == 202
    assert accepted.json()["status"] == "PENDING"
    output = ended(client, session, accepted.json()["run_id"])
    assert (output["status"], output["content"]) == ("COMPLETED", "later")


def test_a_background_run_can_be_streamed_as_well(client: httpx.Client) -> None:
    body = stream(client, "say: later", background="true")
    assert content(frames(body)) == "later"
    assert frames(body)[-1].event == "RunCompleted"


def test_a_failed_model_is_told_in_the_answer_and_in_the_stream(client: httpx.Client, stub: StubModel) -> None:
    session = new_id("ses")
    stub.fail_next("status 400")
    output = run(client, "say: one", session)
    assert (output["status"], output["content"]) == ("ERROR", output["error"]["message"])
    stub.fail_next("status 400")
    found = frames(stream(client, "say: two", session))
    assert (found[-1].event, found[-1].data["error_type"]) == ("RunError", output["error"]["type"])
    assert stored(client, session, found[0].data["run_id"])["status"] == "ERROR"


def test_an_answer_that_breaks_off_keeps_its_words_and_is_an_error(client: httpx.Client, stub: StubModel) -> None:
    session = new_id("ses")
    stub.fail_next("cut 4")
    found = frames(stream(client, "say: a b c d e f g", session))
    assert found[-1].event == "RunError"
    output = stored(client, session, found[0].data["run_id"])
    assert (output["status"], output["content"]) == ("ERROR", content(found))
    assert output["content"]
    assert "say: a b c d e f g".removeprefix("say: ").startswith(output["content"])


def test_continuing_a_failed_run_is_a_new_attempt_in_its_place(client: httpx.Client, stub: StubModel) -> None:
    session = new_id("ses")
    run(client, "say: before", session)
    stub.fail_next("cut 3")
    failed = run(client, "say: a b c", session)
    assert failed["status"] == "ERROR"
    again = client.post(f"/agents/assistant/runs/{failed['run_id']}/continue", data={"session_id": session})
    found = frames(again.content)
    assert (found[0].event, found[0].data["attempt"], found[0].id) == ("RunStarted", 2, 1_000_000)
    assert {frame.data["run_id"] for frame in found} == {failed["run_id"]}
    assert (found[-1].event, found[-1].data["content"]) == ("RunCompleted", "a b c")
    told = again.content.removeprefix(KEEP_ALIVE)
    assert events(client, session, failed["run_id"], last=3) == told, "a reader of the first attempt gets the second whole"
    runs = client.get(f"/sessions/{session}/runs").json()
    assert [(each["run_input"], each["status"], each["content"]) for each in runs] == [
        ("say: before", "COMPLETED", "before"),
        ("say: a b c", "COMPLETED", "a b c"),
    ]
    assert run(client, "history", session)["content"] == "2 | say: before | say: a b c"


def test_a_completed_run_is_followed_up_by_input_only(client: httpx.Client) -> None:
    session = new_id("ses")
    first = run(client, "say: one", session)
    path = f"/agents/assistant/runs/{first['run_id']}/continue"
    refused = client.post(path, data={"session_id": session, "stream": "false"})
    assert refused.status_code == 409
    assert "input" in refused.json()["detail"]
    followed = client.post(path, data={"session_id": session, "stream": "false", "input": "history"}).json()
    assert followed["content"] == "1 | say: one"
    assert followed["run_id"] != first["run_id"]
    waiting = client.post(path, data={"session_id": session, "tools": '[{"tool_call_id": "c1"}]'})
    assert waiting.status_code == 422


def test_an_older_failed_run_cannot_be_taken_up_behind_a_later_one(client: httpx.Client, stub: StubModel) -> None:
    session = new_id("ses")
    stub.fail_next("status 400")
    failed = run(client, "say: one", session)
    run(client, "say: two", session)
    refused = client.post(f"/agents/assistant/runs/{failed['run_id']}/continue", data={"session_id": session, "stream": "false"})
    assert refused.status_code == 409


@pytest.mark.parametrize("before", ["", "2000-01-01"])
def test_a_last_event_id_that_is_none_of_ours_is_refused_or_ignored(client: httpx.Client, before: str) -> None:
    session = new_id("ses")
    output = run(client, "say: one", session)
    path = f"/agents/assistant/runs/{output['run_id']}/events"
    answer = client.get(path, params={"session_id": session}, headers={"Last-Event-ID": before})
    assert answer.status_code == (422 if before else 200)
