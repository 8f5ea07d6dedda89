"""The sweeper: dead leases, forgotten events, unfinished deletions and forks. Safe to run at any time, also twice at once."""

from __future__ import annotations

from typing import Any

from shared.kit import log
from shared.kit.errors import Unavailable
from shared.kit.metered import DatabaseUsage
from shared.sessions.forks import Forks
from shared.sessions.runs import RunStore
from shared.web.call import Call
from shared.wiring import services

OUTBOX_SECONDS = 30.0
"""Younger entries are on their way: their own process publishes them right after the commit."""
_BATCH = 100


def sweep(call: Call) -> dict[str, Any]:  # noqa: ARG001
    """Look after every workspace; how many runs were handed over, events published and deletions finished.

    A workspace that cannot be looked after now is left to the next sweep, and the others do not wait for it; then the answer is 503.
    """
    done = {"runs": 0, "events": 0, "deletions": 0}
    left = 0
    after = None
    while workspaces := services.directory().workspaces(after=after):
        after = workspaces[-1].id
        for workspace in workspaces:
            try:
                done["runs"] += _hand_over_dead_runs(workspace.id)
                done["events"] += services.outbox(workspace.id).sweep(min(OUTBOX_SECONDS, services.live_runs.lease.lasts))
                done["deletions"] += _finish_deletions(workspace.id)
            except Unavailable as error:
                log.warning("a workspace could not be swept", error=error, workspace=workspace.id)
                left += 1
    if left:
        raise Unavailable(f"{left} workspaces could not be swept; the next sweep tries again")
    return done


def _hand_over_dead_runs(workspace: str) -> int:
    usage = DatabaseUsage()
    runs = RunStore(services.documents(workspace, usage), services.blobs(workspace))
    turns = services.turns_of(workspace, usage)
    dead = [run for run in runs.open_runs(_BATCH) if run.age > services.live_runs.lease.lasts]
    for run in dead:
        turns.hand_over(run.id)
    return len(dead)


def _finish_deletions(workspace: str) -> int:
    # What is left of forks that broke off is deleted, too.
    Forks(services.documents(workspace, DatabaseUsage()), services.blobs(workspace)).give_up_abandoned()
    deletions = services.deletions(workspace, DatabaseUsage())
    unfinished = deletions.unfinished()
    for session in unfinished:
        deletions.finish(session)
    return len(unfinished)
