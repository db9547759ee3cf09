"""An event source mapping of an SQS queue: what it asks for, checked as AWS checks it.

https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
"""

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..service_error import ServiceError
from .constraints import at_least, at_most

REPORT_FAILURES = "ReportBatchItemFailures"
_UNBATCHED_MESSAGES = 10
_MAX_BATCH_MESSAGES = 10_000
_MAX_WINDOW_SECONDS = 300
_MIN_CONCURRENCY = 2
_MAX_CONCURRENCY = 1_000
_MEMBERS = {
    "BatchSize",
    "Enabled",
    "EventSourceArn",
    "FunctionName",
    "FunctionResponseTypes",
    "MaximumBatchingWindowInSeconds",
    "ScalingConfig",
    "UUID",
}


@dataclass(frozen=True)
class EventSourceMapping:
    """Which queue's messages go to which function, and how."""

    function_arn: str
    queue_arn: str
    batch_size: int = _UNBATCHED_MESSAGES
    window_seconds: int = 0
    max_concurrency: int | None = None
    reports_failures: bool = False
    is_enabled: bool = True
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    modified_at: float = field(default_factory=time.time)

    @property
    def queue_name(self) -> str:
        """The queue's name."""
        return self.queue_arn.rpartition(":")[2]

    def changed(self, body: Mapping[str, Any]) -> "EventSourceMapping":
        """The mapping with what a request sets. Raises ServiceError for what AWS or the local cloud does not take."""
        given = {name: value for name, value in body.items() if value is not None}
        for name in sorted(given.keys() - _MEMBERS):
            if _asks(given[name]):
                raise _invalid(f"The local cloud's Lambda does not support {name} of an event source mapping")
        types = body.get("FunctionResponseTypes")
        if types and types != [REPORT_FAILURES]:
            raise _invalid(f"The local cloud's Lambda does not support FunctionResponseTypes {types}")
        changed = replace(
            self,
            batch_size=given.get("BatchSize", self.batch_size),
            window_seconds=given.get("MaximumBatchingWindowInSeconds", self.window_seconds),
            is_enabled=given.get("Enabled", self.is_enabled),
            reports_failures=self.reports_failures if types is None else bool(types),
            max_concurrency=_concurrency(body, self.max_concurrency),
            modified_at=time.time(),
        )
        changed._check()
        return changed

    def answer(self, state: str | None = None) -> dict[str, Any]:
        """The mapping as the API answers it, in the state that it is in or on its way to."""
        arn = self.function_arn.split(":")
        return {
            "UUID": self.id,
            "BatchSize": self.batch_size,
            "MaximumBatchingWindowInSeconds": self.window_seconds,
            "EventSourceArn": self.queue_arn,
            "FunctionArn": self.function_arn,
            "LastModified": self.modified_at,
            "State": state or ("Enabled" if self.is_enabled else "Disabled"),
            "StateTransitionReason": "USER_INITIATED",
            "FunctionResponseTypes": [REPORT_FAILURES] if self.reports_failures else [],
            "EventSourceMappingArn": ":".join([*arn[:5], "event-source-mapping", self.id]),
            **({"ScalingConfig": {"MaximumConcurrency": self.max_concurrency}} if self.max_concurrency else {}),
        }

    def _check(self) -> None:
        at_least("batchSize", self.batch_size, 1)
        at_most("batchSize", self.batch_size, _MAX_BATCH_MESSAGES)
        at_least("maximumBatchingWindowInSeconds", self.window_seconds, 0)
        at_most("maximumBatchingWindowInSeconds", self.window_seconds, _MAX_WINDOW_SECONDS)
        if self.max_concurrency is not None:
            at_least("scalingConfig.maximumConcurrency", self.max_concurrency, _MIN_CONCURRENCY)
            at_most("scalingConfig.maximumConcurrency", self.max_concurrency, _MAX_CONCURRENCY)
        if self.batch_size > _UNBATCHED_MESSAGES and not self.window_seconds:
            raise _invalid(
                "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"
            )


def _asks(value: Any) -> bool:
    """Whether a value asks for anything; `{"Filters": []}` does not."""
    if isinstance(value, dict):
        return any(map(_asks, value.values()))
    return bool(value)


def _concurrency(body: Mapping[str, Any], known: int | None) -> int | None:
    """An empty ScalingConfig takes the limit away."""
    found: int | None = known if body.get("ScalingConfig") is None else body["ScalingConfig"].get("MaximumConcurrency")
    return found


def _invalid(message: str) -> ServiceError:
    return ServiceError("InvalidParameterValueException", message, members={"Type": "User"})
