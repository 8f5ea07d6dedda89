"""Sessions and their runs over HTTP: what agno's client does not ask for, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from shared.kit.ids import new_id
from tests.support.inprocess import InProcess


def said(product: InProcess, session: str, *messages: str) -> list[str]:
    runs = []
    for message in messages:
        answer = product.call("POST", "/agents/assistant/runs", data={"message": message, "stream": "false", "session_id": session})
        runs.append(answer.get_json()["run_id"])
    return runs


def test_runs_come_in_pages_that_link_to_the_page_before(product: InProcess) -> None:
    session = product.session()
    runs = said(product, session, *(f"say: {number}" for number in range(7)))
    for path in ("runs", "run-previews"):
        address, pages = f"/sessions/{session}/{path}?limit=3", 0
        seen: list[str] = []
        while address:
            answer = product.call("GET", address)
            seen = [run["run_id"] for run in answer.get_json()] + seen
            link = answer.headers.get("Link", "")
            assert not link or link.endswith('; rel="next"')
            address = link.partition(">")[0].lstrip("<")
            pages += 1
        assert (seen, pages) == (runs, 3)


def test_runs_are_filtered_by_status_and_time(product: InProcess) -> None:
    session = product.session()
    good, bad = said(product, session, "say: one", "fault status 400")

    def found(**query: Any) -> list[str]:
        return [run["run_id"] for run in product.call("GET", f"/sessions/{session}/runs", query_string=query).get_json()]

    assert found(status="ERROR") == [bad]
    assert found(status=["completed", "error"]) == [good, bad]
    assert found(created_after="4000000000") == []
    assert found(created_after=str(2**40)) == [], "a time that no calendar has"
    assert found(created_before="4000000000") == [good, bad]
    assert found(created_after="1") == [good, bad]


def test_an_agents_runs_are_those_of_the_session_and_status(product: InProcess) -> None:
    session = product.session()
    good, bad = said(product, session, "say: one", "fault status 400")

    def found(agent: str = "assistant", **query: str) -> list[str]:
        answer = product.call("GET", f"/agents/{agent}/runs", query_string={"session_id": session, **query})
        return [run["run_id"] for run in answer.get_json()]

    assert found() == [good, bad]
    assert found(status="ERROR") == [bad]
    assert found(agent="another") == []
    assert product.call("GET", f"/agents/another/runs/{good}", query_string={"session_id": session}).status_code == 404


@pytest.mark.parametrize(
    ("body", "query", "status"),
    [
        ({"agent_id": "nobody"}, "", 404),
        ({"team_id": "t1"}, "", 422),
        ({"agent_id": "assistant"}, "?type=team", 422),
        ({"agent_id": "assistant", "unknown": 1}, "", 422),
        ({"session_id": "../etc"}, "", 422),
        ({"session_name": ""}, "", 422),
        ({"session_state": []}, "", 422),
        ({}, "", 201),
        ({"agent_id": "assistant", "session_state": {}, "metadata": None, "user_id": None, "team_id": None}, "?type=agent", 201),
    ],
)
def test_a_session_is_made_from_a_sound_description_only(product: InProcess, body: dict[str, Any], query: str, status: int) -> None:
    answer = product.call("POST", f"/sessions{query}", json=body)
    assert answer.status_code == status, answer.data
    assert status == 201 or answer.get_json()["detail"]


def test_an_id_that_is_taken_is_refused(product: InProcess) -> None:
    body = {"session_id": new_id("ses"), "agent_id": "assistant"}
    assert product.call("POST", "/sessions", json=body).status_code == 201
    assert product.call("POST", "/sessions", json=body).status_code == 409


@pytest.mark.parametrize(
    "query", ["page=0", "page=x", "limit=0", "limit=1000", "sort_by=name", "sort_order=up", "type=none", "page=1&page=2", "user_id=a%20b"]
)
def test_a_list_that_cannot_be_is_refused_in_words(product: InProcess, query: str) -> None:
    answer = product.call("GET", f"/sessions?{query}")
    assert answer.status_code == 422
    assert query.partition("=")[0] in answer.get_json()["detail"]


def test_a_page_behind_the_last_is_empty_and_still_tells_the_total(product: InProcess) -> None:
    user = new_id("usr")
    for _ in range(3):
        product.call("POST", "/sessions", json={"agent_id": "assistant", "user_id": user})
    answer = product.call("GET", "/sessions", query_string={"user_id": user, "limit": "2", "page": "9"}).get_json()
    assert answer["data"] == []
    assert {name: answer["meta"][name] for name in ("page", "limit", "total_pages", "total_count")} == {
        "page": 9,
        "limit": 2,
        "total_pages": 2,
        "total_count": 3,
    }


def test_several_sessions_are_removed_and_those_that_are_not_there_are_passed_over(product: InProcess) -> None:
    sessions = [product.session() for _ in range(3)]
    body = {"session_ids": [*sessions[:2], new_id("ses"), sessions[0]], "session_types": ["agent"]}
    assert product.call("DELETE", "/sessions", json=body).status_code == 204
    assert [product.call("GET", f"/sessions/{session}").status_code for session in sessions] == [404, 404, 200]
    wrong = {"session_ids": sessions, "session_types": ["agent", "agent"]}
    assert product.call("DELETE", "/sessions", json=wrong).status_code == 422


def test_the_history_of_a_session_is_what_was_said_without_the_tools_steps(product: InProcess) -> None:
    session = product.session()
    said(product, session, "call calculator 20+3")
    detail = product.call("GET", f"/sessions/{session}").get_json()
    assert [(message["role"], message["content"]) for message in detail["chat_history"]] == [
        ("user", "call calculator 20+3"),
        ("assistant", "23"),
    ]


def test_a_message_and_an_answer_of_900_kb_come_back_whole(product: InProcess) -> None:
    session, message = product.session(), "say: " + "wörter-" * 20 + " " + ("ö" * 60 + " ") * 7_500
    assert len(message.encode()) > 900_000
    said(product, session, message)
    (run,) = product.call("GET", f"/sessions/{session}/runs").get_json()
    assert run["run_input"] == message
    assert run["content"] == message.removeprefix("say: ")
    (preview,) = product.call("GET", f"/sessions/{session}/run-previews").get_json()
    assert len(preview["content_preview"]) == 280
