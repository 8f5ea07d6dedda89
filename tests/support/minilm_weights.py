"""The local embedding model's weights for tests: those of the data folder, fetched by hash when they are missing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from local.model_files import MINILM, FetchFailed, fetch, minilm_path, switched_off


@pytest.fixture(scope="session")
def minilm_weights() -> Path:
    """The ONNX file. Skips in words when it cannot be had, fails when CI is set."""
    try:
        if minilm_path() is None and not switched_off():
            fetch([MINILM])
    except FetchFailed as error:
        if os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(str(error))
    path = minilm_path()
    if path is None:
        pytest.skip("REGGIE_LOCAL_MODEL is off")
    return path
