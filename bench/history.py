"""What a stack holds that has run for a while: raw objects as Firehose wrote them, and the same events in Parquet.

Orders come by the ingest function, clicks by the direct path; the curate job makes rows of them. So a lake of many
thousand objects is there in seconds, and everything that counts events counts these.
"""

import datetime
import gzip
import io
import itertools
import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from contracts import Contract, FieldType
from rapid.cli import samples

Event = dict[str, Any]

_WRITERS = 8
_OBJECTS_A_DAY = 100
"""Raw objects of one source; what Firehose converts it buffers for longer, here for a day."""
_TYPES = {
    FieldType.STRING: pa.string(),
    FieldType.INTEGER: pa.int64(),
    FieldType.NUMBER: pa.float64(),
    FieldType.BOOLEAN: pa.bool_(),
    FieldType.TIMESTAMP: pa.timestamp("ms"),
    FieldType.DATE: pa.date32(),
}


def write(
    s3: Any, outputs: Mapping[str, Any], contracts: Sequence[Contract], objects: int, events_an_object: int
) -> dict[str, dict[str, Event]]:
    """Fill the raw and the processed zone of a stack; the events by source and id. `objects`: raw ones, of all sources.

    They were received on the days before yesterday, as many as it takes.
    """
    written: dict[str, dict[str, Event]] = {}
    with ThreadPoolExecutor(_WRITERS) as pool:
        for contract in contracts:
            written[contract.source] = {}
            events = samples.events(contract, objects // len(contracts) * events_an_object, seed=3)
            puts = _objects(contract, outputs, events, events_an_object, written[contract.source])
            for done in pool.map(lambda put: s3.put_object(**put), puts):
                assert done["ETag"]
    return written


def row(contract: Contract, event: Event) -> dict[str, Any]:
    """What the columns of an event's fields hold, None where it has no such field."""
    return {field.column: _value(field.type, event.get(field.name), field.scale) for field in contract.fields}


def _objects(
    contract: Contract, outputs: Mapping[str, Any], events: Iterator[Event], size: int, written: dict[str, Event]
) -> Iterator[dict[str, Any]]:
    stream = outputs["streams"][contract.source]
    yesterday = datetime.datetime.now(datetime.UTC).replace(hour=0, minute=0, second=0, tzinfo=None)
    for number in itertools.count(2):
        day, rows = yesterday - datetime.timedelta(days=number), list[dict[str, Any]]()
        for place in range(_OBJECTS_A_DAY):
            lines = []
            received = day + datetime.timedelta(days=place / _OBJECTS_A_DAY)
            for event in itertools.islice(events, size):
                event = {**event, contract.event_time.name: f"{received:%Y-%m-%dT%H:%M:%SZ}"}
                written[event[contract.primary_key.name]] = event
                line = {"id": str(uuid.uuid4()), "receivedAt": f"{received:%Y-%m-%dT%H:%M:%S.000Z}", "body": event}
                lines.append(json.dumps(line))
                arrived = {"extra": None, "received_at": received.replace(microsecond=0), "ingest_id": line["id"]}
                rows.append(row(contract, event) | arrived)
            if lines:
                content = gzip.compress("".join(f"{line}\n" for line in lines).encode(), compresslevel=1)
                yield _put(outputs["raw_bucket"], contract, stream, received, ".gz", content)
        if not rows:
            return
        yield _put(outputs["processed_bucket"], contract, stream, day, ".parquet", _parquet(contract, rows))


def _put(
    bucket: str, contract: Contract, stream: str, moment: datetime.datetime, extension: str, content: bytes
) -> dict[str, Any]:
    """Named as https://docs.aws.amazon.com/firehose/latest/dev/s3-object-name.html says."""
    name = f"{stream}-1-{moment:%Y-%m-%d-%H-%M-%S}-{uuid.uuid4()}{extension}"
    return {"Bucket": bucket, "Key": f"{contract.source}/{moment:%Y/%m/%d/%H}/{name}", "Body": content}


def _parquet(contract: Contract, rows: list[dict[str, Any]]) -> bytes:
    fields = [
        (
            field.column,
            pa.decimal128(field.precision, field.scale) if field.type is FieldType.DECIMAL else _TYPES[field.type],
        )
        for field in contract.fields
    ]
    fields += [("extra", pa.string()), ("received_at", pa.timestamp("ms")), ("ingest_id", pa.string())]
    content = io.BytesIO()
    table = pa.Table.from_pylist(rows, pa.schema(fields))
    pq.write_table(table, content, use_deprecated_int96_timestamps=True, compression="snappy")
    return content.getvalue()


def _value(kind: FieldType, value: Any, scale: int) -> Any:
    if value is None:
        return None
    if kind is FieldType.DECIMAL:
        return Decimal(str(value)).quantize(Decimal(1).scaleb(-scale))
    if kind is FieldType.TIMESTAMP:
        moment = datetime.datetime.fromisoformat(value)
        return moment.astimezone(datetime.UTC).replace(tzinfo=None) if moment.tzinfo else moment
    return value
