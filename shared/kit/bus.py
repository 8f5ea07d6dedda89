"""The port of the bus: messages to topics, delivered at least once as an HTTP POST of Pub/Sub's push envelope."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import orjson

from shared.kit.errors import Invalid, TooLarge

LARGEST_DATA = 64_000
"""Bytes of Message.data as JSON."""


@dataclass(frozen=True, slots=True)
class Message:
    """What is published: ids and numbers, never content. At most 64 kB as JSON.

    `id` names the fact itself, not the delivery: a consumer that sees it twice does nothing the second time.
    """

    id: str
    data: dict[str, Any]
    attributes: dict[str, str] = field(default_factory=dict)
    ordering_key: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message as it arrives. `attempt` counts from 1; 0 when the sender does not say."""

    message: Message
    message_id: str
    subscription: str
    attempt: int


class Bus(Protocol):
    """Publishing only: delivery is a POST to the subscriber's function. The reply 2xx acknowledges, anything else asks for another try."""

    def publish(self, topic: str, *messages: Message) -> list[str]:
        """The server's ids of the messages, in order, once they are stored.

        Raises TooLarge before anything is published, and Unavailable; then some may have been published.
        """
        ...


ID_ATTRIBUTE = "reggie_id"
"""The attribute that carries Message.id over Pub/Sub."""


def encode_data(message: Message) -> bytes:
    """Message.data as JSON. Raises TooLarge past 64 kB: content belongs into a document or a blob, its id into the message."""
    data = orjson.dumps(message.data)
    if len(data) > LARGEST_DATA:
        raise TooLarge(f"the message {message.id} has {len(data)} bytes of data, {LARGEST_DATA} are allowed")
    return data


def encode_attributes(message: Message) -> dict[str, str]:
    """The attributes that travel with a message: its own and its id."""
    return {**message.attributes, ID_ATTRIBUTE: message.id}


def encode_push(message: Message, message_id: str, publish_time: str, subscription: str, attempt: int) -> dict[str, Any]:
    """The push envelope as Pub/Sub posts it (https://cloud.google.com/pubsub/docs/push#receive_push)."""
    return {
        "message": {
            "data": base64.b64encode(encode_data(message)).decode(),
            "attributes": encode_attributes(message),
            "messageId": message_id,
            "publishTime": publish_time,
            **({"orderingKey": message.ordering_key} if message.ordering_key else {}),
        },
        "subscription": subscription,
        "deliveryAttempt": attempt,
    }


def decode_push(envelope: object) -> Delivery:
    """Read a push envelope. Raises Invalid, so that a malformed one is refused and ends in the dead letters."""
    if not isinstance(envelope, Mapping) or not isinstance(envelope.get("message"), Mapping):
        raise Invalid('the body must be a Pub/Sub push envelope: {"message": {...}, "subscription": "..."}')
    raw: Mapping[str, Any] = envelope["message"]
    attributes = raw.get("attributes") or {}
    try:
        data = orjson.loads(base64.b64decode(raw.get("data") or "", validate=True) or b"{}")
    except (binascii.Error, ValueError, TypeError) as error:
        raise Invalid("message.data must be base64 of a JSON object") from error
    if not isinstance(data, dict) or not isinstance(attributes, Mapping):
        raise Invalid("message.data must be a JSON object and message.attributes a map of strings")
    own = {str(key): str(value) for key, value in attributes.items() if key != ID_ATTRIBUTE}
    message_id = str(raw.get("messageId") or "")
    attempt = envelope.get("deliveryAttempt")
    return Delivery(
        message=Message(
            id=str(attributes.get(ID_ATTRIBUTE) or message_id),
            data=data,
            attributes=own,
            ordering_key=str(raw.get("orderingKey") or ""),
        ),
        message_id=message_id,
        subscription=str(envelope.get("subscription") or ""),
        attempt=attempt if isinstance(attempt, int) else 0,
    )
