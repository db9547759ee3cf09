"""The role that a job runs as."""

from typing import Any

from botocore.exceptions import ClientError

from ..service_error import ServiceError

_SERVICE = "glue.amazonaws.com"
_ASSUME_ROLE = frozenset({"sts:AssumeRole", "sts:*", "*"})


def arn_for_glue(iam: Any, role: str) -> str:
    """The ARN of a role, given its name or ARN. Raises ServiceError if Glue may not assume it.

    Conditions of the trust policy are not read.
    https://docs.aws.amazon.com/glue/latest/dg/create-an-iam-role.html
    """
    refused = ServiceError(
        "InvalidInputException", f"Role {role} should be given assume role permissions for Glue Service."
    )
    try:
        found = iam.get_role(RoleName=role.rpartition("/")[2])["Role"]
    except ClientError:
        raise refused from None
    if not any(_trusts_glue(statement) for statement in _list(found["AssumeRolePolicyDocument"].get("Statement"))):
        raise refused
    return str(found["Arn"])


def _trusts_glue(statement: dict[str, Any]) -> bool:
    principal = statement.get("Principal")
    return (
        statement.get("Effect") == "Allow"
        and bool(_ASSUME_ROLE.intersection(_list(statement.get("Action"))))
        and (principal == "*" or (isinstance(principal, dict) and _SERVICE in _list(principal.get("Service"))))
    )


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
