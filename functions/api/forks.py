"""Forking a session."""

from __future__ import annotations

from typing import Annotated

from shared.kit.errors import Conflict, NotFound
from shared.sessions.forks import Forks
from shared.sessions.schemas import ForkSession, SessionDetail, SessionQuery, session_detail
from shared.web.call import Call, Reply
from shared.wiring import services


def fork_session(call: Call, query: SessionQuery, body: ForkSession) -> Annotated[Reply[SessionDetail], 201]:
    """A new session with copies of the runs up to `run_id` on its branch: messages, answers, events and files, with their times.

    Without `run_id` up to the last run that ended. The copies show what the originals cost; the new session's own cost and tokens begin at
    0. 409 while one of the runs is open, and when there is none; 413 past 1,000 runs or 256 MiB of files.
    """
    if query.type not in (None, "agent"):
        raise NotFound("only agents have sessions yet")
    session, tail = services.access(call).session_with_tail(call.path["session_id"], query.user_id)
    last = body.run_id or tail.last
    if not last:
        raise Conflict("no message of this session has been answered yet; there is nothing to fork")
    workspace = call.principal.workspace
    copy = Forks(services.documents(workspace, call.usage), services.blobs(workspace)).fork(session, last)
    return Reply(session_detail(*services.sessions(call).get_with_tail(copy), running=False), status=201)
