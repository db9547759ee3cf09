"""The product's own job, deployed by hand as its program deploys it, over one delivered object."""

import datetime
import io
import json
import zipfile
from decimal import Decimal
from pathlib import Path

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyiceberg.catalog.glue import GlueCatalog

from contracts import curation, load

from .glue_rig import Jobs

ROOT = Path(__file__).parents[3]
DATABASE, PROCESSED, CURATED, ARTIFACTS = "rapid_analytics_test", "processed", "curated", "artifacts"
MOMENT = datetime.datetime(2026, 3, 14, 18, 30)
ORDER = {
    "event_id": "e1",
    "timestamp": MOMENT,
    "menuitem": "Pasta",
    "quantity": 2,
    "price": Decimal("9.50"),
    "customerid": "c1",
    "restaurantid": "r1",
    "received_at": MOMENT,
    "ingest_id": "i1",
}


@pytest.fixture(scope="module")
def jobs(rig):
    return Jobs(rig)


@pytest.fixture(scope="module")
def curate_job(jobs):
    """The job's name."""
    for bucket in (PROCESSED, CURATED, ARTIFACTS):
        jobs.s3.create_bucket(Bucket=bucket)
    jobs.glue.create_database(DatabaseInput={"Name": DATABASE})
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        for file in (ROOT / "etl").rglob("*.py"):
            archive.write(file, file.relative_to(ROOT))
    contracts = json.dumps([curation.document(load(ROOT / "sources" / "orders.yaml"))])
    artifacts = {
        "etl.zip": package.getvalue(),
        "job.py": (ROOT / "etl" / "jobs" / "curate_job.py").read_bytes(),
        "contracts.json": contracts.encode(),
    }
    for name, content in artifacts.items():
        jobs.s3.put_object(Bucket=ARTIFACTS, Key=f"curation/{name}", Body=content)
    command = {"Name": "glueetl", "PythonVersion": "3", "ScriptLocation": f"s3://{ARTIFACTS}/curation/job.py"}
    return jobs.create(
        Command=command,
        ExecutionProperty={"MaxConcurrentRuns": 1},
        DefaultArguments={
            "--task": "curate",
            "--source": "all",
            "--database": DATABASE,
            "--processed_bucket": PROCESSED,
            "--curated_bucket": CURATED,
            "--contracts_uri": f"s3://{ARTIFACTS}/curation/contracts.json",
            "--lookback_days": "0",
            "--extra-py-files": f"s3://{ARTIFACTS}/curation/etl.zip",
            "--additional-python-modules": "pyiceberg[glue,pyarrow]==0.12.0,pyarrow==26.0.1",
        },
    )


def deliver(jobs, order):
    content = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([order]), content, use_deprecated_int96_timestamps=True)
    jobs.s3.put_object(Bucket=PROCESSED, Key="orders/2026/03/14/18/stream-1.parquet", Body=content.getvalue())


def curated(rig):
    client = boto3.session.Session("test", "test", region_name="us-east-1").client("glue", endpoint_url=rig.url)
    files = {"s3.endpoint": rig.url, "s3.access-key-id": "test", "s3.secret-access-key": "test"}
    catalog = GlueCatalog("glue", client=client, **files, **{"s3.region": "us-east-1"})
    return catalog.load_table((DATABASE, "orders_curated")).scan().to_arrow().to_pylist()


def test_the_curate_job_brings_a_delivered_order_into_the_iceberg_table_once(jobs, rig, curate_job):
    deliver(jobs, ORDER)
    first = jobs.run(curate_job)
    assert first["JobRunState"] == "SUCCEEDED", jobs.errors(first)
    report = json.loads(jobs.output(first).splitlines()[-1])
    assert (report["source"], report["rows_added"]) == ("orders", 1)
    again = jobs.run(curate_job)
    assert json.loads(jobs.output(again))["rows_added"] == 0
    (row,) = curated(rig)
    assert {name: row[name] for name in ORDER} == ORDER


def test_the_curate_job_fails_for_a_source_that_nobody_knows_and_says_so_in_its_error_log(jobs, curate_job):
    run = jobs.run(curate_job, Arguments={"--source": "nobody"})
    assert (run["JobRunState"], run["ErrorMessage"]) == ("FAILED", "SystemExit: 1")
    assert "--source nobody: there is no such source" in jobs.errors(run)
