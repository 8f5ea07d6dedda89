"""One run from its place in the session's queue to its end: wait, claim, run, finish.

The order of a session is the order in which the database accepted its runs. Whoever may claim the oldest open one works on it; a run
whose owner fell silent is taken over by whoever meets it: the next run of the session, a reader, or the worker.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from shared.agents.live import DELETED, Lease, LiveRun, LiveRuns
from shared.agents.models import Agent
from shared.agents.runner import Runner, Tool, TurnInput
from shared.kit import log
from shared.kit.blobs import Blobs
from shared.kit.bus import Message as BusMessage
from shared.kit.clock import Clock
from shared.kit.documents import SERVER_TIME, Documents, Increment, Patch, Write
from shared.kit.errors import Conflict, Invalid, ModelFailed, NotFound, ReggieError, Unavailable
from shared.kit.faults import fault
from shared.kit.metered import DatabaseUsage
from shared.kit.outbox import Outbox
from shared.metrics.prices import cost_micros
from shared.sessions import wire
from shared.sessions.branches import branch, spoke
from shared.sessions.eventlog import ATTEMPT_STRIDE, CONTENT, Event
from shared.sessions.events import Delta, Finished, ModelCompleted
from shared.sessions.messages import Attachment, Usage
from shared.sessions.models import Failure, Run, RunOutcome
from shared.sessions.runs import RunStore, run_path
from shared.sessions.store import SessionStore, end_turn, session_path, take_turn
from shared.sessions.tail import Tail

EVENTS_TOPIC = "events"
MAX_ATTEMPTS = 3
"""After so many claims a run is given up as interrupted: whatever kills its process would kill the next one too."""
_POLL_SECONDS = 0.25
"""How often a waiting run asks whether its turn has come, when no neighbour in this process tells it."""


@dataclass(frozen=True, slots=True)
class Execution:
    """Works on the runs of one workspace, on behalf of one request or delivery."""

    sessions: SessionStore
    runs: RunStore
    documents: Documents
    usage: DatabaseUsage
    blobs: Blobs
    outbox: Outbox
    runner: Runner
    tools: dict[str, Tool]
    agent: Callable[[str], Agent]
    live: LiveRuns
    clock: Clock
    workspace: str

    def work(self, live: LiveRun) -> None:
        """See one run to its end, and before it every older run of the session that nobody works on."""
        try:
            self._work(live)
        except Unavailable as error:
            self._tell_failure(live, error)

    def _work(self, live: LiveRun) -> None:
        if live.claimed:
            self._execute(live)
            return
        session, waits = live.run.request.session, False
        while not live.stop.is_set():
            # The window is read before the queue: whoever claims a run of this session in between changes it, and our claim fails.
            tail = None if waits else self.sessions.tail(session)
            oldest, others = self.runs.next_open(session)
            if oldest is None:
                return
            waits = oldest.id != live.run.id
            if not waits:
                if not may_claim(oldest, self.live.owner, self.live.lease):
                    return
                if tail is not None and self._claim(live, oldest, tail, take_turn(session, oldest.id, tail, waiting=others)):
                    self._execute(live)
                    return
            elif live.run.owner != self.live.owner:
                live.beat()
            elif not self._work_on_dead(oldest):
                live.moved.wait(_POLL_SECONDS)
                live.moved.clear()
        if not live.lost:
            self._cancel_waiting(live)

    def _work_on_dead(self, run: Run) -> bool:
        """Work on another run of the session, ahead of one's own, if nobody does any more; False when somebody does."""
        if self.live.find(run.id) is not None or not may_claim(run, "", self.live.lease):
            return False
        live = LiveRun(run, self.runs)
        if self.live.add(live) is not live:
            return False
        self.live.work(live, self._work)
        return True

    def _claim(self, live: LiveRun, run: Run, tail: Tail, *turn: Write) -> bool:
        """Take the run as it was just read; False when somebody else was quicker.

        With `turn` it takes the session's turn too: of two claims that were made from the same view of the queue, one fails. A run whose
        sender named no parent gets it here: the run that was last worked on, or, out of turn, the one that it waited for.
        """
        if run.parent is None:
            run = replace(run, parent=tail.last if turn else tail.in_turn)
        fault("before_claim")
        with live.lock:
            try:
                written = self.runs.claim(run, self.live.owner, *turn)
            except Conflict:
                return False
            live.run = replace(run, fence=run.fence + 1, owner=self.live.owner, state="running")
            live.version, live.claimed, live.in_turn = written.version, True, bool(turn)
            live.tail = tail
            # Readers of the waiting run hold its empty log: it becomes the log of this attempt.
            live.log.start_attempt(live.run.fence)
        fault("after_claim")
        return True

    def _cancel_waiting(self, live: LiveRun) -> None:
        """A run that is cancelled before its turn need not wait for it: it is claimed out of turn, but adds nothing to the window."""
        while (run := self.runs.find(live.run.id)) is not None and run.state == "queued":
            if self._claim(live, run, self.sessions.tail(run.request.session)):
                self._finish(live, _ended(live, None, None, Usage(), 0.0))

    def _execute(self, live: LiveRun) -> None:
        run, started = live.run, self.clock.monotonic()
        live.tail = branch(self.runs, run.request.session, run.parent or "", live.tail) or Tail()
        if run.cancel_reason:
            live.stop.set(run.cancel_reason)
        if run.fence - run.opened_at_fence > MAX_ATTEMPTS:
            self._give_up(live)
            return
        live.log.append(wire.RUN_STARTED, self._now(), wire.started_fields(run))
        fault("after_tail")
        finished: Finished | None = None
        spent = Usage()
        failure: Failure | None = None
        try:
            for event in self.runner.run(self._turn_input(live), live.stop):
                if isinstance(event, Finished):
                    finished = event
                elif isinstance(event, ModelCompleted):
                    spent += event.usage
                elif isinstance(event, Delta):
                    fault("mid_stream")
                    (live.words if event.text else live.thoughts).append(event.text or event.reasoning)
                name, fields = wire.describe(event, live.run.request)
                live.log.append(name, self._now(), fields)
        except (ModelFailed, Invalid, NotFound) as error:
            failure = Failure(error.kind, error.message, error.retry_after)
        if live.lost:
            return
        self._finish(live, _ended(live, finished, failure, spent, self.clock.monotonic() - started))

    def _give_up(self, live: LiveRun) -> None:
        """End a run whose attempts all died, with the words that the last heartbeat saved."""
        if live.run.content:
            live.words.append(live.run.content)
            live.log.append(CONTENT, self._now(), {"content": live.run.content})
        message = f"the run was interrupted {MAX_ATTEMPTS} times; what was answered until then is kept"
        self._finish(live, replace(live.run, state="interrupted", outcome=RunOutcome(), failure=Failure("interrupted", message)))

    def _turn_input(self, live: LiveRun) -> TurnInput:
        request = live.run.request
        agent = self.agent(request.agent)
        attachments = live.attachments
        if attachments is None:
            attachments = tuple(Attachment(file.name, file.content_type, self.blobs.get(file.blob)) for file in request.files)
        return TurnInput(
            agent=agent,
            tools=tuple(self.tools[name] for name in agent.tools if name in self.tools),
            history=live.tail.messages,
            message=request.message,
            attachments=attachments,
        )

    def _finish(self, live: LiveRun, run: Run) -> None:
        """Commit the end of the run under its fence; then tell it, and publish it. A zombie's finish does nothing.

        `run.outcome` is what this attempt cost: so much is counted and published. The run keeps the sum over the attempts that ended.
        """
        with live.lock:
            message = self._completed_message(run)
            log_name, fields = _ending(run)
            others: list[Write] = [
                Patch(session_path(run.request.session), _session_counters(run)),
                Outbox.entry(EVENTS_TOPIC, message),
            ]
            if live.in_turn:
                tail = live.tail.with_turn(run.id, wire.said(run)) if spoke(run) else live.tail
                others.append(end_turn(run.request.session, run.id, tail))
            # What this commit and the removal of the outbox entry will have cost is part of what they store.
            database = DatabaseUsage(self.usage.reads, self.usage.writes + len(others) + 2, self.usage.commits + 2)
            outcome = replace(run.outcome, database=database.as_dict())
            run = replace(run, outcome=outcome.after(live.run.outcome) if run.opened_at_fence else outcome)
            fields["metrics"] = wire.metrics_fields(run.outcome)
            at = self._now()
            stored = self.runs.result(run, live.log.dump(Event(live.log.next_index, log_name, at, fields)))
            fault("before_finish")
            while True:
                try:
                    self.documents.commit(Patch(run_path(run.id), stored, if_version=live.version), *others)
                    break
                except Conflict:
                    if not self._still_ours(live):
                        return
            live.finished = True
        fault("after_finish")
        live.run = run
        live.log.append(log_name, at, fields)
        live.told = True
        self._log_end(run)
        self._publish(message)

    def _still_ours(self, live: LiveRun) -> bool:
        """After a refused finish: whether to try again. A session deleted meanwhile takes its run with it."""
        current = live.look_again()
        if current is None or (not live.lost and self.sessions.find(current.request.session) is None):
            self.runs.discard(live.run.id)
            self.sessions.discard_turn(live.run.request.session, live.run.id)
            live.lost = True
            live.stop.set(DELETED)
        return not live.lost

    def _publish(self, message: BusMessage) -> None:
        try:
            self.outbox.relay(EVENTS_TOPIC, message)
        except Unavailable:
            log.warning("an event stays in the outbox until the sweeper comes", workspace=self.workspace)

    def _log_end(self, run: Run) -> None:
        outcome = run.outcome
        log.info(
            "run ended",
            workspace=self.workspace,
            run=run.id,
            session=run.request.session,
            agent=run.request.agent,
            model=run.request.model,
            status=run.state,
            ms=round(outcome.duration * 1000),
            input_tokens=outcome.usage.input_tokens,
            output_tokens=outcome.usage.output_tokens,
            cost=None if outcome.cost_micros is None else outcome.cost_micros / 1_000_000,
            attempt=run.fence,
            **outcome.database,
        )

    def _completed_message(self, run: Run) -> BusMessage:
        usage = run.outcome.usage
        return BusMessage(
            id=f"evt_{run.id}_{run.fence}",
            data={
                "type": f"run.{run.state}",
                "workspace": self.workspace,
                "run": run.id,
                "session": run.request.session,
                "agent": run.request.agent,
                "version": run.request.agent_version,
                "model": run.request.model,
                "input_tokens": usage.input_tokens,
                "output_tokens": usage.output_tokens,
                "cost_micros": run.outcome.cost_micros,
            },
        )

    def _tell_failure(self, live: LiveRun, error: ReggieError) -> None:
        """Tell readers that this process cannot go on. It is not stored: the run stays open and is taken over when its lease ends."""
        if not live.finished:
            log.warning("a run could not go on here", workspace=self.workspace, run=live.run.id, kind=error.kind)
            if not live.claimed:
                # Behind every event of the attempts that were, before those of the next; a reader without any has seen up to -1.
                live.log.base = max(0, live.run.fence * ATTEMPT_STRIDE - 1)
            live.log.append(wire.RUN_ERROR, self._now(), wire.error_fields(error.message, error.kind, error.retry_after))
            live.told = True

    def _now(self) -> int:
        return int(self.clock.now().timestamp())


def may_claim(run: Run, owner: str, lease: Lease) -> bool:
    """Whether `owner` may work on the run now: it waits for just this owner or for anybody, or its owner fell silent."""
    if run.age > lease.lasts:
        return True
    return run.state == "queued" and run.owner in ("", owner)


def _ended(live: LiveRun, finished: Finished | None, failure: Failure | None, spent: Usage, duration: float) -> Run:
    """The run as it ended: completed only with Finished, else cancelled, interrupted (words were said) or failed."""
    content, reasoning = "".join(live.words), "".join(live.thoughts)
    usage = finished.usage if finished is not None else spent
    outcome = RunOutcome(
        usage=usage,
        cost_micros=cost_micros(live.run.request.model, usage.input_tokens, usage.cached_tokens, usage.output_tokens),
        first_token_after=finished.first_token_after if finished is not None else None,
        duration=duration,
    )
    run = replace(live.run, content=content, reasoning=reasoning, outcome=outcome)
    if finished is not None:
        return replace(run, state="completed", messages=finished.messages)
    if live.stop.is_set():
        return replace(run, state="cancelled", failure=Failure("cancelled", live.stop.reason))
    failure = failure or Failure("interrupted", "the model's answer broke off")
    return replace(run, state="interrupted" if content else "failed", failure=failure)


def _ending(run: Run) -> tuple[str, dict[str, Any]]:
    """The last event of a run and its fields."""
    if run.state == "completed":
        reasoning = {"reasoning_content": run.reasoning} if run.reasoning else {}
        return wire.RUN_COMPLETED, {"content": run.content, **reasoning, "content_type": "str"}
    failure = run.failure or Failure("error", "the run ended without an answer")
    if run.state == "cancelled":
        return wire.RUN_CANCELLED, {"reason": failure.message}
    return wire.RUN_ERROR, wire.error_fields(failure.message, failure.kind, failure.retry_after)


def _session_counters(run: Run) -> dict[str, Any]:
    usage = run.outcome.usage
    return {
        "updated_at": SERVER_TIME,
        "runs": Increment(0 if run.opened_at_fence else 1),
        "input_tokens": Increment(usage.input_tokens),
        "output_tokens": Increment(usage.output_tokens),
        "cached_tokens": Increment(usage.cached_tokens),
        "reasoning_tokens": Increment(usage.reasoning_tokens),
        "cost_micros": Increment(run.outcome.cost_micros or 0),
    }
