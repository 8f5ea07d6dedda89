"""Every query of the product, run against the indexes that are declared: none lacks one, and none is declared in vain.

A query that is new in the sources and not run here fails the last test; one that is not made any more leaves its index unused.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from types import FrameType
from typing import Any, get_type_hints

import pytest

from shared.adapters.filesystem.blobs import FileBlobStore
from shared.adapters.firestore.guard import IndexedStore
from shared.adapters.firestore.indexes import Index, Indexes, Shape
from shared.adapters.sqlite.documents import SqliteStore
from shared.agents.store import AgentStore
from shared.identity.sign_ins import SignIns
from shared.identity.users import Users
from shared.kit.documents import SERVER_TIME, Documents, Put
from shared.kit.outbox import Outbox
from shared.sessions.deletion import Deletions
from shared.sessions.forks import Forks
from shared.sessions.models import NewSession
from shared.sessions.runs import RunStore
from shared.sessions.search import Search
from shared.sessions.shares import Shares
from shared.sessions.store import SessionFilter, SessionStore
from shared.sessions.tags import Tags
from shared.sessions.words import Query
from shared.workspaces.store import PLATFORM_ROOT, Directory
from tests.architecture.source import ROOT, Tree, beneath
from tests.support.domain import RecordingBus

SHARED = ROOT / "shared"
QUERIES = ("query", "count", "nearest")
PASSING_ON = ("shared.adapters", "shared.kit.metered")
"""What implements the port, whose calls are somebody else's queries."""


@dataclass
class Recorder(Indexes):
    """The declared indexes, which remember who asked for what."""

    declared_ones: Indexes = field(default_factory=Indexes.declared)
    used: dict[Index, set[Shape]] = field(default_factory=dict)
    askers: set[tuple[str, int]] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__(self.declared_ones.composite, self.declared_ones.overrides)

    def require(self, shape: Shape) -> tuple[Index, ...]:
        found = super().require(shape)
        for index in found:
            self.used.setdefault(index, set()).add(shape)
        self.askers.add(asker(sys._getframe(1)))
        return found


def asker(frame: FrameType | None) -> tuple[str, int]:
    """The module and line that made the query."""
    while frame is not None:
        module = str(frame.f_globals.get("__name__"))
        if beneath(module, "shared") and not any(beneath(module, each) for each in PASSING_ON):
            return module, frame.f_lineno
        frame = frame.f_back
    raise AssertionError("nobody asked")


def filters() -> Iterator[SessionFilter]:
    """Every combination of what a list of sessions can be filtered by, with what is added to it too."""
    samples: dict[Any, tuple[Any, ...]] = {str | None: (None, "x"), bool | None: (None, True), str: ("",)}
    hints = get_type_hints(SessionFilter)
    names = [each.name for each in fields(SessionFilter)]
    for values in product(*(samples[hints[name]] for name in names)):
        yield SessionFilter(**dict(zip(names, values, strict=True)))


def ask_everything(documents: Documents, platform: Documents, blobs: FileBlobStore) -> None:
    """Each query that the product can make, on a store with next to nothing in it."""
    held = blobs.open("workspaces/w1")
    sessions, runs, shares = SessionStore(documents), RunStore(documents, held), Shares("w1", documents, held, platform)
    for wanted in filters():
        for sort, descending in product(("created_at", "updated_at"), (True, False)):
            sessions.page(wanted, sort, descending, 10, 2)  # type: ignore[arg-type]
    sessions.running(["s1", "s2"])
    for user in (None, "u1"):
        words = Query.of("some words")
        assert words is not None
        Search(documents, runs).find(words, user, 10)
        Tags(documents).used(user)
    runs.page("s1", 10)
    runs.next_open("s1")
    runs.open_runs(10)
    sessions.create(NewSession("s1", "a1", "u1"))
    shares.create("s1", b"{}")
    shares.all("s1")
    shares.revoke_all("s1", datetime.now(UTC))
    documents.commit(Put("deletions/s1", {"session": "s1", "created_at": SERVER_TIME}))
    deletions = Deletions(documents, held, shares)
    deletions.unfinished()
    deletions.finish("s1")
    Forks(documents, held).give_up_abandoned()
    Outbox(documents, RecordingBus()).sweep(60)
    AgentStore(documents).all()
    Directory(platform).workspaces()
    Directory(platform).workspaces_of("u1")
    Directory(platform).add_user("u1", "u1@example.com", "")
    SignIns(platform, Users(platform)).active("u1")


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorder]:
    recorder, home = Recorder(), tmp_path_factory.mktemp("indexes")
    store = IndexedStore(SqliteStore(home / "documents.db"), recorder)
    ask_everything(store.open("workspaces/w1"), store.open(PLATFORM_ROOT), FileBlobStore(home / "blobs"))
    yield recorder
    store.close()


def test_no_index_is_declared_in_vain(recorded: Recorder) -> None:
    assert [str(index) for index in (*recorded.composite, *recorded.single) if index not in recorded.used] == []


def test_only_collections_that_the_product_writes_are_declared() -> None:
    written = "".join(module.text for module in Tree(SHARED).modules.values() if not beneath(module.name, "adapters.firestore"))
    kinds = {kind for kind, _ in Indexes.declared().overrides}
    assert sorted(kind for kind in kinds if not re.search(rf"[\"/]{kind}/", written)) == []


def test_every_query_of_the_sources_was_asked(recorded: Recorder) -> None:
    missing = []
    sites = 0
    for name, module in Tree(SHARED).modules.items():
        if any(beneath(f"shared.{name}", each) for each in PASSING_ON):
            continue
        for call in ast.walk(module.node):
            if isinstance(call, ast.Call) and is_query(call):
                sites += 1
                lines = range(call.lineno, (call.end_lineno or call.lineno) + 1)
                if not any((f"shared.{name}", line) in recorded.askers for line in lines):
                    missing.append(f"shared/{module.path}:{call.lineno} is not asked in {Path(__file__).name}")
    assert missing == []
    assert sites >= len(recorded.askers) >= 15


def is_query(call: ast.Call) -> bool:
    """Whether it is a query of Documents: `count` is a word of texts and lists too."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in QUERIES:
        return False
    holder = ast.unparse(call.func.value)
    return call.func.attr != "count" or holder.endswith(("documents", "platform"))
