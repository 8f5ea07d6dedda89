"""A session of a thousand turns, turns of nearly a megabyte, and thousands of sessions: nothing grows with them but the number of runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from statistics import quantiles

from shared.agents.runner import TurnInput
from shared.kit.documents import Create
from shared.kit.metered import DatabaseUsage, MeteredDocuments
from shared.kit.stop import StopSignal
from shared.sessions.events import Delta, Finished, ModelCompleted, RunnerEvent, ToolCompleted, ToolStarted
from shared.sessions.messages import Message, ToolCall
from shared.sessions.models import NewSession
from shared.sessions.runs import stored_events
from shared.sessions.store import SessionFilter, SessionStore, create_session
from shared.sessions.tail import MAX_BYTES, MAX_TURNS
from tests.support.domain import USAGE, House, Instance, ending

LARGEST_DOCUMENT = 800_000
TURNS = 1_000
SESSIONS = 5_000


def test_the_thousandth_turn_reads_and_writes_what_the_fiftieth_did(instance: Instance) -> None:
    read, documents = [], []
    for number in range(TURNS):
        before = (instance.store.bytes_read, instance.store.reads, instance.store.writes, instance.store.commits)
        instance.say(f"message {number:04d} " + "x" * 200)
        after = (instance.store.bytes_read, instance.store.reads, instance.store.writes, instance.store.commits)
        read.append(after[0] - before[0])
        documents.append(tuple(now - then for now, then in zip(after[1:], before[1:], strict=True)))
    early, late = read[50:150], read[900:1000]
    p95 = [quantiles(sample, n=20)[-1] for sample in (early, late)]
    assert abs(p95[1] / p95[0] - 1) <= 0.20, f"bytes read for one turn: {p95[0]:.0f} early, {p95[1]:.0f} late"
    assert set(documents[1:]) == {documents[999]}
    assert instance.store.largest <= LARGEST_DOCUMENT
    assert [len(turn.history) for turn in instance.runner.asked[-2:]] == [2 * MAX_TURNS] * 2
    assert instance.sessions.get("s1").runs == TURNS


def test_a_turn_of_900_kb_each_way_is_kept_whole_in_small_documents(house: House) -> None:
    long_answer = "".join(f"wört {number} 🙂 " for number in range(70_000))[:700_000]
    assert len(long_answer.encode()) > 900_000
    message = "größe " * 130_000
    assert len(message.encode()) > 900_000

    def play(turn: TurnInput, stop: StopSignal) -> Iterator[RunnerEvent]:
        for start in range(0, len(long_answer), 1000):
            yield Delta(long_answer[start : start + 1000])
        yield from ending(long_answer)

    instance = house.instance(play)
    run = instance.say(message)
    assert run.state == "completed"
    for reader in (instance, house.instance()):
        stored = reader.runs.get(run.id, "s1")
        assert stored.content == long_answer
        assert stored.request.message == message
        assert stored.messages[0].content == long_answer
        pieces = [event.fields["content"] for event in stored_events(stored).events if event.name == "RunContent"]
        assert pieces == [long_answer[start : start + 1000] for start in range(0, len(long_answer), 1000)]
    for _ in range(6):
        instance.say(message)
    assert instance.store.largest <= LARGEST_DOCUMENT
    (tail,) = instance.store.get("sessions/s1/tail/0")
    assert tail is not None
    assert len(tail.fields["turns"].encode()) <= MAX_BYTES + 1_000
    (preview,) = instance.runs.page("s1", 1, whole=False)
    assert len(preview.content) <= 2_000, "a list does not fetch what is large"
    instance.deletions.delete("s1")
    assert instance.blobs.list("runs/") == []


def test_a_partial_answer_of_any_size_is_renewed_in_small_documents(instance: Instance) -> None:
    run = instance.say("hello")
    fields = instance.runs.progress(run.id, 1, "x" * 900_000, "y" * 900_000, b"[]")
    instance.runs.patch(run.id, fields)
    assert instance.store.largest <= LARGEST_DOCUMENT
    stored = instance.runs.get(run.id, "s1")
    assert (len(stored.content), len(stored.reasoning)) == (900_000, 900_000)
    # A shorter answer of the next attempt must not be hidden by the blob of this one.
    instance.runs.patch(run.id, instance.runs.progress(run.id, 2, "short", "", b"[]"))
    assert instance.runs.get(run.id, "s1").content == "short"


def test_the_first_page_of_5000_sessions_reads_20_documents(instance: Instance) -> None:
    documents = instance.store.inner
    for start in range(0, SESSIONS, 200):
        writes: list[Create] = [create_session(NewSession(f"s{number}", "a1", "u1")) for number in range(start, start + 200)]
        documents.commit(*writes)
    documents.commit(create_session(NewSession("other", "a1", "u2")))
    usage = DatabaseUsage()
    sessions = SessionStore(MeteredDocuments(documents, usage))
    found, total = sessions.page(SessionFilter(agent="a1", user="u1"), "created_at", True, 20, 1)
    assert (len(found), total) == (20, SESSIONS)
    assert {session.id for session in found} <= {f"s{number}" for number in range(SESSIONS - 200, SESSIONS)}
    assert usage.reads == 20 + SESSIONS // 1000, "20 documents, and one read for each thousand that is counted"


def test_a_turn_with_many_large_tool_results_is_finished_in_small_documents(house: House) -> None:
    calls = [ToolCall(f"c{number}", "reader", {"page": "p" * 20_000}) for number in range(30)]
    steps = [
        message for call in calls for message in (Message("assistant", "", (call,)), Message("tool", "x" * 60_000, (), call.id, call.name))
    ]

    def play(turn: TurnInput, stop: StopSignal) -> Iterator[RunnerEvent]:
        for call in calls:
            yield ToolStarted(call)
            yield ToolCompleted(replace(call, result="x" * 60_000))
        yield Delta("read")
        yield ModelCompleted(USAGE, 0.5)
        yield Finished("read", "", (*steps, Message("assistant", "read")), USAGE, 0.5)

    instance = house.instance(play)
    run = instance.say("read it all")
    assert run.state == "completed"
    assert instance.store.largest <= LARGEST_DOCUMENT
    assert instance.runs.get(run.id, "s1").messages[1].content == "x" * 60_000
    assert [message.content for message in instance.sessions.tail("s1").messages] == ["read it all", "read"]
