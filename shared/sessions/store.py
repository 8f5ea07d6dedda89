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
from shared.kit.errors import Conflict, NotFound, Unavailable
from shared.sessions.messages import Usage
from shared.sessions.models import NewSession, Session
from shared.sessions.tags import moved_counters
from shared.sessions.tail import Tail

_AS_JSON = ("state", "metadata", "summary")
_MARKS = frozenset({"name", "pinned", "archived", "tags"})
_IN_ONE_QUERY = 30
"""Values of an `in` condition: what the port takes."""
_OPEN_RUNS = 1000
"""Open runs that are read at once; each session of a page has one, and those that wait behind it."""
_AT_ONCE = 100
"""Sessions that are read in one round trip."""
_TRIES = 5
"""Of a change of tags; a session is else written at most once a turn."""


@dataclass(frozen=True, slots=True)
class SessionFilter:
    """Which sessions a list shows; None and empty do not filter."""

    agent: str | None = None
    user: str | None = None
    name_contains: str = ""
    archived: bool | None = None
    pinned: bool | None = None
    tag: str | None = None
    running: bool | None = None
    """Whether a run of theirs is under way or in the queue."""

    def fits(self, session: Session) -> bool:
        """Whether the session meets every condition but `running`."""
        return (
            self.agent in (None, session.agent)
            and self.user in (None, session.user)
            and self.archived in (None, session.archived)
            and self.pinned in (None, session.pinned)
            and (self.tag is None or self.tag in session.tags)
            and self.name_contains.casefold() in (session.name or session.title).casefold()
        )


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
            raise _absent(session)
        return found

    def get_with_tail(self, session: str) -> tuple[Session, Tail]:
        """The session and its context window in one round trip. Raises NotFound."""
        found, window = self.find_with_tail(session)
        if found is None:
            raise _absent(session)
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
        path = session_path(session)
        changed = {name: orjson.dumps(value).decode() if name in _AS_JSON else value for name, value in fields.items()}
        if not changed.keys() <= _MARKS:
            changed["updated_at"] = SERVER_TIME
        if read:
            changed["read_at"] = SERVER_TIME
        if "tags" in changed:
            self._change_with_tags(path, changed)
            return self.get(session)
        try:
            self._documents.commit(Patch(path, changed))
        except Conflict as error:
            raise _absent(session) from error
        return self.get(session)

    def _change_with_tags(self, path: str, changed: dict[str, Any]) -> None:
        """The tags that were there are what the counters are moved by: they must not change between."""
        for _ in range(_TRIES):
            (kept,) = self._documents.get(path)
            if kept is None:
                raise _absent(path.removeprefix("sessions/"))
            counters = moved_counters(kept.fields["user"], kept.fields.get("tags", ()), changed["tags"])
            with suppress(Conflict):
                self._documents.commit(Patch(path, changed, if_version=kept.version), *counters)
                return
        raise Unavailable("this session is being changed by others; try again")

    def page(
        self, wanted: SessionFilter, sort: Literal["created_at", "updated_at"], descending: bool, limit: int, page: int
    ) -> tuple[list[Session], int]:
        """One page (from 1) and how many sessions there are in all. Pages before it are read too: page n costs n * limit reads.

        With `running` set, each open run of the user (without one: of the workspace) and its session costs a read besides. For running
        sessions that is all: what is open is known by the runs, whoever died over them, and a turn writes no more for it.
        """
        where = _conditions(wanted)
        order = [Order(sort, descending)]
        open_ones = [] if wanted.running is None else [session for session in self._with_open_runs(wanted.user) if wanted.fits(session)]
        shown = slice((page - 1) * limit, page * limit)
        if wanted.running:
            open_ones.sort(key=lambda session: (getattr(session, sort), session.id), reverse=descending)
            return open_ones[shown], len(open_ones)
        hidden = {session.id for session in open_ones}
        most = self.SCAN_LIMIT if wanted.name_contains else page * limit + len(hidden)
        scanned = self._documents.query("sessions", where, order, most)
        found = [load_session(snapshot) for snapshot in scanned if snapshot.id not in hidden]
        if wanted.name_contains:
            found = [session for session in found if wanted.fits(session)]
            return found[shown], len(found)
        total = len(found) if page == 1 and len(found) < limit else self._documents.count("sessions", where) - len(hidden)
        return found[shown], total

    def _with_open_runs(self, user: str | None) -> list[Session]:
        """Every session with an open run that was accepted on behalf of `user`, which runs in a user's own session are."""
        where = [Where("open", "==", True), *([] if user is None else [Where("user", "==", user)])]
        ids: dict[str, None] = {}
        after: list[Any] | None = None
        while True:
            runs = self._documents.query("runs", where, [Order("session")], _OPEN_RUNS, after, fields=("session",))
            ids |= dict.fromkeys(run.fields["session"] for run in runs)
            if len(runs) < _OPEN_RUNS:
                break
            after = [runs[-1].fields["session"], runs[-1].id]
        paths = [session_path(session) for session in ids]
        kept = [found for start in range(0, len(paths), _AT_ONCE) for found in self._documents.get(*paths[start : start + _AT_ONCE])]
        return [load_session(snapshot) for snapshot in kept if snapshot is not None]

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


def _absent(session: str) -> NotFound:
    return NotFound(f"Agent Session with id '{session}' not found")


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
