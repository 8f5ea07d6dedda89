"""Events that must not be lost: written in the same commit as the fact, published after it, removed when the bus has them.

A crash between commit and publish leaves the entry, and the sweeper publishes it. A crash between publish and removal publishes it
twice: consumers know an event by its id.
"""

from __future__ import annotations

from typing import Any

import orjson

from shared.kit.bus import Bus, Message
from shared.kit.documents import SERVER_TIME, Create, Delete, Documents, Order
from shared.kit.faults import fault


class Outbox:
    """The outbox of one workspace."""

    def __init__(self, documents: Documents, bus: Bus) -> None:
        self._documents = documents
        self._bus = bus

    @staticmethod
    def entry(topic: str, message: Message) -> Create:
        """The write that keeps `message` until it is published; its id must be fit for a path."""
        fields: dict[str, Any] = {
            "topic": topic,
            "data": orjson.dumps(message.data).decode(),
            "attributes": message.attributes,
            "ordering_key": message.ordering_key,
            "created_at": SERVER_TIME,
        }
        return Create(f"outbox/{message.id}", fields)

    def relay(self, topic: str, message: Message) -> None:
        """Publish one message whose entry was committed, and remove the entry. Raises Unavailable; then the sweeper will do it."""
        fault("before_publish")
        self._bus.publish(topic, message)
        fault("after_publish")
        self._documents.commit(Delete(f"outbox/{message.id}"))

    def sweep(self, older_than_seconds: float, limit: int = 100) -> int:
        """Publish all that a crash left behind, oldest first, reading `limit` at a time; how many there were.

        Younger entries are on their way already.
        """
        swept = 0
        while found := self._documents.query("outbox", order=[Order("created_at")], limit=limit):
            for snapshot in found:
                if (snapshot.read_at - snapshot.created_at).total_seconds() < older_than_seconds:
                    return swept
                fields = snapshot.fields
                message = Message(snapshot.id, orjson.loads(fields["data"]), fields["attributes"], fields["ordering_key"])
                self.relay(fields["topic"], message)
                swept += 1
        return swept
