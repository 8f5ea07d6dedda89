"""The SQLite file: several processes, sudden death, locks, clocks that run backwards."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from shared.adapters.sqlite import queries
from shared.adapters.sqlite.documents import SqliteDocuments, SqliteStore
from shared.kit.documents import Create, Increment, Order, Patch, Put, Where
from shared.kit.errors import Unavailable


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "new folder" / "documents.sqlite"


@pytest.fixture
def documents(file: Path) -> SqliteDocuments:
    return SqliteStore(file).open("workspaces/w1")


def start_counting(file: Path, times: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.adapters.sqlite.counting", str(file), str(times)], stdout=subprocess.PIPE, text=True
    )


def test_four_processes_count_to_four_hundred(file: Path, documents: SqliteDocuments) -> None:
    processes = [start_counting(file, 100) for _ in range(4)]
    seen = [int(line) for process in processes for line in process.communicate(timeout=60)[0].split()]
    assert [process.returncode for process in processes] == [0] * 4
    assert sorted(seen) == list(range(1, 401))
    (counter,) = documents.get("counters/c")
    assert counter is not None
    assert counter.fields == {"n": 400}
    assert documents.count("ledger") == 400


def test_a_killed_process_loses_no_acknowledged_commit(file: Path, documents: SqliteDocuments) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    pauses = random.Random(seed)
    acknowledged = 0
    for _ in range(5):
        process = start_counting(file, 0)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(pauses.uniform(0, 0.1))
        process.kill()
        lines = process.stdout.read().splitlines()
        process.stdout.close()
        assert process.wait(timeout=10) == -signal.SIGKILL
        acknowledged = max([acknowledged + 1, *(int(line) for line in lines if line)])
        (counter,) = documents.get("counters/c")
        assert counter is not None
        assert counter.fields["n"] >= acknowledged
        missing = [n for n in range(1, acknowledged + 1) if documents.get(f"ledger/{n}") == [None]]
        # Each death may fall between a counter's commit and its ledger entry's, which nobody was told of.
        assert len(missing) <= 5
        assert acknowledged not in missing
        acknowledged = counter.fields["n"]


def test_a_file_that_another_process_locks_is_unavailable_after_five_seconds(file: Path, documents: SqliteDocuments) -> None:
    documents.commit(Create("things/t", {"n": 1}))
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    took: list[float] = []

    def write() -> None:
        began = time.monotonic()
        with pytest.raises(Unavailable) as refused:
            documents.commit(Patch("things/t", {"n": Increment(1)}))
        took.append(time.monotonic() - began)
        assert refused.value.retry_after is not None

    threads = [threading.Thread(target=write) for _ in range(3)]
    for thread in threads:
        thread.start()
    # Reading and a query that would like an index go on meanwhile.
    assert documents.count("things", [Where("n", "==", 1)]) == 1
    for thread in threads:
        thread.join()
    assert len(took) == 3
    assert all(4 < each < 6 for each in took)
    holder.execute("ROLLBACK")
    holder.close()
    assert documents.commit(Patch("things/t", {"n": Increment(1)}))[0].incremented == {"n": 2}


def test_time_in_the_file_never_runs_backwards(documents: SqliteDocuments, monkeypatch: pytest.MonkeyPatch) -> None:
    (before,) = documents.commit(Create("things/t", {"n": 1}))
    monkeypatch.setattr(time, "time_ns", lambda: 1_000)
    (after,) = documents.commit(Patch("things/t", {"n": 2}))
    assert after.version == before.version + 1
    (found,) = documents.get("things/t")
    assert found is not None
    assert found.read_at >= found.updated_at > found.created_at


def test_a_forked_process_opens_connections_of_its_own(file: Path, documents: SqliteDocuments) -> None:
    documents.commit(Create("counters/c", {"n": 1}))
    child = os.fork()
    if child == 0:
        status = 1
        try:
            if documents.commit(Patch("counters/c", {"n": Increment(1)}))[0].incremented == {"n": 2}:
                status = 0
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
    assert documents.commit(Patch("counters/c", {"n": Increment(1)}))[0].incremented == {"n": 3}


def test_a_file_of_another_schema_is_left_alone(file: Path, documents: SqliteDocuments) -> None:
    documents.commit(Create("things/t", {"n": 1}))
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(RuntimeError, match="schema 99"):
        SqliteStore(file).open("workspaces/w1").get("things/t")


def test_hot_queries_walk_an_index(file: Path, documents: SqliteDocuments) -> None:
    documents.commit(*(Put(f"sessions/s1/runs/{n}", {"open": n > 2, "created_at": n, "user": "u"}) for n in range(9)))
    asked = [
        ([Where("open", "==", True)], [Order("created_at")]),
        ([], [Order("created_at", descending=True)]),
        ([Where("user", "==", "u"), Where("created_at", ">", 3)], [Order("created_at", descending=True)]),
        ([Where("open", "==", True)], [Order("user"), Order("created_at", descending=True)]),
        ([Where("user", "==", "u")], []),
    ]
    for where, order in asked:
        documents.query("sessions/s1/runs", where, order)
    connection = sqlite3.connect(file)
    for where, order in asked:
        statement, parameters = queries.select("workspaces/w1/sessions/s1/runs", where, order, 10, None)
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)]
        assert len(plan) == 1, "no step besides the walk, so nothing is sorted"
        assert plan[0].startswith("SEARCH documents USING INDEX by_"), plan
    connection.close()
