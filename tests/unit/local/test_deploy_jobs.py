"""Glue jobs, and the objects in S3 that they run."""

import io
import zipfile

import pytest

from tests.unit.local.deploy_rig import rig

pytestmark = pytest.mark.aws(
    "Pulumi deployer", "Resources", "https://www.pulumi.com/registry/packages/aws/api-docs/glue/job/"
)

PROGRAM = """
    import json
    import pulumi
    import pulumi_aws as aws

    bucket = aws.s3.Bucket("code")
    aws.s3.BucketVersioning("versions", bucket=bucket.bucket, versioning_configuration={"status": "Enabled"})
    script = aws.s3.BucketObjectv2("script", bucket=bucket.bucket, key="curation/job.py", content="print('ünï')")
    package = aws.s3.BucketObjectv2("package", bucket=bucket.bucket, key="curation/etl.zip",
        source=pulumi.AssetArchive({"etl/__init__.py": pulumi.StringAsset("")}))
    role = aws.iam.Role("runner", assume_role_policy=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "glue.amazonaws.com"}}]}))
    job = aws.glue.Job("curate", role_arn=role.arn, glue_version="5.1", worker_type="G.1X", number_of_workers=2,
        timeout=60, execution_property={"max_concurrent_runs": 1},
        command={"name": "glueetl", "python_version": "3",
            "script_location": pulumi.Output.concat("s3://", bucket.bucket, "/", script.key)},
        default_arguments={"--task": "curate", "--extra-py-files": package.arn})
    for name, value in {"bucket": bucket.bucket, "role": role.arn, "job": job.name, "job_arn": job.arn,
            "script_arn": script.arn}.items():
        pulumi.export(name, value)
"""


@pytest.fixture(scope="module")
def cloud():
    with rig() as made:
        yield made


@pytest.fixture(scope="module")
def deployed(cloud, tmp_path_factory):
    outcome = cloud.deploy(tmp_path_factory.mktemp("project"), PROGRAM)
    assert outcome.status == 0, outcome.last
    return outcome


def test_a_job_has_its_command_its_role_its_arguments_and_its_limits(cloud, deployed):
    job = cloud.client("glue").get_job(JobName=deployed.output("job"))["Job"]
    script = f"s3://{deployed.output('bucket')}/curation/job.py"
    assert job["Command"] == {"Name": "glueetl", "PythonVersion": "3", "ScriptLocation": script}
    assert job["Role"] == deployed.output("role")
    assert job["DefaultArguments"]["--task"] == "curate"
    assert (job["GlueVersion"], job["WorkerType"], job["NumberOfWorkers"], job["Timeout"]) == ("5.1", "G.1X", 2, 60)
    assert job["ExecutionProperty"] == {"MaxConcurrentRuns": 1}


@pytest.mark.aws("Pulumi deployer", "Names", "https://www.pulumi.com/docs/iac/concepts/resources/names/")
def test_a_job_without_a_name_is_called_by_its_logical_name_and_seven_hex_digits(deployed):
    assert deployed.output("job").startswith("curate-")
    assert deployed.output("job_arn") == f"arn:aws:glue:us-east-1:123456789012:job/{deployed.output('job')}"


def test_an_object_holds_the_text_of_the_program(cloud, deployed):
    found = cloud.client("s3").get_object(Bucket=deployed.output("bucket"), Key="curation/job.py")
    assert found["Body"].read().decode() == "print('ünï')"
    assert deployed.output("script_arn") == f"arn:aws:s3:::{deployed.output('bucket')}/curation/job.py"


def test_an_object_holds_the_archive_of_the_program(cloud, deployed):
    body = cloud.client("s3").get_object(Bucket=deployed.output("bucket"), Key="curation/etl.zip")["Body"].read()
    assert zipfile.ZipFile(io.BytesIO(body)).namelist() == ["etl/__init__.py"]
