"""What the scripted model server answers: the rules, the faults, and the bytes on the wire."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import orjson

WORDS = ("a", "quick", "answer", "made", "of", "plain", "words", "that", "mean", "nothing")
DONE = b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n"
STREAM_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\nx-request-id: stub\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with one request. Counts are of streamed chunks; None means never."""

    status: int = 0
    retry_after: str = ""
    hang_before: bool = False
    hang_after: int | None = None
    cut_after: int | None = None
    broken_at: int | None = None
    finish: str = "stop"
    """The finish_reason; empty leaves it out."""
    usage: str = "right"
    """`right`, `none`, or `wrong`: numbers no model could have counted."""
    duplicate_ids: bool = False

    @classmethod
    def parse(cls, words: str) -> Fault:
        """Read `status 429 [RETRY_AFTER]`, `hang`, or one with the number of chunks before it: `hang N`, `cut N`, `broken N`; or
        `no-finish`, `length`, `no-usage`, `wrong-usage`, `duplicate-ids`."""
        name, _, rest = words.strip().partition(" ")
        first, _, second = rest.partition(" ")
        number = int(first) if first.isdigit() else None
        if name == "hang":
            return cls(hang_before=True) if number is None else cls(hang_after=number)
        named = {
            "status": cls(status=number or 500, retry_after=second),
            "cut": cls(cut_after=number or 0),
            "broken": cls(broken_at=number or 0),
            "no-finish": cls(finish=""),
            "length": cls(finish="length"),
            "no-usage": cls(usage="none"),
            "wrong-usage": cls(usage="wrong"),
            "duplicate-ids": cls(duplicate_ids=True),
        }
        return named[name]


NO_FAULT = Fault()


@dataclass(slots=True)
class Script:
    """How the server behaves; may be changed while it runs."""

    tokens: int = 40
    delay: float = 0.0
    """Seconds between tokens; 0 writes the whole answer at once, still one HTTP chunk per token."""
    first_delay: float = 0.0
    faults: deque[Fault] = field(default_factory=deque)
    """Taken one per request, before any other rule."""
    choose: Callable[[dict[str, Any]], Fault | None] | None = None
    """Picks a fault for a request body."""
    stands_for: dict[str, str] = field(default_factory=dict)
    """A user message, and the one that is answered in its stead: real questions get scripted answers."""
    requests: int = 0
    journal: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=1000))
    open_streams: int = 0
    connections: int = 0
    """Opened so far."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer before it is rendered: the deltas in order and what they add up to."""

    pieces: tuple[str, ...] = ()
    reasoning: str = ""
    calls: tuple[tuple[str, str], ...] = ()
    fault: Fault = NO_FAULT


def answer_to(body: dict[str, Any], script: Script) -> Answer:
    """Choose the answer to a chat request."""
    fault = script.faults.popleft() if script.faults else (script.choose(body) if script.choose else None)
    messages = body.get("messages") or []
    users = [text_of(message.get("content")) for message in messages if message.get("role") == "user"]
    said = users[-1] if users else ""
    said = script.stands_for.get(said, said)
    verb, _, rest = said.partition(" ")
    if verb == "fault" and fault is None:
        fault = Fault.parse(rest)
    answer = Answer(plain_answer(script.tokens), fault=fault or NO_FAULT)
    if verb == "loop":
        return replace(answer, pieces=(), calls=parse_calls(rest, body))
    if verb == "call" or answer.fault.duplicate_ids:
        results = results_at_end(messages)
        if results or body.get("tool_choice") == "none":
            return replace(answer, pieces=split_words("; ".join(results) or "no tool"))
        return replace(answer, pieces=(), calls=parse_calls(rest if verb == "call" else "calculator 1+1; calculator 2+2", body))
    if verb == "say:":
        return replace(answer, pieces=split_words(rest))
    if verb == "think:":
        why, _, text = rest.partition(" -> ")
        return replace(answer, pieces=split_words(text), reasoning=why)
    if said == "history":
        return replace(answer, pieces=split_words(" | ".join([str(len(users) - 1), *users[:-1]])))
    return answer


def text_of(content: Any) -> str:
    """The text of a message's content, which may be a list of parts."""
    if isinstance(content, str):
        return content
    return "".join(part.get("text", "") for part in content or [])


def results_at_end(messages: list[dict[str, Any]]) -> list[str]:
    """The tool results behind the last assistant message."""
    results: list[str] = []
    for message in reversed(messages):
        if message.get("role") != "tool":
            break
        results.append(text_of(message.get("content")))
    return results[::-1]


def parse_calls(words: str, body: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """`NAME ARGS; NAME ARGS` as pairs of a tool's name and its JSON arguments."""
    calls = []
    for item in words.split(";"):
        name, _, rest = item.strip().partition(" ")
        if rest and not rest.startswith("{"):
            rest = orjson.dumps({first_parameter(name, body): rest}).decode()
        calls.append((name, rest or "{}"))
    return tuple(calls)


def first_parameter(name: str, body: dict[str, Any]) -> str:
    for tool in body.get("tools") or []:
        if tool["function"]["name"] == name:
            return str(next(iter(tool["function"].get("parameters", {}).get("properties") or ["input"])))
    return "input"


@lru_cache(maxsize=64)
def plain_answer(tokens: int) -> tuple[str, ...]:
    return tuple(("" if n == 0 else " ") + WORDS[n % len(WORDS)] for n in range(tokens))


def split_words(text: str) -> tuple[str, ...]:
    """Pieces that join to `text` again, each of one word and the space before it."""
    words = text.split(" ")
    return tuple(word if n == 0 else " " + word for n, word in enumerate(words))


def chunk(delta: dict[str, Any], finish: str | None, model: str) -> bytes:
    """One HTTP chunk that holds one server-sent event, as OpenAI's servers send them."""
    return framed(
        {
            "id": "chatcmpl-stub",
            "object": "chat.completion.chunk",
            "created": 1700000000,
            "model": model,
            "system_fingerprint": None,
            "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}],
            "usage": None,
        }
    )


def framed(event: dict[str, Any]) -> bytes:
    data = b"data: " + orjson.dumps(event) + b"\n\n"
    return b"%x\r\n%s\r\n" % (len(data), data)


@lru_cache(maxsize=256)
def rendered(pieces: tuple[str, ...], reasoning: str, finish: str, model: str) -> tuple[bytes, ...]:
    """The chunks of an answer in words; the same answer is rendered once."""
    frames = [chunk({"role": "assistant", "content": ""}, None, model)]
    frames += [chunk({"reasoning_content": piece}, None, model) for piece in split_words(reasoning) if reasoning]
    frames += [chunk({"content": piece}, None, model) for piece in pieces]
    if finish:
        frames.append(chunk({}, finish, model))
    return tuple(frames)


@lru_cache(maxsize=256)
def rendered_calls(calls: tuple[tuple[str, str], ...], finish: str, duplicate_ids: bool, number: int, model: str) -> tuple[bytes, ...]:
    """The chunks of tool calls: the name first, then the arguments in two halves."""
    frames = [chunk({"role": "assistant", "content": None}, None, model)]
    for index, (name, arguments) in enumerate(calls):
        call_id = f"call_{number}_{0 if duplicate_ids else index}"
        middle = len(arguments) // 2
        head = {"index": index, "id": call_id, "type": "function", "function": {"name": name, "arguments": ""}}
        frames.append(chunk({"tool_calls": [head]}, None, model))
        halves = (arguments[:middle], arguments[middle:])
        frames += [chunk({"tool_calls": [{"index": index, "function": {"arguments": part}}]}, None, model) for part in halves]
    if finish:
        frames.append(chunk({}, "tool_calls" if finish == "stop" else finish, model))
    return tuple(frames)


def usage_of(answer: Answer, body_size: int) -> dict[str, Any]:
    """What the answer cost, counting one token per piece; deliberately absurd when the fault says so."""
    if answer.fault.usage == "wrong":
        return {"prompt_tokens": -5, "completion_tokens": "many", "total_tokens": None}
    thought = len(answer.reasoning.split())
    output = len(answer.pieces) + thought + 10 * len(answer.calls)
    return {
        "prompt_tokens": body_size // 4,
        "completion_tokens": output,
        "total_tokens": body_size // 4 + output,
        "prompt_tokens_details": {"cached_tokens": 1, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": thought, "audio_tokens": 0},
    }


def embedding(text: str, dimensions: int) -> list[float]:
    """A vector of length 1 that depends on the text alone."""
    raw = hashlib.shake_256(text.encode()).digest(2 * dimensions)
    values = [int.from_bytes(raw[n : n + 2], "big") - 32768 for n in range(0, len(raw), 2)]
    norm = sum(value * value for value in values) ** 0.5 or 1.0
    return [value / norm for value in values]
