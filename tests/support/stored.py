"""What a workspace's store holds at the end, read past the product."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from shared.adapters.firestore.store import FirestoreStore
from shared.kit.documents import Documents, Order, Snapshot
from shared.kit.errors import Unavailable
from shared.workspaces.store import workspace_root
from tests.support.product import Product

_PAGE = 300


@contextmanager
def firestore_documents(product: Product, project: str, emulator: str) -> Iterator[Documents]:
    """The documents of the product's workspace in an emulator."""
    store = FirestoreStore(project, emulator_host=emulator)
    try:
        yield store.open(workspace_root(product.workspace))
    finally:
        store.close()


def every(documents: Documents, collection: str, order: str = "created_at") -> list[Snapshot]:
    """All documents of a collection that have the field `order`."""
    found: list[Snapshot] = []
    while True:
        after = [found[-1].fields[order], found[-1].id] if found else None
        page = documents.query(collection, order=[Order(order)], limit=_PAGE, after=after)
        found += page
        if len(page) < _PAGE:
            return found


def runs_at_rest(documents: Documents, seconds: float) -> list[Snapshot]:
    """All runs, once none has anything left to do and the outbox is empty."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            runs, waiting = every(documents, "runs"), every(documents, "outbox")
        except Unavailable:
            runs, waiting = [], []
        left = [run.id for run in runs if run.fields["open"]]
        if runs and not left and not waiting:
            return runs
        assert time.monotonic() < deadline, (f"{len(left)} runs are open, {len(waiting)} events wait", left[:5])
        time.sleep(0.2)
