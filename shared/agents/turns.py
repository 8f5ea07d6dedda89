"""Turns: what a person or a program does with an agent in a session. Accept a message, follow the run, cancel it, take it up again."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace

from shared.agents.execution import Execution, may_claim
from shared.agents.live import LiveRun
from shared.kit import log
from shared.kit.bus import Bus
from shared.kit.bus import Message as BusMessage
from shared.kit.documents import SERVER_TIME, Create, Documents, Written
from shared.kit.errors import AlreadyExists, Conflict, NotFound, Unavailable, Unprocessable
from shared.kit.faults import fault
from shared.kit.ids import derived_id, new_id
from shared.sessions.branches import branch
from shared.sessions.eventlog import Event
from shared.sessions.messages import Attachment
from shared.sessions.models import NewSession, Run, RunRequest, Session, StoredFile
from shared.sessions.plain import plain
from shared.sessions.runs import run_path, stored_events
from shared.sessions.store import create_session, first_turn, join_queue, take_turn
from shared.sessions.tail import Tail

RUNS_TOPIC = "runs"
"""Runs that the worker shall see to their end: background runs, and those whose instance died."""
IDEMPOTENCY_SECONDS = 24 * 3600
IDLE_SECONDS = 10.0
"""A reader is sent a sign of life this often, so that a dead connection is noticed and a proxy keeps a live one."""
_REMOTE_POLL_SECONDS = 0.5
"""How often a run that another instance works on is read; its words arrive with that instance's heartbeats."""
_TITLE_CHARACTERS = 80
_TITLE_SOURCE = 1000
"""Characters of the first message that a title is made of; a long link's address may be many of them."""


@dataclass(frozen=True, slots=True)
class NewTurn:
    """A message to an agent. `session` empty: a new one. `user`: on whose behalf; empty: the session's user, else the credential's own.

    `parent`: the run after which the message stands, empty for the session's first; None: after the run that was last worked on.
    """

    agent: str
    message: str
    session: str = ""
    user: str = ""
    attachments: tuple[Attachment, ...] = ()
    background: bool = False
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class Idempotency:
    """A caller's `Idempotency-Key` and who sent it."""

    key: str
    principal: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """A run that cannot be lost any more. `repeated`: it was accepted by an earlier request with the same key."""

    run: Run
    repeated: bool
    tail: Tail | None = None
    """The session's window when the run has taken its turn already; None: it waits in the queue."""


class Turns:
    """The turns of one workspace."""

    def __init__(self, execution: Execution, documents: Documents, bus: Bus) -> None:
        self._execution = execution
        self._documents = documents
        self._bus = bus

    def accept(self, turn: NewTurn, user: str, idempotency: Idempotency | None = None) -> Accepted:
        """Store the message as a run; from here on it cannot be lost. In a session that is free it takes its turn in the same commit.

        Raises NotFound for an agent that is not there and for another user's session, Unprocessable when the key came before with
        another body and when the session has no such parent. Whoever names a parent, or the root, goes on with a session that they know:
        it is not made when it is gone.
        """
        agent = self._execution.agent(turn.agent)
        digest = _digest(turn)
        generation, queue = 0, turn.background
        while True:
            run_id, session_id = _ids(turn, idempotency, generation)
            session, tail = self._session(session_id, turn.user) if turn.session else (None, Tail())
            waits = queue or not tail.free
            if turn.parent is not None:
                if session is None and turn.session:
                    raise _no_place("the session is not there", "its session is not there")
                tail = self._after(turn.parent, session_id, tail, waits=waits)
            request = RunRequest(
                agent=agent.id,
                agent_name=agent.name,
                agent_version=agent.version,
                model=agent.model,
                session=session_id,
                user=turn.user or (session.user if session else "") or user,
                message=turn.message,
                files=self._store_files(run_id, digest, turn.attachments),
                background=turn.background,
            )
            try:
                return self._commit(run_id, request, digest, session, turn.parent, None if waits else tail)
            except AlreadyExists:
                earlier = self._execution.runs.find(run_id)
            except Conflict:
                queue = True  # The session was free, and somebody else took the turn.
                continue
            if earlier is None:
                continue  # The session is what existed: another request made it in this moment.
            if idempotency is not None and self._seconds_since_accepted(earlier) <= IDEMPOTENCY_SECONDS:
                if earlier.body_digest != digest:
                    raise Unprocessable("this Idempotency-Key came before with another body; send a new key with a new request")
                return Accepted(earlier, repeated=True)
            generation += 1

    def start(self, accepted: Accepted, attachments: tuple[Attachment, ...] | None = None) -> LiveRun | None:
        """See to it that somebody works on a new run: a thread of this process, or the worker when it is a background run."""
        if accepted.repeated:
            return None
        if accepted.run.request.background:
            self.hand_over(accepted.run.id)
            return None
        return self._work_here(self._live(accepted, attachments))

    def follow(self, run: str, session: str, after: int = -1, live: LiveRun | None = None) -> Iterator[list[Event]]:
        """The run's events behind the index `after`, past and to come, to its end, in batches as they come.

        An empty batch is a sign of life when nothing happened for a while.
        Works from any instance: live where the run is worked on, from its stored log elsewhere. A run that nobody works on any more is
        taken over. Raises NotFound before the first event.
        """
        execution = self._execution
        live = live or execution.live.find(run)
        idle = execution.clock.monotonic() + IDLE_SECONDS
        while True:
            if live is not None:
                after = yield from _follow_live(live, after)
                if live.told:
                    return
            current = execution.runs.get(run, session)
            if batch := stored_events(current).after(after):
                after = batch[-1].index
                idle = execution.clock.monotonic() + IDLE_SECONDS
                yield batch
            if not current.open:
                return
            if may_claim(current, "", execution.live.lease):
                # Read from what was begun, not looked up: it may have failed and be gone by now.
                live = self._work_here(LiveRun(current, execution.runs))
            else:
                live = execution.live.find(run)
            if live is None:
                execution.clock.sleep(_REMOTE_POLL_SECONDS)
                if execution.clock.monotonic() >= idle:
                    idle = execution.clock.monotonic() + IDLE_SECONDS
                    yield []

    def finish(self, accepted: Accepted, attachments: tuple[Attachment, ...] | None = None) -> Run:
        """The run at its end. A new one is worked on in the caller's own thread. Raises Unavailable when it could not be stored in time."""
        run = accepted.run
        if not accepted.repeated:
            live = self._live(accepted, attachments)
            if self._execution.live.add(live) is live:
                self._execution.live.work(live, self._execution.work)
            if not live.run.open:
                return live.run
            if live.told:
                raise Unavailable(live.log.events[-1].fields["content"])
        for batch in self.follow(run.id, run.request.session):
            if batch and batch[-1].fields.get("error_type") == Unavailable.kind:
                raise Unavailable(batch[-1].fields["content"])
        return self._execution.runs.get(run.id, run.request.session)

    def cancel(self, run: str, reason: str) -> None:
        """Ask the run to stop, wherever it is worked on; what was said until then is kept. An unknown run is fine."""
        if not self._execution.runs.request_cancel(run, reason):
            return
        live = self._execution.live.find(run)
        if live is not None:
            live.stop.set(reason)
            live.moved.set()

    def retry(self, run: str, session: str, idempotency: Idempotency | None = None) -> Accepted:
        """Take a run that failed, was interrupted or cancelled up again: a new attempt in the same place of the session.

        A run under way is attached to, and so is one that the same key took up before. Raises Conflict when the run is completed, or no
        longer the session's last.
        """
        while True:
            try:
                return self._retry(run, session, idempotency)
            except AlreadyExists:
                continue  # The same request, sent twice at once: it is answered as a repeat.

    def _retry(self, run: str, session: str, idempotency: Idempotency | None) -> Accepted:
        current = self._execution.runs.get(run, session)
        if current.open:
            return Accepted(current, repeated=True)
        writes = []
        if idempotency is not None:
            path = f"idempotency/{derived_id('idem', idempotency.principal, 'retry', run, idempotency.key)}"
            if self._documents.get(path)[0] is not None:
                return Accepted(current, repeated=True)
            writes = [Create(path, {"created_at": SERVER_TIME})]
        if current.state == "completed":
            raise Conflict("this run is completed; send `input` with the message that shall follow it")
        (last,) = self._execution.runs.page(session, 1, whole=False)
        if last.id != run:
            raise Conflict("a later run of this session exists; send the message again as a new run")
        owner = "" if current.request.background else self._execution.live.owner
        written = self._documents.commit(self._execution.runs.reopen(current, owner), join_queue(session), *writes)[0]
        queued = replace(current, state="queued", owner=owner, cancel_reason="", failure=None)
        return Accepted(replace(queued, opened_at_fence=current.fence, version=written.version, age=0.0), repeated=False)

    def recover(self, run: str) -> bool:
        """Work on a run in the caller's thread if nobody does; False when there was nothing to do."""
        current = self._execution.runs.find(run)
        if current is None or not current.open or not may_claim(current, "", self._execution.live.lease):
            return False
        live = LiveRun(current, self._execution.runs)
        if self._execution.live.add(live) is not live:
            return False
        self._execution.live.work(live, self._execution.work)
        return True

    def hand_over(self, run: str) -> None:
        """Ask the worker to see to a run. A lost message does no harm: the sweeper finds the run."""
        message = BusMessage(f"evt_{run}_queued", {"workspace": self._execution.workspace, "run": run})
        try:
            self._bus.publish(RUNS_TOPIC, message)
        except Unavailable:
            log.warning("a run waits for the sweeper: the bus did not take it", run=run)

    def _commit(
        self, run_id: str, request: RunRequest, digest: str, session: Session | None, parent: str | None, tail: Tail | None
    ) -> Accepted:
        """Accept the run into its turn, when the window of a free session is given as it is at the run's parent, else into the queue."""
        owner, begins = "" if request.background else self._execution.live.owner, tail is not None
        parent = parent if tail is None else tail.last
        create = self._execution.runs.create(run_id, request, owner, digest, parent=parent, begins=begins)
        # A new run of a known session does not touch the session: its counters move when the run ends.
        if session is None:
            others = [create_session(_new_session(request)), first_turn(request.session, run_id if begins else "")]
        else:
            others = [take_turn(session.id, run_id, tail) if tail is not None else join_queue(session.id)]
        fault("before_accept")
        written = self._documents.commit(create, *others)[0]
        fault("after_accept")
        run = _accepted_run(run_id, request, owner, digest, written, begins=begins)
        return Accepted(replace(run, parent=parent), repeated=False, tail=tail)

    def _session(self, session: str, user: str) -> tuple[Session | None, Tail]:
        """The session and its window, if it is there. Raises NotFound when it belongs to another user."""
        found, tail = self._execution.sessions.find_with_tail(session)
        if found is None:
            return None, Tail()
        if user and found.user and found.user != user:
            raise NotFound(f"Agent Session with id '{session}' not found")
        return found, tail

    def _after(self, parent: str, session: str, tail: Tail, *, waits: bool) -> Tail:
        """The window as it is at the parent that a caller named. Raises Unprocessable when the session has no such run.

        Of a run that waits the branch is read when its turn comes: until then it is enough that its parent is there, one read at most.
        """
        if waits:
            known = parent in ("", tail.in_turn) or tail.up_to(parent) is not None
            found = tail if known or self._execution.runs.belongs(parent, session) else None
        else:
            found = branch(self._execution.runs, session, parent, tail)
        if found is None:
            raise _no_place(f"it has no run with id '{parent}'", "not a run of this session")
        return found

    def _store_files(self, run: str, digest: str, attachments: tuple[Attachment, ...]) -> tuple[StoredFile, ...]:
        stored = []
        for number, attachment in enumerate(attachments):
            # The digest keeps a request that comes with an earlier one's key, and is refused, from writing over that one's files.
            path = f"runs/{run}/files/{digest}/{number}"
            self._execution.blobs.put(path, attachment.data, attachment.content_type)
            stored.append(StoredFile(attachment.name, attachment.content_type, len(attachment.data), path))
        return tuple(stored)

    def _live(self, accepted: Accepted, attachments: tuple[Attachment, ...] | None) -> LiveRun:
        live = LiveRun(accepted.run, self._execution.runs, attachments=attachments)
        if accepted.tail is not None:
            live.tail, live.claimed, live.in_turn = accepted.tail, True, True
        return live

    def _work_here(self, live: LiveRun) -> LiveRun:
        present = self._execution.live.add(live)
        if present is live:
            self._execution.live.start(live, self._execution.work)
        return present

    def _seconds_since_accepted(self, run: Run) -> float:
        (snapshot,) = self._documents.get(run_path(run.id))
        return 0.0 if snapshot is None else (snapshot.read_at - run.created_at).total_seconds()


def _no_place(why: str, reason: str) -> Unprocessable:
    return Unprocessable(f"parent_run_id must be a run of this session, or root: {why}", fields=(("parent_run_id", reason),))


def _follow_live(live: LiveRun, after: int) -> Generator[list[Event], None, int]:
    while True:
        if not live.log.wait(after, IDLE_SECONDS):
            yield []
            continue
        closed = live.log.closed
        if batch := live.log.after(after):
            after = batch[-1].index
            yield batch
        if closed:
            return after


def _ids(turn: NewTurn, idempotency: Idempotency | None, generation: int) -> tuple[str, str]:
    """The ids of the run and of its session: random, or derived from the key, so that a second try meets the first."""
    if idempotency is None:
        return new_id("run"), turn.session or new_id("ses")
    parts = (idempotency.principal, turn.agent, idempotency.key, str(generation))
    return derived_id("run", *parts), turn.session or derived_id("ses", *parts)


def _digest(turn: NewTurn) -> str:
    """What makes two requests the same request: everything but how the answer is wanted."""
    parts = [turn.agent, turn.message, turn.session, turn.user]
    for attachment in turn.attachments:
        parts += [attachment.name, attachment.content_type, hashlib.sha256(attachment.data).hexdigest()]
    if turn.parent is not None:
        parts.append(f"after {turn.parent}")
    return derived_id("sha", *parts)


def _new_session(request: RunRequest) -> NewSession:
    title = (plain(request.message[:_TITLE_SOURCE]) or " ".join(request.message.split()))[:_TITLE_CHARACTERS]
    return NewSession(id=request.session, agent=request.agent, user=request.user, title=title)


def _accepted_run(run: str, request: RunRequest, owner: str, digest: str, written: Written, *, begins: bool) -> Run:
    return Run(
        id=run,
        request=request,
        state="running" if begins else "queued",
        created_at=written.updated_at,
        fence=1 if begins else 0,
        owner=owner,
        version=written.version,
        age=0.0,
        cancel_reason="",
        body_digest=digest,
    )
