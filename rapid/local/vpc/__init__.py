"""VPCs: what code that runs inside of one can reach, and the file systems that functions mount there."""

from .network import Network, Place

__all__ = ["Network", "Place"]
