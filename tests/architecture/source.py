"""The Python sources of a tree, parsed once, with what each imports. Rules are functions from a Tree to a list of complaints."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LEFT_OUT = frozenset({".git", ".venv", ".local", "build", "node_modules", "__pycache__", ".hypothesis"})

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


def beneath(name: str, package: str) -> bool:
    """Whether a dotted name is the package or lies in it."""
    return name == package or name.startswith(package + ".")


@dataclass(frozen=True, slots=True)
class Import:
    """One imported name: `from a.b import c` is `a.b.c` here. `eager` when importing the module imports this too."""

    target: str
    line: int
    eager: bool


@dataclass(frozen=True)
class Module:
    """One file. `name` as it is imported; `path` relative to the tree's root."""

    name: str
    path: Path
    text: str
    node: ast.Module

    @property
    def lines(self) -> int:
        return len(self.text.splitlines())

    @cached_property
    def imports(self) -> list[Import]:
        return [found for node in self.node.body for found in _imports(node, self, eager=True)]

    @cached_property
    def functions(self) -> list[FunctionNode]:
        return [node for node in ast.walk(self.node) if isinstance(node, FunctionNode)]

    @cached_property
    def protocols(self) -> list[ast.ClassDef]:
        return [node for node in ast.walk(self.node) if isinstance(node, ast.ClassDef) and any(_is_protocol(base) for base in node.bases)]


class Tree:
    """The sources below a root."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @cached_property
    def modules(self) -> dict[str, Module]:
        """Every Python module by name."""
        found = {}
        for path in self.files(".py"):
            relative = path.relative_to(self.root)
            parts = relative.with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            text = path.read_text(encoding="utf-8")
            found[name] = Module(name, relative, text, ast.parse(text, str(relative)))
        return found

    def within(self, *packages: str) -> list[Module]:
        return [module for name, module in sorted(self.modules.items()) if any(beneath(name, package) for package in packages)]

    def files(self, *endings: str) -> list[Path]:
        """Every file whose name ends so, tools' own folders left out."""
        return sorted(path for path in _walk(self.root) if path.name.endswith(endings))

    def house(self, target: str) -> str:
        """The module of this tree that an imported name belongs to; the name itself when it is foreign."""
        while target:
            if target in self.modules:
                return target
            target = target.rpartition(".")[0]
        return ""

    def eager_closure(self, root: str) -> dict[str, tuple[str, ...]]:
        """Every module of the tree that importing `root` imports, with the chain that leads there."""
        reached: dict[str, tuple[str, ...]] = {}
        waiting: list[tuple[str, tuple[str, ...]]] = [(root, ())]
        while waiting:
            name, chain = waiting.pop()
            if name in reached or name not in self.modules:
                continue
            reached[name] = (*chain, name)
            parents = [name.rsplit(".", count)[0] for count in range(1, name.count(".") + 1)]
            targets = [self.house(found.target) for found in self.modules[name].imports if found.eager]
            waiting += [(target, reached[name]) for target in (*parents, *targets) if target]
        return reached


Rule = Callable[[Tree], list[str]]


def _walk(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.is_dir():
            if path.name not in LEFT_OUT and not path.name.endswith("_cache"):
                yield from _walk(path)
        else:
            yield path


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Subscript):
        node = node.value
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _is_protocol(base: ast.expr) -> bool:
    """`Protocol`, `Protocol[T]` or `typing.Protocol`, and not asyncio's."""
    inner = base.value if isinstance(base, ast.Subscript) else base
    return _last_name(inner) == "Protocol" and (isinstance(inner, ast.Name) or _last_name(getattr(inner, "value", inner)) == "typing")


def _imports(node: ast.AST, module: Module, *, eager: bool) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        yield from (Import(alias.name, node.lineno, eager) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = _absolute(node, module)
        yield from (Import(f"{base}.{alias.name}".strip("."), node.lineno, eager) for alias in node.names)
    elif isinstance(node, ast.Call) and _last_name(node.func) in ("import_module", "__import__"):
        yield from (Import(str(name.value), node.lineno, eager) for name in node.args[:1] if isinstance(name, ast.Constant))
    if isinstance(node, ast.If) and _last_name(node.test) == "TYPE_CHECKING":
        for statement in node.body:
            yield from _imports(statement, module, eager=False)
        for statement in node.orelse:
            yield from _imports(statement, module, eager=eager)
        return
    inner = eager and not isinstance(node, FunctionNode | ast.Lambda)
    for child in ast.iter_child_nodes(node):
        yield from _imports(child, module, eager=inner)


def _absolute(node: ast.ImportFrom, module: Module) -> str:
    if not node.level:
        return node.module or ""
    package = module.name if module.path.name == "__init__.py" else module.name.rpartition(".")[0]
    for _ in range(node.level - 1):
        package = package.rpartition(".")[0]
    return f"{package}.{node.module}" if node.module else package
