"""What Firehose delivers while jobs are killed, and what the table must be in the end."""

import datetime
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa

from etl.curation.curate import curate
from etl.curation.ledger import PROPERTY, Ledger
from etl.lake import Lake
from etl.maintenance.maintain import maintain
from tests.unit.etl import sales

REPEATED = 0.03
START = datetime.datetime(2026, 3, 14, 18)


class Arrivals:
    """Objects that Firehose delivers: 3 % of the orders come twice, 2 % are late, some objects come twice or late.

    Orders that come twice differ, and the one received first may come last.
    """

    def __init__(self, orders, seed):
        self.orders, self.random, self.sent, self.number = orders, random.Random(seed), [], 0

    def deliver(self, rows):
        batch = []
        for _ in range(rows):
            if self.sent and self.random.random() < REPEATED:
                batch.append(self._repeat(self.random.choice(self.sent)))
            else:
                batch.append(self._order(f"e{self.number:09d}"))
                self.sent.append(batch[-1]["event_id"])
        two_days_old = self.random.random() < 0.1
        hour = START - datetime.timedelta(days=2) if two_days_old else START
        for _ in range(2 if self.random.random() < 0.1 else 1):
            self.orders.deliver(batch, hour=f"{hour:%Y/%m/%d/%H}")

    def _repeat(self, event_id):
        """One that says something else than the first did; half of them were received before it, and come after it."""
        again = self._order(event_id)
        earlier = datetime.timedelta(hours=self.random.choice((0, 1)))
        return again | {"menuitem": f"Pasta {self.number}", "received_at": again["received_at"] - earlier}

    def _order(self, event_id):
        self.number += 1
        late = datetime.timedelta(days=self.random.randrange(1, 400) if self.random.random() < 0.02 else 0)
        received = START + datetime.timedelta(milliseconds=self.number)
        return self.orders.order(event_id, time=(START - late).isoformat(), received_at=received)

    @contextmanager
    def meanwhile(self, rows) -> Iterator[None]:
        """Deliver such an object each second."""
        ended = threading.Event()

        def arrive():
            # Not so fast that a backlog grows, for then every kill would come while it is read, before any commit.
            while not ended.wait(1):
                self.deliver(rows)

        arriving = threading.Thread(target=arrive)
        arriving.start()
        try:
            yield
        finally:
            ended.set()
            arriving.join()


def table_of_an_undisturbed_run(orders):
    """The same input, curated once from beginning to end into a lake of its own."""
    orders.s3.create_bucket(Bucket="undisturbed")
    orders.glue.create_database(DatabaseInput={"Name": "undisturbed"})
    lake = Lake("undisturbed", "processed", "undisturbed")
    curate(orders.catalog, orders.s3, lake, orders.contract, None)
    return in_order(orders.catalog.load_table(("undisturbed", "orders_curated")))


def in_order(table) -> pa.Table:
    return table.scan().to_arrow().replace_schema_metadata().sort_by("event_id")


def unreferenced(orders):
    """Objects of the tables that neither a snapshot nor the ledger refers to, but for the empty ones of folders."""
    uri = orders.table.properties[PROPERTY]
    kept = {uri, *(f"s3://curated/{key}" for key in Ledger.load(orders.s3, "curated", "", uri).segments.values())}
    for table in (orders.table, sales.table(orders)):
        kept |= {table.metadata_location, *(entry.metadata_file for entry in table.metadata.metadata_log)}
        for snapshot in table.snapshots():
            kept.add(snapshot.manifest_list)
            for manifest in snapshot.manifests(table.io):
                kept.add(manifest.manifest_path)
                kept |= {entry.data_file.file_path for entry in manifest.fetch_manifest_entry(table.io)}
    prefixes = ("tables/", "ledgers/", "aggregates/")
    stored = {f"s3://curated/{key}" for prefix in prefixes for key in orders.objects(prefix)}
    assert kept <= stored
    return {uri for uri in stored - kept if not uri.endswith("/")}


def check(orders, arrivals):
    """Everything once, as if nothing had happened, and nothing left over."""
    table = in_order(orders.table)
    assert table["event_id"].to_pylist() == sorted(set(arrivals.sent))
    assert table.equals(table_of_an_undisturbed_run(orders))
    sales.check_exact(orders)
    maintain(orders.catalog, orders.s3, orders.lake, orders.contract, datetime.timedelta(0))
    assert unreferenced(orders) == set()
    assert in_order(orders.table).equals(table)
    assert sales.is_up_to_date(orders)
