"""Secrets and message text, planted wherever a record takes something in, never come out of the log."""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Callable

import pytest

from shared.kit import log
from shared.kit.errors import ModelFailed
from shared.kit.redact import redact
from tests.unit.kit.conftest import Lines, write_everywhere

SECRETS = {
    "api key": "rg_live_Zk3vX9qLw2RtY7uB",
    "openai": "sk-proj-abcDEF1234567890abcdef",
    "anthropic": "sk-ant-api03-AbCdEf123456",
    "stripe": "sk_live_4eC39HqLyjWDarjtT1",
    "jwt": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N",
    "jwe": "eyJhbGciOiJkaXIifQ..AxY8DCtDaGlsbGljb3RoZQ.KDlTtXchhZTGufMYmOYGS4HffxPSUrfmqCHXaI9wOGY",
    "webhook": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZI",
    "webhook base64": "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD/=",
    "google api key": "AIzaSyA1234567890abcdefghijklmnopqrstuv",
    "google oauth": "ya29.a0AfH6SMBexample_token-1234",
    "google client": "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",
    "github": "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "gitlab": "glpat-zzzzzzzzzzzzzzzzzzzz",
    "slack": "xoxb-123456789012-abcdefghijkl",
    "aws": "AKIAIOSFODNN7EXAMPLE",
    "mail": "ada.lovelace+test@example.co.uk",
    "visa": "4111 1111 1111 1111",
    "mastercard": "5555-5555-5555-4444",
    "amex": "378282246310005",
}
IN_CONTEXT = {
    "bearer": ("Authorization: Bearer {}", "abc123def456"),
    "basic": ("Basic {}", "dXNlcjpwYXNz"),
    "password": ("password={}", "hunter22"),
    "password in JSON": ('{{"password": "{}"}}', "correct-horse"),
    "password in escaped JSON": ('{{\\"password\\": \\"{}\\"}}', "correct-horse"),
    "python": ("{{'api_key': '{}'}}", "zyxwvu"),
    "token": ("token: {}", "q1w2e3r4"),
    "cookie": ("Cookie: {}", "session=zyxwvuts"),
    "client secret": ("client_secret={}&x=1", "s3cr3t"),
    "signed address": ("https://storage.example/a?X-Goog-Signature={}", "0a1b2c3d4e5f"),
    "login in an address": ("postgres://ada:{}@db.example/x", "pa55word"),
    "private key": ("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----", "MIIEvQIBADANBgkqhkiG9w0B"),
}
PLANTED = {**{name: ("{}", secret) for name, secret in SECRETS.items()}, **IN_CONTEXT}


def test_thirty_secrets_are_planted() -> None:
    assert len(PLANTED) >= 30


@pytest.mark.parametrize(("sentence", "secret"), PLANTED.values(), ids=PLANTED.keys())
@pytest.mark.parametrize("around", ["{}", "before {} after", '("{}")', "x" * 1_990 + " {}", "\n{}\n"])
def test_no_secret_reaches_the_log(sentence: str, secret: str, around: str, lines: Lines) -> None:
    write_everywhere(around.format(sentence.format(secret)))
    written = b"".join(lines).decode()
    assert secret not in written
    assert secret[: len(secret) // 2 + 3] not in written
    lines.parsed()


@pytest.mark.parametrize(
    "text",
    [
        "run_mfrggzdfmztwq2lknnwg23tpob finished in 1234567890123 us",
        "2026-11-22T12:00:00.123456Z",
        "4111111111111112",
        "tasks-and-risks of desk-lamps",
        'File "shared/kit/log.py", line 12, in bind',
        "POST /agents/assistant/runs 200",
        "1234567890.123456",
    ],
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert redact(text) == text


MESSAGE_TEXT = "my diagnosis is a rare one"


def raise_quoting() -> None:
    raise ValueError(f"cannot parse {MESSAGE_TEXT!r}")


def in_a_model_error() -> None:
    log.error("model failed", error=ModelFailed(f"the server said: {MESSAGE_TEXT}"))


def in_a_cause() -> None:
    try:
        try:
            raise_quoting()
        except ValueError as error:
            raise KeyError(MESSAGE_TEXT) from error
    except KeyError as error:
        log.error("crashed", error=error)


def in_a_library_record() -> None:
    for name in ("agno", "agno.models", "openai._base_client", "httpx"):
        logging.getLogger(name).error(MESSAGE_TEXT)
        logging.getLogger(name).warning("request %s", {"content": MESSAGE_TEXT})


def in_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(True)
        warnings.warn(MESSAGE_TEXT, stacklevel=1)


def in_an_uncaught_error_of_a_thread() -> None:
    thread = threading.Thread(target=raise_quoting)
    thread.start()
    thread.join()


@pytest.mark.parametrize("leak", [in_a_model_error, in_a_cause, in_a_library_record, in_a_warning, in_an_uncaught_error_of_a_thread])
def test_message_text_does_not_slip_in(leak: Callable[[], None], lines: Lines, capfd: pytest.CaptureFixture[str]) -> None:
    leak()
    printed = capfd.readouterr()
    assert lines.parsed(), "the event itself must be logged"
    assert MESSAGE_TEXT not in b"".join(lines).decode() + printed.out + printed.err
