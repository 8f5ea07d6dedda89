"""Named points at which a test may kill or pause the process. They do nothing unless armed, and can only be armed beside an emulator.

`REGGIE_FAULTS` is a comma-separated list of `point=action`, with action `kill` (SIGKILL to this process), `stop` (SIGSTOP) or
`raise`; `point=kill@0.05` acts with that probability; `point=kill#3` acts at the third visit.
"""

from __future__ import annotations

import os
import random
import signal
import threading
from dataclasses import dataclass, field

from shared.kit.errors import Unavailable


@dataclass(slots=True)
class _Armed:
    action: str
    probability: float = 1.0
    visit: int = 0
    visits: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


_armed: dict[str, _Armed] = {}


def arm(specification: str, *, beside_emulator: bool) -> None:
    """Arm the points of a specification; an empty one disarms all. Raises RuntimeError without an emulator: a start must not go on."""
    _armed.clear()
    if not specification:
        return
    if not beside_emulator:
        raise RuntimeError(
            "REGGIE_FAULTS works only beside an emulator or in tests: unset it, or set FIRESTORE_EMULATOR_HOST or REGGIE_TEST"
        )
    for item in specification.split(","):
        point, _, rest = item.strip().partition("=")
        action, _, visit = rest.partition("#")
        action, _, probability = action.partition("@")
        if action not in ("kill", "stop", "raise"):
            raise RuntimeError(f"REGGIE_FAULTS: {item!r} must be point=kill, point=stop or point=raise, with @probability or #visit")
        _armed[point] = _Armed(action, float(probability or 1), int(visit or 0))


def fault(point: str) -> None:
    """Act if `point` is armed."""
    if not _armed:
        return
    armed = _armed.get(point)
    if armed is None:
        return
    with armed.lock:
        armed.visits += 1
        if armed.visit and armed.visits != armed.visit:
            return
    if armed.probability < 1 and random.random() >= armed.probability:
        return
    if armed.action == "raise":
        raise Unavailable(f"fault point {point}")
    os.kill(os.getpid(), signal.SIGKILL if armed.action == "kill" else signal.SIGSTOP)
