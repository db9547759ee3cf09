"""The page of a dashboard with each kind of visual, over answers that are made up."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pypdfium2
import pytest
from playwright.sync_api import expect
from werkzeug import Request
from werkzeug.serving import WSGIRequestHandler, make_server

from rapid.local.quicksight.page import DashboardPages
from tests.browser import dashboard_page
from tests.browser.dashboard_page import DESKTOP, SHOWN, open_dashboard, waited
from tests.browser.phones import PHONE, Phone
from tests.unit.local import dashboard_answers as answers


@pytest.fixture
def deployed() -> answers.Deployed:
    return answers.Deployed()


@pytest.fixture
def server(deployed: answers.Deployed) -> Iterator[str]:
    """A server with the page alone; its address."""

    class Quiet(WSGIRequestHandler):
        def log(self, *_: Any, **__: Any) -> None:
            """Keep still."""

    pages = Request.application(DashboardPages(deployed).handle)
    served = make_server("127.0.0.1", 0, pages, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=served.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{served.port}"
    served.shutdown()
    thread.join()
    served.server_close()


@pytest.fixture
def url(server: str) -> str:
    return f"{server}/sn/dashboards/demo-restaurant"


@pytest.mark.parametrize(("size", "scheme"), [(PHONE, "dark"), (DESKTOP, "light"), (DESKTOP, "dark")])
def test_every_kind_of_visual_is_drawn_with_its_numbers_and_is_accessible(
    url: str, phone: Callable[..., Phone], size: dict[str, Any], scheme: str
) -> None:
    browser = phone(**size, color_scheme=scheme)
    open_dashboard(browser, url)
    for visual in answers.ALL:
        numbers = [each.id for each in visual.fields if each.role == "measure"]
        expected = sum(row[name] is not None for row in visual.rows for name in numbers)
        if visual.kind not in ("KPIVisual", "TableVisual"):
            assert dashboard_page.marks(browser)[visual.id] == expected, visual.id
        shown = [cell for row in dashboard_page.tables(browser)[visual.id] for cell in row[-len(numbers) :]]
        assert [float(cell) for cell in shown if cell] == [
            row[name] for row in visual.rows for name in numbers if row[name] is not None
        ]
    assert browser.violations() == []
    dashboard_page.show_tables(browser)
    assert browser.violations() == []
    assert browser.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert {response.url.split("/")[2] for response in browser.responses} == {url.split("/")[2]}
    assert browser.problems == []


def test_the_list_is_accessible_and_leads_to_dashboards(server: str, phone: Callable[..., Phone]) -> None:
    browser = phone(color_scheme="dark")
    browser.page.goto(f"{server}/sn/start/dashboards")
    assert browser.violations() == []
    browser.page.select_option("[name=as]", "managers")
    browser.page.wait_for_url("**?as=managers")
    browser.page.click("text=Restaurant")
    browser.page.wait_for_selector(SHOWN)
    assert browser.page.input_value("[name=as]") == "managers"
    assert browser.problems == []


def test_numbers_and_times_are_written_as_in_the_language_of_the_dashboard(
    url: str, phone: Callable[..., Phone]
) -> None:
    browser = phone(locale="en-US")
    open_dashboard(browser, url)
    expect(browser.page.locator("#visual-revenue data")).to_have_text("12.345,50 €")
    # On the clock of the data, wherever the browser is.
    assert browser.page.text_content("#visual-by-day tbody th") == "22. Nov."
    expect(browser.page.locator("#visual-stores-table tbody")).to_contain_text("1,2 %")
    described = str(browser.page.get_attribute("#visual-top-items .drawing", "aria-label"))
    assert described.startswith("Balkendiagramm: Revenue nach Menu item, 7 Werte. Höchster Wert: 4.210,55\xa0€ (Tag")


def test_choices_are_made_by_keyboard_and_stand_in_the_address(
    url: str, deployed: answers.Deployed, phone: Callable[..., Phone]
) -> None:
    browser = phone(**DESKTOP)
    page = browser.page
    open_dashboard(browser, url)
    page.focus("#control-store summary")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.wait_for_url("**?store=harbour")
    page.wait_for_selector(SHOWN)
    assert deployed.asked[-1].values == {"store": ["harbour"]}
    # The list stays open for a second one.
    assert page.locator("#control-store input").first.evaluate("box => box === document.activeElement")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.id") == "control-store-summary"
    with waited(browser, "**/data?store=harbour&dates=yesterday"):
        page.select_option("#control-dates-period", "yesterday")
    with waited(browser, "**/data?store=harbour"):
        page.go_back()
    assert deployed.asked[-1].dates is None
    page.select_option("#control-dates-period", "")
    with waited(browser, "**/data?*dates=2026-11-20..2026-11-28"):
        page.fill("#control-dates-from", "2026-11-20")
    page.reload()
    page.wait_for_selector(SHOWN)
    assert str(deployed.asked[-1].dates) == "(datetime.date(2026, 11, 20), datetime.date(2026, 11, 28))"
    assert browser.problems == []


def test_a_choice_that_is_refused_is_told_and_the_page_stays(url: str, phone: Callable[..., Phone]) -> None:
    browser = phone()
    open_dashboard(browser, url)
    browser.page.select_option("[name=as]", "nobody")
    expect(browser.page.locator("#told")).to_contain_text("The dashboard is not shared with the group nobody")
    browser.page.select_option("[name=as]", "")
    expect(browser.page.locator("#told")).to_be_empty()
    assert browser.page.locator("figure").count() == len(answers.ALL)


def test_it_says_how_old_its_data_is_and_imports_newer(
    url: str, deployed: answers.Deployed, phone: Callable[..., Phone]
) -> None:
    browser = phone()
    open_dashboard(browser, url)
    expect(browser.page.locator("#age")).to_contain_text("vor")
    deployed.visuals = (answers.visual("revenue", "How much?", "KPI", [answers.REVENUE], [[0]]),)
    browser.page.click("#refresh")
    expect(browser.page.locator("#visual-revenue data")).to_have_text("0,00 €")
    # Nothing sold is an answer, and not a lack of data.
    expect(browser.page.locator("#told")).to_be_empty()
    expect(browser.page.locator("#age")).to_contain_text("gerade eben")
    expect(browser.page.locator("#refresh")).to_have_text("Jetzt aktualisieren")
    assert deployed.refreshed == ["demo-restaurant"]


def test_an_import_that_brings_nothing_new_is_not_waited_for(
    url: str, deployed: answers.Deployed, phone: Callable[..., Phone], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deployed, "refresh", lambda _: None)
    browser = phone()
    open_dashboard(browser, url)
    with browser.page.expect_response("**/data"):
        browser.page.click("#refresh")
    expect(browser.page.locator("#refresh")).to_have_text("Jetzt aktualisieren")


def test_what_one_data_set_brings_is_shown_though_another_one_s_import_fails(
    url: str, deployed: answers.Deployed, phone: Callable[..., Phone], monkeypatch: pytest.MonkeyPatch
) -> None:
    revenue = answers.visual("revenue", "How much?", "KPI", [answers.REVENUE], [[1]])
    monkeypatch.setattr(deployed, "refresh", lambda _: setattr(deployed, "visuals", (revenue,)))
    browser = phone()
    open_dashboard(browser, url)
    browser.page.click("#refresh")
    expect(browser.page.locator("#visual-revenue data")).to_have_text("1,00 €")


def test_dates_that_are_being_chosen_stay_when_new_data_arrives(
    url: str, deployed: answers.Deployed, phone: Callable[..., Phone]
) -> None:
    browser = phone(**DESKTOP)
    page = browser.page
    open_dashboard(browser, url)
    page.select_option("#control-dates-period", "")
    page.fill("#control-dates-from", "")
    page.click("#refresh")
    expect(page.locator("#age")).to_contain_text("gerade eben")
    expect(page.locator("#control-dates-from")).to_have_value("")
    with waited(browser, "**/data?dates=2026-11-20..2026-11-28"):
        page.fill("#control-dates-from", "2026-11-20")
    # Whoever goes back finds the dates as they were.
    with waited(browser, "**/data"):
        page.go_back()
    expect(page.locator("#control-dates-from")).to_be_hidden()


def test_without_data_it_says_what_to_do(url: str, deployed: answers.Deployed, phone: Callable[..., Phone]) -> None:
    items = answers.visual(
        "items", "Which?", "BarChart", [answers.dimension("Item"), answers.REVENUE], [], "HORIZONTAL"
    )
    deployed.visuals = (answers.visual("revenue", "How much?", "KPI", [answers.REVENUE], [[None]]), items)
    deployed.imported_at = None
    browser = phone()
    open_dashboard(browser, url)
    told = str(browser.page.text_content("#told"))
    assert told.startswith("Hier gibt es noch keine Daten zu sehen.")
    assert browser.page.text_content("#told code") == "rapid send orders"
    assert browser.page.text_content("#visual-items .none") == "Nichts zu zeigen"
    assert browser.violations() == []


def test_it_is_printed_onto_one_page_in_light(url: str, phone: Callable[..., Phone]) -> None:
    browser = phone(**DESKTOP, color_scheme="dark")
    open_dashboard(browser, url)
    document = pypdfium2.PdfDocument(io.BytesIO(browser.page.pdf(prefer_css_page_size=True)))
    assert len(document) == 1
    page = document[0]
    width, height = page.get_size()
    assert width > height
    assert page.render().to_pil().convert("L").getpixel((4, 4)) == 255
    words = page.get_textpage().get_text_range()
    for visual in answers.ALL:
        assert visual.title in words
    assert "28. Nov. 2026" in words
    # And afterwards it is as before.
    assert browser.page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"


def test_light_or_dark_is_chosen_and_kept(url: str, phone: Callable[..., Phone]) -> None:
    browser = phone()
    open_dashboard(browser, url)
    browser.page.click("#look")
    assert browser.page.get_attribute("html", "data-look") == "dark"
    browser.page.reload()
    assert browser.page.get_attribute("html", "data-look") == "dark"
    assert browser.page.text_content("#look") == "Hell"
    assert browser.problems == []
