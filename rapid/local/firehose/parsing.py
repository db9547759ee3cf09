"""From the Firehose API's shapes to a StreamDefinition.

Every member is either acted on or refused by name; none is passed over.
https://docs.aws.amazon.com/firehose/latest/APIReference/API_ExtendedS3DestinationConfiguration.html
"""

import re
from collections.abc import Mapping
from typing import Any

from .definition import (
    BufferingHints,
    Compression,
    KinesisSource,
    LogStream,
    S3Target,
    Schema,
    StreamDefinition,
    Transform,
)
from .errors import invalid_argument, no_encryption_of_its_own, unsupported, validation_error
from .parquet import PAGE_SIZE_BYTES
from .prefix import data_prefix, error_prefix

MIB = 1024 * 1024
DEFAULT_SIZE_MIB = 5
DEFAULT_CONVERTING_SIZE_MIB = 128
DEFAULT_INTERVAL_SECONDS = 300
MIN_CONVERTING_SIZE_MIB = 64
DEFAULT_RETRIES = 3
DEFAULT_TRANSFORM_SIZE_MIB = 1.0
DEFAULT_TRANSFORM_INTERVAL_SECONDS = 60.0
_NAME = "[a-zA-Z0-9_.-]+"
_DATA_STREAM_ARN = r"arn:.*:kinesis:[a-zA-Z0-9\-]+:\d{12}:stream/[a-zA-Z0-9_.-]+"
_ROLE_ARN = r"arn:.*:iam::\d{12}:role/[a-zA-Z_0-9+=,.@\-_/]+"
_MAX_ARN_CHARACTERS = 512
_FROM_KINESIS = "KinesisStreamAsSource"
_DESCRIBED = "ExtendedS3DestinationDescription"

# The values that these have on AWS where they are not given, and here always.
_SERDE_DEFAULTS: dict[str, Any] = {
    "BlockSizeBytes": 256 * MIB,
    "CaseInsensitive": True,
    "ColumnToJsonKeyMappings": {},
    "Compression": "SNAPPY",
    "ConvertDotsInJsonKeysToUnderscores": False,
    "EnableDictionaryCompression": False,
    "MaxPaddingBytes": 0,
    "PageSizeBytes": PAGE_SIZE_BYTES,
    "WriterVersion": "V1",
}
_FILLED_IN = {"CustomTimeZone": "UTC", "DynamicPartitioningConfiguration": {"Enabled": False}, "FileExtension": ""}

_S3_MEMBERS = {
    "RoleARN", "BucketARN", "Prefix", "ErrorOutputPrefix", "BufferingHints", "CompressionFormat",
    "CloudWatchLoggingOptions",
}  # fmt: skip
_EXTENDED_MEMBERS = _S3_MEMBERS | {
    "ProcessingConfiguration", "S3BackupMode", "S3BackupDescription", "DataFormatConversionConfiguration",
}  # fmt: skip


def from_description(description: Mapping[str, Any]) -> StreamDefinition:
    """The definition in DescribeDeliveryStream's answer. Raises ServiceError naming what is invalid or unsupported."""
    source = _source(description)
    (destination,) = description["Destinations"]
    others = sorted(set(destination) - {"DestinationId", _DESCRIBED, "S3DestinationDescription"})
    if others or _DESCRIBED not in destination:
        raise unsupported(f"the destination {', '.join(others) or 'S3DestinationDescription'}; extended S3 only")
    config = destination[_DESCRIBED]
    encryption = description.get("DeliveryStreamEncryptionConfiguration") or {}
    encrypted = bool(encryption) and encryption.get("Status") != "DISABLED"
    if source and encrypted:
        raise no_encryption_of_its_own()
    return _stream(description, config, source, encrypted)


def description_of_request(request: Mapping[str, Any], region: str, account_id: str) -> dict[str, Any]:
    """What DescribeDeliveryStream will answer after a CreateDeliveryStream request. Raises ServiceError."""
    name = _required(request, "DeliveryStreamName", "")
    _matches(name, _NAME, 64, "deliveryStreamName")
    destination = {}
    for member, value in request.items():
        if member.endswith("DestinationConfiguration"):
            destination[member.removesuffix("Configuration") + "Description"] = _as_described(value)
    sources = {
        member.removesuffix("Configuration") + "Description": value
        for member, value in request.items()
        if member.endswith("SourceConfiguration")
    }
    return {
        "DeliveryStreamName": name,
        "DeliveryStreamARN": f"arn:aws:firehose:{region}:{account_id}:deliverystream/{name}",
        "DeliveryStreamType": request.get("DeliveryStreamType", "DirectPut"),
        "DeliveryStreamEncryptionConfiguration": request.get("DeliveryStreamEncryptionConfigurationInput"),
        "VersionId": "1",
        "Source": sources,
        "Destinations": [destination],
    }


def updated_description(description: Mapping[str, Any], request: Mapping[str, Any]) -> dict[str, Any]:
    """What DescribeDeliveryStream will answer after an UpdateDestination request. Raises ServiceError."""
    destination = dict(description["Destinations"][0])
    for member, value in request.items():
        if member.endswith("DestinationUpdate"):
            described = member.removesuffix("Update") + "Description"
            backup_mode = (destination.get(described) or {}).get("S3BackupMode")
            if (backup_mode, value.get("S3BackupMode")) == ("Enabled", "Disabled"):
                raise invalid_argument("S3BackupMode cannot be changed from Enabled to Disabled")
            destination[described] = {**(destination.get(described) or {}), **_as_described(value)}
    return {**description, "Destinations": [destination]}


def _source(description: Mapping[str, Any]) -> KinesisSource | None:
    """https://docs.aws.amazon.com/firehose/latest/APIReference/API_KinesisStreamSourceConfiguration.html."""
    stream_type = description.get("DeliveryStreamType") or "DirectPut"
    described = {member: value for member, value in (description.get("Source") or {}).items() if value}
    if stream_type not in ("DirectPut", _FROM_KINESIS):
        raise unsupported(f"the DeliveryStreamType {stream_type}; DirectPut and {_FROM_KINESIS} only")
    others = sorted(set(described) - {"KinesisStreamSourceDescription"})
    if others:
        raise unsupported(f"the source {others[0].removesuffix('Description')}; a Kinesis data stream only")
    if stream_type == "DirectPut":
        if described:
            raise invalid_argument(f"KinesisSourceStreamConfig is only applicable for {_FROM_KINESIS} stream type")
        return None
    if not described:
        raise invalid_argument(f"KinesisStreamSourceConfiguration must not be null for {_FROM_KINESIS} stream type")
    config, where = described["KinesisStreamSourceDescription"], "KinesisStreamSourceConfiguration"
    arns = {member: _required(config, member, where) for member in ("KinesisStreamARN", "RoleARN")}
    _matches(arns["KinesisStreamARN"], _DATA_STREAM_ARN, _MAX_ARN_CHARACTERS, _as_worded(f"{where}.KinesisStreamARN"))
    _matches(arns["RoleARN"], _ROLE_ARN, _MAX_ARN_CHARACTERS, _as_worded(f"{where}.RoleARN"))
    own = description["DeliveryStreamARN"].split(":")[3:5]
    if arns["KinesisStreamARN"].split(":")[3:5] != own:
        raise unsupported(f"a source in another region or account ({arns['KinesisStreamARN']}); {':'.join(own)} only")
    return KinesisSource(arns["KinesisStreamARN"], arns["RoleARN"])


def _as_described(config: Mapping[str, Any]) -> dict[str, Any]:
    renamed = {"S3BackupConfiguration": "S3BackupDescription", "S3BackupUpdate": "S3BackupDescription"}
    return {renamed.get(member, member): value for member, value in config.items()}


def _required(config: Mapping[str, Any], member: str, where: str) -> str:
    value = config.get(member)
    if not value:
        raise validation_error("null", _as_worded(f"{where}.{member}".strip(".")), "Member must not be null")
    return str(value)


def _matches(value: str, pattern: str, max_characters: int, member: str) -> None:
    """Holds a value against its shape in the API's model."""
    if len(value) > max_characters:
        raise validation_error(value, member, f"Member must have length less than or equal to {max_characters}")
    if not re.fullmatch(pattern, value):
        raise validation_error(value, member, f"Member must satisfy regular expression pattern: {pattern}")


def _as_worded(member: str) -> str:
    return ".".join(part[0].lower() + part[1:] for part in member.split("."))


def _only(config: Mapping[str, Any], members: set[str], where: str) -> None:
    """Refuses a member that is not among `members`."""
    unknown = sorted(member for member in set(config) - members if config[member] is not None)
    if unknown:
        raise unsupported(f"{where}.{unknown[0]}")


def _stream(
    description: Mapping[str, Any], config: Mapping[str, Any], source: KinesisSource | None, encrypted: bool
) -> StreamDefinition:
    where = "ExtendedS3DestinationConfiguration"
    region = description["DeliveryStreamARN"].split(":")[3]
    # What a provider fills in.
    _only({name: value for name, value in config.items() if _FILLED_IN.get(name) != value}, _EXTENDED_MEMBERS, where)
    schema = _schema(config.get("DataFormatConversionConfiguration") or {}, region, description["DeliveryStreamARN"])
    if schema:
        _check_converting(config)
    return StreamDefinition(
        name=description["DeliveryStreamName"],
        arn=description["DeliveryStreamARN"],
        version=description.get("VersionId", "1"),
        region=region,
        encrypted=encrypted,
        source=source,
        destination=_target(config, where, schema is not None),
        error_prefix=error_prefix(config.get("ErrorOutputPrefix"), config.get("Prefix") or ""),
        backup=_backup(config, where),
        transform=_transform(config.get("ProcessingConfiguration") or {}, _required(config, "RoleARN", where)),
        schema=schema,
    )


def _schema(config: Mapping[str, Any], region: str, stream_arn: str) -> Schema | None:
    """The table that records are converted by, None where they are not.

    https://docs.aws.amazon.com/firehose/latest/APIReference/API_DataFormatConversionConfiguration.html
    """
    if not config or not config.get("Enabled", True):
        return None
    for member in ("InputFormatConfiguration", "OutputFormatConfiguration", "SchemaConfiguration"):
        if config.get(member) is None:
            raise invalid_argument(f"{member} must not be null")
    _check_serde(config["InputFormatConfiguration"].get("Deserializer") or {}, "deserializer", "OpenXJsonSerDe")
    _check_serde(config["OutputFormatConfiguration"].get("Serializer") or {}, "serializer", "ParquetSerDe")
    schema = config["SchemaConfiguration"]
    for member, named in (("RoleARN", "RoleArn"), ("DatabaseName", "DatabaseName"), ("TableName", "TableName")):
        if not schema.get(member):
            raise invalid_argument(f"SchemaConfiguration.{named} must not be null or empty")
    for member, supported in (("VersionId", "LATEST"), ("Region", region)):
        if schema.get(member, supported) != supported:
            raise unsupported(f"SchemaConfiguration.{member} {schema[member]}; {supported} only")
    return Schema(
        role_arn=schema["RoleARN"],
        catalog_id=schema.get("CatalogId") or stream_arn.split(":")[4],
        database=schema["DatabaseName"],
        table=schema["TableName"],
        region=region,
    )


def _check_serde(choices: Mapping[str, Any], kind: str, supported: str) -> None:
    chosen = [name for name, value in choices.items() if value is not None]
    if not chosen:
        raise invalid_argument(f"{kind.capitalize()} must not be null")
    if len(chosen) > 1:
        raise invalid_argument(f"More than one {kind} specified. Only one may be chosen.")
    if chosen[0] != supported:
        raise unsupported(f"the {kind} {chosen[0]}; {supported} only")
    for member, value in choices[supported].items():
        default = _SERDE_DEFAULTS.get(member)
        if value not in (None, default):
            raise unsupported(f"{supported}.{member} {value}; its default {default} only")


def _check_converting(config: Mapping[str, Any]) -> None:
    if (config.get("CompressionFormat") or "UNCOMPRESSED") != "UNCOMPRESSED":
        raise invalid_argument(
            "The S3 destination's compression format must be set to UNCOMPRESSED when data format conversion is"
            " enabled. To enable compression within the converted output format, set the appropriate serialization"
            " option in the output format configuration."
        )
    size = (config.get("BufferingHints") or {}).get("SizeInMBs")
    if size is not None and size < MIN_CONVERTING_SIZE_MIB:
        raise invalid_argument(
            f"BufferingHints.SizeInMBs must be at least {MIN_CONVERTING_SIZE_MIB} when data format conversion is"
            " enabled."
        )


def _backup(config: Mapping[str, Any], where: str) -> S3Target | None:
    if config.get("S3BackupMode", "Disabled") != "Enabled":
        return None
    backup = config.get("S3BackupDescription")
    if not backup:
        raise invalid_argument("S3BackupConfiguration must not be null when S3BackupMode is Enabled")
    _only(backup, _S3_MEMBERS, f"{where}.S3BackupConfiguration")
    return _target(backup, f"{where}.S3BackupConfiguration", False)


def _target(config: Mapping[str, Any], where: str, converting: bool) -> S3Target:
    compression = config.get("CompressionFormat") or "UNCOMPRESSED"
    if compression not in set(Compression):
        raise unsupported(f"{where}.CompressionFormat {compression}; UNCOMPRESSED and GZIP only")
    compressed = ".gz" if compression == Compression.GZIP else ""
    return S3Target(
        role_arn=_required(config, "RoleARN", where),
        bucket=_required(config, "BucketARN", where).rsplit(":", 1)[-1],
        prefix=data_prefix(config.get("Prefix") or ""),
        buffering=_buffering(config.get("BufferingHints") or {}, where, converting),
        compression=Compression(compression),
        extension=".parquet" if converting else compressed,
        errors_logged_to=_log_stream(config.get("CloudWatchLoggingOptions") or {}, where),
    )


def _buffering(hints: Mapping[str, Any], where: str, converting: bool) -> BufferingHints:
    size = hints.get("SizeInMBs", DEFAULT_CONVERTING_SIZE_MIB if converting else DEFAULT_SIZE_MIB)
    interval = hints.get("IntervalInSeconds", DEFAULT_INTERVAL_SECONDS)
    _in_range(size, 1, 128, f"{where}.BufferingHints.SizeInMBs")
    _in_range(interval, 0, 900, f"{where}.BufferingHints.IntervalInSeconds")
    return BufferingHints(size * MIB, interval)


def _in_range(value: float, least: float, most: float, member: str) -> None:
    member = _as_worded(member)
    if value < least:
        raise validation_error(str(value), member, f"Member must have value greater than or equal to {least}")
    if value > most:
        raise validation_error(str(value), member, f"Member must have value less than or equal to {most}")


def _log_stream(options: Mapping[str, Any], where: str) -> LogStream | None:
    if not options.get("Enabled"):
        return None
    if not options.get("LogGroupName") or not options.get("LogStreamName"):
        raise invalid_argument(
            f"{where}.CloudWatchLoggingOptions needs LogGroupName and LogStreamName when Enabled is true"
        )
    return LogStream(options["LogGroupName"], options["LogStreamName"])


def _transform(config: Mapping[str, Any], role_arn: str) -> Transform | None:
    # An omitted Enabled leaves the processors switched off, unlike that of the format conversion.
    processors = config.get("Processors") or []
    if not config.get("Enabled") or not processors:
        return None
    for processor in processors:
        if processor["Type"] != "Lambda":
            raise unsupported(f"the processor type {processor['Type']} (ProcessingConfiguration.Processors)")
    if len(processors) > 1:
        raise invalid_argument("ProcessingConfiguration.Processors: only one Lambda processor is allowed")
    parameters = {p["ParameterName"]: p["ParameterValue"] for p in processors[0].get("Parameters") or []}
    _only(
        parameters,
        {"LambdaArn", "RoleArn", "NumberOfRetries", "BufferSizeInMBs", "BufferIntervalInSeconds"},
        "Lambda processor parameter",
    )
    if not parameters.get("LambdaArn"):
        raise invalid_argument("The Lambda processor needs the parameter LambdaArn")
    size_mib = _number(parameters, "BufferSizeInMBs", DEFAULT_TRANSFORM_SIZE_MIB, 0.2, 3)
    interval_seconds = _number(parameters, "BufferIntervalInSeconds", DEFAULT_TRANSFORM_INTERVAL_SECONDS, 0, 900)
    return Transform(
        function_arn=parameters["LambdaArn"],
        role_arn=parameters.get("RoleArn") or role_arn,
        retries=int(_number(parameters, "NumberOfRetries", DEFAULT_RETRIES, 0, 300)),
        buffering=BufferingHints(int(size_mib * MIB), interval_seconds),
    )


def _number(parameters: Mapping[str, str], name: str, default: float, least: float, most: float) -> float:
    try:
        value = float(parameters.get(name, default))
    except ValueError:
        raise invalid_argument(f"Lambda processor parameter {name}: '{parameters[name]}' is not a number") from None
    if not least <= value <= most:
        raise invalid_argument(f"Lambda processor parameter {name}: {value:g} is not between {least:g} and {most:g}")
    return value
