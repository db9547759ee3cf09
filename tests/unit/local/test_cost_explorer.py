"""Cost Explorer of the local cloud: what was used, at AWS's prices, split by tags once they are activated."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rapid.cost.prices import GB

from .cloud_rig import Rig

API = "https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_"
TAGS = "https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/activating-tags.html"


def period(days: int = 1) -> dict[str, str]:
    """The days up to today, and the day after."""
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    return {"Start": (tomorrow - timedelta(days=days)).isoformat(), "End": tomorrow.isoformat()}


def costs(rig: Rig, **more: Any) -> list[dict[str, Any]]:
    asked = {"TimePeriod": period(), "Granularity": "DAILY", "Metrics": ["UnblendedCost", "UsageQuantity"], **more}
    return rig.aws("ce").get_cost_and_usage(**asked)["ResultsByTime"]


def grouped(rig: Rig, kind: str, key: str, **more: Any) -> dict[str, tuple[float, float]]:
    """Dollars and quantity of each group, today's and yesterday's: a day may end while a test runs."""
    found: dict[str, tuple[float, float]] = {}
    for day in costs(rig, TimePeriod=period(2), GroupBy=[{"Type": kind, "Key": key}], **more):
        for group in day["Groups"]:
            dollars, quantity = found.get(group["Keys"][0], (0.0, 0.0))
            told = group["Metrics"]
            dollars += float(told["UnblendedCost"]["Amount"])
            found[group["Keys"][0]] = dollars, quantity + float(told["UsageQuantity"]["Amount"])
    return found


def by_usage(rig: Rig, **more: Any) -> dict[str, tuple[float, float]]:
    """Dollars and quantity of each usage type."""
    return grouped(rig, "DIMENSION", "USAGE_TYPE", **more)


def tagged(key: str, value: str) -> dict[str, Any]:
    return {"Tags": {"Key": key, "Values": [value]}}


@pytest.mark.aws("Cost Explorer", "Costs", f"{API}GetCostAndUsage.html")
def test_costs_are_quantities_at_list_prices_less_nothing(rig: Rig) -> None:
    function = rig.function("def handler(event, context): return 1", MemorySize=1024)
    before = by_usage(rig).get("lambda_requests", (0.0, 0.0))
    for _ in range(3):
        rig.invoke(function)
    dollars, quantity = by_usage(rig)["lambda_requests"]
    assert quantity - before[1] == 3
    # Three of a million at $0.20.
    assert dollars - before[0] == pytest.approx(0.0000006, abs=1e-9)


def test_log_lines_are_counted_as_soon_as_they_are_written(rig: Rig) -> None:
    function = rig.function("def handler(event, context): print('x' * 100_000)")
    before = by_usage(rig).get("logs_ingested", (0.0, 0.0))
    rig.invoke(function)
    assert (by_usage(rig)["logs_ingested"][1] - before[1]) * GB >= 100_000


@pytest.mark.aws("Cost Explorer", "Costs split by tags", TAGS)
def test_costs_are_split_by_a_tag_once_it_is_activated(rig: Rig) -> None:
    key, sqs = rig.name("tag"), rig.aws("sqs")
    queues = [sqs.create_queue(QueueName=rig.name("queue"), tags={key: value})["QueueUrl"] for value in ("a", "b")]
    for queue in (queues[0], *queues):
        sqs.send_message(QueueUrl=queue, MessageBody="x")
    assert by_usage(rig, Filter=tagged(key, "a")) == {}
    (listed,) = rig.aws("ce").list_cost_allocation_tags(TagKeys=[key])["CostAllocationTags"]
    assert (listed["Status"], listed["Type"]) == ("Inactive", "UserDefined")
    active = [{"TagKey": key, "Status": "Active"}]
    assert rig.aws("ce").update_cost_allocation_tags_status(CostAllocationTagsStatus=active)["Errors"] == []
    assert by_usage(rig, Filter=tagged(key, "a"))["sqs_requests"][1] == 2
    assert by_usage(rig, Filter=tagged(key, "b"))["sqs_requests"][1] == 1
    assert {f"{key}$", f"{key}$a", f"{key}$b"} <= grouped(rig, "TAG", key).keys()


@pytest.mark.aws("Cost Explorer", "Costs split by tags", "https://aws.amazon.com/kinesis/data-streams/pricing/")
def test_a_data_stream_costs_its_records_and_the_hours_of_its_shards_or_of_itself(rig: Rig) -> None:
    key, kinesis = rig.name("tag"), rig.aws("kinesis")
    modes: dict[str, dict[str, Any]] = {
        "provisioned": {"ShardCount": 2},
        "on-demand": {"StreamModeDetails": {"StreamMode": "ON_DEMAND"}},
    }
    for name, mode in modes.items():
        stream = rig.name(name)
        kinesis.create_stream(StreamName=stream, Tags={key: name}, **mode)
        kinesis.put_record(StreamName=stream, Data=b"x", PartitionKey="k")
    active = [{"TagKey": key, "Status": "Active"}]
    assert rig.aws("ce").update_cost_allocation_tags_status(CostAllocationTagsStatus=active)["Errors"] == []
    found = {name: by_usage(rig, Filter=tagged(key, name)) for name in modes}
    assert {name: {*usage} for name, usage in found.items()} == {
        "provisioned": {"kinesis_put_units", "kinesis_shard_hours"},
        "on-demand": {"kinesis_on_demand_ingested", "kinesis_on_demand_hours"},
    }
    assert found["provisioned"]["kinesis_put_units"][1] == 1


@pytest.mark.aws("Cost Explorer", "Costs split by tags", f"{API}UpdateCostAllocationTagsStatus.html")
def test_a_tag_that_no_resource_has_carried_cannot_be_activated(rig: Rig) -> None:
    wanted = [{"TagKey": rig.name("nobody-s"), "Status": "Active"}]
    (error,) = rig.aws("ce").update_cost_allocation_tags_status(CostAllocationTagsStatus=wanted)["Errors"]
    assert error["Code"] == "TagKeysNotFoundException"


@pytest.mark.aws("Cost Explorer", "Costs", f"{API}GetCostAndUsage.html")
def test_each_day_or_month_of_the_period_has_a_result_whose_end_is_not_in_it(rig: Rig) -> None:
    asked = period(3)
    days = costs(rig, TimePeriod=asked)
    assert (days[0]["TimePeriod"]["Start"], days[-1]["TimePeriod"]["End"]) == (asked["Start"], asked["End"])
    assert [day["TimePeriod"]["End"] for day in days[:2]] == [day["TimePeriod"]["Start"] for day in days[1:]]
    assert float(days[0]["Total"]["UnblendedCost"]["Amount"]) == 0
    months = costs(rig, TimePeriod={"Start": "2024-01-15", "End": "2024-03-02"}, Granularity="MONTHLY")
    assert [(it["TimePeriod"]["Start"], it["TimePeriod"]["End"]) for it in months] == [
        ("2024-01-15", "2024-02-01"),
        ("2024-02-01", "2024-03-01"),
        ("2024-03-01", "2024-03-02"),
    ]


@pytest.mark.aws("Cost Explorer", "Costs", f"{API}Expression.html")
def test_parts_of_a_filter_are_all_required(rig: Rig) -> None:
    key, sqs = rig.name("tag"), rig.aws("sqs")
    sqs.send_message(
        QueueUrl=sqs.create_queue(QueueName=rig.name("queue"), tags={key: "x"})["QueueUrl"], MessageBody="x"
    )
    rig.aws("ce").update_cost_allocation_tags_status(CostAllocationTagsStatus=[{"TagKey": key, "Status": "Active"}])

    def of(service: str) -> dict[str, Any]:
        return {"And": [tagged(key, "x"), {"Dimensions": {"Key": "SERVICE", "Values": [service]}}]}

    assert by_usage(rig, Filter=of("AWS Lambda")) == {}
    assert list(by_usage(rig, Filter=of("Amazon Simple Queue Service"))) == ["sqs_requests"]


@pytest.mark.aws("Cost Explorer", "Costs", f"{API}GetCostAndUsage.html")
@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"TimePeriod": {"Start": "2024-01-02", "End": "2024-01-02"}}, "Start date .* should be before end date"),
        ({"TimePeriod": {"Start": "yesterday", "End": "2024-01-02"}}, "(?i)start|yyyy-MM-dd"),
    ],
)
def test_days_that_are_none_are_refused(rig: Rig, wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ClientError, match=said) as refused:
        costs(rig, **wrong)
    assert refused.value.response["Error"]["Code"] == "ValidationException"


@pytest.mark.parametrize(
    "unknown",
    [
        {"Granularity": "HOURLY"},
        {"Metrics": ["AmortizedCost"]},
        {"GroupBy": [{"Type": "DIMENSION", "Key": "AZ"}]},
        {"Filter": {"Not": tagged("a", "b")}},
        {"Filter": {"Tags": {"Key": "a", "Values": ["b"], "MatchOptions": ["EQUALS"]}}},
    ],
    ids=json.dumps,
)
def test_what_the_local_cloud_cannot_answer_it_refuses_by_name(rig: Rig, unknown: dict[str, Any]) -> None:
    with pytest.raises(ClientError, match="The local cloud does not support"):
        costs(rig, **unknown)


@pytest.mark.aws("Cost Explorer", "Forecasts", f"{API}GetCostForecast.html")
def test_there_is_no_forecast_without_a_history(rig: Rig) -> None:
    with pytest.raises(ClientError, match="Insufficient amount of historical data") as refused:
        rig.aws("ce").get_cost_forecast(TimePeriod=period(), Metric="UNBLENDED_COST", Granularity="MONTHLY")
    assert refused.value.response["Error"]["Code"] == "DataUnavailableException"


def test_what_stands_costs_by_the_hour_until_it_is_gone(rig: Rig) -> None:
    kms = rig.aws("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    first = by_usage(rig)["kms_keys"][1]
    assert first > 0
    kms.schedule_key_deletion(KeyId=key)
    assert by_usage(rig).get("kms_keys", (0.0, 0.0))[1] < first


def test_requests_to_s3_cost_by_what_they_do(rig: Rig) -> None:
    s3, bucket = rig.aws("s3"), rig.name("bucket")
    s3.create_bucket(Bucket=bucket)

    def counted() -> tuple[float, float]:
        found = by_usage(rig)
        return found["s3_writes"][1], found.get("s3_reads", (0.0, 0.0))[1]

    before = counted()
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    s3.list_objects_v2(Bucket=bucket)
    s3.get_object(Bucket=bucket, Key="k")
    s3.head_object(Bucket=bucket, Key="k")
    s3.get_bucket_versioning(Bucket=bucket)
    s3.delete_object(Bucket=bucket, Key="k")
    after = counted()
    # A PUT and a LIST write, three read, and a DELETE is free.
    assert (after[0] - before[0], after[1] - before[1]) == (2, 3)


def test_alarms_cost_by_the_metrics_they_look_at_and_dashboards_each(rig: Rig) -> None:
    cloudwatch, key = rig.aws("cloudwatch"), rig.name("tag")
    of_sqs = {"Namespace": "AWS/SQS", "MetricName": "NumberOfMessagesSent"}
    plain = {"Period": 60, "EvaluationPeriods": 1, "Threshold": 1.0, "ComparisonOperator": "GreaterThanThreshold"}
    names = [rig.name("alarm") for _ in range(2)]
    tags = [{"Key": key, "Value": "x"}]
    stat = {"Metric": of_sqs, "Period": 60, "Stat": "Sum"}
    queries = [
        {"Id": "a", "MetricStat": stat, "ReturnData": False},
        {"Id": "b", "MetricStat": stat, "ReturnData": False},
        {"Id": "rate", "Expression": "a / b"},
    ]
    try:
        cloudwatch.put_metric_alarm(AlarmName=names[0], Statistic="Sum", Tags=tags, **of_sqs, **plain)
        once = by_usage(rig)["cloudwatch_alarms"][1]
        del plain["Period"]
        cloudwatch.put_metric_alarm(AlarmName=names[1], Metrics=queries, **plain)
        cloudwatch.put_dashboard(DashboardName=names[0], DashboardBody='{"widgets": []}')
        rig.aws("ce").update_cost_allocation_tags_status(CostAllocationTagsStatus=[{"TagKey": key, "Status": "Active"}])
        found = by_usage(rig)
        assert found["cloudwatch_alarms"][1] > once > 0
        assert found["cloudwatch_dashboards"][1] > 0
        assert list(by_usage(rig, Filter=tagged(key, "x"))) == ["cloudwatch_alarms"]
    finally:
        cloudwatch.delete_alarms(AlarmNames=names)
        cloudwatch.delete_dashboards(DashboardNames=[names[0]])
