"""Files that landed: every record in the processed zone or in quarantine, whatever the file looks like."""

import datetime
import gzip
import io
import json
import time
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from contracts import load, load_all
from etl.files import contract, parquet, parts, places, plain, take_in
from etl.jobs import files_job
from tests.unit.etl.landing import ORDER, SOURCES, csv

MOMENT = datetime.datetime(2026, 3, 14, 18, 30)
ROW = {
    "event_id": "e1",
    "timestamp": MOMENT,
    "menuitem": "Pasta",
    "quantity": 2,
    "price": Decimal("9.50"),
    "customerid": "c1",
    "restaurantid": "r1",
    "extra": None,
    "ingest_id": "f1-1",
}


def without_receipt(rows):
    return [{name: value for name, value in row.items() if name != "received_at"} for row in rows]


def as_parquet(rows, **columns):
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([{**row, **columns} for row in rows]), buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (csv([ORDER]).encode(), "csv"),
        (csv([ORDER], ";").encode("utf-8-sig"), "csv"),
        (csv([ORDER], "\t").encode("utf-16"), "csv"),
        (csv([ORDER], "|").replace("\n", "\r\n").encode("utf-16-be"), "csv"),
        (csv([ORDER]).replace("\n", "\r").encode(), "csv"),
        (("sep=;\n" + csv([ORDER], ";")).encode(), "csv"),
        (csv([ORDER]).replace("Pasta", '"Pasta"').encode(), "csv"),
        (gzip.compress(csv([ORDER]).encode()), "csv"),
        (json.dumps(ORDER).encode(), "ndjson"),
        (gzip.compress(("\n" + json.dumps(ORDER) + "\n\n").encode("utf-8-sig")), "ndjson"),
        (json.dumps([ORDER]).encode(), "json"),
        (json.dumps([ORDER], indent=2).encode("utf-16"), "json"),
        (json.dumps(ORDER, indent=2).encode(), "json"),
        (as_parquet([ORDER]), "parquet"),
        (as_parquet([ORDER], timestamp=MOMENT, price=Decimal("9.5"), quantity=2.0), "parquet"),
        (gzip.compress(as_parquet([ORDER])), "parquet"),
    ],
)
def test_an_order_is_the_same_row_from_every_kind_of_file(landing, data, kind):
    report = landing.take_in(data, name="whatever it is called")
    assert without_receipt(landing.rows()) == [ROW]
    assert (report["state"], report["format"]["kind"]) == ("done", kind)
    assert (report["rows"], report["processed"], report["quarantined"]) == (1, 1, 0)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "windows-1252"])
def test_letters_survive_every_encoding(landing, encoding):
    landing.take_in(csv([{**ORDER, "menuItem": "Crème Brûlée €5 …  groß"}]).encode(encoding))
    assert [row["menuitem"] for row in landing.rows()] == ["Crème Brûlée €5 …  groß"]


def test_rows_are_received_when_the_file_landed_and_lie_under_that_hour(landing):
    report = landing.take_in(csv([ORDER]))
    landed = landing.s3.head_object(Bucket="files", Key=report["key"])["LastModified"].replace(tzinfo=None)
    assert [row["received_at"] for row in landing.rows()] == [landed]
    assert landing.keys("processed") == [f"orders/{landed:%Y/%m/%d/%H}/file-f1-00000.parquet"]
    assert report["parts"] == landing.keys("processed")


def test_the_columns_are_those_that_firehose_writes(landing):
    landing.take_in(csv([ORDER]))
    [body] = landing.bodies("processed").values()
    file = pq.ParquetFile(io.BytesIO(body))
    assert [file.schema.column(place).physical_type for place in range(10)] == [
        *("BYTE_ARRAY", "INT96", "BYTE_ARRAY", "INT64", "FIXED_LEN_BYTE_ARRAY"),
        *("BYTE_ARRAY", "BYTE_ARRAY", "BYTE_ARRAY", "INT96", "BYTE_ARRAY"),
    ]
    assert file.metadata.row_group(0).column(0).compression == "SNAPPY"


def test_bad_rows_go_into_quarantine_with_their_line_and_reason_and_the_others_do_not_wait(landing):
    lines = csv([ORDER, {**ORDER, "price": "free"}, {**ORDER, "menuItem": '"two\nlines"'}, {**ORDER, "quantity": 0}])
    report = landing.take_in(lines + "only,two\n")
    assert (report["rows"], report["processed"], report["quarantined"]) == (5, 2, 3)
    assert [row["ingest_id"] for row in landing.rows()] == ["f1-1", "f1-3"]
    assert [(bad["id"], bad["line"], bad["errors"][0]["reason"]) for bad in landing.bad()] == [
        ("f1-2", 3, "must be a number, not string"),
        ("f1-4", 6, "must be 1 or more"),
        ("f1-5", 7, "has 2 fields where the header has 7"),
    ]
    first = landing.bad()[0]
    assert first["event"] == {**ORDER, "price": "free"}
    assert (first["source"], first["file"]) == ("orders", "incoming/orders/f1/orders.csv")
    assert first["receivedAt"] == report["receivedAt"]


def test_a_quotation_mark_that_is_never_closed_costs_its_own_line_alone(landing):
    landing.take_in(csv([ORDER, {**ORDER, "menuItem": '"Pasta'}, ORDER]))
    assert [row["ingest_id"] for row in landing.rows()] == ["f1-1", "f1-3"]
    assert [(bad["line"], bad["errors"][0]["reason"]) for bad in landing.bad()] == [
        (3, "opens a quotation mark that is never closed")
    ]


def test_a_byte_that_is_no_text_costs_its_own_row_alone(landing):
    text = csv([{**ORDER, "menuItem": "Crème"}, {**ORDER, "menuItem": "Brûlée"}, {**ORDER, "menuItem": "broken"}])
    landing.take_in(text.encode().replace(b"broken", b"brok\xffen"))
    assert [row["menuitem"] for row in landing.rows()] == ["Crème", "Brûlée"]
    assert [bad["line"] for bad in landing.bad()] == [4]


def test_a_byte_that_is_no_text_in_a_column_s_name_does_not_cost_the_file(landing):
    text = csv([{**ORDER, "menuItem": "Crème"}, {**ORDER, "wéiter": "Ann"}], columns=(*ORDER, "wéiter", "broken"))
    landing.take_in(text.encode().replace(b"broken", b"brok\xffen"))
    assert [row["extra"] for row in landing.rows()] == [None, '{"wéiter":"Ann"}']


def test_bad_records_of_json_are_told_by_line(landing):
    good = json.dumps(ORDER)
    landing.take_in(f'{good}\n{{"price": NaN}}\n[1]\n{{"quantity": \n{good}\n')
    assert [row["ingest_id"] for row in landing.rows()] == ["f1-1", "f1-5"]
    assert [(bad["line"], bad["errors"][0]["reason"]) for bad in landing.bad()] == [
        (2, "is not JSON: NaN is not a JSON number"),
        (3, "must be a JSON object"),
        (4, "is not JSON: Expecting value: line 1 column 14 (char 13)"),
    ]


def test_a_number_that_is_no_finite_one_is_quarantined_as_text_for_json_has_no_word_for_it(landing):
    landing.take_in(json.dumps(ORDER).replace("9.5", "1e999"))
    [bad] = landing.bad()
    assert (bad["event"]["price"], bad["errors"][0]["reason"]) == ("Infinity", "is too large")


def test_columns_that_the_contract_does_not_name_are_kept_in_extra(landing):
    order = {**ORDER, "waiter": "Ann", "tip": 1.5}
    landing.take_in(csv([order, {**ORDER, "event_id": "e2"}], columns=tuple(order)))
    assert [row["extra"] for row in landing.rows()] == ['{"waiter":"Ann","tip":"1.5"}', None]


def test_names_that_differ_in_case_and_spaces_alone_are_their_field_and_the_report_says_so(landing):
    report = landing.take_in(csv([ORDER]).replace("menuItem", "Menu Item").replace("quantity", "QUANTITY"))
    assert without_receipt(landing.rows()) == [ROW]
    assert report["notes"] == [
        "the column 'QUANTITY' was read as the field 'quantity'",
        "the column 'Menu Item' was read as the field 'menuItem'",
    ]


def test_an_alias_is_its_field(landing):
    landing.take_in("element_clicked,time_spent,createdAt\na,1,2026-03-14T18:30:00Z\n", source="clickstream")
    assert [row["created_at"] for row in landing.rows("clickstream")] == [MOMENT]


def test_a_row_without_an_id_has_that_of_its_place(landing):
    landing.take_in(csv([{**ORDER, "event_id": None}, ORDER]))
    assert [row["event_id"] for row in landing.rows()] == ["f1-1", "e1"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is empty"),
        (b" \n\n", "holds no text but white space"),
        (csv([ORDER]).replace("price", "cost").encode(), "has no column for the required field price; its columns are"),
        (b'a,"b\n1,2\n', "has a header that is not well quoted: "),
        (b"1,2\n3,4\n", "has no column for the required fields timestamp, menuItem,"),
        (gzip.compress(csv([ORDER]).encode())[:-9], "ends in the middle of its gzip data"),
        (gzip.compress(csv([ORDER]).encode())[:-8] + b"\0" * 8, "is damaged gzip data: CRC check failed"),
        (as_parquet([ORDER])[:-20], "is not a whole Parquet file: "),
        (
            as_parquet([ORDER]).replace(b"Pasta", b"\xff" * 5),
            "has broken values in 'menuItem', from row 1 on: Invalid UTF8",
        ),
        (b"PK\x03\x04" + b"\0" * 100, "is a ZIP archive or an Excel workbook"),
        (b"[{}, {]", "is not JSON: "),
        (b"[" * 100_000, "is nested too deeply in line 1"),
        (b'{"a": 1}\x00\x00', "is neither text nor Parquet"),
        (b"\x01\x02\x81", "is text neither in UTF-8 nor in Windows-1252"),
        (b"\xff\xfea\x00\x00\xd8", "is not UTF-16-LE text all through"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_the_reason_kept_and_keeps_no_other_waiting(landing, data, reason):
    landing.land(data, file_id="bad")
    landing.land(csv([ORDER]), file_id="good")
    assert landing.run() == 0
    report = landing.report(file_id="bad")
    assert (report["state"], report["rows"]) == ("refused", 0)
    assert report["reason"].startswith(reason)
    assert landing.report(file_id="good")["processed"] == 1
    assert "incoming/orders/bad/orders.csv" in landing.keys("files")
    assert [row["ingest_id"] for row in landing.rows()] == ["good-1"]


def test_a_file_that_unpacks_to_more_than_is_allowed_is_refused(landing, monkeypatch):
    monkeypatch.setattr(plain, "MAX_PLAIN_BYTES", 100_000)
    report = landing.take_in(gzip.compress(b"a" * 100_001))
    assert report["reason"] == "unpacks to more than 100000 bytes; split it"


def test_a_file_of_a_source_that_hashes_is_refused_and_kept(landing):
    report = landing.take_in(
        '{"name": "Ada Example", "address": "1 Example Street"}', source="users", name="users.json"
    )
    assert (report["state"], report["processed"]) == ("refused", 0)
    assert "whose contract hashes a field" in report["reason"]
    assert landing.keys("files", "incoming/users/") == ["incoming/users/f1/users.json"]


def test_a_parquet_value_that_is_stored_once_and_comes_often_does_not_fill_the_memory(landing, monkeypatch):
    order = {**ORDER, "note": "n" * 900_000}
    table = pa.Table.from_pylist([order]).take(pa.array([0] * 300))
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    assert len(buffer.getvalue()) < 2_000_000
    largest = []
    check = take_in.Checker.check
    monkeypatch.setattr(
        take_in.Checker, "check", lambda self, batch: largest.append(batch.size_bytes) or check(self, batch)
    )
    report = landing.take_in(buffer.getvalue())
    assert (report["rows"], report["processed"]) == (300, 300)
    assert max(largest) < 20_000_000
    monkeypatch.setattr("etl.files.parquet.MAX_PLAIN_BYTES", 100_000_000)
    assert (
        landing.take_in(buffer.getvalue(), file_id="f2")["reason"] == "unpacks to more than 100000000 bytes; split it"
    )


@pytest.mark.parametrize("encoding", ["PLAIN", "DELTA_BYTE_ARRAY", "DELTA_LENGTH_BYTE_ARRAY"])
@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view()], ids=str)
def test_text_of_a_parquet_file_is_read_whatever_its_type_and_encoding(landing, encoding, kind):
    dishes = ["Pasta", "Pasta al forno", "Pizza"]
    orders = pa.Table.from_pylist([ORDER] * 3)
    place = orders.schema.get_field_index("menuItem")
    orders = orders.set_column(place, "menuItem", pa.array(dishes).cast(kind))
    buffer = io.BytesIO()
    pq.write_table(orders, buffer, use_dictionary=False, column_encoding={"menuItem": encoding})
    landing.take_in(buffer.getvalue())
    assert [row["menuitem"] for row in landing.rows()] == dishes


def test_parquet_values_that_share_what_they_begin_with_do_not_fill_the_memory(landing, monkeypatch):
    order = {**ORDER, "note": "n" * 900_000}
    table = pa.Table.from_pylist([order]).take(pa.array([0] * 300))
    buffer = io.BytesIO()
    pq.write_table(table, buffer, use_dictionary=False, column_encoding={"note": "DELTA_BYTE_ARRAY"})
    assert len(buffer.getvalue()) < 2_000_000
    largest = []
    pieces = parquet._pieces
    monkeypatch.setattr(parquet, "_BATCH_BYTES", 20_000_000)
    monkeypatch.setattr(parquet, "_pieces", lambda part, number: largest.append(part.nbytes) or pieces(part, number))
    report = landing.take_in(buffer.getvalue())
    assert (report["rows"], report["processed"]) == (300, 300)
    assert max(largest) <= 20_000_000


def test_a_parquet_row_that_is_too_long_is_a_bad_row(landing):
    landing.take_in(as_parquet([ORDER, {**ORDER, "menuItem": "x" * 1_100_000}, ORDER]))
    assert [row["ingest_id"] for row in landing.rows()] == ["f1-1", "f1-3"]
    assert [(bad["line"], bad["errors"][0]["reason"]) for bad in landing.bad()] == [(2, "is longer than 1048576 bytes")]


def test_a_run_again_changes_nothing(landing):
    landing.take_in(csv([ORDER, {**ORDER, "price": "?"}]))
    before = [landing.bodies(bucket) for bucket in ("files", "processed", "quarantine")]
    assert landing.run() == 0
    assert [landing.bodies(bucket) for bucket in ("files", "processed", "quarantine")] == before


def test_a_file_without_its_report_is_taken_in_again_as_the_same_objects(landing):
    landing.take_in(csv([ORDER, {**ORDER, "price": "?"}]))
    before = [landing.bodies(bucket) for bucket in ("processed", "quarantine")]
    landing.s3.delete_object(Bucket="files", Key="reports/orders/f1.json")
    landing.run()
    assert [landing.bodies(bucket) for bucket in ("processed", "quarantine")] == before


def test_a_part_of_a_killed_run_that_the_next_does_not_write_is_emptied(landing, monkeypatch):
    monkeypatch.setattr(parts, "PART_RECORDS", 1)
    landing.land(csv([ORDER]))
    hour = f"{landing.s3.head_object(Bucket='files', Key='incoming/orders/f1/orders.csv')['LastModified']:%Y/%m/%d/%H}"
    stale = landing.take_in(csv([ORDER]), file_id="other")["parts"][0]
    landing.s3.copy_object(
        Bucket="processed",
        Key=f"orders/{hour}/file-f1-00007.parquet",
        CopySource={"Bucket": "processed", "Key": stale},
    )
    landing.s3.delete_object(Bucket="files", Key="reports/orders/f1.json")
    landing.run()
    assert sorted(row["ingest_id"] for row in landing.rows()) == ["f1-1", "other-1"]


def test_a_large_file_becomes_several_parts_in_the_order_of_its_records(landing, monkeypatch):
    monkeypatch.setattr(parts, "PART_RECORDS", 10)
    monkeypatch.setattr("etl.files.text.BLOCK_BYTES", 500)
    monkeypatch.setattr("etl.files.text._READ_BYTES", 300)
    orders = [{**ORDER, "event_id": f"e{number}", "price": number if number % 7 else "?"} for number in range(100)]
    report = landing.take_in(csv(orders))
    assert (report["rows"], report["processed"], report["quarantined"]) == (100, 85, 15)
    assert len(report["parts"]) > 5
    assert [row["event_id"] for row in landing.rows()] == [f"e{number}" for number in range(100) if number % 7]
    assert [bad["line"] for bad in landing.bad()] == [number + 2 for number in range(0, 100, 7)]


def test_what_lands_while_a_run_works_is_taken_in_by_the_same_run(landing, monkeypatch):
    landing.land(csv([ORDER]))
    take, landed = take_in.take_in, []

    def land_meanwhile(*arguments):
        if not landed:
            landed.append("f2")
            landing.land(csv([ORDER]), file_id="f2")
        return take(*arguments)

    monkeypatch.setattr("etl.jobs.files_job.take_in", land_meanwhile)
    landing.run()
    assert landing.report(file_id="f2")["processed"] == 1


def test_files_of_one_export_are_taken_in_each_under_an_id_of_its_own(landing):
    for number in range(3):
        landing.land(as_parquet([ORDER]), file_id="x", name=f"part-{number:05d}.parquet")
    landing.run()
    assert sorted(row["ingest_id"] for row in landing.rows()) == ["x-1", "x.1-1", "x.2-1"]


def test_two_files_under_one_id_are_both_taken_in(landing):
    landing.land(csv([ORDER]), name="a.csv")
    landing.land(csv([ORDER]), name="b.csv")
    landing.run()
    assert len(landing.rows()) == 2
    assert len(landing.keys("files", "reports/")) == 2


def test_of_several_files_in_one_folder_one_that_is_uploaded_again_stays_the_file_that_it_was(landing):
    first, second = (csv([{**ORDER, "event_id": None, "menuItem": name}]) for name in ("Pasta", "Soup"))
    for data, name in ((first, "a.csv"), (second, "b.csv"), (first, "a.csv")):
        landing.land(data, name=name)
        time.sleep(1.1)  # moto keeps moments in seconds
        landing.run()
    assert sorted(row["menuitem"] for row in landing.rows()) == ["Pasta", "Soup"]


def test_a_file_that_landed_long_ago_goes_under_the_hour_of_its_first_run(landing):
    landing.land(csv([ORDER]))
    contracts = contract.parse(landing.bodies("artifacts")["contracts.json"])
    [file] = places.landed(landing.s3, "files")
    buckets = places.Buckets("files", "processed", "quarantine")
    later = file.received_at + datetime.timedelta(days=9)

    def run(now):
        return take_in.take_in(landing.s3, buckets, file, contracts["orders"], now)

    first, again = run(later), run(later + datetime.timedelta(hours=5))
    assert first["parts"] == again["parts"] == [f"orders/{later:%Y/%m/%d/%H}/file-f1-00000.parquet"]
    assert landing.rows()[0]["received_at"] == file.received_at


def test_a_file_whose_first_run_is_long_ago_goes_under_an_hour_that_curation_still_looks_at(landing):
    landing.land(csv([ORDER]))
    contracts = contract.parse(landing.bodies("artifacts")["contracts.json"])
    [file] = places.landed(landing.s3, "files")
    buckets = places.Buckets("files", "processed", "quarantine")

    for days in (9, 19):
        later = file.received_at + datetime.timedelta(days=days)
        report = take_in.take_in(landing.s3, buckets, file, contracts["orders"], later)
        assert report["parts"] == [f"orders/{later:%Y/%m/%d/%H}/file-f1-00000.parquet"]


def test_a_file_without_contract_stays_is_reported_and_has_a_contract_proposed(landing):
    report = landing.take_in(csv([ORDER]), source="shop")
    assert (report["state"], report["rows"], report["processed"]) == ("no contract", 1, 0)
    assert "incoming/shop/f1/orders.csv" in landing.keys("files")
    assert report["detected"] == "detected/shop/f1.yaml"
    assert b"primaryKey: true" in landing.bodies("files")["detected/shop/f1.yaml"]
    assert landing.keys("processed") == []


def test_with_the_contract_that_was_proposed_the_next_run_takes_the_file_in(landing, tmp_path):
    landing.take_in(csv([ORDER, {**ORDER, "event_id": "e2"}]), source="shop")
    (tmp_path / "shop.yaml").write_bytes(landing.bodies("files")["detected/shop/f1.yaml"])
    landing.deploy([*load_all(SOURCES), load(tmp_path / "shop.yaml")])
    assert landing.run() == 0
    assert (landing.report("shop")["state"], landing.report("shop")["processed"]) == ("done", 2)
    before = landing.bodies("files")
    landing.run()
    assert landing.bodies("files") == before


def test_a_file_of_which_nothing_can_be_detected_is_reported_with_the_reason_and_waits(landing):
    report = landing.take_in(b"PK\x03\x04", source="shop")
    assert report["state"] == "no contract"
    assert report["reason"].startswith("is a ZIP archive")
    assert landing.bodies("files")["detected/shop/f1.yaml"].startswith(b"# No contract could be detected")


def test_one_file_that_breaks_the_job_does_not_keep_the_others_waiting_and_is_tried_again(landing, monkeypatch):
    landing.land(csv([ORDER]), file_id="a")
    landing.land(csv([ORDER]), file_id="b")
    take = take_in.take_in

    def break_on_a(s3, buckets, file, *others):
        if file.file_id == "a":
            raise RuntimeError("a fault of ours")
        return take(s3, buckets, file, *others)

    monkeypatch.setattr("etl.jobs.files_job.take_in", break_on_a)
    assert landing.run() == 1
    assert landing.report(file_id="b")["processed"] == 1
    monkeypatch.setattr("etl.jobs.files_job.take_in", take)
    assert landing.run() == 0
    assert landing.report(file_id="a")["processed"] == 1


def test_a_file_that_breaks_the_job_holds_no_other_up_and_its_values_reach_no_log(landing, monkeypatch, capsys):
    landing.land(csv([ORDER]), file_id="breaks")
    landing.land(csv([ORDER]), file_id="good")

    def broken(s3, buckets, file, *rest):
        if file.file_id == "breaks":
            raise ValueError("invalid literal: 'Ada Lovelace'")
        return take_in.take_in(s3, buckets, file, *rest)

    monkeypatch.setattr(files_job, "take_in", broken)
    assert landing.run() == 1
    assert landing.report(file_id="good")["state"] == "done"
    printed = capsys.readouterr()
    assert "orders/breaks: ValueError in test_files_job.py, line " in printed.err
    assert "Ada" not in printed.out + printed.err


def test_neither_a_file_s_name_nor_what_it_was_refused_for_reaches_the_log(landing, capsys):
    # A first row of names is taken for a header, and the reason quotes it.
    landing.land("Ada,Lovelace\n1,2\n", name="ada.csv")
    assert landing.run() == 0
    assert "Ada, Lovelace" in landing.report()["reason"]
    printed = capsys.readouterr()
    assert '"fileId": "f1", "state": "refused"' in printed.out
    assert "ada" not in (printed.out + printed.err).lower()
