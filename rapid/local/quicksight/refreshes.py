"""Refresh properties and refresh schedules of data sets in SPICE.

https://docs.aws.amazon.com/quicksight/latest/APIReference/API_CreateRefreshSchedule.html and
https://docs.aws.amazon.com/quicksight/latest/APIReference/API_PutDataSetRefreshProperties.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..events.clock import Clock, Entry
from . import schedule_times
from .data_sets import SPICE, source_of
from .errors import conflict, exists, invalid, limit_exceeded, not_found, precondition
from .registry import DATA_SET, Operations, Registry, Resource

MAX_SCHEDULES = 5
INCREMENTAL = "INCREMENTAL_REFRESH"
_SCHEDULE = "RefreshSchedule"


class Refreshes:
    """Answers requests about refreshes; `refresh` carries one out by its type, and says what came of it."""

    def __init__(self, registry: Registry, clock: Clock, refresh: Callable[[Resource, str], str]) -> None:
        self._registry = registry
        self._clock = clock
        self._refresh = refresh
        self.operations: Operations = {
            "CreateRefreshSchedule": self._create,
            "DeleteDataSetRefreshProperties": self._delete_properties,
            "DeleteRefreshSchedule": self._delete,
            "DescribeDataSetRefreshProperties": self._describe_properties,
            "DescribeRefreshSchedule": self._describe,
            "ListRefreshSchedules": lambda asked: {"RefreshSchedules": [*self._data_set(asked).parts.values()]},
            "PutDataSetRefreshProperties": self._put_properties,
            "UpdateRefreshSchedule": self._update,
        }

    def forget(self, data_set: Resource) -> None:
        """Refresh a data set no more."""
        for schedule in data_set.parts.values():
            self._clock.remove(schedule["Arn"])

    def _data_set(self, asked: Mapping[str, Any]) -> Resource:
        return self._registry.find(DATA_SET, asked["DataSetId"])

    def _put_properties(self, asked: dict[str, Any]) -> dict[str, Any]:
        found, properties = self._data_set(asked), asked["DataSetRefreshProperties"]
        _check_in_spice(found)
        window = lookback_window(properties)
        if window:
            type_ = source_of(found.content).columns.get(window["ColumnName"])
            if type_ is None:
                raise invalid(f"Column {window['ColumnName']} is not found in dataset {found.id}")
            if type_ != "DATETIME":
                raise invalid(f"Column {window['ColumnName']} of the lookback window must be DATETIME, not {type_}")
        found.refresh = properties
        return {}

    def _describe_properties(self, asked: dict[str, Any]) -> dict[str, Any]:
        found = self._data_set(asked)
        _check_in_spice(found)
        if found.refresh is None:
            raise not_found("DataSetRefreshProperties of DataSet", found.id)
        return {"DataSetRefreshProperties": found.refresh}

    def _delete_properties(self, asked: dict[str, Any]) -> dict[str, Any]:
        found = self._data_set(asked)
        if found.refresh is None:
            raise not_found("DataSetRefreshProperties of DataSet", found.id)
        if any(schedule["RefreshType"] == INCREMENTAL for schedule in found.parts.values()):
            raise conflict(f"DataSet {found.id} has a schedule of incremental refreshes")
        found.refresh = None
        return {}

    def _create(self, asked: dict[str, Any]) -> dict[str, Any]:
        found, schedule = self._data_set(asked), asked["Schedule"]
        with self._registry.lock:
            if schedule["ScheduleId"] in found.parts:
                raise exists(_SCHEDULE, schedule["ScheduleId"])
            if len(found.parts) >= MAX_SCHEDULES:
                raise limit_exceeded(f"DataSet {found.id} has {MAX_SCHEDULES} refresh schedules, the most it can have")
            return self._keep(found, schedule)

    def _update(self, asked: dict[str, Any]) -> dict[str, Any]:
        found, schedule = self._data_set(asked), asked["Schedule"]
        with self._registry.lock:
            _part(found, schedule["ScheduleId"])
            return self._keep(found, schedule)

    def _keep(self, found: Resource, schedule: dict[str, Any]) -> dict[str, Any]:
        _check_in_spice(found)
        id_, type_ = schedule["ScheduleId"], schedule["RefreshType"]
        interval = schedule["ScheduleFrequency"]["Interval"]
        if type_ == INCREMENTAL and not lookback_window(found.refresh or {}):
            raise precondition(f"DataSet {found.id} has no refresh properties for incremental refreshes")
        if interval in schedule_times.INCREMENTAL_ALONE and type_ != INCREMENTAL:
            raise invalid(f"The interval {interval} is only supported for incremental refreshes")
        others = [it["ScheduleFrequency"]["Interval"] for name, it in found.parts.items() if name != id_]
        if interval in schedule_times.ONCE_A_DATA_SET and interval in others:
            raise invalid(f"The interval {interval} can only be used for one schedule per dataset")
        now = self._clock.now()
        # It is told of one that was given none, too; the provider reads no schedule without it.
        start = found.parts.get(id_, {}).get("StartAfterDateTime", now)
        schedule = {"StartAfterDateTime": start, **schedule}
        times = schedule_times.times_of(schedule, now)
        arn = f"{found.arn}/refresh-schedule/{id_}"
        found.parts[id_] = {**schedule, "Arn": arn}
        self._clock.remove(arn)
        # An import at an earlier time of a tick would bring nothing that the last one does not bring.
        entry = Entry(times, lambda _due: self._refresh(found, type_), now, only_latest=True)
        self._clock.put(arn, entry)
        return {"ScheduleId": id_, "Arn": arn}

    def _describe(self, asked: dict[str, Any]) -> dict[str, Any]:
        schedule = _part(self._data_set(asked), asked["ScheduleId"])
        return {"RefreshSchedule": schedule, "Arn": schedule["Arn"]}

    def _delete(self, asked: dict[str, Any]) -> dict[str, Any]:
        found = self._data_set(asked)
        with self._registry.lock:
            schedule = _part(found, asked["ScheduleId"])
            del found.parts[schedule["ScheduleId"]]
        self._clock.remove(schedule["Arn"])
        return {"ScheduleId": schedule["ScheduleId"], "Arn": schedule["Arn"]}


def _check_in_spice(found: Resource) -> None:
    # In these words: https://github.com/hashicorp/terraform-provider-aws/issues/31485.
    if found.content["ImportMode"] != SPICE:
        raise invalid(f"The dataset {found.id} is not a SPICE dataset and is not supported for incremental refresh.")


def _part(found: Resource, id_: str) -> dict[str, Any]:
    if id_ not in found.parts:
        raise not_found(_SCHEDULE, id_)
    return found.parts[id_]


def lookback_window(properties: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The window of incremental refreshes; None where refresh properties have none."""
    configuration = properties.get("RefreshConfiguration") or {}
    window: Mapping[str, Any] | None = (configuration.get("IncrementalRefresh") or {}).get("LookbackWindow")
    return window
