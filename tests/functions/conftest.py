"""One product for each module of tests, in this process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.inprocess import InProcess, in_process


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InProcess]:
    with in_process(tmp_path_factory.mktemp("product")) as made:
        yield made
