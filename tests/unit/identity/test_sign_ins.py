"""Where somebody is signed in, and the end of one sign-in."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.identity.devices import device
from shared.identity.refresh import IDLE, LONGEST, RefreshTokens
from shared.identity.sign_ins import SignIns
from shared.identity.users import Users
from shared.kit.documents import Patch
from shared.kit.errors import NotFound, Unauthenticated
from tests.unit.identity.conftest import Platform


@pytest.fixture
def users(platform: Platform) -> Users:
    return Users(platform.documents)


@pytest.fixture
def sign_ins(platform: Platform, users: Users) -> SignIns:
    return SignIns(platform.documents, users)


@pytest.fixture
def tokens(platform: Platform) -> RefreshTokens:
    return RefreshTokens(platform.documents)


def test_those_that_can_be_gone_on_with_are_listed_the_last_used_first(
    platform: Platform, sign_ins: SignIns, tokens: RefreshTokens
) -> None:
    kept = [tokens.start("usr_ada", "Firefox on Windows").token.text for _ in range(4)]
    first, second, idle, old = (RefreshTokens.family(token) for token in kept)
    tokens.start("usr_other")
    platform.age(f"refresh_families/{idle}", IDLE + 1, "rotated_at")
    platform.age(f"refresh_families/{old}", LONGEST + 1, "started_at")
    platform.age(f"refresh_families/{second}", 60, "rotated_at", "started_at")
    assert [each.id for each in sign_ins.active("usr_ada")] == [first, second]
    tokens.exchange(kept[1])
    assert [each.id for each in sign_ins.active("usr_ada")] == [second, first]
    found = sign_ins.active("usr_ada")[0]
    assert found.device == "Firefox on Windows"
    assert timedelta(seconds=59) < found.last_used_at - found.began_at < timedelta(seconds=90)


def test_none_is_left_after_a_sign_out_everywhere(users: Users, sign_ins: SignIns, tokens: RefreshTokens) -> None:
    tokens.start("usr_ada")
    users.end_all_sign_ins("usr_ada")
    assert sign_ins.active("usr_ada") == []


def test_one_that_was_ended_is_over_and_the_others_are_not(
    users: Users, sign_ins: SignIns, tokens: RefreshTokens, platform: Platform
) -> None:
    one, other = tokens.start("usr_ada"), tokens.start("usr_ada")
    family = RefreshTokens.family(one.token.text)
    platform.age(f"refresh_families/{family}", 60, "started_at")
    began = sign_ins.active("usr_ada")[1].began_at
    sign_ins.end("usr_ada", family)
    with pytest.raises(Unauthenticated):
        tokens.exchange(one.token.text)
    ada = users.get("usr_ada")
    in_the_token = began.replace(microsecond=began.microsecond // 1000 * 1000)
    assert ada.has_ended(in_the_token)
    assert not ada.has_ended(other.signed_in_at)
    tokens.exchange(other.token.text)
    with pytest.raises(NotFound):
        sign_ins.end("usr_ada", family)


def test_what_is_remembered_of_ended_sign_ins_does_not_grow(
    platform: Platform, users: Users, sign_ins: SignIns, tokens: RefreshTokens
) -> None:
    for _ in range(3):
        sign_ins.end("usr_ada", RefreshTokens.family(tokens.start("usr_ada").token.text))
        (ada,) = platform.documents.get("users/usr_ada")
        assert ada is not None
        long_ago = [{**each, "at": each["at"] - timedelta(hours=2)} for each in ada.fields["ended_sign_ins"]]
        platform.documents.commit(Patch(ada.path, {"ended_sign_ins": long_ago}))
    assert len(users.get("usr_ada").ended_sign_ins) == 1


@pytest.mark.parametrize(
    ("header", "known_as"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox on Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36", "Chrome on Linux"),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0",
            "Edge on Windows",
        ),
        ("Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Mobile Safari/537.36", "Chrome on Android"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Safari/604.1",
            "Safari on iPhone",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Safari/605.1.15",
            "Safari on macOS",
        ),
        ("curl/8.9.1", ""),
        ("<script>" * 1000, ""),
        ("", ""),
    ],
)
def test_a_browser_is_known_by_its_name_and_its_system_alone(header: str, known_as: str) -> None:
    assert device(header) == known_as
