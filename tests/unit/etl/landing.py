"""A files bucket, and the job that takes its files in."""

import gzip
import io
import json
from pathlib import Path

import boto3
import pyarrow as pa
import pyarrow.parquet as pq

from contracts import file_checks, load_all
from etl.jobs import files_job

SOURCES = Path(__file__).parents[3] / "sources"
ORDER = {
    "event_id": "e1",
    "timestamp": "2026-03-14T18:30:00Z",
    "menuItem": "Pasta",
    "quantity": 2,
    "price": 9.5,
    "customerId": "c1",
    "restaurantId": "r1",
}
ARGUMENTS = [
    *("--files_bucket", "files", "--processed_bucket", "processed", "--quarantine_bucket", "quarantine"),
    *("--contracts_uri", "s3://artifacts/contracts.json", "--JOB_NAME", "files"),
]


class Landing:
    """Files of a test: lands them, runs the job, reads what became of them."""

    def __init__(self):
        self.s3 = boto3.client("s3")
        for bucket in ("files", "processed", "quarantine", "artifacts"):
            self.s3.create_bucket(Bucket=bucket)
        self.deploy(load_all(SOURCES))

    def deploy(self, contracts):
        body = json.dumps([file_checks.document(contract) for contract in contracts]).encode()
        self.s3.put_object(Bucket="artifacts", Key="contracts.json", Body=body)

    def land(self, data, source="orders", file_id="f1", name="orders.csv"):
        body = data.encode() if isinstance(data, str) else data
        self.s3.put_object(Bucket="files", Key=f"incoming/{source}/{file_id}/{name}", Body=body)

    def run(self):
        return files_job.main(ARGUMENTS)

    def take_in(self, data, **where):
        """Land one file and run the job; its report."""
        self.land(data, **where)
        assert self.run() == 0
        return self.report(where.get("source", "orders"), where.get("file_id", "f1"))

    def report(self, source="orders", file_id="f1"):
        return json.loads(self.s3.get_object(Bucket="files", Key=f"reports/{source}/{file_id}.json")["Body"].read())

    def keys(self, bucket, prefix=""):
        return [item["Key"] for item in self.s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])]

    def bodies(self, bucket, prefix=""):
        return {key: self.s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in self.keys(bucket, prefix)}

    def table(self, source="orders"):
        """All processed rows of a source, in the order of their files and records."""
        bodies = self.bodies("processed", f"{source}/").values()
        return pa.concat_tables(pq.read_table(io.BytesIO(body), coerce_int96_timestamp_unit="ms") for body in bodies)

    def rows(self, source="orders"):
        return self.table(source).to_pylist()

    def bad(self, source="orders"):
        bodies = self.bodies("quarantine", f"files/{source}/").values()
        return [json.loads(line) for body in bodies for line in gzip.decompress(body).splitlines()]


def csv(orders, delimiter=",", columns=tuple(ORDER)):
    """Orders as plain CSV; a value that is None is an empty field."""
    rows = [delimiter.join("" if order.get(name) is None else str(order[name]) for name in columns) for order in orders]
    return "\n".join([delimiter.join(columns), *rows]) + "\n"
