"""Runs, sessions and events in AgentOS's words, read by agno's own classes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from agno.run.agent import RunOutput, run_output_event_from_dict

from shared.sessions import wire
from shared.sessions.eventlog import Event
from shared.sessions.events import Delta, Finished, ModelCompleted, ModelStarted, RunnerEvent, ToolCompleted, ToolStarted
from shared.sessions.messages import Message, ToolCall, Usage
from shared.sessions.models import Failure, Run, RunOutcome, RunRequest, RunState

REQUEST = RunRequest("a1", "Assistant", 1, "openai:gpt-4.1-mini", "s1", "u1", "hello")
CALL = ToolCall("c1", "calculator", {"expression": "1+1"}, started_at=1000.5, duration=0.25)
RUN = Run(
    id="r1",
    request=REQUEST,
    state="completed",
    created_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    fence=1,
    owner="ins",
    version=1,
    age=0.0,
    cancel_reason="",
    body_digest="",
    content="it is 2",
    messages=(
        Message("assistant", "", (CALL,)),
        Message("tool", "2", (), "c1", "calculator"),
        Message("assistant", "it is 2"),
    ),
    outcome=RunOutcome(Usage(10, 5, 2, 1), 7, 0.5, 1.25, {"reads": 2, "writes": 8, "commits": 4}),
)


@pytest.mark.parametrize(
    ("event", "name", "expected"),
    [
        (ModelStarted(), "ModelRequestStarted", {"model": "gpt-4.1-mini", "model_provider": "OpenAI"}),
        (
            ModelCompleted(Usage(3, 4, 1, 2), 0.1234567),
            "ModelRequestCompleted",
            {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7, "reasoning_tokens": 2, "time_to_first_token": 0.123457},
        ),
        (Delta("words"), "RunContent", {"content": "words", "content_type": "str"}),
        (Delta(reasoning="why"), "RunContent", {"reasoning_content": "why"}),
        (ToolStarted(CALL), "ToolCallStarted", {}),
        (ToolCompleted(replace(CALL, result="2")), "ToolCallCompleted", {"content": "2"}),
        (ToolCompleted(replace(CALL, result="no", failed=True)), "ToolCallError", {"error": "no"}),
        (Finished("", "", (), Usage(), None), "RunContentCompleted", {}),
    ],
)
def test_each_event_of_a_runner_is_one_of_agnos(event: RunnerEvent, name: str, expected: dict[str, Any]) -> None:
    described, fields = wire.describe(event, REQUEST)
    assert described == name
    whole = wire.event_fields(Event(3, described, 1000, fields), "r1", REQUEST)
    assert (whole["event_index"], whole["nested_depth"], whole["session_id"]) == (3, 0, "s1")
    parsed: Any = run_output_event_from_dict(whole)
    assert (parsed.event, parsed.run_id, parsed.agent_name, parsed.created_at) == (name, "r1", "Assistant", 1000)
    assert {field: getattr(parsed, field) for field in expected} == expected


def test_a_tool_event_is_a_tool_execution() -> None:
    parsed: Any = run_output_event_from_dict(
        wire.event_fields(
            Event(0, "ToolCallCompleted", 1, wire.describe(ToolCompleted(replace(CALL, result="2")), REQUEST)[1]), "r1", REQUEST
        )
    )
    tool = parsed.tool
    assert (tool.tool_call_id, tool.tool_name, tool.tool_args, tool.result, tool.tool_call_error) == (
        "c1",
        "calculator",
        {"expression": "1+1"},
        "2",
        False,
    )


def test_a_run_is_a_run_output_with_its_cost() -> None:
    output = wire.run_output(RUN)
    parsed = RunOutput.from_dict(dict(output))
    assert (parsed.run_id, parsed.content, parsed.session_id, parsed.user_id) == ("r1", "it is 2", "s1", "u1")
    assert parsed.metrics is not None
    assert (parsed.metrics.input_tokens, parsed.metrics.total_tokens, parsed.metrics.cost) == (10, 15, 0.000007)
    assert output["metrics"]["database"] == {"reads": 2, "writes": 8, "commits": 4}
    assert [message["role"] for message in output["messages"]] == ["user", "assistant", "tool", "assistant"]
    assert output["tools"] == [{"tool_call_id": "c1", "tool_name": "calculator", "tool_args": {"expression": "1+1"}, "result": "2"}]
    assert output["created_at"] == 1767323045


@pytest.mark.parametrize(
    ("state", "content", "status", "shown"),
    [
        ("queued", "", "PENDING", ""),
        ("running", "half", "RUNNING", "half"),
        ("failed", "", "ERROR", "the reason"),
        ("interrupted", "half", "ERROR", "half"),
        ("cancelled", "half", "CANCELLED", "half"),
    ],
)
def test_a_run_without_a_full_answer_says_so(state: RunState, content: str, status: str, shown: str) -> None:
    failure = None if status in ("PENDING", "RUNNING") else Failure("kind", "the reason")
    output = wire.run_output(replace(RUN, state=state, content=content, messages=(), failure=failure))
    assert (output["status"], output["content"]) == (status, shown)
    assert output.get("error") == (None if failure is None else {"type": "kind", "message": "the reason"})
    assert [message["content"] for message in output["messages"]] == ["hello", *([content] if content else [])]


def test_a_model_without_a_known_price_has_no_cost() -> None:
    assert "cost" not in wire.metrics_fields(RunOutcome(Usage(1, 1)))
    assert wire.metrics_fields(RunOutcome(Usage(1, 1), 0))["cost"] == 0


def test_tokens_that_we_counted_ourselves_are_marked() -> None:
    assert wire.usage_fields(Usage(1, 1, estimated=True))["estimated"] is True
    assert "estimated" not in wire.usage_fields(Usage(1, 1))


def test_times_are_utc_to_the_second() -> None:
    assert wire.iso(datetime(2026, 1, 2, 3, 4, 5, 999999, tzinfo=UTC)) == "2026-01-02T03:04:05Z"
