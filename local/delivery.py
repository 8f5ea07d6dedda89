"""Delivers what waits in the local queue, as Pub/Sub's push does: a POST with a bearer token, 2xx acknowledges."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import httpx

from shared.adapters.localqueue.queue import LocalQueue
from shared.adapters.localqueue.subscriptions import Lease
from shared.kit.errors import ReggieError, Unavailable

POLL = 0.02
"""Seconds between two looks for what other processes published; a look costs some 5 us."""

_TROUBLE = 0.5
"""Seconds to wait when the queue's file does not answer."""

log = logging.getLogger(__name__)


class Post(Protocol):
    """Brings one envelope to a subscriber."""

    def __call__(self, path: str, envelope: Mapping[str, Any], seconds: float) -> str:
        """An empty string when the subscriber took the message within `seconds`, else a few words that say why not."""
        ...


class HttpPost:
    """Posts to `base_url + path` with `Authorization: Bearer` and what `token` gives for that whole address, its audience."""

    def __init__(self, base_url: str, token: Callable[[str], str], concurrency: int = 16) -> None:
        self._base_url = base_url.rstrip("/")
        self._token = token
        self._client = httpx.Client(limits=httpx.Limits(max_connections=concurrency), trust_env=False)

    def __call__(self, path: str, envelope: Mapping[str, Any], seconds: float) -> str:
        address = self._base_url + path
        try:
            headers = {"Authorization": f"Bearer {self._token(address)}"}
            timeout = httpx.Timeout(seconds, connect=min(2.0, seconds))
            # The status is the whole answer; a body is not waited for.
            with self._client.stream("POST", address, json=envelope, headers=headers, timeout=timeout) as response:
                return "" if response.is_success else f"status {response.status_code}"
        except httpx.HTTPError as error:
            return f"{type(error).__name__}: {error}"
        except ReggieError as error:
            return f"no token: {error.message}"

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


class DeliveryLoop:
    """Leases due messages and posts them, `concurrency` at once, from threads of its own between `start` and `stop`.

    Of several loops over one queue, in any processes, one delivers; the next takes over within some 20 ms when it stops or is killed.
    """

    def __init__(self, queue: LocalQueue, post: Post, concurrency: int = 16) -> None:
        self._queue = queue
        self._post = post
        self._concurrency = concurrency
        self._state = threading.Condition()
        self._under_way = 0
        self._awake = False
        self._stopping = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to deliver. Call it after the server forked."""
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="delivery", daemon=True)
        self._thread.start()

    def stop(self, grace: float = 5.0) -> None:
        """Lease nothing more and wait up to `grace` seconds for what is under way; what is not done by then is delivered again later."""
        with self._state:
            self._stopping = True
            self._state.notify_all()
            self._state.wait_for(lambda: self._under_way == 0, grace)
        if self._thread is not None:
            self._thread.join(grace)
            self._thread = None

    def _run(self) -> None:
        forget = self._queue.on_change(self._wake)
        try:
            while not self._stopping:
                try:
                    with self._queue.sole_deliverer() as sole:
                        while sole and not self._stopping:
                            self._deliver_due()
                except Unavailable as error:
                    log.warning("the queue does not answer, trying again: %s", error.message)
                    self._pause(_TROUBLE)
                self._pause(POLL)
        finally:
            forget()

    def _deliver_due(self) -> None:
        """Start what is due and may start, then wait for something to change."""
        changes = self._queue.changes()
        with self._state:
            free = self._concurrency - self._under_way
        leases = self._queue.lease(free) if free else []
        for lease in leases:
            with self._state:
                self._under_way += 1
            threading.Thread(target=self._deliver, args=(lease,), name=f"delivery {lease.subscription.name}", daemon=True).start()
        if leases and len(leases) == free:
            return
        due = self._queue.next_due() if free else None
        until = time.monotonic() + due if due is not None else float("inf")
        while not self._pause(min(POLL, until - time.monotonic())):
            if time.monotonic() >= until or self._queue.changes() != changes:
                return

    def _deliver(self, lease: Lease) -> None:
        try:
            error = self._post(lease.subscription.push_path, lease.envelope, lease.subscription.ack_deadline)
            self._settle(lease, error)
        finally:
            with self._state:
                self._under_way -= 1
                self._awake = True
                self._state.notify_all()

    def _settle(self, lease: Lease, error: str) -> None:
        try:
            if not error:
                self._queue.acknowledge(lease)
                return
            self._queue.refuse(lease, error)
        except Unavailable:
            log.warning("the outcome of a delivery could not be stored; it is delivered again: %s", lease.subscription.name)
        else:
            log.info("a delivery failed: %s attempt %d: %s", lease.subscription.name, lease.attempt, error)

    def _wake(self) -> None:
        with self._state:
            self._awake = True
            self._state.notify_all()

    def _pause(self, seconds: float) -> bool:
        """Wait up to `seconds`; true when woken, or asked to stop, before that."""
        with self._state:
            woken = self._state.wait_for(lambda: self._awake or self._stopping, max(0.0, seconds))
            self._awake = False
            return woken
