"""The port of blobs: byte strings under paths, each with a generation that grows with every write."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from shared.kit.errors import Invalid

Method = Literal["GET", "PUT"]

LONGEST_PATH = 600
LONGEST_SEGMENT = 180
"""Both in characters, so that every path below a root fits Cloud Storage (1,024 bytes) and file systems (255 bytes a name)."""

LONGEST_SIGNED = 7 * 24 * 3600
"""Seconds that a signed address may live: the limit of Cloud Storage's V4 signatures."""

_SEGMENT = re.compile(rf"[A-Za-z0-9_.:@~-]{{1,{LONGEST_SEGMENT}}}")
_PREFIX = re.compile(rf"[A-Za-z0-9_.:@~/-]{{0,{LONGEST_PATH}}}")
_CONTENT_TYPE = re.compile(r"[!-~][ -~]{0,199}")


def blob_path(path: str) -> str:
    """`path` if it may name a blob or a root. Raises Invalid if not, which also bars every way out of the root."""
    segments = path.split("/")
    if len(path) > LONGEST_PATH or any(not _SEGMENT.fullmatch(segment) or segment in (".", "..") for segment in segments):
        raise Invalid(
            f"a blob's path is segments of A-Z a-z 0-9 _ . : @ ~ - joined by /, none of them . or .., "
            f"at most {LONGEST_SEGMENT} characters each and {LONGEST_PATH} in all"
        )
    return path


def blob_prefix(prefix: str) -> str:
    """`prefix` if some path may start with it. Raises Invalid."""
    if not _PREFIX.fullmatch(prefix):
        raise Invalid("a prefix of blob paths has the characters of a path")
    return prefix


def blob_content_type(content_type: str) -> str:
    """`content_type` if it can stand in an HTTP header: 1 to 200 printable ASCII characters. Raises Invalid."""
    if not _CONTENT_TYPE.fullmatch(content_type):
        raise Invalid("a content type is 1 to 200 printable ASCII characters")
    return content_type


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
        """The bytes from `start` up to, not including, `end`, in chunks; nothing when `start` is past the end.

        Raises NotFound when called, and Conflict between chunks when the blob was replaced meanwhile and its old bytes are gone.
        """
        ...

    def delete(self, path: str) -> None:
        """Remove it; absent is fine."""
        ...

    def list(self, prefix: str = "", limit: int = 1000, after: str | None = None) -> list[Blob]:
        """Blobs whose path starts with `prefix`, sorted by path, behind the path `after`."""
        ...

    def signed_url(self, path: str, method: Method, seconds: int, content_type: str | None = None) -> str:
        """An address that lets its holder read or write this one blob for `seconds` (1 to 7 days' worth).

        With a `content_type`, a PUT must send exactly that one.
        """
        ...


class BlobStore(Protocol):
    """Opens the Blobs of one workspace. Only the wiring holds one."""

    def open(self, root: str) -> Blobs:
        """The blobs below `root`, as `workspaces/w1`."""
        ...
