"""What a delivery stream is to do: typed, and complete, for nothing else in a stream's definition is acted on."""

from dataclasses import dataclass
from enum import StrEnum

from .prefix import Prefix


class Compression(StrEnum):
    """How delivered objects are compressed."""

    UNCOMPRESSED = "UNCOMPRESSED"
    GZIP = "GZIP"


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
class KinesisSource:
    """The data stream that records are read from, and the role that reads it."""

    stream_arn: str
    role_arn: str

    @property
    def stream_name(self) -> str:
        """The data stream's name."""
        return self.stream_arn.rpartition("/")[2]


@dataclass(frozen=True)
class StreamDefinition:
    """A delivery stream to S3, with what happens on the way."""

    name: str
    arn: str
    version: str
    region: str
    encrypted: bool
    source: KinesisSource | None
    """None where records are put onto the delivery stream itself."""
    destination: S3Target
    error_prefix: Prefix
    backup: S3Target | None
    transform: Transform | None
    schema: Schema | None
    """By which JSON is converted to Parquet; None where records are delivered as they came."""
