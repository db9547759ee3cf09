"""CloudWatch's dashboards.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

import json
import re
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from ..clients import ACCOUNT_ID
from ..service_error import ServiceError

MAX_WIDGETS = 500
"""https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html, a dashboard."""
_GRID_COLUMNS = 24
_MAX_HEIGHT = 1_000
_NAME = re.compile(r"[\w-]{1,255}", re.ASCII)
_TYPES = ("metric", "text", "log", "alarm", "explorer")
Document = dict[str, Any]


class Dashboards:
    """The dashboards of the account."""

    def __init__(self) -> None:
        self._dashboards: dict[str, tuple[str, datetime]] = {}
        self._lock = threading.Lock()

    def put(self, name: str, body: str) -> Document:
        """Make or change a dashboard. Raises ServiceError for a body that CloudWatch would refuse."""
        if not _NAME.fullmatch(name):
            raise _invalid("The field DashboardName must have 1 to 255 of the characters A-Z, a-z, 0-9, - and _")
        faults = _faults(body)
        if faults:
            raise _invalid(f"The dashboard body is invalid, there are {len(faults)} validation errors: {faults}")
        with self._lock:
            self._dashboards[name] = (body, datetime.now(UTC))
        return {"DashboardValidationMessages": []}

    def get(self, name: str) -> Document:
        """A dashboard. Raises ServiceError if there is none."""
        with self._lock:
            if name not in self._dashboards:
                raise _missing(name)
            body, _ = self._dashboards[name]
        return {"DashboardArn": _arn(name), "DashboardBody": body, "DashboardName": name}

    def all(self, prefix: str) -> Document:
        """The dashboards whose names begin so."""
        with self._lock:
            found = sorted(item for item in self._dashboards.items() if item[0].startswith(prefix))
        return {
            "DashboardEntries": [
                {
                    "DashboardName": name,
                    "DashboardArn": _arn(name),
                    "LastModified": changed,
                    "Size": len(body.encode()),
                }
                for name, (body, changed) in found
            ]
        }

    def delete(self, names: Sequence[str]) -> Document:
        """Forget dashboards; none, if one of them is not there. Raises ServiceError then."""
        with self._lock:
            for name in names:
                if name not in self._dashboards:
                    raise _missing(name)
            for name in names:
                self._dashboards.pop(name, None)
        return {}


def _faults(body: str) -> list[Document]:
    try:
        parsed = json.loads(body)
    except ValueError as error:
        return [_fault("", f"The field DashboardBody must be a valid JSON object: {error}")]
    if not isinstance(parsed, dict) or not isinstance(parsed.get("widgets"), list):
        return [_fault("/widgets", "Should have a field widgets that is an array")]
    widgets = parsed["widgets"]
    if len(widgets) > MAX_WIDGETS:
        return [_fault("/widgets", f"Should have at most {MAX_WIDGETS} items")]
    return [fault for index, widget in enumerate(widgets) for fault in _widget_faults(f"/widgets/{index}", widget)]


def _widget_faults(place: str, widget: Any) -> list[Document]:
    if not isinstance(widget, dict):
        return [_fault(place, "Should be an object")]
    found = []
    if widget.get("type") not in _TYPES:
        found.append(_fault(f"{place}/type", f"Should be one of {', '.join(_TYPES)}"))
    if not isinstance(widget.get("properties"), dict):
        found.append(_fault(f"{place}/properties", "Should have required property properties"))
    for name, least, most in (
        ("x", 0, _GRID_COLUMNS - 1),
        ("width", 1, _GRID_COLUMNS),
        ("y", 0, None),
        ("height", 1, _MAX_HEIGHT),
    ):
        value = widget.get(name)
        if value is not None and not (isinstance(value, int) and least <= value and (most is None or value <= most)):
            found.append(_fault(f"{place}/{name}", f"Should be a whole number from {least} to {most or 'any'}"))
    return found


def _fault(place: str, message: str) -> Document:
    return {"dataPath": place, "message": message}


def _arn(name: str) -> str:
    return f"arn:aws:cloudwatch::{ACCOUNT_ID}:dashboard/{name}"


def _invalid(message: str) -> ServiceError:
    return ServiceError("InvalidParameterInput", message)


def _missing(name: str) -> ServiceError:
    return ServiceError("ResourceNotFound", f"Dashboard {name} does not exist", 404)
