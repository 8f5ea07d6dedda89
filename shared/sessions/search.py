"""Searching sessions by their names and by what was said in them.

Firestore has no full-text index, so each run keeps a bounded list of its words (words.py), which `array_contains` finds. A query takes its
longest complete word by that index, newest runs first, and checks the others in code. Names are compared in code.

Cost: one read for each session of the caller's, at most NAMES; at most RUNS runs; and one for each session that only a run led to.
A text's words past the first 400 are not found, nor is a word alone before it is complete, unless a name has it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from shared.kit.documents import Documents, Order, Snapshot, Where
from shared.sessions.runs import RunStore
from shared.sessions.store import session_path
from shared.sessions.words import Query, utf16

NAMES: Final = 2000
"""Sessions whose names are looked at, last changed first."""
RUNS: Final = 200
"""Runs that are read for one search."""
_BATCH = 25
"""Runs read at once: each may hold 700 kB."""
_SNIPPETS = 3
"""Of one session."""
_BEFORE, _LENGTH = 60, 200
"""Characters of a snippet: before its first match, and in all."""
_NAME_FIELDS = ("agent", "user", "name", "title", "updated_at")
_RUN_FIELDS = ("session", "created_at", "words", "input", "content", "input_blob", "answer_blob")

Ranges = list[tuple[int, int]]
"""From and to, in UTF-16 code units, as JavaScript counts."""


@dataclass(frozen=True, slots=True)
class Snippet:
    """A piece of what was said, with the places of what was searched for."""

    run: str
    role: Literal["user", "assistant"]
    text: str
    ranges: Ranges


@dataclass(frozen=True, slots=True)
class Found:
    """A session that was found by its name, by what was said in it, or by both."""

    session: str
    name: str
    agent: str
    updated_at: datetime
    title_ranges: Ranges
    snippets: list[Snippet] = field(default_factory=list)


class Search:
    """Searches one workspace."""

    def __init__(self, documents: Documents, runs: RunStore) -> None:
        self._documents = documents
        self._runs = runs

    def find(self, query: Query, user: str | None, limit: int) -> list[Found]:
        """At most `limit` sessions, archived ones too: by name first, then by what was said, newest first in both.

        With a `user` only their sessions, and what was said there on their behalf.
        """
        own = [] if user is None else [Where("user", "==", user)]
        scanned = self._documents.query("sessions", own, [Order("updated_at", True)], NAMES, fields=_NAME_FIELDS)
        known = {snapshot.id: snapshot for snapshot in scanned}
        found: dict[str, Found] = {}
        for snapshot in scanned:
            if len(found) < limit and query.fits_parts(_name(snapshot)):
                found[snapshot.id] = _found(snapshot, query)
        for run in self._matching_runs(query, own):
            session = run.fields["session"]
            if session not in found and len(found) == limit:
                break
            if session not in known:
                (kept,) = self._documents.get(session_path(session))
                if kept is None or user not in (None, kept.fields["user"]):
                    continue
                known[session] = kept
            entry = found.setdefault(session, _found(known[session], query))
            entry.snippets.extend(self._snippets(run, query)[: _SNIPPETS - len(entry.snippets)])
        return list(found.values())

    def _matching_runs(self, query: Query, own: list[Where]) -> Iterator[Snapshot]:
        where = [*own, Where("words", "array_contains", query.indexed)]
        after: list[Any] | None = None
        for _ in range(0, RUNS, _BATCH):
            batch = self._documents.query("runs", where, [Order("created_at", True)], _BATCH, after, fields=_RUN_FIELDS)
            yield from (run for run in batch if query.fits(set(run.fields["words"])))
            if len(batch) < _BATCH:
                return
            after = [batch[-1].fields["created_at"], batch[-1].id]

    def _snippets(self, run: Snapshot, query: Query) -> list[Snippet]:
        fields = run.fields
        message, answer = fields["input"], fields.get("content", "")
        if fields["input_blob"] or fields.get("answer_blob"):
            whole = self._runs.find(run.id)
            if whole is None:
                return []
            message, answer = whole.request.message, whole.content
        asked, answered = snippet(message, query), snippet(answer, query)
        return [
            *([Snippet(run.id, "user", *asked)] if asked is not None else []),
            *([Snippet(run.id, "assistant", *answered)] if answered is not None else []),
        ]


def snippet(text: str, query: Query) -> tuple[str, Ranges] | None:
    """The piece of a text around the first place of what is searched for, on one line, with all places in it; None without one."""
    line = " ".join(text.split())
    places = query.places(line)
    first = next(places, None)
    if first is None:
        return None
    start = max(0, first[0] - _BEFORE)
    end = max(start + _LENGTH, first[1])
    shown = [first]
    for place in places:
        if place[1] > end:
            break
        shown.append(place)
    before, after = "…" if start else "", "…" if end < len(line) else ""
    piece = before + line[start:end] + after
    moved = len(before) - start
    return piece, _counted(piece, [(place[0] + moved, place[1] + moved) for place in shown])


def _found(snapshot: Snapshot, query: Query) -> Found:
    name = _name(snapshot)
    return Found(
        session=snapshot.id,
        name=name,
        agent=snapshot.fields["agent"],
        updated_at=snapshot.fields["updated_at"],
        title_ranges=_counted(name, query.parts(name)) if query.fits_parts(name) else [],
    )


def _name(snapshot: Snapshot) -> str:
    name: str = snapshot.fields["name"] or snapshot.fields["title"]
    return name


def _counted(text: str, places: list[tuple[int, int]]) -> Ranges:
    return [(utf16(text, start), utf16(text, end)) for start, end in places]
