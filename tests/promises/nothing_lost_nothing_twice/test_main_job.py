"""The main job: orders go in by HTTP, answers come out by SQL, and every event's fate is known and counted."""

import json
import time
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rapid.cli import reconciliation, saved_queries
from rapid.cli.app import app
from rapid.cli.counts import command as counts
from rapid.cli.credentials import ApiKey
from rapid.cli.ingest_client import IngestClient
from rapid.cli.send import ingest_url
from rapid.cli.target import LocalStack
from tests.deployed import orders
from tests.deployed.evidence import curate, number, post, quarantined, raw_lines, rows

DOCUMENT_QUERY = """
SELECT
    menuItem,
    COUNT(*) AS order_count,
    SUM(quantity) AS total_quantity,
    SUM(price * quantity) AS total_revenue
FROM orders_processed
GROUP BY menuItem
ORDER BY total_revenue DESC
LIMIT 10
"""
"""The sample query of the proof of concept, on this platform's table."""

COUNT = "SELECT count(*) FROM orders_processed"
DISTINCT = "SELECT count(DISTINCT event_id) FROM orders_processed"


def put_on_the_stream(stack: LocalStack, lines: list[bytes]) -> None:
    """Put lines straight onto the orders' delivery stream, past the API: one line a record, 500 records a request."""
    firehose = stack.client("firehose")
    for start in range(0, len(lines), 500):
        records = [{"Data": line} for line in lines[start : start + 500]]
        while records:
            answer = firehose.put_record_batch(DeliveryStreamName=stack.outputs["streams"]["orders"], Records=records)
            # What comes faster than the stream takes it fails alone.
            failed = [entry.get("ErrorCode") for entry in answer["RequestResponses"]]
            assert {*failed} <= {None, "ServiceUnavailableException"}
            records = [record for record, error in zip(records, failed, strict=True) if error]
            time.sleep(0.5 if records else 0)


def test_the_order_of_the_document_answers_its_query(stack: LocalStack) -> None:
    item = "Pasta Carbonara for the document"
    order = {
        "timestamp": "2026-03-14T18:30:00.123+01:00",
        "menuItem": item,
        "quantity": 2,
        "price": 15.99,
        "customerId": "cust123",
        "restaurantId": "rest456",
    }
    assert post(stack, json.dumps(order)).json()["accepted"] == 1
    stack.flush()
    assert (item, "1", "2", "31.98") in rows(stack, DOCUMENT_QUERY.replace("LIMIT 10", ""))
    [row] = rows(stack, f"SELECT timestamp, customerid, restaurantid FROM orders_processed WHERE menuitem = '{item}'")
    assert row == ("2026-03-14 17:30:00.123", "cust123", "rest456")


def test_the_saved_query_of_the_document_is_there_and_runs(stack: LocalStack) -> None:
    curate(stack, "orders")
    on_the_view = DOCUMENT_QUERY.replace("orders_processed", "orders")
    assert saved_queries.find(stack, "top_menu_items_by_revenue").sql.split() == on_the_view.split()
    assert CliRunner().invoke(app, ["query", "top_menu_items_by_revenue"]).exit_code == 0


def test_every_invalid_order_of_a_batch_is_refused_under_its_index_and_field(stack: LocalStack) -> None:
    generated = orders.generate(count=500, repeats=0, invalid=50, seed=3)
    client = IngestClient(ingest_url(stack, orders.CONTRACT), ApiKey(stack.outputs["api_key"]))
    outcome = client.send(generated.events)
    client.close()
    assert {refusal.index: refusal.field for refusal in outcome.refusals} == generated.faults
    assert outcome.accepted == 450


@pytest.mark.parametrize(
    ("count", "share", "direct"),
    [
        pytest.param(3_000, 30, 100, id="small"),
        pytest.param(100_000, 1_000, 1_000, id="full", marks=pytest.mark.full_size),
    ],
)
def test_the_counts_of_all_fates_add_up(stack: LocalStack, tmp_path: Path, count: int, share: int, direct: int) -> None:
    generated = orders.generate(count=count, repeats=share, invalid=share)
    spoilt = orders.invalid_envelopes(direct)
    file = tmp_path / "orders.ndjson"
    file.write_text(orders.as_ndjson(generated.events))
    stack.flush()
    table_before, distinct_before = number(stack, COUNT), number(stack, DISTINCT)
    raw_before, quarantined_before = raw_lines(stack), len(quarantined(stack))
    revenue_before = {item: Decimal(total) for item, total in revenue(stack).items()}

    sent = CliRunner().invoke(app, ["send", "orders", "--file", str(file)])
    put_on_the_stream(stack, [line for line, _ in spoilt])
    stack.flush()

    accepted = count - share
    assert f"{accepted} accepted, {share} refused" in sent.stdout
    assert sent.exit_code == 1, "refused events are not success"
    assert number(stack, COUNT) - table_before == accepted
    assert raw_lines(stack) - raw_before == accepted + direct
    new = [event for event in quarantined(stack) if event["id"].startswith("direct-")]
    assert len(quarantined(stack)) - quarantined_before == direct
    assert {event["id"]: event["errors"][0]["field"] for event in new} == {
        f"direct-{position}": field for position, (_, field) in enumerate(spoilt)
    }
    assert all(error["reason"] for event in new for error in event["errors"])
    for item, total in generated.revenue.items():
        assert Decimal(revenue(stack)[item]) - revenue_before.get(item, 0) == total
    assert number(stack, DISTINCT) - distinct_before == accepted - share
    curate(stack, "orders")
    [counted] = counts.of(stack, (orders.CONTRACT,))
    assert counted.fates.adds_up, counted
    assert counted.fates.accepted == raw_lines(stack)
    assert counted.fates.curated == number(stack, DISTINCT)
    assert counted.fates.duplicate == number(stack, COUNT) - number(stack, DISTINCT)
    assert counted.fates.quarantined == len(quarantined(stack))
    print(
        f"\n{count} sent: {accepted} accepted and in the table, of which {share} repeat an id; {share} refused by index"
        f"\n{direct} invalid records put onto the stream: {direct} in quarantine, each with its reason"
        f"\n{accepted + direct} in the raw zone"
        f"\n{json.dumps(counted.document())}"
    )


def revenue(stack: LocalStack) -> dict[str, str]:
    """Revenue by menu item, by SQL."""
    found = rows(stack, "SELECT menuItem, sum(price * quantity) FROM orders_processed GROUP BY menuItem")
    return {item: total for item, total in found if item and total}


def test_the_check_of_local_up_sees_a_difference(stack: LocalStack) -> None:
    stack.flush()
    comparisons = reconciliation.compare(stack, orders.CONTRACT, orders.CONTRACT.table, [])
    post(stack, orders.as_ndjson(orders.generate(1, 0, 0, seed=9).events))
    stack.flush()
    again = reconciliation.compare(stack, orders.CONTRACT, orders.CONTRACT.table, [])
    assert not again[0].equal
    assert again[0].found == comparisons[0].found + 1
