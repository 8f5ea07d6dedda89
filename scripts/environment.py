"""Keeps .venv as the requirement files say. Called by scripts/setup with a fitting Python; needs the standard library only.

A stamp holds the hash of the requirement files that were installed last. While it fits nothing is installed and no network is
needed. A lock makes a second caller wait for the first.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
CONSTRAINTS = ROOT / "constraints.txt"
FILES = {
    "run": ("requirements.txt", "requirements-local.txt"),
    "dev": ("requirements.txt", "requirements-local.txt", "requirements-dev.txt"),
}
SOURCES = ("shared", "functions", "local", "scripts", "tests")


class SetupError(Exception):
    """Setting up cannot go on; the message says what to do."""


def main(arguments: list[str]) -> int:
    level = arguments[0] if arguments else "run"
    try:
        with lock("setup", "setup: another one is running; waiting for it"):
            if level == "pins":
                _write_pins()
            elif level in FILES:
                _set_up(level)
            else:
                raise SetupError("usage: scripts/setup run|dev|pins")
    except SetupError as error:
        print(f"setup: {error}", file=sys.stderr)
        return 1
    return 0


def _set_up(level: str) -> None:
    if not _works(PYTHON):
        _make_venv(VENV)
    # Whoever has installed for the checks has everything that a run needs.
    if not any(_stamp(other).exists() and _stamp(other).read_text() == _wanted(other) for other in {level, "dev"}):
        _install(PYTHON, level)
        _stamp(level).write_text(_wanted(level))
    # No .pyc of a source that changed is left for a start to make; what is up to date is skipped in 0.1 s.
    compile_sources = [str(PYTHON), "-m", "compileall", "-q", *(name for name in SOURCES if (ROOT / name).is_dir())]
    subprocess.run(compile_sources, cwd=ROOT, check=False, stdout=subprocess.DEVNULL)  # A syntax error is the linter's to report.


def _write_pins() -> None:
    """Install the requirement files afresh, without today's pins beneath them, and write down what came."""
    place = ROOT / "build" / "pins"
    _make_venv(place)
    _pip(place / "bin" / "python", ["-r", "requirements-dev.txt"], 0)
    frozen = subprocess.run([place / "bin" / "python", "-m", "pip", "freeze"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    comments = [line for line in CONSTRAINTS.read_text().splitlines() if line.startswith("#")]
    CONSTRAINTS.write_text("\n".join([*comments, *frozen.splitlines()]) + "\n")
    shutil.rmtree(place)


def _stamp(level: str) -> Path:
    return VENV / f".installed-{level}"


def _wanted(level: str) -> str:
    digest = hashlib.sha256(sys.version.encode())
    for name in (*FILES[level], CONSTRAINTS.name):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def _works(python: Path) -> bool:
    """Whether this Python starts and is the one that is running now, patch release aside."""
    if not python.exists():
        return False
    asked = "import pip, sys; print(sys.version_info[:2])"
    answer = subprocess.run([python, "-c", asked], check=False, capture_output=True, text=True)
    return answer.returncode == 0 and answer.stdout.strip() == str(sys.version_info[:2])


def _make_venv(place: Path) -> None:
    print(f"setup: making {place.relative_to(ROOT)} with Python {sys.version.split()[0]}", flush=True)
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", place], check=False, capture_output=True, text=True)
    if made.returncode:
        raise SetupError(f"could not make {place}: {(made.stdout + made.stderr).strip().splitlines()[-1]}")


def _install(python: Path, level: str) -> None:
    total = sum(1 for line in CONSTRAINTS.read_text().splitlines() if "==" in line)
    print(f"setup: installing up to {total} pinned packages for '{level}', once (a minute or two, about 700 MB on disk)", flush=True)
    started = time.monotonic()
    _pip(python, ["-r", FILES[level][-1], "-c", CONSTRAINTS.name], total)
    check = subprocess.run([python, "-m", "pip", "check"], check=False, capture_output=True, text=True)
    if check.returncode:
        raise SetupError(f"the installed packages do not fit together: {check.stdout.strip()}")
    print(f"setup: done in {time.monotonic() - started:.0f} s", flush=True)


def _pip(python: Path, arguments: list[str], total: int) -> None:
    """Run `pip install` and say every few seconds how far it is; on failure show its last lines."""
    command = [str(python), "-m", "pip", "install", "--progress-bar", "off", "--no-input", "--disable-pip-version-check", *arguments]
    lines: list[str] = []
    found, told = 0, time.monotonic()
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None  # noqa: S101  # Asked for with PIPE.
        for line in process.stdout:
            lines.append(line.rstrip())
            found += line.startswith(("Collecting ", "Requirement already satisfied: "))
            if line.startswith("Installing collected packages"):
                print("setup: unpacking", flush=True)
                told = float("inf")
            elif time.monotonic() - told > 5:
                told = time.monotonic()
                print(f"setup: {min(found, total) or found} packages found", flush=True)
    if process.returncode:
        print("\n".join(lines[-12:]), file=sys.stderr)
        raise SetupError(
            "pip could not install everything; its last lines are above. Is the network up? Run the same command again to go on"
        )


@contextmanager
def lock(name: str, waiting: str) -> Iterator[None]:
    """Let one process at a time in; a second one prints `waiting` and waits for the first."""
    place = ROOT / "build" / f"{name}.lock"
    place.parent.mkdir(exist_ok=True)
    with place.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(waiting, flush=True)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
