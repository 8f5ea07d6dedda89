"""The port of documents under contention: what must stay exact when a hundred callers meet on one document."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from shared.kit.documents import Create, Documents, Increment, Patch, Snapshot
from shared.kit.errors import AlreadyExists, Conflict

T = TypeVar("T")


def at_once(callers: int, call: Callable[[int], T]) -> list[T]:
    """What `call` answers to each of many threads that start together."""
    barrier = Barrier(callers)

    def start(number: int) -> T:
        barrier.wait()
        return call(number)

    with ThreadPoolExecutor(callers) as pool:
        return list(pool.map(start, range(callers)))


def test_a_hundred_increments_at_once_are_all_counted_and_each_sees_its_own_number(documents: Documents) -> None:
    seen = at_once(100, lambda _: documents.commit(Patch("counters/c", {"n": Increment(1)}, upsert=True))[0].incremented["n"])
    (counter,) = documents.get("counters/c")
    assert counter is not None
    assert counter.fields == {"n": 100}
    assert sorted(seen) == list(range(1, 101))


def test_of_many_creates_of_one_document_one_wins_with_all_it_brought(documents: Documents) -> None:
    def claim(number: int) -> bool:
        try:
            documents.commit(Create("ledger/event", {"by": number}), Patch("counters/c", {"n": Increment(1)}, upsert=True))
        except AlreadyExists:
            return False
        return True

    won = at_once(30, claim)
    entry, counter = documents.get("ledger/event", "counters/c")
    assert entry is not None
    assert counter is not None
    assert [number for number, each in enumerate(won) if each] == [entry.fields["by"]]
    assert counter.fields == {"n": 1}


def test_compare_and_swap_loses_no_update(documents: Documents) -> None:
    documents.commit(Create("counters/c", {"n": 0}))

    def add_one() -> None:
        while True:
            (now,) = documents.get("counters/c")
            assert now is not None
            try:
                documents.commit(Patch("counters/c", {"n": now.fields["n"] + 1}, if_version=now.version))
            except Conflict:
                continue
            return

    def add_five(_: int) -> None:
        for _ in range(5):
            add_one()

    at_once(8, add_five)
    (counter,) = documents.get("counters/c")
    assert counter is not None
    assert counter.fields == {"n": 40}


def test_a_reader_never_sees_half_a_commit(documents: Documents) -> None:
    documents.commit(Create("pairs/a", {"n": 0}), Create("pairs/b", {"n": 0}))

    def act(number: int) -> bool:
        if number == 0:
            for _ in range(40):
                documents.commit(Patch("pairs/a", {"n": Increment(1)}), Patch("pairs/b", {"n": Increment(1)}))
            return True
        pairs = [documents.get("pairs/a", "pairs/b") for _ in range(40)]
        queries = [documents.query("pairs") for _ in range(20)]
        answers: list[Sequence[Snapshot | None]] = [*pairs, *queries]
        return all(len({each.fields["n"] for each in found if each}) == 1 for found in answers)

    assert all(at_once(4, act))
