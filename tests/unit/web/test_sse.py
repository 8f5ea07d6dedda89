"""Server-sent events, read back by the rules of https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation."""

from __future__ import annotations

import json
import re
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from shared.web.sse import KEEP_ALIVE, frame

TEXT = st.text(max_size=80)
DATA = st.dictionaries(TEXT, TEXT | st.integers(-(2**53), 2**53) | st.none() | st.lists(TEXT, max_size=3), max_size=5)


def read(stream: str) -> list[dict[str, str]]:
    """The events that a browser dispatches."""
    events, event = [], {"data": "", "event": "", "id": ""}
    for line in re.split("\r\n|\r|\n", stream):
        if not line:
            if event["data"]:
                events.append({**event, "data": event["data"].removesuffix("\n")})
            event = {"data": "", "event": "", "id": event["id"]}
            continue
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            event["data"] += value + "\n"
        elif name in event:
            event[name] = value
    return events


@given(DATA, st.none() | st.integers(0, 2**53))
@example({"content": "a\u2028b\u2029c\x85d\x0be\x0cf\r\ng\rh\ni"}, 0)
@example({"content": "\n\ndata: forged\nevent: forged\nid: 9\n\n"}, 1)
@example({"content": 'say "yes" \\ no'}, None)
@example({"content": "\ufeff\x00\x7f🦊"}, 2)
def test_an_event_is_read_as_it_was_written(data: dict[str, Any], index: int | None) -> None:
    text = frame("RunContent", data, index).decode()
    (event,) = read(text)
    assert json.loads(event["data"]) == data
    assert event["event"] == "RunContent"
    assert event["id"] == ("" if index is None else str(index))


def test_events_and_signs_of_life_in_a_row_are_told_apart() -> None:
    stream = b"".join((KEEP_ALIVE, frame("A", {"n": 1}, 0), KEEP_ALIVE, KEEP_ALIVE, frame("B", {"n": 2}, 1), frame("C", {"n": 3})))
    assert [(event["event"], event["id"]) for event in read(stream.decode())] == [("A", "0"), ("B", "1"), ("C", "1")]


def test_a_frame_has_one_line_for_each_of_its_parts_and_ends_with_an_empty_one() -> None:
    assert frame("A", {"text": "a\nb"}, 3) == b'id: 3\nevent: A\ndata: {"text":"a\\nb"}\n\n'
