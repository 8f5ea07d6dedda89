"""What only the file adapter promises: exactness between processes, and nothing half written after kill -9."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from shared.adapters.filesystem import locks
from shared.adapters.filesystem.blobs import FileBlobStore
from shared.kit.errors import Unavailable

ROOT = Path(__file__).parents[3]

INCREMENT = """
import sys
from pathlib import Path
from shared.adapters.filesystem.blobs import FileBlobStore
from shared.kit.errors import Conflict
blobs = FileBlobStore(Path(sys.argv[1])).open("w")
done = 0
while done < 25:
    seen = blobs.stat("n").generation
    value = int(blobs.get("n")) + 1
    try:
        blobs.put("n", str(value).encode(), "text/plain", if_generation=seen)
    except Conflict:
        continue
    done += 1
"""

WRITE_FOR_EVER = """
import sys
from pathlib import Path
from shared.adapters.filesystem.blobs import FileBlobStore
blobs = FileBlobStore(Path(sys.argv[1])).open("w")
print("ready", flush=True)
number = 0
while True:
    number += 1
    data = str(number % 10).encode() * 300_000
    blobs.put("folder/a", data, f"text/{number % 10}")
    if number % 3 == 0:
        blobs.delete("folder/a")
"""


def start(program: str, folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", program, str(folder)], cwd=ROOT, stdout=subprocess.PIPE)


def test_processes_that_increment_by_generation_lose_nothing(tmp_path: Path) -> None:
    blobs = FileBlobStore(tmp_path).open("w")
    blobs.put("n", b"0", "text/plain")
    children = [start(INCREMENT, tmp_path) for _ in range(3)]
    for child in children:
        child.communicate(timeout=60)
        assert child.returncode == 0
    assert blobs.get("n") == b"75"


def test_a_writer_killed_at_any_moment_leaves_a_whole_blob_or_none(tmp_path: Path) -> None:
    seed = random.randrange(2**32)
    print("seed", seed)
    chance = random.Random(seed)
    store = FileBlobStore(tmp_path)
    blobs = store.open("w")
    for _ in range(6):
        child = start(WRITE_FOR_EVER, tmp_path)
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        time.sleep(chance.uniform(0, 0.05))
        child.send_signal(signal.SIGKILL)
        child.communicate(timeout=10)
        for blob in blobs.list():
            assert blob.path == "folder/a"
            digit = blob.content_type.removeprefix("text/").encode()
            assert blobs.get(blob.path) == digit * 300_000
        before = blobs.put("folder/a", b"mine", "text/plain").generation
        assert blobs.put("folder/a", b"mine", "text/plain", if_generation=before).generation > before
        blobs.delete("folder/a")


def test_drafts_of_killed_writers_are_removed_after_an_hour(tmp_path: Path) -> None:
    FileBlobStore(tmp_path)
    old, fresh = tmp_path / ",tmp" / "old", tmp_path / ",tmp" / "fresh"
    old.write_bytes(b"half")
    fresh.write_bytes(b"half")
    an_hour_ago = time.time() - 3700
    os.utime(old, (an_hour_ago, an_hour_ago))
    FileBlobStore(tmp_path)
    assert not old.exists()
    assert fresh.exists()


def test_the_last_blob_of_a_folder_takes_the_folder_with_it(tmp_path: Path) -> None:
    blobs = FileBlobStore(tmp_path).open("workspaces/w1")
    blobs.put("users/somebody@example.com/a", b"", "text/plain")
    blobs.delete("users/somebody@example.com/a")
    assert [path.name for path in tmp_path.rglob("*") if "somebody" in path.name] == []


def test_generations_grow_when_the_clock_runs_backwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blobs = FileBlobStore(tmp_path).open("w")
    first = blobs.put("a", b"", "text/plain").generation
    blobs.delete("a")
    monkeypatch.setattr(time, "time_ns", lambda: 1000)
    assert blobs.put("a", b"", "text/plain").generation > first


def test_a_lock_whose_holder_is_frozen_is_not_waited_for_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "_PATIENCE", 0.05)
    store = FileBlobStore(tmp_path)
    blobs = store.open("w")
    with locks.locked(store.locks, "w/a"), pytest.raises(Unavailable):
        blobs.put("a", b"", "text/plain")
    assert list(store.drafts.iterdir()) == []
    blobs.put("a", b"", "text/plain")


def test_a_folder_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    store = FileBlobStore(tmp_path)
    store.drafts.rmdir()
    with pytest.raises(Unavailable):
        store.open("w").put("a", b"", "text/plain")
