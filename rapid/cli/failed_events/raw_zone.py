"""Events as they came, from the raw zone: for those of which an error record holds the transform's row alone."""

import datetime
import gzip
from collections.abc import Iterable
from typing import Any

from .. import s3_objects
from . import envelopes
from .envelopes import Envelope
from .failed_event import FailedEvent

_LONGEST_BUFFER = datetime.timedelta(seconds=900)
"""An object lies under the hour in which its first record arrived, which is so long before its last one at most.

https://docs.aws.amazon.com/firehose/latest/dev/create-configure-backup.html
"""


def originals(s3: Any, bucket: str, source: str, failed: Iterable[FailedEvent]) -> dict[str, Envelope]:
    """The envelopes of some events by id; those that the raw zone does not have are left out."""
    wanted, hours = set(), set()
    for event in failed:
        arrived = datetime.datetime.fromisoformat(event.received_at).astimezone(datetime.UTC)
        wanted.add(event.envelope_id)
        hours |= {f"{moment:%Y/%m/%d/%H}" for moment in (arrived - _LONGEST_BUFFER, arrived)}
    found: dict[str, Envelope] = {}
    for hour in sorted(hours):
        listed = s3_objects.listing(s3, bucket, f"{source}/{hour}/")
        for _, body in s3_objects.contents(s3, bucket, listed):
            for line in gzip.decompress(body).split(b"\n"):
                envelope = envelopes.read(line)
                if envelope and envelope.id in wanted:
                    found[envelope.id] = envelope
    return found
