"""From a file's arrival to a run of the files job: few runs for many files, and one after the last file."""

import time
import uuid
from collections.abc import Callable

from rapid.cli.target import LocalStack

from .evidence import rows


def put(stack: LocalStack, number: int) -> None:
    key = f"incoming/orders/{number:032x}/orders.csv"
    stack.client("s3").put_object(Bucket=stack.outputs["files_bucket"], Key=key, Body=b"timestamp\n")


def schedules(stack: LocalStack, starter: str = "files-starter") -> int:
    found = stack.client("scheduler").list_schedules()["Schedules"]
    return sum(starter in item["GroupName"] for item in found)


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def settle(stack: LocalStack) -> None:
    """Wait until the starter has heard of all objects."""
    group = stack.client("logs").describe_log_groups(logGroupNamePrefix="files-starter-logs")["logGroups"][0]
    events, before = stack.client("logs"), -1
    while True:
        lines = events.filter_log_events(logGroupName=group["logGroupName"])["events"]
        calls = sum("END RequestId" in line["message"] or "platform.report" in line["message"] for line in lines)
        if calls == before and calls:
            return
        before = calls
        time.sleep(1)


def test_a_hundred_files_are_a_run_or_two_and_the_last_of_them_is_before_the_last_run(own_stack: LocalStack) -> None:
    for number in range(100):
        put(own_stack, number)
    settle(own_stack)
    # A hundred files come within a minute, which lies in at most two intervals.
    assert 1 <= schedules(own_stack) <= 2
    _, runs = own_stack.tick("+3m")
    assert schedules(own_stack) == 0
    assert [run["outcome"].endswith("delivered") for run in runs] == [True] * len(runs)
    job, glue, deadline = own_stack.outputs["files_job"], own_stack.client("glue"), time.monotonic() + 30
    while not (found := glue.get_job_runs(JobName=job)["JobRuns"]) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert 1 <= len(found) <= 2


def test_a_file_comes_into_the_table_by_itself(own_stack: LocalStack) -> None:
    s3, bucket, file_id = own_stack.client("s3"), own_stack.outputs["files_bucket"], uuid.uuid4().hex
    columns = "timestamp,menuItem,quantity,price,customerId,restaurantId"
    body = f"{columns}\n2026-11-20T10:00:00Z,By itself,1,2.50,c1,r1\n".encode()
    s3.put_object(Bucket=bucket, Key=f"incoming/orders/{file_id}/orders.csv", Body=body)
    wait_for(lambda: schedules(own_stack))
    own_stack.tick("+3m")
    wait_for(lambda: s3.list_objects_v2(Bucket=bucket, Prefix=f"reports/orders/{file_id}")["KeyCount"])
    wait_for(lambda: schedules(own_stack, "curation-starter"))
    own_stack.tick("+10m")
    glue, job = own_stack.client("glue"), own_stack.outputs["curate_job"]
    wait_for(lambda: {run["JobRunState"] for run in glue.get_job_runs(JobName=job)["JobRuns"]} == {"SUCCEEDED"})
    [row] = rows(own_stack, "SELECT menuitem, ingest_id FROM orders WHERE menuitem = 'By itself'")
    assert row == ("By itself", f"{file_id}-1")
