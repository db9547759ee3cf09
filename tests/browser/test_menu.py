"""The menu page on a phone: what guests see, and what of it is counted."""

import json
import re
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rapid.cli.menus.store import Store
from rapid.cli.target import LocalStack
from tests.browser.phones import Phone
from tests.deployed.evidence import rows

MENU = Path(__file__).parents[2] / "examples" / "menus" / "trattoria.json"
_WAIT_SECONDS = 60


@pytest.fixture
def store(stack: LocalStack) -> Iterator[str]:
    """A store of a test's own, with the menu of the examples."""
    name = f"store-{uuid.uuid4().hex[:8]}"
    found = Store(stack, name)
    found.wait_until_shown(found.upload(MENU.read_bytes(), "json"))
    yield name
    stack.client("s3").delete_object(Bucket=stack.outputs["menus_bucket"], Key=f"{name}.json")


def look_at(guest: Phone, *items: str) -> None:
    """Open items, then go to another page, as a guest does who has seen enough."""
    for item in items:
        guest.page.tap(f"[data-item={item}] summary")
    guest.page.goto("about:blank")


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
    guest.page.goto(url(stack, store, "?table=4"), wait_until="networkidle")
    for item in ("bruschetta", "tagliatelle_porcini"):
        guest.page.tap(f"[data-item={item}] summary")
    assert guest.violations() == []
    assert sum(len(response.body()) for response in guest.responses) < 50_000
    assert {response.url.split("/")[2] for response in guest.responses} == {url(stack, store).split("/")[2]}
    assert guest.problems == []
    assert guest.context.cookies() == []
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
    guest.page.goto(url(stack, store), wait_until="networkidle")
    look_at(guest, "bruschetta", "penne_arrabbiata", "bruschetta")
    found = clicks(stack, store, 2)
    assert [element for element, *_ in found] == ["bruschetta", "penne_arrabbiata"]
    assert all(0 <= int(seconds or -1) <= 60 for _, seconds, *_ in found)
    assert len({event_id for _, _, event_id, _ in found}) == 2
    assert guest.problems == []


def test_of_a_guest_who_asks_to_be_left_alone_nothing_is_sent_and_nothing_loaded_for_it(
    stack: LocalStack, store: str, phone: Callable[..., Phone]
) -> None:
    for asked in ("'doNotTrack', {get: () => '1'}", "'globalPrivacyControl', {get: () => true}"):
        guest = phone()
        guest.context.add_init_script(f"Object.defineProperty(Navigator.prototype, {asked})")
        guest.page.goto(url(stack, store), wait_until="networkidle")
        look_at(guest, "bruschetta")
        assert not [answer.url for answer in guest.responses if re.search("clicks|guest-sender|/poc", answer.url)]
    # What comes of another guest shows that all has come.
    other = phone()
    other.page.goto(url(stack, store), wait_until="networkidle")
    look_at(other, "house_red")
    assert [element for element, *_ in clicks(stack, store, 1)] == ["house_red"]


def test_with_the_credentials_of_a_guest_clicks_go_onto_the_stream(
    stack: LocalStack, store: str, phone: Callable[..., Phone]
) -> None:
    way = {
        "identityPoolId": stack.outputs["identity_pool_id"],
        "stream": stack.outputs["streams"]["clickstream"],
        "endpoints": {"cognito": f"{stack.endpoint_url}/", "firehose": f"{stack.endpoint_url}/"},
    }
    guest = phone()
    guest.context.add_init_script(_AS_GUEST.replace("WAY", json.dumps(way)))
    guest.context.add_init_script("delete Crypto.prototype.randomUUID")  # As in old browsers.
    guest.page.goto(url(stack, store), wait_until="networkidle")
    for _ in range(2):
        guest.page.tap("[data-item=house_red] summary")
    found = clicks(stack, store, 1)
    assert [element for element, *_ in found] == ["house_red"], guest.problems
    assert str(found[0][3]).startswith("guest-")
    assert guest.problems == []
