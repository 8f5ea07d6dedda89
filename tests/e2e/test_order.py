"""Many messages into one session at once: each is answered once, in one order, and each answer saw exactly the turns before it.

The long form of this test, with processes killed meanwhile, is among the fault tests.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from local.stub_model import StubModel
from local.stub_script import text_of
from shared.kit.ids import new_id
from shared.sessions.tail import MAX_TURNS
from tests.e2e.streams import run
from tests.support.product import Product

KEYS = 30


def test_a_session_keeps_one_order_under_doubled_posts_to_two_processes(
    product: Product, neighbour: Product, client: httpx.Client, stub: StubModel
) -> None:
    session = new_id("ses")
    run(client, "say: first", session)

    def send(number: int) -> dict[str, Any]:
        key = number % KEYS
        with (product if number % 3 else neighbour).client(timeout=120) as sender:
            return run(sender, f"say: {session} {key}", session, key=f"{session}-{key}")

    with ThreadPoolExecutor(2 * KEYS) as pool:
        outputs = list(pool.map(send, range(2 * KEYS)))
    assert {output["status"] for output in outputs} == {"COMPLETED"}
    assert len({output["run_id"] for output in outputs}) == KEYS
    assert outputs[:KEYS] == outputs[KEYS:], "a repeat has the answer of the first"

    order = [each["run_input"] for each in client.get(f"/sessions/{session}/runs").json()]
    assert sorted(order[1:]) == sorted(f"say: {session} {key}" for key in range(KEYS))
    asked = [entry["messages"] for entry in stub.journal if text_of(entry["messages"][-1]["content"]).startswith(f"say: {session}")]
    assert len(asked) == KEYS, "the model was asked once for each message"
    for messages in asked:
        users = [message["content"] for message in messages if message["role"] == "user"]
        place = order.index(users[-1])
        assert users[:-1] == order[max(0, place - MAX_TURNS) : place]
