"""The port of the bus over Pub/Sub's REST interface (https://cloud.google.com/pubsub/docs/reference/rest/v1/projects.topics/publish)."""

from __future__ import annotations

import base64
import os
import random
import threading
import time
from typing import Any

import httpx
import orjson

from shared.adapters.pubsub.transport import SECONDS, HttpxRequest
from shared.kit.bus import Message, encode_attributes, encode_data
from shared.kit.errors import Unavailable

_BUDGET = 5.0
"""Seconds after which no further try begins."""

_BATCH = 100
"""Messages in one request: at 64 kB each, in base64, they stay under the request's limit of 10 MB."""

_SCOPE = "https://www.googleapis.com/auth/pubsub"

_PASSING = frozenset({408, 429, 500, 502, 503, 504})


class PubSubBus:
    """Publishes to the topics of `project`; the topics must exist. PUBSUB_EMULATOR_HOST leads to an emulator, without a token.

    One for a process is enough: its connections are opened on first use, after the server forked, and shared by all threads.
    """

    def __init__(self, project: str) -> None:
        self._project = project
        self._lock = threading.Lock()
        self._client: httpx.Client | None = None
        self._credentials: Any = None
        self._owner = 0

    def publish(self, topic: str, *messages: Message) -> list[str]:
        """See the port. A try that was not answered may have published, so a repeated one can make duplicates."""
        bodies = [_body(message) for message in messages]
        ids: list[str] = []
        for start in range(0, len(bodies), _BATCH):
            ids += self._publish(topic, orjson.dumps({"messages": bodies[start : start + _BATCH]}))
        return ids

    def close(self) -> None:
        """Close the connections; the next use opens them again."""
        with self._lock:
            if self._client is not None and self._owner == os.getpid():
                self._client.close()
            self._client = None

    def _publish(self, topic: str, body: bytes) -> list[str]:
        deadline = time.monotonic() + _BUDGET
        tried = 0
        refused_token = False
        while True:
            tried += 1
            failure: httpx.HTTPError | None = None
            try:
                response = self._post(topic, body, refused_token)
            except httpx.HTTPError as error:
                failure, reason, passing = error, type(error).__name__, True
            else:
                if response.is_success:
                    return [str(message_id) for message_id in response.json()["messageIds"]]
                # A refused token deserves one more try with a new one.
                new_token_helps = response.status_code == 401 and not refused_token
                refused_token = refused_token or new_token_helps
                passing = response.status_code in _PASSING or new_token_helps
                reason = f"status {response.status_code}"
            pause = random.uniform(0.5, 1.0) * min(1.0, 0.1 * 2**tried)
            if not passing or time.monotonic() + pause > deadline:
                raise Unavailable(f"the topic {topic} took nothing in {tried} tries: {reason}") from failure
            time.sleep(pause)

    def _post(self, topic: str, body: bytes, fresh_token: bool) -> httpx.Response:
        emulator = os.environ.get("PUBSUB_EMULATOR_HOST")
        base = f"http://{emulator}" if emulator else "https://pubsub.googleapis.com"
        client = self._connected()
        headers = {"Content-Type": "application/json"}
        if not emulator:
            headers["Authorization"] = f"Bearer {self._token(client, fresh_token)}"
        return client.post(f"{base}/v1/projects/{self._project}/topics/{topic}:publish", content=body, headers=headers)

    def _connected(self) -> httpx.Client:
        with self._lock:
            if self._client is None or self._owner != os.getpid():
                self._client, self._owner = httpx.Client(timeout=SECONDS), os.getpid()
            return self._client

    def _token(self, client: httpx.Client, fresh: bool) -> str:
        """The process's own token: the metadata server's on Google Cloud. Raises Unavailable."""
        import google.auth
        from google.auth.exceptions import GoogleAuthError

        request: Any = HttpxRequest(client)
        with self._lock:
            try:
                if self._credentials is None:
                    self._credentials, _ = google.auth.default(scopes=[_SCOPE], request=request)
                if fresh or not self._credentials.valid:
                    self._credentials.refresh(request)
            except GoogleAuthError as error:
                raise Unavailable("no token for Pub/Sub: run as a service account, or set PUBSUB_EMULATOR_HOST") from error
            token: str = self._credentials.token
            return token


def _body(message: Message) -> dict[str, Any]:
    ordering = {"orderingKey": message.ordering_key} if message.ordering_key else {}
    return {"data": base64.b64encode(encode_data(message)).decode(), "attributes": encode_attributes(message), **ordering}
