"""Spools turned into the objects that S3 gets."""

import gzip
import shutil
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from typing import BinaryIO, cast

from rapid.local.clients import Clients
from rapid.local.cloudwatch.metrics import ResourceMetrics

from .definition import Compression, S3Target, Schema, StreamDefinition
from .delivery import Outcome, S3Object
from .documents import ConversionFailed
from .failures import conversion_failure
from .framing import SPOOL_MEMORY_BYTES, FramedSpool, Record, Spool
from .parquet import ParquetFile, convert, read_columns
from .prefix import ErrorOutputType, object_name


def concatenated(stream: StreamDefinition, target: S3Target, spool: Spool, outcome: Outcome) -> list[S3Object]:
    """One object of all records, one after the other, compressed as the target says."""
    body = _gzipped(spool.file) if target.compression is Compression.GZIP else spool.file
    instant = _instant(spool.oldest_arrival_ms)
    key = target.prefix.at(instant) + object_name(stream.name, stream.version, instant, target.extension)
    return [S3Object(target, key, body, spool.record_count, spool.source_bytes, outcome)]


def errors(stream: StreamDefinition, spool: Spool, kind: ErrorOutputType) -> S3Object:
    """One object of error records under the error prefix."""
    instant = _instant(spool.oldest_arrival_ms)
    key = stream.error_prefix.at(instant, kind) + object_name(stream.name, stream.version, instant, "")
    return S3Object(stream.destination, key, spool.file, spool.record_count, spool.source_bytes, Outcome.FAILED)


def converted(
    stream: StreamDefinition,
    schema: Schema,
    spool: FramedSpool,
    clients: Clients,
    metrics: ResourceMetrics,
    now_ms: int,
) -> list[S3Object]:
    """The error records, if there are any, then one Parquet object of all records that convert."""
    try:
        columns, unreadable = read_columns(schema, clients), None
    except ConversionFailed as error:
        columns, unreadable = [], error
    lines = Spool()

    def failed(record: Record, error: ConversionFailed) -> None:
        line = conversion_failure(record, error.code, error.message, now_ms, schema)
        lines.append(replace(record, data=line))

    objects: list[S3Object] = []
    succeeded_bytes = 0
    if unreadable:
        for record in spool.records():
            failed(record, unreadable)
    else:
        file = convert(spool.records(), columns, failed)
        succeeded_bytes = file.json_bytes
        if file.record_count:
            objects.append(_parquet_object(stream, file))
        else:
            file.body.close()
    _count(metrics, spool, lines.record_count, succeeded_bytes)
    if lines.record_count:
        objects.insert(0, errors(stream, lines, ErrorOutputType.FORMAT_CONVERSION_FAILED))
    else:
        lines.close()
    return objects


def _count(metrics: ResourceMetrics, spool: Spool, failed_records: int, succeeded_bytes: int) -> None:
    metrics.add(
        {
            "SucceedConversion.Records": spool.record_count - failed_records,
            "SucceedConversion.Bytes": succeeded_bytes,
            "FailedConversion.Records": failed_records,
            "FailedConversion.Bytes": spool.data_bytes - succeeded_bytes,
        }
    )


def _parquet_object(stream: StreamDefinition, file: ParquetFile) -> S3Object:
    instant = _instant(file.oldest_arrival_ms)
    target = stream.destination
    key = target.prefix.at(instant) + object_name(stream.name, stream.version, instant, target.extension)
    return S3Object(target, key, file.body, file.record_count, file.source_bytes, Outcome.DELIVERED)


def _gzipped(file: BinaryIO) -> BinaryIO:
    body = cast(BinaryIO, tempfile.SpooledTemporaryFile(SPOOL_MEMORY_BYTES))  # noqa: SIM115
    file.seek(0)
    with gzip.GzipFile(fileobj=body, mode="wb", compresslevel=6) as compressed:
        shutil.copyfileobj(file, compressed)
    return body


def _instant(arrival_ms: int | None) -> datetime:
    return datetime.fromtimestamp((arrival_ms or 0) / 1000, UTC)
