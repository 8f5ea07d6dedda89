"""Calling the tools of one turn: arguments checked, failures told to the model, results and their number bounded."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import orjson

from shared.agents.runner import Tool, ToolError
from shared.kit import log
from shared.sessions.messages import ToolCall

RESULT_BYTES = 64 * 1024
TOOL_CALLS = 20

_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "string": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}


class Toolbox:
    """The tools of one turn. Not thread-safe."""

    def __init__(self, tools: Sequence[Tool]) -> None:
        self.fields = [_field(tool) for tool in tools]
        """The tools in the form of the API."""
        self._tools = {tool.name: tool for tool in tools}
        self._used = 0

    @property
    def exhausted(self) -> bool:
        """Whether no further call is carried out in this turn."""
        return self._used >= TOOL_CALLS

    def call(self, call: ToolCall, written: str) -> ToolCall:
        """Carry out `call`, whose arguments the model wrote as `written`; the answer has a result, and `failed` if it is a reason."""
        started = time.time()
        begun = time.perf_counter()
        try:
            result, failed = self._result(call, written), False
        except ToolError as error:
            result, failed = str(error), True
        except Exception as error:  # noqa: BLE001
            # Tools are anybody's code: a bug in one must not end the conversation, and its text may hold what people wrote.
            log.error("a tool failed", error=error, kind=call.name)
            result, failed = "The tool failed.", True
        return replace(call, result=capped(result), failed=failed, started_at=started, duration=time.perf_counter() - begun)

    def _result(self, call: ToolCall, written: str) -> str:
        if self.exhausted:
            raise ToolError(f"The limit of {TOOL_CALLS} tool calls is reached. Answer now with what you know.")
        self._used += 1
        tool = self._tools.get(call.name)
        if tool is None:
            raise ToolError(f"There is no tool of this name. There are: {', '.join(self._tools) or 'none'}.")
        if parse_arguments(written) is None:
            raise ToolError("The arguments must be one JSON object.")
        check_arguments(call.arguments, tool.parameters)
        return tool.call(**call.arguments)


def _field(tool: Tool) -> dict[str, Any]:
    return {"type": "function", "function": {"name": tool.name, "description": tool.description, "parameters": tool.parameters}}


def parse_arguments(written: str) -> dict[str, Any] | None:
    """The arguments that a model wrote; nothing written means none. None if it is not a JSON object."""
    try:
        value = orjson.loads(written.strip() or "{}")
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def check_arguments(arguments: dict[str, Any], parameters: dict[str, Any]) -> None:
    """Raise ToolError, saying what to change, if names or plain types differ from the tool's JSON schema."""
    properties: dict[str, Any] = parameters.get("properties") or {}
    missing = [name for name in parameters.get("required") or () if name not in arguments]
    if missing:
        raise ToolError(f"These arguments are missing: {', '.join(missing)}.")
    for name, value in arguments.items():
        if name not in properties:
            raise ToolError(f"There is no argument {name}. There are: {', '.join(properties) or 'none'}.")
        wanted = properties[name].get("type")
        fits = _TYPES.get(wanted) if isinstance(wanted, str) else None
        if fits and (not isinstance(value, fits) or (isinstance(value, bool) and bool not in fits)):
            raise ToolError(f"The argument {name} must be of type {wanted}.")


def capped(result: str) -> str:
    """At most RESULT_BYTES of a tool's result, and a line that says so if there was more."""
    if len(result) * 4 <= RESULT_BYTES:
        return result
    raw = result.encode(errors="replace")
    if len(raw) <= RESULT_BYTES:
        return result
    note = f"\n[cut: the result had {len(raw):,} bytes]"
    return raw[: RESULT_BYTES - len(note)].decode(errors="ignore") + note
