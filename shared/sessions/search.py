"""Searching sessions by their names and by what was said in them.

Firestore has no full-text index, so each run keeps a bounded list of its words and their beginnings (words.py), which `array_contains`
finds. A query takes its longest word by that index, newest runs first, and checks the others in code. Names are compared in code.

Cost: one read for each session of the caller's, at most NAMES; RUNS runs, at most 25 more; and one for each session that only a run led to.
A text's words past the first 400 are not found; docs/decisions/0011 says what else is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from heapq import merge
from itertools import islice
from typing import Any, Final, Literal

from shared.kit.documents import Documents, Order, Snapshot, Where
from shared.sessions.plain import plain
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
_AROUND = 4000
"""Characters of a text around its first match that a snippet is made of: enough of them are words, and a megabyte costs no more."""
_CUT_WORD = re.compile(r"^\w+")
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
        known: dict[str, Snapshot | None] = {snapshot.id: snapshot for snapshot in scanned}
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
                known[session] = kept if kept is not None and user in (None, kept.fields["user"]) else None
            if (shown := known[session]) is None:
                continue
            entry = found.setdefault(session, _found(shown, query))
            entry.snippets.extend(self._snippets(run, query)[: _SNIPPETS - len(entry.snippets)])
        return list(found.values())

    def _matching_runs(self, query: Query, own: list[Where]) -> Iterator[Snapshot]:
        newest = merge(*(self._runs_with(word, own) for word in query.indexed), key=_age, reverse=True)
        seen = ""
        for run in islice(newest, RUNS):
            if run.id != seen and query.fits(set(run.fields["words"])):
                yield run
            seen = run.id

    def _runs_with(self, word: str, own: list[Where]) -> Iterator[Snapshot]:
        where = [*own, Where("words", "array_contains", word)]
        after: list[Any] | None = None
        while True:
            batch = self._documents.query("runs", where, [Order("created_at", True)], _BATCH, after, fields=_RUN_FIELDS)
            yield from batch
            if len(batch) < _BATCH:
                return
            after = list(_age(batch[-1]))

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
    """The piece of a text around the first place of what is searched for, with all places in it; None without one.

    It is on one line and without the marks of Markdown, unless only a mark, as a link's address, holds what is searched for.
    """
    first = next(query.places(text), None)
    if first is None:
        return None
    before, after = text[max(0, first[0] - _AROUND) : first[0]], text[first[0] : first[1] + _AROUND]
    part = (before if len(before) == first[0] else _CUT_WORD.sub("", before, 1)) + after
    for line in (plain(part), " ".join(part.split())):
        places = query.places(line)
        first = next(places, None)
        if first is not None:
            return _cut(line, first, places)
    return None


def _cut(line: str, first: tuple[int, int], places: Iterator[tuple[int, int]]) -> tuple[str, Ranges]:
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


def _age(run: Snapshot) -> tuple[Any, str]:
    return run.fields["created_at"], run.id


def _name(snapshot: Snapshot) -> str:
    name: str = snapshot.fields["name"] or snapshot.fields["title"]
    return name


def _counted(text: str, places: list[tuple[int, int]]) -> Ranges:
    return [(utf16(text, start), utf16(text, end)) for start, end in places]
