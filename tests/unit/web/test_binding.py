"""From a request to a handler's arguments."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from shared.kit.errors import Unprocessable
from shared.web.binding import arguments, validate
from shared.web.call import ANONYMOUS, Call, Upload
from shared.web.routes import Route


class Thing(BaseModel):
    model_config = ConfigDict(extra="forbid")

    size: int
    on: bool = False
    tags: list[str] | None = None


def with_form(call: Call, form: Thing, uploads: tuple[Upload, ...] = ()) -> None: ...
def with_body(call: Call, body: Thing) -> None: ...
def with_query(call: Call, query: Thing) -> None: ...


def bound(handler: Any, query: str = "", **more: Any) -> dict[str, Any]:
    accepts = ("multipart/form-data", "application/x-www-form-urlencoded", "application/json")
    route = Route("POST", "/things", "api", "things.make", "agents:run", accepts=accepts)
    builder = EnvironBuilder(method="POST", query_string=query, **more)
    request = Request(builder.get_environ())
    return arguments(handler, Call(route, {}, ANONYMOUS, {}), request, request.get_data())


def test_words_of_a_query_and_a_form_are_read_as_what_they_spell() -> None:
    assert bound(with_query, "size=3&on=true&tags=a&tags=b") == {"query": Thing(size=3, on=True, tags=["a", "b"])}
    assert bound(with_form, data={"size": "3", "on": "1"}) == {"form": Thing(size=3, on=True), "uploads": []}


@pytest.mark.parametrize("value", ['{"size": "3"}', '{"size": 3.0}', '{"size": true}', '{"size": 3, "on": 1}', '{"size": 3, "on": "true"}'])
def test_json_must_have_the_very_types(value: str) -> None:
    for handler in (with_body, with_form):
        with pytest.raises(Unprocessable, match=r"size|on"):
            bound(handler, data=value, content_type="application/json")


def test_every_field_that_does_not_fit_is_named_up_to_twenty() -> None:
    with pytest.raises(Unprocessable) as refused:
        validate(Thing, {"size": "x", **{f"extra_{number}": 1 for number in range(30)}}, "the body")
    assert len(refused.value.fields) == 20
    assert refused.value.fields[0][0] == "size"
    assert len(refused.value.message) < 1000


def test_a_callers_own_name_is_repeated_only_in_part() -> None:
    for given in ({"size": "1", "x" * 100_000: "1"}, {"size": ["1", "2"]}):
        with pytest.raises(Unprocessable) as refused:
            validate(Thing, given, "the form")
        assert len(refused.value.message) < 1000
    with pytest.raises(Unprocessable, match="once") as refused:
        bound(with_form, data=b"&".join([b"size=1", b"y" * 10_000 + b"=1"] * 2), content_type="application/x-www-form-urlencoded")
    assert len(refused.value.message) < 1000
