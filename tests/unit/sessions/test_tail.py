"""The context window of a session: the last turns, within limits."""

from __future__ import annotations

from dataclasses import replace

import orjson
from hypothesis import given
from hypothesis import strategies as st

from shared.sessions.messages import Message, ToolCall
from shared.sessions.tail import MAX_BYTES, MAX_MESSAGE_BYTES, MAX_TURNS, Tail

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
CALL = st.builds(ToolCall, id=TEXT, name=TEXT, arguments=st.dictionaries(TEXT, st.one_of(st.none(), st.integers(-9, 9), TEXT), max_size=2))
MESSAGE = st.one_of(
    st.builds(Message, st.sampled_from(["user", "assistant"]), TEXT),
    st.builds(Message, st.just("assistant"), TEXT, st.lists(CALL, max_size=2).map(tuple)),
    st.builds(lambda content, id, name: Message("tool", content, (), id, name), TEXT, TEXT.filter(bool), TEXT),  # noqa: A006
)
TURN = st.tuples(st.integers(0, 99).map(lambda n: f"r{n}"), st.lists(MESSAGE, max_size=4).map(tuple))
TURNS = st.lists(TURN, max_size=40, unique_by=lambda turn: turn[0])


def said(text: str) -> tuple[Message, ...]:
    return (Message("user", text), Message("assistant", f"to {text}"))


@given(TURNS)
def test_the_window_holds_the_last_turns_in_order_and_survives_storing(turns: list[tuple[str, tuple[Message, ...]]]) -> None:
    tail = Tail()
    for run, messages in turns:
        tail = tail.with_turn(run, messages)
    assert list(tail.turns) == turns[-MAX_TURNS:]
    assert (tail.last, tail.older) == (turns[-1][0] if turns else "", turns[-MAX_TURNS - 1][0] if len(turns) > MAX_TURNS else "")
    assert Tail.load(tail.dump()).turns == tail.turns


def test_the_window_shows_where_each_of_its_turns_is_and_where_the_branch_ends() -> None:
    tail = replace(Tail().with_turn("r1", said("one")).with_turn("r2", said("two")), last="r3")  # r3 said nothing.
    assert tail.up_to("r1") == (("r1", said("one")),)
    assert tail.up_to("r2") == tail.up_to("r3") == tail.turns
    assert tail.up_to("r4") is None


def test_the_oldest_turns_go_first_when_there_are_too_many() -> None:
    tail = Tail()
    for number in range(MAX_TURNS + 5):
        tail = tail.with_turn(f"r{number}", said(str(number)))
    assert [run for run, _ in tail.turns] == [f"r{number}" for number in range(5, MAX_TURNS + 5)]


def test_the_oldest_turns_go_first_when_they_are_too_long() -> None:
    tail = Tail()
    for number in range(12):
        tail = tail.with_turn(f"r{number}", said(f"{number} " + "x" * 40_000))
        assert len(tail.dump().encode()) <= MAX_BYTES + 100
    assert tail.turns[-1][0] == "r11"
    assert len(tail.turns) == 3


def test_a_turn_that_is_over_the_limit_by_itself_keeps_what_was_said_and_drops_what_its_tools_did() -> None:
    steps = [
        message
        for n in range(40)
        for message in (
            Message("assistant", "", (ToolCall(f"c{n}", "t", {}),)),
            Message("tool", "x" * MAX_MESSAGE_BYTES, (), f"c{n}", "t"),
        )
    ]
    tail = Tail().with_turn("r1", said("one")).with_turn("r2", (Message("user", "two"), *steps, Message("assistant", "to two")))
    assert tail.turns[-1] == ("r2", said("two"))
    assert [run for run, _ in tail.turns] == ["r1", "r2"]


@given(st.sampled_from(["a", "ß", "世", "🙂", "a🙂"]), st.integers(0, 3))
def test_a_long_message_is_shortened_at_a_whole_character_and_says_so(letter: str, shift: int) -> None:
    content = "x" * shift + letter * (MAX_MESSAGE_BYTES // len(letter.encode()) + 10)
    (kept,) = Tail().with_turn("r1", (Message("user", content),)).messages
    words, mark, _ = kept.content.partition("\n[… shortened")
    assert mark
    assert content.startswith(words)
    assert MAX_MESSAGE_BYTES - 4 < len(words.encode()) <= MAX_MESSAGE_BYTES


def test_a_message_at_the_limit_stays_as_it_is() -> None:
    content = "x" * MAX_MESSAGE_BYTES
    assert Tail().with_turn("r1", (Message("user", content),)).messages[0].content == content


def test_the_results_of_tools_are_stored_once() -> None:
    call = ToolCall("c1", "calculator", {"expression": "1+1"}, result="2", started_at=1.0, duration=0.5)
    turn = (Message("assistant", "", (call,)), Message("tool", "2", (), "c1", "calculator"))
    stored = Tail().with_turn("r1", turn).dump()
    assert orjson.loads(stored)[0][1][0]["tool_calls"] == [{"id": "c1", "name": "calculator", "arguments": {"expression": "1+1"}}]
    assert Tail.load(stored).messages[1] == turn[1]
