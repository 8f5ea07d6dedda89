"""Events that must not be lost: committed with the fact, published after it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.adapters.sqlite.documents import SqliteStore
from shared.kit.bus import Message
from shared.kit.documents import Create, Documents
from shared.kit.errors import AlreadyExists, Unavailable
from shared.kit.outbox import Outbox
from tests.support.domain import RecordingBus

MESSAGE = Message("evt_1", {"run": "r1", "n": 1}, {"kind": "run"}, "s1")


@pytest.fixture
def documents(tmp_path: Path) -> Iterator[Documents]:
    store = SqliteStore(tmp_path / "documents.db")
    yield store.open("workspaces/w1")
    store.close()


@pytest.fixture
def bus() -> RecordingBus:
    return RecordingBus()


@pytest.fixture
def outbox(documents: Documents, bus: RecordingBus) -> Outbox:
    return Outbox(documents, bus)


def test_an_event_is_kept_until_the_bus_has_it(documents: Documents, bus: RecordingBus, outbox: Outbox) -> None:
    documents.commit(Outbox.entry("events", MESSAGE))
    bus.down = True
    with pytest.raises(Unavailable):
        outbox.relay("events", MESSAGE)
    assert len(documents.query("outbox")) == 1
    bus.down = False
    outbox.relay("events", MESSAGE)
    assert bus.published == [("events", MESSAGE)]
    assert documents.query("outbox") == []


def test_an_event_is_not_kept_when_its_fact_is_not(documents: Documents) -> None:
    documents.commit(Create("facts/f1", {}))
    with pytest.raises(AlreadyExists):
        documents.commit(Outbox.entry("events", MESSAGE), Create("facts/f1", {}))
    assert documents.query("outbox") == []


def test_the_sweeper_publishes_what_was_left_behind_whole_and_in_order(documents: Documents, bus: RecordingBus, outbox: Outbox) -> None:
    messages = [Message(f"evt_{9 - number}", {"n": number}, {"kind": "run"}, "s1") for number in range(9)]
    for message in messages:
        documents.commit(Outbox.entry("events", message))
    assert outbox.sweep(0.0) == 9
    assert bus.published == [("events", message) for message in messages]
    assert documents.query("outbox") == []
    assert outbox.sweep(0.0) == 0


def test_the_sweeper_leaves_young_entries_to_their_own_process(documents: Documents, bus: RecordingBus, outbox: Outbox) -> None:
    documents.commit(Outbox.entry("events", MESSAGE))
    assert outbox.sweep(60.0) == 0
    assert bus.published == []
    assert len(documents.query("outbox")) == 1


def test_a_bus_that_is_down_ends_the_sweep_and_loses_nothing(documents: Documents, bus: RecordingBus, outbox: Outbox) -> None:
    documents.commit(Outbox.entry("events", MESSAGE))
    bus.down = True
    with pytest.raises(Unavailable):
        outbox.sweep(0.0)
    assert len(documents.query("outbox")) == 1
