"""Files that come with a message, as a browser's form sends them."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest

from local.stub_model import StubModel
from shared.kit.ids import new_id
from tests.e2e.streams import run

PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def send(client: httpx.Client, session: str, *files: tuple[str, bytes, str]) -> httpx.Response:
    parts: list[Any] = [("files", file) for file in files]
    form = {"message": "say: seen", "stream": "false", "session_id": session}
    return client.post("/agents/assistant/runs", data=form, files=parts)


def test_the_model_is_given_pictures_and_documents_and_reads_text(client: httpx.Client, stub: StubModel) -> None:
    session = new_id("ses")
    answer = send(
        client,
        session,
        ("dot.png", PNG, "image/png"),
        ("größe.txt", b"drei Meter", "text/plain"),
        ("table.csv", b"name,age\nada,36\n", "text/csv"),
        ("paper.pdf", PDF, "application/pdf"),
    )
    assert answer.json()["status"] == "COMPLETED", answer.text
    parts = stub.journal[-1]["messages"][-1]["content"]
    text = next(part["text"] for part in parts if part["type"] == "text")
    assert text.startswith("say: seen\n")
    for expected in ("größe.txt", "drei Meter", "table.csv", "name,age\nada,36"):
        assert expected in text
    (image,) = [part["image_url"]["url"] for part in parts if part["type"] == "image_url"]
    assert image == "data:image/png;base64," + base64.b64encode(PNG).decode()
    (document,) = [part["file"] for part in parts if part["type"] == "file"]
    assert document == {"filename": "paper.pdf", "file_data": "data:application/pdf;base64," + base64.b64encode(PDF).decode()}
    (stored,) = client.get(f"/sessions/{session}/runs").json()
    assert stored["run_input"] == "say: seen", "what was typed, without the files' text"
    assert [(file["name"], file["content_type"], file["size"]) for file in stored["input_media"]["files"]] == [
        ("dot.png", "image/png", len(PNG)),
        ("größe.txt", "text/plain", 10),
        ("table.csv", "text/csv", 16),
        ("paper.pdf", "application/pdf", len(PDF)),
    ]


@pytest.mark.parametrize(
    ("name", "content", "kind", "status"),
    [
        ("run.exe", b"MZ", "application/x-msdownload", 400),
        ("archive.zip", b"PK", "application/zip", 400),
        ("empty.txt", b"", "text/plain", 400),
    ],
)
def test_a_file_that_cannot_be_taken_is_refused_by_name_and_nothing_is_stored(
    client: httpx.Client, name: str, content: bytes, kind: str, status: int
) -> None:
    session = new_id("ses")
    answer = send(client, session, ("good.txt", b"fine", "text/plain"), (name, content, kind))
    assert answer.status_code == status
    assert name in answer.json()["detail"]
    assert client.get(f"/sessions/{session}").status_code == 404


def test_too_many_files_are_refused(client: httpx.Client) -> None:
    assert send(client, "", *[(f"{n}.txt", b"x", "text/plain") for n in range(21)]).status_code == 413


def test_a_run_that_failed_has_its_files_when_it_is_taken_up_again(client: httpx.Client, stub: StubModel) -> None:
    session = new_id("ses")
    stub.fail_next("status 400")
    failed = send(client, session, ("notes.txt", b"remember me", "text/plain")).json()
    assert failed["status"] == "ERROR"
    again = client.post(f"/agents/assistant/runs/{failed['run_id']}/continue", data={"session_id": session, "stream": "false"})
    assert again.json()["status"] == "COMPLETED"
    assert "remember me" in stub.journal[-1]["messages"][-1]["content"]


def test_a_background_run_has_its_files(client: httpx.Client, stub: StubModel) -> None:
    session = new_id("ses")
    form = {"message": "say: seen", "background": "true", "session_id": session}
    answer = client.post("/agents/assistant/runs", data=form, files={"files": ("notes.txt", b"far away", "text/plain")})
    assert b"RunCompleted" in answer.content
    assert "far away" in stub.journal[-1]["messages"][-1]["content"]
    assert run(client, "history", session)["content"] == "1 | say: seen"
