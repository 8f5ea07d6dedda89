"""The house as it stands, and samples to prove rules on."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.architecture.source import ROOT, Tree


@functools.cache
def _house() -> Tree:
    return Tree(ROOT)


@pytest.fixture
def house() -> Tree:
    return _house()


def plant(root: Path, files: Mapping[str, str]) -> Tree:
    """A tree of these files."""
    for name, text in files.items():
        place = root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    return Tree(root)
