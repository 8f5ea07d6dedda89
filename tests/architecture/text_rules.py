"""What may not stand in any text of the repository."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.architecture.source import Tree

TEXTS = (".py", ".md", ".yaml", ".yml", ".toml", ".txt", ".tf", ".html", ".css", ".svg", ".sh", ".json", "Makefile", "setup", "run")

# A class of one letter stands in each pattern, so that this file keeps its own rules.
_LATER = re.compile(r"\b(?:TO[D]O|FIX[M]E|XX[X]|HA[C]K)\b")
_BARE_IGNORE = re.compile(r"#\s*(?:type:\s*igno[r]e(?!\[)|no[q]a(?!:\s*[A-Z]))", re.IGNORECASE)
_MACHINE_PATH = re.compile(r"(?<![\w.~])/(?:wor[k]|hom[e]/\w+|User[s]/\w+|roo[t])/[\w.-]")


def nothing_is_put_off(tree: Tree) -> list[str]:
    """What is missing is an issue, not a comment."""
    return list(_found(tree, _LATER, "puts something off"))


def every_ignore_says_what(tree: Tree) -> list[str]:
    """A silenced check names its code."""
    return list(_found(tree, _BARE_IGNORE, "silences a check without its code"))


def no_path_of_one_machine(tree: Tree) -> list[str]:
    """A path that exists on its writer's machine only."""
    return list(_found(tree, _MACHINE_PATH, "names a path of one machine"))


def _found(tree: Tree, pattern: re.Pattern[str], complaint: str) -> Iterator[str]:
    for path in tree.files(*TEXTS):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if match := pattern.search(line):
                yield f"{path.relative_to(tree.root)}:{number}: {match[0]!r} {complaint}"
