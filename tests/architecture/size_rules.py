"""How large things may grow."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tests.architecture.source import FunctionNode, Tree

FILE, FILE_95 = 400, 300
FUNCTION, FUNCTION_95 = 60, 40
PORT_METHODS = 8
ENTRY_POINT = 60
"""Lines, methods. `_95`: the 95th percentile of its kind, once there are 20."""
POOLS = (("shared", "functions", "local", "scripts"), ("tests",))
"""Percentiles of the product and of its tests are taken apart, so that neither hides the other."""


def files_stay_short(tree: Tree) -> list[str]:
    """No file passes its limit, nor does the 95th percentile."""
    complaints = []
    for pool in POOLS:
        modules = tree.within(*pool)
        complaints += [f"{module.path}: {module.lines} lines, at most {FILE}" for module in modules if module.lines > FILE]
        complaints += _percentile(f"files in {', '.join(pool)}", [module.lines for module in modules], FILE_95)
    return complaints


def functions_stay_short(tree: Tree) -> list[str]:
    """No function passes its limit, nor does the 95th percentile."""
    complaints = []
    for pool in POOLS:
        sizes = {f"{module.path}:{node.lineno}: {node.name}": length(node) for module in tree.within(*pool) for node in module.functions}
        complaints += [f"{name} has {size} lines, at most {FUNCTION}" for name, size in sizes.items() if size > FUNCTION]
        complaints += _percentile(f"functions in {', '.join(pool)}", list(sizes.values()), FUNCTION_95)
    return complaints


def ports_stay_narrow(tree: Tree) -> list[str]:
    """A Protocol has few methods, so that an adapter is little work."""
    return [
        f"{module.path}:{port.lineno}: port {port.name} has {methods} methods, at most {PORT_METHODS}"
        for module in tree.within("shared", "functions", "local")
        for port in module.protocols
        if (methods := sum(isinstance(node, FunctionNode) for node in port.body)) > PORT_METHODS
    ]


def entry_points_only_enter(tree: Tree) -> list[str]:
    """functions/*/main.py is an entry point and nothing more."""
    return [
        f"{module.path}: {module.lines} lines, at most {ENTRY_POINT}"
        for module in tree.within("functions")
        if module.path.name == "main.py" and module.lines > ENTRY_POINT
    ]


def length(node: FunctionNode) -> int:
    """Lines from `def` to the end, docstring included."""
    return (node.end_lineno or node.lineno) - node.lineno + 1


def _percentile(what: str, sizes: Sequence[int], limit: int) -> list[str]:
    if len(sizes) < 20:
        return []
    size = sorted(sizes)[math.ceil(len(sizes) * 0.95) - 1]
    return [f"{what}: the 95th percentile is {size} lines, at most {limit}"] if size > limit else []
