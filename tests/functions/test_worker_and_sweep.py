"""What runs without a caller: the worker on pushed messages, and the sweeper on what crashes left behind."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from werkzeug.test import TestResponse

from shared.agents.execution import EVENTS_TOPIC
from shared.agents.live import Lease
from shared.agents.turns import RUNS_TOPIC
from shared.kit import faults
from shared.kit.bus import Message, encode_push
from shared.kit.documents import SERVER_TIME, Create, Patch
from shared.kit.metered import DatabaseUsage
from shared.kit.outbox import Outbox
from shared.sessions.runs import RunStore
from shared.wiring import services
from tests.support.domain import RecordingBus
from tests.support.inprocess import INTERNAL_TOKEN, InProcess


@pytest.fixture
def bus(product: InProcess, monkeypatch: pytest.MonkeyPatch) -> RecordingBus:
    """The bus that everything is published to."""
    recording = RecordingBus()
    monkeypatch.setitem(services.__dict__, "bus", recording)
    return recording


def internal(product: InProcess, path: str, body: Any) -> TestResponse:
    return product.call("POST", path, signed=False, headers={"Authorization": f"Bearer {INTERNAL_TOKEN}"}, json=body)


def accepted(product: InProcess, message: str = "say: later") -> tuple[str, str]:
    """The ids of a background run that nobody works on yet, and of its session."""
    form = {"message": message, "background": "true", "stream": "false"}
    answer = product.call("POST", "/agents/assistant/runs", data=form)
    assert answer.status_code == 202
    return answer.get_json()["run_id"], answer.get_json()["session_id"]


def delivered(product: InProcess, bus: RecordingBus, run: str) -> TestResponse:
    message = next(message for topic, message in bus.published if topic == RUNS_TOPIC and message.data["run"] == run)
    return internal(product, "/_push/runs", encode_push(message, "1", "2026-01-01T00:00:00Z", "runs-worker", 1))


def state(product: InProcess, run: str, session: str) -> dict[str, Any]:
    output: dict[str, Any] = product.call("GET", f"/agents/assistant/runs/{run}", query_string={"session_id": session}).get_json()
    return output


def sweep(product: InProcess) -> dict[str, int]:
    answer = internal(product, "/_sweep", {})
    assert answer.status_code == 200, answer.data
    counts: dict[str, int] = answer.get_json()
    return counts


def test_a_message_sees_its_run_to_the_end_and_a_second_delivery_does_nothing(product: InProcess, bus: RecordingBus) -> None:
    run, session = accepted(product)
    assert state(product, run, session)["status"] == "PENDING"
    first = delivered(product, bus, run)
    assert (first.status_code, first.get_json()) == (200, {"worked": True})
    done = state(product, run, session)
    assert (done["status"], done["content"]) == ("COMPLETED", "later")
    again = delivered(product, bus, run)
    assert (again.status_code, again.get_json()) == (200, {"worked": False})
    assert state(product, run, session) == done


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"message": {"data": "no base64!"}}, 400),
        ({"message": {"data": ""}}, 400),
        (encode_push(Message("e", {"run": "r"}), "1", "", "s", 1), 400),
        (encode_push(Message("e", {"run": 1, "workspace": "w"}), "1", "", "s", 1), 400),
        (encode_push(Message("e", {"run": "run_absent", "workspace": "wsp_absent"}), "1", "", "s", 1), 200),
    ],
)
def test_a_malformed_message_is_refused_and_one_about_nothing_is_taken(product: InProcess, body: dict[str, Any], status: int) -> None:
    assert internal(product, "/_push/runs", body).status_code == status


@pytest.mark.parametrize("path", ["/_push/runs", "/_sweep"])
@pytest.mark.parametrize("token", ["", "Bearer wrong", "owner"])
def test_only_the_platforms_own_senders_may_call(product: InProcess, path: str, token: str) -> None:
    headers = product.headers if token == "owner" else {"Authorization": token} if token else {}
    answer = product.call("POST", path, signed=False, headers=headers, json={})
    assert answer.status_code in (401, 403)


def grow_old(product: InProcess, run: str) -> None:
    """Let a run look as if nobody had touched it for a minute."""
    documents = services.documents(product.development.workspace, DatabaseUsage())
    (snapshot,) = documents.get(f"runs/{run}")
    assert snapshot is not None
    documents.commit(Patch(f"runs/{run}", {"beat_at": snapshot.fields["beat_at"] - timedelta(seconds=60)}))


def test_the_sweeper_hands_over_a_run_whose_message_was_lost(product: InProcess, bus: RecordingBus) -> None:
    bus.down = True
    run, session = accepted(product)
    bus.down = False
    grow_old(product, run)
    assert sweep(product)["runs"] == 1
    assert delivered(product, bus, run).get_json() == {"worked": True}
    assert state(product, run, session)["status"] == "COMPLETED"
    assert sweep(product)["runs"] == 0


def test_the_sweeper_hands_over_a_run_whose_owner_fell_silent_and_no_other(product: InProcess, bus: RecordingBus) -> None:
    run, session = accepted(product)
    documents = services.documents(product.development.workspace, DatabaseUsage())
    runs = RunStore(documents, services.blobs(product.development.workspace))
    runs.claim(runs.get(run, session), "a process that died")
    bus.published.clear()
    assert sweep(product)["runs"] == 0, "its lease is young"
    grow_old(product, run)
    assert sweep(product)["runs"] == 1
    assert delivered(product, bus, run).get_json() == {"worked": True}
    done = state(product, run, session)
    assert (done["status"], done["content"]) == ("COMPLETED", "later")


def test_the_sweeper_publishes_what_stayed_in_the_outbox(product: InProcess, bus: RecordingBus, monkeypatch: pytest.MonkeyPatch) -> None:
    bus.down = True
    answer = product.call("POST", "/agents/assistant/runs", data={"message": "say: one", "stream": "false"})
    assert answer.get_json()["status"] == "COMPLETED"
    bus.down = False
    assert sweep(product)["events"] == 0, "it may be on its way"
    monkeypatch.setattr(services.live_runs, "lease", Lease(lasts=0.0))
    assert sweep(product)["events"] == 1
    (message,) = [message for topic, message in bus.published if topic == EVENTS_TOPIC]
    assert message.data["run"] == answer.get_json()["run_id"]
    assert sweep(product)["events"] == 0


def test_the_sweeper_finishes_a_deletion_in_every_workspace(product: InProcess, bus: RecordingBus) -> None:
    workspaces = [product.development.workspace, product.workspace(), product.workspace()]
    for workspace in workspaces:
        # As a crash right after the commit that hides a session leaves it.
        services.documents(workspace, DatabaseUsage()).commit(Create("deletions/s1", {"session": "s1", "created_at": SERVER_TIME}))
    assert sweep(product)["deletions"] == 3
    assert [services.documents(each, DatabaseUsage()).query("deletions") for each in workspaces] == [[], [], []]
    assert sweep(product)["deletions"] == 0


def test_a_workspace_that_cannot_be_swept_does_not_hold_up_the_others(
    product: InProcess, bus: RecordingBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspaces = sorted([product.development.workspace, product.workspace(), product.workspace()])
    for number, workspace in enumerate(workspaces):
        services.documents(workspace, DatabaseUsage()).commit(Outbox.entry("events", Message(f"evt_{number}", {"n": number})))
    monkeypatch.setattr(services.live_runs, "lease", Lease(lasts=0.0))
    faults.arm("before_publish=raise#1", beside_emulator=True)
    try:
        assert internal(product, "/_sweep", {}).status_code == 503
    finally:
        faults.arm("", beside_emulator=True)
    assert sorted(message.id for _, message in bus.published) == ["evt_1", "evt_2"]
    assert sweep(product)["events"] == 1


def test_an_entry_of_an_outbox_outlives_a_bus_that_is_down_while_sweeping(
    product: InProcess, bus: RecordingBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = services.documents(product.development.workspace, DatabaseUsage())
    documents.commit(Outbox.entry("events", Message("evt_kept", {"n": 1})))
    monkeypatch.setattr(services.live_runs, "lease", Lease(lasts=0.0))
    bus.down = True
    assert internal(product, "/_sweep", {}).status_code == 503
    bus.down = False
    assert sweep(product)["events"] == 1
