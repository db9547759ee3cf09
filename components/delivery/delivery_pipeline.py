"""The way of one source's events from the API into the lakehouse: delivery stream and transform function."""

from collections.abc import Mapping, Sequence
from typing import NotRequired

import pulumi
import pulumi_aws as aws

from components import arn, lambda_code, names
from components.delivery import delivery_destination
from components.delivery.delivery_role import delivery_role
from components.lakehouse.lakehouse import LakehouseArns
from components.lambda_function import LambdaFunction
from components.log_group import log_group
from components.runtime import RuntimeArgs
from components.service_role import Statement
from contracts import Contract, folders

TRANSFORM_MEMORY_MB = 1024
TRANSFORM_TIMEOUT_SECONDS = 300
"""The longest that Firehose waits for a transform (https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html)."""


DEFAULT_INTERVAL_SECONDS = 60
MAX_INTERVAL_SECONDS = 900
"""https://docs.aws.amazon.com/firehose/latest/APIReference/API_BufferingHints.html"""
FROM_DATA_STREAM = "DataReadFromKinesisStream.Records"
"""https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-metrics.html"""


class DeliveryPipelineArgs(RuntimeArgs):
    """Inputs of DeliveryPipeline."""

    contract: Contract
    """The source."""
    lakehouse: LakehouseArns
    """Where the events are delivered to: a Lakehouse's `arns`, of one that has this contract."""
    delivery_interval_seconds: NotRequired[pulumi.Input[int]]
    """Longest time that events wait before they are written, 0 to
    MAX_INTERVAL_SECONDS; DEFAULT_INTERVAL_SECONDS unless it is given."""
    data_stream: NotRequired[pulumi.Input[str]]
    """ARN of the Kinesis data stream that the delivery stream reads; unless it is given, events are put onto the
    delivery stream. Not together with `mirror`."""
    mirror: NotRequired[pulumi.Input[str]]
    """ARN of a Kinesis data stream that this pipeline keeps in step with, whichever of both an event is put onto: what
    comes onto the delivery stream is put there too, and a second delivery stream, the follower, takes what others put
    there."""
    guests: NotRequired[bool]
    """Whether there is, beside the delivery stream that reads `data_stream`, one that browsers of guests put onto, who
    may put onto no data stream; what comes there is put onto `data_stream` too."""


class DeliveryPipeline(pulumi.ComponentResource):
    """A delivery stream that backs events up raw, checks and converts them, and writes Parquet."""

    contract: Contract
    """The source."""
    stream: pulumi.Output[str]
    """Name of the delivery stream."""
    stream_arn: pulumi.Output[str]
    """ARN of the delivery stream."""
    follower: pulumi.Output[str] | None
    """Name of the delivery stream that reads the data stream which is mirrored to; None where none is."""
    guest_stream_arn: pulumi.Output[str] | None
    """ARN of the delivery stream that guests put onto; None where there is none for them alone."""
    reading: pulumi.Output[str] | None
    """Name of the one that reads a data stream, from the moment on in which it is made; None where none does."""
    data_stream: pulumi.Output[str] | None
    """Name of the data stream that it reads."""
    streams: Sequence[pulumi.Output[str]]
    """Names of all of these delivery streams, `stream` first."""
    transform_log_group: pulumi.Output[str]
    """Name of the log group of the function that checks and normalises the events."""

    def __init__(self, name: str, args: DeliveryPipelineArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("rapid-analytics:index:DeliveryPipeline", name, {}, opts)
        self._child = pulumi.ResourceOptions(parent=self)
        transform = self._transform(name, args)
        logs = self._log_streams(name, args)
        stream = self._stream(name, args, transform, logs, args.get("data_stream"))
        self.follower = self.guest_stream_arn = None
        self.streams = [stream.name]
        if "mirror" in args:
            self.follower = self._stream(f"{name}-follower", args, transform, logs, args["mirror"]).name
            self.streams = [stream.name, self.follower]
        if args.get("guests"):
            for_guests = self._stream(f"{name}-guests", args, transform, logs, None)
            self.guest_stream_arn = for_guests.arn
            self.streams = [stream.name, for_guests.name]
        self.reading = self.follower if args.get("data_stream") is None else stream.name
        read = args.get("data_stream", args.get("mirror"))
        self.data_stream = None if read is None else arn.resource_name(read)
        self.contract, self.stream, self.stream_arn = args["contract"], stream.name, stream.arn
        self.transform_log_group = transform.log_group
        self.register_outputs({"stream": self.stream, "stream_arn": self.stream_arn})

    @property
    def arrivals(self) -> tuple[str, pulumi.Output[str]]:
        """A metric of Firehose that counts the records of all doors, and the name of the delivery stream that has it.

        Where there is a data stream it has them all, whatever they were put onto.
        """
        return ("IncomingRecords", self.stream) if self.reading is None else (FROM_DATA_STREAM, self.reading)

    def _stream(
        self,
        name: str,
        args: DeliveryPipelineArgs,
        transform: LambdaFunction,
        logs: Mapping[str, aws.cloudwatch.LogStream],
        data_stream: pulumi.Input[str] | None,
    ) -> aws.kinesis.FirehoseDeliveryStream:
        """A delivery stream and its role; it reads the data stream, or is put onto where that is None.

        What it holds is encrypted: by the data stream's key where it reads one
        (https://docs.aws.amazon.com/firehose/latest/dev/encryption.html).
        """
        role = delivery_role(
            f"{name}-delivery",
            args["contract"].source,
            args["lakehouse"],
            transform.arn,
            [stream.arn for stream in logs.values()],
            data_stream,
            self._child,
        )
        return aws.kinesis.FirehoseDeliveryStream(
            f"{name}-stream",
            destination="extended_s3",
            server_side_encryption={"enabled": True, "key_type": "AWS_OWNED_CMK"} if data_stream is None else None,
            kinesis_source_configuration=(
                None if data_stream is None else {"kinesis_stream_arn": data_stream, "role_arn": role.arn}
            ),
            extended_s3_configuration=delivery_destination.configuration(
                {
                    "contract": args["contract"],
                    "lakehouse": args["lakehouse"],
                    "role_arn": role.arn,
                    "transform_arn": transform.arn,
                    "interval_seconds": args.get("delivery_interval_seconds", DEFAULT_INTERVAL_SECONDS),
                    "delivery_log": logs["delivery"],
                    "backup_log": logs["backup"],
                }
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[role]),
        )

    def _transform(self, name: str, args: DeliveryPipelineArgs) -> LambdaFunction:
        contract, quarantine = args["contract"], args["lakehouse"]["quarantine_bucket"]
        key_arn = args["lakehouse"]["pseudonym_key"] if contract.hashed else None
        mirror_arn = args.get("data_stream") if args.get("guests") else args.get("mirror")
        return LambdaFunction(
            f"{name}-transform",
            {
                "description": f"Checks and normalises the events of {contract.source}; bad ones go to quarantine",
                "code": lambda_code.archive("transform", [contract]),
                "environment": {
                    "STACK": names.stack(),
                    "SOURCE": contract.source,
                    "QUARANTINE_BUCKET": arn.resource_name(quarantine),
                    **({"PSEUDONYM_KEY_ARN": key_arn} if key_arn is not None else {}),
                    **({"MIRROR_STREAM": arn.resource_name(mirror_arn)} if mirror_arn is not None else {}),
                },
                "memory_mb": TRANSFORM_MEMORY_MB,
                "timeout_seconds": TRANSFORM_TIMEOUT_SECONDS,
                "runtime": args.get("runtime", {}),
                "statements": _statements(contract, quarantine, key_arn, mirror_arn),
            },
            self._child,
        )

    def _log_streams(self, name: str, args: DeliveryPipelineArgs) -> dict[str, aws.cloudwatch.LogStream]:
        """Firehose writes its errors to log streams that exist, and creates none."""
        group = log_group(f"{name}-delivery-logs", args.get("runtime", {}), self._child)
        return {
            what: aws.cloudwatch.LogStream(
                f"{name}-{what}-log",
                name=what,
                log_group_name=group.name,
                opts=self._child,
            )
            for what in ("delivery", "backup")
        }


def _statements(
    contract: Contract,
    quarantine_arn: pulumi.Input[str],
    key_arn: pulumi.Input[str] | None,
    mirror_arn: pulumi.Input[str] | None,
) -> list[Statement]:
    """What the transform may do: keep bad events and ids of filtered ones, ask for the key that it hashes with, and
    mirror."""
    prefixes = ("", *([f"{folders.FILTERED}/"] if contract.filter else []))
    kept = [arn.under(quarantine_arn, f"/{prefix}{contract.source}/*") for prefix in prefixes]
    statements: list[Statement] = [{"actions": ["s3:PutObject"], "resources": kept}]
    if key_arn is not None:
        statements.append({"actions": ["kms:GenerateMac"], "resources": [key_arn]})
    if mirror_arn is not None:
        statements.append({"actions": ["kinesis:PutRecords"], "resources": [mirror_arn]})
    return statements
