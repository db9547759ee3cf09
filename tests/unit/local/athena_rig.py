"""A lake for the tests of Athena: moto's S3, Glue and work groups behind a loopback port, and boto3 talking to the
plane.

Query operations go through the plane's ``handle`` as HTTP requests; everything else goes to moto.
"""

from __future__ import annotations

import base64
import io
import json
import logging
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from moto.server import ThreadedMotoServer
from pyiceberg.catalog.glue import GlueCatalog
from werkzeug import Request
from werkzeug.test import EnvironBuilder

from rapid.local.athena import AthenaPlane
from rapid.local.clients import Clients
from rapid.local.moto import services as moto_services
from tests.response_checks import checked

LAKE = "lake"
RESULTS = "results"
DATABASE = "shop"
WORKGROUP = "analysts"
PARQUET_SERDE = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
_STARTED_AT = datetime.now(UTC)  # one moment for all tests: an hour may pass while they run
FINAL_STATES = ("SUCCEEDED", "FAILED", "CANCELLED")

HOURLY = {
    "projection.enabled": "true",
    "projection.datehour.type": "date",
    "projection.datehour.format": "yyyy/MM/dd/HH",
    "projection.datehour.range": "NOW-365DAYS,NOW",
    "projection.datehour.interval": "1",
    "projection.datehour.interval.unit": "HOURS",
    "storage.location.template": f"s3://{LAKE}/orders/${{datehour}}/",
}
ORDER_COLUMNS = {
    "timestamp": "timestamp",
    "menuitem": "string",
    "quantity": "int",
    "price": "decimal(10,2)",
    "customerid": "string",
}


class ApiError(Exception):
    """An answer that is not 200."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(body.get("Message") or body["message"])
        self.status = status
        self.kind = body["__type"]
        self.body = body


class AthenaRig:
    """One plane over one moto, with helpers to lay out a lake and to ask it."""

    def __init__(self) -> None:
        self._server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self._server.start()
        host, port = self._server.get_host_and_port()
        self.endpoint = f"http://{host}:{port}"
        self.clients = Clients(self.endpoint)
        self.plane = AthenaPlane(self.clients)
        self.plane.handle = checked("athena", self.plane.handle)
        self.s3 = self.clients.client("s3")
        self.glue = self.clients.client("glue")
        self.athena = self.clients.client("athena")
        self.reset()

    def reset(self) -> None:
        """Empty moto, and make the buckets, the database and the work group anew."""
        moto_services.reset()
        for bucket in (LAKE, RESULTS):
            self.s3.create_bucket(Bucket=bucket)
        self.glue.create_database(DatabaseInput={"Name": DATABASE})
        self.work_group(WORKGROUP)

    def close(self) -> None:
        """Stop the plane and moto."""
        self.plane.close()
        self._server.stop()

    def work_group(self, name: str, **configuration: Any) -> None:
        """Make a work group whose results go to the results bucket, unless ``configuration`` says otherwise."""
        location = {"ResultConfiguration": {"OutputLocation": f"s3://{RESULTS}/{name}/"}}
        self.athena.create_work_group(Name=name, Configuration={**location, **configuration})

    def table(
        self,
        name: str = "orders",
        columns: dict[str, str] | None = None,
        partitions: dict[str, str] | None = None,
        parameters: dict[str, str] | None = None,
        location: str | None = None,
        **changes: Any,
    ) -> None:
        """Make a Parquet table in Glue."""
        definition = {
            "Name": name,
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {"classification": "parquet", **(parameters or {})},
            "PartitionKeys": [{"Name": key, "Type": kind} for key, kind in (partitions or {}).items()],
            "StorageDescriptor": {
                "Columns": [{"Name": key, "Type": kind} for key, kind in (columns or ORDER_COLUMNS).items()],
                "Location": location or f"s3://{LAKE}/{name}/",
                "SerdeInfo": {"SerializationLibrary": PARQUET_SERDE},
            },
        }
        self.glue.create_table(DatabaseName=DATABASE, TableInput={**definition, **changes})

    def iceberg_catalog(self) -> GlueCatalog:
        """Return Glue as pyiceberg's catalog, to make real Iceberg tables with."""
        keys = {"s3.access-key-id": "test", "s3.secret-access-key": "test", "s3.region": "us-east-1"}
        return GlueCatalog("glue", client=self.glue, **keys, **{"s3.endpoint": self.endpoint})

    def view(self, name: str, sql: str, columns: dict[str, str], schema: str = DATABASE) -> None:
        """Make a view in Glue, as Athena keeps one; ``columns`` are Trino's types by name."""
        definition = {
            "originalSql": sql,
            "catalog": "awsdatacatalog",
            "schema": schema,
            "columns": [{"name": column, "type": kind} for column, kind in columns.items()],
        }
        self.stored_view(name, f"/* Presto View: {base64.b64encode(json.dumps(definition).encode()).decode()} */")

    def stored_view(self, name: str, text: str, **parameters: str) -> None:
        """Make a Glue table of type VIRTUAL_VIEW with this ``ViewOriginalText``."""
        definition = {
            "Name": name,
            "TableType": "VIRTUAL_VIEW",
            "Parameters": {"presto_view": "true", **parameters},
            "StorageDescriptor": {"Columns": [], "SerdeInfo": {}},
            "ViewOriginalText": text,
            "ViewExpandedText": "/* Presto View */",
        }
        self.glue.create_table(DatabaseName=DATABASE, TableInput=definition)

    def hourly_orders(self) -> None:
        """Make the table of orders by arrival hour, as Firehose fills it."""
        self.table("orders", partitions={"datehour": "string"}, parameters=HOURLY)

    def put(self, key: str, table: pa.Table, **options: Any) -> int:
        """Store a Parquet object and return its size in bytes."""
        sink = io.BytesIO()
        pq.write_table(table, sink, **options)
        self.s3.put_object(Bucket=LAKE, Key=key, Body=sink.getvalue())
        return sink.tell()

    def call(self, operation: str, **body: Any) -> dict[str, Any]:
        """Send one request to the plane; raises ApiError for an answer that is not 200."""
        builder = EnvironBuilder(
            method="POST",
            data=json.dumps(body),
            headers={"X-Amz-Target": f"AmazonAthena.{operation}", "Content-Type": "application/x-amz-json-1.1"},
        )
        response = self.plane.handle(Request(builder.get_environ()))
        answer = json.loads(response.get_data())
        if response.status_code != 200:
            raise ApiError(response.status_code, answer)
        return answer

    def start(self, sql: str, **parameters: Any) -> str:
        """Start a query in the rig's database and work group."""
        defaults = {"QueryExecutionContext": {"Database": DATABASE}, "WorkGroup": WORKGROUP}
        return self.call("StartQueryExecution", QueryString=sql, **{**defaults, **parameters})["QueryExecutionId"]

    def wait(self, query_id: str) -> dict[str, Any]:
        """Return the execution once it is in a final state."""
        while True:
            execution = self.call("GetQueryExecution", QueryExecutionId=query_id)["QueryExecution"]
            if execution["Status"]["State"] in FINAL_STATES:
                return execution
            time.sleep(0.01)

    def run(self, sql: str, **parameters: Any) -> dict[str, Any]:
        """Run a query to its end and return its execution."""
        return self.wait(self.start(sql, **parameters))

    def failure(self, sql: str, **parameters: Any) -> str:
        """Return the reason why a query fails."""
        status = self.run(sql, **parameters)["Status"]
        assert status["State"] == "FAILED", status
        return status["StateChangeReason"]

    def results(self, sql: str, **parameters: Any) -> dict[str, Any]:
        """Run a query that must succeed and return GetQueryResults' first page."""
        execution = self.run(sql, **parameters)
        assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
        return self.call("GetQueryResults", QueryExecutionId=execution["QueryExecutionId"])

    def rows(self, sql: str, **parameters: Any) -> list[list[str | None]]:
        """Return a query's rows, without the header."""
        return _rows(self.results(sql, **parameters))

    def result_rows(self, query_id: str) -> list[list[str | None]]:
        """Return the rows of a query that has succeeded, without the header."""
        return _rows(self.call("GetQueryResults", QueryExecutionId=query_id))

    def value(self, expression: str) -> str | None:
        """Return the value of one expression."""
        return self.rows(f"SELECT {expression}")[0][0]

    def types(self, sql: str) -> list[str]:
        """Return the types of a query's columns, as decimal(38,2), varchar …"""
        info = self.results(sql)["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
        return [
            f"decimal({column['Precision']},{column['Scale']})" if column["Type"] == "decimal" else column["Type"]
            for column in info
        ]


def _rows(page: dict[str, Any]) -> list[list[str | None]]:
    return [[datum.get("VarCharValue") for datum in row["Data"]] for row in page["ResultSet"]["Rows"][1:]]


def hour(hours_ago: int = 0) -> str:
    """Return the partition of a moment some hours before the tests began, ``yyyy/MM/dd/HH`` in UTC."""
    return f"{_STARTED_AT - timedelta(hours=hours_ago):%Y/%m/%d/%H}"


def orders(*rows: tuple[str, int, str], at: datetime = datetime(2026, 11, 22, 14, 38, 20, 123000)) -> pa.Table:
    """Return orders as a file of the processed zone: (menu item, quantity, price) a row."""
    return pa.table(
        {
            "timestamp": pa.array([at] * len(rows), pa.timestamp("ms")),
            "menuitem": pa.array([item for item, _, _ in rows], pa.string()),
            "quantity": pa.array([quantity for _, quantity, _ in rows], pa.int32()),
            "price": pa.array([Decimal(price) for _, _, price in rows], pa.decimal128(10, 2)),
            "customerid": pa.array([f"c{number}" for number in range(len(rows))], pa.string()),
        }
    )
