"""The real weights: through the server, asked by OpenAI's client and by agno. Run with `-m localmodel`."""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest

from local import model_files

pytestmark = pytest.mark.localmodel

SYSTEM = {"role": "developer", "content": "You are Reggie's sample assistant. Be friendly and brief. Use the tools when they help."}
TOOLS: list[Any] = [
    {
        "type": "function",
        "function": {
            "name": "calculator",
            "description": "Evaluates an arithmetic expression, such as (2 + 3) * 4, and returns the number.",
            "parameters": {"type": "object", "properties": {"expression": {"type": "string"}}, "required": ["expression"]},
        },
    },
    {
        "type": "function",
        "function": {
            "name": "current_time",
            "description": "Tells the current date and time.",
            "parameters": {
                "type": "object",
                "properties": {"timezone": {"type": "string", "description": "An IANA time zone, such as Europe/Oslo. UTC when omitted."}},
            },
        },
    },
]


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    if model_files.chat_model_path() is None:
        pytest.skip("the chat model's weights are not there: python -m local.model_files fetch")
    process = subprocess.Popen(
        [sys.executable, "-m", "local.model_server", "--port", "0", "--exit-with-parent"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    url = process.stdout.readline().split()[-1]
    try:
        end = time.monotonic() + 120
        while httpx.get(url.replace("/v1", "/health")).json()["stage"] != "ready":
            assert time.monotonic() < end, "the model was not loaded in two minutes"
            time.sleep(0.2)
        yield url
    finally:
        process.terminate()
        process.wait(20)
        process.stdout.close()


@pytest.fixture(scope="module")
def client(base_url: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=base_url, api_key="local", max_retries=0, timeout=300) as client:
        yield client


def test_an_answer_is_streamed_word_by_word(client: openai.OpenAI) -> None:
    ask: Any = [{"role": "user", "content": "Count from one to five in words."}]
    stream = client.chat.completions.create(model="local:any", messages=ask, stream=True, stream_options={"include_usage": True})
    chunks = list(stream)
    words = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices and chunk.choices[0].delta.content]
    assert len(words) > 3
    assert "three" in "".join(words).lower()
    assert chunks[-1].model == "qwen2.5-coder-1.5b-instruct"
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens >= len(words)


@pytest.mark.parametrize(
    ("message", "tool"),
    [
        ("What is 17 * 6 + 5?", "calculator"),
        ("How much is 999 times 77?", "calculator"),
        ("What time is it in Oslo?", "current_time"),
        ("Hi!", None),
        ("Tell me a joke.", None),
    ],
)
def test_the_fitting_tool_is_chosen(client: openai.OpenAI, message: str, tool: str | None) -> None:
    ask: Any = [SYSTEM, {"role": "user", "content": message}]
    reply = client.chat.completions.create(model="local:any", messages=ask, tools=TOOLS, max_tokens=60)
    calls = reply.choices[0].message.tool_calls or []
    assert [call.function.name for call in calls if call.type == "function"] == ([tool] if tool else [])
    assert all(isinstance(json.loads(call.function.arguments), dict) for call in calls if call.type == "function")


def test_a_tools_result_is_told(client: openai.OpenAI) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "calculator", "arguments": '{"expression": "17 * 6 + 5"}'}}
    ask: Any = [
        SYSTEM,
        {"role": "user", "content": "What is 17 * 6 + 5?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "107"},
    ]
    reply = client.chat.completions.create(model="local:any", messages=ask, tools=TOOLS, temperature=0)
    assert "107" in (reply.choices[0].message.content or "")
    assert reply.choices[0].finish_reason == "stop"


def test_an_answer_can_be_held_to_a_json_schema(client: openai.OpenAI) -> None:
    schema = {"type": "object", "properties": {"total": {"type": "number"}}, "required": ["total"], "additionalProperties": False}
    reply = client.chat.completions.create(
        model="local:any",
        messages=[{"role": "user", "content": "Invoice of Nordlys AS, total 1250.50 EUR."}],
        response_format={"type": "json_schema", "json_schema": {"name": "invoice", "schema": schema}},
    )
    assert json.loads(reply.choices[0].message.content or "") == {"total": 1250.5}


def test_the_schema_holds_even_against_the_question(client: openai.OpenAI) -> None:
    schema = {"type": "object", "properties": {"animal": {"enum": ["zebra"]}}, "required": ["animal"], "additionalProperties": False}
    reply = client.chat.completions.create(
        model="local:any",
        messages=[{"role": "user", "content": "What is 2 + 3?"}],
        response_format={"type": "json_schema", "json_schema": {"name": "animal", "schema": schema}},
    )
    assert json.loads(reply.choices[0].message.content or "") == {"animal": "zebra"}


def test_texts_of_one_meaning_have_near_vectors(client: openai.OpenAI) -> None:
    if model_files.minilm_path() is None:
        pytest.skip("the MiniLM weights are not there: python -m local.model_files fetch")
    texts = ["How do I get my money back?", "Refunds are paid within a week.", "The moon circles the earth."]
    question, near, far = [entry.embedding for entry in client.embeddings.create(model="all-minilm-l6-v2", input=texts).data]
    assert math.isclose(math.hypot(*question), 1, rel_tol=1e-5)
    assert dot(question, near) > dot(question, far) + 0.2


def dot(one: list[float], other: list[float]) -> float:
    return sum(x * y for x, y in zip(one, other, strict=True))


def test_an_agno_agent_calls_the_calculator_and_answers_with_its_number(base_url: str) -> None:
    from agno.agent import Agent
    from agno.models.openai import OpenAIChat

    asked: list[str] = []

    def calculator(expression: str) -> str:
        """Evaluates an arithmetic expression, such as (2 + 3) * 4, and returns the number."""
        asked.append(expression)
        return "107"

    model = OpenAIChat(id="local:any", base_url=base_url, api_key="local", temperature=0)
    agent = Agent(model=model, instructions=SYSTEM["content"], tools=[calculator], telemetry=False)
    events = list(agent.run("What is 17 * 6 + 5?", stream=True))
    assert [re.findall(r"\d+|[*+]", expression) for expression in asked] == [["17", "*", "6", "+", "5"]]
    assert "107" in "".join(str(getattr(event, "content", "") or "") for event in events)
