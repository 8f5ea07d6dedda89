"""Settings of sign-in: what fits together starts, anything else is refused with the variable's name."""

from __future__ import annotations

import pytest

from shared.config import Settings

OIDC = {"REGGIE_IDENTITY": "oidc", "REGGIE_OIDC_ISSUER": "https://login.example.com/realm", "REGGIE_OIDC_CLIENT_ID": "web"}
FIREBASE = {"REGGIE_IDENTITY": "firebase", "REGGIE_FIREBASE_API_KEY": "key", "GOOGLE_CLOUD_PROJECT": "p1"}

NO_ORIGINS = (
    "*",
    "https:",
    "https://*.example.com",
    "http://token.example.com",
    "https://token.example.com/token",
    "https://a.example; script-src *",
)


@pytest.mark.parametrize(
    "environment",
    [
        {},
        OIDC,
        FIREBASE,
        {**OIDC, "REGGIE_OIDC_ISSUER": "http://127.0.0.1:9000"},
        {**OIDC, "REGGIE_IDENTITY_ORIGINS": "https://token.example.com, https://token.example.com:8443,http://localhost:9001"},
        {**FIREBASE, "REGGIE_FIREBASE_URL": "http://127.0.0.1:9099"},
    ],
)
def test_what_fits_together_starts(environment: dict[str, str]) -> None:
    assert Settings.from_environment(environment).identity == environment.get("REGGIE_IDENTITY", "builtin")


@pytest.mark.parametrize(
    ("environment", "variable"),
    [
        ({"REGGIE_IDENTITY": "ldap"}, "REGGIE_IDENTITY"),
        ({**OIDC, "REGGIE_OIDC_ISSUER": ""}, "REGGIE_OIDC_ISSUER"),
        ({**OIDC, "REGGIE_OIDC_CLIENT_ID": ""}, "REGGIE_OIDC_CLIENT_ID"),
        ({**OIDC, "REGGIE_OIDC_ISSUER": "http://login.example.com"}, "REGGIE_OIDC_ISSUER"),
        ({**OIDC, "REGGIE_OIDC_ISSUER": "login.example.com"}, "REGGIE_OIDC_ISSUER"),
        ({**OIDC, "REGGIE_OIDC_ISSUER": "reggie"}, "REGGIE_OIDC_ISSUER"),
        ({**FIREBASE, "REGGIE_FIREBASE_API_KEY": ""}, "REGGIE_FIREBASE_API_KEY"),
        ({"REGGIE_IDENTITY": "firebase", "REGGIE_FIREBASE_API_KEY": "key"}, "GOOGLE_CLOUD_PROJECT"),
        ({**OIDC, "REGGIE_OIDC_ISSUER": "https://login.example.com; script-src *"}, "REGGIE_OIDC_ISSUER"),
        *(({**OIDC, "REGGIE_IDENTITY_ORIGINS": origins}, "REGGIE_IDENTITY_ORIGINS") for origins in NO_ORIGINS),
        ({"REGGIE_IDENTITY_ORIGINS": "https://token.example.com"}, "REGGIE_IDENTITY_ORIGINS"),
        ({**FIREBASE, "REGGIE_FIREBASE_URL": "https://firebase.example.com"}, "REGGIE_FIREBASE_URL"),
        ({**FIREBASE, "REGGIE_FIREBASE_URL": "http://127.0.0.1:9099/path"}, "REGGIE_FIREBASE_URL"),
    ],
)
def test_what_is_missing_or_unsafe_is_named(environment: dict[str, str], variable: str) -> None:
    with pytest.raises(ValueError, match=variable):
        Settings.from_environment(environment)
