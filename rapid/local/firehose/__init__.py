"""Firehose of the local cloud: takes records, transforms, backs up, converts and delivers them as AWS does."""

from .plane import FirehosePlane
from .transform import MAX_INVOCATION_SECONDS

__all__ = ["MAX_INVOCATION_SECONDS", "FirehosePlane"]
