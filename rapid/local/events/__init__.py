"""Events and schedules: S3's new objects, rules of EventBridge, schedules of EventBridge Scheduler, one clock."""

from .clock import Clock
from .plane import Events

__all__ = ["Clock", "Events"]
