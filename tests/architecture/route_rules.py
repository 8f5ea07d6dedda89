"""functions/routes.yaml: every route is whole, known and guarded."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path
from typing import Any

import yaml

from shared.workspaces.scopes import INTERNAL, PUBLIC, SCOPES
from tests.architecture.source import FunctionNode, Module, Tree

TABLE = Path("functions/routes.yaml")
EVERY = "every"
"""Stands for each function; such handlers are in shared/web."""
NEEDED = frozenset({"method", "path", "function", "handler", "scope"})
KNOWN = NEEDED | {"limit", "accepts"}
METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
LARGEST_BODY = 32 * 1024 * 1024
"""What Cloud Functions takes: https://cloud.google.com/functions/quotas."""

Row = dict[str, Any]


def rows(tree: Tree) -> list[Row]:
    """The table's entries."""
    found = yaml.safe_load((tree.root / TABLE).read_text())
    return found if isinstance(found, list) else []


def handler_module(row: Row) -> tuple[str, str]:
    """The dotted module and the callable that answer a route."""
    module, _, name = str(row.get("handler", "")).rpartition(".")
    package = "shared.web" if row.get("function") == EVERY else f"functions.{row.get('function')}"
    return f"{package}.{module}", name


def routes_are_whole(tree: Tree) -> list[str]:
    """Each entry has its keys, with values that can be meant."""
    complaints = []
    for row in rows(tree):
        name = f"{TABLE}: {row.get('method')} {row.get('path')}:"
        complaints += [f"{name} {key} is missing" for key in sorted(NEEDED - row.keys())]
        complaints += [f"{name} {key} is not a key of a route" for key in sorted(row.keys() - KNOWN)]
        if row.get("method") not in METHODS:
            complaints.append(f"{name} is not a method")
        if not re.fullmatch(r"/|(/([a-z0-9_.-]+|\{[a-z_]+\}))+", str(row.get("path"))):
            complaints.append(f"{name} a path is made of /segments and /{{parameters}}")
        if not 0 < row.get("limit", 1) <= LARGEST_BODY:
            complaints.append(f"{name} the limit must lie between 1 and {LARGEST_BODY} bytes")
    return complaints or ([] if rows(tree) else [f"{TABLE} is not a list of routes"])


def routes_are_guarded(tree: Tree) -> list[str]:
    """Each asks for a scope that exists; paths of the platform's own senders, and only they, are internal."""
    complaints = []
    for row in rows(tree):
        name, scope = f"{TABLE}: {row.get('method')} {row.get('path')}:", row.get("scope")
        if scope not in {*SCOPES, PUBLIC, INTERNAL}:
            complaints.append(f"{name} {scope!r} is not a scope of shared/workspaces/scopes.py")
        if (scope == INTERNAL) is not str(row.get("path")).startswith("/_"):
            complaints.append(f"{name} internal routes, and no others, begin with /_")
    return complaints


def routes_are_told_apart(tree: Tree) -> list[str]:
    """No two have the same method and path, whatever their parameters are called, nor the same operation name."""
    table = rows(tree)
    places = Counter(f"{row.get('method')} {re.sub(r'{[^}]*}', '{}', str(row.get('path')))}" for row in table)
    operations = Counter(handler_module(row)[1] for row in table)
    return [f"{TABLE}: {name} is there {count} times" for name, count in (places + operations).items() if count > 1]


def routes_lead_somewhere(tree: Tree) -> list[str]:
    """Each names a function with an entry point and a callable in it; each function has a route."""
    complaints = []
    functions = {module.name.split(".")[1] for module in tree.within("functions") if module.path.name == "main.py"}
    for row in rows(tree):
        name, function = f"{TABLE}: {row.get('method')} {row.get('path')}:", str(row.get("function"))
        if function != EVERY and function not in functions:
            complaints.append(f"{name} functions/{function}/main.py is missing")
        module, handler = handler_module(row)
        if module not in tree.modules or handler not in _defined(tree.modules[module]):
            complaints.append(f"{name} {module} has no {handler}")
    named = {str(row.get("function")) for row in rows(tree)}
    return complaints + [f"functions/{function} has no route" for function in sorted(functions - named)]


def _defined(module: Module) -> set[str]:
    names = {node.name for node in module.node.body if isinstance(node, FunctionNode)}
    assigned = (target for node in module.node.body if isinstance(node, ast.Assign) for target in node.targets)
    return names | {target.id for target in assigned if isinstance(target, ast.Name)}
