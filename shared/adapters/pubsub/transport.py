"""What google.auth sends its few requests with: httpx, which is here anyway, in place of a second HTTP library."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

SECONDS = 2.0
"""Time to connect, and between two packets."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What google.auth.transport.Response names."""

    status: int
    headers: Mapping[str, str]
    data: bytes


class HttpxRequest:
    """A google.auth.transport.Request over one httpx client."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def __call__(
        self,
        url: str,
        method: str = "GET",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
        **_: Any,
    ) -> Answer:
        """Raises google.auth.exceptions.TransportError."""
        from google.auth.exceptions import TransportError

        try:
            response = self._client.request(method, url, content=body, headers=dict(headers or {}), timeout=timeout or SECONDS)
        except httpx.HTTPError as error:
            raise TransportError(error) from error  # type: ignore[no-untyped-call]
        return Answer(response.status_code, response.headers, response.content)
