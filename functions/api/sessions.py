"""Sessions: list, create, read, rename, change, delete, and their runs."""

from __future__ import annotations

import time
from typing import Annotated

from shared.kit.errors import NotFound, Unprocessable
from shared.kit.ids import new_id
from shared.sessions import wire
from shared.sessions.models import NewSession, Run, Session
from shared.sessions.runs import stored_events
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
    run_item,
    run_preview,
    session_detail,
    session_item,
)
from shared.sessions.store import SessionFilter
from shared.web.call import Call, Reply
from shared.wiring import services


def list_sessions(call: Call, query: SessionsQuery) -> SessionPage:
    """One page of the workspace's sessions. Only agents have sessions yet: the other types give an empty page."""
    started = time.perf_counter()
    if query.type not in (None, "agent"):
        found: list[Session] = []
        total = 0
    else:
        wanted = SessionFilter(agent=query.component_id, user=query.user_id, name_contains=query.session_name or "")
        found, total = services.sessions(call).page(wanted, query.sort_by, query.sort_order == "desc", query.limit, query.page)
    meta = PageMeta(
        page=query.page,
        limit=query.limit,
        total_pages=-(-total // query.limit),
        total_count=total,
        search_time_ms=round((time.perf_counter() - started) * 1000, 3),
    )
    return SessionPage(data=[session_item(session) for session in found], meta=meta)


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
            user=body.user_id or call.principal.user,
            name=body.session_name or "",
            title="New session",
            state=body.session_state or {},
            metadata=body.metadata or {},
        )
    )
    store = services.sessions(call)
    return Reply(session_detail(session, store.tail(session.id)), status=201)


def get_session(call: Call, query: SessionQuery) -> SessionDetail:
    """One session with the messages of its last turns."""
    session, tail = services.sessions(call).get_with_tail(call.path["session_id"])
    _check_owner(session, query)
    return session_detail(session, tail)


def update_session(call: Call, query: SessionQuery, body: UpdateSession) -> SessionDetail:
    """Change the name, the state, the metadata or the summary; what is left out stays."""
    names = {"session_name": "name", "session_state": "state", "metadata": "metadata", "summary": "summary"}
    given = body.model_dump(exclude_none=True)
    return _changed(call, query, {names[name]: value for name, value in given.items()})


def rename_session(call: Call, query: SessionQuery, body: RenameSession) -> SessionDetail:
    """Give the session a name of its own."""
    return _changed(call, query, {"name": body.session_name})


def delete_session(call: Call, query: SessionQuery) -> None:
    """Remove the session with its runs and files."""
    store = services.sessions(call)
    _check_owner(store.get(call.path["session_id"]), query)
    store.delete(call.path["session_id"])


def delete_sessions(call: Call, query: SessionQuery, body: DeleteSessions) -> None:
    """Remove several sessions; those that are not there, or belong to another user, are passed over."""
    if len(body.session_types) not in (1, len(body.session_ids)):
        raise Unprocessable("session_types must have one entry, or one for each of session_ids")
    store = services.sessions(call)
    for session in dict.fromkeys(body.session_ids):
        try:
            _check_owner(store.get(session), query)
            store.delete(session)
        except NotFound:
            continue


def list_runs(call: Call, query: RunsQuery) -> Reply[list[RunItem]]:
    """The session's last runs, oldest first; `Link` names the page before when there may be one."""
    runs, headers = _page(call, query, whole=True)
    return Reply([run_item(run, _events(run)) for run in runs], headers=headers)


def list_run_previews(call: Call, query: RunsQuery) -> Reply[list[RunPreview]]:
    """The session's last runs without their messages: ids, states and the first 280 characters."""
    runs, headers = _page(call, query, whole=False)
    return Reply([run_preview(run) for run in runs], headers=headers)


def get_run(call: Call, query: SessionQuery) -> RunItem:
    """One run with its messages and events."""
    session = call.path["session_id"]
    _check_owner(services.sessions(call).get(session), query)
    run = services.runs(call).get(call.path["run_id"], session)
    return run_item(run, _events(run))


def _changed(call: Call, query: SessionQuery, fields: dict[str, object]) -> SessionDetail:
    store = services.sessions(call)
    session = call.path["session_id"]
    _check_owner(store.get(session), query)
    changed = store.update(session, fields) if fields else store.get(session)
    return session_detail(changed, store.tail(session))


def _page(call: Call, query: RunsQuery, *, whole: bool) -> tuple[list[Run], dict[str, str]]:
    session = call.path["session_id"]
    _check_owner(services.sessions(call).get(session), query)
    runs = services.runs(call).page(session, query.limit, query.before, whole=whole)
    headers = {}
    if len(runs) == query.limit:
        address = call.route.path.replace("{session_id}", session)
        headers["Link"] = f'<{address}?limit={query.limit}&before={runs[0].id}>; rel="next"'
    return [run for run in runs if matches(run, query)], headers


def _check_owner(session: Session, query: SessionQuery) -> None:
    """Another user's session, and a session of another type, are not there."""
    other_user = query.user_id is not None and session.user and session.user != query.user_id
    if other_user or query.type not in (None, "agent"):
        raise NotFound(f"Agent Session with id '{session.id}' not found")


def _events(run: Run) -> list[dict[str, object]]:
    """The run's events without the pieces of the answer, as AgentOS stores them."""
    return [wire.event_fields(event, run.id, run.request) for event in stored_events(run).events if event.name != "RunContent"]
