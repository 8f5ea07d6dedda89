"""A commit that settles itself.

When a reply is lost, nobody knows whether the commit took effect: of 400 increments that were simply repeated over a connection that
loses 3 % of replies, 436 were counted. So every written document carries the mark of its last commit in a hidden field, and an
attempt of unknown outcome is settled by looking for the mark. It also makes every write a change: Firestore keeps the update time of
a document whose fields stay the same.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Sequence
from typing import Any, Final

from google.api_core import exceptions
from google.cloud.firestore_v1.types import firestore as firestore_types
from google.cloud.firestore_v1.types import write as write_types

from shared.adapters import documents_rules as rules
from shared.adapters.firestore.connection import TRANSIENT, Connection, Patience
from shared.adapters.firestore.values import decode, fill, from_micros, micros_of, set_timestamp
from shared.kit.documents import SERVER_TIME, Create, Delete, Increment, Patch, Write, Written
from shared.kit.errors import AlreadyExists, Conflict, TooLarge, Unavailable, Unprocessable

_CommitRequest: Final[Any] = firestore_types.CommitRequest.pb()
_BatchGetRequest: Final[Any] = firestore_types.BatchGetDocumentsRequest.pb()
_REQUEST_TIME: Final = int(write_types.DocumentTransform.FieldTransform.ServerValue.REQUEST_TIME)
_REFUSED: Final = (exceptions.AlreadyExists, exceptions.FailedPrecondition, exceptions.NotFound)
_SIZE: Final = re.compile(r"maximum (entity |allowed )?size|longer than|larger than max|size exceeds", re.IGNORECASE)
_CLOCK_SLACK: Final = 200_000
"""Microseconds by which the servers' clocks may differ, generously."""


class Commit:
    """The writes of one commit with their mark, ready to be sent more than once."""

    def __init__(self, connection: Connection, prefix: str, writes: Sequence[Write]) -> None:
        """`prefix` is what comes before the paths: the database's documents and the root."""
        self._connection = connection
        self._prefix = prefix
        self._writes = writes
        self._mark = os.urandom(12)
        self._patience = Patience()
        self._request = _CommitRequest(database=prefix.partition("/documents/")[0])
        for write in writes:
            self._add(write)

    def run(self) -> list[Written]:
        """Send it until the outcome is known. Raises AlreadyExists, Conflict, TooLarge, Unprocessable or Unavailable."""
        unknown = False
        while True:
            try:
                answer = self._connection.commit_once(self._request, self._patience.attempt_seconds())
            except _REFUSED as error:
                return self._after_refusal(error, unknown)
            except (exceptions.InvalidArgument, *TRANSIENT) as error:
                if _SIZE.search(str(error)):
                    raise TooLarge(f"the database refuses the size: {error.message}") from error
                if isinstance(error, exceptions.InvalidArgument):
                    raise Unprocessable(f"the database refuses a value: {error.message}") from error
                unknown = True
                settled = self._look_for_mark()
                if settled is not None:
                    return settled
                if not self._repeatable():
                    raise Unavailable("the database did not say whether an increment took effect") from error
                self._patience.pause(error)
            else:
                return [self._written(*each, answer.commit_time) for each in zip(self._writes, answer.write_results, strict=True)]

    def _repeatable(self) -> bool:
        """Whether a second effect is ruled out: by a precondition that the first would break, or because it would change nothing."""
        guarded = any(isinstance(write, Create) or getattr(write, "if_version", None) is not None for write in self._writes)
        return guarded or not any(_increments(write) for write in self._writes)

    def _add(self, write: Write) -> None:
        message = self._request.writes.add()
        name = f"{self._prefix}/{write.path}"
        if isinstance(write, Delete | Patch) and write.if_version is not None:
            set_timestamp(message.current_document.update_time, write.if_version)
        if isinstance(write, Delete):
            message.delete = name
            return
        message.update.name = name
        fields = message.update.fields
        for field, value in write.fields.items():
            if isinstance(value, Increment):
                message.update_transforms.add(field_path=field).increment.integer_value = value.by
            elif value is SERVER_TIME:
                message.update_transforms.add(field_path=field, set_to_server_value=_REQUEST_TIME)
            else:
                fill(fields[field], value)
        fields[rules.HIDDEN_FIELD].bytes_value = self._mark
        if isinstance(write, Create):
            message.current_document.exists = False
        elif isinstance(write, Patch):
            message.update_mask.field_paths.extend(fields)
            if write.if_version is None and not write.upsert:
                message.current_document.exists = True

    def _written(self, write: Write, result: Any, commit_time: Any) -> Written:
        micros = micros_of(commit_time)
        if isinstance(write, Delete):
            return Written(write.path, 0, from_micros(micros))
        version = micros_of(result.update_time)
        transformed = [name for name, value in write.fields.items() if isinstance(value, Increment) or value is SERVER_TIME]
        values = dict(zip(transformed, result.transform_results, strict=True))
        incremented = {name: decode(values[name]) for name in _increments(write)}
        return Written(write.path, version, from_micros(version), incremented)

    def _after_refusal(self, error: Exception, unknown: bool) -> list[Written]:
        """A precondition failed. If an earlier attempt may have taken effect, find out whether it is our own doing."""
        refusal = AlreadyExists if isinstance(error, exceptions.AlreadyExists) else Conflict
        if unknown:
            settled = self._look_for_mark()
            if settled is not None:
                return settled
            if not self._refused_from_the_start():
                raise Unavailable("the documents were written again before the outcome of this commit could be seen") from error
        raise refusal(_sentence(self._writes, refusal)) from error

    def _look_for_mark(self) -> list[Written] | None:
        """What the commit did, if one of its documents still carries its mark; None when it cannot be seen.

        The documents of a commit share its time. A document that was overwritten since answers its present counters.
        """
        if all(isinstance(write, Delete) for write in self._writes):
            return None
        documents, _ = self._read()
        marked = [document for document in documents.values() if document.fields[rules.HIDDEN_FIELD].bytes_value == self._mark]
        if not marked:
            return None
        version = micros_of(marked[0].update_time)
        written = []
        for write in self._writes:
            document = documents.get(write.path)
            names = _increments(write) if document is not None else []
            incremented = {name: decode(document.fields[name]) for name in names if document is not None and name in document.fields}
            written.append(Written(write.path, 0 if isinstance(write, Delete) else version, from_micros(version), incremented))
        return written

    def _refused_from_the_start(self) -> bool:
        """Whether a precondition was broken before the first attempt, so that no attempt can have taken effect."""
        documents, read_at = self._read()
        # The server's time when this commit began: its time of this read, less what has passed here since.
        began = read_at - int((time.monotonic() - self._patience.started) * 1_000_000) - _CLOCK_SLACK
        return any(_was_broken(write, documents[write.path], began) for write in self._writes if write.path in documents)

    def _read(self) -> tuple[dict[str, Any], int]:
        """The documents of this commit that exist, by path, with their marks and counters; and the time of the read."""
        request = _BatchGetRequest(database=self._request.database)
        names = {rules.HIDDEN_FIELD}
        for write in self._writes:
            request.documents.append(f"{self._prefix}/{write.path}")
            names.update(_increments(write))
        request.mask.field_paths.extend(sorted(names))
        answers = self._connection.batch_get(request, self._patience)
        found = {answer.found.name[len(self._prefix) + 1 :]: answer.found for answer in answers if answer.HasField("found")}
        return found, max(micros_of(answer.read_time) for answer in answers)


def _was_broken(write: Write, document: Any, began: int) -> bool:
    """Whether the document, as it is now, shows that the write's precondition failed before the time `began`."""
    if isinstance(write, Create):
        return micros_of(document.create_time) < began
    wanted = write.if_version if isinstance(write, Patch | Delete) else None
    updated = micros_of(document.update_time)
    if wanted is None or updated == wanted:
        return False
    # A document that is older than the version which a Delete demanded was never deleted.
    return updated < began or (isinstance(write, Delete) and micros_of(document.create_time) <= wanted)


def _increments(write: Write) -> list[str]:
    if isinstance(write, Delete):
        return []
    return [name for name, value in write.fields.items() if isinstance(value, Increment)]


def _sentence(writes: Sequence[Write], refusal: type[Conflict]) -> str:
    kinds = (Create,) if refusal is AlreadyExists else (Patch, Delete)
    paths = [write.path for write in writes if isinstance(write, kinds)]
    state = "exists" if refusal is AlreadyExists else "has changed or is gone"
    return f"{paths[0]} {state}" if len(paths) == 1 else f"one of {', '.join(paths[:5])} {state}"
