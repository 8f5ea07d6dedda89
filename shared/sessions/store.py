"""Sessions as documents: `sessions/{id}`, small, for lists; `sessions/{id}/tail/0`, the context window and whose turn it is.

Of the turn the window's document tells: `run`, which took it last; `ended`, whose end was stored last; `waiting`, whether others may be in
the queue. When the last that took it has ended and nobody waits, the session is free: the next run takes its turn as it is accepted.
Of the branch it tells: `turns`, its last ones, up to the run `ended`; `older`, the run before the first of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Literal

import orjson

from shared.kit.documents import SERVER_TIME, Create, Delete, Documents, Order, Patch, Put, Snapshot, Where, Write
from shared.kit.errors import Conflict, NotFound
from shared.sessions.messages import Usage
from shared.sessions.models import NewSession, Session
from shared.sessions.tail import Tail

_AS_JSON = ("state", "metadata", "summary")
_MARKS = frozenset({"name", "pinned", "archived", "tags"})
_IN_ONE_QUERY = 30
"""Values of an `in` condition: what the port takes."""
_OPEN_RUNS = 1000
"""Open runs that are looked at for marks; each session of a page has one, and those that wait behind it."""


@dataclass(frozen=True, slots=True)
class SessionFilter:
    """Which sessions a list shows; None and empty do not filter."""

    agent: str | None = None
    user: str | None = None
    name_contains: str = ""
    archived: bool | None = None
    pinned: bool | None = None
    tag: str | None = None


class SessionStore:
    """The sessions of one workspace."""

    SCAN_LIMIT = 2000
    """How many sessions a search by a part of the name looks at, newest first: the store has no substring index."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def get(self, session: str) -> Session:
        """Raises NotFound."""
        found = self.find(session)
        if found is None:
            raise NotFound(f"Agent Session with id '{session}' not found")
        return found

    def get_with_tail(self, session: str) -> tuple[Session, Tail]:
        """The session and its context window in one round trip. Raises NotFound."""
        found, window = self.find_with_tail(session)
        if found is None:
            raise NotFound(f"Agent Session with id '{session}' not found")
        return found, window

    def find(self, session: str) -> Session | None:
        """The session, or None."""
        (snapshot,) = self._documents.get(session_path(session))
        return None if snapshot is None else load_session(snapshot)

    def find_with_tail(self, session: str) -> tuple[Session | None, Tail]:
        """The session, or None, and its context window, in one round trip."""
        snapshot, window = self._documents.get(session_path(session), tail_path(session))
        return None if snapshot is None else load_session(snapshot), load_tail(window)

    def tail(self, session: str) -> Tail:
        """The context window; empty before the first turn."""
        (snapshot,) = self._documents.get(tail_path(session))
        return load_tail(snapshot)

    def create(self, session: NewSession) -> Session:
        """Raises AlreadyExists when the id is taken."""
        self._documents.commit(create_session(session))
        return self.get(session.id)

    def update(self, session: str, fields: Mapping[str, Any], *, read: bool = False) -> Session:
        """Change `name`, `state`, `metadata`, `summary`, `pinned`, `archived` or `tags`; `read`: it is read up to now. Raises NotFound.

        The name, the last three and `read` are marks: they leave the session's place in a list that is sorted by change.
        """
        changed = {name: orjson.dumps(value).decode() if name in _AS_JSON else value for name, value in fields.items()}
        if not changed.keys() <= _MARKS:
            changed["updated_at"] = SERVER_TIME
        if read:
            changed["read_at"] = SERVER_TIME
        try:
            self._documents.commit(Patch(session_path(session), changed))
        except Conflict as error:
            raise NotFound(f"Agent Session with id '{session}' not found") from error
        return self.get(session)

    def page(
        self, wanted: SessionFilter, sort: Literal["created_at", "updated_at"], descending: bool, limit: int, page: int
    ) -> tuple[list[Session], int]:
        """One page (from 1) and how many sessions there are in all. Pages before it are read too: page n costs n * limit reads."""
        where = _conditions(wanted)
        order = [Order(sort, descending)]
        if wanted.name_contains:
            needle = wanted.name_contains.casefold()
            scanned = [load_session(found) for found in self._documents.query("sessions", where, order, self.SCAN_LIMIT)]
            matching = [session for session in scanned if needle in (session.name or session.title).casefold()]
            return matching[(page - 1) * limit : page * limit], len(matching)
        found = self._documents.query("sessions", where, order, page * limit)[(page - 1) * limit :]
        total = len(found) if page == 1 and len(found) < limit else self._documents.count("sessions", where)
        return [load_session(snapshot) for snapshot in found], total

    def running(self, sessions: Sequence[str]) -> set[str]:
        """Those of the sessions that have a run under way or in the queue.

        Cost: for each 30 sessions one query, which reads a document for each such run of theirs, at least one.
        """
        found: set[str] = set()
        for start in range(0, len(sessions), _IN_ONE_QUERY):
            where = [Where("open", "==", True), Where("session", "in", list(sessions[start : start + _IN_ONE_QUERY]))]
            found.update(run.fields["session"] for run in self._documents.query("runs", where, limit=_OPEN_RUNS, fields=("session",)))
        return found

    def discard_turn(self, session: str, run: str) -> None:
        """Remove the window that a run made for a session which was deleted under it, unless it is another run's by now."""
        (snapshot,) = self._documents.get(tail_path(session))
        if snapshot is None or snapshot.fields.get("run") != run:
            return
        with suppress(Conflict):
            self._documents.commit(Delete(snapshot.path, if_version=snapshot.version))


def session_path(session: str) -> str:
    return f"sessions/{session}"


def tail_path(session: str) -> str:
    return f"sessions/{session}/tail/0"


def create_session(session: NewSession) -> Create:
    """The write that makes a session; its times are the server's."""
    return Create(
        session_path(session.id),
        {
            "agent": session.agent,
            "user": session.user,
            "name": session.name,
            "title": session.title,
            "state": orjson.dumps(session.state).decode(),
            "metadata": orjson.dumps(session.metadata).decode(),
            "summary": "null",
            "runs": 0,
            "input_tokens": 0,
            "output_tokens": 0,
            "cached_tokens": 0,
            "reasoning_tokens": 0,
            "cost_micros": 0,
            "pinned": False,
            "archived": False,
            "tags": [],
            "shares": 0,
            "created_at": SERVER_TIME,
            "updated_at": SERVER_TIME,
            "read_at": SERVER_TIME,
        },
    )


def load_session(snapshot: Snapshot) -> Session:
    fields = snapshot.fields
    return Session(
        id=snapshot.id,
        agent=fields["agent"],
        user=fields["user"],
        name=fields["name"],
        title=fields["title"],
        state=orjson.loads(fields["state"]),
        metadata=orjson.loads(fields["metadata"]),
        summary=orjson.loads(fields["summary"]),
        usage=Usage(fields["input_tokens"], fields["output_tokens"], fields["cached_tokens"], fields["reasoning_tokens"]),
        cost_micros=fields["cost_micros"],
        runs=fields["runs"],
        created_at=fields["created_at"],
        updated_at=fields["updated_at"],
        pinned=fields.get("pinned", False),
        archived=fields.get("archived", False),
        tags=tuple(fields.get("tags", ())),
        read_at=fields.get("read_at"),
        shares=fields.get("shares", 0),
    )


def first_turn(session: str, run: str) -> Write:
    """The window of a session that is created in the same commit, with the turn of `run`; empty: its first run will wait in the queue."""
    return Put(tail_path(session), {"turns": Tail().dump(), "run": run, "ended": "", "waiting": not run})


def whole_window(session: str, tail: Tail) -> Write:
    """The window of a session that is created with turns, all of which have ended."""
    return Put(tail_path(session), {"turns": tail.dump(), "older": tail.older, "run": tail.last, "ended": tail.last, "waiting": False})


def take_turn(session: str, run: str, tail: Tail, *, waiting: bool = False) -> Write:
    """The write that makes it the turn of `run`, with others in the queue when `waiting`.

    Its commit meets a Conflict when a turn was taken or ended, or a run joined the queue, since `tail` was read.
    """
    if not tail.version:
        return Create(tail_path(session), {"turns": Tail().dump(), "run": run, "ended": "", "waiting": waiting})
    return Patch(tail_path(session), {"run": run, "waiting": waiting}, if_version=tail.version)


def join_queue(session: str) -> Write:
    """The write with which a run is accepted that must wait for its turn."""
    return Patch(tail_path(session), {"waiting": True}, upsert=True)


def end_turn(session: str, run: str, tail: Tail) -> Write:
    """The write that ends the turn of `run`; `tail` is the window of its branch."""
    return Patch(tail_path(session), {"turns": tail.dump(), "older": tail.older, "ended": run}, upsert=True)


def load_tail(snapshot: Snapshot | None) -> Tail:
    if snapshot is None:
        return Tail()
    fields = snapshot.fields
    last, in_turn = fields.get("ended", ""), fields.get("run", "")
    return replace(
        Tail.load(fields.get("turns", "[]")),
        last=last,
        older=fields.get("older", ""),
        version=snapshot.version,
        free=in_turn == last and not fields.get("waiting", False),
        in_turn=in_turn,
    )


def _conditions(wanted: SessionFilter) -> list[Where]:
    conditions = []
    if wanted.agent is not None:
        conditions.append(Where("agent", "==", wanted.agent))
    if wanted.user is not None:
        conditions.append(Where("user", "==", wanted.user))
    if wanted.archived is not None:
        conditions.append(Where("archived", "==", wanted.archived))
    if wanted.pinned is not None:
        conditions.append(Where("pinned", "==", wanted.pinned))
    if wanted.tag is not None:
        conditions.append(Where("tags", "array_contains", wanted.tag))
    return conditions
