"""A guest who gives feedback on a phone, and what the form says to one."""

import json
from typing import Any

from playwright.sync_api import BrowserContext, expect

from components.storefront.pages import WEB
from tests.browser.phones import Phone


def texts(code: str = "en") -> dict[str, Any]:
    """What the form says in a language, by key."""
    found: dict[str, Any] = json.loads((WEB / "languages" / f"{code}.json").read_text())
    return {**found["feedback"], **found["script"]["feedback"]}


class Guest(Phone):
    """A guest with the form open."""

    def __init__(self, context: BrowserContext, site: str, link: str = "/?store=store1&table=table4") -> None:
        super().__init__(context)
        self.site, self.link = site, site + link
        self.page.set_default_timeout(15_000)

    def visit(self) -> "Guest":
        self.page.goto(self.link)
        return self

    def come_again(self) -> "Guest":
        """Close the page, and scan the code once more."""
        self.close_page()
        self.open_page(self.link)
        return self

    def choose(self, score: int) -> None:
        self.page.locator(f".scale label:has([value='{score}'])").tap()

    def ask_for_a_reply(self, contact: str) -> None:
        self.page.locator("#consent").tap()
        self.page.fill("#contact", contact)

    def send(self) -> None:
        self.page.locator("button.main").tap()

    def answer(self, score: int, comment: str = "") -> "Guest":
        self.choose(score)
        self.page.fill("#comment", comment)
        self.send()
        return self

    def is_told(self, text: str) -> None:
        expect(self.page.locator("#state")).to_have_text(text)

    def is_noticed(self, text: str) -> None:
        expect(self.page.locator("#notice")).to_have_text(text)

    def errors(self) -> dict[str, str]:
        """What stands beside the fields."""
        found = self.page.locator(".error:visible")
        return {one.get_attribute("id") or "": one.inner_text() for one in found.all()}

    def kept(self) -> str:
        """All that the phone keeps."""
        script = "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])"
        return str(self.page.evaluate(script))

    def waiting(self) -> list[dict[str, Any]]:
        """Answers in the outbox."""
        script = "Object.keys(localStorage).filter(k => k.startsWith('answer:')).map(k => JSON.parse(localStorage[k]))"
        return [entry["answer"] for entry in self.page.evaluate(script)]

    def worker_is_ready(self) -> None:
        self.page.evaluate("navigator.serviceWorker.ready.then(() => caches.keys())")
