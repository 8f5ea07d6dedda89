"""The runs that this process is working on: their events for readers here, and their heartbeats.

One LiveRuns per process. A heartbeat renews the lease of a run and stores the partial answer; when it meets another writer, it learns
that the run was cancelled, taken over or deleted, and stops it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

from shared.kit import log
from shared.kit.clock import Clock
from shared.kit.documents import SERVER_TIME
from shared.kit.errors import Conflict, Unavailable
from shared.kit.faults import fault
from shared.kit.ids import new_id
from shared.kit.stop import StopSignal
from shared.sessions.eventlog import EventLog
from shared.sessions.messages import Attachment
from shared.sessions.models import Run
from shared.sessions.runs import RunStore
from shared.sessions.tail import Tail

TAKEN_OVER = "taken over"
DELETED = "deleted"
_HEARTBEAT_THREADS = 8
"""A commit takes 20 to 50 ms in the cloud: 8 threads renew 800 runs in 5 s, ten times what one instance holds."""
_RUN_THREADS = 512


@dataclass(frozen=True, slots=True)
class Lease:
    """Seconds. A run whose owner was silent for `lasts` may be taken over; the owner speaks every `renewed_every`."""

    lasts: float = 15.0
    renewed_every: float = 5.0


@dataclass(slots=True)
class LiveRun:
    """A run that waits for its turn or runs in this process. `lock` orders its writers: heartbeat and finish."""

    run: Run
    runs: RunStore
    log: EventLog = field(default_factory=EventLog)
    stop: StopSignal = field(default_factory=StopSignal)
    attachments: tuple[Attachment, ...] | None = None
    """The files as they came, when this process accepted the run; None: read them from the store."""
    tail: Tail = field(default_factory=Tail)
    """The session's window as it was when this run took its turn."""
    words: list[str] = field(default_factory=list)
    thoughts: list[str] = field(default_factory=list)
    owner: str = ""
    """The process that this object lives in; `run.owner` may still be an earlier one, which fell silent."""
    version: int = 0
    claimed: bool = False
    """This process runs it, in an attempt of its own; else it waits."""
    in_turn: bool = False
    """It took the session's turn when it was claimed; a run that is cancelled in the queue does not."""
    finished: bool = False
    """Nothing more may be written: its end is stored, or this process gave it up."""
    lost: bool = False
    """The run is another owner's by now, or gone: whatever else asked it to stop, nothing more may be written."""
    told: bool = False
    """The log holds the last event that a reader needs; else what follows is to be found in the store."""
    due: float = 0.0
    moved: threading.Event = field(default_factory=threading.Event)
    """Set when another run of the same session has ended here, so that this one looks again at once."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.version = self.run.version

    def beat(self) -> None:
        """Renew the lease and store the words so far; learn from a conflict what happened to the run.

        The lock is not held for the commit: a database that does not answer would hold up the finish for its own time and this one's.
        When the two meet, one is refused and looks again.
        """
        with self.lock:
            if self.finished:
                return
            version, progress = self.version, self._progress()
        fault("heartbeat")
        try:
            version_now = self.runs.patch(self.run.id, progress, version).version
        except Conflict:
            version_now = None
        with self.lock:
            if self.finished or self.version != version:
                return
            if version_now is None:
                self.look_again()
            else:
                self.version = version_now
                if not self.claimed:
                    self.run = replace(self.run, owner=self.owner)

    def look_again(self) -> Run | None:
        """After a conflict: take the run's new version if it is still ours, else stop. Returns the run as it is now. Hold the lock."""
        current = self.runs.find(self.run.id)
        if current is None or current.fence != self.run.fence or not current.open or current.owner not in ("", self.run.owner, self.owner):
            self.lost = True
            self.stop.set(DELETED if current is None else TAKEN_OVER)
        else:
            self.version = current.version
            if current.cancel_reason:
                self.stop.set(current.cancel_reason)
        return current

    def _progress(self) -> dict[str, Any]:
        if not self.claimed:
            # A waiting run is this process's from its first heartbeat here; else its turn would come to nobody before another lease ends.
            return {"owner": self.owner, "beat_at": SERVER_TIME}
        # The log first: words are added before their event, so the words are never fewer than the log says.
        log = self.log.dump()
        return self.runs.progress(self.run.id, self.run.fence, "".join(self.words), "".join(self.thoughts), log)


class LiveRuns:
    """All live runs of this process. Threads start with the first run, never at import: the server forks after it."""

    def __init__(self, clock: Clock, lease: Lease) -> None:
        self.owner = new_id("ins")
        self.lease = lease
        self._clock = clock
        self._runs: dict[str, LiveRun] = {}
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(_RUN_THREADS, thread_name_prefix="run")
        self._heart: threading.Thread | None = None
        self._beats = ThreadPoolExecutor(_HEARTBEAT_THREADS, thread_name_prefix="heartbeat")

    def find(self, run: str) -> LiveRun | None:
        """The run if this process works on it."""
        return self._runs.get(run)

    def add(self, live: LiveRun) -> LiveRun:
        """Enter a run; the one that is already there wins."""
        with self._lock:
            live.owner = self.owner
            present = self._runs.setdefault(live.run.id, live)
            present.due = present.due or self._clock.monotonic() + self.lease.renewed_every
            if self._heart is None:
                self._heart = threading.Thread(target=self._beat_forever, name="heart", daemon=True)
                self._heart.start()
        return present

    def start(self, live: LiveRun, work: Callable[[LiveRun], None]) -> None:
        """Run `work` in a thread of its own; the run leaves with it, and those that wait behind it look again."""
        self._threads.submit(self.work, live, work)

    def work(self, live: LiveRun, work: Callable[[LiveRun], None]) -> None:
        """Run `work` in this thread."""
        try:
            work(live)
        except Exception as bug:
            log.error("a run ended in a bug", error=bug, run=live.run.id)
            raise
        finally:
            with live.lock:
                live.finished = True
            with self._lock:
                self._runs.pop(live.run.id, None)
                waiting = [other for other in self._runs.values() if other.run.request.session == live.run.request.session]
            live.log.close()
            for other in waiting:
                other.moved.set()

    def _beat_forever(self) -> None:
        while True:
            self._clock.sleep(min(0.5, self.lease.renewed_every / 4))
            now = self._clock.monotonic()
            for live in list(self._runs.values()):
                if live.due <= now:
                    live.due = now + self.lease.renewed_every
                    self._beats.submit(self._beat, live)

    @staticmethod
    def _beat(live: LiveRun) -> None:
        try:
            live.beat()
        except Unavailable:
            log.warning("a heartbeat was not stored; the next one is due soon", run=live.run.id)
        except Exception as bug:
            log.error("a heartbeat ended in a bug", error=bug, run=live.run.id)
            raise
