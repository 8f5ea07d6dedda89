"""A process of its own that forks one child for each order; the child works on real stores and may die at a fault point.

`python -m tests.faults.killable` reads orders, a JSON object a line, and answers each with the child's exit status, -9 when it was
killed. Forking a prepared process takes milliseconds, so hundreds of deaths take seconds.
"""

from __future__ import annotations

import os
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from shared.adapters.localqueue.queue import LocalQueue
from shared.adapters.pubsub.bus import PubSubBus
from shared.agents.turns import NewTurn
from shared.kit import faults
from shared.kit.bus import Bus
from tests.support.instance import Instance

ROOT = Path(__file__).parents[2]


def obey(order: dict[str, Any]) -> None:
    """`do` is `turn` (one message to its end) or `sweep` (the outbox, up to `faults`); `project` chooses Pub/Sub."""
    home = Path(order["home"])
    project = order.get("project", "")
    bus: Bus = PubSubBus(project) if project else LocalQueue(home / "queue.db")
    instance = Instance.open(home, bus=bus)
    faults.arm(order.get("faults", ""), beside_emulator=True)
    if order["do"] == "sweep":
        instance.execution.outbox.sweep(0.0, limit=7)
        return
    instance.turns.finish(instance.turns.accept(NewTurn("a", order["message"], session=order["session"]), "u"))


def main() -> None:
    # The log writes to standard output, which here belongs to the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin.buffer:
        child = os.fork()
        if child == 0:
            status = 1
            try:
                obey(orjson.loads(line))
                status = 0
            finally:
                if status:
                    traceback.print_exc()
                # Not sys.exit: the threads of a turn are not waited for.
                os._exit(status)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), file=answers, flush=True)


@dataclass(slots=True)
class Killable:
    """The other end, in the test's process."""

    process: subprocess.Popen[bytes]

    def order(self, **order: Any) -> int:
        """The exit status of the child that did it."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(orjson.dumps(order) + b"\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())


@contextmanager
def killable() -> Iterator[Killable]:
    """One such process; it ends with the block."""
    command = [sys.executable, "-m", "tests.faults.killable"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            yield Killable(process)
        finally:
            process.kill()


if __name__ == "__main__":
    main()
