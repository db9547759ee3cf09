"""What starts jobs when something arrives, and what it may do."""

import functools
import json

from .permissions import Bench, Permission
from .proofs import Look, Proofs, check, each

STARTERS = {
    "files-starter": ("files_bucket", "incoming/orders/1/a.csv"),
    "curation-starter": ("processed_bucket", "none/2026/03/14/18/a.parquet"),
}


def schedule(starter: str, bench: Bench) -> Look:
    bench.put(*STARTERS[starter])
    return lambda: bench.lines(f"{starter}-logs")


def start(starter: str, bench: Bench) -> Look:
    due(starter, bench)
    bench.stack.tick("+10m")
    return lambda: bench.lines(f"{starter}-logs")


def change(bench: Bench) -> Look:
    """The daily run is called for when another's schedule is there."""
    due("curation-starter", bench)
    functions = bench.stack.client("lambda")
    [name] = [
        item["FunctionName"]
        for item in functions.list_functions()["Functions"]
        if item["FunctionName"].startswith("curation-starter")
    ]
    functions.invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps({"call": {"--task": "daily"}}))
    return lambda: bench.lines("curation-starter-logs")


def invoke(starter: str, bench: Bench) -> Look:
    due(starter, bench)
    _, runs = bench.stack.tick("+10m")
    return lambda: str(runs)


def due(starter: str, bench: Bench) -> None:
    """Let a starter make a schedule."""
    bench.put(*STARTERS[starter])
    client = bench.stack.client("scheduler")
    [group] = client.list_schedule_groups(NamePrefix=f"{starter}-schedules")["ScheduleGroups"]
    assert bench.seen("start-", lambda: str(client.list_schedules(GroupName=group["Name"])["Schedules"]))


def write_log(starter: str, bench: Bench) -> Look:
    bench.restart(starter)
    bench.put(*STARTERS[starter])
    return lambda: bench.log.text


PROOFS: Proofs = {
    **{
        Permission(f"{starter}-{role}", action, statement): functools.partial(proof, starter)
        for starter in STARTERS
        for role, action, statement, proof in (
            ("execution", "glue:StartJobRun", 1, start),
            ("execution", "scheduler:CreateSchedule", 2, schedule),
            ("execution", "iam:PassRole", 3, schedule),
            ("schedule", "lambda:InvokeFunction", 1, invoke),
        )
    },
    Permission("curation-starter-execution", "scheduler:UpdateSchedule", 2): change,
    **{
        Permission(f"{starter}-execution", action, 4): functools.partial(write_log, starter)
        for starter in STARTERS
        for action in ("logs:CreateLogStream", "logs:PutLogEvents")
    },
}


@each(PROOFS)
def test_without_a_permission_what_needs_it_fails_with_the_message_of_aws(bench: Bench, permission: Permission) -> None:
    check(bench, permission, PROOFS)
