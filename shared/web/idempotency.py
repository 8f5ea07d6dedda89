"""`Idempotency-Key` for every route that changes something (draft-ietf-httpapi-idempotency-key-header-07).

The same key with the same request is answered with the first answer, byte for byte; with another request it is refused; while the first
is under way, 409. A key counts for one credential and one route, and for 24 hours. Runs have their own form of it: see agents/turns.py.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable

from flask import Response

from shared.kit.documents import SERVER_TIME, Create, Delete, Documents, Patch, Snapshot
from shared.kit.errors import AlreadyExists, Conflict, Invalid, ReggieError, TooLarge, Unprocessable
from shared.kit.ids import derived_id
from shared.web import respond
from shared.web.call import Call

KEPT_SECONDS = 24 * 3600
ABANDONED_SECONDS = 60
"""A first request that did not answer for so long is dead: the next one with its key does the work."""
_MAX_STORED = 700_000
_KEY = re.compile(r"[\x21-\x7e]{1,255}")


def check_key(value: str | None) -> str | None:
    """The header's value. Raises Invalid unless it is 1 to 255 visible ASCII characters."""
    if value is not None and not _KEY.fullmatch(value):
        raise Invalid("Idempotency-Key must be 1 to 255 visible ASCII characters without blanks, as a UUID")
    return value


def once(documents: Documents, call: Call, body: bytes, work: Callable[[], Response]) -> Response:
    """Do `work` once for the call's key; answer a repeat from what was kept."""
    digest = hashlib.sha256(body).hexdigest()
    place = "/".join(f"{name}={value}" for name, value in sorted(call.path.items()))
    path = f"idempotency/{derived_id('idem', call.principal.id, call.route.operation, place, call.idempotency_key or '')}"
    pending = {"digest": digest, "status": 0, "body": b"", "content_type": "", "created_at": SERVER_TIME}
    try:
        documents.commit(Create(path, pending))
    except AlreadyExists:
        (earlier,) = documents.get(path)
        if earlier is not None:
            replay = _replay(earlier, digest)
            if replay is not None:
                return replay
            documents.commit(Patch(path, pending, if_version=earlier.version))
    return _work_and_keep(documents, path, work)


def _work_and_keep(documents: Documents, path: str, work: Callable[[], Response]) -> Response:
    try:
        response = work()
    except ReggieError:
        # A refusal has changed nothing: the corrected request may come with the same key.
        documents.commit(Delete(path))
        raise
    body = response.get_data()
    if len(body) > _MAX_STORED:
        raise TooLarge("the answer is too large to be kept for this Idempotency-Key; ask without one")
    documents.commit(Patch(path, {"status": response.status_code, "body": body, "content_type": response.content_type or ""}))
    return response


def _replay(earlier: Snapshot, digest: str) -> Response | None:
    """The kept answer; None when the key may be used anew."""
    age = (earlier.read_at - earlier.fields["created_at"]).total_seconds()
    if age > KEPT_SECONDS:
        return None
    if earlier.fields["digest"] != digest:
        raise Unprocessable("this Idempotency-Key came before with another body; send a new key with a new request")
    if not earlier.fields["status"]:
        if age > ABANDONED_SECONDS:
            return None
        raise Conflict("the first request with this Idempotency-Key is still under way; ask again in a moment", retry_after=1)
    kept = earlier.fields
    response = (
        Response(kept["body"], kept["status"], content_type=kept["content_type"])
        if kept["content_type"]
        else respond.nothing(kept["status"])
    )
    response.headers["Idempotent-Replayed"] = "true"
    return response
