"""What happens inside a run, as a Runner tells it. The wire names of AgentOS are given in wire.py, not here."""

from __future__ import annotations

from dataclasses import dataclass

from shared.sessions.messages import Message, ToolCall, Usage


@dataclass(frozen=True, slots=True)
class ModelStarted:
    """A request to the model begins."""


@dataclass(frozen=True, slots=True)
class ModelCompleted:
    """The model ended one answer; `first_token_after` in seconds, None when nothing was streamed."""

    usage: Usage
    first_token_after: float | None


@dataclass(frozen=True, slots=True)
class Delta:
    """New words of the answer, or of the model's reasoning; never both empty."""

    text: str = ""
    reasoning: str = ""


@dataclass(frozen=True, slots=True)
class ToolStarted:
    call: ToolCall


@dataclass(frozen=True, slots=True)
class ToolCompleted:
    """The tool answered, or failed: `call.failed`, with the reason in `call.result`."""

    call: ToolCall


@dataclass(frozen=True, slots=True)
class Finished:
    """The last event of a run that came to its end by itself: the model gave a finish reason."""

    content: str
    reasoning: str
    messages: tuple[Message, ...]
    """What this turn adds to the history after the user's message."""
    usage: Usage
    first_token_after: float | None
    finish_reason: str = "stop"
    """The model's own word for why it stopped: `stop`, or `length` when it reached its limit of tokens."""


RunnerEvent = ModelStarted | ModelCompleted | Delta | ToolStarted | ToolCompleted | Finished
