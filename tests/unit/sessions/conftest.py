from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.domain import House, Instance


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Instance]:
    """Stores on SQLite and files; its runner answers `to MESSAGE`."""
    house = House.at(tmp_path)
    yield house.instance()
    house.close()
