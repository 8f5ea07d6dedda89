"""The environment variables, and the proof that each rule can fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.architecture import environment_rules
from tests.architecture.conftest import plant
from tests.architecture.source import Tree


def test_every_variable_that_is_read_is_documented(house: Tree) -> None:
    assert environment_rules.variables_are_documented(house) == []


def test_every_variable_that_is_documented_is_read(house: Tree) -> None:
    assert environment_rules.documented_variables_are_read(house) == []


@pytest.mark.parametrize(
    "text",
    [
        "import os\nx = os.environ['REGGIE_X']",
        "import os\nx = os.environ.get('REGGIE_X', '')",
        "import os\nx = os.getenv('REGGIE_X')",
        "from os import environ, getenv\nx = environ['REGGIE_X']",
        "from os import getenv\nx = getenv('REGGIE_X')",
        "def f(environment):\n    return environment.get('REGGIE_X')",
        "def f(env):\n    return env['REGGIE_X']",
        "import os\nx = 'REGGIE_X' in os.environ",
        "def f(environment):\n    return seconds(environment, 'REGGIE_X', 15)",
        "class S:\n    def f(self):\n        return self._environment.get('REGGIE_X')",
    ],
)
@pytest.mark.parametrize("place", ["shared/config.py", "functions/api/main.py", "local/gateway.py"])
def test_an_undocumented_variable_is_found(text: str, place: str, tmp_path: Path) -> None:
    files = {place: text, "docs/configuration.md": "| `REGGIE_Y` | another |\n"}
    assert len(environment_rules.variables_are_documented(plant(tmp_path / "bad", files))) == 1
    for documented in ("| `REGGIE_X` | what it does |", "Set `REGGIE_X=off` to ..."):
        assert environment_rules.variables_are_documented(plant(tmp_path / "good", {**files, "docs/configuration.md": documented})) == []


@pytest.mark.parametrize(
    "text",
    [
        "import os\nos.environ['REGGIE_X'] = '1'",
        "x = {}.get('OTHER_X')",
        "x = request.environ['REMOTE_ADDR']",
        "environ = request.environ\nx = environ.get('RAW_URI')",
    ],
)
def test_writing_a_variable_or_reading_another_mapping_is_not_reading_it(text: str, tmp_path: Path) -> None:
    assert environment_rules.variables_are_documented(plant(tmp_path, {"shared/a.py": text})) == []


def test_a_documented_variable_that_nothing_reads_is_found(tmp_path: Path) -> None:
    files = {"docs/configuration.md": "| `REGGIE_X` | what it does |\n", "shared/a.py": "import os\nx = os.environ['REGGIE_XY']"}
    assert environment_rules.documented_variables_are_read(plant(tmp_path, files)) == ["docs/configuration.md: nothing reads REGGIE_X"]
