"""What this installation is: for people, for clients and for AgentOS's user interfaces."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from shared.agents.schemas import DATABASE_ID, agent_summary
from shared.sessions import wire
from shared.web.call import Call, Raw
from shared.wiring import services

NAME = "Reggie AgentOS"
VERSION = "0.1.0"
_OPENAPI = Path(__file__).parents[1] / "openapi.json"


def home(call: Call) -> dict[str, Any]:  # noqa: ARG001
    """Where to go from here."""
    return {"name": NAME, "health": "/health", "info": "/info", "docs": "/openapi.json"}


def info(call: Call) -> dict[str, Any]:  # noqa: ARG001
    """What a client may know before it signs in. Counts are left at zero: they belong to a workspace."""
    return {
        "os_id": "reggie",
        "name": NAME,
        "os_version": VERSION,
        "agno_version": "3.1.10",
        "agent_count": 0,
        "team_count": 0,
        "workflow_count": 0,
        "mcp": {"enabled": False, "path": None, "oauth": None, "tool_run_endpoint": False},
        "auth_mode": "security_key",
        "user_isolation": True,
    }


def openapi(call: Call) -> Raw:  # noqa: ARG001
    """The OpenAPI document, made from the routes by `make openapi`."""
    return Raw(_OPENAPI.read_bytes())


def config(call: Call) -> dict[str, Any]:
    """The workspace as AgentOS describes an OS."""
    agents = services.agents(call).all()
    models = {agent.model: {"id": agent.model_name, "provider": wire.provider_name(agent.model)} for agent in agents}
    return {
        "os_id": "reggie",
        "name": NAME,
        "available_models": list(models.values()),
        "databases": [DATABASE_ID],
        "chat": {"quick_prompts": {agent.id: list(agent.starter_prompts) for agent in agents if agent.starter_prompts}},
        "session": {"dbs": [{"db_id": DATABASE_ID, "domain_config": {"display_name": "Sessions"}, "tables": ["sessions"]}]},
        "agents": [agent_summary(agent) for agent in agents],
        "teams": [],
        "workflows": [],
        "interfaces": [],
        "company": None,
    }
