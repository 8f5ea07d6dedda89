"""Forking a session: a new one with copies of the runs on one branch, up to a run.

A marker `forks/{s}` comes first and goes in the commit that creates the session, so of a fork that breaks off nothing is ever seen: the
sweeper makes the marker into a deletion, which removes the copies.

A copy is the stored run under a new id, with the new session and the copy of its parent; files and large texts are copied, too. It keeps
the original's times, so the copies stand in the originals' order, and before every run that the new session will have. What the original
cost stands in each copy and is counted where it was spent: the new session's own counters begin at 0, but for the number of its runs. What
readers thought of an answer stays with the original.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final

import orjson

from shared.kit import log
from shared.kit.blobs import Blobs
from shared.kit.documents import SERVER_TIME, Create, Delete, Documents, Order, Put, Snapshot, Write
from shared.kit.errors import Conflict, NotFound, ReggieError, TooLarge, Unavailable
from shared.kit.faults import fault
from shared.kit.ids import derived_id, new_id
from shared.sessions import wire
from shared.sessions.branches import branch
from shared.sessions.models import NewSession, Session
from shared.sessions.runs import RunStore, run_path
from shared.sessions.store import create_session, whole_window
from shared.sessions.tail import Tail

MOST_RUNS: Final = 1000
MOST_FILE_BYTES: Final = 256 * 1024 * 1024
ABANDONED_AFTER: Final = 3600.0
"""Seconds: far longer than a request may take."""
_BATCH_RUNS, _BATCH_BYTES = 100, 2_000_000
"""Of one commit, which takes 200 writes and 3 MB; a run has at most 0.8 MB."""
_NAME = 190


class Forks:
    """The forks of one workspace's sessions."""

    def __init__(self, documents: Documents, blobs: Blobs) -> None:
        self._documents = documents
        self._blobs = blobs
        self._runs = RunStore(documents, blobs)

    def fork(self, session: Session, run: str) -> str:
        """The id of a new session of the same agent and user with copies of the runs up to `run` on its branch.

        Raises NotFound for a run of another session, Conflict while one of the runs is open, TooLarge past MOST_RUNS or MOST_FILE_BYTES.
        Cost: a read and a write for each run, at most 20 reads for the window, and 4 writes.
        """
        leaf = self._read(session.id, run)
        copy = new_id("ses")
        marker = self._documents.commit(Create(_marker(copy), {"created_at": SERVER_TIME}))[0].version
        try:
            count = self._copy_runs(self._back_from(leaf), copy)
            self._create(session, copy, _copy_of(copy, run), count, marker)
        except ReggieError:
            self._give_up(copy, marker)
            raise
        return copy

    def give_up_abandoned(self, limit: int = 50) -> int:
        """Make what a crash left of forks into deletions; how many."""
        found = self._documents.query("forks", order=[Order("created_at")], limit=limit)
        abandoned = [fork for fork in found if (fork.read_at - fork.fields["created_at"]).total_seconds() > ABANDONED_AFTER]
        for fork in abandoned:
            self._give_up(fork.id, fork.version)
        return len(abandoned)

    def _copy_runs(self, originals: Iterator[Snapshot], copy: str) -> int:
        count = files = 0
        batch: list[Write] = []
        blobs: list[tuple[str, str, str]] = []
        size = 0
        for original in originals:
            fields, moved = _copied(original, copy)
            count, files = count + 1, files + sum(file["size"] for file in orjson.loads(fields["files"]))
            if count > MOST_RUNS:
                raise TooLarge(f"this conversation has more than {MOST_RUNS} messages up to there; fork it at an earlier one")
            if files > MOST_FILE_BYTES:
                raise TooLarge(f"the files of this conversation have more than {MOST_FILE_BYTES >> 20} MiB; fork it at an earlier message")
            weight = len(orjson.dumps(fields, default=str))
            if batch and (len(batch) == _BATCH_RUNS or size + weight > _BATCH_BYTES):
                self._store(batch, blobs)
                batch, blobs, size = [], [], 0
            batch.append(Create(run_path(_copy_of(copy, original.id)), fields))
            blobs += moved
            size += weight
        self._store(batch, blobs)
        return count

    def _store(self, batch: list[Write], blobs: list[tuple[str, str, str]]) -> None:
        # The documents first: by them a deletion finds the blobs.
        self._documents.commit(*batch)
        fault("mid_fork")
        for source, target, content_type in blobs:
            self._blobs.put(target, self._blobs.get(source), content_type)

    def _create(self, session: Session, copy: str, leaf: str, count: int, marker: int) -> None:
        name = wire.display_name(session)[:_NAME]
        new = NewSession(copy, session.agent, session.user, title=f"{name} (fork)", state=session.state, metadata=session.metadata)
        create = create_session(new)
        window = branch(self._runs, copy, leaf, Tail()) or Tail()
        try:
            self._documents.commit(
                Create(create.path, {**create.fields, "runs": count}),
                whole_window(copy, window),
                Delete(_marker(copy), if_version=marker),
            )
        except Conflict as error:
            # The sweeper took this fork for abandoned; what was copied since then is removed by a deletion of its own.
            self._documents.commit(_deletion(copy))
            raise Unavailable("copying this conversation took too long; try again") from error

    def _give_up(self, copy: str, marker: int) -> None:
        try:
            # When the marker is gone, the session was created after all, or somebody else gave it up.
            with suppress(Conflict):
                self._documents.commit(Delete(_marker(copy), if_version=marker), _deletion(copy))
        except Unavailable as error:
            log.warning("what is left of a fork waits for the sweeper", error=error, session=copy)

    def _back_from(self, leaf: Snapshot) -> Iterator[Snapshot]:
        """The runs of a branch, the last first."""
        run = leaf
        yield run
        while parent := run.fields.get("parent"):
            run = self._read(run.fields["session"], parent)
            yield run

    def _read(self, session: str, run: str) -> Snapshot:
        (found,) = self._documents.get(run_path(run))
        if found is None or found.fields["session"] != session:
            raise NotFound(f"Run with id '{run}' not found in session '{session}'")
        if found.fields["open"]:
            raise Conflict("this message is still being answered; fork when the answer is complete, or at an earlier message")
        return found


def _copied(original: Snapshot, copy: str) -> tuple[dict[str, Any], list[tuple[str, str, str]]]:
    """The fields of a run's copy, and its blobs: from where, where to, of what type."""
    fields, blobs = dict(original.fields), list[tuple[str, str, str]]()

    def moved(path: str, content_type: str) -> str:
        if not path:
            return ""
        target = f"runs/{_copy_of(copy, original.id)}/" + path.removeprefix(f"runs/{original.id}/")
        blobs.append((path, target, content_type))
        return target

    files = [{**file, "blob": moved(file["blob"], file["content_type"])} for file in orjson.loads(fields["files"])]
    fields |= {
        "session": copy,
        "parent": _copy_of(copy, parent) if (parent := fields.get("parent")) else "",
        "input_blob": moved(fields["input_blob"], "text/plain; charset=utf-8"),
        "answer_blob": moved(fields.get("answer_blob", ""), "application/json"),
        "files": orjson.dumps(files).decode(),
        "feedback": None,
    }
    return fields, blobs


def _copy_of(copy: str, run: str) -> str:
    return derived_id("run", copy, run)


def _marker(copy: str) -> str:
    return f"forks/{copy}"


def _deletion(copy: str) -> Write:
    return Put(f"deletions/{copy}", {"session": copy, "created_at": SERVER_TIME})
