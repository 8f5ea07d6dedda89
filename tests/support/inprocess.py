"""All functions in this process, on a WSGI application of their own: the laptop's gateway without its server."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

from flask import Flask
from werkzeug.test import Client, TestResponse

from local.gateway import application
from local.seed import Development, development, seed
from local.stub_model import stub_model
from shared.config import Settings
from shared.kit.ids import new_id
from shared.kit.metered import DatabaseUsage
from shared.wiring import services
from shared.workspaces.keys import new_key
from shared.workspaces.models import ApiKey, Workspace
from shared.workspaces.scopes import SCOPES

INTERNAL_TOKEN = "the-platforms-own-token"


@dataclass(frozen=True, slots=True)
class InProcess:
    """A product with the sample workspace, whose agent speaks through a scripted model."""

    app: Flask
    development: Development
    home: Path
    """Where it keeps its data."""

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.development.api_key}"}

    def client(self) -> Client:
        return Client(self.app)

    def call(self, method: str, path: str, *, signed: bool = True, **more: Any) -> TestResponse:
        """One request of the owner's, or of nobody's; the answer is read to its end."""
        headers = {**(self.headers if signed else {}), **more.pop("headers", {})}
        response = self.client().open(path, method=method, headers=headers, **more)
        response.get_data()
        response.close()
        return response

    def key(self, scopes: frozenset[str] = SCOPES, workspace: str = "", *, expires: datetime | None = None, revoked: bool = False) -> str:
        """A new key of the sample workspace, or of another one."""
        made = new_key("dev")
        services.directory().add_key(
            ApiKey(made.id, workspace or self.development.workspace, self.development.user, "test", made.digest, scopes, expires, revoked)
        )
        return made.text

    def workspace(self) -> str:
        """The id of a new, empty workspace."""
        made = Workspace(new_id("wsp"), "Another")
        services.directory().add_workspace(made)
        return made.id

    def session(self) -> str:
        """The id of a new session."""
        created = self.call("POST", "/sessions", json={"agent_id": "assistant"})
        assert created.status_code == 201, created.data
        return str(created.get_json()["session_id"])


@contextmanager
def in_process(home: Path) -> Iterator[InProcess]:
    """Until the block ends, this process's services are a product with its data in `home`."""
    made = development(home, "http://localhost")
    with stub_model() as stub:
        environment = {"OPENAI_BASE_URL": stub.base_url, "OPENAI_API_KEY": "key-of-the-stub", "REGGIE_HOME": str(home)}
        with patch.dict(os.environ, environment):
            settings = replace(Settings.from_environment(), internal_token=INTERNAL_TOKEN)
            with patch.dict(services.__dict__, {"_given": settings, "_agents": {}}, clear=True):
                seed(services.directory(), services.documents(made.workspace, DatabaseUsage()), made, "openai:stub")
                try:
                    yield InProcess(application(), made, home)
                finally:
                    services.document_store.close()
