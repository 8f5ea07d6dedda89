"""A live run's heartbeat and its other writer."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any, cast

from shared.agents.live import LiveRun
from shared.kit.documents import Written
from shared.sessions.models import Run, RunRequest
from shared.sessions.runs import RunStore

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class FrozenStore:
    """A run store whose database answers when it is told to."""

    def __init__(self) -> None:
        self.asked, self.thawed = threading.Event(), threading.Event()

    def patch(self, run: str, fields: dict[str, Any], if_version: int | None = None) -> Written:
        self.asked.set()
        assert self.thawed.wait(10)
        return Written(f"runs/{run}", 2, NOW)


def test_a_heartbeat_that_gets_no_answer_does_not_hold_up_the_finish() -> None:
    store = FrozenStore()
    request = RunRequest(agent="a", agent_name="A", agent_version=1, model="m:m", session="s", user="u", message="hello")
    run = Run("run_1", request, "queued", NOW, fence=0, owner="", version=1, age=0.0, cancel_reason="", body_digest="")
    live = LiveRun(run, cast("RunStore", store))
    beat = threading.Thread(target=live.beat)
    beat.start()
    assert store.asked.wait(10)
    assert live.lock.acquire(timeout=5), "the finish waits for the heartbeat"
    live.lock.release()
    store.thawed.set()
    beat.join(10)
    assert live.version == 2
