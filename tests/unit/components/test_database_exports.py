import json
import re

import pulumi
import pytest

from components.job_code import JobCode
from components.jobs.database_exports import DatabaseExports
from contracts import load
from tests.unit.components.engine import ACCOUNT, REGION
from tests.unit.contracts.test_file_sources import sales


def exporting(*contracts):
    return lambda: DatabaseExports(
        "exports",
        {
            "contracts": contracts,
            "files_bucket_arn": "arn:aws:s3:::files",
            "code": JobCode("code", contracts, {}, pulumi.ResourceOptions()),
        },
    )


@pytest.fixture
def exports(tmp_path):
    return exporting(sales(tmp_path))


def test_each_connection_has_a_secret_without_a_value(deploy, exports, preview):
    deployment = deploy(exports, preview=preview)
    (secret,) = deployment.of("Secret")
    assert secret.name == "exports-shop"
    assert deployment.of("SecretVersion") == []


def test_the_job_knows_tables_and_secrets_and_no_password(deploy, exports):
    deployment = deploy(exports)
    arguments = deployment.one("Job").inputs["defaultArguments"]
    assert json.loads(arguments["--secret_arns"]) == {"shop": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:exports-shop"}
    assert arguments["--exports_uri"] == "s3://code-artifacts-bucket-1a2b3c4/curation/exports.json"
    assert arguments["--files_bucket"] == "files"
    (table,) = json.loads(deployment.one("BucketObjectv2", "exports-exports.json").inputs["content"])
    assert (table["source"], table["table"], table["key"]) == ("sales", "public.sales", ["number", "shop"])
    assert [field["name"] for field in table["fields"]] == ["shop", "number", "total", "changed_at"]


def test_the_drivers_are_those_that_the_tests_run_with(deploy, exports):
    modules = deploy(exports).one("Job").inputs["defaultArguments"]["--additional-python-modules"]
    assert re.fullmatch(
        r"pyarrow==[\d.]+,adbc-driver-manager==[\d.]+,adbc-driver-postgresql==[\d.]+,pymysql==[\d.]+", modules
    )


def test_the_job_may_read_its_secrets_and_write_where_its_own_files_land(deploy, exports):
    found = {}
    for statement in deploy(exports).one("RolePolicy", "exports-execution-policy").policy():
        for action in statement["Action"]:
            found.setdefault(action, []).extend(statement["Resource"])
    files = "arn:aws:s3:::files"
    assert found["secretsmanager:GetSecretValue"] == [f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:exports-shop"]
    assert found["s3:PutObject"] == [f"{files}/exports/sales/*", f"{files}/incoming/sales/*"]
    assert found["s3:DeleteObject"] == [f"{files}/exports/sales/staged/*"]
    assert found["s3:ListBucket"] == [files]


def test_tables_of_one_connection_share_its_secret(deploy, tmp_path):
    sold = sales(tmp_path)
    (tmp_path / "stock.yaml").write_text((tmp_path / "sales.yaml").read_text().replace("id: sales", "id: stock"))
    assert len(deploy(exporting(sold, load(tmp_path / "stock.yaml"))).of("Secret")) == 1
