"""What Kinesis answers when it says no.

https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html#API_PutRecord_Errors; the wording is that
of AWS as https://github.com/mhart/kinesalite and moto have recorded it.
"""

from ..clients import ACCOUNT_ID
from ..service_error import ServiceError

THROTTLED = "ProvisionedThroughputExceededException"


def invalid_argument(message: str) -> ServiceError:
    """An argument that does not fit, though it is of the right form."""
    return ServiceError("InvalidArgumentException", message)


def limit_exceeded(message: str) -> ServiceError:
    """More than the account may have, or do in a time."""
    return ServiceError("LimitExceededException", message)


def no_stream(name: str) -> ServiceError:
    """There is no stream of this name."""
    return ServiceError("ResourceNotFoundException", f"Stream {name} under account {ACCOUNT_ID} not found.")


def no_shard(shard_id: str, stream: str) -> ServiceError:
    """A stream has no shard of this name."""
    message = f"Could not find shard {shard_id} in stream {stream} under account {ACCOUNT_ID}."
    return ServiceError("ResourceNotFoundException", message)


def throttled(shard_id: str, stream: str) -> ServiceError:
    """A shard is asked for more than it gives or takes in a second."""
    message = f"Rate exceeded for shard {shard_id} in stream {stream} under account {ACCOUNT_ID}."
    return ServiceError(THROTTLED, message)
