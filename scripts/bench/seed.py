"""Prepares the store that the environment names, and prints an API key: `python -m scripts.bench.seed`."""

from __future__ import annotations

from local.seed import development, seed
from scripts.bench.agent import AGENT, INSTRUCTIONS
from shared.agents.models import Agent
from shared.agents.store import AgentStore
from shared.kit.metered import DatabaseUsage
from shared.wiring import services


def main() -> None:
    """Enter a workspace with an owner, and the agent that both sides serve."""
    made = development(services.settings.home, "http://127.0.0.1")
    documents = services.documents(made.workspace, DatabaseUsage())
    seed(services.directory(), documents, made, "openai:stub")
    AgentStore(documents).add(Agent(id=AGENT, name="Bench", description="", instructions=INSTRUCTIONS, model="openai:stub"))
    print(made.api_key)


if __name__ == "__main__":
    main()
