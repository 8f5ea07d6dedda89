"""Refresh tokens: good once, in families, and what becomes of a stolen one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import pytest

from shared.identity.refresh import GRACE, IDLE, LONGEST, RefreshTokens
from shared.kit.documents import Patch, Put
from shared.kit.errors import Limited, Unauthenticated
from tests.unit.identity.conftest import Platform


@pytest.fixture
def tokens(platform: Platform) -> RefreshTokens:
    return RefreshTokens(platform.documents)


def family(token: str) -> str:
    return f"refresh_families/{token.partition('.')[0]}"


def let_the_grace_pass(platform: Platform, token: str) -> None:
    (snapshot,) = platform.documents.get(family(token))
    assert snapshot is not None
    retired = [{**each, "at": each["at"] - timedelta(seconds=GRACE + 1)} for each in snapshot.fields["retired"]]
    platform.documents.commit(Patch(snapshot.path, {"retired": retired}))


def refused(tokens: RefreshTokens, token: str) -> bool:
    try:
        tokens.exchange(token)
    except Unauthenticated:
        return True
    return False


def test_each_token_is_exchanged_for_the_next(platform: Platform, tokens: RefreshTokens) -> None:
    first = tokens.start("usr_ada")
    seen, token = {first.token.text}, first.token.text
    for _ in range(5):
        let_the_grace_pass(platform, token)
        exchanged = tokens.exchange(token)
        assert exchanged.user == "usr_ada"
        assert exchanged.signed_in_at == first.signed_in_at
        token = exchanged.token.text
        seen.add(token)
    assert len(seen) == 6


def test_only_digests_are_kept(platform: Platform, tokens: RefreshTokens) -> None:
    first = tokens.start("usr_ada").token.text
    second = tokens.exchange(first).token.text
    (snapshot,) = platform.documents.get(family(first))
    assert snapshot is not None
    for token in (first, second):
        secret = token.partition(".")[2]
        assert len(secret) == 43, "256 bits"
        assert secret not in repr(snapshot.fields)


def test_a_token_that_comes_a_second_time_ends_the_family(platform: Platform, tokens: RefreshTokens) -> None:
    stolen = tokens.start("usr_ada").token.text
    current = tokens.exchange(stolen).token.text
    let_the_grace_pass(platform, stolen)
    assert refused(tokens, stolen)
    assert refused(tokens, current), "whoever of the two is the thief, both have to sign in again"


def test_one_family_ends_alone(platform: Platform, tokens: RefreshTokens) -> None:
    stolen, other = tokens.start("usr_ada").token.text, tokens.start("usr_ada").token.text
    tokens.exchange(stolen)
    let_the_grace_pass(platform, stolen)
    assert refused(tokens, stolen)
    assert not refused(tokens, other)


def test_two_tabs_that_race_both_get_on(platform: Platform, tokens: RefreshTokens) -> None:
    shared = tokens.start("usr_ada").token.text
    one, other = tokens.exchange(shared).token.text, tokens.exchange(shared).token.text
    let_the_grace_pass(platform, shared)
    # The browser keeps the cookie that came last; whichever it is, it is good.
    for last in (one, other):
        again = RefreshTokens(platform.documents)
        (before,) = platform.documents.get(family(last))
        assert before is not None
        assert not refused(again, last)
        platform.documents.commit(Put(before.path, before.fields))


def test_the_sibling_of_a_used_token_is_used_up_too(platform: Platform, tokens: RefreshTokens) -> None:
    shared = tokens.start("usr_ada").token.text
    thiefs, own = tokens.exchange(shared).token.text, tokens.exchange(shared).token.text
    tokens.exchange(thiefs)
    let_the_grace_pass(platform, shared)
    assert refused(tokens, own), "a thief who was quick is noticed at the next exchange"


def test_reloads_in_a_row_do_not_end_what_a_slower_tab_still_asks_for(tokens: RefreshTokens) -> None:
    first = tokens.start("usr_ada").token.text
    third = tokens.exchange(tokens.exchange(first).token.text).token.text
    assert not refused(tokens, first)
    assert not refused(tokens, third)


@pytest.mark.parametrize("round_", range(5))
def test_eight_tabs_at_once_all_get_on_and_a_flood_is_slowed(platform: Platform, tokens: RefreshTokens, round_: int) -> None:
    shared = tokens.start("usr_ada").token.text
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: tokens.exchange(shared).token.text, range(8)))
    assert len(set(answers)) == 8
    with suppress(Limited):
        for _ in range(8):
            tokens.exchange(shared)
    with pytest.raises(Limited):
        tokens.exchange(shared)
    assert not refused(tokens, answers[round_])


def test_a_forged_secret_ends_the_family_it_names(tokens: RefreshTokens) -> None:
    token = tokens.start("usr_ada").token.text
    assert refused(tokens, token[:-43] + "A" * 43)
    assert refused(tokens, token)


@pytest.mark.parametrize(
    "token",
    ["", ".", "fam_x.y", "../users/usr_ada.x", "fam_" + "a" * 26 + "." + "A" * 43, "fam_" + "a" * 26 + "." + "A" * 4300, "ä", "\x00"],
)
def test_what_is_no_token_is_refused_in_the_same_words(tokens: RefreshTokens, token: str) -> None:
    with pytest.raises(Unauthenticated) as failure:
        tokens.exchange(token)
    assert failure.value.message == "you are not signed in here, or your sign-in has ended; sign in again"
    tokens.end(token)


@pytest.mark.parametrize(("idle", "good"), [(IDLE - 60, True), (IDLE + 60, False)])
def test_thirty_days_without_use_end_it(platform: Platform, tokens: RefreshTokens, idle: float, good: bool) -> None:
    token = tokens.start("usr_ada").token.text
    platform.age(family(token), idle, "rotated_at")
    assert refused(tokens, token) is not good
    assert (platform.documents.get(family(token))[0] is not None) is good, "what has ended is not kept"


@pytest.mark.parametrize(("age", "good"), [(LONGEST - 60, True), (LONGEST + 60, False)])
def test_ninety_days_end_it_however_much_it_is_used(platform: Platform, tokens: RefreshTokens, age: float, good: bool) -> None:
    token = tokens.start("usr_ada").token.text
    platform.age(family(token), age, "started_at")
    assert refused(tokens, token) is not good


def test_the_cookie_lives_as_long_as_the_token_may(platform: Platform, tokens: RefreshTokens) -> None:
    first = tokens.start("usr_ada").token
    assert first.expires_in == IDLE
    platform.age(family(first.text), LONGEST - 3600, "started_at")
    assert 3590 <= tokens.exchange(first.text).token.expires_in <= 3600


def test_signing_out_ends_the_family_whatever_else_is_under_way(tokens: RefreshTokens) -> None:
    first = tokens.start("usr_ada").token.text
    second = tokens.exchange(first).token.text
    tokens.end(first)
    assert refused(tokens, second)
    tokens.end(second)
