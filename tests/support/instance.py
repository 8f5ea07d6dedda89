"""One instance of the product's core in this process: turns over real stores, with a scripted runner and a clock of the test's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from shared.adapters.filesystem.blobs import FileBlobStore
from shared.adapters.firestore.guard import IndexedStore
from shared.adapters.localqueue.queue import LocalQueue
from shared.adapters.sqlite.documents import SqliteStore
from shared.agents.execution import Execution
from shared.agents.live import Lease, LiveRuns
from shared.agents.models import Agent
from shared.agents.runner import TurnInput
from shared.agents.turns import Turns
from shared.kit.bus import Bus
from shared.kit.clock import SystemClock
from shared.kit.documents import Documents
from shared.kit.metered import DatabaseUsage, MeteredDocuments
from shared.kit.outbox import Outbox
from shared.kit.stop import StopSignal
from shared.sessions.events import Delta, Finished, ModelCompleted, ModelStarted, RunnerEvent
from shared.sessions.messages import Message, Usage
from shared.sessions.runs import RunStore
from shared.sessions.store import SessionStore

WORKSPACE = "w1"
ROOT = f"workspaces/{WORKSPACE}"
MODEL = "openai:gpt-4.1-mini"
"""A model with a price, so that money can be counted."""
USAGE = Usage(input_tokens=1000, output_tokens=100)


@dataclass(slots=True)
class SkewedClock(SystemClock):
    """A clock that is wrong by `skew` seconds, also in its monotonic part, as that of another machine is."""

    skew: float = 0.0

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.skew)

    def monotonic(self) -> float:
        return SystemClock.monotonic(self) + self.skew


@dataclass(slots=True)
class ScriptedRunner:
    """Answers with how many user messages came before and what they said; `between` is called before each word and may wait or raise."""

    between: Callable[[TurnInput, int], None] = lambda _turn, _word: None
    asked: list[TurnInput] = field(default_factory=list)

    def run(self, turn: TurnInput, stop: StopSignal) -> Iterator[RunnerEvent]:
        self.asked.append(turn)
        yield ModelStarted()
        answer = answer_to(turn)
        for place, word in enumerate(answer.split(" ")):
            self.between(turn, place)
            if stop.is_set():
                return
            yield Delta(word if place == 0 else f" {word}")
        yield ModelCompleted(USAGE, 0.01)
        yield Finished(answer, "", (Message("assistant", answer),), USAGE, 0.01)


def answer_to(turn: TurnInput) -> str:
    """What the scripted runner says."""
    before = [message.content for message in turn.history if message.role == "user"]
    return " | ".join([f"{len(before)} before:", *before, turn.message])


@dataclass(slots=True)
class Instance:
    """What one process holds; several on the same stores are several instances."""

    turns: Turns
    execution: Execution
    documents: Documents
    runner: ScriptedRunner

    @classmethod
    def open(
        cls,
        home: Path,
        *,
        lease: float = 2.0,
        skew: float = 0.0,
        runner: ScriptedRunner | None = None,
        documents: Documents | None = None,
        bus: Bus | None = None,
        beats: bool = True,
    ) -> Instance:
        """On SQLite, files and the local queue below `home` unless others are given. Without `beats` its runs fall silent."""
        usage = DatabaseUsage()
        stored = MeteredDocuments(documents or IndexedStore(SqliteStore(home / "documents.db")).open(ROOT), usage)
        blobs = FileBlobStore(home / "blobs", "http://localhost").open(ROOT)
        bus = bus or LocalQueue(home / "queue.db")
        clock = SkewedClock(skew)
        runner = runner or ScriptedRunner()
        execution = Execution(
            sessions=SessionStore(stored),
            runs=RunStore(stored, blobs),
            documents=stored,
            usage=usage,
            blobs=blobs,
            outbox=Outbox(stored, bus),
            runner=runner,
            tools={},
            agent=lambda agent: Agent(agent, "Assistant", "", "Be brief.", MODEL),
            live=LiveRuns(clock, Lease(lease, lease / 3 if beats else 3600.0)),
            clock=clock,
            workspace=WORKSPACE,
        )
        return cls(Turns(execution, stored, bus), execution, stored, runner)
