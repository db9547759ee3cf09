"""Format conversion: JSON records in, a Parquet file out, with the columns of a Glue table.

https://docs.aws.amazon.com/firehose/latest/dev/record-format-conversion.html
"""

import tempfile
from collections.abc import Callable, Iterable
from typing import BinaryIO, cast

import pyarrow as pa
import pyarrow.parquet as pq
from botocore.exceptions import ClientError

from rapid.local.clients import Clients

from .columns import Column, column
from .definition import Schema
from .documents import ConversionErrorCode, ConversionFailed, Row, RowReader
from .errors import unsupported
from .framing import SPOOL_MEMORY_BYTES, Record

ROW_GROUP_JSON_BYTES = 4 * 1024 * 1024
"""JSON that goes into one row group; far below AWS's block size (64 MiB at least), for it is what memory holds."""

PAGE_SIZE_BYTES = 1024 * 1024

_GLUE_ERRORS = {
    "EntityNotFoundException": (
        ConversionErrorCode.ENTITY_NOT_FOUND,
        "The specified table/database could not be found. Please ensure that the table/database exists and that the"
        " values provided in the schema configuration are correct, especially with regards to casing.",
    ),
    "AccessDeniedException": (
        ConversionErrorCode.ACCESS_DENIED,
        "Access was denied when calling Glue. Please ensure that the role specified in the schema configuration has the"
        " necessary permissions.",
    ),
}


def read_columns(schema: Schema, clients: Clients) -> list[Column]:
    """The table's columns, its partition keys not among them, read with the role of the schema configuration.

    Raises ConversionFailed when the table cannot be read, ServiceError when a type is not supported.
    """
    glue = clients.client("glue", role_arn=schema.role_arn)
    try:
        table = glue.get_table(CatalogId=schema.catalog_id, DatabaseName=schema.database, Name=schema.table)["Table"]
    except ClientError as error:
        known = _GLUE_ERRORS.get(error.response["Error"]["Code"])
        if known is None:
            raise
        code, message = known
        if code is ConversionErrorCode.ACCESS_DENIED:
            # https://github.com/hashicorp/terraform-provider-aws/pull/17254 quotes such an answer of AWS.
            message = f"{message} {error.response['Error']['Message']}"
        raise ConversionFailed(code, message) from error
    described = table.get("StorageDescriptor", {}).get("Columns")
    if not described:
        raise unsupported(f"format conversion by the Glue table {schema.database}.{schema.table}, which has no columns")
    return [column(c["Name"], c["Type"]) for c in described]


class ParquetFile:
    """A Parquet file being written, `records` of which have been converted into it."""

    def __init__(self, columns: list[Column]) -> None:
        self.body = cast(BinaryIO, tempfile.SpooledTemporaryFile(SPOOL_MEMORY_BYTES))  # noqa: SIM115
        self.record_count = 0
        self.json_bytes = 0
        self.source_bytes = 0
        self.oldest_arrival_ms: int | None = None
        self._columns = columns
        self._reader = RowReader(columns)
        self._schema = pa.schema([(c.name, c.arrow_type) for c in columns])
        self._writer = _writer(self.body, self._schema)
        self._rows: list[Row] = []
        self._waiting_bytes = 0

    def add(self, record: Record) -> None:
        """Converts a record; when any document of it fails, nothing of it is written. Raises ConversionFailed."""
        self._rows.extend(self._reader.rows(record.data))
        self.record_count += 1
        self.json_bytes += len(record.data)
        self.source_bytes += record.source_bytes
        if self.oldest_arrival_ms is None or record.arrival_ms < self.oldest_arrival_ms:
            self.oldest_arrival_ms = record.arrival_ms
        self._waiting_bytes += len(record.data)
        if self._waiting_bytes >= ROW_GROUP_JSON_BYTES:
            self._write_row_group()

    def finish(self) -> None:
        """Writes what is left; `body` is complete then."""
        self._write_row_group()
        self._writer.close()
        self.body.seek(0)
        # What a file takes is much for a moment and nothing between files: back to the operating system with it.
        pa.default_memory_pool().release_unused()

    def _write_row_group(self) -> None:
        if self._rows:
            values = zip(*self._rows, strict=True)
            arrays = [c.array(v) for c, v in zip(self._columns, values, strict=True)]
            self._writer.write_table(pa.Table.from_arrays(arrays, schema=self._schema))
        self._rows = []
        self._waiting_bytes = 0


def convert(
    records: Iterable[Record], columns: list[Column], failed: Callable[[Record, ConversionFailed], None]
) -> ParquetFile:
    """A finished Parquet file of the records that convert; `failed` is told of each that does not."""
    file = ParquetFile(columns)
    for record in records:
        try:
            file.add(record)
        except ConversionFailed as error:
            failed(record, error)
    file.finish()
    return file


def _writer(body: BinaryIO, schema: pa.Schema) -> pq.ParquetWriter:
    """Writes as Firehose's Parquet SerDe does by default.

    https://docs.aws.amazon.com/firehose/latest/APIReference/API_ParquetSerDe.html
    """
    return pq.ParquetWriter(
        pa.PythonFile(body, mode="w"),
        schema,
        version="1.0",
        data_page_version="1.0",
        data_page_size=PAGE_SIZE_BYTES,
        compression="SNAPPY",
        use_dictionary=False,
        # Hive's Parquet writer, which Firehose uses, stores timestamps as INT96, and knows nothing of Arrow schemas.
        use_deprecated_int96_timestamps=True,
        store_schema=False,
    )
