"""Lengthens a session of AgentOS in the emulator: `python -m scripts.bench.fill SESSION RUNS`."""

from __future__ import annotations

import sys
from typing import Any

from google.auth.credentials import AnonymousCredentials
from google.cloud.firestore import Client
from google.cloud.firestore_v1.base_query import FieldFilter


def main() -> None:
    """Copy the session's last run until there are so many."""
    session, runs = sys.argv[1], int(sys.argv[2])
    client = Client(project="demo-bench", credentials=AnonymousCredentials())  # type: ignore[no-untyped-call]
    collection = client.collection("agno_runs")
    found = [each.to_dict() or {} for each in collection.where(filter=FieldFilter("session_id", "==", session)).stream()]
    last: dict[str, Any] = max(found, key=lambda run: run["run_index"])
    batch = client.batch()
    for index in range(len(found), runs):
        copy = {**last, "run_id": f"{last['run_id']}-{index}", "run_index": index, "created_at": last["created_at"] + index}
        batch.set(collection.document(copy["run_id"]), copy)
    batch.commit()


if __name__ == "__main__":
    main()
