"""agno's side of a model call: a Model that reads the stream raw. Imports agno, so it is imported when the first turn runs.

It stands on agno's Model, not on its OpenAIChat: that one is made of the OpenAI client's typed chunks, which cost ten times the CPU
per token, and importing it costs 0.3 s and 20 MB more.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from agno.models.base import Model
from agno.models.message import Message as AgnoMessage
from agno.models.response import ModelResponse, ModelResponseEvent, ToolExecution
from agno.tools.function import Function, FunctionCall

from shared.adapters.agno.toolbox import Toolbox, parse_arguments
from shared.adapters.openai.chat import Asked, Completion, complete
from shared.adapters.openai.client import ModelServer
from shared.adapters.openai.connection import Call, Stopped
from shared.kit.errors import ModelFailed
from shared.sessions.messages import ToolCall

MODEL_CALLS = 10
"""Model calls in one turn; the last one may not ask for tools."""

# agno writes errors, with what people said in them, to stdout with a handler of its own; here every failure is raised instead.
logging.getLogger("agno").disabled = True


@dataclass
class RawChat(Model):
    """The model of one turn: it keeps what each call came to, and what ended the turn early."""

    id: str = ""
    name: str = "RawChat"
    provider: str = "OpenAI"
    server: ModelServer = None  # type: ignore[assignment]
    call: Call = None  # type: ignore[assignment]
    toolbox: Toolbox = None  # type: ignore[assignment]
    options: dict[str, Any] = field(default_factory=dict)
    history: list[dict[str, Any]] = field(default_factory=list)
    """What was said before, in the form of the API. As agno's messages it would cost 35 µs for each, in every turn."""
    asked: Asked | None = None
    """The turn's first request, sent already: the model's server need not wait the 0.5 ms that agno takes to come to it."""
    completions: list[Completion] = field(default_factory=list)
    tool_calls: dict[str, ToolCall] = field(default_factory=dict)
    """By id, as they stand now."""
    failure: ModelFailed | Stopped | None = None
    """agno turns what invoke_stream raises into an event without its type; the runner raises this instead."""

    def ask(self, instructions: str, content: str | list[dict[str, Any]]) -> Asked:
        """Send the turn's first request, which agno will come to by itself. Raises ModelFailed when the server is being left alone."""
        said: list[dict[str, Any]] = [{"role": "user", "content": content}]
        if instructions:
            said.insert(0, {"role": self._role("system"), "content": instructions})
        self.asked = Asked(self.server, self._request(said, last=False), self.call)
        return self.asked

    def invoke_stream(self, messages: list[AgnoMessage], **_: Any) -> Iterator[ModelResponse]:
        """One model call; agno repeats it as long as tools are asked for."""
        last = len(self.completions) + 1 >= MODEL_CALLS or self.toolbox.exhausted
        request = self._request([self._rendered(message) for message in messages], last=last)
        completion = Completion()
        self.completions.append(completion)
        asked, self.asked = self.asked, None
        try:
            with closing(complete(self.server, request, self.call, completion, asked)) as words:
                for new in words:
                    yield ModelResponse(content=new.text or None, reasoning_content=new.reasoning or None)
            if completion.calls and last:
                raise ModelFailed("The model kept asking for tools and never answered.", kind="tool_limit")
        except (ModelFailed, Stopped) as failure:
            self.failure = failure
            raise
        if completion.calls:
            yield ModelResponse(tool_calls=self._requested(completion))

    def _request(self, said: list[dict[str, Any]], *, last: bool) -> dict[str, Any]:
        """A request with what was said in this turn: the instructions, if there are any, come before the history."""
        behind_instructions = 1 if said[0]["role"] in ("system", "developer") else 0
        messages = [*said[:behind_instructions], *self.history, *said[behind_instructions:]]
        request: dict[str, Any] = {"model": self.id, "messages": messages, **self.options}
        if self.toolbox.fields:
            request["tools"] = self.toolbox.fields
            if last:
                request["tool_choice"] = "none"
        return request

    def _role(self, role: str) -> str:
        """OpenAI calls its system messages `developer`; other servers know only `system`."""
        return "developer" if role == "system" and self.server.is_openai else role

    def _rendered(self, message: AgnoMessage) -> dict[str, Any]:
        """A message in the form of the API."""
        role, content = message.role, message.content
        rendered: dict[str, Any] = {"role": self._role(role), "content": content}
        if message.tool_calls:
            rendered["tool_calls"] = message.tool_calls
        elif content is None:
            rendered["content"] = ""
        if role == "tool":
            rendered["tool_call_id"] = message.tool_call_id
        return rendered

    def _requested(self, completion: Completion) -> list[dict[str, Any]]:
        """The calls in the form of the API, with ids that are new in this turn and arguments that are JSON."""
        requested = []
        for call in completion.calls:
            while call.id in self.tool_calls:
                call.id += "_"
            arguments = parse_arguments(call.arguments)
            self.tool_calls[call.id] = ToolCall(call.id, call.name, arguments or {})
            text = call.arguments if arguments is not None and call.arguments.strip() else "{}"
            requested.append({"id": call.id, "type": "function", "function": {"name": call.name, "arguments": text}})
        return requested

    def get_function_calls_to_run(
        self,
        assistant_message: AgnoMessage,
        messages: list[AgnoMessage],  # noqa: ARG002
        functions: dict[str, Function] | None = None,
    ) -> list[FunctionCall]:
        """All calls, those of unknown tools too: agno would answer them without an event."""
        known = functions or {}
        calls = [self.tool_calls[call["id"]] for call in assistant_message.tool_calls or ()]
        return [
            FunctionCall(function=known.get(call.name) or Function(name=call.name), arguments=call.arguments, call_id=call.id)
            for call in calls
        ]

    def run_function_call(
        self,
        function_call: FunctionCall,
        function_call_results: list[AgnoMessage],
        additional_input: list[AgnoMessage] | None = None,  # noqa: ARG002
        result_store: Any = None,  # noqa: ARG002
    ) -> Iterator[ModelResponse]:
        """Carry out one call. agno's own would build call strings from the terminal's width and log tracebacks."""
        if self.call.stopped:
            self.failure = Stopped()
            raise self.failure
        if self.call.over:
            self.failure = ModelFailed("The turn took longer than a turn may.", kind="model_timeout")
            raise self.failure
        call_id = function_call.call_id or ""
        execution = [ToolExecution(tool_call_id=call_id)]
        yield ModelResponse(event=ModelResponseEvent.tool_call_started.value, tool_executions=execution)
        written = self._written(call_id)
        done = self.tool_calls[call_id] = self.toolbox.call(self.tool_calls[call_id], written)
        result = self.create_function_call_result(function_call, success=True, output=done.result)
        result.tool_call_error = done.failed
        yield ModelResponse(event=ModelResponseEvent.tool_call_completed.value, tool_executions=execution)
        function_call_results.append(result)

    def _written(self, call_id: str) -> str:
        return next(call.arguments for call in self.completions[-1].calls if call.id == call_id)

    def invoke(self, *_: Any, **__: Any) -> ModelResponse:
        raise NotImplementedError("answers are always streamed")

    async def ainvoke(self, *_: Any, **__: Any) -> ModelResponse:
        raise NotImplementedError("answers are always streamed")

    def ainvoke_stream(self, *_: Any, **__: Any) -> AsyncIterator[ModelResponse]:
        raise NotImplementedError("turns run in threads")

    def _parse_provider_response(self, response: Any, **_: Any) -> ModelResponse:
        raise NotImplementedError("answers are always streamed")

    def _parse_provider_response_delta(self, response: Any) -> ModelResponse:
        raise NotImplementedError("invoke_stream builds its responses itself")
