"""The built-in issuer: one key for all instances."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier

import jwt
import pytest

from shared.adapters.identity.builtin import BuiltinIdentity
from shared.adapters.sqlite.documents import SqliteStore
from shared.kit.documents import Delete, Documents
from shared.kit.errors import Unauthenticated
from shared.workspaces.store import PLATFORM_ROOT
from tests.support.clocks import HandClock

NOW = datetime.now(UTC)


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Documents]:
    store = SqliteStore(tmp_path / "documents.db")
    yield store.open(PLATFORM_ROOT)
    store.close()


def test_instances_that_start_together_share_one_key(platform: Documents) -> None:
    instances = [BuiltinIdentity(platform, HandClock()) for _ in range(8)]
    together = Barrier(8)

    def issue(instance: BuiltinIdentity) -> str:
        together.wait()
        return instance.issue("usr_1", NOW).text

    with ThreadPoolExecutor(8) as pool:
        tokens = list(pool.map(issue, instances))
    assert len({jwt.get_unverified_header(token)["kid"] for token in tokens}) == 1
    for instance in (*instances, BuiltinIdentity(platform, HandClock())):
        assert {instance.verify(token).subject for token in tokens} == {"usr_1"}


def test_the_private_half_never_leaves_the_store(platform: Documents) -> None:
    token = BuiltinIdentity(platform, HandClock()).issue("usr_1", NOW).text
    (snapshot,) = platform.get("signing_keys/access-tokens")
    assert snapshot is not None
    assert set(jwt.get_unverified_header(token)) == {"alg", "kid", "typ"}
    assert snapshot.fields["jwk"]["d"] not in token
    assert snapshot.fields["jwk"]["d"] not in repr(jwt.decode(token, options={"verify_signature": False}))


def test_before_anybody_signed_in_no_token_is_good_and_no_key_is_made(platform: Documents, tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "another.db")
    foreign = BuiltinIdentity(store.open(PLATFORM_ROOT), HandClock()).issue("usr_1", NOW).text
    store.close()
    with pytest.raises(Unauthenticated):
        BuiltinIdentity(platform, HandClock()).verify(foreign)
    assert platform.get("signing_keys/access-tokens") == [None]


def test_a_replaced_key_is_found_within_a_minute_and_forgeries_cost_no_reads(platform: Documents) -> None:
    clock = HandClock()
    old = BuiltinIdentity(platform, clock)
    token = old.issue("usr_1", NOW).text
    platform.commit(Delete("signing_keys/access-tokens"))
    fresh = BuiltinIdentity(platform, clock).issue("usr_1", NOW).text
    with pytest.raises(Unauthenticated):
        old.verify(fresh)
    assert old.verify(token).subject == "usr_1"
    clock.sleep(60)
    assert old.verify(fresh).subject == "usr_1"
    with pytest.raises(Unauthenticated):
        old.verify(token)
