"""The port of embeddings over OpenAI's interface, of OpenAI itself or of a compatible server.

https://platform.openai.com/docs/api-reference/embeddings

One POST by httpx: importing the OpenAI client costs 400 ms of a cold start, and functions that only search have no other use for it.
"""

from __future__ import annotations

import math
import os
import random
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

import httpx
import orjson

from shared.kit.errors import ModelFailed, ReggieError, Unavailable

_TIMEOUT = httpx.Timeout(30.0, connect=5.0)
_RETRIES = 2
_LONGEST_RETRY_AFTER = 10.0
_PASSING = frozenset({408, 429, 500, 502, 503, 504})

_BATCH_TEXTS = 128
_BATCH_CHARACTERS = 400_000
"""OpenAI takes 2,048 texts and 300,000 tokens in one request; smaller ones fail and are repeated more cheaply."""


class OpenAiEmbedder:
    """Asks `base_url` (`https://api.openai.com/v1`) for vectors of `model`, `provider:name`, with `dimensions` numbers each.

    Safe to use from many threads; connections are opened on first use, after the server forked.
    """

    def __init__(self, base_url: str, api_key: str, model: str = "openai:text-embedding-3-small", dimensions: int = 1536) -> None:
        self._address = f"{base_url.rstrip('/')}/embeddings"
        self._headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {api_key}"} if api_key else {})}
        self._model = model
        self._dimensions = dimensions
        self._lock = threading.Lock()
        self._client: httpx.Client | None = None
        self._owner = 0

    @property
    def model(self) -> str:
        return self._model

    @property
    def dimensions(self) -> int:
        return self._dimensions

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """See the port. Unavailable when a repeat may help, ModelFailed when the server refuses or answers something else."""
        vectors: list[list[float]] = []
        for batch in _batches(texts):
            vectors += self._vectors(self._ask(batch), len(batch))
        return vectors

    def close(self) -> None:
        """Close the connections; the next use opens them again."""
        with self._lock:
            if self._client is not None and self._owner == os.getpid():
                self._client.close()
            self._client = None

    def _ask(self, batch: list[str]) -> bytes:
        """The body of a 200 answer, after at most two more tries."""
        name = self._model.partition(":")[2]
        # OpenAI's third generation can shorten its vectors; other models and servers may refuse the field.
        shorter = {"dimensions": self._dimensions} if name.startswith("text-embedding-3") else {}
        body = orjson.dumps({"model": name, "input": batch, "encoding_format": "float", **shorter})
        for tried in range(_RETRIES + 1):
            pause = random.uniform(0.25, 0.5) * 2**tried
            cause: httpx.HTTPError | None = None
            try:
                response = self._connected().post(self._address, content=body, headers=self._headers)
            except httpx.HTTPError as error:
                cause, failure = error, Unavailable(f"the embedding server did not answer: {type(error).__name__}")
            else:
                if response.status_code == 200:
                    return response.content
                asked = _seconds(response.headers.get("Retry-After"))
                failure = Unavailable(f"the embedding server answered {response.status_code}", retry_after=asked or 1.0)
                if response.status_code not in _PASSING or _error_code(response) == "insufficient_quota":
                    raise _refused(response)
                pause = max(pause, asked)
            if tried == _RETRIES or pause > _LONGEST_RETRY_AFTER:
                raise failure from cause
            time.sleep(pause)
        raise AssertionError("the loop above returns or raises")

    def _vectors(self, body: bytes, count: int) -> list[list[float]]:
        """The vectors of an answer in the order of the texts, each brought to length 1."""
        try:
            rows = sorted(orjson.loads(body)["data"], key=lambda row: int(row["index"]))
            indexes = [row["index"] for row in rows]
            vectors = [_unit([float(number) for number in row["embedding"]]) for row in rows]
        except (ValueError, KeyError, TypeError) as error:
            raise ModelFailed("the embedding server's answer could not be read") from error
        if indexes != list(range(count)):
            raise ModelFailed(f"the embedding server answered {len(rows)} vectors for {count} texts")
        wrong = next((len(vector) for vector in vectors if len(vector) != self._dimensions), None)
        if wrong is not None:
            raise ModelFailed(f"{self._model} gives vectors of {wrong} numbers, not of {self._dimensions} as it is set up")
        return vectors

    def _connected(self) -> httpx.Client:
        with self._lock:
            if self._client is None or self._owner != os.getpid():
                self._client, self._owner = httpx.Client(timeout=_TIMEOUT), os.getpid()
            return self._client


def _batches(texts: Sequence[str]) -> Iterator[list[str]]:
    """The texts in order, in as few requests as the limits allow. OpenAI refuses an empty text, so a space stands for it."""
    batch: list[str] = []
    characters = 0
    for text in texts:
        if batch and (len(batch) == _BATCH_TEXTS or characters + len(text) > _BATCH_CHARACTERS):
            yield batch
            batch, characters = [], 0
        batch.append(text or " ")
        characters += len(text)
    if batch:
        yield batch


def _unit(vector: list[float]) -> list[float]:
    length = math.sqrt(math.fsum(number * number for number in vector))
    if not math.isfinite(length) or length == 0:
        raise ValueError("a vector without a direction")
    return [number / length for number in vector]


def _refused(response: httpx.Response) -> ReggieError:
    if response.status_code in (401, 403):
        return ModelFailed(f"the embedding server refused the API key ({response.status_code})", kind="model_refused")
    code = _error_code(response)
    return ModelFailed(
        f"the embedding server refused the request ({response.status_code}{', ' + code if code else ''})", kind="model_refused"
    )


def _error_code(response: httpx.Response) -> str:
    """OpenAI's word for what is wrong, at most 100 characters; its message may repeat the text and is not passed on."""
    try:
        error: Any = orjson.loads(response.content)["error"]
        return str(error.get("code") or error.get("type") or "")[:100]
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""


def _seconds(header: str | None) -> float:
    """Retry-After in its form of seconds; 0 for none or for a date."""
    try:
        seconds = float(header or 0)
    except ValueError:
        return 0.0
    return seconds if 0 < seconds < math.inf else 0.0
