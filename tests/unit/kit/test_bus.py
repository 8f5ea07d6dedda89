from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.kit.bus import ID_ATTRIBUTE, LARGEST_DATA, Delivery, Message, decode_push, encode_push
from shared.kit.errors import Invalid, TooLarge

NAMES = st.text(max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | NAMES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=10,
)
MESSAGES = st.builds(
    Message,
    id=st.text(min_size=1, max_size=20),
    data=st.dictionaries(NAMES, JSON, max_size=4),
    attributes=st.dictionaries(NAMES.filter(lambda name: name != ID_ATTRIBUTE), NAMES, max_size=3),
    ordering_key=NAMES,
)


@settings(deadline=None)
@given(MESSAGES, st.integers(0, 1000))
def test_a_message_comes_out_of_its_envelope_as_it_went_in(message: Message, attempt: int) -> None:
    envelope = json.loads(json.dumps(encode_push(message, "17", "2026-01-01T00:00:00Z", "projects/p/subscriptions/s", attempt)))
    assert decode_push(envelope) == Delivery(message, "17", "projects/p/subscriptions/s", attempt)


def test_pubsubs_own_example_is_read() -> None:
    """The body that https://cloud.google.com/pubsub/docs/push#receive_push shows, with JSON as its data."""
    envelope = {
        "message": {
            "attributes": {"key": "value"},
            "data": base64.b64encode(b'{"n": 1}').decode(),
            "messageId": "2070443601311540",
            "message_id": "2070443601311540",
            "publishTime": "2021-02-26T19:13:55.749Z",
            "publish_time": "2021-02-26T19:13:55.749Z",
        },
        "subscription": "projects/myproject/subscriptions/mysubscription",
    }
    delivery = decode_push(envelope)
    assert delivery.message == Message("2070443601311540", {"n": 1}, {"key": "value"})
    assert (delivery.message_id, delivery.attempt) == ("2070443601311540", 0)


def test_a_message_without_data_has_none() -> None:
    assert decode_push({"message": {"messageId": "1", "attributes": {"a": "b"}}}).message == Message("1", {}, {"a": "b"})


@pytest.mark.parametrize(
    "envelope",
    [
        None,
        [],
        "text",
        {},
        {"message": None},
        {"message": []},
        {"message": {"data": "not base64!"}},
        {"message": {"data": 7}},
        {"message": {"data": "ä"}},
        {"message": {"data": base64.b64encode(b"not json").decode()}},
        {"message": {"data": base64.b64encode(b"[1]").decode()}},
        {"message": {"data": base64.b64encode(b"\xff").decode()}},
        {"message": {"attributes": ["a"]}},
    ],
)
def test_a_malformed_envelope_is_refused(envelope: Any) -> None:
    with pytest.raises(Invalid):
        decode_push(envelope)


def test_content_does_not_travel_in_messages() -> None:
    with pytest.raises(TooLarge, match="fact-1"):
        encode_push(Message("fact-1", {"text": "x" * LARGEST_DATA}), "1", "", "s", 1)
