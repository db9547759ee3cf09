"""What CloudFormation answers when it says no.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/CommonErrors.html
"""

from __future__ import annotations

from rapid.local.service_error import ServiceError


def validation_error(message: str) -> ServiceError:
    """Say that a request, or the template in it, does not make sense, or asks for what is not supported here."""
    return ServiceError("ValidationError", message)


def not_supported(what: str) -> ServiceError:
    """Say that CloudFormation on AWS may do it, and that the local one does not."""
    return validation_error(f"The local cloud's CloudFormation does not support {what}")


def stack_not_found(stack: str) -> ServiceError:
    """Say that there is no such stack."""
    return validation_error(f"Stack with id {stack} does not exist")


class ResourceFailure(Exception):
    """A resource could not be made or ended; the message is the resource's status reason."""
