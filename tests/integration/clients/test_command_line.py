"""The `aws` command line."""

from typing import Any

import pytest

from .conftest import Row, Run

ACCOUNT = "123456789012"


@pytest.fixture(scope="module")
def found(run: Run) -> dict[str, Any]:
    return run("command_line.sh")


@pytest.mark.aws("IAM", "Callers", "https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html")
def test_the_account_s_own_keys_are_those_of_its_root_user(found: dict[str, Any]) -> None:
    assert found["identity"] == {"UserId": ACCOUNT, "Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:root"}


def test_the_command_line_copies_lists_syncs_and_removes_objects(found: dict[str, Any]) -> None:
    assert [line.split()[2:] for line in found["listed"].splitlines()] == [
        ["9000000", "synced/deep/nine-megabytes"],
        ["7", "synced/line.txt"],
    ]
    assert found["read"] == "a line\n"
    assert "Contents" not in found["emptied"]


def test_a_link_that_the_command_line_signs_is_good_for_who_has_it(found: dict[str, Any]) -> None:
    assert found["linked"] == "a line\n"


def test_the_command_line_starts_a_query_and_gets_the_orders_that_were_sent(
    found: dict[str, Any], sent: list[Row]
) -> None:
    assert found["rows"] == [text for row in sent for text in (row["event_id"], str(row["quantity"]))]


@pytest.mark.aws(
    "Athena", "Catalogs", "https://docs.aws.amazon.com/athena/latest/APIReference/API_ListDataCatalogs.html"
)
def test_every_account_has_the_data_catalog_of_glue(found: dict[str, Any]) -> None:
    assert found["catalogs"]["DataCatalogsSummary"] == [{"CatalogName": "AwsDataCatalog", "Type": "GLUE"}]


def test_the_command_line_tells_tables_and_runs_of_the_job(found: dict[str, Any]) -> None:
    assert {"orders", "orders_processed", "orders_curated"} <= set(found["tables"])
    assert found["table"]["Table"]["Parameters"]["projection.enabled"] == "true"
    assert "SUCCEEDED" in found["runs"]


def test_the_command_line_puts_a_record_and_finds_the_api(found: dict[str, Any]) -> None:
    assert found["put"]["RecordId"]
    assert [api["name"].split("-")[0] for api in found["apis"]["items"]] == ["ingest"]


def test_the_command_line_invokes_a_function_and_reads_its_log(found: dict[str, Any]) -> None:
    assert found["invocation"]["StatusCode"] == 200
    assert "LogResult" in found["invocation"]
    assert any("platform.start" in line or "INIT_START" in line or "requestId" in line for line in found["log"])


@pytest.mark.aws(
    "CloudWatch", "Alarms", "https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_SetAlarmState.html"
)
def test_the_command_line_puts_an_alarm_into_a_state_and_reads_its_history(found: dict[str, Any]) -> None:
    told = [item["HistorySummary"] for item in found["history"]["AlarmHistoryItems"]]
    assert told[0].endswith("to ALARM")
    assert told[-1] == 'Alarm "clients" created'


def test_the_command_line_receives_what_is_in_the_dead_letter_queue(found: dict[str, Any]) -> None:
    assert [message["Body"] for message in found["received"]["Messages"]] == ["clients"]
    assert found["received"]["Messages"][0]["MessageId"] == found["sent"]["MessageId"]
