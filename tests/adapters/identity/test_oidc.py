"""An outside issuer: how its keys are had, kept and renewed, and what it may not say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import pytest

from shared.adapters.identity.oidc import FRESH, STALE, TRY_AGAIN, OidcIdentity, firebase_identity
from shared.identity.places import firebase_places
from shared.kit.errors import Unauthenticated, Unavailable
from tests.support.clocks import HandClock
from tests.support.tokens import LoopbackIssuer, Maker, loopback_issuer, new_key

FIRST, SECOND, WEAK = new_key("RS256", "first"), new_key("ES256", "second"), new_key("RS256", "weak", bits=1024)


@dataclass(frozen=True)
class Client:
    issuer: LoopbackIssuer
    clock: HandClock
    identity: OidcIdentity

    def token(self, key: object = FIRST, **header: object) -> str:
        assert isinstance(key, type(FIRST))
        return Maker(key, {"typ": "JWT"}, {"iss": self.issuer.url, "aud": "client-1", "sub": "sub-1"}).make(header)

    def accepts(self, token: str) -> bool:
        try:
            return self.identity.verify(token).subject == "sub-1"
        except Unauthenticated:
            return False


@pytest.fixture
def client() -> Iterator[Client]:
    with loopback_issuer(FIRST) as issuer:
        clock = HandClock()
        yield Client(issuer, clock, OidcIdentity(issuer.url, "client-1", clock))


def test_keys_are_fetched_with_the_first_token_and_kept_for_an_hour(client: Client) -> None:
    assert client.issuer.asked == []
    for _ in range(5):
        assert client.accepts(client.token())
    assert client.issuer.asked == ["/.well-known/openid-configuration", "/jwks"]
    client.clock.sleep(FRESH)
    assert client.accepts(client.token())
    assert client.issuer.looks == 2


def test_many_first_requests_at_once_fetch_once(client: Client) -> None:
    token = client.token()
    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(client.accepts, [token] * 64))
    assert client.issuer.looks == 1


def test_a_new_key_is_looked_up_and_forgeries_do_not_make_us_hammer_the_issuer(client: Client) -> None:
    assert client.accepts(client.token())
    client.issuer.keys.append(SECOND.public)
    for number in range(100):
        assert not client.accepts(client.token(kid=f"forged-{number}"))
    assert not client.accepts(client.token(SECOND))
    assert client.issuer.looks == 1
    client.clock.sleep(60)
    assert client.accepts(client.token(SECOND))
    for number in range(100):
        assert not client.accepts(client.token(kid=f"forged-{number}"))
    assert client.issuer.looks == 2


def test_a_withdrawn_key_stops_working_within_an_hour(client: Client) -> None:
    assert client.accepts(client.token())
    client.issuer.keys[:] = [SECOND.public]
    client.clock.sleep(FRESH)
    assert not client.accepts(client.token())


def test_while_the_issuer_is_away_the_known_keys_do_for_a_day(client: Client) -> None:
    assert client.accepts(client.token())
    client.issuer.status = 503
    client.clock.sleep(STALE - 1)
    assert client.accepts(client.token())
    client.clock.sleep(61)
    with pytest.raises(Unavailable):
        client.identity.verify(client.token())


def test_without_any_key_nobody_is_let_in_and_it_is_tried_again_soon(client: Client) -> None:
    client.issuer.status = 500
    for _ in range(10):
        with pytest.raises(Unavailable):
            client.identity.verify(client.token())
    assert client.issuer.looks == 1
    client.issuer.status = 200
    client.clock.sleep(TRY_AGAIN)
    assert client.accepts(client.token())


def test_an_issuer_that_is_not_there_is_unavailable() -> None:
    with loopback_issuer(FIRST) as issuer:
        url = issuer.url
    with pytest.raises(Unavailable):
        OidcIdentity(url, "client-1", HandClock()).verify(Maker(FIRST, {}, {"iss": url, "aud": "client-1", "sub": "s"}).make())


@pytest.mark.parametrize(
    "wrong",
    [
        {"issuer": "https://evil.example"},
        {"issuer": None},
        {"jwks_uri": None},
        {"jwks_uri": 7},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": "ftp://127.0.0.1/jwks"},
        {"jwks_uri": "//127.0.0.1/jwks"},
    ],
    ids=str,
)
def test_a_discovery_document_that_does_not_fit_gives_no_keys(client: Client, wrong: dict[str, object]) -> None:
    client.issuer.discovery = wrong
    with pytest.raises(Unavailable):
        client.identity.verify(client.token())


KEY_SETS: dict[str, Callable[[], list[object]]] = {
    "none": list,
    "nonsense": lambda: [1, None, "key", [], {}],
    "a secret": lambda: [{"kty": "oct", "kid": "first", "k": "AAAA"}],
    "for encryption": lambda: [{**FIRST.public, "use": "enc"}],
    "for another algorithm": lambda: [{**FIRST.public, "alg": "PS256"}],
    "of another kind": lambda: [{**SECOND.public, "kid": "first", "alg": "RS256"}],
    "with parts missing": lambda: [{"kty": "RSA", "kid": "first"}],
    "without an id": lambda: [{name: value for name, value in FIRST.public.items() if name != "kid"}],
}


@pytest.mark.parametrize("name", KEY_SETS)
def test_a_key_that_does_not_fit_verifies_nothing(client: Client, name: str) -> None:
    client.issuer.keys[:] = KEY_SETS[name]()  # type: ignore[assignment]
    with pytest.raises((Unauthenticated, Unavailable)):
        client.identity.verify(client.token())


@pytest.mark.parametrize("algorithm", ["PS256", "RS384", "RS512", "PS512"])
def test_only_the_algorithms_of_the_issuer_are_accepted_even_if_its_key_could_do_more(client: Client, algorithm: str) -> None:
    client.issuer.keys[:] = [{name: value for name, value in FIRST.public.items() if name != "alg"}]
    strict = replace(client, identity=OidcIdentity(client.issuer.url, "client-1", client.clock, algorithms=("RS256",)))
    assert strict.accepts(client.token())
    assert not strict.accepts(client.token(replace(FIRST, algorithm=algorithm)))


def test_a_weak_key_verifies_nothing(client: Client) -> None:
    client.issuer.keys[:] = [WEAK.public]
    assert not client.accepts(client.token(WEAK))


def test_a_type_may_be_left_out_but_not_be_another(client: Client) -> None:
    claims = {"iss": client.issuer.url, "aud": "client-1", "sub": "sub-1"}
    assert client.accepts(Maker(FIRST, {}, claims).make())
    assert client.accepts(Maker(FIRST, {"typ": "application/JWT"}, claims).make())
    assert not client.accepts(Maker(FIRST, {"typ": "at+jwt"}, claims).make())


def test_ours_may_be_one_of_several_audiences_when_we_are_the_party(client: Client) -> None:
    claims = {"iss": client.issuer.url, "aud": ["client-1", "client-2"], "azp": "client-1", "sub": "sub-1"}
    assert client.accepts(Maker(FIRST, {}, claims).make())


def test_firebase_is_an_issuer_for_each_project() -> None:
    rules = firebase_identity(firebase_places("my-project").issuer, "my-project", HandClock())._rules
    assert (rules.issuer, rules.audience, rules.algorithms) == ("https://securetoken.google.com/my-project", "my-project", ("RS256",))
