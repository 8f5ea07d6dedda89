"""What every adapter of the port of blobs must do."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shared.kit.blobs import LONGEST_PATH, LONGEST_SEGMENT, Blobs, BlobStore
from shared.kit.errors import Conflict, Invalid, NotFound
from tests.support.storage_server import storage_server  # noqa: F401  # A fixture, found by name.

MEBIBYTE = 1024 * 1024


@pytest.fixture(params=["filesystem", "gcs"])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BlobStore:
    if request.param == "filesystem":
        from shared.adapters.filesystem.blobs import FileBlobStore

        return FileBlobStore(tmp_path)
    from shared.adapters.gcs.blobs import GcsBlobStore
    from tests.support.storage_credentials import make_bucket, service_account

    monkeypatch.setenv("STORAGE_EMULATOR_HOST", request.getfixturevalue("storage_server"))
    return GcsBlobStore(make_bucket(), signing=service_account())


@pytest.fixture
def blobs(store: BlobStore) -> Blobs:
    return store.open(f"workspaces/{uuid.uuid4().hex}")


def test_what_was_put_is_read_back_with_its_facts(blobs: Blobs) -> None:
    before = datetime.now(UTC) - timedelta(seconds=2)
    written = blobs.put("runs/r1/full.txt", b"hello", "text/plain; charset=utf-8")

    assert blobs.get("runs/r1/full.txt") == b"hello"
    assert blobs.stat("runs/r1/full.txt") == written
    assert (written.path, written.size, written.content_type) == ("runs/r1/full.txt", 5, "text/plain; charset=utf-8")
    assert before < written.updated_at < datetime.now(UTC) + timedelta(seconds=2)


def test_the_empty_blob_is_a_blob(blobs: Blobs) -> None:
    assert blobs.put("a", b"", "text/plain").size == 0
    assert blobs.get("a") == b""
    assert list(blobs.stream("a")) == []


def test_a_blob_larger_than_any_chunk_comes_back_whole(blobs: Blobs) -> None:
    data = bytes(range(256)) * (9 * MEBIBYTE // 256) + b"end"
    blobs.put("big", data, "application/octet-stream", if_generation=0)
    assert blobs.stat("big").size == len(data)
    assert blobs.get("big") == data
    assert b"".join(blobs.stream("big")) == data


def test_absent_blobs_are_not_found(blobs: Blobs) -> None:
    for read in (blobs.stat, blobs.get, blobs.stream):
        with pytest.raises(NotFound, match="nothing/here"):
            read("nothing/here")
    with pytest.raises(NotFound):
        blobs.stream("nothing/here", 3, 3)


def test_every_write_grows_the_generation_also_after_a_delete(blobs: Blobs) -> None:
    generations = [blobs.put("a", b"1", "text/plain").generation, blobs.put("a", b"1", "text/plain").generation]
    blobs.delete("a")
    generations.append(blobs.put("a", b"1", "text/plain").generation)
    assert generations == sorted(set(generations))
    assert generations[0] > 0


def test_generation_zero_asks_that_there_be_none(blobs: Blobs) -> None:
    blobs.put("a", b"first", "text/plain", if_generation=0)
    with pytest.raises(Conflict):
        blobs.put("a", b"second", "text/plain", if_generation=0)
    assert blobs.get("a") == b"first"
    blobs.delete("a")
    blobs.put("a", b"third", "text/plain", if_generation=0)


def test_a_stale_generation_does_not_overwrite(blobs: Blobs) -> None:
    old = blobs.put("a", b"1", "text/plain")
    new = blobs.put("a", b"2", "text/plain", if_generation=old.generation)
    with pytest.raises(Conflict):
        blobs.put("a", b"3", "text/plain", if_generation=old.generation)
    with pytest.raises(Conflict):
        blobs.put("absent", b"3", "text/plain", if_generation=new.generation)
    assert blobs.get("a") == b"2"


def test_of_many_creators_one_wins(blobs: Blobs) -> None:
    barrier = threading.Barrier(8)

    def create(number: int) -> int | None:
        barrier.wait()
        try:
            blobs.put("a", str(number).encode(), "text/plain", if_generation=0)
        except Conflict:
            return None
        return number

    with ThreadPoolExecutor(8) as pool:
        winners = [winner for winner in pool.map(create, range(8)) if winner is not None]
    assert [blobs.get("a")] == [str(winner).encode() for winner in winners]


def test_increments_by_generation_lose_nothing(blobs: Blobs) -> None:
    blobs.put("n", b"0", "text/plain")

    def increment(_: int) -> None:
        while True:
            seen = blobs.stat("n").generation
            try:
                blobs.put("n", str(int(blobs.get("n")) + 1).encode(), "text/plain", if_generation=seen)
            except Conflict:
                continue
            return

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(increment, range(24)))
    assert blobs.get("n") == b"24"


@pytest.mark.parametrize(
    ("start", "end", "expected"), [(0, None, b"0123456789"), (3, 7, b"3456"), (8, 99, b"89"), (4, 4, b""), (10, None, b""), (50, 60, b"")]
)
def test_a_range_ends_before_its_end(blobs: Blobs, start: int, end: int | None, expected: bytes) -> None:
    blobs.put("a", b"0123456789", "text/plain")
    assert b"".join(blobs.stream("a", start, end)) == expected


@pytest.mark.parametrize(("start", "end"), [(-1, None), (5, 4)])
def test_an_impossible_range_is_refused(blobs: Blobs, start: int, end: int) -> None:
    blobs.put("a", b"0123456789", "text/plain")
    with pytest.raises(Invalid):
        blobs.stream("a", start, end)


def test_a_stream_never_mixes_two_generations(blobs: Blobs) -> None:
    old, new = b"o" * (9 * MEBIBYTE), b"n" * (9 * MEBIBYTE)
    blobs.put("a", old, "text/plain")
    stream = blobs.stream("a")
    seen = next(stream)
    blobs.put("a", new, "text/plain")
    try:
        for chunk in stream:
            seen += chunk
    except Conflict:
        assert old.startswith(seen)
    else:
        assert seen == old


def test_deleting_twice_is_fine(blobs: Blobs) -> None:
    blobs.put("deep/down/a", b"1", "text/plain")
    blobs.delete("deep/down/a")
    blobs.delete("deep/down/a")
    blobs.delete("never/was")
    assert blobs.list() == []


def test_a_blob_may_stand_where_others_have_a_folder_and_case_counts(blobs: Blobs) -> None:
    paths = ["a", "a/b", "A", "A/B", "a/B"]
    for path in paths:
        blobs.put(path, path.encode(), "text/plain")
    assert {path: blobs.get(path) for path in paths} == {path: path.encode() for path in paths}
    blobs.delete("a")
    assert blobs.get("a/b") == b"a/b"


NAMES = ["a", "a-b", "a.b", "a/b", "a/b/c", "a0", "B/z", "a/~x", "a:b", "Z", "b@x", "a/b-", "a/bc/d", "users/U1/doc", "users/U1.x/doc"]


def test_lists_are_sorted_by_whole_path(blobs: Blobs) -> None:
    for path in NAMES:
        blobs.put(path, b"12", "text/plain")
    listed = blobs.list()
    assert [blob.path for blob in listed] == sorted(NAMES)
    assert listed == [blobs.stat(path) for path in sorted(NAMES)]


def test_lists_page_by_the_last_path_within_any_prefix(blobs: Blobs) -> None:
    for path in NAMES:
        blobs.put(path, b"", "text/plain")
    for prefix in ("", "a", "a/", "a/b", "a/b/", "users/U1/", "users/U", "nothing"):
        for limit in (1, 2, 3, 100):
            walked: list[str] = []
            while page := blobs.list(prefix, limit, walked[-1] if walked else None):
                assert len(page) <= limit
                walked += [blob.path for blob in page]
            assert walked == sorted(path for path in NAMES if path.startswith(prefix)), (prefix, limit)


def test_a_list_goes_on_behind_a_path_that_is_gone(blobs: Blobs) -> None:
    for path in ("a", "b/c", "d"):
        blobs.put(path, b"", "text/plain")
    blobs.delete("b/c")
    assert [blob.path for blob in blobs.list(after="b/c")] == ["d"]
    assert [blob.path for blob in blobs.list(after="b")] == ["d"]


def test_two_roots_never_see_each_other(store: BlobStore) -> None:
    name = uuid.uuid4().hex
    one, longer = store.open(f"workspaces/{name}"), store.open(f"workspaces/{name}2")
    one.put("a", b"one", "text/plain")
    assert longer.list() == []
    with pytest.raises(NotFound):
        longer.get("a")
    longer.delete("a")
    assert one.get("a") == b"one"


BAD_PATHS = [
    "",
    "/",
    "/a",
    "a/",
    "a//b",
    ".",
    "..",
    "../a",
    "a/../b",
    "a/./b",
    "a b",
    "a\nb",
    "a\x00",
    "ä",
    "a\\b",
    "%2e%2e/a",
    "a,b",
    "~/../x",
]
TOO_LONG = ["a" * (LONGEST_SEGMENT + 1), "/".join(["a" * 99] * (LONGEST_PATH // 100 + 1))]


@pytest.mark.parametrize("path", BAD_PATHS + TOO_LONG)
def test_no_path_leads_out_of_the_root(store: BlobStore, blobs: Blobs, path: str) -> None:
    calls: list[Callable[[], object]] = [
        lambda: blobs.put(path, b"", "text/plain"),
        lambda: blobs.stat(path),
        lambda: blobs.get(path),
        lambda: blobs.stream(path),
        lambda: blobs.delete(path),
        lambda: blobs.signed_url(path, "GET", 60),
        lambda: store.open(path),
    ]
    for call in calls:
        with pytest.raises(Invalid):
            call()


def test_the_longest_names_work(blobs: Blobs) -> None:
    paths = ["A" * LONGEST_SEGMENT, "/".join(["Xy" * 49] * 6)]
    for path in paths:
        blobs.put(path, b"long", "text/plain")
        assert blobs.get(path) == b"long"
    assert [blob.path for blob in blobs.list()] == paths


@pytest.mark.parametrize("content_type", ["", "text/plain\r\nX-Evil: 1", "täxt", "x" * 201])
def test_a_content_type_that_cannot_stand_in_a_header_is_refused(blobs: Blobs, content_type: str) -> None:
    with pytest.raises(Invalid):
        blobs.put("a", b"", content_type)


@pytest.mark.parametrize("seconds", [0, -1, 7 * 24 * 3600 + 1])
def test_a_signed_address_lives_at_most_seven_days(blobs: Blobs, seconds: int) -> None:
    with pytest.raises(Invalid):
        blobs.signed_url("a", "GET", seconds)


def test_signed_addresses_of_two_blobs_or_methods_differ(blobs: Blobs) -> None:
    addresses = {blobs.signed_url("a", "GET", 60), blobs.signed_url("a", "PUT", 60), blobs.signed_url("b", "GET", 60)}
    assert len(addresses) == 3
