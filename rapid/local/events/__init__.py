"""Events and schedules: notifications of S3, rules of EventBridge, schedules of EventBridge Scheduler, one clock."""

from .plane import Events

__all__ = ["Events"]
