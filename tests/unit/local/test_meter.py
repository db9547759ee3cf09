"""What the local cloud counts for a bill, with AWS's least quantities."""

from datetime import date

import pytest

from rapid.cost.prices import GB, TB
from rapid.local.billing.meter import Meter, Resource

NOON = 1_700_049_600.0  # 2023-11-15T12:00:00Z


@pytest.fixture
def meter() -> Meter:
    return Meter(clock=lambda: NOON)


def counted(meter: Meter) -> dict[str, float]:
    return {usage.price_id: usage.quantity for usage in meter}


def test_usage_is_kept_by_day_price_and_resource(meter: Meter) -> None:
    orders, clicks = Resource("sqs", "orders"), Resource("sqs", "clicks")
    for queue in (orders, clicks, orders):
        meter.count("sqs_requests", queue)
    found = {(usage.day, usage.resource): usage.quantity for usage in meter}
    assert found == {(date(2023, 11, 15), orders): 2, (date(2023, 11, 15), clicks): 1}


def test_records_count_as_multiples_of_5_kb_and_conversion_as_much_again(meter: Meter) -> None:
    meter.count_records("stream", [1, 5_120, 5_121], converted=True)
    # 5,120 + 5,120 + 10,240
    assert counted(meter) == {"firehose_ingested": 20_480 / GB, "firehose_converted": 20_480 / GB}


def test_an_invocation_counts_in_whole_milliseconds(meter: Meter) -> None:
    meter.count_invocation("function", 0.0101, 512)
    # 11 ms of half a GB
    assert counted(meter) == pytest.approx({"lambda_requests": 1, "lambda_gb_seconds": 0.0055})


def test_a_run_counts_as_a_minute_at_least(meter: Meter) -> None:
    meter.count_run("job", 5, 2)
    assert counted(meter) == {"glue_dpu_hours": pytest.approx(2 / 60)}


def test_a_query_counts_as_10_mb_at_least(meter: Meter) -> None:
    meter.count_query("workgroup", 100)
    meter.count_query("workgroup", 20 * 1024**2)
    assert counted(meter) == {"athena_scanned": pytest.approx(30 * 1024**2 / TB)}


def test_a_custom_metric_counts_once_an_hour() -> None:
    now = [NOON]
    meter = Meter(clock=lambda: now[0])
    for later in (0, 60, 3_599, 3_600):
        now[0] = NOON + later
        meter.count_metric("lag", "group")
        meter.count_metric("rows", "group")
    # Two metrics in two hours, of 730 in a month.
    assert counted(meter) == {"cloudwatch_metrics": pytest.approx(4 / 730)}
