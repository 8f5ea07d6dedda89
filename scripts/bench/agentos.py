"""agno's own AgentOS with one agent, as its documentation sets it up: `uvicorn scripts.bench.agentos:app`.

BENCH_DB: `sqlite` with BENCH_FILE, or `firestore` with FIRESTORE_EMULATOR_HOST. OPENAI_BASE_URL names the model server.
"""

from __future__ import annotations

import os
from typing import Any

from agno.agent import Agent
from agno.models.openai import OpenAIChat
from agno.os import AgentOS

from scripts.bench.agent import AGENT, INSTRUCTIONS
from scripts.bench.counting import count_documents


def _database() -> Any:
    if os.environ["BENCH_DB"] == "sqlite":
        from agno.db.sqlite import SqliteDb

        return SqliteDb(db_file=os.environ["BENCH_FILE"])
    from agno.db.firestore import FirestoreDb
    from google.auth.credentials import AnonymousCredentials
    from google.cloud.firestore import Client

    count_documents()
    database = FirestoreDb(db_client=Client(project="demo-bench", credentials=AnonymousCredentials()))  # type: ignore[no-untyped-call]
    # A fresh process does not read a session's runs before it has written one (_get_collection in agno/db/firestore/firestore.py).
    # The work-around keeps this out of the measurements. Its index calls reach Google, not the emulator: they are left out too.
    for kind in ("sessions", "runs"):
        setattr(database, f"_agno_{kind}_initialized", True)
        database._get_collection(kind)  # noqa: SLF001
    return database


agent = Agent(
    id=AGENT,
    name="Bench",
    instructions=INSTRUCTIONS,
    model=OpenAIChat(id="stub", base_url=os.environ["OPENAI_BASE_URL"], api_key="stub"),
    db=_database(),
    add_history_to_context=True,
    telemetry=False,
)
app = AgentOS(agents=[agent], telemetry=False).get_app()
