"""What the local queue knows besides messages: subscriptions, leases, dead letters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.kit.bus import Message


@dataclass(frozen=True, slots=True)
class Subscription:
    """Where the messages of a topic go, with Pub/Sub's settings and defaults; times in seconds.

    After `max_attempts` a message is a dead letter: kept for `dead_letters()`, and published to `dead_letter_topic` when that is named.
    `ordered` delivers the messages of one ordering key one after the other.
    """

    name: str
    topic: str
    push_path: str
    ack_deadline: float = 60.0
    min_backoff: float = 10.0
    max_backoff: float = 600.0
    max_attempts: int = 5
    dead_letter_topic: str = ""
    ordered: bool = False


@dataclass(frozen=True, slots=True)
class Lease:
    """A message that nobody else delivers until its ack deadline is over."""

    row: int
    token: str
    subscription: Subscription
    attempt: int
    envelope: dict[str, Any]
    """Pub/Sub's push envelope."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that no attempt could deliver; `id` is what `replay` takes."""

    id: int
    topic: str
    subscription: str
    message: Message
    attempts: int
    last_error: str
    published_at: datetime
    died_at: datetime
