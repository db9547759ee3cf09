"""The menu page on a phone: what guests see, and what of it is counted."""

import json
import re
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from rapid.cli.menus.store import Store
from rapid.cli.target import LocalStack
from tests.deployed.evidence import rows

MENU = Path(__file__).parents[2] / "examples" / "menus" / "trattoria.json"
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
_WAIT_SECONDS = 30


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def store(stack: LocalStack) -> Iterator[str]:
    """A store of a test's own, with the menu of the examples."""
    name = f"store-{uuid.uuid4().hex[:8]}"
    found = Store(stack, name)
    found.wait_until_shown(found.upload(MENU.read_bytes(), "json"))
    yield name
    stack.client("s3").delete_object(Bucket=stack.outputs["menus_bucket"], Key=f"{name}.json")


class Phone:
    """A page of a browser, and what it asked for."""

    def __init__(self, context: BrowserContext) -> None:
        self.page: Page = context.new_page()
        self.requests: list[str] = []
        self.problems: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("console", lambda told: told.type == "error" and self.problems.append(told.text))

    def leave(self) -> None:
        """Go to another page, as a guest does who has seen enough."""
        self.page.goto("about:blank")


@pytest.fixture
def phone(browser: Browser) -> Iterator[Callable[..., Phone]]:
    contexts = []

    def make(script: str = "", **options: Any) -> Phone:
        context = browser.new_context(**{"locale": "en-US", **PHONE, **options})
        contexts.append(context)
        if script:
            context.add_init_script(script)
        return Phone(context)

    yield make
    for context in contexts:
        context.close()


_AS_GUEST = """
const parse = JSON.parse;
JSON.parse = (text) => {
  const found = parse(text);
  if (found?.send) found.send.clickstream = WAY;
  return found;
};
"""
"""Scripts of the page are told that they send as guests, as those of a storefront with `storefront: guest` are."""


def url(stack: LocalStack, store: str, more: str = "") -> str:
    return f"{stack.outputs['storefront_url']}/menu/{store}{more}"


def clicks(stack: LocalStack, store: str, count: int) -> list[tuple[str | None, ...]]:
    """What the table has of a store's menu, once it is so many rows."""
    sql = "SELECT element_clicked, time_spent, event_id, ingest_id FROM clickstream_processed "
    end = time.monotonic() + _WAIT_SECONDS
    while True:
        stack.flush()
        found = rows(stack, f"{sql}WHERE source_menu = '{store}' ORDER BY created_at")
        if len(found) >= count or time.monotonic() > end:
            return found
        time.sleep(0.2)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_accessible_small_and_from_one_place(
    stack: LocalStack, store: str, phone: Callable[..., Phone], scheme: str
) -> None:
    guest = phone(color_scheme=scheme)
    sizes: list[int] = []
    guest.page.on("response", lambda response: sizes.append(len(response.body())))
    guest.page.goto(url(stack, store, "?table=4"), wait_until="networkidle")
    for item in ("bruschetta", "tagliatelle_porcini"):
        guest.page.tap(f"[data-item={item}] summary")
    result = Axe().run(guest.page)
    assert result.violations_count == 0, result.generate_report()
    assert sum(sizes) < 50_000
    assert {address.split("/")[2] for address in guest.requests} == {url(stack, store).split("/")[2]}
    assert guest.problems == []
    assert guest.page.context.cookies() == []
    assert guest.page.evaluate("localStorage.length + sessionStorage.length") == 0


def test_prices_are_written_as_in_the_language_of_the_page(
    stack: LocalStack, store: str, phone: Callable[..., Phone]
) -> None:
    guest = phone()
    guest.page.goto(url(stack, store))
    sign = {"EUR": "€", "USD": "$"}[stack.outputs["menu_rules"]["currency"]]
    assert guest.page.text_content("data") == f"{sign}6.50"
    guest.page.goto(url(stack, store, "/de"))
    assert guest.page.text_content("data") == f"6,50\xa0{sign}"


def test_without_scripts_the_menu_is_there(stack: LocalStack, store: str, phone: Callable[..., Phone]) -> None:
    guest = phone(java_script_enabled=False)
    guest.page.goto(url(stack, store))
    assert guest.page.text_content("data") == f"6.50 {stack.outputs['menu_rules']['currency']}"
    description = guest.page.locator("[data-item=bruschetta] p").first
    assert not description.is_visible()
    guest.page.tap("[data-item=bruschetta] summary")
    assert description.is_visible()


def test_a_guest_gets_the_language_of_the_browser_and_may_choose_another(
    stack: LocalStack, store: str, phone: Callable[..., Phone]
) -> None:
    guest = phone(locale="de-DE")
    guest.page.goto(url(stack, store, "?table=4"))
    guest.page.wait_for_url(f"**/menu/{store}/de?table=4")
    assert guest.page.text_content("h1") == "Speisekarte"
    guest.page.tap("#languages a[lang=en]")
    guest.page.wait_for_url(f"**/menu/{store}?table=4#en")
    assert guest.page.text_content("h1") == "Menu"
    assert str(guest.page.get_attribute("#feedback", "href")).endswith(f"/?store={store}&table=4#en")


def test_items_that_a_guest_opens_arrive_as_rows(stack: LocalStack, store: str, phone: Callable[..., Phone]) -> None:
    guest = phone()
    guest.page.goto(url(stack, store))
    guest.page.wait_for_load_state("networkidle")
    for item in ("bruschetta", "penne_arrabbiata", "bruschetta"):
        guest.page.tap(f"[data-item={item}] summary")
    assert not any("/poc" in address for address in guest.requests), "they wait for each other"
    guest.leave()
    found = clicks(stack, store, 2)
    assert [element for element, *_ in found] == ["bruschetta", "penne_arrabbiata"]
    assert all(0 <= int(seconds or -1) <= 60 for _, seconds, *_ in found)
    assert len({event_id for _, _, event_id, _ in found}) == 2
    assert guest.problems == []


@pytest.mark.parametrize(
    "asked",
    [
        "Navigator.prototype, 'doNotTrack', {get: () => '1'}",
        "Navigator.prototype, 'globalPrivacyControl', {get: () => true}",
    ],
)
def test_of_a_guest_who_asks_to_be_left_alone_nothing_is_sent_and_nothing_loaded_for_it(
    stack: LocalStack, store: str, phone: Callable[..., Phone], asked: str
) -> None:
    guest = phone(f"Object.defineProperty({asked})")
    guest.page.goto(url(stack, store), wait_until="networkidle")
    guest.page.tap("[data-item=bruschetta] summary")
    guest.page.tap("[data-item=bruschetta] summary")
    guest.leave()
    assert guest.page.evaluate("1") == 1
    assert not [address for address in guest.requests if re.search("clicks|guest-sender|/poc", address)]


def test_with_the_credentials_of_a_guest_clicks_go_onto_the_stream(
    stack: LocalStack, store: str, phone: Callable[..., Phone]
) -> None:
    way = {
        "identityPoolId": stack.outputs["identity_pool_id"],
        "stream": stack.outputs["streams"]["clickstream"],
        "endpoints": {"cognito": f"{stack.endpoint_url}/", "firehose": f"{stack.endpoint_url}/"},
    }
    guest = phone(_AS_GUEST.replace("WAY", json.dumps(way)))
    guest.page.goto(url(stack, store), wait_until="networkidle")
    for _ in range(2):
        guest.page.tap("[data-item=house_red] summary")
    found = clicks(stack, store, 1)
    assert [element for element, *_ in found] == ["house_red"], (guest.problems, guest.requests)
    assert str(found[0][3]).startswith("guest-")
    assert guest.problems == []
