"""The satisfaction survey on a phone, from a dashboard's link to a row of the table."""

import json
from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from components.storefront.pages import WEB
from rapid.cli.target import LocalStack
from tests.browser.phones import Phone
from tests.deployed.evidence import curate_here, rows


def texts(code: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((WEB / "languages" / f"{code}.json").read_text())
    return {**found["survey"], **found["script"]["survey"]}


def page_of(phone: Phone, stack: LocalStack, search: str = "?dashboard=restaurant") -> Any:
    phone.page.set_default_timeout(15_000)
    phone.page.goto(f"{stack.outputs['survey_url']}{search}")
    return phone.page


def test_an_answer_that_waits_for_the_network_becomes_one_row(
    own_stack: LocalStack, phone: Callable[..., Phone]
) -> None:
    reader, said = phone(locale="de-AT"), texts("de")
    page = page_of(reader, own_stack)
    expect(page.locator("legend")).to_have_text(said["question"])
    expect(page.locator("#dashboard")).to_have_text("restaurant")
    page.locator("button.main").tap()
    expect(page.locator("#satisfied-error")).to_have_text(said["choose"])
    expect(page.locator("[name=satisfied]").first).to_be_focused()
    assert reader.violations() == []
    page.fill("#comment", "Ünder “refunds” 🍲")
    page.locator(".scale label:has([value='no'])").tap()
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 360
    reader.context.set_offline(True)
    page.locator("button.main").tap()
    expect(page.locator("#state")).to_have_text(said["waiting"])
    expect(page.locator("#thanks h1")).to_be_focused()
    reader.context.set_offline(False)
    expect(page.locator("#state")).to_have_text(said["sent"])
    assert reader.violations() == []
    # Whether its answer arrived or not, an answer is sent again with its id.
    [sent] = [it.request.post_data_json for it in reader.responses if it.request.method == "POST"]
    reader.page.evaluate("answer => localStorage.setItem('survey:again', JSON.stringify({ answer }))", sent)
    page.reload()
    expect(page.locator("#notice")).to_have_text(said["earlier_sent"])
    curate_here(own_stack, "survey")
    assert rows(own_stack, "SELECT dashboard, satisfied, comment, extra FROM survey") == [
        ("restaurant", "false", "Ünder “refunds” 🍲", None)
    ]
    # A browser says so of each request that found no network.
    assert [it for it in reader.problems if "ERR_INTERNET_DISCONNECTED" not in it] == []


def test_what_was_chosen_survives_another_language_and_a_link_without_a_dashboard_says_so(
    own_stack: LocalStack, phone: Callable[..., Phone]
) -> None:
    reader = phone(locale="de-DE")
    page = page_of(reader, own_stack)
    page.locator(".scale label:has([value='yes'])").tap()
    page.locator("#languages a[lang=en]").tap()
    expect(page.locator("legend")).to_have_text(texts("en")["question"])
    assert page.is_checked("[name=satisfied][value=yes]")
    page_of(reader, own_stack, "?dashboard=<b>Call+now</b>")
    expect(page.locator("h1:visible")).to_have_text(texts("de")["link_title"])
    assert reader.violations() == []


def test_an_answer_that_the_api_refuses_comes_back_with_the_reason(
    own_stack: LocalStack, phone: Callable[..., Phone]
) -> None:
    reader = phone()
    page = page_of(reader, own_stack)
    page.route("**/survey", lambda route: route.continue_(post_data="{}") if route.request.method == "POST" else None)
    page.fill("#comment", "kept")
    page.locator(".scale label:has([value='yes'])").tap()
    page.locator("button.main").tap()
    expect(page.locator("#notice")).to_contain_text(texts("en")["refused"])
    expect(page.locator("#notice")).to_contain_text("required")
    assert page.input_value("#comment") == "kept"
    assert page.evaluate("Object.keys(localStorage)") == []
