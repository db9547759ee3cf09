"""The job: all sources, each for itself."""

import json

import boto3
import pyarrow as pa
import pytest
from botocore.exceptions import ClientError

from contracts import curation, load
from etl.curation import inputs
from etl.jobs import curate_job as job
from tests.unit.etl.lake import DELIVERED, SOURCES

ARGUMENTS = ("--contracts_uri", "s3://curated/contracts.json", "--database", "lake")
BUCKETS = ("--processed_bucket", "processed", "--curated_bucket", "curated")


@pytest.fixture
def run(own_account, monkeypatch, capfd):
    """Runs the job for two sources, of which one meets an error; gives its status, reports and what it wrote."""
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="curated")
    documents = [curation.document(load(SOURCES / f"{source}.yaml")) for source in ("clickstream", "orders")]
    s3.put_object(Bucket="curated", Key="contracts.json", Body=json.dumps(documents))

    def of(error):
        def step(given):
            if given.contract.source == "clickstream":
                raise error
            return job.Aggregated([])

        monkeypatch.setitem(job.TASKS, "curate", (step,))
        try:
            status = job.main([*ARGUMENTS, *BUCKETS])
        except ClientError:
            status = 1
        written = capfd.readouterr()
        reports = [json.loads(line) for line in written.out.splitlines() if line.startswith('{"task"')]
        return status, {report["source"]: report.get("error") for report in reports}, written.out + written.err

    return of


def test_a_source_that_fails_holds_no_other_up_and_fails_the_run(run):
    refused = ClientError({"Error": {"Code": "ThrottlingException", "Message": "Rate exceeded"}}, "UpdateTable")
    status, errors, _ = run(refused)

    assert status == 1
    assert "UpdateTable operation: Rate exceeded" in errors["clickstream"]
    assert errors["orders"] is None


def test_of_an_error_that_nobody_foresaw_the_place_is_told_and_no_values(run):
    status, errors, written = run(ValueError("Jane Doe is no number"))

    assert status == 1
    assert errors["clickstream"].startswith("ValueError in test_curate_job.py, line ")
    assert errors["orders"] is None
    assert "Jane Doe" not in written


def test_a_field_that_is_deployed_while_a_run_works_loses_none_of_its_values(orders, monkeypatch):
    """The run has read the contracts, and then finds events with a field that came with the deployment."""

    def add_tip(document, _fields):
        tip = {"name": "tip", "logicalType": "integer", "description": "Cents given to the waiter."}
        document["schema"][0]["properties"].append(tip)

    def deploy():
        document = curation.document(load(orders.folder / "orders.yaml"))
        orders.s3.put_object(Bucket="curated", Key="contracts.json", Body=json.dumps([document]))

    listing = inputs.listing

    def deployed_meanwhile(*places):
        monkeypatch.setattr(inputs, "listing", listing)
        orders.changed(add_tip)
        deploy()
        orders.deliver([orders.order(tip=50)], types={**DELIVERED, "tip": pa.int64()})
        return listing(*places)

    deploy()
    monkeypatch.setattr(inputs, "listing", deployed_meanwhile)

    assert job.main([*ARGUMENTS, *BUCKETS, "--lookback_days", "0"]) == 0
    assert [row["tip"] for row in orders.rows()] == [50]
