"""One contestant's curation of delivered orders, in a process of its own.

    python -m bench.curate_contest CONTESTANT PROCESSED CURATED

Prints as JSON the seconds of the work (without the start of Python, imports and Spark's session), processor seconds and
most resident memory in bytes. PROCESSED and CURATED are folders; the table's files lie in CURATED/…/data/event_day=….
"""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from bench.processes import peak_bytes, processor_seconds

KEY, FIRST = "event_id", "received_at, ingest_id"


def duckdb(processed: str, curated: str) -> Callable[[], None]:
    """A window over the key."""
    import duckdb

    connection = duckdb.connect()

    def work() -> None:
        connection.execute(
            f"""
            COPY (
                SELECT *, CAST(timestamp AS DATE) AS event_day
                FROM read_parquet('{processed}/**/*.parquet', hive_partitioning = false)
                QUALIFY row_number() OVER (PARTITION BY {KEY} ORDER BY {FIRST}) = 1
                ORDER BY event_day, restaurantid, timestamp
            ) TO '{curated}/data' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, PARTITION_BY (event_day))
            """
        )

    return work


def polars(processed: str, curated: str) -> Callable[[], None]:
    """The first of each key after a sort, by the streaming engine."""
    import polars as pl

    def work() -> None:
        rows = (
            pl.scan_parquet(f"{processed}/**/*.parquet", hive_partitioning=False)
            .sort(FIRST.split(", "))
            .unique(KEY, keep="first", maintain_order=True)
            .with_columns(pl.col("timestamp").dt.date().alias("event_day"))
            .sort("event_day", "restaurantid", "timestamp")
            .collect(engine="streaming")
        )
        for (day,), part in rows.partition_by("event_day", as_dict=True, include_key=False).items():
            folder = Path(curated) / f"data/event_day={day}"
            folder.mkdir(parents=True)
            part.write_parquet(folder / "0.parquet", compression="zstd", compression_level=1)

    return work


def spark(processed: str, curated: str) -> Callable[[], None]:
    """A window over the key, on all cores of this machine."""
    from pyspark.sql import SparkSession, Window
    from pyspark.sql import functions as f

    session = (
        SparkSession.builder.master("local[*]")
        .config("spark.driver.memory", "4g")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", os.cpu_count() or 1)
        .config("spark.sql.parquet.compression.codec", "zstd")
        .config("spark.log.level", "ERROR")
        .getOrCreate()
    )

    def work() -> None:
        first = Window.partitionBy(KEY).orderBy(*FIRST.split(", "))
        (
            session.read.option("recursiveFileLookup", "true")
            .parquet(processed)
            .withColumn("place", f.row_number().over(first))
            .where("place = 1")
            .drop("place")
            .withColumn("event_day", f.to_date("timestamp"))
            .repartition("event_day")
            .sortWithinPartitions("event_day", "restaurantid", "timestamp")
            .write.partitionBy("event_day")
            .parquet(f"{curated}/data")
        )

    return work


def ours(processed: str, curated: str) -> Callable[[], None]:
    """The curate job's own code: Iceberg table, ledger and commit included."""
    from etl.jobs import frugal_memory  # noqa: F401

    # isort: split
    from bench.disk_lake import DiskCatalog, DiskLake, DiskS3
    from etl import contract
    from etl.curation.curate import curate

    [orders] = contract.parse(Path(os.environ["ORDERS_CONTRACT"]).read_text())
    lake = DiskLake("lake", processed, curated)

    def work() -> None:
        curate(DiskCatalog(), DiskS3(), lake, orders, None)

    return work


def main() -> None:
    """Measure one contestant."""
    name, processed, curated = sys.argv[1:]
    work = {"ours": ours, "DuckDB": duckdb, "Polars": polars, "Spark": spark}[name](processed, curated)
    began = time.perf_counter()
    work()
    seconds = time.perf_counter() - began
    print(json.dumps({"seconds": seconds, "processor_seconds": processor_seconds(), "peak_bytes": peak_bytes()}))


if __name__ == "__main__":
    main()
