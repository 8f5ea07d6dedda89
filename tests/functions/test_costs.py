"""What a turn costs the database: told in the answer, counted by a second counter of the test's own, and the same at turn 1 and 200."""

from __future__ import annotations

import pytest

from shared import wiring
from shared.kit.documents import Documents, DocumentStore
from shared.wiring import services
from tests.support.domain import CountedDocuments
from tests.support.inprocess import InProcess

MOST_READS, MOST_WRITES = 4, 10


class CountedStore:
    """The port DocumentStore around another; all that it opens share one counter for each root."""

    def __init__(self, inner: DocumentStore) -> None:
        self.inner = inner
        self.opened: dict[str, CountedDocuments] = {}

    def open(self, root: str) -> Documents:
        return self.opened.setdefault(root, CountedDocuments(self.inner.open(root)))

    def close(self) -> None:
        self.inner.close()

    def counted(self) -> dict[str, int]:
        every = self.opened.values()
        return {name: sum(getattr(each, name) for each in every) for name in ("reads", "writes", "commits")}


@pytest.fixture
def counter(product: InProcess, monkeypatch: pytest.MonkeyPatch) -> CountedStore:
    """Counts below everything else. An agent and a key are believed for 30 s; here for as long as the test takes."""
    monkeypatch.setattr(wiring, "_AGENT_CACHE_SECONDS", 3600.0)
    monkeypatch.setattr("shared.workspaces.service.CACHE_SECONDS", 3600.0)
    counted = CountedStore(services.document_store)
    monkeypatch.setitem(services.__dict__, "document_store", counted)
    services.__dict__.pop("_authenticator", None)
    return counted


def turn(product: InProcess, session: str, message: str = "say: short", **more: str) -> dict[str, int]:
    form = {"message": message, "stream": "false", "session_id": session, **more}
    answer = product.call("POST", "/agents/assistant/runs", data=form)
    assert answer.status_code == 200
    assert answer.get_json()["status"] == "COMPLETED"
    told: dict[str, int] = answer.get_json()["metrics"]["database"]
    return told


def test_a_turn_costs_the_same_at_turn_1_10_and_200(product: InProcess, counter: CountedStore) -> None:
    turn(product, product.session())
    session = product.session()
    told, counted = [], []
    for _ in range(200):
        before = counter.counted()
        told.append(turn(product, session))
        counted.append({name: after - before[name] for name, after in counter.counted().items()})
    assert told[0] == told[9] == told[199]
    assert told[0]["reads"] <= MOST_READS
    assert told[0]["writes"] <= MOST_WRITES
    # A heartbeat that fell into a slow turn is the one thing that may differ, and no turn here is slow.
    assert counted == told
    runs = product.call("GET", f"/sessions/{session}/runs", query_string={"limit": "1"}).get_json()
    assert runs[0]["metrics"]["database"] == told[199], "the stored run tells the same"


def test_the_first_turn_of_a_new_session_costs_one_write_more(product: InProcess, counter: CountedStore) -> None:
    first = turn(product, "")
    session = product.session()
    later = turn(product, session)
    assert first["writes"] == later["writes"] + 1
    assert first["reads"] <= later["reads"]


def test_a_turn_that_names_the_last_run_as_its_parent_costs_what_a_plain_one_does(product: InProcess, counter: CountedStore) -> None:
    session = product.session()
    turn(product, session)
    plain = turn(product, session)
    (last,) = product.call("GET", f"/sessions/{session}/runs", query_string={"limit": "1"}).get_json()
    named = turn(product, session, parent_run_id=last["run_id"])
    assert named == plain
    assert (named["reads"], named["writes"]) == (2, 7)


@pytest.mark.parametrize("message", ["call calculator 1+1; calculator 2+2", "think: why -> so"])
def test_tools_and_reasoning_cost_the_database_nothing(product: InProcess, counter: CountedStore, message: str) -> None:
    turn(product, product.session())  # The first turn of a process reads the agent too.
    session = product.session()
    assert turn(product, session) == turn(product, session, message)


def test_a_streamed_turn_tells_the_same_as_a_whole_one(product: InProcess, counter: CountedStore) -> None:
    turn(product, product.session())
    session = product.session()
    whole = turn(product, session)
    answer = product.call("POST", "/agents/assistant/runs", data={"message": "say: short", "session_id": session})
    reads, writes, commits = whole["reads"], whole["writes"], whole["commits"]
    assert f'"database":{{"reads":{reads},"writes":{writes},"commits":{commits}}}'.encode() in answer.data


def test_reading_a_list_costs_its_page_and_a_session_two_documents(product: InProcess, counter: CountedStore) -> None:
    for _ in range(25):
        product.session()
    session = product.session()
    product.call("GET", "/agents")

    def cost(path: str) -> int:
        before = counter.counted()["reads"]
        assert product.call("GET", path).status_code == 200
        return counter.counted()["reads"] - before

    assert cost("/sessions?limit=20") == 20 + 1 + 1, "the page, one read for the count, and one query for open runs"
    assert cost("/sessions?limit=26") == 26 + 1 + 1, "a longer page asks for its open runs together"
    assert cost(f"/sessions/{session}") == 2
    assert cost("/sessions?running=true") == 1, "one query, which finds no open run"
    for _ in range(2):
        product.call("POST", "/agents/assistant/runs", data={"message": "hi", "background": "true", "stream": "false"})
    assert cost("/sessions?running=true") == 2 + 2, "the open runs and their sessions, however many sessions there are"
    product.call("PATCH", f"/sessions/{session}", json={"tags": ["a", "b"]})
    assert cost("/sessions/tags") == 2, "the tags"
    for number in range(3):
        turn(product, session, f"say: {number}")
    assert cost(f"/sessions/{session}/runs") == 1 + 3
    assert cost(f"/sessions/{session}/run-previews?limit=2") == 1 + 2
