"""The port of blobs on one bucket of Cloud Storage. The client library is imported and connected on first use, after the server forked."""

from __future__ import annotations

import builtins
import os
import secrets
import threading
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from typing import Any

from shared.adapters.gcs.calls import TIMEOUT, call
from shared.kit.blobs import LONGEST_SIGNED, Blob, Method, blob_content_type, blob_path, blob_prefix
from shared.kit.errors import Conflict, Invalid, NotFound, Unavailable

_CHUNK = 4 * 1024 * 1024
"""Bytes per request of a stream: a chunk per round trip of some 30 ms is over 100 MB/s, and 80 streams stay under 400 MB."""

_WRITE_KEY = "reggie-write"
"""Metadata with a random mark of the write, by which a lost reply is told from somebody else's write."""

_SCOPE = "https://www.googleapis.com/auth/cloud-platform"


class GcsBlobStore:
    """Opens the blobs below a root in `bucket`, which must exist. STORAGE_EMULATOR_HOST leads to an emulator, without credentials.

    `signing` are credentials that sign addresses in place of the process's own.
    """

    def __init__(self, bucket: str, *, signing: Any = None) -> None:
        self._bucket_name = bucket
        self._signing = signing
        self._lock = threading.Lock()
        self._bucket: Any = None
        self._credentials: Any = None

    def open(self, root: str) -> GcsBlobs:
        return GcsBlobs(self, blob_path(root))

    def bucket(self) -> Any:
        """The google.cloud.storage Bucket, shared by all threads."""
        with self._lock:
            if self._bucket is None:
                self._bucket = self._connect()
            return self._bucket

    def signing(self) -> Any:
        """Credentials that can sign. Raises Unavailable when there are none, as beside an emulator."""
        from google.auth.exceptions import GoogleAuthError

        self.bucket()
        with self._lock:
            if self._signing is None:
                if self._credentials is None:
                    raise Unavailable("nothing to sign addresses with beside an emulator")
                from shared.adapters.gcs.signing import signing_credentials

                try:
                    self._signing = signing_credentials(self._credentials)
                except GoogleAuthError as error:
                    raise Unavailable("the service account's token could not be had") from error
            return self._signing

    def _connect(self) -> Any:
        from google.cloud.storage import Client

        # Without it the client reads the bucket's own record in a background thread, for traces that we do not take: one more
        # request per call that fails, and storage.buckets.get is a right that the functions do not have.
        os.environ.setdefault("DISABLE_GCS_PYTHON_CLIENT_OTEL_BUCKET_METADATA", "true")
        if os.environ.get("STORAGE_EMULATOR_HOST"):
            return Client(project="emulated").bucket(self._bucket_name)
        import google.auth
        from google.auth.exceptions import GoogleAuthError

        try:
            self._credentials, project = google.auth.default(scopes=[_SCOPE])
        except GoogleAuthError as error:
            raise Unavailable("no credentials for Cloud Storage: run as a service account, or set STORAGE_EMULATOR_HOST") from error
        return Client(project=project, credentials=self._credentials).bucket(self._bucket_name)


class GcsBlobs:
    """The blobs below one root. See the port for what each call promises."""

    def __init__(self, store: GcsBlobStore, root: str) -> None:
        self._store = store
        self._root = root

    def put(self, path: str, data: bytes, content_type: str, if_generation: int | None = None) -> Blob:
        name, kind, mark = self._name(path), blob_content_type(content_type), secrets.token_hex(16)

        def write() -> Any:
            remote = self._store.bucket().blob(name)
            remote.metadata = {_WRITE_KEY: mark}
            remote.upload_from_string(data, content_type=kind, if_generation_match=if_generation, timeout=TIMEOUT, retry=None)
            return remote

        def own_write() -> Any:
            found = call(lambda: self._store.bucket().get_blob(name, timeout=TIMEOUT, retry=None), path)
            return found if found is not None and (found.metadata or {}).get(_WRITE_KEY) == mark else None

        return self._blob(call(write, path, settle=own_write))

    def stat(self, path: str) -> Blob:
        name = self._name(path)
        found = call(lambda: self._store.bucket().get_blob(name, timeout=TIMEOUT, retry=None), path)
        if found is None:
            raise NotFound(f"there is no blob {path}")
        return self._blob(found)

    def get(self, path: str) -> bytes:
        remote = self._store.bucket().blob(self._name(path))
        data: bytes = call(lambda: remote.download_as_bytes(timeout=TIMEOUT, retry=None), path)
        return data

    def stream(self, path: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        if start < 0 or (end is not None and end < start):
            raise Invalid("a range starts at 0 or later and does not end before it starts")
        first = self._store.bucket().blob(self._name(path))
        if end == start:
            self.stat(path)
            return iter(())
        chunk = _read(first, start, end, path)
        return self._rest(first, chunk, start, end, path)

    def delete(self, path: str) -> None:
        remote = self._store.bucket().blob(self._name(path))
        try:
            call(lambda: remote.delete(timeout=TIMEOUT, retry=None), path)
        except NotFound:
            return

    def list(self, prefix: str = "", limit: int = 1000, after: str | None = None) -> builtins.list[Blob]:
        if limit < 1:
            raise Invalid("limit must be at least 1")
        full = f"{self._root}/{blob_prefix(prefix)}"
        offset = f"{self._root}/{after}" if after else None

        def read() -> builtins.list[Any]:
            # startOffset is inclusive, so one more is asked for and the place itself dropped.
            pages = self._store.bucket().list_blobs(prefix=full, start_offset=offset, max_results=limit + 1, timeout=TIMEOUT, retry=None)
            return [remote for remote in pages if remote.name != offset]

        return [self._blob(remote) for remote in islice(call(read, prefix), limit)]

    def signed_url(self, path: str, method: Method, seconds: int, content_type: str | None = None) -> str:
        from google.auth.exceptions import GoogleAuthError

        if not 1 <= seconds <= LONGEST_SIGNED:
            raise Invalid(f"a signed address lives 1 to {LONGEST_SIGNED} seconds")
        remote = self._store.bucket().blob(self._name(path))
        try:
            url: str = remote.generate_signed_url(
                version="v4",
                expiration=timedelta(seconds=seconds),
                method=method,
                content_type=blob_content_type(content_type) if content_type else None,
                credentials=self._store.signing(),
            )
        except GoogleAuthError as error:
            raise Unavailable("IAM did not sign the address") from error
        return url

    def _name(self, path: str) -> str:
        return f"{self._root}/{blob_path(path)}"

    def _blob(self, remote: Any) -> Blob:
        path = remote.name.removeprefix(f"{self._root}/")
        return Blob(path, int(remote.size or 0), remote.content_type or "application/octet-stream", int(remote.generation), remote.updated)

    def _rest(self, first: Any, chunk: bytes, start: int, end: int | None, path: str) -> Iterator[bytes]:
        """The first chunk and what follows, all of the generation that the first one came from."""
        pinned = self._store.bucket().blob(first.name, generation=first.generation)
        while chunk:
            yield chunk
            start += len(chunk)
            if len(chunk) < _CHUNK or start == end:
                return
            try:
                chunk = _read(pinned, start, end, path)
            except NotFound as error:
                raise Conflict(f"the blob {path} was replaced while it was read") from error


def _read(remote: Any, start: int, end: int | None, path: str) -> bytes:
    """At most one chunk from `start`; nothing when that is past the end."""
    from google.api_core.exceptions import RequestRangeNotSatisfiable

    last = start + _CHUNK - 1 if end is None else min(start + _CHUNK, end) - 1

    def read() -> bytes:
        try:
            data: bytes = remote.download_as_bytes(start=start, end=last, timeout=TIMEOUT, retry=None)
        except RequestRangeNotSatisfiable:
            return b""
        return data

    return call(read, path)
