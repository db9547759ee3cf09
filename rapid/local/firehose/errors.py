"""What the Firehose API answers when it says no."""

from botocore.exceptions import ClientError

from rapid.local.input_constraints import violation
from rapid.local.service_error import ServiceError


def invalid_argument(message: str) -> ServiceError:
    """AWS refuses the argument."""
    return ServiceError("InvalidArgumentException", message)


def unsupported(thing: str) -> ServiceError:
    """AWS would take it, the local cloud does not: `thing` names the setting and its value."""
    return ServiceError("InvalidArgumentException", f"The local cloud's Firehose does not support {thing}.")


def not_permitted() -> ServiceError:
    """Records are put onto the data stream that the delivery stream reads, and not onto itself.

    https://docs.aws.amazon.com/firehose/latest/dev/writing-with-kinesis-streams.html. The message is AWS's:
    https://github.com/aws/aws-cli/issues/7010
    """
    return invalid_argument("This operation is not permitted on KinesisStreamAsSource delivery stream type.")


def no_encryption_of_its_own() -> ServiceError:
    """A delivery stream that reads a data stream keeps nothing at rest that it could encrypt.

    https://docs.aws.amazon.com/firehose/latest/APIReference/API_StartDeliveryStreamEncryption.html
    """
    return invalid_argument(
        "You can enable SSE for a Firehose stream only if it's a Firehose stream that uses DirectPut as its source."
    )


def unreadable(stream_arn: str, role_arn: str, error: ClientError) -> ServiceError:
    """The data stream that a delivery stream is to read cannot be described.

    The message for a role that may not is AWS's: https://github.com/aws/aws-cdk/issues/5221
    """
    if error.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException"):
        if error.operation_name == "AssumeRole":
            return invalid_argument(f"Firehose is unable to assume role {role_arn}. Please check the role provided.")
        return invalid_argument(
            f"Role {role_arn} is not authorized to perform: kinesis:DescribeStream on resource {stream_arn}."
        )
    return invalid_argument(error.response["Error"]["Message"])


def validation_error(value: str, member: str, constraint: str) -> ServiceError:
    """A request that breaks a constraint of the API's model, worded as AWS words it."""
    return ServiceError("ValidationException", violation(value, member, constraint))


def slow_down() -> ServiceError:
    """The stream takes no more at the moment.

    https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecord.html#API_PutRecord_Errors
    """
    return ServiceError("ServiceUnavailableException", "Slow down.", 500)


def serialization_error(message: str) -> ServiceError:
    """The request cannot be read."""
    return ServiceError("SerializationException", message)
