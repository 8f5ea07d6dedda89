"""What the model writes when it chooses tools, read back."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from local.model_server.grammar import CHOICE_OPENING, choice_grammar, no_tool_choice, read_calls
from local.model_server.prompt import call_text
from local.model_server.requests import Call, ToolOffer

CALCULATOR = ToolOffer("calculator", "Computes.", {"type": "object", "properties": {"expression": {"type": "string"}}})
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)
calls = st.builds(
    lambda name, arguments: Call(name, json.dumps(arguments, ensure_ascii=False)),
    st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True),
    st.dictionaries(st.text(), values, max_size=4),
)


@given(st.lists(calls, max_size=4))
def test_calls_are_read_back_as_they_were_written(written: list[Call]) -> None:
    tools = [ToolOffer(call.name, "", {}) for call in written]
    assert read_calls("\n".join(call_text(call) for call in written), tools) == tuple(dict.fromkeys(written))


@given(st.lists(calls, min_size=1, max_size=3), st.data())
def test_a_choice_cut_anywhere_gives_only_the_whole_calls(written: list[Call], data: st.DataObject) -> None:
    lines = [call_text(call) for call in written]
    text = "\n".join(lines)
    cut = data.draw(st.integers(0, len(text)))
    whole = [call for number, call in enumerate(written) if len("\n".join(lines[: number + 1])) <= cut]
    assert read_calls(text[:cut], [ToolOffer(call.name, "", {}) for call in written]) == tuple(dict.fromkeys(whole))


@given(st.text() | st.just(call_text(Call("calculator", "{}"))))
def test_words_are_never_calls(words: str) -> None:
    assert read_calls(no_tool_choice([CALCULATOR]) + words, [CALCULATOR]) == ()


def test_a_call_of_something_that_is_no_tool_is_left_out() -> None:
    assert read_calls('{"name": "rm", "arguments": {}}', [CALCULATOR]) == ()


def test_the_word_for_no_tool_gives_way_to_a_tool_of_that_name() -> None:
    taken = ToolOffer("none", "", {"type": "object"})
    assert no_tool_choice([taken]) == f'{CHOICE_OPENING}none_of_these"}}\n'


def test_a_call_that_must_come_leaves_no_way_to_choose_none() -> None:
    assert '"none\\"}\\n"' in choice_grammar([CALCULATOR], must_call=False)
    assert "none" not in choice_grammar([CALCULATOR], must_call=True)
