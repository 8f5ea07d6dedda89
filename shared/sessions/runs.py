"""Runs as documents: `runs/{id}`, one for each turn, flat in the workspace so that the sweeper finds dead ones without knowing sessions.

Texts past LARGE bytes lie in a blob beside the document, which then keeps a preview: no document passes 800 kB.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import orjson

from shared.kit.blobs import Blobs
from shared.kit.documents import SERVER_TIME, Create, Delete, Documents, Order, Patch, Snapshot, Where, Write, Written
from shared.kit.errors import Conflict, NotFound
from shared.sessions.eventlog import EventLog
from shared.sessions.messages import Usage
from shared.sessions.models import Failure, Feedback, Run, RunOutcome, RunRequest, StoredFile
from shared.sessions.tail import dump_messages, load_messages
from shared.sessions.words import index_words

LARGE = 350_000
"""Bytes of input, or of everything that was answered, past which they move to a blob: two such parts stay below 800 kB."""
PREVIEW = 2_000
"""Characters of a moved text that stay in the document, for lists."""


class RunStore:
    """The runs of one workspace."""

    def __init__(self, documents: Documents, blobs: Blobs) -> None:
        self._documents = documents
        self._blobs = blobs

    def find(self, run: str) -> Run | None:
        """The run with its whole texts, or None."""
        (snapshot,) = self._documents.get(run_path(run))
        return None if snapshot is None else self._load(snapshot, whole=True)

    def get(self, run: str, session: str) -> Run:
        """The run with its whole texts. Raises NotFound, also when it belongs to another session."""
        found = self.find(run)
        if found is None or found.request.session != session:
            raise NotFound(f"Run with id '{run}' not found in session '{session}'")
        return found

    def belongs(self, run: str, session: str) -> bool:
        """Whether the session has this run; its texts are not read."""
        (snapshot,) = self._documents.get(run_path(run))
        return snapshot is not None and snapshot.fields["session"] == session

    def page(self, session: str, limit: int, before: str | None = None, *, whole: bool = True) -> list[Run]:
        """The last `limit` runs of a session that were accepted before the run `before`, oldest first."""
        after: list[Any] | None = None
        if before is not None:
            (snapshot,) = self._documents.get(run_path(before))
            if snapshot is None or snapshot.fields["session"] != session:
                raise NotFound(f"Run with id '{before}' not found in session '{session}'")
            after = [snapshot.fields["created_at"], before]
        found = self._documents.query("runs", [Where("session", "==", session)], [Order("created_at", True)], limit, after)
        return [self._load(snapshot, whole=whole) for snapshot in reversed(found)]

    def next_open(self, session: str) -> tuple[Run | None, bool]:
        """The run whose turn it is in a session, and whether others wait behind it.

        It is the one that runs, else the first in the order in which the database accepted them.

        Firestore's SERVER_TIME has milliseconds, so a run accepted in the same millisecond may sort before the one that runs already:
        a few are read to see that one too. Outside a queue there is one, and one read.
        """
        conditions = [Where("session", "==", session), Where("open", "==", True)]
        found = self._documents.query("runs", conditions, [Order("created_at")], 5)
        if not found:
            return None, False
        running = [snapshot for snapshot in found if snapshot.fields["state"] == "running"]
        return self._load((running or found)[0], whole=True), len(found) > 1

    def open_runs(self, limit: int, after: Sequence[Any] | None = None) -> list[Run]:
        """Runs with something left to do, the longest silent first."""
        found = self._documents.query("runs", [Where("open", "==", True)], [Order("beat_at")], limit, after)
        return [self._load(snapshot, whole=False) for snapshot in found]

    def create(self, run: str, request: RunRequest, owner: str, body_digest: str, *, parent: str | None, begins: bool) -> Create:
        """The write that accepts a run: in the queue, or as one that `owner` runs from here on when it `begins` at once.

        A long message is put into its blob here, before the commit that refers to it.
        """
        message, blob = request.message, ""
        if len(message) > LARGE // 4 and len(message.encode()) > LARGE:
            # Named by the request's digest: another request with the same key is refused, but only after it has stored this.
            blob = f"runs/{run}/input-{body_digest}.txt"
            self._blobs.put(blob, message.encode(), "text/plain; charset=utf-8")
            message = message[:PREVIEW]
        return Create(
            run_path(run),
            {
                "state": "running" if begins else "queued",
                "open": True,
                "session": request.session,
                "user": request.user,
                "agent": request.agent,
                "agent_name": request.agent_name,
                "agent_version": request.agent_version,
                "model": request.model,
                "input": message,
                "input_blob": blob,
                "words": index_words(request.message),
                "files": orjson.dumps([asdict(file) for file in request.files]).decode(),
                "background": request.background,
                "body_digest": body_digest,
                "parent": parent,
                "owner": owner,
                "fence": 1 if begins else 0,
                "opened_at_fence": 0,
                "cancel": "",
                "created_at": SERVER_TIME,
                "beat_at": SERVER_TIME,
            },
        )

    def claim(self, run: Run, owner: str, *others: Write) -> Written:
        """Make `owner` the one who runs it after its parent, in one commit with `others`. Raises Conflict when somebody was quicker."""
        fields = {"state": "running", "owner": owner, "parent": run.parent, "fence": run.fence + 1, "beat_at": SERVER_TIME}
        return self._documents.commit(Patch(run_path(run.id), fields, if_version=run.version), *others)[0]

    def reopen(self, run: Run, owner: str) -> Patch:
        """The write that queues a run that ended without a full answer again; it meets a Conflict when the run changed meanwhile."""
        fields = {"state": "queued", "open": True, "owner": owner, "cancel": "", "failure": None, "beat_at": SERVER_TIME}
        fields["opened_at_fence"] = run.fence
        return Patch(run_path(run.id), fields, if_version=run.version)

    def progress(self, run: str, fence: int, content: str, reasoning: str, log: bytes) -> dict[str, Any]:
        """The fields of a partial or final answer, moved to a blob when they are large."""
        answer = {"content": content, "reasoning": reasoning, "log": log.decode()}
        return {**self._moved_when_large(run, fence, answer), "beat_at": SERVER_TIME}

    def result(self, run: Run, log: bytes) -> dict[str, Any]:
        """The fields of a run that came to its end: its state, answer, outcome and failure."""
        answer = {
            "content": run.content,
            "reasoning": run.reasoning,
            "log": log.decode(),
            "messages": orjson.dumps(dump_messages(run.messages)).decode(),
        }
        return {
            **self._moved_when_large(run.id, run.fence, answer),
            "words": index_words(run.request.message, run.content),
            "state": run.state,
            "open": run.open,
            "outcome": orjson.dumps(asdict(run.outcome)).decode(),
            "failure": None if run.failure is None else orjson.dumps(asdict(run.failure)).decode(),
            "beat_at": SERVER_TIME,
        }

    def patch(self, run: str, fields: dict[str, Any], if_version: int | None = None) -> Written:
        """Raises Conflict when the run is gone or not at `if_version`."""
        return self._documents.commit(Patch(run_path(run), fields, if_version=if_version))[0]

    def rate(self, run: str, feedback: Feedback | None) -> None:
        """Keep what a reader thought of the answer, or forget it; also while the run is worked on. Raises Conflict when it is gone."""
        self.patch(run, {"feedback": None if feedback is None else orjson.dumps(asdict(feedback)).decode()})

    def request_cancel(self, run: str, reason: str) -> bool:
        """Leave the wish to cancel where the owner's next heartbeat meets it; False when there is no such run."""
        try:
            self.patch(run, {"cancel": reason})
        except Conflict:
            return False
        return True

    def discard(self, run: str) -> None:
        """Remove a run whose session was deleted under it, with its blobs."""
        for blob in self._blobs.list(f"runs/{run}/"):
            self._blobs.delete(blob.path)
        self._documents.commit(Delete(run_path(run)))

    def _moved_when_large(self, run: str, fence: int, answer: dict[str, str]) -> dict[str, Any]:
        if sum(map(len, answer.values())) <= LARGE // 4 or sum(len(text.encode()) for text in answer.values()) <= LARGE:
            return {**answer, "answer_blob": ""}
        blob = f"runs/{run}/answer-{fence}.json"
        self._blobs.put(blob, orjson.dumps(answer), "application/json")
        previews = {"content": answer["content"][:PREVIEW], "reasoning": "", "log": "[]"}
        return {**previews, **({"messages": "[]"} if "messages" in answer else {}), "answer_blob": blob}

    def _load(self, snapshot: Snapshot, *, whole: bool) -> Run:
        fields = snapshot.fields
        if whole and fields.get("answer_blob"):
            fields = {**fields, **orjson.loads(self._blobs.get(fields["answer_blob"]))}
        message = fields["input"]
        if whole and fields["input_blob"]:
            message = self._blobs.get(fields["input_blob"]).decode()
        return Run(
            id=snapshot.id,
            request=RunRequest(
                agent=fields["agent"],
                agent_name=fields["agent_name"],
                agent_version=fields["agent_version"],
                model=fields["model"],
                session=fields["session"],
                user=fields["user"],
                message=message,
                files=tuple(StoredFile(**file) for file in orjson.loads(fields["files"])),
                background=fields["background"],
            ),
            state=fields["state"],
            created_at=fields["created_at"],
            fence=fields["fence"],
            owner=fields["owner"],
            version=snapshot.version,
            # Not since any write: a wish to cancel says nothing about the owner.
            age=(snapshot.read_at - fields["beat_at"]).total_seconds(),
            cancel_reason=fields["cancel"],
            body_digest=fields["body_digest"],
            parent=fields.get("parent"),
            opened_at_fence=fields["opened_at_fence"],
            content=fields.get("content", ""),
            reasoning=fields.get("reasoning", ""),
            log=fields.get("log", "[]").encode(),
            messages=load_messages(orjson.loads(fields.get("messages", "[]"))),
            outcome=_load_outcome(fields.get("outcome")),
            failure=Failure(**orjson.loads(fields["failure"])) if fields.get("failure") else None,
            feedback=_load_feedback(fields.get("feedback")),
        )


def stored_events(run: Run) -> EventLog:
    """The events of a run as its last heartbeat or its end stored them."""
    return EventLog.load(run.log, run.content, run.reasoning, closed=not run.open)


def run_path(run: str) -> str:
    return f"runs/{run}"


def _load_feedback(stored: str | None) -> Feedback | None:
    if not stored:
        return None
    raw = orjson.loads(stored)
    return Feedback(**{**raw, "reasons": tuple(raw["reasons"])})


def _load_outcome(stored: str | None) -> RunOutcome:
    if not stored:
        return RunOutcome()
    raw = orjson.loads(stored)
    return RunOutcome(**{**raw, "usage": Usage(**raw["usage"])})
