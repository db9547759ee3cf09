"""Kinesis Data Streams: streams, their shards and the records in them."""

from .plane import KinesisPlane

__all__ = ["KinesisPlane"]
