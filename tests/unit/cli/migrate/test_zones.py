"""The zones raw and quarantine on their way into the streaming lake."""

import datetime
import hashlib
import time

import pytest

from rapid.cli.errors import CommandError
from rapid.cli.migrate import alone, copying, state, zones
from rapid.cli.migrate.alone import Turn

from .lakes import day


def carry(lakes):
    """One sync of both zones."""
    turn = Turn(state.touch(lakes.stack, "test"))
    return zones.carry(lakes.s3, lakes.migration, turn)


def test_everything_is_copied_once_and_then_nothing(lakes):
    for number in range(7):
        lakes.put(f"orders/{day(1)}/old-orders-{number}.gz", b"event %d" % number)
    lakes.put("orders/2026/01/01/a.json", b"{}", "quarantine", ContentType="application/json")
    lakes.put("files/orders/f/1.gz", b"rows", "quarantine")
    found = carry(lakes)
    assert (found["raw"].copied, found["quarantine"].copied, found["raw"].bytes) == (7, 2, 49)
    for zone in ("raw", "quarantine"):
        assert lakes.bodies(lakes.new, zone) == lakes.bodies(lakes.old, zone)
    copy = lakes.s3.head_object(Bucket=lakes.new["quarantine"], Key="orders/2026/01/01/a.json", ChecksumMode="ENABLED")
    assert copy["ContentType"] == "application/json"
    assert copy["ChecksumSHA256"]
    again = carry(lakes)
    assert [(zone.there, zone.copied) for zone in again.values()] == [(7, 0), (2, 0), (0, 0)]
    assert lakes.versions(lakes.new) == sorted(lakes.bodies(lakes.old))


def test_large_objects_go_in_parts_and_are_known_again_by_the_source_they_name(lakes, monkeypatch):
    mib = 1024 * 1024
    monkeypatch.setattr(copying, "LARGE_BYTES", 6 * mib)
    monkeypatch.setattr(copying, "PART_BYTES", 5 * mib)
    body = bytes(range(256)) * (12 * 1024 * 1024 // 256)
    lakes.put("orders/large", body, ContentEncoding="gzip", Metadata={"written": "by hand"})
    assert carry(lakes)["raw"].copied == 1
    copy = lakes.s3.get_object(Bucket=lakes.new["raw"], Key="orders/large")
    assert copy["ETag"].endswith('-3"')
    assert hashlib.sha256(copy["Body"].read()).digest() == hashlib.sha256(body).digest()
    assert copy["ContentEncoding"] == "gzip"
    assert copy["Metadata"]["written"] == "by hand"
    assert carry(lakes)["raw"].there == 1
    # Its bytes change, and their number does not.
    lakes.put("orders/large", body[::-1])
    assert carry(lakes)["raw"].again == 1
    assert lakes.s3.get_object(Bucket=lakes.new["raw"], Key="orders/large")["Body"].read() == body[::-1]
    assert lakes.versions(lakes.new) == ["orders/large"]


def test_a_source_that_was_stored_in_parts_is_known_again_too(lakes):
    mib, bucket = 1024 * 1024, lakes.old["raw"]
    upload = lakes.s3.create_multipart_upload(Bucket=bucket, Key="orders/parts")["UploadId"]
    parts = [
        {
            "PartNumber": number,
            "ETag": lakes.s3.upload_part(
                Bucket=bucket, Key="orders/parts", UploadId=upload, PartNumber=number, Body=bytes(5 * mib)
            )["ETag"],
        }
        for number in (1, 2)
    ]
    lakes.s3.complete_multipart_upload(
        Bucket=bucket, Key="orders/parts", UploadId=upload, MultipartUpload={"Parts": parts}
    )
    assert carry(lakes)["raw"].copied == 1
    assert [carry(lakes)["raw"].there for _ in range(2)] == [1, 1]
    assert lakes.versions(lakes.new) == ["orders/parts"]


@pytest.mark.parametrize("rest", [b"of others", b"EVENT", None])
def test_an_erased_person_survives_in_no_version_of_a_copy(lakes, rest):
    key = f"orders/{day(1)}/old-orders-1.gz"
    lakes.put(key, b"event")
    carry(lakes)
    lakes.erase(key, rest)
    found = carry(lakes)["raw"]
    assert (found.again, found.erased) == ((1, 0) if rest else (0, 1))
    assert lakes.bodies(lakes.new) == ({key: rest} if rest else {})
    assert lakes.versions(lakes.new) == ([key] if rest else [])


def test_a_source_that_changes_under_the_copy_is_copied_as_it_then_is(lakes, monkeypatch):
    for number in range(5):
        lakes.put(f"orders/{day(1)}/{number}", b"before")
    plain, raced = copying.Copier._one, []

    def race(copier, item):
        if not raced:
            raced.append(item.source.key)
            lakes.erase(item.source.key, b"behind")
        return plain(copier, item)

    monkeypatch.setattr(copying.Copier, "_one", race)
    carry(lakes)
    assert lakes.bodies(lakes.new) == lakes.bodies(lakes.old)
    assert list(lakes.bodies(lakes.new).values()).count(b"behind") == 1


def test_a_source_that_goes_while_it_is_copied_leaves_no_copy(lakes, monkeypatch):
    key = f"orders/{day(1)}/1"
    lakes.put(key)
    plain = copying.Copier._one

    def race(copier, item):
        outcome = plain(copier, item)
        lakes.erase(key, None)
        return outcome

    monkeypatch.setattr(copying.Copier, "_one", race)
    # LastModified counts seconds, and the erasure's report must be younger than the copy.
    monkeypatch.setattr("rapid.cli.migrate.vanished.Vanished.erased_since", lambda *_: True)
    assert carry(lakes)["raw"].erased == 1
    assert not lakes.versions(lakes.new)


def test_what_has_expired_is_deleted_and_what_somebody_deleted_stays_and_is_named(lakes, capsys):
    rule = {"ID": "a", "Status": "Enabled", "Filter": {"Prefix": "orders/"}, "Expiration": {"Days": 30}}
    lakes.s3.put_bucket_lifecycle_configuration(Bucket=lakes.new["raw"], LifecycleConfiguration={"Rules": [rule]})
    old, young = f"orders/{day(32)}/old-orders-1.gz", f"orders/{day(29)}/old-orders-2.gz"
    for key in (old, young):
        lakes.put(key)
    own = [f"orders/{day(40)}/new-orders-1-x.gz", f"feedback/{day(1)}/new-feedback-guests-1-x.gz"]
    for key in own:
        lakes.s3.put_object(Bucket=lakes.new["raw"], Key=key, Body=b"own")
    carry(lakes)
    for key in (old, young):
        lakes.s3.delete_object(Bucket=lakes.old["raw"], Key=key)
    found = carry(lakes)
    assert (found["raw"].expired, found["raw"].erased, found["raw"].kept_count) == (1, 0, 1)
    assert old not in lakes.bodies(lakes.new)
    zones.tell_kept(found)
    assert f"s3://{lakes.new['raw']}/{young}" in capsys.readouterr().out
    assert {*own} <= {*lakes.bodies(lakes.new)}


def test_a_copy_whose_source_left_a_trace_was_not_erased(lakes, monkeypatch):
    monkeypatch.setattr("rapid.cli.migrate.vanished.Vanished.erased_since", lambda *_: True)
    key = f"orders/{day(1)}/1"
    lakes.put(key)
    carry(lakes)
    lakes.s3.delete_object(Bucket=lakes.old["raw"], Key=key)
    assert carry(lakes)["raw"].kept == [f"s3://{lakes.new['raw']}/{key}"]


def test_more_than_is_held_in_memory_is_copied_all_the_same(lakes, monkeypatch):
    monkeypatch.setattr(zones, "MAX_HELD", 3)
    monkeypatch.setattr(copying, "_WAITING", 4)
    for number in range(20):
        lakes.put(f"orders/{day(1)}/{number}", b"%d" % number)
    assert carry(lakes)["raw"].copied == 20
    assert lakes.bodies(lakes.new) == lakes.bodies(lakes.old)


def test_what_s3_refuses_is_named_and_what_is_done_stays_done(lakes):
    for number in range(3):
        lakes.put(f"orders/{day(1)}/{number}")
    lakes.put(f"orders/{day(1)}/x", StorageClass="GLACIER")
    with pytest.raises(CommandError, match=rf"s3://{lakes.old['raw']}/orders/.*/x was not copied: .*NotInActiveTier"):
        carry(lakes)
    lakes.s3.delete_object(Bucket=lakes.old["raw"], Key=f"orders/{day(1)}/x")
    carry(lakes)
    assert lakes.bodies(lakes.new) == lakes.bodies(lakes.old)


def test_reports_of_erasures_lie_beside_those_of_the_new_lake_which_alone_it_counts(lakes):
    lakes.put("erasures/orders/1.json", b"remains", "curated")
    lakes.put("erasure-requests/orders/2.json", b"whom", "curated")
    lakes.put("tables/orders/data/1.parquet", b"rows", "curated")
    lakes.s3.put_object(Bucket=lakes.new["curated"], Key="erasures/orders/3.json", Body=b"its own")
    assert carry(lakes)["reports"].copied == 1
    lakes.put("erasures/orders/1.json", b"erased", "curated")
    assert carry(lakes)["reports"].again == 1
    assert carry(lakes)["reports"].there == 1
    found = lakes.bodies(lakes.new, "curated")
    assert {key: body for key, body in found.items() if not key.startswith(state.FOLDER)} == {
        "erasures/orders/3.json": b"its own",
        "old-erasures/orders/1.json": b"erased",
    }


def test_of_figures_that_both_lakes_have_those_written_last_stay(lakes):
    """Each run of the collector writes whole days anew, so that they have all that was there before."""
    march, april = "operations-costs/2026-03.json", "operations-costs/2026-04.json"
    lakes.put("operations-hours/2026-03-13.json", b"24 hours", "curated")
    lakes.put(march, b"spent 9", "curated")
    lakes.s3.put_object(Bucket=lakes.new["curated"], Key=april, Body=b"spent 1")
    assert carry(lakes)["reports"].copied == 2
    time.sleep(1)  # S3 says in seconds when an object came.
    lakes.s3.put_object(Bucket=lakes.new["curated"], Key=march, Body=b"spent 31")
    lakes.put(april, b"spent 2", "curated")
    assert (carry(lakes)["reports"].again, carry(lakes)["reports"].there) == (1, 3)
    found = lakes.bodies(lakes.new, "curated")
    assert [found[key] for key in ("operations-hours/2026-03-13.json", march, april)] == [
        b"24 hours",
        b"spent 31",
        b"spent 2",
    ]


@pytest.mark.parametrize("side", ["old", "new"])
def test_no_sync_begins_while_an_erasure_is_not_done(lakes, side):
    bucket = getattr(lakes, side)["curated"]
    lakes.s3.put_object(Bucket=bucket, Key="erasure-requests/orders/1.ids.json.gz", Body=b"")
    with alone.turn(lakes.stack, lakes.migration):
        assert state.sync_under_way(lakes.stack)
    lakes.s3.put_object(Bucket=bucket, Key="erasure-requests/orders/1.json", Body=b"{}")
    with pytest.raises(CommandError, match="an erasure from orders is not done"):
        alone.turn(lakes.stack, lakes.migration).__enter__()
    assert not state.sync_under_way(lakes.stack)


def test_an_erasure_that_begins_all_the_same_ends_a_sync_before_its_next_copy(lakes, monkeypatch):
    monkeypatch.setattr(state, "RUNNING_SECONDS", 0.03)
    for number in range(3):
        lakes.put(f"orders/{day(1)}/{number}")
    with alone.turn(lakes.stack, lakes.migration) as turn:
        zones.carry(lakes.s3, lakes.migration, turn)
        lakes.s3.put_object(Bucket=lakes.old["curated"], Key="erasure-requests/orders/1.json", Body=b"{}")
        with pytest.raises(CommandError, match="an erasure from orders is not done"):
            _forever(lambda: zones.carry(lakes.s3, lakes.migration, turn))


def _forever(work):
    while True:
        work()


def test_what_arrives_meanwhile_does_not_keep_a_sync_from_ending(lakes, monkeypatch):
    lakes.put(f"orders/{day(1)}/0")
    plain, numbers = zones._copy, iter(range(1, 100))

    def copy(*arguments):
        lakes.put(f"orders/{day(0)}/{next(numbers)}")
        return plain(*arguments)

    monkeypatch.setattr(zones, "_copy", copy)
    began = state.touch(lakes.stack, "test") - datetime.timedelta(hours=1)
    assert zones.carry(lakes.s3, lakes.migration, Turn(began))["raw"].copied == 1
    assert carry(lakes)["raw"].there == 1
