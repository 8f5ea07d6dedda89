"""The port of running: one turn of one agent against a model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from shared.agents.models import Agent
from shared.kit.stop import StopSignal
from shared.sessions.events import RunnerEvent
from shared.sessions.messages import Attachment, Message


@dataclass(frozen=True, slots=True)
class Tool:
    """Something an agent may call: `parameters` is a JSON schema of an object, `call` takes its fields and returns text.

    A tool that cannot do what was asked raises ToolError; its message goes to the model.
    """

    name: str
    description: str
    parameters: dict[str, Any]
    call: Callable[..., str]


class ToolError(Exception):
    """The tool could not do what was asked; the message tells the model what to change."""


@dataclass(frozen=True, slots=True)
class TurnInput:
    """What a turn starts from. `history` is what was said before, oldest first."""

    agent: Agent
    tools: tuple[Tool, ...]
    history: tuple[Message, ...]
    message: str
    attachments: tuple[Attachment, ...] = ()
    instructions_added: str = ""
    """Appended to the agent's instructions for this turn only."""


class Runner(Protocol):
    """Runs turns. Safe to use from many threads at once."""

    def run(self, turn: TurnInput, stop: StopSignal) -> Iterator[RunnerEvent]:
        """The events of the turn as they happen, the last one Finished.

        Raises ModelFailed when the model's server refused, broke off (an answer without a finish reason never counts as finished) or
        was too slow, and Invalid when the agent's model cannot be served here. When `stop` is set the iterator ends soon, without Finished.
        """
        ...
