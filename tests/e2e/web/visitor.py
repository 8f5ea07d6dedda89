"""A person with a browser: what the tests do on the pages, in the words of the pages."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, expect

from tests.support.product import Product
from tests.support.web import PATIENCE, Watch

DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
BUSY = "[aria-busy=true], .animate-pulse, .animate-spin"
"""What waits for something: it says so itself, or is a shape or a turning circle in its place."""


@dataclass(slots=True)
class Visitor:
    """One browser context with its page."""

    product: Product
    context: BrowserContext
    page: Page
    watch: Watch
    email: str
    password: str
    others: list[Visitor] = field(default_factory=list)

    @classmethod
    @contextmanager
    def arrive(cls, browser: Browser, product: Product, origin: str = "", **options: Any) -> Iterator[Visitor]:
        """A new browser context; when the block ends the test fails if the browser met something that no user should meet.

        `origin`: where the visitor finds the product, when not at its own address.
        """
        origin = origin or str(product.development["url"])
        context = browser.new_context(base_url=origin, **{"viewport": DESKTOP, "reduced_motion": "reduce", **options})
        context.set_default_timeout(PATIENCE)
        watch = Watch(origin)
        watch.over(context)
        # Nobody is signed in yet when a page asks for the first token.
        watch.expect("^401 POST /auth/refresh")
        visitor = cls(product, context, context.new_page(), watch, product.development["email"], product.development["password"])
        try:
            yield visitor
            assert watch.unexpected() == []
        finally:
            context.close()

    def open(self, path: str = "/app/") -> None:
        self.page.goto(path)

    def sign_in(self) -> None:
        """To the empty chat, with the cookie that the sign-in page would have brought: the tests of that page fill it in."""
        answer = self.context.request.post("/auth/sign-in", data={"email": self.email, "password": self.password})
        assert answer.ok, answer.text()
        self.open("/app/chat")
        expect(self.composer).to_be_visible()

    def sign_in_at_the_page(self) -> None:
        """From the sign-in page to the empty chat."""
        self.open("/app/sign-in")
        self.fill_in(self.email, self.password)
        expect(self.composer).to_be_visible()

    def spoil_next_token(self, path: str) -> list[str]:
        """Have the next request to `path` carry a token that the server does not know (any more); returns where its address will stand."""
        spoiled: list[str] = []

        def spoil(route: Route) -> None:
            if spoiled:
                route.continue_()
            else:
                spoiled.append(route.request.url)
                route.continue_(headers={**route.request.headers, "authorization": "Bearer expired"})

        self.watch.expect("^401 ")
        self.context.route(path, spoil)
        return spoiled

    def is_quiet(self) -> None:
        """Wait until the page has words, nothing on it says that it is busy, and no shape stands where something will come."""
        expect(self.page.get_by_role("main")).to_contain_text(re.compile(r"\S"))
        expect(self.page.locator(BUSY)).to_have_count(0)

    def fill_in(self, email: str, password: str) -> None:
        self.page.get_by_label("Email").fill(email)
        self.page.get_by_label("Password", exact=True).fill(password)
        self.page.get_by_role("button", name="Sign in").click()

    @property
    def composer(self) -> Locator:
        return self.page.get_by_role("textbox", name="Message", exact=True)

    @property
    def log(self) -> Locator:
        """The messages of the open session."""
        return self.page.get_by_role("log")

    @property
    def stop(self) -> Locator:
        return self.page.get_by_role("button", name="Stop", exact=True)

    @property
    def answer(self) -> Locator:
        """The last answer with its actions; it says itself whether it is still being written."""
        return answer_in(self.page)

    @property
    def session(self) -> str:
        """The id of the open session, from the address; waits until there is one."""
        self.page.wait_for_url(re.compile(r"/app/chat/[^/?#]+"))
        return self.page.url.split("/app/chat/")[1].split("?")[0].split("#")[0]

    def send(self, text: str) -> None:
        self.composer.fill(text)
        self.composer.press("Enter")

    def ask(self, text: str, answer: str) -> str:
        """Send a message and wait for the end of its answer. Returns the session's id."""
        self.send(text)
        self.answered(answer)
        return self.session

    def answered(self, text: str) -> None:
        """The last answer has come to its end, with these words in it."""
        expect(self.answer).to_contain_text(text)
        expect(self.answer).to_have_attribute("aria-busy", "false")
        expect(self.stop).to_have_count(0)

    @property
    def sidebar(self) -> Locator:
        return self.page.get_by_role("complementary", name="Sidebar")

    def sign_out(self) -> None:
        self.sidebar.get_by_role("button", name=re.compile("^Account")).click()
        self.page.get_by_role("menuitem", name="Sign out", exact=True).click()
        expect(self.page.get_by_label("Password", exact=True)).to_be_visible()

    def start_new_chat(self) -> None:
        self.page.get_by_role("link", name="New chat").click()
        expect(self.composer).to_be_focused()

    def open_session(self, session: str) -> None:
        """Follow its link in the sidebar."""
        self.sidebar.locator(f"a[href$='/chat/{session}']").click()
        self.page.wait_for_url(f"**/app/chat/{session}")

    def new_tab(self) -> Page:
        return self.context.new_page()

    def stored(self, session: str) -> dict[str, Any]:
        """The session as the API tells it to the owner's key."""
        with self.product.client() as client:
            answer = client.get(f"/sessions/{session}")
            answer.raise_for_status()
            found: dict[str, Any] = answer.json()
            return found

    def runs(self, session: str) -> list[dict[str, Any]]:
        """The stored runs of a session, oldest first."""
        with self.product.client() as client:
            answer = client.get(f"/sessions/{session}/runs")
            answer.raise_for_status()
            found: list[dict[str, Any]] = answer.json()
            return found

    def exists(self, session: str) -> bool:
        with self.product.client() as client:
            return client.get(f"/sessions/{session}").status_code == 200

    def eventually(self, happened: Callable[[], bool]) -> None:
        """Wait until something outside the page is so, while the page goes on."""
        deadline = time.monotonic() + PATIENCE / 1000
        while not happened():
            assert time.monotonic() < deadline, "it did not happen"
            self.page.wait_for_timeout(50)


def kept_session(visitor: Visitor, name: str = "", message: str = "say: yes") -> str:
    """A session of the visitor's with one answer, made without the browser. Returns its id."""
    session = unique("ses_")
    with visitor.product.client() as client:
        asked = {"message": message, "session_id": session, "stream": "false"}
        client.post("/agents/assistant/runs", data=asked).raise_for_status()
        if name:
            client.patch(f"/sessions/{session}", json={"session_name": name}).raise_for_status()
    return session


def answer_in(page: Page) -> Locator:
    """The last answer that a page shows."""
    return page.get_by_role("log").get_by_role("article").last.locator("[aria-busy]")


def words_in(page: Page) -> str:
    """The text of the last answer, without what stands around it."""
    return " ".join(answer_in(page).locator(".markdown").all_inner_texts())


def stored_answer(visitor: Visitor, session: str) -> str:
    return str(visitor.runs(session)[-1]["content"])


def numbered(count: int) -> str:
    """`w0 w1 w2 ...`: a word that is lost or comes twice can be seen."""
    return " ".join(f"w{number}" for number in range(count))


def unique(word: str) -> str:
    """A word that no other test has used: the tests of a module share their product."""
    return f"{word}{uuid4().hex[:8]}"
