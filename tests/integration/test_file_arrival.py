"""From a file's arrival to a run of the files job: few runs for many files, and one after the last file."""

import time

from rapid.cli.target import LocalStack


def put(stack: LocalStack, number: int) -> None:
    key = f"incoming/orders/{number:032x}/orders.csv"
    stack.client("s3").put_object(Bucket=stack.outputs["files_bucket"], Key=key, Body=b"timestamp\n")


def schedules(stack: LocalStack) -> int:
    found = stack.client("scheduler").list_schedules()["Schedules"]
    return sum("files-starter" in item["GroupName"] for item in found)


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
