"""Shares: a conversation as it was at one moment, for everybody who has the address.

    sessions/{session}/shares/{id}   in the workspace's documents: that there is one
    shares/{session}/{id}.json       in the workspace's blobs: what was said, in the words of the public answer
    shares/{id}                      in the platform's documents: whose it is, for a request that names no workspace

They are made in this order, and removed so that the blob goes first: without it nobody reads the share, whatever a crash leaves.
"""

from __future__ import annotations

import base64
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson

from shared.kit.blobs import Blobs, BlobStore
from shared.kit.documents import SERVER_TIME, Create, Delete, Documents, Increment, Order, Patch, Where
from shared.kit.errors import Conflict, NotFound, TooLarge
from shared.sessions import wire
from shared.sessions.models import Run, Session
from shared.sessions.runs import RunStore
from shared.sessions.store import session_path
from shared.workspaces.store import workspace_root

LARGEST: Final = 2 * 1024 * 1024
"""Bytes of a share as JSON."""
MOST: Final = 100
"""Shares of one session."""
_PAGE = 50


@dataclass(frozen=True, slots=True)
class Share:
    """One share. Its id holds 256 random bits: who has it may read it."""

    id: str
    created_at: datetime


class Shares:
    """The shares of one workspace's sessions."""

    def __init__(self, workspace: str, documents: Documents, blobs: Blobs, platform: Documents) -> None:
        self._workspace = workspace
        self._documents = documents
        self._blobs = blobs
        self._platform = platform

    def create(self, session: str, content: bytes) -> Share:
        """Share what `snapshot` made. Raises NotFound when the session is gone, Conflict when it has MOST shares already."""
        if self._documents.count(_path(session)) >= MOST:
            raise Conflict(f"this session has {MOST} shares already; remove one first")
        share = "shr_" + base64.b32encode(secrets.token_bytes(32)).decode().rstrip("=").lower()
        counted = Patch(session_path(session), {"shares": Increment(1)})
        try:
            _, made = self._documents.commit(counted, Create(_path(session, share), {"created_at": SERVER_TIME}))
        except Conflict as error:
            raise NotFound(f"Agent Session with id '{session}' not found") from error
        self._blobs.put(_blob(session, share), content, "application/json", if_generation=0)
        self._platform.commit(Create(f"shares/{share}", {"workspace": self._workspace, "session": session, "created_at": SERVER_TIME}))
        if self._documents.get(session_path(session))[0] is None:
            # Deleted in between, by somebody who may not have seen the blob.
            self._remove(session, share)
            raise NotFound(f"Agent Session with id '{session}' not found")
        return Share(share, made.updated_at)

    def all(self, session: str) -> list[Share]:
        """The newest first."""
        found = self._documents.query(_path(session), order=[Order("created_at", True)], limit=MOST * 2)
        return [Share(snapshot.id, snapshot.fields["created_at"]) for snapshot in found]

    def revoke(self, session: str, share: str) -> None:
        """End a share. Raises NotFound."""
        (snapshot,) = self._documents.get(_path(session, share))
        if snapshot is None:
            raise NotFound(f"this session has no share '{share}'")
        self._remove(session, share)
        # Revoked twice at once it is counted once; of a session deleted meanwhile there is nothing to count.
        with suppress(Conflict):
            counted = Patch(session_path(session), {"shares": Increment(-1)})
            self._documents.commit(Delete(snapshot.path, if_version=snapshot.version), counted)

    def revoke_all(self, session: str, until: datetime) -> None:
        """End the shares of a deleted session that were made up to that time. Safe to repeat."""
        where = [Where("created_at", "<=", until)]
        while found := self._documents.query(_path(session), where, [Order("created_at")], _PAGE):
            for snapshot in found:
                self._remove(session, snapshot.id)
            self._documents.commit(*(Delete(snapshot.path) for snapshot in found))

    def _remove(self, session: str, share: str) -> None:
        self._blobs.delete(_blob(session, share))
        self._platform.commit(Delete(f"shares/{share}"))


def shared(share: str, platform: Documents, blobs: BlobStore) -> bytes:
    """What a share's address shows, as JSON. Raises NotFound when it was revoked or never was."""
    (snapshot,) = platform.get(f"shares/{share}")
    if snapshot is not None:
        with suppress(NotFound):
            return blobs.open(workspace_root(snapshot.fields["workspace"])).get(_blob(snapshot.fields["session"], share))
    raise NotFound("this share is not there, or was ended by its owner")


def snapshot(session: Session, last: str, runs: RunStore, at: datetime) -> bytes:
    """A conversation as its share shows it: what was said on the branch that ends with the run `last`, and nothing else.

    No ids, no names of people, no steps of tools. Raises TooLarge.
    """
    messages: list[dict[str, str]] = []
    size, agent_name = 0, ""
    for run in _branch(session.id, last, runs):
        agent_name = agent_name or run.request.agent_name
        said = [{"role": "user", "content": run.request.message, "created_at": wire.iso(run.created_at)}]
        if run.content:
            said.append({"role": "assistant", "content": run.content, "created_at": wire.iso(run.created_at)})
        messages[:0] = said
        size += sum(len(message["content"].encode()) for message in said)
        if size > LARGEST:
            break
    content: dict[str, Any] = {"title": wire.display_name(session), "agent_name": agent_name, "created_at": wire.iso(at)}
    dumped = b"" if size > LARGEST else orjson.dumps({**content, "messages": messages})
    if not dumped or len(dumped) > LARGEST:
        raise TooLarge(f"the conversation is larger than {LARGEST} bytes, the most that can be shared; export it instead")
    return dumped


def _branch(session: str, last: str, runs: RunStore) -> list[Run]:
    """The runs of a branch that have ended, newest first."""
    found: list[Run] = []
    wanted: str | None = last
    before, size = None, 0
    while wanted and size <= LARGEST and (page := runs.page(session, _PAGE, before)):
        for run in reversed(page):
            if run.id != wanted:
                continue
            wanted = run.parent
            if not run.open:
                found.append(run)
                size += len(run.content) + len(run.request.message)
        before = page[0].id
    return found


def _path(session: str, share: str = "") -> str:
    return f"sessions/{session}/shares/{share}".rstrip("/")


def _blob(session: str, share: str) -> str:
    return f"shares/{session}/{share}.json"
