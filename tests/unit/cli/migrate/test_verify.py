"""`rapid migrate verify`, over two lakes whose objects and tables are real."""

import datetime
import json
import stat
from pathlib import Path

import pytest

from contracts import load
from rapid.cli import job_run, target
from rapid.cli.migrate import in_flight, state, verify
from rapid.cli.migrate.state import Step
from tests.unit.local.athena_rig import AthenaRig

from .two_lakes import NEW, OLD, TwoLakes

TODAY = datetime.datetime.now(datetime.UTC)
ORDERS = load(Path(__file__).parents[4] / "sources" / "orders.yaml")


def key(days_ago: int, stream: str = "old-orders") -> str:
    return f"orders/{TODAY - datetime.timedelta(days=days_ago):%Y/%m/%d}/18/{stream}-1"


@pytest.fixture
def lakes(athena: AthenaRig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TwoLakes:
    """History in the old lake, events in both, all synced."""
    found = TwoLakes(athena, ORDERS, tmp_path)
    monkeypatch.setattr(target, "find", lambda: found.stack)
    monkeypatch.setattr(verify, "contracts_of", lambda _stack: (ORDERS,))
    monkeypatch.setattr(job_run, "run", found.curated)
    monkeypatch.setattr(in_flight, "_LOCAL_PAUSE_SECONDS", 0.0)
    new_order = found.sides[OLD].order
    found.deliver(*(new_order(time=f"2026-03-{day:02}T18:30:00.123") for day in (1, 1, 2, 3)), to=(OLD,))
    found.sides[OLD].curate()
    for number in range(3):
        for zone in ("raw", "quarantine"):
            found.s3.put_object(Bucket=f"old-{zone}", Key=key(number), Body=b"content %d" % number)
    found.sync()
    found.deliver(new_order(), new_order("e9"), new_order("e9"))
    return found


def test_lakes_with_the_same_content_pass_and_the_step_is_on_record(
    lakes: TwoLakes, capsys: pytest.CaptureFixture[str]
) -> None:
    lakes.s3.put_object(Bucket="new-raw", Key=key(0, "new-orders"), Body=b"its own")

    assert verify.run(None) == 0

    shown = capsys.readouterr().out
    assert "The lakes are the same." in shown
    assert "history: 3 objects compared" in shown
    kept = state.last(lakes.stack, Step.VERIFY)
    assert kept is not None
    assert (kept["passed"], kept["rows"], kept["objects"], kept["differences"]) == (True, 6, 9, {})


def test_each_damage_is_named_and_the_way_back_that_is_shown_leads_back(
    lakes: TwoLakes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    s3 = lakes.s3
    s3.delete_object(Bucket="new-raw", Key=key(0))
    s3.put_object(Bucket="new-quarantine", Key=key(1), Body=b"content 7")
    s3.put_object(Bucket="new-raw", Key=key(2), Body=b"content")
    s3.put_object(Bucket="new-raw", Key=key(5), Body=b"from nowhere")
    third = [row for row in lakes.rows(NEW) if row["timestamp"].day == 3]
    second = [row for row in lakes.rows(NEW) if row["timestamp"].day == 2]
    lakes.append(NEW, third)
    lakes.append(NEW, [{**second[0], "event_id": "stray"}])
    report = tmp_path / "differences"
    report.touch(mode=0o644)

    assert verify.run(report) == 1

    found = {(line["place"], line["what"], line["name"], line["detail"]) for line in map(json.loads, report.open())}
    assert found == {
        ("s3://new-raw", "object missing", key(0), ""),
        ("s3://new-quarantine", "object changed", key(1), "same size, other content"),
        ("s3://new-raw", "object changed", key(2), "7 bytes instead of 9"),
        ("s3://new-raw", "object unexpected", key(5), ""),
        ("table orders", "partition doubled", "2026-03-03", "each of 1 row stands 2 times"),
        ("table orders", "extra row", "stray", "2026-03-02"),
    }
    assert stat.S_IMODE(report.stat().st_mode) == 0o600
    shown = capsys.readouterr()
    assert "`aws glue delete-table --database-name lake_new --name orders_curated`" in shown.out
    assert not (state.last(lakes.stack, Step.VERIFY) or {})["passed"]

    lakes.rig.glue.delete_table(DatabaseName="lake_new", Name="orders_curated")
    s3.delete_object(Bucket="new-raw", Key=key(5))
    lakes.sync()
    assert verify.run(None) == 0
