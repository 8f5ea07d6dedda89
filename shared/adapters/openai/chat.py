"""One streamed chat completion, read raw: merged deltas, assembled tool calls, the usage, and why it ended.

Wire format: https://platform.openai.com/docs/api-reference/chat-streaming
"""

from __future__ import annotations

import random
import time
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import orjson

from shared.adapters.openai.client import AttemptFailed, ModelServer, Sent
from shared.adapters.openai.connection import Answer, Call, Disconnected, Stopped, TimedOut
from shared.sessions.messages import Usage

MERGE_SECONDS = 0.02
"""Deltas closer than this are given as one: 50 a second is more than anybody reads, and each costs CPU down to the reader."""
LAST_BYTES_SECONDS = 0.02
"""How long the end of the HTTP body may lag behind `[DONE]` before the connection is given up."""
ANSWER_BYTES = 16 * 1024 * 1024
CALLS = 128
"""Tool calls in one answer; OpenAI's own limit of tools."""
CHARACTERS_PER_TOKEN = 4
IMAGE_TOKENS = 800


@dataclass(frozen=True, slots=True)
class Words:
    """New words of the answer and of the reasoning; never both empty."""

    text: str
    reasoning: str


@dataclass(slots=True)
class RequestedCall:
    """A tool call as the model wrote it: `arguments` is its text, meant to be a JSON object."""

    id: str
    name: str = ""
    arguments: str = ""


@dataclass(slots=True)
class Completion:
    """What one call of the model has come to; it grows while its words are given out, and `finish_reason` is set at the end."""

    text: str = ""
    reasoning: str = ""
    calls: list[RequestedCall] = field(default_factory=list)
    finish_reason: str = ""
    usage: Usage | None = None
    first_token_after: float | None = None

    @property
    def begun(self) -> bool:
        return bool(self.text or self.reasoning or self.calls)


class Asked:
    """A request that was sent before anybody is ready to read its answer. Close it; an answer that nobody took is given up then.

    Raises ModelFailed `model_unavailable` when the server is being left alone; what else goes wrong is raised when the answer is taken.
    """

    def __init__(self, server: ModelServer, request: dict[str, Any], call: Call) -> None:
        self.body = encode(request)
        self._server = server
        self._call = call
        self._sent: Sent | None = None
        self._failure: AttemptFailed | Stopped | None = None
        server.health.admit()
        try:
            self._sent = server.send(self.body, call)
        except (AttemptFailed, Stopped) as failure:
            self._failure = failure

    def take(self) -> Sent:
        """The request on its way; only once. Raises AttemptFailed or Stopped."""
        sent, self._sent = self._sent, None
        if sent is None:
            raise self._failure or RuntimeError("the answer to this request was taken before")
        return sent

    def close(self) -> None:
        if self._sent is not None:
            self._server.drop(self.take(), self._call)


def encode(request: dict[str, Any]) -> bytes:
    """The body of a request for a streamed answer that ends with its usage."""
    return orjson.dumps({**request, "stream": True, "stream_options": {"include_usage": True}})


def complete(
    server: ModelServer, request: dict[str, Any], call: Call, completion: Completion, asked: Asked | None = None
) -> Generator[Words, None, None]:
    """Ask the model; words come out as they arrive, everything is gathered in `completion`.

    With `asked`, the same request sent already, the first attempt only reads the answer.

    Raises ModelFailed: `model_refused`, `rate_limited`, `model_unavailable`, `model_timeout`, or `interrupted` when the answer broke off.
    Raises Stopped. Tries again only before the first token, within the server's retry budget.
    """
    body = encode(request)
    if asked is None:
        server.health.admit()
    elif asked.body != body:
        raise RuntimeError("the request that was sent ahead is not the one that is made now")
    for attempt in range(server.policy.retries + 1):
        try:
            sent = asked.take() if asked is not None and attempt == 0 else server.send(body, call)
            with closing(Attempt(server, sent, body, call, completion).words()) as words:
                yield from words
        except AttemptFailed as failure:
            if failure.server_fault:
                server.health.failed()
            delay = failure.retry_after if failure.retry_after is not None else 0.0
            delay = max(delay if failure.kind == "rate_limited" else 0.0, random.uniform(0.5, 1.0) * 0.3 * 2**attempt)
            again = failure.retryable and not completion.begun and attempt < server.policy.retries
            if not again or time.monotonic() + delay >= call.ends_at or not server.health.may_retry():
                estimate(request, completion)
                raise failure.as_model_failed() from failure
            call.wait(delay)
        except Stopped:
            estimate(request, completion)
            raise
        else:
            server.health.succeeded()
            if completion.usage is None:
                estimate(request, completion)
            return


class Attempt:
    """The answer to one request."""

    def __init__(self, server: ModelServer, sent: Sent, body: bytes, call: Call, completion: Completion) -> None:
        self._server = server
        self._sent = sent
        self._body = body
        self._call = call
        self._completion = completion
        self._calls: dict[int, RequestedCall] = {}
        self._started = sent.at
        self._deadline = self._started + server.policy.first_token
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._rest = b""
        self._size = 0
        self._done = False

    def words(self) -> Generator[Words, None, None]:
        """Raises AttemptFailed, after the words that came before it."""
        failure: AttemptFailed | None = None
        with self._server.answer(self._sent, self._body, self._call) as answer:
            while not self._done and failure is None:
                try:
                    self._gather(answer)
                except (TimedOut, Disconnected) as error:
                    failure = self._broken_off(error)
                except AttemptFailed as error:
                    failure = error
                if self._text or self._reasoning:
                    yield self._take()
            if failure is None:
                self._read_to_end(answer)
        if failure is not None:
            raise failure

    def _gather(self, answer: Answer) -> None:
        """Read once, and what is there already; after the first words also what comes within MERGE_SECONDS of the last ones."""
        begun, since = self._completion.begun, time.monotonic()
        self._read(answer)
        latest = time.monotonic() + MERGE_SECONDS
        until = since + MERGE_SECONDS if begun else 0.0
        while not self._done and answer.more_before(until) and time.monotonic() < latest:
            self._read(answer)

    def _read(self, answer: Answer) -> None:
        data = answer.read(min(self._deadline, self._call.ends_at))
        if not data:
            self._ended_without_done()
            return
        self._size += len(data)
        if self._size > ANSWER_BYTES:
            raise AttemptFailed("The model's answer is too long.", "interrupted")
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()
        for line in lines:
            if line.startswith(b"data:"):
                self._event(line[5:].strip())

    def _ended_without_done(self) -> None:
        if not self._completion.finish_reason:
            raise Disconnected("the stream ended without a finish reason")
        self._done = True

    def _event(self, data: bytes) -> None:
        if not data:
            return
        if data == b"[DONE]":
            self._ended_without_done()
            return
        try:
            event = orjson.loads(data)
            if event.get("error"):
                raise AttemptFailed("The model's server reported an error in its answer.", "interrupted", retryable=True)
            choices = event.get("choices")
            if choices:
                self._choice(choices[0])
            if event.get("usage"):
                self._completion.usage = usage_of(event["usage"])
        except (ValueError, TypeError, KeyError, AttributeError, LookupError) as error:
            raise AttemptFailed("The model's answer broke off: its stream cannot be read.", "interrupted", retryable=True) from error

    def _choice(self, choice: dict[str, Any]) -> None:
        delta = choice.get("delta")
        if delta:
            text = delta.get("content")
            reasoning = delta.get("reasoning_content") or delta.get("reasoning")
            calls = delta.get("tool_calls")
            if text:
                self._text.append("" + text)  # Anything but text raises TypeError here, where it is told as a broken stream.
            if reasoning:
                self._reasoning.append("" + reasoning)
            if calls:
                self._tool_calls(calls)
            if text or reasoning or calls:
                self._token_came()
        reason = choice.get("finish_reason")
        if reason:
            self._completion.finish_reason = str(reason)
            self._deadline = time.monotonic() + self._server.policy.after_finish

    def _token_came(self) -> None:
        now = time.monotonic()
        self._deadline = now + self._server.policy.between_tokens
        if self._completion.first_token_after is None:
            self._completion.first_token_after = now - self._started

    def _tool_calls(self, deltas: list[dict[str, Any]]) -> None:
        """Put the pieces together by their index; a server that leaves it out begins each call with its id."""
        for delta in deltas:
            index = delta.get("index")
            key = index if isinstance(index, int) else len(self._calls) - (0 if delta.get("id") else 1)
            function = delta.get("function") or {}
            call = self._calls.get(key)
            if call is None:
                if len(self._calls) >= CALLS:
                    raise AttemptFailed("The model asked for too many tools at once.", "interrupted")
                call = self._calls[key] = RequestedCall(str(delta.get("id") or f"call_{key}"))
                self._completion.calls.append(call)
            if function.get("name"):
                call.name = "" + function["name"]
            call.arguments += function.get("arguments") or ""

    def _take(self) -> Words:
        words = Words("".join(self._text), "".join(self._reasoning))
        self._completion.text += words.text
        self._completion.reasoning += words.reasoning
        self._text.clear()
        self._reasoning.clear()
        return words

    def _broken_off(self, error: TimedOut | Disconnected) -> AttemptFailed | None:
        """What a stream that stops coming means; nothing, when the finish reason had come already."""
        if self._call.stopped:
            raise Stopped from error
        if self._completion.finish_reason:
            self._done = True
            return None
        late = isinstance(error, TimedOut)
        if time.monotonic() >= self._call.ends_at:
            return AttemptFailed("The answer took longer than a turn may.", "model_timeout", server_fault=False)
        if self._completion.begun or self._text or self._reasoning:
            message = "The model stopped in the middle of its answer." if late else "The model's answer broke off."
            return AttemptFailed(message, "interrupted")
        message = "The model did not begin to answer in time." if late else "The model's answer broke off before its first word."
        return AttemptFailed(message, "model_timeout" if late else "interrupted", retryable=True)

    def _read_to_end(self, answer: Answer) -> None:
        """Read what is left of the HTTP body, so that the connection can be kept; if it does not come at once, it is not."""
        try:
            until = time.monotonic() + LAST_BYTES_SECONDS
            while not answer.ended and answer.read(until):
                pass
        except (TimedOut, Disconnected):
            return


def usage_of(given: dict[str, Any]) -> Usage | None:
    """The server's own count; None when it cannot be one."""
    prompt = given.get("prompt_tokens_details") or {}
    output = given.get("completion_tokens_details") or {}
    counts = [given.get("prompt_tokens"), given.get("completion_tokens")]
    if not all(isinstance(count, int) and 0 <= count < 2**40 for count in counts):
        return None
    details = [prompt.get("cached_tokens") or 0, output.get("reasoning_tokens") or 0]
    cached, reasoning = (count if isinstance(count, int) and count >= 0 else 0 for count in details)
    return Usage(counts[0] or 0, counts[1] or 0, min(cached, counts[0] or 0), min(reasoning, counts[1] or 0))


def estimate(request: dict[str, Any], completion: Completion) -> None:
    """Count tokens from characters where the server did not: the usual rule of thumb for English is four to a token."""
    images = 0
    size = len(orjson.dumps(request.get("tools") or []))
    for message in request["messages"]:
        content = message.get("content") or ""
        parts = content if isinstance(content, list) else [{"text": content}]
        images += sum("text" not in part for part in parts)
        size += sum(len(part.get("text", "")) for part in parts) + sum(
            len(call["function"]["arguments"]) for call in message.get("tool_calls") or ()
        )
    written = len(completion.text) + len(completion.reasoning) + sum(len(call.name) + len(call.arguments) for call in completion.calls)
    completion.usage = Usage(
        input_tokens=-(-size // CHARACTERS_PER_TOKEN) + images * IMAGE_TOKENS,
        output_tokens=-(-written // CHARACTERS_PER_TOKEN),
        reasoning_tokens=-(-len(completion.reasoning) // CHARACTERS_PER_TOKEN),
        estimated=True,
    )
