"""What is measured inside the page."""

from __future__ import annotations

import gzip
from dataclasses import dataclass, field

from playwright.sync_api import BrowserContext, Page, Response

COUNT_FRAMES = """
(root) => {
  const frames = new Map();
  // All mutations of one task arrive in one call; the timeline's time is the same until the next frame.
  const observer = new MutationObserver(() => {
    const frame = document.timeline.currentTime;
    frames.set(frame, (frames.get(frame) ?? 0) + 1);
  });
  observer.observe(root, { subtree: true, childList: true, characterData: true });
  window.framesCounted = () => { observer.disconnect(); return [...frames.values()]; };
}
"""
COUNT_LONG_TASKS = """
() => {
  const tasks = [];
  const observer = new PerformanceObserver((list) => tasks.push(...list.getEntries().map((entry) => entry.duration)));
  observer.observe({ type: "longtask" });
  window.longTasksCounted = () => { observer.disconnect(); return tasks; };
}
"""
COUNT_ADDED = """
(log) => {
  const added = [];
  const kind = "[role=article], article";
  const articles = (node) => node instanceof Element ? node.matches(kind) + node.querySelectorAll(kind).length : 0;
  const observer = new MutationObserver((records) => {
    added.push(records.flatMap((record) => [...record.addedNodes]).reduce((sum, node) => sum + articles(node), 0));
  });
  observer.observe(log, { subtree: true, childList: true });
  window.addedCounted = () => { observer.disconnect(); return added; };
}
"""
FIRST_PAINT = """
() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0
"""
"""Milliseconds from the start of the navigation to the first text or picture."""
WHEN_FOCUSABLE = """
(() => {
  const look = () => {
    const box = [...document.querySelectorAll("textarea")].find((one) => !one.disabled && one.checkVisibility());
    if (box) window.interactiveAfter = performance.now();
    else requestAnimationFrame(look);
  };
  look();
})();
"""
"""An init script: the time from the start of the navigation to a composer that can be typed into, in milliseconds."""


@dataclass
class Scripts:
    """The JavaScript that a context's pages load, in gzipped bytes by path."""

    sizes: dict[str, int] = field(default_factory=dict)
    _answers: list[Response] = field(default_factory=list)

    def over(self, context: BrowserContext) -> None:
        context.on("response", self._response)

    def gzipped(self) -> int:
        """Bytes of all scripts so far, compressed as the cloud's bucket serves them."""
        for answer in self._answers:
            self.sizes[answer.url] = len(gzip.compress(answer.body()))
        self._answers.clear()
        return sum(self.sizes.values())

    def _response(self, response: Response) -> None:
        if response.request.resource_type == "script" and response.ok:
            self._answers.append(response)


def mutations_by_frame(page: Page) -> list[int]:
    """How often the page changed in each frame in which it did, since COUNT_FRAMES."""
    counts: list[int] = page.evaluate("() => window.framesCounted()")
    return counts


def long_tasks(page: Page) -> list[float]:
    """Milliseconds of each task over 50 ms since COUNT_LONG_TASKS."""
    durations: list[float] = page.evaluate("() => window.longTasksCounted()")
    return durations


def added_at_once(page: Page) -> int:
    """The most messages that came into the page in one task since COUNT_ADDED."""
    added: list[int] = page.evaluate("() => window.addedCounted()")
    return max(added, default=0)
