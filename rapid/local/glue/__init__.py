"""Glue of the local cloud: job runs, and table updates that only one of two racing writers wins."""

from .plane import GluePlane

__all__ = ["GluePlane"]
