"""Thirty secrets go through the whole product, by every way in and every way to fail; none of them comes out where others read."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import orjson
import pytest

from local.server import SUBSCRIPTIONS
from shared.adapters.localqueue.queue import LocalQueue
from shared.adapters.localqueue.subscriptions import Subscription
from shared.adapters.sqlite.documents import SqliteStore
from shared.agents.execution import EVENTS_TOPIC
from shared.kit.ids import new_id
from shared.workspaces.store import workspace_root
from tests.e2e.streams import frames
from tests.support.gossip import REFUSALS, gossip
from tests.support.product import Product
from tests.support.reader import AGENT
from tests.support.stored import every

WORDS = "words of the message"
SHAPES = {
    "this product's key": "rg_live_{}",
    "OpenAI": "sk-{}",
    "OpenAI project": "sk-proj-{}",
    "Anthropic": "sk-ant-api03-{}",
    "Stripe secret": "sk_live_{}",
    "Stripe restricted": "rk_live_{}",
    "JWT": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.{}",
    "JWE": "eyJhbGciOiJkaXIifQ..{}.c2VjcmV0.dGFn",
    "webhook": "whsec_{}",
    "GitHub": "ghp_{}",
    "GitHub fine-grained": "github_pat_{}",
    "GitLab": "glpat-{}",
    "Slack": "xoxb-123456789012-{}",
    "Google API": "AIza{}",
    "Google OAuth": "ya29.{}",
    "Google client": "GOCSPX-{}",
    "AWS": "AKIA{:.16}",
    "mail": "{}@example.org",
    "mail with a tag": "ada+{}@mail.example.co.uk",
    "password": "password={}",
    "password in JSON": '{{"password": "{}"}}',
    "client secret": "client_secret: {}",
    "bearer": "Bearer {}",
    "basic": "Basic {}",
    "cookie": "Cookie: session={}",
    "login in an address": "postgres://ada:{}@db.example/x",
    "private key": "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----",
    WORDS: "my diagnosis is {} and nobody may know",
}
"""What a secret looks like around its random part."""
CARDS = {"card": "{}{}{}{}", "card in groups": "{} {} {} {}"}
FAULTS = "before_publish=raise@0.3,after_publish=raise@0.2,before_finish=raise@0.05,after_claim=raise@0.05"


@dataclass(frozen=True, slots=True)
class Secret:
    """`text` is what a person sends, `core` the part that must be found nowhere."""

    name: str
    text: str
    core: str


def planted(rng: random.Random) -> list[Secret]:
    found = []
    for name, shape in SHAPES.items():
        core = "".join(rng.choices("ABCDEFGHJKLMNPQRSTUVWXYZ23456789", k=40))
        found.append(Secret(name, shape.format(core), core[:16]))
    for name, shape in CARDS.items():
        digits = [4, *rng.choices(range(10), k=14)]
        digits.append(-(sum(sum(divmod(2 * digit, 10)) for digit in digits[::2]) + sum(digits[1::2])) % 10)
        number = "".join(map(str, digits))
        text = shape.format(*(number[n : n + 4] for n in range(0, 16, 4)))
        found.append(Secret(name, text, text))
    return found


@dataclass(slots=True)
class Walk:
    """Takes one secret through the product and keeps what the answers to refused requests said."""

    product: Product
    client: httpx.Client
    secret: Secret
    told: list[bytes]
    number: int

    def send(self, method: str, path: str, **more: Any) -> httpx.Response:
        answer = self.client.request(method, path, **more)
        if answer.status_code >= 400:
            self.told += [answer.content, str(answer.headers).encode()]
        return answer

    def turn(self, message: str, **form: str) -> str:
        """Send a message as a stream; keep what its error said. Returns the run's id, or nothing when it was not accepted."""
        answer = self.send("POST", AGENT, data={"message": message, **form})
        found = frames(answer.content) if answer.status_code == 200 else []
        self.told += [frame.raw for frame in found if frame.event == "RunError"]
        return found[0].data["run_id"] if found else ""

    def succeed_and_fail(self) -> None:
        text, session = self.secret.text, new_id("ses")
        self.turn(text, session_id=session)
        self.turn(f"calculate {text}")
        self.send("POST", AGENT, data={"message": text, "stream": "false"})
        for status in (400, REFUSALS[self.number % len(REFUSALS)]):
            run = self.turn(f"refuse {status} {text}", session_id=session)
        if run:
            again = self.send("POST", f"{AGENT}/{run}/continue", data={"session_id": session})
            self.told += [frame.raw for frame in frames(again.content) if frame.event == "RunError"] if again.status_code == 200 else []
            stored = self.send("GET", f"{AGENT}/{run}", params={"session_id": session}).json()
            self.told.append(orjson.dumps(stored.get("error")))
        self.turn(f"break {text}", session_id=session)
        self.send("POST", AGENT, data={"message": text, "stream": "false", "background": "true"})
        key = {"Idempotency-Key": new_id("key")}
        self.send("POST", AGENT, data={"message": text, "stream": "false"}, headers=key)
        self.send("POST", AGENT, data={"message": f"other {text}", "stream": "false"}, headers=key)

    def be_refused(self) -> None:
        text, token = self.secret.text, self.secret.text.replace("\n", " ")
        as_json = {"Content-Type": "application/json"}
        self.send("POST", AGENT, data={"message": "hi", "stream": text, "background": text})
        self.send("POST", AGENT, data={"message": "hi", "session_id": f"/{text}", "user_id": f"/{text}"})
        self.send("POST", AGENT, data={"message": "", text: text})
        self.send("POST", AGENT, data={"message": "hi", "images": text, "input_files": text})
        self.send("POST", AGENT, content=text.encode(), headers={"Content-Type": "multipart/form-data; boundary=x"})
        self.send("POST", AGENT, content=b"{}", headers={"Content-Type": token})
        self.send("POST", "/sessions", content=text.encode(), headers=as_json)
        self.send("POST", "/sessions", json={"agent_id": [text], "session_state": text, "session_name": {"x": text}, "user_id": [text]})
        self.send("PATCH", f"/sessions/{new_id('ses')}", json={"session_name": 1, "metadata": text})
        self.send("GET", "/sessions", params={"limit": text, "page": text, "sort_by": text, text: text})
        self.send("GET", "/sessions", params=[("limit", text), ("limit", text)])
        self.send("POST", "/sessions", json={}, headers={"Idempotency-Key": f"{token} {token}"})
        headers = {"Last-Event-ID": token, "Cookie": token, "traceparent": token, "User-Agent": token, "Origin": token}
        self.send("GET", f"{AGENT}/{new_id('run')}/events", params={"session_id": "s"}, headers=headers)
        for credential in (token, f"Bearer {token}", f"Basic {token}", f"Bearer rg_live_{token}"):
            self.send("GET", "/sessions", headers={"Authorization": credential})
            self.send("POST", "/_push/runs", json={"message": {"data": text}}, headers={"Authorization": credential})
        internal = {"Authorization": f"Bearer {(self.product.home / 'internal.token').read_text()}"}
        self.send("POST", "/_push/runs", json={"message": {"data": text, "attributes": text}}, headers=internal)
        self.send("POST", "/_sweep", content=text.encode(), headers={**internal, **as_json})
        if self.secret.name != WORDS:
            # What has no secret's shape is told back here: the name of a field or a file, an address that does not exist.
            self.send("POST", "/sessions", json={text: {text: text}})
            self.send("GET", "/sessions", params=[(text, "1"), (text, "2")])
            self.send("POST", AGENT, data={"message": "hi"}, files={"files": (token, text.encode(), "application/x-secret")})
            self.send("GET", f"/{quote(text, safe='')}")
            self.send("GET", f"/sessions/{new_id('ses')}/{quote(text, safe='')}")


@pytest.fixture(scope="module")
def leaky() -> Iterator[tuple[str, Callable[[Path], Product]]]:
    """The credential for a model's server that tells everything it hears, and what starts a product on it."""
    key = "sk-proj-" + "".join(random.choices("ABCDEFGHJKLMNPQRSTUVWXYZ23456789", k=48))
    with gossip() as url:
        environment = {"REGGIE_MODEL": "openai:gossip", "OPENAI_BASE_URL": url, "OPENAI_API_KEY": key}
        environment |= {"REGGIE_FAULTS": FAULTS, "REGGIE_LEASE_SECONDS": "0.6", "REGGIE_SWEEP_SECONDS": "3"}
        yield key, lambda home: Product.start(home, env=environment)


def test_no_secret_comes_out_where_others_read(leaky: tuple[str, Callable[[Path], Product]], tmp_path: Path) -> None:
    seed = random.randrange(1_000_000)
    print(f"seed {seed}")
    key, start = leaky
    found = [*planted(random.Random(seed)), Secret("the model server's key", key, key.removeprefix("sk-proj-"))]
    assert len(found) >= 30
    product = start(tmp_path)
    told: list[bytes] = []
    try:
        queue = LocalQueue(tmp_path / "queue.db")
        queue.declare(*SUBSCRIPTIONS, Subscription("a-test", EVENTS_TOPIC, "/_push/nobody", max_attempts=1))

        def send(secret: Secret) -> None:
            with product.client() as client:
                walk = Walk(product, client, secret, told, found.index(secret))
                walk.succeed_and_fail()
                walk.be_refused()

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(send, found))
        store = SqliteStore(tmp_path / "documents.db")
        outbox = every(store.open(workspace_root(product.workspace)), "outbox")
        dead = queue.dead_letters(10_000)
        queue.close()
        store.close()
    finally:
        product.stop()
    assert outbox, "no event was left in the outbox"
    assert len(dead) > len(found)
    assert len(told) > 30 * len(found)
    assert {"ERROR", "WARNING", "INFO"} <= {record["severity"] for record in product.log()}
    sinks = {
        "log": (tmp_path / "log.jsonl").read_bytes(),
        "printed": b"".join(file.read_bytes() for file in tmp_path.glob("printed-*")),
        "errors": b"\n".join(told),
        "outbox": repr(outbox).encode(),
        "bus": b"".join(file.read_bytes() for file in tmp_path.glob("queue.db*")),
    }
    leaks = [
        f"{secret.name} in {name}: {place(secret, content)}"
        for secret in found
        for name, content in sinks.items()
        if within(secret, content)
    ]
    assert not leaks, "\n".join(leaks)
    assert product.api_key.encode() not in sinks["log"] + sinks["errors"] + sinks["bus"]


def within(secret: Secret, content: bytes) -> bool:
    """Whether it is there, also in the spelling of an address."""
    return any(spelt.encode() in content for spelt in {secret.core, quote(secret.core)})


def place(secret: Secret, content: bytes) -> str:
    at = max(content.find(secret.core.encode()), content.find(quote(secret.core).encode()))
    return content[max(0, at - 160) : at + 60].decode(errors="replace")
