"""The processes that are measured, each with all its children."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from scripts.bench.agent import AGENT
from scripts.bench.load import Job

ROOT = Path(__file__).resolve().parents[2]
_BIN = Path(sys.executable).parent
_START_SECONDS = 60.0


class NotStarted(Exception):
    """A server did not answer; the message holds the end of its output."""


@dataclass(slots=True)
class Server:
    """One server, started when it is entered as a context and killed with its children when it is left."""

    name: str
    command: list[str]
    environment: dict[str, str]
    output: Path
    health: str = "/health"
    port: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, place: TracebackType | None) -> None:
        self.stop()

    def start(self) -> float:
        """Seconds from the start of the process to its first 200."""
        self.port = _free_port()
        command = [part.replace("{port}", str(self.port)) for part in self.command]
        with self.output.open("ab") as output:
            began = time.perf_counter()
            self.process = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=output, stderr=output, start_new_session=True)
        while time.perf_counter() - began < _START_SECONDS and self.process.poll() is None:
            if self._answers():
                return time.perf_counter() - began
            time.sleep(0.002)
        self.stop()
        raise NotStarted(f"{self.name} did not answer: {self.output.read_text()[-2000:]}")

    def stop(self) -> None:
        """Kill the process and its children: nothing here needs an orderly end."""
        if self.process is None:
            return
        for each in self._tree():
            with contextlib.suppress(psutil.NoSuchProcess):
                each.kill()
        self.process.wait(10)
        self.process = None

    def cpu_seconds(self) -> float:
        """CPU time of the tree so far, user and system."""
        return sum(sum(each.cpu_times()[:2]) for each in self._tree())

    def memory_megabytes(self) -> float:
        """Memory of the tree, pages that its processes share counted once (PSS); resident size where the system does not tell."""
        total = 0
        for each in self._tree():
            memory = each.memory_full_info()
            total += getattr(memory, "pss", 0) or memory.rss
        return total / 1e6

    def job(self, **options: object) -> Job:
        """A job of turns for this server."""
        return Job(port=self.port, path=f"/agents/{AGENT}/runs", headers=self.headers, **options)  # type: ignore[arg-type]

    def _tree(self) -> list[psutil.Process]:
        if self.process is None or self.process.poll() is not None:
            return []
        root = psutil.Process(self.process.pid)
        return [root, *root.children(recursive=True)]

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", self.health)
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


@dataclass(frozen=True, slots=True)
class Place:
    """What every server of a run shares: a folder, and the emulator's address if there is one."""

    folder: Path
    emulator: str = ""

    def stub(self, name: str, *, delay_ms: float = 0, first_delay_ms: float = 0, tokens: int = 40) -> Server:
        """The model server."""
        command = [sys.executable, "-m", "local.stub_model", "--port", "{port}", "--tokens", str(tokens)]
        command += ["--delay-ms", str(delay_ms), "--first-delay-ms", str(first_delay_ms)]
        return Server(name, command, _environment(), self.folder / f"{name}.log", health="/v1/models")

    def agentos(self, name: str, documents: str, model: Server, counts: str = "") -> Server:
        """AgentOS under uvicorn, without its access log."""
        extra = {"BENCH_DB": documents, "BENCH_FILE": str(self.folder / f"{name}.db"), "BENCH_COUNTS": counts}
        command = [str(_BIN / "uvicorn"), "scripts.bench.agentos:app", "--port", "{port}", "--log-level", "warning"]
        return Server(name, command, self._environment(documents, model, extra), self.folder / f"{name}.log")

    def chat(self, name: str, documents: str, model: Server, threads: int = 128, counts: str = "") -> Server:
        """Our function `chat`, as the cloud runs it, on a store of its own with a workspace in it."""
        extra = {**self.reggie(name, documents), "THREADS": str(threads), "BENCH_COUNTS": counts}
        environment = self._environment(documents, model, extra)
        seeded = subprocess.run([sys.executable, "-m", "scripts.bench.seed"], cwd=ROOT, env=environment, capture_output=True, check=False)
        if seeded.returncode:
            raise NotStarted(f"{name} could not be seeded: {seeded.stderr.decode()[-2000:]}")
        source = "scripts/bench/counted_chat.py" if counts else "functions/chat/main.py"
        headers = {"Authorization": f"Bearer {seeded.stdout.decode().strip()}"}
        return Server(name, _framework("chat", source), environment, self.folder / f"{name}.log", headers=headers)

    def function(self, name: str) -> Server:
        """One of our functions by its name, for its start."""
        environment = _environment(self.reggie(f"start-{name}", "sqlite"))
        return Server(name, _framework(name, f"functions/{name}/main.py"), environment, self.folder / f"start-{name}.log")

    def bare(self) -> Server:
        """A function that does nothing, for comparison."""
        return Server("bare", _framework("bare", "scripts/bench/bare.py"), _environment(), self.folder / "bare.log")

    def reggie(self, name: str, documents: str) -> dict[str, str]:
        """Settings of ours on a laptop's adapters, but for the documents."""
        home = str(self.folder / name)
        return {"REGGIE_HOME": home, "REGGIE_DOCUMENTS": documents, "REGGIE_BLOBS": "files", "REGGIE_BUS": "local"}

    def _environment(self, documents: str, model: Server, extra: dict[str, str]) -> dict[str, str]:
        more = {"OPENAI_BASE_URL": f"http://127.0.0.1:{model.port}/v1", "OPENAI_API_KEY": "stub", "AGNO_TELEMETRY": "false", **extra}
        if documents == "firestore":
            more |= {"FIRESTORE_EMULATOR_HOST": self.emulator, "GOOGLE_CLOUD_PROJECT": "demo-bench"}
        return _environment(more)


def _framework(target: str, source: str) -> list[str]:
    return [str(_BIN / "functions-framework"), "--target", target, "--source", source, "--host", "127.0.0.1", "--port", "{port}"]


def _environment(more: dict[str, str] | None = None) -> dict[str, str]:
    """Ours without what would change a measurement: another run's settings, proxies, missing bytecode."""
    strange = re.compile(
        r"REGGIE_|OPENAI_|FIRESTORE_|AGNO_|BENCH_|THREADS$|WORKERS$|PYTHONDONTWRITE|K_SERVICE|PYTHONPATH|.*_proxy$", re.IGNORECASE
    )
    kept = {name: value for name, value in os.environ.items() if not strange.match(name)}
    return {**kept, "PYTHONPATH": str(ROOT), **(more or {})}


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
