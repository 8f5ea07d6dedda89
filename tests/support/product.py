"""Start the whole product as `make dev` does: a process of its own on a free port, with its data in a folder of the test's."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import orjson

from local.seed import sample_agent
from local.stub_model import StubModel
from shared.adapters.sqlite.documents import SqliteStore
from shared.agents.store import AgentStore
from shared.kit.errors import AlreadyExists
from shared.kit.ids import new_id
from shared.workspaces.keys import new_key
from shared.workspaces.models import ApiKey, Workspace
from shared.workspaces.scopes import SCOPES
from shared.workspaces.store import PLATFORM_ROOT, Directory, workspace_root
from tests.support.emulators import free_port

ROOT = Path(__file__).parents[2]
START_SECONDS = 60.0
"""How long a start may take: 2 s on an idle machine, much more beside a busy test run."""
_OWN = ("REGGIE_", "OPENAI_", "PORT", "HOST", "THREADS")


def environment_for(stub: StubModel) -> dict[str, str]:
    """The variables that make the sample agent speak through this scripted model."""
    return {"REGGIE_MODEL": "openai:stub", "OPENAI_BASE_URL": stub.base_url, "OPENAI_API_KEY": "key-of-the-stub"}


@dataclass(slots=True)
class Product:
    """One running product. Several may share one `home`: they then share data, credentials and queue."""

    url: str
    home: Path
    process: subprocess.Popen[bytes]
    development: dict[str, Any] = field(default_factory=dict)
    """What dev.json holds."""

    @classmethod
    def start(cls, home: Path, *, env: Mapping[str, str]) -> Product:
        """Start it and wait until it answers. Raises RuntimeError with what it printed when it does not."""
        home.mkdir(parents=True, exist_ok=True)
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(_OWN)}
        printed = home / f"printed-{os.getpid()}-{time.monotonic_ns()}.txt"
        for _ in range(3):
            port = free_port()
            environment = {**inherited, "REGGIE_TEST": "1", **env, "REGGIE_HOME": str(home), "PORT": str(port)}
            with printed.open("ab") as output:
                # A session of its own: its group is the server, its worker and what they start.
                process = subprocess.Popen(
                    [sys.executable, "-m", "local"], cwd=ROOT, env=environment, stdout=output, stderr=output, start_new_session=True
                )
            product = cls(f"http://127.0.0.1:{port}", home, process)
            try:
                if product._answers():
                    product.development = orjson.loads((home / "dev.json").read_bytes())
                    return product
            except BaseException:
                product.kill()
                raise
            product.kill()
            if b"cannot be used: another program has it" not in printed.read_bytes():
                break
        raise RuntimeError(f"the product did not start:\n{printed.read_text()[-4000:]}")

    @property
    def api_key(self) -> str:
        key: str = self.development["api_key"]
        return key

    @property
    def workspace(self) -> str:
        workspace: str = self.development["workspace"]
        return workspace

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.api_key}"}

    def client(self, api_key: str | None = None, timeout: float = 30.0) -> httpx.Client:
        """An HTTP client that signs in; close it, or use it in a `with`."""
        headers = {"Authorization": f"Bearer {api_key or self.api_key}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=timeout, trust_env=False)

    def new_key(self, workspace: str, user: str) -> str:
        """Enter a key with every scope for a user of a workspace, which is made, with the sample agent, when it is not there.

        For a product on SQLite only: it writes into the data folder beside the running product.
        """
        key = new_key("test")
        store = SqliteStore(self.home / "documents.db")
        directory, documents = Directory(store.open(PLATFORM_ROOT)), store.open(workspace_root(workspace))
        try:
            with suppress(AlreadyExists):
                directory.add_workspace(Workspace(workspace, workspace))
            with suppress(AlreadyExists):
                AgentStore(documents).add(sample_agent("openai:stub"))
            directory.add_key(ApiKey(key.id, workspace, user, "a test", key.digest, SCOPES))
        finally:
            store.close()
        return key.text

    def new_agent(self, agent: str, name: str, model: str = "openai:stub") -> None:
        """Enter another agent like the sample one into the sample workspace, if it is not there. For a product on SQLite only."""
        store = SqliteStore(self.home / "documents.db")
        try:
            with suppress(AlreadyExists):
                AgentStore(store.open(workspace_root(self.workspace))).add(replace(sample_agent(model), id=agent, name=name))
        finally:
            store.close()

    def new_member(self, email: str) -> str:
        """Enter somebody without a password as a member of the sample workspace; returns the user's id. For a product on SQLite only."""
        user = new_id("usr")
        store = SqliteStore(self.home / "documents.db")
        directory = Directory(store.open(PLATFORM_ROOT))
        try:
            directory.add_user(user, email, "", email.partition("@")[0])
            directory.add_member(self.workspace, user)
        finally:
            store.close()
        return user

    def log(self) -> list[dict[str, Any]]:
        """The records that every product of this home has logged."""
        file = self.home / "log.jsonl"
        return [orjson.loads(line) for line in file.read_bytes().splitlines()] if file.exists() else []

    def kill(self) -> None:
        """End server and workers at once, as `kill -9` does; what they held in memory is gone."""
        self._signal(signal.SIGKILL)

    def stop(self) -> None:
        """Ask it to end and wait; kill it when it does not within 15 s."""
        if self.process.poll() is None:
            self.process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=15)
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)
        self.process.wait(timeout=10)

    def _answers(self) -> bool:
        deadline = time.monotonic() + START_SECONDS
        with httpx.Client(timeout=5, trust_env=False) as client:
            while time.monotonic() < deadline and self.process.poll() is None:
                try:
                    if client.get(f"{self.url}/health").status_code == 200:
                        return self.process.poll() is None
                except httpx.TransportError:
                    time.sleep(0.05)
        return False
