"""From a chat request to the text that the model continues: ChatML turns, as Qwen2.5 was trained on.

There are two prompts. One asks for a choice among the tools; the words are written to the other, which shows no tools: a 1.5B model
takes the explanation of the tools for something to talk about. Nothing is said about who the model is: that is for the agent's
instructions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from local.model_server.grammar import no_tool, no_tool_choice
from local.model_server.requests import Call, ChatRequest, ToolOffer, Turn
from shared.kit.errors import TooLarge

_MARK = re.compile(r"<\|(?=[a-z_]+\|>)")
"""How every special token of Qwen begins: in somebody's text it must stay text."""

_HOW_TO_CHOOSE = (
    'Begin every answer with the tool that the newest message asks for: {"name": "<tool>", "arguments": {...}}, or {"name": "none"} and on '
    "the next line the answer in words."
)
_NEED_NO_TOOL = ("Hello!", "I am Anna.", "What can you do?", "Give me tips.", "What is the largest city of Spain?")
_LONG_QUESTION = 600
"""Characters; a longer question is not repeated after a tool's result."""

_ANSWER_COMES = "<|im_start|>assistant\n"


@dataclass(frozen=True, slots=True)
class Prompt:
    """`dropped` counts the turns that were left out because the context is full."""

    text: str
    dropped: int = 0


def build_prompt(request: ChatRequest, room: int, count_tokens: Callable[[str], int], *, to_choose: bool = False) -> Prompt:
    """The prompt for words, or, `to_choose`, for a choice among the tools, in at most `room` tokens.

    The oldest turns are left out first, never the instructions or the newest question. Raises TooLarge when those alone do not fit.
    """
    tools = request.tools if to_choose else ()
    system = _system(request, tools)
    turns = [turn for turn in request.turns if turn.role != "system"]
    blocks = _blocks(turns, tools)
    tokens = 0
    # An answer or a tool's result without its question would mislead, so the rest begins with a user's turn.
    for start in [0, *(number for number, turn in enumerate(turns) if turn.role == "user" and number > 0)]:
        text = system + "".join(blocks[start:]) + _ANSWER_COMES
        # A token is at least one byte, so a short text needs no counting.
        if len(text.encode()) <= room or (tokens := count_tokens(text)) <= room:
            return Prompt(text, start)
    raise TooLarge(f"The instructions and the newest message are {tokens:,} tokens long; this model reads {room:,}. Send less.")


def call_text(call: Call) -> str:
    """A call as the model writes it."""
    return f'{{"name": {json.dumps(call.name)}, "arguments": {call.arguments or "{}"}}}'


def _system(request: ChatRequest, tools: Sequence[ToolOffer]) -> str:
    """Always the same for one agent, so that what the model computed for it serves the next request too."""
    parts = [turn.text.strip() for turn in request.turns if turn.role == "system"]
    if tools:
        parts.append(_tools_text(tools))
    if request.schema is not None:
        parts.append(f"Answer with one JSON value by this schema: {json.dumps(request.schema)}")
    text = "\n\n".join(_plain(part) for part in parts if part)
    return f"<|im_start|>system\n{text}<|im_end|>\n" if text else ""


def _tools_text(tools: Sequence[ToolOffer]) -> str:
    """The tools and how to choose. Asking for a choice every time, with a word for no tool, is what makes a 1.5B model choose well:

    of 35 prompts 34 were right so, 26 with a prompt like that of Qwen's own template.
    """
    none = no_tool(tools)
    lines = [f"- {tool.name}: {tool.description.strip()} {_arguments_text(tool)}".strip() for tool in tools]
    return "\n".join(
        [
            "# Tools",
            "",
            *lines,
            f"- {none}: For everything else: greetings, introductions, thanks, facts, translations, writing, code.",
            "",
            _HOW_TO_CHOOSE.replace("none", none),
            "Examples:",
            *(f'{message} -> {{"name": "{none}"}}' for message in _NEED_NO_TOOL),
        ]
    )


def _arguments_text(tool: ToolOffer) -> str:
    properties = tool.parameters.get("properties")
    if not isinstance(properties, dict) or not properties:
        return ""
    required = tool.parameters.get("required") or ()
    told = []
    for name, schema in properties.items():
        shape = schema if isinstance(schema, dict) else {}
        kind = (
            shape.get("type") if isinstance(shape.get("type"), str) else json.dumps({k: v for k, v in shape.items() if k != "description"})
        )
        told.append(f'"{name}" ({kind}{"" if name in required else ", optional"}): {shape.get("description", "")}'.rstrip(": "))
    return f"Arguments: {', '.join(told)}"


def _blocks(turns: Sequence[Turn], tools: Sequence[ToolOffer]) -> list[str]:
    """One ChatML block for each turn; results of tools share the block of the last of them, and the others are empty.

    Without tools to choose from, calls are left out: the results name them.
    """
    blocks: list[str] = []
    called: dict[str, Call] = {}
    question, results = "", list[str]()
    for number, turn in enumerate(turns):
        if turn.role == "tool":
            call = called.get(turn.call_id)
            results.append(f"{call.name}({call.arguments}) = {turn.text}" if call else turn.text)
            more_come = number + 1 < len(turns) and turns[number + 1].role == "tool"
            blocks.append("" if more_come else _results_block(results, question))
            continue
        results = []
        called.update({call.id: call for call in turn.calls})
        question = turn.text if turn.role == "user" else question
        text = turn.text
        if turn.role == "assistant" and tools:
            text = "\n".join(call_text(call) for call in turn.calls) or no_tool_choice(tools) + text
        blocks.append(f"<|im_start|>{turn.role}\n{_plain(text)}<|im_end|>\n" if text or not turn.calls else "")
    return blocks


def _results_block(results: Sequence[str], question: str) -> str:
    """What the tools answered, with the question again: of 11 results the model told 11 so, 4 when it was given the bare results."""
    again = question if 0 < len(question) <= _LONG_QUESTION else "my question above"
    lines = "\n".join([*results, f"Now answer in words: {again}"])
    return f"<|im_start|>user\n{_plain(lines)}<|im_end|>\n"


def _plain(text: str) -> str:
    return _MARK.sub("< |", text)
