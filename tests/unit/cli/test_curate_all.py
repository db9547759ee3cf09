"""Which lakes' curate jobs are run where somebody wants to see what came of events."""

from typing import Any

import pytest

from rapid.cli import etl, job_run
from rapid.cli.job_run import Ended
from rapid.cli.target import LocalStack

LAKE = dict.fromkeys(
    ("raw_bucket", "processed_bucket", "curated_bucket", "quarantine_bucket", "database", "workgroup"), ""
)


def outputs(phase: str | None) -> dict[str, Any]:
    sides = {name: {**LAKE, "curate_job": f"{name}-job"} for name in ("platform", "streaming")}
    return {"curate_job": "platform-job", **({"migration": {"phase": phase, **sides}} if phase else {})}


@pytest.mark.parametrize(
    ("phase", "jobs"),
    [
        (None, ["platform-job"]),
        ("side_by_side", ["platform-job", "streaming-job"]),
        ("cut_over", ["platform-job", "streaming-job"]),
        ("decommissioned", ["platform-job"]),
    ],
)
@pytest.mark.parametrize("fails", [None, "platform-job", "streaming-job"])
def test_each_lake_that_is_fed_is_curated_and_one_that_fails_is_told(
    monkeypatch: pytest.MonkeyPatch, phase: str | None, jobs: list[str], fails: str | None
) -> None:
    run = []

    def ended(stack: LocalStack, *_: Any) -> Ended:
        run.append(stack.masked_outputs["curate_job"])
        state = "FAILED" if run[-1] == fails else "SUCCEEDED"
        return Ended(state, "", "", [])

    monkeypatch.setattr(job_run, "run", ended)
    stack = LocalStack("http://127.0.0.1:1", viewed=outputs(phase))
    assert etl.curate_all(stack) == (1 if fails in jobs else 0)
    assert run == jobs
