"""The domain on real stores, SQLite and files, with a scripted runner in the model's place. Several instances may share the data."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import orjson

from shared.adapters.filesystem.blobs import FileBlobStore
from shared.adapters.firestore.guard import IndexedStore
from shared.adapters.sqlite.documents import SqliteStore
from shared.agents.execution import Execution
from shared.agents.live import TAKEN_OVER, Lease, LiveRuns
from shared.agents.models import Agent
from shared.agents.runner import TurnInput
from shared.agents.turns import NewTurn, Turns
from shared.kit.blobs import Blobs
from shared.kit.bus import Message as BusMessage
from shared.kit.clock import SystemClock
from shared.kit.documents import Documents, DocumentStore, Neighbour, Order, Snapshot, Where, Write, Written
from shared.kit.errors import NotFound, Unavailable
from shared.kit.metered import DatabaseUsage, MeteredDocuments
from shared.kit.outbox import Outbox
from shared.kit.stop import StopSignal
from shared.sessions.deletion import Deletions
from shared.sessions.events import Delta, Finished, ModelCompleted, ModelStarted, RunnerEvent
from shared.sessions.messages import Message, Usage
from shared.sessions.models import Run
from shared.sessions.runs import RunStore
from shared.sessions.shares import Shares
from shared.sessions.store import SessionStore
from shared.workspaces.store import PLATFORM_ROOT

AGENT = Agent("a1", "Assistant", "", "Be brief.", "openai:gpt-4.1-mini")
USAGE = Usage(input_tokens=100, output_tokens=10, cached_tokens=20, reasoning_tokens=3)
Answer = TypeVar("Answer")
Play = Callable[[TurnInput, StopSignal], Iterator[RunnerEvent]]


def answer(turn: TurnInput, stop: StopSignal) -> Iterator[RunnerEvent]:
    """`to MESSAGE`, in two pieces."""
    yield ModelStarted()
    yield Delta("to ")
    yield Delta(turn.message)
    yield from ending("to " + turn.message)


def ending(content: str) -> Iterator[RunnerEvent]:
    """What a runner tells at the end of a full answer."""
    yield ModelCompleted(USAGE, 0.5)
    yield Finished(content, "", (Message("assistant", content),), USAGE, 0.5)


def questions(turn: TurnInput) -> list[str]:
    """What was asked before, as the model is shown it."""
    return [message.content for message in turn.history if message.role == "user"]


@dataclass(slots=True)
class ScriptedRunner:
    """The port Runner; remembers what it was asked."""

    play: Play = answer
    asked: list[TurnInput] = field(default_factory=list)

    def run(self, turn: TurnInput, stop: StopSignal) -> Iterator[RunnerEvent]:
        self.asked.append(turn)
        return self.play(turn, stop)


@dataclass(slots=True)
class Gate:
    """A play that says its first words, then waits until it is opened or stopped."""

    words: str = "so far"
    reached: threading.Event = field(default_factory=threading.Event)
    opened: threading.Event = field(default_factory=threading.Event)

    def __call__(self, turn: TurnInput, stop: StopSignal) -> Iterator[RunnerEvent]:
        stop.on_set(self.opened.set)
        yield Delta(self.words)
        self.reached.set()
        assert self.opened.wait(20)
        if not stop.is_set():
            yield Delta(", done")
            yield from ending(self.words + ", done")


@dataclass(slots=True)
class RecordingBus:
    """The port Bus; `down` refuses everything."""

    published: list[tuple[str, BusMessage]] = field(default_factory=list)
    down: bool = False

    def publish(self, topic: str, *messages: BusMessage) -> list[str]:
        if self.down:
            raise Unavailable("the bus is down")
        self.published += [(topic, message) for message in messages]
        return [message.id for message in messages]


@dataclass(slots=True)
class CountedDocuments:
    """The port Documents around another; counts for itself, without looking at DatabaseUsage, and can fail."""

    inner: Documents
    reads: int = 0
    writes: int = 0
    commits: int = 0
    bytes_read: int = 0
    largest: int = 0
    """Bytes of the largest document that was read or written."""
    down: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, *paths: str) -> list[Snapshot | None]:
        found = self._answered(self.inner.get, *paths)
        self._count_reads(found)
        return found

    def query(
        self,
        collection: str,
        where: Sequence[Where] = (),
        order: Sequence[Order] = (),
        limit: int = 100,
        after: Sequence[Any] | None = None,
        fields: Sequence[str] | None = None,
    ) -> list[Snapshot]:
        found = self._answered(self.inner.query, collection, where, order, limit, after, fields)
        self._count_reads(found)
        return found

    def count(self, collection: str, where: Sequence[Where] = ()) -> int:
        total = self._answered(self.inner.count, collection, where)
        with self.lock:
            self.reads += 1 + max(0, total - 1) // 1000
        return total

    def nearest(
        self, collection: str, field: str, vector: Sequence[float], where: Sequence[Where] = (), limit: int = 10
    ) -> list[Neighbour]:
        raise AssertionError("no turn searches vectors")

    def commit(self, *writes: Write) -> list[Written]:
        written = self._answered(self.inner.commit, *writes)
        with self.lock:
            self.writes += len(written)
            self.commits += 1
            self.largest = max(self.largest, *(_size(getattr(write, "fields", {})) for write in writes))
        return written

    def _answered(self, call: Callable[..., Answer], *arguments: Any) -> Answer:
        if self.down:
            raise Unavailable("the database is down")
        return call(*arguments)

    def _count_reads(self, found: Sequence[Snapshot | None]) -> None:
        # A query that finds nothing is billed as one read, and so is a document that is not there.
        sizes = [0 if snapshot is None else _size(snapshot.fields) for snapshot in found] or [0]
        with self.lock:
            self.reads += len(sizes)
            self.bytes_read += sum(sizes)
            self.largest = max(self.largest, *sizes)


@dataclass(slots=True)
class Instance:
    """One process's share of the product."""

    store: CountedDocuments
    platform: Documents
    blobs: Blobs
    bus: RecordingBus
    runner: ScriptedRunner
    live: LiveRuns

    def turns(self, usage: DatabaseUsage | None = None) -> Turns:
        """The turns as one request opens them."""
        usage = usage or DatabaseUsage()
        documents = MeteredDocuments(self.store, usage)
        execution = Execution(
            sessions=SessionStore(documents),
            runs=RunStore(documents, self.blobs),
            documents=documents,
            usage=usage,
            blobs=self.blobs,
            outbox=Outbox(documents, self.bus),
            runner=self.runner,
            tools={},
            agent=_agent,
            live=self.live,
            clock=SystemClock(),
            workspace="w1",
        )
        return Turns(execution, documents, self.bus)

    @property
    def sessions(self) -> SessionStore:
        return SessionStore(self.store)

    @property
    def shares(self) -> Shares:
        return Shares("w1", self.store, self.blobs, self.platform)

    @property
    def deletions(self) -> Deletions:
        return Deletions(self.store, self.blobs, self.shares)

    @property
    def runs(self) -> RunStore:
        return RunStore(self.store, self.blobs)

    def say(self, message: str, session: str = "s1", **more: Any) -> Run:
        """Send a message and wait for the end of its run."""
        turns = self.turns()
        return turns.finish(turns.accept(NewTurn("a1", message, session, **more), "u1"))

    def accept(self, message: str, session: str = "s1", **more: Any) -> Run:
        """Send a message and do nothing more about its run."""
        return self.turns().accept(NewTurn("a1", message, session, **more), "u1").run

    def start(self, message: str, session: str = "s1") -> Run:
        """Send a message and leave the run to a thread."""
        turns = self.turns()
        accepted = turns.accept(NewTurn("a1", message, session), "u1")
        turns.start(accepted)
        return accepted.run


@dataclass(slots=True)
class House:
    """The data that several instances share."""

    documents: DocumentStore
    blobs: FileBlobStore
    instances: list[Instance] = field(default_factory=list)

    @classmethod
    def at(cls, folder: Path) -> House:
        return cls(IndexedStore(SqliteStore(folder / "documents.db")), FileBlobStore(folder / "blobs"))

    def instance(self, play: Play = answer, lease: Lease | None = None) -> Instance:
        """A process of its own. Its lease says when it believes others dead, and how often it renews its own."""
        made = Instance(
            store=CountedDocuments(self.documents.open("workspaces/w1")),
            platform=self.documents.open(PLATFORM_ROOT),
            blobs=self.blobs.open("workspaces/w1"),
            bus=RecordingBus(),
            runner=ScriptedRunner(play),
            live=LiveRuns(SystemClock(), lease or Lease()),
        )
        self.instances.append(made)
        return made

    def end_all(self, play: Play = answer) -> None:
        """Work on every run that is left, as the worker does once every owner is silent."""
        worker = self.instance(play, Lease(0.0, 60))
        while left := worker.runs.open_runs(10):
            for run in left:
                worker.turns().recover(run.id)

    def close(self) -> None:
        """End the runs that a test left behind, then close the stores."""
        for instance in self.instances:
            for live in list(instance.live._runs.values()):
                live.stop.set(TAKEN_OVER)
            deadline = time.monotonic() + 5
            while instance.live._runs and time.monotonic() < deadline:
                time.sleep(0.01)
        self.documents.close()


def _agent(agent: str) -> Agent:
    if agent != AGENT.id:
        raise NotFound("Agent not found")
    return AGENT


def _size(fields: dict[str, Any]) -> int:
    return len(orjson.dumps(fields, default=_plain))


def _plain(value: Any) -> Any:
    return value.decode("latin-1") if isinstance(value, bytes) else value.isoformat() if isinstance(value, datetime) else repr(value)
