"""Firestore behind a connection that loses replies: a guarded commit takes effect once, and no success is reported as a defeat."""

from __future__ import annotations

import random
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.adapters.firestore.documents import FirestoreDocuments
from shared.adapters.firestore.store import FirestoreStore
from shared.kit.documents import Create, Increment, Patch
from shared.kit.errors import AlreadyExists, Conflict, Unavailable
from tests.adapters.firestore.cutting_proxy import CuttingProxy

pytestmark = pytest.mark.emulator

THREADS = 8


class Flows:
    """Counts what the flows met."""

    def __init__(self, documents: FirestoreDocuments) -> None:
        self.documents = documents
        self.unsettled = 0
        self._lock = threading.Lock()

    def run(self, flow: Callable[[int], None], count: int) -> None:
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(flow, range(count)))

    def _unsettled(self) -> None:
        with self._lock:
            self.unsettled += 1

    def create_and_count(self, number: int) -> None:
        """Nobody else makes this ledger entry, so the first try must never hear AlreadyExists."""
        entry = Create(f"ledger/{number}", {"n": number})
        tried = False
        while True:
            try:
                self.documents.commit(entry, Patch("counters/created", {"n": Increment(1)}, upsert=True))
            except Unavailable:
                tried = True
                self._unsettled()
                continue
            except AlreadyExists:
                assert tried, "the commit's own success was reported as a defeat"
            return

    def count_unguarded(self, number: int) -> None:
        """A bare increment cannot be settled once another has gone over it; then the caller must hear so."""
        try:
            self.documents.commit(Patch("counters/bare", {"n": Increment(1)}))
        except Unavailable:
            self._unsettled()

    def update_own(self, number: int) -> None:
        """Each flow is the only writer of its document, so no update may meet a conflict."""
        path = f"own/{number}"
        for wanted in (1, 2, 3):
            while (now := self._read(path)).fields["n"] < wanted:
                try:
                    self.documents.commit(
                        Patch(path, {"n": wanted}, if_version=now.version), Patch("counters/updated", {"n": Increment(1)})
                    )
                except Unavailable:
                    self._unsettled()

    def join_shared(self, number: int) -> None:
        """All flows write themselves into one list: a conflict must mean that this flow is not in it."""
        while number not in (now := self._read("shared/list")).fields["joined"]:
            joined = [*now.fields["joined"], number]
            try:
                self.documents.commit(Patch("shared/list", {"joined": joined}, if_version=now.version))
            except Unavailable:
                self._unsettled()
            except Conflict:
                assert number not in self._read("shared/list").fields["joined"], "the commit's own success was reported as a defeat"
            else:
                return

    def _read(self, path: str):
        while True:
            try:
                (found,) = self.documents.get(path)
            except Unavailable:
                continue
            assert found is not None
            return found


@pytest.fixture(params=[(60, 0.1), pytest.param((400, 0.03), marks=pytest.mark.faults)], ids=["60 flows, 10 % cut", "400 flows, 3 % cut"])
def flows(request: pytest.FixtureRequest, firestore_emulator: str) -> Iterator[tuple[Flows, int, FirestoreDocuments]]:
    count, share = request.param
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    project = f"demo-{uuid.uuid4().hex[:12]}"
    proxy = CuttingProxy(firestore_emulator, share, seed)
    store, direct = FirestoreStore(project, emulator_host=proxy.host), FirestoreStore(project, emulator_host=firestore_emulator)
    flows = Flows(store.open("workspaces/w1"))
    yield flows, count, direct.open("workspaces/w1")
    print(f"{proxy.cuts} replies cut, {flows.unsettled} commits unsettled")
    assert proxy.cuts > 0
    store.close()
    direct.close()
    proxy.stop()


def test_create_and_increment_count_every_flow_once(flows: tuple[Flows, int, FirestoreDocuments]) -> None:
    running, count, documents = flows
    running.run(running.create_and_count, count)
    (counter,) = documents.get("counters/created")
    assert counter is not None
    assert counter.fields == {"n": count}
    assert documents.count("ledger") == count


def test_a_bare_increment_is_never_counted_twice(flows: tuple[Flows, int, FirestoreDocuments]) -> None:
    running, count, documents = flows
    documents.commit(Create("counters/bare", {"n": 0}))
    running.run(running.count_unguarded, count)
    (counter,) = documents.get("counters/bare")
    assert counter is not None
    assert count - running.unsettled <= counter.fields["n"] <= count


def test_fenced_updates_of_a_document_with_one_writer_never_conflict(flows: tuple[Flows, int, FirestoreDocuments]) -> None:
    running, count, documents = flows
    documents.commit(Create("counters/updated", {"n": 0}))
    for number in range(count):
        documents.commit(Create(f"own/{number}", {"n": 0}))
    running.run(running.update_own, count)
    (counter,) = documents.get("counters/updated")
    assert counter is not None
    assert counter.fields == {"n": 3 * count}


def test_fenced_updates_of_a_contended_document_lose_and_double_nothing(flows: tuple[Flows, int, FirestoreDocuments]) -> None:
    running, count, documents = flows
    documents.commit(Create("shared/list", {"joined": []}))
    running.run(running.join_shared, count)
    (joined,) = documents.get("shared/list")
    assert joined is not None
    assert sorted(joined.fields["joined"]) == list(range(count))
