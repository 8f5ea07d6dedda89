"""Turns in one process: accepted, answered in order, cancelled, failed, taken up again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shared.agents.execution import EVENTS_TOPIC
from shared.agents.live import Lease
from shared.agents.runner import TurnInput
from shared.agents.turns import RUNS_TOPIC, Idempotency, NewTurn
from shared.kit.errors import Conflict, ModelFailed, NotFound, Unavailable, Unprocessable
from shared.kit.metered import DatabaseUsage
from shared.kit.stop import StopSignal
from shared.metrics.prices import cost_micros
from shared.sessions.eventlog import Event
from shared.sessions.events import Delta, ModelCompleted, RunnerEvent
from shared.sessions.messages import Attachment
from tests.support.domain import AGENT, USAGE, Gate, House, Instance, Play, ending


def names(batches: Iterator[list[Event]]) -> list[str]:
    return [event.name for batch in batches for event in batch]


def test_an_accepted_message_is_stored_before_anybody_works_on_it(instance: Instance) -> None:
    run = instance.turns().accept(NewTurn("a1", "  hello   there ", "s1"), "u1").run
    stored = instance.runs.get(run.id, "s1")
    assert (stored.state, stored.request.message, stored.request.user) == ("running", "  hello   there ", "u1")
    session = instance.sessions.get("s1")
    assert (session.title, session.user, session.agent, session.runs) == ("hello there", "u1", "a1", 0)
    assert instance.runner.asked == []


def test_a_turn_without_a_session_begins_one_of_its_own(instance: Instance) -> None:
    first, second = (instance.turns().accept(NewTurn("a1", "hi"), "u1").run for _ in range(2))
    assert first.request.session != second.request.session
    assert instance.sessions.get(first.request.session).title == "hi"


def test_nothing_is_stored_for_an_agent_that_is_not_there(instance: Instance) -> None:
    with pytest.raises(NotFound):
        instance.turns().accept(NewTurn("nobody", "hi", "s1"), "u1")
    assert instance.sessions.find("s1") is None


def test_another_users_session_takes_no_message(instance: Instance) -> None:
    instance.say("mine", user="ada")
    with pytest.raises(NotFound):
        instance.turns().accept(NewTurn("a1", "hi", "s1", user="bob"), "u1")
    assert len(instance.runs.page("s1", 10)) == 1


def test_a_message_without_a_user_is_on_behalf_of_the_sessions(instance: Instance) -> None:
    instance.say("mine", user="ada")
    run = instance.turns().accept(NewTurn("a1", "hi", "s1"), "key").run
    assert (run.request.user, instance.runs.get(run.id, "s1").request.user) == ("ada", "ada")
    assert instance.turns().accept(NewTurn("a1", "hi", "s2"), "key").run.request.user == "key"


@pytest.mark.parametrize(
    ("message", "title"),
    [
        ("## Plan\n\n- **buy** [tea](https://tea.example/" + "x" * 200 + ")", "Plan buy tea"),
        (" what is\n2*3*4? ", "what is 2*3*4?"),
        ("***", "***"),
        ("word " * 40, ("word " * 16)),
    ],
)
def test_a_session_is_titled_by_the_words_of_its_first_message(instance: Instance, message: str, title: str) -> None:
    instance.say(message)
    assert instance.sessions.get("s1").title == title


def test_a_finished_turn_is_answer_counters_context_and_one_event(instance: Instance) -> None:
    run = instance.say("hello")
    assert (run.state, run.content) == ("completed", "to hello")
    assert instance.runs.get(run.id, "s1").content == "to hello"
    session = instance.sessions.get("s1")
    cost = cost_micros(AGENT.model, USAGE.input_tokens, USAGE.cached_tokens, USAGE.output_tokens)
    assert cost
    assert (session.runs, session.usage, session.cost_micros) == (1, USAGE, cost)
    assert [(message.role, message.content) for message in instance.sessions.tail("s1").messages] == [
        ("user", "hello"),
        ("assistant", "to hello"),
    ]
    ((topic, message),) = instance.bus.published
    assert topic == EVENTS_TOPIC
    assert message.id == f"evt_{run.id}_1"
    assert message.data == {
        "type": "run.completed",
        "workspace": "w1",
        "run": run.id,
        "session": "s1",
        "agent": "a1",
        "version": 1,
        "model": AGENT.model,
        "input_tokens": 100,
        "output_tokens": 10,
        "cost_micros": cost,
    }
    assert instance.store.query("outbox") == []


def test_an_event_that_the_bus_refused_stays_in_the_outbox(instance: Instance) -> None:
    instance.bus.down = True
    run = instance.say("hello")
    assert run.state == "completed"
    (entry,) = instance.store.query("outbox")
    assert entry.id == f"evt_{run.id}_1"
    assert "hello" not in str(entry.fields), "an event holds ids and numbers, never content"


def test_each_turn_sees_the_turns_before_it(instance: Instance) -> None:
    for message in ("one", "two", "three"):
        instance.say(message)
    assert [[message.content for message in turn.history] for turn in instance.runner.asked] == [
        [],
        ["one", "to one"],
        ["one", "to one", "two", "to two"],
    ]


def test_waiting_runs_are_worked_on_in_the_order_in_which_they_were_accepted(house: House, instance: Instance) -> None:
    accepted = [house.instance().turns().accept(NewTurn("a1", text, "s1", background=True), "u1").run for text in ("one", "two", "three")]
    assert instance.turns().recover(accepted[2].id)
    assert [turn.message for turn in instance.runner.asked] == ["one", "two", "three"]
    assert [run.state for run in instance.runs.page("s1", 10)] == ["completed"] * 3
    assert not instance.turns().recover(accepted[0].id), "nothing is left to do"


def test_a_background_run_is_handed_to_the_worker_by_a_message_with_ids_only(instance: Instance) -> None:
    turns = instance.turns()
    accepted = turns.accept(NewTurn("a1", "secret words", "s1", background=True), "u1")
    assert turns.start(accepted) is None
    ((topic, message),) = instance.bus.published
    assert (topic, message.data) == (RUNS_TOPIC, {"workspace": "w1", "run": accepted.run.id})
    instance.bus.down = True
    turns.hand_over(accepted.run.id)


def test_a_follower_gets_every_event_once_live_and_afterwards(house: House) -> None:
    gate = Gate()
    instance = house.instance(gate)
    run = instance.start("hello")
    assert gate.reached.wait(10)
    following = instance.turns().follow(run.id, "s1")
    first = next(following)
    gate.opened.set()
    live = [*first, *(event for batch in following for event in batch)]
    assert [event.name for event in live] == [
        "RunStarted",
        "RunContent",
        "RunContent",
        "ModelRequestCompleted",
        "RunContentCompleted",
        "RunCompleted",
    ]
    assert [event.index for event in live] == list(range(6))
    elsewhere = house.instance()
    for after in range(-1, 6):
        replayed = [event for batch in elsewhere.turns().follow(run.id, "s1", after) for event in batch]
        assert replayed == live[after + 1 :]


def test_following_a_run_that_is_not_there_is_refused_before_the_first_event(instance: Instance) -> None:
    run = instance.say("hello")
    for wrong in (("run_absent", "s1"), (run.id, "another")):
        with pytest.raises(NotFound):
            next(instance.turns().follow(*wrong))


def test_a_cancelled_run_keeps_its_words_in_answer_and_context(house: House) -> None:
    gate = Gate()
    instance = house.instance(gate)
    run = instance.start("hello")
    assert gate.reached.wait(10)
    instance.turns().cancel(run.id, "enough")
    assert names(instance.turns().follow(run.id, "s1"))[-1] == "RunCancelled"
    stored = instance.runs.get(run.id, "s1")
    assert stored.failure is not None
    assert (stored.state, stored.content, stored.failure.message) == ("cancelled", "so far", "enough")
    assert [message.content for message in instance.sessions.tail("s1").messages] == ["hello", "so far"]


def test_a_run_that_is_cancelled_before_its_turn_does_not_wait_for_it(house: House) -> None:
    gate = Gate()
    instance = house.instance(gate)
    first = instance.start("one")
    assert gate.reached.wait(10)
    second = instance.start("two")
    instance.turns().cancel(second.id, "never mind")
    assert names(instance.turns().follow(second.id, "s1")) == ["RunCancelled"]
    assert instance.runs.get(first.id, "s1").state == "running"
    gate.opened.set()
    assert names(instance.turns().follow(first.id, "s1"))[-1] == "RunCompleted"
    assert [turn.message for turn in instance.runner.asked] == ["one"]
    assert [message.content for message in instance.sessions.tail("s1").messages] == ["one", "so far, done"]


def test_cancelling_what_is_absent_or_ended_changes_nothing(instance: Instance) -> None:
    instance.turns().cancel("run_absent", "why")
    run = instance.say("hello")
    instance.turns().cancel(run.id, "too late")
    assert instance.runs.get(run.id, "s1").state == "completed"
    assert instance.say("next").state == "completed"


def failing(error: Exception | None, *before: RunnerEvent) -> Play:
    def play(turn: TurnInput, stop: StopSignal) -> Iterator[RunnerEvent]:
        yield from before
        if error is not None:
            raise error

    return play


@pytest.mark.parametrize(
    ("error", "said", "state", "kind"),
    [
        (ModelFailed("no", kind="model_limited"), "", "failed", "model_limited"),
        (ModelFailed("no", kind="model_limited"), "some words", "interrupted", "model_limited"),
        (None, "", "failed", "interrupted"),
        (None, "some words", "interrupted", "interrupted"),
        (NotFound("no such tool"), "", "failed", "not_found"),
    ],
)
def test_an_answer_that_did_not_end_well_is_never_completed(
    house: House, error: Exception | None, said: str, state: str, kind: str
) -> None:
    before: list[RunnerEvent] = [ModelCompleted(USAGE, None), *([Delta(said)] if said else [])]
    instance = house.instance(failing(error, *before))
    run = instance.say("hello")
    assert run.failure is not None
    assert (run.state, run.content, run.failure.kind) == (state, said, kind)
    stored = instance.runs.get(run.id, "s1")
    assert stored.failure == run.failure
    assert stored.outcome.usage == USAGE, "what was spent is counted all the same"
    assert instance.sessions.get("s1").usage == USAGE
    assert [message.content for message in instance.sessions.tail("s1").messages] == (["hello", said] if said else [])
    assert instance.bus.published[0][1].data["type"] == f"run.{state}"


def test_a_bug_in_the_runner_leaves_the_run_to_be_taken_over(house: House) -> None:
    broken = house.instance(failing(RuntimeError("a bug")))
    with pytest.raises(RuntimeError):
        broken.say("hello")
    healthy = house.instance(lease=Lease(0.01, 60))
    (run,) = healthy.runs.page("s1", 1)
    assert run.state == "running"
    assert names(healthy.turns().follow(run.id, "s1"))[-1] == "RunCompleted"


def test_a_failed_run_is_tried_again_in_its_place(house: House) -> None:
    instance = house.instance(failing(ModelFailed("no"), Delta("half")))
    failed = instance.say("hello")
    instance.runner.play = lambda turn, stop: ending("whole")
    turns = instance.turns()
    accepted = turns.retry(failed.id, "s1")
    assert not accepted.repeated
    run = turns.finish(accepted)
    assert (run.id, run.state, run.fence, run.failure) == (failed.id, "completed", 2, None)
    assert instance.runner.asked[-1].history == (), "the attempt before it is not part of what was said before"
    assert len(instance.runs.page("s1", 10)) == 1
    with pytest.raises(Conflict, match="input"):
        turns.retry(run.id, "s1")


def test_only_the_last_run_of_a_session_is_tried_again(house: House) -> None:
    instance = house.instance(failing(ModelFailed("no")))
    first = instance.say("one")
    instance.say("two")
    with pytest.raises(Conflict, match="later run"):
        instance.turns().retry(first.id, "s1")


def test_trying_again_what_is_under_way_attaches(house: House) -> None:
    gate = Gate()
    instance = house.instance(gate)
    run = instance.start("hello")
    assert gate.reached.wait(10)
    assert instance.turns().retry(run.id, "s1").repeated
    gate.opened.set()
    assert names(instance.turns().follow(run.id, "s1"))[-1] == "RunCompleted"


def test_a_run_that_was_tried_again_often_by_hand_is_still_not_given_up(house: House) -> None:
    instance = house.instance(failing(ModelFailed("no")))
    run = instance.say("hello")
    for _ in range(5):
        turns = instance.turns()
        run = turns.finish(turns.retry(run.id, "s1"))
        assert run.failure is not None
        assert run.failure.kind == "model_provider_error"
    assert len(instance.runner.asked) == 6


def test_a_key_meets_the_first_run_and_refuses_another_message(instance: Instance) -> None:
    key = Idempotency("k1", "key:1")
    first = instance.turns().accept(NewTurn("a1", "hello"), "u1", key)
    again = instance.turns().accept(NewTurn("a1", "hello"), "u1", key)
    assert (again.run.id, again.run.request.session) == (first.run.id, first.run.request.session)
    assert (first.repeated, again.repeated) == (False, True)
    with pytest.raises(Unprocessable):
        instance.turns().accept(NewTurn("a1", "other words"), "u1", key)
    file = NewTurn("a1", "hello", attachments=(Attachment("a.txt", "text/plain", b"x"),))
    with pytest.raises(Unprocessable):
        instance.turns().accept(file, "u1", key)
    other = instance.turns().accept(NewTurn("a1", "hello"), "u1", Idempotency("k1", "key:2"))
    assert other.run.id != first.run.id


def test_files_are_kept_for_whoever_works_on_the_run(house: House) -> None:
    file = Attachment("a.txt", "text/plain", b"some text")
    run = house.instance().turns().accept(NewTurn("a1", "read", "s1", attachments=(file,), background=True), "u1").run
    worker = house.instance()
    assert worker.turns().recover(run.id)
    assert worker.runner.asked[0].attachments == (file,)


def test_a_database_that_goes_down_ends_the_callers_wait_and_loses_nothing(house: House) -> None:
    gate = Gate()
    instance = house.instance(gate)
    run = instance.start("hello")
    assert gate.reached.wait(10)
    following = instance.turns().follow(run.id, "s1")
    next(following)
    instance.store.down = True
    gate.opened.set()
    last = [event for batch in following for event in batch][-1]
    assert (last.name, last.fields["error_type"]) == ("RunError", Unavailable.kind)
    healthy = house.instance(lease=Lease(0.01, 60))
    assert names(healthy.turns().follow(run.id, "s1"))[-1] == "RunCompleted"
    assert healthy.sessions.get("s1").runs == 1


def test_a_run_tells_what_it_cost_the_database(instance: Instance) -> None:
    instance.say("warm")
    before = (instance.store.reads, instance.store.writes, instance.store.commits)
    usage = DatabaseUsage()
    turns = instance.turns(usage)
    run = turns.finish(turns.accept(NewTurn("a1", "hello", "s1"), "u1"))
    counted = tuple(
        now - then for now, then in zip((instance.store.reads, instance.store.writes, instance.store.commits), before, strict=True)
    )
    assert run.outcome.database == dict(zip(("reads", "writes", "commits"), counted, strict=True)) == usage.as_dict()
