"""The one exception tree. A class says what the caller should do next.

    ReggieError
    ├── Invalid            400  change the request; the message says what
    │   ├── TooLarge       413  send less
    │   ├── Unsupported    415  send another media type
    │   └── Unprocessable  422  a field is malformed, or an idempotency key came with another body
    ├── Unauthenticated    401  send a valid credential
    ├── Forbidden          403  ask for a wider scope
    ├── NotFound           404  absent and another workspace's look the same
    ├── NotAllowed         405  use another method
    ├── Conflict           409  read again, then decide
    │   └── AlreadyExists  409  a Create met a document that is there
    ├── Limited            429  wait `retry_after` seconds
    ├── ModelFailed        502  the model's server failed; the run keeps what it has
    └── Unavailable        503  try again after `retry_after` seconds; it took effect wholly or not at all

Anything else that escapes is a bug and is answered with 500.
"""

from __future__ import annotations


class ReggieError(Exception):
    """An expected failure: carries its HTTP status, a stable `kind` and a sentence for the caller."""

    status = 400
    kind = "error"

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.retry_after = retry_after
        """Seconds after which a repeat may succeed; None when waiting does not help."""


class Invalid(ReggieError):
    """The request cannot be understood or breaks a rule; the message says what to change."""

    status = 400
    kind = "invalid_request"


class TooLarge(Invalid):
    """A body, a field, a file or an address is over its limit."""

    status = 413
    kind = "too_large"


class Unsupported(Invalid):
    """The media type cannot be read here."""

    status = 415
    kind = "unsupported_media_type"


class Unprocessable(Invalid):
    """Well-formed, but a field's value does not fit; `fields` lists each place with its reason."""

    status = 422
    kind = "unprocessable"

    def __init__(self, message: str, *, fields: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(message)
        self.fields = fields


class Unauthenticated(ReggieError):
    """No credential, or one that is unknown, revoked or expired."""

    status = 401
    kind = "unauthenticated"


class Forbidden(ReggieError):
    """Known caller without the scope that the route asks for."""

    status = 403
    kind = "forbidden"


class NotFound(ReggieError):
    """Absent, or another workspace's or user's: the two are never told apart."""

    status = 404
    kind = "not_found"


class NotAllowed(ReggieError):
    """The address exists, the method does not."""

    status = 405
    kind = "method_not_allowed"


class Conflict(ReggieError):
    """A precondition failed: the document changed, is gone, or is busy. Read again, then decide."""

    status = 409
    kind = "conflict"


class AlreadyExists(Conflict):
    """A Create met an existing document; nothing of its commit was written."""

    kind = "already_exists"


class Limited(ReggieError):
    """A limit is reached; `retry_after` says when it is worth trying again."""

    status = 429
    kind = "limited"


class ModelFailed(ReggieError):
    """The model's server refused, broke off or was too slow; `kind` names how."""

    status = 502
    kind = "model_provider_error"

    def __init__(self, message: str, *, kind: str = "model_provider_error", retry_after: float | None = None) -> None:
        super().__init__(message, retry_after=retry_after)
        self.kind = kind


class Unavailable(ReggieError):
    """A dependency did not answer in time. What was asked took effect wholly or not at all: send it again, with its Idempotency-Key."""

    status = 503
    kind = "unavailable"

    def __init__(self, message: str, *, retry_after: float = 1.0) -> None:
        super().__init__(message, retry_after=retry_after)
