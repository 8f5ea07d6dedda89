"""The counters of tags: what they say is what the sessions have, whoever changes them at the same time."""

from __future__ import annotations

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from shared.kit.errors import NotFound, Unavailable
from shared.sessions.models import NewSession
from shared.sessions.store import SessionFilter
from shared.sessions.tags import MOST, Tags, moved_counters
from tests.support.domain import Instance


def test_each_users_tags_are_counted_and_listed_by_use(instance: Instance) -> None:
    tags = Tags(instance.store)
    for number in range(4):
        instance.sessions.create(NewSession(f"s{number}", "a1", f"u{number // 3}"))
        instance.sessions.update(f"s{number}", {"tags": ["all", "b" if number else "a"]})
    assert list(tags.used("u0").items()) == [("all", 3), ("b", 2), ("a", 1)]
    assert tags.used("u1") == {"all": 1, "b": 1}
    assert tags.used(None) == {"all": 4, "b": 3, "a": 1}
    assert tags.used("nobody") == {}
    instance.sessions.update("s1", {"tags": ["b", "new"], "pinned": True})
    instance.sessions.update("s1", {"tags": ["new", "b"]})
    instance.sessions.update("s2", {"archived": True})
    instance.deletions.delete("s0")
    assert tags.used("u0") == {"b": 2, "all": 1, "new": 1}


def test_a_list_of_tags_reads_one_document_for_each_and_no_more_than_so_many(instance: Instance) -> None:
    for start in range(0, MOST + 50, 50):
        instance.store.commit(*moved_counters("u1", (), {f"t{number}" for number in range(start, start + 50)}))
    instance.store.commit(*moved_counters("u1", (), {"t7"}))
    before = instance.store.reads
    found = Tags(instance.store).used("u1")
    assert (len(found), instance.store.reads - before) == (MOST, MOST)
    assert next(iter(found.items())) == ("t7", 2)


def test_a_change_of_tags_costs_a_write_for_each_that_came_or_went(instance: Instance) -> None:
    instance.sessions.create(NewSession("s1", "a1", "u1"))
    for tags, writes in ((["a", "b"], 3), (["b", "c"], 3), (["c", "b"], 1), ([], 3)):
        before = instance.store.writes
        instance.sessions.update("s1", {"tags": tags})
        assert instance.store.writes - before == writes, tags


def test_changes_and_deletions_at_the_same_time_leave_the_counters_exact(instance: Instance) -> None:
    seed = random.randrange(2**32)
    print("seed", seed)
    for number in range(4):
        instance.sessions.create(NewSession(f"s{number}", "a1", "u1"))

    def change(worker: int) -> None:
        dice = random.Random(seed + worker)
        for _ in range(30):
            with suppress(NotFound, Unavailable):
                instance.sessions.update(f"s{dice.randrange(4)}", {"tags": dice.sample("abcd", dice.randrange(4))})
        with suppress(NotFound, Unavailable):
            instance.deletions.delete(f"s{dice.randrange(4)}")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(change, range(4)))
    left, _ = instance.sessions.page(SessionFilter(), "created_at", True, 10, 1)
    assert Tags(instance.store).used("u1") == Counter(tag for session in left for tag in session.tags)
