"""The sweeper: dead leases, forgotten events, unfinished deletions. Safe to run at any time, also twice at once."""

from __future__ import annotations

from typing import Any

from shared.kit.errors import Unavailable
from shared.kit.metered import DatabaseUsage
from shared.sessions.runs import RunStore
from shared.sessions.store import SessionStore
from shared.web.call import Call
from shared.wiring import services

OUTBOX_SECONDS = 30.0
"""Younger entries are on their way: their own process publishes them right after the commit."""
_BATCH = 100


def sweep(call: Call) -> dict[str, Any]:  # noqa: ARG001
    """Look after every workspace; how many runs were handed over, events published and deletions finished."""
    handed_over = published = deleted = 0
    after = None
    while workspaces := services.directory().workspaces(after=after):
        for workspace in workspaces:
            after = workspace.id
            handed_over += _hand_over_dead_runs(workspace.id)
            published += services.outbox(workspace.id).sweep(min(OUTBOX_SECONDS, services.live_runs.lease.lasts))
            deleted += _finish_deletions(workspace.id)
    return {"runs": handed_over, "events": published, "deletions": deleted}


def _hand_over_dead_runs(workspace: str) -> int:
    usage = DatabaseUsage()
    runs = RunStore(services.documents(workspace, usage), services.blobs(workspace))
    turns = services.turns_of(workspace, usage)
    dead = [run for run in runs.open_runs(_BATCH) if run.age > services.live_runs.lease.lasts]
    for run in dead:
        turns.hand_over(run.id)
    return len(dead)


def _finish_deletions(workspace: str) -> int:
    store = SessionStore(services.documents(workspace, DatabaseUsage()), services.blobs(workspace))
    unfinished = store.unfinished_deletions()
    for session in unfinished:
        try:
            store.finish_deletion(session)
        except Unavailable:
            return 0
    return len(unfinished)
