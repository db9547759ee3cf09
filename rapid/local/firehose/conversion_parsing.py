"""The format conversion in a stream's definition.

https://docs.aws.amazon.com/firehose/latest/APIReference/API_DataFormatConversionConfiguration.html
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar

from .definition import Conversion, OpenXJsonSerDe, ParquetCompression, ParquetSerDe, ParquetWriterVersion, Schema
from .errors import invalid_argument, unsupported, validation_error

DEFAULT_PAGE_SIZE_BYTES = 1024 * 1024
_Choice = TypeVar("_Choice", bound=StrEnum)


def conversion(config: Mapping[str, Any], region: str, stream_arn: str) -> Conversion | None:
    """The conversion, None when there is none or it is switched off. Raises ServiceError."""
    if not config or not config.get("Enabled", True):
        return None
    for member in ("InputFormatConfiguration", "OutputFormatConfiguration", "SchemaConfiguration"):
        if config.get(member) is None:
            raise invalid_argument(f"{member} must not be null")
    deserializer = config["InputFormatConfiguration"].get("Deserializer") or {}
    serializer = config["OutputFormatConfiguration"].get("Serializer") or {}
    return Conversion(
        schema=_schema(config["SchemaConfiguration"], region, stream_arn.split(":")[4]),
        json=_openx(_only_one(deserializer, "deserializer", "OpenXJsonSerDe")),
        parquet=_parquet(_only_one(serializer, "serializer", "ParquetSerDe")),
    )


def _only_one(choices: Mapping[str, Any], kind: str, supported: str) -> Mapping[str, Any]:
    chosen = [name for name, value in choices.items() if value is not None]
    if not chosen:
        raise invalid_argument(f"{kind.capitalize()} must not be null")
    if len(chosen) > 1:
        raise invalid_argument(f"More than one {kind} specified. Only one may be chosen.")
    if chosen[0] != supported:
        raise unsupported(f"the {kind} {chosen[0]}; {supported} only")
    config: Mapping[str, Any] = choices[supported]
    return config


def _schema(config: Mapping[str, Any], region: str, account_id: str) -> Schema:
    for member, name_in_message in (
        ("RoleARN", "RoleArn"),
        ("DatabaseName", "DatabaseName"),
        ("TableName", "TableName"),
    ):
        if not config.get(member):
            raise invalid_argument(f"SchemaConfiguration.{name_in_message} must not be null or empty")
    if config.get("VersionId", "LATEST") != "LATEST":
        raise unsupported(f"SchemaConfiguration.VersionId {config['VersionId']}; LATEST only")
    if config.get("Region", region) != region:
        raise unsupported(f"SchemaConfiguration.Region {config['Region']}; the stream's region {region} only")
    return Schema(
        role_arn=config["RoleARN"],
        catalog_id=config.get("CatalogId") or account_id,
        database=config["DatabaseName"],
        table=config["TableName"],
        region=region,
    )


def _openx(config: Mapping[str, Any]) -> OpenXJsonSerDe:
    return OpenXJsonSerDe(
        case_insensitive=config.get("CaseInsensitive", True),
        dots_to_underscores=config.get("ConvertDotsInJsonKeysToUnderscores", False),
        json_keys=dict(config.get("ColumnToJsonKeyMappings") or {}),
    )


def _parquet(config: Mapping[str, Any]) -> ParquetSerDe:
    if config.get("MaxPaddingBytes"):
        raise unsupported(f"ParquetSerDe.MaxPaddingBytes {config['MaxPaddingBytes']}; 0 only")
    return ParquetSerDe(
        compression=_choice(ParquetCompression, config.get("Compression", "SNAPPY"), "compression"),
        page_size_bytes=config.get("PageSizeBytes", DEFAULT_PAGE_SIZE_BYTES),
        dictionary=config.get("EnableDictionaryCompression", False),
        writer_version=_choice(ParquetWriterVersion, config.get("WriterVersion", "V1"), "writerVersion"),
    )


def _choice(choices: type[_Choice], value: str, member: str) -> _Choice:
    try:
        return choices(value)
    except ValueError:
        member = f"dataFormatConversionConfiguration.outputFormatConfiguration.serializer.parquetSerDe.{member}"
        raise validation_error(value, member, f"Member must satisfy enum value set: [{', '.join(choices)}]") from None
