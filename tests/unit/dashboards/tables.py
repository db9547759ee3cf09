"""Tables named as the views `<source>_now` are, filled with rows and asked through the local Athena in milliseconds."""

import datetime
import itertools
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa

from contracts import glue, load_all
from dashboards import DataSet, sql
from tests.unit.local.athena_rig import AthenaRig
from tests.unit.sources.lake import ARROW, answered

Row = dict[str, Any]
CONTRACTS = {contract.source: contract for contract in load_all(Path(__file__).parents[3] / "sources")}
_numbers = itertools.count()


class Tables:
    """The rows of some sources, and what data sets make of them."""

    def __init__(self) -> None:
        self.rig = AthenaRig()
        for source in ("orders", "clickstream", "feedback", "appsflyer", "campaign_costs"):
            columns = {column.name: column.type for column in glue.columns(CONTRACTS[source])}
            self.rig.table(f"{source}_now", columns)

    def hold(self, source: str, rows: Iterable[Row]) -> None:
        """Have a source's view hold these rows and no others."""
        columns = glue.columns(CONTRACTS[source])
        filled = [{column.name: row.get(column.name) for column in columns} for row in rows]
        schema = pa.schema({column.name: ARROW[column.type] for column in columns})
        prefix = f"{source}_now/"
        for item in self.rig.s3.list_objects_v2(Bucket="lake", Prefix=prefix).get("Contents", ()):
            self.rig.s3.delete_object(Bucket="lake", Key=item["Key"])
        self.rig.put(f"{prefix}{next(_numbers)}.parquet", pa.Table.from_pylist(filled, schema))

    def ask(self, data_set: DataSet, moment: datetime.datetime, timezone: str = "UTC") -> list[Row]:
        """The rows of a data set at a moment in UTC, for a business in a zone, in no order."""
        columns, rows = answered(self.rig, sql.select(data_set, timezone), moment)
        return [dict(zip(columns, row, strict=True)) for row in rows]
