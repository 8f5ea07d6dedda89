"""Deleting a session: hidden at once and for good, then what belongs to it is removed. What a crash leaves, the sweeper removes."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from shared.kit.blobs import Blobs
from shared.kit.documents import SERVER_TIME, Delete, Documents, Order, Put, Where, Write
from shared.kit.errors import Conflict, NotFound, Unavailable
from shared.sessions.shares import Shares
from shared.sessions.store import session_path, tail_path
from shared.sessions.tags import moved_counters

_BATCH = 100
_TRIES = 5
"""A session is written at most once a turn, and when somebody marks it."""


class Deletions:
    """The deletions of one workspace's sessions."""

    def __init__(self, documents: Documents, blobs: Blobs, shares: Shares) -> None:
        self._documents = documents
        self._blobs = blobs
        self._shares = shares

    def delete(self, session: str) -> None:
        """Remove a session with its runs, files and shares. Raises NotFound."""
        for _ in range(_TRIES):
            (snapshot,) = self._documents.get(session_path(session))
            if snapshot is None:
                raise NotFound(f"Agent Session with id '{session}' not found")
            with suppress(Conflict):  # Its tags may have been changed, and they are counted.
                self._documents.commit(
                    Delete(session_path(session), if_version=snapshot.version),
                    Delete(tail_path(session)),
                    Put(f"deletions/{session}", {"session": session, "created_at": SERVER_TIME}),
                    *moved_counters(snapshot.fields["user"], snapshot.fields.get("tags", ()), ()),
                )
                return self.finish(session)
        raise Unavailable("this session is being changed by others; try again")

    def finish(self, session: str) -> None:
        """Remove what a deleted session left behind: its shares and runs up to the deletion, with their blobs. Safe to repeat."""
        (job,) = self._documents.get(f"deletions/{session}")
        if job is None:
            return
        until = job.fields["created_at"]
        self._shares.revoke_all(session, until)
        conditions = [Where("session", "==", session), Where("created_at", "<=", until)]
        while runs := self._documents.query("runs", conditions, [Order("created_at")], _BATCH, fields=("session",)):
            for run in runs:
                for blob in self._blobs.list(f"runs/{run.id}/"):
                    self._blobs.delete(blob.path)
            writes: list[Write] = [Delete(run.path) for run in runs]
            self._documents.commit(*writes)
        self._documents.commit(Delete(f"deletions/{session}"))

    def unfinished(self, limit: int = 50) -> Sequence[str]:
        """Deleted sessions whose remains are still there, oldest first."""
        return [found.fields["session"] for found in self._documents.query("deletions", order=[Order("created_at")], limit=limit)]
