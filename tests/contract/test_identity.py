"""The port Identity: what every verifier of access tokens accepts, and the many tokens that none does."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import jwt
import pytest

from shared.adapters.identity.builtin import AUDIENCE, BuiltinIdentity
from shared.adapters.identity.oidc import OidcIdentity
from shared.adapters.sqlite.documents import SqliteStore
from shared.identity.models import OWN_ISSUER
from shared.identity.ports import Identity
from shared.kit.clock import SystemClock
from shared.kit.errors import Unauthenticated
from shared.workspaces.store import PLATFORM_ROOT
from tests.support.tokens import LEFT_OUT, Key, Maker, base64url, loopback_issuer, new_key

RSA = new_key("RS256")
STRANGERS = {algorithm: new_key(algorithm) for algorithm in ("RS256", "ES256", "EdDSA")}
"""Keys that no issuer published, under the id of the one that it did."""


@dataclass(frozen=True)
class Subject:
    identity: Identity
    maker: Maker


@pytest.fixture(scope="module", params=["builtin", "RS256", "PS256", "ES256", "EdDSA"])
def subject(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Subject]:
    """The built-in issuer's verifier, and the one of an outside issuer for each kind of key."""
    if request.param == "builtin":
        store = SqliteStore(tmp_path_factory.mktemp("identity") / "documents.db")
        platform = store.open(PLATFORM_ROOT)
        identity = BuiltinIdentity(platform, SystemClock())
        identity.issue("usr_1", datetime.now(UTC))
        (snapshot,) = platform.get("signing_keys/access-tokens")
        assert snapshot is not None
        jwk = snapshot.fields["jwk"]
        key = Key(jwk["kid"], "EdDSA", jwt.PyJWK(jwk, "EdDSA").key)
        yield Subject(identity, Maker(key, {"typ": "at+jwt"}, {"iss": OWN_ISSUER, "aud": AUDIENCE, "sub": "usr_1"}))
        store.close()
        return
    key = RSA if request.param == "RS256" else replace(RSA, algorithm="PS256") if request.param == "PS256" else new_key(request.param)
    with loopback_issuer(key) as issuer:
        claims = {"iss": issuer.url, "aud": "client-1", "sub": "usr_1", "email": "ada@example.com", "email_verified": True}
        yield Subject(OidcIdentity(issuer.url, "client-1", SystemClock()), Maker(key, {"typ": "JWT"}, claims))


Bad = Callable[[Maker], str]


def header(**fields: object) -> Bad:
    return lambda maker: maker.make(fields)


def claims(**fields: object) -> Bad:
    return lambda maker: maker.make(None, fields)


def at(name: str, seconds: float) -> Bad:
    return lambda maker: maker.make(None, {name: int(time.time()) + seconds})


def tampered(maker: Maker) -> str:
    head, _, signature = maker.make().split(".")
    return f"{head}.{maker.parts(None, {'sub': 'usr_2'}).split('.')[1]}.{signature}"


def another_head(maker: Maker) -> str:
    _, body, signature = maker.make().split(".")
    return f"{maker.parts({'extra': 1}).split('.')[0]}.{body}.{signature}"


def deep(maker: Maker) -> str:
    parts = f"{maker.parts().split('.')[0]}.{base64url(b'[' * 3000)}"
    return f"{parts}.{base64url(maker.key.sign(parts.encode()))}"


def by_stranger(algorithm: str) -> Bad:
    return lambda maker: maker.make({"alg": algorithm}, key=STRANGERS[algorithm])


def own_key_inside(name: str) -> Bad:
    """Signed by a stranger, whose key the header brings along or points to."""

    def make(maker: Maker) -> str:
        stranger = STRANGERS["RS256"]
        told = {"jwk": stranger.public, "jku": "http://127.0.0.1:9/jwks", "x5u": "http://127.0.0.1:9/cert", "x5c": ["MIIB"]}[name]
        return maker.make({"alg": "RS256", name: told}, key=stranger)

    return make


BAD: dict[str, Bad] = {
    "alg none": lambda maker: maker.parts({"alg": "none"}) + ".",
    "alg None with a signature": lambda maker: maker.make({"alg": "None"}),
    "alg none with a signature": lambda maker: maker.make({"alg": "none"}),
    "no alg": header(alg=LEFT_OUT),
    "alg in a list": header(alg=["EdDSA", "RS256"]),
    "alg of lower case": lambda maker: maker.make({"alg": maker.key.algorithm.lower()}),
    "HMAC by the public key as PEM": lambda maker: maker.with_secret(maker.key.pem),
    "HMAC by the public key as JWK": lambda maker: maker.with_secret(json.dumps(maker.key.public).encode()),
    "HMAC by nothing": lambda maker: maker.with_secret(b""),
    "HMAC by the key's id": lambda maker: maker.with_secret(maker.key.id.encode()),
    "RS384": header(alg="RS384"),
    "ES512": header(alg="ES512"),
    **{f"a stranger's {name}": by_stranger(name) for name in STRANGERS},
    **{f"a stranger's key in {name}": own_key_inside(name) for name in ("jwk", "jku", "x5u", "x5c")},
    "no kid": header(kid=LEFT_OUT),
    "an unknown kid": header(kid="key-2"),
    "a kid that is a path": header(kid="../../../../dev/null"),
    "a kid that is an injection": header(kid="x' UNION SELECT 'secret"),
    "a kid that is a number": header(kid=1),
    "a kid that is null": header(kid=None),
    "a critical extension": header(crit=["b64"], b64=False),
    "a critical extension that changes nothing": header(crit=["b64"], b64=True),
    "an unknown critical extension": header(crit=["exp2"], exp2=1),
    "typ of a logout token": header(typ="logout+jwt"),
    "typ of a client assertion": header(typ="client-authentication+jwt"),
    "typ that is a number": header(typ=7),
    "another issuer": claims(iss="https://evil.example"),
    "an issuer in a list": claims(iss=["reggie", "https://evil.example"]),
    "an issuer with a slash": lambda maker: maker.make(None, {"iss": f"{maker.claims['iss']}/"}),
    "no issuer": claims(iss=LEFT_OUT),
    "another audience": claims(aud="client-2"),
    "audiences without ours": claims(aud=["client-2", "client-3"]),
    "audiences with ours, without a party": lambda maker: maker.make(None, {"aud": [maker.claims["aud"], "client-2"]}),
    "another party": claims(azp="client-2"),
    "an audience that begins like ours": lambda maker: maker.make(None, {"aud": f"{maker.claims['aud']}0"}),
    "no audience": claims(aud=LEFT_OUT),
    "an audience that is null": claims(aud=None),
    "no subject": claims(sub=LEFT_OUT),
    "an empty subject": claims(sub=""),
    "a subject that is a number": claims(sub=1),
    "an endless subject": claims(sub="s" * 256),
    "no end": claims(exp=LEFT_OUT),
    "ended a minute ago": at("exp", -60),
    "ended just beyond the leeway": at("exp", -11),
    "an end that is a word": claims(exp="tomorrow"),
    "an end that is digits": claims(exp="4102444800"),
    "an end that is true": claims(exp=True),
    "an end that is no number": claims(exp=float("nan")),
    "an end that is infinite": claims(exp=float("inf")),
    "an end beyond all years": claims(exp=10**15),
    "an end that is null": claims(exp=None),
    "begins in a minute": at("nbf", 60),
    "begins just beyond the leeway": at("nbf", 12),
    "a beginning that is true": claims(nbf=True),
    "a time of making that is true": claims(iat=True),
    "made in a minute": at("iat", 60),
    "no time of making": claims(iat=LEFT_OUT),
    "a time of making that is a list": claims(iat=[0]),
    "a negative sign-in": claims(auth_time=-1),
    "other claims under the signature": tampered,
    "another header over the signature": another_head,
    "no signature": lambda maker: f"{maker.parts()}.",
    "a signature of zeros": lambda maker: maker.make(signature=bytes(64)),
    "half a signature": lambda maker: maker.make()[:-40],
    "a signature twice": lambda maker: f"{maker.make()}.{maker.make().split('.')[2]}",
    "padding": lambda maker: maker.make() + "==",
    "a blank": lambda maker: maker.make() + " ",
    "claims that are a list": lambda maker: f"{maker.parts().split('.')[0]}.{base64url(b'[]')}.{base64url(bytes(64))}",
    "claims of 3,000 brackets": deep,
    "a header that is not JSON": lambda maker: f"{base64url(b'{')}.{maker.parts().split('.')[1]}.{base64url(bytes(64))}",
    "an endless token": lambda maker: maker.make(None, {"more": "x" * 9000}),
    "encrypted": lambda _: ".".join([base64url(b'{"alg":"dir","enc":"A128GCM"}'), "", "aa", "bb", "cc"]),
    "nothing": lambda _: "",
    "two dots": lambda _: "..",
    "not ASCII": lambda _: "ä.ö.ü",
}


def test_a_good_token_tells_who_it_is_for(subject: Subject) -> None:
    claims = subject.identity.verify(subject.maker.make())
    assert claims.issuer == subject.maker.claims["iss"]
    assert claims.subject == "usr_1"
    assert claims.email == subject.maker.claims.get("email", "")
    assert claims.email_verified is bool(claims.email)
    assert abs((datetime.now(UTC) - claims.signed_in_at).total_seconds()) < 5
    assert 590 < (claims.expires_at - datetime.now(UTC)).total_seconds() <= 600


@pytest.mark.parametrize("name", BAD)
def test_no_verifier_accepts(subject: Subject, name: str) -> None:
    token = BAD[name](subject.maker)
    with pytest.raises(Unauthenticated) as refused:
        subject.identity.verify(token)
    with pytest.raises(Unauthenticated) as nonsense:
        subject.identity.verify("a.b.c")
    assert refused.value.message == nonsense.value.message, "what was wrong is not told"


def test_there_are_enough_of_them() -> None:
    assert len(BAD) >= 60


@pytest.mark.parametrize(("name", "seconds"), [("exp", -8), ("nbf", 8), ("iat", 8)])
def test_clocks_may_differ_by_ten_seconds(subject: Subject, name: str, seconds: int) -> None:
    assert subject.identity.verify(at(name, seconds)(subject.maker)).subject == "usr_1"


def test_a_key_in_the_header_of_a_good_token_is_not_looked_at(subject: Subject) -> None:
    told = {"jwk": STRANGERS["RS256"].public, "jku": "http://127.0.0.1:9/jwks", "x5u": "http://127.0.0.1:9/cert"}
    assert subject.identity.verify(subject.maker.make(told)).subject == "usr_1"


@pytest.mark.parametrize("verified", ["true", 1, None, "yes"])
def test_only_true_verifies_an_address(subject: Subject, verified: object) -> None:
    claims = subject.identity.verify(subject.maker.make(None, {"email": "ada@example.com", "email_verified": verified}))
    assert not claims.email_verified


def test_a_part_of_the_sign_in_second_is_kept(subject: Subject) -> None:
    moment = round(time.time() - 3, 3)
    assert subject.identity.verify(subject.maker.make(None, {"auth_time": moment})).signed_in_at == datetime.fromtimestamp(moment, UTC)
