"""What Terraform gives the functions to sign people in with: each variable that they read, and only what they start with."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from shared.config import Settings

ROOT = Path(__file__).parents[2]
IDENTITY = ROOT / "infra" / "terraform" / "identity.tf"
OIDC = {"kind": "oidc", "issuer": "https://login.example.com/realm", "client_id": "web"}
FIREBASE = {"kind": "firebase", "firebase_api_key": "key"}
ONLY_ON_A_LAPTOP = {"REGGIE_FIREBASE_URL"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file by itself: it names no provider, so that Terraform evaluates it without the network."""
    if shutil.which("terraform") is None:
        pytest.skip("terraform is not installed")
    made = tmp_path_factory.mktemp("identity")
    shutil.copy(IDENTITY, made)
    (made / "output.tf").write_text('output "environment" {\n  value = local.identity_environment\n}\n')
    assert terraform(made, "init").returncode == 0
    return made


def terraform(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}
    return subprocess.run(["terraform", *arguments], cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False)


def applied(folder: Path, identity: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    return terraform(folder, "apply", "-auto-approve", "-input=false", "-no-color", f"-var=identity={json.dumps(identity)}")


@pytest.mark.parametrize("identity", [{}, OIDC, {**OIDC, "origins": ["https://token.example.com", "https://b.example:8443"]}, FIREBASE])
def test_the_functions_start_with_what_they_are_given(folder: Path, identity: dict[str, Any]) -> None:
    done = applied(folder, identity)
    assert done.returncode == 0, done.stderr
    given = json.loads(terraform(folder, "output", "-json", "environment").stdout)
    settings = Settings.from_environment({"K_SERVICE": "api", "GOOGLE_CLOUD_PROJECT": "p1", **given})
    assert settings.identity == identity.get("kind", "builtin")
    assert settings.oidc_issuer == identity.get("issuer", "")
    assert settings.oidc_client_id == identity.get("client_id", "")
    assert list(settings.identity_origins) == identity.get("origins", [])
    assert settings.firebase_api_key == identity.get("firebase_api_key", "")


@pytest.mark.parametrize(
    "identity",
    [
        {"kind": "ldap"},
        {"kind": "oidc"},
        {**OIDC, "issuer": "http://login.example.com"},
        {**OIDC, "client_id": ""},
        {**OIDC, "origins": ["https://*.example.com"]},
        {**OIDC, "firebase_api_key": "key"},
        {"kind": "firebase"},
        {**FIREBASE, "origins": ["https://token.example.com"]},
        {"issuer": "https://login.example.com"},
    ],
)
def test_what_no_function_would_start_with_is_refused_before_it_is_deployed(folder: Path, identity: dict[str, Any]) -> None:
    done = applied(folder, identity)
    assert done.returncode != 0
    assert "Invalid value for variable" in done.stderr


def test_every_variable_of_sign_in_is_given_to_every_function() -> None:
    read = set(re.findall(r'"(REGGIE_(?:IDENTITY|OIDC|FIREBASE)\w*)"', (ROOT / "shared" / "config.py").read_text()))
    assert set(re.findall(r"^    (REGGIE_\w+) +=", IDENTITY.read_text(), re.MULTILINE)) == read - ONLY_ON_A_LAPTOP
    assert re.search(r"^  environment +=.*local\.identity_environment", (IDENTITY.parent / "main.tf").read_text(), re.MULTILINE)
