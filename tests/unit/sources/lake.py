"""A lake of some sources: delivered as Firehose does, curated by the Glue job, asked through the local Athena."""

import datetime
import io
import json
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from contracts import Contract, curation, glue, views
from etl.jobs import curate_job as job
from rapid.local.athena import session
from tests.unit.local.athena_rig import DATABASE, HOURLY, AthenaRig

Row = dict[str, Any]
ARROW = {
    "string": pa.string(),
    "bigint": pa.int64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("ms"),
    "decimal(10,2)": pa.decimal128(10, 2),
}
"""Types of Parquet's columns, by Glue's names."""


class Lake:
    """The tables and views of some contracts, empty at first."""

    def __init__(self, contracts: Iterable[Contract]) -> None:
        self.rig = AthenaRig()
        self.contracts = {contract.source: contract for contract in contracts}
        for bucket in ("processed", "curated"):
            self.rig.s3.create_bucket(Bucket=bucket)
        for contract in self.contracts.values():
            self._make_tables(contract)
        for view in views.over(self.contracts.values()):
            self.rig.stored_view(view.name, views.original_text(view, DATABASE))

    def deliver(self, source: str, rows: list[Row], hour: datetime.datetime) -> None:
        """Put one Parquet object of rows under the hour of their arrival."""
        schema = pa.schema({column.name: ARROW[column.type] for column in glue.columns(self.contracts[source])})
        buffer = io.BytesIO()
        pq.write_table(pa.Table.from_pylist(rows, schema), buffer, use_deprecated_int96_timestamps=True)
        key = f"{source}/{hour:%Y/%m/%d/%H}/stream-1-{rows[0]['ingest_id']}.parquet"
        self.rig.s3.put_object(Bucket="processed", Key=key, Body=buffer.getvalue())

    def curate(self) -> None:
        """Run the Glue job over all that was ever delivered."""
        compiled = json.dumps([curation.document(contract) for contract in self.contracts.values()])
        self.rig.s3.put_object(Bucket="curated", Key="contracts.json", Body=compiled.encode())
        arguments = {"database": DATABASE, "processed_bucket": "processed", "curated_bucket": "curated"}
        arguments |= {"contracts_uri": "s3://curated/contracts.json", "lookback_days": "0"}
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("AWS_ENDPOINT_URL", self.rig.endpoint)
            for name, value in (("ACCESS_KEY_ID", "test"), ("SECRET_ACCESS_KEY", "test"), ("REGION", "us-east-1")):
                patch.setenv(f"AWS_{name}", value)
            patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
            assert job.main([word for name, value in arguments.items() for word in (f"--{name}", value)]) == 0

    def ask(self, sql: str, moment: datetime.datetime) -> list[tuple[Any, ...]]:
        """The rows that Athena answers at a moment in UTC, as Python's values."""
        return answered(self.rig, sql, moment)[1]

    def _make_tables(self, contract: Contract) -> None:
        self.rig.table(
            contract.table,
            columns={column.name: column.type for column in glue.columns(contract)},
            partitions={"datehour": "string"},
            parameters={**HOURLY, "storage.location.template": f"s3://processed/{contract.source}/${{datehour}}/"},
            location=f"s3://processed/{contract.source}/",
        )
        for view in views.of(contract):
            self.rig.stored_view(view.name, views.original_text(view, DATABASE))


_VALUES: dict[str, Callable[[str], Any]] = {
    "varchar": str,
    "integer": int,
    "bigint": int,
    "double": float,
    "decimal": Decimal,
    "boolean": lambda text: text == "true",
    "date": datetime.date.fromisoformat,
    "timestamp": datetime.datetime.fromisoformat,
}


def answered(rig: AthenaRig, sql: str, moment: datetime.datetime) -> tuple[list[str], list[tuple[Any, ...]]]:
    """What Athena answers at a moment in UTC: the names of the columns, and the rows as Python's values."""

    class _Clock(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> datetime.datetime:
            return moment.replace(tzinfo=tz)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "datetime", _Clock)
        page = rig.results(sql)["ResultSet"]
    columns = page["ResultSetMetadata"]["ColumnInfo"]
    types = [column["Type"] for column in columns]
    return [column["Name"] for column in columns], [
        tuple(_value(kind, datum.get("VarCharValue")) for kind, datum in zip(types, row["Data"], strict=True))
        for row in page["Rows"][1:]
    ]


def _value(kind: str, text: str | None) -> Any:
    return None if text is None else _VALUES[kind](text)
