"""Which engine curates: pyarrow in the job's own process, or Spark on its executors past a size."""

import itertools
import sys
from collections.abc import Iterator
from typing import Any

from pyiceberg.table import Table

from etl.contract import CompiledContract
from etl.curation.ledger import Input
from etl.engines.engine import Addition, Engine
from etl.engines.pyarrow_engine import PyArrowEngine
from etl.engines.spark import session
from etl.engines.spark.engine import SparkEngine

CHOICES = ("auto", "pyarrow", "spark")
SPARK_MIN_BYTES = 4 * 1024**3
"""Pending Parquet of a source from which on `auto` takes Spark; docs/engines.md says why."""


def chosen(choice: str, s3: Any, bucket: str, contract: CompiledContract) -> Engine:
    """The engine of that name. Raises NoSpark if it cannot run here; `auto` then stays with pyarrow, and says so."""
    if choice == "spark":
        return _spark(bucket, contract)
    pyarrow = PyArrowEngine(s3, bucket, contract)
    return pyarrow if choice == "pyarrow" else _BySize(pyarrow, bucket, contract)


class _BySize:
    """Asks one engine or the other, by how much there is to do."""

    def __init__(self, pyarrow: PyArrowEngine, bucket: str, contract: CompiledContract) -> None:
        self._pyarrow, self._bucket, self._contract = pyarrow, bucket, contract

    def additions(self, table: Table, pending: Iterator[Input]) -> Iterator[Addition]:
        """What the engine of choice makes of the objects."""
        first: list[Input] = []
        size = 0
        while size < SPARK_MIN_BYTES and (item := next(pending, None)):
            first.append(item)
            size += item.size_bytes
        engine = self._spark_if_there_is_one() if size >= SPARK_MIN_BYTES else None
        yield from (engine or self._pyarrow).additions(table, itertools.chain(first, pending))

    def _spark_if_there_is_one(self) -> SparkEngine | None:
        try:
            return _spark(self._bucket, self._contract)
        except session.NoSpark as error:
            print(f"{self._contract.source}: Spark would be quicker; pyarrow goes on, for {error}", file=sys.stderr)
            return None


def _spark(bucket: str, contract: CompiledContract) -> SparkEngine:
    if reason := session.why_not():
        raise session.NoSpark(reason)
    return SparkEngine(session.context, bucket, contract)
