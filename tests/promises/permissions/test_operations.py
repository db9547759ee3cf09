"""What hears how runs of jobs ended, and what it may do: write its log."""

from .permissions import Bench, Permission
from .proofs import Look, Proofs, check, each

ROLE = "operations-job-runs-execution"


def write_log(bench: Bench) -> Look:
    bench.restart("operations-job-runs")
    assert bench.run_job("files_job").startswith("SUCCEEDED")
    return lambda: bench.log.text


PROOFS: Proofs = {Permission(ROLE, action, 1): write_log for action in ("logs:CreateLogStream", "logs:PutLogEvents")}


@each(PROOFS)
def test_without_a_permission_what_needs_it_fails_with_the_message_of_aws(bench: Bench, permission: Permission) -> None:
    check(bench, permission, PROOFS)
