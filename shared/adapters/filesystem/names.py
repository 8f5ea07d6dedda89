"""Blob paths as file names, such that two paths never share a file, not even where the file system ignores case.

A segment becomes its lower-case form and, when it had capitals, a comma and the hexadecimal mask of their places: `Ab` is `ab,1`.
A blob's file ends in `,blob`, so that the blob `a` stands beside the folder of `a/b`. No segment holds a comma, so nothing collides,
and names that start with one (`,tmp`, `,locks`) are the store's own.
"""

from __future__ import annotations

from pathlib import Path

_SUFFIX = ",blob"


def _encode(segment: str) -> str:
    mask = sum(1 << place for place, letter in enumerate(segment) if letter.isupper())
    return f"{segment.lower()},{mask:x}" if mask else segment


def _decode(name: str) -> str:
    lower, _, digits = name.partition(",")
    mask = int(digits or "0", 16)
    return "".join(letter.upper() if mask >> place & 1 else letter for place, letter in enumerate(lower))


def file_of(base: Path, path: str) -> Path:
    """Where the blob `path` lies; `path` must have passed `blob_path`."""
    *folders, last = path.split("/")
    return base.joinpath(*map(_encode, folders), _encode(last) + _SUFFIX)


def folder_of(base: Path, root: str) -> Path:
    """Where the blobs below `root` lie."""
    return base.joinpath(*map(_encode, root.split("/")))


def entry_key(name: str, is_folder: bool) -> str | None:
    """The segment that a directory entry stands for, with `/` behind a folder; None for what is not a blob's.

    Sorted by these keys, walking a tree gives its blobs in the order of their whole paths.
    """
    if name.startswith(","):
        return None
    if is_folder:
        return _decode(name) + "/"
    return _decode(name.removesuffix(_SUFFIX)) if name.endswith(_SUFFIX) else None
