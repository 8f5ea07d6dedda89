"""The money invariant: what the sessions say was used is what their runs say, and nothing is left to be done."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from shared.adapters.localqueue.queue import LocalQueue
from shared.kit.blobs import Blobs
from shared.kit.documents import Documents, Order
from shared.sessions.messages import Usage
from shared.sessions.models import Run
from shared.sessions.runs import RunStore
from shared.sessions.store import SessionFilter, SessionStore

_PAGE = 200


@dataclass(slots=True)
class Sum:
    """Of the runs of one session, or as the session has it."""

    runs: int = 0
    usage: Usage = field(default_factory=Usage)
    cost_micros: int = 0


def imbalances(documents: Documents, blobs: Blobs, queue: LocalQueue | None = None) -> list[str]:
    """What does not add up in a workspace, a sentence each; empty when every book is right and closed."""
    store = RunStore(documents, blobs)
    sessions, _ = SessionStore(documents).page(SessionFilter(), "created_at", descending=False, limit=10_000, page=1)
    found: list[str] = []
    summed: dict[str, Sum] = defaultdict(Sum)
    for session in sessions:
        for run in all_runs(store, session.id):
            if run.open:
                found.append(f"{run.id} is still {run.state}")
                continue
            total = summed[session.id]
            total.runs += 1
            total.usage += run.outcome.usage
            total.cost_micros += run.outcome.cost_micros or 0
        counted = Sum(session.runs, session.usage, session.cost_micros)
        if counted != summed[session.id]:
            found.append(f"{session.id} has counted {counted}, its runs add up to {summed[session.id]}")
    found += [f"{run.id} is open" for run in store.open_runs(10)]
    found += [f"{entry.path} was not published" for entry in documents.query("outbox", order=[Order("created_at")], limit=10)]
    if queue is not None:
        if (due := queue.next_due()) is not None:
            found.append(f"the queue still holds a message, due in {due:.1f} s")
        found += [f"dead letter: {letter}" for letter in queue.dead_letters()]
    return found


def all_runs(store: RunStore, session: str) -> list[Run]:
    """Every run of a session, in its order."""
    runs: list[Run] = []
    while page := store.page(session, _PAGE, before=runs[0].id if runs else None):
        runs = page + runs
    return runs
