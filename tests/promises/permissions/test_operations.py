"""What hears how runs of jobs ended, what writes down figures of operations, and what calls it."""

from collections.abc import Callable

from .permissions import Bench, Permission
from .proofs import Look, Proofs, check, each

ROLE = "operations-job-runs-execution"
COLLECTOR, SCHEDULE = "operations-data-collector-execution", "operations-data-schedule"


def write_log(bench: Bench) -> Look:
    bench.restart("operations-job-runs")
    assert bench.run_job("files_job").startswith("SUCCEEDED")
    return lambda: bench.log.text


def collect(bench: Bench) -> Look:
    functions = bench.stack.client("lambda")
    [name] = [it["FunctionName"] for it in functions.list_functions()["Functions"] if "collector" in it["FunctionName"]]
    answer = functions.invoke(FunctionName=name, Payload=b"{}")["Payload"].read().decode()
    return lambda: answer


def call(bench: Bench) -> Look:
    _, runs = bench.stack.tick("+1h")
    return lambda: str(runs)


def write_collectors_log(bench: Bench) -> Look:
    bench.restart("operations-data-collector")
    collect(bench)
    return lambda: bench.log.text


_LOGS: dict[str, Callable[[Bench], Look]] = {ROLE: write_log, COLLECTOR: write_collectors_log}

PROOFS: Proofs = {
    **{
        Permission(role, action, 1 if role == ROLE else 4): proof
        for role, proof in _LOGS.items()
        for action in ("logs:CreateLogStream", "logs:PutLogEvents")
    },
    Permission(COLLECTOR, "cloudwatch:GetMetricData", 1): collect,
    Permission(COLLECTOR, "budgets:ViewBudget", 2): collect,
    Permission(COLLECTOR, "s3:PutObject", 3): collect,
    Permission(SCHEDULE, "lambda:InvokeFunction", 1): call,
}


@each(PROOFS)
def test_without_a_permission_what_needs_it_fails_with_the_message_of_aws(bench: Bench, permission: Permission) -> None:
    check(bench, permission, PROOFS)
