"""What hears how each run of a Glue job ended, and counts it: a run that is killed can tell nothing itself."""

from collections.abc import Sequence

import pulumi

from components import lambda_code, names
from components.event_rule import invoke_for_events
from components.lambda_function import LambdaFunction
from components.runtime import Runtime

MEMORY_MB = 128
TIMEOUT_SECONDS = 10
ENDS = ("SUCCEEDED", "FAILED", "TIMEOUT", "STOPPED")
"""States of which Glue tells
(https://docs.aws.amazon.com/glue/latest/dg/automating-awsglue-with-cloudwatch-events.html)."""


def job_runs(name: str, job_names: Sequence[pulumi.Input[str]], runtime: Runtime, opts: pulumi.ResourceOptions) -> None:
    """Make the function, and the rule by which EventBridge lets it hear of these jobs.

    Glue tells as well as it can (https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-glue.html): an end may
    be missed, seldom.
    """
    function = LambdaFunction(
        name,
        {
            "description": "Counts how the runs of Glue jobs ended",
            "code": lambda_code.archive("job_runs", []),
            "environment": {"STACK": names.stack()},
            "memory_mb": MEMORY_MB,
            "timeout_seconds": TIMEOUT_SECONDS,
            "runtime": runtime,
            "statements": [],
        },
        opts,
    )
    pattern = {
        "source": ["aws.glue"],
        "detail-type": ["Glue Job State Change"],
        "detail": {"jobName": list(job_names), "state": list(ENDS)},
    }
    invoke_for_events(name, "How runs of Glue jobs end", pattern, function, opts)
