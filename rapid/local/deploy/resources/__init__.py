"""One row a resource type of the program; a type without a row is refused by name."""

from __future__ import annotations

from rapid.local.deploy.errors import DeployError, suggestion
from rapid.local.deploy.resource_type import ResourceType
from rapid.local.deploy.resources import (
    api_gateway,
    athena,
    budgets,
    cloudformation,
    cloudfront,
    cloudwatch,
    cognito,
    ec2,
    efs,
    events,
    firehose,
    functions,
    glue,
    iam,
    kinesis,
    kms,
    logs,
    quicksight,
    s3,
    secrets_manager,
    sns,
    sqs,
    waf,
)

_MODULES = (
    api_gateway, athena, budgets, cloudformation, cloudfront, cloudwatch, cognito, ec2, efs, events, firehose,
    functions, glue, iam, kinesis, kms, logs, quicksight, s3, secrets_manager, sns, sqs, waf,
)  # fmt: skip

TABLE: dict[str, ResourceType] = {row.token: row for module in _MODULES for row in module.ROWS}

SERVICES = sorted({row.service for row in TABLE.values()})


def row_of(token: str) -> ResourceType:
    """Find a resource type's row; raises DeployError for a type the local cloud cannot make."""
    row = TABLE.get(token)
    if row is None:
        raise DeployError(f"the resource type {token} is not supported by the local cloud; {suggestion(token, TABLE)}")
    return row
