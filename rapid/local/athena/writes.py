"""CREATE TABLE AS and UNLOAD: a query's rows as one Parquet object, and what the catalog learns of it.

Sources: https://docs.aws.amazon.com/athena/latest/ug/create-table-as.html,
https://docs.aws.amazon.com/athena/latest/ug/ctas-considerations-limitations.html (an empty location),
https://docs.aws.amazon.com/athena/latest/ug/unload.html,
https://docs.aws.amazon.com/athena/latest/ug/compression-support-hive.html (GZIP unless said otherwise). A timestamp is
an INT96, as Trino's Hive connector writes it.
"""

from __future__ import annotations

import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.parquet as pq
from botocore.exceptions import ClientError

from .catalog import PARQUET_INPUT, PARQUET_SERDE
from .errors import ErrorName, HiveFailedError, QueryFailedError, not_supported
from .glue_tables import GlueTables
from .glue_types import named_columns
from .parquet_objects import access_denied, arrow_type
from .queries import Plan
from .result_files import ResultFiles
from .results import ResultColumn
from .session import Session
from .statements import CreateTableAs, Unload
from .trino_types import STRUCTURES

ENFORCED_LOCATION = (
    "The Create Table As Select query failed because it was submitted with an 'external_location' property to an "
    "Athena Workgroup that enforces a centralized output location for all queries. Please remove the "
    "'external_location' property and resubmit the query."
)
SPOOLED_BYTES = 8 * 1024 * 1024
ROW_GROUP_ROWS = 100_000
_ROWS = [ResultColumn("rows", "bigint", 19, 0, False)]
_CTAS_PROPERTIES = frozenset({"external_location", "format", "write_compression", "parquet_compression"})
_UNLOAD_PROPERTIES = frozenset({"format", "compression"})
_COMPRESSIONS = {"GZIP": "gzip", "SNAPPY": "snappy", "ZSTD": "zstd", "NONE": "none", "UNCOMPRESSED": "none"}
_ENCRYPTION = ("ServerSideEncryption", "SSEKMSKeyId")
Batches = Iterator[list[tuple[Any, ...]]]


@dataclass(frozen=True)
class _Target:
    """Where rows go, and how they are compressed."""

    location: str
    compression: str


def write(statement: CreateTableAs | Unload, session: Session, files: ResultFiles, *, is_enforced: bool) -> None:
    """Run a statement that writes rows; ``is_enforced``: the work group decides where they go.

    Raises QueryFailedError if Athena would fail it.
    """
    if isinstance(statement, Unload):
        session.execution.written_rows = _unload(statement, session, files)
    else:
        session.execution.written_rows = _create_table_as(statement, session, files, is_enforced)
    files.metadata(_ROWS)


def _create_table_as(statement: CreateTableAs, session: Session, files: ResultFiles, is_enforced: bool) -> int:
    properties = statement.properties
    _check_properties(properties, _CTAS_PROPERTIES, "CREATE TABLE AS")
    if is_enforced and "external_location" in properties:
        raise HiveFailedError(ErrorName.GENERIC_USER_ERROR, ENFORCED_LOCATION)
    tables, (database, name) = GlueTables(session.glue), session.place(statement.table)
    if not tables.has_database(database):
        raise QueryFailedError(ErrorName.SCHEMA_NOT_FOUND, f"line 1:1: Schema '{database}' does not exist")
    if tables.find(database, name):
        if statement.if_not_exists:
            files.manifest([])
            return 0
        message = f"line 1:1: Destination table 'awsdatacatalog.{database}.{name}' already exists"
        raise QueryFailedError(ErrorName.TABLE_ALREADY_EXISTS, message)
    planned = session.plan(statement.tree)
    location = properties.get("external_location", session.execution.output_location).rstrip("/") + "/"
    target = _target(location, properties.get("write_compression", properties.get("parquet_compression")), properties)
    columns = _columns(planned)
    _check_empty(session, location, f"table '{database}.{name}'")
    rows = _write_rows(session, planned, target, session.rows(planned) if statement.with_data else iter(()), files)
    tables.create(database, _table_definition(name, columns, target))
    return rows


def _unload(statement: Unload, session: Session, files: ResultFiles) -> int:
    properties = statement.properties
    _check_properties(properties, _UNLOAD_PROPERTIES, "UNLOAD")
    if "format" not in properties:
        raise QueryFailedError(ErrorName.INVALID_TABLE_PROPERTY, "UNLOAD needs the property format")
    planned = session.plan(statement.tree)
    target = _target(statement.location, properties.get("compression"), properties)
    _columns(planned)
    _check_empty(session, statement.location, "UNLOAD")
    return _write_rows(session, planned, target, session.rows(planned), files)


def _check_properties(properties: Mapping[str, str], known: frozenset[str], statement: str) -> None:
    for name in properties:
        if name not in known:
            raise not_supported(f"Property {name} of {statement}")


def _target(location: str, compression: str | None, properties: Mapping[str, str]) -> _Target:
    name, compression = properties.get("format", "PARQUET").upper(), (compression or "GZIP").upper()
    if name != "PARQUET":
        raise not_supported(f"Format {name}")
    if compression not in _COMPRESSIONS:
        raise not_supported(f"Compression {compression} of {name}")
    return _Target(location, compression)


def _columns(planned: Plan) -> list[tuple[str, str]]:
    """Return the names and Hive's types of the columns that are written."""
    for output in planned.outputs:
        if output.type.kind in STRUCTURES:
            raise not_supported(f"Column '{output.label}': writing type {output.type}")
    return named_columns(planned.outputs)


def _check_empty(session: Session, location: str, what: str) -> None:
    parts = urlsplit(location)
    if parts.scheme != "s3" or not parts.netloc:
        raise QueryFailedError(ErrorName.INVALID_TABLE_PROPERTY, f"'{location}' is not an S3 location")
    prefix = parts.path.strip("/")
    try:
        found = session.s3.list_objects_v2(Bucket=parts.netloc, Prefix=f"{prefix}/" if prefix else "", MaxKeys=1)
    except ClientError as error:
        raise _refused(location, error) from None
    if found.get("KeyCount"):
        message = f"Target directory for {what} already exists: {location}"
        raise QueryFailedError(ErrorName.HIVE_PATH_ALREADY_EXISTS, message)


def _write_rows(session: Session, planned: Plan, target: _Target, batches: Batches, files: ResultFiles) -> int:
    """Write rows, and put the object when all are there; the manifest tells of it before that."""
    started = f"{session.now:%Y%m%d_%H%M%S}_00000_{session.execution.id[:5]}"
    location = f"{target.location.rstrip('/')}/{started}_{uuid.uuid4()}"
    with tempfile.SpooledTemporaryFile(max_size=SPOOLED_BYTES) as content:
        rows = _write_parquet(session, planned, target, batches, content)
        files.manifest([location] if rows else [])
        if rows:
            content.seek(0)
            _put(session, location, content)
    return rows


def _write_parquet(session: Session, planned: Plan, target: _Target, batches: Batches, content: IO[bytes]) -> int:
    schema = pa.schema([((output.label or "").lower(), arrow_type(output.type)) for output in planned.outputs])
    count, waiting = 0, schema.empty_table()
    with pq.ParquetWriter(
        content,
        schema,
        compression=_COMPRESSIONS[target.compression],
        use_deprecated_int96_timestamps=True,
        store_schema=False,
    ) as writer:
        for batch in batches:
            session.check()
            count += len(batch)
            arrays = [
                pa.array(values, field.type) for values, field in zip(zip(*batch, strict=True), schema, strict=True)
            ]
            waiting = pa.concat_tables([waiting, pa.table(arrays, schema=schema)])
            if waiting.num_rows >= ROW_GROUP_ROWS:
                writer.write_table(waiting)
                waiting = schema.empty_table()
        if waiting.num_rows:
            writer.write_table(waiting)
    return count


def _put(session: Session, location: str, content: IO[bytes]) -> None:
    arguments = {name: value for name, value in session.execution.target.arguments.items() if name in _ENCRYPTION}
    bucket, _, key = location.removeprefix("s3://").partition("/")
    try:
        session.s3.put_object(Bucket=bucket, Key=key, Body=content, **arguments)
    except ClientError as error:
        raise _refused(location, error) from None


def _refused(location: str, error: ClientError) -> QueryFailedError:
    code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
    if code in ("AccessDenied", "403"):
        return access_denied(message, location)
    return QueryFailedError(ErrorName.HIVE_FILESYSTEM_ERROR, f"Failed to write to {location}: {message}")


def _table_definition(name: str, columns: list[tuple[str, str]], target: _Target) -> dict[str, Any]:
    return {
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {
            "EXTERNAL": "TRUE",
            "has_encrypted_data": "false",
            "parquet.compression": target.compression,
            "transient_lastDdlTime": str(int(time.time())),
        },
        "PartitionKeys": [],
        "StorageDescriptor": {
            "Columns": [{"Name": column, "Type": type_text} for column, type_text in columns],
            "Location": target.location,
            "InputFormat": PARQUET_INPUT,
            "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
            "Compressed": False,
            "NumberOfBuckets": 0,
            "SerdeInfo": {
                "Name": name,
                "SerializationLibrary": PARQUET_SERDE,
                "Parameters": {"serialization.format": "1"},
            },
            "StoredAsSubDirectories": False,
        },
    }
