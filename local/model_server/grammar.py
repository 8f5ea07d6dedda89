"""What the model may write when tools are on offer: first a choice, `none` or calls with arguments by their schemas, then words.

Written in Lark as LLGuidance reads it, which takes a JSON schema as a terminal (https://github.com/guidance-ai/llguidance/blob/main/docs/syntax.md).
A schema that it cannot read leaves the model free without a word, so what was written is checked here once more.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from local.model_server.requests import Call, ToolOffer

MOST_CALLS = 4
"""Calls in one choice: a small model that repeats itself must come to an end."""
_TIGHT = {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}

CHOICE_OPENING = '{"name": "'
"""How every choice begins; given to the model, so that it costs reading and not writing."""


def no_tool(tools: Sequence[ToolOffer]) -> str:
    """The word for choosing no tool; another one if a tool has taken it."""
    name = "none"
    while any(tool.name == name for tool in tools):
        name += "_of_these"
    return name


def no_tool_choice(tools: Sequence[ToolOffer]) -> str:
    """What the model writes before words."""
    return f'{CHOICE_OPENING}{no_tool(tools)}"}}\n'


def choice_grammar(tools: Sequence[ToolOffer], *, must_call: bool) -> str:
    """For what follows CHOICE_OPENING: up to MOST_CALLS calls, one a line, or, unless `must_call`, the rest of `no_tool_choice`."""
    rules = []
    for number, tool in enumerate(tools):
        opening = json.dumps(f'{tool.name}", "arguments": ')
        rules.append(f'call_{number}: {opening} arguments_{number} "}}"')
        rules.append(f"arguments_{number}: %json {_schema(tool.parameters)}")
    calls = f"(one_call ({json.dumps(chr(10) + CHOICE_OPENING)} one_call){{0,{MOST_CALLS - 1}}})"
    none = json.dumps(no_tool_choice(tools).removeprefix(CHOICE_OPENING))
    one_call = " | ".join(f"call_{number}" for number in range(len(tools)))
    return _lark(f"start: {calls}" if must_call else f"start: {calls} | {none}", f"one_call: {one_call}", *rules)


def words_after_tool_grammar() -> str:
    """For the words after a tool's result: they do not begin as another call does, nor as a code block that holds one."""
    return _lark(r"start: /[^{\s`](.|\n)*/")


def schema_grammar(schema: dict[str, Any]) -> str:
    """For an answer that is one JSON value by `schema`."""
    return _lark(f"start: %json {_schema(schema)}")


def is_json(text: str) -> bool:
    try:
        json.loads(text)
    except json.JSONDecodeError:
        return False
    return True


def read_calls(choice: str, tools: Sequence[ToolOffer]) -> tuple[Call, ...]:
    """The whole calls of `tools` in a choice, opening included, each once.

    One that was torn off is left out, and words or `none` are no calls.
    """
    names = {tool.name for tool in tools}
    calls: list[Call] = []
    decoder = json.JSONDecoder()
    rest = choice
    while rest.startswith("{"):
        try:
            value, end = decoder.raw_decode(rest)
        except json.JSONDecodeError:
            break
        name, arguments = value.get("name"), value.get("arguments")
        if not isinstance(name, str) or name not in names or not isinstance(arguments, dict):
            break
        calls.append(Call(name, json.dumps(arguments, ensure_ascii=False)))
        rest = rest[end:].lstrip()
    return tuple(dict.fromkeys(calls))


def _lark(*rules: str) -> str:
    return "\n".join(("%llguidance {}", *rules, ""))


def _schema(schema: dict[str, Any]) -> str:
    return json.dumps({**schema, "x-guidance": _TIGHT})
