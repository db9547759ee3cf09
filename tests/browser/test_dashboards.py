"""Every dashboard as it is deployed, on demo data, on a phone and on a desktop: what is seen is what Athena answers."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any

import pypdfium2
import pytest
import urllib3

from dashboards import ALL, STORE, Chart, Dimension, Visual, sql
from rapid.cli.target import LocalStack
from tests.browser import dashboard_page
from tests.browser.dashboard_page import DESKTOP, open_dashboard, waited
from tests.browser.phones import PHONE, Phone
from tests.deployed import demo
from tests.deployed.evidence import rows

DAYS, ORDERS_A_DAY = 9, 12
_OF_THE_MOMENT = {"freshness"}
"""Visuals of how old something is, which Athena answers otherwise a minute after the import."""
_BY_NAME = {dashboard.name: dashboard for dashboard in ALL}


@pytest.fixture(scope="module")
def filled(own_stack: LocalStack) -> LocalStack:
    """The stack with some days of demo data, and its dashboards with copies of them."""
    demo.fill(own_stack, DAYS, ORDERS_A_DAY)
    return own_stack


@pytest.mark.parametrize("name", _BY_NAME)
def test_every_chart_shows_what_athena_answers(filled: LocalStack, phone: Callable[..., Phone], name: str) -> None:
    address = dashboard_page.address(filled, name)
    found = []
    for size, scheme in ((DESKTOP, "light"), (PHONE, "dark")):
        browser = phone(**size, color_scheme=scheme)
        open_dashboard(browser, address)
        found.append(dashboard_page.tables(browser))
        assert browser.page.text_content("#told") == ""
        for visual in _BY_NAME[name].visuals:
            if visual.chart not in (Chart.KPI, Chart.TABLE):
                measures = len(visual.measures)
                drawn = sum(cell not in ("", None) for row in found[-1][visual.name] for cell in row[-measures:])
                assert dashboard_page.marks(browser).get(visual.name, 0) == drawn, visual.name
        assert browser.violations() == []
        assert browser.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert browser.problems == []
        assert len(pypdfium2.PdfDocument(io.BytesIO(browser.page.pdf(prefer_css_page_size=True)))) == 1
    assert found[0] == found[1]
    dates = dashboard_page.dates(browser)
    for visual in _BY_NAME[name].visuals:
        assert_as_athena_answers(filled, visual, found[0][visual.name], dates)
    assert any(row for table in found[0].values() for row in table)


def assert_as_athena_answers(
    stack: LocalStack,
    visual: Visual,
    table: Sequence[Sequence[str]],
    dates: tuple[date, date] | None,
    chosen: dict[str, Sequence[str]] | None = None,
) -> None:
    """Hold what a page shows of a visual against the answer to the visual's query."""
    if visual.name in _OF_THE_MOMENT:
        return
    answered = rows(stack, sql.visual_query(visual, stack.outputs["database"], dates, chosen))
    measures = len(visual.measures)
    grouped = [dimension for dimension in (visual.dimension, visual.series) if dimension]
    assert len(table) == len(answered), visual.name
    for shown, wanted in zip(table, answered, strict=True):
        assert [_read(cell) for cell in shown] == [
            *[_named(cell, of) for cell, of in zip(wanted[:-measures], grouped, strict=True)],
            *[None if cell is None else pytest.approx(float(cell)) for cell in wanted[-measures:]],
        ], visual.name


def _read(cell: str) -> Any:
    try:
        return float(cell)
    except ValueError:
        return cell or None


def _named(cell: str | None, dimension: Dimension) -> Any:
    """A dimension as the page has it: a time in milliseconds."""
    if cell is None or dimension.granularity is None:
        return _read(cell or "")
    return datetime.fromisoformat(cell).replace(tzinfo=UTC).timestamp() * 1000


def test_a_choice_of_store_and_days_is_the_query_s(filled: LocalStack, phone: Callable[..., Phone]) -> None:
    browser = phone(**DESKTOP)
    open_dashboard(browser, dashboard_page.address(filled, "restaurant"))
    before = dashboard_page.tables(browser)
    browser.page.click("#control_store summary")
    with waited(browser, "**/data?*"):
        browser.page.locator("#control_store label").first.click()
    [store] = browser.page.locator("#control_store input:checked").evaluate_all("boxes => boxes.map(box => box.value)")
    with waited(browser, "**/data?*yesterday*"):
        browser.page.select_option("#control_dates-period", "yesterday")
    found, dates = dashboard_page.tables(browser), dashboard_page.dates(browser)
    assert dates
    assert dates[0] == dates[1]
    assert found != before
    for visual in _BY_NAME["restaurant"].visuals:
        assert_as_athena_answers(filled, visual, found[visual.name], dates, {STORE: [store]})
    with waited(browser, "**/data?*"):
        browser.page.go_back()
    with waited(browser, "**/data"):
        browser.page.go_back()
    assert dashboard_page.tables(browser) == before


def test_a_group_of_one_store_sees_rows_of_that_store_alone(filled: LocalStack, phone: Callable[..., Phone]) -> None:
    browser = phone(**DESKTOP)
    address = dashboard_page.address(filled, "restaurant")
    open_dashboard(browser, address)
    before = dashboard_page.tables(browser)
    with waited(browser, "**/data?as=*"):
        browser.page.select_option("[name=as]", "harbour-managers")
    found = dashboard_page.tables(browser)
    assert 0 < float(found["revenue"][0][0]) < float(before["revenue"][0][0])
    for visual in _BY_NAME["restaurant"].visuals:
        if any(column.name == STORE for column in visual.data_set.columns):
            dates = dashboard_page.dates(browser)
            assert_as_athena_answers(filled, visual, found[visual.name], dates, {STORE: ["harbour"]})
    # And of dashboards that are not its own it sees none.
    listed = urllib3.request("GET", f"{filled.endpoint_url}/sn/start/dashboards?as=harbour-managers").data.decode()
    assert [each for each in _BY_NAME if f"-{each}?" in listed] == ["restaurant", "feedback"]
