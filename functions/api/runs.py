"""Runs of an agent as they are stored."""

from __future__ import annotations

from shared.agents.schemas import AgentRunsQuery, RunOutput, RunQuery
from shared.kit.errors import NotFound
from shared.sessions import wire
from shared.sessions.schemas import RunItem, run_item
from shared.web.call import Call, Reply
from shared.wiring import services


def list_agent_runs(call: Call, query: AgentRunsQuery) -> list[RunItem]:
    """The last 500 runs of an agent in a session, oldest first."""
    services.access(call).session(query.session_id)
    runs = services.runs(call).page(query.session_id, 500)
    wanted = [run for run in runs if run.request.agent == call.path["agent_id"]]
    return [run_item(run) for run in wanted if query.status in (None, wire.STATUS[run.state])]


def get_agent_run(call: Call, query: RunQuery) -> Reply[RunOutput]:
    """One run: its state while it runs, its answer when it ended."""
    run = services.access(call).run(call.path["run_id"], query.session_id)
    if run.request.agent != call.path["agent_id"]:
        raise NotFound(f"Run with id '{run.id}' not found in session '{query.session_id}'")
    return Reply(wire.run_output(run))
