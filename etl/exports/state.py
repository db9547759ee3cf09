"""How far a source is exported: one object in the files bucket, replaced only by who has read it last.

Replacing it is what commits an export: it names the parts, which lie ready, and the new mark, together.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
"""

import dataclasses
import json
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from etl.exports.errors import ExportError

PREFIX = "exports/"


@dataclass(frozen=True)
class Pending:
    """An export that is committed, and whose parts may not all be where files land yet."""

    id: str
    parts: tuple[str, ...]


@dataclass(frozen=True)
class State:
    """What is known of a source's exports."""

    etag: str | None = None
    """Of the object that was read; None: there was none."""
    high_water: str | None = None
    """Name of the field that `mark` is of."""
    mark: str | None = None
    """All rows up to here are exported; None: none are, or the table has no highWater."""
    pending: Pending | None = None


def load(s3: Any, bucket: str, source: str) -> State:
    """The state of a source. Raises ExportError for one that somebody broke."""
    key = _key(source)
    try:
        answer = s3.get_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchKey":
            return State()
        raise
    try:
        found = json.loads(answer["Body"].read())
        pending = found["pending"]
        return State(
            etag=answer["ETag"],
            high_water=found["highWater"],
            mark=found["mark"],
            pending=Pending(pending["id"], tuple(pending["parts"])) if pending else None,
        )
    except (ValueError, KeyError, TypeError):
        raise ExportError(
            f"s3://{bucket}/{key}: is not what an export wrote; bring back an earlier version of the object, or delete "
            "it, after which the whole table is exported again"
        ) from None


def replace(s3: Any, bucket: str, source: str, before: State, after: State) -> State:
    """Store a state in place of the one that was read. Raises ExportError if another run was first."""
    pending = {"id": after.pending.id, "parts": after.pending.parts} if after.pending else None
    body = json.dumps({"highWater": after.high_water, "mark": after.mark, "pending": pending}, indent=1)
    condition = {"IfMatch": before.etag} if before.etag else {"IfNoneMatch": "*"}
    try:
        answer = s3.put_object(Bucket=bucket, Key=_key(source), Body=body.encode(), **condition)
    except ClientError as error:
        if error.response["Error"]["Code"] in ("PreconditionFailed", "ConditionalRequestConflict"):
            raise ExportError(f"{source}: another run exported it meanwhile; nothing of this one counts") from None
        raise
    return dataclasses.replace(after, etag=answer["ETag"])


def _key(source: str) -> str:
    return f"{PREFIX}{source}/state.json"
