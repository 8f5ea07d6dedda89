"""Settings from the environment, typed, read once. Every variable is described in docs/configuration.md."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urlsplit

_ORIGIN: Final = re.compile(r"https?://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Settings:
    """What one process runs with."""

    documents: str
    """`sqlite` or `firestore`."""
    blobs: str
    """`files` or `gcs`."""
    bus: str
    """`local` or `pubsub`."""
    home: Path
    """The laptop's data folder."""
    project: str
    database: str
    bucket: str
    push_audience: str
    push_service_account: str
    internal_token: str
    """The laptop's stand-in for signed push tokens; empty in the cloud."""
    origins: tuple[str, ...]
    lease_seconds: float
    local_model_url: str
    base_url: str
    identity: str
    """`builtin`, `oidc` or `firebase`."""
    oidc_issuer: str
    oidc_client_id: str
    identity_origins: tuple[str, ...]
    """Where the web app's pages may go to sign people in, besides the issuer itself."""
    firebase_api_key: str
    firebase_url: str
    """A stand-in of Firebase's servers on this machine; empty for the real ones."""
    faults: str
    beside_emulator: bool

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Raises ValueError, naming the variable, when one cannot be used."""
        in_cloud = "K_SERVICE" in environment

        def choice(name: str, allowed: tuple[str, ...], default: str) -> str:
            value = environment.get(name) or default
            if value not in allowed:
                raise ValueError(f"{name} is {value!r}; it must be {' or '.join(allowed)}")
            return value

        identity = choice("REGGIE_IDENTITY", ("builtin", "oidc", "firebase"), "builtin")
        _check_identity(identity, environment)
        return cls(
            documents=choice("REGGIE_DOCUMENTS", ("sqlite", "firestore"), "firestore" if in_cloud else "sqlite"),
            blobs=choice("REGGIE_BLOBS", ("files", "gcs"), "gcs" if in_cloud else "files"),
            bus=choice("REGGIE_BUS", ("local", "pubsub"), "pubsub" if in_cloud else "local"),
            home=Path(environment.get("REGGIE_HOME") or ".local").absolute(),
            project=environment.get("GOOGLE_CLOUD_PROJECT") or ("" if in_cloud else "demo-reggie"),
            database=environment.get("REGGIE_FIRESTORE_DATABASE") or "(default)",
            bucket=environment.get("REGGIE_BUCKET", ""),
            push_audience=environment.get("REGGIE_PUSH_AUDIENCE", ""),
            push_service_account=environment.get("REGGIE_PUSH_SERVICE_ACCOUNT", ""),
            internal_token="" if in_cloud else environment.get("REGGIE_INTERNAL_TOKEN", ""),
            origins=tuple((environment.get("REGGIE_ORIGINS") or "http://localhost:3000,https://os.agno.com").split(",")),
            lease_seconds=_seconds(environment, "REGGIE_LEASE_SECONDS", 15.0),
            local_model_url=environment.get("REGGIE_LOCAL_MODEL_URL", ""),
            base_url=environment.get("REGGIE_URL", "http://localhost:8080"),
            identity=identity,
            oidc_issuer=environment.get("REGGIE_OIDC_ISSUER", ""),
            oidc_client_id=environment.get("REGGIE_OIDC_CLIENT_ID", ""),
            identity_origins=_identity_origins(identity, environment.get("REGGIE_IDENTITY_ORIGINS", "")),
            firebase_api_key=environment.get("REGGIE_FIREBASE_API_KEY", ""),
            firebase_url=_stand_in(environment.get("REGGIE_FIREBASE_URL", "")),
            faults=environment.get("REGGIE_FAULTS", ""),
            beside_emulator="FIRESTORE_EMULATOR_HOST" in environment or environment.get("REGGIE_TEST") == "1",
        )


def _check_identity(identity: str, environment: Mapping[str, str]) -> None:
    """Raises ValueError when the chosen identity lacks what it needs, or its issuer could be impersonated on the way to it."""
    needed = {"oidc": ("REGGIE_OIDC_ISSUER", "REGGIE_OIDC_CLIENT_ID"), "firebase": ("REGGIE_FIREBASE_API_KEY", "GOOGLE_CLOUD_PROJECT")}
    for name in needed.get(identity, ()):
        if not environment.get(name):
            raise ValueError(f"REGGIE_IDENTITY is {identity}; it needs {name}")
    if identity == "oidc":
        address = urlsplit(environment["REGGIE_OIDC_ISSUER"])
        named = _ORIGIN.fullmatch(f"{address.scheme}://{address.netloc}")
        if not named or not (_on_this_machine(address) or address.scheme == "https"):
            raise ValueError("REGGIE_OIDC_ISSUER must be an https address (http only on this machine)")


def _identity_origins(identity: str, value: str) -> tuple[str, ...]:
    """Origins for the pages' policy. Raises ValueError for anything else, as a policy's other words could open it to everybody."""
    origins = tuple(part.strip() for part in value.split(",") if part.strip())
    if origins and identity != "oidc":
        raise ValueError("REGGIE_IDENTITY_ORIGINS belongs to REGGIE_IDENTITY=oidc; other pages call nobody else, or only Google")
    for origin in origins:
        safe = _ORIGIN.fullmatch(origin) and (origin.startswith("https:") or _on_this_machine(urlsplit(origin)))
        if not safe:
            raise ValueError(
                f"REGGIE_IDENTITY_ORIGINS has {origin!r}; it takes https://host or https://host:port (http only on this machine)"
            )
    return origins


def _stand_in(url: str) -> str:
    if url and not (_ORIGIN.fullmatch(url) and _on_this_machine(urlsplit(url))):
        raise ValueError("REGGIE_FIREBASE_URL must be http://127.0.0.1:port: it is for a stand-in of Firebase on this machine")
    return url


def _on_this_machine(address: SplitResult) -> bool:
    return address.scheme == "http" and address.hostname in ("localhost", "127.0.0.1")


def _seconds(environment: Mapping[str, str], name: str, default: float) -> float:
    value = environment.get(name)
    try:
        seconds = float(value) if value else default
    except ValueError as error:
        raise ValueError(f"{name} is {value!r}; it must be a number of seconds") from error
    if not 0.5 <= seconds <= 300:
        raise ValueError(f"{name} is {seconds:g}; it must be between 0.5 and 300 seconds")
    return seconds
