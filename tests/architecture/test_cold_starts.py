"""What importing a function's entry point costs, in a process of its own: modules, CPU time and memory."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median

import pytest

from tests.architecture.source import ROOT

FUNCTIONS = sorted(path.parent.name for path in (ROOT / "functions").glob("*/main.py"))
FORBIDDEN = (
    "agno",
    "openai",
    "grpc",
    "google.cloud",
    "google.auth",
    "google.api_core",
    "numpy",
    "onnxruntime",
    "xllamacpp",
    "aiohttp",
    "jwt",
    "cryptography",
)
BARE = "import functions_framework"
CPU_RATIO, MEMORY_RATIO = 1.6, 1.25
"""Against a bare import of functions_framework on the same machine (85 ms and 33 MB on an idle one). The entry points stand at 1.3
and 1.1; pydantic would bring them to 1.45 and 1.2, httpx to 1.6 and 1.25."""
ROUNDS = 5

_SCRIPT = """
import resource, sys, time
{body}
names = [name for name, module in sys.modules.items() if name.startswith({forbidden!r}) and getattr(module, "__file__", None)]
print(time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, *names)
"""


@dataclass(frozen=True)
class Start:
    """CPU seconds and peak memory (kB on Linux) of one process, and the forbidden modules that it loaded, empty namespaces aside."""

    cpu: float
    memory: float
    loaded: frozenset[str]


def start(body: str, root: Path = ROOT) -> Start:
    """Run `body` in a fresh interpreter that sees only what a function sees."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    script = _SCRIPT.format(body=body, forbidden=FORBIDDEN)
    done = subprocess.run([sys.executable, "-c", script], cwd=root, env=kept, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    cpu, memory, *names = done.stdout.splitlines()[-1].split()
    return Start(float(cpu), float(memory), frozenset(name for name in names if any(f"{name}.".startswith(f"{bad}.") for bad in FORBIDDEN)))


@cache
def ratios(function: str) -> tuple[float, float]:
    """CPU time and memory of a function's start over a bare one: medians, taken in turns so that a busy machine slows both."""
    start(f"import functions.{function}.main")  # Writes the .pyc files once.
    pairs = [(start(BARE), start(f"import functions.{function}.main")) for _ in range(ROUNDS)]
    return (
        median(own.cpu for _, own in pairs) / median(bare.cpu for bare, _ in pairs),
        median(own.memory for _, own in pairs) / median(bare.memory for bare, _ in pairs),
    )


def test_there_are_functions_to_measure() -> None:
    assert FUNCTIONS


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_start_loads_no_heavy_library(function: str) -> None:
    assert start(f"import functions.{function}.main").loaded - start(BARE).loaded == frozenset()


@pytest.mark.xdist_group("cold starts")
@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_start_stays_within_its_budget(function: str) -> None:
    cpu, memory = ratios(function)
    if cpu > CPU_RATIO:  # Another test may have taken the processor for one whole round.
        ratios.cache_clear()
        cpu, memory = ratios(function)
    assert cpu <= CPU_RATIO
    assert memory <= MEMORY_RATIO


def test_a_heavy_library_is_noticed() -> None:
    assert start("import google.auth").loaded >= {"google.auth"}
    assert start("import agno.agent").loaded >= {"agno"}


def test_an_expensive_start_is_noticed() -> None:
    assert start("import agno.agent, openai").cpu > CPU_RATIO * start(BARE).cpu


def test_forbidden_words_at_the_start_of_a_name_do_not_count(tmp_path: Path) -> None:
    (tmp_path / "agnostic.py").write_text("")
    assert start("import agnostic", tmp_path).loaded == frozenset()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_importing_starts_no_thread(function: str) -> None:
    """gunicorn forks after the import; a thread would not be there in the child."""
    script = f"import functions.{function}.main, threading, sys; sys.exit(threading.active_count() - 1)"
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False, timeout=60).returncode == 0


@pytest.mark.parametrize("function", ["api", "chat", "sweep", "worker"])
def test_a_function_logs_through_the_products_own_log(function: str) -> None:
    program = f"import logging, functions.{function}.main; print([type(each).__name__ for each in logging.getLogger().handlers])"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "['_LibraryHandler']"
