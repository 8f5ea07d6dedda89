"""Runs, sessions and events in the words of AgentOS's wire (agno 3.1.10: `agno/run/agent.py`, `agno/os/schema.py`).

Where we add to it, we add fields: `event_index`, `attempt` and `retry_after` in events, `cost` and `database` in a run's metrics.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from shared.sessions.eventlog import CONTENT, Event
from shared.sessions.events import Delta, Finished, ModelCompleted, ModelStarted, RunnerEvent, ToolCompleted, ToolStarted
from shared.sessions.messages import Message, ToolCall, Usage
from shared.sessions.models import Run, RunOutcome, RunRequest, RunState, Session

RUN_STARTED: Final = "RunStarted"
RUN_CONTENT_COMPLETED: Final = "RunContentCompleted"
RUN_COMPLETED: Final = "RunCompleted"
RUN_ERROR: Final = "RunError"
RUN_CANCELLED: Final = "RunCancelled"

STATUS: Final[dict[RunState, str]] = {
    "queued": "PENDING",
    "running": "RUNNING",
    "completed": "COMPLETED",
    "failed": "ERROR",
    "interrupted": "ERROR",
    "cancelled": "CANCELLED",
}

PREVIEW_CHARACTERS = 280
"""Length of the previews of /run-previews, as AgentOS cuts them."""


def describe(event: RunnerEvent, request: RunRequest) -> tuple[str, dict[str, Any]]:
    """A runner's event as an event name and its own fields. Finished has no event of its own: the run's end is told after its commit."""
    model = {"model": model_name(request.model), "model_provider": provider_name(request.model)}
    match event:
        case Delta(text, reasoning):
            return CONTENT, ({"content": text} if text else {"reasoning_content": reasoning})
        case ModelStarted():
            return "ModelRequestStarted", model
        case ModelCompleted(usage, first_token_after):
            tokens = usage_fields(usage)
            if first_token_after is not None:
                tokens["time_to_first_token"] = round(first_token_after, 6)
            return "ModelRequestCompleted", {**model, **tokens}
        case ToolStarted(call):
            return "ToolCallStarted", {"tool": tool_fields(call)}
        case ToolCompleted(call):
            name = "ToolCallError" if call.failed else "ToolCallCompleted"
            fields: dict[str, Any] = {"tool": tool_fields(call), "content": call.result or ""}
            return name, ({**fields, "error": call.result or ""} if call.failed else fields)
        case Finished():
            return RUN_CONTENT_COMPLETED, {}


def started_fields(run: Run) -> dict[str, Any]:
    """The fields of RunStarted. `attempt` counts the times that the run was begun: past the first, readers start the answer anew."""
    model = run.request.model
    return {"model": model_name(model), "model_provider": provider_name(model), "attempt": run.fence}


def error_fields(message: str, kind: str, retry_after: float | None) -> dict[str, Any]:
    """The fields of RunError; `retry_after` in seconds, only where waiting helps."""
    return {"content": message, "error_type": kind, **({} if retry_after is None else {"retry_after": round(retry_after, 1)})}


def event_fields(event: Event, run: str, request: RunRequest) -> dict[str, Any]:
    """The whole event as it stands in a stream's `data`."""
    fields: dict[str, Any] = {
        "created_at": event.at,
        "event": event.name,
        "agent_id": request.agent,
        "agent_name": request.agent_name,
        "run_id": run,
        "session_id": request.session,
        "nested_depth": 0,
        "event_index": event.index,
        **event.fields,
    }
    if event.name == CONTENT:
        fields["content_type"] = "str"
    return fields


def model_name(model: str) -> str:
    """`gpt-5-mini` of `openai:gpt-5-mini`."""
    return model.partition(":")[2]


def provider_name(model: str) -> str:
    """The provider as AgentOS writes it, so that its UIs find the icon."""
    provider = model.partition(":")[0]
    return {"openai": "OpenAI", "local": "Local"}.get(provider, provider)


def usage_fields(usage: Usage) -> dict[str, Any]:
    """Token counts; cached and reasoning tokens only when there are any."""
    fields: dict[str, Any] = {
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }
    if usage.cached_tokens:
        fields["cache_read_tokens"] = usage.cached_tokens
    if usage.reasoning_tokens:
        fields["reasoning_tokens"] = usage.reasoning_tokens
    if usage.estimated:
        fields["estimated"] = True
    return fields


def metrics_fields(outcome: RunOutcome) -> dict[str, Any]:
    """A run's metrics. `cost` is US dollars, as AgentOS has it; absent when no price is known for the model."""
    fields = usage_fields(outcome.usage)
    if outcome.first_token_after is not None:
        fields["time_to_first_token"] = round(outcome.first_token_after, 6)
    fields["duration"] = round(outcome.duration, 6)
    if outcome.cost_micros is not None:
        fields["cost"] = outcome.cost_micros / 1_000_000
    if outcome.database:
        fields["database"] = outcome.database
    return fields


def tool_fields(call: ToolCall) -> dict[str, Any]:
    """A tool call as a ToolExecution."""
    return {
        "tool_call_id": call.id,
        "tool_name": call.name,
        "tool_args": call.arguments,
        "tool_call_error": call.failed,
        "result": call.result,
        "metrics": {"start_time": call.started_at, "duration": call.duration} if call.result is not None else None,
        "created_at": int(call.started_at),
    }


def tools_of(messages: tuple[Message, ...]) -> list[dict[str, Any]]:
    """The tool calls of a turn with their results, in order."""
    results = {message.tool_call_id: message.content for message in messages if message.role == "tool"}
    calls = [call for message in messages for call in message.tool_calls]
    return [
        {"tool_call_id": call.id, "tool_name": call.name, "tool_args": call.arguments, "result": results.get(call.id, "")} for call in calls
    ]


def message_fields(message: Message) -> dict[str, Any]:
    """A message in the shape of agno's Message."""
    fields: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.tool_calls:
        fields["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}} for call in message.tool_calls
        ]
    if message.tool_call_id:
        fields["tool_call_id"] = message.tool_call_id
        fields["tool_name"] = message.tool_name
    return fields


def run_output(run: Run) -> dict[str, Any]:
    """A run as the answer to a request with `stream=false`, in the shape of agno's RunOutput; times are epoch seconds."""
    request = run.request
    output: dict[str, Any] = {
        "run_id": run.id,
        "agent_id": request.agent,
        "agent_name": request.agent_name,
        "session_id": request.session,
        "user_id": request.user,
        "content": run.content if run.failure is None or run.content else run.failure.message,
        "content_type": "str",
        "model": model_name(request.model),
        "model_provider": provider_name(request.model),
        "created_at": int(run.created_at.timestamp()),
        "status": STATUS[run.state],
        "metrics": metrics_fields(run.outcome),
        "messages": [message_fields(message) for message in said(run)],
        "input": {"input_content": request.message},
    }
    if run.parent:
        output["parent_run_id"] = run.parent
    if run.reasoning:
        output["reasoning_content"] = run.reasoning
    if tools := tools_of(run.messages):
        output["tools"] = tools
    if run.failure is not None:
        output["error"] = {"type": run.failure.kind, "message": run.failure.message}
    return output


def said(run: Run) -> list[Message]:
    """What a run added to its session: the user's message, then what the agent did and answered."""
    user = Message("user", run.request.message)
    if run.messages:
        return [user, *run.messages]
    return [user, Message("assistant", run.content)] if run.content else [user]


def iso(moment: datetime) -> str:
    """A time as the data routes write it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def display_name(session: Session) -> str:
    """A session's own name, or its first message."""
    return session.name or session.title
