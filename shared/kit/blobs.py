"""The port of blobs: byte strings under paths, each with a generation that grows with every write."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class Blob:
    """What is known of a blob without reading it. `size` in bytes."""

    path: str
    size: int
    content_type: str
    generation: int
    updated_at: datetime


class Blobs(Protocol):
    """The blobs of one workspace. Paths are relative to it: segments of `[A-Za-z0-9_.:@~-]`, joined by `/`, never `.` or `..`."""

    def put(self, path: str, data: bytes, content_type: str, if_generation: int | None = None) -> Blob:
        """Write a whole blob. `if_generation=0` asks that there be none, n that it be at n; else Conflict."""
        ...

    def stat(self, path: str) -> Blob:
        """Raises NotFound."""
        ...

    def get(self, path: str) -> bytes:
        """The whole blob. Raises NotFound."""
        ...

    def stream(self, path: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` up to, not including, `end`, in chunks. Raises NotFound before the first chunk."""
        ...

    def delete(self, path: str) -> None:
        """Remove it; absent is fine."""
        ...

    def list(self, prefix: str = "", limit: int = 1000, after: str | None = None) -> list[Blob]:
        """Blobs whose path starts with `prefix`, sorted by path, behind the path `after`."""
        ...

    def signed_url(self, path: str, method: Literal["GET", "PUT"], seconds: int, content_type: str | None = None) -> str:
        """An address that lets its holder read or write this one blob for `seconds` (at most 7 days)."""
        ...


class BlobStore(Protocol):
    """Opens the Blobs of one workspace. Only the wiring holds one."""

    def open(self, root: str) -> Blobs:
        """The blobs below `root`, as `workspaces/w1`."""
        ...
