"""The function that writes figures of operations down; CloudWatch, S3 and AWS Budgets are moto's or stand-ins."""

import datetime
import json
from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError

from components.lakehouse.lakehouse import OPERATIONS_DAYS
from components.operations.operations_data import COSTS_COLUMNS, HOURS_COLUMNS, MEMORY_MB
from dashboards import operations
from rapid.cost import assumptions as assumed

UTC = datetime.UTC
NOW = "2026-03-14T02:05:00Z"
SOURCES = {
    "orders": {"path": "/events", "stream": "orders-stream", "direct": False},
    "clickstream": {"path": "/poc", "stream": "clickstream-stream", "direct": True},
}
ENVIRONMENT = {
    "API_NAME": "api",
    "STAGE": "v1",
    "DEAD_LETTER_QUEUE": "dead",
    "SOURCES": json.dumps(SOURCES),
    "ACCOUNT_ID": "123456789012",
    "BUDGET": "monthly",
    "BUCKET": "curated",
    "HOURS_PREFIX": "operations-hours/",
    "COSTS_PREFIX": "operations-costs/",
}
BUDGET = {
    "BudgetLimit": {"Amount": "900", "Unit": "USD"},
    "CalculatedSpend": {"ActualSpend": {"Amount": "12.5", "Unit": "USD"}},
}


class CloudWatch:
    """Answers in pages of one metric, as it may, and says of a metric what a test gave it."""

    def __init__(self, known, status="Complete"):
        self.known, self.status, self.asked = known, status, []

    def get_paginator(self, _operation):
        return self

    def paginate(self, MetricDataQueries, StartTime, EndTime):
        self.asked.append((len(MetricDataQueries), StartTime, EndTime))
        for query in MetricDataQueries:
            metric = query["MetricStat"]["Metric"]
            values = sorted(d["Value"] for d in metric["Dimensions"])
            points = self.known.get((metric["MetricName"], query["MetricStat"]["Stat"], *values), {})
            result = {"Id": query["Id"], "StatusCode": self.status}
            yield {"MetricDataResults": [{**result, "Timestamps": list(points), "Values": list(points.values())}]}


def hour(day, number):
    return datetime.datetime(2026, 3, day, number, tzinfo=UTC)


@pytest.fixture
def collector(aws, package, monkeypatch):
    """What handles a call with what CloudWatch knows, and the rows that lie in the bucket then."""
    aws.client("s3").create_bucket(Bucket="curated")
    modules = package("operations_collector", **ENVIRONMENT)
    made, budgets = modules.handler.boto3.client, SimpleNamespace(describe_budget=lambda **_asked: {"Budget": BUDGET})

    def use(cloudwatch, s3=None):
        others = {"cloudwatch": cloudwatch, "budgets": budgets} | ({"s3": s3} if s3 else {})
        monkeypatch.setattr(modules.handler.boto3, "client", lambda name: others.get(name) or made(name))
        return modules.handler.handler

    def rows(key):
        body = made("s3").get_object(Bucket="curated", Key=key)["Body"].read()
        return [json.loads(line) for line in body.splitlines()]

    return SimpleNamespace(use=use, rows=rows, s3=lambda: made("s3"), figures=modules.figures, handler=modules.handler)


def test_each_hour_that_ended_has_a_row_of_the_platform_and_of_each_source_with_something(collector):
    known = {
        ("Count", "Sum", "api", "v1"): {hour(14, 1): 9.0, hour(13, 23): 5.0},
        ("Latency", "p95", "api", "v1"): {hour(14, 1): 12.34567},
        ("Accepted", "Sum", "orders", "rapid-analytics/test"): {hour(14, 1): 7.0},
        ("Accepted", "Sum", "clickstream", "rapid-analytics/test"): {hour(13, 23): 2.0},
    }
    collector.use(CloudWatch(known))({"time": NOW}, None)

    first, second, orders = collector.rows("operations-hours/2026-03-14.json")
    assert (first["hour"], first["source"], first["requests"]) == ("2026-03-14 00:00:00", None, 0)
    assert (second["hour"], second["requests"], second["latency_p95"]) == ("2026-03-14 01:00:00", 9, 12.346)
    assert first["latency_p95"] is None, "what was not measured is not 0"
    assert (orders["hour"], orders["source"], orders["accepted"]) == ("2026-03-14 01:00:00", "orders", 7)
    before = collector.rows("operations-hours/2026-03-13.json")
    assert len(before) == 24 + 1
    assert (before[-1]["source"], before[-1]["accepted"]) == ("clickstream", 2)


def test_an_hour_that_is_not_over_has_no_row(collector):
    collector.use(CloudWatch({}))({"time": "2026-03-14T00:05:00Z"}, None)

    keys = [it["Key"] for it in collector.s3().list_objects_v2(Bucket="curated")["Contents"]]
    assert keys == [
        "operations-costs/2026-03.json",
        "operations-hours/2026-03-12.json",
        "operations-hours/2026-03-13.json",
    ]


def test_a_run_that_comes_again_changes_nothing_and_one_that_comes_late_fills_what_is_missing(collector):
    known = {("Count", "Sum", "api", "v1"): {hour(12, 5): 1.0, hour(14, 1): 3.0}}
    run = collector.use(CloudWatch(known))
    run({"time": NOW}, None)
    once = {day: collector.rows(f"operations-hours/2026-03-{day}.json") for day in (12, 13, 14)}
    run({"time": NOW}, None)

    assert {day: collector.rows(f"operations-hours/2026-03-{day}.json") for day in (12, 13, 14)} == once
    known["Count", "Sum", "api", "v1"][hour(14, 1)] = 4.0
    run({"time": NOW}, None)
    assert [row["requests"] for row in collector.rows("operations-hours/2026-03-14.json")] == [0, 4], "came late"


def test_a_run_that_is_killed_between_two_objects_is_made_good_by_the_next(collector):
    known, kept = {("Count", "Sum", "api", "v1"): {hour(12, 5): 1.0, hour(14, 1): 3.0}}, collector.s3()
    put, calls = kept.put_object, []

    def dying(**given):
        calls.append(given["Key"])
        if len(calls) == 2:
            raise SystemExit
        return put(**given)

    with pytest.raises(SystemExit):
        collector.use(CloudWatch(known), SimpleNamespace(put_object=dying))({"time": NOW}, None)
    collector.use(CloudWatch(known))({"time": NOW}, None)
    days = [collector.rows(f"operations-hours/2026-03-{day}.json") for day in (12, 13, 14)]
    assert [sum(row["requests"] for row in rows) for rows in days] == [1, 0, 3]


def test_figures_that_cloudwatch_could_not_tell_replace_none_that_are_there(collector):
    known = {("Count", "Sum", "api", "v1"): {hour(14, 1): 3.0}}
    collector.use(CloudWatch(known))({"time": NOW}, None)
    with pytest.raises(RuntimeError, match="InternalError of AWS/ApiGateway Count"):
        collector.use(CloudWatch({}, "InternalError"))({"time": NOW}, None)
    assert collector.rows("operations-hours/2026-03-14.json")[-1]["requests"] == 3


def test_the_costs_of_a_month_are_as_they_were_looked_at_last(collector):
    collector.use(CloudWatch({}))({"time": NOW}, None)
    row = {"day": "2026-03-14", "budget": 900.0, "spent": 12.5, "forecast": None}
    assert collector.rows("operations-costs/2026-03.json") == [row]
    assert [*row] == [column.name for column in COSTS_COLUMNS]


def test_a_person_may_ask_for_more_days_and_for_now(collector):
    cloudwatch = CloudWatch({})
    collector.use(cloudwatch)({"days": 30}, None)
    ((_, start, end),) = cloudwatch.asked
    assert (end - start).days == 29
    for days in (0, 401, "2", True):
        with pytest.raises(ValueError, match="must be a whole number from 1 to 400"):
            collector.use(cloudwatch)({"days": days}, None)


def test_more_metrics_than_cloudwatch_takes_at_once_are_asked_for_in_parts(collector):
    sources = {f"s{number}": SOURCES["orders"] for number in range(100)}
    asked = collector.figures.asked({**ENVIRONMENT, "STACK": "x/y", "SOURCES": json.dumps(sources)})
    cloudwatch = CloudWatch({})
    collector.figures.by_hour(cloudwatch, asked, hour(14, 0), hour(14, 2))
    assert [count for count, _, _ in cloudwatch.asked] == [500, len(asked) - 500]


def test_the_tables_have_the_columns_that_figures_become(collector):
    asked, measured = collector.figures.asked({**ENVIRONMENT, "STACK": "x/y"}), collector.figures.MEASURED
    types = {it.column: "double" if it.column in measured else "bigint" for it in asked}
    assert {column.name: column.type for column in HOURS_COLUMNS if column.name not in ("hour", "source")} == types


def test_an_incremental_refresh_looks_back_past_all_that_a_run_writes(collector):
    for data_set in (operations.HOURS, operations.SOURCES):
        assert data_set.lookback_days > collector.handler.DAYS


def test_the_estimate_knows_what_a_run_writes_and_for_how_long_it_is_kept(collector):
    of_costs = 1
    assert collector.handler.DAYS + of_costs == assumed.FIGURES_WRITES
    assert collector.handler.MAX_DAYS == OPERATIONS_DAYS == assumed.FIGURES_DAYS
    assert assumed.COLLECTOR_MEMORY_GB * 1024 == MEMORY_MB


def test_the_estimate_knows_how_many_metrics_are_read(collector):
    asked = collector.figures.asked({**ENVIRONMENT, "STACK": "x/y"})
    of_sources = len(SOURCES) * assumed.SOURCE_FIGURES + 1 * assumed.FUNCTION_FIGURES
    assert len(asked) == assumed.FIGURES + of_sources


def test_the_handlers_queries_are_as_cloudwatch_takes_them(collector, aws):
    """botocore checks the request against the service's model; moto knows nothing of the metrics."""
    asked = collector.figures.asked({**ENVIRONMENT, "STACK": "rapid-analytics/test"})
    try:
        found = collector.figures.by_hour(aws.client("cloudwatch"), asked, hour(13, 0), hour(14, 2))
    except ClientError as error:
        pytest.fail(str(error))
    assert not any(found.values())
