"""Shares: what they show, who finds them, how they end."""

from __future__ import annotations

from datetime import UTC, datetime

import orjson
import pytest

from shared.agents.turns import NewTurn
from shared.kit.documents import Delete
from shared.kit.errors import Conflict, NotFound, TooLarge
from shared.sessions.shares import LARGEST, MOST, shared, snapshot
from shared.sessions.store import session_path
from tests.support.domain import House, Instance

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def taken(instance: Instance, session: str = "s1") -> dict[str, object]:
    """The snapshot of a session as it is now."""
    found, tail = instance.sessions.get_with_tail(session)
    content: dict[str, object] = orjson.loads(snapshot(found, tail.last, instance.runs, NOW))
    return content


def test_a_snapshot_holds_what_was_said_and_nothing_else(instance: Instance) -> None:
    instance.say("first", user="ada@example.com")
    instance.say("second", user="ada@example.com")
    content = taken(instance)
    assert set(content) == {"title", "agent_name", "created_at", "messages"}
    assert (content["title"], content["agent_name"], content["created_at"]) == ("first", "Assistant", "2026-01-02T03:04:05Z")
    messages = content["messages"]
    assert isinstance(messages, list)
    assert [(message["role"], message["content"]) for message in messages] == [
        ("user", "first"),
        ("assistant", "to first"),
        ("user", "second"),
        ("assistant", "to second"),
    ]
    assert {frozenset(message) for message in messages} == {frozenset({"role", "content", "created_at"})}
    assert b"ada" not in orjson.dumps(content)
    assert b"run_" not in orjson.dumps(content)


def test_only_the_branch_that_was_last_worked_on_is_shared(instance: Instance) -> None:
    first = instance.say("first").id
    instance.say("a mistake")
    turns = instance.turns()
    turns.finish(turns.accept(NewTurn("a1", "better", "s1", parent=first), "u1"))
    turns.accept(NewTurn("a1", "not answered yet", "s1", background=True), "u1")
    messages = taken(instance)["messages"]
    assert isinstance(messages, list)
    assert [message["content"] for message in messages] == ["first", "to first", "better", "to better"]


def test_a_long_session_is_shared_whole_up_to_the_limit(instance: Instance) -> None:
    for number in range(60):
        instance.say(f"m{number}")
    messages = taken(instance)["messages"]
    assert isinstance(messages, list)
    assert [message["content"] for message in messages[::2]] == [f"m{number}" for number in range(60)]
    for _ in range(3):
        instance.say("x" * (LARGEST // 5))
    with pytest.raises(TooLarge, match="export"):
        taken(instance)


def test_a_share_is_found_by_its_id_alone_until_it_is_revoked(instance: Instance, house: House) -> None:
    instance.say("hello")
    share = instance.shares.create("s1", b'{"title":"x"}')
    other = instance.shares.create("s1", b"{}")
    assert len(share.id) == 56
    assert {each.id for each in instance.shares.all("s1")} == {share.id, other.id}
    assert instance.sessions.get("s1").shares == 2
    assert shared(share.id, instance.platform, house.blobs) == b'{"title":"x"}'
    instance.shares.revoke("s1", share.id)
    with pytest.raises(NotFound):
        shared(share.id, instance.platform, house.blobs)
    with pytest.raises(NotFound):
        instance.shares.revoke("s1", share.id)
    assert instance.sessions.get("s1").shares == 1
    assert shared(other.id, instance.platform, house.blobs) == b"{}"


def test_a_share_belongs_to_its_session(instance: Instance) -> None:
    instance.say("one", "s1")
    instance.say("two", "s2")
    share = instance.shares.create("s1", b"{}")
    with pytest.raises(NotFound):
        instance.shares.revoke("s2", share.id)
    assert instance.shares.all("s2") == []


def test_a_session_that_is_gone_is_not_shared(instance: Instance) -> None:
    instance.say("hello")
    with pytest.raises(NotFound):
        instance.shares.create("gone", b"{}")
    original = instance.blobs.put

    def slow(*given: object, **more: object) -> object:
        instance.store.inner.commit(Delete(session_path("s1")))
        return original(*given, **more)  # type: ignore[arg-type]

    instance.blobs.put = slow  # type: ignore[method-assign,assignment]
    with pytest.raises(NotFound):
        instance.shares.create("s1", b"{}")
    assert instance.platform.query("shares") == []
    assert instance.blobs.list("shares/") == []


def test_a_session_has_so_many_shares_and_no_more(instance: Instance) -> None:
    instance.say("hello")
    for _ in range(MOST):
        instance.shares.create("s1", b"{}")
    with pytest.raises(Conflict, match="remove one"):
        instance.shares.create("s1", b"{}")
