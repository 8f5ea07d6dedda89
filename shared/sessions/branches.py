"""Branches of a session. Each run names its parent, the run after which its message stands; runs with one parent are siblings.

An edited message and a regenerated answer are siblings of the run that they replace. The model is shown the ancestors of a run and nothing
else of the session.
"""

from __future__ import annotations

from dataclasses import replace

from shared.sessions import wire
from shared.sessions.models import Run
from shared.sessions.runs import RunStore
from shared.sessions.tail import MAX_BYTES, MAX_TURNS, Tail, Turn, bounded, turn_size


def branch(runs: RunStore, session: str, parent: str, window: Tail) -> Tail | None:
    """The window of the branch that ends with the run `parent` (empty: of a conversation without a turn), as a Tail of the same version.

    `window` is the session's stored one. What it does not show is read from the runs, one by one from `parent` back: at most MAX_TURNS,
    none when `parent` is the run that was last worked on. None when the session has no such run.
    """
    if parent == window.last:
        return window
    found: list[Turn] = []
    place, shown, reads = parent, window, 0
    while place and len(found) < MAX_TURNS and reads < MAX_TURNS and sum(map(turn_size, found)) <= MAX_BYTES:
        if (turns := shown.up_to(place)) is not None:
            # Of these each run is a true ancestor, but the branch may be longer than what the window shows of it.
            found[:0], place, shown = turns, window.older, Tail()
            continue
        run = runs.find(place)
        reads += 1
        if run is None or run.request.session != session:
            if place == parent:
                return None
            break
        if spoke(run):
            found.insert(0, bounded(run.id, wire.said(run)))
        place = run.parent or ""
    bounds = Tail.of(found, last=parent, older=place)
    return replace(bounds, version=window.version, free=window.free, in_turn=window.in_turn)


def spoke(run: Run) -> bool:
    """Whether the run has a turn in its branch: a question that got no word of an answer is not shown to the model again."""
    return bool(run.content) or run.state == "completed"
