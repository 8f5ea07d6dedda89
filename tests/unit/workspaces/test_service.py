"""Turning a bearer key into a principal, with a memory of 30 seconds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shared.adapters.firestore.guard import IndexedStore
from shared.adapters.sqlite.documents import SqliteStore
from shared.kit.documents import Documents, Patch
from shared.kit.errors import AlreadyExists, Forbidden, Unauthenticated
from shared.workspaces.keys import NewKey, new_key
from shared.workspaces.models import ApiKey, Principal, Workspace
from shared.workspaces.passwords import check_password, hash_password
from shared.workspaces.service import CACHE_SECONDS, Authenticator
from shared.workspaces.store import PLATFORM_ROOT, Directory


@dataclass(slots=True)
class HandClock:
    """The port Clock, moved by hand."""

    seconds: float = 1000.0

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.seconds, UTC)

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


@pytest.fixture
def documents(tmp_path: Path) -> Iterator[Documents]:
    store = IndexedStore(SqliteStore(tmp_path / "documents.db"))
    yield store.open(PLATFORM_ROOT)
    store.close()


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def authenticator(documents: Documents, clock: HandClock) -> Authenticator:
    return Authenticator(Directory(documents), clock)


def entered(documents: Documents, expires_at: datetime | None = None, *, revoked: bool = False) -> NewKey:
    key = new_key("dev")
    Directory(documents).add_key(ApiKey(key.id, "w1", "u1", "laptop", key.digest, frozenset({"agents:run"}), expires_at, revoked))
    return key


def test_a_key_names_its_workspace_user_and_scopes(documents: Documents, authenticator: Authenticator) -> None:
    key = entered(documents, datetime.now(UTC) + timedelta(hours=1))
    assert authenticator.authenticate(key.text) == Principal("w1", f"key:{key.id}", "u1", frozenset({"agents:run"}))


@pytest.mark.parametrize("why", ["unknown", "revoked", "expired", "another secret"])
def test_every_refusal_has_the_same_words(documents: Documents, authenticator: Authenticator, why: str) -> None:
    key = {
        "unknown": lambda: new_key("dev"),
        "revoked": lambda: entered(documents, revoked=True),
        "expired": lambda: entered(documents, datetime.now(UTC) - timedelta(seconds=1)),
        "another secret": lambda: entered(documents),
    }[why]()
    if why == "another secret":
        documents.commit(Patch(f"keys/{key.id}", {"digest": new_key("dev").digest}))
    with pytest.raises(Unauthenticated, match="unknown, expired or revoked"):
        authenticator.authenticate(key.text)


def test_a_revoked_key_stops_working_within_30_seconds(documents: Documents, authenticator: Authenticator, clock: HandClock) -> None:
    key = entered(documents)
    authenticator.authenticate(key.text)
    documents.commit(Patch(f"keys/{key.id}", {"revoked": True}))
    clock.sleep(CACHE_SECONDS - 1)
    authenticator.authenticate(key.text)
    clock.sleep(2)
    with pytest.raises(Unauthenticated):
        authenticator.authenticate(key.text)


def test_a_refusal_is_not_remembered(documents: Documents, authenticator: Authenticator) -> None:
    key = entered(documents, revoked=True)
    with pytest.raises(Unauthenticated):
        authenticator.authenticate(key.text)
    documents.commit(Patch(f"keys/{key.id}", {"revoked": False}))
    assert authenticator.authenticate(key.text).workspace == "w1"


def test_a_scope_is_had_or_asked_for_by_name() -> None:
    principal = Principal("w1", "key:1", "u1", frozenset({"agents:run"}))
    principal.require("agents:run")
    with pytest.raises(Forbidden, match="sessions:read"):
        principal.require("sessions:read")


def test_the_directory_refuses_a_second_of_the_same(documents: Documents) -> None:
    directory = Directory(documents)
    directory.add_workspace(Workspace("w1", "One"))
    with pytest.raises(AlreadyExists):
        directory.add_workspace(Workspace("w1", "Other"))
    directory.add_user("u1", "Ada@example.com", "hash")
    with pytest.raises(AlreadyExists):
        directory.add_user("u2", "ada@example.COM", "hash")


def test_workspaces_are_listed_in_pages(documents: Documents) -> None:
    directory = Directory(documents)
    for number in range(5):
        directory.add_workspace(Workspace(f"w{number}", "name"))
    first = directory.workspaces(3)
    assert [workspace.id for workspace in [*first, *directory.workspaces(3, first[-1].id)]] == [f"w{number}" for number in range(5)]
    assert directory.workspaces(3, "w4") == []


def test_a_password_is_checked_against_its_hash_only() -> None:
    stored = hash_password("correct horse")
    assert "correct" not in stored
    assert check_password("correct horse", stored)
    assert not check_password("correct hors", stored)
    assert not any(check_password("correct horse", broken) for broken in ("", "scrypt$", "scrypt$00$", "plain$00$00"))
