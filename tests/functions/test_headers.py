"""The headers that every answer carries, and what a browser's page of another origin can do: nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from werkzeug.test import TestResponse

from shared.web.routes import Route, table
from shared.wiring import services
from tests.support.inprocess import INTERNAL_TOKEN, InProcess

FOREIGN = (
    *("https://evil.example", "null", "http://localhost", "http://localhost:30000", "https://localhost:3000", "http://localhost:3000/"),
    *("https://os.agno.com.evil.example", "https://evilos.agno.com", "http://os.agno.com", "HTTPS://OS.AGNO.COM", "*", ""),
)
ALLOWED = ("http://localhost:3000", "https://os.agno.com")


def assert_secure(answer: TestResponse) -> None:
    headers = answer.headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert int(headers["Strict-Transport-Security"].split("=")[1].split(";")[0]) >= 31_536_000
    assert headers["X-Frame-Options"] == "DENY"
    assert "Set-Cookie" not in headers
    assert "Access-Control-Allow-Credentials" not in headers
    assert headers.getlist("Content-Security-Policy") == [headers["Content-Security-Policy"]]


def every_kind_of_answer(product: InProcess) -> Iterator[TestResponse]:
    signed = {"Authorization": f"Bearer {INTERNAL_TOKEN}"}
    for route in table():
        path = route.path.replace("{agent_id}", "assistant").replace("{session_id}", "ses_0").replace("{run_id}", "run_0")
        for method in ("GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS", "TRACE"):
            yield product.call(method, path)
            yield product.call(method, path, signed=False)
            yield product.call(method, path, headers=signed if path.startswith("/_") else {}, json={"unknown": 1})
    yield product.call("GET", "/nothing/here")
    yield product.call("POST", "/sessions", json={})
    yield product.call("POST", "/sessions", data="{}", headers={"Content-Type": "text/plain"})
    yield product.call("GET", "/sessions/%00")
    yield product.call("POST", "/agents/assistant/runs", data={"message": "hello"})
    yield product.call("POST", "/agents/assistant/runs", data={"message": "hello", "stream": "false"})
    yield product.call("POST", "/agents/assistant/runs", data={"message": "hello", "stream": "false", "background": "true"})
    yield product.call("OPTIONS", "/sessions", headers={"Origin": ALLOWED[0], "Access-Control-Request-Method": "POST"})


def test_every_answer_is_data_for_nobodys_cache_page_or_frame(product: InProcess) -> None:
    seen = set()
    for answer in every_kind_of_answer(product):
        assert_secure(answer)
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Request-Id"].startswith("req_")
        assert answer.headers.get("Content-Type", "none") in ("none", "application/json", "text/event-stream; charset=utf-8")
        seen.add(answer.status_code)
    assert seen >= {200, 201, 202, 204, 400, 401, 404, 405, 415, 422}
    assert not [status for status in seen if status >= 500]


def test_what_nobody_expected_is_answered_without_what_it_was(product: InProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_caller: object) -> None:
        raise RuntimeError("the secret is 1234")

    monkeypatch.setitem(services.__dict__, "agents", broken)
    answer = product.call("GET", "/agents", headers={"Origin": ALLOWED[0]})
    assert answer.status_code == 500
    assert_secure(answer)
    assert answer.headers["Access-Control-Allow-Origin"] == ALLOWED[0]
    assert answer.get_json()["error_id"] == answer.headers["X-Request-Id"]
    assert b"1234" not in answer.data
    assert b"RuntimeError" not in answer.data


def test_a_browser_is_sent_to_the_web_app_and_everyone_else_is_answered_by_the_api(product: InProcess) -> None:
    browser = product.call("GET", "/", signed=False, headers={"Accept": "text/html"})
    assert (browser.status_code, browser.headers["Location"]) == (302, "/app/")
    assert_secure(browser)
    assert product.call("GET", "/", signed=False).get_json()["name"]
    assert_secure(product.call("GET", "/app/", signed=False))


@pytest.mark.parametrize("origin", FOREIGN)
def test_a_foreign_origin_is_never_named(product: InProcess, origin: str) -> None:
    asking = {"Origin": origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    answers = [
        product.call("GET", "/agents", headers={"Origin": origin}),
        product.call("GET", "/agents", signed=False, headers={"Origin": origin}),
        product.call("GET", "/health", signed=False, headers={"Origin": origin}),
        product.call("OPTIONS", "/sessions", signed=False, headers=asking),
        product.call("POST", "/agents/assistant/runs", data={"message": "hello"}, headers={"Origin": origin}),
    ]
    for answer in answers:
        assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("origin", ALLOWED)
def test_an_origin_of_the_list_is_named_exactly(product: InProcess, origin: str) -> None:
    for answer in (product.call("GET", "/agents", headers={"Origin": origin}), product.call("GET", "/nothing", headers={"Origin": origin})):
        assert answer.headers.getlist("Access-Control-Allow-Origin") == [origin]
        assert "Origin" in answer.headers["Vary"]


@pytest.mark.parametrize("route", [route for route in table() if route.scope != "internal"], ids=lambda route: route.operation)
def test_a_browser_that_asks_before_it_sends_is_told_what_a_path_takes(product: InProcess, route: Route) -> None:
    path = route.path.replace("{", "").replace("}", "")
    asking = {"Origin": ALLOWED[0], "Access-Control-Request-Method": route.method}
    answer = product.call("OPTIONS", path, signed=False, headers=asking)
    assert answer.status_code == 204
    assert route.method in answer.headers["Access-Control-Allow-Methods"].split(", ")
    assert {"Authorization", "Idempotency-Key"} <= set(answer.headers["Access-Control-Allow-Headers"].split(", "))


@pytest.mark.parametrize("media", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"])
def test_what_a_page_of_another_origin_can_send_unasked_changes_nothing(product: InProcess, media: str) -> None:
    before = product.call("GET", "/sessions").get_json()["meta"]["total_count"]
    for path in ("/sessions", "/agents/assistant/runs"):
        answer = product.call(
            "POST",
            path,
            signed=False,
            data=b'{"session_name": "forged", "message": "forged"}',
            headers={"Content-Type": media, "Origin": "null"},
        )
        assert answer.status_code == 401
    assert product.call("GET", "/sessions").get_json()["meta"]["total_count"] == before
