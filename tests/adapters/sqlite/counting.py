"""A process that increments one counter and says so: `python -m tests.adapters.sqlite.counting FILE TIMES`.

It prints the counter's value after each acknowledged commit; with TIMES 0 it goes on until it is killed.
"""

from __future__ import annotations

import itertools
import sys

from shared.adapters.sqlite.documents import SqliteStore
from shared.kit.documents import Create, Increment, Patch

if __name__ == "__main__":
    documents = SqliteStore(sys.argv[1]).open("workspaces/w1")
    times = int(sys.argv[2])
    for _ in range(times) if times else itertools.count():
        (written,) = documents.commit(Patch("counters/c", {"n": Increment(1)}, upsert=True))
        count = written.incremented["n"]
        documents.commit(Create(f"ledger/{count}", {"n": count, "text": "x" * 5000}))
        print(count, flush=True)
