"""Agents and runs at the HTTP edge, in the shapes of AgentOS."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from shared.agents.models import Agent
from shared.agents.runner import Tool
from shared.kit.ids import CLIENT_ID
from shared.metrics.prices import price_of
from shared.sessions import wire
from shared.sessions.schemas import Identifier

DATABASE_ID = "reggie"
"""agent-ui asks for sessions only when an agent names its database; we have one."""
MAX_MESSAGE = 1_000_000


IdentifierOrEmpty = Annotated[
    Identifier | None,
    BeforeValidator(lambda value: None if value == "" else value),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": f"^(?:{CLIENT_ID.pattern})?$"}, {"type": "null"}]}),
]
"""agent-ui sends the empty string for what it does not know yet."""


class RunForm(BaseModel):
    """A message to an agent. Fields that AgentOS's clients may send and that have no meaning here are let through unread."""

    model_config = ConfigDict(extra="ignore")

    message: str = Field(min_length=1, max_length=MAX_MESSAGE)
    stream: bool = True
    session_id: IdentifierOrEmpty = None
    user_id: IdentifierOrEmpty = None
    background: bool = False
    parent_run_id: IdentifierOrEmpty = None
    """The run of this session after which the message stands; `root`: none, it is a first message. Absent: the run last worked on.

    With it a session that is named must be there; without it one is made.
    """
    images: str | None = None
    """JSON array of media with base64 `content`, as agno's client sends them."""
    input_files: str | None = None


class ContinueForm(BaseModel):
    """Go on with a run: attach to it while it runs, try again what failed, or follow a completed one up with `input`."""

    model_config = ConfigDict(extra="ignore")

    session_id: Identifier
    user_id: Identifier | None = None
    stream: bool = True
    input: str | None = Field(None, min_length=1, max_length=MAX_MESSAGE)
    tools: str | None = None


class ResumeForm(BaseModel):
    """Read a run's events again behind `last_event_index`."""

    model_config = ConfigDict(extra="ignore")

    session_id: Identifier
    last_event_index: int = Field(-1, ge=-1, le=2**53)


class CancelForm(BaseModel):
    model_config = ConfigDict(extra="ignore")


class RunQuery(BaseModel):
    """`session_id` is required: a run is read in its session."""

    model_config = ConfigDict(extra="ignore")

    session_id: Identifier


class AgentRunsQuery(RunQuery):
    status: Literal["PENDING", "RUNNING", "COMPLETED", "PAUSED", "CANCELLED", "ERROR", "REGENERATED"] | None = None


class EventsQuery(RunQuery):
    last_event_index: int = Field(-1, ge=-1, le=2**53)


class RunOutput(BaseModel):
    """A run's answer, in the shape of agno's RunOutput. `metrics.cost` in US dollars; `metrics.database` counts documents."""

    run_id: str
    agent_id: str
    agent_name: str
    session_id: str
    parent_run_id: str | None = None
    user_id: str | None = None
    content: str
    content_type: Literal["str"] = "str"
    reasoning_content: str | None = None
    model: str
    model_provider: str
    created_at: int
    status: str
    metrics: dict[str, Any]
    messages: list[dict[str, Any]]
    tools: list[dict[str, Any]] | None = None
    input: dict[str, Any]
    error: dict[str, str] | None = None


class RunPending(BaseModel):
    """A run that was accepted and is worked on in the background."""

    run_id: str
    session_id: str
    status: str


class ModelPrice(BaseModel):
    """US dollars per million tokens."""

    input: float
    cached: float
    output: float


class AgentDetail(BaseModel):
    id: str
    name: str
    db_id: str = DATABASE_ID
    description: str | None = None
    model: dict[str, str]
    tools: dict[str, Any] | None = None
    sessions: dict[str, Any]
    system_message: dict[str, Any]
    is_component: bool = True
    current_version: int
    context_window: int | None = None
    """Tokens that its model reads and writes at once; absent where it is not known, as `price` is."""
    price: ModelPrice | None = None


def agent_detail(agent: Agent, tools: dict[str, Tool]) -> AgentDetail:
    """An agent as `GET /agents` shows it; `model` has AgentOS's three keys."""
    known = [tools[name] for name in agent.tools if name in tools]
    price = price_of(agent.model)
    return AgentDetail(
        id=agent.id,
        name=agent.name,
        description=agent.description or None,
        model={"name": "OpenAIChat", "model": agent.model_name, "provider": wire.provider_name(agent.model)},
        tools={"tools": [{"name": tool.name, "description": tool.description, "parameters": tool.parameters} for tool in known]}
        if known
        else None,
        sessions={"session_table": "sessions", "add_history_to_context": True},
        system_message={"description": agent.description, "instructions": agent.instructions},
        current_version=agent.version,
        context_window=price.context_window if price else None,
        price=ModelPrice(input=price.input / 1e6, cached=price.cached / 1e6, output=price.output / 1e6) if price else None,
    )


def agent_summary(agent: Agent) -> dict[str, Any]:
    """An agent as `GET /config` shows it; there `model` has an `id`."""
    return {
        "id": agent.id,
        "name": agent.name,
        "description": agent.description,
        "db_id": DATABASE_ID,
        "model": {"id": agent.model_name, "provider": wire.provider_name(agent.model)},
        "sandboxed": False,
    }
