"""What the web app adds to sessions and runs: marks, feedback, files, exports, shares, search."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

import pytest

from shared.kit.ids import new_id
from tests.support.inprocess import InProcess


def said(product: InProcess, session: str, message: str, **more: Any) -> str:
    form = {"message": message, "stream": "false", "session_id": session, **more}
    answer = product.call("POST", "/agents/assistant/runs", data=form)
    assert answer.status_code == 200, answer.data
    run: str = answer.get_json()["run_id"]
    return run


def change(product: InProcess, session: str, **body: Any) -> dict[str, Any]:
    answer = product.call("PATCH", f"/sessions/{session}", json=body)
    assert answer.status_code == 200, answer.data
    changed: dict[str, Any] = answer.get_json()
    return changed


def listed(product: InProcess, session: str) -> dict[str, Any]:
    answer = product.call("GET", "/sessions", query_string={"limit": "200"}).get_json()
    found: dict[str, Any] = next(each for each in answer["data"] if each["session_id"] == session)
    return found


def test_a_session_tells_its_marks_in_lists_and_alone(product: InProcess) -> None:
    session = new_id("ses")
    said(product, session, "say: one")
    expected = {"pinned": False, "archived": False, "tags": [], "unread": True, "running": False, "runs": 1, "shared": False}
    for told in (listed(product, session), product.call("GET", f"/sessions/{session}").get_json()):
        assert {name: told[name] for name in expected} == expected
        assert told["cost"] >= 0
    before = listed(product, session)["updated_at"]
    marked = change(product, session, pinned=True, archived=True, tags=["a", "b", "a"], read=True)
    assert (marked["pinned"], marked["archived"], marked["tags"], marked["unread"]) == (True, True, ["a", "b"], False)
    assert marked["updated_at"] == before
    renamed = change(product, session, session_name="renamed")
    assert not renamed["unread"], "a name is no news"
    assert (renamed["pinned"], renamed["tags"]) == (True, ["a", "b"])
    assert change(product, session, pinned=False, archived=False, tags=[])["tags"] == []
    said(product, session, "say: two")
    assert change(product, session, session_name="again")["unread"], "what was not read stays so"


@pytest.mark.parametrize(
    "body",
    [
        {"pinned": 1},
        {"archived": "yes"},
        {"tags": ["x" * 41]},
        {"tags": [" "]},
        {"tags": [str(number) for number in range(21)]},
        {"tags": "blue"},
        {"read": False},
        {"starred": True},
    ],
)
def test_a_mark_that_cannot_be_is_refused_in_words(product: InProcess, body: dict[str, Any]) -> None:
    answer = product.call("PATCH", f"/sessions/{product.session()}", json=body)
    assert answer.status_code == 422
    assert next(iter(body)) in answer.get_json()["detail"]


def test_lists_are_filtered_by_marks(product: InProcess) -> None:
    session, tag = product.session(), new_id("tag")
    change(product, session, tags=[tag], pinned=True)

    def found(**query: str) -> list[str]:
        return [each["session_id"] for each in product.call("GET", "/sessions", query_string=query).get_json()["data"]]

    assert found(tag=tag) == found(tag=tag, pinned="true", archived="false", sort_by="updated_at") == [session]
    assert found(tag=tag, pinned="false") == found(tag=tag, archived="true") == []
    assert product.call("GET", "/sessions", query_string={"archived": "perhaps"}).status_code == 422


def test_a_running_session_is_marked_until_its_run_ends(product: InProcess) -> None:
    session = new_id("ses")
    form = {"message": "say: one", "stream": "false", "background": "true", "session_id": session}
    accepted = product.call("POST", "/agents/assistant/runs", data=form)
    assert accepted.status_code == 202
    # Nobody delivers the queue's messages here: the run waits until a reader takes it up.
    assert listed(product, session)["running"]
    assert product.call("GET", f"/sessions/{session}").get_json()["running"]
    run = accepted.get_json()["run_id"]
    assert product.call("PUT", f"/sessions/{session}/runs/{run}/feedback", json={"rating": "up"}).status_code == 200
    events = product.call("GET", f"/agents/assistant/runs/{run}/events", query_string={"session_id": session})
    assert b"event: RunCompleted" in events.data
    assert not listed(product, session)["running"]
    assert not product.call("GET", f"/sessions/{session}").get_json()["running"]
    assert product.call("GET", f"/sessions/{session}/runs/{run}").get_json()["feedback"]["rating"] == "up"


def test_running_sessions_are_listed_by_themselves(product: InProcess) -> None:
    session, tag = new_id("ses"), new_id("tag")
    form = {"message": "say: one", "stream": "false", "background": "true", "session_id": session}
    run = product.call("POST", "/agents/assistant/runs", data=form).get_json()["run_id"]
    change(product, session, tags=[tag])

    def found(**query: str) -> list[tuple[str, bool]]:
        answer = product.call("GET", "/sessions", query_string={"limit": "200", **query}).get_json()
        assert answer["meta"]["total_count"] >= len(answer["data"])
        return [(each["session_id"], each["running"]) for each in answer["data"]]

    assert (session, True) in found(running="true")
    assert found(running="true", tag=tag) == [(session, True)]
    assert found(running="false", tag=tag) == found(running="true", tag=tag, pinned="true") == []
    product.call("GET", f"/agents/assistant/runs/{run}/events", query_string={"session_id": session})
    assert found(running="true", tag=tag) == []
    assert found(running="false", tag=tag) == [(session, False)]
    assert product.call("GET", "/sessions", query_string={"running": "perhaps"}).status_code == 422


def test_the_tags_of_all_sessions_are_counted(product: InProcess) -> None:
    many, one = new_id("many"), new_id("one")
    sessions = [product.session() for _ in range(3)]
    for session in sessions:
        change(product, session, tags=[many, *([one] if session == sessions[0] else [])])

    def counted() -> dict[str, int]:
        data = product.call("GET", "/sessions/tags").get_json()["data"]
        assert data == sorted(data, key=lambda each: (-each["sessions"], each["tag"]))
        return {each["tag"]: each["sessions"] for each in data}

    assert (counted()[many], counted()[one]) == (3, 1)
    assert product.call("DELETE", f"/sessions/{sessions[0]}").status_code == 204
    assert (counted()[many], one in counted()) == (2, False)
    assert product.call("GET", "/sessions/tags", query_string={"user_id": "nobody"}).get_json() == {"data": []}
    assert product.call("GET", "/sessions/tags", query_string={"type": "team"}).get_json() == {"data": []}


def test_a_session_is_forked_whole_when_no_run_is_named(product: InProcess) -> None:
    session = new_id("ses")
    for text in ("one", "two"):
        said(product, session, f"say: {text}")
    fork = product.call("POST", f"/sessions/{session}/fork", json={})
    assert fork.status_code == 201
    assert [message["content"] for message in fork.get_json()["chat_history"]] == ["say: one", "one", "say: two", "two"]
    empty = product.call("POST", f"/sessions/{product.session()}/fork", json={})
    assert (empty.status_code, "nothing to fork" in empty.get_json()["detail"]) == (409, True)


def test_feedback_is_kept_changed_and_taken_back(product: InProcess) -> None:
    session = new_id("ses")
    path = f"/sessions/{session}/runs/{said(product, session, 'say: one')}"

    def rate(**body: Any) -> Any:
        answer = product.call("PUT", f"{path}/feedback", json=body)
        assert answer.status_code == 200, answer.data
        kept = product.call("GET", path).get_json()
        assert kept.get("feedback") == answer.get_json()
        assert (kept["content"], kept["status"]) == ("one", "COMPLETED")
        return answer.get_json()

    assert rate(rating="down", reasons=["wrong", "slow", "wrong"], comment=" no \n") == {
        "rating": "down",
        "reasons": ["wrong", "slow"],
        "comment": "no",
    }
    assert rate(rating="up") == {"rating": "up", "reasons": []}
    assert rate(rating=None) is None
    for body in (
        {},
        {"rating": "fine"},
        {"rating": "up", "reasons": ["x"] * 6},
        {"rating": "up", "comment": "x" * 2001},
        {"rating": "up", "x": 1},
    ):
        assert product.call("PUT", f"{path}/feedback", json=body).status_code == 422, body
    assert product.call("PUT", f"/sessions/{session}/runs/{new_id('run')}/feedback", json={"rating": "up"}).status_code == 404


def test_a_runs_files_come_back_as_files_that_no_browser_runs(product: InProcess) -> None:
    session = new_id("ses")
    page = b"<script>alert(1)</script>"
    run = said(
        product,
        session,
        "say: one",
        files=[(BytesIO(b"%PDF"), "bericht\u202e é.pdf", "application/pdf"), (BytesIO(page), "../../page.html", "text/html")],
    )
    told = product.call("GET", f"/sessions/{session}/runs/{run}").get_json()
    assert [(file["content_type"], file["size"]) for file in told["attachments"]] == [("application/pdf", 4), ("text/html", len(page))]
    assert (told["model"], told["agent_version"]) == ("openai:stub", 1)
    pdf, html = (product.call("GET", file["url"]) for file in told["attachments"])
    assert (pdf.data, pdf.headers["Content-Type"]) == (b"%PDF", "application/pdf")
    assert pdf.headers["Content-Disposition"].startswith("attachment; filename=")
    assert pdf.headers["Content-Disposition"].endswith("%20%C3%A9.pdf")
    assert (html.data, html.headers["Content-Type"]) == (page, "application/octet-stream")
    assert html.headers["Content-Disposition"] == "attachment; filename=\"page.html\"; filename*=UTF-8''page.html"
    for answer in (pdf, html):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
    for number in ("2", "-1", "x", "00000000000000000001", "1e0", "\u0660"):
        assert product.call("GET", f"/sessions/{session}/runs/{run}/files/{number}").status_code in (404, 422), number


def test_a_session_is_exported_as_markdown_and_as_json(product: InProcess) -> None:
    session = new_id("ses")
    said(product, session, "call calculator 20+3")
    change(product, session, session_name="Sums: 20/3")
    text = product.call("GET", f"/sessions/{session}/export")
    assert text.headers["Content-Type"] == "text/markdown; charset=utf-8"
    assert text.headers["Content-Disposition"].startswith('attachment; filename="Sums-20-3.md"')
    assert "<summary>calculator</summary>" in text.get_data(as_text=True)
    exported = product.call("GET", f"/sessions/{session}/export?format=json")
    assert exported.headers["Content-Type"] == "application/json"
    content = json.loads(exported.data)
    assert content["runs"] == product.call("GET", f"/sessions/{session}/runs").get_json()
    assert content["session"] == listed(product, session)
    assert product.call("GET", f"/sessions/{session}/export?format=pdf").status_code == 422
    assert product.call("GET", f"/sessions/{new_id('ses')}/export").status_code == 404


def test_a_share_is_read_by_anybody_until_it_is_ended_or_its_session_is_removed(product: InProcess) -> None:
    session = new_id("ses")
    run = said(product, session, "call calculator 20+3")
    shares = [product.call("POST", f"/sessions/{session}/shares", json={}) for _ in range(2)]
    assert [share.status_code for share in shares] == [201, 201]
    one, other = (share.get_json() for share in shares)
    assert one["url"] == f"http://localhost/app/share/{one['share_id']}"
    assert listed(product, session)["shared"]
    assert {each["share_id"] for each in product.call("GET", f"/sessions/{session}/shares").get_json()} == {
        one["share_id"],
        other["share_id"],
    }
    said(product, session, "say: later")
    public = product.call("GET", f"/shares/{one['share_id']}", signed=False)
    assert public.status_code == 200
    assert public.headers["Cache-Control"] == "no-store"
    assert set(public.get_json()) == {"title", "agent_name", "created_at", "messages"}
    assert [message["content"] for message in public.get_json()["messages"]] == ["call calculator 20+3", "23"]
    for secret in (session, run, product.development.workspace, product.development.user, "expression"):
        assert secret.encode() not in public.data
    assert product.call("DELETE", f"/sessions/{session}/shares/{one['share_id']}").status_code == 204
    assert product.call("DELETE", f"/sessions/{session}/shares/{one['share_id']}").status_code == 404
    assert product.call("GET", f"/shares/{one['share_id']}", signed=False).status_code == 404
    assert product.call("GET", f"/shares/{other['share_id']}", signed=False).status_code == 200
    assert product.call("DELETE", f"/sessions/{session}").status_code == 204
    assert product.call("GET", f"/shares/{other['share_id']}", signed=False).status_code == 404


def test_a_search_shows_where_its_words_stand(product: InProcess) -> None:
    session, word = new_id("ses"), new_id("w")[2:]
    run = said(product, session, f"say: 🙂 {word}  walrus")
    change(product, session, session_name=f"About {word}")
    (found,) = product.call("GET", "/sessions/search", query_string={"q": f"{word} wal"}).get_json()["data"]
    assert (found["session_id"], found["agent_id"], found["title_ranges"]) == (session, "assistant", [])
    assert {(piece["run_id"], piece["role"]) for piece in found["snippets"]} == {(run, "user"), (run, "assistant")}
    answer = next(piece for piece in found["snippets"] if piece["role"] == "assistant")
    assert answer["text"] == f"🙂 {word} walrus"
    assert answer["ranges"] == [[3, 3 + len(word)], [4 + len(word), 7 + len(word)]]
    (found,) = product.call("GET", "/sessions/search", query_string={"q": word}).get_json()["data"]
    assert found["title_ranges"] == [[6, 6 + len(word)]]


@pytest.mark.parametrize("query", ["", "q=", "q=%20", "q=%3F!", f"q={'x' * 201}", "q=a&limit=0", "q=a&limit=51"])
def test_a_search_that_cannot_be_is_refused_in_words(product: InProcess, query: str) -> None:
    answer = product.call("GET", f"/sessions/search?{query}")
    assert answer.status_code == 422
    assert answer.get_json()["detail"]
