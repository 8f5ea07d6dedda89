"""The port of blobs on a local folder, exact between threads and processes of one machine.

A blob is one file: a header of 512 bytes with its generation, content type and time, then the data. It is written beside the others,
flushed to the disk and renamed into place, so that a reader or a power cut meets the old blob or the new one, never a mixture.
"""

from __future__ import annotations

import builtins
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import orjson

from shared.adapters.filesystem import signing
from shared.adapters.filesystem.locks import locked
from shared.adapters.filesystem.names import entry_key, file_of, folder_of
from shared.kit.blobs import LONGEST_SIGNED, Blob, Method, blob_content_type, blob_path, blob_prefix
from shared.kit.clock import Clock, SystemClock
from shared.kit.errors import Conflict, Invalid, NotFound, Unavailable

_HEADER = 512
_CHUNK = 256 * 1024
_ABANDONED = 3600.0
"""Seconds after which a half-written file can only be what a killed process left."""


class FileBlobStore:
    """Opens the blobs below `folder`, which is made when missing. `base_url` stands before signed addresses, as `http://localhost:8080`."""

    def __init__(self, folder: Path, base_url: str = "", clock: Clock | None = None) -> None:
        self.folder = folder
        self.base_url = base_url.rstrip("/")
        self.clock = clock or SystemClock()
        self.drafts = folder / ",tmp"
        self.locks = folder / ",locks"
        for own in (folder, self.drafts, self.locks):
            own.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._remove_abandoned_drafts()

    def open(self, root: str) -> FileBlobs:
        return FileBlobs(self, blob_path(root))

    def key(self) -> bytes:
        """What signed addresses are signed with."""
        return signing.signing_key(self.folder / ",signing-key")

    def _remove_abandoned_drafts(self) -> None:
        for draft in self.drafts.iterdir():
            with suppress(FileNotFoundError):
                if time.time() - draft.stat().st_mtime > _ABANDONED:
                    draft.unlink()


@dataclass(frozen=True, slots=True)
class SignedBlob:
    """What a signed address opens. A PUT must come with `content_type`, unless that is empty."""

    blobs: FileBlobs
    path: str
    content_type: str


def open_signed(store: FileBlobStore, path_and_query: str, method: str) -> SignedBlob:
    """The blob of a signed address, as `/_blobs/workspaces/w1/a?...`, when `method` is the one it was signed for.

    Raises Forbidden when the address was tampered with, has expired or was signed for another method.
    """
    full, content_type = signing.verify(store.key(), path_and_query, method, store.clock.now().timestamp())
    root, _, path = blob_path(full).partition("/")
    return SignedBlob(store.open(root), path, content_type)


class FileBlobs:
    """The blobs below one root. See the port for what each call promises."""

    def __init__(self, store: FileBlobStore, root: str) -> None:
        self._store = store
        self._root = root
        self._folder = folder_of(store.folder, root)

    def put(self, path: str, data: bytes, content_type: str, if_generation: int | None = None) -> Blob:
        file = self._file(path)
        kind = blob_content_type(content_type)
        draft = self._store.drafts / secrets.token_hex(16)
        with _translated(), draft.open("xb", buffering=0) as out:
            try:
                _write_all(out.fileno(), data)
                with locked(self._store.locks, f"{self._root}/{path}") as lock:
                    found = _header_of(file, path)
                    if if_generation is not None and (found.generation if found else 0) != if_generation:
                        raise Conflict(f"the blob {path} is not at generation {if_generation}: read it again, then decide")
                    blob = Blob(path, len(data), kind, lock.next_generation(), datetime.now(UTC))
                    os.pwrite(out.fileno(), _header(blob), 0)
                    os.fsync(out.fileno())
                    _move(draft, file)
            finally:
                draft.unlink(missing_ok=True)
        return blob

    def stat(self, path: str) -> Blob:
        with _translated():
            return _present(_header_of(self._file(path), path), path)

    def get(self, path: str) -> bytes:
        return b"".join(self.stream(path))

    def stream(self, path: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        if start < 0 or (end is not None and end < start):
            raise Invalid("a range starts at 0 or later and does not end before it starts")
        chunks = _chunks(self._file(path), path, start, end)
        next(chunks)  # Opens the file, so that NotFound is raised here and the bytes stay readable when the blob is replaced.
        return chunks

    def delete(self, path: str) -> None:
        file = self._file(path)
        with _translated(), locked(self._store.locks, f"{self._root}/{path}"), suppress(FileNotFoundError):
            file.unlink()
            _flush_folder(file.parent)
            # A folder's name may be a person's id: it goes with its last blob. `_move` makes it again when a writer wants it just then.
            for folder in file.parents:
                if folder == self._store.folder:
                    break
                with suppress(OSError):
                    folder.rmdir()

    def list(self, prefix: str = "", limit: int = 1000, after: str | None = None) -> builtins.list[Blob]:
        if limit < 1:
            raise Invalid("limit must be at least 1")
        found: builtins.list[Blob] = []
        with _translated():
            for path, file in _walk(self._folder, "", blob_prefix(prefix), after or ""):
                blob = _header_of(file, path)
                if blob:
                    found.append(blob)
                if len(found) == limit:
                    break
        return found

    def signed_url(self, path: str, method: Method, seconds: int, content_type: str | None = None) -> str:
        if not 1 <= seconds <= LONGEST_SIGNED:
            raise Invalid(f"a signed address lives 1 to {LONGEST_SIGNED} seconds")
        kind = blob_content_type(content_type) if content_type else ""
        expires = int(self._store.clock.now().timestamp()) + seconds
        return self._store.base_url + signing.sign(self._store.key(), f"{self._root}/{blob_path(path)}", method, expires, kind)

    def _file(self, path: str) -> Path:
        return file_of(self._folder, blob_path(path))


def _header(blob: Blob) -> bytes:
    fields = {"generation": blob.generation, "content_type": blob.content_type, "updated_at": blob.updated_at.isoformat()}
    return orjson.dumps(fields).ljust(_HEADER - 1) + b"\n"


def _read_header(file: BinaryIO, path: str) -> Blob:
    fields = orjson.loads(file.read(_HEADER))
    size = os.fstat(file.fileno()).st_size - _HEADER
    return Blob(path, size, fields["content_type"], fields["generation"], datetime.fromisoformat(fields["updated_at"]))


def _header_of(file: Path, path: str) -> Blob | None:
    try:
        with file.open("rb", buffering=0) as opened:
            return _read_header(opened, path)
    except (FileNotFoundError, NotADirectoryError):
        return None


def _present(blob: Blob | None, path: str) -> Blob:
    if blob is None:
        raise NotFound(f"there is no blob {path}")
    return blob


def _chunks(file: Path, path: str, start: int, end: int | None) -> Iterator[bytes]:
    """An empty chunk once the file is open, then the bytes asked for."""
    with _translated():
        try:
            opened = file.open("rb", buffering=0)
        except FileNotFoundError as error:
            raise NotFound(f"there is no blob {path}") from error
        with opened:
            yield b""
            opened.seek(_HEADER + start)
            remaining = _CHUNK if end is None else end - start
            while chunk := opened.read(min(_CHUNK, remaining)):
                yield chunk
                remaining -= len(chunk) if end is not None else 0


def _write_all(descriptor: int, data: bytes) -> None:
    """`data` behind the place of the header, on the disk, before a lock is taken."""
    os.lseek(descriptor, _HEADER, os.SEEK_SET)
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
    os.ftruncate(descriptor, _HEADER + len(data))
    os.fsync(descriptor)


def _move(draft: Path, file: Path) -> None:
    """Rename `draft` to `file` for good. A folder may vanish between its making and its use, when its last blob is deleted just then."""
    for _ in range(100):
        try:
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            draft.replace(file)
        except FileNotFoundError:
            continue
        with suppress(FileNotFoundError):
            _flush_folder(file.parent)
        return
    raise Unavailable("the blob's folder keeps being removed")


def _flush_folder(folder: Path) -> None:
    """Make a rename or an unlink outlive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _walk(folder: Path, before: str, prefix: str, after: str) -> Iterator[tuple[str, Path]]:
    """The blobs below `folder` behind the path `after`, in order; `before` is the path of the folder. Skips folders out of range."""
    try:
        with os.scandir(folder) as entries:
            keys = {before + key: entry.path for entry in entries if (key := entry_key(entry.name, entry.is_dir(follow_symlinks=False)))}
    except (FileNotFoundError, NotADirectoryError):
        return
    for key in sorted(keys):
        is_folder = key.endswith("/")
        if not key.startswith(prefix) and not (is_folder and prefix.startswith(key)):
            continue
        if key <= after and not (is_folder and after.startswith(key)):
            continue
        if is_folder:
            yield from _walk(Path(keys[key]), key, prefix, after)
        else:
            yield key, Path(keys[key])


@contextmanager
def _translated() -> Iterator[None]:
    """Errors of the operating system as Unavailable."""
    try:
        yield
    except OSError as error:
        raise Unavailable(f"the blobs' folder does not answer: {error.strerror}") from error
