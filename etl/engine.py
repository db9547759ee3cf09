"""What turns delivered objects into data files of a table: pyarrow, in this process."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pyarrow as pa
from pyiceberg.io.pyarrow import schema_to_pyarrow
from pyiceberg.manifest import DataFile
from pyiceberg.table import Table

from etl import data_files, inputs, repeats
from etl.contract import CompiledContract
from etl.ledger import Input


@dataclass(frozen=True)
class Addition:
    """What a batch adds to a table: data files that are stored and not committed yet."""

    files: list[DataFile]
    rows_read: int
    rows_added: int
    failed: dict[Input, str]
    """Objects that could not be read, and why."""


class Engine(Protocol):
    """What turns delivered objects into data files."""

    max_batch_bytes: int
    """Delivered Parquet that one commit takes in; bounds what a killed run has to do again."""

    def add(self, contract: CompiledContract, table: Table, batch: Sequence[Input]) -> Addition:
        """Store what a batch adds to a table; nothing is committed."""


class PyArrowEngine:
    """The engine for what one machine takes in."""

    max_batch_bytes = 128 * 1024 * 1024

    def __init__(self, s3: Any, processed_bucket: str) -> None:
        self._s3, self._bucket = s3, processed_bucket

    def add(self, contract: CompiledContract, table: Table, batch: Sequence[Input]) -> Addition:
        """Store what a batch adds to a table; nothing is committed."""
        schema = schema_to_pyarrow(table.schema(), include_field_ids=False)
        parts, failed = [schema.empty_table()], {}
        for item in batch:
            try:
                parts.append(inputs.read(self._s3, self._bucket, item, contract, schema))
            except inputs.UnreadableObject as error:
                failed[item] = str(error)
        rows = pa.concat_tables(parts)
        new = repeats.first_of_each(rows, contract.primary_key)
        new = repeats.without_known(new, table, contract.primary_key, contract.repeat_horizon_days)
        files = list(data_files.write(table, new, contract.event_time))
        return Addition(files, rows.num_rows, new.num_rows, failed)
