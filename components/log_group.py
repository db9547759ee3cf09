"""Log groups, and how long they keep their lines."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

DEFAULT_RETENTION_DAYS = 30
_WITHIN_A_YEAR = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365)
RETENTION_DAYS = (*_WITHIN_A_YEAR, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
"""What CloudWatch Logs allows
(https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html)."""


class LogArgs(TypedDict):
    """Inputs that every component with logs has."""

    log_retention_days: NotRequired[pulumi.Input[int]]
    """Days that logs are kept, one of RETENTION_DAYS; DEFAULT_RETENTION_DAYS unless it is given."""


def retention_days(args: LogArgs) -> pulumi.Input[int]:
    """Days that the logs of a component are kept."""
    return args.get("log_retention_days", DEFAULT_RETENTION_DAYS)


def log_group(
    name: str, args: LogArgs, opts: pulumi.ResourceOptions, aws_name: str | None = None
) -> aws.cloudwatch.LogGroup:
    """A log group of a component; `aws_name` where what writes to it expects a name."""
    return aws.cloudwatch.LogGroup(name, name=aws_name, retention_in_days=retention_days(args), opts=opts)
