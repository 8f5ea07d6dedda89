"""Every route with malformed ids, query values, fields, media types and names: refused with a sentence that names what to change.

The tables are made from the OpenAPI document, so a new route is tried as soon as it is described.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from werkzeug.test import TestResponse

from scripts.openapi import PLACE
from shared.agents.media import attachments_of
from shared.kit.errors import TooLarge
from tests.support.inprocess import InProcess

DOCUMENT = json.loads(PLACE.read_bytes())
BAD_IDS = (
    *(
        "a" * 129,
        "a" * 4000,
        ".",
        "..",
        "...",
        "-",
        "_a",
        "~",
        "%20",
        "a%20b",
        "%20a",
        "a%20",
        "a%0A",
        "a%0D%0Ab",
        "a%09b",
        "a%25",
        "a%5Cb",
    ),
    *(
        "%C3%A9",
        "a%C3%A9",
        "%F0%9F%98%80",
        "a%E2%80%8Bb",
        "%E2%80%AEa",
        "a%22b",
        "a'b",
        "a;b",
        "a,b",
        "a$b",
        "a*",
        "a%3Fb",
        "a%23b",
        "a%7Fb",
    ),
    *("%7Bid%7D", "$%7Bjndi%7D", "%3Cscript%3E", "%EF%BC%A1", "a%0B", "__a__", "a=b", "a&b", "a(b)", "a[0]"),
)
NOT_AN_ADDRESS = ("%00", "a%00", "%FF", "%C0%AE", "%ED%A0%80", "a%EF%BF%BD")
NO_ROUTE = ("a%2Fb", "%2F", "..%2F..")
WRONG: tuple[Any, ...] = (None, True, 0, -2, 1.5, 10**15, "", " ", "a b", "é", "x" * 300, [], ["a b"], [None], {}, {"a": 1})
"""Values of which some fit no field; what fits is left out by the field's own schema."""
SERVER_OWNED = (
    *("id", "workspace", "workspace_id", "tenant_id", "role", "scopes", "plan", "limits", "cost", "cost_micros", "usage", "metrics"),
    *("state", "status", "fence", "version", "created_at", "updated_at", "principal", "user", "user_isolation", "is_admin", "_commit"),
    *("__class__", "__proto__", "constructor", "__init__", "model_config", "title", "total_tokens", "chat_history", "agent", "run_id"),
)
MARK = "INJECTED-f3a1"


@dataclass(frozen=True)
class Operation:
    """One operation of the document."""

    method: str
    path: str
    described: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.described["operationId"])

    def parameters(self, place: str) -> list[dict[str, Any]]:
        return [item for item in self.described["parameters"] if item["in"] == place]

    @property
    def body(self) -> dict[str, Any]:
        """The schema of its JSON body; empty when it has none."""
        content = self.described.get("requestBody", {}).get("content", {})
        reference = content.get("application/json", {}).get("schema", {}).get("$ref", "")
        return DOCUMENT["components"]["schemas"][reference.rpartition("/")[2]] if reference else {}

    def query(self) -> dict[str, str]:
        return {item["name"]: "ses_0" for item in self.parameters("query") if item["required"]}

    def fields(self) -> dict[str, Any]:
        """The least body that fits."""
        known = {"message": "hello", "session_id": "ses_0", "session_name": "A", "session_ids": ["ses_0"], "session_types": ["agent"]}
        known |= {"email": "a@example.com", "password": "wrong", "run_id": "run_0", "rating": "up"}
        return {name: known[name] for name in self.body.get("required", ())}

    def send(self, product: InProcess, ids: dict[str, str] | None = None, query: dict[str, str] | None = None, **more: Any) -> TestResponse:
        path = self.path
        for item in self.parameters("path"):
            path = path.replace(f"{{{item['name']}}}", (ids or {}).get(item["name"], "assistant" if item["name"] == "agent_id" else "id_0"))
        if self.body and not {"json", "data"} & more.keys():
            more["json"] = self.fields()
        return product.call(self.method, path, query_string=query if query is not None else self.query(), **more)


OPERATIONS = [
    Operation(method.upper(), path, described) for path, methods in DOCUMENT["paths"].items() for method, described in methods.items()
]
WITH_IDS = [operation for operation in OPERATIONS if operation.parameters("path")]
WITH_QUERY = [operation for operation in OPERATIONS if operation.parameters("query")]
WITH_BODY = [operation for operation in OPERATIONS if operation.body]
JSON_ONLY = [operation for operation in WITH_BODY if len(operation.described["requestBody"]["content"]) == 1]
FORMS = [operation for operation in WITH_BODY if operation not in JSON_ONLY]


def each(operations: list[Operation]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("operation", operations, ids=lambda operation: operation.name)


def refusal(answer: TestResponse, *statuses: int) -> dict[str, Any]:
    """The body of a refusal, which is whole and readable."""
    assert answer.status_code in statuses, (answer.status_code, answer.data[:500])
    body: dict[str, Any] = answer.get_json()
    assert 15 < len(body["detail"]) < 2000, body
    assert "Traceback" not in body["detail"]
    assert body["error_id"] == answer.headers["X-Request-Id"]
    return body


def assert_names(body: dict[str, Any], name: str) -> None:
    """Both for a person and for a program."""
    assert name in body["detail"], body
    assert any(name in item["field"] and item["reason"] for item in body["fields"]), body


def values_that_do_not_fit(schema: dict[str, Any]) -> Iterator[Any]:
    validator = Draft202012Validator({**schema, "components": DOCUMENT["components"]})
    return (value for value in WRONG if not validator.is_valid(value))


@each(WITH_IDS)
def test_a_malformed_id_is_refused_by_its_name(product: InProcess, operation: Operation) -> None:
    for parameter in operation.parameters("path"):
        name = parameter["name"]
        for bad in BAD_IDS:
            assert_names(refusal(operation.send(product, {name: bad}), 422), name)
        for bad in NOT_AN_ADDRESS:
            assert "UTF-8" in refusal(operation.send(product, {name: bad}), 400)["detail"]
        for bad in NO_ROUTE:
            assert "no route" in refusal(operation.send(product, {name: bad}), 404)["detail"] or bad == "%2F"


@each(WITH_QUERY)
def test_a_malformed_query_value_is_refused_by_its_name(product: InProcess, operation: Operation) -> None:
    for parameter in operation.parameters("query"):
        name, schema = parameter["name"], parameter["schema"]
        words = {
            "integer": ("", "a", "1.5", "1e3", "0x10", "NaN", "-5", "9" * 30, "9" * 5000, "null", "true", "1,2"),
            "string": ("a b", "é", "x" * 300, "a\x00b", "../a"),
            "boolean": ("", "2", "maybe", "null", "1.0"),
            "array": (),
        }[schema.get("type", "string")]
        for word in words:
            if schema.get("type") == "string" and Draft202012Validator(schema).is_valid(word):
                continue
            assert_names(refusal(operation.send(product, query={**operation.query(), name: word}), 422), name)
        if schema.get("type") != "array":
            twice = f"{name}=1&{name}=1"
            assert "once" in refusal(operation.send(product, query=twice), 422)["detail"]  # type: ignore[arg-type]


@each([operation for operation in WITH_QUERY if operation.query()])
def test_a_missing_query_value_is_asked_for(product: InProcess, operation: Operation) -> None:
    for name in operation.query():
        assert_names(refusal(operation.send(product, query={}), 422), name)


@each(OPERATIONS)
def test_a_query_that_cannot_be_read_is_refused(product: InProcess, operation: Operation) -> None:
    wanted = (400,) if operation.parameters("query") else (400, *range(200, 300), 401, 403, 404, 409)
    for query in ("a=%ff", "%ff=a", "&".join("a=1" for _ in range(300)), "%00=1"):
        answer = operation.send(product, query=query)  # type: ignore[arg-type]
        assert answer.status_code in wanted, (query, answer.data)


@each(WITH_BODY)
def test_a_field_of_another_type_is_refused_by_its_name(product: InProcess, operation: Operation) -> None:
    tried = 0
    for name, schema in operation.body.get("properties", {}).items():
        for value in values_that_do_not_fit(schema):
            answer = operation.send(product, json={**operation.fields(), name: value})
            assert_names(refusal(answer, 422), name)
            tried += 1
    assert tried >= 3 * len(operation.body.get("properties", {}))


@each([operation for operation in WITH_BODY if operation.fields()])
def test_a_missing_field_is_asked_for(product: InProcess, operation: Operation) -> None:
    for name in operation.fields():
        left = {key: value for key, value in operation.fields().items() if key != name}
        assert_names(refusal(operation.send(product, json=left), 422), name)


@each(WITH_BODY)
def test_a_body_that_is_not_an_object_is_refused(product: InProcess, operation: Operation) -> None:
    for text in ("[]", '"a"', "1", "null", "true", "[{}]"):
        refusal(operation.send(product, data=text, content_type="application/json"), 422)


@each(WITH_BODY)
def test_another_media_type_is_refused_with_those_that_are_read(product: InProcess, operation: Operation) -> None:
    accepted = operation.described["requestBody"]["content"]
    for media in ("text/plain", "text/html", "application/xml", "application/octet-stream", "application/jsonp", "a", "application/json5"):
        detail = refusal(operation.send(product, data=b"{}", content_type=media), 415)["detail"]
        assert all(name in detail for name in accepted), detail
    for charset in ("latin-1", "utf-16", "utf-7", "nonsense"):
        detail = refusal(operation.send(product, data=b"{}", content_type=f"application/json; charset={charset}"), 415)["detail"]
        assert "UTF-8" in detail


@each(JSON_ONLY)
def test_a_name_that_is_not_known_is_refused_by_name(product: InProcess, operation: Operation) -> None:
    for name in (*SERVER_OWNED, "x" * 5000, "naïve", "a.b", ""):
        if name in operation.body["properties"]:
            continue
        body = refusal(operation.send(product, json={**operation.fields(), name: MARK}), 422)
        assert name[:50] in body["detail"], body


def stored(product: InProcess) -> bytes:
    """Everything that the product keeps of documents and files."""
    files = [Path(file) for file in product.home.rglob("*") if file.is_file() and file.name != "dev.json"]
    return b"".join(file.read_bytes() for file in files)


def test_names_that_belong_to_the_server_change_nothing_that_is_stored(product: InProcess) -> None:
    session = product.session()
    before = product.call("GET", f"/sessions/{session}").get_json()
    for name in SERVER_OWNED:
        for method, path, fields in (
            ("PATCH", f"/sessions/{session}", {"session_name": "Renamed"}),
            ("POST", f"/sessions/{session}/rename", {"session_name": "Renamed"}),
            ("POST", "/sessions", {}),
        ):
            assert product.call(method, path, json={**fields, name: MARK}).status_code == 422, (path, name)
    assert product.call("GET", f"/sessions/{session}").get_json() == before
    assert MARK.encode() not in stored(product)


@pytest.mark.parametrize("media", ["json", "urlencoded", "multipart"])
def test_names_that_belong_to_the_server_are_not_read_from_a_form(product: InProcess, media: str) -> None:
    session = product.session()
    fields: dict[str, Any] = {name: MARK for name in SERVER_OWNED if name != "user"}
    fields |= {"message": "say: hello", "session_id": session, "stream": False if media == "json" else "false"}
    sent: dict[str, Any] = {"json": fields} if media == "json" else {"data": fields}
    if media == "multipart":
        sent["content_type"] = "multipart/form-data"
    answer = product.call("POST", "/agents/assistant/runs", **sent)
    assert answer.status_code == 200, answer.data
    run = answer.get_json()
    assert (run["status"], run["content"], run["session_id"]) == ("COMPLETED", "hello", session)
    assert MARK not in answer.get_data(as_text=True)
    assert b"say: hello" in stored(product)
    assert MARK.encode() not in stored(product)


@each(FORMS)
def test_a_form_field_of_another_kind_is_refused_by_its_name(product: InProcess, operation: Operation) -> None:
    for name, schema in operation.body.get("properties", {}).items():
        words = {"boolean": ("2", "maybe", "[]"), "integer": ("a", "1.5", "-2", "9" * 30)}.get(schema.get("type", ""), ())
        for word in words:
            answer = operation.send(product, data={**operation.fields(), name: word})
            assert_names(refusal(answer, 422), name)


def test_media_that_cannot_be_read_is_refused_by_its_place(product: InProcess) -> None:
    def send(**fields: str) -> str:
        return str(refusal(product.call("POST", "/agents/assistant/runs", data={"message": "hello", **fields}), 400, 413, 422)["detail"])

    for kind in ("images", "input_files"):
        for value in ("{", "{}", "1", "null", '"a"', "[1]", "[null]", "[{}]", '[{"content": 1}]', '[{"url": "http://localhost/"}]'):
            assert kind in send(**{kind: value}), value
        for content in ("é", "a", "====", "a" * 1001, "\\u0000"):
            assert kind in send(**{kind: f'[{{"content": "{content}"}}]'}), content
        assert kind in send(**{kind: "[" * 20_000})
    assert "20 files" in send(images=json.dumps([{"content": "aGVsbG8="}] * 21))
    assert "type" in send(input_files='[{"content": "aGVsbG8=", "mime_type": "application/x-msdownload"}]')


def test_media_of_many_values_is_refused_unread_and_a_text_of_many_commas_is_not() -> None:
    for many in ("{},", '"",', "1,", "[],"):
        with pytest.raises(TooLarge, match="images has too many values"):
            attachments_of((), f"[{many * 20_000}{many[:-1]}]", None)
    text = 'a,"b",\\{[\n' * 20_000
    (table,) = attachments_of((), None, json.dumps([{"content": text, "mime_type": "text/csv"}]))
    assert table.data == text.encode()


def test_a_last_event_id_that_is_no_index_is_refused_by_its_name(product: InProcess) -> None:
    session = product.session()
    run = product.call("POST", "/agents/assistant/runs", data={"message": "hello", "session_id": session, "stream": "false"}).get_json()[
        "run_id"
    ]
    place = f"/agents/assistant/runs/{run}"
    for value in ("a", "-1", "1.5", "²", "1" * 40, "1 2", "0x1", "+1", "1_0"):
        headers = {"Last-Event-ID": value.encode().decode("latin-1")}
        for answer in (
            product.call("GET", f"{place}/events?session_id={session}", headers=headers),
            product.call("POST", f"{place}/resume", data={"session_id": session}, headers=headers),
        ):
            assert "Last-Event-ID" in refusal(answer, 422)["detail"]


@each([operation for operation in OPERATIONS if operation.method != "GET"])
def test_a_malformed_idempotency_key_is_refused_by_its_name(product: InProcess, operation: Operation) -> None:
    for value in ("", " ", "a b", "a" * 256, "é", "\t", "a\x7f"):
        headers = {"Idempotency-Key": value.encode().decode("latin-1")}
        assert "Idempotency-Key" in refusal(operation.send(product, headers=headers), 400)["detail"]
