"""A Kinesis data stream as the source of a delivery stream: read shard by shard, with the role that it names.

https://docs.aws.amazon.com/firehose/latest/dev/writing-with-kinesis-streams.html
"""

from .data_streams import DataStreams
from .reader import SourceReader
from .shards import Shards

__all__ = ["DataStreams", "Shards", "SourceReader"]
