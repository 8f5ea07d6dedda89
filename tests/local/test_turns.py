"""The queue before the model."""

from __future__ import annotations

import threading

import pytest

from local.model_server.turns import Left, Turns
from shared.kit.errors import Limited


def test_one_is_served_at_a_time_in_the_order_of_asking() -> None:
    turns, served, inside, most_inside = Turns(most_waiting=10), list[int](), list[int](), list[int]()

    def ask(number: int) -> None:
        with turns.turn(lambda: True):
            inside.append(number)
            most_inside.append(len(inside))
            served.append(number)
            inside.remove(number)

    threads = []
    with turns.turn(lambda: True):
        for number in range(5):
            threads.append(threading.Thread(target=ask, args=(number,)))
            threads[-1].start()
            while turns.length < number + 2:
                pass
    for thread in threads:
        thread.join(10)
    assert served == [0, 1, 2, 3, 4]
    assert max(most_inside) == 1


def test_past_the_bound_the_next_is_refused_and_told_when_to_come_again() -> None:
    turns = Turns(most_waiting=0)
    with turns.turn(lambda: True):
        with pytest.raises(Limited) as refused, turns.turn(lambda: True):
            pass
        assert refused.value.retry_after
        assert refused.value.retry_after >= 1
    with turns.turn(lambda: True):
        assert turns.length == 1


def test_who_leaves_while_waiting_gives_up_the_place() -> None:
    turns = Turns(most_waiting=5)
    with turns.turn(lambda: True):
        with pytest.raises(Left), turns.turn(lambda: False):
            pass
        assert turns.length == 1
