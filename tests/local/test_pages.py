"""The web app's files: what is served, to whom, with which policies."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask, Response, request
from werkzeug.test import Client, TestResponse

from local.pages import Pages, identity_origins
from scripts.frontend import compress
from shared.config import Settings

ROOT = Path(__file__).parents[2]
SCRIPT = "console.log('reggie');\n" * 200
HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    """A build with a page, a script, the diagram frame and what the build keeps for itself."""
    folder = tmp_path / "dist"
    files = {
        "index.html": "<!doctype html><title>Reggie</title>" + " " * 2000,
        "icon.svg": "<svg/>",
        "theme.js": "/**/",
        "assets/main-a1b2.js": SCRIPT,
        "diagram/index.html": "<!doctype html><title>Diagram</title>",
        ".vite/manifest.json": "{}",
        ".built": "hash",
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    compress(folder)
    return folder


@pytest.fixture
def client(dist: Path) -> Client:
    return serving(dist)


def serving(dist: Path) -> Client:
    app = Flask("pages", static_folder=None)
    pages = Pages(dist, ["https://login.example"])

    @app.before_request
    def _answer() -> Response:
        return pages.answer(request) or Response("the API", 418)

    return Client(app)


def get(client: Client, path: str, **headers: str) -> TestResponse:
    return client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})


def test_a_browser_that_asks_for_the_root_is_sent_to_the_app(client: Client) -> None:
    answer = client.get("/", headers=HTML)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/app/")
    assert "Accept" in answer.headers["Vary"]


@pytest.mark.parametrize("accept", ["*/*", "application/json", ""])
def test_the_root_stays_the_apis_for_every_other_caller(client: Client, accept: str) -> None:
    assert get(client, "/", Accept=accept).text == "the API"


@pytest.mark.parametrize("path", ["/sessions", "/agents", "/apple", "/application/", "/assets/main-a1b2.js"])
def test_what_is_not_below_app_is_the_apis(client: Client, path: str) -> None:
    assert client.get(path, headers=HTML).text == "the API"
    assert client.post("/app/").text == "the API"


@pytest.mark.parametrize("path", ["/app/", "/app/chat", "/app/chat/ses_1", "/app/chat/a.b", "/app/sessions/", "/app/nothing/like/this"])
def test_every_page_path_is_answered_with_the_app(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert "<title>Reggie</title>" in answer.text
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.content_type == "text/html; charset=utf-8"


@pytest.mark.parametrize(
    "path",
    [
        "/app/assets/gone.js",
        "/app/assets/",
        "/app/assets/none",
        "/app/favicon.ico",
        "/app/.vite/manifest.json",
        "/app/assets/main-a1b2.js.map",
        "/app/%2e%2e/scripts/frontend.js",
        "/app/../pyproject.txt",
    ],
)
def test_a_file_that_is_not_there_or_not_to_be_seen_is_no_page(client: Client, path: str) -> None:
    answer = client.get(path, headers=HTML)
    assert answer.status_code == 404
    assert "<title>" not in answer.text


@pytest.mark.parametrize("path", ["/app/.built", "/app/index.html.gz", "/app/" + "a" * 5000, "/app/%00"])
def test_a_strange_name_is_at_most_a_page(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404 or "<title>Reggie</title>" in answer.text


def test_pages_run_no_string_as_script_and_lie_in_no_frame(client: Client) -> None:
    answer = client.get("/app/chat")
    policy = directives(answer)
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["style-src"] == "'self'"
    assert policy["connect-src"] == "'self' https://login.example"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["require-trusted-types-for"] == "'script'"
    assert policy["trusted-types"] == "'none'"
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert_safe(answer)


def test_the_diagram_frame_has_no_origin_and_no_network(client: Client) -> None:
    answer = client.get("/app/diagram/")
    policy = directives(answer)
    assert "<title>Diagram</title>" in answer.text
    assert policy["sandbox"] == "allow-scripts"
    assert policy["connect-src"] == "'none'"
    assert policy["frame-ancestors"] == "'self'"
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert_safe(answer)


def test_a_hashed_file_is_kept_for_good_and_a_named_one_is_asked_for_again(client: Client) -> None:
    assert client.get("/app/assets/main-a1b2.js").headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert client.get("/app/theme.js").headers["Cache-Control"] == "no-cache"
    assert client.get("/app/assets/gone.js").headers["Cache-Control"] == "no-cache"


def test_who_takes_gzip_gets_what_was_compressed_at_build_time(client: Client) -> None:
    packed = get(client, "/app/assets/main-a1b2.js", Accept_Encoding="gzip, br")
    plain = get(client, "/app/assets/main-a1b2.js", Accept_Encoding="identity")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data).decode() == plain.text == SCRIPT
    assert len(packed.data) < len(plain.data) / 10
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"
    assert packed.headers["ETag"] != plain.headers["ETag"]
    assert packed.content_type == "text/javascript; charset=utf-8"


def test_gzip_that_is_refused_is_not_sent(client: Client) -> None:
    assert "Content-Encoding" not in get(client, "/app/assets/main-a1b2.js", Accept_Encoding="gzip;q=0").headers


def test_who_has_a_file_is_not_sent_it_again_until_it_changes(client: Client, dist: Path) -> None:
    first = get(client, "/app/", Accept_Encoding="gzip")
    again = get(client, "/app/", Accept_Encoding="gzip", If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["Content-Security-Policy"] == first.headers["Content-Security-Policy"]
    (dist / "index.html").write_text("<!doctype html><title>Newer</title>" + " " * 3000)
    compress(dist)
    assert get(client, "/app/", Accept_Encoding="gzip", If_None_Match=first.headers["ETag"]).status_code == 200


def test_a_head_request_has_the_headers_and_no_body(client: Client) -> None:
    answer = client.head("/app/theme.js")
    assert (answer.status_code, answer.data) == (200, b"")
    assert answer.headers["Content-Length"] == "4"


def test_an_app_that_is_not_built_says_so_in_words(tmp_path: Path) -> None:
    answer = serving(tmp_path / "none").get("/app/chat", headers=HTML)
    assert answer.status_code == 503
    assert "not built" in answer.text
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]


def directives(answer: TestResponse) -> dict[str, str]:
    parts = (part.strip().partition(" ") for part in answer.headers["Content-Security-Policy"].split(";"))
    return {name: value for name, _space, value in parts}


def assert_safe(answer: TestResponse) -> None:
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


OIDC = {"REGGIE_IDENTITY": "oidc", "REGGIE_OIDC_ISSUER": "https://login.example.com/realm", "REGGIE_OIDC_CLIENT_ID": "web"}
FIREBASE = {"REGGIE_IDENTITY": "firebase", "REGGIE_FIREBASE_API_KEY": "key", "GOOGLE_CLOUD_PROJECT": "p1"}


@pytest.mark.parametrize(
    ("environment", "called"),
    [
        ({}, []),
        (OIDC, ["https://login.example.com"]),
        (
            {**OIDC, "REGGIE_IDENTITY_ORIGINS": "https://token.example.com:8443, https://login.example.com"},
            ["https://login.example.com", "https://token.example.com:8443"],
        ),
        (FIREBASE, ["https://identitytoolkit.googleapis.com", "https://securetoken.googleapis.com"]),
        ({**FIREBASE, "REGGIE_FIREBASE_URL": "http://127.0.0.1:9099"}, ["http://127.0.0.1:9099"]),
    ],
)
def test_the_pages_may_call_the_identity_system_and_nobody_else(environment: dict[str, str], called: list[str]) -> None:
    assert identity_origins(Settings.from_environment(environment)) == called


def test_the_policy_can_be_had_for_a_bucket() -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "local.pages"], env={**os.environ, **OIDC}, cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert "connect-src 'self' https://login.example.com;" in printed
    assert printed.count("\n") == 1
