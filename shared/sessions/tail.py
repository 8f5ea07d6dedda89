"""The rolling context window of a session: the messages of the last turns of the branch that was last worked on, in one small document.

A turn reads and rewrites this one document, so it costs the same at turn 1 and at turn 10,000.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from shared.sessions.messages import Message, ToolCall

MAX_TURNS = 20
MAX_BYTES = 256 * 1024
MAX_MESSAGE_BYTES = 48 * 1024
"""One message's share: five of the longest still fit, so a pasted book does not push out the whole conversation."""

_CUT = "\n[… shortened: the whole text is kept with the run]"

Turn = tuple[str, tuple[Message, ...]]
"""A run's id, and what was said in it."""


@dataclass(frozen=True, slots=True)
class Tail:
    """The last turns of one branch, oldest first, each with the id of its run. A run that said nothing has none."""

    turns: tuple[Turn, ...] = ()
    last: str = ""
    """The run that the branch ends with, also one that said nothing; as it is stored, the one that was last worked on."""
    older: str = ""
    """The run before the first turn; empty when nothing was said before it."""
    version: int = 0
    """The document's, as it was read; 0 when there was none."""
    free: bool = True
    """No run of the session was open when this was read: the next one need not wait for its turn."""
    in_turn: str = ""
    """The run that took the session's turn last."""

    @property
    def messages(self) -> tuple[Message, ...]:
        """What a model is shown of the conversation when the next turn follows here."""
        return tuple(message for _, turn in self.turns for message in turn)

    def with_turn(self, run: str, messages: Sequence[Message]) -> Tail:
        """The window after one more turn, the oldest dropped past MAX_TURNS or MAX_BYTES."""
        return Tail.of([*self.turns, bounded(run, messages)], last=run, older=self.older)

    def up_to(self, run: str) -> tuple[Turn, ...] | None:
        """The turns of the branch that ends with `run`; None when the window does not show where that is."""
        if run == self.last:
            return self.turns
        place = next((place for place, turn in enumerate(self.turns) if turn[0] == run), None)
        return None if place is None else self.turns[: place + 1]

    @classmethod
    def of(cls, turns: Sequence[Turn], *, last: str, older: str) -> Tail:
        """As many of the last of these bounded turns as a window holds, but at least one."""
        kept, size = len(turns), 0
        while kept > max(0, len(turns) - MAX_TURNS) and (not size or size + turn_size(turns[kept - 1]) <= MAX_BYTES):
            kept -= 1
            size += turn_size(turns[kept])
        return cls(tuple(turns[kept:]), last, turns[kept - 1][0] if kept else older)

    def dump(self) -> str:
        return orjson.dumps([_dump_turn(turn) for turn in self.turns]).decode()

    @classmethod
    def load(cls, stored: str) -> Tail:
        """The turns that dump gave."""
        return cls(tuple((run, load_messages(messages)) for run, messages in orjson.loads(stored)))


def bounded(run: str, messages: Sequence[Message]) -> Turn:
    """A run's turn as it stands in a window: no message and no turn takes it all."""
    return run, _bounded(tuple(_shorten(message) for message in messages))


def turn_size(turn: Turn) -> int:
    """Its share of MAX_BYTES."""
    return len(orjson.dumps(_dump_turn(turn)))


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


def _dump_turn(turn: Turn) -> list[Any]:
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
