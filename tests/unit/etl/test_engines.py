"""Two engines, one table: the same input curated by pyarrow and by a real Spark."""

import datetime
import io
import random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from etl.curation.curate import curate
from etl.curation.ledger import PROPERTY, Ledger
from etl.engines import choice as engines
from etl.engines.spark import session
from etl.lake import Lake
from etl.maintenance.maintain import maintain
from tests.unit.etl import spark_rig
from tests.unit.etl.lake import RECEIVED

FIGURES = ("inputs", "rows_read", "rows_added", "repeats", "replaced")


@pytest.fixture(scope="module")
def process(account):
    spark_rig.require()
    with spark_rig.SparkJob(account) as job:
        yield job


@pytest.fixture
def sparked(orders, process):
    return spark_rig.Sparked(orders, process)


def deliver(orders, seed, objects=4, rows=300):
    """Orders of which a third come again, changed and received at another moment, and some are late."""
    chance = random.Random(seed)
    for _ in range(objects):
        orders.deliver(
            [
                orders.order(
                    f"e{chance.randrange(objects * rows)}",
                    time=f"2026-03-{chance.randrange(12, 15)}T18:30:00"
                    if chance.random() < 0.9
                    else "2024-02-29T23:59:59",
                    received_at=RECEIVED + datetime.timedelta(minutes=chance.randrange(-90, 90)),
                    quantity=chance.randrange(9),
                )
                for _ in range(rows)
            ]
        )


def contents(table) -> pa.Table:
    order = [("event_id", "ascending"), ("received_at", "ascending")]
    return table.scan().to_arrow().replace_schema_metadata().sort_by(order)


def inputs(s3, bucket, table):
    ledger = Ledger.load(s3, bucket, "", table.properties[PROPERTY])
    return {day: sorted(ledger._day(day)) for day in ledger.segments}


def layout(s3, bucket, table):
    """What is to be the same of all files of a table, whoever wrote them."""
    found = set()
    for task in table.scan().plan_files():
        key = task.file.file_path.removeprefix(f"s3://{bucket}/")
        content = pq.ParquetFile(io.BytesIO(s3.get_object(Bucket=bucket, Key=key)["Body"].read()))
        rows = content.read()
        times = rows["timestamp"].cast(pa.int64())
        assert {moment // 86_400_000_000 for moment in times.to_pylist()} == {task.file.partition[0]}
        assert rows.num_rows == task.file.record_count
        columns = content.metadata.row_group(0)
        compression = {columns.column(number).compression for number in range(columns.num_columns)}
        found.add(
            (
                str(content.schema).partition("\n")[2],
                str(content.metadata.metadata),
                *compression,
                task.file.sort_order_id,
            )
        )
    return found


def test_spark_makes_the_table_that_pyarrow_makes_run_after_run(orders, sparked):
    # A key that comes so often that no bucket could hold it, and one that comes again after the horizon.
    orders.deliver([orders.order("flood", received_at=RECEIVED + datetime.timedelta(seconds=n)) for n in range(1500)])
    orders.deliver([orders.order("twice"), orders.order("twice", received_at=RECEIVED + datetime.timedelta(days=400))])
    orders.s3.put_object(Bucket="processed", Key="orders/2026/03/14/18/broken.parquet", Body=b"PAR1 it is not")
    for seed in range(2):
        deliver(orders, seed)
        ours = orders.curate()
        theirs, status = sparked.curate()

        assert {name: theirs[name] for name in FIGURES} == {name: getattr(ours, name) for name in FIGURES}
        assert theirs["unreadable"] == ours.unreadable
        assert status == 1
        assert contents(sparked.table).equals(contents(orders.table))
        assert inputs(orders.s3, "sparked", sparked.table) == inputs(orders.s3, "curated", orders.table)
        assert layout(orders.s3, "sparked", sparked.table) == layout(orders.s3, "curated", orders.table)
    assert theirs["replaced"] > 0

    before = sparked.table.metadata_location
    again, _ = sparked.curate()
    assert (again["inputs"], again["commits"]) == (0, 0)
    assert sparked.table.metadata_location == before


def test_spark_killed_before_its_commit_leaves_nothing_that_the_next_run_and_maintenance_do_not_mend(orders, sparked):
    deliver(orders, seed=7)
    sparked.start()
    sparked.kill_when(lambda: sparked.objects("tables/orders/data/"))
    lake = Lake("sparked", "processed", "sparked")
    curate(orders.catalog, orders.s3, lake, orders.contract, None)
    orders.curate()

    assert contents(sparked.table).equals(contents(orders.table))
    maintain(orders.catalog, orders.s3, lake, orders.contract, datetime.timedelta(0))
    kept = {task.file.file_path for task in sparked.table.scan().plan_files()}
    assert {f"s3://sparked/{key}" for key in sparked.objects("tables/orders/data/")} == kept


@pytest.fixture
def without_spark(monkeypatch):
    monkeypatch.setattr(session, "why_not", lambda: "there is no Java")


def test_auto_stays_with_pyarrow_where_there_is_no_spark_and_says_so(orders, without_spark, monkeypatch, capsys):
    monkeypatch.setattr(engines, "SPARK_MIN_BYTES", 1)
    deliver(orders, seed=1, objects=2, rows=5)
    engine = engines.chosen("auto", orders.s3, "processed", orders.contract)
    report = curate(orders.catalog, orders.s3, orders.lake, orders.contract, None, engine)

    assert (report.inputs, report.rows_read) == (2, 10)
    assert capsys.readouterr().err.count("there is no Java") == 1


def test_auto_does_not_ask_for_spark_below_its_size(orders, without_spark, capsys):
    deliver(orders, seed=1, objects=2, rows=5)
    engine = engines.chosen("auto", orders.s3, "processed", orders.contract)

    assert curate(orders.catalog, orders.s3, orders.lake, orders.contract, None, engine).inputs == 2
    assert capsys.readouterr().err == ""


def test_spark_where_there_is_none_is_refused_with_what_to_install(without_spark, orders):
    with pytest.raises(session.NoSpark, match="there is no Java"):
        engines.chosen("spark", orders.s3, "processed", orders.contract)
