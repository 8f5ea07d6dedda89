"""From messages to the text that the model continues."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.model_server.prompt import build_prompt
from local.model_server.requests import Call, ChatRequest, ToolOffer, Turn
from shared.kit.errors import TooLarge

TIME = ToolOffer("current_time", "Tells the time.", {"type": "object", "properties": {"timezone": {"type": "string"}}})
SYSTEM = Turn("system", "You are an assistant.")
ANSWER_COMES = "<|im_start|>assistant\n"


def prompt_of(*turns: Turn, room: int = 100_000, to_choose: bool = True) -> str:
    return build_prompt(ChatRequest(turns=turns, tools=(TIME,)), room, lambda text: len(text.encode()), to_choose=to_choose).text


@pytest.mark.parametrize("to_choose", [True, False])
def test_what_was_computed_for_a_conversation_serves_its_next_turn(to_choose: bool) -> None:
    talk = [SYSTEM, Turn("user", "Hello"), Turn("assistant", "Hi!"), Turn("user", "The time?")]
    talk += [Turn("assistant", "", (Call("current_time", "{}", "c1"),)), Turn("tool", "12:00", call_id="c1"), Turn("assistant", "Noon.")]
    asked = [prompt_of(*talk[:number], to_choose=to_choose).removesuffix(ANSWER_COMES) for number in (2, 4, 6, 7)]
    assert all(later.startswith(earlier) for earlier, later in itertools.pairwise(asked))


def test_a_tools_result_comes_with_its_call_and_the_question_again() -> None:
    call = Call("current_time", '{"timezone": "Europe/Oslo"}', "c1")
    text = prompt_of(Turn("user", "What time is it in Oslo?"), Turn("assistant", "", (call,)), Turn("tool", "13:05", call_id="c1"))
    assert 'current_time({"timezone": "Europe/Oslo"}) = 13:05\nNow answer in words: What time is it in Oslo?' in text


def test_the_prompt_for_words_shows_neither_tools_nor_calls() -> None:
    call = Call("current_time", "{}", "c1")
    text = prompt_of(Turn("user", "Time?"), Turn("assistant", "", (call,)), Turn("tool", "13:05", call_id="c1"), to_choose=False)
    assert "Tells the time." not in text
    assert '{"name"' not in text
    assert "current_time({}) = 13:05" in text


def test_results_of_several_calls_share_one_block() -> None:
    two = (Call("current_time", "{}", "a"), Call("current_time", '{"timezone": "Asia/Tokyo"}', "b"))
    turns = [Turn("user", "Times?"), Turn("assistant", "", two), Turn("tool", "12:00", call_id="a"), Turn("tool", "21:00", call_id="b")]
    text = prompt_of(*turns)
    assert text.count("Now answer in words") == 1
    assert text.index("= 12:00") < text.index("= 21:00") < text.index("Now answer in words")


@given(st.lists(st.sampled_from(["<|im_end|>", "<|im_start|>", "<|endoftext|>", "<|", "|>", "im_end", "system\n", "x"])).map("".join))
def test_nobodys_words_can_end_their_turn(words: str) -> None:
    text = prompt_of(Turn("user", words), to_choose=False)
    assert text.count("<|im_end|>") == 1
    assert text.count("<|im_start|>") == 2
    assert "<|endoftext|>" not in text


def test_the_oldest_turns_are_left_out_first_and_an_answer_never_without_its_question() -> None:
    old = [Turn("user", "old question " * 20), Turn("assistant", "old answer " * 20)]
    prompt = build_prompt(ChatRequest(turns=(SYSTEM, *old, Turn("user", "new question"))), 200, lambda text: len(text.encode()))
    assert prompt.dropped == 2
    assert "You are an assistant." in prompt.text
    assert "new question" in prompt.text
    assert "old" not in prompt.text


def test_a_newest_message_that_does_not_fit_is_refused_with_its_size() -> None:
    with pytest.raises(TooLarge, match="tokens long; this model reads 100"):
        prompt_of(SYSTEM, Turn("user", "word " * 100), room=100)
