"""What every adapter of the bus must do, with a real subscriber that is pushed to over HTTP."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import httpx
import pytest

from shared.kit.bus import LARGEST_DATA, Bus, Message
from shared.kit.errors import TooLarge
from tests.support.push_receiver import Receiver, receiving

ATTEMPTS = 5
"""The fewest that Pub/Sub allows before a dead letter."""


class House(Protocol):
    """A bus and how to subscribe to it."""

    @property
    def bus(self) -> Bus: ...

    def subscribe(self, topic: str, path: str, dead_letter_topic: str = "", ordered: bool = False) -> None:
        """Push the messages of `topic` to `path` of the receiver; after ATTEMPTS they go to `dead_letter_topic` when that is named.

        `ordered` asks for one message of an ordering key after the other.
        """
        ...


class LocalHouse:
    def __init__(self, file: Path, receiver: Receiver) -> None:
        from local.delivery import DeliveryLoop, HttpPost
        from shared.adapters.localqueue.queue import LocalQueue

        self.bus = LocalQueue(file)
        self._post = HttpPost(receiver.url, lambda address: "token")
        self._loop = DeliveryLoop(self.bus, self._post)
        self._subscriptions: list[Any] = []
        self._loop.start()

    def subscribe(self, topic: str, path: str, dead_letter_topic: str = "", ordered: bool = False) -> None:
        from shared.adapters.localqueue.subscriptions import Subscription

        fast = {"min_backoff": 0.05, "max_backoff": 0.1, "max_attempts": ATTEMPTS}
        self._subscriptions.append(
            Subscription(path.strip("/"), topic, path, **fast, dead_letter_topic=dead_letter_topic, ordered=ordered)  # type: ignore[arg-type]
        )
        self.bus.declare(*self._subscriptions)

    def close(self) -> None:
        self._loop.stop()
        self._post.close()
        self.bus.close()


class PubSubHouse:
    def __init__(self, emulator: str, receiver: Receiver) -> None:
        from shared.adapters.pubsub.bus import PubSubBus

        project = f"test-{uuid.uuid4().hex[:12]}"
        self.bus = PubSubBus(project)
        self._receiver = receiver
        self._base = f"http://{emulator}/v1/projects/{project}"
        self._name = f"projects/{project}"

    def subscribe(self, topic: str, path: str, dead_letter_topic: str = "", ordered: bool = False) -> None:
        for name in filter(None, (topic, dead_letter_topic)):
            created = httpx.put(f"{self._base}/topics/{name}", json={})
            assert created.status_code in (200, 409), created.text
        dead = {"deadLetterTopic": f"{self._name}/topics/{dead_letter_topic}", "maxDeliveryAttempts": ATTEMPTS}
        body = {
            "topic": f"{self._name}/topics/{topic}",
            "pushConfig": {"pushEndpoint": self._receiver.url + path},
            "ackDeadlineSeconds": 10,
            "enableMessageOrdering": ordered,
            "retryPolicy": {"minimumBackoff": "0.05s", "maximumBackoff": "0.1s"},
            **({"deadLetterPolicy": dead} if dead_letter_topic else {}),
        }
        created = httpx.put(f"{self._base}/subscriptions/{path.strip('/')}", json=body)
        assert created.status_code == 200, created.text

    def close(self) -> None:
        self.bus.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture(params=["localqueue", pytest.param("pubsub", marks=pytest.mark.emulator)])
def house(request: pytest.FixtureRequest, tmp_path: Path, receiver: Receiver) -> Iterator[House]:
    house: LocalHouse | PubSubHouse
    if request.param == "localqueue":
        house = LocalHouse(tmp_path / "queue.db", receiver)
    else:
        house = PubSubHouse(request.getfixturevalue("pubsub_emulator"), receiver)
    try:
        yield house
    finally:
        house.close()


def test_a_message_arrives_as_it_was_published(house: House, receiver: Receiver) -> None:
    house.subscribe("run-completed", "/rollup")
    message = Message("fact-1", {"run": "r1", "tokens": 3, "nested": {"ü": [1, None, 0.5]}}, {"workspace": "w1"})
    [message_id] = house.bus.publish("run-completed", message)
    [push] = receiver.wait_for("/rollup", 1)

    assert push.delivery.message == message
    assert push.delivery.message_id == message_id
    assert push.delivery.subscription.endswith("rollup")


def test_the_fact_keeps_its_id_and_every_message_gets_its_own(house: House, receiver: Receiver) -> None:
    house.subscribe("facts", "/facts")
    ids = house.bus.publish("facts", Message("same", {"n": 1}), Message("same", {"n": 2}))
    pushes = receiver.wait_for("/facts", 2)
    assert len(set(ids)) == 2
    assert {push.delivery.message_id: push.delivery.message.id for push in pushes} == dict.fromkeys(ids, "same")
    by_id = {push.delivery.message_id: push.delivery.message.data["n"] for push in pushes}
    assert [by_id[message_id] for message_id in ids] == [1, 2]


def test_every_subscription_of_a_topic_gets_every_message_and_no_other_topic_does(house: House, receiver: Receiver) -> None:
    house.subscribe("events", "/first")
    house.subscribe("events", "/second")
    house.subscribe("elsewhere", "/third")
    house.bus.publish("events", *(Message(f"m{number}", {}) for number in range(20)))
    for path in ("/first", "/second"):
        assert {push.delivery.message.id for push in receiver.wait_for(path, 20)} == {f"m{number}" for number in range(20)}
    assert receiver.pushes("/third") == []


@pytest.mark.parametrize("status", [500, 429, 404, 302])
def test_what_is_not_acknowledged_comes_again(house: House, receiver: Receiver, status: int) -> None:
    house.subscribe("events", "/failing")
    receiver.answers["/failing"] = lambda number: status if number <= 2 else 204
    house.bus.publish("events", Message("m", {"n": 1}))
    pushes = receiver.wait_for("/failing", 3)
    assert [push.delivery.message for push in pushes] == [Message("m", {"n": 1})] * 3
    assert len({push.delivery.message_id for push in pushes}) == 1


def test_what_is_acknowledged_does_not_come_again(house: House, receiver: Receiver) -> None:
    house.subscribe("events", "/once")
    house.bus.publish("events", Message("first", {}))
    receiver.wait_for("/once", 1)
    house.bus.publish("events", Message("second", {}))
    assert [push.delivery.message.id for push in receiver.wait_for("/once", 2)] == ["first", "second"]


def test_a_message_that_nobody_takes_ends_in_the_dead_letters(house: House, receiver: Receiver) -> None:
    house.subscribe("dead-letters", "/dead")
    house.subscribe("events", "/refusing", dead_letter_topic="dead-letters")
    receiver.answers["/refusing"] = lambda number: 500
    house.bus.publish("events", Message("poison", {"n": 1}, {"workspace": "w1"}))
    [push] = receiver.wait_for("/dead", 1)

    letter = push.delivery.message
    assert (letter.id, letter.data, letter.attributes["workspace"]) == ("poison", {"n": 1}, "w1")
    assert letter.attributes["CloudPubSubDeadLetterSourceSubscription"] == "refusing"
    assert letter.attributes["CloudPubSubDeadLetterSourceDeliveryCount"] == str(ATTEMPTS)
    assert len(receiver.pushes("/refusing")) == ATTEMPTS


def test_one_message_that_fails_holds_no_other_up(house: House, receiver: Receiver) -> None:
    house.subscribe("events", "/failing")
    house.subscribe("events", "/working")
    receiver.answers["/failing"] = lambda number: 500
    house.bus.publish("events", *(Message(f"m{number}", {}) for number in range(10)))
    assert len(receiver.wait_for("/working", 10)) == 10


def test_messages_without_a_subscriber_are_dropped(house: House, receiver: Receiver) -> None:
    house.subscribe("unheard", "/unheard-first")
    house.bus.publish("unheard", Message("before", {}))
    receiver.wait_for("/unheard-first", 1)
    house.subscribe("unheard", "/late")
    house.bus.publish("unheard", Message("after", {}))
    assert [push.delivery.message.id for push in receiver.wait_for("/late", 1)] == ["after"]


def test_a_large_message_arrives_and_a_larger_one_is_refused_whole(house: House, receiver: Receiver) -> None:
    house.subscribe("events", "/large")
    room = LARGEST_DATA - len('{"text":""}')
    with pytest.raises(TooLarge):
        house.bus.publish("events", Message("small", {}), Message("too-large", {"text": "x" * (room + 1)}))
    house.bus.publish("events", Message("large", {"text": "x" * room}))
    [push] = receiver.wait_for("/large", 1)
    assert push.delivery.message.id == "large"
    assert len(push.delivery.message.data["text"]) == room


def test_many_messages_at_once_all_arrive_with_ids_in_order(house: House, receiver: Receiver) -> None:
    house.subscribe("events", "/many")
    ids = house.bus.publish("events", *(Message(f"m{number}", {"n": number}) for number in range(250)))
    pushes = receiver.wait_for("/many", 250)
    assert len(set(ids)) == 250
    by_id = {push.delivery.message_id: push.delivery.message.data["n"] for push in pushes}
    assert [by_id[message_id] for message_id in ids] == list(range(250))


def test_messages_of_one_ordering_key_arrive_one_after_the_other_also_when_one_fails(house: House, receiver: Receiver) -> None:
    house.subscribe("events", "/ordered", ordered=True)
    receiver.answers["/ordered"] = lambda number: 500 if number == 2 else 204
    house.bus.publish("events", *(Message(f"m{number}", {}, ordering_key="session-1") for number in range(6)))
    messages = [push.delivery.message for push in receiver.wait_for("/ordered", 7)]
    first_seen = list(dict.fromkeys(message.id for message in messages))
    assert first_seen == [f"m{number}" for number in range(6)]


def test_nothing_published_is_nothing_done(house: House) -> None:
    assert house.bus.publish("events") == []
