"""One request to Cloud Storage: our own few tries within a bounded time, and its errors in our words."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from shared.kit.errors import Conflict, NotFound, ReggieError, Unavailable

TIMEOUT = 5.0
"""Seconds to connect, and between two packets of an answer."""

_TRIES = 3
_BUDGET = 10.0
"""Seconds after which no further try begins."""

_PASSING = frozenset({408, 429, 500, 502, 503, 504})
"""Statuses worth another try: https://cloud.google.com/storage/docs/retry-strategy#retryable"""

T = TypeVar("T")


def call(request: Callable[[], T], path: str, settle: Callable[[], T | None] | None = None) -> T:
    """The answer of `request`, which must be safe to repeat.

    `settle` is asked when a precondition fails after a try whose outcome is unknown: that try may have succeeded, and then `settle`
    returns its result. Raises NotFound, Conflict or Unavailable.
    """
    from google.api_core.exceptions import GoogleAPICallError
    from google.auth.exceptions import GoogleAuthError
    from requests.exceptions import RequestException

    deadline = time.monotonic() + _BUDGET
    tried = 0
    while True:
        tried += 1
        try:
            return request()
        except GoogleAPICallError as error:
            if error.code == 412 and tried > 1 and settle is not None:
                settled = settle()
                if settled is not None:
                    return settled
            if error.code not in _PASSING:
                raise _translated(error.code, path) from error
            failure: Exception = error
        except (RequestException, GoogleAuthError, OSError) as error:
            failure = error
        if tried == _TRIES or time.monotonic() > deadline:
            raise Unavailable(f"Cloud Storage did not answer in {tried} tries") from failure
        time.sleep(random.uniform(0.5, 1.0) * 0.1 * 3**tried)


def _translated(status: int | None, path: str) -> ReggieError:
    if status == 404:
        return NotFound(f"there is no blob {path}")
    if status == 412:
        return Conflict(f"the blob {path} is not at that generation: read it again, then decide")
    return Unavailable(f"Cloud Storage refused the request with status {status}")
