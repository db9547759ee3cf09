import base64
import io
import json
import re
import zipfile

import pytest

from tests.unit.local.deploy_rig import rig

pytestmark = pytest.mark.aws("Pulumi deployer", "Resources", "https://www.pulumi.com/registry/packages/aws/")

PROGRAM = """
    import json
    import pulumi
    import pulumi_aws as aws

    def trust(service):
        return json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}}]})

    class Storage(pulumi.ComponentResource):
        def __init__(self, name):
            super().__init__("tiny:index:Storage", name)
            child = pulumi.ResourceOptions(parent=self)
            self.bucket = aws.s3.Bucket(f"{name}-Data", force_destroy=True, tags={"team": "kitchen"}, opts=child)
            aws.s3.BucketVersioning(f"{name}-versions", bucket=self.bucket.bucket,
                versioning_configuration={"status": "Enabled"}, opts=child)
            aws.s3.BucketServerSideEncryptionConfiguration(f"{name}-encryption", bucket=self.bucket.id,
                rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}], opts=child)
            aws.s3.BucketPublicAccessBlock(f"{name}-access", bucket=self.bucket.bucket,
                block_public_acls=True, block_public_policy=True, ignore_public_acls=True,
                restrict_public_buckets=True, opts=child)
            aws.s3.BucketLifecycleConfiguration(f"{name}-lifecycle", bucket=self.bucket.bucket, rules=[
                {"id": "orders", "status": "Enabled", "filter": {"prefix": "orders/"}, "expiration": {"days": 30}},
                {"id": "tidy", "status": "Enabled", "filter": {},
                 "noncurrent_version_expiration": {"noncurrent_days": 7},
                 "abort_incomplete_multipart_upload": {"days_after_initiation": 3}}], opts=child)
            aws.s3.BucketPolicy(f"{name}-policy", bucket=self.bucket.bucket, opts=child,
                policy=pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": [
                    {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": self.bucket.arn}]}))
            self.register_outputs({"bucket": self.bucket.bucket})

    storage = Storage("store")
    bucket = storage.bucket

    database = aws.glue.CatalogDatabase("lake", name="lake")
    table = aws.glue.CatalogTable("orders", name="orders", database_name=database.name, table_type="EXTERNAL_TABLE",
        parameters={"projection.enabled": "true", "classification": "parquet"},
        partition_keys=[{"name": "datehour", "type": "string"}],
        storage_descriptor={"location": bucket.bucket.apply(lambda name: f"s3://{name}/orders/"),
            "columns": [{"name": "price", "type": "decimal(10,2)", "comment": "in euros"}],
            "ser_de_info": {"serialization_library": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
                "parameters": {"serialization.format": "1"}}})
    workgroup = aws.athena.Workgroup("queries", force_destroy=True, configuration={
        "bytes_scanned_cutoff_per_query": 10_000_000, "enforce_workgroup_configuration": True,
        "result_configuration": {"output_location": bucket.bucket.apply(lambda name: f"s3://{name}/results/"),
            "encryption_configuration": {"encryption_option": "SSE_S3"}}})
    query = aws.athena.NamedQuery("top", name="top items", database=database.name, workgroup=workgroup.name,
        query="SELECT 1")

    script = aws.s3.BucketObjectv2("script", bucket=bucket.bucket, key="job.py", content="print('ok')")
    package = aws.s3.BucketObjectv2("package", bucket=bucket.bucket, key="etl.zip",
        source=pulumi.AssetArchive({"etl.py": pulumi.StringAsset("LIMIT = 2")}))
    job = aws.glue.Job("curate", role_arn="arn:aws:iam::123456789012:role/glue", glue_version="5.1", worker_type="G.1X",
        number_of_workers=2, timeout=60, execution_property={"max_concurrent_runs": 1},
        command={"name": "glueetl", "python_version": "3", "script_location": script.arn},
        default_arguments={"--task": "curate"})

    logs = aws.cloudwatch.LogGroup("logs", retention_in_days=pulumi.Config().require_int("retention_days"))
    stream_log = aws.cloudwatch.LogStream("delivery", log_group_name=logs.name, name="delivery")
    role = aws.iam.Role("runner", assume_role_policy=trust("lambda.amazonaws.com"), description="runs the function")
    aws.iam.RolePolicy("runs", role=role.name, policy=pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "s3:PutObject", "Resource": bucket.arn.apply(lambda arn: f"{arn}/*")}]}))
    queue = aws.sqs.Queue("dead-letters", message_retention_seconds=1209600, sqs_managed_sse_enabled=True)
    function = aws.lambda_.Function("ingest", role=role.arn, runtime="python3.13", handler="handler.handler",
        architectures=["arm64"], memory_size=256, timeout=29, environment={"variables": {"QUEUE": queue.url}},
        code=pulumi.AssetArchive({"handler.py": pulumi.StringAsset("def handler(event, context): ..."),
            "shared": pulumi.FileArchive("./shared")}),
        opts=pulumi.ResourceOptions(depends_on=[logs]))

    stream = aws.kinesis.FirehoseDeliveryStream("orders", destination="extended_s3", extended_s3_configuration={
        "bucket_arn": bucket.arn, "role_arn": role.arn, "buffering_size": 64, "buffering_interval": 60,
        "prefix": "orders/!{timestamp:yyyy/MM/dd/HH}/", "error_output_prefix": "errors/",
        "cloudwatch_logging_options": {"enabled": True, "log_group_name": logs.name,
            "log_stream_name": stream_log.name},
        "processing_configuration": {"enabled": True, "processors": [{"type": "Lambda", "parameters": [
            {"parameter_name": "LambdaArn", "parameter_value": function.arn}]}]},
        "s3_backup_mode": "Enabled",
        "s3_backup_configuration": {"bucket_arn": bucket.arn, "role_arn": role.arn, "compression_format": "GZIP",
            "buffering_size": 5, "buffering_interval": 120},
        "data_format_conversion_configuration": {
            "input_format_configuration": {"deserializer": {"open_x_json_ser_de": {}}},
            "output_format_configuration": {"serializer": {"parquet_ser_de": {"compression": "SNAPPY"}}},
            "schema_configuration": {"database_name": database.name, "table_name": table.name, "role_arn": role.arn}}})

    follower = aws.kinesis.FirehoseDeliveryStream("follower", destination="extended_s3",
        kinesis_source_configuration={"role_arn": role.arn,
            "kinesis_stream_arn": "arn:aws:kinesis:us-east-1:123456789012:stream/orders"},
        extended_s3_configuration={"bucket_arn": bucket.arn, "role_arn": role.arn})

    api = aws.apigateway.RestApi("api", body=function.invoke_arn.apply(lambda arn: json.dumps({
        "openapi": "3.0.1", "info": {"title": "orders", "version": "1"}, "paths": {"/events": {"post": {
            "responses": {}, "x-amazon-apigateway-integration": {"type": "AWS_PROXY", "httpMethod": "POST",
                "uri": arn}}}}})), endpoint_configuration={"types": "REGIONAL"})
    aws.lambda_.Permission("call", action="lambda:InvokeFunction", function=function.name,
        principal="apigateway.amazonaws.com", source_arn=api.execution_arn.apply(lambda arn: f"{arn}/*/POST/events"))
    deployment = aws.apigateway.Deployment("deployment", rest_api=api.id, triggers={"definition": "abc"})
    stage = aws.apigateway.Stage("stage", rest_api=api.id, deployment=deployment.id, stage_name="v1")
    aws.apigateway.MethodSettings("throttle", rest_api=api.id, stage_name=stage.stage_name, method_path="events/POST",
        settings={"throttling_rate_limit": 12.5, "throttling_burst_limit": 20, "metrics_enabled": True})
    key = aws.apigateway.ApiKey("key")
    plan = aws.apigateway.UsagePlan("plan", api_stages=[{"api_id": api.id, "stage": stage.stage_name}],
        quota_settings={"limit": 1000, "period": "DAY"})
    aws.apigateway.UsagePlanKey("plan-key", key_id=key.id, key_type="API_KEY", usage_plan_id=plan.id)

    source = aws.quicksight.DataSource("source", data_source_id="lake", name="lake", type="ATHENA",
        parameters={"athena": {"work_group": workgroup.name}}, ssl_properties={"disable_ssl": False})
    aws.quicksight.DataSet("set", data_set_id="orders", name="orders", import_mode="DIRECT_QUERY", physical_table_maps=[
        {"physical_table_map_id": "orders", "custom_sql": {"data_source_arn": source.arn, "name": "orders",
            "sql_query": "SELECT 1", "columns": [{"name": "price", "type": "DECIMAL"}]}}])

    for name, value in {"bucket": bucket.bucket, "url": stage.invoke_url, "key": key.value, "queue": queue.url,
            "function": function.name, "stream": stream.name, "follower": follower.name,
            "api": api.id, "plan": plan.id, "role": role.name,
            "logs": logs.name, "workgroup": workgroup.name, "query": query.id, "function_arn": function.arn,
            "days": pulumi.Config().get_int("retention_days"), "nested": {"secret": [key.value]},
            "job": job.name}.items():
        pulumi.export(name, value)
"""


@pytest.fixture(scope="module")
def cloud():
    with rig() as made:
        yield made


@pytest.fixture(scope="module")
def deployed(cloud, tmp_path_factory):
    folder = tmp_path_factory.mktemp("project")
    (folder / "shared").mkdir()
    (folder / "shared" / "packing.py").write_text("LIMIT = 1\n")
    outcome = cloud.deploy(folder, PROGRAM)
    assert outcome.status == 0, outcome.last
    return outcome


@pytest.mark.aws("Pulumi deployer", "Names", "https://www.pulumi.com/docs/iac/concepts/resources/names/")
def test_a_resource_without_a_name_is_called_by_its_logical_name_and_seven_hex_digits(deployed):
    assert re.fullmatch(r"store-data-[0-9a-f]{7}", deployed.output("bucket"))
    assert re.fullmatch(r"runner-[0-9a-f]{7}", deployed.output("role"))
    assert re.fullmatch(r"orders-[0-9a-f]{7}", deployed.output("stream"))


@pytest.mark.aws("Pulumi deployer", "Names", "https://www.pulumi.com/docs/iac/concepts/resources/names/")
def test_a_resource_with_a_name_keeps_it(cloud, deployed):
    assert cloud.client("glue").get_database(Name="lake")["Database"]["Name"] == "lake"


def test_a_bucket_has_what_was_attached_to_it(cloud, deployed):
    s3, bucket = cloud.client("s3"), deployed.output("bucket")
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    encryption = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert encryption[0]["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert set(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values()) == {True}
    assert s3.get_bucket_tagging(Bucket=bucket)["TagSet"] == [{"Key": "team", "Value": "kitchen"}]
    assert json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"][0]["Effect"] == "Deny"


def test_a_bucket_expires_what_its_lifecycle_rules_say(cloud, deployed):
    rules = cloud.client("s3").get_bucket_lifecycle_configuration(Bucket=deployed.output("bucket"))["Rules"]
    orders, tidy = sorted(rules, key=lambda rule: rule["ID"])
    assert (orders["Filter"], orders["Expiration"]["Days"]) == ({"Prefix": "orders/"}, 30)
    assert tidy["NoncurrentVersionExpiration"] == {"NoncurrentDays": 7}
    assert tidy["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 3}


def test_a_table_has_its_columns_its_partition_key_and_its_parameters(cloud, deployed):
    table = cloud.client("glue").get_table(DatabaseName="lake", Name="orders")["Table"]
    storage = table["StorageDescriptor"]
    assert storage["Columns"] == [{"Name": "price", "Type": "decimal(10,2)", "Comment": "in euros"}]
    assert storage["Location"] == f"s3://{deployed.output('bucket')}/orders/"
    assert storage["SerdeInfo"]["Parameters"] == {"serialization.format": "1"}
    assert table["PartitionKeys"] == [{"Name": "datehour", "Type": "string"}]
    assert table["Parameters"]["projection.enabled"] == "true"


def test_a_workgroup_limits_what_a_query_scans_and_says_where_results_go(cloud, deployed):
    group = cloud.client("athena").get_work_group(WorkGroup=deployed.output("workgroup"))["WorkGroup"]
    configuration = group["Configuration"]
    assert configuration["BytesScannedCutoffPerQuery"] == 10_000_000
    assert configuration["EnforceWorkGroupConfiguration"] is True
    assert configuration["ResultConfiguration"]["OutputLocation"] == f"s3://{deployed.output('bucket')}/results/"


def test_a_saved_query_is_in_its_workgroup(cloud, deployed):
    query = cloud.client("athena").get_named_query(NamedQueryId=deployed.output("query"))["NamedQuery"]
    assert (query["Name"], query["QueryString"], query["WorkGroup"]) == (
        "top items",
        "SELECT 1",
        deployed.output("workgroup"),
    )


def test_an_object_has_the_content_of_the_program(cloud, deployed):
    s3, bucket = cloud.client("s3"), deployed.output("bucket")
    assert s3.get_object(Bucket=bucket, Key="job.py")["Body"].read() == b"print('ok')"
    package = s3.get_object(Bucket=bucket, Key="etl.zip")["Body"].read()
    assert zipfile.ZipFile(io.BytesIO(package)).read("etl.py") == b"LIMIT = 2"


def test_a_job_runs_its_script_one_run_at_a_time(cloud, deployed):
    job = cloud.client("glue").get_job(JobName=deployed.output("job"))["Job"]
    script = f"arn:aws:s3:::{deployed.output('bucket')}/job.py"
    assert job["Command"] == {"Name": "glueetl", "PythonVersion": "3", "ScriptLocation": script}
    assert job["ExecutionProperty"] == {"MaxConcurrentRuns": 1}
    assert (job["GlueVersion"], job["NumberOfWorkers"]) == ("5.1", 2)
    assert job["DefaultArguments"] == {"--task": "curate"}


def test_a_log_group_keeps_lines_for_the_days_that_config_says(cloud, deployed):
    groups = cloud.client("logs").describe_log_groups(logGroupNamePrefix=deployed.output("logs"))["logGroups"]
    assert groups[0]["retentionInDays"] == 30


def test_a_role_trusts_its_service_and_holds_its_policy(cloud, deployed):
    iam, name = cloud.client("iam"), deployed.output("role")
    trust = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
    assert trust["Statement"][0]["Principal"] == {"Service": "lambda.amazonaws.com"}
    (policy,) = iam.list_role_policies(RoleName=name)["PolicyNames"]
    document = iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
    assert document["Statement"][0]["Resource"] == f"arn:aws:s3:::{deployed.output('bucket')}/*"


def test_a_function_has_its_settings_and_its_code(cloud, deployed):
    function = cloud.client("lambda").get_function(FunctionName=deployed.output("function"))
    settings = function["Configuration"]
    assert (settings["Runtime"], settings["MemorySize"], settings["Timeout"]) == ("python3.13", 256, 29)
    assert settings["Architectures"] == ["arm64"]
    assert settings["Environment"]["Variables"] == {"QUEUE": deployed.output("queue")}


def test_only_the_api_may_call_the_function(cloud, deployed):
    policy = cloud.client("lambda").get_policy(FunctionName=deployed.output("function"))["Policy"]
    (statement,) = json.loads(policy)["Statement"]
    assert statement["Condition"]["ArnLike"]["AWS:SourceArn"].endswith(f"{deployed.output('api')}/*/POST/events")


def test_a_queue_keeps_its_messages_for_two_weeks(cloud, deployed):
    attributes = cloud.client("sqs").get_queue_attributes(QueueUrl=deployed.output("queue"), AttributeNames=["All"])
    assert attributes["Attributes"]["MessageRetentionPeriod"] == "1209600"
    assert attributes["Attributes"]["SqsManagedSseEnabled"] == "true"


def test_a_delivery_stream_transforms_backs_up_and_converts(cloud, deployed):
    described = cloud.client("firehose").describe_delivery_stream(DeliveryStreamName=deployed.output("stream"))
    destination = described["DeliveryStreamDescription"]["Destinations"][0]["ExtendedS3DestinationDescription"]
    assert destination["BufferingHints"] == {"SizeInMBs": 64, "IntervalInSeconds": 60}
    processor = destination["ProcessingConfiguration"]["Processors"][0]
    assert processor["Parameters"] == [
        {"ParameterName": "LambdaArn", "ParameterValue": deployed.output("function_arn")}
    ]
    assert destination["S3BackupDescription"]["CompressionFormat"] == "GZIP"
    assert destination["S3BackupDescription"]["BufferingHints"] == {"SizeInMBs": 5, "IntervalInSeconds": 120}
    conversion = destination["DataFormatConversionConfiguration"]
    assert conversion["SchemaConfiguration"]["TableName"] == "orders"
    assert conversion["OutputFormatConfiguration"]["Serializer"]["ParquetSerDe"] == {"Compression": "SNAPPY"}


def test_a_delivery_stream_with_a_kinesis_source_reads_it_with_its_role(cloud, deployed):
    described = cloud.client("firehose").describe_delivery_stream(DeliveryStreamName=deployed.output("follower"))
    described = described["DeliveryStreamDescription"]
    assert described["DeliveryStreamType"] == "KinesisStreamAsSource"
    assert described["Source"]["KinesisStreamSourceDescription"] == {
        "KinesisStreamARN": "arn:aws:kinesis:us-east-1:123456789012:stream/orders",
        "RoleARN": f"arn:aws:iam::123456789012:role/{deployed.output('role')}",
    }


def test_an_api_has_the_paths_of_its_document(cloud, deployed):
    resources = cloud.client("apigateway").get_resources(restApiId=deployed.output("api"))["items"]
    assert {resource["path"] for resource in resources} == {"/", "/events"}


def test_a_stage_throttles_each_path(cloud, deployed):
    stage = cloud.client("apigateway").get_stage(restApiId=deployed.output("api"), stageName="v1")
    settings = stage["methodSettings"]["events/POST"]
    assert (settings["throttlingRateLimit"], settings["throttlingBurstLimit"]) == (12.5, 20)
    assert settings["metricsEnabled"] is True


def test_a_stage_is_called_at_the_local_gateway(cloud, deployed):
    assert deployed.output("url") == f"{cloud.url}/_aws/execute-api/{deployed.output('api')}/v1"


def test_an_api_key_is_enabled_and_in_its_plan(cloud, deployed):
    gateway, plan = cloud.client("apigateway"), deployed.output("plan")
    (key,) = gateway.get_usage_plan_keys(usagePlanId=plan)["items"]
    assert gateway.get_api_key(apiKey=key["id"], includeValue=True)["enabled"] is True
    assert gateway.get_usage_plan(usagePlanId=plan)["quota"] == {"limit": 1000, "period": "DAY"}


def test_a_quicksight_data_source_asks_the_workgroup(cloud, deployed):
    source = cloud.client("quicksight").describe_data_source(AwsAccountId="123456789012", DataSourceId="lake")
    parameters = source["DataSource"]["DataSourceParameters"]["AthenaParameters"]
    assert parameters["WorkGroup"] == deployed.output("workgroup")


def test_each_resource_is_told_of_as_it_is_made(deployed):
    assert deployed.events[0]["event"] == "resource"
    assert {"store-Data", "orders", "plan-key"} <= set(deployed.created)
    assert deployed.last["event"] == "done"


def test_the_record_holds_every_resource_with_its_id_and_its_urn(deployed):
    bucket = deployed.resource("store-Data")
    assert bucket["id"] == deployed.output("bucket")
    assert bucket["urn"] == "urn:pulumi:dev::tiny::tiny:index:Storage$aws:s3/bucket:Bucket::store-Data"
    assert bucket["outputs"]["arn"] == f"arn:aws:s3:::{bucket['id']}"
    assert bucket["parent"] == deployed.resource("store")["urn"]
    assert bucket["urn"] in deployed.resource("store-versions")["dependencies"]


def test_a_component_is_recorded_without_an_id(deployed):
    component = deployed.resource("store")
    assert (component["type"], component["id"]) == ("tiny:index:Storage", "")


@pytest.mark.aws("Pulumi deployer", "Secrets", "https://www.pulumi.com/docs/iac/concepts/secrets/")
def test_a_secret_is_masked_wherever_a_person_may_look_and_named_in_the_record(deployed):
    assert deployed.last["outputs"]["key"] == "[secret]"
    assert deployed.last["outputs"]["nested"] == "[secret]"
    assert deployed.resource("key")["outputs"]["value"] == "[secret]"
    assert deployed.record["secret_outputs"] == ["key", "nested"]
    assert deployed.output("nested") == {"secret": [deployed.output("key")]}
    assert deployed.output("key") not in json.dumps([deployed.events, deployed.record["resources"]])


def test_whole_numbers_stay_whole_numbers_in_outputs(deployed):
    assert json.dumps(deployed.output("days")) == "30"


def test_the_code_of_a_function_is_the_archive_of_the_program(cloud, deployed):
    location = cloud.client("lambda").get_function(FunctionName=deployed.output("function"))["Configuration"]
    digest = deployed.resource("ingest")["outputs"]["code"]["sha256"]
    assert base64.b64decode(location["CodeSha256"]).hex() == digest
