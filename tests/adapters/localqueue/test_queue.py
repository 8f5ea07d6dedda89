"""The queue itself, with a clock that only moves when told to."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shared.adapters.localqueue.queue import LEASE_MARGIN, LocalQueue
from shared.adapters.localqueue.subscriptions import Lease, Subscription
from shared.kit.bus import Message, decode_push


@dataclass
class SetClock:
    time: datetime = datetime(2026, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self.time.timestamp()

    def sleep(self, seconds: float) -> None:
        raise AssertionError

    def pass_by(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


ROLLUP = Subscription("rollup", "events", "/rollup", ack_deadline=60, min_backoff=10, max_backoff=35, max_attempts=4)


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def queue(tmp_path: Path, clock: SetClock) -> LocalQueue:
    queue = LocalQueue(tmp_path / "queue.db", clock)
    queue.declare(ROLLUP)
    return queue


def only(leases: list[Lease]) -> Lease:
    [lease] = leases
    return lease


def ids(leases: list[Lease]) -> list[str]:
    return [decode_push(lease.envelope).message.id for lease in leases]


def test_a_leased_message_is_nobody_elses_until_its_deadline_is_over(queue: LocalQueue, clock: SetClock) -> None:
    queue.publish("events", Message("m", {}))
    first = only(queue.lease(10))
    clock.pass_by(ROLLUP.ack_deadline + LEASE_MARGIN - 0.001)
    assert queue.lease(10) == []
    clock.pass_by(0.001)
    second = only(queue.lease(10))
    assert [decode_push(lease.envelope).attempt for lease in (first, second)] == [1, 2]


def test_a_deliverer_whose_lease_ended_changes_nothing(queue: LocalQueue, clock: SetClock) -> None:
    queue.publish("events", Message("m", {}))
    late = only(queue.lease(1))
    clock.pass_by(ROLLUP.ack_deadline + LEASE_MARGIN)
    current = only(queue.lease(1))
    assert not queue.acknowledge(late)
    assert not queue.refuse(late, "late")
    assert queue.acknowledge(current)
    assert not queue.acknowledge(current)
    assert queue.next_due() is None


def test_the_pause_doubles_from_the_shortest_to_the_longest_with_jitter(queue: LocalQueue, clock: SetClock) -> None:
    queue.publish("events", Message("m", {}))
    for expected in (10, 20, 35):
        queue.refuse(only(queue.lease(1)), "status 500")
        pause = queue.next_due()
        assert pause is not None
        assert expected <= pause <= expected * 1.25
        assert queue.lease(1) == []
        clock.pass_by(pause + 0.001)
    queue.refuse(only(queue.lease(1)), "status 500")
    assert queue.next_due() is None


def test_jitter_spreads_messages_that_failed_together(queue: LocalQueue, clock: SetClock) -> None:
    queue.publish("events", *(Message(str(number), {}) for number in range(50)))
    for lease in queue.lease(50):
        queue.refuse(lease, "status 503")
    clock.pass_by(11.25)
    assert 5 < len(queue.lease(50)) < 45


def test_a_dead_letter_tells_what_happened_and_can_be_replayed(queue: LocalQueue, clock: SetClock) -> None:
    queue.declare(replace(ROLLUP, max_attempts=1))
    published = clock.now()
    queue.publish("events", Message("m", {"n": 1}, {"a": "b"}, "key"))
    queue.refuse(only(queue.lease(1)), "status 422")

    [letter] = queue.dead_letters()
    assert (letter.topic, letter.subscription, letter.attempts, letter.last_error) == ("events", "rollup", 1, "status 422")
    assert letter.message == Message("m", {"n": 1}, {"a": "b"}, "key")
    assert letter.published_at == letter.died_at == published
    assert queue.replay(letter.id, 999_999) == 1
    assert queue.dead_letters() == []
    again = only(queue.lease(1))
    assert again.attempt == 1
    assert queue.acknowledge(again)
    assert queue.replay(letter.id) == 0


def test_a_message_that_kills_every_deliverer_is_buried_too(queue: LocalQueue, clock: SetClock) -> None:
    queue.publish("events", Message("m", {}))
    for attempt in range(1, ROLLUP.max_attempts + 1):
        assert only(queue.lease(1)).attempt == attempt
        clock.pass_by(ROLLUP.ack_deadline + LEASE_MARGIN)
    assert queue.lease(1) == []
    [letter] = queue.dead_letters()
    assert letter.attempts == ROLLUP.max_attempts


def test_dead_letters_are_paged(queue: LocalQueue) -> None:
    queue.declare(replace(ROLLUP, max_attempts=1))
    queue.publish("events", *(Message(str(number), {}) for number in range(5)))
    for lease in queue.lease(5):
        queue.refuse(lease, "no")
    first = queue.dead_letters(limit=3)
    rest = queue.dead_letters(limit=3, after=first[-1].id)
    assert [letter.message.id for letter in first + rest] == ["0", "1", "2", "3", "4"]


def test_the_longest_due_goes_first(queue: LocalQueue, clock: SetClock) -> None:
    for name in ("a", "b", "c"):
        queue.publish("events", Message(name, {}))
        clock.pass_by(1)
    assert ids(queue.lease(2)) == ["a", "b"]
    assert ids(queue.lease(2)) == ["c"]


def test_an_ordering_key_waits_for_its_earlier_message_alone(queue: LocalQueue, clock: SetClock) -> None:
    queue.declare(replace(ROLLUP, ordered=True))
    queue.publish("events", *(Message(name, {}, ordering_key=name[0]) for name in ("a1", "a2", "b1")), Message("free", {}))
    first, other, free = queue.lease(10)
    assert ids([first, other, free]) == ["a1", "b1", "free"]
    assert decode_push(first.envelope).message.ordering_key == "a"
    queue.refuse(first, "status 500")
    assert queue.lease(10) == []
    clock.pass_by(12.5)
    queue.acknowledge(only(queue.lease(10)))
    assert ids(queue.lease(10)) == ["a2"]


def test_without_ordering_the_key_holds_nothing_back(queue: LocalQueue) -> None:
    queue.publish("events", Message("a1", {}, ordering_key="a"), Message("a2", {}, ordering_key="a"))
    assert ids(queue.lease(10)) == ["a1", "a2"]


def test_declaring_again_keeps_what_waits_and_drops_what_lost_its_subscription(queue: LocalQueue) -> None:
    other = Subscription("index", "events", "/index")
    queue.declare(ROLLUP, other)
    queue.publish("events", Message("m", {}))
    queue.declare(replace(ROLLUP, push_path="/new"))
    lease = only(queue.lease(10))
    assert lease.subscription.push_path == "/new"


def test_a_second_deliverer_waits_and_takes_over_leases_at_once(queue: LocalQueue, tmp_path: Path, clock: SetClock) -> None:
    queue.publish("events", Message("m", {}))
    second = LocalQueue(tmp_path / "queue.db", clock)
    with queue.sole_deliverer() as first_is_sole:
        assert first_is_sole
        only(queue.lease(1))
        with second.sole_deliverer() as second_is_sole:
            assert not second_is_sole
        assert second.lease(1) == []
    with second.sole_deliverer() as second_is_sole:
        assert second_is_sole
        assert only(second.lease(1)).attempt == 2


def test_many_threads_lease_each_message_once(tmp_path: Path) -> None:
    queues = [LocalQueue(tmp_path / "queue.db") for _ in range(4)]
    barrier = threading.Barrier(4)

    def work(queue: LocalQueue) -> list[str]:
        barrier.wait()
        queue.declare(ROLLUP)
        queue.publish("events", *(Message(f"{id(queue)}-{number}", {}) for number in range(25)))
        barrier.wait()
        taken: list[str] = []
        while leases := queue.lease(3):
            taken += ids(leases)
            for lease in leases:
                assert queue.acknowledge(lease)
        return taken

    with ThreadPoolExecutor(4) as pool:
        taken = [name for names in pool.map(work, queues) for name in names]
    assert len(taken) == len(set(taken)) == 100
    for queue in queues:
        queue.close()
