"""SQLite and the Firestore emulator side by side: the same random writes and questions, and every answer compared.

REGGIE_MACHINE_EXAMPLES sets how many sequences are tried (25 unless told). A failure prints the steps, and how to run them again.
"""

from __future__ import annotations

import os
import tempfile
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from shared.adapters.firestore.store import FirestoreStore
from shared.adapters.sqlite.documents import SqliteStore
from shared.kit.documents import SERVER_TIME, Create, Delete, Increment, Order, Patch, Put, Snapshot, Vector, Where, Write
from shared.kit.errors import ReggieError

pytestmark = pytest.mark.emulator

COLLECTIONS = ["things", "things", "things/a/parts"]
IDS = ["B", "a", "b", "c-1", "c.1", "~"]
PATHS = [f"{collection}/{id_}" for collection in COLLECTIONS[1:] for id_ in IDS]

numbers = st.sampled_from([0, -0.0, 1, 1.0, -1, 0.5, 2, 2**53, 2**53 + 1, float(2**53), 2**63 - 1, -(2**63), float(2**63), -1e300, 5e-324])
texts = st.sampled_from(["", "a", "ab", "A", "ż", "a\u0000b", "\u0000", "\u0001", "\uffff", "🐢", "x" * 1400, 'it\'s "$" \\'])
times = st.sampled_from(
    [datetime(1969, 12, 31, 23, 59, 59, 999_999, UTC), datetime(2026, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)]
)
operands = st.one_of(st.booleans(), numbers, texts, times, st.sampled_from([b"", b"\x00", b"\xff", b"a"]))
palettes = st.one_of([st.lists(each, min_size=2, max_size=4) for each in (numbers, numbers | st.booleans(), texts, operands)])
"""The values of one sequence: few, so that documents share them and conditions hit."""

keys = st.sampled_from(["k", "$t", "$b", "$$", "a.b", "`", "ż"])
vectors = st.sampled_from([(1.0, 0.0), (0.6, 0.8), (-1.0, 0.1), (0.0, -2.0), (1e-3, 2e-3), (1.0, 0.0, 0.0), (0.5, 0.5, 0.1)])
paths = st.sampled_from(PATHS)
ages = st.sampled_from([0, 0, 0, 1, 2])
"""Which version a guarded write asks for: 0 is the present one, 1 the one before."""


class Choices:
    """What a sequence with one palette may write and ask."""

    def __init__(self, palette: list[Any]) -> None:
        self.operands = st.sampled_from(palette)
        self.scalars = st.sampled_from([None, *palette])
        trees = st.recursive(self.scalars, _around, max_leaves=6)
        self.content: dict[str, st.SearchStrategy[Any]] = {
            "a": self.scalars,
            "b": self.scalars,
            "n": st.builds(Increment, st.sampled_from([1, -3, 2**62])) | self.scalars,
            "at": st.just(SERVER_TIME),
            "tags": st.lists(self.scalars, max_size=4),
            "tree": trees,
            "vector": st.builds(Vector, vectors) | st.builds(Vector, vectors) | st.just("none"),
        }
        self.equalities = st.builds(Where, st.sampled_from(["a", "b", "n", "tree"]), st.just("=="), self.scalars)
        self.conditions = st.one_of(
            self.equalities,
            st.builds(Where, st.sampled_from(["a", "b", "n"]), st.just("in"), st.lists(self.operands, min_size=1, max_size=3)),
            st.builds(Where, st.just("tags"), st.just("array_contains"), self.operands),
        )
        self.inequalities = st.builds(
            Where, st.sampled_from(["a", "b", "n", "tree"]), st.sampled_from(["<", "<=", ">", ">="]), self.operands
        )
        self.orders = st.lists(st.builds(Order, st.sampled_from(["a", "b", "n"]), st.booleans()), max_size=2, unique_by=lambda by: by.field)
        self.places = st.tuples(self.scalars, self.scalars, self.scalars, st.sampled_from(IDS))

    def fields(self, data: st.DataObject, at_least: int) -> dict[str, Any]:
        names = data.draw(st.lists(st.sampled_from(sorted(self.content)), min_size=at_least, max_size=at_least + 3, unique=True))
        return {name: data.draw(self.content[name]) for name in names}

    def intent(self, data: st.DataObject) -> tuple[Write, int | None]:
        """A write, and which version it asks for."""
        kind = data.draw(st.sampled_from([Create, Put, Put, Patch, Patch, Patch, Patch, Patch, Delete, Delete]))
        path = data.draw(paths)
        if kind is Create or kind is Put:
            return kind(path, self.fields(data, 4)), None
        age = data.draw(st.none() | ages)
        if kind is Delete:
            return Delete(path), age
        return Patch(path, self.fields(data, 0), upsert=age is None and data.draw(st.booleans())), age

    def where(self, data: st.DataObject) -> list[Where]:
        where = data.draw(st.lists(self.conditions, max_size=2))
        return where if sum(each.op == "array_contains" for each in where) <= 1 else where[:1]


def _around(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    elements = inner.filter(lambda value: not isinstance(value, list))
    return st.lists(elements, max_size=3) | st.dictionaries(keys, inner, max_size=3)


class Side:
    """One adapter with the versions that its documents had."""

    def __init__(self, store: SqliteStore | FirestoreStore) -> None:
        self.store = store
        self.documents = store.open("workspaces/w1")
        self.versions: dict[str, list[int]] = {path: [] for path in PATHS}
        self.latest = 0

    def write(self, intent: tuple[Write, int | None]) -> Write:
        """The intended write, with this side's version of the wanted age."""
        write, age = intent
        if age is None or not isinstance(write, Patch | Delete):
            return write
        known = self.versions[write.path]
        version = known[-1 - age] if age < len(known) else 1
        return Patch(write.path, write.fields, version) if isinstance(write, Patch) else Delete(write.path, version)

    def commit(self, intents: list[tuple[Write, int | None]]) -> Any:
        written = self.documents.commit(*(self.write(intent) for intent in intents))
        moments = {each.updated_at for each in written}
        assert len(moments) == 1, "all documents of a commit carry its time"
        for each in written:
            assert each.version == 0 or each.version > self.latest, "versions grow from commit to commit"
            if each.version:
                self.versions[each.path].append(each.version)
        self.latest = max([self.latest, *(each.version for each in written)])
        for write, _ in intents:
            self._check_times(write)
        return [(each.path, each.version > 0, exact(each.incremented)) for each in written]

    def _check_times(self, write: Write) -> None:
        (now,) = self.documents.get(write.path)
        if now is None:
            assert isinstance(write, Delete)
            return
        assert now.version == self.versions[write.path][-1]
        assert now.created_at <= now.updated_at <= now.read_at

    def server_times(self) -> set[frozenset[str]]:
        """The documents that share a SERVER_TIME, as far as one commit gave it to several."""
        groups: dict[datetime, set[str]] = {}
        for snapshot in self.documents.get(*PATHS):
            if snapshot is not None and "at" in snapshot.fields:
                groups.setdefault(snapshot.fields["at"], set()).add(snapshot.path)
        return {frozenset(group) for group in groups.values()}


def exact(value: Any) -> Any:
    """A value with its types, so that 1, 1.0 and True differ; SERVER_TIME's moments are told apart elsewhere."""
    if isinstance(value, dict):
        return {key: exact(element) for key, element in sorted(value.items()) if key != "at"}
    if isinstance(value, list):
        return [exact(element) for element in value]
    return (type(value).__name__, value)


def shown(snapshots: Sequence[Snapshot | None]) -> Any:
    return [None if each is None else (each.path, exact(each.fields)) for each in snapshots]


class SideBySide(RuleBasedStateMachine):
    """Rules draw a step; `compare` takes it on both sides and wants one answer or one class of error."""

    emulator_host = ""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.sides = [
            Side(SqliteStore(Path(self.folder.name) / "documents.sqlite")),
            Side(FirestoreStore(f"demo-{uuid.uuid4().hex[:12]}", emulator_host=self.emulator_host)),
        ]

    def teardown(self) -> None:
        try:
            self.compare(lambda side: shown(side.documents.get(*PATHS)))
        finally:
            for side in self.sides:
                side.store.close()
            self.folder.cleanup()

    def compare(self, step: Callable[[Side], Any]) -> Any:
        answers = []
        for side in self.sides:
            try:
                answers.append(step(side))
            except ReggieError as error:
                answers.append(type(error).__name__)
        assert answers[0] == answers[1]
        return answers[0]

    @initialize(palette=palettes, data=st.data())
    def begin(self, palette: list[Any], data: st.DataObject) -> None:
        self.choices = Choices(palette)
        self.commit_all([(Put(path, self.choices.fields(data, 4)), None) for path in PATHS[:-2]])

    @rule(data=st.data(), size=st.integers(1, 5))
    def commit(self, data: st.DataObject, size: int) -> None:
        intents = {}
        for _ in range(size):
            write, age = self.choices.intent(data)
            intents[write.path] = (write, age)
        self.commit_all(list(intents.values()))

    def commit_all(self, intents: list[tuple[Write, int | None]]) -> None:
        self.compare(lambda side: side.commit(intents))
        self.compare(lambda side: shown(side.documents.get(*(write.path for write, _ in intents))))
        timed = frozenset(write.path for write, _ in intents if not isinstance(write, Delete) and "at" in write.fields)
        if len(timed) > 1:
            self.compare(lambda side: any(timed <= group for group in side.server_times()))

    @rule(
        data=st.data(),
        collection=st.sampled_from(COLLECTIONS),
        descending=st.booleans(),
        limit=st.integers(1, 8),
        wanted=st.none() | st.lists(st.sampled_from(["a", "n", "tree", "vector", "absent"]), max_size=3, unique=True),
    )
    def query(self, data: st.DataObject, collection: str, descending: bool, limit: int, wanted: list[str] | None) -> None:
        where = self.choices.where(data)
        order = data.draw(self.choices.orders)
        unequal = data.draw(st.none() | st.none() | self.choices.inequalities)
        if unequal is not None:
            where = [*where, unequal]
            order = [Order(unequal.field, descending), *(by for by in order if by.field != unequal.field)]
        after = data.draw(st.none() | self.choices.places)
        place = None if after is None else [*after[: len(order)], after[-1]]
        self.compare(lambda side: shown(side.documents.query(collection, where, order, limit, place, wanted)))
        self.compare(lambda side: self.page_by_page(side, collection, where, order, limit))

    def page_by_page(self, side: Side, collection: str, where: list[Where], order: list[Order], limit: int) -> Any:
        pages: list[Any] = []
        page = side.documents.query(collection, where, order, limit)
        while page and len(pages) <= len(IDS):
            pages.append(shown(page))
            behind = [*(page[-1].fields[by.field] for by in order), page[-1].id]
            page = side.documents.query(collection, where, order, limit, behind)
        return pages

    @rule(data=st.data(), collection=st.sampled_from(COLLECTIONS))
    def count(self, data: st.DataObject, collection: str) -> None:
        where = self.choices.where(data)
        unequal = data.draw(st.none() | st.none() | self.choices.inequalities)
        self.compare(lambda side: side.documents.count(collection, [*where, *([unequal] if unequal else [])]))

    @rule(data=st.data(), collection=st.sampled_from(COLLECTIONS), vector=vectors, limit=st.integers(1, 5))
    def nearest(self, data: st.DataObject, collection: str, vector: tuple[float, ...], limit: int) -> None:
        where = data.draw(st.lists(self.choices.equalities, max_size=1))

        def step(side: Side) -> Any:
            hits = side.documents.nearest(collection, "vector", vector, where, limit)
            return [(round(hit.distance, 9), shown([hit.snapshot])) for hit in hits]

        self.compare(step)


def test_sqlite_answers_as_firestore_does(firestore_emulator: str) -> None:
    class Machine(SideBySide):
        emulator_host = firestore_emulator

    examples = int(os.environ.get("REGGIE_MACHINE_EXAMPLES", "25"))
    chosen = settings(
        max_examples=examples,
        stateful_step_count=30,
        deadline=None,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )
    run_state_machine_as_test(Machine, settings=chosen)
