"""What every Runner does, shown on the scripted model server."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest

from local.stub_model import StubModel, stub_model
from local.stub_script import Script
from shared.adapters.agno.runner import AgnoRunner, Provider, warm
from shared.adapters.openai.policy import Policy
from shared.agents.runner import ToolError
from shared.kit.errors import Invalid, ModelFailed
from shared.kit.stop import StopSignal
from shared.sessions.events import Delta, Finished, ModelCompleted, ModelStarted, RunnerEvent, ToolCompleted, ToolStarted
from shared.sessions.messages import Attachment, Message, ToolCall, Usage
from tests.support.turns import finished, play, runner_for, tool, turn_input

PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")


@pytest.fixture
def stub() -> Iterator[StubModel]:
    with stub_model() as stub:
        yield stub


@pytest.fixture
def runner(stub: StubModel) -> AgnoRunner:
    warm()
    return runner_for(stub)


def kinds(events: list[RunnerEvent]) -> list[type]:
    """The events' types, a run of deltas counted as one."""
    found = [type(event) for event in events]
    return [kind for n, kind in enumerate(found) if not (kind is Delta and n and found[n - 1] is Delta)]


def test_a_plain_answer_comes_as_deltas_that_add_up_to_it(runner: AgnoRunner) -> None:
    events = play(runner, turn_input("say: hello out  there"))
    assert kinds(events) == [ModelStarted, Delta, ModelCompleted, Finished]
    end = finished(events)
    assert end.content == "hello out  there" == "".join(event.text for event in events if isinstance(event, Delta))
    assert end.messages == (Message("assistant", "hello out  there"),)
    assert end.finish_reason == "stop"
    assert end.usage.output_tokens == 4
    assert not end.usage.estimated
    assert end.usage.cached_tokens == 1
    assert end.first_token_after is not None
    assert 0 < end.first_token_after < 5


def test_the_model_sees_instructions_history_settings_and_the_message(runner: AgnoRunner, stub: StubModel) -> None:
    history = (
        Message("user", "one"),
        Message("assistant", "", tool_calls=(ToolCall("c1", "calculator", {"expression": "1+1"}),)),
        Message("tool", "2", tool_call_id="c1", tool_name="calculator"),
        Message("assistant", "two"),
        Message("user", "three"),
        Message("assistant", "four"),
    )
    end = finished(play(runner, turn_input("history", history=history, instructions_added="Today is Monday.")))
    assert end.content == "2 | one | three"
    body = stub.journal[-1]
    assert body["messages"] == [
        {"role": "system", "content": "Be {brief}.\n\nToday is Monday."},
        {"role": "user", "content": "one"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "calculator", "arguments": '{"expression":"1+1"}'}}],
        },
        {"role": "tool", "content": "2", "tool_call_id": "c1"},
        {"role": "assistant", "content": "two"},
        {"role": "user", "content": "three"},
        {"role": "assistant", "content": "four"},
        {"role": "user", "content": "history"},
    ]
    assert (body["model"], body["temperature"], body["max_tokens"]) == ("stub", 0.5, 99)
    assert body["stream_options"] == {"include_usage": True}
    assert "tools" not in body


def test_a_tool_call_is_carried_out_and_its_result_given_to_the_model(runner: AgnoRunner, stub: StubModel) -> None:
    events = play(runner, turn_input("call calculator 2+2", tools=[tool()]))
    assert kinds(events) == [ModelStarted, ModelCompleted, ToolStarted, ToolCompleted, ModelStarted, Delta, ModelCompleted, Finished]
    started, completed = (event.call for event in events if isinstance(event, ToolStarted | ToolCompleted))
    assert (started.name, started.arguments, started.result) == ("calculator", {"expression": "2+2"}, None)
    assert (completed.id, completed.result, completed.failed) == (started.id, "=2+2", False)
    assert abs(completed.started_at - time.time()) < 60
    end = finished(events)
    assert end.content == "=2+2"
    assert [message.role for message in end.messages] == ["assistant", "tool", "assistant"]
    assert end.messages[1] == Message("tool", "=2+2", tool_call_id=started.id, tool_name="calculator")
    assert end.usage == sum((event.usage for event in events if isinstance(event, ModelCompleted)), Usage())
    offered = stub.journal[0]["tools"]
    assert [entry["function"]["name"] for entry in offered] == ["calculator"]
    assert offered[0]["function"]["parameters"]["required"] == ["expression"]


def test_two_calls_of_one_answer_are_carried_out_in_order(runner: AgnoRunner, stub: StubModel) -> None:
    events = play(
        runner, turn_input("call calculator 1+1; other 5", tools=[tool(), tool("other", lambda expression: f"other {expression}")])
    )
    assert kinds(events)[2:6] == [ToolStarted, ToolCompleted, ToolStarted, ToolCompleted]
    end = finished(events)
    assert end.content == "=1+1; other 5"
    again = (Message("user", "call calculator 1+1; other 5"), *end.messages)
    play(runner, turn_input("say: next", history=again))
    roles = [message["role"] for message in stub.journal[-1]["messages"]]
    assert roles == ["system", "user", "assistant", "tool", "tool", "assistant", "user"]


def test_a_tool_that_refuses_tells_the_model_why(runner: AgnoRunner) -> None:
    def refuse(expression: str) -> str:
        raise ToolError(f"write {expression} in full")

    events = play(runner, turn_input("call calculator 2", tools=[tool(call=refuse)]))
    completed = next(event.call for event in events if isinstance(event, ToolCompleted))
    assert completed.failed
    assert completed.result == "write 2 in full" == finished(events).content


def test_a_tool_with_a_bug_fails_without_its_text_and_the_turn_goes_on(runner: AgnoRunner, capfd: pytest.CaptureFixture[str]) -> None:
    def crash(expression: str) -> str:
        raise ValueError(f"cannot work with {expression}")

    events = play(runner, turn_input("call calculator hush", tools=[tool(call=crash)]))
    assert finished(events).content == "The tool failed."
    assert next(event.call.failed for event in events if isinstance(event, ToolCompleted))
    logged = "".join(capfd.readouterr())
    assert "a tool failed" in logged
    assert "hush" not in logged


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("call nonsense 1", "There is no tool of this name. There are: calculator."),
        ('call calculator {"x": 1}', "These arguments are missing: expression."),
        ('call calculator {"expression": 5}', "The argument expression must be of type string."),
        ('call calculator {"expression": "1", "y": 2}', "There is no argument y. There are: expression."),
        ("call calculator {broken", "The arguments must be one JSON object."),
    ],
)
def test_a_call_that_fits_no_tool_is_answered_with_what_to_change(runner: AgnoRunner, words: str, said: str) -> None:
    events = play(runner, turn_input(words, tools=[tool()]))
    assert kinds(events)[2:4] == [ToolStarted, ToolCompleted]
    assert finished(events).content == said


def test_reasoning_is_told_apart_from_the_answer(runner: AgnoRunner) -> None:
    events = play(runner, turn_input("think: it is simple -> yes"))
    deltas = [event for event in events if isinstance(event, Delta)]
    assert "".join(event.reasoning for event in deltas) == "it is simple"
    assert all(bool(event.text) != bool(event.reasoning) for event in deltas)
    end = finished(events)
    assert (end.content, end.reasoning, end.usage.reasoning_tokens) == ("yes", "it is simple", 3)


def test_pictures_go_beside_the_text_and_text_files_into_it(runner: AgnoRunner, stub: StubModel) -> None:
    attachments = [
        Attachment("a.png", "image/png", PNG),
        Attachment("notes.md", "text/markdown", "# Gruß".encode()),
        Attachment("data.json", "application/json", b"\xff{}"),
        Attachment("big.txt", "text/plain", b"x" * 300_000),
        Attachment("paper.pdf", "application/pdf", b"%PDF"),
        Attachment("song\n.mp3", "audio/mpeg", b"ID3"),
    ]
    play(runner, turn_input("say: ok", attachments=attachments))
    text, picture = stub.journal[-1]["messages"][-1]["content"]
    assert picture["image_url"]["url"] == "data:image/png;base64," + base64.b64encode(PNG).decode()
    assert text["text"].startswith("say: ok\n\n--- file notes.md ---\n# Gruß\n")
    assert "only its first 100,000 characters" in text["text"]
    assert len(text["text"]) < 101_000
    assert "paper.pdf (application/pdf) was attached, but this model cannot read it" in text["text"]
    assert "The file song .mp3" in text["text"]


def test_pdf_files_go_to_servers_that_read_them(runner: AgnoRunner, stub: StubModel) -> None:
    play(runner, turn_input("say: ok", attachments=[Attachment("paper.pdf", "application/pdf", b"%PDF")], model="openai:gpt"))
    part = stub.journal[-1]["messages"][-1]["content"][1]
    assert part == {"type": "file", "file": {"filename": "paper.pdf", "file_data": "data:application/pdf;base64,JVBERg=="}}


@pytest.mark.parametrize("model", ["nowhere:gpt", "gpt", "local:", ""])
def test_a_model_of_an_unknown_provider_is_refused_before_anything_runs(runner: AgnoRunner, stub: StubModel, model: str) -> None:
    with pytest.raises(Invalid, match=r"cannot be served here; configured are: local:…, openai:…"):
        runner.run(turn_input("hi", model=model), StopSignal())
    assert stub.requests == 0


@pytest.mark.parametrize("message", ["fault hang", "fault hang 5"])
def test_a_stop_ends_a_turn_that_waits_for_the_model_at_once(runner: AgnoRunner, stub: StubModel, message: str) -> None:
    stop, stopped = StopSignal(), []

    def cancel() -> None:
        stopped.append(time.monotonic())
        stop.set("cancelled")

    timer = threading.Timer(0.3, cancel)
    timer.start()
    events = list(runner.run(turn_input(message), stop))
    assert time.monotonic() - stopped[0] < 0.3
    timer.join()
    assert not any(isinstance(event, Finished) for event in events)
    if message == "fault hang 5":
        assert isinstance(events[-1], ModelCompleted)
        assert events[-1].usage.estimated
        assert events[-1].usage.output_tokens > 0
    assert_closed(stub)


def test_a_stop_ends_a_turn_whose_words_are_coming(runner: AgnoRunner, stub: StubModel) -> None:
    stub.script.delay, stub.script.tokens = 0.03, 1000
    stop, events = StopSignal(), []
    for event in runner.run(turn_input("hello"), stop):
        events.append(event)
        if len(events) == 4:
            stopped = time.monotonic()
            stop.set("cancelled")
    assert time.monotonic() - stopped < 0.3
    assert not any(isinstance(event, Finished) for event in events)
    assert_closed(stub)


def test_a_stop_before_the_turn_asks_the_model_nothing(runner: AgnoRunner, stub: StubModel) -> None:
    stop = StopSignal()
    stop.set("cancelled")
    assert list(runner.run(turn_input("hello"), stop)) == []
    assert stub.requests == 0


def test_a_stop_during_a_tool_ends_the_turn_behind_it(runner: AgnoRunner, stub: StubModel) -> None:
    stop = StopSignal()

    def cancel(expression: str) -> str:
        stop.set("cancelled")
        return expression

    events = list(runner.run(turn_input("call calculator 1; calculator 2", tools=[tool(call=cancel)]), stop))
    assert kinds(events) == [ModelStarted, ModelCompleted, ToolStarted, ToolCompleted]
    assert stub.requests == 1


def test_a_reader_who_leaves_closes_the_connection(runner: AgnoRunner, stub: StubModel) -> None:
    events = runner.run(turn_input("fault hang 5"), StopSignal())
    assert any(isinstance(next(events), Delta) for _ in range(3))
    events.close()  # type: ignore[attr-defined]
    assert_closed(stub)


def assert_closed(stub: StubModel) -> None:
    """The server sees the connection end."""
    deadline = time.monotonic() + 2
    while stub.open_streams and time.monotonic() < deadline:
        time.sleep(0.01)
    assert stub.open_streams == 0


def test_fifty_turns_at_once_do_not_mix() -> None:
    with stub_model(Script(delay=0.005)) as stub:
        runner = runner_for(stub)

        def one(n: int) -> bool:
            end = finished(play(runner, turn_input(f"call calculator turn {n} " + f"w{n} " * 20, tools=[tool()])))
            said = finished(play(runner, turn_input(f"say: answer {n}", history=(Message("user", f"u{n}"),))))
            return end.content.split() == f"=turn {n} {f'w{n} ' * 20}".split() and said.content == f"answer {n}"

        with ThreadPoolExecutor(50) as pool:
            assert all(pool.map(one, range(50)))
        assert stub.requests == 150


def test_words_that_come_fast_are_given_together_but_the_first_is_not_delayed() -> None:
    with stub_model(Script(tokens=100, delay=0.004)) as stub:
        events = runner_for(stub).run(turn_input("hello"), StopSignal())
        times = [time.monotonic() for event in events if isinstance(event, Delta)]
        gaps = [later - earlier for earlier, later in pairwise(times)]
        assert len(times) < 60
        assert sorted(gaps)[len(gaps) // 2] > 0.012


def test_words_that_come_slowly_are_not_held_back() -> None:
    with stub_model(Script(tokens=8, delay=0.06)) as stub:
        deltas = [event.text for event in runner_for(stub).run(turn_input("hello"), StopSignal()) if isinstance(event, Delta)]
        assert len(deltas) >= 5  # All 8 unless this machine stalls.


def test_a_provider_may_be_given_more_time_than_the_others() -> None:
    hasty = Policy(first_token=0.1, retries=0)
    with stub_model(Script(first_delay=0.4)) as slow:
        with pytest.raises(ModelFailed) as failure:
            play(AgnoRunner({"local": Provider(slow.base_url, "k")}, hasty), turn_input("hello"))
        assert failure.value.kind == "model_timeout"
        patient = Provider(slow.base_url, "k", policy=Policy(first_token=10.0))
        assert finished(play(AgnoRunner({"local": patient}, hasty), turn_input("hello"))).content
