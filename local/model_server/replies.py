"""Answers in OpenAI's shape: whole, or as the chunks of a stream (https://platform.openai.com/docs/api-reference/chat/streaming)."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from local.model_server.answers import Ending
from local.model_server.requests import Call
from shared.kit.errors import ReggieError
from shared.kit.ids import new_id

QUIET_SECONDS = 5.0
"""After this long without a word a stream gets a comment line, so that nobody takes it for dead."""

Send = Callable[[Any], bool]
"""Sends one event of a stream, or a comment line when given None; False when nobody reads any more."""


def usage_of(ending: Ending) -> dict[str, Any]:
    return {
        "prompt_tokens": ending.prompt_tokens,
        "completion_tokens": ending.completion_tokens,
        "total_tokens": ending.prompt_tokens + ending.completion_tokens,
        "prompt_tokens_details": {"cached_tokens": ending.cached_tokens},
    }


def error_body(error: ReggieError) -> dict[str, Any]:
    return {"error": {"message": error.message, "type": error.kind, "code": error.kind, "param": None}}


def model_list(name: str) -> dict[str, Any]:
    return {"object": "list", "data": [{"id": name, "object": "model", "created": 0, "owned_by": "local"}]}


class WholeReply:
    """Gathers an answer into one reply. `reader_is_there` says whether the caller still waits for it."""

    def __init__(self, model: str, reader_is_there: Callable[[], bool]) -> None:
        self._model = model
        self._there = reader_is_there
        self._words: list[str] = []
        self._calls: list[Call] = []

    def text(self, words: str) -> bool:
        self._words.append(words)
        return self._there()

    def calls(self, calls: Sequence[Call]) -> bool:
        self._calls.extend(calls)
        return self._there()

    def waiting(self) -> bool:
        return self._there()

    def body(self, ending: Ending) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": "".join(self._words) or (None if self._calls else ""), "refusal": None}
        if self._calls:
            message["tool_calls"] = [_tool_call(call) for call in self._calls]
        return {
            "id": new_id("chatcmpl"),
            "object": "chat.completion",
            "created": int(time.time()),
            "model": self._model,
            "choices": [{"index": 0, "message": message, "finish_reason": ending.finish_reason, "logprobs": None}],
            "usage": usage_of(ending),
        }


class StreamReply:
    """Sends an answer on as it comes, by `send`."""

    def __init__(self, model: str, send: Send, reader_is_there: Callable[[], bool], *, with_usage: bool) -> None:
        self._send = send
        self._there = reader_is_there
        self._with_usage = with_usage
        self._frame = {"id": new_id("chatcmpl"), "object": "chat.completion.chunk", "created": int(time.time()), "model": model}
        self._begun = False
        self._sent_at = time.monotonic()

    def text(self, words: str) -> bool:
        return self._delta({"content": words})

    def calls(self, calls: Sequence[Call]) -> bool:
        there = True
        for index, call in enumerate(calls):
            there = self._delta({"tool_calls": [{"index": index, **_tool_call(call)}]})
        return there

    def waiting(self) -> bool:
        if time.monotonic() - self._sent_at < QUIET_SECONDS:
            return self._there()
        self._sent_at = time.monotonic()
        return self._send(None)

    def end(self, ending: Ending) -> None:
        self._chunk([{"index": 0, "delta": {}, "finish_reason": ending.finish_reason}])
        if self._with_usage:
            self._chunk([], usage_of(ending))

    def _delta(self, delta: dict[str, Any]) -> bool:
        first = {} if self._begun else {"role": "assistant"}
        self._begun = True
        return self._chunk([{"index": 0, "delta": {**first, **delta}, "finish_reason": None}])

    def _chunk(self, choices: list[dict[str, Any]], usage: dict[str, Any] | None = None) -> bool:
        self._sent_at = time.monotonic()
        return self._send({**self._frame, "choices": choices, **({"usage": usage} if self._with_usage else {})})


def _tool_call(call: Call) -> dict[str, Any]:
    return {"id": call.id or new_id("call"), "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
