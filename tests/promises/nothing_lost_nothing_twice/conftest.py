"""A local cloud with an empty lake in it, for jobs that are run as processes and killed."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts import curation, load
from rapid.local import LocalCloud
from tests.unit.etl.lake import Source, use

from .job_process import JobProcess

ROOT = Path(__file__).parents[3]


@pytest.fixture
def orders(tmp_path, monkeypatch) -> Iterator[Source]:
    """The orders of a test; the job's processes find the cloud by the environment."""
    with LocalCloud(0) as cloud:
        use(cloud, monkeypatch)
        yield Source(tmp_path)


@pytest.fixture
def start_job(orders):
    """Start the job in a process of its own, with arguments as Glue gives them."""
    contract = load(ROOT / "sources" / "orders.yaml")
    orders.s3.put_object(Bucket="curated", Key="contracts.json", Body=json.dumps([curation.document(contract)]))
    arguments = ["--database", "lake", "--processed_bucket", "processed", "--curated_bucket", "curated"]
    arguments += ["--contracts_uri", "s3://curated/contracts.json", "--lookback_days", "0"]

    return lambda *more: JobProcess("curate_job", [*arguments, *more])
