"""What a browser is answered under QuickSight's addresses of pages."""

import json
import re
from datetime import date

import pytest
from werkzeug import Request
from werkzeug.test import Client, TestResponse

from rapid.local.quicksight.answers import Selection
from rapid.local.quicksight.page import DashboardPages, pages
from tests.unit.local import dashboard_answers as answers

PAGE = "/sn/dashboards/demo-restaurant"


@pytest.fixture
def deployed() -> answers.Deployed:
    return answers.Deployed()


@pytest.fixture
def browser(deployed: answers.Deployed) -> Client:
    return Client(Request.application(DashboardPages(deployed).handle))


def data(answer: TestResponse) -> dict[str, object]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', answer.text, re.DOTALL)
    assert found
    return dict(json.loads(found[1]))


def test_the_list_names_each_dashboard_with_its_purpose(browser: Client) -> None:
    page = browser.get("/sn/start/dashboards").text
    assert f'href="{PAGE}"' in page
    assert "<b>Restaurant</b><span>What sells &amp; when.</span>" in page


def test_the_list_of_a_group_has_what_is_shared_with_it(browser: Client) -> None:
    assert f'href="{PAGE}?as=managers"' in browser.get("/sn/start/dashboards?as=managers").text
    assert "No dashboard is shared with the group nobody" in browser.get("/sn/start/dashboards?as=nobody").text
    german = browser.get("/sn/start/dashboards?as=nobody", headers={"Accept-Language": "de-AT,en;q=0.5"}).text
    assert "Für die Gruppe nobody ist kein Dashboard freigegeben" in german


def test_a_page_brings_what_it_shows(browser: Client) -> None:
    page = browser.get(PAGE)
    assert page.content_type == "text/html; charset=utf-8"
    assert '<html lang="de">' in page.text
    assert data(page) == browser.get(f"{PAGE}/data").json


def test_a_page_loads_nothing_from_elsewhere_and_makes_no_script_of_text(browser: Client) -> None:
    page = browser.get(PAGE)
    policy = page.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self' 'sha256-")
    assert "unsafe" not in policy
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert all(address.startswith("/sn/") for address in loaded)
    for address in loaded:
        assert browser.get(address).status_code == 200, address


def test_no_text_of_a_dashboard_ends_the_script_that_it_is_in() -> None:
    evil = answers.visual("x", "</script><script>alert(1)</script>", "KPI", [answers.REVENUE], [[1]])
    page = Client(Request.application(DashboardPages(answers.Deployed(evil)).handle)).get(PAGE)
    assert "<script>alert" not in page.text
    assert evil.title in json.dumps(data(page))


@pytest.mark.parametrize(
    ("query", "dates"),
    [
        ("dates=2026-11-01..2026-11-03", (date(2026, 11, 1), date(2026, 11, 3))),
        ("dates=2026-11-03..2026-11-01", (date(2026, 11, 1), date(2026, 11, 3))),
        # Today is the last day that the dashboard shows where nobody chose.
        ("dates=today", (date(2026, 11, 28), date(2026, 11, 28))),
        ("dates=yesterday", (date(2026, 11, 27), date(2026, 11, 27))),
        ("dates=last-28-days", (date(2026, 11, 1), date(2026, 11, 28))),
        ("dates=this-month", (date(2026, 11, 1), date(2026, 11, 28))),
        ("", None),
    ],
)
def test_an_address_says_which_days(
    browser: Client, deployed: answers.Deployed, query: str, dates: tuple[date, date] | None
) -> None:
    assert browser.get(f"{PAGE}/data?{query}").status_code == 200
    assert [selection.dates for selection in deployed.asked] == [dates]


def test_an_address_says_which_values_and_with_whose_eyes(browser: Client, deployed: answers.Deployed) -> None:
    browser.get(f"{PAGE}?store=harbour&store=main-street&as=managers")
    assert deployed.asked == [Selection(None, {"store": ["harbour", "main-street"]}, "managers")]


@pytest.mark.parametrize("dates", ["tomorrow", "2026-11-31..2026-12-01", "2026-11-01"])
def test_days_that_are_none_are_refused_with_those_that_there_are(browser: Client, dates: str) -> None:
    answer = browser.get(f"{PAGE}/data?dates={dates}")
    assert answer.status_code == 400
    assert answer.json is not None
    assert answer.json["message"].startswith(f"dates={dates} is no span of days: one of today, yesterday, ")


@pytest.mark.parametrize(
    ("address", "status", "said"),
    [
        ("/sn/dashboards/other", 404, "There is no dashboard other"),
        (f"{PAGE}?as=nobody", 401, "The dashboard is not shared with the group nobody"),
        ("/sn/analyses", 404, "There is no page /sn/analyses. The dashboards are listed at /sn/start/dashboards."),
        ("/sn/page/x/../pages.py", 404, "The pages of dashboards have no file"),
        ("/sn/page/x/page%00.css", 404, "The pages of dashboards have no file"),
    ],
)
def test_what_is_wrong_is_a_page_with_a_sentence(browser: Client, address: str, status: int, said: str) -> None:
    answer = browser.get(address)
    assert answer.status_code == status
    assert said in answer.text
    assert 'href="/sn/start/dashboards"' in answer.text


def test_data_is_imported_anew_at_the_page_s_own_request_alone(browser: Client, deployed: answers.Deployed) -> None:
    refused = browser.post(f"{PAGE}/refresh", headers={"Sec-Fetch-Site": "cross-site"})
    assert refused.status_code == 403
    assert deployed.refreshed == []
    assert browser.post(f"{PAGE}/refresh", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 202
    assert deployed.refreshed == ["demo-restaurant"]


def test_every_language_has_the_same_texts() -> None:
    english, german = pages.texts("en"), pages.texts("de")
    for one, other in (
        (english, german),
        (english["periods"], german["periods"]),
        (english["summary"], german["summary"]),
    ):
        assert one.keys() == other.keys()
        words = {name: re.findall(r"\{\w+\}", str(text)) for name, text in one.items()}
        assert words == {name: re.findall(r"\{\w+\}", str(text)) for name, text in other.items()}
