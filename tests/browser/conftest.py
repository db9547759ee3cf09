"""A real browser: Debian's chromium, driven by Playwright, which downloads none."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Route, sync_playwright

from tests.browser.phones import PHONE, Phone

WEB = Path(__file__).parents[2] / "web"
PAGE = "http://page.localhost/"
"""Address of pages that no server has. A browser trusts it as it trusts https."""


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """For the tests of a file: while Playwright runs no other event loop can, and other files have some."""
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium)
        yield found
        found.close()


@pytest.fixture
def phone(browser: Browser) -> Iterator[Callable[..., Phone]]:
    """Makes phones of guests who were never here; `options` are those of a browser context of Playwright."""
    contexts = []

    def make(**options: Any) -> Phone:
        contexts.append(browser.new_context(**{**PHONE, **options}))
        return Phone(contexts[-1])

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def run_page(phone: Callable[..., Phone]) -> Callable[[str], Any]:
    """Runs a script in a page of its own beside the modules of `web/`; what it returns, or `{"error": …}`."""

    def run(script: str) -> Any:
        # A page without a server is not of this machine, as its servers are.
        page = phone(permissions=["local-network-access"]).page
        page.route(f"{PAGE}**", _answer)
        page.goto(PAGE)
        try:
            return page.evaluate(f"async () => {{ {script} }}")
        except Error as error:
            return {"error": str(error)}

    return run


def _answer(route: Route) -> None:
    file = WEB / route.request.url.removeprefix(PAGE)
    if file.is_file():
        route.fulfill(path=file, content_type="text/javascript")
    else:
        route.fulfill(body="<!doctype html><title>Test</title>", content_type="text/html; charset=utf-8")
