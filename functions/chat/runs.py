"""Runs over HTTP: start, stream, read again, continue, cancel."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import chain
from typing import Annotated, Any

from shared.agents.media import attachments_of
from shared.agents.schemas import CancelForm, ContinueForm, EventsQuery, ResumeForm, RunForm, RunOutput, RunPending
from shared.agents.turns import Accepted, Idempotency, NewTurn, Turns
from shared.kit import log
from shared.kit.errors import NotFound, ReggieError, Unavailable, Unprocessable
from shared.sessions import wire
from shared.sessions.eventlog import Event
from shared.sessions.messages import Attachment
from shared.sessions.models import Run
from shared.sessions.runs import stored_events
from shared.web.call import Call, Reply, Stream, Upload
from shared.web.sse import KEEP_ALIVE, frame
from shared.wiring import services

RunAnswer = Reply[Stream] | Reply[RunOutput] | Annotated[Reply[RunPending], 202]
"""What a request for a run is answered with: its events, its end, or that it was accepted."""


def start_run(call: Call, form: RunForm, uploads: tuple[Upload, ...] = ()) -> RunAnswer:
    """Send a message to an agent. `stream=true` (the default): server-sent events; `stream=false`: the whole answer, also for a
    failed run, with `status: "ERROR"`; `background=true` and `stream=false`: 202 at once. `X-Run-Id` and `X-Session-Id` name the run,
    also while it waits for its turn.
    """
    files = [Attachment(upload.filename, upload.content_type, upload.data) for upload in uploads]
    attachments = attachments_of(files, form.images, form.input_files)
    turn = NewTurn(
        agent=call.path["agent_id"],
        message=form.message,
        session=form.session_id or "",
        user=services.access(call).user(form.user_id) or "",
        attachments=attachments,
        background=form.background,
        parent="" if form.parent_run_id == "root" else form.parent_run_id,
    )
    turns = services.turns(call)
    accepted = turns.accept(turn, call.principal.user, _idempotency(call))
    return _answer(turns, accepted, attachments, stream=form.stream)


def stream_events(call: Call, query: EventsQuery) -> Stream:
    """The run's events behind `Last-Event-ID` or `last_event_index`, past and to come: works from any device and instance."""
    turns = services.turns(call)
    after = _last_event_id(call, query.last_event_index)
    run = _find(call, query.session_id)
    return Stream(_frames(turns.follow(run.id, query.session_id, after), run))


def resume_run(call: Call, form: ResumeForm) -> Stream:
    """AgentOS's way to read a run again: a frame that tells what follows, the missed events, and the live ones."""
    after = _last_event_id(call, form.last_event_index)
    run = _find(call, form.session_id)
    return Stream(_resumed(services.turns(call), run, after))


def continue_run(call: Call, form: ContinueForm) -> RunAnswer:
    """Go on with a run: attach while it is under way, try again when it has no full answer, follow up with `input` when it has one."""
    turns = services.turns(call)
    run = _find(call, form.session_id)
    if form.tools not in (None, "", "[]"):
        raise Unprocessable("this run waits for no tool results: leave `tools` empty")
    if form.input is not None and not run.open:
        turn = NewTurn(run.request.agent, form.input, form.session_id, services.access(call).user(form.user_id) or "", parent=run.id)
        accepted = turns.accept(turn, call.principal.user, _idempotency(call))
    else:
        accepted = turns.retry(run.id, form.session_id, _idempotency(call))
    return _answer(turns, accepted, None, stream=form.stream)


def cancel_run(call: Call, form: CancelForm) -> dict[str, Any]:  # noqa: ARG001
    """Ask a run to stop; what was said until then is kept. Always `{}`: the wish is recorded, wherever the run is worked on.

    404 when a person names a run that is not theirs.
    """
    services.access(call).known_run(call.path["run_id"])
    services.turns(call).cancel(call.path["run_id"], f"cancelled by {call.principal.id}")
    return {}


def _answer(turns: Turns, accepted: Accepted, attachments: tuple[Attachment, ...] | None, *, stream: bool) -> RunAnswer:
    run = accepted.run
    log.bind(run=run.id, session=run.request.session, agent=run.request.agent)
    headers = {"X-Run-Id": run.id, "X-Session-Id": run.request.session, **({"Idempotent-Replayed": "true"} if accepted.repeated else {})}
    if stream:
        live = turns.start(accepted, attachments)
        frames = _frames(turns.follow(run.id, run.request.session, live=live), run)
        # Headers leave with the first bytes, and a run that waits says nothing by itself: its sender learns its name at once.
        return Reply(Stream(chain((KEEP_ALIVE,), frames) if run.state == "queued" else frames), headers=headers)
    if run.request.background:
        turns.start(accepted)
        pending = {"run_id": run.id, "session_id": run.request.session, "status": wire.STATUS["queued"]}
        return Reply(pending, status=202, headers=headers)
    return Reply(wire.run_output(turns.finish(accepted, attachments)), headers=headers)


def _frames(batches: Iterator[list[Event]], run: Run) -> Iterator[bytes]:
    try:
        for batch in batches:
            yield b"".join(_frame(event, run) for event in batch) or KEEP_ALIVE
    except ReggieError as error:
        # The status was sent long ago: only an event can still tell why the stream ends here.
        yield _broken_off(wire.error_fields(error.message, error.kind, error.retry_after), run)


def _frame(event: Event, run: Run) -> bytes:
    if event.fields.get("error_type") == Unavailable.kind:
        return _broken_off(event.fields, run)
    return frame(event.name, wire.event_fields(event, run.id, run.request), event.index)


def _broken_off(fields: dict[str, Any], run: Run) -> bytes:
    """RunError of a stream that ends though its run may go on. It has no id: a reader goes on behind the last event that has one."""
    event = wire.event_fields(Event(-1, wire.RUN_ERROR, int(time.time()), fields), run.id, run.request)
    del event["event_index"]
    return frame(wire.RUN_ERROR, event)


def _resumed(turns: Turns, run: Run, after: int) -> Iterator[bytes]:
    known = stored_events(run)
    meta = {
        "event": "catch_up" if run.open else "replay",
        "run_id": run.id,
        "status": wire.STATUS[run.state],
        "total_events": known.next_index - known.base,
        "total_buffered": known.next_index - known.base,
        "last_event_index_requested": after,
        "message": "events of a run under way" if run.open else "events of a run that has ended",
    }
    yield frame(str(meta["event"]), meta)
    missed = known.after(after)
    if missed:
        yield b"".join(_frame(event, run) for event in missed)
        after = missed[-1].index
    if run.open:
        yield frame("subscribed", {"event": "subscribed", "run_id": run.id, "status": wire.STATUS[run.state]})
        yield from _frames(turns.follow(run.id, run.request.session, after), run)


def _find(call: Call, session: str) -> Run:
    run = services.access(call).run(call.path["run_id"], session)
    if run.request.agent != call.path["agent_id"]:
        raise NotFound(f"Run with id '{run.id}' not found in session '{session}'")
    return run


def _idempotency(call: Call) -> Idempotency | None:
    """The caller's key, which counts for one place: the agent's runs, or the run that is continued."""
    if call.idempotency_key is None:
        return None
    return Idempotency(f"{call.path.get('run_id', '')} {call.idempotency_key}", call.principal.id)


def _last_event_id(call: Call, index: int) -> int:
    """The header of a browser that reconnects wins over the field."""
    value = call.headers.get("last-event-id")
    if value is None or value == "":
        return index
    if not value.isascii() or not value.isdigit() or len(value) > 15:
        raise Unprocessable("Last-Event-ID must be the id of an event of this run: a whole number")
    return int(value)
