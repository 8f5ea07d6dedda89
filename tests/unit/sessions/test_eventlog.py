"""The events of a run: live, stored without their words, and read again."""

from __future__ import annotations

import threading
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.sessions.eventlog import ATTEMPT_STRIDE, COMPLETED, CONTENT, Event, EventLog

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
PIECE = st.one_of(st.tuples(st.just("content"), TEXT), st.tuples(st.just("reasoning_content"), TEXT))
FIELDS = st.dictionaries(st.text("abcdef", min_size=1), st.one_of(st.none(), st.integers(-5, 5), TEXT, st.booleans()), max_size=3)
OTHER = st.tuples(st.sampled_from(["RunStarted", "ToolCallStarted", "ModelRequestCompleted"]), FIELDS)
STEP = st.tuples(st.integers(0, 1), st.one_of(PIECE.map(lambda piece: (CONTENT, {piece[0]: piece[1]})), OTHER))


def played(steps: list[tuple[int, tuple[str, dict[str, Any]]]], fence: int) -> tuple[EventLog, str, str]:
    log, at, words = EventLog(), 1000, {"content": "", "reasoning_content": ""}
    log.start_attempt(fence)
    for passed, (name, fields) in steps:
        at += passed
        log.append(name, at, fields)
        if name == CONTENT:
            for kind, text in fields.items():
                words[kind] += text
    return log, words["content"], words["reasoning_content"]


@given(st.lists(STEP, max_size=40), st.integers(1, 4), st.text("xyz", max_size=5))
def test_what_is_stored_at_any_point_is_replayed_exactly(
    steps: list[tuple[int, tuple[str, dict[str, Any]]]], fence: int, later: str
) -> None:
    whole, content, reasoning = played(steps, fence)
    for end in {0, len(steps) // 2, len(steps)}:
        log, _, _ = played(steps[:end], fence)
        # A heartbeat stores the words after the log: they may be more than the log says.
        loaded = EventLog.load(log.dump(), content + later, reasoning + later, closed=False)
        assert loaded.events == whole.events[:end]
        assert loaded.next_index == log.next_index


@given(st.lists(STEP, max_size=20), FIELDS)
def test_the_end_of_a_run_gets_its_whole_texts_back_which_are_not_stored_with_it(
    steps: list[tuple[int, tuple[str, dict[str, Any]]]], fields: dict[str, Any]
) -> None:
    log, content, reasoning = played(steps, 1)
    whole = {"content": content, **({"reasoning_content": reasoning} if reasoning else {})}
    last = Event(log.next_index, COMPLETED, 2000, {**whole, **fields})
    loaded = EventLog.load(log.dump(last), content, reasoning, closed=True)
    assert loaded.events == [*log.events, last]
    assert loaded.closed


def test_the_stored_log_holds_no_word_of_the_answer_and_two_bytes_a_piece() -> None:
    log = EventLog()
    for _ in range(10_000):
        log.append(CONTENT, 1, {"content": "secret"})
    stored = log.dump(Event(10_000, COMPLETED, 1, {"content": "secret" * 10_000}))
    assert b"secret" not in stored
    assert len(stored) < 2.1 * 10_000


def test_a_log_that_was_never_stored_is_empty() -> None:
    log = EventLog.load(b"[]", "", "", closed=True)
    assert (log.events, log.base, log.closed) == ([], 0, True)


@pytest.mark.parametrize(("after", "first"), [(-1, 0), (0, 1), (4, 5), (99, None)])
def test_events_behind_an_index(after: int, first: int | None) -> None:
    log = EventLog()
    for number in range(10):
        log.append("E", number, {})
    found = log.after(after)
    assert (found[0].index if found else None) == first
    assert [event.index for event in found] == list(range(10))[10 - len(found) :]


def test_an_index_of_an_earlier_attempt_is_before_every_event_of_a_later_one() -> None:
    log = EventLog()
    log.start_attempt(3)
    log.append("E", 1, {})
    assert log.events[0].index == 2 * ATTEMPT_STRIDE
    for earlier in (-1, 0, 17, ATTEMPT_STRIDE + 3, 2 * ATTEMPT_STRIDE - 1):
        assert log.after(earlier) == log.events
    assert log.after(2 * ATTEMPT_STRIDE) == []


def test_a_reader_wakes_with_the_next_event_and_with_the_end() -> None:
    log = EventLog()
    assert not log.wait(-1, 0.01)
    woken: list[bool] = []
    for index, change in ((-1, lambda: log.append("E", 1, {})), (0, log.close)):
        reader = threading.Thread(target=lambda index=index: woken.append(log.wait(index, 10)))
        reader.start()
        change()
        reader.join(10)
        assert not reader.is_alive()
    assert woken == [True, True]


def test_many_readers_get_every_event_of_one_writer_once() -> None:
    log = EventLog()
    seen: list[list[int]] = [[] for _ in range(8)]

    def read(into: list[int]) -> None:
        after = -1
        while True:
            log.wait(after, 10)
            closed = log.closed
            for event in log.after(after):
                into.append(event.index)
                after = event.index
            if closed:
                return

    readers = [threading.Thread(target=read, args=(into,)) for into in seen]
    for reader in readers:
        reader.start()
    for number in range(2000):
        log.append("E", number, {})
    log.close()
    for reader in readers:
        reader.join(10)
    assert seen == [list(range(2000))] * 8


def test_the_stored_form_is_json_of_base_and_entries() -> None:
    log = EventLog()
    log.append("RunStarted", 5, {"a": 1})
    for word in ("ab", "c"):
        log.append(CONTENT, 5, {"content": word})
    log.append(CONTENT, 6, {"content": "d"})
    log.append(CONTENT, 6, {"reasoning_content": "why"})
    assert orjson.loads(log.dump()) == {
        "base": 0,
        "entries": [["RunStarted", 5, {"a": 1}], ["content", 5, [2, 1]], ["content", 6, [1]], ["reasoning", 6, [3]]],
    }
