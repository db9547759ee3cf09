"""The Lambda runtime of the local cloud: runs the code that was deployed, in processes of its own."""

from .plane import InvocationResult, LambdaPlane
from .runner import StillRunningError

__all__ = ["InvocationResult", "LambdaPlane", "StillRunningError"]
