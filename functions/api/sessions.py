"""Sessions: list, create, read, rename, change, delete, and their runs."""

from __future__ import annotations

import time
from typing import Annotated

from shared.kit.errors import Conflict, NotFound, TooLarge, Unprocessable
from shared.kit.ids import new_id
from shared.sessions.app_schemas import (
    ExportQuery,
    FoundSessions,
    KeptFeedback,
    RateRun,
    SearchQuery,
    TagItem,
    TagList,
    export,
    found_sessions,
)
from shared.sessions.export import LARGEST, all_runs, file_name, markdown
from shared.sessions.models import NewSession, Run, Session
from shared.sessions.schemas import (
    CreateSession,
    DeleteSessions,
    PageMeta,
    RenameSession,
    RunItem,
    RunPreview,
    RunsQuery,
    SessionDetail,
    SessionPage,
    SessionQuery,
    SessionsQuery,
    UpdateSession,
    matches,
    run_feedback,
    run_item,
    run_preview,
    session_detail,
    session_item,
    stored_run_events,
)
from shared.sessions.store import SessionFilter
from shared.sessions.tail import Tail
from shared.sessions.words import Query
from shared.web.call import Call, Download, Reply
from shared.web.respond import dump
from shared.wiring import services


def list_sessions(call: Call, query: SessionsQuery) -> SessionPage:
    """One page of the workspace's sessions. Only agents have sessions yet: the other types give an empty page.

    A person is shown their own, and without `archived` those that are not archived.

    Cost: a read for each session of the page and of the pages before it, one for the count, and for the marks of running sessions one
    query for each 30 sessions, which reads their open runs. With `running` a read for each open run of the caller's, and for its session.
    """
    started = time.perf_counter()
    if query.type not in (None, "agent"):
        found: list[Session] = []
        total = 0
    else:
        wanted = SessionFilter(
            agent=query.component_id,
            user=services.access(call).user(query.user_id),
            name_contains=query.session_name or "",
            # A person put archived sessions away; an AgentOS client does not know that there are any.
            archived=False if query.archived is None and call.principal.person else query.archived,
            pinned=query.pinned,
            tag=query.tag,
            running=query.running,
        )
        found, total = services.sessions(call).page(wanted, query.sort_by, query.sort_order == "desc", query.limit, query.page)
    meta = PageMeta(
        page=query.page,
        limit=query.limit,
        total_pages=-(-total // query.limit),
        total_count=total,
        search_time_ms=round((time.perf_counter() - started) * 1000, 3),
    )
    ids = [session.id for session in found]
    running = services.sessions(call).running(ids) if query.running is None else set(ids if query.running else ())
    return SessionPage(data=[session_item(session, running=session.id in running) for session in found], meta=meta)


def create_session(call: Call, query: SessionQuery, body: CreateSession) -> Annotated[Reply[SessionDetail], 201]:
    """An empty session. 409 when the id is taken; 404 when the agent is not there."""
    if query.type not in (None, "agent") or body.team_id or body.workflow_id:
        raise Unprocessable("only sessions of agents can be made: send agent_id, and type=agent or no type")
    if body.agent_id is not None:
        services.agents(call).get(body.agent_id)
    session = services.sessions(call).create(
        NewSession(
            id=body.session_id or new_id("ses"),
            agent=body.agent_id or "",
            user=services.access(call).user(body.user_id) or call.principal.user,
            name=body.session_name or "",
            title="New session",
            state=body.session_state or {},
            metadata=body.metadata or {},
        )
    )
    return Reply(session_detail(session, Tail(), running=False), status=201)


def get_session(call: Call, query: SessionQuery) -> SessionDetail:
    """One session with the messages of its last turns."""
    session, tail = services.access(call).session_with_tail(*_asked(call, query))
    return _detail(call, session, tail)


def update_session(call: Call, query: SessionQuery, body: UpdateSession) -> SessionDetail:
    """Change the name, the state, the metadata, the summary or the marks; what is left out stays.

    Marks (`pinned`, `archived`, `tags`, `read`) leave `updated_at` as it is, so that a list keeps its order.
    """
    names = {"session_name": "name", "session_state": "state"}
    given = body.model_dump(exclude_none=True, exclude={"read"})
    if body.tags is not None:
        given["tags"] = list(dict.fromkeys(body.tags))
    return _changed(call, query, {names.get(name, name): value for name, value in given.items()}, read=body.read is not None)


def rename_session(call: Call, query: SessionQuery, body: RenameSession) -> SessionDetail:
    """Give the session a name of its own."""
    return _changed(call, query, {"name": body.session_name})


def delete_session(call: Call, query: SessionQuery) -> None:
    """Remove the session with its runs, files and shares."""
    session = services.access(call).session(*_asked(call, query))
    services.deletions(call.principal.workspace, call.usage).delete(session.id)


def delete_sessions(call: Call, query: SessionQuery, body: DeleteSessions) -> None:
    """Remove several sessions; those that are not there, or belong to another user, are passed over."""
    if len(body.session_types) not in (1, len(body.session_ids)):
        raise Unprocessable("session_types must have one entry, or one for each of session_ids")
    access, deletions = services.access(call), services.deletions(call.principal.workspace, call.usage)
    for session in dict.fromkeys(body.session_ids):
        try:
            deletions.delete(access.session(*_asked(call, query, session)).id)
        except NotFound:
            continue


def list_runs(call: Call, query: RunsQuery) -> Reply[list[RunItem]]:
    """The session's last runs, oldest first; `Link` names the page before when there may be one."""
    runs, headers = _page(call, query, whole=True)
    return Reply([run_item(run, stored_run_events(run)) for run in runs], headers=headers)


def list_run_previews(call: Call, query: RunsQuery) -> Reply[list[RunPreview]]:
    """The session's last runs without their messages: ids, states and the first 280 characters."""
    runs, headers = _page(call, query, whole=False)
    return Reply([run_preview(run) for run in runs], headers=headers)


def get_run(call: Call, query: SessionQuery) -> RunItem:
    """One run with its messages and events."""
    run = _run(call, query)
    return run_item(run, stored_run_events(run))


def rate_run(call: Call, query: SessionQuery, body: RateRun) -> Reply[KeptFeedback]:
    """Say what an answer was worth; the last word counts. `rating` null takes it back."""
    run = _run(call, query)
    feedback = body.feedback()
    try:
        services.runs(call).rate(run.id, feedback)
    except Conflict as error:
        raise NotFound(f"Run with id '{run.id}' not found in session '{run.request.session}'") from error
    return Reply(KeptFeedback(None if feedback is None else run_feedback(feedback)))


def get_run_file(call: Call, query: SessionQuery) -> Download:
    """A file that came with a run's message, counted from 0; as its own type only when a browser can do no harm with it."""
    run = _run(call, query)
    number = call.path["file_number"]
    if not number.isdecimal() or len(number) > 3 or int(number) >= len(run.request.files):
        raise NotFound(f"Run with id '{run.id}' has no file '{number}'")
    file = run.request.files[int(number)]
    return Download(services.blobs(call.principal.workspace).get(file.blob), file.name, file.content_type)


def export_session(call: Call, query: ExportQuery) -> Download:
    """The whole session as a file: Markdown to be read, or JSON with everything that its runs hold. 413 past 30 MiB."""
    session = services.access(call).session(*_asked(call, query))
    runs = all_runs(session.id, services.runs(call))
    if query.format == "json":
        data, ending, content_type = dump(export(session, runs, services.clock.now())), "json", "application/json"
    else:
        data, ending, content_type = markdown(session, runs).encode(), "md", "text/markdown"
    if len(data) > LARGEST:
        raise TooLarge(f"the session is larger than {LARGEST} bytes as a file; read its runs page by page")
    return Download(data, file_name(session, ending), content_type)


def list_tags(call: Call, query: SessionQuery) -> TagList:
    """The tags of the caller's sessions, those of most sessions first.

    Cost: a read for each tag, at most 500, however many sessions there are. An API key that names no user reads each user's own.
    """
    if query.type not in (None, "agent"):
        return TagList(data=[])
    used = services.tags(call).used(services.access(call).user(query.user_id))
    return TagList(data=[TagItem(tag=tag, sessions=sessions) for tag, sessions in used.items()])


def search_sessions(call: Call, query: SearchQuery) -> FoundSessions:
    """Sessions whose name or messages hold all words of `q`, the last one perhaps only begun; those found by name first, then the newest.

    Cost: a read for each of the caller's last 2,000 sessions, and at most 200 runs. Archived sessions are found too.
    """
    wanted = Query.of(query.q)
    if wanted is None:
        raise Unprocessable("q must hold a letter or a digit", fields=(("q", "no word in it"),))
    if query.type not in (None, "agent"):
        return FoundSessions(data=[])
    return found_sessions(services.search(call).find(wanted, services.access(call).user(query.user_id), query.limit))


def _changed(call: Call, query: SessionQuery, fields: dict[str, object], *, read: bool = False) -> SessionDetail:
    """The session after a change. Its change is no news to whoever had read it before."""
    store = services.sessions(call)
    session, tail = services.access(call).session_with_tail(*_asked(call, query))
    if fields or read:
        session = store.update(session.id, fields, read=read or (bool(fields) and not session.unread))
    return _detail(call, session, tail)


def _detail(call: Call, session: Session, tail: Tail) -> SessionDetail:
    # A free session has no open run: only the others cost a read more.
    running = not tail.free and bool(services.sessions(call).running([session.id]))
    return session_detail(session, tail, running=running)


def _page(call: Call, query: RunsQuery, *, whole: bool) -> tuple[list[Run], dict[str, str]]:
    session = services.access(call).session(*_asked(call, query)).id
    runs = services.runs(call).page(session, query.limit, query.before, whole=whole)
    headers = {}
    if len(runs) == query.limit:
        address = call.route.path.replace("{session_id}", session)
        headers["Link"] = f'<{address}?limit={query.limit}&before={runs[0].id}>; rel="next"'
    return [run for run in runs if matches(run, query)], headers


def _run(call: Call, query: SessionQuery) -> Run:
    """The run that the path names, in a session that the caller may see."""
    session = services.access(call).session(*_asked(call, query))
    return services.runs(call).get(call.path["run_id"], session.id)


def _asked(call: Call, query: SessionQuery, session: str = "") -> tuple[str, str | None]:
    """The session that is asked for, and whose it must be. Only agents have sessions: one of another type is not there."""
    session = session or call.path["session_id"]
    if query.type not in (None, "agent"):
        raise NotFound(f"Agent Session with id '{session}' not found")
    return session, query.user_id
