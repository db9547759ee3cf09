"""What is done with streams and shards: made, described, changed, deleted.

What takes AWS a while is done at once here: a stream is ACTIVE as soon as it is there.
https://docs.aws.amazon.com/kinesis/latest/APIReference/API_Operations.html
"""

import base64
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..clients import ACCOUNT_ID
from ..cloudwatch.metrics import Metrics
from ..quotas import LARGE_REGIONS
from ..service_error import ServiceError, unsupported
from .billing import ON_DEMAND, PROVISIONED
from .errors import invalid_argument, limit_exceeded
from .stream import ON_DEMAND_SHARDS, Settings, Shard, Stream
from .stream_metrics import stream_metrics
from .streams import Document, Streams

MIN_RETENTION_HOURS, MAX_RETENTION_HOURS = 24, 8_760
ON_DEMAND_STREAMS = 50
_LARGE_REGION_SHARDS, _OTHER_REGION_SHARDS = 20_000, 1_000
"""https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html"""
MANAGED_KEY = "alias/aws/kinesis"
_PAGE_SHARDS, _PAGE_STREAMS, _PAGE_DESCRIBED = 1_000, 100, 100
_MAX_TAGS = 50
_UNKNOWN = ("DryRun", "WarmThroughputMiBps", "StreamId")


class Control:
    """Answers the operations, given their parameters as the API has them. Raises ServiceError.

    `clock` gives epoch seconds.
    """

    def __init__(self, streams: Streams, region: str, metrics: Metrics, clock: Callable[[], float]) -> None:
        self._streams = streams
        self._region = region
        self._metrics = metrics
        self._clock = clock
        self._shard_limit = _LARGE_REGION_SHARDS if region in LARGE_REGIONS else _OTHER_REGION_SHARDS

    def operations(self) -> dict[str, Callable[[Mapping[str, Any]], Document]]:
        """The operations by name."""
        return {
            "AddTagsToStream": self.tag,
            "CreateStream": self.create_stream,
            "DecreaseStreamRetentionPeriod": self.decrease_retention,
            "DeleteStream": self.delete_stream,
            "DescribeLimits": self.describe_limits,
            "DescribeStream": self.describe_stream,
            "DescribeStreamSummary": self.describe_stream_summary,
            "IncreaseStreamRetentionPeriod": self.increase_retention,
            "ListShards": self.list_shards,
            "ListStreams": self.list_streams,
            "ListTagsForResource": self.list_tags,
            "ListTagsForStream": self.list_tags_for_stream,
            "MergeShards": self.merge_shards,
            "RemoveTagsFromStream": self.untag,
            "SplitShard": self.split_shard,
            "StartStreamEncryption": self.start_encryption,
            "StopStreamEncryption": self.stop_encryption,
            "TagResource": self.tag,
            "UntagResource": self.untag,
            "UpdateMaxRecordSize": self.update_max_record_size,
            "UpdateShardCount": self.update_shard_count,
        }

    def create_stream(self, asked: Mapping[str, Any]) -> Document:
        """CreateStream."""
        if asked.get("RecordDistributionStrategy", "USER_PARTITION_KEY") != "USER_PARTITION_KEY":
            raise unsupported(f"a stream with RecordDistributionStrategy {asked['RecordDistributionStrategy']}")
        mode = (asked.get("StreamModeDetails") or {}).get("StreamMode", PROVISIONED)
        count = asked.get("ShardCount")
        if mode == PROVISIONED and count is None:
            raise invalid_argument("ShardCount must be specified for a stream in PROVISIONED mode.")
        if mode == ON_DEMAND:
            if count is not None:
                raise invalid_argument("ShardCount must not be specified for a stream in ON_DEMAND mode.")
            if self._on_demand_streams() >= ON_DEMAND_STREAMS:
                raise limit_exceeded(f"Account {ACCOUNT_ID} may have {ON_DEMAND_STREAMS} streams in ON_DEMAND mode.")
        if count is not None:
            self._check_shards(count)
        settings = Settings(mode, tags=dict(asked.get("Tags") or {}))
        settings.max_record_kib = asked.get("MaxRecordSizeInKiB") or settings.max_record_kib
        name = asked["StreamName"]
        metrics = stream_metrics(self._metrics, name)
        self._streams.add(Stream(name, self._region, count or ON_DEMAND_SHARDS, settings, metrics, self._clock))
        return {}

    def delete_stream(self, asked: Mapping[str, Any]) -> Document:
        """DeleteStream."""
        self._streams.delete(self._streams.find(asked))
        return {}

    def describe_stream(self, asked: Mapping[str, Any]) -> Document:
        """DescribeStream."""
        stream = self._streams.find(asked)
        shards, limit = _after(stream.shards(), asked.get("ExclusiveStartShardId")), asked.get("Limit", _PAGE_DESCRIBED)
        description = {
            **_description(stream),
            "Shards": [_shard(shard) for shard in shards[:limit]],
            "HasMoreShards": len(shards) > limit,
        }
        return {"StreamDescription": description}

    def describe_stream_summary(self, asked: Mapping[str, Any]) -> Document:
        """DescribeStreamSummary."""
        stream = self._streams.find(asked)
        summary = {
            **_description(stream),
            "OpenShardCount": len(stream.open_shards()),
            "ConsumerCount": 0,
            "MaxRecordSizeInKiB": stream.settings.max_record_kib,
        }
        return {"StreamDescriptionSummary": summary}

    def list_streams(self, asked: Mapping[str, Any]) -> Document:
        """ListStreams."""
        start, limit = asked.get("NextToken") or asked.get("ExclusiveStartStreamName") or "", asked.get("Limit")
        found = [stream for stream in self._streams.all() if stream.name > start]
        page = found[: limit or _PAGE_STREAMS]
        answer: Document = {
            "StreamNames": [stream.name for stream in page],
            "HasMoreStreams": len(found) > len(page),
            "StreamSummaries": [
                {
                    "StreamName": stream.name,
                    "StreamARN": stream.arn,
                    "StreamStatus": "ACTIVE",
                    "StreamModeDetails": {"StreamMode": stream.settings.mode},
                    "StreamCreationTimestamp": stream.created,
                }
                for stream in page
            ],
        }
        if len(found) > len(page):
            answer["NextToken"] = page[-1].name
        return answer

    def list_shards(self, asked: Mapping[str, Any]) -> Document:
        """ListShards."""
        token = asked.get("NextToken")
        if token and (asked.get("StreamName") or asked.get("ExclusiveStartShardId")):
            raise invalid_argument("NextToken and StreamName cannot be provided together.")
        stream, after = (
            self._listed(token) if token else (self._streams.find(asked), asked.get("ExclusiveStartShardId"))
        )
        shards = _after(_filtered(stream.shards(), asked.get("ShardFilter")), after)
        page = shards[: min(asked.get("MaxResults") or _PAGE_SHARDS, _PAGE_SHARDS)]
        answer: Document = {"Shards": [_shard(shard) for shard in page]}
        if len(shards) > len(page):
            answer["NextToken"] = base64.b64encode(f"{stream.name}/{page[-1].id}".encode()).decode()
        return answer

    def increase_retention(self, asked: Mapping[str, Any]) -> Document:
        """IncreaseStreamRetentionPeriod."""
        stream, hours = self._retention(asked)
        if hours < stream.settings.retention_hours:
            raise invalid_argument(
                f"Requested retention period ({hours} hours) for stream {stream.name} can not be shorter than existing "
                f"retention period ({stream.settings.retention_hours} hours). Use DecreaseRetentionPeriod API."
            )
        stream.trim()
        stream.settings.retention_hours = hours
        return {}

    def decrease_retention(self, asked: Mapping[str, Any]) -> Document:
        """DecreaseStreamRetentionPeriod."""
        stream, hours = self._retention(asked)
        if hours > stream.settings.retention_hours:
            raise invalid_argument(
                f"Requested retention period ({hours} hours) for stream {stream.name} can not be longer than existing "
                f"retention period ({stream.settings.retention_hours} hours). Use IncreaseRetentionPeriod API."
            )
        stream.settings.retention_hours = hours
        return {}

    def split_shard(self, asked: Mapping[str, Any]) -> Document:
        """SplitShard."""
        stream = self._provisioned(asked)
        self._check_shards(1)
        stream.split(asked["ShardToSplit"], int(asked["NewStartingHashKey"]))
        return {}

    def merge_shards(self, asked: Mapping[str, Any]) -> Document:
        """MergeShards."""
        self._provisioned(asked).merge(asked["ShardToMerge"], asked["AdjacentShardToMerge"])
        return {}

    def update_shard_count(self, asked: Mapping[str, Any]) -> Document:
        """UpdateShardCount."""
        stream, target = self._provisioned(asked), asked["TargetShardCount"]
        self._check_shards(target - len(stream.open_shards()))
        current = stream.resize(target)
        return {
            "StreamName": stream.name,
            "StreamARN": stream.arn,
            "CurrentShardCount": current,
            "TargetShardCount": target,
        }

    def update_max_record_size(self, asked: Mapping[str, Any]) -> Document:
        """UpdateMaxRecordSize."""
        self._streams.find(asked).settings.max_record_kib = asked["MaxRecordSizeInKiB"]
        return {}

    def start_encryption(self, asked: Mapping[str, Any]) -> Document:
        """StartStreamEncryption."""
        stream, key = self._streams.find(asked), asked["KeyId"]
        if key != MANAGED_KEY:
            raise unsupported(f"the encryption of a stream with {key}; {MANAGED_KEY} is supported")
        stream.settings.key_id = key if asked["EncryptionType"] == "KMS" else None
        return {}

    def stop_encryption(self, asked: Mapping[str, Any]) -> Document:
        """StopStreamEncryption."""
        self._streams.find(asked).settings.key_id = None
        return {}

    def tag(self, asked: Mapping[str, Any]) -> Document:
        """AddTagsToStream, TagResource."""
        settings = self._streams.find(asked).settings
        tags = {**settings.tags, **asked["Tags"]}
        if len(tags) > _MAX_TAGS:
            raise invalid_argument(f"A stream may have {_MAX_TAGS} tags.")
        settings.tags = tags
        return {}

    def untag(self, asked: Mapping[str, Any]) -> Document:
        """RemoveTagsFromStream, UntagResource."""
        settings = self._streams.find(asked).settings
        settings.tags = {key: value for key, value in settings.tags.items() if key not in asked["TagKeys"]}
        return {}

    def list_tags(self, asked: Mapping[str, Any]) -> Document:
        """ListTagsForResource."""
        return {"Tags": _tags(self._streams.find(asked))}

    def list_tags_for_stream(self, asked: Mapping[str, Any]) -> Document:
        """ListTagsForStream."""
        start, limit = asked.get("ExclusiveStartTagKey") or "", asked.get("Limit") or _MAX_TAGS
        tags = [tag for tag in _tags(self._streams.find(asked)) if tag["Key"] > start]
        return {"Tags": tags[:limit], "HasMoreTags": len(tags) > limit}

    def describe_limits(self, _asked: Mapping[str, Any]) -> Document:
        """DescribeLimits."""
        return {
            "ShardLimit": self._shard_limit,
            "OpenShardCount": self._provisioned_shards(),
            "OnDemandStreamCount": self._on_demand_streams(),
            "OnDemandStreamCountLimit": ON_DEMAND_STREAMS,
        }

    def _provisioned(self, asked: Mapping[str, Any]) -> Stream:
        stream = self._streams.find(asked)
        if stream.settings.mode != PROVISIONED:
            message = f"Request is invalid. Stream {stream.name} under account {ACCOUNT_ID} is in On-Demand mode."
            raise ServiceError("ValidationException", message)
        return stream

    def _retention(self, asked: Mapping[str, Any]) -> tuple[Stream, int]:
        stream, hours = self._streams.find(asked), asked["RetentionPeriodHours"]
        if hours < MIN_RETENTION_HOURS:
            raise invalid_argument(
                f"Minimum allowed retention period is {MIN_RETENTION_HOURS} hours. Requested retention period "
                f"({hours} hours) is too short."
            )
        if hours > MAX_RETENTION_HOURS:
            raise invalid_argument(
                f"Maximum allowed retention period is {MAX_RETENTION_HOURS} hours. Requested retention period "
                f"({hours} hours) is too long."
            )
        return stream, hours

    def _check_shards(self, more: int) -> None:
        if self._provisioned_shards() + more > self._shard_limit:
            raise limit_exceeded(
                f"This request would exceed the shard limit for the account {ACCOUNT_ID} in {self._region}. "
                f"Current shard count for the account: {self._provisioned_shards()}. Limit: {self._shard_limit}. "
                f"Number of additional shards that would have resulted from this request: {more}."
            )

    def _provisioned_shards(self) -> int:
        return sum(len(stream.open_shards()) for stream in self._streams.all() if stream.settings.mode == PROVISIONED)

    def _on_demand_streams(self) -> int:
        return sum(stream.settings.mode == ON_DEMAND for stream in self._streams.all())

    def _listed(self, token: str) -> tuple[Stream, str]:
        try:
            name, _, shard_id = base64.b64decode(token, validate=True).decode().partition("/")
        except ValueError:
            raise invalid_argument("The NextToken is not valid.") from None
        return self._streams.by_name(name), shard_id


def check_supported(operation: str, asked: Mapping[str, Any]) -> None:
    """Refuse by name what AWS would act on and is passed over here. Raises ServiceError."""
    for name in _UNKNOWN:
        if asked.get(name) is not None:
            raise unsupported(f"Kinesis's {operation} with {name}")


def _description(stream: Stream) -> Document:
    key_id = stream.settings.key_id
    return {
        "StreamName": stream.name,
        "StreamARN": stream.arn,
        "StreamStatus": "ACTIVE",
        "StreamModeDetails": {"StreamMode": stream.settings.mode},
        "RetentionPeriodHours": stream.settings.retention_hours,
        "StreamCreationTimestamp": stream.created,
        "EnhancedMonitoring": [{"ShardLevelMetrics": []}],
        "EncryptionType": "KMS" if key_id else "NONE",
        **({"KeyId": key_id} if key_id else {}),
    }


def _shard(shard: Shard) -> Document:
    first, last = shard.hash_keys
    parents = dict(zip(("ParentShardId", "AdjacentParentShardId"), shard.parents, strict=False))
    end = {"EndingSequenceNumber": shard.end} if shard.end else {}
    return {
        "ShardId": shard.id,
        **parents,
        "HashKeyRange": {"StartingHashKey": str(first), "EndingHashKey": str(last)},
        "SequenceNumberRange": {"StartingSequenceNumber": shard.start, **end},
    }


def _after(shards: Iterable[Shard], shard_id: str | None) -> list[Shard]:
    return [shard for shard in shards if shard_id is None or shard.id > shard_id]


def _filtered(shards: list[Shard], asked: Mapping[str, Any] | None) -> list[Shard]:
    """https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ShardFilter.html."""
    if asked is None:
        return shards
    kind, moment = asked["Type"], asked.get("Timestamp", 0.0)
    if kind in ("AT_TIMESTAMP", "FROM_TIMESTAMP") and "Timestamp" not in asked:
        raise invalid_argument(f"A ShardFilter of type {kind} needs a Timestamp.")
    match kind:
        case "AFTER_SHARD_ID":
            return _after(shards, asked.get("ShardId"))
        case "AT_LATEST":
            return [shard for shard in shards if shard.closed is None]
        case "AT_TRIM_HORIZON":
            ids = {shard.id for shard in shards}
            return [shard for shard in shards if not ids & {*shard.parents}]
        case "AT_TIMESTAMP":
            return [
                shard
                for shard in shards
                if shard.created <= moment and (shard.closed is None or shard.closed >= moment)
            ]
        case "FROM_TIMESTAMP":
            return [shard for shard in shards if shard.closed is None or shard.closed >= moment]
    return shards


def _tags(stream: Stream) -> list[Document]:
    return [{"Key": key, "Value": value} for key, value in sorted(stream.settings.tags.items())]
