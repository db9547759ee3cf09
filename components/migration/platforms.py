"""The lakes of a stack: one, or while it moves two, of which the phase says who writes and who reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NotRequired, TypedDict

import pulumi

from components import arn, platform
from components.lakehouse.lakehouse import Lakehouse
from components.migration.migration import PREFIX, Migration
from components.migration.phase import MigrationPlan, Phase
from components.platform import Platform, PlatformPlan
from components.private_bucket import PrivateBucket
from contracts.direct_path import StreamService


class DoorStreams(TypedDict):
    """Where doors put events: inputs of an IngestApi, which has the words."""

    stream_service: NotRequired[StreamService]
    """Whose streams they put onto."""
    stream_arns: Mapping[str, pulumi.Input[str]]
    """ARN of the delivery stream of each source."""
    data_stream_arns: NotRequired[Mapping[str, pulumi.Input[str]]]
    """ARN of the Kinesis data stream of each source."""
    guest_stream_arns: NotRequired[Mapping[str, pulumi.Input[str]]]
    """ARN of the delivery stream of each source that guests put onto from the switch on."""


@dataclass(frozen=True)
class Platforms:
    """The lakes of a stack, by what they are for."""

    platform: Platform
    """What files and exports go into, and all that is told of the stack: the first lake until it is decommissioned."""
    beside: Platform | None
    """The streaming lake while it is fed beside the first; persons are erased from both."""
    shown: Lakehouse
    """What dashboards ask."""
    doors: DoorStreams
    """Where doors put events."""
    lake_buckets: Mapping[str, PrivateBucket]
    """The buckets of all lakes, by names that stay."""
    code_buckets: Mapping[str, PrivateBucket]
    """The buckets of what jobs run, by names that stay."""
    outputs: Mapping[str, object] = field(default_factory=dict)
    """What a stack that moves exports of it, by the names that the command `rapid` asks for."""


def platforms(plan: PlatformPlan, moving: MigrationPlan) -> Platforms:
    """The lakes of a stack, as its plan and its phase have them."""
    first, phase = platform.lakehouse(plan), moving["phase"]
    if phase is None:
        only = platform.platform(plan, first, lambda _contract: {})
        doors, code = DoorStreams(stream_arns=only.stream_arns), {"artifacts": _code(only)}
        return Platforms(only, None, first, doors, first.buckets, code)
    shards, key = moving["stream_shards"], first.arns.get("pseudonym_key")
    migration = Migration("migration", {**plan, "stream_shards": shards, "pseudonym_key": key})
    streaming, before = migration.platform, None
    if phase is not Phase.DECOMMISSIONED:
        before = platform.platform(plan, first, lambda contract: {"mirror": migration.stream_arns[contract.source]})
    has_moved = phase is not Phase.SIDE_BY_SIDE
    new_doors = {
        "data_streams": migration.streams,
        "guest_streams": {source: arn.resource_name(found) for source, found in migration.guest_stream_arns.items()},
    }
    return Platforms(
        before or streaming,
        streaming if before else None,
        streaming.lakehouse if has_moved else first,
        _doors(before, migration, has_moved),
        {**first.buckets, **{f"{PREFIX}-{zone}": bucket for zone, bucket in streaming.lakehouse.buckets.items()}},
        {**({"artifacts": _code(before)} if before else {}), f"{PREFIX}-artifacts": _code(streaming)},
        {
            "migration": {
                "phase": phase.value,
                **new_doors,
                "followers": _followers(before) if before else {},
                "flink": migration.flink,
                "platform": _names(first, before),
                "streaming": _names(streaming.lakehouse, streaming),
            },
            **(new_doors if has_moved else {}),
        },
    )


def _doors(before: Platform | None, migration: Migration, has_moved: bool) -> DoorStreams:
    """The same streams before and after a switch, which therefore changes no policy."""
    lakes = [lake for lake in (before, migration.platform) if lake]
    return {
        "stream_service": StreamService.KINESIS if has_moved else StreamService.FIREHOSE,
        "stream_arns": before.stream_arns if before else {},
        "data_stream_arns": _read(migration.stream_arns, lakes),
        "guest_stream_arns": _read(migration.guest_stream_arns, lakes),
    }


def _read(arns: Mapping[str, pulumi.Output[str]], lakes: Sequence[Platform]) -> Mapping[str, pulumi.Output[str]]:
    """ARNs by source, which what is made of them has once every lake reads the source's data stream.

    Firehose reads from its delivery stream's creation on (https://docs.aws.amazon.com/firehose/latest/dev/writing-with-kinesis-streams.html):
    what doors put there before would be in neither lake.
    """
    return {
        source: pulumi.Output.all(found, *(lake.pipelines[source].reading for lake in lakes)).apply(
            lambda values: str(values[0])
        )
        for source, found in arns.items()
    }


def _code(of: Platform) -> PrivateBucket:
    return of.curation.code.bucket


def _followers(of: Platform) -> Mapping[str, object]:
    return {source: pipeline.follower for source, pipeline in of.pipelines.items()}


def _names(lake: Lakehouse, of: Platform | None) -> Mapping[str, object]:
    """A lake's parts, by the names that the whole stack's have among the outputs; None where it is no longer fed."""
    zones = {key: value for key, value in lake.outputs.items() if key != "sources"}
    return {**zones, "curate_job": of.curation.job_name if of else None, "streams": of.streams if of else None}
