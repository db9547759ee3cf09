"""Demo data: it keeps the contracts, is the same whenever it is made, and has the rhythm of a restaurant."""

import csv
import datetime
import io
from collections import Counter
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner

import dashboards
from rapid.cli import athena, project, target
from rapid.cli.app import app
from rapid.cli.demo import brought, command
from rapid.cli.demo.business import CAMPAIGNS, MENU, STORES
from rapid.cli.demo.events import COSTS, SOURCES, Weeks
from rapid.cli.failed_events.compiled_contract import check_of
from rapid.cli.stack_settings import StackSettings

NOW = datetime.datetime(2026, 11, 28, 11, 30, tzinfo=datetime.UTC)
BERLIN = ZoneInfo("Europe/Berlin")
FIVE_WEEKS = Weeks(NOW, 35, BERLIN)


def moment(source, event):
    return datetime.datetime.fromisoformat(event[project.contract_of(source).event_time.name])


@pytest.fixture(scope="module")
def made():
    return {source: FIVE_WEEKS.events(source) for source in SOURCES}


@pytest.mark.parametrize("source", SOURCES)
def test_events_keep_their_contract_with_ids_of_their_own_between_the_first_day_and_now(made, source):
    check = check_of(project.contract_of(source))
    assert [problems for event in made[source] if (problems := check(event))] == []
    assert len({event["event_id"] for event in made[source]}) == len(made[source]) > 200
    assert all(event["event_id"].startswith("demo-1-") for event in made[source])
    moments = [moment(source, event) for event in made[source]]
    assert moments == sorted(moments)
    assert datetime.datetime(2026, 10, 24, tzinfo=BERLIN) <= moments[0] < moments[-1] <= NOW
    assert len({at.astimezone(BERLIN).date() for at in moments}) == 36


@pytest.mark.parametrize("source", SOURCES)
def test_made_later_the_same_days_have_the_same_events_and_those_of_the_days_since(made, source):
    later = Weeks(NOW + datetime.timedelta(days=1, hours=3), 36, BERLIN).events(source)
    assert later[: len(made[source])] == made[source]
    assert len(later) > len(made[source])


@pytest.mark.parametrize("source", SOURCES)
def test_a_larger_business_has_the_events_of_a_smaller_one_and_more(made, source):
    larger = {event["event_id"]: event for event in Weeks(NOW, 35, BERLIN, orders_a_day=120).events(source)}
    assert all(larger[event["event_id"]] == event for event in made[source])
    assert 1.7 < len(larger) / len(made[source]) < 2.3


def test_another_seed_makes_other_events(made):
    other = Weeks(NOW, 35, BERLIN, seed=2).events("orders")
    assert {event["event_id"] for event in other}.isdisjoint(event["event_id"] for event in made["orders"])
    assert Counter(event["menuItem"] for event in other) != Counter(event["menuItem"] for event in made["orders"])


def test_orders_have_the_rhythm_of_days_and_weeks_by_the_business_s_own_clock(made):
    moments = [moment("orders", event).astimezone(BERLIN) for event in made["orders"]]
    hours, weekdays = Counter(at.hour for at in moments), Counter(at.weekday() for at in moments)
    assert hours.keys() <= {*range(7, 24), 0}
    assert hours[19] > 2 * hours[15]
    assert weekdays[5] > 1.5 * weekdays[0]


def test_prices_are_those_of_the_menu_and_every_store_has_orders_clicks_and_answers(made):
    prices = {item.name: item.price for item in MENU}
    assert {(event["menuItem"], event["price"]) for event in made["orders"]} == set(prices.items())
    stores = {store.name for store in STORES}
    for source, member in (("orders", "restaurantId"), ("clickstream", "source_menu"), ("feedback", "store_id")):
        assert {event[member] for event in made[source]} == stores
    with (project.ROOT / "examples" / "menus" / "trattoria.csv").open(encoding="utf-8") as file:
        example = [(row["id"], row["name"], float(row["price"])) for row in csv.DictReader(file)]
    assert {*example} <= {(item.id, item.name, item.price) for item in MENU}


def test_guests_come_again_and_some_stay_away(made):
    days = {}
    for event in made["orders"]:
        days.setdefault(event["customerId"], set()).add(event["timestamp"][:10])
    visits = Counter(len(found) for found in days.values())
    assert visits[1] > 50
    assert sum(count for number, count in visits.items() if number >= 4) > 20


def test_one_campaign_earns_more_than_it_costs_and_one_less(made):
    costs = Counter()
    for row in csv.DictReader(io.StringIO(FIVE_WEEKS.costs("EUR"))):
        costs[row["campaign_id"]] += float(row["cost"])
    revenue = Counter()
    for event in made["appsflyer"]:
        revenue[event.get("campaign_id")] += event.get("revenue", 0)
    assert costs.keys() == {campaign.name for campaign in CAMPAIGNS} - {None}
    assert revenue["lunch_deal"] > 1.3 * costs["lunch_deal"]
    assert revenue["app_launch"] < 0.7 * costs["app_launch"]


def test_costs_are_a_file_that_keeps_its_contract_of_the_days_that_are_over():
    rows = list(csv.DictReader(io.StringIO(FIVE_WEEKS.costs("EUR"))))
    check = check_of(project.contract_of(COSTS))
    numbers = {"cost": float, "clicks": int, "impressions": int}
    assert [check({**row, **{name: kind(row[name]) for name, kind in numbers.items()}}) for row in rows] == [[]] * 105
    assert (rows[0]["day"], rows[-1]["day"]) == ("2026-10-24", "2026-11-27")


def test_what_is_there_for_longer_than_the_horizon_is_not_made_again(made):
    since, until = NOW - datetime.timedelta(days=20), NOW - datetime.timedelta(days=10)
    left = FIVE_WEEKS.events("orders", brought.Brought(since, until).has)
    assert left == [event for event in made["orders"] if not since <= moment("orders", event) <= until]


class Stack(target.LocalStack):
    """A stack with some outputs, on a local cloud that does not answer."""

    outputs = masked_outputs = property(lambda self: self.given)

    @classmethod
    def of(cls, name, given):
        made = cls("http://127.0.0.1:1", name)
        object.__setattr__(made, "given", given)
        return made


def test_a_source_without_a_table_yet_hides_nothing_of_the_others(monkeypatch):
    def run(_stack, sql):
        if "FROM survey" in sql:
            raise athena.NotCuratedError("Athena: Table 'survey_curated' does not exist")
        return athena.Result((), [("orders", "2026-10-24 07:00:00.000", "2026-11-01 12:00:00.000")], 0)

    monkeypatch.setattr(athena, "run", run)
    contracts = [project.contract_of(source) for source in ("orders", "survey")]
    first, last = (datetime.datetime(2026, *at, tzinfo=datetime.UTC) for at in ((10, 24, 7), (11, 1, 12)))
    assert brought.found(None, contracts, 1) == {"orders": brought.Brought(first, last)}


@pytest.mark.parametrize(
    ("name", "keys", "reason"),
    [
        ("prod", {"deletion_keys": "one"}, "the stack is called prod"),
        ("bella", {"deletion_keys": "two"}, "the data of the stack bella is protected"),
        ("bella", {}, "the data of the stack bella is protected"),
    ],
)
def test_a_stack_that_is_or_may_be_production_is_refused(monkeypatch, name, keys, reason):
    monkeypatch.setattr(command, "find", lambda: Stack.of(name, {"sources": ["orders"], **keys}))
    result = CliRunner().invoke(app, ["demo"])
    assert result.exit_code == 1
    assert reason in result.stderr
    assert "--into-production" in result.stderr


@pytest.mark.parametrize("name", ["Atlantis/Sunken", "../zones"])
def test_a_time_zone_that_there_is_not_is_told(monkeypatch, name):
    outputs = {"sources": ["orders"], "deletion_keys": "one"}
    monkeypatch.setattr(command, "find", lambda: Stack.of("dev", outputs))
    monkeypatch.setattr(command, "_settings", lambda _stack: StackSettings("p", "dev", "r", {"timezone": name}))
    result = CliRunner().invoke(app, ["demo"])
    assert result.exit_code == 1
    assert f"config timezone: '{name}' is not a time zone" in result.stderr


def test_readers_answer_the_survey_of_each_dashboard(made):
    assert {event["dashboard"] for event in made["survey"]} == {dashboard.name for dashboard in dashboards.ALL}
    assert 0.85 < sum(event["satisfied"] for event in made["survey"]) / len(made["survey"]) < 0.98


def test_a_stack_without_any_of_the_sources_is_told(monkeypatch):
    monkeypatch.setattr(command, "find", lambda: Stack.of("dev", {"sources": ["users"], "deletion_keys": "one"}))
    result = CliRunner().invoke(app, ["demo"])
    assert result.exit_code == 1
    assert "the stack has none of the sources orders, clickstream" in result.stderr
