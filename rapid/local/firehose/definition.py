"""What a delivery stream is to do: typed, and complete, for nothing else in a stream's definition is acted on."""

from dataclasses import dataclass
from enum import StrEnum

from .prefix import Prefix


class Compression(StrEnum):
    """How delivered objects are compressed."""

    UNCOMPRESSED = "UNCOMPRESSED"
    GZIP = "GZIP"


class ParquetCompression(StrEnum):
    """How pages of Parquet files are compressed."""

    UNCOMPRESSED = "UNCOMPRESSED"
    GZIP = "GZIP"
    SNAPPY = "SNAPPY"


class ParquetWriterVersion(StrEnum):
    """Version of the Parquet data pages."""

    V1 = "V1"
    V2 = "V2"


@dataclass(frozen=True)
class BufferingHints:
    """A buffer is due at this size or this age, whichever comes first."""

    size_bytes: int
    interval_seconds: float


@dataclass(frozen=True)
class LogStream:
    """Where errors are logged."""

    group: str
    stream: str


@dataclass(frozen=True)
class S3Target:
    """Where objects go, and how: `extension` ends their names."""

    role_arn: str
    bucket: str
    prefix: Prefix
    buffering: BufferingHints
    compression: Compression
    extension: str
    kms_key_arn: str | None
    errors_logged_to: LogStream | None


@dataclass(frozen=True)
class Transform:
    """The Lambda function that records pass through, and the role that invokes it."""

    function_arn: str
    role_arn: str
    retries: int
    buffering: BufferingHints


@dataclass(frozen=True)
class Schema:
    """The Glue table that tells columns and types, and the role that reads it."""

    role_arn: str
    catalog_id: str
    database: str
    table: str
    region: str


@dataclass(frozen=True)
class OpenXJsonSerDe:
    """How JSON keys find their columns."""

    case_insensitive: bool
    dots_to_underscores: bool
    json_keys: dict[str, str]
    """Column name to the JSON key that feeds it, where the two differ."""


@dataclass(frozen=True)
class ParquetSerDe:
    """How Parquet files are written."""

    compression: ParquetCompression
    page_size_bytes: int
    dictionary: bool
    writer_version: ParquetWriterVersion


@dataclass(frozen=True)
class Conversion:
    """JSON in, Parquet out."""

    schema: Schema
    json: OpenXJsonSerDe
    parquet: ParquetSerDe


@dataclass(frozen=True)
class StreamDefinition:
    """A delivery stream: Direct PUT to S3, with what happens on the way."""

    name: str
    arn: str
    version: str
    region: str
    encrypted: bool
    destination: S3Target
    error_prefix: Prefix
    backup: S3Target | None
    transform: Transform | None
    conversion: Conversion | None
