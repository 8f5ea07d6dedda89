"""`make dev`: the whole product on one machine. Prints where it is and how to sign in, then serves until it is stopped."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
from pathlib import Path

from local.seed import Development, development, model_of, seed

SWEEP_SECONDS = 5.0
THREADS = 128


def main() -> int:
    """Exit code 1, with one line that says what is missing, when it cannot start."""
    home = Path(os.environ.get("REGGIE_HOME") or ".local").absolute()
    host = os.environ.get("HOST") or "127.0.0.1"
    port = os.environ.get("PORT") or "8080"
    if not port.isdigit() or not _free(host, int(port)):
        return _stop(f"port {port} cannot be used: another program has it, or it is no port; choose one with PORT=8081 make dev")
    if os.environ.get("REGGIE_DOCUMENTS") == "firestore" and not _firestore_is_named():
        return _stop("REGGIE_DOCUMENTS=firestore needs FIRESTORE_EMULATOR_HOST, or GOOGLE_CLOUD_PROJECT with credentials")
    url = f"http://localhost:{port}"
    made = development(home, url)
    os.environ["REGGIE_HOME"], os.environ["REGGIE_URL"] = str(home), url
    os.environ["REGGIE_INTERNAL_TOKEN"] = _internal_token(home)
    model = model_of(dict(os.environ))
    children = _start_model_server(home) if model.startswith("local:") else []
    try:
        _fill(made, model)
        print(_welcome(made, home, model), flush=True)
        _serve(host, int(port), url, home)
    finally:
        for child in children:
            child.terminate()
    return 0


def _serve(host: str, port: int, url: str, home: Path) -> None:
    from local.gateway import application
    from local.server import Server, start_surroundings
    from shared.kit import log

    def after_fork() -> None:
        # The terminal is for people; the log is for programs.
        file = os.open(home / "log.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

        def write(line: bytes) -> None:
            os.write(file, line)

        log.install(write=write)
        start_surroundings(url, float(os.environ.get("REGGIE_SWEEP_SECONDS") or SWEEP_SECONDS))

    threads = int(os.environ.get("THREADS") or THREADS)
    Server(application, f"{host}:{port}", threads, after_fork).run()


def _fill(made: Development, model: str) -> None:
    from shared.kit.metered import DatabaseUsage
    from shared.wiring import services

    seed(services.directory(), services.documents(made.workspace, DatabaseUsage()), made, model)
    services.document_store.close()  # The server forks next: no connection may cross.


def _start_model_server(home: Path) -> list[subprocess.Popen[bytes]]:
    """The local model server, and the fetch of its weights beside it; the product is up before they are there."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    os.environ["REGGIE_LOCAL_MODEL_URL"] = f"http://127.0.0.1:{port}/v1"
    log = (home / "model-server.log").open("ab")
    command = [sys.executable, "-m", "local.model_server", "--port", str(port), "--exit-with-parent"]
    server = subprocess.Popen(command, stdout=log, stderr=log)  # noqa: S603
    fetch = subprocess.Popen([sys.executable, "-m", "local.model_files", "fetch"])
    return [server, fetch]


def _welcome(made: Development, home: Path, model: str) -> str:
    curl = f"""curl -N {made.url}/agents/assistant/runs \\
  -H "Authorization: Bearer {made.api_key}" \\
  -F 'message=What is 17 * 6 + 5?'"""
    return f"""
Reggie AgentOS is at {made.url}
The sample agent speaks through {model}.

Sign in at {made.url}/app/ with {made.email} and the password in {home / "dev.json"} (owner of the sample workspace).
Over the API, the bearer key in the same file does it:

{curl}

Data: {home}   Log: {home / "log.jsonl"}   Stop: Ctrl-C
"""


def _internal_token(home: Path) -> str:
    """What the laptop's queue and scheduler prove themselves with; kept, so that messages of the last start can still be delivered."""
    file = home / "internal.token"
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(32))
    return file.read_text()


def _firestore_is_named() -> bool:
    return bool(os.environ.get("FIRESTORE_EMULATOR_HOST") or os.environ.get("GOOGLE_CLOUD_PROJECT"))


def _free(host: str, port: int) -> bool:
    try:
        with socket.create_server((host, port)):
            return True
    except (OSError, OverflowError):
        return False


def _stop(reason: str) -> int:
    print(f"make dev: {reason}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
