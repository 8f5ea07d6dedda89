"""`python -m local.model_server --port N`: serve the local models until told to end. Port 0 takes a free one; the first line says which."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
import threading
import time

from local.model_server.http import ModelServer
from local.model_server.log import set_up
from local.model_server.models import Models


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m local.model_server", description="OpenAI-compatible server over the local models.")
    parser.add_argument("--port", type=int, default=8089, help="0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1", help="there is no sign-in: keep it on this machine")
    parser.add_argument("--exit-with-parent", action="store_true", help="end when the process that started this one is gone")
    options = parser.parse_args(arguments)
    set_up()
    models = Models()
    try:
        server = ModelServer(options.host, options.port, models)
    except OSError as error:
        print(f"Port {options.port} on {options.host} cannot be used: {error.strerror}.", file=sys.stderr)
        return 1
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    if options.exit_with_parent:
        threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    models.watch()
    print(f"The local model server listens on {server.address}", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        server.serve_forever(poll_interval=0.2)
    # An answer may be half written in native code, and joining it would take seconds; nothing here needs tidying up.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _end_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
