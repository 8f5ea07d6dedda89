"""Guessing passwords becomes slow, for one address at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier
from typing import cast

import pytest

from shared.identity.failures import FORGOTTEN, FREE, LONGEST_WAIT, Failures, wait_after
from shared.kit.documents import Documents, Snapshot, Write, Written
from shared.kit.errors import Limited
from shared.workspaces.store import address_id
from tests.unit.identity.conftest import Platform


@pytest.fixture
def failures(platform: Platform) -> Failures:
    return Failures(platform.documents)


def path(email: str) -> str:
    return f"sign_in_failures/{address_id(email)}"


def fail(failures: Failures, times: int = FREE, email: str = "ada@example.com") -> None:
    for _ in range(times):
        failures.enter(email)


def waiting(failures: Failures, email: str = "ada@example.com") -> float:
    with pytest.raises(Limited) as limited:
        failures.enter(email)
    assert limited.value.retry_after is not None
    return limited.value.retry_after


def test_five_are_free_then_one_waits(failures: Failures) -> None:
    fail(failures)
    assert 13 < waiting(failures) <= 15


def test_waits_double_up_to_a_quarter_of_an_hour() -> None:
    assert [wait_after(count) for count in (0, 4, 5, 6, 7, 8)] == [0, 0, 15, 30, 60, 120]
    assert wait_after(11) == wait_after(12) == wait_after(10**6) == LONGEST_WAIT == 900


def test_after_the_wait_there_is_one_attempt_and_a_longer_wait(platform: Platform, failures: Failures) -> None:
    fail(failures)
    for wait in (15, 30, 60, 120):
        platform.age(path("ada@example.com"), wait + 1, "at")
        failures.enter("ada@example.com")
        assert waiting(failures) > wait


def test_a_refused_attempt_does_not_make_the_wait_longer(failures: Failures) -> None:
    fail(failures)
    first = waiting(failures)
    assert waiting(failures) <= first


def test_the_right_password_ends_the_row(failures: Failures) -> None:
    fail(failures, 4)
    failures.forget("ADA@example.com")
    fail(failures, 5)


def test_the_case_of_letters_makes_no_new_address(failures: Failures) -> None:
    fail(failures)
    assert waiting(failures, "ADA@Example.COM") > 0


def test_other_addresses_are_not_slowed(failures: Failures) -> None:
    fail(failures)
    failures.enter("grace@example.com")


def test_a_day_later_the_row_is_forgotten(platform: Platform, failures: Failures) -> None:
    fail(failures)
    platform.age(path("ada@example.com"), FORGOTTEN + 1, "at")
    fail(failures)
    assert waiting(failures) <= 15


@dataclass
class AllLookFirst:
    """Documents on which nobody writes before everybody has read."""

    documents: Documents
    together: Barrier

    def get(self, *paths: str) -> list[Snapshot | None]:
        found = self.documents.get(*paths)
        self.together.wait()
        return found

    def commit(self, *writes: Write) -> list[Written]:
        return self.documents.commit(*writes)


@pytest.mark.parametrize("before", [0, 3, 5])
def test_guesses_at_the_same_time_do_not_get_more_turns_than_one_after_the_other(
    platform: Platform, failures: Failures, before: int
) -> None:
    fail(failures, before)
    if before >= FREE:
        platform.age(path("ada@example.com"), 16, "at")
    at_once = Failures(cast("Documents", AllLookFirst(platform.documents, Barrier(12, timeout=20))))

    def guess(_: int) -> bool:
        try:
            at_once.enter("ada@example.com")
        except Limited:
            return False
        return True

    with ThreadPoolExecutor(12) as pool:
        turns = sum(pool.map(guess, range(12)))
    assert turns == max(1, FREE - before)
