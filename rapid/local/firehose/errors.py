"""What the Firehose API answers when it says no."""

from rapid.local.input_constraints import violation
from rapid.local.service_error import ServiceError


def invalid_argument(message: str) -> ServiceError:
    """AWS refuses the argument."""
    return ServiceError("InvalidArgumentException", message)


def unsupported(thing: str) -> ServiceError:
    """AWS would take it, the local cloud does not: `thing` names the setting and its value."""
    return ServiceError("InvalidArgumentException", f"The local cloud's Firehose does not support {thing}.")


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
