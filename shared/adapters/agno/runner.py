"""The Runner over agno: a fresh agent per turn, nothing of it stored or sent anywhere but to the model."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from shared.adapters.agno.messages import history_fields, user_content
from shared.adapters.agno.toolbox import Toolbox
from shared.adapters.openai.chat import Completion
from shared.adapters.openai.client import shared_server
from shared.adapters.openai.connection import Call, Stopped
from shared.adapters.openai.policy import Policy
from shared.agents.runner import TurnInput
from shared.kit.errors import Invalid, ModelFailed
from shared.kit.stop import StopSignal
from shared.sessions.events import Delta, Finished, ModelCompleted, ModelStarted, RunnerEvent, ToolCompleted, ToolStarted
from shared.sessions.messages import Message, ToolCall, Usage

if TYPE_CHECKING:
    from agno.agent import Agent
    from agno.models.message import Message as AgnoMessage

    from shared.adapters.agno.model import RawChat

OPENAI_URL = "https://api.openai.com/v1"
PATIENT = Policy(first_token=180.0, between_tokens=60.0, total=600.0)
"""For a model on this machine, which reads a prompt at 40 to 110 tokens a second and answers one caller after the other."""


@dataclass(frozen=True, slots=True)
class Provider:
    """Where the models of one provider are served, as `http://host:port/v1`, and what files they read."""

    base_url: str
    api_key: str
    images: bool = True
    pdf: bool = False
    policy: Policy | None = None
    """How long this provider may take; the runner's own policy without one."""


def openai_provider(environment: Mapping[str, str] = os.environ) -> Provider | None:
    """The provider `openai` as OPENAI_API_KEY and OPENAI_BASE_URL name it; None without both, as other servers may need no key."""
    key, base_url = environment.get("OPENAI_API_KEY", ""), environment.get("OPENAI_BASE_URL", "")
    return Provider(base_url or OPENAI_URL, key, pdf=True) if key or base_url else None


def warm() -> None:
    """Import agno ahead of the first turn: about 0.5 s of CPU."""
    import agno.agent  # noqa: F401

    import shared.adapters.agno.model  # noqa: F401


class AgnoRunner:
    """Runs turns with the providers it was given, keyed by the part of `provider:model` before the colon."""

    def __init__(self, models: Mapping[str, Provider], policy: Policy | None = None) -> None:
        for name, provider in models.items():
            if urlsplit(provider.base_url).scheme not in ("http", "https"):
                raise Invalid(f"the base URL of the models of {name} must begin with http:// or https://")
        self._models = dict(models)
        self._policy = policy or Policy()

    def run(self, turn: TurnInput, stop: StopSignal) -> Iterator[RunnerEvent]:
        """The port's `run`. Failures of the model have the kinds that shared.adapters.openai.chat.complete names, or `tool_limit`.

        An answer that breaks off or is stopped ends with a ModelCompleted whose usage is estimated, so that it can be charged.
        """
        provider = self._models.get(turn.agent.provider)
        if provider is None or not turn.agent.model_name:
            known = ", ".join(f"{name}:…" for name in self._models) or "none"
            raise Invalid(f"the model {turn.agent.model!r} cannot be served here; configured are: {known}")
        return self._run(turn, provider, stop)

    def _run(self, turn: TurnInput, provider: Provider, stop: StopSignal) -> Iterator[RunnerEvent]:
        from agno.models.message import Message as AgnoMessage

        call = Call((provider.policy or self._policy).total)
        stop.on_set(call.stop)
        if call.stopped:
            return
        model = self._model(turn, provider, call)
        instructions = "\n\n".join(text for text in (turn.agent.instructions, turn.instructions_added) if text)
        content = user_content(turn.message, turn.attachments, images=provider.images, pdf=provider.pdf)
        with closing(model.ask(instructions, content)):
            yield from Turn(model, call).events(_agent(turn, model, instructions), AgnoMessage(role="user", content=content))

    def _model(self, turn: TurnInput, provider: Provider, call: Call) -> RawChat:
        from shared.adapters.agno.model import RawChat

        server = shared_server(provider.base_url, provider.api_key, provider.policy or self._policy)
        settings = turn.agent.settings
        options: dict[str, Any] = {}
        if settings.temperature is not None:
            options["temperature"] = settings.temperature
        if settings.max_output_tokens is not None:
            options["max_completion_tokens" if server.is_openai else "max_tokens"] = settings.max_output_tokens
        history = [history_fields(message) for message in turn.history]
        return RawChat(id=turn.agent.model_name, server=server, call=call, toolbox=Toolbox(turn.tools), options=options, history=history)


def _agent(turn: TurnInput, model: RawChat, instructions: str) -> Agent:
    from agno.agent import Agent
    from agno.tools.function import Function

    return Agent(
        model=model,
        id=turn.agent.id,
        name=turn.agent.name,
        system_message=instructions or None,
        tools=[
            Function(name=tool.name, description=tool.description, parameters=tool.parameters, skip_entrypoint_processing=True)
            for tool in turn.tools
        ],
        # Braces in instructions are the author's own text; agno would fill them from session state.
        resolve_in_context=False,
        build_context=False,
        build_user_context=False,
        db=None,
        telemetry=False,
        retries=0,
    )


class Turn:
    """One turn while it runs: agno's events become ours, and what the model calls came to is summed up."""

    def __init__(self, model: RawChat, call: Call) -> None:
        self._model = model
        self._call = call
        self._first_token_after: float | None = None
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._completed = 0

    def events(self, agent: Agent, message: AgnoMessage) -> Iterator[RunnerEvent]:
        """Up to Finished; agno's own end of a run, which would store it, is left out."""
        from agno.run.agent import RunEvent

        run = cast("Generator[Any, None, None]", agent.run(message, stream=True, stream_events=True))
        with closing(run) as events:
            for event in events:
                kind = event.event
                if kind == RunEvent.run_content_completed:
                    break
                if kind == RunEvent.run_error:
                    yield from self._failed(event)
                    return
                yield from self._translated(kind, event)
        yield self._finished()

    def _translated(self, kind: str, event: Any) -> Iterator[RunnerEvent]:
        from agno.run.agent import RunEvent

        if kind == RunEvent.run_content:
            yield from self._deltas(event.content, event.reasoning_content)
        elif kind == RunEvent.model_request_started:
            yield ModelStarted()
        elif kind == RunEvent.model_request_completed:
            yield self._model_completed()
        elif kind == RunEvent.tool_call_started:
            yield ToolStarted(self._model.tool_calls[event.tool.tool_call_id])
        elif kind == RunEvent.tool_call_completed:
            yield ToolCompleted(self._model.tool_calls[event.tool.tool_call_id])

    def _deltas(self, text: str | None, reasoning: str | None) -> Iterator[Delta]:
        if self._first_token_after is None:
            self._first_token_after = self._call.elapsed()
        if reasoning:
            self._reasoning.append(reasoning)
            yield Delta(reasoning=reasoning)
        if text:
            self._text.append(text)
            yield Delta(text=text)

    def _model_completed(self) -> ModelCompleted:
        completion = self._model.completions[self._completed]
        self._completed += 1
        return ModelCompleted(completion.usage or Usage(estimated=True), completion.first_token_after)

    def _failed(self, event: Any) -> Iterator[RunnerEvent]:
        """The turn ended early: tell what the open model call has cost, then raise why, unless the caller asked for it."""
        open_calls = self._model.completions[self._completed :]
        if open_calls and open_calls[0].begun:
            yield self._model_completed()
        failure = self._model.failure
        if isinstance(failure, Stopped) or self._call.stopped:
            return
        if failure is None:
            raise RuntimeError(f"agno ended the run by itself: {event.error_type}")
        raise ModelFailed(failure.message, kind=failure.kind, retry_after=failure.retry_after) from failure

    def _finished(self) -> Finished:
        completions = self._model.completions
        return Finished(
            content="".join(self._text),
            reasoning="".join(self._reasoning),
            messages=tuple(message for completion in completions for message in self._messages(completion)),
            usage=sum((completion.usage or Usage() for completion in completions), Usage()),
            first_token_after=self._first_token_after,
            finish_reason=completions[-1].finish_reason,
        )

    def _messages(self, completion: Completion) -> Iterator[Message]:
        """What one model call adds to the history: its words and calls, then each call's result."""
        calls = [self._model.tool_calls[call.id] for call in completion.calls]
        yield Message("assistant", completion.text, tool_calls=tuple(ToolCall(call.id, call.name, call.arguments) for call in calls))
        for call in calls:
            yield Message("tool", call.result or "", tool_call_id=call.id, tool_name=call.name)
