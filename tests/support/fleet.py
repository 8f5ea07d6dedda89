"""A client that does not give up, and several products on one home that may die under it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import orjson

from local.stub_model import StubModel
from shared.adapters.filesystem.blobs import FileBlobStore
from shared.adapters.firestore.store import FirestoreStore
from shared.adapters.localqueue.queue import LocalQueue
from shared.adapters.sqlite.documents import SqliteStore
from shared.kit.blobs import Blobs
from shared.kit.documents import Documents
from shared.sessions.runs import RunStore
from shared.sessions.store import SessionStore
from shared.workspaces.store import workspace_root
from tests.support.books import imbalances
from tests.support.product import Product, environment_for

PATH = "/agents/assistant/runs"
MODEL = "openai:gpt-4.1-mini"
"""The scripted server answers for any model; this one has a price."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What one request brought, cut where its product died."""

    events: tuple[dict[str, Any], ...] = ()
    accepted: bool = False
    """The headers came, so the message may not be lost."""

    @property
    def end(self) -> dict[str, Any] | None:
        """The event that ends a run, if it came."""
        last = self.events[-1] if self.events else {}
        return last if last.get("event") in ("RunCompleted", "RunError", "RunCancelled") else None

    @property
    def answered(self) -> bool:
        return self.end is not None and self.end.get("error_type") != "unavailable"


def listen(product: Product, message: str, session: str, key: str, seconds: float = 60.0, parent: str = "") -> Heard:
    """Send a message with its key, after the run `parent` if any, and read until the end, or until the connection breaks.

    Only 5xx and breaks are forgiven.
    """
    body, accepted = b"", False
    headers = {"Idempotency-Key": key}
    form = {"message": message, "session_id": session, **({"parent_run_id": parent} if parent else {})}
    try:
        with (
            product.client(timeout=seconds) as client,
            client.stream("POST", PATH, data=form, headers=headers) as answer,
        ):
            if answer.status_code in (500, 502, 503):
                return Heard()
            assert answer.status_code == 200, answer.read()
            accepted = True
            for piece in answer.iter_raw():
                body += piece
    except httpx.TransportError:
        pass
    whole = [block for block in body.split(b"\n\n")[:-1] if not block.startswith(b":")]
    return Heard(tuple(orjson.loads(block.partition(b"data: ")[2]) for block in whole), accepted)


def insist(choose: Callable[[int], Product], message: str, session: str, key: str, seconds: float = 60.0, parent: str = "") -> Heard:
    """Repeat the same request, each time to the product that `choose` names for the number of the try, until there is an answer."""
    deadline = time.monotonic() + seconds
    number = 0
    while time.monotonic() < deadline:
        heard = listen(choose(number), message, session, key, parent=parent)
        if heard.answered:
            return heard
        number += 1
        time.sleep(0.05)
    raise AssertionError(f"no answer to {message!r} in {seconds:.0f} s and {number} tries")


@dataclass(slots=True)
class House:
    """A home, the model's server, and the products that run on it."""

    home: Path
    env: dict[str, str]
    stub: StubModel
    workspace: str = ""
    products: list[Product] = field(default_factory=list)

    def start(self, **env: str) -> Product:
        product = Product.start(self.home, env={**self.env, **env})
        self.workspace = product.workspace
        self.products.append(product)
        return product

    @property
    def documents(self) -> Documents:
        """The workspace's documents, past the product."""
        root = workspace_root(self.workspace)
        if self.env.get("REGGIE_DOCUMENTS") == "firestore":
            return FirestoreStore(self.env["GOOGLE_CLOUD_PROJECT"], "(default)").open(root)
        return SqliteStore(self.home / "documents.db").open(root)

    @property
    def blobs(self) -> Blobs:
        return FileBlobStore(self.home / "blobs", "http://localhost").open(workspace_root(self.workspace))

    @property
    def runs(self) -> RunStore:
        return RunStore(self.documents, self.blobs)

    @property
    def sessions(self) -> SessionStore:
        return SessionStore(self.documents)

    def settled(self, seconds: float = 15.0) -> list[str]:
        """What is wrong with the books once the sweeper has had `seconds` to close them; empty when nothing is."""
        queue = LocalQueue(self.home / "queue.db") if self.env.get("REGGIE_BUS", "local") == "local" else None
        deadline = time.monotonic() + seconds
        try:
            while (found := imbalances(self.documents, self.blobs, queue)) and time.monotonic() < deadline:
                time.sleep(0.1)
        finally:
            if queue is not None:
                queue.close()
        return found


@contextmanager
def house(home: Path, stub: StubModel, *, lease: float, env: Mapping[str, str] | None = None) -> Iterator[House]:
    """Products started in it are gone when the block ends."""
    own = {"REGGIE_MODEL": MODEL, "REGGIE_LEASE_SECONDS": str(lease), "REGGIE_SWEEP_SECONDS": "0.5"}
    made = House(home, {**environment_for(stub), **own, **(env or {})}, stub)
    try:
        yield made
    finally:
        for product in made.products:
            product.kill()


def completed(heards: Sequence[Heard]) -> list[dict[str, Any]]:
    """The events RunCompleted in what was heard, in order."""
    return [event for heard in heards for event in heard.events if event["event"] == "RunCompleted"]
