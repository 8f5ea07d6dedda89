"""The scripted model server answers the official client as OpenAI would: what tests and benchmarks rest on."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from typing import Any

import openai
import orjson
import pytest

from local.stub_model import StubModel, stub_model

TOOLS = [{"type": "function", "function": {"name": "calculator", "parameters": {"type": "object", "properties": {"expression": {}}}}}]


@pytest.fixture
def stub() -> Iterator[StubModel]:
    with stub_model() as stub:
        yield stub


@pytest.fixture
def client(stub: StubModel) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=stub.base_url, api_key="k", max_retries=0) as client:
        yield client


def ask(message: str) -> list[Any]:
    return [{"role": "user", "content": message}]


def test_the_official_client_reads_a_stream(client: openai.OpenAI) -> None:
    chunks = list(client.chat.completions.create(model="m", messages=ask("hello"), stream=True, stream_options={"include_usage": True}))
    pieces = [chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]
    assert len("".join(pieces).split()) == 40
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-1].usage
    assert chunks[-1].usage.completion_tokens == 40


def test_the_official_client_reads_a_whole_answer_with_tool_calls(client: openai.OpenAI) -> None:
    said = client.chat.completions.create(model="m", messages=ask("say: hello you")).choices[0]
    assert (said.message.content, said.finish_reason) == ("hello you", "stop")
    called = client.chat.completions.create(model="m", messages=ask("call calculator 2+2"), tools=TOOLS).choices[0]  # type: ignore[arg-type]
    assert called.finish_reason == "tool_calls"
    assert called.message.tool_calls
    assert orjson.loads(called.message.tool_calls[0].function.arguments) == {"expression": "2+2"}  # type: ignore[union-attr]


def test_embeddings_depend_on_the_text_alone(client: openai.OpenAI) -> None:
    first, other, again = client.embeddings.create(model="m", input=["a", "b", "a"], dimensions=64).data
    assert first.embedding == again.embedding != other.embedding
    assert sum(value * value for value in first.embedding) == pytest.approx(1, abs=1e-5)


def test_faults_reach_the_client_and_requests_are_counted(client: openai.OpenAI, stub: StubModel) -> None:
    stub.fail_next("status 429 7")
    with pytest.raises(openai.RateLimitError) as refused:
        client.chat.completions.create(model="m", messages=ask("hello"))
    assert refused.value.response.headers["retry-after"] == "7"
    with urllib.request.urlopen(stub.base_url.removesuffix("/v1") + "/_journal") as reply:
        journal = orjson.loads(reply.read())
    assert journal["count"] == 1
    assert journal["requests"][0]["body"]["messages"] == ask("hello")
