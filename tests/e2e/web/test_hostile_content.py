# ruff: noqa: E501 -- scripts for the page and Markdown stand on one line each.
"""C24: whatever a model, a file or another user writes, nothing of it runs and nothing of it reaches out."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from flask import Request
from playwright.sync_api import Browser, Page, expect
from playwright.sync_api import Error as PlaywrightError
from werkzeug.serving import make_server

from local.pages import Pages
from tests.e2e.web.hostile import corpus, naughty
from tests.e2e.web.visitor import Visitor, kept_session
from tests.support.product import ROOT

FRONTEND = ROOT / "frontend"
HARNESS = "src/components/markdown/testing"
BATCH = 120
WORST = 15
"""How many times as long as 1 MB of plain paragraphs a text of 1 MB may hold the page up: at most 3 with limits, hundreds without."""


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A page that shows nothing but Markdown, served as the app's pages are, with their policy. Gives its address."""
    node = shutil.which("node")
    if node is None or not (FRONTEND / "node_modules" / "vite").is_dir():
        pytest.skip("the web app's packages are not installed: scripts/frontend installs them")
    dist = tmp_path_factory.mktemp("harness")
    command = [
        node,
        "node_modules/vite/bin/vite.js",
        "build",
        "--config",
        f"{HARNESS}/vite.config.ts",
        "--outDir",
        str(dist),
        "--logLevel",
        "error",
    ]
    subprocess.run(command, cwd=FRONTEND, check=True, timeout=120, capture_output=True)
    pages = Pages(dist)

    def serve(environ: Any, start: Any) -> Any:
        answer = pages.answer(_request(environ))
        assert answer is not None
        return answer(environ, start)

    server = make_server("127.0.0.1", 0, serve, threaded=True)
    running = threading.Thread(target=server.serve_forever, daemon=True)
    running.start()
    yield f"http://127.0.0.1:{server.server_port}/app/"
    server.shutdown()
    running.join()
    server.server_close()


def _request(environ: Any) -> Any:
    return Request(environ)


class Spy:
    """Sees all that a page asks for, says or opens."""

    def __init__(self, page: Page, origin: str) -> None:
        self.page = page
        self.origin = origin
        self.outside: list[str] = []
        self.dialogs: list[str] = []
        self.opened: list[str] = []
        self.errors: list[str] = []
        page.on("request", self._request)
        page.on("dialog", self._dialog)
        page.on("popup", lambda popup: self.opened.append(popup.url))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on(
            "console",
            lambda message: (
                self.errors.append(message.text) if "Content Security Policy" in message.text or "TrustedHTML" in message.text else None
            ),
        )

    def _request(self, request: Any) -> None:
        if not request.url.startswith((self.origin, "data:", "blob:")):
            self.outside.append(request.url)

    def _dialog(self, dialog: Any) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def assert_nothing_happened(self) -> None:
        assert self.page.evaluate("window.hit") is None
        for frame in self.page.frames[1:]:
            with suppress(PlaywrightError):  # A diagram that could not be drawn takes its frame away.
                hit = frame.evaluate("window.hit")
                assert hit is None
        assert (self.outside, self.dialogs, self.opened, self.errors) == ([], [], [], [])
        assert self.page.evaluate("window.reports ?? []") == []


@pytest.fixture
def spy(browser: Browser, harness: str) -> Iterator[Spy]:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    spy = Spy(page, harness.removesuffix("/app/"))
    page.goto(harness)
    page.wait_for_function("() => window.show !== undefined")
    yield spy
    context.close()


def _settle(page: Page) -> None:
    """Until formulas are set and code is coloured, which come behind the text."""
    page.wait_for_function("() => !document.querySelector('.md-math > code, .md-math-display > code')", timeout=20_000)
    _frames(page, 2)


def _frames(page: Page, count: int) -> None:
    """Until that many frames have been drawn: what a handler or a picture would have begun has begun."""
    page.evaluate(
        "(count) => new Promise((done) => { const next = (left) => left ? requestAnimationFrame(() => next(left - 1)) : done(); next(count); })",
        count,
    )


def _batches(texts: list[str]) -> list[list[str]]:
    return [texts[start : start + BATCH] for start in range(0, len(texts), BATCH)]


def _touch_everything(page: Page) -> None:
    """Events that handlers wait for, on every element, without following a link."""
    page.evaluate(
        """() => {
          const stay = (event) => event.preventDefault();
          document.addEventListener("click", stay, true);
          for (const element of document.querySelectorAll("#root *")) {
            if (element.matches("button, iframe")) continue;
            for (const name of ["click", "mouseover", "focus", "blur", "error", "load", "toggle", "pointerenter", "animationstart"]) {
              element.dispatchEvent(new Event(name, { bubbles: false, cancelable: true }));
            }
          }
          document.removeEventListener("click", stay, true);
        }"""
    )


def test_the_corpora_are_as_large_as_they_should_be() -> None:
    assert len(set(corpus.scripts())) >= 220
    assert len(set(naughty.strings())) >= 500
    assert len(set(corpus.tricks())) >= 60


@pytest.mark.parametrize("streaming", [False, True])
@pytest.mark.parametrize("texts", [corpus.scripts, naughty.strings])
def test_no_text_runs_or_reaches_out(spy: Spy, texts: Callable[[], list[str]], streaming: bool) -> None:
    for batch in _batches(texts()):
        assert spy.page.evaluate("([texts, streaming]) => window.show(texts, streaming)", [batch, streaming]) > len(batch)
        _touch_everything(spy.page)
    if not streaming:  # A formula that is still open stays its source.
        _settle(spy.page)
    spy.assert_nothing_happened()


def test_no_trick_of_markdown_runs_or_reaches_out(spy: Spy) -> None:
    spy.page.evaluate("(texts) => window.show(texts, false)", corpus.tricks())
    _touch_everything(spy.page)
    _settle(spy.page)
    # Frames of diagrams have drawn or said that they could not.
    expect(spy.page.locator("iframe")).not_to_have_count(0)
    expect(spy.page.locator("figure.md-diagram:has(button[aria-label='Download as SVG']:disabled)")).to_have_count(0, timeout=30_000)
    _frames(spy.page, 2)
    spy.assert_nothing_happened()


def test_the_page_holds_no_element_that_could_run_or_load(spy: Spy) -> None:
    allowed = {"http:", "https:", "mailto:"}
    for batch in _batches([*corpus.scripts(), *corpus.tricks(), *naughty.strings()]):
        spy.page.evaluate("(texts) => window.show(texts, false)", batch)
        found: dict[str, list[str]] = spy.page.evaluate(
            """() => ({
              forbidden: [...document.querySelectorAll("#root :is(script, object, embed, link, style, base, meta, form, video, audio, source, template, noscript, frame)")].map((one) => one.outerHTML),
              handlers: [...document.querySelectorAll("#root *")].flatMap((one) => [...one.attributes].filter((each) => /^on/i.test(each.name) || each.name === "srcdoc").map((each) => each.name)),
              frames: [...document.querySelectorAll("#root iframe")].map((one) => `${one.getAttribute("sandbox")} ${one.getAttribute("src")}`),
              images: [...document.querySelectorAll("#root img")].map((one) => one.src),
              links: [...document.querySelectorAll("#root a:not([href^='#'])")].map((one) => `${one.protocol} ${one.rel} ${one.target} ${one.username}`),
            })"""
        )
        assert (found["forbidden"], found["handlers"], found["images"]) == ([], [], [])
        assert set(found["frames"]) <= {"allow-scripts /app/diagram/index.html"}
        for link in found["links"]:
            scheme, *rest = link.split(" ")
            assert scheme in allowed
            assert " ".join(rest).strip() == "noopener noreferrer nofollow _blank"


def test_texts_that_are_huge_or_deep_do_not_hold_up_the_page(spy: Spy) -> None:
    texts = [
        ">" * 10_000 + " x",
        "[" * 10_000,
        "[" * 10_000 + "]" * 10_000,
        "word " * 200_000,
        "A paragraph with **bold** and `code`.\n\n" * 25_000,
        "<a " * 300_000,
        "```js\n" + "let a = 1;\n" * 90_000,
    ]
    show = "(text) => { const before = performance.now(); window.show([text], false); return performance.now() - before; }"
    plain = max(spy.page.evaluate(show, "A paragraph of words and other words.\n\n" * 25_000) for _ in range(2))
    for text in texts:
        assert spy.page.evaluate(show, text) < WORST * plain, f"{text[:20]!r} takes more than {WORST} times {plain:.0f} ms"
    spy.assert_nothing_happened()


def test_a_growing_answer_is_shown_in_full_and_formulas_need_no_inline_style(spy: Spy) -> None:
    text = "# Head\n\nWith **bold**, `code` and $\\frac{a}{b}$, \\(\\sqrt{x}\\), it costs $5 or $10.\n\n$$\n\\pmb{x} \\xrightarrow{y} \\color{red}z \\unknown\n$$\n\n```python\nprint(1)\n```\n\n| a | b |\n| - | - |\n| 1 | 2 |\n"
    assert spy.page.evaluate("([text, step]) => window.chunk(text, step)", [text, 3]) > 40
    expect(spy.page.locator(".katex")).to_have_count(3)
    expect(spy.page.locator(".hljs-built_in")).to_have_text("print")
    expect(spy.page.get_by_role("heading", level=3)).to_have_text("Head")
    expect(spy.page.get_by_role("cell")).to_have_count(2)
    expect(spy.page.get_by_text("it costs $5 or $10.")).to_be_visible()
    assert spy.page.locator(".katex .vlist").first.evaluate("(one) => one.getBoundingClientRect().height") > 0
    assert spy.page.evaluate(
        "() => document.fonts.ready.then((fonts) => [...fonts].some((font) => font.family.startsWith('KaTeX') && font.status === 'loaded'))"
    )
    spy.assert_nothing_happened()


def test_a_diagram_is_drawn_in_a_frame_without_an_origin_and_can_be_saved(spy: Spy, tmp_path: Path) -> None:
    spy.page.evaluate("(texts) => window.show(texts, false)", ["```mermaid\ngraph TD\n  Start --> Finish\n```"])
    frame = spy.page.frame_locator("iframe")
    expect(frame.get_by_text("Finish")).to_be_visible(timeout=20_000)
    inside = next(each for each in spy.page.frames if each != spy.page.main_frame)
    assert inside.evaluate("() => self.origin") == "null"
    for kind, begins in (("SVG", b"<svg"), ("PNG", b"\x89PNG")):
        with spy.page.expect_download() as saved:
            spy.page.get_by_role("button", name=f"Download as {kind}").click()
        place = tmp_path / kind
        saved.value.save_as(place)
        assert place.read_bytes().startswith(begins)
    before = spy.page.locator("iframe").bounding_box()
    spy.page.get_by_role("button", name="Zoom in").click()
    spy.page.wait_for_function(
        "(height) => document.querySelector('iframe').getBoundingClientRect().height > height", arg=before["height"] if before else 0
    )
    spy.assert_nothing_happened()


@pytest.mark.parametrize(
    ("diagram", "words"),
    [
        ('graph TD\n  A["background: url(x.png)"] --> B["x"]', "background: url(x.png)"),
        ('graph TD\n  A["use @import first"] --> B["x"]', "use @import first"),
        ("sequenceDiagram\n  Ann->>Bob: write url(logo.png) or \\75rl(", "write url(logo.png) or \\75rl("),
        ('pie\n  "url(x)" : 3\n  "rest" : 4', "url(x)"),
    ],
)
def test_words_that_style_sheets_fetch_with_are_drawn_as_words(spy: Spy, diagram: str, words: str) -> None:
    spy.page.evaluate("(texts) => window.show(texts, false)", [f"```mermaid\n{diagram}\n```"])
    expect(spy.page.frame_locator("iframe").get_by_text(words, exact=True).first).to_be_visible(timeout=20_000)
    spy.assert_nothing_happened()


DRAW_ALL = """async (diagrams) => {
  const frame = document.createElement("iframe");
  frame.sandbox = "allow-scripts";
  frame.src = "/app/diagram/index.html";
  const said = (...kinds) => new Promise((resolve) => window.addEventListener("message", function hear({ source, data }) {
    if (source !== frame.contentWindow || !kinds.includes(data.kind)) return;
    window.removeEventListener("message", hear);
    resolve(data);
  }));
  const ask = (message, ...kinds) => { const answer = said(...kinds); frame.contentWindow.postMessage(message, "*"); return answer; };
  const ready = said("ready");
  document.body.append(frame);
  await ready;
  const files = [];
  for (const source of diagrams) {
    const { kind } = await ask({ kind: "draw", source, dark: false, zoom: 1 }, "drawn", "failed");
    if (kind === "drawn") files.push((await ask({ kind: "export", format: "svg" }, "exported")).svg);
  }
  return files;
}"""
"""Draws them in one frame, as it takes longest to load. Gives the files that would be saved, of those that could be drawn."""


def test_what_a_diagram_would_fetch_is_neither_asked_for_nor_saved(spy: Spy) -> None:
    files: list[str] = spy.page.evaluate(DRAW_ALL, corpus.fetching_diagrams())
    assert len(files) >= 6
    for file in files:
        for part in ET.fromstring(file).iter():
            style = (part.text or "") if part.tag.endswith("}style") else ""
            assert not any(corpus.ATTACKER in value for value in (*part.attrib.values(), style)), file
    spy.assert_nothing_happened()


def test_a_diagram_that_cannot_be_drawn_shows_why_and_its_source(spy: Spy) -> None:
    spy.page.evaluate("(texts) => window.show(texts, false)", ["```mermaid\nnonsense here\n```"])
    expect(spy.page.get_by_text("This diagram could not be drawn")).to_be_visible(timeout=20_000)
    expect(spy.page.get_by_text("nonsense here", exact=True)).to_be_visible()


def test_code_is_copied_as_it_was_written(spy: Spy) -> None:
    code = "let a\u202e = '<b>';\n\tb"
    spy.page.evaluate("(texts) => window.show(texts, false)", [f"```js\n{code}\n```"])
    expect(spy.page.get_by_text("⟦U+202E⟧")).to_be_visible()
    spy.page.get_by_role("button", name="Copy code").click()
    expect(spy.page.get_by_role("button", name="Copied")).to_be_visible()
    assert json.dumps(spy.page.evaluate("() => navigator.clipboard.readText()")) == json.dumps(code)


def _rewritten(text: str, answer: Any) -> Any:
    """The API's answer with every text that somebody wrote replaced by a hostile one."""
    if isinstance(answer, list):
        return [_rewritten(text, each) for each in answer]
    if not isinstance(answer, dict):
        return answer
    written = {"session_name", "name", "description", "agent_name", "content", "title", "model", "detail", "run_input", "error"}
    return {key: text if key in written and isinstance(value, str) else _rewritten(text, value) for key, value in answer.items()}


def _disguise(page: Page, text: str) -> None:
    """Titles, names of agents and files, messages and errors are `text` in all that the API answers from now on."""

    def rewrite(route: Any) -> None:
        if route.request.method != "GET" or not route.request.url.rsplit("?")[0].split("/", 3)[3].startswith(("sessions", "agents")):
            route.fallback()
            return
        response = route.fetch()
        if "application/json" not in response.headers.get("content-type", ""):
            route.fulfill(response=response)
            return
        body = _rewritten(text, response.json())
        if "/runs" in route.request.url and isinstance(body, list):
            for run in body:
                run["attachments"] = [{"name": text, "content_type": "text/plain", "size": 3, "url": "/sessions/a/runs/b/files/0"}]
        route.fulfill(response=response, json=body)

    page.route("**/*", rewrite)


@pytest.mark.parametrize("texts", [corpus.scripts, corpus.tricks])
def test_titles_names_files_and_messages_of_the_app_run_nothing(visitor: Visitor, texts: Callable[[], list[str]]) -> None:
    session = kept_session(visitor)
    spy = Spy(visitor.page, str(visitor.product.development["url"]))
    visitor.page.add_init_script(
        "window.reports = []; document.addEventListener('securitypolicyviolation', (event) => window.reports.push(event.violatedDirective))"
    )
    _disguise(visitor.page, "\n\n".join(text for text in texts() if len(text) < 1000))
    for path in (f"/app/chat/{session}", "/app/sessions", f"/app/sessions/{session}"):
        visitor.open(path)
        expect(visitor.page.get_by_text(corpus.RUN).first).to_be_attached()
        _frames(visitor.page, 10)
        spy.assert_nothing_happened()
    visitor.page.unroute_all(behavior="ignoreErrors")


def test_an_error_of_the_app_runs_nothing_and_the_chat_goes_on(visitor: Visitor) -> None:
    spy = Spy(visitor.page, str(visitor.product.development["url"]))
    hostile = "\n".join(corpus.scripts()[:60])
    visitor.watch.expect("^400 POST")
    visitor.page.route(
        "**/agents/*/runs", lambda route: route.fulfill(status=400, json={"detail": hostile, "error_type": "invalid", "error_id": hostile})
    )
    visitor.send("hello")
    expect(visitor.page.get_by_text(corpus.RUN).first).to_be_visible()
    spy.assert_nothing_happened()
    visitor.page.unroute_all(behavior="ignoreErrors")
    visitor.open("/app/chat")
    visitor.ask("say: still here", "still here")
