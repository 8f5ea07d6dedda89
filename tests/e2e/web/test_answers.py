"""What stands in an answer: tools at work, thoughts, code, maths, diagrams, and nothing that runs or reaches out."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.e2e.web.visitor import Visitor, answer_in, unique

FORMATTED = "say: # Head\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n- one\n- two\n\n**bold** and `code` and [a link](https://example.com/page)"
CODE = "say: Here:\n\n```python\ndef double(x):\n    return 2 * x\n```\n\ndone"
MATHS = "say: So $e^{i\\pi} + 1 = 0$ and\n\n$$\n\\int_0^1 x^2 dx = \\frac{1}{3}\n$$\n\ndone"
DIAGRAM = "say: A plan:\n\n```mermaid\ngraph TD\n  Start --> Finish\n```\n\ndone"

HOSTILE = (
    "<script>window.hit = 1</script><img src=x onerror='window.hit = 1'>",
    "[click](java\tscript:window.hit=1) <a href='javascript:window.hit=1'>click</a>",
    "![pixel](https://attacker.example/pixel.png) ![pixel][ref]\n\n[ref]: https://attacker.example/ref.png",
    "<iframe srcdoc='<script>parent.hit = 1</script>'></iframe><base href=https://attacker.example/>",
    "$\\href{javascript:window.hit=1}{x}$ $\\includegraphics{https://attacker.example/c.png}$",
    "```mermaid\ngraph TD\n  A[<img src=x onerror='parent.hit=1'>] --> B\n  click A 'javascript:parent.hit=1'\n```",
)
"""A few through the whole product; test_hostile_content has hundreds."""


def test_a_tool_call_is_told_in_a_line_that_opens(visitor: Visitor) -> None:
    visitor.ask("call calculator 17*6+5", "107")
    line = answer_in(visitor.page).locator("details").filter(has_text="Calculating 17*6+5")
    expect(line).to_contain_text("Done")
    expect(line.get_by_text("Input")).to_be_hidden()
    line.get_by_text("Calculating 17*6+5").click()
    expect(line.get_by_text("Input")).to_be_visible()
    expect(line).to_contain_text("17*6+5")
    expect(line.get_by_text("Result")).to_be_visible()


def test_thoughts_are_folded_away(visitor: Visitor) -> None:
    visitor.ask("think: first this, then that -> The answer", "The answer")
    thoughts = answer_in(visitor.page).locator("details").filter(has_text="Thought for")
    expect(thoughts.get_by_text("first this, then that")).to_be_hidden()
    thoughts.get_by_text("Thought for").click()
    expect(thoughts.get_by_text("first this, then that")).to_be_visible()


def test_an_answer_is_formatted(visitor: Visitor) -> None:
    visitor.ask(FORMATTED, "bold")
    answer = answer_in(visitor.page)
    expect(answer.get_by_role("heading", name="Head")).to_be_visible()
    expect(answer.get_by_role("cell", name="2")).to_be_visible()
    expect(answer.get_by_role("listitem")).to_have_count(2)
    expect(answer.locator("strong")).to_have_text("bold")
    link = answer.get_by_role("link", name="a link")
    expect(link).to_have_attribute("href", "https://example.com/page")
    assert "noopener" in (link.get_attribute("rel") or "")
    expect(answer).to_contain_text("example.com")


def test_code_is_coloured_and_copied(visitor: Visitor) -> None:
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visitor.ask(CODE, "done")
    answer = answer_in(visitor.page)
    expect(answer.locator("pre code span").filter(has_text="def").first).to_be_visible()
    answer.get_by_role("button", name="Copy code").click()
    expect(answer.get_by_text("Copied")).to_be_visible()
    assert visitor.page.evaluate("() => navigator.clipboard.readText()").strip() == "def double(x):\n    return 2 * x"


def test_an_answer_is_copied_as_markdown(visitor: Visitor) -> None:
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visitor.ask("say: some **bold** words", "bold words")
    answer_in(visitor.page).hover()
    visitor.page.get_by_role("button", name="Copy", exact=True).last.click()
    assert "some **bold** words" in visitor.page.evaluate("() => navigator.clipboard.readText()")


def test_maths_is_set(visitor: Visitor) -> None:
    visitor.ask(MATHS, "done")
    expect(answer_in(visitor.page).locator(".katex, math")).not_to_have_count(0)
    expect(answer_in(visitor.page)).not_to_contain_text("$$")


def test_a_diagram_is_drawn_in_a_frame_without_rights(visitor: Visitor) -> None:
    visitor.ask(DIAGRAM, "done")
    answer = answer_in(visitor.page)
    frame = answer.locator("iframe")
    expect(frame).to_be_visible()
    sandbox = frame.get_attribute("sandbox") or ""
    assert "allow-same-origin" not in sandbox
    drawn = answer.frame_locator("iframe").locator("svg").or_(answer.get_by_role("img"))
    expect(drawn.first).to_be_visible()


def test_nothing_in_an_answer_runs_or_reaches_out(visitor: Visitor) -> None:
    visitor.page.evaluate("() => { window.hit = 0; }")
    mark = unique("end")
    for text in HOSTILE:
        visitor.ask(f"say: {text}\n\n{mark}", mark)
    for link in visitor.log.get_by_role("link").all():
        assert (link.get_attribute("href") or "").startswith(("https://", "http://"))
    assert visitor.page.evaluate("() => window.hit") == 0
    assert visitor.log.locator("img[src^='http'], script, form, style, link, meta, base").count() == 0


def test_nothing_in_a_name_runs(visitor: Visitor) -> None:
    hostile = "<img src=x onerror='window.hit = 1'>"
    visitor.page.evaluate("() => { window.hit = 0; }")
    session = visitor.ask(hostile, "a quick answer")
    with visitor.product.client() as client:
        client.patch(f"/sessions/{session}", json={"session_name": hostile, "tags": [hostile]}).raise_for_status()
    for path in (f"/app/chat/{session}", "/app/sessions", f"/app/sessions/{session}"):
        visitor.open(path)
        expect(visitor.page.get_by_text(hostile).first).to_be_visible()
    assert visitor.page.evaluate("() => window.hit ?? 0") == 0
