from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.domain import House, Instance


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House.at(tmp_path)
    yield made
    made.close()


@pytest.fixture
def instance(house: House) -> Instance:
    """Stores on SQLite and files; its runner answers `to MESSAGE`."""
    return house.instance()
