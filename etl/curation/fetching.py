"""Objects fetched ahead, several at once, and given in their order."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from etl import ahead
from etl.contract import CompiledContract
from etl.curation import inputs
from etl.curation.inputs import Delivered, RangedObject, UnreadableObject
from etl.curation.ledger import Input

FETCHERS = 4
MAX_AHEAD_BYTES = 16 * 1024 * 1024
"""Compressed bytes of the objects that are fetched ahead, beside the next one."""
MAX_AHEAD = 16
LARGE_BYTES = 32 * 1024 * 1024
LARGE_ROWS = 500_000
LARGE_UNCOMPRESSED_BYTES = 128 * 1024 * 1024
"""An object above any of these is read bit by bit."""


@dataclass(frozen=True)
class Fetched:
    """An object, and its rows, or why there are none."""

    input: Input
    is_large: bool
    _rows: Callable[[], Iterator[pa.Table]]

    def rows(self) -> Iterator[pa.Table]:
        """The rows, in one part unless it is large. Raises UnreadableObject, of a large one even after some rows."""
        return self._rows()


def fetched(
    s3: Any, bucket: str, pending: Iterator[Input], contract: CompiledContract, schema: pa.Schema
) -> Iterator[Fetched]:
    """The objects as tables of the schema, with dictionaries for text that repeats in the first object."""
    first = next(pending, None)
    if first is None:
        return
    opened = _open(s3, bucket, first, contract)
    if not isinstance(opened, UnreadableObject):
        schema = opened.repeating(schema)
    yield _fetched(first, opened, schema)
    del opened

    def fetch(item: Input) -> Fetched:
        return _fetched(item, _open(s3, bucket, item, contract), schema)

    waiting = ahead.Waiting[Input](MAX_AHEAD, lambda item: item.size_bytes, MAX_AHEAD_BYTES)
    yield from (found for _, found in ahead.results(fetch, pending, FETCHERS, waiting))


def _open(s3: Any, bucket: str, item: Input, contract: CompiledContract) -> Delivered | UnreadableObject:
    try:
        content = RangedObject(s3, bucket, item) if item.size_bytes > LARGE_BYTES else inputs.body(s3, bucket, item)
        return Delivered(bucket, item, content, contract)
    except UnreadableObject as error:
        return error


def _fetched(item: Input, opened: Delivered | UnreadableObject, schema: pa.Schema) -> Fetched:
    if isinstance(opened, UnreadableObject):
        return Fetched(item, False, _raising(opened))
    is_large = (
        item.size_bytes > LARGE_BYTES
        or opened.rows > LARGE_ROWS
        or opened.uncompressed_bytes > LARGE_UNCOMPRESSED_BYTES
    )
    if is_large:
        return Fetched(item, True, lambda: opened.parts(schema))
    try:
        rows = opened.read(schema)
    except UnreadableObject as error:
        return Fetched(item, False, _raising(error))
    return Fetched(item, False, lambda: iter([rows]))


def _raising(error: UnreadableObject) -> Callable[[], Iterator[pa.Table]]:
    def rows() -> Iterator[pa.Table]:
        raise error

    return rows
