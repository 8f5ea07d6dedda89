"""What goes wrong is said in a sentence with a way on, and never eats what was typed."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Route, expect

from local.stub_model import StubModel
from tests.e2e.web.visitor import Visitor, kept_session, numbered, unique, words_in


def card(visitor: Visitor) -> Locator:
    return visitor.log.get_by_role("alert")


@pytest.mark.parametrize("fault", ["status 500", "status 503", "cut 3"])
def test_a_model_that_fails_may_be_asked_again(visitor: Visitor, stub: StubModel, fault: str) -> None:
    # The product itself tries a model again that did not answer.
    stub.fail_next(*[fault] * 10)
    visitor.send("say: worth a second try")
    expect(card(visitor)).to_contain_text("The model did not finish its answer")
    stub.script.faults.clear()
    card(visitor).get_by_role("button", name="Retry").click()
    visitor.answered("worth a second try")
    expect(card(visitor)).to_have_count(0)
    assert len(visitor.runs(visitor.session)) == 1, "a retry takes up the same run"


def test_an_answer_that_broke_off_keeps_its_words(visitor: Visitor, stub: StubModel) -> None:
    stub.fail_next(*["cut 6"] * 10)
    visitor.send("say: " + numbered(20))
    expect(card(visitor)).to_be_visible()
    expect(visitor.answer).to_contain_text("w0 w1")
    visitor.page.reload()
    expect(card(visitor)).to_be_visible()
    stub.script.faults.clear()
    card(visitor).get_by_role("button", name="Retry").click()
    visitor.answered("w19")
    assert words_in(visitor.page).split() == numbered(20).split()


def test_a_limit_counts_down_to_the_retry(visitor: Visitor) -> None:
    visitor.watch.expect("^429 POST")
    refused: list[str] = []

    def refuse(route: Route) -> None:
        if refused:
            route.continue_()
            return
        refused.append(route.request.url)
        body = {"detail": "This workspace sends too many messages at the moment.", "error_type": "limited", "error_id": "req_test"}
        route.fulfill(status=429, headers={"Retry-After": "2"}, json=body)

    visitor.context.route(re.compile(r"/agents/assistant/runs$"), refuse)
    visitor.send("say: patience")
    expect(card(visitor)).to_contain_text("too many messages")
    expect(card(visitor).get_by_role("button", name=re.compile(r"^Retry in [12] s$"))).to_be_disabled()
    card(visitor).get_by_role("button", name="Retry", exact=True).click()
    visitor.answered("patience")


def test_a_model_that_is_asked_too_often_is_left_alone_for_the_time_that_it_wants(visitor: Visitor, stub: StubModel) -> None:
    stub.fail_next(*["status 429"] * 10)
    visitor.send("say: busy")
    expect(card(visitor)).to_contain_text("Too many requests at the moment")
    expect(card(visitor).get_by_role("button", name=re.compile(r"^Retry in [1-5] s$"))).to_be_disabled()
    stub.script.faults.clear()
    card(visitor).get_by_role("button", name="Retry", exact=True).click()
    visitor.answered("busy")


def test_a_fault_of_ours_is_told_with_its_number(visitor: Visitor) -> None:
    visitor.watch.expect("^500 POST")
    body = {"detail": "Something went wrong here; it was logged.", "error_type": "internal", "error_id": "req_0123456789"}
    visitor.context.route(re.compile(r"/agents/assistant/runs$"), lambda route: route.fulfill(status=500, json=body), times=1)
    visitor.send("say: unlucky")
    expect(card(visitor)).to_contain_text("req_0123456789")
    expect(visitor.log).to_contain_text("say: unlucky")
    card(visitor).get_by_role("button", name="Retry").click()
    visitor.answered("unlucky")


def test_an_unsent_message_goes_back_into_the_box(visitor: Visitor) -> None:
    visitor.watch.expect("^500 POST")
    visitor.context.route(re.compile(r"/agents/assistant/runs$"), lambda route: route.fulfill(status=500, json={}), times=1)
    visitor.send("say: take me back")
    card(visitor).get_by_role("button", name="Edit").click()
    expect(visitor.composer).to_have_value("say: take me back")
    expect(visitor.composer).to_be_focused()


def test_a_session_deleted_in_another_tab_says_so_and_keeps_the_text(visitor: Visitor) -> None:
    visitor.watch.expect("^404 ")
    session = visitor.ask("say: short-lived", "short-lived")
    visitor.composer.fill("say: a thought that must not be lost")
    with visitor.product.client() as client:
        client.delete(f"/sessions/{session}").raise_for_status()
    visitor.page.reload()
    expect(visitor.page.get_by_text("This chat is not there any more")).to_be_visible()
    visitor.page.get_by_role("button", name="Continue in a new chat").click()
    expect(visitor.composer).to_have_value("say: a thought that must not be lost")
    visitor.composer.press("Enter")
    visitor.answered("a thought that must not be lost")


@pytest.mark.parametrize("way", ["a new message", "an edited first message"])
def test_a_message_to_a_deleted_session_does_not_make_it_again_and_is_kept(visitor: Visitor, way: str) -> None:
    visitor.watch.expect("^422 POST /agents/assistant/runs", "^404 GET ")
    session = visitor.ask("say: short-lived", "short-lived")
    with visitor.product.client() as client:
        client.delete(f"/sessions/{session}").raise_for_status()
    if way == "a new message":
        visitor.send("say: do not lose me")
    else:
        visitor.log.get_by_role("article").first.hover()
        visitor.log.get_by_role("button", name="Edit message").click()
        box = visitor.page.get_by_role("textbox", name="Edit message")
        box.fill("say: do not lose me")
        box.press("Enter")
    expect(visitor.page.get_by_text("This chat is not there any more")).to_be_visible()
    expect(visitor.composer).to_have_value("say: do not lose me")
    assert not visitor.exists(session)
    visitor.page.get_by_role("button", name="Continue in a new chat").click()
    expect(visitor.composer).to_have_value("say: do not lose me")
    visitor.composer.press("Enter")
    visitor.answered("do not lose me")
    assert visitor.session != session
    assert not visitor.exists(session)


def test_signed_out_elsewhere_leads_to_the_sign_in_and_back(visitor: Visitor) -> None:
    visitor.watch.expect("^401 ")
    session = visitor.ask("say: before", "before")
    visitor.composer.fill("say: typed before the end")
    visitor.context.clear_cookies()
    visitor.context.route(re.compile(r"/agents/assistant/runs$"), with_an_expired_token, times=1)
    visitor.composer.press("Enter")
    expect(visitor.page.get_by_label("Password", exact=True)).to_be_visible()
    visitor.fill_in(visitor.email, visitor.password)
    visitor.page.wait_for_url(f"**/app/chat/{session}")
    expect(
        visitor.page.get_by_text("typed before the end").or_(visitor.page.get_by_text("say: typed before the end")).first
    ).to_be_visible()


def with_an_expired_token(route: Route) -> None:
    route.continue_(headers={**route.request.headers, "authorization": "Bearer expired"})


def test_lists_that_cannot_be_read_offer_another_try(visitor: Visitor) -> None:
    name = unique("listed")
    kept_session(visitor, name)
    visitor.watch.expect("^500 GET /sessions")
    visitor.context.route(re.compile(r"/sessions\?"), lambda route: route.fulfill(status=500, json={}))
    visitor.open("/app/sessions")
    alert = visitor.page.get_by_role("main").get_by_role("alert")
    expect(alert).to_be_visible()
    visitor.context.unroute(re.compile(r"/sessions\?"))
    alert.get_by_role("button", name="Retry").click()
    expect(visitor.page.get_by_role("main").get_by_role("link", name=name)).to_be_visible()


def test_a_page_that_is_not_there_leads_back(visitor: Visitor) -> None:
    visitor.open("/app/no/such/page")
    expect(visitor.page.get_by_role("main")).to_be_visible()
    visitor.page.get_by_role("main").get_by_role("link").first.click()
    expect(visitor.composer).to_be_visible()
