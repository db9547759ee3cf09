import json
import subprocess
import sys
from pathlib import Path

import pytest

from rapid.local.clients import Clients
from rapid.local.deploy import command
from rapid.local.deploy.cloud import Cloud, CloudError
from tests.unit.local.deploy_rig import STACK, rig, write_project

pytestmark = pytest.mark.aws(
    "Pulumi deployer", "Failures", "https://www.pulumi.com/docs/iac/concepts/how-pulumi-works/"
)

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def server():
    with rig() as made:
        yield made


@pytest.fixture
def cloud(server):
    server.forget()
    return server


def test_an_unknown_property_is_refused_naming_resource_property_and_what_is_near(cloud, tmp_path):
    outcome = cloud.deploy(
        tmp_path,
        """
        import pulumi_aws as aws
        aws.kinesis.FirehoseDeliveryStream("orders", destination="extended_s3", extended_s3_configuration={
            "bucket_arn": "arn:aws:s3:::b", "role_arn": "arn:aws:iam::123456789012:role/r", "bufferingIntervall": 60})
        """,
    )
    (failure,) = outcome.last["failures"]
    assert (failure["type"], failure["name"]) == (
        "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream",
        "orders",
    )
    assert "property extendedS3Configuration.bufferingIntervall: is not known here" in failure["error"]
    assert "near: bufferingInterval" in failure["error"]
    assert cloud.client("firehose").list_delivery_streams()["DeliveryStreamNames"] == []


def test_a_delivery_stream_that_reads_kinesis_has_no_encryption_of_its_own(cloud, tmp_path):
    outcome = cloud.deploy(
        tmp_path,
        """
        import pulumi_aws as aws
        role = "arn:aws:iam::123456789012:role/r"
        aws.kinesis.FirehoseDeliveryStream("orders", destination="extended_s3",
            kinesis_source_configuration={"kinesis_stream_arn": "arn:aws:kinesis:us-east-1:123456789012:stream/orders",
                "role_arn": role},
            server_side_encryption={"enabled": True},
            extended_s3_configuration={"bucket_arn": "arn:aws:s3:::b", "role_arn": role})
        """,
    )
    assert outcome.errors == {"orders": "property serverSideEncryption: conflicts with kinesisSourceConfiguration"}


def test_a_property_inside_a_list_is_named_by_its_position(cloud, tmp_path):
    outcome = cloud.deploy(
        tmp_path,
        """
        import pulumi_aws as aws
        bucket = aws.s3.Bucket("data")
        aws.s3.BucketLifecycleConfiguration("rules", bucket=bucket.bucket, rules=[
            {"id": "a", "status": "Enabled", "expiration": {"days": "soon"}}])
        """,
    )
    assert outcome.errors == {"rules": "property rules[0].expiration.days: takes a whole number, not 'soon'"}


def test_a_value_that_aws_does_not_have_is_refused_with_what_is_near(cloud, tmp_path):
    outcome = cloud.deploy(
        tmp_path,
        """
        import pulumi_aws as aws
        bucket = aws.s3.Bucket("data")
        aws.s3.BucketVersioning("versions", bucket=bucket.bucket, versioning_configuration={"status": "enable"})
        """,
    )
    assert outcome.errors == {
        "versions": "property versioningConfiguration.status: does not take 'enable'; near: Enabled"
    }


def test_an_unknown_resource_type_is_refused_naming_it_and_what_is_near(cloud, tmp_path):
    outcome = cloud.deploy(
        tmp_path,
        "import pulumi_aws as aws\naws.s3.BucketRequestPaymentConfiguration('x', bucket='b', payer='Requester')",
    )
    error = outcome.errors["x"]
    name = "aws:s3/bucketRequestPaymentConfiguration:BucketRequestPaymentConfiguration"
    assert f"the resource type {name} is not supported by the local cloud" in error
    assert "near: aws:s3/bucket" in error


def test_a_failed_resource_fails_what_depends_on_it_and_nothing_else(cloud, tmp_path):
    outcome = cloud.deploy(
        tmp_path,
        """
        import pulumi
        import pulumi_aws as aws
        first = aws.cloudwatch.LogGroup("first", name="same")
        second = aws.cloudwatch.LogGroup("second", name="same", opts=pulumi.ResourceOptions(depends_on=[first]))
        aws.cloudwatch.LogStream("child", log_group_name=second.name)
        aws.sqs.Queue("after", opts=pulumi.ResourceOptions(depends_on=[second]))
        aws.sqs.Queue("apart")
        pulumi.export("arn", second.arn)
        pulumi.export("first", first.name)
        """,
    )
    assert outcome.status == 1
    assert outcome.created == ["first", "apart"]
    assert "CreateLogGroup was refused: ResourceAlreadyExistsException" in outcome.errors["second"]
    skipped = "skipped: depends on aws:cloudwatch/logGroup:LogGroup 'second', which failed"
    assert outcome.errors["child"] == outcome.errors["after"] == skipped
    assert set(outcome.errors) == {"second", "child", "after"}


def test_a_failed_deployment_is_recorded_with_what_exists_and_what_failed(cloud, tmp_path):
    outcome = cloud.deploy(
        tmp_path,
        """
        import pulumi
        import pulumi_aws as aws
        aws.sqs.Queue("good")
        aws.sqs.Queue("bad", name="no spaces allowed")
        """,
    )
    assert outcome.record["status"] == "failed"
    assert outcome.resource("good")["id"].startswith("http://")
    assert [failure["name"] for failure in outcome.record["failures"]] == ["bad"]


@pytest.mark.aws("Pulumi deployer", "Secrets", "https://www.pulumi.com/docs/iac/concepts/secrets/")
def test_a_secret_is_masked_in_what_is_said_of_a_failure(cloud, tmp_path):
    outcome = cloud.deploy(
        tmp_path,
        """
        import pulumi
        import pulumi_aws as aws
        aws.cloudwatch.LogGroup("group", retention_in_days=pulumi.Output.secret("hush"))
        """,
    )
    assert "property retentionInDays: takes a whole number, not '[secret]'" in outcome.errors["group"]
    assert "hush" not in str([outcome.events, outcome.record])


def test_all_failures_are_listed_at_once(cloud, tmp_path):
    outcome = cloud.deploy(
        tmp_path,
        """
        import pulumi_aws as aws
        aws.sqs.Queue("one", name="no spaces allowed")
        aws.ecs.Cluster("two")
        aws.glue.CatalogDatabase("three", create_table_default_permissions=[{"permisions": ["ALL"]}])
        """,
    )
    assert set(outcome.errors) == {"one", "two", "three"}
    assert "near: permissions" in outcome.errors["three"]


@pytest.mark.aws(
    "Pulumi deployer", "Resources", "https://www.pulumi.com/registry/packages/aws/api-docs/kinesis/stream/"
)
def test_a_data_stream_is_refused_as_the_provider_refuses_it_before_aws_is_asked(cloud, tmp_path):
    outcome = cloud.deploy(
        tmp_path,
        """
        import pulumi_aws as aws
        aws.kinesis.Stream("provisioned")
        aws.kinesis.Stream("on_demand", shard_count=1, stream_mode_details={"stream_mode": "ON_DEMAND"})
        aws.kinesis.Stream("keyless", shard_count=1, encryption_type="KMS")
        aws.kinesis.Stream("metered", shard_count=1, shard_level_metrics=["ALL"])
        """,
    )
    assert outcome.errors == {
        "provisioned": "property shardCount: must be at least 1 when streamModeDetails.streamMode is PROVISIONED",
        "on_demand": "property shardCount: must not be set when streamModeDetails.streamMode is ON_DEMAND",
        "keyless": "property kmsKeyId: is missing; encryptionType KMS needs it",
        "metered": outcome.errors["metered"],
    }
    assert outcome.errors["metered"].startswith("property shardLevelMetrics: is not known here")


def test_an_output_that_is_not_computed_is_refused_by_name_rather_than_none(cloud, tmp_path):
    outcome = cloud.deploy(
        tmp_path,
        """
        import pulumi
        import pulumi_aws as aws
        bucket = aws.s3.Bucket("data")
        aws.sqs.Queue("uses", name=bucket.hosted_zone_id)
        """,
    )
    assert outcome.errors == {
        "uses": "property name comes from an output that the local cloud does not compute (of data)"
    }


def test_a_stack_output_that_is_not_computed_is_refused_by_name(cloud, tmp_path):
    outcome = cloud.deploy(
        tmp_path,
        """
        import pulumi
        import pulumi_aws as aws
        pulumi.export("zone", aws.s3.Bucket("data").hosted_zone_id)
        """,
    )
    assert outcome.last["failures"] == [
        {
            "type": "stack output",
            "name": "zone",
            "error": "comes from an output that the local cloud does not compute",
        }
    ]


def test_a_provider_look_up_is_refused_by_name(cloud, tmp_path):
    outcome = cloud.deploy(tmp_path, "import pulumi_aws as aws\naws.get_caller_identity()")
    assert "aws:index/getCallerIdentity:getCallerIdentity is not supported" in outcome.errors["__main__.py"]


def test_an_explicit_provider_is_refused_by_name(cloud, tmp_path):
    outcome = cloud.deploy(tmp_path, "import pulumi_aws as aws\naws.Provider('other', region='eu-west-1')")
    assert "pulumi:providers:aws is not supported" in outcome.errors["other"]


def test_a_fault_of_the_program_names_its_file_and_line(cloud, tmp_path):
    outcome = cloud.deploy(tmp_path, "import pulumi\n\nraise KeyError('menuItem')\n")
    (failure,) = outcome.last["failures"]
    assert failure == {"type": "program", "name": "__main__.py", "error": "KeyError: 'menuItem' (__main__.py:3)"}


def test_a_fault_inside_an_apply_names_its_line_too(cloud, tmp_path):
    outcome = cloud.deploy(
        tmp_path,
        """
        import pulumi
        import pulumi_aws as aws
        def colour(name):
            return name.colour
        queue = aws.sqs.Queue("q")
        pulumi.export("colour", queue.name.apply(colour))
        """,
    )
    assert outcome.errors == {"__main__.py": "AttributeError: 'str' object has no attribute 'colour' (__main__.py:5)"}


@pytest.mark.parametrize("fault", ["raise RuntimeError('no')", "aws.sqs.Queue('q', colour='red')"])
def test_a_deployment_that_fails_keeps_the_outputs_that_were_there(cloud, tmp_path, fault):
    imports = "import pulumi, pulumi_aws as aws\n"
    cloud.deploy(tmp_path, f"{imports}pulumi.export('a', 1)\npulumi.export('b', pulumi.Output.secret(2))")
    failed = cloud.deploy(tmp_path, f"{imports}{fault}")
    assert failed.status == 1
    assert failed.record["outputs"] == {"a": 1, "b": 2}
    assert failed.record["secret_outputs"] == ["b"]
    assert cloud.deploy(tmp_path, imports).record["outputs"] == {}


def test_an_error_made_for_people_is_told_by_its_message_alone(cloud, tmp_path):
    outcome = cloud.deploy(tmp_path, "import pulumi\nraise pulumi.RunError('sources/a.yaml: id: is missing')\n")
    assert outcome.last["failures"] == [{"type": "", "name": "", "error": "sources/a.yaml: id: is missing"}]


@pytest.mark.parametrize(
    "fault",
    ["raise RuntimeError('no')", "queue.name.apply(lambda name: 1 / 0)", "raise SystemExit(3)"],
)
def test_a_fault_ends_the_program_whatever_waits_for_an_output_that_never_comes(cloud, tmp_path, fault):
    outcome = cloud.deploy(
        tmp_path,
        f"""
        import pulumi
        import pulumi_aws as aws
        queue = aws.sqs.Queue("first")
        never, _ = pulumi.deferred_output()
        aws.sqs.Queue("second", tags={{"a": never}})
        pulumi.export("a", never)
        {fault}
        """,
    )
    assert outcome.created == ["first"]
    assert list(outcome.errors) == ["__main__.py"]
    assert outcome.errors["__main__.py"].endswith("(__main__.py:8)")


def test_a_method_setting_that_does_not_exist_is_refused(cloud, tmp_path):
    outcome = cloud.deploy(
        tmp_path,
        """
        import pulumi_aws as aws
        aws.apigateway.MethodSettings("throttle", rest_api="a", stage_name="v1", method_path="events/POST",
            settings={"throttlingRatelimit": 5})
        aws.apigateway.Stage("stage", rest_api="a", deployment="d", stage_name="v1",
            access_log_settings={"destination_arn": "arn:aws:logs:us-east-1:123456789012:log-group:l", "formatt": "f"})
        aws.apigateway.UsagePlan("plan", api_stages=[{"api_id": "a", "stage": "v1", "throttles": [{"rateLimit": 1}]}])
        """,
    )
    assert outcome.errors == {
        "throttle": "property settings.throttlingRatelimit: is not known here; near: throttlingRateLimit, "
        "throttlingBurstLimit",
        "stage": "property accessLogSettings.formatt: is not known here; near: format",
        "plan": "property apiStages[0].throttles: is not known here; near: throttle",
    }


def test_a_program_that_asks_to_exit_has_failed(cloud, tmp_path):
    assert cloud.deploy(tmp_path, "raise SystemExit(3)").errors == {"__main__.py": "SystemExit: 3 (__main__.py:1)"}


def test_the_same_name_twice_is_refused(cloud, tmp_path):
    outcome = cloud.deploy(tmp_path, "import pulumi_aws as aws\naws.sqs.Queue('q')\naws.sqs.Queue('q')")
    assert outcome.created == ["q"]
    assert "the name is taken" in outcome.errors["q"]


def test_a_logical_name_too_long_for_its_physical_name_is_refused_with_the_room_there_is(cloud, tmp_path):
    outcome = cloud.deploy(tmp_path, f"import pulumi_aws as aws\naws.s3.Bucket('{'b' * 60}')")
    (error,) = outcome.errors.values()
    assert "only 55 fit" in error


def test_what_the_program_prints_does_not_mix_with_the_events(cloud, tmp_path, capsys):
    outcome = cloud.deploy(tmp_path, "import pulumi\nprint('hello')\npulumi.log.warn('careful')")
    assert [event["event"] for event in outcome.events] == ["done"]
    shown = capsys.readouterr().err
    assert "hello" in shown
    assert "warning: careful" in shown


def test_a_cloud_that_does_not_answer_is_one_clear_failure():
    url = "http://127.0.0.1:9"
    cloud = Cloud(Clients(url), "us-east-1", start_timeout_seconds=0)
    for _attempt in range(2):
        with pytest.raises(CloudError) as caught:
            cloud.prepare([], check=lambda: None)
        assert "nothing answers at http://127.0.0.1:9 (Connection refused)" in str(caught.value)
        assert "start a local cloud with `rapid local up`" in str(caught.value)


def test_an_endpoint_that_is_no_address_is_refused(capsys):
    with pytest.raises(SystemExit):
        command.run(["--stack", "dev", "--endpoint", "localhost"])
    assert "'localhost' is not an address such as http://127.0.0.1:4566" in capsys.readouterr().err


@pytest.mark.parametrize(("program", "status"), [("", 0), ("raise RuntimeError('no')", 1)])
def test_the_command_ends_with_one_json_line_and_an_exit_status(cloud, tmp_path, program, status):
    write_project(tmp_path, program)
    command = [sys.executable, "-m", "rapid.local.deploy", "--stack", "dev", "--endpoint", cloud.url]
    ended = subprocess.run([*command, "--project", tmp_path], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == status, ended.stderr
    assert json.loads(ended.stdout)["event"] == ("failed" if status else "done")
    assert "Traceback" not in ended.stderr


def test_a_local_cloud_of_another_region_than_the_stack_s_is_refused_before_anything_is_made(cloud, tmp_path):
    program = """
        import pulumi_aws as aws
        aws.sqs.Queue("orders")
        """
    outcome = cloud.deploy(tmp_path, program, stack=STACK.replace("us-east-1", "eu-west-1"))
    assert outcome.status == 1
    [failure] = outcome.events[-1]["failures"]
    assert failure["error"] == (
        f"the local cloud at {cloud.url} is in us-east-1, stack dev is for eu-west-1; "
        "`rapid local up --stack dev` starts one for it, with --port beside another"
    )
    assert cloud.client("sqs").list_queues().get("QueueUrls", []) == []
