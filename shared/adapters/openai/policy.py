"""How long a model's server may take, how often it is asked again, and when it is left alone."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from shared.kit.errors import ModelFailed


@dataclass(frozen=True, slots=True)
class Policy:
    """Limits of one model call; times in seconds."""

    connect: float = 5.0
    first_token: float = 30.0
    """From the request to the first word, thought or tool call."""
    between_tokens: float = 20.0
    total: float = 120.0
    """The whole turn, tools included."""
    after_finish: float = 2.0
    """How long the usage and the end of the stream may lag behind the finish reason; the answer is whole by then."""
    retries: int = 2
    """Per call, and only before the first token."""
    retry_share: float = 0.1
    """Retries per call over time, for all callers of one server: a failing server is not sent much more than a healthy one."""
    retry_burst: float = 10.0
    longest_retry_after: float = 10.0
    breaker_failures: int = 10
    """Failures in a row after which a server is left alone for `breaker_seconds`."""
    breaker_seconds: float = 5.0


class Health:
    """What the callers of one server know together: its retry budget (a token bucket) and its circuit breaker. Thread-safe."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._lock = threading.Lock()
        self._budget = policy.retry_burst
        self._failures = 0
        self._open_until = 0.0

    def admit(self) -> None:
        """Count one call. Raises ModelFailed `model_unavailable` while the breaker is open; then one probe passes at a time."""
        now = time.monotonic()
        with self._lock:
            if self._failures >= self._policy.breaker_failures:
                if now < self._open_until:
                    raise ModelFailed(
                        "The model's server has failed repeatedly and is being left alone for a few seconds.",
                        kind="model_unavailable",
                        retry_after=round(self._open_until - now, 1),
                    )
                self._open_until = now + self._policy.breaker_seconds
            self._budget = min(self._policy.retry_burst, self._budget + self._policy.retry_share)

    def may_retry(self) -> bool:
        """Take one retry out of the budget, if there is one and the breaker is closed."""
        with self._lock:
            if self._budget < 1 or self._failures >= self._policy.breaker_failures:
                return False
            self._budget -= 1
            return True

    def succeeded(self) -> None:
        """The server answered: the breaker closes."""
        with self._lock:
            self._failures = 0

    def failed(self) -> None:
        """The server did not answer as it should have."""
        with self._lock:
            self._failures += 1
            if self._failures == self._policy.breaker_failures:
                self._open_until = time.monotonic() + self._policy.breaker_seconds
