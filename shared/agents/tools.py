"""The tools that every agent may use: a calculator and the current time. Both are harmless and need nothing from outside."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from shared.agents.runner import Tool, ToolError

EXPRESSION_CHARACTERS = 500
"""This also bounds how deeply an expression nests."""
DIGITS = 400
"""Of whole numbers; floats end at 1e308 by themselves. Multiplying two such numbers takes a microsecond."""
LARGEST: Final = 10**DIGITS
EXPONENT = 1000

Number = int | float


def _root(value: Number) -> float:
    if value < 0:
        raise ToolError("The root of a negative number is not a real number.")
    return math.sqrt(value)


def _round(value: Number, digits: int = 0) -> Number:
    """Python's own would compute 10 to the power of `digits`, however many those are."""
    if abs(digits) > DIGITS:
        raise ToolError(f"Numbers can be rounded to at most {DIGITS} digits.")
    return round(value, digits)


_OPERATORS: Final[dict[type[ast.operator], Callable[[Any, Any], Number]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_FUNCTIONS: Final[dict[str, Callable[..., Number]]] = {"sqrt": _root, "round": _round, "abs": abs, "min": min, "max": max}


def calculate(expression: str) -> str:
    """The value of an arithmetic expression, as text. Raises ToolError, saying what to change.

    Numbers, + - * / // % ** and parentheses, and sqrt, round, abs, min, max. Nothing is evaluated as code.
    """
    if len(expression) > EXPRESSION_CHARACTERS:
        raise ToolError(f"The expression is too long: at most {EXPRESSION_CHARACTERS} characters.")
    plain = expression.strip().replace("×", "*").replace("÷", "/").replace("−", "-").replace("^", "**")  # noqa: RUF001
    try:
        tree = ast.parse(plain, mode="eval")
        value = _value(tree.body)
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise ToolError("This is not an arithmetic expression such as (2 + 3) * 4 or sqrt(2).") from error
    except ZeroDivisionError as error:
        raise ToolError("Division by zero has no result.") from error
    except OverflowError as error:
        raise ToolError("The result is too large.") from error
    except TypeError as error:
        raise ToolError("A function has the wrong number or kind of arguments.") from error
    return _written(value)


def _value(node: ast.expr) -> Number:
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            return _bounded(value)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _value(operand)
        case ast.BinOp(left=left, op=operation, right=right) if type(operation) in _OPERATORS:
            return _applied(operation, _value(left), _value(right))
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in _FUNCTIONS:
            return _bounded(_FUNCTIONS[name](*(_value(argument) for argument in arguments)))
    raise ToolError("Only numbers, + - * / // % **, parentheses and sqrt, round, abs, min, max can be used.")


def _applied(operation: ast.operator, left: Number, right: Number) -> Number:
    if isinstance(operation, ast.Pow):
        if abs(right) > EXPONENT:
            raise ToolError(f"The exponent is too large: at most {EXPONENT}.")
        # The power has at least this many bits; asked before it is computed, as that is what takes time.
        if isinstance(left, int) and isinstance(right, int) and (left.bit_length() - 1) * right >= LARGEST.bit_length():
            raise ToolError(f"The result is too large: at most {DIGITS} digits.")
    return _bounded(_OPERATORS[type(operation)](left, right))


def _bounded(value: object) -> Number:
    """`value` if it is a number that can be shown. Roots of negative numbers are complex in Python."""
    if isinstance(value, complex):
        raise ToolError("The root of a negative number is not a real number.")
    if not isinstance(value, int | float):
        raise ToolError("This has no number as its result.")
    if isinstance(value, float) and not math.isfinite(value):
        raise ToolError("The result is too large.")
    if isinstance(value, int) and abs(value) >= LARGEST:
        raise ToolError(f"The result is too large: at most {DIGITS} digits.")
    return value


def _written(value: Number) -> str:
    """Whole numbers in full; others to 12 significant digits, so that 0.1 + 0.2 is 0.3."""
    if isinstance(value, int):
        return str(value)
    text = format(value, ".12g")
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else text


def current_time(now: datetime, time_zone: str) -> str:
    """`now` in words, in an IANA time zone. Raises ToolError for an unknown one."""
    name = time_zone.strip() or "UTC"
    try:
        there = now.astimezone(UTC if name == "UTC" else ZoneInfo(name))
    except (OSError, ValueError, LookupError) as error:
        raise ToolError(f"There is no time zone {name[:50]!r}. Use a name such as Europe/Berlin, America/New_York or UTC.") from error
    offset = there.strftime("%z")
    return f"{there:%A}, {there.day} {there:%B %Y}, {there:%H:%M} in {name} (UTC{offset[:3]}:{offset[3:5]})"


def builtin_tools(now: Callable[[], datetime]) -> dict[str, Tool]:
    """The catalogue, by name. `now` gives the time with its zone, as Clock.now does."""
    calculator = Tool(
        name="calculator",
        description=(
            "Compute the exact result of an arithmetic expression. Use it for every calculation with numbers, however simple. "
            "It knows + - * / // % ** ( ) sqrt round abs min max."
        ),
        parameters={
            "type": "object",
            "properties": {"expression": {"type": "string", "description": "Numbers and operators only, for example (12.5 + 7) * 3"}},
            "required": ["expression"],
        },
        call=calculate,
    )
    clock = Tool(
        name="current_time",
        description="Tell today's date, the day of the week and the time now. Use it whenever the answer depends on today or on now.",
        parameters={
            "type": "object",
            "properties": {
                "time_zone": {
                    "type": "string",
                    "description": "IANA name of the place's time zone, for example Europe/Berlin. Default: UTC",
                }
            },
        },
        call=lambda time_zone="": current_time(now(), time_zone),
    )
    return {tool.name: tool for tool in (calculator, clock)}
