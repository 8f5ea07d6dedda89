"""A queue that keeps Pub/Sub's promises on one machine: at least once, backoff, dead letters; exact between processes."""

from __future__ import annotations

import fcntl
import os
import random
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import astuple, fields
from datetime import UTC, datetime
from pathlib import Path

import orjson

from shared.adapters.localqueue.database import Database
from shared.adapters.localqueue.subscriptions import DeadLetter, Lease, Subscription
from shared.kit.bus import Message, encode_data, encode_push
from shared.kit.clock import Clock, SystemClock
from shared.kit.ids import new_id

LEASE_MARGIN = 10.0
"""Seconds that a lease outlives its ack deadline, so that a deliverer gives up well before somebody else may begin."""

_COLUMNS = [field.name for field in fields(Subscription)]

# The subscription's setting decides whether an earlier message of the same ordering key, alive and unacknowledged, holds this one back.
_WAITING = """
FROM deliveries AS d JOIN subscriptions AS s ON s.name = d.subscription
WHERE d.died_at IS NULL AND NOT (s.ordered AND d.ordering_key <> '' AND EXISTS (
    SELECT 1 FROM deliveries AS e
    WHERE e.died_at IS NULL AND e.subscription = d.subscription AND e.ordering_key <> '' AND e.ordering_key = d.ordering_key AND e.id < d.id
))
"""


class LocalQueue:
    """The port Bus on the SQLite file `path`, and the other half of a bus: leases for whoever delivers."""

    def __init__(self, path: Path, clock: Clock | None = None) -> None:
        self._path = path
        self._database = Database(path)
        self._clock = clock or SystemClock()
        self._listeners: list[Callable[[], None]] = []

    def declare(self, *subscriptions: Subscription) -> None:
        """Make these the subscriptions. One that is missing ends with its waiting messages, as deleting it in Pub/Sub does."""
        with self._database.write() as connection:
            names = [subscription.name for subscription in subscriptions]
            marks = ",".join("?" * len(names))
            connection.execute(f"DELETE FROM deliveries WHERE died_at IS NULL AND subscription NOT IN ({marks})", names)  # noqa: S608
            connection.execute("DELETE FROM subscriptions")
            rows = [astuple(subscription) for subscription in subscriptions]
            connection.executemany(f"INSERT INTO subscriptions VALUES ({','.join('?' * len(_COLUMNS))})", rows)  # noqa: S608

    def publish(self, topic: str, *messages: Message) -> list[str]:
        """See the port. All messages are stored or none; a topic without a subscription drops them."""
        encoded = [(message, encode_data(message), new_id("msg")) for message in messages]
        with self._database.write() as connection:
            for message, data, message_id in encoded:
                self._insert(connection, topic, message, data, message_id)
        self._tell()
        return [message_id for _, _, message_id in encoded]

    def lease(self, limit: int) -> list[Lease]:
        """Take up to `limit` due messages, the longest due first. A message whose every attempt ended without a word is buried instead."""
        now = self._now()
        leases: list[Lease] = []
        with self._database.write() as connection:
            found = connection.execute(f"SELECT d.*, s.* {_WAITING} AND d.due_at <= ? ORDER BY d.due_at, d.id LIMIT ?", (now, limit))
            for row in found.fetchall():
                subscription = _subscription(row)
                if row["attempt"] >= subscription.max_attempts:
                    self._bury(connection, row, subscription, "no answer before the ack deadline")
                    continue
                token = secrets.token_hex(8)
                connection.execute(
                    "UPDATE deliveries SET attempt = attempt + 1, lease = ?, due_at = ? WHERE id = ?",
                    (token, now + subscription.ack_deadline + LEASE_MARGIN, row["id"]),
                )
                leases.append(_lease(row, token, subscription))
        return leases

    def acknowledge(self, lease: Lease) -> bool:
        """The message was taken: forget it. False when the lease had ended and the message was leased again or buried."""
        with self._database.write() as connection:
            return connection.execute("DELETE FROM deliveries WHERE id = ? AND lease = ?", (lease.row, lease.token)).rowcount == 1

    def refuse(self, lease: Lease, error: str) -> bool:
        """The message was not taken: try again after the backoff, or bury it after the last attempt. False when the lease had ended."""
        with self._database.write() as connection:
            query = "SELECT * FROM deliveries WHERE id = ? AND lease = ?"
            row = connection.execute(query, (lease.row, lease.token)).fetchone()
            if row is None:
                return False
            subscription = lease.subscription
            if lease.attempt >= subscription.max_attempts:
                self._bury(connection, row, subscription, error)
            else:
                backoff = min(subscription.max_backoff, subscription.min_backoff * 2 ** (lease.attempt - 1))
                connection.execute(
                    "UPDATE deliveries SET due_at = ?, lease = '', last_error = ? WHERE id = ?",
                    (self._now() + backoff * random.uniform(1.0, 1.25), error, lease.row),
                )
        return True

    def next_due(self) -> float | None:
        """Seconds until a message may be leased, 0 when one may now; None when none waits."""
        with self._database.read() as connection:
            (due,) = connection.execute(f"SELECT MIN(d.due_at) {_WAITING}").fetchone()
        return None if due is None else max(0.0, due - self._now())

    def dead_letters(self, limit: int = 100, after: int = 0) -> list[DeadLetter]:
        """Dead letters in the order of their publishing, behind the id `after`."""
        query = "SELECT * FROM deliveries WHERE died_at IS NOT NULL AND id > ? ORDER BY id LIMIT ?"
        with self._database.read() as connection:
            rows = connection.execute(query, (after, limit)).fetchall()
        return [_dead_letter(row) for row in rows]

    def replay(self, *ids: int) -> int:
        """Give dead letters all their attempts again, now. Returns how many there were; those of a subscription that is gone stay."""
        revive = "UPDATE deliveries SET died_at = NULL, attempt = 0, lease = '', due_at = ? WHERE id = ? AND died_at IS NOT NULL "
        known = "AND subscription IN (SELECT name FROM subscriptions)"
        with self._database.write() as connection:
            revived = connection.executemany(revive + known, [(self._now(), row) for row in ids]).rowcount
        self._tell()
        return max(0, revived)

    def changes(self) -> int:
        """A number that differs when another process has written since the last call; some 5 us."""
        with self._database.read() as connection:
            (version,) = connection.execute("PRAGMA data_version").fetchone()
        return int(version)

    def on_change(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` whenever this process publishes or replays. Returns what takes it off again."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @contextmanager
    def sole_deliverer(self) -> Iterator[bool]:
        """Whether this is now the only deliverer of the queue, over all processes, for the length of the block.

        If so, what an earlier one had leased is due again at once: it can only have been killed, as Pub/Sub sees by a broken connection.
        """
        descriptor = os.open(self._path.with_name(f"{self._path.name}.deliverer"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            with self._database.write() as connection:
                connection.execute("UPDATE deliveries SET lease = '', due_at = ? WHERE died_at IS NULL AND lease <> ''", (self._now(),))
            yield True
        finally:
            os.close(descriptor)

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        self._database.close()

    def _insert(self, connection: sqlite3.Connection, topic: str, message: Message, data: bytes, message_id: str) -> None:
        connection.execute(
            "INSERT INTO deliveries (topic, subscription, message_id, fact, data, attributes, ordering_key, published_at, due_at) "
            "SELECT topic, name, ?, ?, ?, ?, ?, ?, ? FROM subscriptions WHERE topic = ?",
            (message_id, message.id, data, orjson.dumps(message.attributes), message.ordering_key, self._now(), self._now(), topic),
        )

    def _bury(self, connection: sqlite3.Connection, row: sqlite3.Row, subscription: Subscription, error: str) -> None:
        connection.execute("UPDATE deliveries SET died_at = ?, lease = '', last_error = ? WHERE id = ?", (self._now(), error, row["id"]))
        if subscription.dead_letter_topic:
            message = _message(row)
            # The attributes that Pub/Sub adds: https://cloud.google.com/pubsub/docs/dead-letter-topics#dead_letter_attributes
            source = {
                "CloudPubSubDeadLetterSourceDeliveryCount": str(row["attempt"]),
                "CloudPubSubDeadLetterSourceSubscription": subscription.name,
            }
            dead = Message(message.id, message.data, {**message.attributes, **source}, message.ordering_key)
            self._insert(connection, subscription.dead_letter_topic, dead, row["data"], new_id("msg"))

    def _now(self) -> float:
        return self._clock.now().timestamp()

    def _tell(self) -> None:
        for listener in tuple(self._listeners):
            listener()


def _subscription(row: sqlite3.Row) -> Subscription:
    values = {column: row[column] for column in _COLUMNS}
    return Subscription(**{**values, "ordered": bool(values["ordered"])})


def _message(row: sqlite3.Row) -> Message:
    return Message(row["fact"], orjson.loads(row["data"]), orjson.loads(row["attributes"]), row["ordering_key"])


def _lease(row: sqlite3.Row, token: str, subscription: Subscription) -> Lease:
    attempt = row["attempt"] + 1
    published = _time(row["published_at"]).isoformat().replace("+00:00", "Z")
    envelope = encode_push(_message(row), row["message_id"], published, subscription.name, attempt)
    return Lease(row["id"], token, subscription, attempt, envelope)


def _dead_letter(row: sqlite3.Row) -> DeadLetter:
    return DeadLetter(
        id=row["id"],
        topic=row["topic"],
        subscription=row["subscription"],
        message=_message(row),
        attempts=row["attempt"],
        last_error=row["last_error"],
        published_at=_time(row["published_at"]),
        died_at=_time(row["died_at"]),
    )


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
