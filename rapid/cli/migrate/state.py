"""Where a migration is: the stack's output `migration`, and a document of each step in the streaming lake.

A document is JSON at `s3://<streaming curated bucket>/migration/<step>.json`. It never holds personal data: keys of
rows are printed, not stored.
"""

import datetime
import hashlib
import json
import os
import socket
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from etl import objects

from ..errors import CommandError
from ..target import LocalStack, Target

FOLDER = "migration/"
"""Prefix of the documents in the streaming lake's curated bucket; nothing else lies there."""
_RUNNING = f"{FOLDER}running/"
RUNNING_SECONDS = 180.0
"""A sync that has said nothing for so long has been killed; it says so every third of it."""


class Phase(StrEnum):
    """Values of the config key `migration`."""

    NONE = "none"
    SIDE_BY_SIDE = "side_by_side"
    CUT_OVER = "cut_over"
    DECOMMISSIONED = "decommissioned"


class Step(StrEnum):
    """Steps that leave a document."""

    SYNC = "sync"
    VERIFY = "verify"
    CUTOVER = "cutover"
    ROLLBACK = "rollback"
    DECOMMISSION = "decommission"


@dataclass(frozen=True)
class Side:
    """One of the two lakes, by the names of the stack's outputs."""

    raw_bucket: str
    processed_bucket: str
    curated_bucket: str
    quarantine_bucket: str
    database: str
    workgroup: str
    curate_job: str | None
    """None for the old lake once it is decommissioned."""
    streams: Mapping[str, str]
    """Delivery streams by source; none for the old lake once it is decommissioned."""


@dataclass(frozen=True)
class Migration:
    """A migration under way, as the stack's output has it."""

    phase: Phase
    platform: Side
    """The lake that there was before."""
    streaming: Side
    """The lake that takes over."""
    data_streams: Mapping[str, str]
    """Kinesis data streams by source."""
    followers: Mapping[str, str]
    """Delivery streams that feed the old lake from the data streams, by source; none once it is decommissioned."""
    guest_streams: Mapping[str, str]
    """Delivery streams into the streaming lake that guests put onto, by source, where they put past the API."""
    flink: Mapping[str, Any]
    """What a Flink application needs: `role_arn`, `catalog_database`, `warehouse`, `stream_arns`."""

    def is_own(self, key: str) -> bool:
        """Whether an object of the streaming lake's raw zone is of a delivery stream of its own, and so no copy.

        Firehose begins an object's name with that of the stream:
        https://docs.aws.amazon.com/firehose/latest/dev/s3-object-name.html
        """
        streams = (*self.streaming.streams.values(), *self.guest_streams.values())
        return key.rpartition("/")[2].startswith(tuple(f"{name}-" for name in streams))

    @property
    def sides(self) -> tuple[Side, Side]:
        """Both lakes."""
        return self.platform, self.streaming


def find(stack: Target) -> Migration | None:
    """The migration of a stack; None where its config key `migration` was `none` when it was deployed."""
    output = stack.masked_outputs.get("migration")
    if not output:
        return None
    try:
        return Migration(
            Phase(output["phase"]),
            _side(output["platform"]),
            _side(output["streaming"]),
            dict(output.get("data_streams") or {}),
            dict(output.get("followers") or {}),
            dict(output.get("guest_streams") or {}),
            dict(output.get("flink") or {}),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise CommandError(
            f"the stack's output migration is not what this version of rapid reads ({type(error).__name__}: {error}); "
            "deploy the stack again from this checkout"
        ) from None


def of(stack: Target) -> Migration:
    """The migration of a stack. Raises CommandError, with what to do, where there is none."""
    found = find(stack)
    if found is None:
        raise CommandError(f"the stack has no streaming lake yet; {setting(stack, Phase.SIDE_BY_SIDE)} makes one")
    return found


def platform(stack: Target) -> Side:
    """The lake that there was before, whether there is another one yet or not. Raises CommandError."""
    found = find(stack)
    if found:
        return found.platform
    try:
        return _side(stack.masked_outputs)
    except KeyError as error:
        raise CommandError(f"the stack has no output {error.args[0]}; deploy it again") from None


def setting(stack: Target, phase: Phase) -> str:
    """What a person types to set the config key and deploy it."""
    if isinstance(stack, LocalStack):
        return (
            f"`rapid-analytics:migration: {phase}` in Pulumi.{stack.stack}.yaml, "
            f"then `rapid local deploy --stack {stack.stack}`"
        )
    return f"`pulumi config set migration {phase}`, then `pulumi up`"


def seen_from(stack: Target, side: Side) -> Target:
    """The stack with one lake's outputs as its own, so that what asks Athena or runs the curate job asks that lake."""
    names = {name: value for name, value in vars(side).items() if value is not None}
    return replace(stack, viewed={**stack.masked_outputs, **names})


def record(stack: Target, step: Step, document: Mapping[str, Any]) -> None:
    """Keep what a step came to, and when (`at`, ISO 8601 in UTC), in place of what it came to before."""
    content = {**document, "at": datetime.datetime.now(datetime.UTC).isoformat()}
    stack.client("s3").put_object(
        Bucket=of(stack).streaming.curated_bucket,
        Key=_key(step),
        Body=json.dumps(content, indent=1).encode(),
        ContentType="application/json",
    )


def last(stack: Target, step: Step) -> dict[str, Any] | None:
    """What a step came to when it last did; None if it never has. Raises CommandError for what is no such document."""
    s3, bucket = stack.client("s3"), of(stack).streaming.curated_bucket
    try:
        body = s3.get_object(Bucket=bucket, Key=_key(step))["Body"].read()
    except s3.exceptions.NoSuchKey:
        return None
    try:
        content = dict(json.loads(body))
        moments = [datetime.datetime.fromisoformat(content[name]) for name in ("at", "started") if name in content]
        if "at" not in content or any(moment.tzinfo is None for moment in moments):
            raise ValueError("a moment without its zone")
    except (ValueError, TypeError, KeyError):
        raise CommandError(
            f"s3://{bucket}/{_key(step)} is no document of `rapid migrate`; delete it, then run that step again"
        ) from None
    return content


def last_cutover(stack: Target) -> dict[str, Any] | None:
    """What the last cutover came to; None if there was none, or it was gone back on since."""
    moved, back = last(stack, Step.CUTOVER), last(stack, Step.ROLLBACK)
    return None if moved and back and at(moved) <= at(back) else moved


def has_ended(stack: Target) -> bool:
    """Whether a decommissioning came to its end, and nobody has gone back to copying since."""
    ended, synced = last(stack, Step.DECOMMISSION), last(stack, Step.SYNC)
    return ended is not None and (synced is None or at(synced) <= at(ended))


def at(document: Mapping[str, Any]) -> datetime.datetime:
    """When a document was kept."""
    return datetime.datetime.fromisoformat(document["at"])


def new_run() -> str:
    """A name for a run of sync, by which its machine knows later whether it still runs."""
    return f"{_machine()}-{os.getpid()}-{uuid.uuid4()}"


def touch(stack: Target, run: str) -> datetime.datetime:
    """Say that a sync is under way, now; the moment by S3's clock."""
    s3, bucket, key = stack.client("s3"), of(stack).streaming.curated_bucket, f"{_RUNNING}{run}"
    s3.put_object(Bucket=bucket, Key=key, Body=b"")
    said: datetime.datetime = s3.head_object(Bucket=bucket, Key=key)["LastModified"]
    return said


def untouch(stack: Target, run: str) -> None:
    """Say that it is not any more; what killed ones left behind goes as well."""
    s3, bucket = stack.client("s3"), of(stack).streaming.curated_bucket
    for key, runs in _runs(stack):
        if key == f"{_RUNNING}{run}" or not runs:
            s3.delete_object(Bucket=bucket, Key=key)


def sync_under_way(stack: Target) -> bool:
    """Whether a sync has said that it is under way in the last RUNNING_SECONDS, and is not known to have been killed.

    An erasure must not run beside one: it could be done with the target before a copy lands there of what it erases.
    Whoever erases first writes its request, then asks this, and goes on only if the answer is no; a sync first says
    that it is under way, then looks for requests. So one of the two always sees the other. The old lake is erased from
    first: a copy that a killed sync began is then there to be found, or never lands.
    """
    return find(stack) is not None and any(runs for _, runs in _runs(stack))


def _runs(stack: Target) -> list[tuple[str, bool]]:
    """The keys of what runs of sync have said, and whether each still runs as far as one knows."""
    now, bucket = datetime.datetime.now(datetime.UTC), of(stack).streaming.curated_bucket
    return [
        (
            item["Key"],
            (now - item["LastModified"]).total_seconds() < RUNNING_SECONDS
            and not _is_dead(item["Key"].removeprefix(_RUNNING)),
        )
        for item in objects.listed(stack.client("s3"), bucket, _RUNNING)
    ]


def _is_dead(run: str) -> bool:
    """Whether a run was one of this machine, and its process is not there any more."""
    machine, process, _ = [*run.split("-", 2), "", ""][:3]
    if machine != _machine() or not process.isdecimal():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


def _machine() -> str:
    """What tells this machine from others, and nobody whose it is."""
    return hashlib.sha256(f"{socket.gethostname()} {uuid.getnode()}".encode()).hexdigest()[:12]


def _side(output: Mapping[str, Any]) -> Side:
    return Side(
        raw_bucket=output["raw_bucket"],
        processed_bucket=output["processed_bucket"],
        curated_bucket=output["curated_bucket"],
        quarantine_bucket=output["quarantine_bucket"],
        database=output["database"],
        workgroup=output["workgroup"],
        curate_job=output.get("curate_job") or None,
        streams=dict(output.get("streams") or {}),
    )


def _key(step: Step) -> str:
    return f"{FOLDER}{step}.json"
