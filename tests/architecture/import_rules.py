"""Which part of the house may import which, and where foreign libraries may stand. There is no list of exceptions."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.architecture.source import Import, Module, Tree, beneath

LAYERS = (
    ("kit",),
    ("workspaces",),
    ("identity",),
    ("flags",),
    ("sessions", "knowledge", "metrics", "webhooks", "audit"),
    ("agents",),
    ("privacy",),
)
"""Lowest first: a noun imports the layers below its own and itself; those in one layer do not import each other."""
NOUNS = tuple(noun for layer in LAYERS for noun in layer)
EDGES = ("adapters", "web", "config", "wiring")

TECHNOLOGIES = (
    "google",
    "grpc",
    "agno",
    "openai",
    "httpx",
    "requests",
    "urllib3",
    "sqlite3",
    "numpy",
    "onnxruntime",
    "xllamacpp",
    "jwt",
    "cryptography",
)
"""Libraries that only shared/adapters may import."""
SERVERS = ("flask", "werkzeug", "functions_framework", "gunicorn")
"""Libraries that only shared/web may import."""
HEAVY = ("google", "grpc", "agno", "openai", "numpy", "onnxruntime", "xllamacpp", "jwt", "cryptography")
"""Libraries that no function imports at its start: 40 to 500 ms each."""
HOMES = {"google.cloud.firestore": "shared.adapters.firestore", "google.cloud.firestore_v1": "shared.adapters.firestore"}
"""Libraries that have one place in the whole house, the laptop included."""


def part_of(name: str) -> str:
    """`shared.kit.ids` -> `kit`, `functions.chat.main` -> `functions.chat`, `local.gateway` -> `local`."""
    parts = name.split(".")
    if parts[0] == "shared":
        return parts[1] if len(parts) > 1 else "shared"
    return ".".join(parts[:2]) if parts[0] == "functions" and len(parts) > 1 else parts[0]


def nouns_below(noun: str) -> set[str]:
    """What a noun may import: itself and every lower layer."""
    below: set[str] = {noun}
    for layer in LAYERS:
        if noun in layer:
            break
        below.update(layer)
    return below


def one_way(tree: Tree) -> list[str]:
    """Imports inside the house go one way."""
    ports = _ports_and_their_words(tree)
    complaints = []
    for module in tree.within("shared", "functions"):
        part = part_of(module.name)
        if beneath(module.name, "shared") and part not in (*NOUNS, *EDGES, "shared"):
            complaints.append(f"{module.path}: shared/ has no room named {part!r}")
            continue
        for found, target in _in_house(tree, module):
            if not _may_import(part, target, ports):
                complaints.append(f"{module.path}:{found.line}: {part} must not import {target}")
    return complaints


def libraries_stay_in_their_place(tree: Tree) -> list[str]:
    """Technologies stand in adapters, servers in web, Firestore's client in its one adapter."""
    complaints = []
    for module in tree.within("shared", "functions", "local", "scripts"):
        part = part_of(module.name)
        for found in module.imports:
            place = f"{module.path}:{found.line}:"
            if part not in ("local", "scripts"):
                if part != "adapters" and any(beneath(found.target, library) for library in TECHNOLOGIES):
                    complaints.append(f"{place} only shared/adapters may import {found.target}")
                if part != "web" and any(beneath(found.target, library) for library in SERVERS):
                    complaints.append(f"{place} only shared/web may import {found.target}")
            for library, home in HOMES.items():
                if part != "scripts" and beneath(found.target, library) and not beneath(module.name, home):
                    complaints.append(f"{place} only {home} may import {found.target}")
    return complaints


def no_query_crosses_workspaces(tree: Tree) -> list[str]:
    """A collection group spans every workspace's documents, so nobody asks for one."""
    return [
        f"{module.path}:{node.lineno}: collection_group reads every workspace"
        for module in tree.within("shared", "functions", "local")
        for node in ast.walk(module.node)
        if (isinstance(node, ast.Attribute) and node.attr == "collection_group")
        or (isinstance(node, ast.Constant) and node.value == "collection_group")
    ]


def starts_are_light(tree: Tree) -> list[str]:
    """Nothing that an entry point, the web, the wiring or a noun imports at its top leads to a heavy library."""
    roots = [module.name for module in tree.within("functions") if module.path.name == "main.py"]
    roots += [module.name for module in tree.within("shared") if part_of(module.name) in (*NOUNS, "web", "config", "wiring")]
    complaints = set()
    for root in roots:
        for name, chain in tree.eager_closure(root).items():
            for found in tree.modules[name].imports:
                if found.eager and any(beneath(found.target, library) for library in HEAVY):
                    complaints.add(
                        f"{tree.modules[name].path}:{found.line}: {found.target} is imported at the start of {' -> '.join(chain)}"
                    )
    return sorted(complaints)


def _may_import(part: str, target: str, ports: set[str]) -> bool:
    aim = part_of(target)
    if aim in (part, "shared") or part == "wiring":
        return aim != "local" and not aim.startswith("functions")
    if part in NOUNS:
        return aim in nouns_below(part)
    if part == "adapters":
        return aim == "kit" or target in ports
    if part == "web":
        return aim in ("kit", "workspaces")
    if part == "config":
        return aim == "kit"
    return part.startswith("functions") and aim in (*NOUNS, "web", "wiring")


def _in_house(tree: Tree, module: Module) -> Iterator[tuple[Import, str]]:
    for found in module.imports:
        target = tree.house(found.target)
        if target and target.split(".")[0] in ("shared", "functions", "local", "scripts", "tests"):
            yield found, target


def _ports_and_their_words(tree: Tree) -> set[str]:
    """Modules of nouns that define a Protocol, and the nouns' modules that those import; never a service or a store."""
    found: set[str] = set()
    waiting = [module.name for module in tree.within(*(f"shared.{noun}" for noun in NOUNS)) if module.protocols]
    while waiting:
        name = waiting.pop()
        if name in found or part_of(name) not in NOUNS or name.rpartition(".")[2] in ("service", "store"):
            continue
        found.add(name)
        waiting += [target for _, target in _in_house(tree, tree.modules[name])]
    return found
