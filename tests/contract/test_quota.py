"""Check C7: a limit lets exactly as many through as it says, whatever their number and wherever they come from."""

from __future__ import annotations

import multiprocessing
import threading
import uuid
from datetime import UTC, datetime, timedelta
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from shared.adapters.firestore.store import FirestoreStore
from shared.adapters.sqlite.documents import SqliteStore
from shared.kit.clock import SystemClock
from shared.kit.documents import Create, Documents, DocumentStore
from shared.kit.errors import Limited
from shared.kit.quota import Quota

PROCESSES, THREADS, LIMIT, HOUR = 4, 25, 10, 3600


class SkewedClock(SystemClock):
    """An instance's clock that is wrong."""

    def __init__(self, seconds: float) -> None:
        self._skew = timedelta(seconds=seconds)

    def now(self) -> datetime:
        return datetime.now(UTC) + self._skew


def effect() -> Create:
    return Create(f"runs/{uuid.uuid4().hex}", {"state": "queued"})


def _take_in_threads(kind: str, place: str, rounds: int, start: Barrier, results: Queue[tuple[int, int, float]], skew: float) -> None:
    project, _, emulator = place.partition("@")
    store: DocumentStore = SqliteStore(Path(place)) if kind == "sqlite" else FirestoreStore(project, emulator_host=emulator)
    documents = store.open("workspaces/w1")
    documents.get("quota/connects")
    for number in range(rounds):
        quota = Quota(documents, SkewedClock(skew), f"runs{number}", LIMIT, HOUR)
        passed: list[int] = []
        waits: list[float] = []

        def take(quota: Quota = quota, passed: list[int] = passed, waits: list[float] = waits) -> None:
            try:
                passed.append(quota.take(effect()).remaining)
            except Limited as refused:
                waits.append(refused.retry_after or 0.0)

        start.wait(60)
        threads = [threading.Thread(target=take) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        results.put((number, len(passed), min(waits, default=float("inf"))))


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("firestore", marks=pytest.mark.emulator)])
def test_of_a_hundred_concurrent_callers_in_four_processes_exactly_ten_pass(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """20 rounds; two of the processes have clocks that are 300 s off."""
    place = str(tmp_path / "q.db")
    if kind == "firestore":
        place = f"demo-{uuid.uuid4().hex[:12]}@{request.getfixturevalue('firestore_emulator')}"
    rounds = 20
    spawn = multiprocessing.get_context("spawn")
    start, results = spawn.Barrier(PROCESSES), spawn.Queue()
    workers = [
        spawn.Process(target=_take_in_threads, args=(kind, place, rounds, start, results, skew)) for skew in (0.0, 300.0, -300.0, 0.0)
    ]
    for worker in workers:
        worker.start()
    answers = [results.get(timeout=120) for _ in range(rounds * PROCESSES)]
    for worker in workers:
        worker.join(60)
    passed = [sum(count for number, count, _ in answers if number == wanted) for wanted in range(rounds)]
    assert passed == [LIMIT] * rounds
    assert all(wait >= 1 for _, _, wait in answers)


def test_a_refused_caller_is_told_when_the_window_ends(documents: Documents) -> None:
    quota = Quota(documents, SystemClock(), "told", 1, HOUR)
    first = quota.take(effect())
    assert (first.remaining, first.limit) == (0, 1)
    with pytest.raises(Limited, match="limit of 1 per 3600 s") as refused:
        quota.take(effect())
    assert refused.value.retry_after is not None
    assert 1 <= refused.value.retry_after <= HOUR


def test_what_was_refused_is_given_back_and_leaves_nothing(documents: Documents) -> None:
    quota = Quota(documents, SystemClock(), "back", 10, HOUR)
    quota.take(effect(), 6)
    with pytest.raises(Limited):
        quota.take(effect(), 5)
    assert quota.take(effect(), 4).remaining == 0
    assert documents.count("runs") == 2


def test_a_wrong_clock_counts_in_the_databases_window(documents: Documents) -> None:
    right = Quota(documents, SystemClock(), "skew", 2, HOUR)
    wrong = Quota(documents, SkewedClock(5 * HOUR), "skew", 2, HOUR)
    right.take(effect())
    assert wrong.take(effect()).remaining == 0
    with pytest.raises(Limited):
        right.take(effect())
