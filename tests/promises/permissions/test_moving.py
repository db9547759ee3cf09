"""A stack that moves: its second lake's roles hold what the first one's do, and beside it what data streams take; the
role of a Flink application reads data streams and appends to the second lake's tables, and may do nothing else.
"""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rapid.cli.target import LocalStack
from rapid.local.clients import Clients
from tests.deployed.alarms import MAILBOX, Alarms, without_schedules
from tests.deployed.events import ORDER
from tests.deployed.evidence import curate_here, post

from .flink import Flink
from .permissions import Bench, LogFile, Permission

ALARMS_PAGE = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html"
READ_PAGE = "https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html"
READ = ("DescribeStream", "GetRecords", "GetShardIterator", "ListShards")
SOURCES = ("clickstream", "orders")
FOLLOWER = "orders-follower-delivery"
MIRROR = Permission("orders-transform-execution", "kinesis:PutRecords", 2)

FLINK = "migration-flink"
SOURCE_PAGE = "https://nightlies.apache.org/flink/flink-docs-stable/docs/connectors/datastream/kinesis/"
LOG_PAGE = "https://docs.aws.amazon.com/managed-flink/latest/java/how-zeppelin-appendix-iam.html#how-zeppelin-iam-cw"
SINK_PAGE = "https://iceberg.apache.org/docs/latest/flink-writes/"
FLINK_READS = ("DescribeStreamSummary", "GetRecords", "GetShardIterator", "ListShards")
FLINK_APPENDS = {
    ("s3:ListBucket", 2): "ACCESS_DENIED during HeadObject operation",
    ("s3:GetObject", 3): "ACCESS_DENIED during HeadObject operation",
    ("s3:PutObject", 3): "is not authorized to perform: s3:PutObject",
    ("glue:GetTable", 4): "is not authorized to perform: glue:GetTable",
    ("glue:UpdateTable", 4): "is not authorized to perform: glue:UpdateTable",
}
"""What an append needs, and what is said without it: of an object's head no message can come."""
FLINK_LOGS = {("logs:DescribeLogGroups", 6), ("logs:DescribeLogStreams", 7), ("logs:PutLogEvents", 8)}
FLINK_NOT_EXERCISED = {
    # A large file is written in parts, which are thrown away when it fails.
    Permission(FLINK, "s3:AbortMultipartUpload", 3): SINK_PAGE,
    # What a commit came to nothing for is deleted.
    Permission(FLINK, "s3:DeleteObject", 3): SINK_PAGE,
    # Flink's catalog asks whether a database is there before it is used.
    Permission(FLINK, "glue:GetDatabase", 4): SINK_PAGE,
    # The service fetches the application's code.
    Permission(FLINK, "s3:GetObject", 5): (
        "https://docs.aws.amazon.com/managed-flink/latest/java/how-it-works-app-config.html"
    ),
}
"""What no read and no append of one row asks for, with the page that says what does."""

pytestmark = pytest.mark.aws("IAM", "Roles of the stack", READ_PAGE)


@pytest.fixture(scope="module")
def bench(moving_stack: LocalStack, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    log: Path = tmp_path_factory.mktemp("bench") / "log"
    log.touch()
    return Bench(moving_stack, LogFile(log))


def of_role(bench: Bench) -> dict[str, set[str]]:
    """The actions of each role, those of doors and of Flink apart, which have tests of their own."""
    found: dict[str, set[str]] = {}
    for permission in bench.permissions():
        if permission.role != FLINK and not permission.role.startswith("ingest-"):
            found.setdefault(permission.role, set()).add(permission.action)
    return found


def test_roles_hold_what_those_of_the_first_lake_do_and_beside_it_reading_or_mirroring_alone(bench: Bench) -> None:
    found = of_role(bench)
    reading, mirroring = {f"kinesis:{action}" for action in READ}, {MIRROR.action}
    more = {
        **{
            f"{prefix}-delivery": reading
            for source in SOURCES
            for prefix in (f"streaming-{source}", f"{source}-follower")
        },
        **{f"{source}-transform-execution": mirroring for source in SOURCES},
        "streaming-clickstream-transform-execution": mirroring,
    }
    assert {role: found[role] & (reading | mirroring) for role in found if found[role] & (reading | mirroring)} == more
    seconds = {role for role in found if role.startswith("streaming-") or "-follower-" in role}
    assert {"streaming-curation-execution", "streaming-clickstream-guests-delivery"} <= seconds
    for role in seconds:
        first = re.sub("^streaming-|-follower|-guests", "", role)
        assert found[role] - reading - mirroring == found[first] - mirroring, role


def put_an_order(bench: Bench, event_id: str) -> None:
    envelope = {"id": event_id, "receivedAt": "2026-03-14T18:30:00.000Z", "body": ORDER}
    data = json.dumps(envelope).encode() + b"\n"
    stream = bench.stack.outputs["migration"]["data_streams"]["orders"]
    bench.stack.client("kinesis").put_record(StreamName=stream, Data=data, PartitionKey=event_id)


def test_a_follower_that_may_not_get_records_says_so_in_the_source_s_log(bench: Bench) -> None:
    with bench.without(Permission(FOLLOWER, "kinesis:GetRecords", 6)):
        put_an_order(bench, "moving-1")
        bench.stack.flush()
        assert bench.seen("Kinesis.AccessDenied", lambda: bench.lines("orders-delivery-logs"))
    bench.stack.flush()


@pytest.mark.aws("CloudWatch", "Alarms", ALARMS_PAGE)
def test_a_follower_that_reads_nothing_in_two_hours_in_which_something_is_put_rings(bench: Bench) -> None:
    alarms = Alarms(bench.stack)
    alarms.tell(MAILBOX)
    with without_schedules(bench.stack), bench.without(Permission(FOLLOWER, "kinesis:GetRecords", 6)):
        for number in range(2):
            bench.stack.tick("+1h")
            put_an_order(bench, f"unread-{number}")
        assert "docs/runbook.md#reading-late" in alarms.rings("reading-late").text
    bench.stack.flush()


def test_a_transform_puts_onto_its_own_data_stream_and_without_the_permission_onto_none(bench: Bench) -> None:
    role = next(
        role["Arn"]
        for role in bench.stack.client("iam").list_roles()["Roles"]
        if role["RoleName"].startswith(MIRROR.role)
    )
    kinesis = Clients(bench.stack.endpoint_url).of_service("lambda.amazonaws.com").client("kinesis", role)
    streams = bench.stack.outputs["migration"]["data_streams"]

    def refused(source: str) -> Any:
        # What the stream itself refuses puts nothing.
        with pytest.raises(ClientError) as error:
            kinesis.put_records(StreamName=streams[source], Records=[{"Data": b"{}", "PartitionKey": "k"}] * 501)
        return error.value.response["Error"]["Code"]

    assert refused("orders") != "AccessDeniedException"
    assert refused("clickstream") == "AccessDeniedException"
    with bench.without(MIRROR):
        assert refused("orders") == "AccessDeniedException"


@pytest.fixture(scope="module")
def flink(moving_stack: LocalStack) -> Flink:
    """The application, with an order on its way to the tables of both lakes."""
    assert post(moving_stack, json.dumps({**ORDER, "customerId": "flink"})).status == 202
    curate_here(moving_stack, "orders", moving_stack.outputs["migration"]["streaming"]["curate_job"])
    return Flink(moving_stack, Clients(moving_stack.endpoint_url).of_service("kinesisanalytics.amazonaws.com"))


@pytest.mark.aws("IAM", "Roles of the stack", SOURCE_PAGE)
def test_flink_reads_what_came_by_the_doors_and_appends_to_the_curated_table(flink: Flink) -> None:
    assert "flink" in [event["body"]["customerId"] for event in flink.read("orders")]
    flink.append("orders", "flink-1")
    assert "flink-1" in flink.table("orders").scan(selected_fields=("ingest_id",)).to_arrow()["ingest_id"].to_pylist()


def test_flink_may_do_exactly_what_its_tests_do_or_what_has_its_page(bench: Bench) -> None:
    shown = {Permission(FLINK, f"kinesis:{action}", 1) for action in FLINK_READS}
    shown |= {Permission(FLINK, *pair) for pair in (*FLINK_APPENDS, *FLINK_LOGS)}
    assert {it for it in bench.permissions() if it.role == FLINK} == shown | FLINK_NOT_EXERCISED.keys()


@pytest.mark.parametrize("action", FLINK_READS)
def test_without_one_of_its_permissions_flink_does_not_read(flink: Flink, bench: Bench, action: str) -> None:
    with bench.without(Permission(FLINK, f"kinesis:{action}", 1)), pytest.raises(ClientError) as refused:
        flink.read("orders")
    assert f"is not authorized to perform: kinesis:{action} on resource: " in str(refused.value)


@pytest.mark.parametrize(("action", "statement"), FLINK_APPENDS)
def test_without_one_of_its_permissions_flink_does_not_append(
    flink: Flink, bench: Bench, action: str, statement: int
) -> None:
    denied = pytest.raises((ClientError, OSError), match=FLINK_APPENDS[action, statement])
    with bench.without(Permission(FLINK, action, statement)), denied:
        flink.append("orders", "flink-2")


@pytest.mark.aws("IAM", "Roles of the stack", LOG_PAGE)
def test_flink_writes_its_log_to_the_group_that_the_output_names(flink: Flink) -> None:
    flink.log("a checkpoint")
    group = flink.told["flink"]["log_group"]
    events = flink.stack.client("logs").filter_log_events(logGroupName=group)["events"]
    assert "a checkpoint" in [event["message"] for event in events]


@pytest.mark.parametrize(("action", "statement"), sorted(FLINK_LOGS))
def test_without_one_of_its_permissions_flink_writes_no_log(
    flink: Flink, bench: Bench, action: str, statement: int
) -> None:
    with bench.without(Permission(FLINK, action, statement)), pytest.raises(ClientError) as refused:
        flink.log("in vain")
    assert f"is not authorized to perform: {action} on resource: " in str(refused.value)


def test_flink_is_refused_the_first_lake_other_zones_putting_records_and_other_logs(flink: Flink, bench: Bench) -> None:
    old, new = flink.told["platform"], flink.told["streaming"]
    s3, glue, kinesis, logs = (flink.client(service) for service in ("s3", "glue", "kinesis", "logs"))
    stream = flink.told["data_streams"]["orders"]
    of_s3 = ("a list of the first lake", "a file of the first lake", "raw events", "reports", "the jobs' code")
    refused = {
        "a list of the first lake": lambda: s3.list_objects_v2(Bucket=old["curated_bucket"]),
        "a file of the first lake": lambda: s3.get_object(Bucket=old["curated_bucket"], Key="tables/orders/a"),
        "the first lake's catalog": lambda: glue.get_table(DatabaseName=old["database"], Name="orders_curated"),
        "raw events": lambda: s3.get_object(Bucket=new["raw_bucket"], Key="orders/a"),
        "reports": lambda: s3.put_object(Bucket=new["curated_bucket"], Key="reports/orders/a", Body=b""),
        "the jobs' code": lambda: s3.put_object(Bucket=flink.told["flink"]["code"].split("/")[2], Key="flink/a"),
        "a table's end": lambda: glue.delete_table(DatabaseName=new["database"], Name="orders_curated"),
        "a record": lambda: kinesis.put_record(StreamName=stream, Data=b"{}", PartitionKey="a"),
        "the stream's end": lambda: kinesis.delete_stream(StreamName=stream),
        "another's log": lambda: logs.describe_log_streams(logGroupName=bench.group("orders-delivery-logs")),
    }
    assert {what: _code(call) for what, call in refused.items()} == {
        what: "AccessDenied" if what in of_s3 else "AccessDeniedException" for what in refused
    }


def _code(call: Callable[[], Any]) -> str:
    """The code with which a call is refused."""
    try:
        call()
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "it is allowed"


def test_nobody_else_runs_as_flink(flink: Flink) -> None:
    others = replace(flink, clients=Clients(flink.stack.endpoint_url).of_service("firehose.amazonaws.com"))
    with pytest.raises(ClientError, match="AccessDenied"):
        others.client("kinesis").list_streams()
