"""How often events of a source come, where silence means that something is wrong (`slaProperties`, `frequency`)."""

from pathlib import Path
from typing import Any

from .model import ContractError, Delivery

MAX_HOURS = 7 * 24
"""The longest that an alarm of CloudWatch looks back
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html)."""

_PLACE = "slaProperties.frequency"
_HOURS = {"h": 1, "hour": 1, "hours": 1, "d": 24, "day": 24, "days": 24}


def hours(file: Path, sla: list[dict[str, Any]], delivery: Delivery) -> int | None:
    """Hours in which at least one event comes; None where nothing is said. Raises ContractError."""
    found = [item for item in sla if item["property"] == "frequency"]
    if not found:
        return None
    if len(found) > 1:
        raise ContractError(file, _PLACE, "stands twice; say once how often events come")
    if delivery is Delivery.FILES:
        raise ContractError(file, _PLACE, "is not for sources with delivery: files; it is read off a delivery stream")
    value, unit = found[0]["value"], found[0].get("unit")
    if unit not in _HOURS:
        raise ContractError(file, _PLACE, f"the unit {unit!r} is not supported; write h (hours) or d (days)")
    if type(value) is not int or not 1 <= value * _HOURS[unit] <= MAX_HOURS:
        raise ContractError(
            file, _PLACE, f"{value!r} {unit} must be a whole number, from 1 hour to {MAX_HOURS // 24} days"
        )
    return value * _HOURS[unit]
