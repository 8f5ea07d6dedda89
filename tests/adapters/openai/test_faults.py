"""Every way in which a model's server fails ends in the right state: check C33, and C32's runaways."""

from __future__ import annotations

import random
import socket
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from local.stub_model import StubModel, stub_model
from local.stub_script import Fault, Script
from shared.adapters.agno.runner import AgnoRunner, Provider
from shared.adapters.openai.policy import Policy
from shared.kit.errors import ModelFailed
from shared.kit.stop import StopSignal
from shared.sessions.events import Delta, Finished, ModelCompleted, RunnerEvent, ToolCompleted
from tests.support.turns import finished, play, runner_for, tool, turn_input

QUICK: dict[str, Any] = {"first_token": 0.4, "between_tokens": 0.4, "after_finish": 0.2}


@pytest.fixture
def stub() -> Iterator[StubModel]:
    with stub_model(Script(tokens=20)) as stub:
        yield stub


def fail(runner: AgnoRunner, message: str = "hello", **more: Any) -> tuple[list[RunnerEvent], ModelFailed]:
    """Play a turn that must fail: its events, and how it failed."""
    events: list[RunnerEvent] = []
    with pytest.raises(ModelFailed) as failure:
        events.extend(runner.run(turn_input(message, **more), StopSignal()))
    assert not any(isinstance(event, Finished) for event in events)
    return events, failure.value


def words(events: list[RunnerEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, Delta))


@pytest.mark.parametrize(
    "fault", ["status 429", "status 429 0.1", "status 500", "status 502", "status 503", "hang", "cut 0", "cut 1", "broken 0"]
)
def test_a_fault_before_the_first_word_is_tried_again_unseen(stub: StubModel, fault: str) -> None:
    stub.fail_next(fault)
    events = play(runner_for(stub, **QUICK), turn_input("say: all is well"))
    assert finished(events).content == "all is well"
    assert sum(isinstance(event, ModelCompleted) for event in events) == 1
    assert stub.requests == 2


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("status 429", "rate_limited"),
        ("status 500", "model_unavailable"),
        ("hang", "model_timeout"),
        ("cut 1", "interrupted"),
        ("broken 1", "interrupted"),
        ("no-finish", "interrupted"),
    ],
)
def test_a_server_that_keeps_failing_is_asked_three_times_at_most(stub: StubModel, fault: str, kind: str) -> None:
    stub.fail_next(*[fault] * 5)
    events, failure = fail(runner_for(stub, **QUICK), "say:" if fault == "no-finish" else "hello")
    assert failure.kind == kind
    assert stub.requests == 3
    assert words(events) == ""


def test_retry_after_is_waited_for_when_it_is_short(stub: StubModel) -> None:
    stub.fail_next("status 429 1")
    began = time.monotonic()
    play(runner_for(stub), turn_input("hello"))
    assert 1 <= time.monotonic() - began < 5


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_told_to_the_caller_when_it_is_long(stub: StubModel, status: int) -> None:
    stub.fail_next(f"status {status} 60")
    _, failure = fail(runner_for(stub))
    assert failure.retry_after == 60
    assert stub.requests == 1


@pytest.mark.parametrize("status", [400, 403, 404, 413, 422])
def test_a_refusal_is_not_tried_again(stub: StubModel, status: int) -> None:
    stub.fail_next(f"status {status}")
    _, failure = fail(runner_for(stub))
    assert failure.kind == "model_refused"
    assert str(status) in failure.message
    assert stub.requests == 1


def test_a_refused_key_is_named_but_not_shown(stub: StubModel) -> None:
    stub.fail_next("status 401")
    _, failure = fail(runner_for(stub))
    assert failure.kind == "model_refused"
    assert "OPENAI_API_KEY" in failure.message
    assert "key-local" not in failure.message
    assert stub.script.journal[-1]["headers"]["authorization"] == "Bearer key-local"


def test_an_answer_cut_at_any_chunk_is_interrupted_and_keeps_its_words(stub: StubModel) -> None:
    runner = runner_for(stub, breaker_failures=1000)
    whole = finished(play(runner, turn_input("hello"))).content.split(" ")
    for cut in range(20):
        events, failure = fail(runner, f"fault cut {cut + 2}")  # The role's chunk, and one word or more.
        assert failure.kind == "interrupted", cut
        assert words(events).split(" ") == whole[: cut + 1]
        last = events[-1]
        assert isinstance(last, ModelCompleted)
        assert last.usage.estimated
        assert last.usage.output_tokens > 0
    assert stub.requests == 21


@pytest.mark.parametrize("fault", ["hang 5", "broken 5", "no-finish"])
def test_an_answer_that_breaks_off_in_the_middle_is_interrupted_and_not_tried_again(stub: StubModel, fault: str) -> None:
    events, failure = fail(runner_for(stub, **QUICK), f"fault {fault}")
    assert failure.kind == "interrupted"
    assert len(words(events).split()) == (20 if fault == "no-finish" else 4)
    assert stub.requests == 1


def test_a_finish_reason_makes_an_answer_whole_even_if_the_rest_is_lost(stub: StubModel) -> None:
    for fault in ("cut 22", "hang 22"):
        end = finished(play(runner_for(stub, **QUICK), turn_input(f"fault {fault}")))
        assert len(end.content.split()) == 20
        assert end.usage.estimated


def test_an_answer_at_its_limit_of_tokens_is_finished_and_says_so(stub: StubModel) -> None:
    assert finished(play(runner_for(stub), turn_input("fault length"))).finish_reason == "length"


@pytest.mark.parametrize("fault", ["no-usage", "wrong-usage"])
def test_usage_that_is_missing_or_absurd_is_estimated(stub: StubModel, fault: str) -> None:
    usage = finished(play(runner_for(stub), turn_input(f"fault {fault}"))).usage
    assert usage.estimated
    assert 10 <= usage.output_tokens <= 40
    assert 2 <= usage.input_tokens <= 20


def test_tool_calls_with_the_same_id_are_each_answered(stub: StubModel) -> None:
    events = play(runner_for(stub), turn_input("fault duplicate-ids", tools=[tool()]))
    calls = [event.call for event in events if isinstance(event, ToolCompleted)]
    assert [call.result for call in calls] == ["=1+1", "=2+2"]
    assert len({call.id for call in calls}) == 2
    assert finished(events).content == "=1+1; =2+2"


def test_a_server_that_is_not_there_is_unavailable() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        runner = AgnoRunner({"local": Provider(f"http://127.0.0.1:{taken.getsockname()[1]}/v1", "")}, Policy(retries=1))
        _, failure = fail(runner)
    assert failure.kind == "model_unavailable"
    assert failure.retry_after


def test_upstream_calls_stay_within_1_2_times_the_turns_while_half_of_them_fail(stub: StubModel) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    faults = [
        Fault.parse(each) for each in ("status 500", "status 503", "status 429", "status 429 0.1", "cut 0", "cut 1", "cut 9", "broken 3")
    ]
    stub.script.choose = lambda _: dice.choice(faults) if dice.random() < 0.5 else None
    runner = runner_for(stub)

    def one(_: int) -> str:
        try:
            return type(play(runner, turn_input("hello"))[-1]).__name__
        except ModelFailed as failure:
            return failure.kind

    with ThreadPoolExecutor(20) as pool:
        ends = Counter(pool.map(one, range(200)))
    print(ends, stub.requests)
    assert stub.requests <= 1.2 * 200
    assert ends["Finished"] >= 50
    assert set(ends) <= {"Finished", "interrupted", "model_unavailable", "rate_limited"}


def test_a_server_that_only_fails_is_left_alone_and_tried_again_later(stub: StubModel) -> None:
    stub.script.choose = lambda _: Fault(status=500)
    runner = runner_for(stub, breaker_failures=5, breaker_seconds=0.5, retries=0)
    for _ in range(5):
        fail(runner)
    began = time.monotonic()
    _, failure = fail(runner)
    assert time.monotonic() - began < 0.3
    assert failure.kind == "model_unavailable"
    assert failure.retry_after
    assert stub.requests == 5
    time.sleep(0.6)
    fail(runner)
    fail(runner)
    assert stub.requests == 6  # One probe, which failed.
    stub.script.choose = None
    time.sleep(0.6)
    for _ in range(3):
        finished(play(runner, turn_input("hello")))


def test_a_turn_ends_when_its_time_is_up(stub: StubModel) -> None:
    stub.script.delay = 0.05
    stub.script.tokens = 1000
    began = time.monotonic()
    events, failure = fail(runner_for(stub, total=0.5))
    assert failure.kind == "model_timeout"
    assert words(events)
    assert 0.5 <= time.monotonic() - began < 2


def test_a_turn_whose_tools_take_its_time_ends_before_the_next_one(stub: StubModel) -> None:
    slow = tool(call=lambda expression: time.sleep(0.6) or expression)  # type: ignore[func-returns-value]
    events, failure = fail(runner_for(stub, total=0.5), "call calculator 1; calculator 2", tools=[slow])
    assert failure.kind == "model_timeout"
    assert sum(isinstance(event, ToolCompleted) for event in events) == 1


def test_a_model_that_never_stops_calling_tools_is_stopped(stub: StubModel) -> None:
    called: list[str] = []
    _, failure = fail(runner_for(stub), "loop calculator 1", tools=[tool(call=lambda expression: called.append(expression) or "1")])  # type: ignore[func-returns-value]
    assert failure.kind == "tool_limit"
    assert stub.requests == 10
    assert len(called) == 9
    assert stub.journal[-1]["tool_choice"] == "none"
    assert "tool_choice" not in stub.journal[-2]
    finished(play(runner_for(stub), turn_input("hello")))


def test_no_more_than_twenty_tool_calls_are_carried_out(stub: StubModel) -> None:
    called: list[str] = []
    calls = "; ".join(f"calculator {n}" for n in range(25))
    events = play(runner_for(stub), turn_input(f"call {calls}", tools=[tool(call=lambda expression: called.append(expression) or "1")]))  # type: ignore[func-returns-value]
    assert len(called) == 20
    ends = [event.call for event in events if isinstance(event, ToolCompleted)]
    assert [call.failed for call in ends] == [False] * 20 + [True] * 5
    assert stub.journal[-1]["tool_choice"] == "none"
    assert len(finished(events).messages) == 27


def test_a_tool_that_returns_5_mb_is_cut_to_64_kb(stub: StubModel) -> None:
    events = play(runner_for(stub), turn_input("call calculator 1", tools=[tool(call=lambda expression: "é" * 2_500_000)]))
    completed = next(event.call for event in events if isinstance(event, ToolCompleted))
    assert completed.result
    assert len(completed.result.encode()) <= 65536
    assert completed.result.endswith("[cut: the result had 5,000,000 bytes]")
    assert stub.journal[-1]["messages"][-1]["content"] == completed.result


def test_connections_are_kept_and_none_is_leaked(stub: StubModel) -> None:
    runner = runner_for(stub, breaker_failures=1000, **QUICK)
    for fault in ("cut 5", "hang 5"):
        fail(runner, f"fault {fault}")
        began = time.monotonic()
        for _ in range(3):
            play(runner, turn_input("hello"))
        assert time.monotonic() - began < 0.4  # None of them waited for a connection whose answer had not ended.
    deadline = time.monotonic() + 2
    while stub.open_streams and time.monotonic() < deadline:
        time.sleep(0.01)
    assert stub.open_streams == 0
    assert stub.script.connections <= 3
