"""Every adapter of a port, one after the other."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.adapters.firestore.store import FirestoreStore
from shared.adapters.sqlite.documents import SqliteStore
from shared.kit.documents import Documents, DocumentStore


@pytest.fixture(params=["sqlite", pytest.param("firestore", marks=pytest.mark.emulator)])
def document_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DocumentStore]:
    """An empty store of each technology."""
    store: DocumentStore
    if request.param == "sqlite":
        store = SqliteStore(tmp_path / "data" / "documents.sqlite")
    else:
        store = FirestoreStore(f"demo-{uuid.uuid4().hex[:12]}", emulator_host=request.getfixturevalue("firestore_emulator"))
    yield store
    store.close()


@pytest.fixture
def documents(document_store: DocumentStore) -> Documents:
    """The documents of one workspace in an empty store."""
    return document_store.open("workspaces/w1")
