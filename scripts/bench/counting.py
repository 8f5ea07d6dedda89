"""Counts documents at the generated Firestore client, whoever calls it: the same independent count for both sides.

Each answer adds a line to the file that BENCH_COUNTS names: `r N` for N documents read, `w N` for N written. As Firestore bills, a missing
document and an empty query are one read: https://firebase.google.com/docs/firestore/pricing
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any


def count_documents() -> None:
    """Wrap the client's calls, if BENCH_COUNTS is set."""
    path = os.environ.get("BENCH_COUNTS")
    if not path:
        return
    from google.cloud.firestore_v1.services.firestore import FirestoreClient

    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def note(kind: str, number: int) -> None:
        os.write(file, f"{kind} {number}\n".encode())

    def reading(call: Callable[..., Any], given: Callable[[Any], bool]) -> Callable[..., Iterator[Any]]:
        def counted(*arguments: Any, **options: Any) -> Iterator[Any]:
            number = 0
            for answer in call(*arguments, **options):
                number += given(answer)
                yield answer
            note("r", max(1, number))

        return counted

    def writing(call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(self: Any, request: Any = None, **options: Any) -> Any:
            done = call(self, request, **options)
            note("w", len(request["writes"] if isinstance(request, dict) else request.writes))
            return done

        return counted

    client: Any = FirestoreClient
    client.run_query = reading(client.run_query, lambda answer: bool(answer.document.name))
    client.batch_get_documents = reading(client.batch_get_documents, lambda answer: bool(answer.found.name or answer.missing))
    client.commit = writing(client.commit)


def counted(path: str, place: int) -> tuple[int, int, int]:
    """Documents read and written since `place` in the file, and the new place."""
    with open(path, "rb") as file:  # noqa: PTH123
        file.seek(place)
        text = file.read()
    pairs = [line.split() for line in text.splitlines()]
    total = {b"r": 0, b"w": 0}
    for kind, number in pairs:
        total[kind] += int(number)
    return total[b"r"], total[b"w"], place + len(text)
