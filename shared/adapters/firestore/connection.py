"""One gRPC channel to Firestore, and the patience that every call has: attempts of 2 s, about 5 s in all.

The library's own retries are switched off: with them a call waits 60 to 300 s when the server does not answer.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar

import grpc
from google.api_core import exceptions
from google.cloud.firestore_v1.services.firestore import FirestoreClient
from google.cloud.firestore_v1.services.firestore.transports import FirestoreGrpcTransport
from google.cloud.firestore_v1.types import firestore

from shared.kit.errors import Unavailable

ATTEMPT_SECONDS: Final = 2.0
TOTAL_SECONDS: Final = 5.0

TRANSIENT: Final = (
    exceptions.Aborted,
    exceptions.Cancelled,
    exceptions.DeadlineExceeded,
    exceptions.InternalServerError,
    exceptions.ServiceUnavailable,
    exceptions.TooManyRequests,
    exceptions.Unknown,
)
"""What a repeat may cure. After any of them a commit may have taken effect."""

_CHANNEL_OPTIONS: Final = (
    ("grpc.max_send_message_length", -1),
    ("grpc.max_receive_message_length", -1),
    # A connection whose other end vanished is noticed after 50 s at the latest; Google's servers accept pings every 30 s.
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    # gRPC's own pauses between connection attempts grow to 120 s; recovery must take less than 5 s.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 2_000),
    ("grpc.max_reconnect_backoff_ms", 2_000),
)

T = TypeVar("T")


class Patience:
    """How much time one call of the port has left."""

    def __init__(self) -> None:
        self.started = time.monotonic()
        self._deadline = self.started + TOTAL_SECONDS
        self._pauses = 0

    def attempt_seconds(self) -> float:
        """The timeout for the next attempt."""
        return max(0.1, min(ATTEMPT_SECONDS, self._deadline - time.monotonic()))

    def pause(self, error: Exception) -> None:
        """Wait a little, longer each time; raises Unavailable when there would be no time left for another attempt."""
        seconds = random.uniform(0.5, 1.0) * min(0.8, 0.05 * 2**self._pauses)
        self._pauses += 1
        if time.monotonic() + seconds + 0.2 > self._deadline:
            raise Unavailable("the database did not answer in time") from error
        time.sleep(seconds)


class Connection:
    """Requests and answers are protobuf messages; a stream is read to its end within the attempt."""

    def __init__(self, database: str, emulator_host: str) -> None:
        if emulator_host:
            self._channel = grpc.insecure_channel(emulator_host, options=_CHANNEL_OPTIONS)
        else:
            self._channel = FirestoreGrpcTransport.create_channel(options=_CHANNEL_OPTIONS)
        self._api = FirestoreClient(transport=FirestoreGrpcTransport(channel=self._channel))
        self._metadata = [("google-cloud-resource-prefix", database)]
        if emulator_host:
            self._metadata.append(("authorization", "Bearer owner"))

    def close(self) -> None:
        self._channel.close()

    def batch_get(self, request: Any, patience: Patience) -> list[Any]:
        """The BatchGetDocumentsResponse messages, in no particular order."""
        wrapped = firestore.BatchGetDocumentsRequest.wrap(request)
        return self._read_all(self._api.batch_get_documents, wrapped, firestore.BatchGetDocumentsResponse, patience)

    def run_query(self, request: Any, patience: Patience) -> list[Any]:
        """The RunQueryResponse messages, in the query's order."""
        wrapped = firestore.RunQueryRequest.wrap(request)
        return self._read_all(self._api.run_query, wrapped, firestore.RunQueryResponse, patience)

    def run_aggregation_query(self, request: Any, patience: Patience) -> list[Any]:
        wrapped = firestore.RunAggregationQueryRequest.wrap(request)
        return self._read_all(self._api.run_aggregation_query, wrapped, firestore.RunAggregationQueryResponse, patience)

    def commit_once(self, request: Any, timeout: float) -> Any:
        """One attempt; raises google.api_core's exceptions."""
        wrapped = firestore.CommitRequest.wrap(request)
        return firestore.CommitResponse.pb(self._api.commit(wrapped, retry=None, timeout=timeout, metadata=self._metadata))

    def _read_all(self, method: Callable[..., Iterable[Any]], request: Any, answer: Any, patience: Patience) -> list[Any]:
        def attempt(timeout: float) -> list[Any]:
            stream = method(request, retry=None, timeout=timeout, metadata=self._metadata)
            return [answer.pb(each) for each in stream]

        return until_answered(attempt, patience)


def until_answered(attempt: Callable[[float], T], patience: Patience) -> T:
    """Repeat an attempt that changes nothing until it succeeds. Raises Unavailable."""
    while True:
        try:
            return attempt(patience.attempt_seconds())
        except TRANSIENT as error:
            patience.pause(error)
