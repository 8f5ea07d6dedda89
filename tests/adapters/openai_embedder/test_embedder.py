"""The OpenAI embedder against a real server that fails in every way that matters."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.adapters.openai import embedder as module
from shared.adapters.openai.embedder import OpenAiEmbedder
from shared.kit.errors import ModelFailed, Unavailable
from tests.support.embedding_server import DIMENSIONS, EmbeddingServer, embedding, vector_of

ROOT = Path(__file__).parents[3]


@pytest.fixture
def server() -> Iterator[EmbeddingServer]:
    with embedding() as server:
        yield server


@pytest.fixture
def embedder(server: EmbeddingServer) -> Iterator[OpenAiEmbedder]:
    embedder = OpenAiEmbedder(server.url, "sk-test", "openai:digest", DIMENSIONS)
    yield embedder
    embedder.close()


def test_the_request_is_what_openai_asks_for(server: EmbeddingServer, embedder: OpenAiEmbedder) -> None:
    embedder.embed(["one", ""])
    assert server.requests == [{"model": "digest", "input": ["one", " "], "encoding_format": "float"}]
    assert server.authorizations == ["Bearer sk-test"]


def test_openais_own_models_are_told_the_length(server: EmbeddingServer) -> None:
    embedder = OpenAiEmbedder(server.url, "", "openai:text-embedding-3-small", DIMENSIONS)
    embedder.embed(["one"])
    embedder.close()
    assert server.requests[0]["dimensions"] == DIMENSIONS
    assert server.authorizations == [None]


def test_vectors_are_put_in_order_by_their_index(server: EmbeddingServer, embedder: OpenAiEmbedder) -> None:
    in_order = embedder.embed(["one", "two", "three"])
    server.shuffled = True
    assert embedder.embed(["one", "two", "three"]) == in_order
    scale = in_order[0][0] / vector_of("one")[0]
    assert in_order[0] == pytest.approx([number * scale for number in vector_of("one")])


def test_requests_hold_128_texts_or_400_000_characters(server: EmbeddingServer, embedder: OpenAiEmbedder) -> None:
    embedder.embed(["text"] * 200)
    embedder.embed(["x" * 150_000] * 5)
    embedder.embed(["x" * 900_000, "y"])
    assert [len(request["input"]) for request in server.requests] == [128, 72, 2, 2, 1, 1, 1]


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_two_failures_in_passing_are_survived(server: EmbeddingServer, embedder: OpenAiEmbedder, status: int) -> None:
    server.failures = [(status, {}, b"busy")] * 2
    assert len(embedder.embed(["one"])) == 1
    assert len(server.requests) == 3


def test_a_third_failure_is_unavailable(server: EmbeddingServer, embedder: OpenAiEmbedder) -> None:
    server.failures = [(503, {"Retry-After": "0.1"}, b"")] * 5
    with pytest.raises(Unavailable) as raised:
        embedder.embed(["one"])
    assert raised.value.retry_after == 0.1
    assert len(server.requests) == 3


def test_retry_after_is_waited_for_up_to_ten_seconds_and_no_longer(server: EmbeddingServer, embedder: OpenAiEmbedder) -> None:
    server.failures = [(429, {"Retry-After": "1.2"}, b"")]
    begun = time.monotonic()
    embedder.embed(["one"])
    assert time.monotonic() - begun >= 1.2

    server.failures = [(429, {"Retry-After": "11"}, b"")]
    begun = time.monotonic()
    with pytest.raises(Unavailable) as raised:
        embedder.embed(["one"])
    assert raised.value.retry_after == 11
    assert time.monotonic() - begun < 1


@pytest.mark.parametrize("header", ["Wed, 21 Oct 2026 07:28:00 GMT", "-5", "nan", "inf", "soon"])
def test_an_odd_retry_after_is_passed_over(server: EmbeddingServer, embedder: OpenAiEmbedder, header: str) -> None:
    server.failures = [(429, {"Retry-After": header}, b"")]
    assert len(embedder.embed(["one"])) == 1


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, {"error": {"code": "invalid_input", "message": "the text was: SECRET"}}),
        (401, {"error": {"code": "invalid_api_key", "message": "sk-test SECRET"}}),
        (404, {"error": {"code": "model_not_found"}}),
        (302, None),
        (429, {"error": {"code": "insufficient_quota"}}),
    ],
)
def test_a_refusal_is_not_repeated_and_repeats_no_text(
    server: EmbeddingServer, embedder: OpenAiEmbedder, status: int, body: dict[str, Any] | None
) -> None:
    server.failures = [(status, {}, json.dumps(body).encode())] * 3
    with pytest.raises(ModelFailed) as raised:
        embedder.embed(["one"])
    assert raised.value.kind == "model_refused"
    assert "SECRET" not in raised.value.message
    assert len(server.requests) == 1


def row(index: int, vector: list[Any]) -> dict[str, Any]:
    return {"index": index, "embedding": vector}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"[]",
        b"{}",
        b'{"data": null}',
        json.dumps({"data": []}).encode(),
        json.dumps({"data": [row(0, [1.0] * DIMENSIONS)]}).encode(),
        json.dumps({"data": [row(0, [1.0] * DIMENSIONS), row(0, [1.0] * DIMENSIONS)]}).encode(),
        json.dumps({"data": [row(0, [1.0] * 3), row(1, [1.0] * 3)]}).encode(),
        json.dumps({"data": [row(0, [0.0] * DIMENSIONS), row(1, [0.0] * DIMENSIONS)]}).encode(),
        json.dumps({"data": [row(0, ["a"] * DIMENSIONS), row(1, [None] * DIMENSIONS)]}).encode(),
    ],
)
def test_an_answer_that_is_not_vectors_for_the_texts_is_a_failure(server: EmbeddingServer, embedder: OpenAiEmbedder, body: bytes) -> None:
    server.failures = [(200, {}, body)]
    with pytest.raises(ModelFailed):
        embedder.embed(["one", "two"])


def test_a_server_that_is_not_there_is_unavailable() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(Unavailable):
            OpenAiEmbedder(f"http://127.0.0.1:{taken.getsockname()[1]}/v1", "key").embed(["one"])


def test_a_server_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_ANSWER_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(Unavailable, match="Timeout"):
        OpenAiEmbedder(f"http://127.0.0.1:{silent.getsockname()[1]}/v1", "key").embed(["one"])


def test_the_openai_client_is_not_imported_before_the_first_text() -> None:
    program = "import sys; import shared.adapters.openai.embedder; print([n for n in ('openai', 'requests', 'numpy') if n in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
