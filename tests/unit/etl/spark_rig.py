"""The Glue job in a process of its own whose Python has Spark, as Glue's has: started once, asked for several runs."""

import json
import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from contracts import curation, load

ROOT = Path(__file__).parents[3]
PYTHON = ROOT / ".venv" / "spark" / "bin" / "python"
_RUN = """
import json, sys
from etl.jobs import curate_job as job
for line in sys.stdin:
    print("ended", job.main(json.loads(line)), flush=True)
"""


class SparkJob:
    """Runs the job again and again in one process, so that its Spark is started once; after a kill, in another."""

    def __init__(self, endpoint):
        self._environment = {
            **os.environ,
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            # Executors find it too, as they find the zip of --extra-py-files.
            "PYTHONPATH": str(ROOT),
        }
        self._process = None

    def __enter__(self):
        return self

    def __exit__(self, *error):
        if self._process:
            self._process.communicate()

    def start(self, *arguments):
        """Ask for a run."""
        if not self._process or self._process.poll() is not None:
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
            self._process = subprocess.Popen([PYTHON, "-c", _RUN], env=self._environment, **pipes)
        self._process.stdin.write(json.dumps(arguments) + "\n")
        self._process.stdin.flush()

    def end(self):
        """The exit status of the run that was asked for."""
        for line in self._process.stdout:
            if line.startswith("ended "):
                return int(line.removeprefix("ended "))
        raise AssertionError(f"the process died, status {self._process.wait()}")

    def kill(self):
        """As when a machine is lost; returns when its executors have ended too."""
        if self._process:
            self._process.kill()
            self._process.communicate()
            self._process = None


class Sparked:
    """A second lake over the same processed zone, which Spark curates."""

    def __init__(self, orders, job):
        self.orders, self.job = orders, job
        orders.s3.create_bucket(Bucket="sparked")
        orders.glue.create_database(DatabaseInput={"Name": "sparked"})
        document = json.dumps([curation.document(load(orders.folder / "orders.yaml"))])
        orders.s3.put_object(Bucket="sparked", Key="contracts.json", Body=document)

    def start(self):
        lake = ["--database", "sparked", "--processed_bucket", "processed", "--curated_bucket", "sparked"]
        contracts = ["--contracts_uri", "s3://sparked/contracts.json", "--lookback_days", "0"]
        self.job.start(*lake, *contracts, "--engine", "spark")

    def curate(self):
        """The report of a run, and its exit status."""
        before = set(self._reports())
        self.start()
        status = self.job.end()
        [key] = set(self._reports()) - before
        return json.loads(self.orders.s3.get_object(Bucket="sparked", Key=key)["Body"].read()), status

    def kill_when(self, moment, seconds=120):
        """Kill the run as soon as the moment has come."""
        deadline = time.monotonic() + seconds
        while not moment() and time.monotonic() < deadline:
            time.sleep(0.01)
        self.job.kill()

    @property
    def table(self):
        return self.orders.catalog.load_table(("sparked", "orders_curated"))

    def objects(self, prefix):
        pages = self.orders.s3.get_paginator("list_objects_v2").paginate(Bucket="sparked", Prefix=prefix)
        return [item["Key"] for page in pages for item in page.get("Contents", [])]

    def _reports(self):
        return self.objects("reports/")


def require() -> None:
    """Skip the test, loudly, where there is no Spark; in CI that is a failure."""
    missing = []
    if not PYTHON.exists():
        missing.append(f"{PYTHON.relative_to(ROOT)} (make {PYTHON.parents[1].relative_to(ROOT)}/.installed)")
    if not shutil.which("java"):
        missing.append("Java 17 (openjdk-17-jre-headless)")
    if missing:
        message = f"not installed: {', '.join(missing)}"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
