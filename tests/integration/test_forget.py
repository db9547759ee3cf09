"""`rapid forget` on a deployed stack: a customer who came by every way is nowhere afterwards, another is as before."""

import gzip
import io
import json
from typing import Any

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from rapid.cli import job_run, project, samples
from rapid.cli.app import app
from rapid.cli.counts import command
from rapid.cli.counts.fates import Fates
from rapid.cli.target import LocalStack
from tests.deployed.clouds import found_by_commands
from tests.deployed.evidence import curate_here, rows
from tests.deployed.mishaps import envelope, environment, put_on_the_stream, send

ORDERS = project.contract_of("orders")
GONE, STAYS = "cust-gone", "cust-stays"


def orders(customer: str, count: int) -> list[dict[str, Any]]:
    return [{**order, "customerId": customer} for order in samples.events(ORDERS, count, seed=len(customer))]


def forget(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["forget", "orders", "--key", f"customerId={GONE}", *arguments])


def fates(stack: LocalStack) -> Fates:
    [counted] = command.of(stack, (ORDERS,))
    return counted.fates


def everything(stack: LocalStack) -> dict[str, bytes]:
    """Every version of every object of every bucket, unpacked; log lines; messages on queues; rows of tables."""
    s3, found = stack.client("s3"), {}
    for bucket in [item["Name"] for item in s3.list_buckets()["Buckets"]]:
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            for item in page.get("Versions", []):
                body = s3.get_object(Bucket=bucket, Key=item["Key"], VersionId=item["VersionId"])["Body"].read()
                found[f"s3://{bucket}/{item['Key']} {item['VersionId']}"] = item["Key"].encode() + plain(body)
    logs = stack.client("logs")
    for group in logs.describe_log_groups()["logGroups"]:
        events = logs.filter_log_events(logGroupName=group["logGroupName"])["events"]
        found[group["logGroupName"]] = "\n".join(event["message"] for event in events).encode()
    sqs = stack.client("sqs")
    for url in sqs.list_queues().get("QueueUrls", []):
        messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0).get("Messages", [])
        found[url] = json.dumps(messages).encode()
    glue = stack.client("glue")
    runs = glue.get_job_runs(JobName=stack.outputs["erasure_job"])["JobRuns"]
    tables = glue.get_tables(DatabaseName=stack.outputs["database"])["TableList"]
    found["glue"] = json.dumps([runs, tables], default=str).encode()
    return found


def plain(body: bytes) -> bytes:
    if body[:2] == b"\x1f\x8b":
        return gzip.decompress(body)
    if body[:4] == b"PAR1":
        return str(pq.read_table(io.BytesIO(body)).to_pylist()).encode()
    return body


def holding(stack: LocalStack, customer: str) -> list[str]:
    return sorted(name for name, body in everything(stack).items() if customer.encode() in body)


@pytest.fixture(scope="module")
def before(own_stack: LocalStack) -> list[tuple[str | None, ...]]:
    """The rows of the customer who stays, after both came by HTTP, on the stream, in a file and onto the queue."""
    with found_by_commands(own_stack.endpoint_url):
        send(own_stack, [*orders(GONE, 5), *orders(STAYS, 6)])
        for customer in (GONE, STAYS):
            [order] = orders(customer, 1)
            put_on_the_stream(own_stack, envelope(f"bad-{customer}", {**order, "price": -1}), customer.encode() + b"\n")
        own_stack.flush()
        with environment(own_stack, "orders-transform", QUARANTINE_BUCKET="no-such-bucket"):
            lines = [envelope(f"failed-{it}", {**orders(it, 1)[0], "price": -1}) for it in (GONE, STAYS)]
            put_on_the_stream(own_stack, b"".join(lines))
            own_stack.flush()
        with environment(own_stack, "ingest", STREAMS='{"orders": "no-such-stream"}'):
            send(own_stack, [*orders(GONE, 2), *orders(STAYS, 1)])
        columns = ["event_id", "timestamp", "menuItem", "quantity", "price", "customerId", "restaurantId"]
        lines_of_file = [
            ",".join(["", "2026-03-14T18:30:00Z", "Soup", quantity, "9.5", customer, "r1"])
            for customer in (GONE, STAYS)
            for quantity in ("1", "none")
        ]
        text = "\n".join([",".join(columns), *lines_of_file])
        key = "incoming/orders/the-file/all.csv"
        own_stack.client("s3").put_object(Bucket=own_stack.outputs["files_bucket"], Key=key, Body=text.encode())
        assert job_run.run_files(own_stack, lambda _state: None).succeeded
        curate_here(own_stack, "orders")
        send(own_stack, [*orders(GONE, 3), *orders(STAYS, 2)])
        own_stack.flush()
        rows(own_stack, "SELECT * FROM orders_now")
        return rows_of_who_stays(own_stack)


def rows_of_who_stays(stack: LocalStack) -> list[tuple[str | None, ...]]:
    return sorted(rows(stack, f"SELECT * FROM orders_processed WHERE customerid = '{STAYS}'"), key=str)


def test_a_person_is_erased_from_all_places_and_counted(own_stack: LocalStack, before: Any) -> None:
    with found_by_commands(own_stack.endpoint_url):
        counted = fates(own_stack)
        assert counted.adds_up
        held = holding(own_stack, GONE)
        assert len(held) > 8
        result = forget("--force")
        print(result.output)
        assert result.exit_code == 0
        assert GONE not in result.output
        assert holding(own_stack, GONE) == []
        after = fates(own_stack)
        assert (after.adds_up, after.accepted, after.erased) == (True, counted.accepted, 15)
        assert rows_of_who_stays(own_stack) == before
        sums = "count(*), sum(quantity), sum(price * quantity) FROM orders"
        assert rows(own_stack, "SELECT sum(orders), sum(quantity), sum(revenue) FROM orders_sales_daily") == rows(
            own_stack, f"SELECT {sums}"
        )
