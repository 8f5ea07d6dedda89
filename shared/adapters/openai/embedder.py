"""The port of embeddings over OpenAI's interface, of OpenAI itself or of a compatible server.

https://platform.openai.com/docs/api-reference/embeddings

Over the OpenAI client, which is imported with the first text: its import takes 400 ms of CPU.
"""

from __future__ import annotations

import math
import os
import random
import threading
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from shared.kit.errors import ModelFailed, ReggieError, Unavailable

if TYPE_CHECKING:
    import openai

_CONNECT_SECONDS, _ANSWER_SECONDS = 5.0, 30.0
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
        self._base_url = base_url
        self._api_key = api_key
        self._model = model
        self._dimensions = dimensions
        self._lock = threading.Lock()
        self._client: openai.OpenAI | None = None
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

    def _ask(self, batch: list[str]) -> list[Any]:
        """The rows of a 200 answer, after at most two more tries. The client's own repeats would wait up to 60 s."""
        import openai

        name = self._model.partition(":")[2]
        # OpenAI's third generation can shorten its vectors; other models and servers may refuse the field.
        dimensions = self._dimensions if name.startswith("text-embedding-3") else openai.omit
        for tried in range(_RETRIES + 1):
            pause = random.uniform(0.25, 0.5) * 2**tried
            try:
                # The client insists on a key; a server that needs none is sent no header.
                headers = None if self._api_key else {"Authorization": openai.omit}
                answer = self._connected().embeddings.create(
                    model=name, input=batch, encoding_format="float", dimensions=dimensions, extra_headers=headers
                )
                return list(answer.data)
            except openai.APIStatusError as error:
                asked = _seconds(error.response.headers.get("Retry-After"))
                cause: openai.OpenAIError = error
                failure = Unavailable(f"the embedding server answered {error.status_code}", retry_after=asked or 1.0)
                if error.status_code not in _PASSING or error.code == "insufficient_quota":
                    raise _refused(error) from error
                pause = max(pause, asked)
            except openai.APIConnectionError as error:
                cause, failure = error, Unavailable(f"the embedding server did not answer: {type(error.__cause__ or error).__name__}")
            except (openai.OpenAIError, ValueError, TypeError, AttributeError) as error:
                raise ModelFailed("the embedding server's answer could not be read") from error
            if tried == _RETRIES or pause > _LONGEST_RETRY_AFTER:
                raise failure from cause
            time.sleep(pause)
        raise AssertionError("the loop above returns or raises")

    def _vectors(self, answer: list[Any], count: int) -> list[list[float]]:
        """The vectors of an answer in the order of the texts, each brought to length 1."""
        try:
            rows = sorted(answer, key=lambda row: int(row.index))
            indexes = [row.index for row in rows]
            vectors = [_unit([float(number) for number in row.embedding]) for row in rows]
        except (ValueError, AttributeError, TypeError) as error:
            raise ModelFailed("the embedding server's answer could not be read") from error
        if indexes != list(range(count)):
            raise ModelFailed(f"the embedding server answered {len(rows)} vectors for {count} texts")
        wrong = next((len(vector) for vector in vectors if len(vector) != self._dimensions), None)
        if wrong is not None:
            raise ModelFailed(f"{self._model} gives vectors of {wrong} numbers, not of {self._dimensions} as it is set up")
        return vectors

    def _connected(self) -> openai.OpenAI:
        import openai

        with self._lock:
            if self._client is None or self._owner != os.getpid():
                timeout = openai.Timeout(_ANSWER_SECONDS, connect=_CONNECT_SECONDS)
                self._client = openai.OpenAI(base_url=self._base_url, api_key=self._api_key or "none", timeout=timeout, max_retries=0)
                self._owner = os.getpid()
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


def _refused(error: openai.APIStatusError) -> ReggieError:
    """OpenAI's word for what is wrong, at most 100 characters; its message may repeat the text and is not passed on."""
    if error.status_code in (401, 403):
        return ModelFailed(f"the embedding server refused the API key ({error.status_code})", kind="model_refused")
    code = str(error.code or error.type or "")[:100]
    return ModelFailed(f"the embedding server refused the request ({error.status_code}{', ' + code if code else ''})", kind="model_refused")


def _seconds(header: str | None) -> float:
    """Retry-After in its form of seconds; 0 for none or for a date."""
    try:
        seconds = float(header or 0)
    except ValueError:
        return 0.0
    return seconds if 0 < seconds < math.inf else 0.0
