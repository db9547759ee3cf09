import json
import re
from hashlib import sha256

import pytest

from components import job_code
from components.jobs.curation import Curation
from components.jobs.table_optimizers import TableMaintenance
from tests.unit.components.engine import ACCOUNT, LAKEHOUSE, REGION

GLUE = f"arn:aws:glue:{REGION}:{ACCOUNT}"
LOGS = "/aws-glue/rapid-analytics-dev-curation"


@pytest.fixture
def curation(orders):
    def make(maintenance=TableMaintenance.JOB):
        return Curation(
            "curation",
            {
                "contracts": [orders],
                "lakehouse": LAKEHOUSE,
                "table_maintenance": maintenance,
                "runtime": {"log_retention_days": 7},
            },
        )

    return make


def job(deployment):
    return deployment.one("Job").inputs


def allowed(deployment):
    """Action to the resources of every statement that names it."""
    found = {}
    for statement in deployment.one("RolePolicy", "curation-execution-policy").policy():
        for action in statement["Action"]:
            found.setdefault(action, []).extend(statement["Resource"])
    return found


def test_the_job_is_a_spark_job_of_the_current_glue_with_as_many_workers_as_it_has_work_for(deploy, curation, preview):
    found = job(deploy(curation, preview=preview))
    assert (found["glueVersion"], found["workerType"], found["numberOfWorkers"]) == ("5.1", "G.1X", 10)
    assert found["defaultArguments"]["--enable-auto-scaling"] == "true"
    assert (found["command"]["name"], found["command"]["pythonVersion"]) == ("glueetl", "3")


def test_one_run_at_a_time(deploy, curation, preview):
    assert job(deploy(curation, preview=preview))["executionProperty"] == {"maxConcurrentRuns": 1}


def test_a_run_without_arguments_curates_all_sources_of_the_last_days(deploy, curation):
    arguments = job(deploy(curation))["defaultArguments"]
    assert {name: arguments[name] for name in ("--task", "--source", "--lookback_days")} == {
        "--task": "curate",
        "--source": "all",
        "--lookback_days": "3",
    }
    assert arguments["--database"] == "lake"
    assert arguments["--processed_bucket"] == "processed"
    assert arguments["--curated_bucket"] == "curated"


def test_every_place_that_the_job_is_told_of_holds_an_object(deploy, curation):
    deployment = deploy(curation)
    stored = {f"s3://{item.inputs['bucket']}/{item.inputs['key']}" for item in deployment.of("BucketObjectv2")}
    arguments = job(deployment)["defaultArguments"]
    assert stored == {
        job(deployment)["command"]["scriptLocation"],
        arguments["--extra-py-files"],
        arguments["--contracts_uri"],
    }


def test_the_contracts_are_stored_as_the_job_reads_them(deploy, curation):
    (document,) = json.loads(deploy(curation).one("BucketObjectv2", "curation-contracts.json").inputs["content"])
    assert (document["source"], document["table"]) == ("orders", "orders_curated")


def test_the_script_is_that_of_the_package(deploy, curation):
    text = deploy(curation).one("BucketObjectv2", "curation-job.py").inputs["content"]
    assert "from etl import" in text
    assert text == job_code.script("curate_job.py")


def test_the_zip_holds_the_package_under_its_name():
    files = job_code.package().assets
    assert {"etl/__init__.py", "etl/jobs/curate_job.py", "etl/curation/curate.py"} <= set(files)
    assert all(re.fullmatch(r"etl/(\w+/)*\w+\.py", path) for path in files)


def test_the_python_modules_have_the_versions_that_are_tested_with():
    expected = r"pyiceberg\[glue\]==0\.12\.\d+,pyarrow==26\.\d+\.\d+,numpy==2\.4\.\d+,isal==1\.\d+\.\d+"
    assert re.fullmatch(expected, job_code.python_modules())


def test_a_lock_file_without_a_module_is_refused_naming_both(tmp_path):
    lock = tmp_path / "requirements-local.txt"
    lock.write_text("pyarrow==26.0.1 \\\n    --hash=sha256:0\n")
    with pytest.raises(job_code.JobCodeError, match=r"requirements-local\.txt: .*pyiceberg.*make lock"):
        job_code.python_modules(lock_file=lock)


def test_a_missing_script_is_refused_naming_the_file(tmp_path):
    with pytest.raises(job_code.JobCodeError, match=r"curate_job\.py: not found"):
        job_code.script("curate_job.py", tmp_path)


def test_the_jobs_code_goes_with_the_stack(deploy, curation, preview):
    bucket = deploy(curation, preview=preview).one("Bucket", "curation-artifacts-bucket")
    assert not bucket.protect
    assert bucket.inputs["forceDestroy"]


def test_the_job_waits_for_its_roles_policy(deploy, curation, preview):
    assert "curation-execution-policy" in deploy(curation, preview=preview).one("Job").depends_on


def test_the_role_is_assumed_by_glue_alone(deploy, curation):
    (statement,) = deploy(curation).one("Role", "curation-execution-role").trust()
    assert statement["Principal"] == {"Service": "glue.amazonaws.com"}


def test_the_job_reads_what_was_delivered_and_its_own_code(deploy, curation):
    read = allowed(deploy(curation))["s3:GetObject"]
    assert "arn:aws:s3:::processed/orders/*" in read
    assert "arn:aws:s3:::curation-artifacts-bucket-1a2b3c4/curation/*" in read


def test_the_job_writes_and_deletes_tables_ledgers_and_aggregates_and_only_adds_reports(deploy, curation):
    actions = allowed(deploy(curation))
    kept = [f"arn:aws:s3:::curated/{folder}/orders/*" for folder in ("tables", "ledgers", "aggregates")]
    assert actions["s3:DeleteObject"] == kept
    assert actions["s3:PutObject"] == [*kept, "arn:aws:s3:::curated/reports/orders/*"]


def test_the_job_creates_and_commits_its_own_tables_alone(deploy, curation):
    actions = allowed(deploy(curation))
    table = [f"{GLUE}:catalog", f"{GLUE}:database/lake"]
    table += [f"{GLUE}:table/lake/{name}" for name in ("orders_curated", "orders_sales_daily")]
    assert {action: resources for action, resources in actions.items() if action.startswith("glue:")} == {
        "glue:CreateTable": table,
        "glue:GetDatabase": table,
        "glue:GetTable": table,
        "glue:UpdateTable": table,
    }


def test_the_job_writes_to_log_groups_of_its_own_that_expire(deploy, curation):
    deployment = deploy(curation)
    groups = {
        group.inputs["name"]: group.inputs["retentionInDays"]
        for group in deployment.of("LogGroup")
        if "name" in group.inputs
    }
    assert groups == {f"{LOGS}/output": 7, f"{LOGS}/error": 7}
    assert job(deployment)["defaultArguments"]["--custom-logGroup-prefix"] == LOGS
    assert allowed(deployment)["logs:PutLogEvents"] == [
        f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:curation-{stream}-logs:*" for stream in ("output", "error")
    ]


def test_a_new_processed_object_starts_the_job_and_one_that_could_not_be_delivered_does_not(deploy, curation):
    deployment = deploy(curation)
    detail = json.loads(deployment.one("EventRule").inputs["eventPattern"])["detail"]
    assert detail == {"bucket": {"name": ["processed"]}, "object": {"key": [{"anything-but": {"prefix": "errors/"}}]}}
    variables = deployment.one("Function").inputs["environment"]["variables"]
    assert variables["JOB_NAME"] == "curation-job"
    assert variables["INTERVAL_SECONDS"] == "3600"


def test_other_contracts_start_the_job_when_they_are_deployed(deploy, curation):
    deployment = deploy(curation)
    stored = deployment.one("BucketObjectv2", "curation-contracts.json").inputs["content"]
    assert deployment.one("Invocation").inputs["triggers"] == {"deployed": sha256(stored.encode()).hexdigest()}


def test_the_job_does_a_days_whole_work_daily(deploy, curation):
    given = json.loads(deploy(curation).one("Schedule").inputs["target"]["input"])
    assert given == {"call": {"--task": "daily"}}


def test_glues_optimizers_have_a_role_for_the_tables_alone(deploy, curation):
    deployment = deploy(lambda: curation(TableMaintenance.GLUE))
    tables = [f"{GLUE}:catalog", f"{GLUE}:database/lake"]
    tables += [f"{GLUE}:table/lake/{name}" for name in ("orders_curated", "orders_sales_daily")]
    policy = deployment.one("RolePolicy", "curation-optimizers-policy").policy()
    logs = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws-glue/iceberg"
    assert [(statement["Action"], statement["Resource"]) for statement in policy] == [
        (
            ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"],
            ["arn:aws:s3:::curated/tables/*", "arn:aws:s3:::curated/aggregates/*"],
        ),
        (["s3:ListBucket"], ["arn:aws:s3:::curated"]),
        (["glue:GetTable", "glue:UpdateTable"], tables),
        (
            ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
            [f"{logs}-{what}/logs:*" for what in ("compaction", "retention", "orphan-file-deletion")],
        ),
    ]


def test_the_job_may_pass_that_role_and_no_other_and_only_where_glue_maintains(deploy, curation):
    deployment = deploy(lambda: curation(TableMaintenance.GLUE))
    role = job(deployment)["defaultArguments"]["--optimizer_role_arn"]
    assert allowed(deployment)["iam:PassRole"] == [role]
    assert f"{GLUE}:table/lake/orders_curated" in allowed(deployment)["glue:CreateTableOptimizer"]

    without = deploy(curation)
    assert "--optimizer_role_arn" not in job(without)["defaultArguments"]
    assert not {"iam:PassRole", "glue:CreateTableOptimizer"} & set(allowed(without))
