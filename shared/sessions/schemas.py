"""Sessions and runs at the HTTP edge, in the shapes of AgentOS (`agno/os/schema.py` of 3.1.10)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shared.sessions import wire
from shared.sessions.eventlog import CONTENT
from shared.sessions.models import Feedback, Run, Session
from shared.sessions.runs import stored_events
from shared.sessions.tail import Tail

Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:@~-]{0,127}$")]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Tag = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]
SessionType = Literal["agent", "team", "workflow"]


class Query(BaseModel):
    """Query parameters. Unknown ones are let through unread: AgentOS's clients send `db_id` and `table` everywhere."""

    model_config = ConfigDict(extra="ignore")


class Body(BaseModel):
    """A JSON body: a name that is not known is refused, not dropped."""

    model_config = ConfigDict(extra="forbid")


class SessionQuery(Query):
    type: SessionType | None = None
    user_id: Identifier | None = None


class SessionsQuery(SessionQuery):
    component_id: Identifier | None = None
    session_name: Annotated[str, StringConstraints(max_length=200)] | None = None
    archived: bool | None = None
    pinned: bool | None = None
    tag: Tag | None = None
    running: bool | None = None
    page: int = Field(1, ge=1, le=1000)
    limit: int = Field(20, ge=1, le=200)
    sort_by: Literal["created_at", "updated_at"] = "created_at"
    sort_order: Literal["asc", "desc"] = "desc"


class RunsQuery(SessionQuery):
    """`before` names a run: the answer holds the `limit` runs that came before it."""

    limit: int = Field(500, ge=1, le=500)
    before: Identifier | None = None
    status: list[str] | None = None
    created_after: int | None = Field(None, ge=0, le=2**40)
    created_before: int | None = Field(None, ge=0, le=2**40)


class CreateSession(Body):
    session_id: Identifier | None = None
    session_name: Name | None = None
    session_state: dict[str, Any] | None = None
    metadata: dict[str, Any] | None = None
    user_id: Identifier | None = None
    agent_id: Identifier | None = None
    team_id: Identifier | None = None
    workflow_id: Identifier | None = None


class UpdateSession(Body):
    session_name: Name | None = None
    session_state: dict[str, Any] | None = None
    metadata: dict[str, Any] | None = None
    summary: dict[str, Any] | None = None
    pinned: bool | None = None
    archived: bool | None = None
    tags: list[Tag] | None = Field(None, max_length=20)
    read: Literal[True] | None = None
    """Read up to now."""


class RenameSession(Body):
    session_name: Name


class ForkSession(Body):
    """`run_id`: the last run that the new session shall hold; without it, the last that ended."""

    run_id: Identifier | None = None


class DeleteSessions(Body):
    session_ids: list[Identifier] = Field(min_length=1, max_length=100)
    session_types: list[SessionType] = Field(min_length=1, max_length=100)


class Marks(BaseModel):
    """What a list shows beside a session's name. `cost` in US dollars; `running`: a run is under way or waits for its turn."""

    pinned: bool
    archived: bool
    tags: list[str]
    unread: bool
    running: bool
    runs: int
    cost: float
    shared: bool


class SessionItem(Marks):
    """A session in a list."""

    session_id: str
    session_name: str
    session_state: dict[str, Any] | None = None
    session_type: SessionType = "agent"
    user_id: str | None = None
    agent_id: str | None = None
    session_summary: dict[str, Any] | None = None
    metrics: dict[str, Any] | None = None
    total_tokens: int | None = None
    metadata: dict[str, Any] | None = None
    created_at: str
    updated_at: str


class SessionDetail(Marks):
    """One session. `chat_history` holds the messages of its last turns: at most 20 turns, 256 KiB."""

    user_id: str | None = None
    agent_session_id: str
    session_id: str
    session_name: str
    session_summary: dict[str, Any] | None = None
    session_state: dict[str, Any] | None = None
    agent_id: str | None = None
    total_tokens: int | None = None
    metrics: dict[str, Any] | None = None
    metadata: dict[str, Any] | None = None
    chat_history: list[dict[str, Any]]
    created_at: str
    updated_at: str


class PageMeta(BaseModel):
    page: int
    limit: int
    total_pages: int
    total_count: int
    search_time_ms: float


class SessionPage(BaseModel):
    data: list[SessionItem]
    meta: PageMeta


class RunFeedback(BaseModel):
    rating: Literal["up", "down"]
    reasons: list[str]
    comment: str | None = None


class RunFile(BaseModel):
    """An attachment of a message: `size` in bytes, `url` a path of this API."""

    name: str
    content_type: str
    size: int
    url: str


class RunItem(BaseModel):
    """One run of a session, with its messages and events."""

    run_id: str
    parent_run_id: str | None = None
    agent_id: str
    user_id: str | None = None
    session_id: str
    status: str
    run_input: str
    content: str
    run_response_format: Literal["text"] = "text"
    reasoning_content: str | None = None
    metrics: dict[str, Any]
    messages: list[dict[str, Any]]
    tools: list[dict[str, Any]] | None = None
    events: list[dict[str, Any]] | None = None
    input_media: dict[str, Any] | None = None
    error: dict[str, str] | None = None
    feedback: RunFeedback | None = None
    agent_version: int
    model: str
    attachments: list[RunFile]
    created_at: str


class RunPreview(BaseModel):
    run_id: str
    agent_id: str
    user_id: str | None = None
    status: str
    run_input: str
    content_preview: str
    created_at: str


def session_item(session: Session, *, running: bool) -> SessionItem:
    return SessionItem(
        **_marks(session, running=running),
        session_id=session.id,
        session_name=wire.display_name(session),
        session_state=session.state or None,
        user_id=session.user or None,
        agent_id=session.agent or None,
        session_summary=session.summary,
        metrics=_session_metrics(session),
        total_tokens=_total_tokens(session),
        metadata=session.metadata or None,
        created_at=wire.iso(session.created_at),
        updated_at=wire.iso(session.updated_at),
    )


def session_detail(session: Session, tail: Tail, *, running: bool) -> SessionDetail:
    return SessionDetail(
        **_marks(session, running=running),
        user_id=session.user or None,
        agent_session_id=session.id,
        session_id=session.id,
        session_name=wire.display_name(session),
        session_summary=session.summary,
        session_state=session.state or None,
        agent_id=session.agent or None,
        total_tokens=_total_tokens(session),
        metrics=_session_metrics(session),
        metadata=session.metadata or None,
        chat_history=[wire.message_fields(message) for message in tail.messages if message.role != "tool" and not message.tool_calls],
        created_at=wire.iso(session.created_at),
        updated_at=wire.iso(session.updated_at),
    )


def run_item(run: Run, events: list[dict[str, Any]] | None = None) -> RunItem:
    output = wire.run_output(run)
    files: list[dict[str, Any]] = [{"name": file.name, "content_type": file.content_type, "size": file.size} for file in run.request.files]
    place = f"/sessions/{run.request.session}/runs/{run.id}/files"
    return RunItem(
        run_id=run.id,
        parent_run_id=run.parent or None,
        agent_id=run.request.agent,
        user_id=run.request.user or None,
        session_id=run.request.session,
        status=output["status"],
        run_input=run.request.message,
        content=output["content"],
        reasoning_content=run.reasoning or None,
        metrics=output["metrics"],
        messages=output["messages"],
        tools=output.get("tools"),
        events=events,
        input_media={"files": files} if files else None,
        error=output.get("error"),
        feedback=None if run.feedback is None else run_feedback(run.feedback),
        agent_version=run.request.agent_version,
        model=run.request.model,
        attachments=[RunFile(**file, url=f"{place}/{number}") for number, file in enumerate(files)],
        created_at=wire.iso(run.created_at),
    )


def stored_run_events(run: Run) -> list[dict[str, Any]]:
    """The run's events without the pieces of the answer, as AgentOS stores them."""
    return [wire.event_fields(event, run.id, run.request) for event in stored_events(run).events if event.name != CONTENT]


def run_feedback(feedback: Feedback) -> RunFeedback:
    return RunFeedback(rating=feedback.rating, reasons=list(feedback.reasons), comment=feedback.comment or None)


def run_preview(run: Run) -> RunPreview:
    return RunPreview(
        run_id=run.id,
        agent_id=run.request.agent,
        user_id=run.request.user or None,
        status=wire.STATUS[run.state],
        run_input=run.request.message[: wire.PREVIEW_CHARACTERS],
        content_preview=run.content[: wire.PREVIEW_CHARACTERS],
        created_at=wire.iso(run.created_at),
    )


def matches(run: Run, query: RunsQuery) -> bool:
    """Whether a run is among those that a list of runs was asked for; times in epoch seconds."""
    at = run.created_at.timestamp()
    return (
        (not query.status or wire.STATUS[run.state] in {status.upper() for status in query.status})
        and (query.created_after is None or at >= query.created_after)
        and (query.created_before is None or at <= query.created_before)
    )


def _marks(session: Session, *, running: bool) -> dict[str, Any]:
    return {
        "pinned": session.pinned,
        "archived": session.archived,
        "tags": list(session.tags),
        "unread": session.unread,
        "running": running,
        "runs": session.runs,
        "cost": session.cost_micros / 1_000_000,
        "shared": session.shares > 0,
    }


def _total_tokens(session: Session) -> int:
    return session.usage.input_tokens + session.usage.output_tokens


def _session_metrics(session: Session) -> dict[str, Any]:
    return {**wire.usage_fields(session.usage), "cost": session.cost_micros / 1_000_000}
