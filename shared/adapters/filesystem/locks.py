"""Locks between threads and processes, each with a counter of generations."""

from __future__ import annotations

import fcntl
import os
import random
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.kit.errors import Unavailable

_FILES = 64
"""Blobs share this many lock files by the hash of their path; a folder of one lock per blob would only ever grow."""

_PATIENCE = 5.0
"""Seconds to wait for a lock: its holder renames a file, so only a stopped process keeps it longer."""


class Lock:
    """A held lock. Its file holds the last generation given out, so that a blob deleted and written again goes on growing."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def next_generation(self) -> int:
        """Larger than every one before; microseconds since 1970 unless the clock went backwards, as Cloud Storage's are."""
        last = int.from_bytes(os.pread(self._descriptor, 8, 0), "big")
        generation = max(last + 1, time.time_ns() // 1000)
        os.pwrite(self._descriptor, generation.to_bytes(8, "big"), 0)
        return generation


@contextmanager
def locked(folder: Path, key: str) -> Iterator[Lock]:
    """Hold the lock of `key` in `folder`. Raises Unavailable after 5 s. A process that dies releases its locks."""
    descriptor = os.open(folder / f"{zlib.crc32(key.encode()) % _FILES:02}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                # flock belongs to the open file description: it holds threads of one process apart too, as each opens its own.
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() > deadline:
                    raise Unavailable("another process has held a blob's lock for 5 s") from error
                time.sleep(random.uniform(0.0005, 0.003))
        yield Lock(descriptor)
    finally:
        os.close(descriptor)
