"""Agents as documents of a workspace: `agents/{id}`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import orjson

from shared.agents.models import Agent, ModelSettings
from shared.kit.documents import SERVER_TIME, Create, Documents, Order, Patch, Snapshot
from shared.kit.errors import NotFound


class AgentStore:
    """The agents of one workspace."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def get(self, agent: str) -> Agent:
        """Raises NotFound."""
        (snapshot,) = self._documents.get(f"agents/{agent}")
        if snapshot is None:
            raise NotFound("Agent not found")
        return _load(snapshot)

    def all(self, limit: int = 500) -> list[Agent]:
        """Agents in the order in which they were made."""
        return [_load(snapshot) for snapshot in self._documents.query("agents", order=[Order("created_at")], limit=limit)]

    def add(self, agent: Agent) -> None:
        """Raises AlreadyExists."""
        self._documents.commit(Create(f"agents/{agent.id}", _dump(agent)))

    def set_model(self, agent: str, model: str) -> None:
        """Let the agent speak through another model from its next turn on. Raises Conflict when it is not there."""
        self._documents.commit(Patch(f"agents/{agent}", {"model": model}))


def _dump(agent: Agent) -> dict[str, Any]:
    fields = asdict(agent)
    del fields["id"]
    fields["settings"] = orjson.dumps(fields["settings"]).decode()
    fields["tools"] = list(agent.tools)
    fields["starter_prompts"] = list(agent.starter_prompts)
    return {**fields, "created_at": SERVER_TIME}


def _load(snapshot: Snapshot) -> Agent:
    fields = snapshot.fields
    return Agent(
        id=snapshot.id,
        name=fields["name"],
        description=fields["description"],
        instructions=fields["instructions"],
        model=fields["model"],
        tools=tuple(fields["tools"]),
        settings=ModelSettings(**orjson.loads(fields["settings"])),
        version=fields["version"],
        starter_prompts=tuple(fields["starter_prompts"]),
    )
