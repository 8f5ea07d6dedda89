"""The queue's SQLite file: one connection for each process, opened on first use and again after a fork."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.kit.errors import Unavailable

_BUSY_SECONDS = 5.0

_SCHEMA = """
CREATE TABLE IF NOT EXISTS subscriptions (
    name TEXT PRIMARY KEY, topic TEXT NOT NULL, push_path TEXT NOT NULL, ack_deadline REAL NOT NULL,
    min_backoff REAL NOT NULL, max_backoff REAL NOT NULL, max_attempts INTEGER NOT NULL,
    dead_letter_topic TEXT NOT NULL, ordered INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, subscription TEXT NOT NULL, message_id TEXT NOT NULL,
    fact TEXT NOT NULL, data BLOB NOT NULL, attributes BLOB NOT NULL, ordering_key TEXT NOT NULL, published_at REAL NOT NULL,
    due_at REAL NOT NULL, attempt INTEGER NOT NULL DEFAULT 0, lease TEXT NOT NULL DEFAULT '',
    died_at REAL, last_error TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (due_at) WHERE died_at IS NULL;
CREATE INDEX IF NOT EXISTS deliveries_order ON deliveries (subscription, ordering_key, id) WHERE died_at IS NULL AND ordering_key <> '';
CREATE INDEX IF NOT EXISTS deliveries_dead ON deliveries (id) WHERE died_at IS NOT NULL;
"""
"""A row of `deliveries` is one message on its way to one subscription. `due_at`, epoch seconds, is when it may be leased; a lease moves it
to the end of the ack deadline, so that a deliverer that died needs no cleaning up."""


class Database:
    """Serialises this process's use of the file; SQLite's own lock serialises processes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._owner = 0

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """One statement on its own. Raises Unavailable."""
        with self._lock:
            try:
                yield self._open()
            except sqlite3.OperationalError as error:
                raise Unavailable(f"the queue's file does not answer: {error}") from error

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it, or nothing when the block raises. Raises Unavailable."""
        with self.read() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        with self._lock:
            if self._connection is not None and self._owner == os.getpid():
                self._connection.close()
            self._connection = None

    def _open(self) -> sqlite3.Connection:
        # A connection must not be used in a forked child (https://www.sqlite.org/howtocorrupt.html#_carrying_an_open_database_across_a_fork_).
        if self._connection is None or self._owner != os.getpid():
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._connection, self._owner = _connect(self._path), os.getpid()
        return self._connection


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    deadline = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            # A killed process loses nothing; only a power cut may take the last moments, and the outbox publishes those again.
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.executescript(_SCHEMA)
        except sqlite3.OperationalError:
            # SQLite does not wait for its lock when several processes turn a new file to WAL at once.
            if time.monotonic() > deadline:
                connection.close()
                raise
            time.sleep(0.02)
        else:
            return connection
