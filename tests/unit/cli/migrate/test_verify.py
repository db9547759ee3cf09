"""`rapid migrate verify`, over two lakes whose objects and tables are real."""

import dataclasses
import datetime
import json
import stat
import time
from pathlib import Path

import pytest

from contracts import load
from rapid.cli import job_run, target
from rapid.cli.errors import CommandError
from rapid.cli.migrate import in_flight, state, verify
from rapid.cli.migrate.objects import Found, Objects, Synced, Wrong
from rapid.cli.migrate.state import Step
from tests.unit.local.athena_rig import AthenaRig

from .two_lakes import NEW, OLD, TwoLakes

NOON = datetime.datetime(2026, 3, 14, 12)
TODAY = datetime.datetime.now(datetime.UTC)
ORDERS = load(Path(__file__).parents[4] / "sources" / "orders.yaml")


def key(days_ago: int, stream: str = "old-orders") -> str:
    return f"orders/{TODAY - datetime.timedelta(days=days_ago):%Y/%m/%d}/18/{stream}-1"


@pytest.fixture(scope="module")
def both(athena: AthenaRig, tmp_path_factory: pytest.TempPathFactory) -> TwoLakes:
    """History in the old lake, events in both, all synced. Each test leaves the lakes the same."""
    found = TwoLakes(athena, ORDERS, tmp_path_factory.mktemp("lakes"))
    new_order = found.sides[OLD].order
    found.deliver(*(new_order(time=f"2026-03-{day:02}T18:30:00.123") for day in (1, 1, 2, 3)), to=(OLD,))
    found.sides[OLD].curate()
    for number in range(3):
        for zone in ("raw", "quarantine"):
            found.s3.put_object(Bucket=f"old-{zone}", Key=key(number), Body=b"content %d" % number)
    found.sync()
    found.deliver(new_order(), new_order("e9"), new_order("e9"))
    return found


@pytest.fixture
def lakes(both: TwoLakes, monkeypatch: pytest.MonkeyPatch) -> TwoLakes:
    """Those, as the command finds them."""
    monkeypatch.setattr(target, "find", lambda: both.stack)
    monkeypatch.setattr(verify, "contracts_of", lambda _stack: (ORDERS,))
    monkeypatch.setattr(job_run, "run", both.curated)
    monkeypatch.setattr(in_flight, "_LOCAL_LOOKS", 1)
    return both


def test_a_deployed_source_whose_contract_the_checkout_lacks_is_not_passed_over(
    lakes: TwoLakes, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = {**lakes.stack.masked_outputs, "sources": ["orders", "gone"]}
    monkeypatch.setattr(target, "find", lambda: dataclasses.replace(lakes.stack, viewed=sources))
    with pytest.raises(CommandError, match="no contract of gone"):
        verify.run(None)


def test_lakes_with_the_same_content_pass_and_the_step_is_on_record(
    lakes: TwoLakes, capsys: pytest.CaptureFixture[str]
) -> None:
    for stream in ("new-orders-stream-1a2b3c4", "new-orders-guests-stream-5d6e7f8"):
        lakes.s3.put_object(Bucket="new-raw", Key=key(0, stream), Body=b"its own")

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
    # S3 says in seconds when an object came, which all did in the second of the sync.
    later = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=1)
    lakes.sync(later)
    s3.delete_object(Bucket="new-raw", Key=key(0))
    s3.put_object(Bucket="new-quarantine", Key=key(1), Body=b"content 7")
    s3.put_object(Bucket="new-raw", Key=key(2), Body=b"content")
    for number in (5, 6):
        s3.put_object(Bucket="new-raw", Key=key(number), Body=b"from nowhere")
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
        ("s3://new-raw", "object unexpected", key(6), ""),
        ("table orders", "partition doubled", "2026-03-03", "each of 1 row stands 2 times"),
        ("table orders", "extra row", "stray", "2026-03-02"),
    }
    assert stat.S_IMODE(report.stat().st_mode) == 0o600
    shown = capsys.readouterr()
    assert "s3://new-raw: 1 object missing\n" in shown.out
    assert "s3://new-raw: 2 objects unexpected\n" in shown.out
    assert "`aws glue delete-table --database-name lake_new --name orders_curated`" in shown.out
    assert not (state.last(lakes.stack, Step.VERIFY) or {})["passed"]

    lakes.rig.glue.delete_table(DatabaseName="lake_new", Name="orders_curated")
    for number in (5, 6):
        s3.delete_object(Bucket="new-raw", Key=key(number))
    lakes.sync()
    assert verify.run(None) == 0


def test_a_bad_event_that_the_target_noted_while_it_was_on_its_way_to_the_old_lake_is_not_unexpected(
    lakes: TwoLakes,
) -> None:
    today = datetime.datetime.now(datetime.UTC)
    lakes.s3.put_object(Bucket="new-quarantine", Key=f"orders/{today:%Y/%m/%d}/noted.json", Body=b"{}")
    lakes.sync()
    assert verify.run(None) == 0


def test_of_an_event_sent_again_both_lakes_keep_the_first_received_in_whatever_order_they_saw_the_two(
    lakes: TwoLakes,
) -> None:
    order = lakes.sides[OLD].order
    first, again = (order("e-twice", received_at=NOON + datetime.timedelta(hours=hours)) for hours in (0, 1))
    for name, rows in ((OLD, (first, again)), (NEW, (again, first))):
        for row in rows:
            lakes.deliver(row, to=(name,))
            lakes.sides[name].curate()

    assert verify.run(None) == 0


def test_a_repeat_beyond_the_horizon_that_one_order_alone_keeps_is_named_and_there_once_the_table_is_made_anew(
    lakes: TwoLakes, capsys: pytest.CaptureFixture[str]
) -> None:
    days = (0, 5, 10)
    assert days[1] < ORDERS.repeat_horizon_days < days[2]
    order = lakes.sides[OLD].order
    copies = [order("e-thrice", received_at=NOON + datetime.timedelta(days=number)) for number in days]
    # To whom the second one comes first, the third one is a repeat of it; of what lost nothing is left.
    for name, places in ((OLD, (0, 1, 2)), (NEW, (1, 2, 0))):
        for place in places:
            lakes.deliver(copies[place], to=(name,))
            lakes.sides[name].curate()

    assert verify.run(None) == 1
    assert "table orders: 1 missing row\n  e-thrice  2026-03-14\n" in capsys.readouterr().out

    lakes.rig.glue.delete_table(DatabaseName="lake_new", Name="orders_curated")
    lakes.sync()
    assert verify.run(None) == 0


def test_copies_of_history_are_held_against_their_data_files(lakes: TwoLakes) -> None:
    [missing, changed, *_] = lakes.copies_of_history()
    lakes.s3.delete_object(Bucket="new-processed", Key=missing)
    content = bytearray(lakes.s3.get_object(Bucket="new-processed", Key=changed)["Body"].read())
    content[len(content) // 2] ^= 1
    lakes.s3.put_object(Bucket="new-processed", Key=changed, Body=bytes(content))

    found = compare_objects(lakes)

    assert {(place, wrong): [one.name for one in named] for (place, wrong), named in found.wrong.items()} == {
        ("new-processed", Wrong.MISSING): [missing],
        ("new-processed", Wrong.CHANGED): [changed],
    }
    lakes.sync()


def test_an_object_that_was_copied_in_parts_is_the_same_by_its_bytes(lakes: TwoLakes) -> None:
    upload = {"Bucket": "new-raw", "Key": key(1)}
    upload_id = lakes.s3.create_multipart_upload(**upload)["UploadId"]
    part = lakes.s3.upload_part(**upload, UploadId=upload_id, PartNumber=1, Body=b"content 1")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    lakes.s3.complete_multipart_upload(**upload, UploadId=upload_id, MultipartUpload=parts)
    assert "-1" in lakes.s3.head_object(**upload)["ETag"]

    assert not compare_objects(lakes).wrong
    lakes.sync()


def test_what_came_after_the_last_sync_is_not_missing(lakes: TwoLakes) -> None:
    later = Synced(TODAY - datetime.timedelta(days=1), TODAY - datetime.timedelta(days=1))
    lakes.s3.put_object(Bucket="old-raw", Key=key(7), Body=b"new")

    found = compare_objects(lakes, later)

    assert (found.since["raw"], found.wrong) == (1, {})
    lakes.sync()


def test_reports_and_figures_of_operations_are_compared_and_those_that_a_lake_wrote_later_are_no_difference(
    lakes: TwoLakes,
) -> None:
    s3, day, month = lakes.s3, "operations-hours/2026-03-13.json", "operations-costs/2026-03.json"
    for name, body in (("erasures/orders/1.json", b"erased"), (day, b"24 hours"), (month, b"spent 31")):
        s3.put_object(Bucket="old-curated", Key=name, Body=body)
    s3.put_object(Bucket="new-curated", Key=day, Body=b"1 hour")
    time.sleep(1)  # S3 says in seconds when an object came.
    s3.put_object(Bucket="new-curated", Key=month, Body=b"spent 32")
    s3.put_object(Bucket="old-curated", Key=day, Body=b"24 hours")

    found = compare_objects(lakes)

    assert {(place, wrong): [one.name for one in named] for (place, wrong), named in found.wrong.items()} == {
        ("new-curated", Wrong.MISSING): ["old-erasures/orders/1.json"],
        ("new-curated", Wrong.CHANGED): [day],
    }
    since = compare_objects(lakes, Synced(TODAY - datetime.timedelta(days=1), TODAY - datetime.timedelta(days=1)))
    assert (since.since["reports"], since.wrong) == (3, {})
    for name in ("erasures/orders/1.json", day, month):
        s3.delete_object(Bucket="old-curated", Key=name)


def compare_objects(lakes: TwoLakes, synced: Synced | None = None) -> Found:
    now = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=2)
    objects = Objects(lakes.stack, lakes.migration, (ORDERS,), synced or Synced(now, now))
    return objects.compare(lambda _what: None)


def test_while_a_sync_is_under_way_nothing_is_compared(lakes: TwoLakes) -> None:
    state.touch(lakes.stack, "other")
    with pytest.raises(CommandError, match="a `rapid migrate sync` is under way"):
        verify.run(None)
    state.untouch(lakes.stack, "other")


def test_a_file_that_cannot_be_written_is_told_before_anything_is_compared(lakes: TwoLakes, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"--report .*/no/such/file: No such file or directory; name a file in"):
        verify.run(tmp_path / "no" / "such" / "file")
