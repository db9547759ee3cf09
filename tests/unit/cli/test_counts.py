"""What counts as which fate: sets of ids in, numbers out."""

import base64
import gzip
import hashlib
import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import load_all
from rapid.cli.counts import dead_letters, landed_files, side_places, streams, zones
from rapid.cli.counts.fates import Fates, Side, Zones, tally
from rapid.cli.counts.landed_files import LandedFiles
from rapid.cli.counts.lines import side
from rapid.cli.counts.streams import AwsStream, LocalStream

from .fake_aws import Bucket, Queue, message

SOURCES = Path(__file__).parents[3] / "sources"
NOTHING = Side()
EMPTY_STREAM, FULL_STREAM = LocalStream(0), LocalStream(1)
NO_IDS: frozenset[str] = frozenset()


def ids(*names: str) -> Side:
    return Side(frozenset(names))


def fates(
    zones: Zones,
    quarantine: Side = NOTHING,
    failures: Side = NOTHING,
    dead: Side = NOTHING,
    pending: frozenset[str] = NO_IDS,
    held: frozenset[str] = NO_IDS,
    stream: LocalStream | AwsStream = EMPTY_STREAM,
    filtered: frozenset[str] = NO_IDS,
) -> Fates:
    return tally(zones, quarantine, failures, dead, filtered=filtered, pending=pending, held=held, stream=stream)


def test_curated_and_repeated_events_are_counted_by_the_tables() -> None:
    found = fates(Zones(curated=5, curated_rows=5, duplicate=2))
    assert (found.accepted, found.curated, found.duplicate, found.adds_up) == (7, 5, 2, True)


def test_an_event_in_an_object_that_the_ledger_lacks_is_in_flight() -> None:
    found = fates(Zones(processed=frozenset({"a", "b"})), pending=frozenset({"a", "b", "x"}))
    assert (found.accepted, found.in_flight, found.adds_up) == (2, 2, True)


def test_an_event_of_an_object_in_the_ledger_that_the_table_lacks_is_unaccounted() -> None:
    found = fates(Zones(processed=frozenset({"a", "b"})), pending=frozenset({"a"}))
    assert (found.accepted, found.in_flight, found.unaccounted, found.adds_up) == (2, 1, 1, False)


def test_an_event_in_the_raw_zone_alone_is_unaccounted_once_the_stream_is_empty() -> None:
    assert fates(Zones(raw={"a": 0.0})).unaccounted == 1
    assert fates(Zones(raw={"a": 0.0}), stream=FULL_STREAM).in_flight == 1


def test_on_aws_an_event_in_the_raw_zone_alone_is_in_flight_as_long_as_firehose_may_hold_it() -> None:
    stream = AwsStream(now=100_000.0)
    zones = Zones(raw={"new": 99_000.0, "old": 100_000.0 - streams.MAX_SECONDS})
    found = fates(zones, stream=stream)
    assert (found.accepted, found.in_flight, found.unaccounted) == (2, 1, 1)


def test_a_quarantined_event_is_counted_once_though_its_record_failed_as_well() -> None:
    found = fates(Zones(raw={"a": 0.0}), quarantine=ids("a"), failures=ids("a"))
    assert (found.accepted, found.quarantined, found.failed, found.adds_up) == (1, 1, 0, True)


def test_a_filtered_event_is_counted_once_though_its_record_failed_or_was_dead_lettered_as_well() -> None:
    found = fates(Zones(raw={"a": 0.0, "b": 0.0}), failures=ids("a"), dead=ids("b"), filtered=frozenset({"a", "b"}))
    assert (found.accepted, found.filtered, found.failed, found.adds_up) == (2, 2, 0, True)


def test_a_filtered_event_that_a_table_holds_is_curated_and_one_that_was_in_quarantine_before_is_filtered() -> None:
    filtered, held = frozenset({"a", "b"}), frozenset({"a"})
    found = fates(Zones(curated=1, curated_rows=1, raw={"b": 0.0}), ids("b"), filtered=filtered, held=held)
    assert (found.accepted, found.curated, found.quarantined, found.filtered, found.adds_up) == (2, 1, 0, 1, True)


def test_events_of_a_failed_record_are_failed() -> None:
    found = fates(Zones(raw={"a": 0.0, "b": 0.0}), failures=ids("a", "b"))
    assert (found.failed, found.adds_up) == (2, True)


def test_a_failed_event_that_a_table_holds_has_that_fate_alone() -> None:
    found = fates(Zones(curated=1, curated_rows=1), failures=ids("a"), held=frozenset({"a"}))
    assert (found.accepted, found.curated, found.failed, found.adds_up) == (1, 1, 0, True)


def test_a_dead_lettered_event_is_accepted_though_no_zone_has_it() -> None:
    found = fates(Zones(), dead=Side(frozenset({"a", "b"}), 1))
    assert (found.accepted, found.dead_lettered, found.adds_up, found.not_in_raw) == (3, 3, True, 0)


def test_a_dead_lettered_event_that_the_stream_took_after_all_has_the_stream_s_fate() -> None:
    found = fates(Zones(curated=1, curated_rows=1), dead=ids("a"), held=frozenset({"a"}))
    assert (found.accepted, found.curated, found.dead_lettered, found.adds_up) == (1, 1, 0, True)


def test_a_dead_lettered_event_in_the_raw_zone_alone_is_not_lost() -> None:
    found = fates(Zones(raw={"a": 0.0}), dead=ids("a"))
    assert (found.accepted, found.dead_lettered, found.adds_up) == (1, 1, True)


def test_lines_without_id_are_accepted_and_quarantined_by_line() -> None:
    zones = Zones(raw_lines_without_id={"2026/03/14/18": 2, "2026/03/14/19": 1})
    found = fates(zones, quarantine=Side(lines_without_id=2), failures=Side(lines_without_id=1))
    assert (found.accepted, found.quarantined, found.failed, found.adds_up) == (3, 2, 1, True)


def test_a_line_without_id_that_went_nowhere_is_unaccounted_once_the_stream_is_empty() -> None:
    zones = Zones(raw_lines_without_id={"2026/03/14/18": 3})
    quarantine = Side(lines_without_id=2)
    assert fates(zones, quarantine).unaccounted == 1
    assert fates(zones, quarantine, stream=FULL_STREAM).in_flight == 1
    assert fates(zones, quarantine, stream=AwsStream(1773513000.0)).in_flight == 1  # 2026-03-14T18:30Z
    assert fates(zones, quarantine, stream=AwsStream(1773599400.0)).unaccounted == 1


def test_events_with_a_fate_that_the_raw_zone_lacks_are_accepted_and_told() -> None:
    zones = Zones(curated=2, curated_rows=2, not_in_raw=2)
    found = fates(zones, quarantine=Side(frozenset({"q"}), 1), failures=ids("f"))
    assert (found.accepted, found.not_in_raw, found.adds_up) == (5, 5, True)


def test_a_row_that_is_there_twice_does_not_hide_a_lost_event() -> None:
    found = fates(Zones(curated=4, curated_rows=5, raw={"lost": 0.0}))
    assert (found.unaccounted, found.repeated_rows, found.adds_up) == (0, 1, False)


FATES = ("curated", "duplicate", "in_flight", "quarantined", "filtered", "failed", "dead_lettered")


@given(st.lists(st.sampled_from(FATES), max_size=40), st.data())
def test_whatever_became_of_events_the_counts_add_up_and_one_that_is_lost_shows(
    chosen: list[str], data: st.DataObject
) -> None:
    """A stack in which event number n had the n-th fate; then one of the events is taken out of where it went."""
    events = {f"e{number}": fate for number, fate in enumerate(chosen)}

    def counted(lost: str | None) -> Fates:
        by = {fate: frozenset(e for e, f in events.items() if f == fate and e != lost) for fate in FATES}
        in_raw = by["quarantined"] | by["filtered"] | by["failed"] | ({lost} if lost else set())
        tables = Zones(
            curated=len(by["curated"]),
            curated_rows=len(by["curated"]),
            duplicate=len(by["duplicate"]),
            processed=by["in_flight"],
            raw=dict.fromkeys(in_raw, 0.0),
        )
        beside = (Side(by[name]) for name in ("quarantined", "failed", "dead_lettered"))
        return fates(tables, *beside, pending=by["in_flight"], filtered=by["filtered"])

    whole = counted(lost=None)
    assert whole.adds_up
    assert {name: getattr(whole, name) for name in FATES} == {name: chosen.count(name) for name in FATES}
    if events:
        without = counted(lost=data.draw(st.sampled_from(sorted(events))))
        assert (without.accepted, without.unaccounted, without.adds_up) == (whole.accepted, 1, False)


def test_ids_are_found_in_packed_envelopes_and_in_the_rows_made_of_them() -> None:
    packed = b'{"id": "a", "receivedAt": "x", "body": {}}\n{"id": "b", "body": {}}\n'
    row = b'{"event_id": "e", "ingest_id": "c"}\n'
    assert side([packed, row, packed]) == Side(frozenset({"a", "b", "c"}), 0)


@pytest.mark.parametrize("line", ["no JSON", "[1]", "{}", '{"id": ""}', '{"id": {"a": 1}}', "[" * 100_000])
def test_a_line_that_is_no_envelope_has_no_id(line: str) -> None:
    assert side([line.encode() + b"\n"]) == Side(NO_IDS, 1)


def quarantined(event_id: str, event: Any) -> tuple[str, bytes]:
    key = f"orders/2026/03/14/{hashlib.sha256(event_id.encode()).hexdigest()}.json"
    return key, json.dumps({"id": event_id, "event": event, "errors": []}).encode()


def test_a_quarantined_event_that_the_raw_zone_has_is_known_by_its_key() -> None:
    bucket = Bucket(dict([quarantined("a", {}), quarantined("b", {})]))
    assert side_places.quarantine(bucket, "quarantine", "orders", ["a", "b", "c"]) == ids("a", "b")
    assert bucket.read == []


def test_other_quarantined_events_are_read_for_their_ids() -> None:
    envelope_without_body = '{"id": "c", "receivedAt": "now"}'
    objects = [quarantined("a", {}), quarantined("49546:0", "not JSON"), quarantined("49546:1", envelope_without_body)]
    found = side_places.quarantine(Bucket(dict(objects)), "quarantine", "orders", [])
    assert found == Side(frozenset({"a", "c"}), 1)


def test_failed_records_are_unpacked_once_however_often_they_were_written() -> None:
    packed = base64.b64encode(b'{"id": "a"}\n{"id": "b"}\nforeign\n').decode()
    document = json.dumps({"errorCode": "Lambda.FunctionError", "rawData": packed}).encode() + b"\n"
    other = json.dumps({"rawData": base64.b64encode(b'{"ingest_id": "c"}\n').decode()}).encode() + b"\n"
    bucket = Bucket(
        {
            "errors/orders/processing-failed/2026/03/14/18/1": document + other,
            "errors/orders/processing-failed/2026/03/14/18/2": other,
            "errors/clickstream/processing-failed/2026/03/14/18/3": gzip.compress(b"not looked at"),
        }
    )
    assert side_places.failures(bucket, "processed", "orders") == Side(frozenset({"a", "b", "c"}), 1)


UNREADABLE = [b"not JSON", b"\xff\xfe", b"[1]", b"{}", b"1", b'{"event": {}, "ids": 1}', b"[" * 100_000]


@pytest.mark.parametrize("body", UNREADABLE)
def test_what_cannot_be_read_in_quarantine_is_left_out_and_told(body: bytes) -> None:
    objects = {**dict([quarantined("a", {})]), "orders/2026/03/14/stray.json": body}
    found = side_places.quarantine(Bucket(objects), "quarantine", "orders", [])
    assert found == Side(frozenset({"a"}), 0, ("s3://quarantine/orders/2026/03/14/stray.json",))


@pytest.mark.parametrize("body", UNREADABLE)
def test_a_list_of_filtered_ids_that_cannot_be_read_is_left_out_and_told(body: bytes) -> None:
    objects = {"filtered/users/2026/03/14/1.json": b'{"ids": ["a"]}', "filtered/users/2026/03/14/2.json": body}
    found = side_places.filtered(Bucket(objects), "q", "users")
    assert found == Side(frozenset({"a"}), 0, ("s3://q/filtered/users/2026/03/14/2.json",))


@pytest.mark.parametrize("body", [*UNREADABLE, b'{"rawData": 1}', b'{"rawData": "%"}'])
def test_an_error_record_that_cannot_be_read_is_a_line_that_failed(body: bytes) -> None:
    good = json.dumps({"rawData": base64.b64encode(b'{"id": "a"}\n').decode()}).encode()
    bucket = Bucket({"errors/orders/processing-failed/2026/03/14/18/1": good + b"\n" + body})
    assert side_places.failures(bucket, "processed", "orders") == Side(frozenset({"a"}), 1)


@pytest.mark.parametrize("body", UNREADABLE)
def test_reports_and_rows_of_files_that_cannot_be_read_are_left_out_and_told(body: bytes) -> None:
    [orders] = [contract for contract in load_all(SOURCES) if contract.source == "orders"]
    bucket = Bucket(
        {
            "reports/orders/f1.json": body,
            "files/orders/f1/00000.ndjson.gz": body,
            "files/orders/f1/00001.ndjson.gz": gzip.compress(body + b'\n{"id": "f1-2"}\n'),
            "files/orders/f1/00002.ndjson.gz": gzip.compress(b'{"id": "f1-3"}\n')[:-9],
        }
    )
    found = landed_files.read(bucket, "files", "quarantine", orders)
    assert (found.bad, found.rows, len(found.unreadable)) == (frozenset({"f1-2"}), {}, 4)


def test_an_id_that_is_no_text_is_in_no_table_and_not_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def answer(_stack: Any, sql: str) -> Any:
        asked.append(sql)
        return SimpleNamespace(rows=[("a",)])

    monkeypatch.setattr(zones.athena, "run", answer)
    [orders] = [contract for contract in load_all(SOURCES) if contract.source == "orders"]
    stack: Any = None
    assert zones.holding(stack, orders, ["a", "\ud800"]) == {"a"}
    assert all(sql.isascii() for sql in asked)
    asked.clear()
    assert zones.holding(stack, orders, ["\ud800"]) == frozenset()
    assert asked == []


@pytest.mark.parametrize("received_at", ["", "yesterday", "9" * 400, "²", "0001-01-01T00:00:00", "9999-12-31T23:59:59"])
def test_a_moment_of_receipt_that_somebody_made_up_is_no_fault(received_at: str) -> None:
    assert isinstance(zones.epoch_seconds(received_at), float)


def test_dead_letters_are_read_by_source_and_given_back() -> None:
    queue = Queue(
        message("orders", '{"id": "a"}', '{"id": "b"}'),
        message("clicks", '{"id": "c"}'),
        message("orders", '{"id": "d"}'),
    )
    found = dead_letters.read(queue, "url")
    assert found.by_source == {"orders": ids("a", "b", "d"), "clicks": ids("c")}
    assert queue.hidden == set()


def test_dead_letters_that_somebody_else_reads_are_told() -> None:
    assert dead_letters.read(Queue(hidden_elsewhere=4), "url").unseen_messages == 4


def test_a_repeated_row_alone_makes_the_counts_wrong() -> None:
    right = fates(Zones(curated=1, curated_rows=1))
    assert right.adds_up
    assert not replace(right, repeated_rows=1).adds_up


def test_a_replayed_row_of_a_file_is_in_the_raw_zone_like_any_event() -> None:
    files = LandedFiles(rows={"f": 3}, bad=frozenset({"f-2", "f-3"}))
    # f-1 came by the file, f-2 by the stream after it was mended, f-3 is in quarantine.
    assert landed_files.beyond_raw(files, {"f": 2}, {"f-3"}, {"f-2"}) == 2
