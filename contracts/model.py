"""What a data contract says, as plain typed values: the one description every schema is derived from."""

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

RESERVED_COLUMNS = ("extra", "received_at", "ingest_id", "datehour")
"""Columns the platform adds to every table; a contract's field cannot take their names."""


ANY_ORIGIN = "*"
"""Stands for the web pages of every origin."""


class ContractError(ValueError):
    """A contract that cannot be used. The message names the file, the place in it and the reason."""

    def __init__(self, file: Path, place: str, reason: str) -> None:
        self.file, self.place, self.reason = file, place, reason
        here = Path.cwd()
        shown = file.relative_to(here) if file.is_relative_to(here) else file
        super().__init__(f"{shown}: {place}: {reason}" if place else f"{shown}: {reason}")


class FieldType(Enum):
    """The value types that an event's field can have."""

    STRING = "string"
    INTEGER = "integer"
    """Whole number, 64 bits."""
    NUMBER = "number"
    """Double-precision floating point."""
    DECIMAL = "decimal"
    """Exact decimal number (money), with precision and scale."""
    BOOLEAN = "boolean"
    TIMESTAMP = "timestamp"
    """A moment; stored in UTC with milliseconds."""
    DATE = "date"


class EpochUnit(Enum):
    """What a number counts that says a moment, since 1970-01-01T00:00:00Z."""

    SECONDS = "seconds"
    MILLISECONDS = "milliseconds"
    MICROSECONDS = "microseconds"

    @property
    def per_second(self) -> int:
        """How many make one second."""
        return {EpochUnit.SECONDS: 1, EpochUnit.MILLISECONDS: 1000, EpochUnit.MICROSECONDS: 1_000_000}[self]


class Delivery(Enum):
    """How events travel from the API to the delivery stream."""

    LAMBDA = "lambda"
    """API Gateway invokes the ingest function, which answers for each event."""
    DIRECT = "direct"
    """API Gateway puts events onto the delivery stream by itself, a record a request, by a mapping template."""
    FILES = "files"
    """No path and no delivery stream: events come in files alone, uploaded or exported from a database."""


class Authentication(Enum):
    """What a caller of a source's path must present."""

    API_KEY = "api_key"
    """An API key in the header `x-api-key`."""
    IAM = "iam"
    """A signature of an AWS principal whose policies allow `execute-api:Invoke` on the path."""
    LDAP = "ldap"
    """User name and password (HTTP Basic) of someone who is in one of the contract's groups in the LDAP directory."""
    SIGNATURE = "signature"
    """A signature of the body, made with a secret that sender and stack share: for webhooks that cannot log in."""
    NONE = "none"
    """Nothing: the path is open, and only its throttle limits it."""


class BrowserCredentials(Enum):
    """What the browsers of people who did not sign in can get, to put events onto the source's stream by themselves."""

    NONE = "none"
    GUEST = "guest"
    """Temporary credentials of Amazon Cognito that may put records onto the stream, and nothing else."""


@dataclass(frozen=True)
class Field:
    """One field of an event. Limits that are None do not apply."""

    name: str
    type: FieldType
    required: bool = False
    description: str = ""
    classification: str = ""
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    allowed: tuple[str | int, ...] = ()
    minimum: int | float | None = None
    maximum: int | float | None = None
    exclusive_minimum: int | float | None = None
    exclusive_maximum: int | float | None = None
    precision: int = 0
    scale: int = 0
    examples: tuple[object, ...] = ()
    aliases: tuple[str, ...] = ()
    """Other names that senders use, or that the field had before."""
    numeric_strings: bool = False
    """Whether a number may also come as text, such as "1.99"."""
    rounded: bool = False
    """Whether digits past the scale are rounded away (half to even) instead of refused."""
    hashed: bool = False
    """Whether the tables hold a keyed hash of the value in its place."""
    epoch_unit: EpochUnit | None = None
    """Unit of a moment that comes as a number; None where it comes as ISO 8601 alone."""

    @property
    def column(self) -> str:
        """The table column: the field's name in lower case, as Glue and Athena store every identifier."""
        return self.name.lower()


@dataclass(frozen=True)
class Condition:
    """What the value of a field must be for its event to be of interest. Tests that are None do not apply.

    A test of the value itself does not hold where there is none.
    """

    field: Field
    present: bool | None = None
    one_of: tuple[str | int | bool, ...] | None = None
    none_of: tuple[str | int | bool, ...] | None = None
    minimum: int | float | None = None
    maximum: int | float | None = None


class MeasureKind(Enum):
    """What an aggregate tells of the rows of a group."""

    COUNT = "count"
    SUM = "sum"
    """Sum of a field, or of the product of two; exact."""
    MIN = "min"
    MAX = "max"


@dataclass(frozen=True)
class Measure:
    """One measure of an aggregate, over the rows of a group that meet all conditions."""

    name: str
    kind: MeasureKind
    of: tuple[Field, ...]
    where: tuple[Condition, ...] = ()


@dataclass(frozen=True)
class Aggregate:
    """Measures of the curated events by day of the event time (UTC) and some fields."""

    name: str
    by: tuple[Field, ...]
    measures: tuple[Measure, ...]


@dataclass(frozen=True)
class Unpack:
    """How a request's body carries several events: in an array, beside fields that they have in common."""

    array: str
    keep: tuple[str, ...]
    """Fields beside the array, as senders name them."""
    max_events: int
    max_bytes: int

    def keeps(self, field: Field) -> bool:
        """Whether a field stands beside the array."""
        return not set(self.keep).isdisjoint((field.name, *field.aliases))


@dataclass(frozen=True)
class Throttle:
    """Sustained and momentary request rates that API Gateway admits."""

    rate_per_second: float
    burst: int


class QuotaPeriod(Enum):
    """The period over which a usage plan counts requests."""

    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"


@dataclass(frozen=True)
class Quota:
    """The number of requests that an API key may make in a period."""

    limit: int
    period: QuotaPeriod


class DatabaseEngine(Enum):
    """What a database speaks."""

    POSTGRESQL = "postgresql"
    MYSQL = "mysql"
    """MySQL or MariaDB."""


@dataclass(frozen=True)
class DatabaseTable:
    """The table, or view, of a database whose rows are a source's events."""

    connection: str
    """Name of the connection, whose secret says where the database is."""
    engine: DatabaseEngine
    table: str
    """Name of the table, with its schema before a point where that is not the usual one."""
    key: tuple[Field, ...]
    """What tells the table's rows apart."""
    high_water: Field | None
    """What grows with each change of a row; None: every export is of the whole table."""
    late_by: int
    """How late a change may become visible: in seconds for a timestamp, in values for an integer."""
    utc_offset_minutes: int | None
    """How far timestamps without time zone are ahead of UTC; None where the contract does not say."""


@dataclass(frozen=True)
class Contract:
    """One source of events: its fields, its door and its promises."""

    file: Path
    source: str
    version: str
    description: str
    fields: tuple[Field, ...]
    primary_key: Field
    event_time: Field
    """When an event happened; where the field is not required and absent, the moment of receipt stands in for it."""
    path: str
    delivery: Delivery
    authentication: Authentication
    throttle: Throttle
    retention_days: int
    """Days that events are kept as they came, and in quarantine; files as well."""
    processed_retention_days: int
    """Days that processed events are kept, no longer than `retention_days`; curated ones stay."""
    quota: Quota | None = None
    repeat_horizon_days: int = 7
    """How long after an event its id can come again and still be found a repetition."""
    sort_by: tuple[Field, ...] = ()
    """What rows of the curated table are sorted by, within a day, before the event time."""
    allowed_origins: tuple[str, ...] = ()
    """Origins of the web pages whose scripts may post events, or ANY_ORIGIN alone; none: browsers refuse them all."""
    ldap_groups: tuple[str, ...] = ()
    """With LDAP authentication: the groups whose members may send."""
    signature_header: str = ""
    """With a signature: the header that holds it."""
    filter: tuple[Condition, ...] = ()
    """What makes an event a record of interest: all of these. Others stay in the raw zone."""
    unpack: Unpack | None = None
    """How one body carries several events; None where bodies are events, arrays of them, or NDJSON."""
    browser_credentials: BrowserCredentials = BrowserCredentials.NONE
    database: DatabaseTable | None = None
    """Where the events are exported from; None: from nowhere."""
    archive_after_days: int | None = None
    """Days after which what came moves to S3 Glacier Instant Retrieval; None: it stays where it is."""
    aggregates: tuple[Aggregate, ...] = ()
    """The daily aggregate tables that are kept of the curated events."""
    frequency_hours: int | None = None
    """Hours in which at least one event comes, unless something is wrong; None: nobody is told of silence."""

    @property
    def streamed(self) -> bool:
        """Whether events come by HTTP and travel on a delivery stream. Else path and throttle are empty."""
        return self.delivery is not Delivery.FILES

    @property
    def hashed(self) -> tuple[str, ...]:
        """The columns that hold keyed hashes."""
        return tuple(field.column for field in self.fields if field.hashed)

    @property
    def table(self) -> str:
        """The Glue table over what the delivery stream wrote."""
        return f"{self.source}_processed"

    @property
    def curated_table(self) -> str:
        """The Iceberg table of the curated events."""
        return f"{self.source}_curated"

    @property
    def raw_table(self) -> str:
        """The Glue table over the events as they came."""
        return f"{self.source}_raw"
