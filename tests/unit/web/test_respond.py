"""Files that are to be saved: their names, whatever they are called, and their types."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.http import parse_options_header

from shared.web.call import Download
from shared.web.respond import answer, attachment


@pytest.mark.parametrize(
    ("name", "plain", "whole"),
    [
        ("report.pdf", "report.pdf", "report.pdf"),
        ("Grüße 1.txt", "Gr__e 1.txt", "Grüße 1.txt"),
        ("../../etc/passwd", "etcpasswd", "etcpasswd"),
        ("a\r\nSet-Cookie: x=y", "aSet-Cookie x_y", "aSet-Cookie x=y"),
        ('a"; filename=evil.exe', "a; filename=evil.exe".replace(";", "_").replace("=", "_"), "a; filename=evil.exe"),
        ("gpj.\u202eexe", "gpj.exe", "gpj.exe"),
        (".htaccess", "htaccess", "htaccess"),
        ("", "file", "file"),
        (" . ", "file", "file"),
        ("x" * 500 + ".pdf", "x" * 146 + ".pdf", "x" * 146 + ".pdf"),
    ],
)
def test_a_file_is_saved_under_its_own_name_and_nowhere_else(name: str, plain: str, whole: str) -> None:
    header = attachment(name)
    assert f'filename="{plain}"' in header
    assert unquote(header.partition("filename*=UTF-8''")[2]) == whole


@given(st.text(max_size=300))
def test_any_name_makes_a_header_that_can_be_sent_and_read(name: str) -> None:
    header = attachment(name)
    assert header.isascii()
    assert header.isprintable()
    kind, options = parse_options_header(header)
    assert kind == "attachment"
    assert options["filename"]
    assert not set(options["filename"]) & set("/\\")


@pytest.mark.parametrize(
    ("content_type", "sent"),
    [
        ("image/png", "image/png"),
        ("TEXT/Plain; charset=latin-1", "text/plain; charset=utf-8"),
        ("application/json", "application/json"),
        ("text/html", "application/octet-stream"),
        ("image/svg+xml", "application/octet-stream"),
        ("text/xml", "application/octet-stream"),
        ("", "application/octet-stream"),
        ("x\r\ny: z", "application/octet-stream"),
    ],
)
def test_only_types_that_do_no_harm_are_told(content_type: str, sent: str) -> None:
    response = answer(Download(b"x", "a", content_type))
    assert response.headers["Content-Type"] == sent
    assert response.data == b"x"
