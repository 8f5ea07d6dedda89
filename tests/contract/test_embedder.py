"""What every adapter of the port of embeddings must do."""

from __future__ import annotations

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.kit.embedder import Embedder
from tests.support.embedding_server import DIMENSIONS, embedding
from tests.support.minilm_weights import minilm_weights  # noqa: F401  # A fixture, found by name.

TEXTS = ["How do I get a new password?", "", "The invoice is due on Friday.", "é 東京 😀", "word " * 2000, "How do I get a new password?"]


@pytest.fixture(params=[pytest.param("minilm", marks=pytest.mark.localmodel), "openai"])
def embedder(request: pytest.FixtureRequest) -> Iterator[Embedder]:
    if request.param == "minilm":
        from shared.adapters.minilm.embedder import MiniLmEmbedder

        yield MiniLmEmbedder(request.getfixturevalue("minilm_weights"))
        return
    from shared.adapters.openai.embedder import OpenAiEmbedder

    with embedding() as server:
        adapter = OpenAiEmbedder(server.url, "key", "openai:digest", DIMENSIONS)
        yield adapter
        adapter.close()


def test_every_text_gets_a_vector_of_length_one(embedder: Embedder) -> None:
    vectors = embedder.embed(TEXTS)
    assert [len(vector) for vector in vectors] == [embedder.dimensions] * len(TEXTS)
    for vector in vectors:
        assert math.isclose(math.sqrt(sum(number * number for number in vector)), 1, abs_tol=1e-6)


def test_vectors_come_in_the_order_of_the_texts(embedder: Embedder) -> None:
    forwards, backwards = embedder.embed(TEXTS), embedder.embed(TEXTS[::-1])
    assert forwards == backwards[::-1]
    assert len({tuple(vector) for vector in forwards}) == len(set(TEXTS))


def test_a_text_has_one_vector_whatever_stands_beside_it(embedder: Embedder) -> None:
    alone = [embedder.embed([text])[0] for text in TEXTS]
    assert embedder.embed(TEXTS) == alone
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda text: embedder.embed([text])[0], TEXTS)) == alone


def test_no_texts_are_no_vectors(embedder: Embedder) -> None:
    assert embedder.embed([]) == []


def test_more_texts_than_any_request_takes(embedder: Embedder) -> None:
    texts = [f"text {number}" for number in range(300)]
    vectors = embedder.embed(texts)
    assert len(vectors) == 300
    assert [vectors[0], vectors[299]] == embedder.embed([texts[0], texts[299]])


def test_the_model_is_named_with_its_provider(embedder: Embedder) -> None:
    provider, _, name = embedder.model.partition(":")
    assert provider
    assert name
    assert 0 < embedder.dimensions <= 2048
