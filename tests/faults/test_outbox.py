"""kill -9 between the commit of a fact and its publishing: every committed event reaches the bus, and the outbox ends empty."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from local.stub_model import stub_model
from local.stub_script import Script
from shared.adapters.localqueue.queue import LocalQueue
from shared.adapters.localqueue.subscriptions import Subscription
from shared.kit.bus import decode_push
from shared.kit.ids import new_id
from tests.faults.killable import Killable, killable
from tests.support.books import all_runs, imbalances
from tests.support.fleet import House, house, insist, listen
from tests.support.instance import Instance

POINTS = ("after_finish", "before_publish", "after_publish")
KILLED = -9


def die_between(driver: Killable, home: Path, kills: int, **more: Any) -> None:
    """Turns that die after their commit, now and then a sweeper that dies as well, and at last one that does not."""
    dead = number = 0
    while dead < kills:
        point = POINTS[number % len(POINTS)]
        message, session = f"message {number}", f"s{number % 5}"
        assert driver.order(do="turn", home=str(home), message=message, session=session, faults=f"{point}=kill", **more) == KILLED
        number, dead = number + 1, dead + 1
        if number % 10 == 0:
            point = POINTS[1 + number // 10 % 2]
            assert driver.order(do="sweep", home=str(home), faults=f"{point}=kill#{1 + number // 10 % 4}", **more) == KILLED
            dead += 1
    assert driver.order(do="sweep", home=str(home), **more) == 0


def committed(home: Path) -> set[str]:
    """The ids of the events of all runs that came to an end; fails unless every book is right."""
    instance = Instance.open(home)
    assert imbalances(instance.documents, instance.execution.blobs) == []
    return {f"evt_{run.id}_{run.fence}" for number in range(5) for run in all_runs(instance.execution.runs, f"s{number}")}


def kill_on_the_local_queue(home: Path, kills: int) -> None:
    queue = LocalQueue(home / "queue.db")
    queue.declare(Subscription("everything", "events", "/events", ack_deadline=60.0))
    with killable() as driver:
        die_between(driver, home, kills)
    leases = queue.lease(10 * kills)
    arrived = [decode_push(lease.envelope).message.id for lease in leases]
    assert set(arrived) == committed(home)
    assert len(arrived) <= len(set(arrived)) + kills, "only a death after publishing may double an event"
    assert all(queue.acknowledge(lease) for lease in leases)
    assert queue.next_due() is None
    queue.close()


class Topic:
    """A topic of the emulator and a subscription that is pulled."""

    def __init__(self, host: str, project: str, *topics: str) -> None:
        self._client = httpx.Client(base_url=f"http://{host}/v1/projects/{project}", timeout=30, trust_env=False)
        for topic in topics:
            self._client.put(f"/topics/{topic}", json={}).raise_for_status()
        subscription = {"topic": f"projects/{project}/topics/events", "ackDeadlineSeconds": 60}
        self._client.put("/subscriptions/everything", json=subscription).raise_for_status()

    def pull(self) -> list[str]:
        """The ids of all events that have come, acknowledged."""
        found: list[str] = []
        while True:
            body = {"maxMessages": 500, "returnImmediately": True}
            answer = self._client.post("/subscriptions/everything:pull", json=body).raise_for_status().json()
            received = answer.get("receivedMessages", [])
            if not received:
                return found
            self._client.post(
                "/subscriptions/everything:acknowledge", json={"ackIds": [each["ackId"] for each in received]}
            ).raise_for_status()
            found += [each["message"]["attributes"]["reggie_id"] for each in received]
            assert all(orjson.loads(base64.b64decode(each["message"]["data"]))["run"] for each in received)

    def close(self) -> None:
        self._client.close()


def kill_on_pubsub(home: Path, host: str, kills: int) -> None:
    project = new_id("p").replace("_", "-")
    topic = Topic(host, project, "events")
    try:
        with killable() as driver:
            die_between(driver, home, kills, project=project)
        assert set(topic.pull()) == committed(home)
    finally:
        topic.close()


def test_events_outlive_the_process_that_committed_them(tmp_path: Path) -> None:
    kill_on_the_local_queue(tmp_path, 30)


@pytest.mark.faults
def test_two_hundred_deaths_between_commit_and_publish_lose_no_event(tmp_path: Path) -> None:
    kill_on_the_local_queue(tmp_path, 200)


@pytest.mark.emulator
def test_events_outlive_their_process_on_pubsub(tmp_path: Path, pubsub_emulator: str) -> None:
    kill_on_pubsub(tmp_path, pubsub_emulator, 12)


@pytest.mark.faults
@pytest.mark.emulator
def test_two_hundred_deaths_between_commit_and_publish_lose_no_event_on_pubsub(tmp_path: Path, pubsub_emulator: str) -> None:
    kill_on_pubsub(tmp_path, pubsub_emulator, 200)


@pytest.mark.faults
@pytest.mark.emulator
def test_the_whole_product_publishes_what_its_dead_processes_committed(tmp_path: Path, pubsub_emulator: str) -> None:
    project = new_id("p").replace("_", "-")
    topic = Topic(pubsub_emulator, project, "events", "runs")
    env = {"REGGIE_BUS": "pubsub", "PUBSUB_EMULATOR_HOST": pubsub_emulator, "GOOGLE_CLOUD_PROJECT": project}
    with stub_model(Script()) as stub, house(tmp_path, stub, lease=1.0, env=env) as home:
        survivor = home.start()
        ids = {event for point in POINTS for event in _die_at(home, point, 3)}
        assert insist(lambda _: survivor, "say: alive", new_id("ses"), new_id("key")).answered
        assert home.settled() == []
        assert ids < set(topic.pull())
    topic.close()


def _die_at(home: House, point: str, times: int) -> set[str]:
    """The ids of the events that a product committed just before it died."""
    victim = home.start(REGGIE_FAULTS=f"{point}=kill", REGGIE_SWEEP_SECONDS="1000")
    sessions = [new_id("ses") for _ in range(times)]
    for session in sessions:
        listen(victim, "say: hello", session, new_id("key"))
        assert victim._answers()
    victim.kill()
    return {f"evt_{run.id}_{run.fence}" for session in sessions for run in all_runs(home.runs, session)}
