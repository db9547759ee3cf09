"""How many bytes does Athena read for the saved queries: of the curated tables, and of the events as they came?

The saved queries of `orders` and `google_analytics`, as they stand in sources/queries, are asked of the local cloud's
Athena, over tables that the product's own code has written: hour by hour, then compacted, then aggregated. The bytes
are DataScannedInBytes as the local cloud counts them; rapid/local/athena/parquet_scan.py names Athena's rules. Beside
them: the same queries over Firehose's own Parquet of the hours in question, and the gzipped JSON of these hours, of
which every query reads every byte.

    python -m bench.scan [events] [days]
"""

import csv
import datetime
import gzip
import io
import itertools
import os
import random
import sys

import pyarrow as pa

from contracts import Contract, aggregates, saved_queries
from rapid.cli import project

from . import servers, shop, table
from .scan_lake import ScanLake, by_hour, compiled_contract
from .scan_windows import over, window

EVENTS, DAYS = 200_000, 6
"""As many a day as a million in a month."""
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
}
_SENT_AGAIN = 0.01
"""Part of the events that came twice: raw and Firehose's files have both, the curated tables one."""
_GOALS = {
    "top_menu_items_by_revenue": (25, 25),
    "purchase_funnel": (25, 25),
    "visit_value_by_restaurant": (25, 25),
    "customers_by_month": (10, 10),
    "restaurant_day_by_hour": (60, 250),
}
"""How many times fewer bytes than raw JSON: of hourly files, and after compaction."""
_AGGREGATES_GOAL = 200


def main() -> int:
    """Run it and print the table."""
    events, days = [int(argument) for argument in sys.argv[1:]] or (EVENTS, DAYS)
    until = datetime.datetime.now(datetime.UTC).replace(tzinfo=None, microsecond=0)
    print(f"\n{table.machine()}; {events:,} events a source in {days} days\n")
    with servers.local_cloud() as server:
        os.environ.update(ENVIRONMENT, AWS_ENDPOINT_URL=server.url)
        lake = ScanLake()
        for name, rows in (
            ("orders", shop.orders(events, days, until)),
            ("google_analytics", shop.visits(events, days, until)),
        ):
            _measure(lake, project.contract_of(name), rows)
    return 0


def _measure(lake: ScanLake, contract: Contract, rows: pa.Table) -> None:
    compiled = compiled_contract(contract)
    again = random.Random(1).sample(range(rows.num_rows), int(rows.num_rows * _SENT_AGAIN))
    sent = pa.concat_tables([rows, rows.take(pa.array(again))])
    raw = {hour: gzipped(part, contract.source) for hour, part in by_hour(sent)}
    lake.deliver(contract, sent)
    lake.curate(compiled, rows)
    lake.show(contract)
    # Those over daily aggregates are answered by the tables at the end.
    tables = aggregates.tables(contract)
    queries = [query for query in saved_queries.of(contract) if not any(name in query.sql for name in tables)]
    hourly = {query.name: lake.ask(query.sql) for query in queries}
    files = lake.size(compiled)
    lake.compact(compiled)
    compacted = {query.name: lake.ask(query.sql) for query in queries}
    print(
        f"{contract.source}: {sum(raw.values()) / rows.num_rows:.1f} bytes an event as gzipped JSON; curated "
        f"{files[1] / rows.num_rows:.1f} in {files[0]:,} files of an hour, "
        f"{lake.size(compiled)[1] / rows.num_rows:.1f} in {lake.size(compiled)[0]:,} after compaction\n"
    )
    print("| query | raw, MB | Firehose's Parquet | curated by the hour | compacted | goals |")
    print("|---|---:|---:|---:|---:|---:|")
    for query in queries:
        first, last = window(query.sql, contract.event_time.column)
        hours = [hour for hour in raw if first <= hour < last]
        read = sum(raw[hour] for hour in hours)
        delivered, _ = lake.ask(over(query.sql, contract.source, contract.table, (min(hours), max(hours))))
        (by_hour_bytes, answer), (compacted_bytes, same) = hourly[query.name], compacted[query.name]
        if not _alike(answer, same):
            raise SystemExit(f"{query.name}: the answers before and after compaction differ:\n{answer}\n{same}")
        found = [f"{read / size:.1f}" for size in (delivered, by_hour_bytes, compacted_bytes)]
        goals = "; ".join(
            f"{goal}{', missed' if read / size < goal else ''}"
            for goal, size in zip(_GOALS.get(query.name, ()), (by_hour_bytes, compacted_bytes), strict=False)
        )
        print(f"| {query.name} | {read / 1e6:.2f} | {' | '.join(found)} | {goals} |", flush=True)
    for name in lake.aggregate(compiled):
        read, size = sum(raw.values()), lake.ask(f"SELECT * FROM {name}")[0]
        missed = "" if read / size >= _AGGREGATES_GOAL else ", missed"
        print(f"| all of {name} | {read / 1e6:.2f} | | | {read / size:.1f} | {_AGGREGATES_GOAL}{missed} |")
    print(flush=True)


def _alike(one: str, other: str) -> bool:
    """Whether two results are equal but for what doubles that were added in another order make of the last digit."""
    cells, others = (list(itertools.chain(*csv.reader(io.StringIO(text)))) for text in (one, other))
    pairs = list(itertools.zip_longest(cells, others))
    return all(a == b or (a and b and abs(float(a) - float(b)) < 0.2) for a, b in pairs)


def gzipped(rows: pa.Table, source: str) -> int:
    """The bytes of events as they came, gzipped together."""
    return len(gzip.compress("".join(f"{line}\n" for line in shop.raw(rows, source)).encode(), 6))


if __name__ == "__main__":
    raise SystemExit(main())
