"""The laptop's server: gunicorn with threads, as the Functions Framework runs it in the cloud, and beside it what the cloud does:
delivering the queue and calling the sweeper.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import httpx
from gunicorn.app.base import BaseApplication

from local.delivery import DeliveryLoop, HttpPost
from shared.adapters.localqueue.queue import LocalQueue
from shared.adapters.localqueue.subscriptions import Subscription
from shared.agents.turns import RUNS_TOPIC
from shared.kit import log
from shared.wiring import services

SUBSCRIPTIONS = (Subscription("runs-worker", RUNS_TOPIC, "/_push/runs", ack_deadline=600.0, min_backoff=1.0, max_backoff=60.0),)
"""Topic to push path, as infra/terraform declares them for Pub/Sub."""


class Server(BaseApplication):  # type: ignore[misc]
    """Serves one WSGI application at one address until it is told to stop."""

    def __init__(self, make: Callable[[], Any], bind: str, threads: int, after_fork: Callable[[], None]) -> None:
        self._make = make
        self._options = {
            "bind": bind,
            "workers": 1,
            "threads": threads,
            "worker_class": "gthread",
            "worker_connections": max(1000, threads * 2),
            "timeout": 0,
            "graceful_timeout": 8,
            "keepalive": 30,
            "limit_request_fields": 100,
            "loglevel": "error",
            "control_socket_disable": True,
            "post_fork": lambda _arbiter, _worker: after_fork(),
        }
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Any:
        return self._make()


def start_surroundings(url: str, sweep_seconds: float) -> None:
    """Start delivery and scheduler in threads of this process; call it once the server has forked."""
    token = services.settings.internal_token
    if isinstance(services.bus, LocalQueue):
        services.bus.declare(*SUBSCRIPTIONS)
        DeliveryLoop(services.bus, HttpPost(url, lambda _audience: token)).start()
    threading.Thread(target=_sweep_forever, args=(url, token, sweep_seconds), name="scheduler", daemon=True).start()


def _sweep_forever(url: str, token: str, seconds: float) -> None:
    pause = threading.Event()
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=60, trust_env=False) as client:
        while not pause.wait(seconds):
            try:
                client.post("/_sweep", json={}).raise_for_status()
            except httpx.HTTPError as error:
                log.warning("the sweeper could not be called", error=error)
