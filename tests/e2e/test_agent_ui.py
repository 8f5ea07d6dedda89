"""The calls of agno's agent-ui (its commit c084377), read as its code reads them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from local.stub_model import StubModel
from tests.support.product import Product

UI = "http://localhost:3000"


@pytest.fixture
def browser(product: Product) -> Iterator[httpx.Client]:
    """A page of agent-ui: its origin and its bearer token on every call."""
    with product.client() as client:
        client.headers["Origin"] = UI
        yield client


def parsed(chunks: Iterator[str]) -> list[dict[str, Any]]:
    """agent-ui's `parseBuffer`: it ignores the lines of the stream and looks for balanced braces, outside of strings."""
    buffer = ""
    found: list[dict[str, Any]] = []
    for chunk in chunks:
        buffer += chunk
        start = buffer.find("{")
        while start != -1:
            end = _balanced(buffer, start)
            if end == -1:
                break
            value = json.loads(buffer[start : end + 1])
            if isinstance(value.get("event"), str):
                found.append(value if "data" not in value else {**value["data"], "event": value["event"]})
            buffer = buffer[end + 1 :].strip()
            start = buffer.find("{")
    return found


def _balanced(text: str, start: int) -> int:
    depth, in_string, escaped = 0, False, False
    for place in range(start, len(text)):
        character = text[place]
        if in_string:
            if escaped:
                escaped = False
            elif character == "\\":
                escaped = True
            elif character == '"':
                in_string = False
        elif character == '"':
            in_string = True
        elif character == "{":
            depth += 1
        elif character == "}":
            depth -= 1
            if depth == 0:
                return place
    return -1


def said(browser: httpx.Client, message: str, session: str = "") -> list[dict[str, Any]]:
    """Send a message as useAIStreamHandler does: FormData, with an empty session_id for a new session."""
    form = {"message": (None, message), "stream": (None, "true"), "session_id": (None, session)}
    with browser.stream("POST", "/agents/assistant/runs", files=form) as answer:
        assert answer.status_code == 200, answer.read()
        return parsed(answer.iter_text(chunk_size=7))


def rendered(chunks: list[dict[str, Any]]) -> str:
    """What the page shows: deltas are appended, RunCompleted replaces them."""
    text = ""
    for chunk in chunks:
        if chunk["event"] == "RunContent" and isinstance(chunk.get("content"), str):
            text += chunk["content"]
        if chunk["event"] == "RunCompleted" and isinstance(chunk.get("content"), str):
            text = chunk["content"]
    return text


def test_it_finds_the_server_the_agents_and_the_teams(browser: httpx.Client) -> None:
    assert httpx.get(f"{browser.base_url}/health", headers={"Origin": UI}, trust_env=False).status_code == 200
    (agent,) = browser.get("/agents").json()
    assert (agent["id"], agent["name"], agent["model"]["model"], agent["model"]["provider"]) == ("assistant", "Assistant", "stub", "OpenAI")
    assert agent["db_id"], "agent-ui never asks for sessions without one"
    assert browser.get("/teams").json() == []


def test_a_first_message_with_an_empty_session_id_makes_a_session_that_it_then_loads(browser: httpx.Client) -> None:
    text = 'braces } { and "quotes" and \\ in 世界'
    chunks = said(browser, f"say: {text}")
    started = chunks[0]
    assert started["event"] == "RunStarted"
    assert started["session_id"]
    assert isinstance(started["created_at"], int)
    assert rendered(chunks) == text

    query = {"type": "agent", "component_id": "assistant", "db_id": "reggie"}
    listed = browser.get("/sessions", params=query).json()["data"]
    (entry,) = [item for item in listed if item["session_id"] == started["session_id"]]
    assert entry["session_name"] == f"say: {text}"
    assert entry["created_at"]

    (run,) = browser.get(f"/sessions/{started['session_id']}/runs", params={"type": "agent", "db_id": "reggie"}).json()
    assert (run["run_input"], run["content"]) == (f"say: {text}", text)
    assert run["created_at"]


def test_tool_calls_are_merged_by_their_id(browser: httpx.Client) -> None:
    chunks = said(browser, "call calculator 6*7")
    tools = {chunk["tool"]["tool_call_id"]: chunk["tool"] for chunk in chunks if chunk["event"] in ("ToolCallStarted", "ToolCallCompleted")}
    (tool,) = tools.values()
    assert (tool["tool_name"], tool["tool_args"], tool["result"], tool["tool_call_error"]) == (
        "calculator",
        {"expression": "6*7"},
        "42",
        False,
    )
    (run,) = browser.get(f"/sessions/{chunks[0]['session_id']}/runs", params={"type": "agent", "db_id": "reggie"}).json()
    assert [call["tool_name"] for call in run["tools"]] == ["calculator"]


def test_a_second_message_goes_on_in_the_session(browser: httpx.Client) -> None:
    session = said(browser, "say: one")[0]["session_id"]
    assert rendered(said(browser, "history", session)) == "1 | say: one"
    runs = browser.get(f"/sessions/{session}/runs", params={"type": "agent", "db_id": "reggie"}).json()
    assert [run["run_input"] for run in runs] == ["say: one", "history"]


def test_a_failed_model_is_shown_as_run_error(browser: httpx.Client, stub: StubModel) -> None:
    stub.fail_next("status 400")
    chunks = said(browser, "say: nothing")
    assert chunks[-1]["event"] == "RunError"
    assert isinstance(chunks[-1]["content"], str)


def test_an_error_is_read_from_detail(browser: httpx.Client) -> None:
    refused = browser.post("/agents/nobody/runs", files={"message": (None, "hi"), "stream": (None, "true"), "session_id": (None, "")})
    assert refused.status_code == 404
    assert refused.json()["detail"] == "Agent not found"
    unsigned = browser.get("/agents", headers={"Authorization": "Bearer wrong"})
    assert unsigned.status_code == 401
    assert unsigned.json()["detail"]
    assert unsigned.headers["Access-Control-Allow-Origin"] == UI, "a page cannot read an error without it"


def test_a_session_is_deleted_and_its_runs_are_gone(browser: httpx.Client) -> None:
    session = said(browser, "say: one")[0]["session_id"]
    assert browser.delete(f"/sessions/{session}", params={"db_id": "reggie"}).is_success
    gone = browser.get(f"/sessions/{session}/runs", params={"type": "agent", "db_id": "reggie"})
    assert gone.status_code == 404, "agent-ui treats 404 as empty"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/agents"),
        ("GET", "/sessions"),
        ("GET", "/sessions/s1/runs"),
        ("DELETE", "/sessions/s1"),
        ("POST", "/agents/assistant/runs"),
    ],
)
def test_a_browser_may_send_what_the_page_sends(browser: httpx.Client, method: str, path: str) -> None:
    asked = {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": "authorization,content-type"}
    answer = httpx.options(f"{browser.base_url}{path}", headers={"Origin": UI, **asked}, trust_env=False)
    assert answer.is_success
    assert answer.headers["Access-Control-Allow-Origin"] == UI
    assert method in answer.headers["Access-Control-Allow-Methods"]
    allowed = answer.headers["Access-Control-Allow-Headers"].lower()
    assert "authorization" in allowed
    assert "content-type" in allowed


@pytest.mark.parametrize("origin", ["http://localhost:3001", "https://example.com", "null", "http://localhost:3000.example.com"])
def test_another_page_is_named_nowhere(product: Product, origin: str) -> None:
    with product.client() as client:
        answers = [
            client.get("/agents", headers={"Origin": origin}),
            client.options("/agents", headers={"Origin": origin, "Access-Control-Request-Method": "GET"}),
            client.get("/absent", headers={"Origin": origin}),
        ]
    assert not [answer.headers for answer in answers if "Access-Control-Allow-Origin" in answer.headers]


def test_the_stream_itself_may_be_read_by_the_page(browser: httpx.Client) -> None:
    answer = browser.post("/agents/assistant/runs", files={"message": (None, "say: hi"), "session_id": (None, "")})
    assert answer.headers["Access-Control-Allow-Origin"] == UI
    assert "Origin" in answer.headers["Vary"]
    assert answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
