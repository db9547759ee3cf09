import pytest

from rapid.local.firehose.parsing import from_description, updated_description
from rapid.local.service_error import ServiceError
from tests.unit.local.firehose_rig import FUNCTION, ROLE, conversion, processing, s3

DESTINATION = pytest.mark.aws(
    "Data Firehose",
    "Definition",
    "https://docs.aws.amazon.com/firehose/latest/APIReference/API_ExtendedS3DestinationConfiguration.html",
)
HINTS = pytest.mark.aws(
    "Data Firehose", "Limits", "https://docs.aws.amazon.com/firehose/latest/APIReference/API_BufferingHints.html"
)
DEFAULT_HINTS = pytest.mark.aws(
    "Data Firehose", "Definition", "https://docs.aws.amazon.com/firehose/latest/APIReference/API_BufferingHints.html"
)
CONVERSION_SETTINGS = pytest.mark.aws(
    "Data Firehose",
    "Format conversion",
    "https://docs.aws.amazon.com/firehose/latest/APIReference/API_DataFormatConversionConfiguration.html",
)
ENABLING_CONVERSION = pytest.mark.aws(
    "Data Firehose",
    "Format conversion",
    "https://docs.aws.amazon.com/firehose/latest/dev/enable-record-format-conversion.html",
)
CONVERTING_BUFFER = pytest.mark.aws(
    "Data Firehose", "Limits", "https://docs.aws.amazon.com/firehose/latest/dev/enable-record-format-conversion.html"
)
TRANSFORM_BUFFER = pytest.mark.aws(
    "Data Firehose", "Limits", "https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html"
)
BACKUP = pytest.mark.aws(
    "Data Firehose",
    "Source record backup",
    "https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-source-record-backup.html",
)
MIB = 1024 * 1024
ERRORS_BY_KIND = "errors/!{firehose:error-output-type}/"


def described(**destination):
    return {
        "DeliveryStreamName": "orders",
        "DeliveryStreamARN": "arn:aws:firehose:us-east-1:123456789012:deliverystream/orders",
        "DeliveryStreamType": "DirectPut",
        "VersionId": "1",
        "Destinations": [{"ExtendedS3DestinationDescription": {**s3("processed"), **destination}}],
    }


def refusal(description):
    with pytest.raises(ServiceError) as raised:
        from_description(description)
    return raised.value


def without(configuration, member):
    return {name: value for name, value in configuration.items() if name != member}


@DEFAULT_HINTS
def test_defaults_are_those_of_aws():
    stream = from_description(described(ProcessingConfiguration=processing()))

    assert stream.destination.buffering.size_bytes == 5 * MIB
    assert stream.destination.buffering.interval_seconds == 300
    assert stream.transform.buffering.size_bytes == 1 * MIB
    assert stream.transform.buffering.interval_seconds == 60
    assert stream.transform.retries == 3
    assert stream.transform.role_arn == ROLE


@ENABLING_CONVERSION
def test_a_converting_stream_buffers_128_mib_unless_told_otherwise():
    stream = from_description(described(DataFormatConversionConfiguration=conversion()))

    assert stream.destination.buffering.size_bytes == 128 * MIB


@CONVERSION_SETTINGS
def test_processors_are_off_unless_enabled_and_the_conversion_is_on_unless_disabled():
    off = without(processing(), "Enabled")
    on = without(conversion(), "Enabled")

    stream = from_description(described(ProcessingConfiguration=off, DataFormatConversionConfiguration=on))

    assert stream.transform is None
    assert stream.schema is not None


def test_what_pulumi_fills_in_for_the_parquet_serde_is_taken():
    filled_in = conversion(
        {"CaseInsensitive": True, "ConvertDotsInJsonKeysToUnderscores": False, "ColumnToJsonKeyMappings": {}},
        BlockSizeBytes=268435456,
        PageSizeBytes=1048576,
        EnableDictionaryCompression=False,
        MaxPaddingBytes=0,
        WriterVersion="V1",
    )

    assert from_description(described(DataFormatConversionConfiguration=filled_in)).schema is not None


ORC = {**conversion(), "OutputFormatConfiguration": {"Serializer": {"OrcSerDe": {}}}}
HIVE = {**conversion(), "InputFormatConfiguration": {"Deserializer": {"HiveJsonSerDe": {}}}}
SPLITTING = {"Enabled": True, "Processors": [{"Type": "AppendDelimiterToRecord", "Parameters": []}]}


def with_schema(**members):
    schema = {**conversion()["SchemaConfiguration"], **members}
    return {**conversion(), "SchemaConfiguration": schema}


@pytest.mark.parametrize(
    ("destination", "named"),
    [
        ({"DynamicPartitioningConfiguration": {"Enabled": True}}, "DynamicPartitioningConfiguration"),
        ({"CompressionFormat": "Snappy"}, "CompressionFormat Snappy"),
        ({"CustomTimeZone": "Asia/Tokyo"}, "CustomTimeZone"),
        ({"FileExtension": ".ndjson"}, "FileExtension"),
        ({"EncryptionConfiguration": {"KMSEncryptionConfig": {}}}, "EncryptionConfiguration"),
        ({"ProcessingConfiguration": SPLITTING}, "AppendDelimiterToRecord"),
        ({"ProcessingConfiguration": processing(SubRecordType="JSON")}, "SubRecordType"),
        ({"DataFormatConversionConfiguration": ORC}, "OrcSerDe"),
        ({"DataFormatConversionConfiguration": HIVE}, "HiveJsonSerDe"),
        ({"DataFormatConversionConfiguration": conversion(MaxPaddingBytes=8)}, "MaxPaddingBytes"),
        ({"DataFormatConversionConfiguration": conversion(Compression="GZIP")}, "Compression GZIP; its default SNAPPY"),
        ({"DataFormatConversionConfiguration": conversion({"CaseInsensitive": False})}, "CaseInsensitive False"),
        ({"DataFormatConversionConfiguration": with_schema(VersionId="3")}, "VersionId 3"),
        ({"DataFormatConversionConfiguration": with_schema(Region="eu-west-1")}, "Region eu-west-1"),
        ({"SomethingNew": True}, "SomethingNew"),
    ],
)
def test_what_the_local_cloud_does_not_do_is_refused_by_name(destination, named):
    refused = refusal(described(**destination))

    assert refused.code == "InvalidArgumentException"
    assert "The local cloud's Firehose does not support" in refused.message
    assert named in refused.message


def test_other_sources_and_destinations_are_refused_by_name():
    from_kafka = {**described(), "DeliveryStreamType": "MSKAsSource"}
    to_http = {**described(), "Destinations": [{"HttpEndpointDestinationDescription": {}}]}
    to_plain_s3 = {**described(), "Destinations": [{"S3DestinationDescription": s3("processed")}]}

    assert "MSKAsSource" in refusal(from_kafka).message
    assert "HttpEndpointDestinationDescription" in refusal(to_http).message
    assert "S3DestinationDescription" in refusal(to_plain_s3).message


@DESTINATION
@pytest.mark.parametrize(
    ("destination", "message"),
    [
        (
            {"Prefix": "!{timestamp:yyyy}/"},
            "ErrorOutputPrefix cannot be null or empty when Prefix contains expressions",
        ),
        ({"Prefix": "!{firehose:error-output-type}/", "ErrorOutputPrefix": ERRORS_BY_KIND}, "Prefix can't contain"),
        (
            {"DataFormatConversionConfiguration": conversion(), "CompressionFormat": "GZIP"},
            "The S3 destination's compression format must be set to UNCOMPRESSED",
        ),
        (
            {"DataFormatConversionConfiguration": without(conversion(), "SchemaConfiguration")},
            "SchemaConfiguration must not be null",
        ),
        (
            {"DataFormatConversionConfiguration": with_schema(RoleARN="")},
            "SchemaConfiguration.RoleArn must not be null or empty",
        ),
        ({"S3BackupMode": "Enabled"}, "S3BackupConfiguration must not be null"),
        ({"ProcessingConfiguration": processing(NumberOfRetries="many")}, "NumberOfRetries: 'many' is not a number"),
        ({"ProcessingConfiguration": processing(LambdaArn="")}, "needs the parameter LambdaArn"),
        ({"CloudWatchLoggingOptions": {"Enabled": True}}, "needs LogGroupName and LogStreamName"),
    ],
)
def test_a_definition_that_lacks_or_contradicts_something_is_refused(destination, message):
    refused = refusal(described(**destination))

    assert refused.code == "InvalidArgumentException"
    assert message in refused.message


@HINTS
@pytest.mark.parametrize(
    ("hints", "value", "member", "constraint"),
    [
        ({"SizeInMBs": 129, "IntervalInSeconds": 60}, 129, "sizeInMBs", "less than or equal to 128"),
        ({"SizeInMBs": 0, "IntervalInSeconds": 60}, 0, "sizeInMBs", "greater than or equal to 1"),
        ({"SizeInMBs": 1, "IntervalInSeconds": 901}, 901, "intervalInSeconds", "less than or equal to 900"),
        ({"SizeInMBs": 1, "IntervalInSeconds": -1}, -1, "intervalInSeconds", "greater than or equal to 0"),
    ],
)
def test_buffering_hints_past_their_range_are_refused_as_the_api_words_it(hints, value, member, constraint):
    refused = refusal(described(BufferingHints=hints))

    assert refused.code == "ValidationException"
    assert refused.message == (
        f"1 validation error detected: Value '{value}' at 'extendedS3DestinationConfiguration.bufferingHints.{member}'"
        f" failed to satisfy constraint: Member must have value {constraint}"
    )


@CONVERTING_BUFFER
def test_a_stream_that_converts_buffers_64_mib_at_least():
    def buffering(size_mib):
        hints = {"SizeInMBs": size_mib, "IntervalInSeconds": 60}
        return described(DataFormatConversionConfiguration=conversion(), BufferingHints=hints)

    assert from_description(buffering(64)).destination.buffering.size_bytes == 64 * MIB
    refused = refusal(buffering(63))
    assert refused.code == "InvalidArgumentException"
    assert "BufferingHints.SizeInMBs must be at least 64 when data format conversion is enabled." in refused.message


@TRANSFORM_BUFFER
@pytest.mark.parametrize("size_mb", ["0.1", "3.1"])
def test_the_transform_buffers_a_fifth_of_a_mb_to_3_mb(size_mb):
    refused = refusal(described(ProcessingConfiguration=processing(BufferSizeInMBs=size_mb)))

    assert refused.code == "InvalidArgumentException"
    assert f"BufferSizeInMBs: {size_mb} is not between 0.2 and 3" in refused.message


@BACKUP
def test_a_source_record_backup_that_is_enabled_stays_so():
    backed_up = described(S3BackupMode="Enabled", S3BackupDescription=s3("raw"))

    with pytest.raises(ServiceError, match="S3BackupMode cannot be changed from Enabled to Disabled"):
        updated_description(backed_up, {"ExtendedS3DestinationUpdate": {"S3BackupMode": "Disabled"}})


@DESTINATION
@pytest.mark.parametrize(("member", "worded"), [("RoleARN", "roleARN"), ("BucketARN", "bucketARN")])
def test_a_destination_without_bucket_or_role_is_refused(member, worded):
    refused = refusal(described(**{member: None}))

    assert refused.code == "ValidationException"
    assert f"Value 'null' at 'extendedS3DestinationConfiguration.{worded}'" in refused.message


def test_the_function_is_named_as_the_definition_has_it():
    stream = from_description(described(ProcessingConfiguration=processing(LambdaArn=f"{FUNCTION}:$LATEST")))

    assert stream.transform.function_arn == f"{FUNCTION}:$LATEST"
