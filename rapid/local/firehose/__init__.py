"""Firehose of the local cloud: takes records, transforms, backs up, converts and delivers them as AWS does."""

from .errors import FirehoseError
from .plane import FirehosePlane

__all__ = ["FirehoseError", "FirehosePlane"]
