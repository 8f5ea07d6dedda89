"""Turns against the scripted model server."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from local.stub_model import StubModel
from shared.adapters.agno.runner import AgnoRunner, Provider
from shared.adapters.openai.policy import Policy
from shared.agents.models import Agent, ModelSettings
from shared.agents.runner import Tool, TurnInput
from shared.kit.stop import StopSignal
from shared.sessions.events import Finished, RunnerEvent
from shared.sessions.messages import Attachment, Message

PARAMETERS = {"type": "object", "properties": {"expression": {"type": "string"}}, "required": ["expression"]}


def tool(name: str = "calculator", call: Callable[..., str] = lambda expression: f"={expression}") -> Tool:
    return Tool(name, f"the tool {name}", PARAMETERS, call)


def turn_input(
    message: str,
    tools: Iterable[Tool] = (),
    history: Iterable[Message] = (),
    attachments: Iterable[Attachment] = (),
    model: str = "local:stub",
    **more: Any,
) -> TurnInput:
    agent = Agent("a1", "Assistant", "", "Be {brief}.", model, settings=ModelSettings(temperature=0.5, max_output_tokens=99))
    return TurnInput(agent, tuple(tools), tuple(history), message, tuple(attachments), **more)


def runner_for(stub: StubModel, **policy: Any) -> AgnoRunner:
    """A runner whose `local` is the stub; it shares no retry budget or breaker with other tests, as each stub has its own port."""
    return AgnoRunner(
        {"local": Provider(stub.base_url, "key-local"), "openai": Provider(stub.base_url, "key-openai", pdf=True)}, Policy(**policy)
    )


def play(runner: AgnoRunner, turn: TurnInput) -> list[RunnerEvent]:
    return list(runner.run(turn, StopSignal()))


def finished(events: list[RunnerEvent]) -> Finished:
    last = events[-1]
    assert isinstance(last, Finished)
    return last
