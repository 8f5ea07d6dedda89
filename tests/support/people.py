"""People who use the product in a browser: with an access token, and with a cookie that pages cannot read."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.cookies import SimpleCookie
from typing import Any

from werkzeug.test import Client, TestResponse

from shared.kit.ids import new_id
from shared.wiring import services
from tests.support.inprocess import InProcess


@dataclass(frozen=True)
class Person:
    """A member of workspaces, signed in. `headers` are theirs."""

    id: str
    email: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


def person(product: InProcess, *workspaces: str) -> Person:
    """A new member of the sample workspace, or of those named. No password is hashed for it, so it costs nothing."""
    user = new_id("usr")
    email = f"{user}@example.com"
    directory = services.directory()
    directory.add_user(user, email, "", "Somebody")
    for workspace in workspaces or (product.development.workspace,):
        directory.add_member(workspace, user)
    return Person(user, email, services._builtin_identity.issue(user, datetime.now(UTC)).text)


@dataclass
class Browser:
    """Sends what a browser sends: its cookies for /auth, and the origin of the page that asks."""

    product: InProcess
    origin: str | None = "http://localhost"
    cookies: dict[str, str] = field(default_factory=dict)

    def post(self, path: str, **more: Any) -> TestResponse:
        """The answer, read to its end; what it sets is kept."""
        return self.ask("POST", path, **more)

    def ask(self, method: str, path: str, **more: Any) -> TestResponse:
        """As `post`, by another method."""
        headers = {**({"Origin": self.origin} if self.origin is not None else {}), **more.pop("headers", {})}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = Client(self.product.app, use_cookies=False).open(path, method=method, headers=headers, **more)
        answer.get_data()
        answer.close()
        for name, cookie in set_cookies(answer).items():
            if cookie["max-age"] == "0":
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = cookie.value
        return answer

    def sign_in(self, password: str = "", **more: Any) -> TestResponse:
        made = self.product.development
        return self.post("/auth/sign-in", json={"email": made.email, "password": password or made.password}, **more)


def set_cookies(answer: TestResponse) -> SimpleCookie:
    """What an answer sets."""
    found = SimpleCookie()
    for header in answer.headers.getlist("Set-Cookie"):
        found.load(header)
    return found
