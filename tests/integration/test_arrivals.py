"""From an object's arrival to a run of a job: few runs for many objects, and one after the last of them."""

import json
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from rapid.cli.target import LocalStack
from tests.deployed.clouds import deploy, own_cloud
from tests.deployed.events import ORDER
from tests.deployed.evidence import post, rows


def put(stack: LocalStack, number: int) -> None:
    key = f"incoming/orders/{number:032x}/orders.csv"
    stack.client("s3").put_object(Bucket=stack.outputs["files_bucket"], Key=key, Body=b"timestamp\n")


def schedules(stack: LocalStack, starter: str = "files-starter") -> int:
    found = stack.client("scheduler").list_schedules()["Schedules"]
    return sum(starter in item["GroupName"] and item["Name"].startswith("start-") for item in found)


def wait_for(condition: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_a_hundred_files_are_a_run_or_two_and_the_last_of_them_is_before_the_last_run(lone_stack: LocalStack) -> None:
    began = time.time()
    for number in range(100):
        put(lone_stack, number)
    lone_stack.tick("+0s")  # lets the starter hear of all objects
    most = int(time.time() // 60) - int(began // 60) + 2
    assert 1 <= schedules(lone_stack) <= most
    _, came = lone_stack.tick("+3m")
    runs = [run for run in came if ":schedule/" in run["name"]]
    assert schedules(lone_stack) == 0
    assert [run["outcome"].endswith("delivered") for run in runs] == [True] * len(runs)
    found = lone_stack.client("glue").get_job_runs(JobName=lone_stack.outputs["files_job"])["JobRuns"]
    assert 1 <= len(found) <= most


def curate_runs(stack: LocalStack) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = stack.client("glue").get_job_runs(JobName=stack.outputs["curate_job"])["JobRuns"]
    return found


def ended(runs: list[dict[str, Any]]) -> bool:
    return bool(runs) and all(run["JobRunState"] not in ("STARTING", "RUNNING") for run in runs)


def put_copies(stack: LocalStack, count: int) -> None:
    """Deliver one order, and what was delivered under other keys again."""
    assert post(stack, json.dumps(ORDER)).status == 202
    stack.flush()
    s3, bucket = stack.client("s3"), stack.outputs["processed_bucket"]
    [delivered] = s3.list_objects_v2(Bucket=bucket, Prefix="orders/")["Contents"]
    body = s3.get_object(Bucket=bucket, Key=delivered["Key"])["Body"].read()
    folder = delivered["Key"].rpartition("/")[0]
    for number in range(1, count):
        s3.put_object(Bucket=bucket, Key=f"{folder}/copy-{number}.parquet", Body=body)


@pytest.mark.parametrize("count", [50, pytest.param(10_000, marks=pytest.mark.full_size)])
def test_a_burst_of_processed_objects_is_one_run_that_takes_them_all_in(count: int) -> None:
    with own_cloud() as url:
        stack = deploy(url, "test")
        put_copies(stack, count)
        s3 = stack.client("s3")
        s3.put_object(Bucket=stack.outputs["processed_bucket"], Key="errors/orders/2026/11/27/a", Body=b"{}")
        stack.tick("+0s")  # lets the starter hear of all objects
        # An hour may end meanwhile, rarely.
        assert 1 <= schedules(stack, "curation-starter") <= 2
        stack.tick("+1h2m")
        wait_for(lambda: ended(curate_runs(stack)), seconds=600)
        runs = curate_runs(stack)
        print(f"{count} objects: {len(runs)} run, {[run['ExecutionTime'] for run in runs]} s")
        assert [run["JobRunState"] for run in runs] == ["SUCCEEDED"] * len(runs)
        assert 1 <= len(runs) <= 2
        bucket = stack.outputs["curated_bucket"]
        keys = [item["Key"] for item in s3.list_objects_v2(Bucket=bucket, Prefix="reports/orders/")["Contents"]]
        reports = [json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read()) for key in keys]
        assert sum(report["inputs"] for report in reports) == count
        assert rows(stack, "SELECT count(*) FROM orders_curated") == [("1",)]


def test_each_night_all_that_was_ever_delivered_is_looked_through_by_one_run(lone_stack: LocalStack) -> None:
    # The run that the deployment calls for, and that one alone.
    lone_stack.tick("+10m")
    wait_for(lambda: ended(curate_runs(lone_stack)))
    known = {run["Id"] for run in curate_runs(lone_stack)}

    def new_runs() -> list[dict[str, Any]]:
        return [run for run in curate_runs(lone_stack) if run["Id"] not in known]

    _, runs = lone_stack.tick("+1d")
    assert [run["time"][11:19] for run in runs if "-daily" in run["name"]] == ["02:00:00"]
    # Its schedule may have been made, and been due, while the tick was on.
    wait_for(lambda: schedules(lone_stack, "curation-starter") or new_runs())
    lone_stack.tick("+10m")
    wait_for(new_runs)
    [nightly] = new_runs()
    assert nightly["Arguments"] == {"--task": "daily"}


def test_a_file_comes_into_the_table_by_itself(lone_stack: LocalStack) -> None:
    s3, bucket, file_id = lone_stack.client("s3"), lone_stack.outputs["files_bucket"], uuid.uuid4().hex
    columns = "timestamp,menuItem,quantity,price,customerId,restaurantId"
    body = f"{columns}\n2026-11-20T10:00:00Z,By itself,1,2.50,c1,r1\n".encode()
    s3.put_object(Bucket=bucket, Key=f"incoming/orders/{file_id}/orders.csv", Body=body)
    wait_for(lambda: schedules(lone_stack))
    lone_stack.tick("+3m")
    wait_for(lambda: s3.list_objects_v2(Bucket=bucket, Prefix=f"reports/orders/{file_id}")["KeyCount"])
    wait_for(lambda: schedules(lone_stack, "curation-starter") and ended(curate_runs(lone_stack)))
    known = {run["Id"] for run in curate_runs(lone_stack)}
    lone_stack.tick("+10m")
    wait_for(lambda: [run for run in curate_runs(lone_stack) if run["Id"] not in known])
    wait_for(lambda: ended(curate_runs(lone_stack)))
    assert {run["JobRunState"] for run in curate_runs(lone_stack)} == {"SUCCEEDED"}
    [row] = rows(lone_stack, "SELECT menuitem, ingest_id FROM orders WHERE menuitem = 'By itself'")
    assert row == ("By itself", f"{file_id}-1")
