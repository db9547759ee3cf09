"""What would Athena read if curated files were laid out otherwise? Beside what etl/iceberg/layout.py has chosen.

Orders of a few days, written by the product's own code as compaction leaves them, one file a day, each time with one
thing changed. Printed is how many times fewer bytes a query reads than the gzipped JSON of the same time has.

    python -m bench.layouts [events] [days]
"""

import datetime
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from unittest import mock

import pyarrow as pa

from etl.iceberg import data_files, layout
from etl.iceberg import table as tables
from rapid.cli import project
from rapid.local.athena.parquet_footer import row_groups
from rapid.local.athena.parquet_scan import scanned_bytes
from rapid.local.athena.scopes import EvaluatedBound

from . import shop, table
from .disk_lake import DiskCatalog
from .scan import gzipped
from .scan_lake import compiled_contract

EVENTS, DAYS = 300_000, 3
_CHOSEN = {"PAGE_ROWS": layout.PAGE_ROWS}
_ONE = {"restaurantid": [EvaluatedBound("restaurantid", "IN", ("rest1",))]}
_QUERIES = {
    "top menu items": ({"menuitem", "quantity", "price"}, {}),
    "customers": ({"timestamp", "customerid", "price", "quantity"}, {}),
    "one restaurant": ({"timestamp", "customerid", "price", "quantity", "restaurantid"}, _ONE),
}


@dataclass(frozen=True)
class Variant:
    """One thing that is otherwise: constants of etl/iceberg/layout.py, or the fields that rows are sorted by."""

    name: str
    constants: dict[str, Any] = field(default_factory=dict)
    sort_by: tuple[str, ...] = ("restaurantid",)
    page_index: bool = True


_VARIANTS = (
    Variant("as chosen"),
    *(Variant(f"pages of {rows:,} rows", {"PAGE_ROWS": rows}) for rows in (512, 1024, 4096, 20_000)),
    *(Variant(f"row groups of {rows:,} rows", {"ROW_GROUP_ROWS": rows}) for rows in (8192, 16_384, 262_144)),
    Variant("no page index", page_index=False),
    Variant("no page index, row groups of 8,192", {"ROW_GROUP_ROWS": 8192}, page_index=False),
    *(Variant(f"zstd level {level}", {"ZSTD_LEVEL": level}) for level in (3, 9)),
    Variant("a dictionary where half of the values are distinct", {"_MOST_DISTINCT": 0.5}),
    Variant("sorted by time alone", sort_by=()),
    Variant("sorted by restaurant, item, time", sort_by=("restaurantid", "menuitem")),
    Variant("sorted by restaurant, customer, time", sort_by=("restaurantid", "customerid")),
)


def main() -> int:
    """Run it and print the table."""
    events, days = [int(argument) for argument in sys.argv[1:]] or (EVENTS, DAYS)
    rows = shop.orders(events, days, datetime.datetime.now(datetime.UTC).replace(tzinfo=None, microsecond=0))
    raw = gzipped(rows.sort_by("received_at"), "orders")
    print(f"\n{table.machine()}; {events:,} orders in {days} days, {raw / events:.1f} bytes each as gzipped JSON\n")
    print(f"| layout | bytes an order | {' | '.join(_QUERIES)} |\n|---|{'---:|' * (len(_QUERIES) + 1)}")
    for variant in _VARIANTS:
        with _files(rows, variant) as files:
            times = (raw / sum(_read(file, variant, *query) for file in files) for query in _QUERIES.values())
            size = sum(file.stat().st_size for file in files) / events
            print(f"| {variant.name} | {size:.1f} | {' | '.join(f'{factor:.1f}' for factor in times)} |", flush=True)
    return 0


@contextmanager
def _files(rows: pa.Table, variant: Variant) -> Iterator[list[Path]]:
    contract = replace(compiled_contract(project.contract_of("orders")), sort_by=variant.sort_by)
    with tempfile.TemporaryDirectory() as folder, mock.patch.multiple(layout, **_CHOSEN | variant.constants):
        made = tables.load_or_create(DiskCatalog(), "bench", contract, folder)
        yield [Path(file.file_path) for file in data_files.write(made, rows, contract.event_time)]


def _read(file: Path, variant: Variant, names: set[str], bounds: dict[str, list[EvaluatedBound]]) -> int:
    content = file.read_bytes()
    length = int.from_bytes(content[-8:-4], "little")
    groups = row_groups(content[-8 - length : -8])
    fetch = (lambda offset, size: content[offset : offset + size]) if variant.page_index else None
    return length + 8 + scanned_bytes(groups, names, {"restaurantid": pa.string()}, bounds, fetch)


if __name__ == "__main__":
    raise SystemExit(main())
