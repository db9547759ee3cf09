"""The role that a job, or a table optimizer, runs as."""

from botocore.exceptions import ClientError

from ..clients import Clients
from ..service_error import ServiceError


def arn_for_glue(clients: Clients, role: str) -> str:
    """The ARN of a role, given its name or ARN. Raises ServiceError if Glue may not assume it.

    https://docs.aws.amazon.com/glue/latest/dg/create-an-iam-role.html
    """
    try:
        arn = str(clients.client("iam").get_role(RoleName=role.rpartition("/")[2])["Role"]["Arn"])
        clients.assume(arn, "local-cloud")
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 501:
            # Who may assume the role cannot be told.
            raise ServiceError("NotImplemented", error.response["Error"]["Message"], 501) from None
        message = f"Role {role} should be given assume role permissions for Glue Service."
        raise ServiceError("InvalidInputException", message) from None
    return arn
