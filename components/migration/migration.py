"""The streaming lake: a Kinesis data stream a source, a lake that they feed, and what a Flink application needs."""

from collections.abc import Mapping
from typing import NotRequired

import pulumi
import pulumi_aws as aws

from components import platform
from components.ingest.guest_senders import takes_guests
from components.log_group import log_group
from components.migration.flink_role import CODE, flink_role
from components.migration.phase import DEFAULT_SHARDS
from components.platform import Platform, PlatformPlan, Source
from contracts import Contract

PREFIX = "streaming"
"""First part of the names of what belongs to the streaming lake, and last of its Glue database's."""


class MigrationArgs(PlatformPlan):
    """Inputs of Migration."""

    stream_shards: NotRequired[int]
    """Shards of each source's data stream; DEFAULT_SHARDS unless it is given."""
    pseudonym_key: NotRequired[pulumi.Input[str] | None]
    """ARN of the KMS key of the first lake, so that a person has the same pseudonym in both; needed where a contract
    hashes a field and there is a first lake."""


class Migration(pulumi.ComponentResource):
    """A data stream for each source that is sent as events; lakehouse, delivery pipelines and curation that they feed;
    the role of a Flink application that is to take the place of pipelines and curation.
    """

    stream_arns: Mapping[str, pulumi.Output[str]]
    """ARN of the data stream of each source."""
    streams: Mapping[str, pulumi.Output[str]]
    """Their names."""
    platform: Platform
    """The streaming lake and what brings events into it."""
    flink: Mapping[str, object]
    """What a Flink application needs: `role_arn`, which it runs as; `catalog_database`, the Glue database of its tables
    and `warehouse`, under which they lie; `code`, where its code may lie; `log_group`, where its log goes, and there
    `log_stream_arn`, which it is told of; `stream_arns`, by source what it reads."""

    def __init__(self, name: str, args: MigrationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("rapid-analytics:index:Migration", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        shards = args.get("stream_shards", DEFAULT_SHARDS)
        made = {it.source: _data_stream(it.source, shards, child) for it in args["contracts"] if it.streamed}
        self.stream_arns = {source: stream.arn for source, stream in made.items()}
        self.streams = {source: stream.name for source, stream in made.items()}
        lake = platform.lakehouse(args, PREFIX, args.get("pseudonym_key"), child)
        self.platform = platform.platform(args, lake, lambda it: self._source(it, args), PREFIX, child)
        code = self.platform.curation.code.bucket
        logs = log_group(f"{name}-flink-logs", args.get("runtime", {}), child)
        # The service writes to a log stream that exists, and creates none.
        log_stream = aws.cloudwatch.LogStream(
            f"{name}-flink-log", name="application", log_group_name=logs.name, opts=child
        )
        role = flink_role(
            f"{name}-flink",
            args["contracts"],
            lake.arns,
            list(self.stream_arns.values()),
            code.arn,
            logs,
            log_stream,
            child,
        )
        self.flink = {
            "role_arn": role.arn,
            "catalog_database": lake.database,
            "warehouse": pulumi.Output.concat("s3://", lake.buckets["curated"].bucket, "/tables"),
            "code": pulumi.Output.concat("s3://", code.bucket, f"/{CODE}"),
            "log_group": logs.name,
            "log_stream_arn": log_stream.arn,
            "stream_arns": self.stream_arns,
        }
        self.register_outputs({"streams": self.streams, "flink": self.flink})

    def _source(self, contract: Contract, args: MigrationArgs) -> Source:
        return {
            "data_stream": self.stream_arns[contract.source],
            "guests": takes_guests(contract, args.get("guest_sources", ())),
        }

    @property
    def guest_stream_arns(self) -> Mapping[str, pulumi.Output[str]]:
        """ARN of the delivery stream that guests put onto, of each source whose events they put."""
        found = {source: pipeline.guest_stream_arn for source, pipeline in self.platform.pipelines.items()}
        return {source: arn for source, arn in found.items() if arn is not None}


def _data_stream(source: str, shards: int, opts: pulumi.ResourceOptions) -> aws.kinesis.Stream:
    """A stream that keeps what it takes for the shortest time there is, a day, under the key that AWS has for Kinesis.

    Provisioned: a shard is $11 a month, and an on-demand stream $29 at least (https://aws.amazon.com/kinesis/data-streams/pricing/).
    """
    return aws.kinesis.Stream(
        f"{source}-data-stream",
        shard_count=shards,
        stream_mode_details={"stream_mode": "PROVISIONED"},
        encryption_type="KMS",
        kms_key_id="alias/aws/kinesis",
        opts=opts,
    )
