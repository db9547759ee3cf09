"""A lake of real Parquet objects and a real Iceberg table."""

import datetime
import io
import itertools
import json
from decimal import Decimal
from pathlib import Path

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from contracts import curation, load
from etl import contract, objects
from etl.curation.curate import curate
from etl.iceberg import catalog
from etl.lake import Lake

SOURCES = Path(__file__).parents[3] / "sources"
DELIVERED = {
    "event_id": pa.string(),
    "timestamp": pa.timestamp("ms"),
    "menuitem": pa.string(),
    "quantity": pa.int64(),
    "price": pa.decimal128(10, 2),
    "customerid": pa.string(),
    "restaurantid": pa.string(),
    "extra": pa.string(),
    "received_at": pa.timestamp("ms"),
    "ingest_id": pa.string(),
}
RECEIVED = datetime.datetime(2026, 3, 14, 18, 31)


class Orders:
    """The orders of a test: delivers Parquet objects as Firehose does, curates, and reads the table back."""

    def __init__(self, s3, catalog, lake, folder):
        self.s3, self.catalog, self.lake, self.folder = s3, catalog, lake, folder
        self._numbers = itertools.count()
        self.contract = self._compiled(yaml.safe_load((SOURCES / "orders.yaml").read_text()))

    def changed(self, change):
        """The orders contract, without aggregates that ask for its fields, after a change; compiled."""
        document = yaml.safe_load((SOURCES / "orders.yaml").read_text())
        document["customProperties"] = [
            item for item in document["customProperties"] if item["property"] != "aggregates"
        ]
        change(document, {item["name"]: item for item in document["schema"][0]["properties"]})
        return self._compiled(document)

    def _compiled(self, document):
        (self.folder / "orders.yaml").write_text(yaml.safe_dump(document))
        return contract.parse(json.dumps([curation.document(load(self.folder / "orders.yaml"))]))[0]

    def order(self, event_id=None, time="2026-03-14T18:30:00", received_at=RECEIVED, **columns):
        number = next(self._numbers)
        row = {
            "event_id": event_id or f"e{number}",
            "timestamp": datetime.datetime.fromisoformat(time),
            "menuitem": "Pasta",
            "quantity": 1,
            "price": Decimal("9.50"),
            "customerid": "c1",
            "restaurantid": "r1",
            "extra": None,
            "received_at": received_at,
            "ingest_id": f"i{number:09d}",
        }
        return row | columns

    def deliver(self, rows, hour="2026/03/14/18", types=DELIVERED):
        """One object, written as Firehose writes it (INT96 times, Snappy)."""
        buffer = io.BytesIO()
        table = pa.Table.from_pylist(rows, pa.schema(types))
        pq.write_table(table, buffer, use_deprecated_int96_timestamps=True, compression="snappy")
        key = f"orders/{hour}/stream-1-{next(self._numbers):09d}.parquet"
        self.s3.put_object(Bucket=self.lake.processed_bucket, Key=key, Body=buffer.getvalue())
        return key

    def curate(self, contract=None, since=None):
        return curate(self.catalog, self.s3, self.lake, contract or self.contract, since)

    def objects(self, prefix=""):
        return [item["Key"] for item in objects.listed(self.s3, self.lake.curated_bucket, prefix)]

    @property
    def table(self):
        return self.catalog.load_table(("lake", "orders_curated"))

    def rows(self):
        return self.table.scan().to_arrow().sort_by("event_id").to_pylist()


def use(cloud, monkeypatch):
    """Have clients of AWS, and processes that are started, find a local cloud by the environment."""
    use_account(cloud.url, cloud.clients.region, monkeypatch)


def use_account(url, region, monkeypatch):
    """Have them find whatever stands for AWS at an address."""
    for name, value in {
        "AWS_ENDPOINT_URL": url,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }.items():
        monkeypatch.setenv(name, value)


class Source(Orders):
    """The orders of a test, on S3 and in Glue."""

    def __init__(self, tmp_path):
        s3, self.glue = boto3.client("s3"), boto3.client("glue")
        for bucket in ("processed", "curated"):
            s3.create_bucket(Bucket=bucket)
        self.glue.create_database(DatabaseInput={"Name": "lake"})
        super().__init__(s3, catalog.connect(), Lake("lake", "processed", "curated"), tmp_path)
