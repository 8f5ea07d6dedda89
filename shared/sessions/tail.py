"""The rolling context window of a session: the messages of its last turns in one small document.

A turn reads and rewrites this one document, so it costs the same at turn 1 and at turn 10,000.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import orjson

from shared.sessions.messages import Message, ToolCall

MAX_TURNS = 20
MAX_BYTES = 256 * 1024
MAX_MESSAGE_BYTES = 48 * 1024
"""One message's share: five of the longest still fit, so a pasted book does not push out the whole conversation."""

_CUT = "\n[… shortened: the whole text is kept with the run]"


@dataclass(frozen=True, slots=True)
class Tail:
    """The last turns, oldest first, each with the id of its run."""

    turns: tuple[tuple[str, tuple[Message, ...]], ...] = ()
    version: int = 0
    """The document's, as it was read; 0 when there was none."""
    free: bool = True
    """No run of the session was open when this was read: the next one need not wait for its turn."""

    def before(self, run: str) -> tuple[Message, ...]:
        """What a model is shown of the conversation when `run` is its next turn: an earlier attempt of the same turn is left out."""
        return tuple(message for other, turn in self.turns if other != run for message in turn)

    def with_turn(self, run: str, messages: tuple[Message, ...]) -> Tail:
        """The window after one more turn, the oldest dropped past MAX_TURNS or MAX_BYTES; a run's second attempt replaces its first."""
        kept = [turn for turn in self.turns if turn[0] != run][-(MAX_TURNS - 1) :]
        kept.append((run, _bounded(tuple(_shorten(message) for message in messages))))
        sizes = [len(orjson.dumps(_dump_turn(turn))) for turn in kept]
        while len(kept) > 1 and sum(sizes) > MAX_BYTES:
            kept.pop(0)
            sizes.pop(0)
        return Tail(tuple(kept))

    def dump(self) -> str:
        return orjson.dumps([_dump_turn(turn) for turn in self.turns]).decode()

    @classmethod
    def load(cls, stored: str, version: int = 0, *, free: bool = True) -> Tail:
        return cls(tuple((run, load_messages(messages)) for run, messages in orjson.loads(stored)), version, free)


def dump_messages(messages: tuple[Message, ...]) -> list[dict[str, Any]]:
    """Messages as plain JSON values; empty fields are left out."""
    return [_dump_message(message) for message in messages]


def load_messages(raw: list[dict[str, Any]]) -> tuple[Message, ...]:
    """What dump_messages gave."""
    return tuple(
        Message(
            role=item["role"],
            content=item["content"],
            tool_calls=tuple(ToolCall(**call) for call in item.get("tool_calls", ())),
            tool_call_id=item.get("tool_call_id", ""),
            tool_name=item.get("tool_name", ""),
        )
        for item in raw
    )


def _dump_turn(turn: tuple[str, tuple[Message, ...]]) -> list[Any]:
    return [turn[0], dump_messages(turn[1])]


def _dump_message(message: Message) -> dict[str, Any]:
    dumped: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.tool_calls:
        # The result stands in the tool's own message.
        dumped["tool_calls"] = [{"id": call.id, "name": call.name, "arguments": call.arguments} for call in message.tool_calls]
    if message.tool_call_id:
        dumped["tool_call_id"] = message.tool_call_id
        dumped["tool_name"] = message.tool_name
    return dumped


def _bounded(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """A turn that is past MAX_BYTES by itself, by what its tools were asked and gave back, without those: what was said stays."""
    if len(orjson.dumps(dump_messages(messages))) <= MAX_BYTES:
        return messages
    return tuple(message for message in messages if message.role != "tool" and not message.tool_calls)


def _shorten(message: Message) -> Message:
    encoded = message.content.encode()
    if len(encoded) <= MAX_MESSAGE_BYTES:
        return message
    return replace(message, content=encoded[:MAX_MESSAGE_BYTES].decode(errors="ignore") + _CUT)
