"""One model server as this process knows it: its address, its key, its open connections and its health."""

from __future__ import annotations

import atexit
import http.client
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import orjson

from shared.adapters.openai.connection import Answer, Call, Connections, Disconnected, Stopped, TimedOut
from shared.adapters.openai.policy import Health, Policy
from shared.kit.errors import ModelFailed
from shared.kit.redact import redact

RETRYABLE = (429, 500, 502, 503, 504)
SAID_CHARACTERS = 300
"""How much of a server's own error message is passed on."""
REPEATED_CHARACTERS = 12
"""A server's message that has so many characters in a row in common with the conversation repeats it, and is not passed on."""
ERROR_BYTES = 65536
LIMITED_SECONDS = 5.0
"""What a caller is told to wait after a refusal for too many requests that names no time of its own."""


@dataclass(eq=False)
class AttemptFailed(Exception):
    """One attempt failed. `server_fault` counts for the breaker; `retry_after` is what the server asked for, in seconds."""

    message: str
    kind: str
    retryable: bool = False
    server_fault: bool = True
    retry_after: float | None = None

    def as_model_failed(self) -> ModelFailed:
        after = self.retry_after
        if after is None and self.retryable and self.kind == "rate_limited":
            after = LIMITED_SECONDS
        return ModelFailed(self.message, kind=self.kind, retry_after=after)


@dataclass(frozen=True, slots=True)
class Sent:
    """A request on its way. `at` is when it was sent, as time.monotonic() tells it."""

    connection: http.client.HTTPConnection
    at: float


class ModelServer:
    """An OpenAI-compatible server behind a base URL that ends in `/v1` or the like. Thread-safe; get one by `shared_server`."""

    def __init__(self, base_url: str, api_key: str, policy: Policy, health: Health) -> None:
        parts = urlsplit(base_url)
        self.policy = policy
        self.health = health
        self.is_openai = f".{parts.hostname}".endswith(".openai.com")
        """Whether this is OpenAI's own server, which knows roles and fields that others may not."""
        self._api_key = api_key
        self._path = parts.path.rstrip("/") + "/chat/completions"
        self._connections = Connections(base_url, policy.connect)
        self._headers = {"Content-Type": "application/json", "Accept": "text/event-stream", "User-Agent": "reggie"}
        if api_key:
            self._headers["Authorization"] = f"Bearer {api_key}"

    def send(self, body: bytes, call: Call) -> Sent:
        """Send one chat request; give what came of it to `answer`, or `drop` it. Raises AttemptFailed or Stopped."""
        sent = Sent(self._take(), time.monotonic())
        try:
            call.watch(sent.connection.sock)
            sent.connection.sock.settimeout(min(self.policy.first_token, max(0.001, call.ends_at - sent.at)))
            sent.connection.request("POST", self._path, body, self._headers)
        except (OSError, http.client.HTTPException) as error:
            self.drop(sent, call)
            if call.stopped:
                raise Stopped from error
            raise broken(TimedOut() if isinstance(error, TimeoutError) else Disconnected(type(error).__name__)) from error
        except Stopped:
            self.drop(sent, call)
            raise
        return sent

    def drop(self, sent: Sent, call: Call) -> None:
        """Give up a request that was sent."""
        call.watch(None)
        sent.connection.close()

    @contextmanager
    def answer(self, sent: Sent, body: bytes, call: Call) -> Iterator[Answer]:
        """The body of the answer to a request, once the server has said 200. Raises AttemptFailed or Stopped.

        The connection is kept when the answer was read to its end, and closed otherwise.
        """
        connection = sent.connection
        sock, reusable = connection.sock, False  # An answer that ends with its connection takes the socket over.
        try:
            try:
                response = connection.getresponse()
            except TimeoutError as error:
                raise TimedOut from error
            except (OSError, http.client.HTTPException) as error:
                raise Disconnected(type(error).__name__) from error
            try:
                answer = Answer(response, sock)
                if response.status != 200:
                    raise self._refusal(response, answer, body)
                yield answer
                reusable = answer.ended and not response.will_close
            finally:
                response.close()
        except (TimedOut, Disconnected) as error:
            if call.stopped:
                raise Stopped from error
            raise broken(error) from error
        finally:
            call.watch(None)
            if reusable and not call.stopped:
                self._connections.give_back(connection)
            else:
                connection.close()

    def _take(self) -> http.client.HTTPConnection:
        try:
            return self._connections.take()
        except (TimedOut, Disconnected) as error:
            message = "The model's server cannot be reached."
            raise AttemptFailed(message, "model_unavailable", retryable=True, retry_after=2.0) from error

    def _refusal(self, response: http.client.HTTPResponse, answer: Answer, body: bytes) -> AttemptFailed:
        """What a status other than 200 means for the caller."""
        status = response.status
        code, said = self._said(answer, body)
        if status in (401, 403):
            message = f"The model's server refused the API key ({status}): check OPENAI_API_KEY."
            return AttemptFailed(message, "model_refused", server_fault=False)
        if status == 429:
            after = seconds(response.getheader("Retry-After"))
            hopeless = code == "insufficient_quota" or (after or 0) > self.policy.longest_retry_after
            message = "The model's server is receiving too many requests." if code != "insufficient_quota" else f"Refused: {said}"
            return AttemptFailed(message, "rate_limited", retryable=not hopeless, server_fault=False, retry_after=after)
        if status >= 500:
            after = seconds(response.getheader("Retry-After"))
            retryable = status in RETRYABLE and (after or 0) <= self.policy.longest_retry_after
            return AttemptFailed(
                f"The model's server failed ({status}).", "model_unavailable", retryable=retryable, retry_after=after or 2.0
            )
        return AttemptFailed(f"The model's server refused the request ({status}): {said}", "model_refused", server_fault=False)

    def _said(self, answer: Answer, body: bytes) -> tuple[str, str]:
        """The server's error code and message, without our key, other secrets and what people wrote in the request's `body`."""
        raw = b""
        try:
            while len(raw) < ERROR_BYTES and (part := answer.read(time.monotonic() + 1)):
                raw += part
        except (TimedOut, Disconnected):
            pass  # The status alone says enough.
        try:
            error = orjson.loads(raw)["error"]
            code, said = str(error.get("code") or ""), str(error.get("message") or "")
        except (ValueError, TypeError, KeyError, AttributeError):
            code, said = "", raw[:SAID_CHARACTERS].decode(errors="replace")
        if self._api_key:
            said = said.replace(self._api_key, "***")
        said = redact(said)[:SAID_CHARACTERS]
        if repeats(said, body):
            said = "its reason repeats the conversation and is left out here"
        return code, said or "no reason given"

    def close(self) -> None:
        """Close the connections that nobody uses."""
        self._connections.close()


def broken(error: TimedOut | Disconnected) -> AttemptFailed:
    """A call that ended before its answer did; worth another attempt if nothing had come."""
    if isinstance(error, TimedOut):
        return AttemptFailed("The model did not answer in time.", "model_timeout", retryable=True)
    return AttemptFailed("The connection to the model's server broke off.", "model_unavailable", retryable=True, retry_after=2.0)


def repeats(said: str, body: bytes) -> bool:
    """Whether a message has REPEATED_CHARACTERS in a row in common with what people, tools and the model said in a chat request."""
    contents = [
        message.get("content") or "" for message in orjson.loads(body)["messages"] if message["role"] not in ("system", "developer")
    ]
    parts = [part for content in contents for part in ([{"text": content}] if isinstance(content, str) else content)]
    text = "\0".join(part.get("text") or "" for part in parts)
    return any(said[start : start + REPEATED_CHARACTERS] in text for start in range(len(said) - REPEATED_CHARACTERS + 1))


def seconds(header: str | None) -> float | None:
    """A Retry-After header; its form with a date is not read, as model servers send seconds."""
    try:
        value = float(header or "")
    except ValueError:
        return None
    return value if 0 <= value < 1e6 else None


_servers: Final[dict[Any, ModelServer]] = {}
_health: Final[dict[Any, Health]] = {}
_lock: Final = threading.Lock()


def shared_server(base_url: str, api_key: str, policy: Policy) -> ModelServer:
    """The process's one server object for this address and key. Its connections are opened when they are needed."""
    key = (base_url, api_key, policy)
    server = _servers.get(key)
    if server is None:
        with _lock:
            if not _servers:
                atexit.register(close_servers)
            health = _health.setdefault((base_url, policy), Health(policy))
            server = _servers.setdefault(key, ModelServer(base_url, api_key, policy, health))
    return server


def close_servers() -> None:
    """Forget the shared servers and close their idle connections; calls under way go on."""
    with _lock:
        servers = list(_servers.values())
        _servers.clear()
        _health.clear()
    for server in servers:
        server.close()
