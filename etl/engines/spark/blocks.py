"""Rows on their way between tasks: cut by a number of theirs, such as their key's bucket, in Arrow's IPC format."""

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa

from etl.curation import fingerprints
from etl.iceberg.row_order import Numbers


def pack(rows: pa.Table) -> bytes:
    """A block. Uncompressed: Spark compresses what it moves and stores."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        writer.write_table(rows)
    return bytes(sink.getvalue())


def unpack(blocks: Iterable[bytes], schema: pa.Schema) -> pa.Table:
    """The rows of all blocks, in the blocks' order."""
    return pa.concat_tables([schema.empty_table(), *(pa.ipc.open_stream(block).read_all() for block in blocks)])


def bucket_of(keys: pa.ChunkedArray, buckets: int) -> Numbers:
    """The bucket, from 0, of each key: equal keys share one, on every machine and in every run."""
    return (fingerprints.of(keys) % np.uint64(buckets)).astype(np.intp)


def cut(rows: pa.Table, numbers: Numbers) -> Iterator[tuple[int, pa.Table]]:
    """The rows of each number that any has, in their order."""
    if not len(numbers):
        return
    order = np.argsort(numbers, kind="stable")
    ascending = numbers[order]
    starts = np.flatnonzero(np.diff(ascending, prepend=ascending[0] - 1))
    sorted_rows = rows.take(pa.array(order))
    for start, end in zip(starts, np.append(starts[1:], len(ascending)), strict=True):
        yield int(ascending[start]), sorted_rows.slice(start, end - start)
