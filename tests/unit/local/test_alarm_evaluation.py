"""What alarms make of data points that are there, and of those that are missing: the examples of AWS's page."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapid.local.cloudwatch import evaluation
from rapid.local.cloudwatch.evaluation import ALARM, INSUFFICIENT_DATA, OK, Point, decide

MISSING = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html"
EVALUATION = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html"
MIDNIGHT = datetime(2026, 11, 28, tzinfo=UTC).timestamp()
KEPT = None
TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")


def alarm(**more: Any) -> dict[str, Any]:
    """More than 1 in each of three periods."""
    base = {"EvaluationPeriods": 3, "Threshold": 1.0, "ComparisonOperator": "GreaterThanThreshold"}
    return {**base, "TreatMissingData": "missing", **more}


def periods(drawn: str) -> list[Point | None]:
    """Data as the page draws them, the oldest first: 0 does not breach, X does, - is missing. The newest first."""
    values = {"0": 0.0, "X": 2.0}
    starts = range(int(MIDNIGHT), int(MIDNIGHT) + 60 * len(drawn.split()), 60)
    points = [
        Point(start, values[mark]) if mark in values else None
        for start, mark in zip(starts, drawn.split(), strict=True)
    ]
    return points[::-1]


def states(drawn: str, **more: Any) -> tuple[str | None, ...]:
    """The states by how missing data are treated, in the order of the page's columns."""
    return tuple(decide(alarm(**more, TreatMissingData=how), periods(drawn), OK).state for how in TREATMENTS)


@pytest.mark.aws("CloudWatch", "Missing data", MISSING)
@pytest.mark.parametrize(
    ("drawn", "expected"),
    [
        ("0 - X - X", (OK, OK, OK, OK)),
        ("0 - - - -", (OK, OK, OK, OK)),
        ("- - - - -", (INSUFFICIENT_DATA, KEPT, ALARM, OK)),
        ("0 X X - X", (ALARM, ALARM, ALARM, ALARM)),
        ("- - X - -", (ALARM, KEPT, ALARM, OK)),
    ],
)
def test_three_of_three(drawn: str, expected: tuple[str | None, ...]) -> None:
    assert states(drawn) == expected


@pytest.mark.aws("CloudWatch", "Missing data", MISSING)
@pytest.mark.parametrize(
    ("drawn", "expected"),
    [
        ("0 - X - X", (ALARM, ALARM, ALARM, ALARM)),
        ("0 0 X 0 X", (ALARM, ALARM, ALARM, ALARM)),
        ("0 - X - -", (OK, OK, ALARM, OK)),
        ("- - - - 0", (OK, OK, ALARM, OK)),
        ("- - - X -", (ALARM, KEPT, ALARM, OK)),
    ],
)
def test_two_of_three(drawn: str, expected: tuple[str | None, ...]) -> None:
    assert states(drawn, DatapointsToAlarm=2) == expected


@pytest.mark.aws("CloudWatch", "Missing data", MISSING)
@pytest.mark.parametrize("drawn", ["- - - - X", "- - - X -"])
def test_an_alarm_waits_while_the_next_data_point_may_still_speak_against_it(drawn: str) -> None:
    assert decide(alarm(), periods(drawn), OK).state is KEPT


@pytest.mark.aws("CloudWatch", "Alarm evaluation", EVALUATION)
@pytest.mark.parametrize(
    ("comparison", "breaching"),
    [
        ("GreaterThanOrEqualToThreshold", (False, True, True)),
        ("GreaterThanThreshold", (False, False, True)),
        ("LessThanOrEqualToThreshold", (True, True, False)),
        ("LessThanThreshold", (True, False, False)),
    ],
)
def test_each_comparison_has_its_own_side_of_the_threshold(comparison: str, breaching: tuple[bool, ...]) -> None:
    compared = alarm(EvaluationPeriods=1, ComparisonOperator=comparison)
    found = [decide(compared, [Point(MIDNIGHT, value)], OK).state for value in (0.5, 1.0, 1.5)]
    assert found == [ALARM if breaches else OK for breaches in breaching]


@pytest.mark.aws("CloudWatch", "Alarm evaluation", EVALUATION)
@pytest.mark.parametrize(
    ("drawn", "more", "reason"),
    [
        ("X", {}, "1 datapoint [2.0 (28/11/26 00:00:00)] was greater than the threshold (1.0)."),
        (
            "X X",
            {},
            "2 datapoints [2.0 (28/11/26 00:01:00), 2.0 (28/11/26 00:00:00)] were greater than the threshold (1.0).",
        ),
        ("0", {}, "1 datapoint [0.0 (28/11/26 00:00:00)] was not greater than the threshold (1.0)."),
        (
            "X",
            {"DatapointsToAlarm": 1},
            "1 out of the last 1 datapoints [2.0 (28/11/26 00:00:00)] was greater than the threshold (1.0) "
            "(minimum 1 datapoint for OK -> ALARM transition).",
        ),
        (
            "- X",
            {"DatapointsToAlarm": 1, "TreatMissingData": "notBreaching"},
            "1 out of the last 2 datapoints [2.0 (28/11/26 00:01:00)] was greater than the threshold (1.0) "
            "and 1 missing datapoint was treated as [NonBreaching] "
            "(minimum 1 datapoint for OK -> ALARM transition).",
        ),
        (
            "- -",
            {"TreatMissingData": "breaching"},
            "no datapoints were received for 2 periods and 2 missing datapoints were treated as [Breaching].",
        ),
        (
            "-",
            {"TreatMissingData": "notBreaching"},
            "no datapoints were received for 1 period and 1 missing datapoint was treated as [NonBreaching].",
        ),
    ],
)
def test_the_reason_is_in_the_words_of_cloudwatch(drawn: str, more: dict[str, Any], reason: str) -> None:
    asked = alarm(**{"EvaluationPeriods": len(drawn.split()), **more})
    assert decide(asked, periods(drawn), OK).reason == f"Threshold Crossed: {reason}"


def test_what_is_not_known_is_counted() -> None:
    reasons = [decide(alarm(EvaluationPeriods=count), [None] * 5, OK).reason for count in (1, 3)]
    assert reasons == ["Insufficient Data: 1 datapoint was unknown.", "Insufficient Data: 3 datapoints were unknown."]


@given(
    st.lists(st.sampled_from("0X-"), min_size=1, max_size=8).map(" ".join),
    st.integers(1, 6),
    st.integers(1, 6),
    st.sampled_from(TREATMENTS),
)
def test_nothing_but_breaching_data_makes_an_alarm(drawn: str, wanted: int, needed: int, how: str) -> None:
    asked = alarm(EvaluationPeriods=max(wanted, needed), DatapointsToAlarm=needed, TreatMissingData=how)
    found = decide(asked, periods(drawn), OK).state
    if found == ALARM:
        assert "X" in drawn or how == "breaching"
    if "-" not in drawn and len(drawn.split()) >= max(wanted, needed):
        newest = drawn.split()[::-1][: max(wanted, needed)]
        assert found == (ALARM if newest.count("X") >= needed else OK)


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0, "0.0"), (40, "40.0"), (0.25, "0.25"), (1e7, "1.0E7"), (12345678.9, "1.23456789E7"), (0.00025, "2.5E-4")],
)
def test_numbers_are_written_as_java_writes_them(value: float, shown: str) -> None:
    assert evaluation.number(value) == shown
