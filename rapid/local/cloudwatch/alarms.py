"""Metric alarms: their states, their history, and what they do when they change.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
"""

import json
import logging
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ..clients import ACCOUNT_ID
from ..service_error import ServiceError
from . import alarm_checks, evaluation, queries
from .evaluation import ALARM, INSUFFICIENT_DATA, OK, Point, Verdict
from .metrics import SECONDS_A_MINUTE, MetricId, Metrics

_log = logging.getLogger(__name__)

MAX_HISTORY = 1_000
"""How many items of an alarm's history are kept; AWS keeps those of two weeks."""
_INITIAL_REASON = "Unchecked: Initial alarm creation"
_SECONDS_AN_HOUR = 3_600
_ACTIONS = {OK: "OKActions", ALARM: "AlarmActions", INSUFFICIENT_DATA: "InsufficientDataActions"}
_MAX_REASON_DATA = 4_000
_KEPT_MEMBERS = frozenset(
    {
        "ActionsEnabled",
        "AlarmActions",
        "AlarmDescription",
        "AlarmName",
        "ComparisonOperator",
        "DatapointsToAlarm",
        "Dimensions",
        "EvaluateLowSampleCountPercentile",
        "EvaluationPeriods",
        "ExtendedStatistic",
        "InsufficientDataActions",
        "MetricName",
        "Metrics",
        "Namespace",
        "OKActions",
        "Period",
        "Statistic",
        "Threshold",
        "TreatMissingData",
        "Unit",
        "WarmUpConfiguration",
    }
)
Document = dict[str, Any]


@dataclass(frozen=True)
class Change:
    """A change of an alarm's state, for those that are told of it."""

    alarm: Document
    old_state: str
    epoch_seconds: float


Act = Callable[[Change, str], str | None]
"""Carries out an action, by its ARN; why it failed, or None."""


@dataclass
class _Alarm:
    document: Document
    metrics: list[MetricId]
    span_seconds: int
    created: float
    history: deque[Document] = field(default_factory=lambda: deque(maxlen=MAX_HISTORY))
    settled: bool = False
    """Whether the last evaluation saw no data and changed nothing, so that only data can change anything."""


class Alarms:
    """The alarms of one region. Safe for several threads."""

    def __init__(self, region: str, metrics: Metrics, act: Act) -> None:
        self._region = region
        self._metrics = metrics
        self._act = act
        self._alarms: dict[str, _Alarm] = {}
        self._deleted: deque[Document] = deque(maxlen=MAX_HISTORY)
        self._tags: dict[str, dict[str, str]] = {}
        self._lock = threading.RLock()

    def __len__(self) -> int:
        return len(self._alarms)

    def arn(self, name: str) -> str:
        """The ARN of an alarm."""
        return f"arn:aws:cloudwatch:{self._region}:{ACCOUNT_ID}:alarm:{name}"

    def put(self, asked: Mapping[str, Any]) -> None:
        """Make an alarm, or change the one of this name, whose state stays. Raises ServiceError."""
        alarm_checks.check(asked)
        name, now = asked["AlarmName"], self._metrics.now()
        lists = {member: list(asked.get(member) or []) for member in (*_ACTIONS.values(), "Dimensions")}
        document = {member: value for member, value in asked.items() if member in _KEPT_MEMBERS}
        document = {
            "ActionsEnabled": True,
            "TreatMissingData": "missing",
            **document,
            **lists,
            "AlarmArn": self.arn(name),
        }
        document["AlarmConfigurationUpdatedTimestamp"] = _time(now)
        listed = document.get("Metrics") or []
        metrics = queries.metrics_of(listed) if listed else [queries.metric_of(document)]
        periods = document["EvaluationPeriods"] + evaluation.MORE_PERIODS
        span = alarm_checks.period_of(document) * periods
        with self._lock:
            known = self._alarms.get(name)
            if known:
                state = {key: value for key, value in known.document.items() if key.startswith("State")}
            else:
                moments = dict.fromkeys(("StateUpdatedTimestamp", "StateTransitionedTimestamp"), _time(now))
                state = {"StateValue": INSUFFICIENT_DATA, "StateReason": _INITIAL_REASON, **moments}
                self._tags[self.arn(name)] = {tag["Key"]: tag["Value"] for tag in asked.get("Tags") or []}
            alarm = _Alarm({**document, **state}, metrics, span, known.created if known else now)
            if known:
                alarm.history = known.history
            self._alarms[name] = alarm
            verb = "updated" if known else "created"
            told = {"version": "1.0", "type": "Update" if known else "Create"}
            self._record(alarm, "ConfigurationUpdate", f'Alarm "{name}" {verb}', told, now)

    def delete(self, names: Sequence[str]) -> None:
        """Forget alarms. Raises ServiceError if one is not there, and deletes none then."""
        with self._lock:
            missing = [name for name in names if name not in self._alarms]
            if missing:
                raise ServiceError("ResourceNotFound", f"Unknown alarm: {', '.join(missing)}", 404)
            for name in names:
                alarm = self._alarms.pop(name)
                self._tags.pop(self.arn(name), None)
                told = {"version": "1.0", "type": "Delete"}
                self._record(alarm, "ConfigurationUpdate", f'Alarm "{name}" deleted', told, self._metrics.now())
                self._deleted.extend(alarm.history)

    def all(self) -> list[Document]:
        """All alarms by name, as DescribeAlarms has them."""
        with self._lock:
            return [{**self._alarms[name].document} for name in sorted(self._alarms)]

    def history(self) -> list[Document]:
        """All that happened to alarms, those that are gone among them; the newest first."""
        with self._lock:
            items = [item for alarm in self._alarms.values() for item in alarm.history] + [*self._deleted]
        return sorted(items, key=lambda item: item["Timestamp"])[::-1]

    def set_actions_enabled(self, names: Sequence[str], are_enabled: bool) -> None:
        """Let alarms act, or not; names that no alarm has are passed over."""
        with self._lock:
            for name in names:
                if name in self._alarms:
                    self._alarms[name].document["ActionsEnabled"] = are_enabled

    def set_state(self, name: str, state: str, reason: str, reason_data: str | None) -> None:
        """Put an alarm into a state, until it is evaluated next. Raises ServiceError."""
        if reason_data is not None:
            try:
                json.loads(reason_data)
            except ValueError:
                raise ServiceError("InvalidFormat", "StateReasonData is not valid JSON.") from None
        with self._lock:
            if name not in self._alarms:
                raise ServiceError("ResourceNotFound", f"Unknown alarm: {name}", 404)
            alarm = self._alarms[name]
            alarm.settled = False
            change = self._move(alarm, state, reason, reason_data, self._metrics.now())
        if change:
            self._carry_out(alarm, change)

    def tags(self, arn: str) -> dict[str, str]:
        """The tags of an alarm, which may be changed. Raises ServiceError."""
        if arn not in self._tags:
            raise ServiceError("ResourceNotFoundException", f"Unknown alarm: {arn.rpartition(':')[2]}", 404)
        return self._tags[arn]

    def evaluate(self, moment: float) -> dict[str, str]:
        """Evaluate all alarms as of the end of a minute; what became of those that changed, by ARN."""
        told = {}
        for name in sorted(self._alarms):
            with self._lock:
                alarm = self._alarms.get(name)
                change = self._evaluate(alarm, int(moment)) if alarm and self._is_due(alarm, int(moment)) else None
            if alarm and change:
                failures = self._carry_out(alarm, change)
                state = f"{change.old_state} -> {alarm.document['StateValue']}"
                told[alarm.document["AlarmArn"]] = "; ".join([state, *failures])
        return told

    def _is_due(self, alarm: _Alarm, moment: int) -> bool:
        """Every minute; every hour if it looks at more than a day, says the page on evaluation."""
        document = alarm.document
        seconds = alarm_checks.period_of(document) * document["EvaluationPeriods"]
        if seconds > alarm_checks.MAX_SECONDS_A_DAY and moment % _SECONDS_AN_HOUR:
            return False
        if self._warms_up(alarm, moment):
            return False
        return not alarm.settled or self._has_data(alarm, moment)

    def _warms_up(self, alarm: _Alarm, moment: int) -> bool:
        """https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-warm-up.html."""
        warm_up = alarm.document.get("WarmUpConfiguration")
        if not warm_up or moment >= alarm.created + warm_up["WarmUpPeriodDurationInMinutes"] * SECONDS_A_MINUTE:
            return False
        if warm_up.get("OnlyStartEvaluatingAfterWarmUpPeriodEnds"):
            return True
        period = alarm_checks.period_of(alarm.document)
        starts = [moment - (index + 1) * period for index in range(alarm.document["EvaluationPeriods"])]
        return len(self._points(alarm.document, starts, period)) < len(starts)

    def _has_data(self, alarm: _Alarm, moment: int) -> bool:
        since = (moment - alarm.span_seconds) // SECONDS_A_MINUTE
        return any(self._metrics.newest(metric) >= since for metric in alarm.metrics)

    def _evaluate(self, alarm: _Alarm, moment: int) -> Change | None:
        document, period = alarm.document, alarm_checks.period_of(alarm.document)
        starts = [moment - (index + 1) * period for index in range(alarm.span_seconds // period)]
        found = self._points(document, starts, period)
        state = document["StateValue"]
        if found and self._has_too_few_samples(document, moment):
            return None
        periods = [Point(start, found[start]) if start in found else None for start in starts]
        verdict = evaluation.decide(document, periods, state)
        alarm.settled = verdict.state in (None, state) and not self._has_data(alarm, moment)
        if verdict.state in (None, state):
            return None
        data = self._reason_data(document, verdict, period, moment)
        return self._move(alarm, str(verdict.state), verdict.reason, data, moment)

    def _has_too_few_samples(self, document: Document, moment: int) -> bool:
        """https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/percentiles-with-low-samples.html."""
        if document.get("EvaluateLowSampleCountPercentile") != "ignore" or not document.get("ExtendedStatistic"):
            return False
        share = float(document["ExtendedStatistic"][1:]) / 100
        needed = 10 / (1 - share if share >= 0.5 else share) if 0 < share < 1 else 0
        end = moment // SECONDS_A_MINUTE
        start = end - document["EvaluationPeriods"] * document["Period"] // SECONDS_A_MINUTE
        told = self._metrics.between(queries.metric_of(document), document.get("Unit"), start, end)
        return (told.sample_count if told else 0) < round(needed, 6)

    def _points(self, document: Document, starts: list[int], period: int) -> Mapping[int, float]:
        if not document.get("Metrics"):
            statistic = document.get("Statistic") or document["ExtendedStatistic"]
            metric = queries.metric_of(document)
            return queries.points(self._metrics, metric, statistic, document.get("Unit"), starts, period)
        returned = next(query["Id"] for query in document["Metrics"] if query.get("ReturnData", True))
        return queries.evaluate(self._metrics, document["Metrics"], starts, period)[returned]

    def _reason_data(self, document: Document, verdict: Verdict, period: int, moment: float) -> str:
        listed = [
            {"timestamp": _text(point.start), **self._samples(document, point, period), "value": point.value}
            for point in verdict.points
        ]
        statistic = document.get("Statistic") or document.get("ExtendedStatistic")
        told = {
            "version": "1.0",
            "queryDate": _text(moment),
            **({"startDate": _text(min(point.start for point in verdict.points))} if verdict.points else {}),
            **({"statistic": statistic} if statistic else {}),
            "period": period,
            "recentDatapoints": [point.value for point in reversed(verdict.points)],
            "threshold": document["Threshold"],
            "evaluatedDatapoints": listed,
        }
        while len(json.dumps(told)) > _MAX_REASON_DATA and told["evaluatedDatapoints"]:
            told["evaluatedDatapoints"] = told["evaluatedDatapoints"][:-1]
            told["recentDatapoints"] = told["recentDatapoints"][1:]
        return json.dumps(told)

    def _samples(self, document: Document, point: Point, period: int) -> Document:
        if document.get("Metrics"):
            return {}
        starts = [int(point.start)]
        metric = queries.metric_of(document)
        counts = queries.points(self._metrics, metric, "SampleCount", document.get("Unit"), starts, period)
        return {"sampleCount": counts.get(starts[0], 0.0)}

    def _move(self, alarm: _Alarm, state: str, reason: str, data: str | None, moment: float) -> Change | None:
        document, old = alarm.document, {**alarm.document}
        document["StateReason"] = reason
        document.pop("StateReasonData", None)
        if data is not None:
            document["StateReasonData"] = data
        document["StateUpdatedTimestamp"] = _time(moment)
        if state == old["StateValue"]:
            return None
        document["StateValue"] = state
        document["StateTransitionedTimestamp"] = _time(moment)
        told = {"version": "1.0", "oldState": _state(old), "newState": _state(document)}
        self._record(alarm, "StateUpdate", f"Alarm updated from {old['StateValue']} to {state}", told, moment)
        return Change({**document}, old["StateValue"], moment)

    def _carry_out(self, alarm: _Alarm, change: Change) -> list[str]:
        """Do what is to be done in the new state; what failed of it."""
        failures = []
        if not change.alarm["ActionsEnabled"]:
            return []
        for action in change.alarm[_ACTIONS[change.alarm["StateValue"]]]:
            failure = self._act(change, action)
            state = "Failed" if failure else "Succeeded"
            summary = f"Successfully executed action {action}"
            if failure:
                summary = f'Failed to execute action {action}. Received error: "{failure}"'
                _log.warning("The alarm %s: %s", change.alarm["AlarmName"], summary)
                failures.append(summary)
            told = {"actionState": state, "notificationResource": action, "stateUpdateTimestamp": change.epoch_seconds}
            with self._lock:
                self._record(alarm, "Action", summary[:255], {**told, "error": failure}, change.epoch_seconds)
        return failures

    def _record(self, alarm: _Alarm, kind: str, summary: str, data: Mapping[str, Any], moment: float) -> None:
        alarm.history.append(
            {
                "AlarmName": alarm.document["AlarmName"],
                "AlarmType": "MetricAlarm",
                "Timestamp": _time(moment),
                "HistoryItemType": kind,
                "HistorySummary": summary,
                "HistoryData": json.dumps(data),
            }
        )


def _state(document: Document) -> Document:
    data = document.get("StateReasonData")
    more = {"stateReasonData": json.loads(data)} if data else {}
    return {"stateValue": document["StateValue"], "stateReason": document["StateReason"], **more}


def _time(moment: float) -> datetime:
    return datetime.fromtimestamp(moment, UTC)


def _text(moment: float) -> str:
    return f"{_time(moment):%Y-%m-%dT%H:%M:%S}.{int(moment % 1 * 1000):03d}+0000"
