"""The phone of a guest: a page at the size of a phone, and all that it asked for and complained of."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, Response

PHONE: dict[str, Any] = {
    "viewport": {"width": 360, "height": 740},
    "has_touch": True,
    "is_mobile": True,
    "locale": "en-US",
}
"""What a browser context of Playwright is made with to be a phone."""


class Phone:
    """One browser profile, and the page that is open in it."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self.responses: list[Response] = []
        self.problems: list[str] = []
        """Errors of scripts, and of the console, such as violations of the content security policy."""
        context.on("response", lambda response: self.responses.append(response))
        context.on("weberror", lambda found: self.problems.append(str(found.error)))
        context.on("console", lambda told: self.problems.append(told.text) if told.type == "error" else None)
        self.page: Page = context.new_page()

    def close_page(self) -> None:
        """Close the page, as a guest does; the phone keeps what it has stored."""
        self.page.close()

    def open_page(self, url: str) -> None:
        """Open a page in a new tab."""
        self.page = self.context.new_page()
        self.page.goto(url)

    def violations(self) -> list[dict[str, Any]]:
        """What axe-core finds wrong with the accessibility of what is shown."""
        return [
            {"rule": found["id"], "help": found["help"], "where": [node["html"] for node in found["nodes"]]}
            for found in Axe().run(self.page).response["violations"]
        ]
