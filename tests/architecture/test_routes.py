"""The route table, and the proof that each rule can fail."""

from __future__ import annotations

import importlib
from dataclasses import asdict
from pathlib import Path

import pytest
import yaml

from shared.web.routes import DEFAULT_LIMIT, table
from tests.architecture import route_rules
from tests.architecture.conftest import plant
from tests.architecture.source import Rule, Tree

RULES = (
    route_rules.routes_are_whole,
    route_rules.routes_are_guarded,
    route_rules.routes_are_told_apart,
    route_rules.routes_lead_somewhere,
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_house_keeps(rule: Rule, house: Tree) -> None:
    assert rule(house) == []


def test_every_handler_can_be_imported(house: Tree) -> None:
    for row in route_rules.rows(house):
        module, name = route_rules.handler_module(row)
        assert callable(getattr(importlib.import_module(module), name)), row


def test_the_table_read_as_lines_of_json_is_the_table_read_as_yaml(house: Tree) -> None:
    read = [asdict(route) for route in table()]
    wanted = [{"limit": DEFAULT_LIMIT, "accepts": ["application/json"], **row} for row in route_rules.rows(house)]
    assert [{**row, "accepts": list(row["accepts"])} for row in read] == wanted


FILES = {
    "functions/api/main.py": "",
    "functions/api/agents.py": "def list_agents(): ...\ndef get_agent(): ...\n",
    "functions/jobs/main.py": "",
    "functions/jobs/runs.py": "do_run = len\n",
    "shared/web/health.py": "def health(): ...\n",
}
GOOD: list[dict[str, object]] = [
    {"method": "GET", "path": "/health", "function": "every", "handler": "health.health", "scope": "public"},
    {"method": "GET", "path": "/agents", "function": "api", "handler": "agents.list_agents", "scope": "agents:read"},
    {"method": "GET", "path": "/agents/{agent_id}", "function": "api", "handler": "agents.get_agent", "scope": "agents:read"},
    {"method": "POST", "path": "/_push/runs", "function": "jobs", "handler": "runs.do_run", "scope": "internal", "limit": 9, "accepts": []},
]


def sample(root: Path, rows: object, files: dict[str, str] = FILES) -> Tree:
    return plant(root, {**files, "functions/routes.yaml": yaml.safe_dump(rows)})


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_good_sample_passes(rule: Rule, tmp_path: Path) -> None:
    assert rule(sample(tmp_path, GOOD)) == []


@pytest.mark.parametrize("key", sorted(route_rules.NEEDED))
def test_a_missing_key_is_found(key: str, tmp_path: Path) -> None:
    rows = [{name: value for name, value in GOOD[1].items() if name != key}]
    assert any(f"{key} is missing" in complaint for complaint in route_rules.routes_are_whole(sample(tmp_path, rows)))


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        (route_rules.routes_are_whole, {"method": "get"}),
        (route_rules.routes_are_whole, {"method": "TRACE"}),
        (route_rules.routes_are_whole, {"path": "agents"}),
        (route_rules.routes_are_whole, {"path": "/agents/"}),
        (route_rules.routes_are_whole, {"path": "/agents/<id>"}),
        (route_rules.routes_are_whole, {"limit": 0}),
        (route_rules.routes_are_whole, {"limit": 2**30}),
        (route_rules.routes_are_whole, {"scpoe": "agents:read"}),
        (route_rules.routes_are_guarded, {"scope": "agents:reed"}),
        (route_rules.routes_are_guarded, {"scope": ""}),
        (route_rules.routes_are_guarded, {"scope": None}),
        (route_rules.routes_are_guarded, {"scope": "internal"}),
        (route_rules.routes_are_guarded, {"path": "/_push/other"}),
        (route_rules.routes_are_told_apart, {"path": "/agents/{other}"}),
        (route_rules.routes_are_told_apart, {"handler": "agents.get_agent"}),
        (route_rules.routes_lead_somewhere, {"function": "nowhere"}),
        (route_rules.routes_lead_somewhere, {"handler": "agents.nobody"}),
        (route_rules.routes_lead_somewhere, {"handler": "nothing.list_agents"}),
        (route_rules.routes_lead_somewhere, {"function": "every"}),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_a_bad_entry_is_found(rule: Rule, change: dict[str, object], tmp_path: Path) -> None:
    assert rule(sample(tmp_path, [GOOD[0], {**GOOD[1], **change}, *GOOD[2:]]))


def test_a_function_without_a_route_is_found(tmp_path: Path) -> None:
    assert route_rules.routes_lead_somewhere(sample(tmp_path, GOOD, {**FILES, "functions/lonely/main.py": ""}))


def test_an_empty_table_is_found(tmp_path: Path) -> None:
    assert route_rules.routes_are_whole(sample(tmp_path, []))
