"""The stop signal: set once, seen by everybody, whether they came before or after."""

from __future__ import annotations

import threading

from shared.kit.stop import StopSignal


def test_it_is_not_set_at_first() -> None:
    stop = StopSignal()
    assert (stop.is_set(), stop.reason) == (False, "")


def test_only_the_first_reason_counts() -> None:
    stop = StopSignal()
    stop.set("cancelled")
    stop.set("lease lost")
    assert (stop.is_set(), stop.reason) == (True, "cancelled")


def test_a_callback_runs_once_however_often_it_is_set() -> None:
    stop, calls = StopSignal(), []
    stop.on_set(lambda: calls.append(stop.reason))
    assert calls == []
    stop.set("cancelled")
    stop.set("again")
    assert calls == ["cancelled"]


def test_a_late_callback_runs_at_once() -> None:
    stop, calls = StopSignal(), []
    stop.set("cancelled")
    stop.on_set(lambda: calls.append(stop.reason))
    assert calls == ["cancelled"]


def test_a_callback_may_use_the_signal_itself() -> None:
    stop, calls = StopSignal(), []

    def callback() -> None:
        stop.set("again")
        stop.on_set(lambda: calls.append("inner"))

    stop.on_set(callback)
    stop.set("cancelled")
    assert calls == ["inner"]


def test_of_many_threads_exactly_one_sets_it_and_no_callback_is_lost() -> None:
    for _ in range(50):
        stop, gate = StopSignal(), threading.Barrier(8)
        calls: list[str] = []

        def setter(name: str, stop: StopSignal = stop, gate: threading.Barrier = gate) -> None:
            gate.wait()
            stop.set(name)

        def listener(stop: StopSignal = stop, calls: list[str] = calls, gate: threading.Barrier = gate) -> None:
            gate.wait()
            stop.on_set(lambda: calls.append(stop.reason))

        threads = [threading.Thread(target=setter, args=(str(index),)) for index in range(4)]
        threads += [threading.Thread(target=listener) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(calls) == 4
        assert set(calls) == {stop.reason}
