"""Signed addresses of the local gateway."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from shared.adapters.filesystem.blobs import FileBlobStore, open_signed
from shared.kit.errors import Forbidden


@dataclass
class SetClock:
    time: datetime = datetime(2026, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        raise AssertionError


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def store(tmp_path: Path, clock: SetClock) -> FileBlobStore:
    return FileBlobStore(tmp_path, clock=clock)


def test_a_signed_address_opens_its_blob(store: FileBlobStore) -> None:
    blobs = store.open("workspaces/w1")
    blobs.put("uploads/U1@x:y~z", b"data", "text/plain")
    opened = open_signed(store, blobs.signed_url("uploads/U1@x:y~z", "GET", 60), "GET")
    assert opened.blobs.get(opened.path) == b"data"


def test_a_signed_put_says_which_type_it_must_have(store: FileBlobStore) -> None:
    address = store.open("w").signed_url("a", "PUT", 60, content_type="image/png")
    opened = open_signed(store, address, "PUT")
    opened.blobs.put(opened.path, b"png", opened.content_type)
    assert store.open("w").stat("a").content_type == "image/png"


def test_it_works_until_the_second_it_expires(store: FileBlobStore, clock: SetClock) -> None:
    address = store.open("w").signed_url("a", "GET", 60)
    clock.time += timedelta(seconds=59.9)
    open_signed(store, address, "GET")
    clock.time += timedelta(seconds=0.1)
    with pytest.raises(Forbidden, match="expired"):
        open_signed(store, address, "GET")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "get", "", "HEAD"])
def test_it_works_for_its_method_only(store: FileBlobStore, method: str) -> None:
    with pytest.raises(Forbidden):
        open_signed(store, store.open("w").signed_url("a", "GET", 60), method)


def test_any_changed_part_is_refused(store: FileBlobStore) -> None:
    address = store.open("w").signed_url("a", "PUT", 60, "text/plain")
    parts = urlsplit(address)
    query = dict(parse_qsl(parts.query))
    longer = str(int(query["expires"]) + 1)
    changed = [
        f"/_blobs/w/b?{parts.query}",
        f"/_blobs/w/a/?{parts.query}",
        f"/_blobs/w/../w/a?{parts.query}",
        f"/other/w/a?{parts.query}",
        f"{address}&method=PUT",
        address.replace("method=PUT", "method=GET"),
        *(f"{parts.path}?{urlencode({**query, **change})}" for change in ({"expires": longer}, {"content_type": "text/html"})),
        *(f"{parts.path}?{urlencode({key: value for key, value in query.items() if key != gone})}" for gone in query),
        f"{parts.path}?{urlencode({**query, 'signature': query['signature'][:-1] + 'g'})}",
        f"{parts.path}?{urlencode({**query, 'signature': ''})}",
        f"{parts.path}?{urlencode({**query, 'signature': 'ä'})}",
        f"{parts.path}?{urlencode({**query, 'expires': 'never'})}",
        "/_blobs/",
        "/_blobs//[",
        "",
    ]
    for wrong in changed:
        with pytest.raises(Forbidden):
            open_signed(store, wrong, "PUT")


def test_another_installation_signs_with_another_key(
    store: FileBlobStore, clock: SetClock, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = FileBlobStore(tmp_path_factory.mktemp("other"), clock=clock)
    with pytest.raises(Forbidden):
        open_signed(store, other.open("w").signed_url("a", "GET", 60), "GET")


def test_the_key_outlives_the_process_and_is_for_its_owner_only(store: FileBlobStore, clock: SetClock) -> None:
    address = store.open("w").signed_url("a", "GET", 60)
    open_signed(FileBlobStore(store.folder, clock=clock), address, "GET")
    [key] = [file for file in store.folder.iterdir() if "key" in file.name]
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert key.read_bytes() not in address.encode()
    assert [blob.path for blob in store.open("w").list()] == []


def test_the_address_of_the_gateway_stands_before_it(tmp_path: Path) -> None:
    store = FileBlobStore(tmp_path, base_url="http://localhost:8080/")
    assert store.open("w").signed_url("a", "GET", 60).startswith("http://localhost:8080/_blobs/w/a?")
