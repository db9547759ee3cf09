"""Figures of operations: what a known mix of events and requests is, as the tables have it that dashboards ask."""

import datetime
import json
import time

from rapid.cli import project
from rapid.cli.counts import command
from rapid.cli.send import client_of
from rapid.cli.target import LocalStack
from tests.deployed import evidence, mishaps

CLICKS = project.contract_of("clickstream")
COUNTS = ("accepted", "refused", "dead_lettered", "quarantined", "errors_4xx", "errors_5xx")
OF_API = ("rows_delivered", "rows_quarantined", "rows_filtered")


def figures(stack: LocalStack) -> dict[str, dict[str, int]]:
    """The sums of all hours, by source; those of the platform are called so."""
    columns = ("requests", *COUNTS, *OF_API)
    asked = ", ".join(f"sum({name})" for name in columns)
    rows = evidence.rows(stack, f"SELECT coalesce(source, 'platform'), {asked} FROM operations_hours GROUP BY source")
    return {str(row[0]): dict(zip(columns, (int(value or 0) for value in row[1:]), strict=True)) for row in rows}


def gained(before: dict[str, dict[str, int]], after: dict[str, dict[str, int]], source: str) -> dict[str, int]:
    changes = {name: value - before.get(source, {}).get(name, 0) for name, value in after[source].items()}
    return {name: change for name, change in changes.items() if change}


def collect(stack: LocalStack, moment: str) -> None:
    """Have the function write what is known, as its schedule does for a time."""
    functions = stack.client("lambda")
    [name] = [it["FunctionName"] for it in functions.list_functions()["Functions"] if "collector" in it["FunctionName"]]
    answer = functions.invoke(FunctionName=name, Payload=json.dumps({"time": moment}).encode())
    assert "FunctionError" not in answer, answer["Payload"].read()


def written(stack: LocalStack) -> dict[str, str]:
    """The objects of the tables, with their ETags."""
    listed = stack.client("s3").list_objects_v2(Bucket=stack.outputs["curated_bucket"], Prefix="operations-hours/")
    return {it["Key"]: it["ETag"] for it in listed.get("Contents", [])}


def send_a_mix(stack: LocalStack) -> None:
    """Orders: 2 accepted beside one refused, one refused alone, one request that is no JSON, 3 dead-lettered, one that
    is quarantined behind the door; clicks: 2 accepted, of which one is quarantined, and a batch of 3.
    """
    good = mishaps.some_orders(6)
    orders, clicks = client_of(stack, mishaps.ORDERS), client_of(stack, CLICKS)
    assert orders.send([*good[:2], {**good[2], "price": -1}]).refused == 1
    assert [evidence.post(stack, body).status for body in ("{}", "no JSON")] == [400, 400]
    with mishaps.environment(stack, "ingest", STREAMS='{"orders": "no-such-stream"}'):
        mishaps.send(stack, good[3:])
    mishaps.put_on_the_stream(stack, mishaps.envelope("bad-1", {**good[0], "price": -1}))
    for created in ("2026-03-14 18:30:00", "yesterday"):
        assert clicks.send([{"element_clicked": "a", "time_spent": 1, "created_at": created}]).accepted == 1
    batch = [{"element_clicked": name, "time_spent": 1, "created_at": "2026-03-14 18:30:00"} for name in "abc"]
    assert clicks.send(batch).accepted == 3
    orders.close()
    clicks.close()
    stack.flush()


def test_the_tables_say_what_became_of_each_event_and_so_does_a_second_run(own_stack: LocalStack) -> None:
    now, _ = own_stack.tick("+0s")
    hours_ahead = datetime.datetime.fromisoformat(now) + datetime.timedelta(hours=2)
    collect(own_stack, hours_ahead.isoformat())
    before, objects = figures(own_stack), written(own_stack)
    send_a_mix(own_stack)

    until, runs = own_stack.tick("+1h10m")
    assert [run["outcome"] for run in runs if "operations-data-hourly" in run["name"]]
    end = time.monotonic() + 60
    while written(own_stack) == objects:
        assert time.monotonic() < end, "the schedule's run wrote nothing"
        time.sleep(0.1)
    collect(own_stack, until)
    once = written(own_stack)
    collect(own_stack, until)
    after = figures(own_stack)

    assert written(own_stack) == once
    assert gained(before, after, "orders") == {
        "accepted": 5, "refused": 3, "dead_lettered": 3, "quarantined": 1, "errors_4xx": 2,
    }  # fmt: skip
    assert gained(before, after, "clickstream") == {"accepted": 5, "quarantined": 1}
    assert gained(before, after, "platform") == {
        "requests": 7, "errors_4xx": 2, "rows_delivered": 6, "rows_quarantined": 2,
    }  # fmt: skip
    [counted] = command.of(own_stack, (CLICKS,))
    assert (counted.fates.accepted, counted.fates.quarantined) == (5, 1), "`rapid counts` says the same"


def test_the_costs_are_what_the_budget_says(own_stack: LocalStack) -> None:
    [row] = evidence.rows(
        own_stack, "SELECT budget, spent >= 0, forecast FROM operations_costs ORDER BY day DESC LIMIT 1"
    )
    assert row == ("900.0", "true", None)
