"""Environment variables: what is read is documented, and what functions are given is read."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.architecture.source import Module, Tree

DOCUMENT = Path("docs/configuration.md")
_NAME = re.compile(r"[A-Z][A-Z0-9_]+")


def variables_are_documented(tree: Tree) -> list[str]:
    """Each variable that shared/, functions/ or local/ read stands in docs/configuration.md, in backticks."""
    document = tree.root / DOCUMENT
    known = set(re.findall(r"`([A-Z][A-Z0-9_]+)(?:=[^`]*)?`", document.read_text())) if document.exists() else set()
    return [
        f"{module.path}:{line}: {name} is not in {DOCUMENT}"
        for module in tree.within("shared", "functions", "local")
        for name, line in reads(module)
        if name not in known
    ]


def documented_variables_are_read(tree: Tree) -> list[str]:
    """Each row of the document's tables names a variable that something still uses."""
    used = "\n".join(path.read_text() for path in tree.files(".py", "Makefile", "setup", ".tf", "run"))
    rows = re.findall(r"^\|\s*`([A-Z][A-Z0-9_]+)`", (tree.root / DOCUMENT).read_text(), re.MULTILINE)
    return [f"{DOCUMENT}: nothing reads {name}" for name in rows if not re.search(rf"\b{name}\b", used)]


def reads(module: Module) -> list[tuple[str, int]]:
    """Variables that a module reads: by name from os.environ, os.getenv or any mapping that is named for the environment.

    One of the product's own, REGGIE_..., counts wherever it stands as a whole string, whatever helper it is handed to.
    """
    mappings = {"env", "environment", "variables"} | {found.target[3:] for found in module.imports if found.target == "os.environ"}
    written = {id(node.slice) for node in ast.walk(module.node) if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store)}
    found = set()
    for node in ast.walk(module.node):
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load) and _is_environment(node.value, mappings):
            key: ast.AST = node.slice
        elif isinstance(node, ast.Call) and node.args and _is_reader(node.func, mappings):
            key = node.args[0]
        elif isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In) and _is_environment(node.comparators[0], mappings):
            key = node.left
        elif isinstance(node, ast.Constant) and str(node.value).startswith("REGGIE_") and id(node) not in written:
            key = node
        else:
            continue
        if isinstance(key, ast.Constant) and isinstance(key.value, str) and _NAME.fullmatch(key.value):
            found.add((key.value, key.lineno))
    return sorted(found)


def _is_reader(function: ast.expr, mappings: set[str]) -> bool:
    if isinstance(function, ast.Attribute):
        return function.attr == "getenv" or (function.attr == "get" and _is_environment(function.value, mappings))
    return isinstance(function, ast.Name) and function.id == "getenv"


def _is_environment(node: ast.expr, mappings: set[str]) -> bool:
    """Whether this is `os.environ` or a mapping named for it; `request.environ` is WSGI's."""
    if isinstance(node, ast.Attribute) and node.attr == "environ":
        return isinstance(node.value, ast.Name) and node.value.id == "os"
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return name.lstrip("_") in mappings
