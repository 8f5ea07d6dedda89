"""The delivery loop against a real subscriber: prompt, bounded, and nothing lost when it is killed."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.delivery import DeliveryLoop, HttpPost
from shared.adapters.localqueue.queue import LocalQueue
from shared.adapters.localqueue.subscriptions import Subscription
from shared.kit.bus import Message
from shared.kit.errors import Unavailable
from tests.support.push_receiver import Receiver, receiving

ROOT = Path(__file__).parents[3]
EVENTS = Subscription("events", "events", "/events", ack_deadline=30, min_backoff=0.05, max_backoff=0.1, max_attempts=10)

DELIVER = """
import sys, time
from pathlib import Path
from local.delivery import DeliveryLoop, HttpPost
from shared.adapters.localqueue.queue import LocalQueue
DeliveryLoop(LocalQueue(Path(sys.argv[1])), HttpPost(sys.argv[2], lambda address: "t")).start()
print("ready", flush=True)
time.sleep(60)
"""

PUBLISH = """
import sys
from pathlib import Path
from shared.adapters.localqueue.queue import LocalQueue
from shared.kit.bus import Message
queue = LocalQueue(Path(sys.argv[1]))
for number in range(100_000):
    queue.publish("events", Message(f"{sys.argv[2]}-{number}", {}))
    print(f"{sys.argv[2]}-{number}", flush=True)
"""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[LocalQueue]:
    queue = LocalQueue(tmp_path / "queue.db")
    queue.declare(EVENTS)
    yield queue
    queue.close()


@pytest.fixture
def post(receiver: Receiver) -> Iterator[HttpPost]:
    post = HttpPost(receiver.url, lambda address: f"token for {address}")
    yield post
    post.close()


@pytest.fixture
def loop(queue: LocalQueue, post: HttpPost) -> Iterator[DeliveryLoop]:
    loop = DeliveryLoop(queue, post, concurrency=4)
    loop.start()
    yield loop
    loop.stop()


def test_a_message_of_this_process_arrives_at_once(queue: LocalQueue, loop: DeliveryLoop, receiver: Receiver) -> None:
    waits: list[float] = []
    for number in range(20):
        time.sleep(0.03)
        begun = time.monotonic()
        queue.publish("events", Message(str(number), {}))
        waits.append(receiver.wait_for("/events", number + 1)[-1].at - begun)
    assert sorted(waits)[5] < 0.02  # A quarter of them, so that a busy machine does not decide.


def test_a_message_of_another_process_arrives_within_a_poll(loop: DeliveryLoop, receiver: Receiver, tmp_path: Path) -> None:
    elsewhere = LocalQueue(tmp_path / "queue.db")  # Another connection is to SQLite what another process is.
    waits: list[float] = []
    for number in range(20):
        time.sleep(0.03)
        begun = time.monotonic()
        elsewhere.publish("events", Message(str(number), {}))
        waits.append(receiver.wait_for("/events", number + 1)[-1].at - begun)
    elsewhere.close()
    assert sorted(waits)[5] < 0.03


def test_the_token_is_made_for_the_whole_address(queue: LocalQueue, loop: DeliveryLoop, receiver: Receiver) -> None:
    queue.publish("events", Message("m", {}))
    [push] = receiver.wait_for("/events", 1)
    assert push.authorization == f"Bearer token for {receiver.url}/events"


def test_deliveries_run_side_by_side_but_not_more_than_allowed(queue: LocalQueue, loop: DeliveryLoop, receiver: Receiver) -> None:
    hold = receiver.holds["/events"] = threading.Event()
    queue.publish("events", *(Message(str(number), {}) for number in range(12)))
    receiver.wait_for("/events", 4)
    time.sleep(0.1)
    assert len(receiver.pushes("/events")) == 4
    hold.set()
    assert len({push.delivery.message.id for push in receiver.wait_for("/events", 12)}) == 12
    assert receiver.most_at_once == 4


def test_the_attempt_is_counted_in_the_envelope(queue: LocalQueue, loop: DeliveryLoop, receiver: Receiver) -> None:
    receiver.answers["/events"] = lambda number: 503 if number < 3 else 200
    queue.publish("events", Message("m", {}))
    assert [push.delivery.attempt for push in receiver.wait_for("/events", 3)] == [1, 2, 3]


def test_a_replayed_dead_letter_is_delivered_at_once(queue: LocalQueue, loop: DeliveryLoop, receiver: Receiver) -> None:
    queue.declare(Subscription("events", "events", "/events", min_backoff=0.01, max_attempts=1))
    receiver.answers["/events"] = lambda number: 400 if number == 1 else 204
    queue.publish("events", Message("m", {}))
    receiver.wait_for("/events", 1)
    deadline = time.monotonic() + 10
    while not (letters := queue.dead_letters()) and time.monotonic() < deadline:
        time.sleep(0.005)
    assert letters[0].last_error == "status 400"
    assert queue.replay(*(letter.id for letter in letters)) == 1
    assert [push.delivery.message.id for push in receiver.wait_for("/events", 2)] == ["m", "m"]


def test_a_subscriber_that_is_down_or_too_slow_or_a_missing_token_is_another_try(queue: LocalQueue, receiver: Receiver) -> None:
    def no_token(address: str) -> str:
        raise Unavailable("no key yet")

    receiver.holds["/slow"] = threading.Event()
    envelope: dict[str, object] = {"message": {}}
    for base, token, path, reason in (
        ("http://127.0.0.1:1", str, "/events", "ConnectError"),
        (receiver.url, str, "/slow", "ReadTimeout"),
        (receiver.url, no_token, "/events", "no token: no key yet"),
    ):
        post = HttpPost(base, token)
        assert post(path, envelope, 0.2).startswith(reason)
        post.close()
    assert receiver.pushes("/events") == []


def test_stopping_waits_for_what_is_under_way_and_leases_nothing_more(queue: LocalQueue, post: HttpPost, receiver: Receiver) -> None:
    loop = DeliveryLoop(queue, post, concurrency=1)
    loop.start()
    hold = receiver.holds["/events"] = threading.Event()
    queue.publish("events", Message("first", {}), Message("second", {}))
    receiver.wait_for("/events", 1)
    threading.Timer(0.1, hold.set).start()
    loop.stop()
    assert [push.delivery.message.id for push in receiver.pushes("/events")] == ["first"]
    again = DeliveryLoop(queue, post)
    again.start()
    assert [push.delivery.message.id for push in receiver.wait_for("/events", 2)] == ["first", "second"]
    again.stop()
    assert queue.next_due() is None


def test_an_idle_loop_costs_next_to_nothing(loop: DeliveryLoop) -> None:
    before = time.process_time()
    time.sleep(1)
    assert time.process_time() - before < 0.1


def test_a_deliverer_killed_at_any_moment_loses_nothing(queue: LocalQueue, receiver: Receiver, tmp_path: Path) -> None:
    seed = random.randrange(2**32)
    print("seed", seed)
    chance = random.Random(seed)
    sent = [f"m{number}" for number in range(200)]
    queue.publish("events", *(Message(name, {}) for name in sent))
    for _ in range(4):
        child = start(DELIVER, str(tmp_path / "queue.db"), receiver.url)
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(chance.uniform(0, 0.15))
        child.send_signal(signal.SIGKILL)
        child.communicate(timeout=10)
    post = HttpPost(receiver.url, lambda address: "t")
    loop = DeliveryLoop(queue, post)
    loop.start()
    deadline = time.monotonic() + 20
    while queue.next_due() is not None and time.monotonic() < deadline:
        time.sleep(0.01)
    loop.stop()
    post.close()
    assert {push.delivery.message.id for push in receiver.pushes("/events")} == set(sent)
    assert queue.dead_letters() == []


def test_what_a_killed_publisher_was_told_is_stored_is_stored(queue: LocalQueue, tmp_path: Path) -> None:
    told: list[str] = []
    for turn in range(3):
        child = start(PUBLISH, str(tmp_path / "queue.db"), str(turn))
        assert child.stdout is not None
        told.append(child.stdout.readline().decode().strip())
        time.sleep(0.03)
        child.send_signal(signal.SIGKILL)
        told += child.communicate(timeout=10)[0].decode().split("\n")[:-1]
    stored: set[str] = set()
    while leases := queue.lease(500):
        stored |= {lease.envelope["message"]["attributes"]["reggie_id"] for lease in leases}
    assert set(told) <= stored
    assert len(stored) <= len(told) + 3


def start(program: str, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", program, *arguments], cwd=ROOT, stdout=subprocess.PIPE, bufsize=0)
