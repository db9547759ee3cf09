"""The model of `rapid estimate` beside what the local cloud counts, and `rapid cost` of what was used."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from components.stack_tags import STACK_TAG
from rapid.cli.app import app
from rapid.cli.target import LocalStack
from rapid.cost import assumptions as assumed
from rapid.cost import model
from rapid.cost.prices import GB
from tests.deployed.events import CLICK, ORDER

EVENTS, BATCH = 200, 20
LOG_TOLERANCE = 0.25
"""Lines of the transform are not counted on, and ids and paths differ in length."""


def used(stack: LocalStack) -> dict[str, float]:
    """Quantities by price of what carries the stack's tag."""
    ce = stack.client("ce")
    ce.update_cost_allocation_tags_status(CostAllocationTagsStatus=[{"TagKey": STACK_TAG, "Status": "Active"}])
    today = datetime.now(UTC).date()
    found = ce.get_cost_and_usage(
        TimePeriod={"Start": (today - timedelta(days=1)).isoformat(), "End": (today + timedelta(days=1)).isoformat()},
        Granularity="MONTHLY",
        Metrics=["UsageQuantity"],
        Filter={"Tags": {"Key": STACK_TAG, "Values": [stack.outputs["stack_tag"]]}},
        GroupBy=[{"Type": "DIMENSION", "Key": "USAGE_TYPE"}],
    )["ResultsByTime"]
    quantities: dict[str, float] = {}
    for group in (group for month in found for group in month["Groups"]):
        quantity = float(group["Metrics"]["UsageQuantity"]["Amount"])
        quantities[group["Keys"][0]] = quantities.get(group["Keys"][0], 0.0) + quantity
    return quantities


def sent(stack: LocalStack, source: str, event: dict[str, Any], batch: int, tmp_path: Path) -> int:
    """Send events and have them delivered; the length of each."""
    lines = [json.dumps({**event, "event_id": str(uuid.uuid4())}, separators=(",", ":")) for _ in range(EVENTS)]
    file = tmp_path / f"{source}.ndjson"
    file.write_text("\n".join(lines))
    done = CliRunner().invoke(app, ["send", source, "--file", str(file), "--batch", str(batch)])
    assert f"{EVENTS} accepted" in done.output
    stack.flush()
    return len(lines[0])


@pytest.mark.parametrize(
    ("source", "event", "batch", "envelope"),
    [("orders", ORDER, BATCH, assumed.ENVELOPE_BYTES), ("clickstream", CLICK, 4, assumed.DIRECT_ENVELOPE_BYTES)],
    ids=["lambda", "direct"],
)
def test_what_a_load_uses_is_what_the_model_says(stack, tmp_path, source, event, batch, envelope) -> None:
    stack.flush()
    before, requests = used(stack), EVENTS // batch
    event_bytes = sent(stack, source, event, batch, tmp_path)
    log_bytes = requests * (assumed.ACCESS_LOG_BYTES + (assumed.INGEST_LOG_BYTES if source == "orders" else 0))
    more = {name: quantity - before.get(name, 0.0) for name, quantity in used(stack).items()}
    assert more["api_gateway_requests"] == requests
    billed = requests * model.billed_bytes(batch, event_bytes + envelope)
    assert more["firehose_ingested"] * GB == pytest.approx(billed, rel=0.02)
    assert more["firehose_converted"] == more["firehose_ingested"]
    # Each delivery is one raw object and one processed one, of which EventBridge is told.
    assert more["s3_writes"] == pytest.approx(2 * more["eventbridge_events"])
    assert more["logs_ingested"] * GB == pytest.approx(log_bytes, rel=LOG_TOLERANCE)


def test_what_was_used_costs_what_the_price_file_says(stack, monkeypatch) -> None:
    # To run the program takes seconds, and tests/unit/cost does.
    monkeypatch.setattr("rapid.cli.cost._estimated", lambda _tag, _period: {})
    assert CliRunner().invoke(app, ["cost", "--activate"]).exit_code == 0
    told = json.loads(CliRunner().invoke(app, ["cost", "--days", "1", "--json"]).stdout)
    assert told["tag"] == f"{STACK_TAG}=rapid-analytics/dev"
    assert told["budget_dollars"] == 900
    assert 0 < told["dollars"] < 1
    assert told["dollars"] == pytest.approx(sum(told["by_service"].values()))
    assert told["by_service"]["AWS Key Management Service"] > 0
