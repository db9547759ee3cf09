"""Delivery, jobs, queries and dashboards."""

from .resource import Resource
from .rule import Faults, rule, rules_of

STREAM = "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream"
DATA_STREAM = "aws:kinesis/stream:Stream"
WORKGROUP = "aws:athena/workgroup:Workgroup"
JOB = "aws:glue/job:Job"
DATA_SOURCE = "aws:quicksight/dataSource:DataSource"

OLDEST_GLUE = 4.0
"""The oldest version of Glue whose Spark still gets security updates
(https://docs.aws.amazon.com/glue/latest/dg/glue-version-support-policy.html)."""


@rule(
    "DataFirehose.1", "AwsSolutions-KDF1",
    types=[STREAM],
    title="A delivery stream is encrypted at rest",
    fix="enable server_side_encryption; one that reads a data stream has the encryption of that",
)  # fmt: skip
def stream_is_encrypted(resource: Resource) -> Faults:
    if resource.get("kinesisSourceConfiguration"):
        return
    if resource.get("serverSideEncryption", "enabled") is not True:
        yield "", "it is not encrypted"


@rule(
    "Kinesis.1", "AwsSolutions-KDS1", "AwsSolutions-KDS3",
    types=[DATA_STREAM],
    title="A data stream is encrypted at rest",
    fix="set encryption_type KMS, and kms_key_id alias/aws/kinesis",
)  # fmt: skip
def data_stream_is_encrypted(resource: Resource) -> Faults:
    if resource.get("encryptionType") != "KMS" or not resource.get("kmsKeyId"):
        yield "", "it is not encrypted"


@rule(
    "AwsSolutions-ATH1",
    types=[WORKGROUP],
    title="A workgroup encrypts results, whatever a client asks for",
    fix="set an encryption_configuration and enforce_workgroup_configuration",
)
def workgroup_encrypts_results(resource: Resource) -> Faults:
    if not resource.get("configuration", "resultConfiguration", "encryptionConfiguration", "encryptionOption"):
        yield "", "results are not encrypted"
    if resource.get("configuration", "enforceWorkgroupConfiguration") is False:
        yield "", "clients may choose another place and no encryption"


@rule(
    "Athena.4",
    types=[WORKGROUP],
    title="A workgroup publishes metrics of its queries",
    fix="set publish_cloudwatch_metrics_enabled",
)
def workgroup_publishes_metrics(resource: Resource) -> Faults:
    if resource.get("configuration", "publishCloudwatchMetricsEnabled") is False:
        yield "", "its queries leave no trace in CloudWatch"


@rule(
    "Glue.4",
    types=[JOB],
    title="A Spark job runs on a version of Glue that AWS supports",
    fix="choose the newest glue_version",
)
def job_version_is_supported(resource: Resource) -> Faults:
    version = resource.get("glueVersion")
    if version is None or float(version) < OLDEST_GLUE:
        yield "", f"its version of Glue is {version}"


@rule(
    "AwsSolutions-GL1",
    types=[JOB],
    title="A job encrypts its logs by a key of its own",
    fix="give the job a security_configuration with CloudWatch encryption SSE-KMS",
)
def job_encrypts_logs(resource: Resource) -> Faults:
    if not resource.get("securityConfiguration"):
        yield "", "it has no security configuration"


@rule(
    "AwsSolutions-GL3",
    types=[JOB],
    title="A job with bookmarks encrypts them",
    fix="give the job a security_configuration with job bookmark encryption CSE-KMS, or use no bookmarks",
)
def job_encrypts_bookmarks(resource: Resource) -> Faults:
    option = (resource.get("defaultArguments") or {}).get("--job-bookmark-option", "job-bookmark-disable")
    if option != "job-bookmark-disable" and not resource.get("securityConfiguration"):
        yield "", "it has bookmarks and no security configuration"


@rule(
    "AwsSolutions-QS1",
    types=[DATA_SOURCE],
    title="A data source of dashboards is asked over TLS",
    fix="set ssl_properties disable_ssl false",
)
def data_source_uses_tls(resource: Resource) -> Faults:
    if resource.get("sslProperties", "disableSsl") is not False:
        yield "", "TLS may be off"


RULES = rules_of(globals())
