"""The tables that `bench/scan.py` asks, on a local cloud: as Firehose writes, and as the job does."""

import contextlib
import datetime
import io
import json
import time
from collections.abc import Iterator
from typing import Any

import boto3
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from contracts import Contract, curation, glue, views
from etl import contract as compiled
from etl.aggregates.refresh import refresh
from etl.contract import CompiledContract
from etl.iceberg import catalog, data_files
from etl.iceberg import table as tables
from etl.lake import Lake
from etl.maintenance import compact

DATABASE, PROCESSED, CURATED, RESULTS = "bench", "processed", "curated", "results"
LAKE = Lake(DATABASE, PROCESSED, CURATED)
_PARQUET = "org.apache.hadoop.hive.ql.io.parquet"
_POLL_SECONDS = 0.01


def by_hour(rows: pa.Table) -> Iterator[tuple[datetime.datetime, pa.Table]]:
    """What arrived in each hour."""
    arrived = pc.floor_temporal(rows["received_at"], unit="hour").to_numpy()
    order = np.argsort(arrived, kind="stable")
    starts = np.flatnonzero(np.diff(arrived[order].astype(np.int64), prepend=-1))
    for start, end in zip(starts, [*starts[1:], len(order)], strict=True):
        yield arrived[order[start]].astype("datetime64[s]").item(), rows.take(pa.array(order[start:end]))


def compiled_contract(contract: Contract) -> CompiledContract:
    """The contract as the job has it."""
    return compiled.parse(json.dumps([curation.document(contract)]))[0]


class ScanLake:
    """Tables in the database `bench`. The environment names the local cloud and its credentials."""

    def __init__(self) -> None:
        self._s3, self._glue, self._athena = boto3.client("s3"), boto3.client("glue"), boto3.client("athena")
        for bucket in (PROCESSED, CURATED, RESULTS):
            self._s3.create_bucket(Bucket=bucket)
        self._glue.create_database(DatabaseInput={"Name": DATABASE})
        self.catalog = catalog.connect()

    def deliver(self, contract: Contract, rows: pa.Table) -> None:
        """Store rows as Firehose does: Snappy, times as INT96, an object an hour; and the table over them."""
        for hour, part in by_hour(rows):
            buffer = io.BytesIO()
            pq.write_table(part, buffer, use_deprecated_int96_timestamps=True, store_schema=False)
            key = f"{contract.source}/{hour:%Y/%m/%d/%H}/{contract.source}.parquet"
            self._s3.put_object(Bucket=PROCESSED, Key=key, Body=buffer.getvalue())
        location = f"s3://{PROCESSED}/{contract.source}/"
        self._table(
            contract.table,
            PartitionKeys=[{"Name": "datehour", "Type": "string"}],
            Parameters={
                "classification": "parquet",
                "projection.enabled": "true",
                "projection.datehour.type": "date",
                "projection.datehour.format": "yyyy/MM/dd/HH",
                "projection.datehour.range": "NOW-400DAYS,NOW",
                "projection.datehour.interval": "1",
                "projection.datehour.interval.unit": "HOURS",
                "storage.location.template": location + "${datehour}/",
            },
            StorageDescriptor={
                "Columns": [{"Name": column.name, "Type": column.type} for column in glue.columns(contract)],
                "Location": location,
                "InputFormat": f"{_PARQUET}.MapredParquetInputFormat",
                "OutputFormat": f"{_PARQUET}.MapredParquetOutputFormat",
                "SerdeInfo": {"SerializationLibrary": f"{_PARQUET}.serde.ParquetHiveSerDe"},
            },
        )

    def curate(self, contract: CompiledContract, rows: pa.Table) -> float:
        """Write rows as runs of the job would, one an hour; returns the seconds that the files took."""
        table = tables.load_or_create(self.catalog, DATABASE, contract, LAKE.table_location(contract.table))
        began = time.perf_counter()
        files = [file for _, part in by_hour(rows) for file in data_files.write(table, part, contract.event_time)]
        seconds = time.perf_counter() - began
        with table.transaction() as transaction, transaction.update_snapshot().fast_append() as append:
            for file in files:
                append.append_data_file(file)
        return seconds

    def compact(self, contract: CompiledContract) -> None:
        """Compact as the daily run does."""
        with contextlib.redirect_stdout(None):
            today = datetime.datetime.now(datetime.UTC).date()
            done = compact.Compaction()
            compact.compact(self.catalog, (DATABASE, contract.table), contract.event_time, today, done)

    def aggregate(self, contract: CompiledContract) -> list[str]:
        """Make the aggregates; returns the names of their tables."""
        return [done.table for done in refresh(self.catalog, LAKE, contract)]

    def size(self, contract: CompiledContract) -> tuple[int, int]:
        """The files of a table, and their bytes."""
        files = self.catalog.load_table((DATABASE, contract.table)).inspect.files()
        return files.num_rows, pc.sum(files["file_size_in_bytes"]).as_py()

    def show(self, contract: Contract) -> None:
        """Make the source's views."""
        for view in views.of(contract):
            text = views.original_text(view, DATABASE)
            columns = [{"Name": column.name, "Type": column.type} for column in glue.columns(contract)]
            self._table(
                view.name,
                TableType="VIRTUAL_VIEW",
                Parameters={"presto_view": "true"},
                StorageDescriptor={"Columns": columns, "Location": "", "SerdeInfo": {}},
                ViewOriginalText=text,
                ViewExpandedText="/* Presto View */",
            )

    def ask(self, sql: str) -> tuple[int, str]:
        """The bytes that a query scans, and its result. Raises SystemExit if it fails."""
        started = self._athena.start_query_execution(
            QueryString=sql,
            QueryExecutionContext={"Database": DATABASE},
            ResultConfiguration={"OutputLocation": f"s3://{RESULTS}/"},
        )["QueryExecutionId"]
        while True:
            execution = self._athena.get_query_execution(QueryExecutionId=started)["QueryExecution"]
            if execution["Status"]["State"] not in ("QUEUED", "RUNNING"):
                break
            time.sleep(_POLL_SECONDS)
        if execution["Status"]["State"] != "SUCCEEDED":
            raise SystemExit(f"{sql}: {execution['Status']}")
        result = self._s3.get_object(Bucket=RESULTS, Key=f"{started}.csv")["Body"].read().decode()
        return execution["Statistics"]["DataScannedInBytes"], result

    def _table(self, name: str, **definition: Any) -> None:
        kind = {"TableType": "EXTERNAL_TABLE", **definition}
        self._glue.create_table(DatabaseName=DATABASE, TableInput={"Name": name, **kind})
