"""Showing of each permission that it is needed: without it something fails, and AWS's message names the action."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from rapid.cli import project
from tests.deployed.events import CLICK, ORDER

from .permissions import Bench, Permission

Look = Callable[[], str]
"""What is to be seen of a denial; it may take a moment to come."""
Proofs = Mapping[Permission, Callable[[Bench], Look]]
"""What fails without a permission."""

SOURCES = {"orders": ORDER, "clickstream": CLICK}
HASHING = [contract.source for contract in project.all_contracts() if contract.hashed]
USER = {"name": "Ada Example", "address": "1 Example Street", "contact": "ada@example.com"}
ALIKE = [it.source for it in project.all_contracts() if it.streamed and it.source not in SOURCES]
"""Sources whose roles hold what those of the orders hold, so that nothing is shown of them again."""
ACCESS_LOGS = "ingest-api-gateway-logging"
ATHENA = "dashboards-query"
MENUS = "storefront-menus-publisher-execution"

# https://repost.aws/knowledge-center/athena-output-bucket-error, https://repost.aws/knowledge-center/access-denied-athena
ATHENA_SAYS = {
    Permission(ATHENA, "s3:GetBucketLocation", 3): "Unable to verify/create output bucket",
    Permission(ATHENA, "s3:ListBucket", 3): "PERMISSION_DENIED: Permission denied on S3 path: s3://",
    Permission(ATHENA, "s3:GetObject", 5): "You do not seem to have access to the S3 location of your query results.",
    Permission(ATHENA, "s3:PutObject", 5): "Access denied when writing output to url: s3://",
}


def denial(permission: Permission) -> str:
    """What AWS says where the permission is missing."""
    if permission in ATHENA_SAYS:
        return ATHENA_SAYS[permission]
    if permission.action == "lambda:InvokeFunction" and permission.role.endswith("-delivery"):
        # https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-logs.html
        return "Lambda.InvokeAccessDenied"
    if permission.role == ACCESS_LOGS and permission.action != "logs:PutLogEvents":
        # https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
        return "The role ARN does not have required permissions configured"
    if permission == Permission("curation-execution", "s3:GetObject", 3):
        # The Iceberg library asks for an object's size first, and an answer to HEAD has no body to hold a message.
        return "AWS Error ACCESS_DENIED during HeadObject operation"
    if permission.role == MENUS and permission.action == "s3:GetObject":
        # It asks for metadata alone.
        return "An error occurred (403) when calling the HeadObject operation: Forbidden"
    action = permission.action.lower() if permission.action.startswith("sqs:") else permission.action
    return f"is not authorized to perform: {action} on resource: "


def each(proofs: Proofs, *marks: pytest.MarkDecorator) -> Callable[[Any], Any]:
    """Marks a test of each of some permissions."""
    aws = pytest.mark.aws(
        "IAM",
        "Roles of the stack",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html",
    )
    parameters = [pytest.param(permission, marks=marks) for permission in proofs]
    return lambda test: aws(pytest.mark.parametrize("permission", parameters, ids=str)(test))


def check(bench: Bench, permission: Permission, proofs: Proofs) -> None:
    """Without the permission what needs it fails, with AWS's message."""
    with bench.without(permission):
        look = proofs[permission](bench)
        assert bench.seen(denial(permission), look), look()[-2000:]


def delete_log_groups(bench: Bench, job: str) -> None:
    """The next run of a job makes them anew."""
    logs, prefix = bench.stack.client("logs"), f"/aws-glue/rapid-analytics-dev-{job}"
    for group in logs.describe_log_groups(logGroupNamePrefix=prefix)["logGroups"]:
        logs.delete_log_group(logGroupName=group["logGroupName"])
