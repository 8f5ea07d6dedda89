"""What is said in a session: messages, tool calls, attachments."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call of a tool; `result` is None until it answered. Times are epoch seconds by the server's clock."""

    id: str
    name: str
    arguments: dict[str, Any]
    result: str | None = None
    failed: bool = False
    started_at: float = 0.0
    duration: float = 0.0


@dataclass(frozen=True, slots=True)
class Message:
    """One message as a model sees it. Assistant messages may carry calls; tool messages answer `tool_call_id`."""

    role: Literal["user", "assistant", "tool"]
    content: str
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""
    tool_name: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a message."""

    name: str
    content_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one or several model calls, as the provider counted them; `estimated` when it did not and we counted."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    estimated: bool = False

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.cached_tokens + other.cached_tokens,
            self.reasoning_tokens + other.reasoning_tokens,
            self.estimated or other.estimated,
        )
