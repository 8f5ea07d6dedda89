"""Start one function as the cloud does: the Functions Framework in a process of its own, on data that others share."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from local.seed import Development, development, seed
from shared.adapters.sqlite.documents import SqliteStore
from shared.workspaces.store import PLATFORM_ROOT, Directory, workspace_root
from tests.support.emulators import free_port
from tests.support.product import ROOT, START_SECONDS


def sample_data(home: Path, model: str) -> Development:
    """A data folder with the sample workspace, whose agent speaks through `model`, for functions to share."""
    made = development(home, "http://localhost")
    store = SqliteStore(home / "documents.db")
    try:
        seed(Directory(store.open(PLATFORM_ROOT)), store.open(workspace_root(made.workspace)), made, model)
    finally:
        store.close()
    return made


@dataclass(slots=True)
class Function:
    """One running function; what it prints is in `home/printed-NAME.txt`."""

    name: str
    port: int
    process: subprocess.Popen[bytes]

    @classmethod
    def start(cls, name: str, home: Path, env: Mapping[str, str]) -> Function:
        """Start it and wait until it answers. Raises RuntimeError with what it printed when it does not."""
        program = [str(Path(sys.executable).with_name("functions-framework")), "--target", name, "--source", f"functions/{name}/main.py"]
        printed = home / f"printed-{name}.txt"
        for _ in range(3):
            port = free_port()
            environment = {**os.environ, "PYTHONPATH": str(ROOT), "REGGIE_TEST": "1", **env, "REGGIE_HOME": str(home)}
            with printed.open("ab") as output:
                process = subprocess.Popen(
                    [*program, "--host", "127.0.0.1", "--port", str(port)],
                    cwd=ROOT,
                    env=environment,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                )
            function = cls(name, port, process)
            try:
                if function._answers():
                    return function
            except BaseException:
                function.stop()
                raise
            function.stop()
        raise RuntimeError(f"the function {name} did not start:\n{printed.read_text()[-4000:]}")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def memory(self) -> int:
        """Bytes that it holds, with its workers."""
        root = psutil.Process(self.process.pid)
        return sum(each.memory_info().rss for each in (root, *root.children(recursive=True)))

    def stop(self) -> None:
        """End it at once."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=10)

    def _answers(self) -> bool:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            with suppress(httpx.TransportError):
                return httpx.get(f"{self.url}/health", timeout=5, trust_env=False).status_code == 200 and self.process.poll() is None
            time.sleep(0.05)
        return False
