"""Shares of sessions: made and ended by who may see the session, read by whoever has the address."""

from __future__ import annotations

from typing import Annotated

import orjson

from shared.kit.errors import NotFound
from shared.sessions.app_schemas import SharedSession, ShareItem, share_item
from shared.sessions.schemas import SessionQuery
from shared.sessions.shares import shared, snapshot
from shared.web.call import Call, Reply
from shared.wiring import services


def create_share(call: Call, query: SessionQuery) -> Annotated[Reply[ShareItem], 201]:
    """Let everybody who has the address read the conversation as it is now: what was said, nothing else. 413 past 2 MiB."""
    _only_agents(query)
    session, tail = services.access(call).session_with_tail(call.path["session_id"], query.user_id)
    content = snapshot(session, tail.last, services.runs(call), services.clock.now())
    share = services.shares(call.principal.workspace, call.usage).create(session.id, content)
    return Reply(share_item(share, call.url), status=201)


def list_shares(call: Call, query: SessionQuery) -> list[ShareItem]:
    """The session's shares, the newest first."""
    _only_agents(query)
    session = services.access(call).session(call.path["session_id"], query.user_id)
    shares = services.shares(call.principal.workspace, call.usage).all(session.id)
    return [share_item(share, call.url) for share in shares]


def revoke_share(call: Call, query: SessionQuery) -> None:
    """End a share: its address shows nothing any more."""
    _only_agents(query)
    session = services.access(call).session(call.path["session_id"], query.user_id)
    services.shares(call.principal.workspace, call.usage).revoke(session.id, call.path["share_id"])


def get_shared(call: Call) -> Reply[SharedSession]:
    """A shared conversation, for whoever has its address. 404 when the share was ended."""
    return Reply(orjson.loads(shared(call.path["share_id"], services.platform(call.usage), services.blob_store)))


def _only_agents(query: SessionQuery) -> None:
    if query.type not in (None, "agent"):
        raise NotFound("only agents have sessions yet")
