"""Firestore that does not answer: frozen, away, or back again."""

from __future__ import annotations

import os
import signal
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from shared.adapters.firestore.documents import FirestoreDocuments
from shared.adapters.firestore.store import FirestoreStore
from shared.kit.documents import Create, Delete, Increment, Patch, Put
from shared.kit.errors import Unavailable
from tests.support.emulators import Emulator, free_port, start_firestore

pytestmark = pytest.mark.emulator

CALLS: dict[str, Callable[[FirestoreDocuments], Any]] = {
    "get": lambda documents: documents.get("things/t"),
    "query": lambda documents: documents.query("things"),
    "count": lambda documents: documents.count("things"),
    "nearest": lambda documents: documents.nearest("things", "v", [1.0]),
    "create": lambda documents: documents.commit(Create("things/new", {}), Patch("counters/c", {"n": Increment(1)})),
    "put": lambda documents: documents.commit(Put("things/put", {"n": 1})),
    "increment": lambda documents: documents.commit(Patch("counters/c", {"unguarded": Increment(1)})),
    "patch": lambda documents: documents.commit(Patch("things/t", {"n": 1}, if_version=1)),
    "delete": lambda documents: documents.commit(Delete("things/t")),
}


@pytest.fixture
def emulator(firestore_emulator: str) -> Iterator[Emulator]:
    """An emulator of this test's own, which it may freeze; the shared one only shows that there can be one."""
    emulator = start_firestore()
    yield emulator
    emulator.stop()


def store_at(host: str) -> FirestoreStore:
    return FirestoreStore(f"demo-{uuid.uuid4().hex[:12]}", emulator_host=host)


def refused_after(call: Callable[[FirestoreDocuments], Any], documents: FirestoreDocuments) -> float:
    """The seconds after which the call raised Unavailable."""
    began = time.monotonic()
    with pytest.raises(Unavailable) as refused:
        call(documents)
    assert refused.value.retry_after is not None
    return time.monotonic() - began


def test_while_the_database_is_frozen_calls_end_and_after_it_they_work(emulator: Emulator) -> None:
    store = store_at(emulator.host)
    warm = store.open("workspaces/w1")
    warm.commit(Create("things/t", {"n": 0}), Create("counters/c", {"n": 0}))
    fresh_store = FirestoreStore(warm._database.split("/")[1], emulator_host=emulator.host)
    sides = {"warm": warm, "fresh": fresh_store.open("workspaces/w1")}
    os.kill(emulator.process.pid, signal.SIGSTOP)
    try:
        with ThreadPoolExecutor(len(CALLS) * 2) as pool:
            waiting = {
                (name, side): pool.submit(refused_after, call, documents)
                for name, call in CALLS.items()
                for side, documents in sides.items()
            }
            seconds = {each: future.result() for each, future in waiting.items()}
    finally:
        os.kill(emulator.process.pid, signal.SIGCONT)
    assert {each: took for each, took in seconds.items() if took > 6} == {}
    began = time.monotonic()
    for documents in sides.values():
        while True:
            try:
                documents.commit(Put("things/after", {"n": 1}))
            except Unavailable:
                assert time.monotonic() - began < 5
            else:
                break
    assert time.monotonic() - began < 5
    created, counter = warm.get("things/new", "counters/c")
    assert counter is not None
    assert counter.fields["n"] == (0 if created is None else 1)
    store.close()
    fresh_store.close()


def test_without_a_database_a_call_ends_unavailable() -> None:
    store = store_at(f"127.0.0.1:{free_port()}")
    with ThreadPoolExecutor(len(CALLS)) as pool:
        seconds = list(pool.map(lambda call: refused_after(call, store.open("workspaces/w1")), CALLS.values()))
    assert max(seconds) < 6
    store.close()


def test_a_forked_process_opens_a_channel_of_its_own(firestore_emulator: str) -> None:
    """As gunicorn does: the store is made before the fork and used after it."""
    store = store_at(firestore_emulator)
    documents = store.open("workspaces/w1")
    children = []
    for _ in range(2):
        child = os.fork()
        if child == 0:
            status = 1
            try:
                documents.commit(Patch("counters/c", {"n": Increment(1)}, upsert=True))
                status = 0
            finally:
                os._exit(status)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0]
    (counter,) = documents.get("counters/c")
    assert counter is not None
    assert counter.fields == {"n": 2}
    store.close()
