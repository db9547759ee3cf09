"""What is known of the buffers of delivery streams: the local cloud says what they hold, AWS does not."""

import time
from dataclasses import dataclass

from contracts import Contract

from .. import source_streams
from ..target import LocalStack, Target
from .fates import Stream

MAX_SECONDS = 60 + 4 * 300 + 900
"""The longest that Firehose keeps what it can deliver: its buffer before the transform, the four invocations that a
record gets at most, its buffer before S3 (https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html)."""


@dataclass(frozen=True)
class LocalStream:
    """The delivery streams of a source on the local cloud, and what they have not read yet."""

    buffered_records: int

    def may_hold(self, received_at: float) -> bool:
        """Anything, or nothing."""
        return self.buffered_records > 0


@dataclass(frozen=True)
class AwsStream:
    """A stream on AWS, which tells nobody what it holds. `now`: the moment before the zones were looked at."""

    now: float

    def may_hold(self, received_at: float) -> bool:
        """What was received so short a time ago that no delivery need have failed."""
        return self.now - received_at < MAX_SECONDS


class NoStream:
    """Of a source whose events come in files alone."""

    def may_hold(self, received_at: float) -> bool:
        """Nothing."""
        return False


def of(stack: Target, contract: Contract) -> Stream:
    """What delivers the events of a source, as it is now."""
    if not contract.streamed:
        return NoStream()
    if isinstance(stack, LocalStack):
        held = stack.buffered_records()
        return LocalStream(sum(held.get(name, 0) for name in source_streams.delivering(stack, contract.source)))
    return AwsStream(time.time())
