"""The platform's store, empty, and time that is moved by hand."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from shared.adapters.firestore.guard import IndexedStore
from shared.adapters.firestore.store import FirestoreStore
from shared.adapters.sqlite.documents import SqliteStore
from shared.kit.documents import Documents, DocumentStore, Patch
from shared.workspaces.models import Workspace
from shared.workspaces.passwords import hash_password
from shared.workspaces.store import PLATFORM_ROOT, Directory

PASSWORD = "correct horse battery staple"
HASH = hash_password(PASSWORD)


@dataclass(frozen=True)
class Platform:
    """The documents, with Ada in two workspaces, and a way to let things be long ago."""

    documents: Documents

    def age(self, path: str, seconds: float, *fields: str) -> None:
        """Let what these fields tell have been so much earlier."""
        (snapshot,) = self.documents.get(path)
        assert snapshot is not None
        self.documents.commit(Patch(path, {name: snapshot.fields[name] - timedelta(seconds=seconds) for name in fields}))


@pytest.fixture(params=["sqlite", pytest.param("firestore", marks=pytest.mark.emulator)])
def platform(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Platform]:
    store: DocumentStore
    if request.param == "sqlite":
        store = SqliteStore(tmp_path / "documents.db")
    else:
        store = FirestoreStore(f"demo-{uuid.uuid4().hex[:12]}", emulator_host=request.getfixturevalue("firestore_emulator"))
    made = Platform(IndexedStore(store).open(PLATFORM_ROOT))
    directory = Directory(made.documents)
    directory.add_user("usr_ada", "Ada@Example.com", HASH, "Ada")
    for workspace in ("wsp_z", "wsp_a"):
        directory.add_workspace(Workspace(workspace, f"Workspace {workspace}"))
        directory.add_member(workspace, "usr_ada")
    directory.add_workspace(Workspace("wsp_other", "Somebody else's"))
    yield made
    store.close()
