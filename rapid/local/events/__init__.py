"""Events and schedules: S3's new objects, rules of EventBridge, schedules of EventBridge Scheduler, one clock."""

from .plane import Events

__all__ = ["Events"]
