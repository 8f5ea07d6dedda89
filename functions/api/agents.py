"""Agents, as AgentOS lists them."""

from __future__ import annotations

from shared.agents.schemas import AgentDetail, agent_detail
from shared.web.call import Call
from shared.wiring import services


def list_agents(call: Call) -> list[AgentDetail]:
    """Every agent of the workspace."""
    return [agent_detail(agent, services.tools) for agent in services.agents(call).all()]


def get_agent(call: Call) -> AgentDetail:
    """One agent. 404 when it is not there."""
    return agent_detail(services.agents(call).get(call.path["agent_id"]), services.tools)


def list_teams(call: Call) -> list[AgentDetail]:  # noqa: ARG001
    """No workspace has teams yet: always an empty list, which AgentOS's clients ask for at their start."""
    return []


def list_workflows(call: Call) -> list[AgentDetail]:  # noqa: ARG001
    """No workspace has workflows yet: always an empty list."""
    return []
