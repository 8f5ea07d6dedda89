"""The way to Firestore: light to import, so that wiring may name it; Google's libraries load when the first store is opened."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

from shared.adapters import documents_rules as rules

if TYPE_CHECKING:
    from shared.adapters.firestore.connection import Connection
    from shared.adapters.firestore.documents import FirestoreDocuments


class FirestoreStore:
    """Opens the documents of one root of a Firestore database.

    With `emulator_host` (`127.0.0.1:8681`), or FIRESTORE_EMULATOR_HOST in the environment, it talks to an emulator; else to
    Firestore with the Application Default Credentials. It connects on first use, and again after a fork.
    """

    def __init__(self, project: str, database: str = "(default)", emulator_host: str | None = None) -> None:
        self._database = f"projects/{project}/databases/{database}"
        self._emulator_host = emulator_host or os.environ.get("FIRESTORE_EMULATOR_HOST", "")
        self._lock = threading.Lock()
        self._connection: Connection | None = None
        self._process = 0

    def open(self, root: str) -> FirestoreDocuments:
        from shared.adapters.firestore.documents import FirestoreDocuments

        rules.check_document_path(root)
        return FirestoreDocuments(self._connect, f"{self._database}/documents", root)

    def close(self) -> None:
        with self._lock:
            if self._connection is not None and self._process == os.getpid():
                self._connection.close()
            self._connection = None

    def _connect(self) -> Connection:
        connection = self._connection
        if connection is not None and self._process == os.getpid():
            return connection
        from shared.adapters.firestore.connection import Connection

        with self._lock:
            # A channel belongs to the process that made it: gRPC's threads do not live on in a fork.
            if self._connection is None or self._process != os.getpid():
                self._connection = Connection(self._database, self._emulator_host)
                self._process = os.getpid()
            return self._connection
