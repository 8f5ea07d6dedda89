"""Start the Firestore and Pub/Sub emulators of the Cloud SDK with plain java.

`python -m tests.support.emulators -- COMMAND...` starts both, sets FIRESTORE_EMULATOR_HOST and PUBSUB_EMULATOR_HOST, runs COMMAND
and stops them. A variable that is already set is kept, and no emulator is started for it. Without the Cloud SDK or Java the
command runs without emulators, unless CI is set: then nothing runs and the exit status is 1.
"""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

START_SECONDS = 60.0
"""How long an emulator may take to answer: 1 to 1.5 s on an idle machine, much more beside a busy test run."""

_JAVA_FLAGS = ("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Duser.language=en")
_USUAL_SDK_ROOTS = (
    "/usr/lib/google-cloud-sdk",
    "/usr/share/google-cloud-sdk",
    "/opt/google-cloud-sdk",
    "/google-cloud-sdk",
    "/snap/google-cloud-sdk/current",
    "/opt/homebrew/share/google-cloud-sdk",
    "/usr/local/share/google-cloud-sdk",
    "~/google-cloud-sdk",
)


class EmulatorMissing(Exception):
    """The Cloud SDK's emulator or Java is not installed; the message says what to install."""


@dataclass(frozen=True, slots=True)
class Emulator:
    """A running emulator at `host` (`127.0.0.1:port`), a process of our own."""

    host: str
    process: subprocess.Popen[bytes]

    def stop(self) -> None:
        """End the process, also when it is frozen; its data lives in memory and is gone."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(timeout=10)


def start_firestore() -> Emulator:
    """The Firestore emulator on a free port, ready to answer. Raises EmulatorMissing or RuntimeError."""
    jar = _jar("cloud-firestore-emulator/cloud-firestore-emulator.jar", "cloud-firestore-emulator")
    main_class = "com.google.cloud.datastore.emulator.firestore.CloudFirestore"
    return _start("Firestore", ["-cp", str(jar), main_class])


def start_pubsub() -> Emulator:
    """The Pub/Sub emulator on a free port, ready to answer. Raises EmulatorMissing or RuntimeError."""
    jar = _jar("pubsub-emulator/lib/cloud-pubsub-emulator-*-all.jar", "pubsub-emulator")
    return _start("Pub/Sub", ["-jar", str(jar)])


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on at this moment."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _start(name: str, arguments: Sequence[str]) -> Emulator:
    java = shutil.which("java")
    if java is None:
        raise EmulatorMissing(f"the {name} emulator needs Java 17 or newer on the PATH")
    for _ in range(3):
        port = free_port()
        command = [java, *_JAVA_FLAGS, *arguments, "--host=127.0.0.1", f"--port={port}"]
        # A session of its own, so that Ctrl-C reaches the tests first and they stop the emulator themselves.
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        emulator = Emulator(f"127.0.0.1:{port}", process)
        try:
            if _answers(emulator):
                return emulator
        except BaseException:
            emulator.stop()
            raise
        emulator.stop()
    raise RuntimeError(f"the {name} emulator did not answer within {START_SECONDS:.0f} s in three tries")


def _answers(emulator: Emulator) -> bool:
    """Wait until the emulator answers HTTP; False when it ended or took too long."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and emulator.process.poll() is None:
        connection = http.client.HTTPConnection(emulator.host, timeout=2)
        try:
            connection.request("GET", "/")
            connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            time.sleep(0.05)
        else:
            return emulator.process.poll() is None
        finally:
            connection.close()
    return False


def _jar(pattern: str, component: str) -> Path:
    for root in _sdk_roots():
        found = sorted((root / "platform").glob(pattern))
        if found:
            return found[-1]
    raise EmulatorMissing(f"the emulator is missing: install the Cloud SDK and run `gcloud components install {component}`")


def _sdk_roots() -> list[Path]:
    """Where the Cloud SDK may lie. `gcloud info` knows best but takes seconds, so it is asked only when the usual places are empty."""
    candidates = [os.environ.get("CLOUDSDK_ROOT_DIR", ""), os.environ.get("CLOUDSDK_ROOT", "")]
    gcloud = shutil.which("gcloud")
    if gcloud is not None:
        candidates.append(str(Path(gcloud).resolve().parent.parent))
    candidates.extend(_USUAL_SDK_ROOTS)
    roots = [Path(candidate).expanduser() for candidate in candidates if candidate]
    roots = [root for root in dict.fromkeys(roots) if (root / "platform").is_dir()]
    if roots or gcloud is None:
        return roots
    asked = subprocess.run(
        [gcloud, "info", "--format=value(installation.sdk_root)"], capture_output=True, text=True, timeout=60, check=False
    )
    return [Path(asked.stdout.strip())] if asked.stdout.strip() else []


def _main(arguments: Sequence[str]) -> int:
    if len(arguments) < 2 or arguments[0] != "--":
        print("usage: python -m tests.support.emulators -- COMMAND...", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, _exit)
    environment = dict(os.environ)
    started: list[Emulator] = []
    wanted: tuple[tuple[str, Callable[[], Emulator]], ...] = (
        ("FIRESTORE_EMULATOR_HOST", start_firestore),
        ("PUBSUB_EMULATOR_HOST", start_pubsub),
    )
    try:
        for variable, start in wanted:
            if environment.get(variable):
                continue
            try:
                started.append(start())
            except EmulatorMissing as missing:
                print(f"{missing}; {variable} stays unset", file=sys.stderr)
                if environment.get("CI"):
                    return 1
            else:
                environment[variable] = started[-1].host
        return subprocess.run(arguments[1:], env=environment, check=False).returncode
    except KeyboardInterrupt:
        return 130
    finally:
        for emulator in started:
            emulator.stop()


def _exit(signum: int, frame: FrameType | None) -> None:
    sys.exit(128 + signum)


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
