"""A second agent answers in the place of the first, many tools are folded, and failed answers have their own ways on."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.web.visitor import Visitor
from tests.support.product import Product


@pytest.fixture
def both(product: Product, stranger: Visitor) -> Visitor:
    """Somebody in a workspace of two agents."""
    product.new_agent("otto", "Otto")
    stranger.sign_in()
    return stranger


def test_an_answer_is_made_again_by_another_agent_beside_the_first(both: Visitor) -> None:
    both.ask("say: one of two", "one of two")
    both.answer.get_by_role("button", name="Regenerate with another agent").click()
    both.page.get_by_role("menuitem", name="Otto").click()
    expect(both.log.get_by_text("2 / 2")).to_be_visible()
    both.answered("one of two")
    first, second = both.runs(both.session)
    assert [first["agent_id"], second["agent_id"]] == ["assistant", "otto"]
    assert first.get("parent_run_id") == second.get("parent_run_id")


def test_what_failed_is_tried_with_another_agent_and_offers_nothing_but_that(both: Visitor) -> None:
    both.send("fault status 400")
    expect(both.log.get_by_role("alert")).to_be_visible()
    expect(both.answer.get_by_role("button", name="Good answer")).to_have_count(0)
    expect(both.answer.get_by_role("button", name="Regenerate")).to_have_count(0)


def test_many_tools_are_folded_under_one_heading(both: Visitor) -> None:
    both.ask("call " + "; ".join(f"calculator {n}+1" for n in range(7)), "; 7")
    lines = both.answer.get_by_text("Calculating 0+1")
    heading = both.answer.get_by_text("Used 7 tools")
    expect(heading).to_be_visible()
    expect(lines).not_to_be_visible()
    heading.click()
    expect(lines).to_be_visible()


def test_a_ring_tells_how_full_the_window_of_a_known_model_is(product: Product, stranger: Visitor) -> None:
    product.new_agent("mini", "Mini", "openai:gpt-4.1-mini")
    stranger.sign_in()
    stranger.open("/app/chat?agent=mini")
    stranger.ask("say: counted", "counted")
    ring = stranger.page.get_by_role("img", name="Context:")
    expect(ring).to_have_accessible_name(re.compile(r"Context: [\d,]+ of 1,047,576 tokens; the next message about <?\$"))
    stranger.open("/app/chat?agent=assistant")
    stranger.ask("say: not known", "not known")
    expect(ring).to_have_count(0)
