"""The house's imports, and the proof that each rule can fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.architecture import import_rules
from tests.architecture.conftest import plant
from tests.architecture.import_rules import LAYERS, NOUNS
from tests.architecture.source import Rule, Tree

RULES = (
    import_rules.one_way,
    import_rules.libraries_stay_in_their_place,
    import_rules.no_query_crosses_workspaces,
    import_rules.starts_are_light,
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_house_keeps(rule: Rule, house: Tree) -> None:
    assert rule(house) == []


def test_the_house_is_found(house: Tree) -> None:
    assert {"shared.kit.errors", "shared.kit.documents", "shared.agents.runner"} <= set(house.modules)


GOOD = {
    "shared/kit/documents.py": "from typing import Protocol\nclass Documents(Protocol):\n    def get(self): ...\n",
    "shared/sessions/events.py": "import shared.kit.documents\n",
    "shared/sessions/service.py": "from shared.sessions import events\n",
    "shared/agents/runner.py": "import typing\nfrom shared.sessions.events import X\nclass Runner(typing.Protocol):\n    x: int\n",
    "shared/workspaces/models.py": "",
    "shared/adapters/agno/runner.py": "import agno\nfrom shared.agents.runner import Runner\nfrom shared.sessions.events import X\n",
    "shared/adapters/firestore/store.py": "import google.cloud.firestore\nfrom shared.kit import documents\n",
    "shared/web/app.py": "import flask\nfrom shared.workspaces import models\n",
    "shared/wiring.py": "from shared.web import app\ndef store():\n    from shared.adapters.firestore.store import Store\n",
    "functions/chat/main.py": "from shared.wiring import store\nfrom shared.web import app\n",
    "local/gateway.py": "import flask\nimport functions.chat.main\nimport shared.wiring\n",
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_good_sample_passes(rule: Rule, tmp_path: Path) -> None:
    assert rule(plant(tmp_path, GOOD)) == []


BAD = [
    (import_rules.one_way, "shared/kit/x.py", "from shared.sessions import events"),
    (import_rules.one_way, "shared/kit/x.py", "def f():\n    import shared.workspaces.models"),
    (import_rules.one_way, "shared/kit/x.py", "from ..sessions.events import X"),
    (import_rules.one_way, "shared/kit/x.py", "import importlib\nimportlib.import_module('shared.web.app')"),
    (import_rules.one_way, "shared/sessions/x.py", "from shared.agents import runner"),
    (import_rules.one_way, "shared/sessions/x.py", "import shared.adapters.firestore.store"),
    (import_rules.one_way, "shared/sessions/x.py", "import shared.wiring"),
    (import_rules.one_way, "shared/sessions/x.py", "import local.gateway"),
    (import_rules.one_way, "shared/agents/x.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import shared.web.app"),
    (import_rules.one_way, "shared/adapters/agno/x.py", "from shared.sessions import service"),
    (import_rules.one_way, "shared/adapters/agno/x.py", "import shared.workspaces.models"),
    (import_rules.one_way, "shared/adapters/agno/x.py", "import shared.web.app"),
    (import_rules.one_way, "shared/adapters/agno/x.py", "import shared.wiring"),
    (import_rules.one_way, "shared/web/x.py", "from shared.sessions import events"),
    (import_rules.one_way, "shared/web/x.py", "import shared.wiring"),
    (import_rules.one_way, "shared/config.py", "import shared.wiring"),
    (import_rules.one_way, "shared/wiring.py", "import functions.chat.main"),
    (import_rules.one_way, "shared/wiring.py", "import local.gateway"),
    (import_rules.one_way, "shared/helpers/x.py", ""),
    (import_rules.one_way, "functions/chat/x.py", "import shared.adapters.agno.runner"),
    (import_rules.one_way, "functions/api/x.py", "import functions.chat.main"),
    (import_rules.one_way, "functions/chat/x.py", "import local.gateway"),
    (import_rules.libraries_stay_in_their_place, "shared/kit/x.py", "import google.auth"),
    (import_rules.libraries_stay_in_their_place, "shared/agents/x.py", "def f():\n    from agno.agent import Agent"),
    (import_rules.libraries_stay_in_their_place, "shared/agents/x.py", "from openai import OpenAI"),
    (import_rules.libraries_stay_in_their_place, "shared/sessions/x.py", "import sqlite3"),
    (import_rules.libraries_stay_in_their_place, "shared/web/x.py", "import httpx"),
    (import_rules.libraries_stay_in_their_place, "shared/wiring.py", "import google.cloud.storage"),
    (import_rules.libraries_stay_in_their_place, "shared/sessions/x.py", "from werkzeug.exceptions import NotFound"),
    (import_rules.libraries_stay_in_their_place, "shared/adapters/agno/x.py", "import flask"),
    (import_rules.libraries_stay_in_their_place, "functions/chat/main.py", "import functions_framework"),
    (import_rules.libraries_stay_in_their_place, "shared/adapters/gcs/x.py", "from google.cloud import firestore"),
    (import_rules.libraries_stay_in_their_place, "shared/adapters/gcs/x.py", "from google.cloud.firestore_v1.types import Document"),
    (import_rules.libraries_stay_in_their_place, "local/x.py", "from google.cloud import firestore"),
    (import_rules.no_query_crosses_workspaces, "shared/adapters/firestore/x.py", "def f(c):\n    return c.collection_group('runs')"),
    (import_rules.no_query_crosses_workspaces, "shared/adapters/firestore/x.py", "def f(c):\n    return getattr(c, 'collection_group')"),
    (import_rules.starts_are_light, "functions/chat/main.py", "import agno"),
    (import_rules.starts_are_light, "functions/chat/main.py", "import shared.adapters.agno.runner"),
    (import_rules.starts_are_light, "shared/wiring.py", "from shared.adapters.firestore import store"),
    (import_rules.starts_are_light, "shared/web/x.py", "try:\n    import grpc\nexcept ImportError:\n    grpc = None"),
    (import_rules.starts_are_light, "shared/kit/x.py", "class X:\n    import numpy"),
    (import_rules.starts_are_light, "shared/sessions/__init__.py", "from google.auth import default"),
]


@pytest.mark.parametrize(("rule", "path", "text"), BAD, ids=lambda value: getattr(value, "__name__", str(value)))
def test_a_bad_sample_fails(rule: Rule, path: str, text: str, tmp_path: Path) -> None:
    complaints = rule(plant(tmp_path, {**GOOD, path: text}))
    name = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    assert any(path in complaint or name in complaint for complaint in complaints), complaints


@pytest.mark.parametrize("importer", NOUNS)
@pytest.mark.parametrize("imported", NOUNS)
def test_every_pair_of_nouns_follows_the_layers(importer: str, imported: str, tmp_path: Path) -> None:
    tree = plant(tmp_path, {f"shared/{imported}/a.py": "", f"shared/{importer}/b.py": f"import shared.{imported}.a"})
    level = {noun: index for index, layer in enumerate(LAYERS) for noun in layer}
    allowed = importer == imported or level[imported] < level[importer]
    assert (import_rules.one_way(tree) == []) is allowed


def test_a_lazy_import_leaves_a_start_light(tmp_path: Path) -> None:
    lazy = "def store():\n    from shared.adapters.firestore import store\n"
    typed = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from shared.adapters.firestore import store\n"
    assert import_rules.starts_are_light(plant(tmp_path, {**GOOD, "shared/wiring.py": typed + lazy})) == []
