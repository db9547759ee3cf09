"""A stack whose tables Glue maintains: the nightly run switches its optimizers on, and may do just that."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from rapid.cli.target import LocalStack
from tests.deployed import project_folder
from tests.deployed.clouds import own_cloud
from tests.deployed.events import ORDER

from .permissions import Bench, LogFile, Permission

JOB = "curation-execution"
KINDS = ("compaction", "retention", "orphan_file_deletion")
NEEDED = ("glue:CreateTableOptimizer", "glue:GetTableOptimizer", "glue:UpdateTableOptimizer", "iam:PassRole")


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    log = tmp_path / "log"
    folder = tmp_path / "project"
    folder.mkdir()
    with own_cloud(log) as url:
        project_folder.copy(folder, {"orders"}, table_maintenance="glue", dashboards="none")
        project_folder.deploy(folder, url)
        yield Bench(LocalStack(url, "dev"), LogFile(log))


def place(bench: Bench, kind: str) -> dict[str, str]:
    database = bench.stack.outputs["database"]
    return {"CatalogId": "123456789012", "DatabaseName": database, "TableName": "orders_curated", "Type": kind}


def switch_off(bench: Bench) -> None:
    """Somebody changes an optimizer, which the next night is to set right."""
    glue = bench.stack.client("glue")
    found = glue.get_table_optimizer(**place(bench, "retention"))["TableOptimizer"]["configuration"]
    changed = {**found, "enabled": False}
    glue.update_table_optimizer(**place(bench, "retention"), TableOptimizerConfiguration=changed)


def forget(bench: Bench) -> None:
    bench.stack.client("glue").delete_table_optimizer(**place(bench, "compaction"))


def errors(bench: Bench) -> str:
    """What the reports of all runs say went wrong."""
    s3, bucket = bench.stack.client("s3"), bench.stack.outputs["curated_bucket"]
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket=bucket, Prefix="reports/orders/")["Contents"]]
    reports = [json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read()) for key in keys]
    return "\n".join(report.get("error", "") for report in reports)


@pytest.mark.full_size
def test_the_nightly_run_switches_the_optimizers_on_with_what_it_may_do_and_no_less(bench: Bench) -> None:
    bench.deliver("orders", ORDER)
    assert bench.run_job("curate_job", task="daily").startswith("SUCCEEDED")
    glue = bench.stack.client("glue")
    for kind in KINDS:
        assert glue.get_table_optimizer(**place(bench, kind))["TableOptimizer"]["configuration"]["enabled"]

    statements = {permission.action: permission for permission in bench.permissions() if permission.role == JOB}
    for action in NEEDED:
        switch_off(bench)
        forget(bench)
        with bench.without(Permission(JOB, action, statements[action].statement)):
            assert bench.run_job("curate_job", task="daily").startswith("FAILED"), action
        assert f"not authorized to perform: {action}" in errors(bench)
        assert bench.run_job("curate_job", task="daily").startswith("SUCCEEDED")
