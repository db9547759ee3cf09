"""Firehose of the local cloud: takes records, transforms, backs up, converts and delivers them as AWS does."""

from .plane import FirehosePlane

__all__ = ["FirehosePlane"]
