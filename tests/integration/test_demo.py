"""`rapid demo` on a deployed stack: through its doors into its tables, again without doubling anything."""

import datetime
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from rapid.cli import athena
from rapid.cli.app import app
from rapid.cli.counts import command as counts
from rapid.cli.dashboard_data import DashboardData
from rapid.cli.demo import brought, command
from rapid.cli.demo.events import SOURCES
from rapid.cli.project import all_contracts
from rapid.cli.target import LocalStack

SMALL = ["demo", "--days", "2", "--orders-a-day", "30"]


@pytest.fixture(scope="module")
def filled(own_stack: LocalStack) -> LocalStack:
    runner, now = CliRunner(), datetime.datetime.now(datetime.UTC)
    with pytest.MonkeyPatch.context() as patch:
        # Of one moment, lest midnight come between the two.
        clock = SimpleNamespace(now=lambda _zone: now)
        patch.setattr(command, "datetime", SimpleNamespace(datetime=clock, UTC=datetime.UTC))
        first, second = runner.invoke(app, SMALL), runner.invoke(app, SMALL)
    assert first.exit_code == 0, first.output
    assert "Dashboards: " in first.stdout
    assert second.exit_code == 0, second.output
    assert "campaign_costs  6 rows stored before" in second.stdout
    return own_stack


def rows(stack: LocalStack, sql: str) -> list[tuple[str | None, ...]]:
    return athena.run(stack, sql).rows


def test_what_is_sent_twice_is_there_once_and_every_event_is_accounted_for(filled: LocalStack) -> None:
    fates = {found.source: found.fates for found in counts.of(filled, all_contracts())}
    for source in SOURCES:
        [(events, ids)] = rows(filled, f"SELECT count(*), count(DISTINCT event_id) FROM {source}")
        assert events == ids == str(fates[source].curated)
        assert fates[source].accepted >= fates[source].curated > 0
        assert fates[source].quarantined == 0
    assert all(found.adds_up for found in fates.values())


def test_dashboards_have_a_copy_of_it(filled: LocalStack) -> None:
    data = DashboardData(filled)
    [orders] = [data_set for data_set in data.data_sets() if data_set.endswith("-orders")]
    assert rows(filled, "SELECT count(*) FROM orders") == [(str(data.rows(orders)),)]


def test_app_users_come_without_a_login_and_their_campaigns_have_costs(filled: LocalStack) -> None:
    assert "appsflyer" not in filled.outputs["paths"]
    assert rows(filled, "SELECT count(*), count(DISTINCT day), min(currency) FROM campaign_costs") == [
        ("6", "2", "USD")
    ]
    without = "campaign_id NOT IN (SELECT campaign_id FROM campaign_costs)"
    assert rows(filled, f"SELECT DISTINCT campaign_id FROM appsflyer WHERE {without}") == []


def test_what_came_before_the_horizon_is_known_by_its_moments(
    filled: LocalStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    contracts = [contract for contract in all_contracts() if contract.source in SOURCES]
    assert brought.found(filled, contracts, 1) == {}
    monkeypatch.setattr(brought, "_MARGIN_DAYS", 1000)
    found = brought.found(filled, contracts, 1)
    assert set(found) == set(SOURCES)
    assert brought.found(filled, contracts, 7) == {}
