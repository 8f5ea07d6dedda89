"""Signing in, renewing, signing out; and the person behind an access token."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from statistics import median

import pytest

from shared.adapters.identity.builtin import BuiltinIdentity
from shared.identity.failures import Failures
from shared.identity.models import Claims
from shared.identity.refresh import RefreshTokens
from shared.identity.service import CACHE_SECONDS, People, SignIn
from shared.identity.users import Users
from shared.kit.clock import SystemClock
from shared.kit.documents import Delete
from shared.kit.errors import Conflict, Forbidden, Limited, Unauthenticated
from shared.workspaces.models import Principal
from shared.workspaces.scopes import SCOPES
from shared.workspaces.store import Directory
from tests.support.clocks import HandClock
from tests.unit.identity.conftest import PASSWORD, Platform

pytestmark = pytest.mark.parametrize("platform", ["sqlite"], indirect=True)
"""What depends on a store's manner is in the tests of refresh tokens and of failures; here each password costs 0.3 s."""


@dataclass
class Instance:
    """One process of several over the same store."""

    platform: Platform
    clock: HandClock = field(default_factory=HandClock)

    def __post_init__(self) -> None:
        documents = self.platform.documents
        self.users, directory = Users(documents), Directory(documents)
        identity = BuiltinIdentity(documents, SystemClock())
        self.sign_in = SignIn(self.users, directory, Failures(documents), RefreshTokens(documents), identity)
        self.people = People(identity, self.users, directory, self.clock)

    def lets_in(self, token: str) -> bool:
        try:
            self.people.authenticate(token)
        except Unauthenticated:
            return False
        return True


@pytest.fixture
def instance(platform: Platform) -> Instance:
    return Instance(platform)


@dataclass
class Outside:
    """The port Identity, of an issuer elsewhere: it says what it is told to say."""

    claims: Claims

    def verify(self, token: str) -> Claims:
        return self.claims


def outside(email: str = "ada@example.com", *, verified: bool = True, subject: str = "sub-1") -> Claims:
    now = datetime.now(UTC)
    return Claims("https://issuer.example", subject, email, verified, now, now + timedelta(hours=1))


def outside_people(platform: Platform, claims: Claims) -> People:
    return People(Outside(claims), Users(platform.documents), Directory(platform.documents), HandClock())


def test_whoever_signs_in_gets_on_with_both_tokens(instance: Instance) -> None:
    signed = instance.sign_in.sign_in(" ada@example.COM ", PASSWORD)
    assert (signed.user.id, signed.user.name) == ("usr_ada", "Ada")
    assert [each.id for each in signed.workspaces] == ["wsp_z", "wsp_a"], "in the order of joining"
    assert signed.access.expires_in == 600
    principal = instance.people.authenticate(signed.access.text)
    assert principal == Principal("wsp_z", "user:usr_ada", "usr_ada", SCOPES, person=True)
    renewed = instance.sign_in.refresh(signed.refresh.text)
    assert instance.lets_in(renewed.access.text)


@pytest.mark.parametrize(("email", "password"), [("ada@example.com", "wrong"), ("nobody@example.com", PASSWORD), ("ada@example.com", "")])
def test_every_refusal_has_the_same_words(instance: Instance, email: str, password: str) -> None:
    with pytest.raises(Unauthenticated) as refused:
        instance.sign_in.sign_in(email, password)
    assert refused.value.message == "the e-mail address or the password is wrong"


def test_a_user_without_a_password_cannot_be_entered_with_one(instance: Instance, platform: Platform) -> None:
    Directory(platform.documents).add_user("usr_sso", "sso@example.com", "")
    with pytest.raises(Unauthenticated):
        instance.sign_in.sign_in("sso@example.com", "")


def test_an_unknown_address_takes_as_long_as_a_known_one(instance: Instance) -> None:
    def seconds(email: str) -> float:
        started = time.thread_time()
        with pytest.raises(Unauthenticated):
            instance.sign_in.sign_in(email, "wrong")
        return time.thread_time() - started

    pairs = [(seconds("ada@example.com"), seconds(f"nobody{n}@example.com")) for n in range(2)]
    known, unknown = median(pair[0] for pair in pairs), median(pair[1] for pair in pairs)
    assert 0.6 < unknown / known < 1.6


def test_guessing_is_slowed_for_unknown_addresses_too(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.identity.service.check_password", lambda password, _: password == PASSWORD)
    for email in ("ada@example.com", "nobody@example.com"):
        for _ in range(5):
            with pytest.raises(Unauthenticated):
                instance.sign_in.sign_in(email, "wrong")
        with pytest.raises(Limited):
            instance.sign_in.sign_in(email, PASSWORD)


def test_signing_out_ends_one_sign_in(instance: Instance) -> None:
    one, other = (instance.sign_in.sign_in("ada@example.com", PASSWORD) for _ in range(2))
    instance.sign_in.sign_out(one.refresh.text)
    with pytest.raises(Unauthenticated):
        instance.sign_in.refresh(one.refresh.text)
    instance.sign_in.refresh(other.refresh.text)


def test_signing_out_everywhere_reaches_every_instance_within_thirty_seconds(platform: Platform) -> None:
    instances = [Instance(platform) for _ in range(3)]
    signed = instances[0].sign_in.sign_in("ada@example.com", PASSWORD)
    assert all(each.lets_in(signed.access.text) for each in instances)
    instances[0].users.end_all_sign_ins("usr_ada")
    instances[0].people.forget("usr_ada")
    assert [each.lets_in(signed.access.text) for each in instances] == [False, True, True]
    for each in instances:
        each.clock.sleep(CACHE_SECONDS)
    assert CACHE_SECONDS <= 30
    assert not any(each.lets_in(signed.access.text) for each in instances)
    with pytest.raises(Unauthenticated):
        instances[1].sign_in.refresh(signed.refresh.text)

    again = instances[2].sign_in.sign_in("ada@example.com", PASSWORD)
    assert all(each.lets_in(again.access.text) for each in instances)
    instances[0].sign_in.refresh(again.refresh.text)


def test_what_a_refresh_made_while_everything_was_being_ended_is_ended_too(instance: Instance) -> None:
    signed = instance.sign_in.sign_in("ada@example.com", PASSWORD)
    instance.users.end_all_sign_ins("usr_ada")
    late = instance.sign_in._issuer.issue("usr_ada", signed_in_at=datetime.now(UTC) - timedelta(seconds=5))
    assert not instance.lets_in(late.text)
    assert not instance.lets_in(signed.access.text)


def test_whoever_is_gone_has_nothing_to_end(instance: Instance) -> None:
    with pytest.raises(Conflict):
        instance.users.end_all_sign_ins("usr_gone")


def test_a_user_who_is_gone_is_signed_out(instance: Instance, platform: Platform) -> None:
    signed = instance.sign_in.sign_in("ada@example.com", PASSWORD)
    platform.documents.commit(Delete("users/usr_ada"))
    assert not instance.lets_in(signed.access.text)
    with pytest.raises(Unauthenticated):
        instance.sign_in.refresh(signed.refresh.text)


def test_a_person_chooses_among_their_workspaces(instance: Instance) -> None:
    token = instance.sign_in.sign_in("ada@example.com", PASSWORD).access.text
    assert instance.people.authenticate(token, "wsp_a").workspace == "wsp_a"
    assert instance.people.authenticate(token, "wsp_z").workspace == "wsp_z"
    messages = set()
    for workspace in ("wsp_other", "wsp_nowhere", "../x", " ", "wsp_a,wsp_z"):
        with pytest.raises(Forbidden) as refused:
            instance.people.authenticate(token, workspace)
        messages.add(refused.value.message)
    assert len(messages) == 1, "absent and another's look the same"


def test_a_person_without_a_workspace_is_told_so(instance: Instance, platform: Platform) -> None:
    Directory(platform.documents).add_user("usr_new", "new@example.com", "")
    token = instance.sign_in._issuer.issue("usr_new", datetime.now(UTC)).text
    with pytest.raises(Forbidden, match="not a member of any workspace"):
        instance.people.authenticate(token)


def test_a_token_is_not_believed_beyond_its_end(platform: Platform) -> None:
    clock = HandClock()
    claims = replace(outside(), expires_at=clock.now() + timedelta(seconds=5))
    people = People(identity := Outside(claims), Users(platform.documents), Directory(platform.documents), clock)
    people.authenticate("t")
    identity.claims = replace(claims, subject="somebody else", email="")
    clock.sleep(4)
    people.authenticate("t")
    clock.sleep(1)
    with pytest.raises(Forbidden):
        people.authenticate("t")


def test_a_first_sign_in_elsewhere_with_a_verified_address_links_for_good(platform: Platform) -> None:
    assert outside_people(platform, outside("ADA@example.com")).authenticate("t").user == "usr_ada"
    renamed = outside("ada.lovelace@example.org", verified=False)
    assert outside_people(platform, renamed).authenticate("t").user == "usr_ada", "the subject counts from now on"


@pytest.mark.parametrize(
    "claims", [outside(verified=False), outside("nobody@example.com"), outside(""), outside("ada@example.com ", verified=True)]
)
def test_nobody_else_is_let_in_from_elsewhere(platform: Platform, claims: Claims) -> None:
    with pytest.raises(Forbidden, match="ask an owner"):
        outside_people(platform, claims).authenticate("t")


def test_a_subject_elsewhere_is_not_the_user_of_that_id_here(platform: Platform) -> None:
    with pytest.raises(Forbidden):
        outside_people(platform, outside("", subject="usr_ada")).authenticate("t")
