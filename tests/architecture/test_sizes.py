"""The house's sizes, and the proof that each rule can fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.architecture import size_rules
from tests.architecture.conftest import plant
from tests.architecture.source import Rule, Tree

RULES = (size_rules.files_stay_short, size_rules.functions_stay_short, size_rules.ports_stay_narrow, size_rules.entry_points_only_enter)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_house_keeps(rule: Rule, house: Tree) -> None:
    assert rule(house) == []


def function(lines: int) -> str:
    return "def f():\n" + "    pass\n" * (lines - 1)


def port(methods: int, base: str = "Protocol") -> str:
    return f"class Port({base}):\n" + "".join(f"    def m{index}(self): ...\n" for index in range(methods))


@pytest.mark.parametrize(
    ("rule", "fits", "is_too_large"),
    [
        (size_rules.files_stay_short, {"shared/a.py": "x = 1\n" * 400}, {"shared/a.py": "x = 1\n" * 401}),
        (size_rules.files_stay_short, {"tests/a.py": "x = 1\n" * 400}, {"tests/a.py": "x = 1\n" * 401}),
        (size_rules.functions_stay_short, {"local/a.py": function(60)}, {"local/a.py": function(61)}),
        (size_rules.functions_stay_short, {"shared/a.py": f"async {function(60)}"}, {"shared/a.py": f"async {function(61)}"}),
        (size_rules.ports_stay_narrow, {"shared/a.py": port(8)}, {"shared/a.py": port(9)}),
        (size_rules.ports_stay_narrow, {"shared/a.py": port(9, "object")}, {"shared/a.py": port(9, "typing.Protocol[T]")}),
        (size_rules.entry_points_only_enter, {"functions/a/main.py": "x = 1\n" * 60}, {"functions/a/main.py": "x = 1\n" * 61}),
    ],
)
def test_a_limit_is_where_it_says(rule: Rule, fits: dict[str, str], is_too_large: dict[str, str], tmp_path: Path) -> None:
    assert rule(plant(tmp_path / "good", fits)) == []
    assert rule(plant(tmp_path / "bad", is_too_large))


@pytest.mark.parametrize(
    ("rule", "small", "large"),
    [(size_rules.files_stay_short, "x = 1\n", "x = 1\n" * 301), (size_rules.functions_stay_short, function(3), function(41))],
    ids=["files", "functions"],
)
def test_one_in_twenty_may_pass_the_percentile_and_no_more(rule: Rule, small: str, large: str, tmp_path: Path) -> None:
    one = {f"shared/m{index}.py": large if index < 1 else small for index in range(20)}
    assert rule(plant(tmp_path / "one", one)) == []
    assert rule(plant(tmp_path / "two", {**one, "shared/m1.py": large}))
