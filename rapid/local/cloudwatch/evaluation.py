"""What an alarm makes of its data points: its state, and the reason in CloudWatch's words.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

OK, ALARM, INSUFFICIENT_DATA = "OK", "ALARM", "INSUFFICIENT_DATA"
MORE_PERIODS = 2
"""How many more periods are looked at than an alarm asks for, in case data are missing.

AWS does not give the number; in the examples of its page three periods are evaluated, and five make up the range.
It warns that an alarm may so change its state once more over old data points when a metric has stopped. An expression
with FILL has a data point in each period.
"""
COMPARISONS: dict[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
    "LessThanThreshold": (operator.lt, "less than"),
}
_TREATED = {"breaching": "Breaching", "notBreaching": "NonBreaching"}


@dataclass(frozen=True)
class Point:
    """The value of one period, by the period's start in epoch seconds."""

    start: float
    value: float


@dataclass(frozen=True)
class Verdict:
    """What an evaluation says; no state where the alarm keeps the one it has."""

    state: str | None
    reason: str = ""
    points: tuple[Point, ...] = ()


def decide(alarm: Mapping[str, Any], periods: Sequence[Point | None], state: str) -> Verdict:
    """The verdict on the periods of an evaluation range, the newest first, each None where nothing is known of it.

    `alarm` is a metric alarm as PutMetricAlarm has it, `state` the one it is in.
    """
    wanted = alarm["EvaluationPeriods"]
    needed = alarm.get("DatapointsToAlarm") or wanted
    known = [point for point in periods if point]
    if len(known) >= wanted:
        # What there is is enough, and how missing data are treated does not matter.
        chosen = known[:wanted]
        return _by_threshold(alarm, chosen, 0, needed, state)
    treatment = alarm.get("TreatMissingData") or "missing"
    missing = wanted - len(known)
    if treatment in _TREATED:
        return _by_threshold(alarm, known, missing, needed, state)
    if not known:
        if treatment == "ignore":
            return Verdict(None)
        unknown = "1 datapoint was unknown" if wanted == 1 else f"{wanted} datapoints were unknown"
        return Verdict(INSUFFICIENT_DATA, f"Insufficient Data: {unknown}.")
    breaching = [point for point in known if _breaches(alarm, point)]
    if len(breaching) >= needed:
        return _by_threshold(alarm, known, 0, needed, state)
    if len(breaching) == len(known):
        # Nothing speaks against an alarm; whether it is too early for one, the age of the oldest point says.
        oldest = max(index for index, point in enumerate(periods) if point)
        if treatment == "ignore" or oldest + 1 < needed:
            return Verdict(None)
        return _by_threshold(alarm, known, 0, len(breaching), state)
    return _by_threshold(alarm, known, 0, needed, state)


def _by_threshold(alarm: Mapping[str, Any], points: Sequence[Point], missing: int, needed: int, state: str) -> Verdict:
    """The verdict by the threshold alone; the missing periods count as the alarm says."""
    fillers = missing if alarm.get("TreatMissingData") == "breaching" else 0
    breaching = [point for point in points if _breaches(alarm, point)]
    found = ALARM if len(breaching) + fillers >= needed else OK
    told = breaching if found == ALARM else [point for point in points if point not in breaching] or list(points)
    return Verdict(found, _reason(alarm, found, told, missing, needed, state), tuple(points))


def _breaches(alarm: Mapping[str, Any], point: Point) -> bool:
    return COMPARISONS[alarm["ComparisonOperator"]][0](point.value, alarm["Threshold"])


def _reason(
    alarm: Mapping[str, Any], found: str, points: Sequence[Point], missing: int, needed: int, state: str
) -> str:
    treated = ""
    if missing:
        how = _TREATED[alarm["TreatMissingData"]]
        treated = (
            f" and 1 missing datapoint was treated as [{how}]"
            if missing == 1
            else f" and {missing} missing datapoints were treated as [{how}]"
        )
    wanted = alarm["EvaluationPeriods"]
    if not points:
        periods = "1 period" if wanted == 1 else f"{wanted} periods"
        return f"Threshold Crossed: no datapoints were received for {periods}{treated}."
    were = "was" if len(points) == 1 else "were"
    crossed = COMPARISONS[alarm["ComparisonOperator"]][1]
    values = ", ".join(f"{number(point.value)} ({_time(point.start)})" for point in points)
    said = f"{were}{'' if found == ALARM else ' not'} {crossed} the threshold ({number(alarm['Threshold'])}){treated}"
    if not alarm.get("DatapointsToAlarm"):
        plural = "" if len(points) == 1 else "s"
        return f"Threshold Crossed: {len(points)} datapoint{plural} [{values}] {said}."
    # What it takes to get from one state into the other: so many breaching, or so many that keep them from it.
    least = needed if found == ALARM else wanted - needed + 1
    transition = "OK -> ALARM" if found == ALARM else "ALARM -> OK"
    minimum = f"(minimum {least} datapoint{'' if least == 1 else 's'} for {transition} transition)"
    return f"Threshold Crossed: {len(points)} out of the last {wanted} datapoints [{values}] {said} {minimum}."


def number(value: float) -> str:
    """A number as CloudWatch, which is written in Java, shows it."""
    if value and not 1e-3 <= abs(value) < 1e7:
        digits, _, exponent = f"{value:.16e}".partition("e")
        shortest = repr(float(digits))
        return f"{shortest}E{int(exponent)}"
    return repr(float(value))


def _time(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%d/%m/%y %H:%M:%S")
